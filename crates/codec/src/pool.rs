//! Work that threads do and that comes out in the order in which it went in.

use std::collections::VecDeque;
use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Does one job, and may keep what it needs for the next.
pub type Work<J, A> = Box<dyn FnMut(J) -> A + Send>;

/// The threads, and what they are at.
pub struct Pool<J, A> {
    jobs: Option<SyncSender<(J, SyncSender<A>)>>,
    workers: Vec<JoinHandle<()>>,
    waiting: VecDeque<Receiver<A>>,
    waiting_max: usize,
}

impl<J: Send + 'static, A: Send + 'static> Pool<J, A> {
    /// So many threads, each of which does what `make` gives; so many jobs for each of them may wait.
    ///
    /// # Errors
    /// What `make` or the system says.
    pub fn new(
        threads: NonZero<u32>,
        waiting: usize,
        make: impl Fn() -> io::Result<Work<J, A>>,
    ) -> io::Result<Self> {
        let threads = usize::try_from(threads.get()).unwrap_or(1);
        let waiting_max = threads.saturating_mul(waiting) + 1;
        let (jobs, taken) = sync_channel::<(J, SyncSender<A>)>(waiting_max);
        let taken = Arc::new(Mutex::new(taken));
        let (workers, waiting) = (Vec::with_capacity(threads), VecDeque::new());
        let mut pool = Self { jobs: Some(jobs), workers, waiting, waiting_max };
        for _ in 0..threads {
            let (taken, mut work) = (Arc::clone(&taken), make()?);
            let run = move || {
                loop {
                    let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((job, answer)) = job else { return };
                    // Whoever asked may have given up.
                    drop(answer.send(work(job)));
                }
            };
            pool.workers.push(std::thread::Builder::new().name("compress".into()).spawn(run)?);
        }
        Ok(pool)
    }

    /// True if something should come out before more goes in.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.waiting_max
    }

    /// Has a job done.
    ///
    /// # Errors
    /// If the threads have ended.
    pub fn put(&mut self, job: J) -> io::Result<()> {
        let (answer, answered) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send((job, answer)).map_err(|_| gone())?;
        self.waiting.push_back(answered);
        Ok(())
    }

    /// What comes of the job that was put first, when it is done; `None` if there is none.
    ///
    /// # Errors
    /// If the threads have ended.
    pub fn take(&mut self) -> io::Result<Option<A>> {
        let Some(answered) = self.waiting.pop_front() else { return Ok(None) };
        answered.recv().map(Some).map_err(|_| gone())
    }
}

impl<J, A> Drop for Pool<J, A> {
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
