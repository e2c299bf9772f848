//! The format `age-encryption.org/v1`: a header that holds a key for each who may read, then chunks, each of which is
//! proved. See <https://c2sp.org/age>. Plugins are not run.

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, EncryptError, Encryptor};

use crate::error::{Error, Result};
use crate::guard::{Noted, ShortLines};
use crate::kind::{AGE_ARMOR, WHITE_BYTES_MAX};

/// The highest cost of a passphrase that is paid on reading: 2^20 steps, which take 1 GiB of memory and a few seconds.
pub const WORK_FACTOR_MAX: u8 = 20;
/// The cost of a passphrase that is written, as the program `age` has it.
const WORK_FACTOR: u8 = 18;
/// The longest header, in bytes: some hundred recipients.
const HEADER_BYTES_MAX: u64 = 64 << 10;
/// A full line of a body without its line end, in bytes.
const BODY_LINE_BYTES: usize = 64;
/// The longest line of an armored file, in bytes.
const ARMOR_LINE_BYTES_MAX: usize = 128;

/// A key that opens what was sealed for its recipient.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

/// A public key that something is sealed for.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

/// The identities of a key file: one a line, among empty lines and comments.
///
/// # Errors
/// [`Error::Identity`] with the number of a line that is none of these.
pub fn identities(text: &[u8]) -> Result<Vec<Identity>> {
    lines(text)
        .map(|(line, text)| {
            let text = std::str::from_utf8(text).map_err(|_| Error::Identity { line })?;
            text.parse().map(Identity).map_err(|_| Error::Identity { line })
        })
        .collect()
}

/// The recipients of a file: one a line, among empty lines and comments.
///
/// # Errors
/// [`Error::Recipient`] with a line that is none of these.
pub fn recipients(text: &[u8]) -> Result<Vec<Recipient>> {
    lines(text).map(|(_, text)| Recipient::parse(&String::from_utf8_lossy(text))).collect()
}

/// The lines that say something, with their numbers.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
        .map(|(index, line)| (index + 1, line))
}

impl Identity {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Who it opens for.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(of {})", self.recipient())
    }
}

impl Recipient {
    /// The recipient that is written like this: `age1` and more.
    ///
    /// # Errors
    /// [`Error::Recipient`] if it is none.
    pub fn parse(text: &str) -> Result<Self> {
        // Whoever mixes up the two halves of a key must not read the secret one in a message.
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            let why = "a secret key opens, and one seals for the public key that belongs to it";
            return Err(Error::Recipient { text: "AGE-SECRET-KEY-…".to_owned(), why });
        }
        text.parse().map(Self).map_err(|why| Error::Recipient { text: text.to_owned(), why })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

fn secret(passphrase: &[u8]) -> Result<SecretString> {
    match std::str::from_utf8(passphrase) {
        Ok(text) if !text.is_empty() => Ok(SecretString::from(text.to_owned())),
        _ => Err(Error::PassphraseText),
    }
}

/// What opens a file.
#[derive(Clone, Copy)]
pub enum Opener<'k> {
    /// The passphrase that it was sealed with.
    Passphrase(&'k [u8]),
    /// Keys, one of which it was sealed for.
    Identities(&'k [Identity]),
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase",
            Self::Identities(_) => "Identities",
        })
    }
}

/// The bytes of a file, armored or not, behind its header.
type Bytes<'r> = io::Chain<io::Cursor<Vec<u8>>, Box<dyn BufRead + 'r>>;

/// A file of age whose header was read and that is not open yet.
pub struct AgeFile<'r> {
    decryptor: Decryptor<Bytes<'r>>,
    failed: Arc<AtomicBool>,
}

impl<'r> AgeFile<'r> {
    /// Reads the header.
    ///
    /// # Errors
    /// If it is no header of age, or too long.
    pub fn read(read: impl Read + 'r) -> Result<Self> {
        let (mut noted, failed) = Noted::new(read);
        skip_white(&mut noted)?;
        let armored = noted.fill_buf()?.starts_with(AGE_ARMOR);
        let mut bytes: Box<dyn BufRead + 'r> = match armored {
            true => {
                let lines = ShortLines::new(noted, ARMOR_LINE_BYTES_MAX);
                Box::new(io::BufReader::new(ArmoredReader::new(lines)))
            }
            false => Box::new(noted),
        };
        let explained = |error| explain(error, failed.load(Ordering::Relaxed));
        let header = header(&mut bytes).map_err(|error| explained(DecryptError::Io(error)))?;
        let decryptor = Decryptor::new_buffered(io::Cursor::new(header).chain(bytes));
        let decryptor = decryptor.map_err(explained)?;
        Ok(Self { decryptor, failed })
    }

    /// True if a passphrase opens it, false if keys do.
    #[must_use]
    pub fn wants_passphrase(&self) -> bool {
        self.decryptor.is_scrypt()
    }

    /// Opens it.
    ///
    /// # Errors
    /// If the passphrase is wrong, no key fits, or the header is not the one that was written.
    pub fn open(self, opener: Opener<'_>) -> Result<AgeReader<'r>> {
        let by_passphrase = self.wants_passphrase();
        let failed = self.failed.load(Ordering::Relaxed);
        let opened = match opener {
            Opener::Passphrase(_) if !by_passphrase => return Err(Error::NoKey),
            Opener::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(secret(passphrase)?);
                identity.set_max_work_factor(WORK_FACTOR_MAX);
                self.decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
            }
            Opener::Identities(_) if by_passphrase => return Err(Error::NeedsPassphrase),
            Opener::Identities(identities) => {
                let identities =
                    identities.iter().map(|identity| &identity.0 as &dyn age::Identity);
                self.decryptor.decrypt(identities)
            }
        };
        let stream = opened.map_err(|error| match error {
            // The library says so too if a passphrase does not fit.
            DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed if by_passphrase => {
                Error::WrongPassphrase
            }
            error => explain(error, failed),
        })?;
        Ok(AgeReader { state: State::Inside(Box::new(stream)), failed: self.failed })
    }
}

