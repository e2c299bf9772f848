//! What is looked for in each file beside its bytes.

use holdall_dump::{Carry, Charset, Form};
use holdall_insight::secrets::{Baseline, Finding, Rules};
use holdall_insight::todos::{self, Tags, Todo};
use holdall_insight::tokens::Encoding;
use holdall_insight::{Facts, Language, Wanted, look};
use holdall_tree::RelPath;

/// What is looked for in each file.
#[derive(Debug, Default)]
pub struct Looks {
    /// Count tokens by this encoding.
    pub tokens: Option<Encoding>,
    /// Find what comments leave open.
    pub todos: Option<Tags>,
    /// Find secrets by these rules.
    pub secrets: Option<Rules>,
    /// Secrets that were accepted.
    pub baseline: Baseline,
}

/// What was seen in one file.
#[derive(Debug, Default)]
pub struct Seen {
    /// What was counted. Tokens are those of the text that a dump shows.
    pub facts: Facts,
    /// What its comments leave open.
    pub todos: Vec<Todo>,
    /// Secrets in it that were not accepted.
    pub secrets: Vec<Finding>,
}

impl Looks {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted { tokens: self.tokens }
    }

    /// Looks at a file that is at hand as a whole.
    pub(super) fn look(&self, path: &RelPath, content: &[u8], carry: Carry) -> Seen {
        let shown_as_it_is = carry.form == Form::Text && carry.charset == Charset::Utf8;
        let wanted = if shown_as_it_is { self.wanted() } else { Wanted::default() };
        let mut facts = look(path, content, &wanted);
        if let (Some(encoding), false) = (self.tokens, shown_as_it_is) {
            facts.tokens = Some(encoding.count(&carry.text(content)));
        }
        let is_text = carry.form != Form::Base64;
        let todos = self.todos.as_ref().filter(|_| is_text);
        Seen {
            facts,
            todos: todos.map(|tags| self::todos(facts.language, content, tags)).unwrap_or_default(),
            secrets: self
                .secrets
                .as_ref()
                .map(|rules| rules.scan(path, content))
                .unwrap_or_default(),
        }
        .without(&self.baseline)
    }
}

impl Seen {
    /// Without the secrets that were accepted.
    pub(super) fn without(mut self, accepted: &Baseline) -> Self {
        self.secrets.retain(|finding| !accepted.holds(finding));
        self
    }
}

fn todos(language: Option<Language>, content: &[u8], tags: &Tags) -> Vec<Todo> {
    todos::find(language, content, tags).found
}
