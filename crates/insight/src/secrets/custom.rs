//! Rules of a configuration: checked and built before the first scan.

use std::borrow::Cow;
use std::sync::Arc;

use holdall_tree::RelPath;
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;

use super::allow::Allow;
use super::finding::Severity;
use super::format::{self, Pattern, Spec};
use super::pattern::{self, PatternError, Plan};
use super::rules::{Rank, Rule};

/// The most rules that a configuration may add.
pub const CUSTOM_RULES_MAX: usize = 1000;
/// The longest keyword, in bytes.
pub const KEYWORD_BYTES_MAX: usize = 64;
/// The longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 16 << 10;

/// A rule of a configuration.
#[derive(Debug, Clone, Default)]
pub struct CustomRule {
    /// Its name: `a-z`, `0-9` and `-`, at most 64. A built-in rule of that name is replaced.
    pub id: String,
    /// What it finds, for people.
    pub description: String,
    /// How bad that is.
    pub severity: Severity,
    /// A regular expression over bytes, as of the crate `regex`; classes and case are those of ASCII unless it says
    /// `(?u)`. Empty: a file whose path fits is a secret as a whole.
    pub regex: String,
    /// Words in any case, one of which is in each match or at most 256 bytes from it; other matches are not found.
    /// Without keywords the pattern is tried on each line of each file, which is slow.
    pub keywords: Vec<String>,
    /// A secret whose bytes are worth no more bits each is none.
    pub entropy: f64,
    /// The group of the pattern that is the secret. By default the first that takes part, else the whole match.
    pub secret_group: Option<usize>,
    /// Only files whose path fits this regular expression.
    pub path: String,
}

/// What a configuration says is no secret, whichever rule finds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Not in files whose path fits one of these regular expressions.
    pub paths: Vec<String>,
    /// Not what fits one of these regular expressions somewhere.
    pub regexes: Vec<String>,
}

impl CustomRule {
    /// Checks the rule and builds its patterns, as [`Rules::with`](super::Rules::with) will.
    ///
    /// # Errors
    /// [`RuleError`] if it cannot be used.
    pub fn check(&self) -> Result<(), RuleError> {
        custom_rule(self, &Arc::default()).map(drop)
    }
}

impl Allowed {
    /// Checks one regular expression of an exception.
    ///
    /// # Errors
    /// [`RuleError::Allowed`] if it cannot be used.
    pub fn check(regex: &str) -> Result<(), RuleError> {
        any_of(std::slice::from_ref(&regex.to_owned())).map(drop)
    }
}

/// Exceptions of a configuration, built.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    paths: Option<Regex>,
    regexes: Option<Regex>,
}

impl Exceptions {
    pub(super) fn new(allowed: &Allowed) -> Result<Self, RuleError> {
        Ok(Self { paths: any_of(&allowed.paths)?, regexes: any_of(&allowed.regexes)? })
    }

    /// True if no secret in the file counts.
    pub(super) fn excuse_path(&self, path: &RelPath) -> bool {
        self.paths.as_ref().is_some_and(|regex| regex.is_match(path.as_bytes()))
    }

    /// True if this is no secret.
    pub(super) fn excuse(&self, secret: &[u8]) -> bool {
        self.regexes.as_ref().is_some_and(|regex| regex.is_match(secret))
    }
}

/// One pattern that matches where one of many does; none if there are none.
fn any_of(regexes: &[String]) -> Result<Option<Regex>, RuleError> {
    let wrong = |PatternError { column, reason }| RuleError::Allowed { column, reason };
    if regexes.len() > CUSTOM_RULES_MAX {
        let reason = format!("there are {}, the limit is {CUSTOM_RULES_MAX}", regexes.len());
        return Err(RuleError::Allowed { column: 0, reason });
    }
    let read = |text: &String| {
        if text.len() > PATTERN_BYTES_MAX {
            let reason = format!("it is longer than {PATTERN_BYTES_MAX} bytes");
            return Err(PatternError { column: 0, reason });
        }
        pattern::read(text, false)
    };
    let each: Vec<Hir> = regexes.iter().map(read).collect::<Result<_, _>>().map_err(wrong)?;
    let built = (!each.is_empty()).then(|| pattern::build(&Hir::alternation(each)));
    built.transpose().map_err(wrong)
}

