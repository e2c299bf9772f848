//! A directory of clones: of one project or of many, each beside the others.

use std::path::{Path, PathBuf};

use holdall_disk::{Dir, Replace};
use holdall_tree::{Context, Name, Note, RelPath, Result};

use super::record::{Head, Record};
use super::{COLLECTION, Of, job, name_of, read, read_head};
use crate::restore::state::{self, CLONES, REMOVING, State, path_of, rel};
use crate::restore::{Cloning, RestorePlan, RestoreReport, stage_and_publish};

/// What the name of a pin ends with: the file `NAME.pin` beside a record keeps the clone from being rotated away.
const PIN: &str = ".pin";
/// The most clones of one project that may begin in the same second.
const SAME_SECOND_MAX: u32 = 10_000;

/// A clone that is there, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub head: Head,
    /// True if it is never removed by rules.
    pub pinned: bool,
}

/// A directory of clones, with the lock held: nobody else adds to it or removes from it.
#[derive(Debug)]
pub struct Collection {
    state: State,
    path: PathBuf,
}

impl Collection {
    /// Opens or makes the collection in the directory `path`, takes its lock, and finishes what was interrupted.
    ///
    /// # Errors
    /// If somebody else works on it, or something cannot be read or removed.
    pub fn open(ctx: &Context<'_>, path: &Path) -> Result<Self> {
        holdall_disk::create_dirs(path, 0o755)?;
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let own = state::literal(COLLECTION);
        let state = State::open_at(ctx, &real, (real.clone(), own.clone(), own))?;
        let collection = Self { state, path: real };
        collection.finish_removing(ctx)?;
        Ok(collection)
    }

