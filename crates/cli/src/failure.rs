//! Showing an error, once, with its code and what to try.

mod code;

use std::io::Write;

use holdall::tree::{Classified, ErrorKind};

pub(crate) use code::Code;

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
    /// The command draws on a terminal, and cannot.
    NoTerminal(&'static str),
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

impl Failure {
    /// The exit code of a program that ends with it.
    pub(crate) fn exit_code(&self) -> u8 {
        // Whoever reads has seen enough.
        if is_broken_pipe(self) { 0 } else { explained(self).kind.exit_code() }
    }
}

/// Prints an error to standard error and gives the exit code.
pub(crate) fn report(failure: &Failure, form: Form) -> u8 {
    // Whoever reads has seen enough.
    if is_broken_pipe(failure) {
        return 0;
    }
    explained(failure).show(form)
}

/// The same for what failed as a part of something larger; `doing` says which part.
pub(crate) fn report_of(doing: &str, failure: &Failure, form: Form) -> u8 {
    let mut explained = explained(failure);
    explained.lines.insert(0, doing.to_owned());
    explained.show(form)
}

/// An error in words, with its code.
pub(crate) struct Explained {
    pub(crate) code: Code,
    pub(crate) kind: ErrorKind,
    /// What was being done, then why it failed, from the outside in.
    pub(crate) lines: Vec<String>,
}

/// What there is to say of an error.
pub(crate) fn explained(failure: &Failure) -> Explained {
    let (kind, lines) = match failure {
        Failure::Output(error) => {
            (ErrorKind::Failed, vec!["cannot write the output".to_owned(), error.to_string()])
        }
        Failure::Usage(why) => (ErrorKind::Usage, vec![why.clone()]),
        Failure::NoTerminal(why) => (ErrorKind::Usage, vec![(*why).to_owned()]),
        Failure::Unanswered(question) => {
            (ErrorKind::Refused, vec![format!("nobody can be asked here: {question}")])
        }
        Failure::Operation(error) => (error.kind(), chain(&**error)),
    };
    let code = match failure {
        Failure::Output(_) => Code::Output,
        Failure::Usage(_) => Code::Usage,
        Failure::NoTerminal(_) => Code::NoTerminal,
        Failure::Unanswered(_) => Code::Unanswered,
        Failure::Operation(error) => Code::of(&**error),
    };
    Explained { code, kind, lines }
}

impl Explained {
    fn show(&self, form: Form) -> u8 {
        let Self { code, kind, lines } = self;
        show(&Shown { code: *code, kind: *kind, lines, hint: code.hint() }, form)
    }

    /// As a document for programs has it.
    pub(crate) fn because(&self) -> FailedBecause {
        Shown { code: self.code, kind: self.kind, lines: &self.lines, hint: self.code.hint() }
            .because()
    }
}

/// What is shown of an error.
struct Shown<'s> {
    code: Code,
    kind: ErrorKind,
    /// What was being done, then why it failed, from the outside in.
    lines: &'s [String],
    hint: Option<&'s str>,
}

impl Shown<'_> {
    fn because(&self) -> FailedBecause {
        FailedBecause {
            code: self.code.word().to_owned(),
            kind: word(self.kind).to_owned(),
            message: self.lines.first().cloned().unwrap_or_default(),
            causes: self.lines.get(1..).unwrap_or_default().to_vec(),
            hint: self.hint.map(str::to_owned),
        }
    }
}

/// Prints what is wrong with the arguments and gives the exit code.
pub(crate) fn report_usage(error: &clap::Error, form: Form) -> u8 {
    let text = error.render();
    if form != Form::Json {
        let colored = form == Form::Colored;
        let text = if colored { text.ansi().to_string() } else { text.to_string() };
        let named = format!("error[{}]:", Code::Usage.word());
        // An error that cannot be shown has nowhere else to go.
        let _ = write!(std::io::stderr(), "{}", text.replacen("error:", &named, 1));
        return ErrorKind::Usage.exit_code();
    }
    let text = text.to_string();
    let message = text.lines().next().unwrap_or_default();
    let lines = [message.strip_prefix("error: ").unwrap_or(message).to_owned()];
    let hint = Some("`holdall --help` shows commands and flags");
    show(&Shown { code: Code::Usage, kind: ErrorKind::Usage, lines: &lines, hint }, form)
}

fn show(shown: &Shown<'_>, form: Form) -> u8 {
    let Shown { code, kind, lines, hint } = *shown;
    if form == Form::Log {
        let message = lines.first().map_or("unknown", String::as_str);
        let causes = lines.get(1..).unwrap_or_default().join(": ");
        tracing::error!(name: "error", code = code.word(), kind = word(kind), causes, hint, "{message}");
        return kind.exit_code();
    }
    let mut out = std::io::stderr().lock();
    // An error that cannot be shown has nowhere else to go.
    let _ = if form == Form::Json {
        let error = shown.because();
        let line = serde_json::to_string(&Failed { error }).unwrap_or_default();
        writeln!(out, "{line}")
    } else {
        text(&mut out, shown, form == Form::Colored)
    };
    kind.exit_code()
}

fn is_broken_pipe(failure: &Failure) -> bool {
    let error = match failure {
        Failure::Output(error) => Some(error),
        Failure::Operation(error) => match &**error {
            holdall::Error::Output(error) => Some(error),
            holdall::Error::Tree(error) => match error.get_ref().downcast_ref() {
                Some(holdall::archives::Error::Write(error)) => Some(error),
                _ => None,
            },
            _ => None,
        },
        Failure::Usage(_) | Failure::Unanswered(_) | Failure::NoTerminal(_) => None,
    };
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn text(out: &mut dyn Write, shown: &Shown<'_>, color: bool) -> std::io::Result<()> {
    if shown.kind == ErrorKind::Interrupted {
        return writeln!(out, "interrupted; nothing was left half done");
    }
    let mut lines = shown.lines.iter();
    let error = render::paint(color, render::RED, &format!("error[{}]:", shown.code.word()));
    writeln!(out, "{error} {}", lines.next().map_or("unknown", String::as_str))?;
    for cause in lines {
        writeln!(out, "caused by: {cause}")?;
    }
    match shown.hint {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_followed_by_its_causes_and_what_to_try() {
        let lines = ["cannot restore a".to_owned(), "the disk is full".to_owned()];
        let mut out = Vec::new();
        let (code, kind) = (Code::NoSpace, ErrorKind::Failed);
        let shown = Shown { code, kind, lines: &lines, hint: Some("make room") };
        text(&mut out, &shown, false).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(
            shown,
            "error[no-space]: cannot restore a\ncaused by: the disk is full\n\nhint: make room\n"
        );
    }
}
