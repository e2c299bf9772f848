//! What somebody takes of a plan, change by change, as a tree of its own: it is restored like any other, so the target
//! becomes what was chosen by the same steps that make it a source.

use std::collections::{BTreeMap, BTreeSet};

use holdall_fs::restore::{RestorePlan, Step};
use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_tree::id::ContentHasher;
use holdall_tree::{Content, ContentHash, Context, Entry, Kind, Metadata, RelPath, Tree};

use super::lines::Lines;
use crate::error::{Error, Result};

/// What becomes of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// It is made.
    Take,
    /// What is there stays, with all beneath it.
    Keep,
    /// Of a text file these runs of lines are taken.
    Lines {
        /// For each run of [`Lines`] whether it is taken.
        runs: Vec<bool>,
        /// Whether mode, owner and extended attributes are those of the source.
        metadata: bool,
    },
}

/// What becomes of all changes of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picks {
    /// What was said of single changes. What lies beneath something that stays, stays.
    pub by_path: BTreeMap<RelPath, Pick>,
    /// Whether changes are made of which nothing was said.
    pub take_rest: bool,
}

/// How much was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chose {
    /// Changes that are made in full.
    pub taken: usize,
    /// Changes that are not made.
    pub kept: usize,
    /// Files of which some lines are taken.
    pub merged: usize,
}

/// The source as far as it was chosen.
pub struct Chosen<'s> {
    source: &'s dyn Tree,
    /// What of the source is not created.
    omitted: BTreeSet<RelPath>,
    /// Entries that are neither as in the source nor as in the target.
    made: BTreeMap<RelPath, Made>,
    /// What of the target stays, with all beneath it: for [`RestoreOptions::keep`](super::RestoreOptions::keep).
    pub keep: Vec<RelPath>,
    /// How much was chosen.
    pub chose: Chose,
}

struct Made {
    entry: Entry,
    content: Vec<u8>,
}

impl<'s> Chosen<'s> {
    /// What `picks` leaves of `plan`, which brings `source` to its target.
    ///
    /// # Errors
    /// [`Error::Usage`] if something was said of what is no change, or what cannot be done; or if the target cannot be
    /// read.
    pub fn new(
        ctx: &Context<'_>,
        source: &'s dyn Tree,
        plan: &RestorePlan,
        picks: &Picks,
    ) -> Result<Self> {
        let (omitted, made, keep) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        let mut chosen = Self { source, omitted, made, keep, chose: Chose::default() };
        let known: BTreeSet<&RelPath> = plan.steps.iter().map(Step::path).collect();
        if let Some(path) = picks.by_path.keys().find(|path| !known.contains(path)) {
            return Err(Error::Usage(format!("nothing would change at {path}")));
        }
        let present = plan.steps.iter().any(|step| matches!(step, Step::Replace { .. }));
        let present = present
            .then(|| DirectoryTree::open(&plan.target, ReadOptions::default()))
            .transpose()?;
        // The last thing that stays with all beneath it: what lies beneath it follows at once.
        let mut stays: Option<&RelPath> = None;
        for step in &plan.steps {
            ctx.check()?;
            let path = step.path();
            let said = picks.by_path.get(path);
            if let Some(above) = stays.filter(|above| path.starts_with(above)) {
                if said.is_some_and(|pick| *pick != Pick::Keep) {
                    return Err(Error::Usage(format!("{path} cannot be taken without {above}")));
                }
                chosen.chose.kept += 1;
                continue;
            }
            match said {
                Some(Pick::Take) => chosen.chose.taken += 1,
                None if picks.take_rest => chosen.chose.taken += 1,
                None | Some(Pick::Keep) => {
                    if chosen.leave(step) {
                        stays = Some(path);
                    }
                }
                Some(Pick::Lines { runs, metadata }) => {
                    chosen.merge(ctx, step, present.as_ref(), runs, *metadata)?;
                }
            }
        }
        Ok(chosen)
    }

    /// What is restored, in words.
    #[must_use]
    pub fn name(&self, source: &str) -> String {
        let Chose { taken, kept, merged } = self.chose;
        let (made, all) = (taken + merged, taken + merged + kept);
        match (kept, merged) {
            (0, 0) => source.to_owned(),
            (_, 0) => format!("{source}, {made} of {all} changes"),
            _ => format!("{source}, {made} of {all} changes, of {merged} some lines"),
        }
    }

