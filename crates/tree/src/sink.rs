//! How a tree is written: by directories, from many threads at once.
//!
//! A form that one thread writes from front to back (a listing, a text) needs no trait: it is a function that takes a
//! [`Source`](crate::Source).

use crate::context::Context;
use crate::entry::Entry;
use crate::error::Result;
use crate::source::Content;

/// Writes one tree, from many threads at once, each through a worker of its own. Nothing is visible before the sink is
/// finished, in whatever way its form is; dropped unfinished, it leaves nothing.
pub trait Sink: Sync {
    /// State for one thread: buffers and compressors that are reused from file to file.
    ///
    /// # Errors
    /// If that state cannot be made.
    fn worker<'s>(&'s self, ctx: &Context<'s>) -> Result<Box<dyn SinkWorker + 's>>;
}

/// One thread's access to a [`Sink`].
///
/// The order of calls: `open_dir` of a directory comes before anything in it. For each entry whose [`Need`] is not
/// `Nothing`, exactly one of `put` (anything but a directory), `skip`, or, for a directory, `open_dir` or `skip`
/// follows, from any worker. A directory is complete when all its entries are.
pub trait SinkWorker {
    /// Opens directory `dir` (with details), which lies at `place` (`None` for the root) and holds `entries` by name.
    /// Gives the token for its entries and what is needed of each of them.
    ///
    /// # Errors
    /// If the directory cannot be written.
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        place: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> Result<(DirToken, Vec<Need>)>;

    /// Writes entry `index` of directory `dir`, which is no directory itself.
    ///
    /// # Errors
    /// If it cannot be written.
    fn put(
        &mut self,
        ctx: &Context<'_>,
        dir: DirToken,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<()>;

    /// Leaves entry `index` of `dir` out: it could not be read.
    ///
    /// # Errors
    /// If completing the directory fails.
    fn skip(&mut self, ctx: &Context<'_>, dir: DirToken, index: usize) -> Result<()>;

    /// Does a part of another worker's large file. True if there was one.
    ///
    /// # Errors
    /// If that part cannot be written.
    fn help(&mut self, _ctx: &Context<'_>) -> Result<bool> {
        Ok(false)
    }

    /// Gives back what the worker holds (half-full packs). Called once, after the last entry.
    ///
    /// # Errors
    /// If that cannot be written.
    fn finish(self: Box<Self>, ctx: &Context<'_>) -> Result<()>;
}

/// Names an open directory of a [`Sink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DirToken(pub u64);

/// What a sink needs of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is known already (unchanged since the parent).
    Nothing,
    /// The entry as it was listed, a link with its target, and for a file its content; for a directory, what it holds.
    Listed,
    /// The same with all details.
    Entry,
}
