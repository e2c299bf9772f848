//! How a tree is read: front to back once ([`Source`]), or by path and from any thread ([`Tree`]).
//!
//! Whatever is written by one thread takes a [`Source`]; [`InOrder`](crate::InOrder) makes one of any [`Tree`].

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::context::Context;
use crate::entry::{Entry, Kind, Metadata};
use crate::error::{ErrorKind, Result};
use crate::path::RelPath;

/// Called with each entry, which has its details, and its content. Breaking ends the reading without an error.
pub type Visit<'v> = dyn FnMut(&Entry, Content<'_>) -> Result<ControlFlow<()>> + 'v;

/// Reads one tree from front to back, once, in canonical order where its form has one.
///
/// Reading pushes rather than returns an iterator, because the content of a member of a stream borrows the stream.
pub trait Source {
    /// Calls `visit` with the root and each entry that `filter` takes.
    ///
    /// # Errors
    /// Whatever makes going on impossible, and what `visit` returns. Trouble with one entry goes to the observer.
    fn read(&mut self, ctx: &Context<'_>, filter: &dyn Filter, visit: &mut Visit<'_>)
    -> Result<()>;
}

/// Random access to a tree: a directory, a snapshot.
pub trait Tree: Sync {
    /// The root directory itself.
    ///
    /// # Errors
    /// If it cannot be read.
    fn root(&self) -> Result<Entry>;

    /// What `dir` holds, by name. Each entry has what one cheap look tells; [`Tree::details`] adds the rest.
    ///
    /// # Errors
    /// If the directory cannot be read. An entry that vanished meanwhile is left out.
    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>>;

