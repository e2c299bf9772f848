//! A process that waits beside one that confines itself, and does one thing for it that it cannot do any more.
//!
//! It is started before anything of others is read, and is told at once what that one thing is. Later it hears a word
//! that is fixed, or that the run is gone, and nothing else: whatever a hostile source makes of the run, it cannot say
//! what is done.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use holdall::databases::{Feed, Statements, Told};
use holdall::disk::Patient;
use holdall::tree::CancelToken;
use holdall_mount::{Place, Room};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What it is started with. It is no part of the command line that is promised to users.
pub(crate) const COMMAND: &str = "__aide";
/// The longest line between the two processes, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// What it does.
#[derive(Debug, Serialize, Deserialize)]
enum Task<F> {
    /// Asks this process to end.
    End(i32),
    /// Feeds a database with what lies in standard input.
    Feed(F),
    /// Has a directory ready for what is unpacked, and takes away what is mounted.
    Unmount,
}

/// What it is told while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// Do it.
    Do,
    /// There is nothing to be done.
    Leave,
}

/// That process, as the run sees it. Dropped without a word, it acts as if the run were gone; then its end is waited for.
pub(crate) struct Aide {
    line: Option<UnixStream>,
    child: Child,
}

impl Aide {
    /// Starts one that asks a process to end, which the run has started and not yet taken from the table of processes.
    /// It does so unless it is told to leave it.
    ///
    /// # Errors
    /// If it cannot be started or get ready.
    pub(crate) fn to_end(process: &Child) -> io::Result<Self> {
        let pid = Pid::from_child(process).as_raw_pid();
        Self::start(&Task::<&Feed>::End(pid), nothing()?)
    }

    /// Starts one that feeds a database with what will be in `spool`.
    ///
    /// # Errors
    /// If it cannot be started or get ready.
    pub(crate) fn to_feed(feed: &Feed, spool: &File) -> io::Result<Self> {
        Self::start(&Task::Feed(feed), spool.try_clone()?.into())
    }

    /// Starts one that takes away what is mounted, and gives a directory for what is unpacked, which goes with it.
    ///
    /// # Errors
    /// If it cannot be started or get ready.
    pub(crate) fn to_unmount() -> io::Result<(Self, PathBuf)> {
        let aide = Self::start(&Task::<&Feed>::Unmount, nothing()?)?;
        let room: OsString = aide.answer()?;
        Ok((aide, room.into()))
    }

