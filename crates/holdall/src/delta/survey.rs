//! Reading a directory: its entries, if that is wanted with their hashes, and the chunks of its larger files.

use std::collections::BTreeMap;
use std::sync::Mutex;

use holdall_codec::delta::{DeltaError, Signature};
use holdall_fs::clone::Row;
use holdall_tree::{
    Content, ContentHash, Context, Counter, DirToken, Entry, Everything, Kind, Need, Phase,
    RelPath, Sink, SinkWorker, Tree,
};

use crate::capture::capture;
use crate::error::{Error, Result};
use crate::read::{hash, lock};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seek {
    /// Entries with all that is known of them without their contents.
    Looks,
    /// And the hash of each content.
    Hashes,
    /// And the chunks of files of at least so many bytes; of those with several names of the first one alone.
    Chunks(u64),
}

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) rows: Vec<Row>,
    pub(super) signatures: BTreeMap<RelPath, Signature>,
}

/// Reads a tree on all workers.
///
/// # Errors
/// If anything cannot be read: what is not known cannot be relied on.
pub(super) fn survey(ctx: &Context<'_>, tree: &dyn Tree, seek: Seek) -> Result<Survey> {
    ctx.observer.phase(Phase::Verifying, None);
    let sink = Surveyor { seek, found: Mutex::default(), failed: Mutex::default() };
    capture(ctx, tree, &Everything, &sink)?;
    if let Some(path) = lock(&sink.failed).take() {
        return Err(Error::Unreadable { path });
    }
    let mut survey = std::mem::take(&mut *lock(&sink.found));
    keep_first_names(&mut survey);
    Ok(survey)
}

/// Of a file with several names one signature is enough: that of the first.
fn keep_first_names(survey: &mut Survey) {
    let mut first: BTreeMap<(u64, u64), RelPath> = BTreeMap::new();
    for Row { entry, .. } in &survey.rows {
        let Some(link) = entry.meta.hard_link else { continue };
        let name = first.entry((link.device, link.inode)).or_insert_with(|| entry.path.clone());
        if entry.path < *name {
            *name = entry.path.clone();
        }
    }
    for Row { entry, .. } in &survey.rows {
        let group = entry.meta.hard_link.and_then(|link| first.get(&(link.device, link.inode)));
        if group.is_some_and(|name| *name != entry.path) {
            survey.signatures.remove(&entry.path);
        }
    }
}

struct Surveyor {
    seek: Seek,
    found: Mutex<Survey>,
    failed: Mutex<Option<RelPath>>,
}

impl Sink for Surveyor {
    fn worker<'s>(&'s self, _: &Context<'s>) -> holdall_tree::Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(Worker { surveyor: self, buffer: vec![0; 1 << 18] }))
    }
}

struct Worker<'s> {
    surveyor: &'s Surveyor,
    buffer: Vec<u8>,
}

impl Worker<'_> {
    fn row(&self, entry: &Entry, hash: Option<ContentHash>) {
        lock(&self.surveyor.found).rows.push(Row { entry: entry.clone(), hash, link: None });
    }

    fn fail(&self, path: &RelPath) {
        lock(&self.surveyor.failed).get_or_insert_with(|| path.clone());
    }

    fn content(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        content: Content<'_>,
    ) -> std::io::Result<Option<ContentHash>> {
        match self.surveyor.seek {
            Seek::Looks => return Ok(None),
            Seek::Chunks(least) if entry.size() >= least => {}
            Seek::Hashes | Seek::Chunks(_) => {
                let (hash, length) = hash(ctx, content, &mut self.buffer)?;
                return unchanged(entry, length).map(|()| Some(hash));
            }
        }
        let signature = Signature::of(&mut content.into_read(), entry.size());
        let signature = signature.map_err(|error| match error {
            DeltaError::Read(error) => error,
            other => std::io::Error::other(other),
        })?;
        ctx.observer.count(Counter::Bytes, signature.length);
        unchanged(entry, signature.length)?;
        let hash = ContentHash(signature.hash);
        lock(&self.surveyor.found).signatures.insert(entry.path.clone(), signature);
        Ok(Some(hash))
    }
}

fn unchanged(entry: &Entry, length: u64) -> std::io::Result<()> {
    let why = "it changed while it was read";
    if length == entry.size() { Ok(()) } else { Err(std::io::Error::other(why)) }
}

impl SinkWorker for Worker<'_> {
    fn open_dir(
        &mut self,
        _: &Context<'_>,
        _: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> holdall_tree::Result<(DirToken, Vec<Need>)> {
        self.row(dir, None);
        Ok((DirToken(0), vec![Need::Entry; entries.len()]))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        _: DirToken,
        _: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> holdall_tree::Result<()> {
        let mut hashed = None;
        if let Kind::File { .. } = entry.kind {
            match self.content(ctx, entry, content) {
                Ok(hash) => hashed = hash,
                Err(source) => {
                    ctx.check()?;
                    let error = Error::Read { path: entry.path.clone(), source };
                    ctx.observer.problem(Some(&entry.path), &error);
                    self.fail(&entry.path);
                    return Ok(());
                }
            }
        }
        self.row(entry, hashed);
        Ok(())
    }

    fn skip(&mut self, _: &Context<'_>, _: DirToken, _: usize) -> holdall_tree::Result<()> {
        self.fail(&RelPath::root());
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Context<'_>) -> holdall_tree::Result<()> {
        Ok(())
    }
}
