//! The encryption of zip with AES-256, as WinZip has it: a key made from a passphrase for each entry, counter mode, and
//! a code over what is encrypted. See <https://www.winzip.com/en/support/aes-encryption/>.

use std::fmt;
use std::io::{self, Read};

use aes::Aes256;
use ctr::Ctr128LE;
use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Random bytes before the content of an entry.
pub const SALT_BYTES: usize = 16;
/// Bytes behind those, which tell a wrong passphrase from the right one 65,535 times of 65,536.
pub const CHECK_BYTES: usize = 2;
/// Bytes of the code behind the content.
pub const CODE_BYTES: usize = 10;
/// How much longer an entry is for being encrypted.
pub const MORE_BYTES: u64 = (SALT_BYTES + CHECK_BYTES + CODE_BYTES) as u64;

/// How often the passphrase is hashed; the format leaves no choice.
const ROUNDS: u32 = 1000;
const KEY_BYTES: usize = 32;

/// A salt for an entry, which no other entry may have.
///
/// # Errors
/// If the machine has no randomness to give.
#[cfg(not(target_family = "wasm"))]
pub fn salt() -> io::Result<[u8; SALT_BYTES]> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(salt)
}

/// There is no randomness where only archives are read.
///
/// # Errors
/// Always.
#[cfg(target_family = "wasm")]
pub fn salt() -> io::Result<[u8; SALT_BYTES]> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The keys of one entry.
pub struct EntryKeys {
    cipher: Zeroizing<[u8; KEY_BYTES]>,
    code: Zeroizing<[u8; KEY_BYTES]>,
    check: [u8; CHECK_BYTES],
}

impl EntryKeys {
    /// The keys that a passphrase and a salt make.
    #[must_use]
    pub fn new(passphrase: &[u8], salt: &[u8; SALT_BYTES]) -> Self {
        let mut made = Zeroizing::new([0; 2 * KEY_BYTES + CHECK_BYTES]);
        pbkdf2::pbkdf2_hmac::<Sha1>(passphrase, salt, ROUNDS, made.as_mut());
        let mut keys = Self {
            cipher: Zeroizing::new([0; KEY_BYTES]),
            code: Zeroizing::new([0; KEY_BYTES]),
            check: [0; CHECK_BYTES],
        };
        let (cipher, rest) = made.split_at(KEY_BYTES);
        let (code, check) = rest.split_at(KEY_BYTES);
        keys.cipher.copy_from_slice(cipher);
        keys.code.copy_from_slice(code);
        keys.check.copy_from_slice(check);
        keys
    }

    /// What stands behind the salt of an entry that these keys open.
    #[must_use]
    pub fn check(&self) -> [u8; CHECK_BYTES] {
        self.check
    }

    /// Encrypts or decrypts from the beginning of an entry on.
    #[must_use]
    pub fn cipher(&self) -> EntryCipher {
        let mut first = [0; 16];
        first[0] = 1;
        EntryCipher(Ctr128LE::new((&*self.cipher).into(), &first.into()))
    }

    /// The same from this byte of the content on.
    #[must_use]
    pub fn cipher_at(&self, at: u64) -> EntryCipher {
        let mut cipher = self.cipher();
        cipher.0.seek(at);
        cipher
    }

    /// Makes the code over what is encrypted.
    #[must_use]
    pub fn code(&self) -> EntryCode {
        // The key of this code is a block, filled up with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.code.iter()).for_each(|(place, byte)| *place = *byte);
        EntryCode(Hmac::new((&*block).into()))
    }
}

impl fmt::Debug for EntryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryKeys").finish_non_exhaustive()
    }
}

/// Turns plain bytes of an entry into encrypted ones and back, front to back.
pub struct EntryCipher(Ctr128LE<Aes256>);

impl EntryCipher {
    /// Turns the next bytes.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }

    /// Decrypts what `read` gives.
    pub fn decrypt<R: Read>(self, read: R) -> Decrypted<R> {
        Decrypted { cipher: self, read }
    }
}

impl fmt::Debug for EntryCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryCipher").finish_non_exhaustive()
    }
}

/// Reads what is plain. It proves nothing: compare the code before.
#[derive(Debug)]
pub struct Decrypted<R> {
    cipher: EntryCipher,
    read: R,
}

impl<R: Read> Read for Decrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buffer)?;
        self.cipher.apply(buffer.get_mut(..read).unwrap_or_default());
        Ok(read)
    }
}

/// The code over the encrypted bytes of an entry.
pub struct EntryCode(Hmac<Sha1>);

impl EntryCode {
    /// Takes the next encrypted bytes.
    pub fn update(&mut self, encrypted: &[u8]) {
        self.0.update(encrypted);
    }

    /// The code that belongs behind them.
    #[must_use]
    pub fn finish(self) -> [u8; CODE_BYTES] {
        let mut code = [0; CODE_BYTES];
        let whole = self.0.finalize().into_bytes();
        code.iter_mut().zip(whole).for_each(|(place, byte)| *place = byte);
        code
    }

    /// True if `code` belongs behind them; it takes as long if it does not.
    #[must_use]
    pub fn fits(self, code: &[u8; CODE_BYTES]) -> bool {
        self.0.verify_truncated_left(code).is_ok()
    }
}

impl fmt::Debug for EntryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryCode").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_as_the_standard_of_their_hash_says() {
        // Made by the standard library of Python.
        let keys = EntryKeys::new(b"password", b"saltsaltsaltsalt");
        assert_eq!(keys.cipher[..4], [216, 85, 176, 254]);
        assert_eq!(keys.code[..4], [200, 203, 154, 59]);
        assert_eq!(keys.check(), [246, 188]);
    }

    #[test]
    fn bytes_come_back_in_whatever_pieces_they_are_turned() {
        let keys = EntryKeys::new(b"horse", &[7; SALT_BYTES]);
        let plain: Vec<u8> = (0..1000_u32).map(|n| n as u8).collect();
        let mut whole = plain.clone();
        keys.cipher().apply(&mut whole);
        assert_ne!(whole, plain);
        let mut pieces = plain.clone();
        let mut cipher = keys.cipher();
        pieces.chunks_mut(37).for_each(|piece| cipher.apply(piece));
        assert_eq!(pieces, whole);
        for at in [0, 1, 15, 16, 17, 500, 999] {
            let mut rest = plain[at..].to_vec();
            keys.cipher_at(at as u64).apply(&mut rest);
            assert_eq!(rest, whole[at..], "{at}");
        }
        let mut back = Vec::new();
        keys.cipher().decrypt(&whole[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain);
    }

    #[test]
    fn a_code_fits_what_it_was_made_of() {
        let keys = EntryKeys::new(b"horse", &[7; SALT_BYTES]);
        let made = |bytes: &[u8]| {
            let mut code = keys.code();
            code.update(bytes);
            code
        };
        let code = made(b"encrypted").finish();
        assert!(made(b"encrypted").fits(&code));
        assert!(!made(b"encryptee").fits(&code));
        for bit in 0..CODE_BYTES * 8 {
            let mut changed = code;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!made(b"encrypted").fits(&changed));
        }
    }
}
