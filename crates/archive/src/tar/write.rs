//! Writes a tree as an archive: ustar where that is enough, and extended headers before what it cannot hold.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use holdall_tree::{
    Content, Context, Entry, Extent, Filter, HardLink, Kind, ReadAt, RelPath, Result as TreeResult,
    Source,
};

use super::head::{Place, head};
use super::{BLOCK, padding};
use crate::error::Error;
use crate::write::{
    Hashing, SMALL_BYTES, Stored, Tally, WriteOptions, Written, changed, count, problem,
    read_small, unheld,
};

/// An archive ends on a multiple of so many bytes, as other programs expect it.
const RECORD_BYTES: u64 = 10_240;
/// Contents are copied in pieces of this size.
const PIECE_BYTES: usize = 128 << 10;

/// Writes what `filter` takes of `source`, in the order in which it comes, in constant memory but for the first names
/// of hard links.
///
/// A file that was changed while it was read, or that cannot be read to its end, goes to the observer; what is missing of
/// it is zeros in the archive. Sockets are left out and go there too, as tar knows none.
///
/// # Errors
/// If the source cannot be read or the archive cannot be written.
pub fn write<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: W,
    options: &WriteOptions,
) -> TreeResult<Written> {
    write_indexed(ctx, source, filter, out, &mut io::sink(), options)
}

/// The same, and writes to `index` all of the archive but the contents. [`TarTree::open_indexed`](super::TarTree::open_indexed)
/// takes it.
///
/// # Errors
/// As [`write()`], or if the index cannot be written.
pub fn write_indexed<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: W,
    index: &mut dyn Write,
    options: &WriteOptions,
) -> TreeResult<Written> {
    let mut writer = Writer {
        out,
        index,
        options: *options,
        bytes: 0,
        tally: Tally::new(options),
        names: HashMap::new(),
        piece: vec![0; PIECE_BYTES],
        small: Vec::new(),
    };
    source.read(ctx, filter, &mut |entry, content| {
        ctx.check()?;
        writer.entry(ctx, entry, content)?;
        Ok(ControlFlow::Continue(()))
    })?;
    writer.manifest(ctx)?;
    writer.finish()?;
    Ok(Written { held: writer.tally.finish(), bytes: writer.bytes, start: None })
}

struct Writer<'i, W> {
    out: W,
    index: &'i mut dyn Write,
    options: WriteOptions,
    bytes: u64,
    tally: Tally,
    /// The first name of each group of hard links.
    names: HashMap<(u64, u64), RelPath>,
    piece: Vec<u8>,
    /// The last file that was read whole.
    small: Vec<u8>,
}

