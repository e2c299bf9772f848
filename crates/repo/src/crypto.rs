//! The envelope around everything that is encrypted: `IV (16) || ciphertext || MAC (16)`.
//!
//! AES-256 in counter mode, the IV being the first counter block, big-endian; Poly1305-AES over the ciphertext, with
//! the one-time key `r || AES-128_k(IV)`. Source: restic's `doc/design.rst`, "Keys, Encryption and MAC"; Bernstein,
//! "The Poly1305-AES message-authentication code".

use std::fmt;

use aes::cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipher};
use aes::{Aes128, Aes256};
use poly1305::Poly1305;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::format::FormatError;

/// How many bytes of an envelope come before the ciphertext.
pub const NONCE_BYTES: usize = 16;
/// How many bytes sealing adds.
pub const OVERHEAD: usize = 32;
/// How many random bytes are drawn from the operating system at a time.
const NONCE_BUFFER: usize = 4096;

type Ctr = ctr::CtrCore<Aes256, ctr::flavors::Ctr128BE>;

/// A key that seals and opens. Its ciphers are expanded once.
#[derive(Clone)]
pub struct Key {
    cipher: Aes256,
    mac: Aes128,
    parts: Zeroizing<KeyParts>,
}

/// The bytes of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyParts {
    /// For encryption.
    pub encrypt: [u8; 32],
    /// For the one-time keys of the MAC.
    pub k: [u8; 16],
    /// The point at which the MAC's polynomial is evaluated; clamped when used.
    pub r: [u8; 16],
}

impl zeroize::Zeroize for KeyParts {
    fn zeroize(&mut self) {
        self.encrypt.zeroize();
        self.k.zeroize();
        self.r.zeroize();
    }
}

