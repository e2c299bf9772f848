//! What LZMA knows of what was coded, and how literals and matches are coded by it.

use super::range::{Probs, RangeEncoder};

/// The shortest and the longest match.
pub(super) const MATCH_MIN: usize = 2;
pub(super) const MATCH_MAX: usize = 273;

/// The distances of the last matches, the newest first.
pub(super) type Reps = [usize; 4];

/// The byte that tells a decoder how this is coded.
pub(super) const PROPERTIES: u8 = (PB * 45 + LC) as u8;

/// A literal is coded by so many bits of the byte before it.
const LC: u32 = 3;
/// And flags and lengths by so many of the lowest bits of its place: 0.6 % less of programs, 0.1 % more of text.
const PB: u32 = 2;
/// Probabilities of one of these: of the literal alone, and beside the byte that was expected.
const LITERAL: usize = 0x400;
/// States below this one follow a literal.
const AFTER_MATCH: usize = 7;

/// Lengths of matches, or of those that are repeated.
struct Lengths {
    choice: Probs<2>,
    low: Probs<64>,
    middle: Probs<64>,
    high: Probs<256>,
}

/// What is likely after what was coded.
pub(super) struct Model {
    state: usize,
    pub(super) reps: Reps,
    is_match: Probs<64>,
    is_rep: Probs<16>,
    is_older: Probs<16>,
    is_long: Probs<64>,
    is_beyond: Probs<16>,
    is_fourth: Probs<16>,
    literals: Probs<{ LITERAL << LC }>,
    slots: Probs<256>,
    special: Probs<128>,
    align: Probs<16>,
    lengths: Lengths,
    rep_lengths: Lengths,
}

impl Lengths {
    const NEW: Self =
        Self { choice: Probs::EVEN, low: Probs::EVEN, middle: Probs::EVEN, high: Probs::EVEN };

    #[inline(always)]
    fn code(&mut self, coder: &mut RangeEncoder, place: usize, length: usize) {
        let length = (length - MATCH_MIN) as u32;
        if length < 8 {
            coder.bit(&mut self.choice, 0, 0);
            coder.tree(&mut self.low, place * 8, 3, length);
        } else if length < 16 {
            coder.bit(&mut self.choice, 0, 1);
            coder.bit(&mut self.choice, 1, 0);
            coder.tree(&mut self.middle, place * 8, 3, length - 8);
        } else {
            coder.bit(&mut self.choice, 0, 1);
            coder.bit(&mut self.choice, 1, 1);
            coder.tree(&mut self.high, 0, 8, length - 16);
        }
    }
}

impl Model {
    /// That nothing is known.
    pub(super) const NEW: Self = Self {
        state: 0,
        reps: [1; 4],
        is_match: Probs::EVEN,
        is_rep: Probs::EVEN,
        is_older: Probs::EVEN,
        is_long: Probs::EVEN,
        is_beyond: Probs::EVEN,
        is_fourth: Probs::EVEN,
        literals: Probs::EVEN,
        slots: Probs::EVEN,
        special: Probs::EVEN,
        align: Probs::EVEN,
        lengths: Lengths::NEW,
        rep_lengths: Lengths::NEW,
    };

    /// Codes the byte at `at`, which is there.
    #[inline(always)]
    pub(super) fn literal(&mut self, coder: &mut RangeEncoder, plain: &[u8], at: usize) {
        let byte = u32::from(plain.get(at).copied().unwrap_or_default());
        let before = at.checked_sub(1).and_then(|at| plain.get(at)).copied().unwrap_or_default();
        let place = place(at);
        coder.bit(&mut self.is_match, self.state * 4 + place, 0);
        let base = usize::from(before >> (8 - LC)) * LITERAL;
        if self.state < AFTER_MATCH {
            coder.tree(&mut self.literals, base, 8, byte);
        } else {
            let expected = at.checked_sub(self.reps[0]).and_then(|at| plain.get(at));
            let mut expected = u32::from(expected.copied().unwrap_or_default()) << 1;
            let (mut offset, mut symbol) = (0x100, byte | 0x100);
            while symbol < 0x1_0000 {
                let bit = (symbol >> 7) & 1;
                let at = offset + (expected & offset) + (symbol >> 8);
                coder.bit(&mut self.literals, base + at as usize, bit);
                symbol <<= 1;
                offset &= !(expected ^ symbol);
                expected <<= 1;
            }
        }
        self.state = match self.state {
            0..4 => 0,
            4..10 => self.state - 3,
            _ => self.state - 6,
        };
    }

    /// Codes a match.
    #[inline(always)]
    pub(super) fn matched(
        &mut self,
        coder: &mut RangeEncoder,
        at: usize,
        distance: usize,
        length: usize,
    ) {
        let (state, place) = (self.state, place(at));
        coder.bit(&mut self.is_match, state * 4 + place, 1);
        let [first, second, third, fourth] = self.reps;
        if distance != first && distance != second && distance != third && distance != fourth {
            coder.bit(&mut self.is_rep, state, 0);
            self.lengths.code(coder, place, length);
            self.distance(coder, distance - 1, length);
            self.reps = [distance, first, second, third];
            self.state = if state < AFTER_MATCH { 7 } else { 10 };
            return;
        }
        coder.bit(&mut self.is_rep, state, 1);
        if distance == first {
            coder.bit(&mut self.is_older, state, 0);
            // Else it would be one byte.
            coder.bit(&mut self.is_long, state * 4 + place, 1);
        } else {
            coder.bit(&mut self.is_older, state, 1);
            if distance == second {
                coder.bit(&mut self.is_beyond, state, 0);
                self.reps = [second, first, third, fourth];
            } else {
                coder.bit(&mut self.is_beyond, state, 1);
                coder.bit(&mut self.is_fourth, state, u32::from(distance != third));
                let last = if distance == third { fourth } else { third };
                self.reps = [distance, first, second, last];
            }
        }
        self.rep_lengths.code(coder, place, length);
        self.state = if state < AFTER_MATCH { 8 } else { 11 };
    }

    #[inline(always)]
    fn distance(&mut self, coder: &mut RangeEncoder, less: usize, length: usize) {
        let base = (length - MATCH_MIN).min(3) * 64;
        let less = less as u32;
        let Some(log) = less.checked_ilog2().filter(|log| *log >= 2) else {
            return coder.tree(&mut self.slots, base, 6, less);
        };
        let slot = log * 2 + (less >> (log - 1) & 1);
        coder.tree(&mut self.slots, base, 6, slot);
        let count = log - 1;
        let start = (2 | slot & 1) << count;
        let rest = less - start;
        if slot < 14 {
            coder.tree_reversed(&mut self.special, (start - slot) as usize, count, rest);
        } else {
            coder.even(rest >> 4, count - 4);
            coder.tree_reversed(&mut self.align, 0, 4, rest);
        }
    }
}

#[inline(always)]
fn place(at: usize) -> usize {
    at & ((1 << PB) - 1)
}
