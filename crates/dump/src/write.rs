//! Writing a dump: records and contents in canonical order, in one pass and with bounded memory.

use std::io::{self, Read, Write};

use holdall_tree::id::ContentHasher;
use holdall_tree::{ContentHash, Kind, TreeId, TreeIds};

use crate::blanks::Finder;
use crate::carry::{Carry, Form, WHOLE_MAX};
use crate::charset::Charset;
use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::Record;
use crate::skin::{Format, Skin};

/// Bytes of a file that are carried at a time.
const PIECE: usize = 1 << 16;

/// Writes one dump.
pub struct Writer<W> {
    out: W,
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
    pub fn begin(mut out: W, format: Format, head: &Head) -> Result<Self> {
        let mut skin = format.skin();
        skin.begin(&mut out, head).map_err(Error::Write)?;
        let buffer = Vec::with_capacity(PIECE + 8);
        let lines = format != Format::Json;
        Ok(Self { out, skin, lines, ids: TreeIds::default(), records: Vec::new(), buffer })
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
        self.skin.open(&mut self.out, &record).map_err(Error::Write)?;
        let notes = self.lines && record.is_whole() && carry.form != Form::Base64;
        let blanks = notes.then(Finder::default);
        let mut prover = Prover { carry, hasher: ContentHasher::default(), bytes: 0, blanks };
        if carry.charset == Charset::Utf8 || carry.form != Form::Text {
            self.stream(&record, carry, content, &mut prover)?;
        } else {
            self.buffer.clear();
            let mut whole = content.take(WHOLE_MAX as u64);
            whole.read_to_end(&mut self.buffer).map_err(|source| read(&record, source))?;
            emit(&mut self.out, &mut *self.skin, carry, &self.buffer, &mut prover)?;
        }
        record.blanks = prover.blanks.and_then(Finder::finish);
        let hash = prover.hasher.finish();
        if record.is_whole() {
            record.sha256 = Some(hash);
            record.kind = Kind::File { size: prover.bytes };
        } else {
            record.shown_sha256 = Some(hash);
        }
        self.skin.close(&mut self.out, &record).map_err(Error::Write)?;
        self.done(record);
        Ok(hash)
    }

    fn stream(
        &mut self,
        record: &Record,
        carry: Carry,
        content: &mut dyn Read,
        prover: &mut Prover,
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
        Ok((self.out, id))
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
    prover: &mut Prover,
) -> Result<()> {
    carry
        .emit(piece, &mut |text| {
            prover.prove(text);
            skin.text(out, text)
        })
        .map_err(Error::Write)
}

/// Takes carried text back as a reader would, and hashes that.
struct Prover {
    carry: Carry,
    hasher: ContentHasher,
    bytes: u64,
    blanks: Option<Finder>,
}

impl Prover {
    fn prove(&mut self, text: &str) {
        if let Some(blanks) = &mut self.blanks {
            blanks.update(text);
        }
        // What does not come back makes the hash differ from that of the file.
        if let Ok(bytes) = self.carry.bytes(text) {
            self.hasher.update(&bytes);
            self.bytes += bytes.len() as u64;
        }
    }
}
