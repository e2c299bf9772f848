//! Archives: a tree written as one and proved, and one opened as a source, told by what it holds.

mod foreseen;
mod hidden;
mod proof;

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::FileExt;

use holdall_archive::sevenz::{self, SevenTree};
use holdall_archive::tar::{self, TarTree};
use holdall_archive::zip::{self, ZipTree};
use holdall_archive::{Fault, FileBytes, Format, Frames, WriteOptions};
use holdall_codec::seekable::SeekableWriter;
use holdall_codec::{Compression, Encoder};
use holdall_tree::{Context, Entry, Filter, Phase, ReadAt, Source, Timestamp, Tree};

pub use foreseen::{Foreseen, Refused};
pub use holdall_archive::{Held, Written};
pub(crate) use proof::read_back;
pub use proof::{judge, pack_proved, prove, read_beside};

use holdall_repo::Secret;

use crate::behind::behind;
use crate::error::{Error, Result};
use crate::framed;
use crate::guest::{self, SealedTree};
use crate::sealed::{Place, Secrecy, Spool};
use crate::source::{Reading, Spools};
use crate::unpack::Unpacked;

/// So much of what is compressed is looked at to tell what it holds, in bytes: a block of bzip2 is not longer.
const LOOK_BYTES: u64 = 1 << 20;
/// Bytes that are read of a tar at a time.
const BUFFER: usize = 128 << 10;

/// How a tree is written as one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A zip.
    Zip,
    /// A 7z. What it begins with is known only when all else is written.
    SevenZ,
    /// A tar, compressed or not.
    Tar(Option<Compression>),
}

impl Packing {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let packed = Compression::ALL.into_iter().map(|format| Self::Tar(Some(format)));
        [Self::Zip, Self::SevenZ, Self::Tar(None)].into_iter().chain(packed).collect()
    }

    /// The packing of this name: `zip`, `7z`, `tar`, or `tar.gz` and the like.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let long = |packing: &Self| match packing {
            Self::Tar(Some(format)) => word.strip_prefix("tar.") == Some(format.name()),
            _ => false,
        };
        Self::all().into_iter().find(|packing| packing.to_string() == word || long(packing))
    }

    /// The packing of a file of this name: by its ending, `.tgz` and its like among them.
    #[must_use]
    pub fn of_name(name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if let Some(format) = Compression::of_name(&name) {
            let dot = name.iter().rposition(|byte| *byte == b'.')?;
            let (stem, ending) = name.split_at_checked(dot)?;
            let one = ending.starts_with(b".t");
            return (one || stem.ends_with(b".tar")).then_some(Self::Tar(Some(format)));
        }
        let plain = [Self::Zip, Self::SevenZ, Self::Tar(None)].into_iter();
        plain.into_iter().find(|plain| name.ends_with(format!(".{plain}").as_bytes()))
    }

    /// True if it can be written from its first byte to its last, as to a pipe.
    #[must_use]
    pub fn streams(self) -> bool {
        self != Self::SevenZ
    }

    /// True if it is read from its first byte to its last, so also while it is written.
    #[must_use]
    pub fn reads_in_order(self) -> bool {
        matches!(self, Self::Tar(_))
    }

    /// Whether it has this level.
    ///
    /// # Errors
    /// If it has not.
    pub fn check(self, level: Option<i32>) -> Result<()> {
        let format = match (self, level) {
            (_, None) => return Ok(()),
            (Self::Tar(None), Some(_)) => {
                return Err(Error::Usage("a tar that is not compressed has no level".into()));
            }
            (Self::Tar(Some(format)), _) => format,
            (Self::Zip, _) => Compression::Gzip,
            (Self::SevenZ, _) => Compression::Xz,
        };
        format.level(level).map(drop).map_err(|error| Error::Usage(error.to_string()))
    }
}

/// The ending of a name.
impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zip => f.write_str("zip"),
            Self::SevenZ => f.write_str("7z"),
            Self::Tar(None) => f.write_str("tar"),
            Self::Tar(Some(format)) => write!(f, "tar.{}", format.ending()),
        }
    }
}

/// What is wanted of an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackOptions<'p> {
    /// How densely to compress, or as usual.
    pub level: Option<i32>,
    /// Writes what the tree ID covers and nothing else, and gives all entries this time: trees of one ID are the same
    /// bytes.
    pub reproducible: Option<Timestamp>,
    /// Hashes all contents, to give the tree ID of what was written.
    pub identify: bool,
    /// Adds a manifest: a list of the SHA-256 of every file, which `sha256sum -c` takes.
    pub manifest: bool,
    /// Encrypts the contents of a zip; no other archive has that.
    pub passphrase: Option<&'p Secret>,
    /// Files without a name for what cannot be read back on its way. They are made when they are needed, unless whoever
    /// writes cannot make them any more.
    pub spools: Option<&'p Spools>,
}