    /// Leaves what is there. True if that goes for all beneath it too.
    fn leave(&mut self, step: &Step) -> bool {
        self.chose.kept += 1;
        match step {
            Step::Create(entry) => {
                self.omitted.insert(entry.path.clone());
            }
            // What lies in a directory is a matter of its own.
            Step::Metadata { before, after } if after.is_dir() => {
                let made = Made { entry: before.clone(), content: Vec::new() };
                self.made.insert(after.path.clone(), made);
                return false;
            }
            Step::Replace { .. } | Step::Metadata { .. } | Step::Remove(_) => {
                self.keep.push(step.path().clone());
            }
        }
        true
    }

    fn merge(
        &mut self,
        ctx: &Context<'_>,
        step: &Step,
        present: Option<&DirectoryTree>,
        runs: &[bool],
        metadata: bool,
    ) -> Result<()> {
        let path = step.path();
        let no_lines = || Error::Usage(format!("{path} is no text of which lines can be taken"));
        let (Step::Replace { before, after }, Some(present)) = (step, present) else {
            return Err(no_lines());
        };
        let lines = Lines::between((present, before), (self.source, after)).ok_or_else(no_lines)?;
        if lines.len() != runs.len() {
            let (is, said) = (lines.len(), runs.len());
            return Err(Error::Usage(format!("{path} changes in {is} places and not in {said}")));
        }
        let all = runs.iter().all(|taken| *taken);
        let none = !runs.iter().any(|taken| *taken);
        if all && metadata {
            self.chose.taken += 1;
            return Ok(());
        }
        if none && !metadata {
            self.leave(step);
            return Ok(());
        }
        self.chose.merged += 1;
        let content = lines.merge(runs).into_bytes();
        let like = if metadata { after } else { before };
        let meta = Metadata {
            // The time of a content that was never there before is now, so that nobody takes it for another.
            mtime: match (all, none) {
                (true, _) => after.meta.mtime,
                (_, true) => before.meta.mtime,
                _ => Some(ctx.now()),
            },
            atime: None,
            inode: None,
            hard_link: None,
            extents: None,
            ..like.meta.clone()
        };
        let kind = Kind::File { size: content.len() as u64 };
        let entry = Entry { path: path.clone(), kind, meta };
        self.made.insert(path.clone(), Made { entry, content });
        Ok(())
    }
}

impl Tree for Chosen<'_> {
    fn root(&self) -> holdall_tree::Result<Entry> {
        match self.made.get(&RelPath::root()) {
            Some(made) => Ok(made.entry.clone()),
            None => self.source.root(),
        }
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        let mut entries = self.source.list(ctx, dir)?;
        entries.retain(|entry| !self.omitted.contains(&entry.path));
        for entry in &mut entries {
            if let Some(made) = self.made.get(&entry.path) {
                *entry = made.entry.clone();
            }
        }
        Ok(entries)
    }

    fn details(&self, entry: &mut Entry) -> holdall_tree::Result<()> {
        // What was made has all of them.
        if self.made.contains_key(&entry.path) { Ok(()) } else { self.source.details(entry) }
    }

    fn open(&self, file: &Entry) -> holdall_tree::Result<Content<'_>> {
        match self.made.get(&file.path) {
            Some(made) => Ok(Content::Bytes(made.content.as_slice().into())),
            None => self.source.open(file),
        }
    }
}

/// A number for what a plan would change, lines of text files among it, by which a choice made of it is known to be of
/// this plan and of no other.
#[must_use]
pub fn plan_id(plan: &RestorePlan, lines_of: &dyn Fn(&Step) -> Option<Lines>) -> ContentHash {
    let mut hasher = ContentHasher::default();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(b"holdall restore plan 1");
    add(std::os::unix::ffi::OsStrExt::as_bytes(plan.target.as_os_str()));
    for step in &plan.steps {
        let (word, before, after) = match step {
            Step::Create(after) => ("create", None, Some(after)),
            Step::Replace { before, after } => ("replace", Some(before), Some(after)),
            Step::Metadata { before, after } => ("metadata", Some(before), Some(after)),
            Step::Remove(before) => ("remove", Some(before), None),
        };
        add(word.as_bytes());
        add(step.path().as_bytes());
        for entry in [before, after].into_iter().flatten() {
            let Metadata { mode, uid, gid, mtime, .. } = &entry.meta;
            let mtime = mtime.map(|time| (time.secs, time.nanos));
            // A directory is as large and as new as what was done in it last.
            let (kind, mtime) = (entry.kind.word(), mtime.filter(|_| !entry.is_dir()));
            add(format!("{kind} {} {mode:?} {uid:?} {gid:?} {mtime:?}", entry.size()).as_bytes());
            if let Kind::Symlink { target } = &entry.kind {
                add(target);
            }
        }
        if let Some(lines) = lines_of(step) {
            add(lines.patch("", "").as_bytes());
        }
    }
    hasher.finish()
}
