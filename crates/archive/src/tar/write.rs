//! Writes a tree as an archive: ustar where that is enough, and extended headers before what it cannot hold.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use holdall_tree::{
    Content, Context, Counter, Entry, Extent, Filter, HardLink, Kind, Note, ReadAt, RelPath,
    Result as TreeResult, Source, Timestamp,
};

use super::head::{Place, head};
use super::{BLOCK, padding};
use crate::error::Error;
use crate::rules::Written;

/// An archive ends on a multiple of so many bytes, as other programs expect it.
const RECORD_BYTES: u64 = 10_240;
/// A file of at most so many bytes is read before its header is written, so that both agree however it changes.
const SMALL_BYTES: u64 = 1 << 20;
/// Contents are copied in pieces of this size.
const PIECE_BYTES: usize = 128 << 10;

/// What to write of a tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct TarOptions {
    /// Gives all entries this time and the owner 0, without names, so that trees that hold the same are the same bytes.
    pub reproducible: Option<Timestamp>,
}

/// Writes what `filter` takes of `source`, in the order in which it comes, in constant memory but for the first names
/// of hard links.
///
/// A file that was changed while it was read, or that cannot be read to its end, goes to the observer; what is missing of
/// it is zeros in the archive. Sockets are left out with a note, as tar knows none.
///
/// # Errors
/// If the source cannot be read or the archive cannot be written.
pub fn write<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: W,
    options: &TarOptions,
) -> TreeResult<Written> {
    let mut writer = Writer {
        out,
        options: *options,
        written: Written::default(),
        names: HashMap::new(),
        piece: vec![0; PIECE_BYTES],
    };
    source.read(ctx, filter, &mut |entry, content| {
        ctx.check()?;
        writer.entry(ctx, entry, content)?;
        Ok(ControlFlow::Continue(()))
    })?;
    writer.finish()?;
    Ok(writer.written)
}

struct Writer<W> {
    out: W,
    options: TarOptions,
    written: Written,
    /// The first name of each group of hard links.
    names: HashMap<(u64, u64), RelPath>,
    piece: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn entry(&mut self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> TreeResult<()> {
        if entry.kind == Kind::Socket {
            let path = &entry.path;
            ctx.observer.note(&Note::Other(format!("{path} is a socket, which tar cannot hold")));
            return Ok(());
        }
        self.written.entries += 1;
        if let Some(HardLink { device, inode, .. }) = entry.meta.hard_link
            && !entry.is_dir()
        {
            if let Some(first) = self.names.get(&(device, inode)).cloned() {
                return self.head(ctx, entry, Place::LinkTo(&first));
            }
            self.names.insert((device, inode), entry.path.clone());
        }
        match entry.kind {
            Kind::File { size } => self.file(ctx, entry, size, content),
            _ => self.head(ctx, entry, Place::Empty),
        }
    }

    fn file(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        size: u64,
        content: Content<'_>,
    ) -> TreeResult<()> {
        if let Some(data) = holes(entry, size) {
            return self.sparse(ctx, entry, size, &data, content);
        }
        let mut read = content.into_read();
        if size <= SMALL_BYTES {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
            // What was added to it in the meantime is taken, to a limit.
            if let Err(source) = (&mut read).take(SMALL_BYTES * 2).read_to_end(&mut bytes) {
                problem(ctx, &Error::Content { path: entry.path.clone(), source });
            }
            let found = bytes.len() as u64;
            if found != size {
                let path = entry.path.clone();
                problem(ctx, &Error::Changed { path, expected: size, found });
            }
            self.head(ctx, entry, Place::Data(found))?;
            self.put(&bytes)?;
            count(ctx, found);
            return Ok(self.pad(found)?);
        }
        self.head(ctx, entry, Place::Data(size))?;
        self.copy(ctx, entry, &mut read, size)?;
        count(ctx, size);
        // Whether there is more now.
        let more = matches!(read.read(&mut [0]), Ok(1));
        if more {
            let path = entry.path.clone();
            problem(ctx, &Error::Changed { path, expected: size, found: size + 1 });
        }
        Ok(self.pad(size)?)
    }

    /// Writes a file with its holes left out, in the notation that GNU tar and bsdtar read: the map before the data.
    fn sparse(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        size: u64,
        data: &[Extent],
        content: Content<'_>,
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
        self.put(&map)?;
        match content {
            Content::At(at) => {
                for extent in data {
                    let mut read = Ranged { at: &*at, offset: extent.offset };
                    self.copy(ctx, entry, &mut read, extent.length)?;
                }
            }
            content => {
                let (mut read, mut at) = (content.into_read(), 0);
                for extent in data {
                    let hole = (&mut read).take(extent.offset - at);
                    // If there is less of it, the copy says so.
                    drop(io::copy(&mut { hole }, &mut io::sink()));
                    self.copy(ctx, entry, &mut read, extent.length)?;
                    at = extent.offset + extent.length;
                }
            }
        }
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
                        problem(ctx, &Error::Content { path: entry.path.clone(), source });
                        broken = true;
                        continue;
                    }
                }
            };
            if read == 0 {
                let (path, found) = (entry.path.clone(), length - left);
                problem(ctx, &Error::Changed { path, expected: length, found });
                broken = true;
                continue;
            }
            self.put(buffer.get(..read).unwrap_or_default())?;
            left -= read as u64;
        }
        self.piece = piece;
        Ok(())
    }

    fn head(&mut self, ctx: &Context<'_>, entry: &Entry, place: Place<'_>) -> TreeResult<()> {
        Ok(self.put(&head(ctx, entry, place, &self.options))?)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::Write)?;
        self.written.bytes += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self, length: u64) -> Result<(), Error> {
        let zeros = [0; BLOCK];
        let wanted = usize::try_from(padding(length)).unwrap_or_default();
        self.put(zeros.get(..wanted).unwrap_or_default())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.put(&[0; 2 * BLOCK])?;
        while !self.written.bytes.is_multiple_of(RECORD_BYTES) {
            self.put(&[0; BLOCK])?;
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

fn problem(ctx: &Context<'_>, error: &Error) {
    let (Error::Content { path, .. } | Error::Changed { path, .. } | Error::Unfit { path, .. }) =
        error
    else {
        return ctx.observer.problem(None, error);
    };
    ctx.observer.problem(Some(path), error);
}

fn count(ctx: &Context<'_>, bytes: u64) {
    ctx.observer.count(Counter::Files, 1);
    ctx.observer.count(Counter::Bytes, bytes);
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
