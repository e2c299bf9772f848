//! Polynomials over GF(2) of degree 53, by which a repository's files are cut.
//!
//! Each repository has a random irreducible one, so that the sizes of chunks tell less of what they hold. Source:
//! restic's `chunker` package; Ben-Or's irreducibility test as in Gao and Panario, "Tests and Constructions of
//! Irreducible Polynomials over Finite Fields".

use std::fmt;
use std::str::FromStr;

use crate::format::FormatError;

/// The degree of every polynomial that cuts files.
pub(super) const DEGREE: u32 = 53;
/// How often a random polynomial is drawn; one in about 53 is irreducible.
const TRIES: usize = 100_000;

/// A polynomial over GF(2): bit i is the coefficient of x^i.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Polynomial(pub u64);

impl Polynomial {
    /// A random irreducible polynomial of degree 53.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn random() -> Result<Self, FormatError> {
        for _ in 0..TRIES {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
            let drawn = u64::from_le_bytes(bytes) & ((1 << (DEGREE + 1)) - 1) | 1 << DEGREE | 1;
            if Self(drawn).is_irreducible() {
                return Ok(Self(drawn));
            }
        }
        Err(FormatError::malformed("no irreducible polynomial was drawn"))
    }

    /// True if it is of degree 53 and has no divisors.
    #[must_use]
    pub fn is_irreducible(self) -> bool {
        if degree(self.0.into()) != Some(DEGREE) {
            return false;
        }
        // x^(2^i) - x is the product of all irreducible polynomials whose degree divides i.
        let mut power = 2u64;
        for _ in 1..=DEGREE / 2 {
            power = mul_mod(power, power, self.0);
            if gcd(self.0, power ^ 2) != 1 {
                return false;
            }
        }
        true
    }
}

/// The degree, `None` of zero.
fn degree(x: u128) -> Option<u32> {
    x.checked_ilog2()
}

/// The remainder of x by p.
pub(super) fn modulo(mut x: u128, p: u64) -> u64 {
    let Some(d) = degree(p.into()) else { return 0 };
    while let Some(over) = degree(x).and_then(|degree| degree.checked_sub(d)) {
        x ^= u128::from(p) << over;
    }
    x as u64
}

fn mul_mod(a: u64, b: u64, p: u64) -> u64 {
    let product =
        (0..64).filter(|i| b >> i & 1 == 1).fold(0u128, |sum, i| sum ^ u128::from(a) << i);
    modulo(product, p)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, modulo(a.into(), b));
    }
    a
}

impl FromStr for Polynomial {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        u64::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| FormatError::malformed(format!("{text:?} is no polynomial in hex")))
    }
}

impl fmt::Display for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_polynomials_are_told_apart() {
        for irreducible in [0x3d_a335_8b4d_c173, 0x25_b468_838d_cb75] {
            assert!(Polynomial(irreducible).is_irreducible(), "{irreducible:x}");
        }
        for reducible in [0x3d_a335_8b4d_c172, 0x3d_a335_8b4d_c171, 1 << 53, 3, 0, u64::MAX] {
            assert!(!Polynomial(reducible).is_irreducible(), "{reducible:x}");
        }
        let drawn = Polynomial::random().unwrap();
        assert!(drawn.is_irreducible());
        assert_eq!(drawn.to_string().parse::<Polynomial>().unwrap(), drawn);
    }
}
