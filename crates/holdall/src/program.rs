//! Running a program of the user: with a time limit, ended with all that it started, and what it says kept within
//! bounds.

mod output;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use holdall_tree::CancelToken;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

pub(crate) use output::{Output, Piece};

/// The most that is kept of what a program says, in bytes: its end, which has the error.
pub(crate) const SAID_BYTES_MAX: usize = 64 << 10;
/// How often it is looked whether a program may go on.
const TICK: Duration = Duration::from_millis(50);
/// How long a program has between being asked to end and being ended.
const GRACE: Duration = Duration::from_secs(2);
/// How long is listened to what outlives a program that ended by itself.
const LINGER: Duration = Duration::from_millis(500);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// How, by whose will.
    pub(crate) ending: Ending,
    /// The end of what it said.
    pub(crate) said: String,
}

/// Why a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself.
    Exited(ExitStatus),
    /// It took longer than it may.
    TooLong,
    /// The user asked to stop.
    Cancelled,
    /// Whoever reads its output wants no more of it.
    Halted,
}

/// What is allowed to a program.
pub(crate) struct Bounds<'b> {
    pub(crate) time: Duration,
    /// Ends it before its time; nothing does if there is none.
    pub(crate) cancel: Option<&'b CancelToken>,
}

/// Where what a program says goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listen {
    /// Both of its outputs are kept.
    Both,
    /// Standard output goes where the command says.
    Errors,
}

/// Takes the secrets of ours out of what a program inherits; `others` are more variables that hold some.
pub(crate) fn without_secrets<'v>(command: &mut Command, others: impl Iterator<Item = &'v str>) {
    for (name, _) in std::env::vars_os() {
        if is_secret(&name.to_string_lossy()) {
            command.env_remove(&name);
        }
    }
    others.for_each(|name| {
        command.env_remove(name);
    });
}

/// True for a variable of ours, or of restic that stands in for it, which holds a secret or says how to get one.
pub(crate) fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 5] = ["PASSWORD", "PASSPHRASE", "TOKEN", "SECRET", "KEY"];
    let ours = name.starts_with("HOLDALL_") || name.starts_with("RESTIC_");
    ours && WORDS.iter().any(|word| name.contains(word))
}

/// Runs a program to its end.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn run(command: Command, listen: Listen, bounds: &Bounds<'_>) -> io::Result<Ran> {
    let mut running = Running::start(command, listen, bounds.time)?;
    let stopped = loop {
        if running.ends() {
            break None;
        }
        if let Some(stopped) = running.stopped(bounds.cancel) {
            break Some(stopped);
        }
    };
    running.finish(stopped)
}

/// A program that was started, in a group of its own with all that it starts. Dropped, it is ended.
struct Running {
    child: Child,
    group: Pid,
    deadline: Option<Instant>,
    said: Arc<Mutex<VecDeque<u8>>>,
    told: Receiver<Event>,
    seen: Seen,
    reaped: bool,
}

impl Running {
    fn start(mut command: Command, listen: Listen, time: Duration) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        if listen == Listen::Both {
            command.stdout(writer.try_clone()?);
        }
        // A group of its own, so that it can be ended with all that it started, and Ctrl-C does not reach it but through
        // us.
        let child = command.stderr(writer).process_group(0).spawn()?;
        // It holds the other ends of the pipe.
        drop(command);
        let deadline = Instant::now().checked_add(time);
        let group = Pid::from_child(&child);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let (tell, told) = channel();
        listen_to(reader, Arc::clone(&said), tell.clone());
        await_end(group, tell);
        Ok(Self { child, group, deadline, said, told, seen: Seen::default(), reaped: false })
    }

    /// Waits a moment for its end. True if it has come.
    fn ends(&mut self) -> bool {
        if !self.seen.exited {
            self.seen.wait(&self.told, TICK);
        }
        self.seen.exited
    }

    /// Why it may not go on, if that is so.
    fn stopped(&self, cancel: Option<&CancelToken>) -> Option<Ending> {
        if cancel.is_some_and(CancelToken::is_cancelled) {
            return Some(Ending::Cancelled);
        }
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        late.then_some(Ending::TooLong)
    }

    /// Says how it ended: by itself, or, if there is a reason, at once with all that it started.
    fn finish(mut self, stopped: Option<Ending>) -> io::Result<Ran> {
        if stopped.is_some() {
            self.end();
        } else {
            self.seen.wait_until_silent(&self.told, LINGER);
        }
        let status = self.reap()?;
        let ending = stopped.unwrap_or(Ending::Exited(status));
        let said: Vec<u8> =
            self.said.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        Ok(Ran { ending, said: String::from_utf8_lossy(&said).trim_end().to_owned() })
    }

    /// Asks the whole group to end, and ends what is left of it.
    fn end(&mut self) {
        // Whoever has ended already cannot be reached, and need not be.
        let _ = kill_process_group(self.group, Signal::TERM);
        self.seen.wait_until_silent(&self.told, GRACE);
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        self.reaped = true;
        self.child.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            self.end();
            // Nobody is left who could be told.
            let _ = self.reap();
        }
    }
}

