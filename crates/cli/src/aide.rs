//! A process that waits beside one that confines itself, and does one thing for it that it cannot do any more.
//!
//! It is started before anything of others is read, and is told at once what that one thing is. Later it hears a word
//! that is fixed, or that the run is gone, and nothing else: whatever a hostile source makes of the run, it cannot say
//! what is done.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What it is started with. It is no part of the command line that is promised to users.
pub(crate) const COMMAND: &str = "__aide";
/// The longest line between the two processes, in bytes.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// What it does.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Asks this process to end, which the run has started and not yet taken from the table of processes.
    End(i32),
}

/// What it is told while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// Do it.
    Do,
    /// There is nothing to be done.
    Leave,
}

type Line = BufReader<UnixStream>;

/// That process, as the run sees it. Dropped without a word, it acts as if the run were gone; then its end is waited for.
pub(crate) struct Aide {
    line: Option<Line>,
    child: Child,
}

impl Aide {
    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot be started or get ready.
    pub(crate) fn start(task: &Task, input: Stdio) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(COMMAND).stdin(input).stdout(OwnedFd::from(theirs));
        // Ctrl-C is for the run, which says what becomes of it.
        let child = command.process_group(0).spawn()?;
        // It holds the other end of the line.
        drop(command);
        let mut aide = Self { line: Some(BufReader::new(ours)), child };
        aide.tell(task)?;
        aide.answer::<Result<(), String>>()?.map_err(io::Error::other)?;
        Ok(aide)
    }

    /// Says a word.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn say(&mut self, word: Word) -> io::Result<()> {
        self.tell(&word)
    }

    fn tell(&mut self, what: &impl Serialize) -> io::Result<()> {
        self.line.as_mut().map_or(Ok(()), |line| tell(line.get_mut(), what))
    }

    fn answer<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let heard = self.line.as_mut().map_or(Ok(None), hear)?;
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

fn tell(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// The next line; nothing if the other side is gone.
fn hear<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    match from.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_slice(&line)?)),
    }
}

/// That process itself. What goes wrong is told to the run; if that is gone, there is nobody to tell.
pub(crate) fn wait_and_do() {
    let Ok(line) = io::stdout().as_fd().try_clone_to_owned() else { return };
    let mut line = BufReader::new(UnixStream::from(line));
    if let Ok(Some(task)) = hear::<Task>(&mut line) {
        let _ = match task {
            Task::End(pid) => end(&mut line, pid),
        };
    }
}

fn ready(line: &mut Line, ready: Result<(), String>) -> io::Result<()> {
    tell(line.get_mut(), &ready)
}

/// Asks a process to end, unless nobody needs it.
fn end(line: &mut Line, pid: i32) -> io::Result<()> {
    // By a handle: its number may be that of another process when the run is gone.
    let found = Pid::from_raw(pid).ok_or(Errno::SRCH);
    let opened = found.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()));
    ready(line, opened.as_ref().map(drop).map_err(ToString::to_string))?;
    let process = opened?;
    if hear(line)? != Some(Word::Leave) {
        // It may have ended by now.
        let _ = pidfd_send_signal(process, Signal::TERM);
    }
    Ok(())
}
