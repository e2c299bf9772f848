//! Hooks: commands of the user that are run before and after what is done.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use holdall_tree::CancelToken;
use serde::{Deserialize, Serialize};

use crate::config::{Hook, Operation, Stage};
use crate::program::{Bounds, Ending, Listen, run as run_program, without_secrets};

/// The variables that tell a hook what it is run for; see `docs/hooks.md`.
pub const VARIABLES: [&str; 13] = [
    "HOLDALL_EVENT",
    "HOLDALL_OPERATION",
    "HOLDALL_OP_ID",
    "HOLDALL_HOOK_NAME",
    "HOLDALL_SOURCE",
    "HOLDALL_DESTINATION",
    "HOLDALL_SNAPSHOT_ID",
    "HOLDALL_EXIT_CODE",
    "HOLDALL_ERROR",
    "HOLDALL_PROBLEMS",
    "HOLDALL_FILES",
    "HOLDALL_BYTES",
    "HOLDALL_ELAPSED_MS",
];

/// The longest value that a hook is told, in bytes.
const VALUE_BYTES_MAX: usize = 16 << 10;

/// What is done, as far as it is known before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What.
    pub operation: Operation,
    /// What tells this run from all others.
    pub op_id: String,
    /// What is read, as it was written.
    pub source: String,
    /// What is written.
    pub destination: Option<String>,
    /// The directories of this machine that it concerns; only what [`about`] asks.
    #[serde(skip)]
    pub places: Vec<PathBuf>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The exit code of the run; none if nobody was left to say it.
    pub exit_code: Option<u8>,
    /// Why it failed.
    pub error: Option<String>,
    /// The snapshot that was taken.
    pub snapshot_id: Option<String>,
    /// Entries with trouble.
    pub problems: u64,
    /// Files that were written.
    pub files: Option<u64>,
    /// Their bytes.
    pub bytes: Option<u64>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl Outcome {
    /// Which hooks it is for, before those for the end.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.exit_code {
            Some(0) => Stage::Success,
            Some(3) => Stage::Warning,
            _ => Stage::Failure,
        }
    }
}

/// What became of one hook.
#[derive(Debug)]
pub struct Ran<'h> {
    /// The hook.
    pub hook: &'h Hook,
    /// Around what.
    pub operation: Operation,
    /// When it was run.
    pub stage: Stage,
    /// The end of what it said, at most 64 KiB.
    pub said: String,
    /// How long it took.
    pub took: Duration,
    /// Why it counts as failed, if it does.
    pub failed: Option<HookError>,
}

/// Why a hook failed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It could not be started.
    #[error("it could not be started")]
    Start(#[source] std::io::Error),
    /// It said that it failed.
    #[error("it ended with {0}")]
    Status(ExitStatus),
    /// It took too long.
    #[error("it took longer than {0} seconds and was ended")]
    TooLong(u64),
    /// The user stopped the run.
    #[error("it was stopped with the run")]
    Stopped,
}

/// The hooks that are about an operation, at any stage of it.
#[must_use]
pub fn about(hooks: &[Hook], about: &About) -> Vec<Hook> {
    let stages = [Stage::Start, Stage::Success, Stage::Warning, Stage::Failure, Stage::End];
    let fits = |hook: &&Hook| {
        let on = &hook.on;
        stages.iter().any(|stage| on.iter().any(|event| event.is(about.operation, *stage)))
            && hook.project.as_ref().is_none_or(|project| concerns(project, &about.places))
    };
    hooks.iter().filter(fits).cloned().collect()
}

/// True if one of the places is the project or lies in it.
fn concerns(project: &Path, places: &[PathBuf]) -> bool {
    let project = project.canonicalize().unwrap_or_else(|_| project.to_owned());
    places.iter().any(|place| place.starts_with(&project))
}

/// True if a hook is run at this stage.
#[must_use]
pub fn is_for(hook: &Hook, about: &About, stage: Stage) -> bool {
    hook.on.iter().any(|event| event.is(about.operation, stage))
}

/// Runs the hooks for the start, in order, until one fails that stops the run; `told` gets each. False if one did.
pub fn before(
    hooks: &[Hook],
    about: &About,
    cancel: &CancelToken,
    told: &mut dyn FnMut(Ran<'_>),
) -> bool {
    for hook in hooks.iter().filter(|hook| is_for(hook, about, Stage::Start)) {
        let ran = one(hook, about, Stage::Start, None, Some(cancel));
        let stops = ran.failed.is_some()
            && (hook.on_failure == crate::config::HookFailure::Stop || cancel.is_cancelled());
        told(ran);
        if stops {
            return false;
        }
    }
    true
}

/// Runs the hooks for how it ended, then those for the end, in order; `told` gets each.
pub fn after(hooks: &[Hook], about: &About, outcome: &Outcome, told: &mut dyn FnMut(Ran<'_>)) {
    for stage in [outcome.stage(), Stage::End] {
        for hook in hooks.iter().filter(|hook| is_for(hook, about, stage)) {
            // They put right what those before have done, so Ctrl-C does not keep them from it.
            told(one(hook, about, stage, Some(outcome), None));
        }
    }
}

fn one<'h>(
    hook: &'h Hook,
    about: &About,
    stage: Stage,
    outcome: Option<&Outcome>,
    cancel: Option<&CancelToken>,
) -> Ran<'h> {
    let began = Instant::now();
    let bounds = Bounds { time: Duration::from_secs(hook.time_limit.0), cancel };
    let ran = run_program(command(hook, about, stage, outcome), Listen::Both, &bounds);
    let (said, failed) = match ran {
        Err(source) => (String::new(), Some(HookError::Start(source))),
        Ok(ran) => (
            ran.said,
            match ran.ending {
                Ending::Exited(status) if status.success() => None,
                Ending::Exited(status) => Some(HookError::Status(status)),
                Ending::TooLong => Some(HookError::TooLong(hook.time_limit.0)),
                Ending::Cancelled | Ending::Halted => Some(HookError::Stopped),
            },
        ),
    };
    let operation = about.operation;
    Ran { hook, operation, stage, said, took: began.elapsed(), failed }
}

