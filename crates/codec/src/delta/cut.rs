//! Cutting bytes where their content says so, so that an insertion moves the cuts with it.
//!
//! A gear hash runs over the last 64 bytes; a chunk ends where its upper bits are zero. Before the wanted length more
//! bits are asked for and after it fewer, so that chunks are of nearly the same length (as FastCDC does).

use std::sync::LazyLock;

/// One chunk is at least a quarter of the wanted length and at most four times it.
const SPREAD_BITS: u32 = 2;

/// How long chunks are, as a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cutter {
    bits: u32,
}

/// The least and the greatest wanted length of a chunk, as powers of two.
pub(super) const BITS: std::ops::RangeInclusive<u32> = 9..=22;

impl Cutter {
    /// Chunks of about `1 << bits` bytes; `None` if that is out of [`BITS`].
    pub(super) fn new(bits: u32) -> Option<Self> {
        BITS.contains(&bits).then_some(Self { bits })
    }

    /// What serves a content of this many bytes: about as many chunks as a chunk has bytes, so that neither the
    /// signature nor what a small change costs is much larger than the other.
    pub(super) fn for_length(length: u64) -> Self {
        let bits = (length.max(1).ilog2() + 2) / 2;
        Self { bits: bits.clamp(*BITS.start(), *BITS.end()) }
    }

    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    /// The longest chunk, in bytes.
    pub(super) fn longest(self) -> usize {
        1 << (self.bits + SPREAD_BITS)
    }

    /// How long the chunk is that `bytes` begin with. They are all there is to come, or at least [`Cutter::longest`].
    pub(super) fn cut(self, bytes: &[u8]) -> usize {
        let least = 1usize << (self.bits - SPREAD_BITS);
        let wanted = 1usize << self.bits;
        let most = bytes.len().min(self.longest());
        if most <= least {
            return most;
        }
        let strict = !0u64 << (64 - (self.bits + 1));
        let loose = !0u64 << (64 - (self.bits - 1));
        let gear = &*GEAR;
        let roll = |hash: u64, byte: &u8| {
            let number = gear.get(usize::from(*byte)).copied().unwrap_or_default();
            (hash << 1).wrapping_add(number)
        };
        // The hash forgets a byte after 64 more; it starts as far ahead of the first place where a cut may be.
        let ahead = bytes.get(least.saturating_sub(64)..least).unwrap_or_default();
        let mut hash = ahead.iter().fold(0, roll);
        let middle = wanted.min(most);
        for (from, to, mask) in [(least, middle, strict), (middle, most, loose)] {
            for (at, byte) in bytes.get(from..to).unwrap_or_default().iter().enumerate() {
                hash = roll(hash, byte);
                if hash & mask == 0 {
                    return from + at + 1;
                }
            }
        }
        most
    }
}

/// A number for each byte, without structure: the first 256 of SplitMix64 from 0.
static GEAR: LazyLock<[u64; 256]> = LazyLock::new(|| {
    let mut state = 0u64;
    std::array::from_fn(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(bytes: &[u8]) -> Vec<usize> {
        let cutter = Cutter::new(10).unwrap();
        let (mut at, mut ends) = (0, Vec::new());
        while at < bytes.len() {
            at += cutter.cut(&bytes[at..]);
            ends.push(at);
        }
        ends
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn an_insertion_moves_the_cuts_with_it() {
        let bytes = noise(200_000);
        let before = cuts(&bytes);
        let mut changed = b"in front".to_vec();
        changed.extend_from_slice(&bytes);
        let after = cuts(&changed);
        let same = after.iter().filter(|end| before.contains(&(*end - 8))).count();
        assert!(same + 5 > before.len(), "{same} of {}", before.len());
        assert!(before.len() > 100 && before.len() < 400, "{}", before.len());
    }

    #[test]
    fn what_has_no_cuts_is_cut_by_length() {
        assert_eq!(cuts(&[0; 10_000]), [4096, 8192, 10_000]);
        assert_eq!(cuts(&[]), []);
        assert_eq!(Cutter::for_length(0).bits(), 9);
        assert_eq!(Cutter::for_length(1 << 20).bits(), 11);
        assert_eq!(Cutter::for_length(1 << 30).bits(), 16);
        assert_eq!(Cutter::for_length(u64::MAX).bits(), 22);
    }
}
