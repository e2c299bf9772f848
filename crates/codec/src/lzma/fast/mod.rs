//! LZMA2 for the levels that are to be fast: what is found is coded at once, and nothing is weighed twice.
//!
//! The library weighs many ways to code the same bytes at its higher levels. At its lower ones it does not, and still
//! follows chains of places for each byte; here two tables name one place each, which is most of what they find. What
//! comes out is LZMA2 like any other: pieces that begin with a new window, and do not end the stream.

mod chunk;
mod find;
mod model;
mod range;

use chunk::Chunks;
use find::{Finder, NICE, common_behind};

/// How a level is fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// How many bytes are compressed by themselves, and the window, as a power of two.
    pub(super) piece_log: u8,
    /// Places that each table names, as a power of two.
    table_log: u32,
    /// How many places are tried that begin alike. More than one is a chain, and costs four bytes for each of the piece.
    tries: u32,
}

/// The levels, from 0 on.
pub(super) const LEVELS: [Level; 4] = [
    Level { piece_log: 21, table_log: 16, tries: 1 },
    Level { piece_log: 22, table_log: 17, tries: 1 },
    Level { piece_log: 22, table_log: 18, tries: 8 },
    Level { piece_log: 23, table_log: 18, tries: 12 },
];

/// A step grows by one for each so many bytes in which nothing was found, as a power of two, up to a limit: noise is
/// passed over quickly, and the end of it is not missed by much.
const SLOW_LOG: u32 = 6;
const STEP_MAX: usize = 64;

/// Compresses one piece after another.
pub(super) struct Encoder {
    finder: Finder,
}

impl Encoder {
    pub(super) fn new(level: Level) -> Self {
        Self { finder: Finder::new(level.table_log, level.tries) }
    }

    /// Adds to `out` what a piece becomes: chunks that need nothing before them, without the end of a stream.
    pub(super) fn encode(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        let finder = &mut self.finder;
        finder.begin(plain.len());
        let mut chunks = Chunks::new(plain, out);
        // All before `coded` is.
        let (mut at, mut coded) = (1, 0);
        while at < plain.len() {
            let Some(mut best) = finder.find(plain, at, chunks.reps()) else {
                at += 1 + ((at - coded) >> SLOW_LOG).min(STEP_MAX);
                continue;
            };
            // What begins one byte later may be worth that byte.
            while best.length < NICE {
                let next = finder.find(plain, at + 1, chunks.reps());
                let Some(next) = next.filter(|next| next.is_better(&best)) else { break };
                best = next;
                at += 1;
            }
            let more = common_behind(plain, coded, at, &best);
            chunks.literals(at - more);
            chunks.matched(best.distance, best.length + more);
            finder.add(plain, at + 2, at + best.length);
            at += best.length;
            coded = at;
        }
        chunks.finish();
    }
}
