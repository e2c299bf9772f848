//! What a run spends its time on, as a file for `chrome://tracing` and Perfetto.
//!
//! The phases of an operation follow each other without a gap, so that together they are the run: what comes before
//! the first is `starting`, and the last lasts until the end.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

/// Spans of the run so far.
#[derive(Debug)]
pub(crate) struct Trace {
    file: PathBuf,
    /// The file, if it had to be opened before the end.
    opened: OnceLock<std::io::Result<File>>,
    began: Instant,
    spans: Mutex<Spans>,
}

#[derive(Debug)]
struct Spans {
    done: Vec<Value>,
    name: &'static str,
    since: Instant,
}

/// What was counted in a span.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Phases that are kept; a run has few, and nothing may grow without end.
const SPANS_MAX: usize = 100_000;

impl Trace {
    /// A trace of a run that began at `began`.
    pub(crate) fn new(file: PathBuf, began: Instant) -> Self {
        let spans = Spans { done: Vec::new(), name: "starting", since: began };
        Self { file, opened: OnceLock::new(), began, spans: Mutex::new(spans) }
    }

    /// Ends the phase that lasts and begins another. `counted` is what the ended one counted.
    pub(crate) fn phase(&self, name: &'static str, counted: Counted) {
        let mut spans = lock(&self.spans);
        let now = Instant::now();
        let span = self.event(spans.name, spans.since, now, counted);
        if spans.done.len() < SPANS_MAX {
            spans.done.push(span);
        }
        (spans.name, spans.since) = (name, now);
    }

    /// Opens the file, which cannot be opened later by a run that confines itself.
    pub(crate) fn open(&self) {
        self.opened.get_or_init(|| File::create(&self.file));
    }

    /// Writes the file. `command` names the whole run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, command: &str, counted: Counted) -> std::io::Result<()> {
        self.phase("ended", counted);
        let mut spans = lock(&self.spans);
        let mut events = std::mem::take(&mut spans.done);
        events.insert(0, self.event(command, self.began, spans.since, Counted::default()));
        let text = json!({ "displayTimeUnit": "ms", "traceEvents": events }).to_string();
        match self.opened.get_or_init(|| File::create(&self.file)) {
            Ok(file) => (&mut &*file).write_all(text.as_bytes()),
            Err(error) => Err(std::io::Error::new(error.kind(), error.to_string())),
        }
    }

    /// A complete event, with times in microseconds since the start.
    fn event(&self, name: &str, from: Instant, to: Instant, counted: Counted) -> Value {
        let micros = |at: Instant| at.duration_since(self.began).as_secs_f64() * 1e6;
        json!({
            "name": name,
            "cat": "holdall",
            "ph": "X",
            "ts": micros(from),
            "dur": micros(to) - micros(from),
            "pid": std::process::id(),
            "tid": 1,
            "args": { "files": counted.files, "bytes": counted.bytes },
        })
    }

    /// Where it is written to.
    pub(crate) fn file(&self) -> &std::path::Path {
        &self.file
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Spans are whole after each statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_each_other_without_a_gap_and_fill_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("trace.json");
        let trace = Trace::new(file.clone(), Instant::now());
        trace.phase("capturing", Counted::default());
        trace.phase("committing", Counted { files: 2, bytes: 7 });
        trace.write("holdall snapshot", Counted::default()).unwrap();
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let events = document["traceEvents"].as_array().unwrap();
        let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["holdall snapshot", "starting", "capturing", "committing"]);
        assert_eq!(events[2]["args"]["bytes"], 7);
        let (start, length) = (
            |at: usize| events[at]["ts"].as_f64().unwrap(),
            |at: usize| events[at]["dur"].as_f64().unwrap(),
        );
        for at in 1..3 {
            assert!((start(at) + length(at) - start(at + 1)).abs() < 1.0, "{document}");
        }
        let phases: f64 = (1..4).map(length).sum();
        assert!((phases - length(0)).abs() < 3.0, "{document}");
    }
}
