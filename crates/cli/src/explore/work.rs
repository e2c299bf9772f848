//! What goes on beside the keys: reading names, counting, searching, reading files, writing.
//!
//! Each kind of work has a thread and a desk. What is put on a desk stops what is being done there, so an answer that
//! nobody waits for any more costs nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use holdall::explore::contents::{self, Needle, Notation};
use holdall::explore::{Node, Outline, Page, Spot, names, tokens};
use holdall::insight::tokens::Encoding;
use holdall::tree::{CancelToken, Context, Counter, Filter, Observer, RelPath, Tree};

use super::model::{Event, Job};
use crate::failure::chain;

/// Names that a search shows.
const NAMES_SHOWN: usize = 1000;
/// After so many entries it is said how many were read.
const TELL_EACH: u64 = 10_000;

/// What is to be done next, and what stops what is being done.
pub(super) struct Desk<T> {
    state: Mutex<DeskState<T>>,
    changed: Condvar,
}

struct DeskState<T> {
    next: Option<T>,
    running: CancelToken,
    closed: bool,
}

impl<T> Default for Desk<T> {
    fn default() -> Self {
        let state = DeskState { next: None, running: CancelToken::default(), closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl<T> Desk<T> {
    fn state(&self) -> MutexGuard<'_, DeskState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for this instead of what was asked for before.
    pub(super) fn put(&self, work: T) {
        let mut state = self.state();
        state.running.cancel();
        state.next = Some(work);
        self.changed.notify_all();
    }

    /// Stops what is being done.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.running.cancel();
        state.next = None;
    }

    fn close(&self) {
        let mut state = self.state();
        state.running.cancel();
        state.next = None;
        state.closed = true;
        self.changed.notify_all();
    }

    /// Waits for work; `None` when the desk is closed.
    fn take(&self) -> Option<(T, CancelToken)> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(work) = state.next.take() {
                state.running = CancelToken::default();
                return Some((work, state.running.clone()));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// All desks, and the answers' way back.
pub(super) struct Office {
    pub(super) names: Desk<(u64, Arc<Outline>, String)>,
    pub(super) contents: Desk<(u64, Arc<Outline>, String, Notation)>,
    pub(super) pages: Desk<(u64, Arc<Outline>, Node, Option<Spot>)>,
    pub(super) jobs: Desk<Box<Job>>,
    /// Tokens that were counted and that the model does not know. They are many, and no key is to wait behind them.
    tally: Mutex<Vec<(Node, u64)>>,
    /// Stops the reading of names and the counting of tokens.
    start: CancelToken,
    answers: Sender<Event>,
}

impl Office {
    pub(super) fn new(answers: Sender<Event>) -> Self {
        Self {
            names: Desk::default(),
            contents: Desk::default(),
            pages: Desk::default(),
            jobs: Desk::default(),
            tally: Mutex::default(),
            start: CancelToken::default(),
            answers,
        }
    }

    /// Stops everything.
    pub(super) fn close(&self) {
        self.start.cancel();
        self.names.close();
        self.contents.close();
        self.pages.close();
        self.jobs.close();
    }

    pub(super) fn closed(&self) -> bool {
        self.start.is_cancelled()
    }

    pub(super) fn tell(&self, event: Event) {
        // Who left does not want to know.
        let _ = self.answers.send(event);
    }

    /// Tokens that were counted, of at most so many files.
    pub(super) fn counted(&self, most: usize) -> Vec<(Node, u64)> {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = tally.len().saturating_sub(most);
        tally.split_off(rest)
    }

    /// Runs a thread's work. A panic there ends the explorer.
    pub(super) fn guarded(&self, work: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            self.tell(Event::Broken("a worker panicked; this is a bug".to_owned()));
        }
    }

    /// Reads all names, then counts tokens.
    pub(super) fn read(
        &self,
        ctx: &Context<'_>,
        tree: &dyn Tree,
        filter: &dyn Filter,
        encoding: Option<Encoding>,
    ) {
        let observer =
            Reading { office: self, entries: AtomicU64::new(0), unread: AtomicU64::new(0) };
        let ctx = Context { observer: &observer, cancel: &self.start, ..*ctx };
        let outline = match Outline::read(&ctx, tree, filter) {
            Ok(outline) => Arc::new(outline),
            Err(_) if self.closed() => return,
            Err(error) => return self.tell(Event::Broken(chain(&error).join(": "))),
        };
        self.tell(Event::Read(Arc::clone(&outline)));
        match observer.unread.load(Ordering::Relaxed) {
            0 => {}
            unread => {
                let what = crate::render::count(unread, "entry");
                self.tell(Event::Told(format!("{what} cannot be read")));
            }
        }
        let Some(encoding) = encoding else { return };
        // One worker less, so that keys are not kept waiting.
        let ctx = Context { threads: ctx.threads.saturating_sub(1).max(1), ..ctx };
        let mut tell = |mut files: Vec<(Node, u64)>| {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            if tally.is_empty() {
                self.tell(Event::Counted(Vec::new()));
            }
            tally.append(&mut files);
        };
        if tokens::count(&ctx, tree, &outline, encoding, &mut tell).is_ok() {
            self.tell(Event::CountedAll);
        }
    }

    /// Searches names, one query after the other.
    pub(super) fn search_names(&self) {
        while let Some(((ask, outline, query), stop)) = self.names.take() {
            if let Some(named) = names::search(&outline, &query, NAMES_SHOWN, &stop) {
                self.tell(Event::Named(ask, named));
            }
        }
    }

    /// Searches contents, one query after the other.
    pub(super) fn search_contents(&self, ctx: &Context<'_>, tree: &dyn Tree) {
        while let Some(((ask, outline, text, notation), stop)) = self.contents.take() {
            let needle = match Needle::new(&text, notation) {
                Ok(needle) => needle,
                Err(error) => {
                    self.tell(Event::Searched(ask, Err(error.to_string())));
                    continue;
                }
            };
            let ctx = Context { cancel: &stop, ..*ctx };
            let mut tell = |hits: Vec<contents::Hit>, searched| {
                if !hits.is_empty() {
                    self.tell(Event::Hits(ask, hits, searched));
                }
            };
            match contents::search(&ctx, tree, &outline, &needle, &mut tell) {
                Ok(_) => self.tell(Event::Searched(ask, Ok(()))),
                Err(_) if stop.is_cancelled() => {}
                Err(error) => {
                    self.tell(Event::Searched(ask, Err(chain(&error).join(": "))));
                }
            }
        }
    }

    /// Reads files that are looked at, one after the other.
    pub(super) fn turn_pages(&self, ctx: &Context<'_>, tree: &dyn Tree) {
        while let Some(((ask, outline, node, spot), stop)) = self.pages.take() {
            let ctx = Context { cancel: &stop, ..*ctx };
            let page = Page::read(&ctx, tree, &outline.entry(node), spot);
            if !stop.is_cancelled() {
                self.tell(Event::Page(ask, page.map_err(|error| chain(&error).join(": "))));
            }
        }
    }

    /// Writes what is asked for, one thing after the other.
    pub(super) fn do_jobs(&self, run: &dyn Fn(Box<Job>, &CancelToken) -> Event) {
        while let Some((job, stop)) = self.jobs.take() {
            let done = run(job, &stop);
            self.tell(done);
        }
    }
}

/// Closes the office when it is dropped, so that no thread waits for ever.
pub(super) struct Closing<'o>(pub(super) &'o Office);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Reading<'o> {
    office: &'o Office,
    entries: AtomicU64,
    unread: AtomicU64,
}

impl Observer for Reading<'_> {
    fn count(&self, counter: Counter, by: u64) {
        if counter == Counter::Files {
            let before = self.entries.fetch_add(by, Ordering::Relaxed);
            if before / TELL_EACH != (before + by) / TELL_EACH {
                self.office.tell(Event::Reading(before + by));
            }
        }
    }

    fn problem(&self, _: Option<&RelPath>, _: &(dyn std::error::Error + 'static)) {
        self.unread.fetch_add(1, Ordering::Relaxed);
    }
}
