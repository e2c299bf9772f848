//! The form of the rule files: one setting on a line, its word first. `rules/README.md` tells it to people.

use std::borrow::Cow;

use super::Severity;
use super::value::Check;

/// More rules than this are no rule file.
const RULES_MAX: usize = 4096;

/// Why a rule file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read line {line} of the rules: {reason}")]
pub struct FormatError {
    /// The line, from one.
    pub line: usize,
    reason: &'static str,
}

/// What a rule looks for.
#[derive(Debug, Clone)]
pub(super) enum Pattern<'a> {
    /// Nothing: the path says it all.
    Path,
    /// A regular expression over bytes.
    Regex(Cow<'a, str>),
    /// `NAME = VALUE` in the syntax of many languages.
    Assigned { names: Cow<'a, str>, value: Cow<'a, str>, any_case: bool },
}

/// One rule as it is written.
#[derive(Debug, Clone)]
pub(super) struct Spec<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) about: Cow<'a, str>,
    pub(super) severity: Severity,
    /// Without case; one of them is near each match. None: each line is looked at.
    pub(super) keys: Vec<Cow<'a, str>>,
    pub(super) pattern: Pattern<'a>,
    pub(super) entropy: f64,
    /// The group that is the secret; else the first that took part, else all of the match.
    pub(super) group: Option<usize>,
    pub(super) reach: Option<usize>,
    pub(super) check: Check,
    /// Names of files, in lower case, with the directory where that matters.
    pub(super) files: Vec<Cow<'a, str>>,
    /// Endings of names from a dot on, in lower case.
    pub(super) endings: Vec<Cow<'a, str>>,
    pub(super) allows: Vec<AllowSpec<'a>>,
}

/// What an exception looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Target {
    #[default]
    Secret,
    Match,
    Line,
}

/// One list of exceptions as it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct AllowSpec<'a> {
    /// Each kind of exception must hold, not just one.
    pub(super) all: bool,
    pub(super) target: Target,
    pub(super) paths: Vec<Cow<'a, str>>,
    pub(super) patterns: Vec<Cow<'a, str>>,
    pub(super) words: Vec<Cow<'a, str>>,
}

/// A rule file: the exceptions before the first rule hold for all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct File<'a> {
    pub(super) allows: Vec<AllowSpec<'a>>,
    pub(super) rules: Vec<Spec<'a>>,
}

impl<'a> Spec<'a> {
    pub(super) fn new(id: Cow<'a, str>) -> Self {
        Self {
            id,
            about: Cow::Borrowed(""),
            severity: Severity::High,
            keys: Vec::new(),
            pattern: Pattern::Path,
            entropy: 0.0,
            group: None,
            reach: None,
            check: Check::Any,
            files: Vec::new(),
            endings: Vec::new(),
            allows: Vec::new(),
        }
    }
}

/// Reads a rule file.
///
/// # Errors
/// [`FormatError`] with the first line that is not understood. Patterns are not looked at.
pub(super) fn parse(text: &str) -> Result<File<'_>, FormatError> {
    let mut file = File::default();
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        read_line(&mut file, word, rest)
            .map_err(|reason| FormatError { line: at.saturating_add(1), reason })?;
    }
    Ok(file)
}

fn read_line<'a>(file: &mut File<'a>, word: &str, rest: &'a str) -> Result<(), &'static str> {
    match word {
        "rule" if file.rules.len() >= RULES_MAX => return Err("there are too many rules"),
        "rule" if !is_id(rest) => return Err("a name is made of a-z, 0-9 and -"),
        "rule" => file.rules.push(Spec::new(rest.into())),
        "allow" => {
            let all = match rest {
                "any" => false,
                "all" => true,
                _ => return Err("`allow` is followed by `any` or `all`"),
            };
            let list = match file.rules.last_mut() {
                Some(rule) => &mut rule.allows,
                None => &mut file.allows,
            };
            list.push(AllowSpec { all, ..AllowSpec::default() });
        }
        "target" | "path" | "pattern" | "words" => {
            let list = match file.rules.last_mut() {
                Some(rule) => rule.allows.last_mut(),
                None => file.allows.last_mut(),
            };
            read_allow(list.ok_or("it belongs to an `allow`")?, word, rest)?;
        }
        _ => read_rule(file.rules.last_mut().ok_or("it belongs to a `rule`")?, word, rest)?,
    }
    Ok(())
}

