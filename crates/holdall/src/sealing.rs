//! Sealing and signing what is written.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use holdall_repo::Secret;
use holdall_seal::{AgeWriter, Armor, Gpg, Lock, Recipient, SIGNATURE_BYTES_MAX, SignKey};

use crate::access::{Ask, PasswordSource};
use crate::error::{Error, Result};

/// What is sealed, in messages: its own name is of no use to whoever reads them.
const OUTPUT: &str = "what is written";
/// The longest file of recipients, in bytes.
const RECIPIENTS_BYTES_MAX: u64 = 1 << 20;

/// Whom something is sealed for.
#[derive(Clone)]
pub enum Seal {
    /// The owners of keys of age.
    Recipients(Vec<Recipient>),
    /// Whoever knows a passphrase, with age.
    Passphrase(Secret),
    /// The owners of keys of OpenPGP, by their fingerprints.
    OpenPgp(Gpg, Vec<String>),
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipients(recipients) => f.debug_tuple("Recipients").field(recipients).finish(),
            Self::Passphrase(_) => f.write_str("Passphrase"),
            Self::OpenPgp(_, recipients) => f.debug_tuple("OpenPgp").field(recipients).finish(),
        }
    }
}

impl Seal {
    /// For the recipients of age that `texts` name: each is one, or a file with one a line.
    ///
    /// # Errors
    /// If one of them is neither.
    pub fn for_recipients(texts: &[String], current: &Path) -> Result<Self> {
        let mut all = Vec::new();
        for text in texts {
            let of = |source| Error::Seal { name: OUTPUT.to_owned(), source };
            let path = current.join(text);
            if !text.starts_with("age1") && path.is_file() {
                let unread = |source| Error::Target { target: path.clone(), source };
                let mut bytes = Vec::new();
                let file = File::open(&path).map_err(unread)?;
                file.take(RECIPIENTS_BYTES_MAX).read_to_end(&mut bytes).map_err(unread)?;
                all.extend(holdall_seal::recipients(&bytes).map_err(of)?);
            } else {
                all.push(Recipient::parse(text).map_err(of)?);
            }
        }
        Ok(Self::Recipients(all))
    }

    /// With a passphrase for what is called `name`; a person is asked twice.
    ///
    /// # Errors
    /// If it cannot be had.
    pub fn with_passphrase(source: &PasswordSource, ask: &dyn Ask, name: &str) -> Result<Self> {
        source.secret(|| ask.new_passphrase(name)).map(Self::Passphrase)
    }

    /// Seals what `write` writes, to `out`.
    ///
    /// # Errors
    /// If it cannot be sealed or written, and what `write` says.
    pub fn write<T, E: From<Error>>(
        &self,
        out: &mut (dyn Write + Send),
        write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
    ) -> Result<T, E> {
        let of = |error| match error {
            holdall_seal::Error::Io(error) => Error::Output(error),
            source => Error::Seal { name: OUTPUT.to_owned(), source },
        };
        let lock = match self {
            Self::OpenPgp(gpg, recipients) => {
                return gpg.encrypt(recipients, out, write).map_err(of)?;
            }
            Self::Recipients(recipients) => Lock::Recipients(recipients),
            Self::Passphrase(secret) => Lock::Passphrase(secret.expose()),
        };
        let mut writer = AgeWriter::new(out, lock, Armor::Binary).map_err(of)?;
        let written = write(&mut writer)?;
        writer.finish().map_err(Error::Output)?;
        Ok(written)
    }
}

/// Reads the key at `path` that signs. A passphrase is asked for if it is sealed with one.
///
/// # Errors
/// If it is no key that signs, or its passphrase is wrong or cannot be had.
pub fn sign_key(path: &Path, passphrase: &PasswordSource, ask: &dyn Ask) -> Result<SignKey> {
    let name = path.display().to_string();
    let unread = |source| Error::Target { target: path.to_owned(), source };
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(unread)?;
    file.take(SIGNATURE_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(unread)?;
    // What goes wrong within the key has no name yet.
    let parsed = SignKey::parse(&bytes, || {
        let secret = passphrase.secret(|| ask.passphrase(&name)).map_err(Failed::Here)?;
        Ok(secret.expose().to_vec())
    });
    parsed.map_err(|failed| match failed {
        Failed::Here(error) => error,
        Failed::Key(source) => Error::Sealed { name: name.clone(), source },
    })
}

enum Failed {
    Here(Error),
    Key(holdall_seal::Error),
}

impl From<holdall_seal::Error> for Failed {
    fn from(error: holdall_seal::Error) -> Self {
        Self::Key(error)
    }
}