/// White space may stand before an armored file.
fn skip_white(bytes: &mut impl BufRead) -> io::Result<()> {
    let white = bytes.fill_buf()?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    bytes.consume(white.min(WHITE_BYTES_MAX));
    Ok(())
}

/// The header with its last line. The library takes bodies without the short line that has to end them, and reads a
/// header of any length.
fn header(bytes: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let mut ended = true;
    loop {
        let begin = header.len();
        let left = HEADER_BYTES_MAX.saturating_sub(begin as u64);
        if left == 0 {
            return Err(Error::Damaged { why: "its header is too long" }.into());
        }
        bytes.by_ref().take(left).read_until(b'\n', &mut header)?;
        let line = header.get(begin..).unwrap_or_default();
        match line {
            [] => return Err(io::ErrorKind::UnexpectedEof.into()),
            [b'-', b'-' | b'>', ..] if !ended => {
                return Err(Error::Damaged { why: "its header is broken" }.into());
            }
            [b'-', b'-', ..] => return Ok(header),
            [b'-', b'>', ..] => ended = false,
            line => ended |= line.len() <= BODY_LINE_BYTES,
        }
    }
}

impl fmt::Debug for AgeFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgeFile").finish_non_exhaustive()
    }
}

/// Reads what was sealed.
pub struct AgeReader<'r> {
    state: State<'r>,
    failed: Arc<AtomicBool>,
}

enum State<'r> {
    Inside(Box<StreamReader<Bytes<'r>>>),
    Done,
    Failed,
}

impl Read for AgeReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let stream = match &mut self.state {
            State::Inside(stream) => stream,
            State::Done => return Ok(0),
            State::Failed => {
                return Err(Error::Damaged { why: "it could not be read to its end" }.into());
            }
        };
        match stream.read(buffer) {
            Ok(0) => {
                self.state = State::Done;
                Ok(0)
            }
            Ok(read) => Ok(read),
            Err(error) => {
                self.state = State::Failed;
                let below = self.failed.load(Ordering::Relaxed);
                Err(explain(DecryptError::Io(error), below).into())
            }
        }
    }
}

impl fmt::Debug for AgeReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgeReader").finish_non_exhaustive()
    }
}

/// What the library below means; `below` if the bytes themselves could not be read.
fn explain(error: DecryptError, below: bool) -> Error {
    match error {
        DecryptError::Io(error) if below => Error::Io(error),
        DecryptError::Io(error) if Error::of(&error).is_some() => {
            match error.into_inner().map(|inner| inner.downcast::<Error>()) {
                Some(Ok(own)) => *own,
                _ => Error::Damaged { why: "it cannot be read" },
            }
        }
        DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Truncated,
        DecryptError::Io(_) => {
            Error::Damaged { why: "a part of it is not the one that was written" }
        }
        DecryptError::ExcessiveWork { required, .. } => {
            Error::Work { found: required, limit: WORK_FACTOR_MAX }
        }
        DecryptError::InvalidHeader => Error::Damaged { why: "its header is broken" },
        DecryptError::InvalidMac => {
            Error::Damaged { why: "its header is not the one that was written" }
        }
        DecryptError::NoMatchingKeys => Error::NoKey,
        DecryptError::UnknownFormat => Error::Unknown,
        _ => Error::Damaged { why: "a part of it is not the one that was written" },
    }
}

/// Whom a file is sealed for.
#[derive(Clone, Copy)]
pub enum Lock<'k> {
    /// Whoever knows the passphrase.
    Passphrase(&'k [u8]),
    /// The owners of these keys.
    Recipients(&'k [Recipient]),
}

/// How the bytes look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Armor {
    /// Bytes.
    #[default]
    Binary,
    /// Text.
    Text,
}

/// Seals what is written to it.
pub struct AgeWriter<W: Write>(StreamWriter<ArmoredWriter<W>>);

impl<W: Write> AgeWriter<W> {
    /// Writes the header to `out`.
    ///
    /// # Errors
    /// If there is nobody to seal it for, or `out` fails.
    pub fn new(out: W, lock: Lock<'_>, armor: Armor) -> Result<Self> {
        Self::with_work(out, lock, armor, WORK_FACTOR)
    }

    /// The same with another cost of a passphrase.
    pub(crate) fn with_work(out: W, lock: Lock<'_>, armor: Armor, work: u8) -> Result<Self> {
        let encryptor = match lock {
            Lock::Passphrase(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new(secret(passphrase)?);
                recipient.set_work_factor(work.clamp(1, WORK_FACTOR_MAX));
                Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            }
            Lock::Recipients(recipients) => {
                let recipients = recipients.iter().map(|one| &one.0 as &dyn age::Recipient);
                Encryptor::with_recipients(recipients)
            }
        };
        let encryptor = encryptor.map_err(|error| match error {
            EncryptError::Io(error) => Error::Io(error),
            _ => Error::Nobody,
        })?;
        let format = match armor {
            Armor::Binary => Format::Binary,
            Armor::Text => Format::AsciiArmor,
        };
        Ok(Self(encryptor.wrap_output(ArmoredWriter::wrap_output(out, format)?)?))
    }

    /// Writes the end, without which the file is one that was cut off.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()?.finish()
    }
}

impl<W: Write> Write for AgeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> fmt::Debug for AgeWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgeWriter").finish_non_exhaustive()
    }
}