impl Key {
    /// A new random key.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn random() -> Result<Self, FormatError> {
        let mut bytes = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
        Self::from_bytes(&bytes)
    }

    /// A key from 64 bytes: encryption, k, r.
    pub(crate) fn from_bytes(bytes: &[u8; 64]) -> Result<Self, FormatError> {
        let mut parts = KeyParts { encrypt: [0; 32], k: [0; 16], r: [0; 16] };
        let (encrypt, mac) = bytes.split_at(32);
        let (k, r) = mac.split_at(16);
        parts.encrypt.copy_from_slice(encrypt);
        parts.k.copy_from_slice(k);
        parts.r.copy_from_slice(r);
        Self::from_parts(parts)
    }

    /// A key from its parts.
    ///
    /// # Errors
    /// If one of them is all zero, which no random key is.
    pub fn from_parts(parts: KeyParts) -> Result<Self, FormatError> {
        if parts.encrypt == [0; 32] || parts.k == [0; 16] || parts.r == [0; 16] {
            return Err(FormatError::malformed("a part of the key is all zero"));
        }
        Ok(Self {
            cipher: Aes256::new(&parts.encrypt.into()),
            mac: Aes128::new(&parts.k.into()),
            parts: Zeroizing::new(parts),
        })
    }

    /// The bytes of the key, to seal them with another.
    #[must_use]
    pub fn parts(&self) -> &KeyParts {
        &self.parts
    }

    /// Appends the sealed `plain` to `out`. A nonce is used once and never again.
    pub fn seal_into(&self, nonce: [u8; 16], plain: &[u8], out: &mut Vec<u8>) {
        out.reserve(plain.len() + OVERHEAD);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let text = out.get_mut(start..).unwrap_or_default();
        self.apply(nonce, text);
        let tag = self.tag(nonce, text);
        out.extend_from_slice(&tag);
    }

    /// Checks and decrypts in place; gives the plaintext within `sealed`.
    ///
    /// # Errors
    /// [`FormatError::Mac`] if it was sealed with another key or changed; then nothing is decrypted.
    pub fn open_in_place<'a>(&self, sealed: &'a mut [u8]) -> Result<&'a mut [u8], FormatError> {
        self.verify(sealed)?;
        let (nonce, rest) = sealed.split_first_chunk_mut::<16>().ok_or(FormatError::Mac)?;
        let (text, _) = rest.split_last_chunk_mut::<16>().ok_or(FormatError::Mac)?;
        self.apply(*nonce, text);
        Ok(text)
    }

    /// Checks and decrypts.
    ///
    /// # Errors
    /// As `open_in_place`.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, FormatError> {
        let mut copy = sealed.to_vec();
        self.open_in_place(&mut copy).map(|plain| plain.to_vec())
    }

    /// Checks the authentication code and decrypts nothing.
    ///
    /// # Errors
    /// [`FormatError::Mac`].
    pub fn verify(&self, sealed: &[u8]) -> Result<(), FormatError> {
        let (nonce, rest) = sealed.split_first_chunk::<16>().ok_or(FormatError::Mac)?;
        let (text, tag) = rest.split_last_chunk::<16>().ok_or(FormatError::Mac)?;
        // An all-zero nonce comes from a zeroed block of a disk and never from us.
        let good = self.tag(*nonce, text).ct_eq(tag);
        if bool::from(good) && *nonce != [0; 16] { Ok(()) } else { Err(FormatError::Mac) }
    }

    fn apply(&self, nonce: [u8; 16], text: &mut [u8]) {
        let core = Ctr::inner_iv_init(self.cipher.clone(), &nonce.into());
        ctr::cipher::StreamCipherCoreWrapper::from_core(core).apply_keystream(text);
    }

    fn tag(&self, nonce: [u8; 16], text: &[u8]) -> [u8; 16] {
        let mut pad = nonce.into();
        self.mac.encrypt_block(&mut pad);
        let mut one_time = Zeroizing::new([0; 32]);
        let (r, s) = one_time.split_at_mut(16);
        r.copy_from_slice(&self.parts.r);
        s.copy_from_slice(&pad);
        let key: &[u8; 32] = &one_time;
        Poly1305::new(key.into()).compute_unpadded(text).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Nonces from the operating system's random bytes, drawn in bulk.
#[derive(Debug, Default)]
pub struct Nonces {
    bytes: Vec<u8>,
}

impl Nonces {
    /// The next nonce; never all zero.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot say that it failed")]
    pub fn next(&mut self) -> Result<[u8; 16], FormatError> {
        loop {
            if let Some(nonce) = self.bytes.last_chunk::<16>().copied() {
                self.bytes.truncate(self.bytes.len() - 16);
                if nonce != [0; 16] {
                    return Ok(nonce);
                }
                continue;
            }
            self.bytes.resize(NONCE_BUFFER, 0);
            getrandom::fill(&mut self.bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> Key {
        let mut bytes = [0; 64];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = i as u8 + 1;
        }
        Key::from_bytes(&bytes).unwrap()
    }

    #[test]
    fn an_envelope_is_what_an_independent_implementation_makes() {
        // Python's cryptography package: AES-256-CTR and Poly1305 with r || AES-128_k(nonce); see docs/format.md.
        let mut sealed = Vec::new();
        key().seal_into(*b"0123456789abcdef", b"holdall keeps a project whole", &mut sealed);
        assert_eq!(hex::encode(&sealed), include_str!("../testdata/envelope.hex").trim());
    }

    #[test]
    fn an_all_zero_part_or_nonce_is_refused() {
        let zero = KeyParts { encrypt: [0; 32], k: [1; 16], r: [1; 16] };
        assert!(Key::from_parts(zero).is_err());
        let mut sealed = Vec::new();
        key().seal_into([0; 16], b"x", &mut sealed);
        assert!(key().open(&sealed).is_err());
        assert!(key().open(&[]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_any_flipped_bit_is_found(
            plain in proptest::collection::vec(any::<u8>(), 0..300), nonce in any::<[u8; 16]>(), at: usize, bit in 0..8u8,
        ) {
            prop_assume!(nonce != [0; 16]);
            let mut sealed = Vec::new();
            key().seal_into(nonce, &plain, &mut sealed);
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD);
            prop_assert_eq!(key().open(&sealed).unwrap(), plain);
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(key().open(&sealed).is_err());
        }
    }
}
