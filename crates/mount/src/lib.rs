#![doc = include_str!("../README.md")]

mod attr;
mod content;
mod kernel;
mod queue;
mod view;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fuser::{Config, MountOption, Session, SessionACL, SessionUnmounter};
use holdall_tree::{Classified, Context, ErrorKind, Tree};
use rustix::mount::{UnmountFlags, unmount};

use content::Budget;
use kernel::Kernel;
use queue::Queue;
use view::View;

/// Threads that answer, at least: one that unpacks a large file must not keep others from small ones.
const WORKERS_MIN: usize = 4;
/// Threads that answer, at most.
const WORKERS_MAX: usize = 32;
/// How long an interruption may go unseen.
const LOOK: Duration = Duration::from_millis(50);
/// How long the kernel is waited for when the file system was taken away: whoever has a file of it open may keep it.
const END: Duration = Duration::from_secs(2);
/// What tables of mounts call it.
const NAME: &str = "holdall";
/// Where the kernel takes file systems from.
const DEVICE: &str = "/dev/fuse";

/// Whether a tree stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// It does, so that the kernel may keep what it has seen: a snapshot, an archive.
    Forever,
    /// It may change at any time: a directory.
    AsLongAsItDoes,
}

/// Who may look into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum For {
    /// The user who mounted it, and nobody else, not even root.
    #[default]
    Owner,
    /// Everybody, as far as modes and access control lists let them.
    Everybody,
}

/// How a tree is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the tree stays as it is.
    pub lasts: Lasts,
    /// Who may look into it.
    pub access: For,
}

/// Why a tree cannot be mounted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no directory to mount on.
    #[error("cannot mount on {}", dir.display())]
    Unfit {
        /// Where it was to be mounted.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the directory holds would be hidden.
    #[error("cannot mount on {}: it is not empty", dir.display())]
    NotEmpty {
        /// Where it was to be mounted.
        dir: PathBuf,
    },
    /// A file system whose program is gone is mounted there.
    #[error("cannot mount on {}: what is mounted there has lost its program", dir.display())]
    Dead {
        /// Where it was to be mounted.
        dir: PathBuf,
    },
    /// The system has no FUSE, or does not let this user have it.
    #[error("cannot mount on {}: FUSE cannot be had", dir.display())]
    NoFuse {
        /// Where it was to be mounted.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system refused.
    #[error("cannot mount on {}: the system refuses", dir.display())]
    Refused {
        /// Where it was to be mounted.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The connection to the kernel broke.
    #[error("the kernel does not talk about {} any more", dir.display())]
    Lost {
        /// Where it was mounted.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotEmpty { .. } => ErrorKind::Refused,
            _ => ErrorKind::Failed,
        }
    }
}

/// Shows `tree` beneath `dir`, an empty directory, until somebody unmounts it or the user interrupts, and takes it away
/// then. `ready` is called when it can be looked at. What cannot be read goes to the observer, and to whoever reads as an
/// error.
///
/// # Errors
/// If it cannot be mounted, or the connection to the kernel breaks.
pub fn mount(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    dir: &Path,
    options: Options,
    ready: &mut dyn FnMut(),
) -> Result<(), Error> {
    check(dir)?;
    let queue = Queue::new();
    let session = Session::new(Kernel::new(queue.clone()), dir, &config(options));
    let mut session = session.map_err(|source| refusal(dir, source))?;
    let mut mounted = Mounted { dir, unmounter: session.unmount_callable(), queue: queue.clone() };
    let budget = Budget::new(ctx.memory_bytes);
    let view = View::new(ctx, tree, options.lasts, &budget);
    // It lives on its own: where files stay open, the kernel keeps it longer than we are here.
    let talk = std::thread::spawn(move || session.run());
    std::thread::scope(|scope| {
        for _ in 0..ctx.threads.clamp(WORKERS_MIN, WORKERS_MAX) {
            scope.spawn(|| queue.answer(&view));
        }
        ready();
        while !queue.wait_closed(LOOK) && !talk.is_finished() {
            if ctx.cancel.is_cancelled() {
                mounted.take_away();
                queue.wait_until_closed(Instant::now() + END);
                return Ok(());
            }
        }
        queue.close();
        let lost = |source| Error::Lost { dir: dir.to_owned(), source };
        match talk.join() {
            Ok(talked) => talked.map_err(lost),
            Err(_) => Err(lost(io::Error::other("what talks to it panicked; this is a bug"))),
        }
    })
}

/// A file system that is taken away when this is dropped, and whose workers end then.
struct Mounted<'d> {
    dir: &'d Path,
    unmounter: SessionUnmounter,
    queue: Queue,
}

impl Mounted<'_> {
    /// Takes the file system away. Where somebody is in it still, they keep what they have open and get errors.
    fn take_away(&mut self) {
        if self.unmounter.unmount().is_err() {
            // Nobody else can be told.
            let _ = unmount(self.dir, UnmountFlags::DETACH);
        }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // It may be gone by now, which is no error.
        let _ = self.unmounter.unmount();
        self.queue.close();
    }
}

/// Fails unless `dir` is an empty directory.
///
/// # Errors
/// If it is not.
pub fn check(dir: &Path) -> Result<(), Error> {
    let unfit = |source: io::Error| {
        if source.raw_os_error() == Some(rustix::io::Errno::NOTCONN.raw_os_error()) {
            return Error::Dead { dir: dir.to_owned() };
        }
        Error::Unfit { dir: dir.to_owned(), source }
    };
    match std::fs::read_dir(dir).map_err(unfit)?.next() {
        Some(Ok(_)) => Err(Error::NotEmpty { dir: dir.to_owned() }),
        Some(Err(error)) => Err(unfit(error)),
        None => Ok(()),
    }
}

fn config(options: Options) -> Config {
    let mut config = Config::default();
    // Whatever a tree says of its files, nobody gains a right by it.
    config.mount_options = vec![
        MountOption::FSName(NAME.to_owned()),
        MountOption::Subtype(NAME.to_owned()),
        MountOption::RO,
        MountOption::NoSuid,
        MountOption::NoDev,
        MountOption::NoAtime,
        MountOption::DefaultPermissions,
    ];
    config.acl = match options.access {
        For::Owner => SessionACL::Owner,
        For::Everybody => SessionACL::All,
    };
    config
}

fn refusal(dir: &Path, source: io::Error) -> Error {
    let dir = dir.to_owned();
    // Without the device, or without the program that mounts for ordinary users.
    if !Path::new(DEVICE).exists() || source.kind() == io::ErrorKind::NotFound {
        return Error::NoFuse { dir, source };
    }
    match std::fs::File::options().read(true).write(true).open(DEVICE) {
        Err(source) => Error::NoFuse { dir, source },
        Ok(_) => Error::Refused { dir, source },
    }
}
