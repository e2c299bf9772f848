//! Showing an error, once, with what to try.

use std::io::Write;

use holdall::tree::{Classified, ErrorKind};

use crate::render;
use crate::wire::{Failed, FailedBecause};

/// How an error is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As text.
    Plain,
    /// As text in colours.
    Colored,
    /// As one JSON object on one line.
    Json,
    /// As a line of the log, which is in JSON.
    Log,
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An operation failed.
    Operation(Box<holdall::Error>),
    /// What was typed makes no sense.
    Usage(String),
    /// This question has to be answered with yes, and nobody can be asked.
    Unanswered(String),
    /// The output could not be written.
    Output(std::io::Error),
}

/// The result of a command.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl<E: Into<holdall::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Operation(Box::new(error.into()))
    }
}

/// Output failures do not go through [`holdall::Error`], because a broken pipe is none.
pub(crate) fn output(error: std::io::Error) -> Failure {
    Failure::Output(error)
}

/// Prints an error to standard error and gives the exit code.
pub(crate) fn report(failure: &Failure, form: Form) -> u8 {
    let (kind, lines) = match failure {
        // Whoever reads has seen enough.
        failure if is_broken_pipe(failure) => return 0,
        Failure::Output(error) => {
            (ErrorKind::Failed, vec!["cannot write the output".to_owned(), error.to_string()])
        }
        Failure::Usage(why) => (ErrorKind::Usage, vec![why.clone()]),
        Failure::Unanswered(question) => {
            (ErrorKind::Refused, vec![format!("nobody can be asked here: {question}")])
        }
        Failure::Operation(error) => (error.kind(), chain(&**error)),
    };
    let hint = match failure {
        Failure::Operation(error) => hint(error),
        Failure::Unanswered(_) => Some("answer with --yes".to_owned()),
        _ => None,
    };
    show(kind, &lines, hint.as_deref(), form)
}

/// Prints what is wrong with the arguments and gives the exit code.
pub(crate) fn report_usage(error: &clap::Error, form: Form) -> u8 {
    if form != Form::Json {
        let _ = error.print();
        return ErrorKind::Usage.exit_code();
    }
    let text = error.to_string();
    let message = text.lines().next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    show(
        ErrorKind::Usage,
        &[message.to_owned()],
        Some("`holdall --help` shows commands and flags"),
        form,
    )
}

fn show(kind: ErrorKind, lines: &[String], hint: Option<&str>, form: Form) -> u8 {
    if form == Form::Log {
        let message = lines.first().map_or("unknown", String::as_str);
        let causes = lines.get(1..).unwrap_or_default().join(": ");
        tracing::error!(kind = word(kind), causes, hint, "{message}");
        return kind.exit_code();
    }
    let mut out = std::io::stderr().lock();
    // An error that cannot be shown has nowhere else to go.
    let _ = if form == Form::Json {
        let error = FailedBecause {
            kind: word(kind).to_owned(),
            message: lines.first().cloned().unwrap_or_default(),
            causes: lines.get(1..).unwrap_or_default().to_vec(),
            hint: hint.map(str::to_owned),
        };
        let line = serde_json::to_string(&Failed { error }).unwrap_or_default();
        writeln!(out, "{line}")
    } else {
        text(&mut out, kind, lines, hint, form == Form::Colored)
    };
    kind.exit_code()
}

fn is_broken_pipe(failure: &Failure) -> bool {
    let error = match failure {
        Failure::Output(error) => Some(error),
        Failure::Operation(error) => match &**error {
            holdall::Error::Output(error) => Some(error),
            _ => None,
        },
        Failure::Usage(_) | Failure::Unanswered(_) => None,
    };
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn text(
    out: &mut dyn Write,
    kind: ErrorKind,
    lines: &[String],
    hint: Option<&str>,
    color: bool,
) -> std::io::Result<()> {
    if kind == ErrorKind::Interrupted {
        return writeln!(out, "interrupted; nothing was left half done");
    }
    let mut lines = lines.iter();
    let error = render::paint(color, render::RED, "error:");
    writeln!(out, "{error} {}", lines.next().map_or("unknown", String::as_str))?;
    for cause in lines {
        writeln!(out, "caused by: {cause}")?;
    }
    match hint {
        Some(hint) => writeln!(out, "\n{} {hint}", render::paint(color, render::BLUE, "hint:")),
        None => Ok(()),
    }
}

/// The messages of an error and its sources, without repetition.
pub(crate) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut lines = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if lines.last() != Some(&text) {
            lines.push(text);
        }
        source = error.source();
    }
    lines
}

fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Failed => "failed",
        ErrorKind::Usage => "usage",
        ErrorKind::Incomplete => "incomplete",
        ErrorKind::Refused => "refused",
        ErrorKind::Locked => "locked",
        ErrorKind::Interrupted => "interrupted",
    }
}

