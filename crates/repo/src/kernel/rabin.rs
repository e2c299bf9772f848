//! Where files are cut: restic's Rabin chunker, bit for bit.
//!
//! A cut lies behind a byte if the low 20 bits of the fingerprint of the last 64 bytes are zero, at least 512 KiB and
//! at most 8 MiB after the last cut. The fingerprint is the window, read as a polynomial over GF(2), modulo the
//! repository's polynomial. A chunk that ends a file may be shorter. Source: restic's `chunker` package.
//!
//! The fingerprint depends on the window alone, so a cut can be looked for without rolling over what comes before.

use super::polynomial::{DEGREE, Polynomial, modulo};

/// The shortest chunk that does not end a file, in bytes.
pub const CHUNK_BYTES_MIN: usize = 512 << 10;
/// The longest chunk, in bytes.
pub const CHUNK_BYTES_MAX: usize = 8 << 20;
/// Length of the window in bytes.
pub(super) const WINDOW: usize = 64;
/// A cut lies where these bits of the fingerprint are zero: on average once a mebibyte.
pub(super) const CUT_MASK: u64 = (1 << 20) - 1;
const SHIFT: u32 = DEGREE - 8;

/// Which form of the kernel is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// The rolling table: 0.7 GB/s a core.
    Scalar,
    /// 64 positions at a time with GFNI and AVX-512: 3.9 GB/s a core.
    Gfni,
}

/// Cuts files into chunks.
#[derive(Debug, Clone)]
pub struct Chunker {
    /// What a byte that leaves the window contributed.
    out: Box<[u64; 256]>,
    /// How to take the top byte back into the remainder.
    reduce: Box<[u64; 256]>,
    #[cfg(target_arch = "x86_64")]
    gfni: Option<Box<super::gfni::Tables>>,
}

impl Chunker {
    /// A chunker by `polynomial`, on the fastest rung of this machine.
    #[must_use]
    pub fn new(polynomial: Polynomial) -> Self {
        #[cfg(target_arch = "x86_64")]
        let rung = if super::gfni::available() { Rung::Gfni } else { Rung::Scalar };
        #[cfg(not(target_arch = "x86_64"))]
        let rung = Rung::Scalar;
        Self::with_rung(polynomial, rung)
    }

    /// A chunker on a chosen rung; one that this machine lacks falls back to the scalar one.
    #[must_use]
    pub fn with_rung(polynomial: Polynomial, rung: Rung) -> Self {
        let p = polynomial.0;
        let append = |hash: u64, byte: u8| modulo(u128::from(hash) << 8 | u128::from(byte), p);
        let (mut out, mut reduce) = (Box::new([0; 256]), Box::new([0; 256]));
        for (byte, (out, reduce)) in (0u8..=255).zip(out.iter_mut().zip(reduce.iter_mut())) {
            *out = (1..WINDOW).fold(append(0, byte), |hash, _| append(hash, 0));
            let top = u128::from(byte) << DEGREE;
            *reduce = modulo(top, p) | (top as u64);
        }
        #[cfg(target_arch = "x86_64")]
        let gfni = (rung == Rung::Gfni && super::gfni::available()).then(|| {
            Box::new(super::gfni::Tables::new(|distance, byte| {
                (0..distance).fold(append(0, byte), |hash, _| append(hash, 0))
            }))
        });
        let _ = rung;
        Self {
            out,
            reduce,
            #[cfg(target_arch = "x86_64")]
            gfni,
        }
    }

    /// The length of the chunk that begins `data`. `None` if that depends on bytes that are not there yet: fewer than
    /// [`CHUNK_BYTES_MAX`] are, none of them ends a chunk, and `at_end` does not say that the file ends with them.
    #[must_use]
    pub fn next_cut(&self, data: &[u8], at_end: bool) -> Option<usize> {
        let window = data.get(..data.len().min(CHUNK_BYTES_MAX)).unwrap_or(data);
        if window.len() > CHUNK_BYTES_MIN
            && let Some(cut) = self.find(window)
        {
            return Some(cut);
        }
        let decided = at_end || window.len() == CHUNK_BYTES_MAX;
        (decided && !data.is_empty()).then_some(window.len())
    }

