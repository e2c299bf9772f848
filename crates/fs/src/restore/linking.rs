//! Staging a clone beside an older one: what did not change since is one more name for the same file.

use std::sync::atomic::Ordering;

use holdall_disk::{Dir, Listed};
use holdall_tree::diff::meta_differs;
use holdall_tree::{
    ContentHash, Context, Counter, DirToken, Entry, Kind, Metadata, Need, RelPath, Result,
};

use super::decide::Decision;
use super::notes::{Notes, is_intact};
use super::staged::{OpenDir, Present, StagedTree, lock};
use crate::clone::{Record, Row};

impl StagedTree<'_> {
    /// Begins a directory and links all that is as the older clone has it.
    pub(super) fn open_beside(
        &self,
        ctx: &Context<'_>,
        older: &Older<'_>,
        dir: &Entry,
        entries: &[Entry],
    ) -> Result<(DirToken, Vec<Need>)> {
        if !dir.path.is_root() {
            self.root.create_dir(&dir.path, 0o700)?;
        }
        let mut rows = Vec::with_capacity(entries.len() + 1);
        let mut taken_over = 0;
        let mut dir = dir.clone();
        let mut next = 0;
        if let Some(row) = older.known.still_holds(&dir, &mut next) {
            // Its details were not asked for: see the needs below.
            let meta = &mut dir.meta;
            meta.xattrs = meta.xattrs.take().or_else(|| row.entry.meta.xattrs.clone());
            meta.attributes = row.entry.meta.attributes;
            taken_over += 1;
        }
        rows.push(Row { entry: dir.clone(), hash: None, link: None });
        let here = self.root.open_dir(&dir.path)?;
        // A directory that somebody took out of the older clone only means that nothing of it can be shared.
        let there = older.present.dir.open_dir(&dir.path).ok();
        let listed = there.as_ref().and_then(|there| there.list().ok()).unwrap_or_default();
        let mut listed = listed.into_iter().peekable();
        let mut needs = Vec::with_capacity(entries.len());
        for entry in entries {
            let name = entry.path.file_name().unwrap_or_default();
            while listed.next_if(|other| other.name.as_bytes() < name).is_some() {}
            let found = listed.next_if(|other| other.name.as_bytes() == name);
            let row = older.known.still_holds(entry, &mut next);
            if entry.is_dir() {
                needs.push(if row.is_some() { Need::Listed } else { Need::Entry });
                continue;
            }
            let linked = match (row, &there, found) {
                (Some(row), Some(there), Some(found)) if is_intact(&found.stat, row) => {
                    self.link(there, &here, &found, entry).then_some(row)
                }
                _ => None,
            };
            let Some(row) = linked else {
                needs.push(Need::Entry);
                continue;
            };
            let hard_link = entry.meta.hard_link;
            let meta = Metadata { hard_link, ..row.entry.meta.clone() };
            let entry = Entry { path: entry.path.clone(), kind: row.entry.kind.clone(), meta };
            ctx.observer.count(Counter::Files, 1);
            ctx.observer.count(Counter::Bytes, entry.size());
            rows.push(Row { entry, hash: row.hash, link: None });
            taken_over += 1;
            needs.push(Need::Nothing);
        }
        let shared = needs.iter().filter(|need| **need == Need::Nothing).count();
        self.counts.unchanged.fetch_add(shared as u64, Ordering::Relaxed);
        older.notes.entries(rows, taken_over);
        let decisions = vec![Decision::Write; entries.len()];
        let open = OpenDir { path: dir.path.clone(), decisions, there: Default::default() };
        dir.meta.mode = dir.meta.mode.or(Some(0o755));
        lock(&self.metadata).push(dir);
        Ok((self.add_dir(open), needs))
    }

    /// Gives a file of the older clone one more name. False if that cannot be: it has too many, or may not be linked.
    fn link(&self, there: &Dir, here: &Dir, found: &Listed, entry: &Entry) -> bool {
        let name = RelPath::root().join(&found.name);
        let Some(link) = entry.meta.hard_link else {
            return there.hard_link(&name, here, &name).is_ok();
        };
        // Names of one file of the source stay names of one file, whoever comes first.
        let mut links = lock(&self.links);
        if let Some(first) = links.get(&(link.device, link.inode)) {
            return self.root.hard_link(first, self.root, &entry.path).is_ok();
        }
        let linked = there.hard_link(&name, here, &name).is_ok();
        if linked {
            links.insert((link.device, link.inode), entry.path.clone());
        }
        linked
    }

    /// Shares a file that was written with the older clone after all, if it turned out to be the same there: a form
    /// without inodes cannot tell before. True if it is shared.
    pub(super) fn relink(
        &self,
        older: &Older<'_>,
        here: &Dir,
        entry: &Entry,
        hash: ContentHash,
    ) -> Result<bool> {
        let Some(row) = older.known.find(&entry.path) else { return Ok(false) };
        let single = row.link.is_none() && entry.meta.hard_link.is_none();
        let same = matches!((&row.entry.kind, &entry.kind), (Kind::File { size: a }, Kind::File { size: b }) if a == b)
            && row.hash == Some(hash)
            && !meta_differs(&row.entry, entry);
        if !single || !same {
            return Ok(false);
        }
        let looked = older.present.dir.stat(&entry.path).ok().flatten();
        if !looked.is_some_and(|stat| is_intact(&stat, row)) {
            return Ok(false);
        }
        let name = entry.path.name().map(|name| RelPath::root().join(&name)).unwrap_or_default();
        let temporary = holdall_disk::temporary(&name)?;
        if older.present.dir.hard_link(&entry.path, here, &temporary).is_err() {
            return Ok(false);
        }
        here.rename(&temporary, here, &name)?;
        self.counts.files.fetch_sub(1, Ordering::Relaxed);
        self.counts.bytes.fetch_sub(entry.size(), Ordering::Relaxed);
        self.counts.unchanged.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    /// The clone that this one is staged beside, if there is one.
    pub(super) fn older(&self) -> Option<Older<'_>> {
        let notes = self.notes.as_ref().filter(|notes| notes.beside)?;
        Some(Older { known: notes.known?, present: self.present.as_ref()?, notes })
    }
}

/// An older clone of the same project.
pub(super) struct Older<'o> {
    known: &'o Record,
    present: &'o Present<'o>,
    notes: &'o Notes<'o>,
}
