//! One content, proved while it is read.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use holdall_codec::raw::Crc32;
use holdall_tree::RelPath;

use super::contents::{Placed, RUNNING_MAX, Running};
use super::folder;
use super::tree::located;
use crate::error::Fault;

/// A content that must have the size and the sum that the header says.
pub(super) struct Proved<'t> {
    pool: &'t Mutex<Vec<Running>>,
    running: Option<Running>,
    place: Placed,
    path: RelPath,
    crc: Crc32,
    seen: u64,
}

impl<'t> Proved<'t> {
    /// A content at which `running` is; what is left of its folder goes to `pool`.
    pub(super) fn new(
        pool: &'t Mutex<Vec<Running>>,
        running: Option<Running>,
        place: &Placed,
        path: &RelPath,
    ) -> Self {
        let (place, path) = (place.clone(), path.clone());
        Self { pool, running, place, path, crc: Crc32::default(), seen: 0 }
    }

    fn refused(&self, fault: Fault) -> io::Error {
        located(fault.into(), self.place.number, self.path.as_bytes()).in_content()
    }

    /// What is left of the folder may be read next.
    fn keep(&mut self) {
        let is_last = self.place.stream.is_none_or(|stream| stream.last);
        let Some(running) = self.running.take().filter(|_| !is_last) else { return };
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() >= RUNNING_MAX {
            pool.remove(0);
        }
        pool.push(running);
    }
}

impl Read for Proved<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.place.sum.size - self.seen;
        let Some(running) = self.running.as_mut().filter(|_| !buffer.is_empty()) else {
            return Ok(0);
        };
        let is_last = self.place.stream.is_none_or(|stream| stream.last);
        // Behind the last one the folder itself must end.
        let mut probe = [0];
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = match (left, is_last) {
            (0, false) => Ok(0),
            (0, true) => running.read.read(&mut probe),
            _ => running.read.read(buffer.get_mut(..wanted).unwrap_or_default()),
        };
        let read = read.map_err(|error| match folder::is_damage(&error) {
            true if error.kind() != io::ErrorKind::Interrupted => self.refused(Fault::Crc),
            _ => error,
        })?;
        if left == 0 {
            if read > 0 {
                return Err(self.refused(Fault::Size));
            }
            if self.crc.sum() != self.place.sum.crc {
                return Err(self.refused(Fault::Crc));
            }
            self.keep();
            return Ok(0);
        }
        if read == 0 {
            return Err(self.refused(Fault::Size));
        }
        if let Some(running) = &mut self.running {
            running.at += read as u64;
        }
        self.crc.update(buffer.get(..read).unwrap_or_default());
        self.seen += read as u64;
        Ok(read)
    }
}