    /// The first cut in `data` that is not before the shortest chunk's end.
    fn find(&self, data: &[u8]) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        if let Some(tables) = &self.gfni {
            return tables.find(data, CHUNK_BYTES_MIN);
        }
        self.find_scalar(data)
    }

    fn find_scalar(&self, data: &[u8]) -> Option<usize> {
        let start = CHUNK_BYTES_MIN - WINDOW;
        let (first, rest) = data.get(start..)?.split_at_checked(WINDOW)?;
        let mut hash = first.iter().fold(0, |hash, byte| self.append(hash, *byte));
        if hash & CUT_MASK == 0 {
            return Some(CHUNK_BYTES_MIN);
        }
        let leaving = data.get(start..)?.iter();
        for (at, (out, byte)) in leaving.zip(rest).enumerate() {
            hash ^= lookup(&self.out, u64::from(*out));
            hash = self.append(hash, *byte);
            if hash & CUT_MASK == 0 {
                return Some(CHUNK_BYTES_MIN + at + 1);
            }
        }
        None
    }

    fn append(&self, hash: u64, byte: u8) -> u64 {
        (hash << 8 | u64::from(byte)) ^ lookup(&self.reduce, hash >> SHIFT)
    }
}

#[expect(clippy::indexing_slicing, reason = "the index is masked to the length of the table")]
fn lookup(table: &[u64; 256], index: u64) -> u64 {
    table[(index & 255) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    const POLYNOMIAL: Polynomial = Polynomial(0x3d_a335_8b4d_c173);

    fn noise(length: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
            })
            .collect()
    }

    fn cuts(chunker: &Chunker, mut data: &[u8]) -> Vec<usize> {
        let mut cuts = Vec::new();
        while !data.is_empty() {
            let cut = chunker.next_cut(data, true).unwrap();
            cuts.push(cut);
            data = &data[cut..];
        }
        cuts
    }

    /// The definition, with nothing rolled and no table.
    fn by_definition(data: &[u8], p: u64) -> Option<usize> {
        (CHUNK_BYTES_MIN..=data.len()).find(|end| {
            let window = &data[end - WINDOW..*end];
            window.iter().fold(0, |h, b| modulo(u128::from(h) << 8 | u128::from(*b), p)) & CUT_MASK
                == 0
        })
    }

    #[test]
    fn cuts_are_where_the_definition_says() {
        let data = noise(3 << 20, 7);
        let expected = by_definition(&data[..2 << 20], POLYNOMIAL.0);
        let chunker = Chunker::with_rung(POLYNOMIAL, Rung::Scalar);
        assert_eq!(chunker.find_scalar(&data[..2 << 20]), expected);
    }

    #[test]
    fn zeros_are_cut_at_the_shortest_chunk_and_the_end_ends_one() {
        for rung in [Rung::Scalar, Rung::Gfni] {
            let chunker = Chunker::with_rung(POLYNOMIAL, rung);
            assert_eq!(
                cuts(&chunker, &vec![0; 2 * CHUNK_BYTES_MIN + 5]),
                [CHUNK_BYTES_MIN, CHUNK_BYTES_MIN, 5]
            );
            assert_eq!(chunker.next_cut(b"abc", true), Some(3));
            assert_eq!(chunker.next_cut(b"abc", false), None);
            assert_eq!(chunker.next_cut(b"", true), None);
            assert_eq!(chunker.next_cut(&vec![1; CHUNK_BYTES_MAX], false), Some(CHUNK_BYTES_MAX));
        }
    }

    #[test]
    fn an_inserted_byte_changes_only_the_chunks_around_it() {
        let data = noise(24 << 20, 3);
        let mut shifted = vec![9];
        shifted.extend_from_slice(&data);
        let chunker = Chunker::new(POLYNOMIAL);
        let (a, b) = (cuts(&chunker, &data), cuts(&chunker, &shifted));
        let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        assert!(same + 3 >= a.len(), "{a:?} {b:?}");
    }

    #[test]
    fn the_rungs_agree() {
        // Megabytes each, and as many whatever `PROPTEST_CASES` says.
        let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
        let strategy = (any::<u64>(), 0..5usize << 20, 1..3000usize, any::<bool>());
        runner
            .run(&strategy, |(seed, length, period, random_polynomial)| {
                let polynomial =
                    if random_polynomial { Polynomial::random().unwrap() } else { POLYNOMIAL };
                let mut data = noise(length, seed);
                // A stretch that repeats, as real files have.
                for at in (length / 2).max(period)..length * 3 / 4 {
                    data[at] = data[at - period];
                }
                let scalar = Chunker::with_rung(polynomial, Rung::Scalar);
                let gfni = Chunker::with_rung(polynomial, Rung::Gfni);
                prop_assert_eq!(cuts(&scalar, &data), cuts(&gfni, &data));
                Ok(())
            })
            .unwrap();
    }
}
