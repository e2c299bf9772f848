//! What stays as the target has it: one more name for the same file, or a copy where that cannot be. What lies outside of the
//! directory that is exchanged is not touched at all.

use std::sync::atomic::Ordering;

use holdall_disk::Dir;
use holdall_tree::{Context, Entry, RelPath, Result, Tree};

use super::links::Inode;
use super::staged::{Present, Shared, StagedTree, lock};

/// The last directory that something stays in, open in the target and in the staged tree: most entries come after one of
/// the same directory, and to find two directories anew costs more than a link.
#[derive(Default)]
pub(super) struct Sides {
    last: Option<(RelPath, Dir, Dir)>,
}

impl Sides {
    /// Gives the entry at `path` its name in the staged tree too.
    fn link(&mut self, present: &Present<'_>, staged: &Dir, path: &RelPath) -> Result<()> {
        let above = path.parent().unwrap_or_default();
        let last = match self.last.take().filter(|(dir, ..)| *dir == above) {
            Some(last) => last,
            None => {
                let (there, here) = (present.dir.open_dir(&above)?, staged.open_dir(&above)?);
                (above, there, here)
            }
        };
        let (_, there, here) = self.last.insert(last);
        let name = path.name().map(|name| RelPath::root().join(&name)).unwrap_or_default();
        Ok(there.hard_link(&name, here, &name)?)
    }
}

impl StagedTree<'_> {
    /// Shares a file with the target, or copies it where the system does not let files be shared.
    pub(super) fn share(&self, ctx: &Context<'_>, sides: &mut Sides, entry: &Entry) -> Result<()> {
        let Some(present) = &self.present else { return Ok(()) };
        self.counts.unchanged.fetch_add(1, Ordering::Relaxed);
        if !self.is_exchanged(&entry.path) {
            self.stays(entry);
            return Ok(());
        }
        let inode = entry.meta.hard_link.as_ref().map(|link| (link.device, link.inode));
        if let Some(inode) = inode.filter(|inode| self.plan.links.detached.contains(inode)) {
            return self.share_copy(ctx, entry, inode);
        }
        match sides.link(present, self.root, &entry.path) {
            Ok(()) => {
                self.stays(entry);
                Ok(())
            }
            // Another user's file, an immutable one, or one with too many names.
            Err(_) => match inode {
                Some(inode) => self.share_copy(ctx, entry, inode),
                None => self.copy(ctx, entry, entry),
            },
        }
    }

    /// Notes that a point has what the target has under this name.
    fn stays(&self, entry: &Entry) {
        lock(&self.shared).push(Shared {
            path: entry.path.clone(),
            size: entry.size(),
            mtime: entry.meta.mtime.unwrap_or_default(),
        });
    }

    /// Makes a copy of a file of the target for the first of its names, and links the others to that.
    fn share_copy(&self, ctx: &Context<'_>, entry: &Entry, inode: Inode) -> Result<()> {
        let mut copies = lock(&self.copies);
        if let Some(first) = copies.get(&inode) {
            return Ok(self.root.hard_link(first, self.root, &entry.path)?);
        }
        self.copy(ctx, entry, entry)?;
        copies.insert(inode, entry.path.clone());
        Ok(())
    }

    /// Carries an entry that the source does not have over from the target, with all beneath it.
    pub(super) fn carry(&self, ctx: &Context<'_>, sides: &mut Sides, entry: Entry) -> Result<()> {
        let Some(present) = &self.present else { return Ok(()) };
        let mut stack = vec![entry];
        while let Some(mut entry) = stack.pop() {
            ctx.check()?;
            if !entry.is_dir() {
                self.share(ctx, sides, &entry)?;
                continue;
            }
            self.root.create_dir(&entry.path, 0o700)?;
            stack.extend(present.tree.list(ctx, &entry.path)?);
            present.tree.details(&mut entry)?;
            lock(&self.metadata).push(entry);
        }
        Ok(())
    }

    /// Leaves what the target has at `path`, if anything: what cannot be replaced must not go.
    pub(super) fn leave(&self, ctx: &Context<'_>, path: &RelPath) -> Result<()> {
        let beside = self.notes.as_ref().is_some_and(|notes| notes.beside);
        // A clone has what its source has, and nothing of an older one.
        let Some(present) = self.present.as_ref().filter(|_| !beside) else { return Ok(()) };
        match present.tree.entry_at(path)? {
            Some(there) => self.carry(ctx, &mut Sides::default(), there),
            None => Ok(()),
        }
    }
}