/// What to try. Only here is it known what flags are called.
pub(crate) fn hint(error: &holdall::Error) -> Option<String> {
    use holdall::Error as E;
    use holdall::repo::Error as R;
    let repo = match error {
        E::Repo(repo) => Some(repo),
        E::Tree(error) => error.get_ref().downcast_ref::<R>(),
        _ => None,
    };
    if let Some(repo) = repo {
        return repository_hint(repo);
    }
    let restore = if let E::Tree(error) = error {
        error.get_ref().downcast_ref::<holdall::fs::restore::RestoreError>()
    } else {
        None
    };
    use holdall::fs::restore::RestoreError as F;
    let text = match (error, restore) {
        (_, Some(F::MountPoint { .. } | F::NoParent { .. })) => {
            "restore to another directory with --to DIR"
        }
        (_, Some(F::MountWithin { .. })) => {
            "unmount it first, or restore to another directory with --to DIR"
        }
        (_, Some(F::Changed { .. })) => "run the restore again",
        (_, Some(F::PointMissing { .. })) => "`holdall rollback --list` shows the points there are",
        (E::NoPoints { .. }, _) => "name the directory that was restored with --target DIR",
        (E::TargetExists { .. }, _) => {
            "choose another directory, or merge with --overwrite changed; what is replaced is kept and `holdall rollback` brings it back"
        }
        (E::Damaged { .. }, _) => {
            "restore the rest with --partial; --partial --edited takes these as they are shown"
        }
        (E::Tree(error), _)
            if matches!(
                error.get_ref().downcast_ref(),
                Some(holdall::text::Error::Broken { .. })
            ) =>
        {
            "`holdall restore DUMP --partial` brings back what is left of it"
        }
        (E::PasswordNeeded { .. } | E::Password { .. }, _) => {
            "give it with --password-file, --password-command or HOLDALL_PASSWORD"
        }
        (E::UnknownStore { .. }, _) => "a repository is a local directory: -r DIR",
        (E::OverLimit { .. }, _) => {
            "look at it with --preview, then raise --max-files or --max-bytes"
        }
        (E::Nothing { .. }, _) => "`holdall ls SOURCE` shows what a source holds",
        (E::Locator { .. }, _) => "a source is @latest, @ID, @ID:path, or a directory",
        (E::Select(error), _) => return select_hint(&error.to_string()),
        _ => return system_hint(error),
    };
    Some(text.to_owned())
}

/// Of a broken pattern it is said in which language it should be.
fn select_hint(error: &str) -> Option<String> {
    if ["--type", "--regex", "--contains"].iter().any(|flag| error.contains(flag)) {
        return None;
    }
    let text = "patterns are in gitignore syntax; `holdall explain PATH` shows what decides";
    Some(text.to_owned())
}

/// What can be done where the system refuses something.
fn system_hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use std::io::ErrorKind as K;
    let mut next = Some(error);
    while let Some(error) = next {
        let text = match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(K::StorageFull | K::QuotaExceeded) => {
                "make room, then run it again; what was written so far is not seen and is cleared away"
            }
            Some(K::PermissionDenied) => "run it as a user who may do this",
            Some(K::ReadOnlyFilesystem) => "the file system can only be read; choose another place",
            _ => {
                next = error.source();
                continue;
            }
        };
        return Some(text.to_owned());
    }
    None
}

fn repository_hint(error: &holdall::repo::Error) -> Option<String> {
    use holdall::repo::Error as R;
    let text = match error {
        R::NoRepository { .. } => {
            "make it with `holdall repo init`, or name another one with -r DIR"
        }
        R::RepositoryExists { .. } => "use it as it is, or name another directory with -r DIR",
        R::WrongPassword { .. } => "check --password-file, --password-command or HOLDALL_PASSWORD",
        R::Locked { .. } => {
            "wait for the other run, with --lock-wait 10m if you like; if it is gone for good, `holdall repo unlock`"
        }
        R::SnapshotMissing { .. } => "`holdall snapshots` lists what there is",
        R::SnapshotAmbiguous { .. } => "write more digits of the ID",
        R::PathMissing { .. } => "`holdall ls @ID` shows what the snapshot holds",
        R::Object { .. }
        | R::ObjectMissing { .. }
        | R::BlobMissing { .. }
        | R::BlobDamaged { .. } => {
            "run `holdall repo check --read-data` to see what else is damaged"
        }
        R::ReadOnlyVersion => {
            "make a new repository with `holdall repo init`; old snapshots stay readable here"
        }
        R::SelfCheck => "do not trust this machine with backups until its memory is tested",
        R::Refused(why) if why.contains("rules would keep none") => "allow it with --allow-empty",
        error => return system_hint(error),
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn an_error_is_followed_by_its_causes_and_what_to_try() {
        let lines = ["cannot restore a".to_owned(), "the disk is full".to_owned()];
        let mut out = Vec::new();
        text(&mut out, ErrorKind::Failed, &lines, Some("make room"), false).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(
            shown,
            "error: cannot restore a\ncaused by: the disk is full\n\nhint: make room\n"
        );
    }

    fn flags(command: &clap::Command, found: &mut Vec<String>) {
        found.extend(
            command
                .get_arguments()
                .filter_map(|arg| arg.get_long())
                .map(|long| format!("--{long}")),
        );
        command.get_subcommands().for_each(|sub| flags(sub, found));
    }

    #[test]
    fn every_flag_that_a_hint_names_exists() {
        let mut known = Vec::new();
        let mut command = crate::args::Cli::command();
        command.build();
        flags(&command, &mut known);
        let source = include_str!("failure.rs").split("#[cfg(test)]").next().unwrap();
        let named = source
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|w| w.starts_with("--") && w.len() > 3);
        for flag in named {
            assert!(known.iter().any(|k| k == flag), "{flag}");
        }
    }
}
