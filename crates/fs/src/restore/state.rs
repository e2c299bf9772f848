//! The directory beside a target that holds everything about its restores.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use holdall_disk::{Dir, LockFile};
use holdall_tree::{Context, Name, Note, RelPath, Result};

use super::RestoreError;

/// The tree being staged.
pub(crate) const STAGING: &str = "staging";
/// The directory of the points.
pub(super) const POINTS: &str = "points";
/// The directory of the records of clones, here and in the staging directory.
pub(crate) const CLONES: &str = "clones";
/// The directory of clones that are being removed.
pub(crate) const REMOVING: &str = "removing";

/// The state directory of one target, open; with the lock held, nobody else restores there.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) parent: Dir,
    pub(crate) name: RelPath,
    pub(crate) dir: Dir,
    pub(crate) path: PathBuf,
    _lock: LockFile,
}

impl State {
    /// Opens or makes the state directory of `target`, takes the lock, and clears away what an interrupted restore
    /// left.
    pub(crate) fn open(ctx: &Context<'_>, target: &Path) -> Result<Self> {
        Self::open_at(ctx, target, names(target)?)
    }

    /// The same, if the directory above is still this one: device and inode. Nothing is made in another.
    pub(super) fn open_in(
        ctx: &Context<'_>,
        target: &Path,
        above: Option<(u64, u64)>,
    ) -> Result<Self> {
        let names = names(target)?;
        let parent = Dir::open(&names.0)?;
        if above.is_some() && identity(&parent)? != above {
            return Err(RestoreError::Changed { target: target.to_owned() }.into());
        }
        Self::within(ctx, target, parent, names)
    }

    /// The same where the names are known: the directory above the target, the target's name in it, and the name of the
    /// state directory.
    pub(crate) fn open_at(
        ctx: &Context<'_>,
        target: &Path,
        names: (PathBuf, Name, Name),
    ) -> Result<Self> {
        Self::within(ctx, target, Dir::open(&names.0)?, names)
    }

    fn within(
        ctx: &Context<'_>,
        target: &Path,
        parent: Dir,
        (parent_path, name, state_name): (PathBuf, Name, Name),
    ) -> Result<Self> {
        let state = path_of(&state_name);
        if parent.stat(&state)?.is_none() {
            match parent.create_dir(&state, 0o700) {
                Err(error) if !error.is_exists() => return Err(error.into()),
                _ => parent.sync()?,
            }
        }
        let dir = parent.open_dir(&state)?;
        let lock = LockFile::acquire(&dir, &literal("lock"))?;
        let path = parent_path.join(state_name.as_os_str());
        let state = Self { parent, name: path_of(&name), dir, path, _lock: lock };
        state.clear(ctx, target)?;
        Ok(state)
    }

    /// Removes a staged tree that was never published, and points that were never completed.
    fn clear(&self, ctx: &Context<'_>, target: &Path) -> Result<()> {
        let staging = rel(STAGING);
        if self.dir.stat(&staging)?.is_some() && !super::points::adopt(self, ctx)? {
            super::points::discard(self)?;
            ctx.observer.note(&Note::LitterRemoved {
                what: format!(
                    "a tree that an interrupted restore of {} had staged",
                    target.display()
                ),
            });
        }
        super::trim::finish_trimming(self, ctx)
    }

    /// Removes the state directory if there are no points in it and no records of clones, nor a tree that has yet to
    /// become one.
    pub(crate) fn remove_if_empty(self) -> Result<()> {
        let mut empty = self.dir.stat(&rel(STAGING))?.is_none();
        for held in [POINTS, CLONES, REMOVING] {
            if self.dir.stat(&rel(held))?.is_some() {
                empty = empty && self.dir.open_dir(&rel(held))?.list()?.is_empty();
            }
        }
        if empty {
            let name = self.path.file_name().unwrap_or_default().to_owned();
            self.parent.remove_tree(&path_of(&name_of(&name)?))?;
            self.parent.sync()?;
        }
        Ok(())
    }
}

