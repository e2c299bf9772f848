//! Showing what goes on: a bar, lines or JSON, on standard error, for whatever takes longer than a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use holdall::config::{LogFormat, Verbosity};
use holdall::tree::{Counter, Note, Observer, Phase, RelPath};

use crate::failure::{Code, chain};
use crate::render;
use crate::screen::Screen;
use crate::trace::{Counted, Trace};
use crate::wire::{Counts, Event};

/// How often the display changes.
const TICK: Duration = Duration::from_millis(100);
/// How long a command runs before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a line is printed in plain mode.
const PLAIN: Duration = Duration::from_secs(5);
/// Problems that are printed on a terminal; more are only counted there, unless more is to be said.
const PROBLEMS_SHOWN: u64 = 50;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    Bar,
    Plain,
    Json,
    None,
}

/// Counts events and shows them.
pub(crate) struct Progress {
    state: Arc<State>,
    ticker: Mutex<Option<JoinHandle<()>>>,
    log_format: LogFormat,
    quiet: bool,
    all_problems: bool,
    trace: Option<Trace>,
}

struct State {
    display: Display,
    screen: Screen,
    began: Instant,
    phase: Mutex<(&'static str, Option<u64>, Instant)>,
    counts: [AtomicU64; 6],
    expected: [AtomicU64; 2],
    problems: AtomicU64,
    stop: Mutex<bool>,
    stopped: Condvar,
}

impl Progress {
    pub(crate) fn new(
        display: Display,
        log_format: LogFormat,
        screen: Screen,
        verbosity: Verbosity,
    ) -> Self {
        let state = Arc::new(State {
            display,
            screen,
            began: Instant::now(),
            phase: Mutex::new(("", None, Instant::now())),
            counts: Default::default(),
            expected: Default::default(),
            problems: AtomicU64::new(0),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        });
        let ticker = (display != Display::None).then(|| {
            let state = Arc::clone(&state);
            std::thread::spawn(move || {
                holdall::disk::sandbox::confine_thread();
                state.run();
            })
        });
        Self {
            state,
            ticker: Mutex::new(ticker),
            log_format,
            quiet: verbosity == Verbosity::Quiet,
            all_problems: matches!(verbosity, Verbosity::Verbose | Verbosity::Debug),
            trace: None,
        }
    }

    /// Records the phases of the run.
    pub(crate) fn record(&mut self, trace: Trace) {
        self.trace = Some(trace);
    }

    /// Opens the file of the record, if there is one, ahead of time.
    pub(crate) fn open_trace(&self) {
        if let Some(trace) = &self.trace {
            trace.open();
        }
    }

    /// Writes the record, if there is one, of the run that `command` names.
    pub(crate) fn write_trace(&self, command: &str) {
        let Some(trace) = &self.trace else { return };
        if let Err(error) = trace.write(command, self.counted()) {
            let file = trace.file().display();
            self.say(
                render::YELLOW,
                "problem: ",
                &format!("cannot write the trace {file}: {error}"),
            );
        }
    }

    /// What the phase that lasts has counted.
    fn counted(&self) -> Counted {
        Counted { files: self.state.get(Counter::Files), bytes: self.state.get(Counter::Bytes) }
    }

    /// How many problems there were.
    pub(crate) fn problems(&self) -> u64 {
        self.state.problems.load(Ordering::Relaxed)
    }

    /// Takes the display away, so that results can be printed.
    pub(crate) fn finish(&self) {
        *lock(&self.state.stop) = true;
        self.state.stopped.notify_all();
        if let Some(ticker) = lock(&self.ticker).take() {
            let _ = ticker.join();
            self.state.screen.erase();
            self.state.phase_done();
        }
    }