/// Why a rule of a configuration is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Its name is none.
    #[error("cannot use a secret rule named {0:?}: a name has 1 to 64 of a-z, 0-9 and -")]
    Id(String),
    /// Two have one name.
    #[error("there are two secret rules named {0}")]
    Twice(String),
    /// A regular expression cannot be read or is too large.
    #[error("cannot use the {field} of secret rule {id}{at}: {reason}", at = at(.column))]
    Regex {
        /// The rule.
        id: String,
        /// `regex` or `path`.
        field: &'static str,
        /// The character it is about, from one; zero if it is about the whole.
        column: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It has neither a pattern nor a path.
    #[error("secret rule {0} has neither a regex nor a path")]
    Nothing(String),
    /// A keyword is empty or too long.
    #[error("secret rule {0} has a keyword that is empty or longer than {KEYWORD_BYTES_MAX} bytes")]
    Keyword(String),
    /// The pattern has no such group.
    #[error("secret rule {id} takes group {group} for the secret, but its regex has {groups}")]
    Group {
        /// The rule.
        id: String,
        /// The group it names.
        group: usize,
        /// How many there are.
        groups: usize,
    },
    /// The entropy is not a number of bits of a byte.
    #[error("secret rule {0} asks for an entropy that is not between 0 and 8")]
    Entropy(String),
    /// A regular expression of an exception cannot be read or is too large.
    #[error("cannot use an exception to the secret rules{at}: {reason}", at = at(.column))]
    Allowed {
        /// The character it is about, from one; zero if it is about the whole.
        column: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// There are more than [`CUSTOM_RULES_MAX`].
    #[error("there are {0} secret rules, the limit is {CUSTOM_RULES_MAX}")]
    Many(usize),
}

fn at(column: &usize) -> String {
    if *column == 0 { String::new() } else { format!(" at character {column}") }
}

/// Checks and builds the rules of a configuration.
pub(super) fn custom_rules(custom: &[CustomRule]) -> Result<Vec<Rule>, RuleError> {
    if custom.len() > CUSTOM_RULES_MAX {
        return Err(RuleError::Many(custom.len()));
    }
    let none = Arc::new(Vec::new());
    let mut rules: Vec<Rule> = Vec::new();
    for rule in custom {
        if rules.iter().any(|known| *known.id == *rule.id) {
            return Err(RuleError::Twice(rule.id.clone()));
        }
        rules.push(custom_rule(rule, &none)?);
    }
    Ok(rules)
}

fn custom_rule(rule: &CustomRule, shared: &Arc<Vec<Allow>>) -> Result<Rule, RuleError> {
    let id = || rule.id.clone();
    if !format::is_id(&rule.id) {
        return Err(RuleError::Id(rule.id.chars().take(80).collect()));
    }
    if rule.regex.is_empty() && rule.path.is_empty() {
        return Err(RuleError::Nothing(id()));
    }
    if rule.keywords.iter().any(|key| key.is_empty() || key.len() > KEYWORD_BYTES_MAX) {
        return Err(RuleError::Keyword(id()));
    }
    if !(0.0..=8.0).contains(&rule.entropy) {
        return Err(RuleError::Entropy(id()));
    }
    let wrong = |field| {
        move |PatternError { column, reason }| RuleError::Regex {
            id: rule.id.clone(),
            field,
            column,
            reason,
        }
    };
    for (field, text) in [("regex", &rule.regex), ("path", &rule.path)] {
        if text.len() > PATTERN_BYTES_MAX {
            let reason = format!("it is longer than {PATTERN_BYTES_MAX} bytes");
            return Err(wrong(field)(PatternError { column: 0, reason }));
        }
    }
    let mut spec = Spec::new(Cow::Owned(id()));
    spec.about = Cow::Owned(rule.description.clone());
    spec.severity = rule.severity;
    spec.entropy = rule.entropy;
    spec.group = rule.secret_group;
    if !rule.regex.is_empty() {
        spec.pattern = Pattern::Regex(Cow::Owned(rule.regex.clone()));
        spec.keys = rule.keywords.iter().map(|key| Cow::Owned(key.to_ascii_lowercase())).collect();
    }
    let path = match rule.path.as_str() {
        "" => None,
        path => Some(
            pattern::read(path, false)
                .and_then(|hir| pattern::build(&hir))
                .map_err(wrong("path"))?,
        ),
    };
    let made = Rule::new(spec, Rank::Custom, Arc::clone(shared), path);
    if let Some(plan) = Plan::new(&made.spec).map_err(wrong("regex"))? {
        let regex = plan.build().map_err(wrong("regex"))?;
        let groups =
            regex.group_info().group_len(regex_automata::PatternID::ZERO).saturating_sub(1);
        if let Some(group) = rule.secret_group.filter(|group| *group > groups) {
            return Err(RuleError::Group { id: id(), group, groups });
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Rules;

    fn custom(id: &str, regex: &str) -> CustomRule {
        CustomRule { id: id.into(), regex: regex.into(), ..CustomRule::default() }
    }

    #[test]
    fn a_custom_rule_that_is_wrong_is_refused_with_its_name_and_position() {
        let refused = |rule: CustomRule| Rules::with(&[rule]).unwrap_err().to_string();
        assert_eq!(
            refused(custom("a-b", "x(y")),
            "cannot use the regex of secret rule a-b at character 2: unclosed group"
        );
        assert_eq!(
            refused(CustomRule { path: "é[".into(), ..custom("a", "x") }),
            "cannot use the path of secret rule a at character 2: unclosed character class"
        );
        assert!(refused(custom("A b", "x")).contains("named \"A b\""));
        assert!(refused(custom("a", "")).contains("neither"));
        assert!(refused(custom("a", "(?:a{1000}){1000}")).contains("memory"));
        assert!(
            refused(CustomRule { keywords: vec![String::new()], ..custom("a", "x") })
                .contains("keyword")
        );
        assert!(refused(CustomRule { entropy: f64::NAN, ..custom("a", "x") }).contains("entropy"));
        assert!(
            refused(CustomRule { secret_group: Some(2), ..custom("a", "(x)") }).contains("group 2")
        );
        assert_eq!(
            Rules::with(&[custom("a", "x"), custom("a", "y")]).unwrap_err(),
            RuleError::Twice("a".into())
        );
        let allowed = Allowed { regexes: vec!["a(".into()], ..Allowed::default() };
        assert_eq!(
            Rules::configured(&[], &allowed).unwrap_err().to_string(),
            "cannot use an exception to the secret rules at character 2: unclosed group"
        );
        let many = vec![custom("a", "x"); CUSTOM_RULES_MAX + 1];
        assert_eq!(Rules::with(&many).unwrap_err(), RuleError::Many(many.len()));
    }

    #[test]
    fn what_a_configuration_allows_is_not_found() {
        let rule = custom("ticket", "zzz[0-9]+");
        let found = |path: &str, text: &str| {
            let allowed = Allowed { paths: vec!["^tests/".into()], regexes: vec!["zzz0+$".into()] };
            let rules = Rules::configured(std::slice::from_ref(&rule), &allowed).unwrap();
            let path = RelPath::parse(path).unwrap();
            let mut scanner = rules.scanner(&path);
            scanner.update(text.as_bytes());
            let found = rules.scan(&path, text.as_bytes());
            assert_eq!(scanner.finish(), found);
            found.len()
        };
        assert_eq!(found("src/a", "zzz123"), 1);
        assert_eq!(found("src/a", "zzz000"), 0);
        assert_eq!(found("tests/a", "zzz123"), 0);
        assert_eq!(found("tests/id_rsa", "zzz123"), 0);
    }

    #[test]
    fn a_custom_rule_replaces_a_builtin_one_of_its_name() {
        let rules = Rules::with(&[custom("generic-api-key", "zzz[0-9]+")]).unwrap();
        let same = rules.0.rules.iter().filter(|rule| &*rule.id == "generic-api-key").count();
        assert_eq!(same, 1);
        assert_eq!(rules.names().len(), Rules::builtin().names().len());
    }
}
