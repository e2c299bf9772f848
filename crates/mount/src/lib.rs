#![doc = include_str!("../README.md")]

mod attr;
mod content;
mod kernel;
mod queue;
mod room;
mod view;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fuser::{Config, MountOption, Session, SessionACL};
use holdall_tree::{Classified, Context, ErrorKind, Tree};
use rustix::fs::{AtFlags, StatxFlags};
use rustix::mount::UnmountFlags;

pub use room::Room;

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
/// What mounts and unmounts for ordinary users.
const FUSERMOUNT: &str = "fusermount3";
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

/// A file system that is mounted and looks like the empty directory that was there, until there is a tree to show.
///
/// Whoever makes one takes it away with [`Place::unmount`], in this process or in another: this one may have given up the right
/// to when it ends. If it is dropped, whoever looks gets errors until then.
pub struct Mounted {
    dir: PathBuf,
    queue: Queue,
    talk: Talk,
}

/// What talks to the kernel. It lives on its own: where files stay open, the kernel keeps it longer than we are here.
enum Talk {
    Ready(Box<Session<Kernel>>),
    Begun(JoinHandle<io::Result<()>>),
}

/// What is done around a tree that is shown.
pub struct Around<'a> {
    /// Called when it can be looked at.
    pub ready: &'a mut dyn FnMut(),
    /// Takes it away, as [`Place::unmount`] does, when the user interrupts.
    pub take_away: &'a mut dyn FnMut(),
}

/// Mounts on `dir`, an empty directory.
///
/// # Errors
/// If nothing can be mounted there.
pub fn mount(dir: &Path, access: For) -> Result<Mounted, Error> {
    check(dir)?;
    let queue = Queue::new();
    let session = Session::new(Kernel::new(queue.clone()), dir, &config(access));
    let session = session.map_err(|source| refusal(dir, source))?;
    Ok(Mounted { dir: dir.to_owned(), queue, talk: Talk::Ready(Box::new(session)) })
}

impl Mounted {
    /// Begins to answer, by a thread that does `first` before all else. Until then whoever looks waits, so it may not be
    /// this process.
    #[must_use]
    pub fn begin(self, first: impl FnOnce() + Send + 'static) -> Self {
        let talk = match self.talk {
            Talk::Ready(session) => Talk::Begun(std::thread::spawn(move || {
                first();
                session.run()
            })),
            begun @ Talk::Begun(_) => begun,
        };
        Self { talk, ..self }
    }

    /// Shows `tree` until somebody unmounts it or the user interrupts. What cannot be read goes to the observer, and to
    /// whoever reads as an error.
    ///
    /// # Errors
    /// If the connection to the kernel breaks.
    pub fn show(
        self,
        ctx: &Context<'_>,
        tree: &dyn Tree,
        lasts: Lasts,
        room: Room,
        around: Around<'_>,
    ) -> Result<(), Error> {
        let Self { dir, queue, talk } = self.begin(|| ());
        let Talk::Begun(talk) = talk else { return Ok(()) };
        let budget = Budget::new(ctx.memory_bytes, room);
        let view = View::new(ctx, tree, lasts, &budget);
        let workers = Workers(&queue);
        std::thread::scope(|scope| {
            let workers = workers;
            for _ in 0..ctx.threads.clamp(WORKERS_MIN, WORKERS_MAX) {
                scope.spawn(|| queue.answer(&view));
            }
            queue.open();
            (around.ready)();
            while !queue.wait_closed(LOOK) && !talk.is_finished() {
                if ctx.cancel.is_cancelled() {
                    (around.take_away)();
                    queue.wait_until_closed(Instant::now() + END);
                    return Ok(());
                }
            }
            drop(workers);
            let lost = |source| Error::Lost { dir: dir.clone(), source };
            match talk.join() {
                Ok(talked) => talked.map_err(lost),
                Err(_) => Err(lost(io::Error::other("what talks to it panicked; this is a bug"))),
            }
        })
    }
}

/// Those who answer, who end when this is dropped.
struct Workers<'q>(&'q Queue);

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What is mounted somewhere, for whoever takes it away. It asks nothing of those who answer for it.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    number: Option<u64>,
}

impl Place {
    /// What is mounted on `dir` now.
    ///
    /// # Errors
    /// If nothing can be seen of it.
    pub fn of(dir: &Path) -> io::Result<Self> {
        Ok(Self { dir: dir.to_owned(), number: number(dir)? })
    }

    /// Takes it away, if it is still there. Where somebody is in it, they keep what they have open and get errors.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn unmount(&self) -> io::Result<()> {
        // Somebody may have been faster, and it is not ours to take away what was below it.
        if number(&self.dir)? != self.number {
            return Ok(());
        }
        let done = rustix::mount::unmount(&self.dir, UnmountFlags::empty());
        let done = done.or_else(|_| rustix::mount::unmount(&self.dir, UnmountFlags::DETACH));
        if done != Err(rustix::io::Errno::PERM) {
            return Ok(done?);
        }
        // Of a user who is not root, the program that mounted takes it away.
        let mut command = Command::new(FUSERMOUNT);
        command.args(["-u", "-q", "-z", "--"]).arg(&self.dir).stdin(Stdio::null());
        let status = command.output()?.status;
        let failed = || io::Error::other(format!("{FUSERMOUNT} ended with {status}"));
        if status.success() { Ok(()) } else { Err(failed()) }
    }
}

/// The number of a mount, where the system has such. It is known without asking whoever answers, who may be gone.
fn number(dir: &Path) -> io::Result<Option<u64>> {
    let (flags, wanted) = (AtFlags::STATX_DONT_SYNC, StatxFlags::MNT_ID);
    let seen = rustix::fs::statx(rustix::fs::CWD, dir, flags, wanted)?;
    let has = StatxFlags::from_bits_retain(seen.stx_mask).contains(StatxFlags::MNT_ID);
    Ok(has.then_some(seen.stx_mnt_id))
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

fn config(access: For) -> Config {
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
    config.acl = match access {
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