    /// Tells it where something was mounted. It takes that away at the end, if nobody else did.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn mounted(&self, dir: &Path) -> io::Result<()> {
        self.tell(&dir.as_os_str())?;
        self.answer::<Result<(), String>>()?.map_err(io::Error::other)
    }

    /// Has it take away what is mounted now.
    ///
    /// # Errors
    /// If it is gone, or the system refuses.
    pub(crate) fn unmount(&self) -> io::Result<()> {
        self.say(Word::Do)?;
        self.answer::<Result<(), String>>()?.map_err(io::Error::other)
    }

    /// Feeds, or stops that if somebody cancels, and gives what came of it.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn feed(
        &self,
        statements: Statements,
        cancel: &CancelToken,
    ) -> io::Result<Result<(), Told>> {
        self.tell(&statements)?;
        if let Some(line) = &self.line
            && let Ok(answer) = hear(Patient::new(line, cancel))
        {
            return answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        self.say(Word::Leave)?;
        self.answer()
    }

    fn start(task: &impl Serialize, input: Stdio) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(COMMAND).stdin(input).stdout(OwnedFd::from(theirs));
        // Ctrl-C is for the run, which says what becomes of it.
        let child = command.process_group(0).spawn()?;
        // It holds the other end of the line.
        drop(command);
        let aide = Self { line: Some(ours), child };
        aide.tell(task)?;
        aide.answer::<Result<(), String>>()?.map_err(io::Error::other)?;
        Ok(aide)
    }

    /// Says a word.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn say(&self, word: Word) -> io::Result<()> {
        self.tell(&word)
    }

    fn tell(&self, what: &impl Serialize) -> io::Result<()> {
        self.line.as_ref().map_or(Ok(()), |line| tell(line, what))
    }

    fn answer<T: DeserializeOwned>(&self) -> io::Result<T> {
        let heard = self.line.as_ref().map_or(Ok(None), hear)?;
        heard.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for Aide {
    fn drop(&mut self) {
        self.line = None;
        // What it did is known from what it answered, and from nothing else.
        let _ = self.child.wait();
    }
}

/// An input that is at its end, also where there are no devices.
fn nothing() -> io::Result<Stdio> {
    Ok(io::pipe()?.0.into())
}

fn tell(mut to: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// The next line; nothing if the other side is gone. Byte by byte, since whoever listens next needs what is said next.
fn hear<T: DeserializeOwned>(mut from: impl Read) -> io::Result<Option<T>> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while line.len() < LINE_BYTES_MAX {
        match (from.read(&mut byte), byte) {
            (Err(error), _) if error.kind() == io::ErrorKind::Interrupted => {}
            (Err(error), _) => return Err(error),
            (Ok(0), _) => return Ok(None),
            (Ok(_), [b'\n']) => return Ok(Some(serde_json::from_slice(&line)?)),
            (Ok(_), byte) => line.extend(byte),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// That process itself. What goes wrong is told to the run; if that is gone, there is nobody to tell.
pub(crate) fn wait_and_do() {
    let Ok(line) = io::stdout().as_fd().try_clone_to_owned() else { return };
    // Whoever ends all that belongs to the run leaves it to the run what becomes of this.
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
    let line = UnixStream::from(line);
    if let Ok(Some(task)) = hear(&line) {
        let _ = match task {
            Task::End(pid) => end(&line, pid),
            Task::Feed(feed) => feed_it(&line, &feed),
            Task::Unmount => unmount(&line),
        };
    }
}

fn ready(line: &UnixStream, ready: Result<(), String>) -> io::Result<()> {
    tell(line, &ready)
}

/// Asks a process to end, unless nobody needs it.
fn end(line: &UnixStream, pid: i32) -> io::Result<()> {
    // By a handle: its number may be that of another process when the run is gone.
    let found = Pid::from_raw(pid).ok_or(Errno::SRCH);
    let opened = found.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()));
    ready(line, opened.as_ref().map(drop).map_err(ToString::to_string))?;
    let process = opened?;
    if !matches!(hear(line), Ok(Some(Word::Leave))) {
        // It may have ended by now.
        let _ = pidfd_send_signal(process, Signal::TERM);
    }
    Ok(())
}

/// Feeds a database when all of it was read. If the run is gone by then, nothing is fed; if it goes later, what was
/// begun is done to its end, since a database that is half of what it was is of no use.
fn feed_it(line: &UnixStream, feed: &Feed) -> io::Result<()> {
    let spool = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    ready(line, Ok(()))?;
    let Ok(Some(statements)) = hear(line) else { return Ok(()) };
    let (cancel, words) = (CancelToken::default(), line.try_clone()?);
    let stop = cancel.clone();
    std::thread::spawn(move || {
        if let Ok(Some(Word::Leave)) = hear(&words) {
            stop.cancel();
        }
    });
    tell(line, &feed.run(spool, statements, &cancel).map_err(Told::from))
}

/// Takes away what was mounted when the run ends, however it does.
fn unmount(line: &UnixStream) -> io::Result<()> {
    let room = Room::make();
    ready(line, room.as_ref().map(drop).map_err(ToString::to_string))?;
    let room = room?;
    tell(line, &room.path().as_os_str())?;
    let Ok(Some(dir)) = hear::<OsString>(line) else { return Ok(()) };
    let place = Place::of(Path::new(&dir));
    // From here on it is taken away, whether anybody hears of that or not.
    let _ = ready(line, place.as_ref().map(drop).map_err(ToString::to_string));
    let place = place?;
    let _ = hear::<Word>(line);
    tell(line, &place.unmount().map_err(|error| error.to_string()))
}
