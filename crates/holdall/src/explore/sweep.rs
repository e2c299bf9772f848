//! Looking at every file of a tree, on all workers, with the results in canonical order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdall_tree::Context;

use super::outline::{Node, Outline, What};
use crate::error::Result;

/// Entries that a worker takes at a time.
const BATCH: usize = 32;
/// So many batches may be done while an earlier one is not.
const AHEAD: usize = 256;
/// How long a worker that is too far ahead waits before it asks whether it is still wanted.
const WAIT: Duration = Duration::from_millis(20);

/// Calls `look` with each file, from all workers, each with a buffer of its own; and `emit` with what it gave, in
/// canonical order and one call at a time, until that breaks.
pub(super) fn sweep<R: Send>(
    ctx: &Context<'_>,
    outline: &Outline,
    look: &(dyn Fn(Node, &mut Vec<u8>) -> R + Sync),
    emit: &mut (dyn FnMut(Vec<(Node, R)>) -> ControlFlow<()> + Send),
) -> Result<()> {
    let line = Line {
        taken: AtomicUsize::new(0),
        state: Mutex::new(State { next: 0, done: BTreeMap::new(), emit, broken: false }),
        moved: Condvar::new(),
    };
    let batches: Vec<&[Node]> = outline.in_order().chunks(BATCH).collect();
    std::thread::scope(|scope| {
        for _ in 0..ctx.threads.max(1).min(batches.len()) {
            scope.spawn(|| {
                let mut buffer = Vec::new();
                loop {
                    let number = line.taken.fetch_add(1, Ordering::Relaxed);
                    let Some(batch) = batches.get(number) else { return };
                    if !line.wait(ctx, number) {
                        return;
                    }
                    let mut results = Vec::new();
                    for node in *batch {
                        if ctx.cancel.is_cancelled() {
                            return;
                        }
                        if outline.what(*node) == What::File {
                            results.push((*node, look(*node, &mut buffer)));
                        }
                    }
                    line.done(number, results);
                }
            });
        }
    });
    Ok(ctx.check()?)
}

struct Line<'e, R> {
    taken: AtomicUsize,
    state: Mutex<State<'e, R>>,
    moved: Condvar,
}

struct State<'e, R> {
    next: usize,
    done: BTreeMap<usize, Vec<(Node, R)>>,
    emit: &'e mut (dyn FnMut(Vec<(Node, R)>) -> ControlFlow<()> + Send),
    broken: bool,
}

impl<'e, R: Send> Line<'e, R> {
    fn state(&self) -> MutexGuard<'_, State<'e, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a batch is not too far ahead; false if it is not wanted any more.
    fn wait(&self, ctx: &Context<'_>, number: usize) -> bool {
        let mut state = self.state();
        loop {
            if state.broken || ctx.cancel.is_cancelled() {
                return false;
            }
            if number < state.next + AHEAD {
                return true;
            }
            let waited = self.moved.wait_timeout(state, WAIT);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Hands on what is next in order.
    fn done(&self, number: usize, results: Vec<(Node, R)>) {
        let mut state = self.state();
        state.done.insert(number, results);
        while !state.broken {
            let next = state.next;
            let Some(results) = state.done.remove(&next) else { break };
            state.next += 1;
            state.broken = (state.emit)(results).is_break();
        }
        drop(state);
        self.moved.notify_all();
    }
}
