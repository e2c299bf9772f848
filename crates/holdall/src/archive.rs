//! Archives: a tree written as one, and one opened as a source, told by what it holds.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::num::NonZero;

use holdall_archive::tar::{self, TarOptions, TarTree};
use holdall_archive::zip::{self, ZipOptions, ZipTree};
use holdall_archive::{FileBytes, Format, Trust, Written};
use holdall_codec::{Compression, Encoder};
use holdall_tree::{Context, Filter, Source, Timestamp, Tree};

use crate::error::{Error, Result};
use crate::unpack::Unpacked;

/// So much of what is compressed is looked at to tell what it holds, in bytes: a block of bzip2 is not longer.
const LOOK_BYTES: u64 = 1 << 20;

/// How a tree is written as one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A zip.
    Zip,
    /// A tar, compressed or not.
    Tar(Option<Compression>),
}

impl Packing {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let packed = Compression::ALL.into_iter().map(|format| Self::Tar(Some(format)));
        [Self::Zip, Self::Tar(None)].into_iter().chain(packed).collect()
    }

    /// The packing of this name: `zip`, `tar`, or `tar.gz` and the like.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let long = |packing: &Self| match packing {
            Self::Tar(Some(format)) => word.strip_prefix("tar.") == Some(format.name()),
            _ => false,
        };
        Self::all().into_iter().find(|packing| packing.to_string() == word || long(packing))
    }
}

/// The ending of a name.
impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zip => f.write_str("zip"),
            Self::Tar(None) => f.write_str("tar"),
            Self::Tar(Some(format)) => write!(f, "tar.{}", format.ending()),
        }
    }
}

/// What is wanted of an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackOptions {
    /// How densely to compress, or as usual.
    pub level: Option<i32>,
    /// Gives all entries this time and no owner, so that trees that hold the same are the same bytes.
    pub reproducible: Option<Timestamp>,
}

/// Writes what `filter` takes of `source` as one archive, in constant memory.
///
/// # Errors
/// If the source cannot be read or the archive cannot be written. What is missing of single files goes to the observer.
pub fn pack(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: impl Write,
    packing: Packing,
    options: PackOptions,
) -> Result<Written> {
    let PackOptions { level, reproducible } = options;
    let tar = TarOptions { reproducible };
    match packing {
        Packing::Zip => {
            let options = ZipOptions { level, reproducible };
            zip::write(ctx, source, filter, out, &options).map_err(Error::Tree)
        }
        Packing::Tar(None) => tar::write(ctx, source, filter, out, &tar).map_err(Error::Tree),
        Packing::Tar(Some(format)) => {
            let threads = u32::try_from(ctx.threads).ok().and_then(NonZero::new);
            let threads = threads.unwrap_or(NonZero::<u32>::MIN);
            let mut packed = Encoder::new(format, out, level, threads).map_err(Error::Output)?;
            let written = tar::write(ctx, source, filter, &mut packed, &tar);
            let written = written.map_err(Error::Tree)?;
            packed.finish().map_err(Error::Output)?;
            Ok(written)
        }
    }
}

/// An open archive. It may come from anyone, so nothing in it is believed.
#[derive(Debug)]
pub(crate) enum Archive {
    Tar(TarTree<FileBytes>),
    Zip(ZipTree<FileBytes>),
}

impl Archive {
    /// Opens the archive that `file` is, if it is one and not compressed.
    pub(crate) fn open(ctx: &Context<'_>, mut file: &File) -> Result<Option<Self>, Unopened> {
        let mut first = Vec::new();
        file.take(Format::MAGIC_BYTES as u64).read_to_end(&mut first)?;
        file.rewind()?;
        let Some(format) = Format::detect(&first) else { return Ok(None) };
        Self::of(ctx, format, file.try_clone()?).map(Some)
    }

    /// Opens the archive that a stream is, if it is one, compressed or not: it is unpacked to a file without a name,
    /// since a tree is read at any place. What was read of the stream goes to `first`.
    pub(crate) fn read(
        ctx: &Context<'_>,
        name: &str,
        first: &mut Vec<u8>,
        mut read: impl Read,
    ) -> Result<Option<Self>, Unopened> {
        read.by_ref().take(LOOK_BYTES).read_to_end(first)?;
        let mut look = Vec::new();
        // What is looked at may end anywhere; that is said when it is read.
        drop(
            Unpacked::new(name, first.as_slice())
                .take(Format::MAGIC_BYTES as u64)
                .read_to_end(&mut look),
        );
        let Some(format) = Format::detect(&look) else { return Ok(None) };
        let mut file = tempfile::tempfile()?;
        let mut unpacked = Unpacked::new(name, first.as_slice().chain(read));
        let mut bytes = 0;
        loop {
            ctx.check().map_err(Error::Tree)?;
            let copied = io::copy(&mut unpacked.by_ref().take(LOOK_BYTES), &mut file)?;
            bytes += copied;
            unpacked.check(ctx, "the size of the archive", bytes)?;
            if copied == 0 {
                break;
            }
        }
        Self::of(ctx, format, file).map(Some)
    }

    fn of(ctx: &Context<'_>, format: Format, file: File) -> Result<Self, Unopened> {
        let bytes = FileBytes::new(file)?;
        let archive = match format {
            Format::Tar => TarTree::open(ctx, bytes, Trust::Nothing).map(Self::Tar),
            Format::Zip => ZipTree::open(ctx, bytes, Trust::Nothing).map(Self::Zip),
        };
        Ok(archive.map_err(Error::Tree)?)
    }

    pub(crate) fn tree(&self) -> &dyn Tree {
        match self {
            Self::Tar(tree) => tree,
            Self::Zip(tree) => tree,
        }
    }
}

/// Why an archive was not opened.
pub(crate) enum Unopened {
    /// The bytes could not be had.
    Unread(io::Error),
    Error(Error),
}

impl Unopened {
    /// The error for what has this name.
    pub(crate) fn of(self, name: &str) -> Error {
        match self {
            Self::Unread(source) => Error::Target { target: name.into(), source },
            Self::Error(error) => error,
        }
    }
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        Self::Unread(error)
    }
}

impl From<Error> for Unopened {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packing_has_its_name() {
        for packing in Packing::all() {
            assert_eq!(Packing::parse(&packing.to_string()), Some(packing));
        }
        assert_eq!(Packing::parse("tar.zstd"), Some(Packing::Tar(Some(Compression::Zstd))));
        assert_eq!(Packing::parse("tar.gz").unwrap().to_string(), "tar.gz");
        for bad in ["", "gz", "tar.", "7z", "zip.gz"] {
            assert_eq!(Packing::parse(bad), None, "{bad}");
        }
    }
}