    /// The clones, the oldest first. One whose record cannot be read is told of and left out.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn clones(&self, ctx: &Context<'_>) -> Result<Vec<Kept>> {
        clones_in(ctx, &self.state.parent, &self.state.dir)
    }

    /// Lets go of the collection, and of its state directory if nothing is in it.
    pub fn close(self) {
        // What cannot be removed now is by the next run.
        let _ = self.state.remove_if_empty();
    }

    /// The record of one of them.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn record(&self, name: &str) -> Result<Record> {
        read(&self.state.dir, &record_path(name)?)
    }

    /// Where a clone lies.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a clone. It gets the name that `head` has, or, if something has that already, one with a number behind.
    /// What is as in `older` is shared with it.
    ///
    /// # Errors
    /// As [`full`](super::full).
    pub fn add(
        &mut self,
        ctx: &Context<'_>,
        of: &Of<'_>,
        older: Option<&Record>,
        mut head: Head,
        pin: bool,
    ) -> Result<(RestoreReport, Head)> {
        head.name = self.free_name(&head.name)?;
        let name = name_of(&head.name)?;
        self.state.name = path_of(&name);
        let base = older.map(|older| self.place(&older.head.name));
        let plan = RestorePlan::fresh(&self.place(&head.name));
        let cloning = Cloning { head: head.clone(), base: base.as_deref(), known: older };
        if pin {
            // Before it can be seen, so that it is never there without. A pin of nothing pins nothing.
            self.pin(&head.name)?;
        }
        let made = stage_and_publish(ctx, &job(of, &plan, cloning), &self.state);
        if made.is_err() && pin {
            // It pins nothing. What failed before it is what is told.
            let _ = self.state.dir.remove_file(&pin_path(&head.name)?);
        }
        let (report, made) = made?;
        Ok((report, made.unwrap_or(head)))
    }

    fn pin(&self, name: &str) -> Result<()> {
        let clones = rel(CLONES);
        if self.state.dir.stat(&clones)?.is_none() {
            self.state.dir.create_dir(&clones, 0o700)?;
            self.state.dir.sync()?;
        }
        let clones = self.state.dir.open_dir(&clones)?;
        let pin = name_of(&format!("{name}{PIN}"))?;
        Ok(holdall_disk::publish(&clones, &pin, b"", 0o600, Replace::Always)?)
    }

    fn free_name(&self, wanted: &str) -> Result<String> {
        for number in 1..SAME_SECOND_MAX {
            let name = if number == 1 { wanted.to_owned() } else { format!("{wanted}-{number}") };
            let there = self.state.parent.stat(&path_of(&name_of(&name)?))?.is_some();
            if !there && self.state.dir.stat(&record_path(&name)?)?.is_none() {
                return Ok(name);
            }
        }
        let why = format!("{} holds too many clones that are called {wanted}", self.path.display());
        Err(holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, why))
    }

    /// Removes a clone: it vanishes in one step, and then what it held.
    ///
    /// # Errors
    /// If it cannot be removed. What is left of it then is removed when the collection is opened next.
    pub fn remove(&self, name: &str) -> Result<()> {
        let (removing, name) = (rel(REMOVING), name_of(name)?);
        if self.state.dir.stat(&removing)?.is_none() {
            self.state.dir.create_dir(&removing, 0o700)?;
            self.state.dir.sync()?;
        }
        let (from, to) = (path_of(&name), removing.join(&name));
        self.state.parent.rename_no_replace(&from, &self.state.dir, &to)?;
        self.state.parent.sync()?;
        self.state.dir.open_dir(&removing)?.sync()?;
        self.finish(&name)
    }

    /// Removes what was begun to be removed.
    fn finish_removing(&self, ctx: &Context<'_>) -> Result<()> {
        let removing = rel(REMOVING);
        if self.state.dir.stat(&removing)?.is_none() {
            return Ok(());
        }
        for entry in self.state.dir.open_dir(&removing)?.list()? {
            ctx.check()?;
            self.finish(&entry.name)?;
            let what = format!("the clone {}, which was being removed", path_of(&entry.name));
            ctx.observer.note(&Note::LitterRemoved { what });
        }
        Ok(())
    }

    fn finish(&self, name: &Name) -> Result<()> {
        // A later clone may have been given the name, and then the record is of that one.
        if self.state.parent.stat(&path_of(name))?.is_none() {
            let mut pin = name.as_bytes().to_vec();
            pin.extend_from_slice(PIN.as_bytes());
            let pin = Name::parse(pin).ok();
            for gone in [Some(name), pin.as_ref()].into_iter().flatten() {
                match self.state.dir.remove_file(&rel(CLONES).join(gone)) {
                    Err(error) if !error.is_not_found() => return Err(error.into()),
                    _ => {}
                }
            }
        }
        Ok(self.state.dir.remove_tree(&rel(REMOVING).join(name))?)
    }

    /// The clones of a collection that is only looked at, as [`Collection::clones`]; none if there is no collection.
    ///
    /// # Errors
    /// As there.
    pub fn look(ctx: &Context<'_>, path: &Path) -> Result<Vec<Kept>> {
        let parent = match Dir::open(path) {
            Ok(parent) => parent,
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let own = path_of(&state::literal(COLLECTION));
        if parent.stat(&own)?.is_none() {
            return Ok(Vec::new());
        }
        clones_in(ctx, &parent, &parent.open_dir(&own)?)
    }
}

fn record_path(name: &str) -> Result<RelPath> {
    Ok(rel(CLONES).join(&name_of(name)?))
}

fn pin_path(name: &str) -> Result<RelPath> {
    Ok(rel(CLONES).join(&name_of(&format!("{name}{PIN}"))?))
}

fn clones_in(ctx: &Context<'_>, parent: &Dir, state: &Dir) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    if state.stat(&rel(CLONES))?.is_none() {
        return Ok(found);
    }
    let dir = state.open_dir(&rel(CLONES))?;
    let names: Vec<Name> = dir.list()?.into_iter().map(|entry| entry.name).collect();
    for name in &names {
        // Records of clones that somebody removed by hand tell of nothing; pins and what is being written are none.
        if !parent.stat(&path_of(name))?.is_some_and(|stat| stat.is_dir()) {
            continue;
        }
        let mut head = match read_head(&dir, &path_of(name)) {
            Ok(head) => head,
            Err(error) => {
                let what = format!("the clone {} is left alone: {error}", path_of(name));
                ctx.observer.note(&Note::Other(what));
                continue;
            }
        };
        head.name = String::from_utf8_lossy(name.as_bytes()).into_owned();
        let pin = [name.as_bytes(), PIN.as_bytes()].concat();
        let pinned = names.iter().any(|other| other.as_bytes() == pin);
        found.push(Kept { head, pinned });
    }
    found.sort_by(|a, b| (a.head.time, &a.head.name).cmp(&(b.head.time, &b.head.name)));
    Ok(found)
}
