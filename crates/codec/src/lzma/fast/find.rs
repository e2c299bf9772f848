//! Finds what was there before.

use super::model::{MATCH_MAX, Reps};

/// What is as long need not be surpassed.
pub(super) const NICE: usize = 32;

// Costs in bits, as they are on the average in text.
const LITERAL: u32 = 7;
const MATCH: u32 = 14;
const REPEATED: u32 = 6;

/// So many bytes at a place are what the tables know it by.
const LONG_BYTES: u32 = 8;
const SHORT_BYTES: u32 = 3;
/// Bytes that what is repeated has in common at least.
const REPEATED_BYTES: u32 = 2;

/// What lies so far behind and is as long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) distance: usize,
    pub(super) length: usize,
    /// The bits that it saves.
    gain: u32,
}

impl Match {
    /// True if it is worth the literal that comes before it.
    pub(super) fn is_better(&self, than: &Self) -> bool {
        self.gain > than.gain + LITERAL
    }
}

/// Where the first so many bytes of a word were last, as far as there is room.
struct Table<const BYTES: u32> {
    places: Vec<u32>,
    /// What takes a product to an index.
    shift: u32,
}

impl<const BYTES: u32> Table<BYTES> {
    const EMPTY: Self = Self { places: Vec::new(), shift: 0 };

    fn begin(&mut self, log: u32) {
        self.places.clear();
        self.places.resize(1 << log, 0);
        self.shift = u64::BITS - log;
    }

    /// Puts a place in, and gives the one that was there.
    #[inline(always)]
    fn swap(&mut self, here: u64, at: usize) -> usize {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let index = (here << (u64::BITS - BYTES * 8)).wrapping_mul(GOLDEN) >> self.shift;
        let place = self.places.get_mut(index as usize);
        place.map_or(0, |place| std::mem::replace(place, at as u32)) as usize
    }
}

/// What was seen so far.
pub(super) struct Finder {
    long: Table<LONG_BYTES>,
    short: Table<SHORT_BYTES>,
    /// For each place the one before it; nothing if only one is tried.
    chain: Vec<u32>,
    table_log: u32,
    tries: u32,
}

impl Finder {
    pub(super) fn new(table_log: u32, tries: u32) -> Self {
        let (long, short) = (Table::EMPTY, Table::EMPTY);
        Self { long, short, chain: Vec::new(), table_log, tries }
    }

    /// Forgets all places, for a piece of this length.
    pub(super) fn begin(&mut self, length: usize) {
        let log = self.table_log.min(length.max(1).ilog2() + 1);
        self.long.begin(log);
        self.short.begin(log);
        if self.tries > 1 {
            self.chain.resize(length, 0);
        }
    }

    /// What saves most at this place, which is remembered.
    #[inline(always)]
    pub(super) fn find(&mut self, plain: &[u8], at: usize, reps: Reps) -> Option<Match> {
        let here = word(plain, at)?;
        let long = self.long.swap(here, at);
        let short = self.add_short(here, at);
        let mut best = Match { distance: 0, length: 0, gain: 0 };
        for (older, distance) in (0..).zip(reps) {
            let Some(before) = at.checked_sub(distance) else { continue };
            let length = common(plain, here, before, at, REPEATED_BYTES);
            best.or(distance, length, REPEATED + older);
        }
        if best.length >= NICE {
            return Some(best);
        }
        let mut consider = |before: usize, bytes| {
            if let Some(distance) = at.checked_sub(before).filter(|distance| *distance > 0) {
                let length = common(plain, here, before, at, bytes);
                best.or(distance, length, MATCH + distance.ilog2());
            }
        };
        consider(long, LONG_BYTES);
        consider(short, SHORT_BYTES);
        let mut before = short;
        for _ in 1..self.tries {
            let next = self.chain.get(before).map_or(0, |next| *next as usize);
            if next >= before {
                break;
            }
            consider(next, SHORT_BYTES);
            before = next;
        }
        (best.length > 0).then_some(best)
    }

    /// Remembers places inside of a match: for a chain all, else some of them, which is nearly as good.
    #[inline(always)]
    pub(super) fn add(&mut self, plain: &[u8], from: usize, to: usize) {
        let step = if self.tries > 1 { 1 } else { 2 };
        for at in (from..to).step_by(step) {
            let Some(here) = word(plain, at) else { return };
            self.long.swap(here, at);
            if self.tries > 1 {
                self.add_short(here, at);
            }
        }
    }

    #[inline(always)]
    fn add_short(&mut self, here: u64, at: usize) -> usize {
        let before = self.short.swap(here, at);
        if let Some(place) = self.chain.get_mut(at) {
            *place = before as u32;
        }
        before
    }
}

impl Match {
    /// Becomes another one if that saves more.
    #[inline(always)]
    fn or(&mut self, distance: usize, length: usize, cost: u32) {
        let gain = (length as u32 * LITERAL).saturating_sub(cost);
        if gain > self.gain {
            *self = Self { distance, length, gain };
        }
    }
}

#[inline(always)]
fn word(plain: &[u8], at: usize) -> Option<u64> {
    plain.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// How much of what is `here`, at `at`, is the same at `before`; nothing if it is less than so many bytes.
#[inline(always)]
fn common(plain: &[u8], here: u64, before: usize, at: usize, bytes: u32) -> usize {
    let Some(there) = word(plain, before) else { return 0 };
    let differ = here ^ there;
    if differ << (u64::BITS - bytes * 8) != 0 {
        0
    } else if differ != 0 {
        differ.trailing_zeros() as usize / 8
    } else {
        common_beyond(plain, before, at)
    }
}

/// The same of what is the same in one word.
#[inline(always)]
fn common_beyond(plain: &[u8], before: usize, at: usize) -> usize {
    let mut length = 8;
    while length < MATCH_MAX {
        let (Some(there), Some(here)) = (word(plain, before + length), word(plain, at + length))
        else {
            length += common_at_end(plain, before + length, at + length);
            break;
        };
        let differ = here ^ there;
        if differ != 0 {
            length += differ.trailing_zeros() as usize / 8;
            break;
        }
        length += 8;
    }
    length.min(MATCH_MAX)
}

#[cold]
fn common_at_end(plain: &[u8], before: usize, at: usize) -> usize {
    let there = plain.get(before..).unwrap_or_default();
    let here = plain.get(at..).unwrap_or_default();
    here.iter().zip(there).take_while(|(here, there)| here == there).count()
}

/// By how much a match at `at` can begin earlier, down to `from`.
#[inline(always)]
pub(super) fn common_behind(plain: &[u8], from: usize, at: usize, found: &Match) -> usize {
    let from = from.max(found.distance);
    let here = plain.get(from..at).unwrap_or_default();
    let there = plain.get(from - found.distance..at - found.distance).unwrap_or_default();
    let alike = here.iter().rev().zip(there.iter().rev()).take_while(|(here, there)| here == there);
    alike.take(MATCH_MAX - found.length).count()
}
