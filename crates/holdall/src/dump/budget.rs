//! A dump of at most so many tokens: the more important a file, the more of it is shown.
//!
//! Every file begins as its name alone. In the order of importance they are raised: first to signatures, then to
//! outlines, then to the whole, as long as the estimate fits. Then the dump is written to nowhere and its tokens are
//! counted; what is too much is taken back from the least important files until the count itself fits.

use std::cmp::Reverse;
use std::sync::Arc;

use holdall_dump::{Carry, Form, Level, Record, WHOLE_MAX};
use holdall_insight::Language;
use holdall_insight::outline::{self, outline};
use holdall_insight::tokens::Encoding;
use holdall_tree::{ContentHash, Context, Tree};

use super::inspect::{Item, number};
use super::split::{Most, measure};
use super::{DumpOptions, all};
use crate::error::{Error, Result};

/// Tokens that a shown file costs beside its text, about: heading, mark, fence, and its line in the manifest.
const AROUND: u64 = 150;
/// How often what is too much is taken back before nothing but names is shown.
const TRIES: usize = 12;

/// What a file can be shown as.
struct Choice {
    index: usize,
    /// What the item says if it is shown as a whole.
    whole: (Record, Option<Arc<Vec<u8>>>),
    /// From the least to the most: level, tokens of its text, and the text if it is not the file's own.
    levels: Vec<(Level, u64, Option<String>)>,
    /// How many of the levels it is raised to; 0 is the name alone.
    raised: usize,
    /// True if it says what the project is.
    is_first: bool,
}

impl Choice {
    fn cost(&self, raised: usize) -> u64 {
        let level = raised.checked_sub(1).and_then(|at| self.levels.get(at));
        level.map_or(0, |(_, tokens, _)| tokens + AROUND)
    }
}

/// Makes the items show no more than fits into `max` tokens.
///
/// # Errors
/// [`Error::TokenLimit`] if the names alone are too much; else as [`super::dump`].
pub(super) fn fit(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &mut [Item],
    options: &DumpOptions,
    max: u64,
) -> Result<()> {
    let encoding = options.looks.tokens.unwrap_or(Encoding::O200k);
    let most = Most::Tokens(max, encoding);
    let whole = measure(ctx, tree, items, options, most)?;
    if whole <= max {
        return Ok(());
    }
    let mut choices = choices(ctx, tree, items, encoding)?;
    show(items, &choices);
    let names = measure(ctx, tree, items, options, most)?;
    if names > max {
        return Err(Error::TokenLimit { found: names, limit: max });
    }
    raise(&mut choices, max - names);
    for _ in 0..TRIES {
        show(items, &choices);
        let found = measure(ctx, tree, items, options, most)?;
        if found <= max {
            return Ok(());
        }
        take_back(&mut choices, found - max);
    }
    choices.iter_mut().for_each(|choice| choice.raised = 0);
    show(items, &choices);
    Ok(())
}

/// The files that are shown, the most important first, with the levels that they have.
fn choices(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &[Item],
    encoding: Encoding,
) -> Result<Vec<Choice>> {
    let mut choices = Vec::new();
    for (index, item) in items.iter().enumerate() {
        ctx.check()?;
        let Some(carry) = item.record.carry else { continue };
        let tokens = item.record.tokens.unwrap_or(item.seen.facts.bytes / 3);
        let mut levels = outlines(tree, item, carry, encoding)?;
        levels.retain(|(_, less, _)| *less * 10 < tokens * 9);
        levels.push((Level::Full, tokens, None));
        let whole = (item.record.clone(), item.kept.clone());
        let is_first = importance(item).0 == 0;
        choices.push(Choice { index, whole, levels, raised: 0, is_first });
    }
    choices.sort_by_key(|choice| items.get(choice.index).map(importance));
    Ok(choices)
}

type Outlines = Vec<(Level, u64, Option<String>)>;

fn outlines(tree: &dyn Tree, item: &Item, carry: Carry, encoding: Encoding) -> Result<Outlines> {
    let language = item.seen.facts.language.filter(|language| outline::supports(*language));
    let plain = carry.form == Form::Text && item.record.redacted == 0;
    let Some(language) = language.filter(|_| plain && item.entry.size() <= WHOLE_MAX as u64) else {
        return Ok(Vec::new());
    };
    let bytes = match &item.kept {
        Some(kept) => Arc::clone(kept),
        None => Arc::new(all(tree, &item.entry)?),
    };
    let Some(outline) = outline(language, &carry.text(&bytes)) else { return Ok(Vec::new()) };
    let levels = [
        (Level::Signatures, outline::Level::Signatures),
        (Level::Outline, outline::Level::Outline),
    ];
    Ok(levels
        .into_iter()
        .map(|(level, rendered)| {
            let text = outline.render(rendered);
            (level, encoding.count(&text), Some(text))
        })
        .filter(|(.., text)| text.as_ref().is_some_and(|text| !text.is_empty()))
        .collect())
}

