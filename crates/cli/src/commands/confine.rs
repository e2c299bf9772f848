//! Giving up what a command does not need, before it reads what others made.

use std::path::{Path, PathBuf};

use holdall::config;
use holdall::disk::sandbox::{Confined, Sandbox};
use holdall::sealed::Keys;
use holdall::source::Locator;

use crate::args::{RestoreArgs, SandboxChoice};
use crate::commands::choosing;
use crate::failure::Result;
use crate::session::Session;

/// What a command needs beside its sources when they are open.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// What else is read.
    pub(super) reads: Vec<PathBuf>,
    /// What is written, by what is made beside it; in a dry run that is only looked at.
    pub(super) writes: Vec<PathBuf>,
    /// Whether there may be pipes and devices among it.
    pub(super) nodes: bool,
    /// Why nothing can be given up, if that is so.
    pub(super) all: Option<&'static str>,
}

/// Confines the process to what a restore from `source` to `target` needs, as far as flags and settings want it, and
/// says what came of it. From here on only the source can be read, and only what lies beside the target be written; in
/// a dry run nothing.
pub(super) fn confine(
    session: &Session,
    args: &RestoreArgs,
    source: &Locator,
    target: Option<&Path>,
) -> Result<Confined> {
    let wanted = wanted(session, args.sandbox);
    if wanted == config::Sandbox::Off {
        return Ok(Confined::default());
    }
    if session.asks() {
        session.terminal();
    }
    let mut needs = Needs {
        reads: args.vault.iter().cloned().collect(),
        // Snapshots and dumps have pipes and devices; archives that are not one's own are refused for them when they are read.
        nodes: true,
        ..Needs::default()
    };
    if args.preview && !choosing::asks(session, args) {
        needs.reads.extend(target.and_then(above));
    } else {
        needs.writes.extend(target.map(Path::to_owned));
    }
    let confined = within(session, wanted, std::slice::from_ref(source), &needs)?;
    lacking(session, confined);
    Ok(confined)
}

/// Confines a command to reading its sources, and to what else it needs.
pub(super) fn within(
    session: &Session,
    wanted: config::Sandbox,
    sources: &[Locator],
    needs: &Needs,
) -> Result<Confined> {
    let mut sandbox = Sandbox::new().nodes(needs.nodes);
    for source in sources {
        for path in reads(session, source)? {
            sandbox = sandbox.read(path);
        }
        sandbox = locks(session, source, sandbox)?;
    }
    sandbox = needs.reads.iter().fold(sandbox, Sandbox::read);
    for dir in needs.writes.iter().filter_map(|path| above(path)) {
        sandbox = if session.dry_run { sandbox.read(dir) } else { sandbox.write(dir) };
    }
    enter(session, wanted, &sandbox)
}

/// Says so if not all could be given up that should have been.
pub(super) fn lacking(session: &Session, confined: Confined) {
    if !confined.is_whole() {
        let missing = confined.missing();
        session.tell(&format!("note: the system has no {missing}; this is done without"));
    }
}

/// Says that nothing is given up, which is refused where it has to be.
pub(super) fn needs_all(session: &Session, wanted: config::Sandbox, why: &str) -> Result<()> {
    if wanted == config::Sandbox::Require {
        return Err(holdall::Error::Unconfined { why: why.to_owned() }.into());
    }
    if session.verbose() {
        session.tell(&format!("not confined: {why}"));
    }
    Ok(())
}

/// Has the passphrase ready for what may be encrypted, and the terminal on which somebody may be asked for it.
pub(super) fn fetch(
    session: &Session,
    source: &Locator,
    text: &str,
    keys: &Keys<'_>,
) -> Result<()> {
    let asks = match source {
        Locator::Path(path) if path.is_dir() || !path.exists() => false,
        Locator::Path(path) if path.is_file() => keys.fetch(text, Some(path))?,
        Locator::Input | Locator::Path(_) => keys.fetch(text, None)?,
        Locator::Commit { .. } | Locator::Snapshot { .. } => false,
    };
    if asks {
        session.terminal();
    }
    Ok(())
}

/// The lock of a repository is kept fresh and removed.
fn locks(session: &Session, source: &Locator, sandbox: Sandbox) -> Result<Sandbox> {
    Ok(match source {
        Locator::Snapshot { .. } => sandbox.write(session.access()?.path.join("locks")),
        _ => sandbox,
    })
}

fn enter(session: &Session, wanted: config::Sandbox, sandbox: &Sandbox) -> Result<Confined> {
    // What is needed at the end cannot be opened then.
    session.progress.open_trace();
    let confined = sandbox.enter();
    tracing::info!(name: "confined", landlock = confined.landlock, seccomp = confined.seccomp, "confined");
    if !confined.is_whole() && wanted == config::Sandbox::Require {
        return Err(holdall::Error::NoSandbox { missing: confined.missing() }.into());
    }
    if session.verbose() && confined.is_whole() {
        session.tell(&format!("confined by {}", confined.words()));
    }
    Ok(confined)
}

/// What flags and settings want.
pub(super) fn wanted(session: &Session, flag: Option<SandboxChoice>) -> config::Sandbox {
    match flag {
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
pub(crate) fn above(target: &Path) -> Option<PathBuf> {
    let target = std::path::absolute(target).ok()?;
    let target = match target.canonicalize() {
        Ok(real) => real,
        Err(_) => target
            .parent()?
            .canonicalize()
            .ok()
            .and_then(|dir| Some(dir.join(target.file_name()?)))
            .unwrap_or_else(|| target.clone()),
    };
    target.ancestors().skip(1).find(|dir| dir.is_dir()).map(Path::to_owned)
}