/// Clears away what an interrupted restore of `target` left, if anything did. True if there is a state directory.
///
/// # Errors
/// If another restore is running, or something cannot be removed.
pub fn recover(ctx: &Context<'_>, target: &Path) -> Result<bool> {
    if !exists(target)? {
        return Ok(false);
    }
    State::open(ctx, target)?.remove_if_empty()?;
    Ok(true)
}

/// The directory above a target, by device and inode; `None` if it is not there.
pub(super) fn above(target: &Path) -> Result<Option<(u64, u64)>> {
    match Dir::open(&names(target)?.0) {
        Ok(parent) => identity(&parent),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn identity(dir: &Dir) -> Result<Option<(u64, u64)>> {
    Ok(dir.stat(&RelPath::root())?.map(|stat| (stat.device, stat.inode)))
}

/// Refuses a target that cannot be exchanged, or not without what is mounted in it.
pub(crate) fn check_mounts(target: &Path) -> Result<()> {
    let (parent, name, _) = names(target)?;
    let real = parent.join(name.as_os_str());
    let target = target.to_owned();
    match holdall_disk::mounts_beneath(&real).into_iter().next() {
        None => Ok(()),
        Some(mounted) if mounted == real => Err(RestoreError::MountPoint { target }.into()),
        Some(mounted) => Err(RestoreError::MountWithin { mounted, target }.into()),
    }
}

/// True if a restore of `target` is running, or left something to be cleared away.
///
/// # Errors
/// If that cannot be looked at.
pub fn unfinished(target: &Path) -> Result<bool> {
    if !exists(target)? {
        return Ok(false);
    }
    let (parent, _, state) = names(target)?;
    let state = Dir::open(&parent)?.open_dir(&path_of(&state))?;
    // A point that shares files with the target gives them other names, which a plan would take for names of the user's.
    let shares = |points: Vec<super::Point>| points.iter().any(|point| !point.trimmed);
    Ok(state.stat(&rel(STAGING))?.is_some() || super::points::list(&state).is_ok_and(shares))
}

/// True if `target` has a state directory.
pub(super) fn exists(target: &Path) -> Result<bool> {
    let (parent, _, state) = names(target)?;
    Ok(match Dir::open(&parent) {
        Ok(parent) => parent.stat(&path_of(&state))?.is_some(),
        Err(error) if error.is_not_found() => false,
        Err(error) => return Err(error.into()),
    })
}

/// The directory above the target, the target's name in it, and the name of its state directory.
pub(crate) fn names(target: &Path) -> Result<(PathBuf, Name, Name)> {
    // A final `.` or a link names the directory it leads to; what is exchanged is that directory's own name.
    let target = match target.canonicalize() {
        Ok(real) => real,
        Err(_) => {
            let parent = target.parent().and_then(|parent| parent.canonicalize().ok());
            match (parent, target.file_name()) {
                (Some(parent), Some(name)) => parent.join(name),
                _ => target.to_owned(),
            }
        }
    };
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return Err(RestoreError::NoParent { target }.into());
    };
    let mut state = OsString::from(".");
    state.push(name);
    state.push(".holdall");
    Ok((parent.to_owned(), name_of(name)?, name_of(&state)?))
}

pub(crate) fn name_of(name: &std::ffi::OsStr) -> Result<Name> {
    use std::os::unix::ffi::OsStrExt;
    Name::parse(name.as_bytes()).map_err(|error| {
        holdall_tree::Error::new(holdall_tree::ErrorKind::Usage, error.to_string())
    })
}

pub(crate) fn path_of(name: &Name) -> RelPath {
    RelPath::root().join(name)
}

/// A path that is written in this program.
pub(crate) fn rel(path: &'static str) -> RelPath {
    RelPath::parse(path).unwrap_or_default()
}

#[expect(
    clippy::expect_used,
    reason = "the argument is a literal of this program and a valid name"
)]
pub(crate) fn literal(name: &'static str) -> Name {
    Name::parse(name).expect("a literal that is a valid name")
}
