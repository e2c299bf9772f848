//! A program that runs beside the test: read line by line, interrupted, and waited for.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Whatever takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(120);

/// A program that was started. It is killed when this is dropped.
#[derive(Debug)]
pub struct Started {
    child: Child,
    output: Receiver<String>,
    errors: Receiver<String>,
}

impl Started {
    /// Starts the program.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn new(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("start the program");
        let (output, errors) = (lines(child.stdout.take()), lines(child.stderr.take()));
        Self { child, output, errors }
    }

    /// The next line of its standard output.
    ///
    /// # Panics
    /// If there is none in 120 seconds; the message has what it said on standard error.
    #[must_use]
    pub fn line(&self) -> String {
        self.output.recv_timeout(TIME_MAX).unwrap_or_else(|_| {
            panic!("no line; it said {:?}", self.errors.try_iter().collect::<Vec<_>>())
        })
    }

    /// The next line of its standard error.
    ///
    /// # Panics
    /// If there is none in 120 seconds.
    #[must_use]
    pub fn error_line(&self) -> String {
        self.errors.recv_timeout(TIME_MAX).expect("a line on standard error")
    }

    /// Interrupts it, as Ctrl-C does.
    ///
    /// # Panics
    /// If it is gone.
    pub fn interrupt(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process has a number"), Signal::INT).expect("interrupt it");
    }

    /// Waits for its end, and gives its exit code and what is left of both streams.
    ///
    /// # Panics
    /// If it does not end in 120 seconds.
    #[must_use]
    pub fn end(mut self) -> (i32, Vec<String>, Vec<String>) {
        let rest = |stream: &Receiver<String>| {
            let mut lines = Vec::new();
            loop {
                match stream.recv_timeout(TIME_MAX) {
                    Ok(line) => lines.push(line),
                    Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return lines,
                    Err(error) => panic!("it does not end: {error}"),
                }
            }
        };
        let (output, errors) = (rest(&self.output), rest(&self.errors));
        let status = self.child.wait().expect("wait for a child of ours");
        (status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()), output, errors)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in stream.into_iter().flat_map(|stream| BufReader::new(stream).lines()) {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
