//! What every value has in common: how it was written, how it is read and shown, and what is wrong with it.

use std::fmt;
use std::path::Path;

use holdall_tree::path::printable;

use super::file::meant;
use super::suggest::nearest;

/// A value as it was written, before anyone knows what is expected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw<'a> {
    Text(&'a str),
    Integer(i64),
    Fraction(f64),
    Bool(bool),
    List(Vec<Placed<'a>>),
    Table(Vec<Field<'a>>),
    /// Something that no key takes, by its name.
    Other(&'static str),
    /// The text of an environment variable, which may stand for anything.
    Variable(&'a str),
}

/// A value in another one, and the byte of the text where it begins, if that is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed<'a> {
    pub(crate) raw: Raw<'a>,
    pub(crate) at: Option<usize>,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    /// Where the name begins.
    pub(crate) name_at: Option<usize>,
    pub(crate) value: Placed<'a>,
}

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Variable(text) => {
                write!(f, "\"{}\"", printable(text.as_bytes()))
            }
            Self::Integer(number) => write!(f, "{number}"),
            Self::Fraction(_) => f.write_str("a number with a fraction"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: String,
    /// The byte of the text that it is about, if it is not about the value as a whole.
    pub(crate) at: Option<usize>,
}

impl Fault {
    /// It is about what stands there, unless something within is known already.
    pub(crate) fn or_at(self, at: Option<usize>) -> Self {
        Self { at: self.at.or(at), ..self }
    }

    /// It is about an item of a list, counted from one.
    pub(crate) fn of_item(self, number: usize) -> Self {
        Self { reason: format!("item {number}: {}", self.reason), ..self }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self { reason, at: None }
    }
}

/// What paths in a value are relative to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Base<'a> {
    /// The directory of the file; nothing for variables and flags, whose paths belong to the working directory.
    pub(crate) dir: Option<&'a Path>,
    /// What `~/` stands for.
    pub(crate) home: Option<&'a Path>,
}

/// A type that a key can hold.
pub(crate) trait Setting: Sized + Clone {
    /// What is expected, with its article.
    const EXPECTS: &'static str;

    /// Reads a value.
    fn read(raw: &Raw<'_>) -> Result<Self, Fault>;

    /// The value in TOML.
    fn show(&self) -> String;

    /// Makes relative paths absolute.
    fn rebase(&mut self, _base: Base<'_>) {}

    /// What holds if a layer sets this over what lower ones set: this alone, unless values of the type add up.
    fn over(&self, _below: Option<Self>) -> Self {
        self.clone()
    }

    /// True if it names a place that is written to and may lie outside of a project, so that no project may set it.
    fn leads_outside(&self) -> bool {
        false
    }
}

/// Reads a table line by line: `take` gets each name that is `known` with its value; `what` has these names.
pub(crate) fn table<T: Setting>(
    raw: &Raw<'_>,
    what: &str,
    known: &[&'static str],
    mut take: impl FnMut(&str, &Raw<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Raw::Table(fields) = raw else { return Err(wrong::<T>(raw)) };
    for Field { name, name_at, value } in fields {
        let (taken, at) = if known.contains(name) {
            (take(name, &value.raw), value.at)
        } else {
            let hint = meant(nearest(name, known.iter().copied()));
            let known = known.join(", ");
            (Err(format!("{what} has no such key{hint}; known here: {known}").into()), *name_at)
        };
        taken.map_err(|fault| {
            let name = printable(name.as_bytes());
            Fault { reason: format!("{name}: {}", fault.reason), ..fault }.or_at(at)
        })?;
    }
    Ok(())
}

pub(crate) fn wrong<T: Setting>(raw: &Raw<'_>) -> Fault {
    format!("expected {}, found {raw}", T::EXPECTS).into()
}

pub(crate) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