/// Writes what `filter` takes of `source` as one archive, in constant memory. [`Written::start`] must be put at its
/// beginning, if there is one; [`put_start`] does.
///
/// # Errors
/// If there is no such level, the source cannot be read, or the archive cannot be written. What is missing of single
/// files goes to the observer.
pub fn pack(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: impl Write,
    packing: Packing,
    options: PackOptions<'_>,
) -> Result<Written> {
    let PackOptions { level, reproducible, identify, manifest, passphrase, .. } = options;
    let options = WriteOptions { reproducible, identify, manifest };
    let passphrase = passphrase.map(Secret::expose);
    packing.check(level)?;
    ctx.observer.phase(Phase::Capturing, None);
    match packing {
        Packing::Zip => {
            Ok(zip::write_encrypted(ctx, source, filter, out, level, &options, passphrase)?)
        }
        Packing::SevenZ => Ok(sevenz::write(ctx, source, filter, out, level, &options)?),
        Packing::Tar(None) => Ok(tar::write(ctx, source, filter, out, &options)?),
        Packing::Tar(Some(Compression::Zstd)) => {
            let mut packed =
                SeekableWriter::new(out, level, threads(ctx)).map_err(Error::Output)?;
            let mut index = Encoder::new(Compression::Zstd, Vec::new(), None, NonZero::<u32>::MIN)
                .map_err(Error::Output)?;
            let written =
                tar::write_indexed(ctx, source, filter, &mut packed, &mut index, &options)?;
            let index = index.finish().map_err(Error::Output)?;
            packed.finish(&index).map_err(Error::Output)?;
            Ok(written)
        }
        Packing::Tar(Some(format)) => {
            let threads = threads(ctx);
            let mut packed = Encoder::new(format, out, level, threads).map_err(Error::Output)?;
            let written = tar::write(ctx, source, filter, &mut packed, &options)?;
            packed.finish().map_err(Error::Output)?;
            Ok(written)
        }
    }
}

fn threads(ctx: &Context<'_>) -> NonZero<u32> {
    let threads = u32::try_from(ctx.threads).ok().and_then(NonZero::new);
    threads.unwrap_or(NonZero::<u32>::MIN)
}

/// Puts what is only known at the end of an archive at its beginning, if there is something.
///
/// # Errors
/// If the file cannot be written.
pub fn put_start(written: &Written, file: &File) -> io::Result<()> {
    match &written.start {
        Some(start) => file.write_all_at(start, 0),
        None => Ok(()),
    }
}

/// An open archive. It may come from anyone, so nothing in it is believed.
#[derive(Debug)]
pub(crate) enum Archive {
    Tar(TarTree<Place>),
    Framed(TarTree<Frames<Place>>),
    Zip(ZipTree<Place>),
    SevenZ(Box<SevenTree<Place>>),
    /// Parsed inside WebAssembly, of whichever format.
    Sealed(SealedTree),
}

impl Archive {
    /// Opens the archive that `file` is, if it is one and can be read at any place.
    pub(crate) fn open(
        ctx: &Context<'_>,
        name: &str,
        file: &File,
        reading: Reading<'_>,
    ) -> Result<Option<Self>, Unopened> {
        Self::at(ctx, name, Place::File(FileBytes::new(file.try_clone()?)?), reading)
    }

    /// Opens the archive that lies at a place, if it is one and not compressed, or in frames that do not need each other.
    pub(crate) fn at(
        ctx: &Context<'_>,
        name: &str,
        place: Place,
        reading: Reading<'_>,
    ) -> Result<Option<Self>, Unopened> {
        if let Some(guest) = reading.guest {
            let sealed = guest::at(ctx, guest, name, place, reading);
            return sealed.map(|sealed| sealed.map(Self::Sealed));
        }
        let mut first = [0; Format::MAGIC_BYTES];
        let read = place.read_at(&mut first, 0)?;
        let first = first.get(..read).unwrap_or_default();
        if let Some(format) = Format::detect(first) {
            let unpacked =
                unpacks(format, reading).then(|| reading.contents_spool()).transpose()?;
            return Self::of(ctx, name, (format, unpacked), place, reading).map(Some);
        }
        if Compression::detect(first) != Some(Compression::Zstd) {
            return Ok(None);
        }
        let secrecy = place.secrecy();
        match Frames::find(place)? {
            Ok(frames) => framed::open(ctx, frames, secrecy, reading),
            Err(_) => Ok(None),
        }
    }

