//! What the checks of archives of all formats that were just written have alike.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use holdall_tree::{Context, Counter, Result as TreeResult};

use crate::error::Error;
use crate::write::{Hashing, Stored};

const PIECE_BYTES: usize = 128 << 10;

/// Reads a content to its end; `unread` says of what the error is.
pub(crate) fn hash(
    ctx: &Context<'_>,
    mut content: impl Read,
    mut hashing: Hashing,
    unread: impl FnOnce(io::Error) -> Error,
) -> TreeResult<Stored> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        ctx.check()?;
        match content.read(&mut piece) {
            Ok(0) => return Ok(hashing.finish()),
            Ok(read) => {
                hashing.update(piece.get(..read).unwrap_or_default());
                ctx.observer.count(Counter::Bytes, read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(unread(source).into()),
        }
    }
}

/// Does all jobs by as many threads as the context has, and gives what came of them in their order.
pub(crate) fn by_threads<J: Sync, R: Send>(
    ctx: &Context<'_>,
    jobs: &[J],
    run: impl Fn(&J) -> TreeResult<R> + Sync,
) -> TreeResult<Vec<R>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return Ok(done) };
            match run(job) {
                Ok(result) => done.push((at, result)),
                Err(error) => {
                    // Nobody needs the rest.
                    next.store(jobs.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let threads = ctx.threads.min(jobs.len());
    let found = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut found = vec![work()];
        let join = |other: std::thread::ScopedJoinHandle<'_, _>| {
            other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        found.extend(others.into_iter().map(join));
        found
    });
    let mut all = Vec::with_capacity(jobs.len());
    for done in found {
        all.extend(done?);
    }
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use holdall_tree::{CancelToken, Clock, Error, ErrorKind, Limits, Silent, Timestamp};

    use super::*;

    struct NoClock;

    impl Clock for NoClock {
        fn now(&self) -> Timestamp {
            Timestamp::new(0, 0)
        }
    }

    #[test]
    fn what_comes_of_jobs_is_in_their_order_and_one_error_is_that_of_all() {
        let jobs: Vec<usize> = (0..1000).collect();
        for threads in [1, 3] {
            let (observer, clock, cancel) = (&Silent, &NoClock, &CancelToken::default());
            let limits = Limits::default();
            let ctx = Context { observer, clock, cancel, limits, threads, memory_bytes: 0 };
            let twice = by_threads(&ctx, &jobs, |job| Ok(job * 2)).unwrap();
            assert!(twice.iter().enumerate().all(|(at, twice)| *twice == at * 2));
            let failed = by_threads(&ctx, &jobs, |job| match job {
                500 => Err(Error::new(ErrorKind::Failed, "no")),
                _ => Ok(()),
            });
            assert!(failed.is_err());
        }
    }
}