    /// Adds what `list` left out because it costs more: link targets, extended attributes, owner names, extents.
    ///
    /// # Errors
    /// If the entry cannot be looked at.
    fn details(&self, _entry: &mut Entry) -> Result<()> {
        Ok(())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    fn open(&self, file: &Entry) -> Result<Content<'_>>;

    /// True if the entry at `path` is to be taken whatever a filter says: somebody put it into the tree by name, or it
    /// leads to such an entry.
    fn insists(&self, _path: &RelPath) -> bool {
        false
    }
}

/// The bytes of one file, in the shape that its form has them.
#[non_exhaustive]
pub enum Content<'a> {
    /// Not a file, or a file whose content was not asked for.
    None,
    /// In memory already.
    Bytes(Cow<'a, [u8]>),
    /// Once, front to back.
    Stream(Box<dyn Read + Send + 'a>),
    /// Once, front to back, and made while it is read: only its end says how long it is, whatever was listed. If it
    /// cannot be made, reading it is an error, and nothing may lie in its place: an older content must not pass for it.
    Unmeasured(Box<dyn Read + Send + 'a>),
    /// Any part from any thread.
    At(Box<dyn ReadAt + 'a>),
}

impl<'a> Content<'a> {
    /// The content as a stream, whatever its shape.
    #[must_use]
    pub fn into_read(self) -> Box<dyn Read + Send + 'a> {
        match self {
            Self::None => Box::new(io::empty()),
            Self::Bytes(bytes) => Box::new(io::Cursor::new(bytes)),
            Self::Stream(read) | Self::Unmeasured(read) => read,
            Self::At(at) => Box::new(AtReader { at, offset: 0 }),
        }
    }

    /// Reads the content of a file that was listed with `size` bytes into the front of `buffer`, which grows as needed
    /// and is not cleared, and gives how many bytes there are: all of them, or more than `most` if there are more.
    ///
    /// A file that is as long as it was listed costs one call of the system.
    ///
    /// # Errors
    /// What the system or the form says.
    pub fn read_whole(self, size: u64, most: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self.read_most(size, most, buffer) {
            (read, None) => Ok(read),
            (_, Some(error)) => Err(error),
        }
    }

    /// The same, for who takes what there is before an error.
    pub fn read_most(
        self,
        size: u64,
        most: usize,
        buffer: &mut Vec<u8>,
    ) -> (usize, Option<io::Error>) {
        // One more than expected: getting fewer than asked for says that the end is reached.
        let limit = most.saturating_add(1);
        let expected = usize::try_from(size).unwrap_or(limit).saturating_add(1).min(limit);
        if let Self::Bytes(bytes) = self {
            let bytes = bytes.get(..limit).unwrap_or(&bytes);
            grow(buffer, bytes.len());
            buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            return (bytes.len(), None);
        }
        let is_at = matches!(self, Self::At(_));
        let mut read = self.into_read();
        let (mut filled, mut wanted) = (0, expected);
        loop {
            grow(buffer, wanted);
            let free = buffer.get_mut(filled..wanted).unwrap_or_default();
            let asked = free.len();
            let n = match read.read(free) {
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return (filled, Some(error)),
            };
            filled += n;
            let at_its_end = is_at && n < asked && filled + 1 == expected;
            if n == 0 || filled == limit || at_its_end {
                return (filled, None);
            }
            if filled == wanted {
                wanted = wanted.saturating_mul(2).min(limit);
            }
        }
    }
}

/// Makes the buffer at least so long.
fn grow(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
}

/// Bytes that can be read at any offset from any thread.
pub trait ReadAt: Send + Sync {
    /// Reads from `offset` into `buffer`; fewer bytes than asked for only at the end, 0 behind it.
    ///
    /// # Errors
    /// What the system or the form says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Offsets at which reading is cheapest to split, ascending, without 0 and without the end. A form that stores
    /// content in chunks names their borders.
    fn seams(&self) -> &[u64] {
        &[]
    }

    /// The open local file whose content, from its first byte to its last, this is; `None` if it is anything else. A
    /// system that can copy files by itself does it from there.
    fn local(&self) -> Option<&std::fs::File> {
        None
    }
}

struct AtReader<'a> {
    at: Box<dyn ReadAt + 'a>,
    offset: u64,
}

impl Read for AtReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.at.read_at(buffer, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

/// Whether an entry is taken, and whether a directory is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken; a directory is entered.
    Take,
    /// A directory that is not taken for itself but entered, since something beneath it may be taken.
    Enter,
    /// Left, with everything beneath it.
    Leave,
}

/// Which entries are taken.
pub trait Filter: Sync {
    /// Judges one entry, for which each directory above it was not left. `tree` gives access to file contents and
    /// ignore files.
    ///
    /// # Errors
    /// If something that the judgement needs (an ignore file, the content) cannot be read.
    fn judge(&self, entry: &Entry, tree: &dyn Tree) -> Result<Verdict>;

    /// Called with a directory and what it holds before any of it is judged, so that ignore files among it are read.
    ///
    /// # Errors
    /// If an ignore file cannot be read or holds a broken pattern.
    fn enter(&self, _dir: &RelPath, _entries: &[Entry], _tree: &dyn Tree) -> Result<()> {
        Ok(())
    }

    /// Enters `dir` and keeps those of its entries that are not left, and those that the tree insists on. One of which
    /// it cannot be told whether it is wanted goes to the observer and is kept, since that loses nothing.
    ///
    /// # Errors
    /// If the directory cannot be entered, or the user interrupts.
    fn keep(
        &self,
        ctx: &Context<'_>,
        dir: &RelPath,
        mut entries: Vec<Entry>,
        tree: &dyn Tree,
    ) -> Result<Vec<Entry>> {
        self.enter(dir, &entries, tree)?;
        let mut stopped = None;
        // What led here for the sake of one entry alone is still left with all else that it holds.
        let left = tree.insists(dir) && self.leaves(dir, tree)?;
        entries.retain(|entry| {
            if left || tree.insists(&entry.path) {
                return tree.insists(&entry.path);
            }
            match self.judge(entry, tree) {
                Ok(verdict) => verdict != Verdict::Leave,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    stopped.get_or_insert(error);
                    false
                }
                Err(error) => {
                    ctx.observer.problem(Some(&entry.path), &error);
                    true
                }
            }
        });
        stopped.map_or(Ok(entries), Err)
    }

    /// True if `dir` or a directory above it would be left.
    ///
    /// # Errors
    /// If one cannot be judged.
    fn leaves(&self, dir: &RelPath, tree: &dyn Tree) -> Result<bool> {
        let mut at = dir.clone();
        while !at.is_root() {
            let above = at.parent().unwrap_or_default();
            let entry = Entry { path: at, kind: Kind::Directory, meta: Metadata::default() };
            if self.judge(&entry, tree)? == Verdict::Leave {
                return Ok(true);
            }
            at = above;
        }
        Ok(false)
    }
}

/// Takes everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

impl Filter for Everything {
    fn judge(&self, _: &Entry, _: &dyn Tree) -> Result<Verdict> {
        Ok(Verdict::Take)
    }
}
