//! A pipe whose other side may go silent: who waits for it can be told to stop.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use holdall_tree::CancelToken;
use nix::poll::{PollFd, PollFlags, poll};

/// How long the pipe is waited for before it is looked whether to go on, in milliseconds.
const PATIENCE_MILLIS: u8 = 50;
/// A pipe that takes anything takes so many bytes without waiting (`PIPE_BUF`).
const WRITE_BYTES_MAX: usize = 4096;

/// Reads and writes a pipe until that is cancelled. What it then fails with is no interruption that one tries again after.
#[derive(Debug)]
pub struct Patient<P> {
    pipe: P,
    cancel: CancelToken,
}

impl<P: AsFd> Patient<P> {
    /// Waits for `pipe` as long as nobody cancels.
    pub fn new(pipe: P, cancel: &CancelToken) -> Self {
        Self { pipe, cancel: cancel.clone() }
    }

    fn wait(&self, until: PollFlags) -> io::Result<()> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(io::Error::other(holdall_tree::Error::interrupted()));
            }
            // An error of waiting is one of the pipe, which says so itself; a signal only means to look again.
            match poll(&mut [PollFd::new(self.pipe.as_fd(), until)], PATIENCE_MILLIS) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                _ => return Ok(()),
            }
        }
    }
}

impl<P: AsFd + Read> Read for Patient<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(PollFlags::POLLIN)?;
        self.pipe.read(buffer)
    }
}

impl<P: AsFd + Write> Write for Patient<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(PollFlags::POLLOUT)?;
        self.pipe.write(bytes.get(..WRITE_BYTES_MAX).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_carries_bytes_until_it_is_cancelled() {
        let cancel = CancelToken::default();
        let (read, write) = io::pipe().unwrap();
        let (mut read, mut write) = (Patient::new(read, &cancel), Patient::new(write, &cancel));
        write.write_all(b"hello").unwrap();
        let mut hello = [0; 5];
        read.read_exact(&mut hello).unwrap();
        assert_eq!(&hello, b"hello");
        // Nothing is there to read, and in the end there is no room to write.
        let stop = cancel.clone();
        std::thread::scope(|scope| {
            let full = scope.spawn(move || write.write_all(&[0; 1 << 20]).unwrap_err());
            stop.cancel();
            assert_eq!(full.join().unwrap().kind(), io::ErrorKind::Other);
        });
        assert_eq!(read.read_exact(&mut hello).unwrap_err().kind(), io::ErrorKind::Other);
    }
}
