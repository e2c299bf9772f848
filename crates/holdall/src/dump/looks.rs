//! What is looked for in each file beside its bytes.

use holdall_dump::{Carry, Charset, Form};
use holdall_insight::secrets::{Baseline, Finding, Rules};
use holdall_insight::todos::{self, Tags, Todo};
use holdall_insight::tokens::Encoding;
use holdall_insight::{Facts, Language, Wanted, look};
use holdall_tree::RelPath;
use holdall_tree::id::ContentHasher;

use super::known::Known;

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
    /// What an earlier run saw by the same looks.
    pub known: Known,
}

/// What was seen in one file.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What was counted. Tokens are those of the text that a dump shows.
    pub facts: Facts,
    /// What its comments leave open.
    pub todos: Vec<Todo>,
    /// Secrets in it that were not accepted.
    pub secrets: Vec<Finding>,
    /// How many secrets in it were accepted.
    pub accepted: u64,
}

impl Looks {
    /// What tells these looks from others that see other things. Which secrets were accepted is not among it.
    pub(super) fn key(&self) -> String {
        let mut hasher = ContentHasher::default();
        for tag in self.todos.iter().flat_map(Tags::words) {
            hasher.update(tag);
            hasher.update(b"\0");
        }
        hasher.update(b"\0");
        let custom = self.secrets.as_ref().map(Rules::digest);
        hasher.update(format!("{custom:?}").as_bytes());
        let tokens = self.tokens.map_or("none", Encoding::name);
        let todos = if self.todos.is_some() { "todos" } else { "none" };
        format!("{tokens} {todos} {}", hasher.finish())
    }

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
            accepted: 0,
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
        let found = self.secrets.len();
        self.secrets.retain(|finding| !accepted.holds(finding));
        self.accepted = (found - self.secrets.len()) as u64;
        self
    }
}

fn todos(language: Option<Language>, content: &[u8], tags: &Tags) -> Vec<Todo> {
    todos::find(language, content, tags).found
}