/// What is shown first: what says what the project is, then its code, the rest, its tests, and what machines write.
fn importance(item: &Item) -> (u8, usize, Reverse<bool>, u64, holdall_tree::RelPath) {
    let path = &item.record.path;
    let text = path.to_string().to_lowercase();
    let name = text.rsplit('/').next().unwrap_or_default();
    let manifests = [
        "cargo.toml",
        "package.json",
        "pyproject.toml",
        "go.mod",
        "pom.xml",
        "makefile",
        "build.gradle",
        "composer.json",
        "gemfile",
        "cmakelists.txt",
        "dockerfile",
    ];
    let in_dir = |names: &[&str]| text.split('/').any(|part| names.contains(&part));
    let is_code = item.seen.facts.language.is_some_and(is_code);
    let by_machine = name.ends_with(".lock")
        || name.contains(".min.")
        || ["package-lock.json", "pnpm-lock.yaml", "go.sum"].contains(&name)
        || in_dir(&["vendor", "node_modules", "snapshots", "__snapshots__", "fixtures", "dist"]);
    let is_test = in_dir(&["test", "tests", "testing", "spec", "benches", "examples"])
        || name.contains("_test.")
        || name.contains(".test.")
        || name.starts_with("test_");
    let shown_as_text = item.record.carry.is_some_and(|carry| carry.form != Form::Base64);
    let class = match () {
        () if !shown_as_text || by_machine => 4,
        () if path.depth() == 1 && (name.starts_with("readme") || manifests.contains(&name)) => 0,
        () if is_test => 3,
        () if is_code => 1,
        () => 2,
    };
    let tokens = item.record.tokens.unwrap_or_default();
    (class, path.depth(), Reverse(is_code), tokens, path.clone())
}

fn is_code(language: Language) -> bool {
    !language.is_prose() && outline::supports(language)
}

/// Raises as much as fits into `room` by the estimate.
fn raise(choices: &mut [Choice], mut room: u64) {
    let half = room / 2;
    for choice in choices.iter_mut().filter(|choice| choice.is_first) {
        let more = choice.cost(choice.levels.len());
        if room.saturating_sub(more) >= half {
            room -= more;
            choice.raised = choice.levels.len();
        }
    }
    let most = choices.iter().map(|choice| choice.levels.len()).max().unwrap_or_default();
    // A file without outlines has one level only, which is its last.
    for step in 0..most {
        for choice in choices.iter_mut() {
            let ahead = most - choice.levels.len();
            let next = (step + 1).saturating_sub(ahead);
            if next <= choice.raised {
                continue;
            }
            let more = choice.cost(next).saturating_sub(choice.cost(choice.raised));
            if more <= room {
                room -= more;
                choice.raised = next;
            }
        }
    }
}

/// Takes back at least `over` tokens by the estimate, from the least important files first.
fn take_back(choices: &mut [Choice], over: u64) {
    let mut over = over + over / 20 + 1;
    for choice in choices.iter_mut().rev() {
        while choice.raised > 0 && over > 0 {
            let less = choice.cost(choice.raised).saturating_sub(choice.cost(choice.raised - 1));
            choice.raised -= 1;
            over = over.saturating_sub(less.max(1));
        }
        if over == 0 {
            return;
        }
    }
}

/// Makes the items say what their choice is.
fn show(items: &mut [Item], choices: &[Choice]) {
    for choice in choices {
        let Some(item) = items.get_mut(choice.index) else { continue };
        let level = choice.raised.checked_sub(1).and_then(|at| choice.levels.get(at));
        (item.record, item.kept) = choice.whole.clone();
        let record = &mut item.record;
        match level {
            Some((level, tokens, Some(text))) => {
                record.level = *level;
                record.tokens = Some(*tokens);
                record.carry = Some(Carry::of(text.as_bytes()));
                record.shown_sha256 = Some(ContentHash::of(text.as_bytes()));
                item.kept = Some(Arc::new(text.clone().into_bytes()));
            }
            Some(_) => {}
            None => {
                *record = Record { level: Level::Name, ..Record::new(&item.entry) };
                record.mode = None;
                item.kept = None;
            }
        }
    }
    number(items);
}
