//! The programs we are judged by, and what one of them says of two trees.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that is there.
#[derive(Debug, Clone)]
pub struct Peer {
    program: PathBuf,
}

impl Peer {
    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A run of it that reads nothing and sees no setting of the user who runs the tests: its home is `home`.
    #[must_use]
    pub fn command(&self, home: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().stdin(Stdio::null()).current_dir(home).env("HOME", home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("XDG_CACHE_HOME", home.join("cache"));
        // No question, whatever moved; and nothing of the machine's Git configuration.
        command.env("BORG_BASE_DIR", home).env("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for person in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{person}_NAME"), "Test");
            command.env(format!("GIT_{person}_EMAIL"), "test@example.org");
        }
        command
    }
}

/// A program such as `restic`, `rsync`, `git`, `borg` or `strace`; `None`, with a printed line, if it is missing.
///
/// # Panics
/// If it is missing and `HOLDALL_TEST_PEERS=required`, as `cargo xtask test` sets it.
#[must_use]
pub fn peer(name: &str) -> Option<Peer> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file());
    if let Some(program) = found {
        return Some(Peer { program });
    }
    let required = std::env::var_os("HOLDALL_TEST_PEERS").is_some_and(|value| value == "required");
    assert!(!required, "{name} is missing; `cargo xtask setup` installs it");
    eprintln!("skipped: {name} is missing; `cargo xtask setup` installs it");
    None
}

/// Whether the test runs as root, who alone can make devices and give files away.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What rsync would change to make `b` like `a`, a line for each entry; empty if they are the same.
/// Without rsync it is empty too, with a printed line (see [`peer`]).
///
/// # Panics
/// If rsync fails.
#[must_use]
pub fn rsync_identical(a: &Path, b: &Path) -> Vec<String> {
    let Some(rsync) = peer("rsync") else { return Vec::new() };
    let mut from = a.as_os_str().to_owned();
    from.push("/");
    let mut to = b.as_os_str().to_owned();
    to.push("/");
    let mut command = rsync.command(Path::new("/"));
    command.args(["-acHAXn", "--devices", "--specials", "--delete", "-i"]).arg(from).arg(to);
    let output = command.output().unwrap_or_else(|error| panic!("cannot run rsync: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rsync failed with {}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
