//! A file that is read while it is written.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How much was written.
#[derive(Debug, Default)]
pub(super) struct Growth {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct State {
    written: u64,
    ended: bool,
}

impl Growth {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, bytes: usize) {
        self.state().written += bytes as u64;
        self.more.notify_all();
    }

    /// Waits for more than so many bytes; false if there will be no more.
    fn wait(&self, bytes: u64) -> bool {
        let nothing_new = |state: &mut State| state.written <= bytes && !state.ended;
        let state = self.more.wait_while(self.state(), nothing_new);
        state.unwrap_or_else(PoisonError::into_inner).written > bytes
    }
}

/// Reads what was really written, as the file has it.
#[derive(Debug)]
pub struct Following {
    file: File,
    at: u64,
    growth: Arc<Growth>,
}

impl Following {
    pub(super) fn new(file: File, growth: Arc<Growth>) -> Self {
        Self { file, at: 0, growth }
    }
}

impl Read for Following {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || !self.growth.wait(self.at) {
            return Ok(0);
        }
        match self.file.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.at += read as u64;
                Ok(read)
            }
        }
    }
}

/// As long as it is there, more may be written.
#[derive(Debug)]
pub struct Writing(Arc<Growth>);

impl Writing {
    pub(super) fn new(growth: Arc<Growth>) -> Self {
        Self(growth)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.more.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::{Pending, Sidecar};
    use super::*;

    #[test]
    fn all_that_is_written_is_read_and_then_there_is_an_end() {
        let temp = tempfile::tempdir().unwrap();
        let mut pending = Pending::begin(&temp.path().join("x"), Sidecar::None).unwrap();
        let (mut following, writing) = pending.follow().unwrap();
        let plain: Vec<u8> = (0..300_000_u32).map(|n| (n % 251).to_le_bytes()[0]).collect();
        let read = std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut read = Vec::new();
                following.read_to_end(&mut read).map(|_| read)
            });
            for piece in plain.chunks(1000) {
                pending.write_all(piece).unwrap();
            }
            drop(writing);
            reader.join().unwrap().unwrap()
        });
        assert!(read == plain);
    }
}
