//! Contents that are encrypted while a zip is written.

use std::io::{self, Write};

use holdall_codec::zip_aes::{EntryCipher, EntryCode, EntryKeys, SALT_BYTES, salt};
use zeroize::Zeroizing;

use super::{FLAG_ENCRYPTED, METHOD_AES};

/// Bytes that are encrypted at once.
const PIECE_BYTES: usize = 32 << 10;

/// What encrypts the content of one entry.
pub(super) struct Encryption {
    salt: [u8; SALT_BYTES],
    keys: EntryKeys,
}

impl Encryption {
    /// With a salt of its own.
    pub(super) fn new(passphrase: &[u8]) -> io::Result<Self> {
        let salt = salt()?;
        Ok(Self { salt, keys: EntryKeys::new(passphrase, &salt) })
    }

    /// What stands before the content.
    pub(super) fn begin(&self) -> Vec<u8> {
        [&self.salt[..], &self.keys.check()].concat()
    }

    /// A small content with all that stands around it.
    pub(super) fn whole(&self, content: &[u8]) -> io::Result<Vec<u8>> {
        let mut stored = self.begin();
        let (_, code) = {
            let mut out = self.writer(&mut stored);
            out.write_all(content)?;
            out.finish()
        };
        stored.extend_from_slice(&code.finish());
        Ok(stored)
    }

    /// Encrypts what is written to `out`.
    pub(super) fn writer<W: Write>(&self, out: W) -> Encrypting<W> {
        let piece = Zeroizing::new(vec![0; PIECE_BYTES]);
        Encrypting { out, cipher: self.keys.cipher(), code: self.keys.code(), piece }
    }
}

/// Changes what a header says to what it says of an encrypted content: flags, method, sum and extra fields.
pub(super) fn mark(flags: &mut u16, method: &mut u16, crc: &mut u32, extra: &mut Vec<u8>) {
    extra.extend_from_slice(&[0x01, 0x99, 7, 0]);
    // The second version, in which no sum tells of the content, and 256 bits.
    extra.extend_from_slice(&[2, 0, b'A', b'E', 3]);
    extra.extend_from_slice(&method.to_le_bytes());
    *flags |= FLAG_ENCRYPTED;
    (*method, *crc) = (METHOD_AES, 0);
}

/// Encrypts what is written to it.
pub(super) struct Encrypting<W> {
    out: W,
    cipher: EntryCipher,
    code: EntryCode,
    piece: Zeroizing<Vec<u8>>,
}

impl<W> Encrypting<W> {
    /// Where it went, and the code that belongs behind it.
    pub(super) fn finish(self) -> (W, EntryCode) {
        (self.out, self.code)
    }
}

impl<W: Write> Write for Encrypting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.piece.len());
        let (Some(piece), Some(bytes)) = (self.piece.get_mut(..taken), bytes.get(..taken)) else {
            return Ok(0);
        };
        piece.copy_from_slice(bytes);
        self.cipher.apply(piece);
        self.code.update(piece);
        self.out.write_all(piece)?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where a content goes, encrypted or not.
pub(super) enum Out<W> {
    Plain(W),
    Encrypted(Box<Encrypting<W>>),
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Encrypted(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Encrypted(out) => out.flush(),
        }
    }
}