fn read_allow<'a>(
    allow: &mut AllowSpec<'a>,
    word: &str,
    rest: &'a str,
) -> Result<(), &'static str> {
    match word {
        "path" => allow.paths.push(rest.into()),
        "pattern" => allow.patterns.push(rest.into()),
        "words" => allow.words.extend(words(rest)),
        _ => {
            allow.target = match rest {
                "secret" => Target::Secret,
                "match" => Target::Match,
                "line" => Target::Line,
                _ => return Err("`target` is followed by `secret`, `match` or `line`"),
            }
        }
    }
    Ok(())
}

fn read_rule<'a>(rule: &mut Spec<'a>, word: &str, rest: &'a str) -> Result<(), &'static str> {
    match word {
        "about" => rule.about = rest.into(),
        "severity" => rule.severity = rest.parse().map_err(|_| "an unknown severity")?,
        "key" => rule.keys.extend(words(rest)),
        "file" => rule.files.extend(words(rest)),
        "ending" => rule.endings.extend(words(rest)),
        "regex" => rule.pattern = Pattern::Regex(rest.into()),
        "names" => {
            rule.pattern =
                Pattern::Assigned { names: rest.into(), value: "".into(), any_case: true };
        }
        "value" | "cased-value" => match &mut rule.pattern {
            Pattern::Assigned { value, any_case, .. } => {
                *value = rest.into();
                *any_case = word == "value";
            }
            _ => return Err("a value stands behind `names`"),
        },
        "entropy" => {
            let entropy = rest.parse::<f64>().ok().filter(|e| (0.0..=8.0).contains(e));
            rule.entropy = entropy.ok_or("entropy is a number from 0 to 8")?;
        }
        "group" => rule.group = Some(rest.parse().map_err(|_| "a group is a number")?),
        "reach" => rule.reach = Some(rest.parse().map_err(|_| "a reach is a number")?),
        "check" => rule.check = rest.parse().map_err(|()| "an unknown check")?,
        _ => return Err("an unknown word"),
    }
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(' ').filter(|word| !word.is_empty()).map(Cow::Borrowed)
}

/// The most characters of a rule's name: it becomes a part of what stands in place of a secret.
const ID_MAX: usize = 64;

/// Names of rules are safe inside every format.
pub(super) fn is_id(id: &str) -> bool {
    let fits = !id.is_empty() && id.len() <= ID_MAX;
    fits && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_and_its_exceptions_are_read() {
        let text = "# about\nallow any\npath x\nrule a-1\nabout An A.\nkey a b\nregex x y\nallow all\ntarget line\nwords u v\n";
        let file = parse(text).unwrap();
        assert_eq!(file.allows.len(), 1);
        let rule = &file.rules[0];
        assert_eq!((rule.id.as_ref(), rule.about.as_ref()), ("a-1", "An A."));
        assert_eq!(rule.keys, ["a", "b"]);
        assert!(matches!(&rule.pattern, Pattern::Regex(text) if text == "x y"));
        assert_eq!(rule.allows[0].words, ["u", "v"]);
        assert!(rule.allows[0].all && rule.allows[0].target == Target::Line);
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (text, line) in [
            ("key a", 1),
            ("rule A", 1),
            ("rule a\nvalue x", 2),
            ("rule a\n\nentropy 9", 3),
            ("rule a\nseverity great", 2),
            ("rule a\nwhat", 2),
            ("words x", 1),
            ("allow some", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
