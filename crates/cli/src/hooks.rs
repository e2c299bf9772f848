//! Hooks around a command.
//!
//! Those for the start are run here. Those for the end are run by a process that is started before anything else and
//! waits: a restore that confined itself can start nothing any more, and a run that was killed cannot either. That
//! process is told the hooks at once, and later nothing but how the run ended, so that whatever a hostile source does
//! to the run, it cannot say what is run.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::PoisonError;
use std::time::Instant;

use holdall::Locator;
use holdall::config::{Hook, HookFailure, Operation, Stage};
use holdall::hooks::{self, About, HookError, Outcome, Ran};
use holdall::tree::path::printable;
use serde::{Deserialize, Serialize};

use crate::args::Command;
use crate::commands;
use crate::failure::{Failure, Result, explained};
use crate::session::Session;

/// What the process that waits is started with. It is no part of the command line that is promised to users.
pub(crate) const COMMAND: &str = "__hooks";
/// The longest line between the two processes, in bytes.
const LINE_BYTES_MAX: u64 = 8 << 20;
/// Lines of what a hook that failed said that are shown; the log has more.
const LINES_SHOWN: usize = 10;

/// Runs a command, and the hooks before and after it.
pub(crate) fn around(session: &Session, command: Option<Command>) -> Result<u8> {
    let about = command.as_ref().filter(|_| session.hooks).and_then(|one| about(session, one));
    let Some(about) = about else { return commands::run(session, command) };
    let hooks = hooks::about(&session.config.config.hook.0, &about);
    let previews = matches!(&command, Some(Command::Restore(args)) if args.preview);
    if session.dry_run || previews {
        for hook in &hooks {
            let on: Vec<String> = hook.on.iter().map(ToString::to_string).collect();
            session.tell(&format!("would run the hook {:?} at {}", hook.called(), on.join(", ")));
        }
        return commands::run(session, command);
    }
    if hooks.is_empty() {
        return commands::run(session, command);
    }
    let began = Instant::now();
    let waiting = Waiting::start(&hooks, &about)?;
    let result = match start(session, &hooks, &about) {
        None => commands::run(session, command),
        Some(failure) => Err(failure),
    };
    let Some(waiting) = waiting else { return result };
    let mut outcome =
        std::mem::take(&mut *session.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    outcome.problems = session.progress.problems();
    outcome.elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    outcome.exit_code = Some(match &result {
        Ok(code) => *code,
        Err(failure) => {
            outcome.error = Some(explained(failure).lines.join(": "));
            failure.exit_code()
        }
    });
    let failed = waiting.finish(session, &outcome);
    match result {
        // The run did what it was to do; what belongs to it did not.
        Ok(0) if failed > 0 => Ok(3),
        result => result,
    }
}

/// Runs the hooks for the start. Gives why nothing else is to be done, if one failed that says so.
fn start(session: &Session, hooks: &[Hook], about: &About) -> Option<Failure> {
    let mut last = None;
    let ready = hooks::before(hooks, about, &session.cancel, &mut |ran| {
        let told = Told::of(ran);
        told.log();
        if told.failed.is_some() && told.on_failure != HookFailure::Ignore {
            told.show_said(session);
        }
        if told.failed.is_some() && told.on_failure == HookFailure::Warn {
            session.warn(&told.words());
        }
        last = Some(told);
    });
    if ready {
        return None;
    }
    let told = last?;
    let source = told.why.unwrap_or(HookError::Stopped);
    Some(Failure::from(holdall::Error::Hook { name: told.name, source }))
}

/// What a command is about, if hooks stand around it.
fn about(session: &Session, command: &Command) -> Option<About> {
    let current = &session.places.current;
    let at = |path: &Path| {
        let path = current.join(path);
        path.canonicalize().unwrap_or(path)
    };
    let of_source = |source: &str| match Locator::parse(source, current) {
        Ok(Locator::Path(path)) => vec![at(&path)],
        _ => vec![at(Path::new("."))],
    };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (operation, source, destination, places) = match command {
        Command::Snapshot(args) => {
            let set = &session.config.config.snapshot.paths;
            let paths = match (args.paths.as_slice(), set.as_slice()) {
                ([], []) => vec![PathBuf::from(".")],
                ([], set) => set.to_vec(),
                (given, _) => given.to_vec(),
            };
            let named: Vec<String> = paths.iter().map(|path| text(&at(path))).collect();
            let source = if args.stdin { "-".to_owned() } else { named.join("\n") };
            let places = paths.iter().map(|path| at(path)).collect();
            let url = session.access().ok().map(|access| text(&access.path));
            (Operation::Snapshot, source, url, places)
        }
        Command::Dump(args) => {
            let to = args.output.as_deref().map(text);
            (Operation::Dump, args.source.clone(), to, of_source(&args.source))
        }
        Command::Archive(args) => {
            let to = Some(text(&args.output));
            (Operation::Archive, args.source.clone(), to, of_source(&args.source))
        }
        Command::Clone(args) => {
            let to = Some(text(&args.dest));
            (Operation::Clone, args.source.clone(), to, of_source(&args.source))
        }
        Command::Convert(args) => {
            let to = Some(text(&args.dest));
            (Operation::Convert, args.source.clone(), to, of_source(&args.source))
        }
        Command::Restore(args) => {
            let to = args.to.as_deref();
            let places = vec![at(to.unwrap_or(Path::new(".")))];
            (Operation::Restore, args.source.clone(), to.map(text), places)
        }
        _ => return None,
    };
    let op_id = session.operation.as_str().to_owned();
    Some(About { operation, op_id, source, destination, places })
}

/// What became of a hook, in words.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    name: String,
    event: String,
    on_failure: HookFailure,
    said: String,
    took_ms: u64,
    /// Why it failed, from the outside in.
    failed: Option<String>,
    #[serde(skip)]
    why: Option<HookError>,
}

