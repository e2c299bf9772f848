//! Pieces that are compressed by threads and come out in the order in which they went in.

use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Compresses one piece, and may keep what it needs for the next.
pub(crate) type Compress = Box<dyn FnMut(&[u8]) -> io::Result<Vec<u8>> + Send>;

/// A piece before and after it was compressed.
pub(crate) struct Piece {
    /// Empty, with the room of the piece that went in.
    pub(crate) buffer: Vec<u8>,
    pub(crate) plain_length: usize,
    pub(crate) packed: Vec<u8>,
}

type Answer = (Vec<u8>, io::Result<Vec<u8>>);
type Job = (Vec<u8>, SyncSender<Answer>);

/// The threads, and what they are at.
pub(crate) struct Pool {
    jobs: Option<SyncSender<Job>>,
    workers: Vec<JoinHandle<()>>,
    waiting: VecDeque<Receiver<Answer>>,
}

impl Pool {
    /// So many threads, each with a compressor that `make` gives.
    pub(crate) fn new(
        threads: NonZero<u32>,
        make: impl Fn() -> io::Result<Compress>,
    ) -> io::Result<Self> {
        let threads = usize::try_from(threads.get()).unwrap_or(1);
        let (jobs, taken) = sync_channel::<Job>(1);
        let taken = Arc::new(Mutex::new(taken));
        let mut pool = Self { jobs: Some(jobs), workers: Vec::new(), waiting: VecDeque::new() };
        for _ in 0..threads {
            let (taken, mut compress) = (Arc::clone(&taken), make()?);
            let run = move || {
                loop {
                    let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((plain, answer)) = job else { return };
                    let packed = compress(&plain);
                    // Whoever asked may have given up.
                    drop(answer.send((plain, packed)));
                }
            };
            pool.workers.push(std::thread::Builder::new().name("compress".into()).spawn(run)?);
        }
        Ok(pool)
    }

    /// True if something should come out before more goes in.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() > self.workers.len()
    }

    /// Has a piece compressed.
    pub(crate) fn put(&mut self, plain: Vec<u8>) -> io::Result<()> {
        let (answer, answered) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send((plain, answer)).map_err(|_| gone())?;
        self.waiting.push_back(answered);
        Ok(())
    }

    /// The next piece, when it is done; `None` if there is none.
    pub(crate) fn take(&mut self) -> io::Result<Option<Piece>> {
        let Some(answered) = self.waiting.pop_front() else { return Ok(None) };
        let (mut buffer, packed) = answered.recv().map_err(|_| gone())?;
        let plain_length = buffer.len();
        buffer.clear();
        Ok(Some(Piece { buffer, plain_length, packed: packed? }))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            drop(worker.join());
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("a thread that compresses has ended")
}
