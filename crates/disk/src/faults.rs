//! Failures on demand: a test names the step at which the disk fails or the process is as good as dead.
//!
//! Each call that would change the disk counts as one step, just before it happens. A fault watches the steps beneath
//! one directory, so tests that run side by side do not see each other. After a [`What::Stop`] nothing beneath that
//! directory changes any more, not even by what is cleaned up on drop: it looks as after a power cut.
//!
//! A path is compared as it is shown: the directory that a fault watches is named without symbolic links.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What happens at which step.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Steps at or beneath this directory count; the empty path is everywhere.
    pub beneath: PathBuf,
    /// The step at which it happens; the first is 0. `u64::MAX` only counts.
    pub at: u64,
    /// What happens.
    pub what: What,
}

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// This step and every later one does nothing and fails.
    Stop,
    /// This step fails with this number of an operating system's error; later ones work.
    Error(i32),
}

/// A fault in force until this is dropped.
#[derive(Debug)]
pub struct Armed(Arc<Watch>);

#[derive(Debug)]
struct Watch {
    fault: Fault,
    seen: Mutex<Vec<String>>,
}

static ARMED: Mutex<Vec<Arc<Watch>>> = Mutex::new(Vec::new());

/// Puts a fault in force.
#[must_use]
pub fn arm(fault: Fault) -> Armed {
    let watch = Arc::new(Watch { fault, seen: Mutex::new(Vec::new()) });
    lock(&ARMED).push(Arc::clone(&watch));
    Armed(watch)
}

/// Counts the steps beneath a directory without a fault.
#[must_use]
pub fn count(beneath: impl Into<PathBuf>) -> Armed {
    arm(Fault { beneath: beneath.into(), at: u64::MAX, what: What::Stop })
}

impl Armed {
    /// How many steps were reached, failed ones included.
    #[must_use]
    pub fn steps(&self) -> u64 {
        lock(&self.0.seen).len() as u64
    }

    /// The steps that were reached, in order, each as a verb and a path.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        lock(&self.0.seen).clone()
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        lock(&ARMED).retain(|watch| !Arc::ptr_eq(watch, &self.0));
    }
}

pub(crate) fn step(what: &'static str, path: &Path) -> io::Result<()> {
    let watching: Vec<Arc<Watch>> =
        lock(&ARMED).iter().filter(|w| path.starts_with(&w.fault.beneath)).cloned().collect();
    for watch in watching {
        let mut seen = lock(&watch.seen);
        let number = seen.len() as u64;
        seen.push(format!("{what} {}", path.display()));
        match watch.fault.what {
            What::Stop if number >= watch.fault.at => {
                return Err(io::Error::other(format!("stopped before step {number}")));
            }
            What::Error(errno) if number == watch.fault.at => {
                return Err(io::Error::from_raw_os_error(errno));
            }
            What::Stop | What::Error(_) => {}
        }
    }
    Ok(())
}

/// A step on an open file, whose path the kernel knows.
pub(crate) fn step_file(what: &'static str, file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    if lock(&ARMED).is_empty() {
        return Ok(());
    }
    match std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) {
        Ok(path) => step(what, &path),
        Err(_) => Ok(()),
    }
}

/// True if a test switched this layer of protection off, to show that the others hold: `FAULTS_WITHOUT` has
/// `landlock`, `seccomp` and `beneath`, with commas between.
pub(crate) fn without(layer: &str) -> bool {
    static OFF: OnceLock<String> = OnceLock::new();
    let off = OFF.get_or_init(|| std::env::var("FAULTS_WITHOUT").unwrap_or_default());
    off.split(',').any(|one| one == layer)
}

/// Does what code would do that somebody took over, if `FAULTS_BREACH` names a directory to do it in, and tells on
/// standard error how each attempt ended.
pub(crate) fn breach() {
    let Some(dir) = std::env::var_os("FAULTS_BREACH").map(PathBuf::from) else { return };
    // In a thread of its own, as workers are.
    let _ = std::thread::spawn(move || {
        for (what, done) in attempts(&dir) {
            let how = done.map_or_else(|error| error.to_string(), |()| "done".to_owned());
            let _ = writeln!(io::stderr(), "breach {what}: {how}");
        }
    })
    .join();
}

fn attempts(dir: &Path) -> Vec<(&'static str, io::Result<()>)> {
    use rustix::fs::{CWD, Mode, OFlags};
    let canary = |name: &str| dir.join(name);
    let by_handle = || {
        let root = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let flags = OFlags::WRONLY | OFlags::CREATE;
        rustix::fs::openat(root, canary("by-handle"), flags, Mode::RWXU).map(drop)
    };
    let truncate = || rustix::fs::open(canary("truncated"), OFlags::TRUNC, Mode::empty()).map(drop);
    let rename = || rustix::fs::renameat(CWD, canary("renamed"), CWD, canary("new-name"));
    // One that changes nothing for whoever gets it, the process that started this one.
    let signal = || {
        let above = rustix::process::getppid().ok_or(rustix::io::Errno::SRCH)?;
        rustix::process::kill_process(above, rustix::process::Signal::WINCH)
    };
    let port = std::env::var("FAULTS_BREACH_PORT").unwrap_or_default();
    vec![
        ("write", std::fs::write(canary("by-path"), "x")),
        ("write by handle", by_handle().map_err(Into::into)),
        ("overwrite", std::fs::write(canary("overwritten"), "x")),
        ("truncate", truncate().map_err(Into::into)),
        ("read", std::fs::read(canary("read")).map(drop)),
        ("list", std::fs::read_dir(dir).map(drop)),
        ("make directory", std::fs::create_dir(canary("made"))),
        ("link", std::os::unix::fs::symlink("/", canary("link"))),
        ("hard link", std::fs::hard_link(canary("read"), canary("second"))),
        ("rename", rename().map_err(Into::into)),
        ("remove", std::fs::remove_file(canary("removed"))),
        ("socket", std::net::UdpSocket::bind("127.0.0.1:0").map(drop)),
        ("connect", std::net::TcpStream::connect(format!("127.0.0.1:{port}")).map(drop)),
        ("signal", signal().map_err(Into::into)),
        ("execute", std::process::Command::new("/bin/true").status().map(drop)),
    ]
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