    fn say(&self, code: &str, word: &str, text: &str) {
        let screen = &self.state.screen;
        screen.line(&format!("{}{text}", render::paint(screen.color(), code, word)));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Observer for Progress {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        let word = match phase {
            Phase::Opening => "opening the repository",
            Phase::LoadingIndex => "loading the index",
            Phase::Capturing => "capturing",
            Phase::Committing => "making it durable",
            Phase::Planning => "planning",
            Phase::Staging => "restoring",
            Phase::Verifying => "verifying",
            Phase::Publishing => "publishing",
            Phase::Walking => "walking snapshots",
            Phase::CheckingPacks => "reading packs",
            Phase::Repacking => "rewriting packs",
            Phase::Removing => "removing",
        };
        tracing::debug!(name: "phase", phase = word, total, "phase begins");
        self.state.phase_done();
        if let Some(trace) = &self.trace {
            trace.phase(word, self.counted());
        }
        *lock(&self.state.phase) = (word, total, Instant::now());
        for counter in [Counter::Items, Counter::Bytes] {
            self.state.counter(counter).store(0, Ordering::Relaxed);
        }
    }

    fn count(&self, counter: Counter, by: u64) {
        self.state.counter(counter).fetch_add(by, Ordering::Relaxed);
    }

    fn expect(&self, counter: Counter, more: u64) {
        let [files, bytes] = &self.state.expected;
        match counter {
            Counter::Files => files.fetch_add(more, Ordering::Relaxed),
            Counter::Bytes => bytes.fetch_add(more, Ordering::Relaxed),
            _ => 0,
        };
    }

    fn problem(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        let nr = self.state.problems.fetch_add(1, Ordering::Relaxed);
        let text = chain(error).join(": ");
        if self.state.display == Display::Json {
            let path = path.map(ToString::to_string);
            let code = Code::of(error).word().to_owned();
            self.state.event(&Event::Problem { path, code, message: text });
        } else if self.log_format == LogFormat::Json {
            let path = path.map(ToString::to_string);
            tracing::warn!(name: "problem", path, code = Code::of(error).word(), "{text}");
        } else if nr < PROBLEMS_SHOWN || !self.state.screen.is_terminal() || self.all_problems {
            self.say(render::YELLOW, "problem: ", &text);
        } else if nr == PROBLEMS_SHOWN {
            self.say(render::YELLOW, "problem: ", "there are more; --verbose names all of them");
        }
    }

    fn note(&self, note: &Note) {
        if self.quiet {
            return;
        }
        let text = match note {
            Note::RepositoryCreated { location, key_file: None } => {
                format!("made a repository at {location}")
            }
            Note::RepositoryCreated { location, key_file: Some(key) } => format!(
                "made a repository at {location}\n      Its key is in {key}.\n      \
                 Save a copy of that file somewhere else: without it nobody can read the repository, not even you."
            ),
            Note::StaleLockRemoved { holder } => {
                format!("removed the lock of {holder}, which is gone")
            }
            Note::LitterRemoved { what } => format!("removed {what}"),
            Note::RestoreRecovered { target } => {
                format!("finished an interrupted restore of {target}")
            }
            Note::Other(text) => text.clone(),
        };
        if self.log_format == LogFormat::Json {
            tracing::info!(name: "note", "{text}");
        } else {
            self.say(render::BLUE, "note: ", &text);
        }
    }
}

impl State {
    #[expect(clippy::indexing_slicing, reason = "an enum of six values indexes an array of six")]
    fn counter(&self, counter: Counter) -> &AtomicU64 {
        &self.counts[counter as usize]
    }

    fn run(&self) {
        let mut printed = Instant::now();
        loop {
            let stop = lock(&self.stop);
            let (stop, _) = self
                .stopped
                .wait_timeout_while(stop, TICK, |stop| !*stop)
                .unwrap_or_else(PoisonError::into_inner);
            if *stop {
                return;
            }
            drop(stop);
            if self.began.elapsed() < PATIENCE {
                continue;
            }
            match self.display {
                Display::Bar => self.draw(),
                Display::Plain if printed.elapsed() >= PLAIN => {
                    printed = Instant::now();
                    self.screen.line(&self.line());
                }
                Display::Json if printed.elapsed() >= PATIENCE => {
                    printed = Instant::now();
                    self.event(&Event::Progress(self.totals()));
                }
                _ => {}
            }
        }
    }

    fn get(&self, counter: Counter) -> u64 {
        self.counter(counter).load(Ordering::Relaxed)
    }

    /// Done and expected bytes of the phase, if both are known.
    fn share(&self) -> Option<(u64, u64)> {
        let (word, total, _) = *lock(&self.phase);
        let [_, bytes] = &self.expected;
        let expected =
            if word == "capturing" { Some(bytes.load(Ordering::Relaxed)) } else { total };
        expected
            .filter(|expected| *expected > 0)
            .map(|expected| (self.get(Counter::Bytes).min(expected), expected))
    }