impl<W: Write> Writer<'_, W> {
    fn entry(&mut self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> TreeResult<()> {
        Tally::check(entry)?;
        if entry.kind == Kind::Socket {
            unheld(ctx, entry);
            return Ok(());
        }
        if let Some(HardLink { device, inode, .. }) = entry.meta.hard_link
            && !entry.is_dir()
            && self.options.reproducible.is_none()
        {
            if let Some(first) = self.names.get(&(device, inode)).cloned() {
                self.head(ctx, entry, Place::LinkTo(&first))?;
                self.tally.add_name(&entry.path, &first);
                return Ok(());
            }
            self.names.insert((device, inode), entry.path.clone());
        }
        let stored = match entry.kind {
            Kind::File { size } => self.file(ctx, entry, size, content)?,
            _ => {
                self.head(ctx, entry, Place::Empty)?;
                Stored::default()
            }
        };
        self.tally.add(entry, stored);
        Ok(())
    }

    fn file(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        size: u64,
        content: Content<'_>,
    ) -> TreeResult<Stored> {
        let mut hashing = self.tally.hashing();
        if let Some(data) = holes(entry, size).filter(|_| self.options.reproducible.is_none()) {
            self.sparse(ctx, entry, size, &data, content, &mut hashing)?;
            return Ok(hashing.finish());
        }
        if size <= SMALL_BYTES {
            let mut buffer = std::mem::take(&mut self.small);
            let bytes = read_small(ctx, entry, size, content, &mut buffer);
            let found = bytes.len() as u64;
            self.head(ctx, entry, Place::Data(found))?;
            self.put(bytes)?;
            hashing.update(bytes);
            self.small = buffer;
            count(ctx, found);
            self.pad(found)?;
            return Ok(hashing.finish());
        }
        let mut read = content.into_read();
        self.head(ctx, entry, Place::Data(size))?;
        self.copy(ctx, entry, &mut read, size, &mut hashing)?;
        count(ctx, size);
        // Whether there is more now.
        let more = u64::from(matches!(read.read(&mut [0]), Ok(1)));
        changed(ctx, entry, size, size + more);
        self.pad(size)?;
        Ok(hashing.finish())
    }

    /// Writes a file with its holes left out, in the notation that GNU tar and bsdtar read: the map before the data.
    fn sparse(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        size: u64,
        data: &[Extent],
        content: Content<'_>,
        hashing: &mut Hashing,
    ) -> TreeResult<()> {
        let mut map = format!("{}\n", data.len() + 1);
        for Extent { offset, length } in data {
            map.push_str(&format!("{offset}\n{length}\n"));
        }
        map.push_str(&format!("{size}\n0\n"));
        let mut map = map.into_bytes();
        map.resize(map.len() + usize::try_from(padding(map.len() as u64)).unwrap_or_default(), 0);
        let stored = map.len() as u64 + data.iter().map(|extent| extent.length).sum::<u64>();
        self.head(ctx, entry, Place::Sparse { stored, size })?;
        self.put_indexed(&map)?;
        let mut end = 0;
        match content {
            Content::At(at) => {
                for extent in data {
                    hashing.zeros(extent.offset - end);
                    let mut read = Ranged { at: &*at, offset: extent.offset };
                    self.copy(ctx, entry, &mut read, extent.length, hashing)?;
                    end = extent.offset + extent.length;
                }
            }
            content => {
                let mut read = content.into_read();
                for extent in data {
                    let hole = extent.offset - end;
                    // If there is less of it, the copy says so.
                    drop(io::copy(&mut (&mut read).take(hole), &mut io::sink()));
                    hashing.zeros(hole);
                    self.copy(ctx, entry, &mut read, extent.length, hashing)?;
                    end = extent.offset + extent.length;
                }
            }
        }
        hashing.zeros(size - end);
        count(ctx, size);
        Ok(self.pad(stored)?)
    }

    /// Copies exactly so many bytes, with zeros for what is missing.
    fn copy(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        read: &mut dyn Read,
        length: u64,
        hashing: &mut Hashing,
    ) -> TreeResult<()> {
        let (mut left, mut broken) = (length, false);
        let mut piece = std::mem::take(&mut self.piece);
        while left > 0 {
            ctx.check()?;
            let wanted = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let buffer = piece.get_mut(..wanted).unwrap_or_default();
            let read = if broken {
                buffer.fill(0);
                wanted
            } else {
                match read.read(buffer) {
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(source) => {
                        let path = entry.path.clone();
                        problem(ctx, &entry.path, &Error::Content { path, source });
                        broken = true;
                        continue;
                    }
                }
            };
            if read == 0 {
                changed(ctx, entry, length, length - left);
                broken = true;
                continue;
            }
            let bytes = buffer.get(..read).unwrap_or_default();
            self.put(bytes)?;
            hashing.update(bytes);
            left -= read as u64;
        }
        self.piece = piece;
        Ok(())
    }

    fn head(&mut self, ctx: &Context<'_>, entry: &Entry, place: Place<'_>) -> TreeResult<()> {
        Ok(self.put_indexed(&head(ctx, entry, place, &self.options))?)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::Write)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// What is no content.
    fn put_indexed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.index.write_all(bytes).map_err(Error::Write)?;
        self.put(bytes)
    }

    fn pad(&mut self, length: u64) -> Result<(), Error> {
        let zeros = [0; BLOCK];
        let wanted = usize::try_from(padding(length)).unwrap_or_default();
        self.put(zeros.get(..wanted).unwrap_or_default())
    }

    /// Adds the manifest, if there is to be one.
    fn manifest(&mut self, ctx: &Context<'_>) -> TreeResult<()> {
        let mtime = self.options.reproducible.unwrap_or_else(|| ctx.now());
        let Some((entry, lines)) = self.tally.manifest(mtime) else { return Ok(()) };
        self.head(ctx, &entry, Place::Data(entry.size()))?;
        self.put(&lines)?;
        Ok(self.pad(entry.size())?)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.put_indexed(&[0; 2 * BLOCK])?;
        while !self.bytes.is_multiple_of(RECORD_BYTES) {
            self.put_indexed(&[0; BLOCK])?;
        }
        self.out.flush().map_err(Error::Write)
    }
}

/// The parts of a file that are data, if it has holes that are worth a map.
fn holes(entry: &Entry, size: u64) -> Option<Vec<Extent>> {
    let extents = entry.meta.extents.as_ref()?;
    let (mut end, mut data) = (0, 0_u64);
    for extent in extents {
        // They come from outside; a map of overlapping parts could not be read again.
        if extent.offset < end || extent.offset.checked_add(extent.length)? > size {
            return None;
        }
        end = extent.offset + extent.length;
        data += extent.length;
    }
    (size - data >= BLOCK as u64)
        .then(|| extents.iter().copied().filter(|e| e.length > 0).collect())
}

/// Reads on from a place.
struct Ranged<'a> {
    at: &'a dyn ReadAt,
    offset: u64,
}

impl Read for Ranged<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.at.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
