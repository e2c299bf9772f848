//! Where something goes that is one file: a file that is whole or not there, or standard output.

use std::io::Write;
use std::path::{Path, PathBuf};

use holdall::behind::behind;
use holdall::output::{Following, Pending, Sidecar};
use holdall::seal::Scheme;

use crate::commands::selection;
use crate::failure::{Failure, Result, output};
use crate::session::Session;

/// Where something goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard output.
    Output,
    /// This file, which appears when it is whole.
    File(PathBuf),
}

impl Place {
    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Output => None,
            Self::File(file) => Some(file.clone()),
        }
    }

    /// Hands what is written there to `write`. A file appears only when it is published; a dry run writes nothing anywhere.
    pub(super) fn draft<T>(
        &self,
        session: &Session,
        sidecar: Sidecar,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>,
    ) -> Result<(T, Option<Pending>)> {
        let file = match self {
            _ if session.dry_run => return Ok((write(&mut std::io::sink())?, None)),
            Self::Output => return Ok((behind(&mut std::io::stdout(), write, output)?, None)),
            Self::File(file) => file,
        };
        let mut pending = Pending::begin(file, sidecar)?;
        let written =
            behind(&mut pending, write, output).map_err(|failure| of_file(file, failure))?;
        Ok((written, Some(pending)))
    }
}

/// A draft of `file` that `beside` reads, from its first byte to its last, while it is written.
pub(super) fn draft_beside<T, R: Send>(
    file: &Path,
    sidecar: Sidecar,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>,
    beside: impl FnOnce(Following) -> R + Send,
) -> Result<(T, R, Pending)> {
    let mut pending = Pending::begin(file, sidecar)?;
    let (following, writing) = pending.follow()?;
    let (written, found) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || beside(following));
        let written = behind(&mut pending, write, output);
        drop(writing);
        (written, reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    Ok((written.map_err(|failure| of_file(file, failure))?, found, pending))
}

/// Patterns that leave out a file that this run writes, and what belongs to it, if it lies in the tree.
pub(super) fn own_output(file: &Path, root: &Path) -> Vec<String> {
    let real = |path: &Path| path.canonicalize().ok();
    let above = file.parent().and_then(real);
    let (Some(above), Some(root), Some(name)) = (above, real(root), file.file_name()) else {
        return Vec::new();
    };
    let Ok(below) = above.strip_prefix(&root) else { return Vec::new() };
    let path = selection::escape(&below.join(name).to_string_lossy());
    let beside = ["", ".sha256", "-tmp-*"].map(ToOwned::to_owned).into_iter();
    let signatures = Scheme::ALL.map(|scheme| format!(".{}", scheme.ending()));
    beside.chain(signatures).map(|more| format!("/{path}{more}")).collect()
}

/// What the system says while a file is written is said of that file: it is no trouble with standard output.
fn of_file(file: &Path, failure: Failure) -> Failure {
    let source = match failure {
        Failure::Output(source) => source,
        Failure::Operation(error) => match *error {
            holdall::Error::Output(source) => source,
            other => return other.into(),
        },
        other => return other,
    };
    holdall::disk::Error::Io { doing: "write", path: file.to_path_buf(), source }.into()
}
