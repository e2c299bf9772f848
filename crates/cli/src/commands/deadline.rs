//! The time that a restore may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use holdall::archives::Trust;
use holdall::source::Locator;
use holdall::tree::{Classified, ErrorKind};

use crate::args::RestoreArgs;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The longest that a restore of what others may have made takes, unless it is set, in seconds.
const OF_OTHERS: u64 = 3600;

/// Asks an operation to stop when its time is over.
pub(super) struct Deadline {
    limit: u64,
    over: Arc<AtomicBool>,
    /// Wakes the thread that waits when it is dropped.
    _done: Option<Sender<()>>,
}

impl Deadline {
    /// Begins to wait, if there is a limit.
    pub(super) fn start(session: &Session, args: &RestoreArgs) -> Self {
        let set = args.bounds.max_time.or(session.config.config.restore.max_time);
        let over = Arc::new(AtomicBool::new(false));
        let limit = match set {
            Some(limit) => limit.0,
            None if of_others(session, args) => OF_OTHERS,
            None => return Self { limit: u64::MAX, over, _done: None },
        };
        let (cancel, told) = (session.cancel.clone(), Arc::clone(&over));
        let stop = move || {
            told.store(true, Ordering::SeqCst);
            cancel.cancel();
        };
        if limit == 0 {
            stop();
            return Self { limit, over, _done: None };
        }
        let (done, wait) = channel();
        std::thread::spawn(move || {
            holdall::disk::sandbox::confine_thread();
            let waited = wait.recv_timeout(Duration::from_secs(limit));
            if waited == Err(RecvTimeoutError::Timeout) {
                stop();
            }
        });
        Self { limit, over, _done: Some(done) }
    }

    /// What came of the operation: one that was stopped because its time was over says so.
    pub(super) fn judge<T>(&self, done: Result<T>) -> Result<T> {
        match done {
            Err(Failure::Operation(error))
                if error.kind() == ErrorKind::Interrupted && self.over.load(Ordering::SeqCst) =>
            {
                Err(holdall::Error::TooSlow { limit: self.limit }.into())
            }
            other => other,
        }
    }
}

fn of_others(session: &Session, args: &RestoreArgs) -> bool {
    let outside = match Locator::parse(&args.source, &session.places.current) {
        Ok(Locator::Path(path)) => !path.is_dir(),
        Ok(Locator::Input) => true,
        Ok(Locator::Commit { .. } | Locator::Snapshot { .. }) | Err(_) => false,
    };
    outside && session.terms.trust == Trust::Nothing
}
