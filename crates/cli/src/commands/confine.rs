//! Giving up what a restore does not need, before it reads what others made.

use std::path::{Path, PathBuf};

use holdall::config;
use holdall::disk::sandbox::{Confined, Sandbox};
use holdall::source::Locator;

use crate::args::{RestoreArgs, SandboxChoice};
use crate::commands::choosing;
use crate::failure::Result;
use crate::session::Session;

/// Confines the process to what a restore from `source` to `target` needs, as far as flags and settings want it, and
/// says what came of it. From here on only the source can be read, and only what lies beside the target be written; in
/// a dry run nothing.
pub(super) fn confine(
    session: &Session,
    args: &RestoreArgs,
    source: &Locator,
    target: Option<&Path>,
) -> Result<Confined> {
    let wanted = wanted(session, args);
    if wanted == config::Sandbox::Off {
        return Ok(Confined::default());
    }
    // What is needed at the end cannot be opened then.
    session.progress.open_trace();
    if session.asks() {
        session.terminal();
    }
    let mut sandbox = Sandbox::new();
    for path in reads(session, source)?.into_iter().chain(args.vault.clone()) {
        sandbox = sandbox.read(path);
    }
    let beside = target.and_then(above);
    sandbox = match beside {
        Some(dir) if session.dry_run || (args.preview && !choosing::asks(session, args)) => {
            sandbox.read(dir)
        }
        Some(dir) => sandbox.write(dir),
        None => sandbox,
    };
    // Snapshots and dumps have pipes and devices; archives that are not one's own are refused for them when they are read.
    sandbox = sandbox.nodes(true);
    if let Locator::Snapshot { .. } = source {
        // Its lock is kept fresh and removed.
        sandbox = sandbox.write(session.access()?.path.join("locks"));
    }
    let confined = sandbox.enter();
    tracing::info!(name: "confined", landlock = confined.landlock, seccomp = confined.seccomp, "confined");
    if !confined.is_whole() {
        let missing = confined.missing();
        if wanted == config::Sandbox::Require {
            return Err(holdall::Error::NoSandbox { missing }.into());
        }
        session.tell(&format!("note: the system has no {missing}; the restore does without"));
    } else if session.verbose() {
        session.tell(&format!("confined by {}", confined.words()));
    }
    Ok(confined)
}

/// What flags and settings want.
pub(super) fn wanted(session: &Session, args: &RestoreArgs) -> config::Sandbox {
    match args.sandbox {
        None => session.config.config.restore.sandbox,
        Some(SandboxChoice::Auto) => config::Sandbox::Auto,
        Some(SandboxChoice::Off) => config::Sandbox::Off,
        Some(SandboxChoice::Require) => config::Sandbox::Require,
        Some(SandboxChoice::Wasm) => config::Sandbox::Wasm,
    }
}

/// What has to be readable for a source.
fn reads(session: &Session, source: &Locator) -> Result<Vec<PathBuf>> {
    Ok(match source {
        Locator::Input => Vec::new(),
        // A pipe is open already.
        Locator::Path(path) if path.exists() && !path.is_file() && !path.is_dir() => Vec::new(),
        // The parts of a dump that was split lie side by side.
        Locator::Path(path) if !path.exists() || holdall::dump::may_be_part(path) => {
            path.parent().map(Path::to_owned).into_iter().collect()
        }
        Locator::Path(path) => vec![path.clone()],
        // Objects of a git repository may lie in any other.
        Locator::Commit { .. } => vec![PathBuf::from("/")],
        Locator::Snapshot { .. } => vec![session.access()?.path],
    })
}

/// The directory that holds the target, or the nearest one above that is there.
fn above(target: &Path) -> Option<PathBuf> {
    let target = match target.canonicalize() {
        Ok(real) => real,
        Err(_) => target
            .parent()?
            .canonicalize()
            .ok()
            .and_then(|dir| Some(dir.join(target.file_name()?)))
            .unwrap_or_else(|| target.to_owned()),
    };
    target.ancestors().skip(1).find(|dir| dir.is_dir()).map(Path::to_owned)
}
