//! What a program writes, read while it writes it.
//!
//! Nobody waits for a program for ever: whoever reads looks between two pieces, and while there is none, whether it may
//! go on. Where nothing is read it waits by itself, since nobody empties the pipe.

use std::io::{self, PipeReader, Read};
use std::process::Command;
use std::time::Duration;

use holdall_tree::CancelToken;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Ending, Listen, Ran, Running, TICK};

/// The output of a program that runs. Dropped, it ends the program with all that it started.
pub(crate) struct Output {
    pipe: PipeReader,
    running: Running,
    cancel: CancelToken,
    /// True once nobody is left who could write.
    closed: bool,
}

/// What came of reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// So many bytes; not none, unless none were asked for.
    Bytes(usize),
    /// All of it was read, and the program ended by itself.
    End,
    /// It may not go on, for this reason.
    Stopped(Ending),
}

impl Output {
    /// Starts a program, which may take so long; what it writes is read from here.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start(
        mut command: Command,
        time: Duration,
        cancel: &CancelToken,
    ) -> io::Result<Self> {
        let (pipe, writer) = io::pipe()?;
        command.stdout(writer);
        let running = Running::start(command, Listen::Errors, time)?;
        Ok(Self { pipe, running, cancel: cancel.clone(), closed: false })
    }

    /// Reads on. The end comes when the program has ended and nothing is left that it started and that could write.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Piece> {
        if buffer.is_empty() {
            return Ok(Piece::Bytes(0));
        }
        loop {
            if let Some(stopped) = self.running.stopped(Some(&self.cancel)) {
                return Ok(Piece::Stopped(stopped));
            }
            if self.closed {
                if self.running.ends() {
                    return Ok(Piece::End);
                }
            } else if self.is_ready()? {
                match self.pipe.read(buffer) {
                    Ok(0) => self.closed = true,
                    Ok(n) => return Ok(Piece::Bytes(n)),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Waits a moment until there is something to read, or nobody is left who could write.
    fn is_ready(&self) -> io::Result<bool> {
        let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(TICK.subsec_nanos()) };
        match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&tick)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Says how the program ended, and ends it first if there is a reason.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn finish(self, stopped: Option<Ending>) -> io::Result<Ran> {
        // Whoever writes on hears that nobody reads any more.
        drop(self.pipe);
        self.running.finish(stopped)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str, time: Duration, cancel: &CancelToken) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        Output::start(command, time, cancel).unwrap()
    }

    /// Reads all there is, and gives how many bytes that are and how the program ended.
    fn read(mut output: Output) -> (u64, Ran) {
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
        let stopped = loop {
            match output.read(&mut buffer).unwrap() {
                Piece::Bytes(n) => bytes += n as u64,
                Piece::End => break None,
                Piece::Stopped(ending) => break Some(ending),
            }
        };
        (bytes, output.finish(stopped).unwrap())
    }

    #[test]
    fn all_that_is_written_is_read_and_how_it_ended_is_known_then() {
        let cancel = CancelToken::default();
        let script = "head -c 1000000 /dev/zero; echo said >&2; exit 3";
        let (bytes, ran) = read(shell(script, LONG, &cancel));
        assert_eq!((bytes, ran.said.as_str()), (1_000_000, "said"));
        assert!(matches!(ran.ending, Ending::Exited(status) if status.code() == Some(3)));
        // It closes its output before it ends.
        let (bytes, ran) = read(shell("echo one; exec >&-; exit 4", LONG, &cancel));
        assert_eq!(bytes, 4);
        assert!(matches!(ran.ending, Ending::Exited(status) if status.code() == Some(4)));
    }

    #[test]
    fn what_is_still_written_behind_a_program_that_ended_is_read_too() {
        let (go, held) = io::pipe().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "exec 3<&0; { cat <&3; echo end; } & echo begun"]).stdin(go);
        let mut output = Output::start(command, LONG, &CancelToken::default()).unwrap();
        let mut buffer = [0; 16];
        assert_eq!(output.read(&mut buffer).unwrap(), Piece::Bytes(6));
        while !output.running.ends() {}
        drop(held);
        let (bytes, ran) = read(output);
        assert_eq!(bytes, 4);
        assert!(matches!(ran.ending, Ending::Exited(status) if status.success()));
    }

    #[test]
    fn what_takes_too_long_or_is_cancelled_is_ended_while_nothing_comes() {
        let cancel = CancelToken::default();
        let (_, ran) = read(shell("sleep 600", Duration::from_millis(1), &cancel));
        assert_eq!(ran.ending, Ending::TooLong);
        cancel.cancel();
        assert_eq!(read(shell("sleep 600", LONG, &cancel)).1.ending, Ending::Cancelled);
    }

    #[test]
    fn what_nobody_reads_to_its_end_is_ended() {
        let mut output = shell("exec yes", LONG, &CancelToken::default());
        let pid = output.running.group;
        assert!(matches!(output.read(&mut [0; 8]).unwrap(), Piece::Bytes(8)));
        drop(output);
        assert!(rustix::process::test_kill_process(pid).is_err(), "it was waited for");
    }
}
