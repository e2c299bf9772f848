//! What changed since a commit of git: as a selection of files, or as a patch.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use holdall_git::{Change, ChangeKind, Repository, Until};
use holdall_insight::secrets::{Baseline, Finding, Rules};
use holdall_tree::{Context, RelPath};

use crate::error::{Error, Result};

/// The largest file that a patch takes, in bytes: a patch is made of whole contents.
const FILE_MAX: u64 = 256 << 20;

/// What changed beneath a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Files that are new, changed or moved here.
    pub present: BTreeSet<RelPath>,
    /// Files that are gone, or moved away.
    pub gone: BTreeSet<RelPath>,
}

/// What changed in the work tree beneath `dir` since revision `since`. Paths are relative to `dir`.
///
/// # Errors
/// If the repository or the work tree cannot be read, or there is no such revision.
pub fn changed(repository: &Repository, since: &str, dir: &Path) -> Result<Changed> {
    let beneath = beneath(repository, dir)?;
    let mut changed = Changed::default();
    for change in repository.changes(since, Until::WorkTree)?.list() {
        let here = |path: &RelPath| path.strip_prefix(&beneath).filter(|path| !path.is_root());
        match change.kind {
            ChangeKind::Deleted => changed.gone.extend(here(&change.path)),
            ChangeKind::Renamed { ref from } => {
                changed.gone.extend(here(from));
                changed.present.extend(here(&change.path));
            }
            _ => changed.present.extend(here(&change.path)),
        }
    }
    Ok(changed)
}

/// Where `dir` lies in the work tree.
fn beneath(repository: &Repository, dir: &Path) -> Result<RelPath> {
    let outside = || Error::Usage(format!("{} does not lie in a work tree of git", dir.display()));
    let top = repository.work_dir().ok_or_else(outside)?;
    let real = |path: &Path| {
        path.canonicalize().map_err(|source| Error::Target { target: path.to_owned(), source })
    };
    let (top, dir) = (real(top)?, real(dir)?);
    let below = dir.strip_prefix(top).map_err(|_| outside())?;
    RelPath::parse(below.as_os_str().as_encoded_bytes())
        .map_err(|source| Error::Path { path: dir.clone(), source })
}

/// A secret in a patch.
#[derive(Debug)]
pub struct PatchSecret {
    /// The file.
    pub path: RelPath,
    /// Where in its new content, and what.
    pub finding: Finding,
}

/// The secrets in the new contents of what changed since `since` beneath `dir`.
///
/// # Errors
/// As [`changed`].
pub fn secrets(
    ctx: &Context<'_>,
    repository: &Repository,
    since: &str,
    dir: &Path,
    rules: &Rules,
    accepted: &Baseline,
) -> Result<Vec<PatchSecret>> {
    let beneath = beneath(repository, dir)?;
    let changes = repository.changes(since, Until::WorkTree)?;
    let mut found = Vec::new();
    for change in changes.list().iter().filter(|change| lies(change, &beneath)) {
        ctx.check()?;
        let Some(content) = changes.new_content(change, FILE_MAX)? else { continue };
        let findings = rules.scan(&change.path, &content).into_iter();
        let fresh = findings.filter(|finding| !accepted.holds(finding));
        found.extend(fresh.map(|finding| PatchSecret { path: change.path.clone(), finding }));
    }
    Ok(found)
}

/// Writes what changed since `since` beneath `dir` as a patch that `git apply` takes at the top of the work tree. Gives
/// how many files it changes.
///
/// # Errors
/// As [`changed`], or if `out` fails.
pub fn write_patch(
    ctx: &Context<'_>,
    repository: &Repository,
    since: &str,
    dir: &Path,
    out: &mut dyn Write,
) -> Result<u64> {
    let beneath = beneath(repository, dir)?;
    let changes = repository.changes(since, Until::WorkTree)?;
    let mut files = 0;
    for change in changes.list().iter().filter(|change| lies(change, &beneath)) {
        ctx.check()?;
        changes.write_patch(change, FILE_MAX, out)?;
        files += 1;
    }
    out.flush().map_err(Error::Output)?;
    Ok(files)
}

fn lies(change: &Change, beneath: &RelPath) -> bool {
    change.path.starts_with(beneath) || change.old_path().starts_with(beneath)
}