    /// Opens the archive that a stream is, if it is one, compressed or not: it is unpacked to a file without a name,
    /// since a tree is read at any place. What was read of the stream goes to `first`.
    pub(crate) fn read(
        ctx: &Context<'_>,
        name: &str,
        (reading, secrecy): (Reading<'_>, Secrecy),
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
        let mut spool = Spool::new(reading.stream_spool()?, secrecy)?;
        let mut unpacked = Unpacked::new(name, first.as_slice().chain(read));
        let mut bytes = 0;
        let unpack = |out: &mut (dyn Write + Send)| -> Result<(), Unopened> {
            loop {
                ctx.check().map_err(Error::Tree)?;
                let copied = io::copy(&mut unpacked.by_ref().take(LOOK_BYTES), out)?;
                bytes += copied;
                unpacked.check_archive(ctx, &reading.terms, bytes)?;
                if copied == 0 {
                    return Ok(());
                }
            }
        };
        behind(&mut spool, unpack, Unopened::Unread)?;
        let unpacked = unpacks(format, reading).then(|| reading.contents_spool()).transpose()?;
        Self::of(ctx, name, (format, unpacked), spool.place()?, reading).map(Some)
    }

    fn of(
        ctx: &Context<'_>,
        name: &str,
        (format, unpacked): (Format, Option<File>),
        bytes: Place,
        reading: Reading<'_>,
    ) -> Result<Self, Unopened> {
        if format == Format::Tar && zip::ends_as_zip(&bytes) {
            let (offset, number, name, fault) = (0, 1, String::new(), Fault::Ambiguous);
            let refused = holdall_archive::Error::Refused { offset, number, name, fault };
            return Err(Error::Tree(refused.into()).into());
        }
        let archive = match format {
            Format::Tar => TarTree::open(ctx, bytes, reading.terms).map(Self::Tar),
            Format::SevenZ => match unpacked {
                None => SevenTree::open(ctx, bytes, reading.terms)
                    .map(|tree| Self::SevenZ(Box::new(tree))),
                Some(file) => {
                    let mut out = Spool::new(file, bytes.secrecy())?;
                    let tree = SevenTree::unpack(ctx, bytes, reading.terms, &mut out);
                    let tree = tree.map_err(Error::Tree)?;
                    Ok(Self::SevenZ(Box::new(tree.with_plain(out.place()?))))
                }
            },
            Format::Zip => {
                let passphrase = || reading.passphrase(name);
                ZipTree::open_with(ctx, bytes, reading.terms, passphrase).map(Self::Zip)
            }
        };
        Ok(archive.map_err(Error::Tree)?)
    }

    /// The room that a file takes up on a disk, in bytes.
    pub(crate) fn room(&self, file: &Entry) -> u64 {
        match self {
            Self::Tar(tree) => tree.data_bytes(file),
            Self::Framed(tree) => tree.data_bytes(file),
            Self::Zip(_) | Self::SevenZ(_) => file.size(),
            Self::Sealed(tree) => tree.data_bytes(file),
        }
    }

    pub(crate) fn tree(&self) -> &dyn Tree {
        match self {
            Self::Tar(tree) => tree,
            Self::Framed(tree) => tree,
            Self::Zip(tree) => tree,
            Self::SevenZ(tree) => &**tree,
            Self::Sealed(tree) => tree,
        }
    }
}

/// True if contents are unpacked before any of them is read.
fn unpacks(format: Format, reading: Reading<'_>) -> bool {
    format == Format::SevenZ && reading.unpacks_first()
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
    use holdall_tree::{Classified, ErrorKind};

    use super::*;

    #[test]
    fn each_packing_has_its_name() {
        for packing in Packing::all() {
            assert_eq!(Packing::parse(&packing.to_string()), Some(packing));
        }
        assert_eq!(Packing::parse("tar.zstd"), Some(Packing::Tar(Some(Compression::Zstd))));
        assert_eq!(Packing::parse("tar.gz").unwrap().to_string(), "tar.gz");
        for bad in ["", "gz", "tar.", "7zip", "zip.gz"] {
            assert_eq!(Packing::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_ending_of_a_name_tells_the_packing() {
        for packing in Packing::all() {
            let name = format!("a.b.{packing}");
            assert_eq!(Packing::of_name(name.as_bytes()), Some(packing));
            assert_eq!(Packing::of_name(name.to_uppercase().as_bytes()), Some(packing));
        }
        let packed = |format| Some(Packing::Tar(Some(format)));
        assert_eq!(Packing::of_name(b"x.tgz"), packed(Compression::Gzip));
        assert_eq!(Packing::of_name(b"x.tbz2"), packed(Compression::Bzip2));
        for none in ["", "zip", "tar", "x.gz", "x.md.zst", "x.tar.md", "tar.gz", "7z"] {
            assert_eq!(Packing::of_name(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_level_that_a_packing_does_not_have_is_wrong_usage() {
        for (packing, level) in
            [(Packing::Zip, 10), (Packing::Tar(None), 1), (Packing::Tar(Some(Compression::Lz4)), 2)]
        {
            assert_eq!(packing.check(Some(level)).unwrap_err().kind(), ErrorKind::Usage);
        }
        Packing::Tar(Some(Compression::Zstd)).check(Some(22)).unwrap();
    }
}
