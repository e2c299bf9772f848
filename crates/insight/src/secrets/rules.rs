//! The rules: those that are part of the program, and those of a configuration.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, StartKind};
use holdall_tree::RelPath;
use regex_automata::meta::Regex;
use sha2::{Digest, Sha256};

use super::allow::Allow;
use super::custom::{Allowed, CustomRule, Exceptions, RuleError, custom_rules};
use super::finding::{Finding, Severity};
use super::format::{self, File, FormatError, Pattern, Spec};
use super::pattern::Plan;
use super::scanner::{self, Scanner};

/// How much is known about what a rule finds; of two findings in one place the better one stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Guess,
    Place,
    Form,
    Custom,
}

/// How many ranks there are.
pub(super) const RANKS: usize = 4;

/// A rule, and what is made of it when it is first needed.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    pub(super) about: Arc<str>,
    pub(super) rank: Rank,
    /// It holds only for some files.
    pub(super) placed: bool,
    pub(super) spec: Spec<'static>,
    pub(super) allows: Vec<Allow>,
    /// Exceptions that it shares with the others of its file.
    pub(super) shared: Arc<Vec<Allow>>,
    path: Option<Regex>,
    plan: OnceLock<Option<Plan>>,
    regex: OnceLock<Option<Regex>>,
}

impl Rule {
    pub(super) fn new(
        mut spec: Spec<'static>,
        rank: Rank,
        shared: Arc<Vec<Allow>>,
        path: Option<Regex>,
    ) -> Self {
        let allows = std::mem::take(&mut spec.allows).into_iter().map(Allow::new).collect();
        let placed = path.is_some() || !spec.files.is_empty() || !spec.endings.is_empty();
        Self {
            id: spec.id.as_ref().into(),
            about: spec.about.as_ref().into(),
            rank,
            placed,
            allows,
            shared,
            spec,
            path,
            plan: OnceLock::new(),
            regex: OnceLock::new(),
        }
    }

    pub(super) fn plan(&self) -> Option<&Plan> {
        self.plan.get_or_init(|| Plan::new(&self.spec).ok().flatten()).as_ref()
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| self.plan()?.build().ok()).as_ref()
    }

    fn is_whole_file(&self) -> bool {
        matches!(self.spec.pattern, Pattern::Path)
    }
}

/// All that scans share.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) rules: Vec<Rule>,
    pub(super) finder: Option<AhoCorasick>,
    /// For each keyword of the finder the rules that have it.
    pub(super) by_key: Vec<Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_ending: HashMap<String, Vec<usize>>,
    by_path: Vec<usize>,
    everywhere: Vec<usize>,
    /// What tells the rules of a configuration from others.
    custom: Option<[u8; 32]>,
    /// What the configuration says is no secret.
    pub(super) exceptions: Exceptions,
}

/// The rules that hold for one file beyond those that hold for all.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// With keywords; sorted.
    pub(super) keyed: Vec<usize>,
    /// Tried on each line.
    pub(super) lines: Vec<usize>,
    /// The file as a whole is the secret.
    pub(super) whole: Vec<usize>,
}

impl Set {
    fn new(rules: Vec<Rule>) -> Self {
        let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut set = Self {
            rules: Vec::new(),
            finder: None,
            by_key: Vec::new(),
            by_name: HashMap::new(),
            by_ending: HashMap::new(),
            by_path: Vec::new(),
            everywhere: Vec::new(),
            custom: None,
            exceptions: Exceptions::default(),
        };
        for (at, rule) in rules.iter().enumerate() {
            for key in &rule.spec.keys {
                by_word.entry(key).or_default().push(at);
            }
            for name in &rule.spec.files {
                set.by_name.entry(name.to_string()).or_default().push(at);
            }
            for ending in &rule.spec.endings {
                set.by_ending.entry(ending.to_string()).or_default().push(at);
            }
            if rule.path.is_some() {
                set.by_path.push(at);
            } else if !rule.placed && rule.spec.keys.is_empty() {
                set.everywhere.push(at);
            }
        }
        let mut words: Vec<(&str, Vec<usize>)> = by_word.into_iter().collect();
        words.sort_unstable();
        // It cannot fail: the keywords are few and short.
        set.finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .start_kind(StartKind::Unanchored)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.iter().map(|(word, _)| word))
            .ok();
        set.by_key = words.into_iter().map(|(_, rules)| rules).collect();
        set.rules = rules;
        set
    }

    /// Which rules hold for a file.
    pub(super) fn applied(&self, path: &RelPath) -> Applied {
        let text = String::from_utf8_lossy(path.as_bytes()).to_lowercase();
        let name = text.rsplit('/').next().unwrap_or_default();
        let with_parent = text
            .rmatch_indices('/')
            .nth(1)
            .map_or(text.as_str(), |(at, _)| text.get(at.saturating_add(1)..).unwrap_or_default());
        let mut found = self.everywhere.clone();
        found.extend(self.by_name.get(name).into_iter().flatten());
        if with_parent != name {
            found.extend(self.by_name.get(with_parent).into_iter().flatten());
        }
        for (at, _) in name.match_indices('.') {
            let ending = name.get(at..).unwrap_or_default();
            found.extend(self.by_ending.get(ending).into_iter().flatten());
        }
        let fits = |at: &&usize| {
            let path_of = self.rules.get(**at).and_then(|rule| rule.path.as_ref());
            path_of.is_some_and(|regex| regex.is_match(path.as_bytes()))
        };
        found.extend(self.by_path.iter().filter(fits));
        found.sort_unstable();
        found.dedup();
        let mut applied = Applied::default();
        for at in found {
            match self.rules.get(at) {
                Some(rule) if rule.is_whole_file() => applied.whole.push(at),
                Some(rule) if rule.spec.keys.is_empty() => applied.lines.push(at),
                _ => applied.keyed.push(at),
            }
        }
        applied
    }
}

