//! Writing a dump: records and contents in canonical order, in one pass and with bounded memory.

use std::io::{self, Read, Write};
use std::ops::Range;

use holdall_tree::id::ContentHasher;
use holdall_tree::{ContentHash, Kind, TreeId, TreeIds};

use crate::blanks::Finder;
use crate::carry::{Carry, Form, WHOLE_MAX};
use crate::charset::Charset;
use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::Record;
use crate::skin::{Format, Skin};

/// Bytes of a file that are carried at a time, where it is read piece by piece.
const PIECE: usize = 1 << 16;
/// The same, where all of it is at hand.
const WHOLE_PIECE: usize = 1 << 20;

/// Writes one dump.
pub struct Writer<W> {
    out: Counted<W>,
    /// Where the carried text of each part lies in what was written, in bytes.
    texts: Vec<(u64, Range<u64>)>,
    skin: Box<dyn Skin>,
    /// True if the format shows lines as lines, so that a transport may strip the blanks at their ends.
    lines: bool,
    ids: TreeIds,
    records: Vec<Record>,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes what stands before the contents.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn begin(out: W, format: Format, head: &Head) -> Result<Self> {
        let mut skin = format.skin();
        let mut out = Counted { inner: out, bytes: 0 };
        skin.begin(&mut out, head).map_err(Error::Write)?;
        let buffer = Vec::with_capacity(PIECE + 8);
        let lines = format != Format::Json;
        let (texts, ids, records) = Default::default();
        Ok(Self { out, texts, skin, lines, ids, records, buffer })
    }

    /// Where the carried text of each part lies so far: the number of the part, and bytes from the beginning. In a
    /// format that [is verbatim](Format::is_verbatim) these bytes are the text.
    #[must_use]
    pub fn texts(&self) -> &[(u64, Range<u64>)] {
        &self.texts
    }

    fn open(&mut self, record: &Record) -> Result<u64> {
        self.skin.open(&mut self.out, record).map_err(Error::Write)?;
        Ok(self.out.bytes)
    }

    /// Writes an entry of which nothing is shown.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn bare(&mut self, record: Record) -> Result<()> {
        self.skin.bare(&mut self.out, &record).map_err(Error::Write)?;
        self.done(record);
        Ok(())
    }

    /// Writes a file as its record says, and proves on the way that the text stands for the bytes: gives the hash of
    /// what the text stands for. If all of the file is shown, that becomes the hash of the record. `content` must be
    /// all there is to show; one that is neither UTF-8 nor base64 must not exceed [`WHOLE_MAX`].
    ///
    /// # Errors
    /// If `content` cannot be read or `out` fails.
    pub fn file(&mut self, mut record: Record, content: &mut dyn Read) -> Result<ContentHash> {
        let Some(carry) = record.carry else {
            self.bare(record)?;
            return Ok(ContentHash::of(b""));
        };
        let start = self.open(&record)?;
        let mut prover = Prover::new(carry, self.blanks(&record, carry), Proof::default());
        if carry.charset == Charset::Utf8 || carry.form != Form::Text {
            self.stream(&record, carry, content, &mut prover)?;
        } else {
            self.buffer.clear();
            let mut whole = content.take(WHOLE_MAX as u64);
            whole.read_to_end(&mut self.buffer).map_err(|source| read(&record, source))?;
            emit(&mut self.out, &mut *self.skin, carry, &self.buffer, &mut prover)?;
        }
        record.blanks = prover.blanks.and_then(Finder::finish);
        let Proof::Hash { hasher, bytes } = prover.proof else { return Err(unproved(&record)) };
        let hash = hasher.finish();
        self.close(record, start, hash, bytes)?;
        Ok(hash)
    }

    /// Writes a file of which all that is shown is at hand: `hash` is the hash of `content`. Each piece of text is taken
    /// back as a reader would and compared with the bytes, so it need not be hashed again.
    ///
    /// # Errors
    /// If `out` fails, or if the text does not stand for the bytes.
    pub fn whole(&mut self, mut record: Record, content: &[u8], hash: ContentHash) -> Result<()> {
        let Some(carry) = record.carry else { return self.bare(record) };
        let start = self.open(&record)?;
        let proof = Proof::Bytes { rest: content, same: true };
        let mut prover = Prover::new(carry, self.blanks(&record, carry), proof);
        let mut rest = content;
        let in_pieces = carry.charset == Charset::Utf8 || carry.form != Form::Text;
        while in_pieces && rest.len() > WHOLE_PIECE {
            let (piece, _) = rest.split_at(WHOLE_PIECE);
            let (piece, after) = rest.split_at(carry.piece(piece));
            if piece.is_empty() {
                break;
            }
            emit(&mut self.out, &mut *self.skin, carry, piece, &mut prover)?;
            rest = after;
        }
        if !rest.is_empty() {
            emit(&mut self.out, &mut *self.skin, carry, rest, &mut prover)?;
        }
        record.blanks = prover.blanks.and_then(Finder::finish);
        if !matches!(prover.proof, Proof::Bytes { rest: [], same: true }) {
            return Err(unproved(&record));
        }
        self.close(record, start, hash, content.len() as u64)
    }

    /// What notes the blanks at the ends of lines, if they are noted.
    fn blanks(&self, record: &Record, carry: Carry) -> Option<Finder> {
        let notes = self.lines && record.is_whole() && carry.form != Form::Base64;
        notes.then(Finder::default)
    }

    /// Ends a file of which so many bytes with this hash are shown, and whose text began at `start`.
    fn close(
        &mut self,
        mut record: Record,
        start: u64,
        hash: ContentHash,
        bytes: u64,
    ) -> Result<()> {
        self.texts.extend(record.part.map(|part| (part, start..self.out.bytes)));
        if record.is_whole() {
            record.sha256 = Some(hash);
            record.kind = Kind::File { size: bytes };
        } else {
            record.shown_sha256 = Some(hash);
        }
        self.skin.close(&mut self.out, &record).map_err(Error::Write)?;
        self.done(record);
        Ok(())
    }

    fn stream(
        &mut self,
        record: &Record,
        carry: Carry,
        content: &mut dyn Read,
        prover: &mut Prover<'_>,
    ) -> Result<()> {
        self.buffer.clear();
        loop {
            let held = self.buffer.len();
            self.buffer.resize(held + PIECE, 0);
            let free = self.buffer.get_mut(held..).unwrap_or_default();
            let n = match content.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.buffer.truncate(held);
                    continue;
                }
                read => read.map_err(|source| self::read(record, source))?,
            };
            self.buffer.truncate(held + n);
            let whole = if n == 0 { self.buffer.len() } else { carry.piece(&self.buffer) };
            let piece = self.buffer.get(..whole).unwrap_or_default();
            if !piece.is_empty() {
                emit(&mut self.out, &mut *self.skin, carry, piece, prover)?;
            }
            self.buffer.drain(..whole);
            if n == 0 {
                return Ok(());
            }
        }
    }

    fn done(&mut self, record: Record) {
        if record.omitted.is_none() {
            self.ids.add(&record.entry(None), record.sha256);
        }
        self.records.push(record);
    }

    /// Writes what stands behind the contents, and gives what was written to and the ID of the tree that was shown.
    /// The text is whole only now; to make it durable is the caller's.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn finish(mut self) -> Result<(W, TreeId)> {
        let (id, _) = std::mem::take(&mut self.ids).finish();
        self.skin.end(&mut self.out, &self.records, id).map_err(Error::Write)?;
        self.out.flush().map_err(Error::Write)?;
        Ok((self.out.inner, id))
    }
}

