//! What becomes known of a run after it: metrics, and a message to whoever wants to know.
//!
//! Trouble with either is told and changes nothing of the run itself.

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdall::metrics::{
    DumpCounts, DumpEnd, DumpMetrics, DumpRun, Endpoint, Reach, TEXT_BYTES_MAX,
};
use holdall::notify::Outcome;
use holdall::tree::ErrorKind;

use super::{REDUCED, Written, summary};
use crate::args::DumpArgs;
use crate::commands::place::Place;
use crate::failure::{Failure, Result, explained};
use crate::notify::{Teller, Telling};
use crate::render;
use crate::session::Session;

/// How a run ended, and what it took.
pub(super) struct Ended<'e> {
    /// What was written and the exit code, or why nothing was.
    pub(super) result: Result<(&'e Written, u8), &'e Failure>,
    /// How long it took.
    pub(super) took: Duration,
    /// Entries that it went on without.
    pub(super) problems: u64,
}

/// Who learns of runs.
pub(super) struct After {
    name: String,
    file: Option<PathBuf>,
    metrics: Arc<Mutex<DumpMetrics>>,
    teller: Teller,
    /// How the run before ended, if this process makes many.
    before: Option<Outcome>,
    watching: bool,
}

impl After {
    /// Whoever the flags and settings name.
    ///
    /// # Errors
    /// If the flags ask for what the settings do not have.
    pub(super) fn new(session: &Session, args: &DumpArgs, place: &Place) -> Result<Self> {
        let WatchFlags { watching, telling } = WatchFlags::of(args);
        let current = &session.places.current;
        let special = args.source.starts_with(['@', '-']) || args.source.starts_with("git:");
        let source = match special {
            true => args.source.clone(),
            // Without the dot that stands for the current directory.
            false => render::path(&current.join(&args.source).components().collect::<PathBuf>()),
        };
        let output = place.file().map_or_else(|| "-".to_owned(), |file| render::path(&file));
        let mut metrics = DumpMetrics::new(env!("CARGO_PKG_VERSION"), &source, &output);
        let file = args.after.metrics.as_ref().map(|file| current.join(file));
        if let Some(file) = &file {
            metrics.resume(&earlier(file));
        }
        if watching {
            metrics = metrics.counting();
        }
        // What is told may be read by others, whom the directories of this machine do not concern.
        let name = if output == "-" { &source } else { &output };
        Ok(Self {
            name: name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name).to_owned(),
            file: file.filter(|_| !session.dry_run),
            metrics: Arc::new(Mutex::new(metrics)),
            teller: Teller::new(session, telling)?,
            before: None,
            watching,
        })
    }

    /// Why the process keeps all rights until the run has ended, if it has to.
    pub(super) fn needs_all(&self) -> Option<&'static str> {
        self.teller.tells().then_some("a message is sent when it has ended")
    }

    /// Serves the metrics for as long as what is returned lives.
    pub(super) fn serve(&self, session: &Session, args: &DumpArgs) -> Option<Endpoint> {
        let address = args.after.metrics_listen?;
        let reach = if args.after.metrics_public { Reach::Anywhere } else { Reach::ThisMachine };
        let metrics = Arc::clone(&self.metrics);
        let text = move || metrics.lock().unwrap_or_else(PoisonError::into_inner).text();
        match Endpoint::start(address, reach, text) {
            Ok(endpoint) => {
                session.tell(&format!("metrics at http://{}/metrics", endpoint.address()));
                Some(endpoint)
            }
            Err(error) => {
                let why = crate::failure::chain(&error).join(": ");
                session.warn(&format!("no metrics are served: {why}"));
                None
            }
        }
    }

    /// Counts a run that ended.
    pub(super) fn record(&self, session: &Session, ended: &Ended<'_>) {
        let (code, end) = match ended.result {
            Ok((Written::Dump { report, .. }, code)) => {
                let counts = DumpCounts {
                    files: report.files,
                    bytes: report.bytes,
                    lines: report.lines,
                    tokens: report.tokens,
                    omitted: report.omitted,
                    redacted: report.redacted,
                };
                (code, DumpEnd::Written(counts))
            }
            Ok((Written::Patch { files, .. }, code)) => {
                (code, DumpEnd::Written(DumpCounts { files: *files, ..DumpCounts::default() }))
            }
            Ok((Written::Unchanged, code)) => (code, DumpEnd::Unchanged),
            Err(failure) => (failure.exit_code(), DumpEnd::Failed),
        };
        let run = DumpRun {
            time: session.context().now(),
            seconds: ended.took.as_secs_f64(),
            exit_code: code,
            problems: ended.problems,
            end,
        };
        let text = {
            let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
            metrics.record(&run);
            metrics.text()
        };
        if let Some(file) = &self.file
            && let Err(error) = holdall::output::whole(file, text.as_bytes(), 0o644)
        {
            let why = explained(&error.into()).lines.join(": ");
            session.warn(&format!("the metrics were not written: {why}"));
        }
    }

    /// Sends a message. Of many runs, those are told that fail after a good one, or are good after a failed one.
    pub(super) fn tell(&mut self, session: &Session, ended: &Ended<'_>) {
        let (outcome, title, body) = match ended.result {
            Ok((written, _)) => {
                let problems = match ended.problems {
                    0 => String::new(),
                    problems => format!("\nincomplete: {}", render::count(problems, "problem")),
                };
                let took = render::duration(ended.took.as_secs_f64());
                let body = format!("{}; took {took}{problems}", summary(written));
                (Outcome::Success, format!("dump of {}", self.name), body)
            }
            // Whoever stopped it knows.
            Err(failure) if explained(failure).kind == ErrorKind::Interrupted => return,
            Err(failure) => {
                let title = format!("dump of {} failed", self.name);
                (Outcome::Failure, title, explained(failure).lines.join("\n"))
            }
        };
        let before = self.before.replace(outcome).unwrap_or(Outcome::Success);
        if !self.watching || before != outcome {
            self.teller.tell(session, outcome, title, body);
        }
    }
}

/// Tells how the dumps of many projects ended, all in all.
pub(super) fn batch(
    session: &Session,
    args: &DumpArgs,
    run: impl FnOnce() -> Result<u8>,
) -> Result<u8> {
    let teller = Teller::new(session, WatchFlags::of(args).telling)?;
    let done = run();
    let (outcome, end, body) = match &done {
        Ok(0) => (Outcome::Success, "", "all projects were dumped".to_owned()),
        Ok(REDUCED) => (Outcome::Success, "", "all projects were dumped, some in part".to_owned()),
        Ok(code) => (Outcome::Failure, " failed", format!("the worst exit code is {code}")),
        Err(failure) if explained(failure).kind == ErrorKind::Interrupted => return done,
        Err(failure) => (Outcome::Failure, " failed", explained(failure).lines.join("\n")),
    };
    teller.tell(session, outcome, format!("dump of many projects{end}"), body);
    done
}

/// What the flags say of the run as a whole.
struct WatchFlags {
    watching: bool,
    telling: Telling,
}

impl WatchFlags {
    fn of(args: &DumpArgs) -> Self {
        let after = &args.after;
        Self { watching: after.watch, telling: Telling::of(after.notify, after.no_notify) }
    }
}

/// What an earlier run left in the file of metrics, as far as it is text.
fn earlier(file: &std::path::Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(file) {
        // What cannot be read is not taken up.
        let _ = file.take(TEXT_BYTES_MAX as u64).read_to_end(&mut bytes);
    }
    String::from_utf8(bytes).unwrap_or_default()
}
