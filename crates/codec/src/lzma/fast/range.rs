//! The range coder of LZMA: decisions between two, each by how likely it was so far, become bytes.

/// How likely it is that a bit is 0, in parts of 2048.
type Prob = u16;

/// What is taken for likely before anything is known.
const EVEN: Prob = 1 << (PROB_BITS - 1);

const PROB_BITS: u32 = 11;
/// How slowly what is likely follows what happens.
const MOVE_BITS: u32 = 5;
/// The range is kept at least as wide.
const RANGE_MIN: u32 = 1 << 24;
/// So many bits wait at most before they are written.
const WAITING_MAX: u32 = 24;
/// The lowest bits of `low` can change until the end.
const OPEN_BITS: u32 = 32;

/// Probabilities that are used together. `N` is a power of two.
#[derive(Clone)]
pub(super) struct Probs<const N: usize>([Prob; N]);

impl<const N: usize> Probs<N> {
    pub(super) const EVEN: Self = Self([EVEN; N]);
}

/// Codes bits to a buffer.
pub(super) struct RangeEncoder {
    /// Where the range begins: bits that wait to be written, with a carry above them, over those that are open.
    low: u64,
    range: u32,
    waiting: u32,
    out: Vec<u8>,
}

impl RangeEncoder {
    pub(super) fn new() -> Self {
        // The first byte has room for a carry that never comes.
        Self { low: 0, range: u32::MAX, waiting: 8, out: Vec::new() }
    }

    /// How many bytes there would be, were this the end.
    pub(super) fn len(&self) -> usize {
        self.out.len() + (self.waiting + OPEN_BITS) as usize / 8
    }

    /// Codes a bit that is 0 or 1.
    #[inline(always)]
    pub(super) fn bit<const N: usize>(&mut self, probs: &mut Probs<N>, at: usize, bit: u32) {
        let Some(prob) = probs.0.get_mut(at & (N - 1)) else { return };
        let now = u32::from(*prob);
        let bound = (self.range >> PROB_BITS) * now;
        // Without a branch, since nobody can foretell what makes a good code.
        let mask = bit.wrapping_neg();
        self.low += u64::from(bound & mask);
        self.range = bound.wrapping_add(self.range.wrapping_sub(bound << 1) & mask);
        let aim = !mask & ((1 << PROB_BITS) - (1 << MOVE_BITS) + 1);
        *prob = (now as i32 - ((now as i32 - aim as i32) >> MOVE_BITS)) as u16;
        self.widen();
    }

    /// Codes the lowest `count` bits of a number, the highest first, each as likely as not.
    #[inline(always)]
    pub(super) fn even(&mut self, number: u32, count: u32) {
        for shift in (0..count).rev() {
            self.range >>= 1;
            let mask = ((number >> shift) & 1).wrapping_neg();
            self.low += u64::from(self.range & mask);
            self.widen();
        }
    }

    /// Codes the lowest `count` bits of a number, the highest first, each by those before it, with the probabilities from
    /// `base` on.
    #[inline(always)]
    pub(super) fn tree<const N: usize>(
        &mut self,
        probs: &mut Probs<N>,
        base: usize,
        count: u32,
        number: u32,
    ) {
        let mut at = 1;
        for shift in (0..count).rev() {
            let bit = (number >> shift) & 1;
            self.bit(probs, base + at, bit);
            at = at << 1 | bit as usize;
        }
    }

    /// As `tree`, the lowest bit first.
    #[inline(always)]
    pub(super) fn tree_reversed<const N: usize>(
        &mut self,
        probs: &mut Probs<N>,
        base: usize,
        count: u32,
        number: u32,
    ) {
        let mut at = 1;
        for shift in 0..count {
            let bit = (number >> shift) & 1;
            self.bit(probs, base + at, bit);
            at = at << 1 | bit as usize;
        }
    }

    /// Writes all that is open, and adds it to `out`. Then another code begins.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.low >> OPEN_BITS >> self.waiting != 0 {
            self.carry();
        }
        out.extend_from_slice(&self.out);
        let bits = self.waiting + OPEN_BITS;
        let last = (self.low << (u64::BITS - bits)).to_be_bytes();
        out.extend(last.iter().take(bits as usize / 8));
        self.begin();
    }

    /// Forgets what was coded.
    pub(super) fn begin(&mut self) {
        self.out.clear();
        (self.low, self.range, self.waiting) = (0, u32::MAX, 8);
    }

    #[inline(always)]
    fn widen(&mut self) {
        if self.range < RANGE_MIN {
            self.range <<= 8;
            self.low <<= 8;
            self.waiting += 8;
            if self.waiting >= WAITING_MAX {
                self.put();
            }
        }
    }

    /// Writes the bits that wait.
    #[inline(never)]
    fn put(&mut self) {
        let bits = self.low >> OPEN_BITS;
        if bits >> self.waiting != 0 {
            self.carry();
        }
        let bytes = (bits as u32).to_be_bytes();
        self.low &= (1 << OPEN_BITS) - 1;
        let [_, bytes @ ..] = bytes;
        self.waiting = 0;
        self.out.extend_from_slice(&bytes);
    }

    /// Adds one to what was written.
    #[cold]
    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }
}