impl Told {
    fn of(ran: Ran<'_>) -> Self {
        let operation = ran.operation.word();
        Self {
            name: ran.hook.called().to_owned(),
            event: format!("{operation}.{}", ran.stage.word()),
            on_failure: ran.hook.on_failure,
            said: ran.said,
            took_ms: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
            failed: ran.failed.as_ref().map(|error| crate::failure::chain(error).join(": ")),
            why: ran.failed,
        }
    }

    fn words(&self) -> String {
        let why = self.failed.as_deref().unwrap_or_default();
        format!("the hook {:?} failed at {}: {why}", self.name, self.event)
    }

    /// Writes all that it said to the log.
    fn log(&self) {
        let (hook, event, took_ms) = (&self.name, &self.event, self.took_ms);
        for line in self.said.lines() {
            tracing::info!(name: "hook_said", hook, "{line}");
        }
        let failed = self.failed.as_deref();
        tracing::info!(name: "hook", hook, event, took_ms, failed, "ran a hook");
    }

    /// Shows the end of what it said.
    fn show_said(&self, session: &Session) {
        let lines: Vec<&str> = self.said.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(LINES_SHOWN)) {
            session.tell(&format!("{}: {}", self.name, printable(line.as_bytes())));
        }
    }
}

/// What the process that waits is told at once.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    hooks: Vec<Hook>,
    about: About,
}

/// The process that waits for the end of the run.
struct Waiting {
    child: Child,
}

impl Waiting {
    /// Starts it, if there is anything for it to do.
    fn start(hooks: &[Hook], about: &About) -> Result<Option<Self>> {
        let stages = [Stage::Success, Stage::Warning, Stage::Failure, Stage::End];
        let later = |hook: &&Hook| stages.iter().any(|stage| hooks::is_for(hook, about, *stage));
        let hooks: Vec<Hook> = hooks.iter().filter(later).cloned().collect();
        let Some(first) = hooks.first() else { return Ok(None) };
        let name = first.called().to_owned();
        let task = Task { hooks, about: about.clone() };
        let started = || -> std::io::Result<Child> {
            let mut child = std::process::Command::new(std::env::current_exe()?)
                .arg(COMMAND)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                // Ctrl-C is for the run; this puts right afterwards what it may leave.
                .process_group(0)
                .spawn()?;
            let line = serde_json::to_string(&task)?;
            if let Some(to) = &mut child.stdin {
                writeln!(to, "{line}")?;
            }
            Ok(child)
        };
        let fail = |error| holdall::Error::Hook { name, source: HookError::Start(error) };
        Ok(Some(Self { child: started().map_err(fail)? }))
    }

    /// Says how the run ended, waits for all hooks, and gives how many failed that count.
    fn finish(mut self, session: &Session, outcome: &Outcome) -> u64 {
        let line = serde_json::to_string(outcome).unwrap_or_default();
        if let Some(mut to) = self.child.stdin.take()
            && let Err(error) = writeln!(to, "{line}")
        {
            session.warn(&format!("hooks cannot be told how the run ended: {error}"));
        }
        let Some(from) = self.child.stdout.take() else { return 0 };
        let mut failed = 0;
        for line in lines(from) {
            let Ok(told) = serde_json::from_str::<Told>(&line) else { break };
            told.log();
            if told.failed.is_none() || told.on_failure == HookFailure::Ignore {
                continue;
            }
            told.show_said(session);
            if told.on_failure == HookFailure::Stop {
                failed += 1;
                session.fail(&told.words());
            } else {
                session.warn(&told.words());
            }
        }
        failed
    }
}

/// Lines of bounded length.
fn lines(from: impl Read) -> impl Iterator<Item = String> {
    let mut from = BufReader::new(from);
    std::iter::from_fn(move || {
        let mut line = String::new();
        let read = (&mut from).take(LINE_BYTES_MAX).read_line(&mut line);
        read.ok().filter(|n| *n > 0).map(|_| line)
    })
}

/// The process that waits: reads what is to be run and how the run ended, then runs it. If the run ends without a word,
/// it has failed.
pub(crate) fn wait_and_run() {
    let mut lines = lines(std::io::stdin().lock());
    let Some(Ok(task)) = lines.next().map(|line| serde_json::from_str::<Task>(&line)) else {
        return;
    };
    let outcome = lines.next().and_then(|line| serde_json::from_str::<Outcome>(&line).ok());
    let outcome = outcome.unwrap_or_else(|| Outcome {
        error: Some("the run ended before it could say how".to_owned()),
        ..Outcome::default()
    });
    let mut out = std::io::stdout().lock();
    hooks::after(&task.hooks, &task.about, &outcome, &mut |ran| {
        let line = serde_json::to_string(&Told::of(ran)).unwrap_or_default();
        // The run may be gone; its hooks are run all the same.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    });
}
