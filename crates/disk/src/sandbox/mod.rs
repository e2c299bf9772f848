//! Giving up what a process does not need, before it reads what others made.
//!
//! Two layers of the kernel, each of which holds alone. Landlock leaves the files beneath the paths that are named:
//! everything else can neither be read nor written, nothing is executed, and no connection is made. Seccomp leaves the
//! system calls that a command makes which reads a tree and writes one: none that opens a socket, starts a program, traces
//! another process or mounts, and none that changes a file by a path instead of through a handle. What was open before
//! stays open. There is no way back; a thread that is started later has no more than the one that started it.

mod calls;
mod paths;

use std::path::PathBuf;

use rustix::process::{DumpableBehavior, Resource, Rlimit};

use crate::faults;

/// What a process keeps.
///
/// ```no_run
/// # use holdall_disk::sandbox::Sandbox;
/// let confined = Sandbox::new().read("/home/me/download.tar").write("/home/me/projects").enter();
/// assert!(confined.is_whole());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    nodes: bool,
}

/// Which layers are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Confined {
    /// The version of Landlock, if the kernel has it.
    pub landlock: Option<u32>,
    /// Whether system calls are filtered.
    pub seccomp: bool,
}

impl Confined {
    /// True if both layers are in force.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.landlock.is_some() && self.seccomp
    }

    /// The layers that are in force, in words.
    #[must_use]
    pub fn words(self) -> String {
        match (self.landlock, self.seccomp) {
            (Some(version), true) => format!("Landlock {version}, seccomp"),
            (Some(version), false) => format!("Landlock {version}"),
            (None, true) => "seccomp".to_owned(),
            (None, false) => "none".to_owned(),
        }
    }

    /// The layers that are not in force, in words.
    #[must_use]
    pub fn missing(self) -> String {
        match (self.landlock.is_some(), self.seccomp) {
            (true, true) => "nothing".to_owned(),
            (true, false) => "seccomp".to_owned(),
            (false, true) => "Landlock".to_owned(),
            (false, false) => "Landlock and seccomp".to_owned(),
        }
    }
}

impl Sandbox {
    /// A process that keeps nothing but what is open, and what the system's libraries read of the system.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the right to read this file, or everything beneath this directory. What is not there is passed over.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Keeps the right to read and change everything beneath this directory.
    #[must_use]
    pub fn write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// Keeps the right to make pipes, sockets and devices there too.
    #[must_use]
    pub fn nodes(mut self, nodes: bool) -> Self {
        self.nodes = nodes;
        self
    }

    /// Gives everything else up and says which layers the kernel has. Landlock binds this thread and those that it
    /// starts; the filter of system calls binds all threads of the process. Threads that ran before bind themselves with
    /// [`confine_thread`].
    #[must_use]
    pub fn enter(&self) -> Confined {
        hide();
        // Landlock comes first: the filter forbids its calls.
        let landlock = if faults::without("landlock") { None } else { paths::enter(self) };
        let seccomp = !faults::without("seccomp") && calls::enter(self.nodes);
        faults::breach();
        Confined { landlock, seccomp }
    }
}

/// Gives up all files for the calling thread, which works on what is open already: a thread that watches or draws. True
/// if the kernel can do that.
pub fn confine_thread() -> bool {
    !faults::without("landlock") && paths::enter(&Sandbox::default()).is_some()
}

/// Leaves no image of the memory behind, and lets nobody look into it.
fn hide() {
    // Where the system does not do it, nothing else depends on it.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(Resource::Core, none);
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
