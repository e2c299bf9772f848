//! Writes a tree as a 7z, front to back.

use std::io::Write;
use std::num::NonZero;
use std::ops::ControlFlow;

use holdall_codec::lzma::Lzma2Writer;
use holdall_codec::raw::Crc32;
use holdall_tree::{
    Content, Context, Entry, Filter, Kind, Result as TreeResult, Source, Timestamp,
};

use super::write_head::{Block, Named, head};
use super::{ATTRIBUTE_DIRECTORY, ATTRIBUTE_UNIX, BEGIN_BYTES, EPOCH_SECS, TICKS};
use crate::error::Error;
use crate::sevenz::sums::Sum;
use crate::write::{
    START_BYTES, Stored, Tally, WriteOptions, Written, count, mode, problem, read_through, unheld,
};

const PIECE_BYTES: usize = 128 << 10;
/// Attributes of Windows that say what the mode says.
const ATTRIBUTE_READ_ONLY: u32 = 1;
const ATTRIBUTE_FILE: u32 = 0x20;

/// Writes what `filter` takes of `source`, in the order in which it comes; in memory there is what the header will say,
/// the targets of links, and what is being compressed.
///
/// Contents are compressed at this level of xz, or its default, by as many threads as the context has: small ones
/// together, up to as many bytes as are compressed by themselves, so that one of them is found without unpacking all.
/// Links come behind all files, so that a list of names costs no more.
///
/// The archive begins with zeros; [`Written::start`] is what belongs there in their place.
///
/// A 7z has names that are text, times in tenths of a microsecond from 1601 on, and no owners, extended attributes or hard
/// links: each name has the content. Pipes, devices and sockets are left out. They go to the observer, as does a name that
/// is no text, and a file that was changed while it was read, or that cannot be read to its end.
///
/// # Errors
/// If there is no such level, the source cannot be read, or the archive cannot be written.
pub fn write<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    mut out: W,
    level: Option<i32>,
    options: &WriteOptions,
) -> TreeResult<Written> {
    out.write_all(&[0; START_BYTES]).map_err(Error::Write)?;
    let threads = u32::try_from(ctx.threads).ok().and_then(NonZero::new);
    let packed = Lzma2Writer::new(out, level, threads.unwrap_or(NonZero::<u32>::MIN));
    let mut writer = Writer {
        packed: packed.map_err(Error::Write)?,
        options: *options,
        tally: Tally::new(options),
        files: Vec::new(),
        links: Vec::new(),
        blocks: Vec::new(),
        open: Block::default(),
    };
    source.read(ctx, filter, &mut |entry, content| {
        ctx.check()?;
        writer.entry(ctx, entry, content)?;
        Ok(ControlFlow::Continue(()))
    })?;
    writer.links()?;
    writer.manifest(ctx)?;
    Ok(writer.finish()?)
}

struct Writer<W> {
    packed: Lzma2Writer<W>,
    options: WriteOptions,
    tally: Tally,
    files: Vec<Named>,
    links: Vec<(Named, Vec<u8>)>,
    /// What was compressed as one, and what is being.
    blocks: Vec<Block>,
    open: Block,
}

