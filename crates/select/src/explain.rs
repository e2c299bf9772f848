//! Why an entry is taken or left.

use std::fmt;

use holdall_tree::{Context, Entry, Filter, RelPath, Result, Tree, Verdict};

use crate::error::{Effect, Origin, Rule, SelectError};
use crate::selection::{Cause, Decision, Selection};

/// The verdict about one path, and what led to it. `Display` is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The path that was asked for.
    pub path: RelPath,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The directory above the path that is left, with all in it; then the rules are those of that directory.
    pub above: Option<RelPath>,
    /// The rules that decided; empty if none had a say and the entry is taken for that.
    pub because: Vec<Rule>,
}

impl Selection {
    /// Tells what becomes of `path`, an entry of `tree`, and which rule decides. Enters each directory above it.
    ///
    /// # Errors
    /// If there is no such entry, or the tree or an ignore file in it cannot be read.
    pub fn explain(
        &self,
        ctx: &Context<'_>,
        path: &RelPath,
        tree: &dyn Tree,
    ) -> Result<Explanation> {
        let mut dir = RelPath::root();
        let mut decision = Decision { verdict: Verdict::Take, cause: Cause::Default };
        let mut steps = path.components().peekable();
        while let Some(step) = steps.next() {
            let entries = tree.list(ctx, &dir)?;
            self.enter(&dir, &entries, tree)?;
            let named = |entry: &&Entry| entry.path.file_name() == Some(step);
            let Some(entry) = entries.iter().find(named) else {
                return Err(SelectError::Missing { path: path.clone() }.into());
            };
            decision = self.decide(entry, tree)?;
            dir = entry.path.clone();
            if decision.verdict == Verdict::Leave && steps.peek().is_some() {
                break;
            }
        }
        let above = (dir != *path).then_some(dir);
        Ok(Explanation {
            path: path.clone(),
            verdict: decision.verdict,
            above,
            because: self.rules(&decision),
        })
    }

    fn rules(&self, decision: &Decision) -> Vec<Rule> {
        let effect = if decision.verdict == Verdict::Take { Effect::Take } else { Effect::Leave };
        match &decision.cause {
            Cause::Default => Vec::new(),
            Cause::Pattern(hit) => hit.rules.show(hit.index, hit.effect).into_iter().collect(),
            Cause::Included(index) => self.include_rule(*index).into_iter().collect(),
            Cause::Flag(flag, value) => {
                vec![Rule {
                    pattern: value.clone().unwrap_or_default(),
                    origin: Origin::Flag(flag),
                    effect,
                }]
            }
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Take => "taken",
            Verdict::Enter => "entered",
            Verdict::Leave => "left",
        };
        write!(f, "{} is {verdict}", self.path)?;
        if let Some(above) = &self.above {
            write!(f, " with {above}")?;
        }
        match self.because.as_slice() {
            [] => f.write_str(": no rule leaves it"),
            rules => rules.iter().try_for_each(|rule| write!(f, ": {rule}")),
        }
    }
}