/// Rules for secrets. It is made once and shared by all threads; a clone is a reference.
///
/// ```
/// use holdall_insight::secrets::Rules;
/// use holdall_tree::RelPath;
/// let found = Rules::builtin().scan(&RelPath::parse(".netrc")?, b"machine a login b password c9d8e7\n");
/// assert_eq!((found.len(), found[0].line, found[0].range.clone()), (1, 1, 27..33));
/// # Ok::<(), holdall_tree::PathError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rules(pub(super) Arc<Set>);

impl Rules {
    /// The rules that are part of the program: those of gitleaks, and those for files that are made to hold secrets.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceLock<Rules> = OnceLock::new();
        BUILTIN.get_or_init(|| Self(Arc::new(Set::new(builtin_rules())))).clone()
    }

    /// The built-in rules and those of a configuration.
    ///
    /// # Errors
    /// [`RuleError`] with the first rule that cannot be used. All patterns are built, so no later scan fails.
    pub fn with(custom: &[CustomRule]) -> Result<Self, RuleError> {
        Self::configured(custom, &Allowed::default())
    }

    /// The same, and what is no secret after all.
    ///
    /// # Errors
    /// As [`with`](Self::with), also if an exception cannot be used.
    pub fn configured(custom: &[CustomRule], allowed: &Allowed) -> Result<Self, RuleError> {
        if custom.is_empty() && *allowed == Allowed::default() {
            return Ok(Self::builtin());
        }
        let added = custom_rules(custom)?;
        let mut rules = builtin_rules();
        rules.retain(|rule| !added.iter().any(|new| new.id == rule.id));
        rules.extend(added);
        let exceptions = Exceptions::new(allowed)?;
        let custom = Some(Sha256::digest(format!("{custom:?}{allowed:?}")).into());
        Ok(Self(Arc::new(Set { custom, exceptions, ..Set::new(rules) })))
    }

    /// What tells these rules from others: nothing for the built-in ones, which change only with the program.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.0.custom
    }

    /// The rules of a configuration without the built-in ones.
    pub(super) fn only(custom: &[CustomRule]) -> Result<Self, RuleError> {
        Ok(Self(Arc::new(Set::new(custom_rules(custom)?))))
    }

    /// The secrets in one file, in the order in which they begin. `path` decides which rules hold; the content may be
    /// any bytes.
    #[must_use]
    pub fn scan(&self, path: &RelPath, content: &[u8]) -> Vec<Finding> {
        scanner::scan(&self.0, path, content)
    }

    /// A scan of a file that is read piece by piece.
    #[must_use]
    pub fn scanner(&self, path: &RelPath) -> Scanner {
        Scanner::new(self.clone(), path.clone())
    }

    /// The names of all rules with what they find, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let mut names: Vec<_> = self
            .0
            .rules
            .iter()
            .map(|rule| (Arc::clone(&rule.id), Arc::clone(&rule.about)))
            .collect();
        names.sort();
        names.dedup_by(|a, b| a.0 == b.0);
        names
    }
}

const PUBLISHED: &str = include_str!("../../rules/gitleaks.rules");
const OURS: &str = include_str!("../../rules/files.rules");

fn builtin_rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    for (text, is_ours) in [(PUBLISHED, false), (OURS, true)] {
        let file = embedded(format::parse(text));
        let shared: Arc<Vec<Allow>> = Arc::new(file.allows.into_iter().map(Allow::new).collect());
        rules.extend(file.rules.into_iter().map(|spec| {
            let rank = match (spec.severity, is_ours) {
                (_, true) => Rank::Place,
                (Severity::Medium, false) => Rank::Guess,
                (_, false) => Rank::Form,
            };
            Rule::new(spec, rank, Arc::clone(&shared), None)
        }));
    }
    rules
}

#[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
fn embedded(file: Result<File<'static>, FormatError>) -> File<'static> {
    file.expect("the rules that are part of the program are well-formed")
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Place;
    use super::*;

    #[test]
    fn every_builtin_rule_can_be_built_and_is_near_its_keyword() {
        let set = &Rules::builtin().0;
        assert!(set.finder.is_some());
        for rule in &set.rules {
            let plan =
                Plan::new(&rule.spec).unwrap_or_else(|error| panic!("{}: {error:?}", rule.id));
            if let Some(plan) = plan {
                plan.build().unwrap_or_else(|error| panic!("{}: {error:?}", rule.id));
                let slow = !rule.placed && plan.place == Place::Lines;
                assert!(!slow, "{} would be tried on each line of each file", rule.id);
            }
            assert!(
                rule.allows.iter().chain(rule.shared.iter()).all(Allow::is_sound),
                "{}",
                rule.id
            );
            assert!(!rule.about.is_empty(), "{} does not say what it finds", rule.id);
            for word in rule.spec.keys.iter().chain(&rule.spec.files).chain(&rule.spec.endings) {
                assert_eq!(word.to_lowercase(), **word, "{}", rule.id);
            }
        }
    }

    #[test]
    fn few_rules_may_find_what_does_not_hold_their_keyword() {
        let set = &Rules::builtin().0;
        let far = set.rules.iter().filter(|rule| rule.plan().is_some_and(|plan| !plan.holds_key));
        let far: Vec<&str> = far.map(|rule| &*rule.id).collect();
        // The dots of the three in the middle are any byte, but their keywords have dots.
        let known = [
            "facebook-access-token",
            "sidekiq-sensitive-url",
            "slack-config-access-token",
            "slack-webhook-url",
            "sourcegraph-access-token",
        ];
        assert_eq!(far, known);
    }
}
