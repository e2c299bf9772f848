//! The contents of folders, each proved while it is read.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use holdall_tree::{Content, Error as TreeError, Extent, ReadAt, RelPath, Result as TreeResult};

use super::folder::{Plain, is_damage};
use super::proved::Proved;
use super::sums::Sum;
use super::tree::located;
use crate::error::{Error, Fault};
use crate::expand::{self, PlacedReader};

/// So many folders are kept half unpacked, in case what follows is read next.
pub(super) const RUNNING_MAX: usize = 2;

/// Unpacks folders, here or out of reach.
pub(crate) trait Unpack {
    /// Begins with the folder of this number.
    fn unpack(&self, folder: usize) -> io::Result<Plain>;

    /// Where it lies, for messages.
    fn at(&self, folder: usize) -> u64;
}

/// Where a content lies, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Of its entry, for messages.
    pub(crate) number: u64,
    pub(crate) sum: Sum,
    /// `None` for a file without a content.
    pub(crate) stream: Option<Stream>,
}

impl Placed {
    /// Contents in the order in which they are unpacked; what has no bytes is before what begins at the same place.
    pub(crate) fn order(&self) -> Option<(usize, u64, u64)> {
        self.stream.map(|stream| (stream.folder, stream.at, self.sum.size))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stream {
    pub(crate) folder: usize,
    /// Where in the folder.
    pub(crate) at: u64,
    /// It is the last of its folder.
    pub(crate) last: bool,
    /// Where among all contents that are unpacked.
    pub(crate) plain_at: u64,
}

/// A folder that is unpacked up to a place.
pub(super) struct Running {
    pub(super) folder: usize,
    pub(super) at: u64,
    pub(super) read: Plain,
}

impl Running {
    /// Passes over what lies before a place.
    pub(super) fn pass_to(&mut self, at: u64) -> io::Result<()> {
        let before = at.checked_sub(self.at).ok_or(io::ErrorKind::InvalidInput)?;
        let passed = io::copy(&mut (&mut self.read).take(before), &mut io::sink())?;
        if passed < before {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = at;
        Ok(())
    }
}

/// All contents.
pub(crate) struct Contents<U, A> {
    pub(crate) unpack: U,
    running: Mutex<Vec<Running>>,
    /// All of them one behind the other, if they were unpacked.
    plain: Option<A>,
}

impl<U, A> Contents<U, A> {
    pub(crate) fn new(unpack: U) -> Self {
        Self { unpack, running: Mutex::default(), plain: None }
    }

    /// Reads contents where they were unpacked to.
    pub(crate) fn with_plain(self, plain: A) -> Self {
        Self { plain: Some(plain), ..self }
    }
}

impl<U: Unpack, A: ReadAt> Contents<U, A> {
    /// The content of the file at `path`.
    pub(crate) fn open(&self, path: &RelPath, place: &Placed) -> TreeResult<Content<'_>> {
        if let (Some(plain), Some(stream)) = (&self.plain, place.stream) {
            let (offset, size) = (stream.plain_at, place.sum.size);
            let data = vec![Extent { offset: 0, length: size }];
            let place = expand::Placed { offset, size, data, head: None };
            return Ok(Content::At(Box::new(PlacedReader::new(plain, &place))));
        }
        match self.proved(path, place) {
            Ok(read) => Ok(Content::Stream(Box::new(read))),
            Err(error) => {
                Err(unread(error, |source| Error::Content { path: path.clone(), source }))
            }
        }
    }

    /// A content that is proved as it is read.
    pub(super) fn proved(&self, path: &RelPath, place: &Placed) -> io::Result<Proved<'_>> {
        let running = place.stream.map(|stream| self.run_to(stream)).transpose();
        let running = running.map_err(|error| match is_damage(&error) {
            true => located(Fault::Crc.into(), place.number, path.as_bytes()).in_content(),
            false => error,
        })?;
        Ok(Proved::new(&self.running, running, place, path))
    }

    /// A folder that is unpacked up to a content: one that was left there or before, or a new one.
    fn run_to(&self, stream: Stream) -> io::Result<Running> {
        let kept = {
            let mut pool = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let fits =
                |running: &Running| running.folder == stream.folder && running.at <= stream.at;
            let best = pool.iter().enumerate().filter(|(_, running)| fits(running));
            let best = best.max_by_key(|(_, running)| running.at).map(|(at, _)| at);
            best.map(|at| pool.swap_remove(at))
        };
        let mut running = match kept {
            Some(kept) => kept,
            None => {
                let read = self.unpack.unpack(stream.folder)?;
                Running { folder: stream.folder, at: 0, read }
            }
        };
        running.pass_to(stream.at)?;
        Ok(running)
    }
}

/// What could not be read as an error of the archive, unless it says itself which it is.
pub(super) fn unread(error: io::Error, of: impl FnOnce(io::Error) -> Error) -> TreeError {
    match error.downcast::<TreeError>() {
        Ok(error) => error,
        Err(source) => of(source).into(),
    }
}