/// What happens to a program beside us.
enum Event {
    /// It ended, and is not taken from the table of processes yet, so that its number stays its own.
    Exited,
    /// Nobody can say anything any more.
    Silent,
}

#[derive(Default)]
struct Seen {
    exited: bool,
    silent: bool,
}

impl Seen {
    fn wait(&mut self, told: &Receiver<Event>, time: Duration) {
        match told.recv_timeout(time) {
            Ok(Event::Exited) => self.exited = true,
            Ok(Event::Silent) => self.silent = true,
            Err(RecvTimeoutError::Timeout) => {}
            // Both have told what there is to tell.
            Err(RecvTimeoutError::Disconnected) => (self.exited, self.silent) = (true, true),
        }
    }

    fn wait_until_silent(&mut self, told: &Receiver<Event>, most: Duration) {
        let until = Instant::now() + most;
        while !(self.exited && self.silent) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            self.wait(told, left);
        }
    }
}

/// Keeps the end of what is said.
fn listen_to(
    mut reader: impl Read + Send + 'static,
    said: Arc<Mutex<VecDeque<u8>>>,
    tell: Sender<Event>,
) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            match reader.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(n) => {
                    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    said.extend(buffer.get(..n).unwrap_or_default());
                    let over = said.len().saturating_sub(SAID_BYTES_MAX);
                    said.drain(..over);
                }
            }
        }
        // Nobody may be waiting any more.
        let _ = tell.send(Event::Silent);
    });
}

fn await_end(pid: Pid, tell: Sender<Event>) {
    std::thread::spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
        let _ = tell.send(Event::Exited);
    });
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    use super::*;

    fn shell(script: &str, time: Duration, cancel: Option<&CancelToken>) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        run(command, Listen::Both, &Bounds { time, cancel }).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn both_outputs_are_kept_in_order_and_the_end_of_what_is_too_long() {
        let ran = shell("echo one; echo two >&2; exit 3", LONG, None);
        assert!(matches!(ran.ending, Ending::Exited(status) if status.code() == Some(3)));
        assert_eq!(ran.said, "one\ntwo");
        let ran = shell("head -c 1000000 /dev/zero | tr '\\0' x; echo end", LONG, None);
        assert_eq!(ran.said.len(), SAID_BYTES_MAX - 1);
        assert!(ran.said.ends_with("xend"));
    }

    #[test]
    fn what_is_ended_goes_with_all_that_it_started_even_if_it_will_not_hear() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let script =
            format!("trap '' TERM; exec 3> {}; sleep 600 & echo up >&3; sleep 600", fifo.display());
        let (cancel, seen) = (CancelToken::default(), Arc::new(Mutex::new(String::new())));
        let (token, kept) = (cancel.clone(), Arc::clone(&seen));
        // It comes to its end when nobody is left who could write.
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(File::open(fifo).unwrap()).lines() {
                kept.lock().unwrap().push_str(&line.unwrap());
                token.cancel();
            }
        });
        let mut command = Command::new("sh");
        command.args(["-c", &script]).stdin(Stdio::null());
        let bounds = Bounds { time: LONG, cancel: Some(&cancel) };
        assert_eq!(run(command, Listen::Both, &bounds).unwrap().ending, Ending::Cancelled);
        reader.join().unwrap();
        assert_eq!(*seen.lock().unwrap(), "up");
    }

    #[test]
    fn what_takes_too_long_is_ended() {
        assert_eq!(shell("sleep 600", Duration::ZERO, None).ending, Ending::TooLong);
    }

    #[test]
    fn a_token_ends_it_and_what_outlives_it_is_not_waited_for() {
        let cancel = CancelToken::default();
        cancel.cancel();
        assert_eq!(shell("sleep 600", LONG, Some(&cancel)).ending, Ending::Cancelled);
        // Its input comes to an end when the test lets go of it, however long that takes.
        let (input, held) = io::pipe().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "exec 3<&0; cat <&3 & echo started"]).stdin(input);
        let bounds = Bounds { time: LONG, cancel: None };
        let ran = run(command, Listen::Both, &bounds).unwrap();
        drop(held);
        assert!(matches!(ran.ending, Ending::Exited(status) if status.success()));
        assert_eq!(ran.said, "started");
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for secret in ["HOLDALL_PASSWORD", "RESTIC_PASSWORD_COMMAND", "HOLDALL_NOTIFY_TOKEN"] {
            assert!(is_secret(secret), "{secret}");
        }
        for other in ["HOLDALL_EVENT", "PATH", "PGPASSWORD", "RESTIC_REPOSITORY"] {
            assert!(!is_secret(other), "{other}");
        }
    }
}