    fn line(&self) -> String {
        let (word, _, since) = *lock(&self.phase);
        let done = self.get(Counter::Bytes);
        let seconds = since.elapsed().as_secs_f64().max(0.001);
        let rate = done as f64 / seconds;
        let mut parts = vec![word.to_owned()];
        if let Some((done, expected)) = self.share() {
            parts.push(format!("{:.0} %", done as f64 / expected as f64 * 100.0));
        }
        let files = self.get(Counter::Files);
        if files > 0 {
            parts.push(render::count(files, "file"));
        }
        if done > 0 {
            parts.push(render::bytes(done));
            parts.push(format!("{}/s", render::bytes(rate as u64)));
        }
        if let Some((done, expected)) = self.share().filter(|_| rate > 1.0) {
            parts.push(format!("{} left", render::duration((expected - done) as f64 / rate)));
        }
        parts.join(", ")
    }

    /// Says in JSON what a phase came to, so that its last counts are seen however short it was.
    fn phase_done(&self) {
        if self.display == Display::Json && !lock(&self.phase).0.is_empty() {
            self.event(&Event::PhaseDone(self.totals()));
        }
    }

    fn totals(&self) -> Counts {
        let (phase, _, _) = *lock(&self.phase);
        Counts {
            phase: phase.to_owned(),
            files: self.get(Counter::Files),
            bytes: self.get(Counter::Bytes),
            unchanged: self.get(Counter::Unchanged),
            expected_bytes: self.share().map(|(_, expected)| expected),
            seconds: self.began.elapsed().as_secs_f64(),
        }
    }

    fn event(&self, event: &Event) {
        // A struct of numbers and strings always serializes.
        self.screen.line(&serde_json::to_string(event).unwrap_or_default());
    }

    fn draw(&self) {
        let mut text = String::new();
        if let Some((done, expected)) = self.share() {
            let filled = (done as f64 / expected as f64 * 20.0) as usize;
            text.push_str(&format!(
                "[{}{}] ",
                "#".repeat(filled),
                " ".repeat(20_usize.saturating_sub(filled))
            ));
        }
        text.push_str(&self.line());
        self.screen.bar(&text);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is shown may be a tick old, never broken.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Paper;

    fn shown(display: Display, run: impl FnOnce(&Progress)) -> String {
        let paper = Paper::default();
        let screen = Screen::over(Box::new(paper.clone()), true, false);
        let progress = Progress::new(display, LogFormat::Text, screen, Verbosity::Normal);
        run(&progress);
        progress.finish();
        paper.text()
    }

    #[test]
    fn json_tells_the_last_counts_of_each_phase_however_short() {
        let text = shown(Display::Json, |progress| {
            progress.phase(Phase::Capturing, None);
            progress.expect(Counter::Bytes, 7);
            progress.count(Counter::Files, 1);
            progress.count(Counter::Bytes, 7);
            progress.phase(Phase::Committing, None);
        });
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["event"], "phase_done");
        assert_eq!(lines[0]["phase"], "capturing");
        assert_eq!((&lines[0]["files"], &lines[0]["bytes"]), (&1.into(), &7.into()));
        assert_eq!(lines[0]["expected_bytes"], 7);
        assert_eq!(lines[1]["bytes"], 0);
    }

    #[test]
    fn what_is_short_shows_no_bar_and_problems_are_named_and_counted() {
        let error = std::io::Error::other("it is gone");
        let text = shown(Display::Bar, |progress| {
            progress.phase(Phase::Staging, Some(10));
            progress.problem(None, &error);
            assert_eq!(progress.problems(), 1);
        });
        assert_eq!(text, "problem: it is gone\n");
    }

    #[test]
    fn problems_beyond_a_number_are_only_counted() {
        let error = std::io::Error::other("no");
        let text = shown(Display::None, |progress| {
            (0..1000).for_each(|_| progress.problem(None, &error));
            assert_eq!(progress.problems(), 1000);
        });
        assert_eq!(text.lines().count() as u64, PROBLEMS_SHOWN + 1);
    }
}