fn command(hook: &Hook, about: &About, stage: Stage, outcome: Option<&Outcome>) -> Command {
    let (program, arguments) = match hook.command.split_first() {
        Some((program, arguments)) => (program.as_str(), arguments),
        // A configuration has no such hook; no program is called nothing, so it fails.
        None => ("", Default::default()),
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    if let Some(directory) = &hook.directory {
        command.current_dir(directory);
    }
    without_secrets(&mut command, std::iter::empty());
    // Those of a run around this one are about that run.
    VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    let (operation, word) = (about.operation.word(), stage.word());
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    let mut variables = vec![
        ("HOLDALL_EVENT", Some(format!("{operation}.{word}"))),
        ("HOLDALL_OPERATION", Some(operation.to_owned())),
        ("HOLDALL_OP_ID", Some(about.op_id.clone())),
        ("HOLDALL_HOOK_NAME", Some(hook.called().to_owned())),
        ("HOLDALL_SOURCE", Some(about.source.clone())),
        ("HOLDALL_DESTINATION", about.destination.clone()),
    ];
    if let Some(outcome) = outcome {
        variables.extend([
            ("HOLDALL_SNAPSHOT_ID", outcome.snapshot_id.clone()),
            ("HOLDALL_EXIT_CODE", number(outcome.exit_code.map(u64::from))),
            ("HOLDALL_ERROR", outcome.error.clone()),
            ("HOLDALL_PROBLEMS", number(Some(outcome.problems))),
            ("HOLDALL_FILES", number(outcome.files)),
            ("HOLDALL_BYTES", number(outcome.bytes)),
            ("HOLDALL_ELAPSED_MS", number(Some(outcome.elapsed_ms))),
        ]);
    }
    for (name, value) in variables {
        let Some(value) = value else { continue };
        // A NUL cannot be told at all.
        let mut value = value.replace('\0', "\u{fffd}");
        value.truncate(value.floor_char_boundary(VALUE_BYTES_MAX));
        command.env(name, value);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HookEvent, HookFailure, Wait};

    fn hook(on: &str, script: &str) -> Hook {
        Hook {
            name: Some(script.to_owned()),
            on: on.split(' ').map(|on| HookEvent::try_from(on.to_owned()).unwrap()).collect(),
            command: ["sh", "-c", script].map(str::to_owned).to_vec(),
            project: None,
            directory: None,
            time_limit: Wait(30),
            on_failure: HookFailure::Stop,
        }
    }

    fn snapshot() -> About {
        About {
            operation: Operation::Snapshot,
            op_id: "ab".into(),
            source: "a\0b".into(),
            destination: None,
            places: vec!["/p/a".into()],
        }
    }

    /// What was run at which stage, and whether it failed.
    fn log<'l>(all: &'l mut Vec<String>) -> impl FnMut(Ran<'_>) + 'l {
        |ran| all.push(format!("{} {} {}", ran.stage.word(), ran.said, ran.failed.is_some()))
    }

    #[test]
    fn hooks_are_run_in_order_and_the_first_that_fails_stops_the_rest() {
        let hooks = [
            hook("snapshot.start *.end", "echo 1"),
            hook("archive.start", "echo 2"),
            Hook { on_failure: HookFailure::Warn, ..hook("*.start", "echo 3; exit 1") },
            hook("snapshot.*", "echo 4; exit 2"),
            hook("snapshot.start", "echo 5"),
        ];
        let about = snapshot();
        let mut all = Vec::new();
        assert!(!before(&hooks, &about, &CancelToken::default(), &mut log(&mut all)));
        let failed = Outcome { exit_code: Some(1), ..Outcome::default() };
        after(&hooks, &about, &failed, &mut log(&mut all));
        let expected = [
            "start 1 false",
            "start 3 true",
            "start 4 true",
            "failure 4 true",
            "end 1 false",
            "end 4 true",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_hook_is_told_what_it_is_run_for() {
        let hooks = [hook(
            "*.warning",
            "echo $HOLDALL_EVENT $HOLDALL_EXIT_CODE $HOLDALL_FILES $HOLDALL_SOURCE \"<$HOLDALL_DESTINATION>\"",
        )];
        let outcome = Outcome { exit_code: Some(3), files: Some(7), ..Outcome::default() };
        let mut all = Vec::new();
        after(&hooks, &snapshot(), &outcome, &mut log(&mut all));
        assert_eq!(all, ["warning snapshot.warning 3 7 a\u{fffd}b <> false"]);
    }

    #[test]
    fn hooks_of_other_projects_and_operations_are_no_concern() {
        let of =
            |project: &str, on: &str| Hook { project: Some(project.into()), ..hook(on, "true") };
        let all = [of("/p", "*.end"), of("/q", "*.end"), of("/p/a/b", "*.end"), of("/p", "dump.*")];
        let found = about(&all, &snapshot());
        assert_eq!(found, [all[0].clone()]);
    }

    #[test]
    fn a_program_that_is_not_there_is_a_hook_that_failed() {
        let mut hook = hook("*.start", "");
        hook.command = vec!["/nowhere/at/all".into()];
        let mut failed = None;
        before(&[hook], &snapshot(), &CancelToken::default(), &mut |ran| {
            failed = ran.failed.as_ref().map(ToString::to_string);
        });
        assert_eq!(failed.as_deref(), Some("it could not be started"));
    }
}
