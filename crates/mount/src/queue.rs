//! What the kernel asked and nobody answered yet.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::view::View;

/// One question, which answers itself. Dropped without an answer it says that there was an error.
type Job = Box<dyn FnOnce(&View<'_>) + Send>;

/// Questions in the order in which they came, for workers who answer them.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Whether there is a tree to ask.
    open: bool,
    closed: bool,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one call.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on there is a tree to ask.
    pub(crate) fn open(&self) {
        self.state().open = true;
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state().open
    }

    /// Asks. When nobody answers yet or any more, the question is dropped.
    pub(crate) fn ask(&self, job: impl FnOnce(&View<'_>) + Send + 'static) {
        let mut state = self.state();
        if state.open && !state.closed {
            state.jobs.push_back(Box::new(job));
            self.0.changed.notify_all();
        }
    }

    /// Answers until the queue is closed.
    pub(crate) fn answer(&self, view: &View<'_>) {
        let mut state = self.state();
        loop {
            if state.closed {
                return;
            }
            let Some(job) = state.jobs.pop_front() else {
                state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            // A bug in one answer is an error for whoever asked, and for nobody else.
            let _ = std::panic::catch_unwind(AssertUnwindSafe(|| job(view)));
            state = self.state();
        }
    }

    /// Ends all workers and drops what is left.
    pub(crate) fn close(&self) {
        let left = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.jobs)
        };
        self.0.changed.notify_all();
        drop(left);
    }

    /// Waits so long for the end. True if it came.
    pub(crate) fn wait_closed(&self, time: Duration) -> bool {
        let state = self.state();
        if state.closed {
            return true;
        }
        let waited = self.0.changed.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Waits for the end, and closes the queue if it does not come until then.
    pub(crate) fn wait_until_closed(&self, end: Instant) {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.close();
            }
            if self.wait_closed(left) {
                return;
            }
        }
    }
}
