//! Compressed tars that can be read at any place: zstd in frames that do not need each other.
//!
//! One of ours has an index of its headers at its end. Who only looks reads that and the frames that are wanted; who
//! takes everything reads everything, and refuses an index that says something else. `docs/archives.md` has the rule.

use std::io::{self, Write};

use holdall_archive::tar::TarTree;
use holdall_archive::zip::ends_as_zip;
use holdall_archive::{Bytes, Error as ArchiveError, Fault, Format, Frames, Odd};
use holdall_codec::{Compression, Decoder, MEMORY_MAX};
use holdall_tree::{Context, ErrorKind, ReadAt, Silent};

use crate::archive::{Archive, Unopened};
use crate::behind::behind;
use crate::error::Error;
use crate::sealed::{Place, Secrecy, Spool};
use crate::source::{Access, Reading};
use crate::unpack;

type Indexed = TarTree<Frames<Place>>;

/// Opens the archive in these frames, if it is a tar.
pub(crate) fn open(
    ctx: &Context<'_>,
    frames: Frames<Place>,
    secrecy: Secrecy,
    reading: Reading<'_>,
) -> Result<Option<Archive>, Unopened> {
    let mut first = vec![0; Format::MAGIC_BYTES];
    let mut filled = 0;
    loop {
        match frames.read_at(first.get_mut(filled..).unwrap_or_default(), filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    first.truncate(filled);
    if Format::detect(&first) != Some(Format::Tar) {
        return Ok(None);
    }
    unpack::check_packed(ctx, &reading.terms, frames.length(), frames.stored())?;
    if ends_as_zip(&frames) {
        return Err(refused(Fault::Ambiguous).into());
    }
    // Who wants to be told of all that is odd wants to see all.
    if reading.access != Access::Whole
        && reading.terms.odd != Odd::Refuse
        && let Some(tree) = by_index(ctx, &frames, reading)?
    {
        return Ok(Some(Archive::Framed(tree)));
    }
    let mut out = Spool::new(reading.stream_spool()?, secrecy)?;
    let unpack = |out: &mut (dyn Write + Send)| -> Result<(), Unopened> {
        for content in frames.contents() {
            ctx.check().map_err(Error::Tree)?;
            out.write_all(&content?)?;
        }
        Ok(())
    };
    behind(&mut out, unpack, Unopened::Unread)?;
    let tree = TarTree::open(ctx, out.place()?, reading.terms).map_err(Error::Tree)?;
    let quiet = Context { observer: &Silent, ..*ctx };
    match by_index(&quiet, &frames, reading)? {
        Some(told) if !told.agrees(&tree) => Err(refused(Fault::Index).into()),
        _ => Ok(Some(Archive::Tar(tree))),
    }
}

/// The archive as its index tells it, if it has one that can be read.
fn by_index(
    ctx: &Context<'_>,
    frames: &Frames<Place>,
    reading: Reading<'_>,
) -> Result<Option<Indexed>, Unopened> {
    let Some(note) = frames.note()? else { return Ok(None) };
    let index = Decoder::new(Compression::Zstd, io::Cursor::new(note), MEMORY_MAX);
    match TarTree::open_indexed(ctx, frames.clone(), index, reading.terms) {
        Ok(tree) => Ok(Some(tree)),
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(Error::Tree(error).into()),
        Err(_) => Ok(None),
    }
}

fn refused(fault: Fault) -> Error {
    let (offset, number, name) = (0, 1, String::new());
    Error::Tree(ArchiveError::Refused { offset, number, name, fault }.into())
}
