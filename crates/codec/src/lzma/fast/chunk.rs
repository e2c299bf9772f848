//! Chunks of LZMA2: what is coded is cut into them, and what does not shrink is stored.

use super::model::{MATCH_MAX, Model, PROPERTIES, Reps};
use super::range::RangeEncoder;

/// So many bytes go into a chunk at most, and so many come out.
const PLAIN_MAX: usize = 1 << 21;
const PACKED_MAX: usize = 1 << 16;
/// More than the code of one literal or match takes.
const SYMBOL_MAX: usize = 48;
/// A shorter run of literals is not stored by itself: all that was learned would be lost.
const RUN_MIN: usize = 1 << 14;
/// The bytes before one that is stored.
const STORED_HEAD: usize = 3;

/// What the next chunk has to begin anew, and with it all above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reset {
    Nothing,
    State,
    Properties,
    Window,
}

/// Codes one piece.
pub(super) struct Chunks<'a> {
    plain: &'a [u8],
    out: &'a mut Vec<u8>,
    coder: RangeEncoder,
    model: Model,
    /// Where the open chunk begins, and how far it goes.
    start: usize,
    at: usize,
    reset: Reset,
}

impl<'a> Chunks<'a> {
    /// Codes `plain` to the end of `out`.
    pub(super) fn new(plain: &'a [u8], out: &'a mut Vec<u8>) -> Self {
        let (coder, model) = (RangeEncoder::new(), Model::NEW);
        Self { plain, out, coder, model, start: 0, at: 0, reset: Reset::Window }
    }

    /// The distances that cost little.
    #[inline(always)]
    pub(super) fn reps(&self) -> Reps {
        self.model.reps
    }

    /// Codes bytes up to `end` for which nothing was found.
    pub(super) fn literals(&mut self, end: usize) {
        while end - self.at >= RUN_MIN {
            let until = end.min(self.at + PACKED_MAX);
            if is_noise(self.plain.get(self.at..until).unwrap_or_default()) {
                self.end_chunk();
                self.at = until;
                self.store();
            } else {
                self.each_literal(until);
            }
        }
        self.each_literal(end);
    }

    fn each_literal(&mut self, end: usize) {
        while self.at < end {
            self.make_room();
            self.model.literal(&mut self.coder, self.plain, self.at);
            self.at += 1;
        }
    }

    /// Codes what lies so far behind and is as long.
    pub(super) fn matched(&mut self, distance: usize, length: usize) {
        self.make_room();
        self.model.matched(&mut self.coder, self.at, distance, length);
        self.at += length;
    }

    /// Codes what is left.
    pub(super) fn finish(mut self) {
        self.literals(self.plain.len());
        self.end_chunk();
    }

    #[inline(always)]
    fn make_room(&mut self) {
        let plain = self.at - self.start;
        if self.coder.len() + SYMBOL_MAX > PACKED_MAX || plain + MATCH_MAX > PLAIN_MAX {
            self.end_chunk();
        }
    }

    /// Writes the open chunk. What is coded next may have to be coded otherwise than before.
    fn end_chunk(&mut self) {
        let (plain, packed) = (self.at - self.start, self.coder.len());
        let head = if self.reset >= Reset::Properties { 6 } else { 5 };
        if packed + head >= plain + STORED_HEAD {
            self.coder.begin();
            self.store();
            return;
        }
        let less = (plain - 1) as u32;
        self.out.push(0x80 | (self.reset as u8) << 5 | (less >> 16) as u8);
        self.out.extend_from_slice(&(less as u16).to_be_bytes());
        self.out.extend_from_slice(&((packed - 1) as u16).to_be_bytes());
        if self.reset >= Reset::Properties {
            self.out.push(PROPERTIES);
        }
        self.coder.finish(self.out);
        self.reset = Reset::Nothing;
        self.start = self.at;
    }

    /// Writes the bytes of the open chunk as they are. A decoder knows nothing any more then.
    fn store(&mut self) {
        for chunk in self.plain.get(self.start..self.at).unwrap_or_default().chunks(PACKED_MAX) {
            self.out.push(if self.reset == Reset::Window { 1 } else { 2 });
            self.out.extend_from_slice(&((chunk.len() - 1) as u16).to_be_bytes());
            self.out.extend_from_slice(chunk);
            self.reset = self.reset.clamp(Reset::State, Reset::Properties);
            self.model = Model::NEW;
        }
        self.start = self.at;
    }
}

/// True if no byte, and no difference of two, is much more frequent than others.
fn is_noise(bytes: &[u8]) -> bool {
    let (mut counts, mut differences) = ([0_u64; 256], [0_u64; 256]);
    let mut before = 0;
    for byte in bytes {
        for (counts, value) in [(&mut counts, *byte), (&mut differences, byte.wrapping_sub(before))]
        {
            if let Some(count) = counts.get_mut(usize::from(value)) {
                *count += 1;
            }
        }
        before = *byte;
    }
    // The sum of squares is least if all are as frequent; what is due to chance is one more for each byte.
    let length = bytes.len() as u64;
    let most = (length * length + length * length / 32) / 256 + length;
    let is_flat = |counts: [u64; 256]| counts.iter().map(|count| count * count).sum::<u64>() < most;
    is_flat(counts) && is_flat(differences)
}