/// Counts what is written.
struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.bytes += n as u64;
        Ok(n)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn read(record: &Record, source: io::Error) -> Error {
    Error::Read { path: record.path.clone(), source }
}

fn emit(
    out: &mut dyn Write,
    skin: &mut dyn Skin,
    carry: Carry,
    piece: &[u8],
    prover: &mut Prover<'_>,
) -> Result<()> {
    carry
        .emit(piece, &mut |text| {
            prover.prove(text);
            skin.text(out, text)
        })
        .map_err(Error::Write)
}

fn unproved(record: &Record) -> Error {
    let why = "the text does not stand for its bytes; this is a bug".to_owned();
    Error::NotThere { path: record.path.clone(), why }
}

/// Takes carried text back as a reader would.
struct Prover<'c> {
    carry: Carry,
    blanks: Option<Finder>,
    proof: Proof<'c>,
}

/// What is done with the bytes that the text stands for.
enum Proof<'c> {
    /// They are hashed.
    Hash { hasher: ContentHasher, bytes: u64 },
    /// They are compared with what was to be written; `rest` is what must follow.
    Bytes { rest: &'c [u8], same: bool },
}

impl Default for Proof<'_> {
    fn default() -> Self {
        Self::Hash { hasher: ContentHasher::default(), bytes: 0 }
    }
}

impl<'c> Prover<'c> {
    fn new(carry: Carry, blanks: Option<Finder>, proof: Proof<'c>) -> Self {
        Self { carry, blanks, proof }
    }

    fn prove(&mut self, text: &str) {
        if let Some(blanks) = &mut self.blanks {
            blanks.update(text);
        }
        let back = self.carry.bytes(text);
        match (&mut self.proof, back) {
            (Proof::Hash { hasher, bytes }, Ok(back)) => {
                hasher.update(&back);
                *bytes += back.len() as u64;
            }
            // What does not come back makes the hash differ from that of the file.
            (Proof::Hash { .. }, Err(_)) => {}
            (Proof::Bytes { rest, same }, Ok(back)) => match rest.strip_prefix(&*back) {
                Some(after) => *rest = after,
                None => *same = false,
            },
            (Proof::Bytes { same, .. }, Err(_)) => *same = false,
        }
    }
}
