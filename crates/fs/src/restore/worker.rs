//! One thread's part of staging a tree: it writes entries into one directory after another.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use holdall_disk::{Dir, Given};
use holdall_tree::{
    Content, ContentHash, Context, Counter, DirToken, Entry, Kind, Need, RelPath, Result,
    SinkWorker, Tree,
};

use super::decide::Decision;
use super::faults::cannot_be;
use super::metadata::On;
use super::notes::hash_file;
use super::plan::knows_metadata;
use super::sharing::Sides;
use super::staged::{OpenDir, StagedTree, create, lock, make};
use super::write::{Hashed, To, Written, write};
use crate::clone::Row;

pub(super) struct Worker<'s> {
    staged: &'s StagedTree<'s>,
    here: Option<Here>,
}

/// The directory that a worker writes to, open: most entries come after one of the same directory.
struct Here {
    token: DirToken,
    open: Arc<OpenDir>,
    dir: Dir,
    /// What new files in it are given.
    given: Option<Given>,
}

impl SinkWorker for Worker<'_> {
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        _: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> Result<(DirToken, Vec<Need>)> {
        let staged = self.staged;
        if let Some(older) = staged.older() {
            return staged.open_beside(ctx, &older, dir, entries);
        }
        if let Some(notes) = &staged.notes {
            notes.entry(dir, None);
        }
        if !dir.path.is_root() {
            staged.root.create_dir(&dir.path, 0o700)?;
        }
        let there = match &staged.present {
            Some(present) if present.tree.is_dir(&dir.path)? => {
                present.tree.list(ctx, &dir.path)?
            }
            _ => {
                staged.check_exchanged(&dir.path)?;
                Vec::new()
            }
        };
        lock(&staged.metadata).push(self.dir_metadata(dir)?);
        let (mut needs, mut decisions) =
            (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        let mut there = there.into_iter().peekable();
        let (mut known, mut sides) = (BTreeMap::new(), Sides::default());
        for (index, entry) in entries.iter().enumerate() {
            let name = entry.path.file_name().unwrap_or_default();
            while let Some(extra) =
                there.next_if(|other| other.path.file_name().unwrap_or_default() < name)
            {
                self.extra(ctx, &mut sides, extra)?;
            }
            let found = there.next_if(|other| other.path.file_name() == Some(name));
            if found.is_some() {
                known.insert(index, entry.path.clone());
            }
            let (decision, wanted) = self.decide(entry, found.as_ref())?;
            match found {
                Some(found) if staged.plan.policy.keeps(&entry.path) => {
                    staged.carry(ctx, &mut sides, found)?;
                    needs.push(Need::Nothing);
                }
                Some(found) if decision == Decision::Share && !entry.is_dir() => {
                    staged.share(ctx, &mut sides, &found)?;
                    staged.note_shared(&wanted)?;
                    ctx.observer.count(Counter::Files, 1);
                    ctx.observer.count(Counter::Bytes, entry.size());
                    needs.push(Need::Nothing);
                }
                _ => needs.push(Need::Entry),
            }
            decisions.push(decision);
        }
        for extra in there {
            self.extra(ctx, &mut sides, extra)?;
        }
        let open = OpenDir { path: dir.path.clone(), decisions, there: known };
        Ok((staged.add_dir(open), needs))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        dir: DirToken,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<()> {
        let staged = self.staged;
        staged.check_exchanged(&entry.path)?;
        let here = self.enter(dir)?;
        debug_assert_eq!(entry.path.parent().as_ref(), Some(&here.open.path));
        ctx.observer.count(Counter::Files, u64::from(matches!(entry.kind, Kind::File { .. })));
        if let Some(link) = entry.meta.hard_link {
            // The first name of a group makes the file while the others wait; its content may come later.
            let mut links = lock(&staged.links);
            if let Some(first) = links.get(&(link.device, link.inode)) {
                return match staged.root.hard_link(first, staged.root, &entry.path) {
                    Ok(()) => {
                        staged.note(entry, None);
                        Ok(())
                    }
                    Err(error) => staged.leave_as_it_was(ctx, entry, error),
                };
            }
            if let Put::Made(Written { bytes, hash }) =
                staged.put(ctx, here, index, entry, content)?
            {
                links.insert((link.device, link.inode), entry.path.clone());
                staged.note(&of_size(entry, bytes), hash);
            }
            return Ok(());
        }
        if let Put::Made(Written { bytes, hash }) = staged.put(ctx, here, index, entry, content)? {
            let made = of_size(entry, bytes);
            if let (Some(hash), Some(older)) = (hash, staged.older()) {
                staged.relink(&older, &here.dir, &made, hash)?;
            }
            staged.note(&made, hash);
        }
        Ok(())
    }

    fn skip(&mut self, ctx: &Context<'_>, dir: DirToken, index: usize) -> Result<()> {
        self.staged.count_problems(1);
        match self.staged.open_dir(dir)?.there.get(&index) {
            Some(path) => self.staged.leave(ctx, path),
            None => Ok(()),
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

impl<'s> Worker<'s> {
    /// A worker that wrote nothing yet.
    pub(super) fn new(staged: &'s StagedTree<'s>) -> Self {
        Self { staged, here: None }
    }

    fn enter(&mut self, token: DirToken) -> Result<&mut Here> {
        let here = match self.here.take().filter(|here| here.token == token) {
            Some(here) => here,
            None => {
                let open = self.staged.open_dir(token)?;
                let dir = self.staged.root.open_dir(&open.path)?;
                Here { token, open, dir, given: None }
            }
        };
        Ok(self.here.insert(here))
    }

    fn extra(&self, ctx: &Context<'_>, sides: &mut Sides, extra: Entry) -> Result<()> {
        if self.staged.plan.removed.contains(&extra.path) {
            return Ok(());
        }
        self.staged.carry(ctx, sides, extra)
    }

    /// The source's entry and the target's with all details, judged.
    fn decide(&self, entry: &Entry, found: Option<&Entry>) -> Result<(Decision, Entry)> {
        let (Some(found), Some(present)) = (found, &self.staged.present) else {
            return Ok((Decision::Write, entry.clone()));
        };
        let (mut wanted, mut found) = (entry.clone(), found.clone());
        if !self.staged.plan.policy.is_untouched(&wanted, &found) {
            self.staged.source.details(&mut wanted)?;
            present.tree.details(&mut found)?;
        }
        let decision = self.staged.plan.policy.decide(&wanted, Some(&found));
        let decision = match decision {
            Decision::Share if self.staged.plan.links.anew.contains(&entry.path) => {
                match wanted.kind {
                    Kind::File { .. } => Decision::CopyContent,
                    _ => Decision::Write,
                }
            }
            decision => decision,
        };
        Ok((decision, wanted))
    }

    /// The metadata of a directory: the source's, and the target's where the source has none (its root may not).
    fn dir_metadata(&self, dir: &Entry) -> Result<Entry> {
        if let Some(present) = self.staged.present.as_ref().filter(|_| !knows_metadata(dir))
            && let Some(mut there) = present.tree.entry_at(&dir.path)?.filter(Entry::is_dir)
        {
            present.tree.details(&mut there)?;
            return Ok(there);
        }
        let mut entry = dir.clone();
        if entry.meta.mode.is_none() {
            entry.meta.mode = Some(0o755);
        }
        Ok(entry)
    }
}

/// What became of an entry that was to be made.
enum Put {
    /// It is there, with this content if it is a file, whose hash is known where it is noted.
    Made(Written),
    /// That failed and only this entry is affected: then what was there stays, unless it must not.
    Failed,
}

impl StagedTree<'_> {
    /// Makes an entry.
    fn put(
        &self,
        ctx: &Context<'_>,
        here: &mut Here,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<Put> {
        let name = entry.path.name().map(|name| RelPath::root().join(&name)).unwrap_or_default();
        if !matches!(entry.kind, Kind::File { .. }) {
            if let Err(error) = make(&here.dir, &name, &entry.kind) {
                self.leave_as_it_was(ctx, entry, error)?;
                return Ok(Put::Failed);
            }
            self.set_metadata(ctx, On::Name(&here.dir, &name), entry)?;
            return Ok(Put::Made(Written { bytes: 0, hash: None }));
        }
        if here.open.decisions.get(index) == Some(&Decision::CopyContent) {
            ctx.observer.count(Counter::Bytes, entry.size());
            self.copy(ctx, entry, entry)?;
            let hash = self.notes.as_ref().map(|_| hash_file(self.root, entry)).transpose()?;
            return Ok(Put::Made(Written { bytes: entry.size(), hash }));
        }
        self.write(ctx, here, &name, entry, content)
    }

    /// Notes an entry, if the tree is to be a clone.
    fn note(&self, entry: &Entry, hash: Option<ContentHash>) {
        if let Some(notes) = &self.notes {
            notes.entry(entry, hash);
        }
    }

    /// The same for one that is shared with the target. If nobody knows the hash of its content, it is read.
    fn note_shared(&self, entry: &Entry) -> Result<()> {
        let Some(notes) = &self.notes else { return Ok(()) };
        let same = |row: &&Row| {
            row.entry.size() == entry.size() && row.entry.meta.mtime == entry.meta.mtime
        };
        let known = notes.known.and_then(|known| known.find(&entry.path)).filter(same);
        let hash = match (&entry.kind, known.and_then(|row| row.hash)) {
            (Kind::File { .. }, None) => Some(hash_file(self.root, entry)?),
            (_, hash) => hash,
        };
        notes.entry(entry, hash);
        Ok(())
    }

    /// Writes a file.
    fn write(
        &self,
        ctx: &Context<'_>,
        here: &mut Here,
        name: &RelPath,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<Put> {
        let unmeasured = matches!(content, Content::Unmeasured(_));
        let new = here.dir.create_new(name, 0o600, &mut here.given);
        let mut new = new.map_err(|source| create(entry, source))?;
        let hashed = if self.notes.is_some() { Hashed::Yes } else { Hashed::No };
        let to = To { file: new.file(), hashed, ahead: &self.ahead, never: &self.never_reflinks };
        match write(ctx, &to, content, entry) {
            Ok(written) => {
                self.counts.files.fetch_add(1, Ordering::Relaxed);
                self.counts.bytes.fetch_add(written.bytes, Ordering::Relaxed);
                self.set_metadata(ctx, On::File(&mut new), entry)?;
                Ok(Put::Made(written))
            }
            Err(fault) => {
                drop(new);
                ctx.check()?;
                let unread = self.plan.policy.unread;
                let source = fault.of_one(unread, |source| create(entry, source))?;
                // What could not be written whole is not left half written.
                here.dir.remove_file(name)?;
                self.problem(ctx, entry, source);
                // An older content must not pass for one that could not be made.
                if !unmeasured {
                    self.leave(ctx, &entry.path)?;
                }
                Ok(Put::Failed)
            }
        }
    }

    /// Tells that an entry cannot be made and leaves what was there.
    ///
    /// # Errors
    /// It is not this one entry that fails.
    fn leave_as_it_was(
        &self,
        ctx: &Context<'_>,
        entry: &Entry,
        error: holdall_disk::Error,
    ) -> Result<()> {
        if !error.io_error().is_some_and(cannot_be) {
            return Err(create(entry, error));
        }
        self.problem(ctx, entry, error);
        self.leave(ctx, &entry.path)
    }
}

/// The file as it was written, whatever size was listed.
fn of_size(entry: &Entry, bytes: u64) -> Cow<'_, Entry> {
    match entry.kind {
        Kind::File { size } if size != bytes => {
            Cow::Owned(Entry { kind: Kind::File { size: bytes }, ..entry.clone() })
        }
        _ => Cow::Borrowed(entry),
    }
}