impl<W: Write> Writer<W> {
    fn entry(&mut self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> TreeResult<()> {
        Tally::check(entry)?;
        if entry.path.is_root() {
            return Ok(());
        }
        let Some(named) = self.named(entry) else {
            let (path, what) = (entry.path.clone(), "the name, which is no text,");
            problem(ctx, &entry.path, &Error::Unfit { path, what });
            return Ok(());
        };
        let stored = match &entry.kind {
            Kind::Directory => {
                self.files.push(named);
                Stored::default()
            }
            Kind::Symlink { target } => {
                self.links.push((named, target.clone()));
                Stored::default()
            }
            Kind::File { size } => self.file(ctx, entry, named, *size, content)?,
            _ => {
                unheld(ctx, entry);
                return Ok(());
            }
        };
        self.tally.add(entry, stored);
        Ok(())
    }

    /// What the header will say of an entry; `None` if it cannot say its name.
    fn named(&self, entry: &Entry) -> Option<Named> {
        let name = std::str::from_utf8(entry.path.as_bytes()).ok()?;
        let mode = mode(entry, &self.options);
        let (kind, windows) = match entry.kind {
            Kind::Directory => (0o040_000, ATTRIBUTE_DIRECTORY),
            Kind::Symlink { .. } => (0o120_000, ATTRIBUTE_FILE),
            _ => (0o100_000, ATTRIBUTE_FILE),
        };
        let read_only = if mode & 0o222 == 0 { ATTRIBUTE_READ_ONLY } else { 0 };
        Some(Named {
            name: name.to_owned(),
            attributes: (kind | mode) << 16 | ATTRIBUTE_UNIX | windows | read_only,
            modified: self.options.reproducible.or(entry.meta.mtime).and_then(ticks),
            is_dir: entry.is_dir(),
            has_stream: false,
        })
    }

    fn file(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        named: Named,
        size: u64,
        content: Content<'_>,
    ) -> TreeResult<Stored> {
        self.make_room(size)?;
        let (mut hashing, mut sum) = (self.tally.hashing(), Crc32::default());
        let packed = &mut self.packed;
        let mut read = content.into_read();
        let found = read_through(ctx, entry, &mut read, size, PIECE_BYTES, &mut |bytes| {
            sum.update(bytes);
            hashing.update(bytes);
            packed.write_all(bytes).map_err(Error::Write)
        })?;
        count(ctx, found);
        self.add(named, Sum { size: found, crc: sum.sum() })?;
        Ok(hashing.finish())
    }

    /// Ends what is compressed as one if this many bytes do not go into it.
    fn make_room(&mut self, size: u64) -> Result<(), Error> {
        let full = self.open.size().saturating_add(size) > self.packed.piece_bytes();
        if full { self.end_block() } else { Ok(()) }
    }

    /// Adds a file whose content was written.
    fn add(&mut self, named: Named, sum: Sum) -> Result<(), Error> {
        let has_stream = sum.size > 0;
        self.files.push(Named { has_stream, ..named });
        if has_stream {
            self.open.contents.push(sum);
        }
        self.make_room(1)
    }

    fn end_block(&mut self) -> Result<(), Error> {
        if self.open.contents.is_empty() {
            return Ok(());
        }
        self.packed.end_stream().map_err(Error::Write)?;
        self.blocks.push(std::mem::take(&mut self.open));
        Ok(())
    }

    /// Writes the targets of all links as one.
    fn links(&mut self) -> Result<(), Error> {
        self.end_block()?;
        for (named, target) in std::mem::take(&mut self.links) {
            self.whole(named, &target)?;
        }
        self.end_block()
    }

    /// Writes a content that is in memory.
    fn whole(&mut self, named: Named, bytes: &[u8]) -> Result<(), Error> {
        self.make_room(bytes.len() as u64)?;
        self.packed.write_all(bytes).map_err(Error::Write)?;
        let mut sum = Crc32::default();
        sum.update(bytes);
        self.add(named, Sum { size: bytes.len() as u64, crc: sum.sum() })
    }

    /// Adds the manifest, if there is to be one.
    fn manifest(&mut self, ctx: &Context<'_>) -> Result<(), Error> {
        let mtime = self.options.reproducible.unwrap_or_else(|| ctx.now());
        let Some((entry, lines)) = self.tally.manifest(mtime) else { return Ok(()) };
        match self.named(&entry) {
            Some(named) => self.whole(named, &lines)?,
            None => return Ok(()),
        }
        self.end_block()
    }

    fn finish(self) -> Result<Written, Error> {
        let Self { packed, tally, files, blocks, .. } = self;
        let properties = packed.properties();
        let (mut out, lengths) = packed.finish().map_err(Error::Write)?;
        let (header, start) = head(&files, &blocks, &lengths, properties)?;
        out.write_all(&header).map_err(Error::Write)?;
        out.flush().map_err(Error::Write)?;
        let bytes = BEGIN_BYTES + lengths.iter().sum::<u64>() + header.len() as u64;
        Ok(Written { held: tally.finish(), bytes, start: Some(start) })
    }
}

/// A time as the header has it; `None` if it was before the first one.
fn ticks(time: Timestamp) -> Option<u64> {
    let secs = time.secs.checked_add(EPOCH_SECS)?;
    let ticks = secs.checked_mul(TICKS)?.checked_add(i64::from(time.nanos / 100))?;
    u64::try_from(ticks).ok()
}
