//! Commands that are run before and after what is done.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Base, Fault, Raw, Setting, quoted, table, wrong};
use super::values::Wait;
use super::words::{HookFailure, Operation, Stage};

/// The most hooks that there may be.
pub const HOOKS_MAX: usize = 100;
/// How long a hook may take unless it says otherwise.
const TIME_LIMIT: Wait = Wait(600);

/// One command, and when it is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hook {
    /// What it is called, for people. It stands for the hook of that name of a lower layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it is run.
    pub on: Vec<HookEvent>,
    /// The program and its arguments. No shell reads them unless one is named: `["sh", "-c", "…"]`.
    pub command: Vec<String>,
    /// Only what concerns this directory, or something in it; everything if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<PathBuf>,
    /// Where it is run; where holdall runs if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// How long it may take before it is ended with all that it started.
    #[serde(default = "time_limit")]
    pub time_limit: Wait,
    /// What becomes of the run if it fails.
    #[serde(default = "on_failure")]
    pub on_failure: HookFailure,
}

fn time_limit() -> Wait {
    TIME_LIMIT
}

fn on_failure() -> HookFailure {
    HookFailure::Stop
}

/// What a table of a hook may say.
const FIELDS: [&str; 7] =
    ["name", "on", "command", "project", "directory", "time-limit", "on-failure"];

impl Hook {
    /// What messages call it.
    #[must_use]
    pub fn called(&self) -> &str {
        let program = || self.command.first().map_or("", String::as_str);
        self.name.as_deref().unwrap_or_else(program)
    }

    fn take(&mut self, name: &str, raw: &Raw<'_>) -> Result<(), Fault> {
        match name {
            "name" => self.name = Some(String::read(raw)?),
            "on" => self.on = Vec::read(raw)?,
            "command" => self.command = words(raw)?,
            "project" => self.project = Some(PathBuf::read(raw)?),
            "directory" => self.directory = Some(PathBuf::read(raw)?),
            "time-limit" => self.time_limit = Wait::read(raw)?,
            _ => self.on_failure = HookFailure::read(raw)?,
        }
        Ok(())
    }
}

/// A program with its arguments, of which only the first may not be empty.
fn words(raw: &Raw<'_>) -> Result<Vec<String>, Fault> {
    let expected = "expected a list such as [\"systemctl\", \"stop\", \"shop\"]";
    let Raw::List(list) = raw else { return Err(format!("{expected}, found {raw}").into()) };
    let word = |raw: &Raw<'_>| match raw {
        Raw::Text(text) if !text.contains('\0') => Ok((*text).to_owned()),
        other => Err(Fault::from(format!("{expected}, found {other} in it"))),
    };
    let words = list
        .iter()
        .map(|one| word(&one.raw).map_err(|fault| fault.or_at(one.at)))
        .collect::<Result<Vec<_>, _>>()?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(format!("{expected}, found nothing that could be run").into()),
    }
}

impl Setting for Hook {
    const EXPECTS: &'static str = "a table with on and command";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let mut hook = Self {
            name: None,
            on: Vec::new(),
            command: Vec::new(),
            project: None,
            directory: None,
            time_limit: TIME_LIMIT,
            on_failure: HookFailure::Stop,
        };
        table::<Self>(raw, "a hook", &FIELDS, |name, raw| hook.take(name, raw))?;
        if hook.on.is_empty() || hook.command.is_empty() {
            return Err(wrong::<Self>(raw));
        }
        if hook.time_limit.0 == 0 {
            return Err("time-limit: a hook needs some time".to_owned().into());
        }
        Ok(hook)
    }

    fn show(&self) -> String {
        let mut fields = Vec::new();
        fields.extend(self.name.as_ref().map(|name| format!("name = {}", quoted(name))));
        fields.push(format!("on = {}", self.on.show()));
        fields.push(format!("command = {}", self.command.show()));
        let paths = [("project", &self.project), ("directory", &self.directory)];
        let shown = |(name, path): (&str, &Option<PathBuf>)| {
            path.as_ref().map(|path| format!("{name} = {}", path.show()))
        };
        fields.extend(paths.into_iter().filter_map(shown));
        fields.push(format!("time-limit = {}", self.time_limit.show()));
        fields.push(format!("on-failure = {}", self.on_failure.show()));
        format!("{{ {} }}", fields.join(", "))
    }

    fn rebase(&mut self, base: Base<'_>) {
        [&mut self.project, &mut self.directory]
            .into_iter()
            .flatten()
            .for_each(|path| path.rebase(base));
        // A name without a slash is looked for where programs are.
        if let Some(program) = self.command.first_mut().filter(|program| program.contains('/')) {
            let mut path = Path::new(program.as_str()).to_owned();
            path.rebase(base);
            if let Some(path) = path.to_str() {
                *program = path.to_owned();
            }
        }
    }
}

/// When a hook is run: `snapshot.start`, or with `*` for either word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct HookEvent {
    /// Around what; everything if not set.
    pub operation: Option<Operation>,
    /// At which point of it; at each if not set.
    pub stage: Option<Stage>,
}

impl HookEvent {
    /// True if it is about this.
    #[must_use]
    pub fn is(self, operation: Operation, stage: Stage) -> bool {
        self.operation.is_none_or(|own| own == operation)
            && self.stage.is_none_or(|own| own == stage)
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.map_or("*", Operation::word);
        write!(f, "{operation}.{}", self.stage.map_or("*", Stage::word))
    }
}

impl TryFrom<String> for HookEvent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected = "expected an event such as snapshot.start or *.failure";
        let (operation, stage) = text.split_once('.').ok_or_else(|| expected.to_owned())?;
        let one = |word: &str| Some(word.to_owned()).filter(|word| word != "*");
        let fail = |fault: Fault| format!("{expected}: {}", fault.reason);
        let operation = one(operation).map(|word| Operation::read(&Raw::Text(&word)));
        let stage = one(stage).map(|word| Stage::read(&Raw::Text(&word)));
        Ok(Self {
            operation: operation.transpose().map_err(fail)?,
            stage: stage.transpose().map_err(fail)?,
        })
    }
}

impl From<HookEvent> for String {
    fn from(event: HookEvent) -> Self {
        event.to_string()
    }
}

impl Setting for HookEvent {
    const EXPECTS: &'static str = "an event such as snapshot.start or *.failure";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let text = String::read(raw).map_err(|_| wrong::<Self>(raw))?;
        Self::try_from(text).map_err(Fault::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// Hooks, in the order in which they are run. Those of all layers hold; of two with one name that of the higher layer
/// does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Hooks(pub Vec<Hook>);

impl Setting for Hooks {
    const EXPECTS: &'static str = "a list of tables, each with on and command";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        match raw {
            Raw::List(list) if list.len() > HOOKS_MAX => {
                Err(format!("there are {} hooks, the limit is {HOOKS_MAX}", list.len()).into())
            }
            Raw::List(_) => Vec::read(raw).map(Self),
            _ => Err(wrong::<Self>(raw)),
        }
    }

    fn show(&self) -> String {
        self.0.show()
    }

    fn rebase(&mut self, base: Base<'_>) {
        self.0.rebase(base);
    }

    fn over(&self, below: Option<Self>) -> Self {
        let mut hooks = below.unwrap_or_default().0;
        hooks.retain(|low| low.name.is_none() || !self.0.iter().any(|high| high.name == low.name));
        hooks.extend(self.0.iter().cloned());
        Self(hooks)
    }
}
