//! Contents that are encrypted: where one lies, and what opens it.

use std::fmt;
use std::io::{self, Read};

use holdall_codec::zip_aes::{CHECK_BYTES, CODE_BYTES, EntryKeys, MORE_BYTES, SALT_BYTES};
use holdall_tree::{Extent, path::printable};
use zeroize::Zeroizing;

use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault, Result};

const PIECE_BYTES: usize = 32 << 10;

/// What opens encrypted contents.
pub(crate) enum Key {
    /// There is nothing.
    Missing,
    Passphrase(Zeroizing<Vec<u8>>),
    /// Who gives the bytes of the archive opens and proves them, and [shows](crate::relay::shown) what is in them.
    Elsewhere,
}

/// No secret stands in a message.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

impl Key {
    pub(crate) fn of(passphrase: Option<Vec<u8>>) -> Self {
        passphrase.map_or(Self::Missing, |bytes| Self::Passphrase(Zeroizing::new(bytes)))
    }
}

/// Where an encrypted content lies: a salt and a check, the content itself, and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) offset: u64,
    /// How many bytes they all are.
    pub(crate) stored: u64,
    /// Of its entry, for messages.
    pub(crate) number: u64,
}

impl Lock {
    /// Where all of them end; `None` if they are too few, or too many.
    pub(crate) fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.stored).filter(|_| self.stored >= MORE_BYTES)
    }

    /// Where the content itself lies.
    pub(crate) fn content(&self) -> Extent {
        let offset = self.offset.saturating_add((SALT_BYTES + CHECK_BYTES) as u64);
        Extent { offset, length: self.stored.saturating_sub(MORE_BYTES) }
    }

    /// The keys for it.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`] if the passphrase is not the right one.
    pub(crate) fn keys<A: Bytes>(&self, bytes: &A, passphrase: &[u8]) -> Result<EntryKeys> {
        let (mut salt, mut check) = ([0; SALT_BYTES], [0; CHECK_BYTES]);
        let mut read = Positioned::new(bytes, self.offset).take(self.stored);
        let filled = read.read_exact(&mut salt).and_then(|()| read.read_exact(&mut check));
        filled.map_err(|source| self.unread(source))?;
        let keys = EntryKeys::new(passphrase, &salt);
        if keys.check() == check {
            return Ok(keys);
        }
        Err(Error::WrongPassphrase)
    }

    /// The keys for it, once its code proved it. `name` is that of its entry.
    ///
    /// # Errors
    /// As [`Lock::keys`], and if it does not have the code that belongs to it.
    pub(crate) fn open<A: Bytes>(
        &self,
        bytes: &A,
        name: &[u8],
        passphrase: &[u8],
    ) -> Result<EntryKeys> {
        let keys = self.keys(bytes, passphrase)?;
        if self.code_fits(bytes, &keys).map_err(|source| self.unread(source))? {
            return Ok(keys);
        }
        let name = printable(name.get(..200).unwrap_or(name)).into_owned();
        let Self { offset, number, .. } = *self;
        Err(Error::Refused { offset, number, name, fault: Fault::ZipCode })
    }

    fn code_fits<A: Bytes>(&self, bytes: &A, keys: &EntryKeys) -> io::Result<bool> {
        let Extent { offset, length } = self.content();
        let mut code = keys.code();
        let mut read = Positioned::new(bytes, offset).take(length);
        let mut buffer = vec![0; PIECE_BYTES];
        let mut seen = 0;
        loop {
            match read.read(&mut buffer)? {
                0 => break,
                read => {
                    seen += read as u64;
                    code.update(buffer.get(..read).unwrap_or_default());
                }
            }
        }
        let mut stored = [0; CODE_BYTES];
        Positioned::new(bytes, offset.saturating_add(length)).read_exact(&mut stored)?;
        Ok(seen == length && code.fits(&stored))
    }

    fn unread(&self, source: io::Error) -> Error {
        Error::Read { offset: self.offset, source }
    }
}
