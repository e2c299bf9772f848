//! Choosing among the changes of a restore: on the terminal, one after the other, or by a file.

use std::collections::{BTreeMap, VecDeque};
use std::io::{IsTerminal, Read};
use std::ops::Range;
use std::path::Path;

use holdall::fs::restore::{RestorePlan, Step};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::restore::{Lines, Pick, Picks};
use holdall::tree::{Kind, RelPath, Tree};

use crate::args::RestoreArgs;
use crate::commands::patch;
use crate::commands::preview::{label, lines_of, plan_id};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire::{ChoiceWord, Choices, RestWord};

/// The largest file of choices, in bytes.
const CHOICES_BYTES_MAX: u64 = 64 << 20;

/// What can be done with one change.
const HELP_CHANGE: [(&str, &str); 9] = [
    ("y", "make this change; that of a directory with all beneath it"),
    ("n", "keep what is there"),
    ("e", "take the directory, and ask about what is beneath it"),
    ("l", "choose among its lines"),
    ("v", "view it"),
    ("a", "make this change and all that follow"),
    ("d", "keep what is there, here and in all that follow"),
    ("q", "leave, and change nothing at all"),
    ("?", "this help"),
];

/// What can be done with lines that change.
const HELP_LINES: [(&str, &str); 7] = [
    ("y", "take these lines"),
    ("n", "keep the lines that are there"),
    ("s", "split this into smaller parts"),
    ("a", "take these lines and all that follow in this file"),
    ("d", "keep the lines that are there, here and in the rest of this file"),
    ("q", "leave, and change nothing at all"),
    ("?", "this help"),
];

/// True if somebody is asked about each change, rather than shown all of them.
pub(super) fn asks(session: &Session, args: &RestoreArgs) -> bool {
    args.preview
        && !session.json
        && !session.dry_run
        && session.asks()
        && std::io::stdout().is_terminal()
}

/// Reads a file of choices.
pub(super) fn read(file: &Path) -> Result<Choices> {
    let unread = |source| holdall::Error::Target { target: file.to_owned(), source };
    let open = std::fs::File::open(file).map_err(unread)?;
    let mut text = Vec::new();
    open.take(CHOICES_BYTES_MAX + 1).read_to_end(&mut text).map_err(unread)?;
    if text.len() as u64 > CHOICES_BYTES_MAX {
        let (what, found) = ("the size of the file of choices", text.len() as u64);
        return Err(holdall::Error::OverLimit { what, found, limit: CHOICES_BYTES_MAX }.into());
    }
    serde_json::from_slice(&text)
        .map_err(|error| Failure::Usage(format!("{} is no choice: {error}", file.display())))
}

/// What a file of choices says of a plan.
pub(super) fn apply(source: &dyn Tree, plan: &RestorePlan, choices: &Choices) -> Result<Picks> {
    if plan_id(source, plan) != choices.plan {
        return Err(stale());
    }
    let mut paths: BTreeMap<String, Option<&RelPath>> = BTreeMap::new();
    for step in &plan.steps {
        // Two names may look the same where they are no text.
        let one = paths.entry(step.path().to_string());
        one.and_modify(|path| *path = None).or_insert(Some(step.path()));
    }
    let mut by_path = BTreeMap::new();
    for choice in &choices.choices {
        let path = match paths.get(&choice.path) {
            Some(Some(path)) => (*path).clone(),
            Some(None) => {
                let why = format!("{} is what more than one change is called", choice.path);
                return Err(Failure::Usage(why));
            }
            None => return Err(Failure::Usage(format!("nothing would change at {}", choice.path))),
        };
        let pick = match choice.choice {
            ChoiceWord::Take => Pick::Take,
            ChoiceWord::Keep => Pick::Keep,
            ChoiceWord::Lines => {
                Pick::Lines { runs: choice.hunks.clone(), metadata: choice.metadata }
            }
        };
        if by_path.insert(path, pick).is_some() {
            return Err(Failure::Usage(format!("{} is chosen twice", choice.path)));
        }
    }
    Ok(Picks { by_path, take_rest: choices.rest == RestWord::Take })
}

/// The error for a choice that was made of another plan.
pub(super) fn stale() -> Failure {
    let why = "what would change is not what was chosen from; look at it again with --preview";
    holdall::Error::Refused(why.into()).into()
}

/// Asks about each change; `None` if somebody wants none of it any more.
pub(super) fn ask(
    session: &Session,
    source: &dyn Tree,
    plan: &RestorePlan,
) -> Result<Option<Picks>> {
    let present = DirectoryTree::open(&plan.target, ReadOptions::default()).ok();
    let asker = Asker { session, source, present, count: plan.steps.len() };
    let mut picks = BTreeMap::new();
    let (mut rest, mut above): (Option<Pick>, Option<(&RelPath, Pick)>) = (None, None);
    let mut follows = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let path = step.path();
        if let Some((_, pick)) = above.as_ref().filter(|(dir, _)| path.starts_with(dir)) {
            picks.insert(path.clone(), pick.clone());
            continue;
        }
        if is_time_of_directory(step) {
            follows.push(path);
            continue;
        }
        let said = match &rest {
            Some(pick) => Said::One(pick.clone()),
            None => asker.change(index, step)?,
        };
        let pick = match said {
            Said::Leave => return Ok(None),
            Said::One(pick) => pick,
            Said::Rest(pick) => rest.insert(pick).clone(),
            Said::Enter => {
                picks.insert(path.clone(), Pick::Take);
                continue;
            }
        };
        let alone = matches!(step, Step::Metadata { after, .. } if after.is_dir());
        if step_makes_directory(step) || (pick == Pick::Keep && !alone) {
            above = Some((path, pick.clone()));
        }
        picks.insert(path.clone(), pick);
    }
    // The time of a directory is that of the last change in it: it comes with one.
    for dir in follows {
        let holds = |step: &&Step| {
            !matches!(step, Step::Metadata { .. }) && step.path().parent().as_ref() == Some(dir)
        };
        let mut held = plan.steps.iter().filter(holds);
        let taken = held.any(|step| picks.get(step.path()).is_some_and(|pick| *pick != Pick::Keep));
        picks.insert(dir.clone(), if taken { Pick::Take } else { Pick::Keep });
    }
    Ok(Some(Picks { by_path: picks, take_rest: false }))
}

/// Says what was chosen.
pub(super) fn summary(session: &Session, plan: &RestorePlan, chose: holdall::restore::Chose) {
    let count = |is: fn(&Step) -> bool| plan.steps.iter().filter(|step| is(step)).count();
    let lines = match chose.merged {
        0 => String::new(),
        merged => format!(" (of {merged} some lines)"),
    };
    session.tell(&format!(
        "chosen: {} to add, {} to replace{lines}, {} of metadata alone, {} to remove; {} left",
        count(|step| matches!(step, Step::Create(_))),
        count(|step| matches!(step, Step::Replace { .. })),
        count(|step| matches!(step, Step::Metadata { .. })),
        count(|step| matches!(step, Step::Remove(_))),
        render::count(chose.kept as u64, "change"),
    ));
}

fn step_makes_directory(step: &Step) -> bool {
    match step {
        Step::Create(after) | Step::Replace { after, .. } => after.is_dir(),
        Step::Metadata { .. } | Step::Remove(_) => false,
    }
}

/// True for a directory of which nothing changes but the time.
fn is_time_of_directory(step: &Step) -> bool {
    match step {
        Step::Metadata { before, after } => after.is_dir() && beyond_time(before, after).is_empty(),
        _ => false,
    }
}

/// What of the metadata differs beside the time.
fn beyond_time(before: &holdall::tree::Entry, after: &holdall::tree::Entry) -> Vec<String> {
    let mut words = patch::metadata(before, after);
    words.retain(|word| !word.starts_with("time "));
    words
}

/// How a question about a change was answered.
enum Said {
    One(Pick),
    /// This and all that follow.
    Rest(Pick),
    /// The directory is taken, and what is beneath it asked about.
    Enter,
    /// Nothing is changed.
    Leave,
}

struct Asker<'s> {
    session: &'s Session,
    source: &'s dyn Tree,
    present: Option<DirectoryTree>,
    count: usize,
}

impl Asker<'_> {
    /// Asks about one change.
    fn change(&self, index: usize, step: &Step) -> Result<Said> {
        let lines = lines_of(step, self.present.as_ref(), self.source);
        let directory = step_makes_directory(step);
        let (line, code) = label(step);
        self.session.print(&render::paint(self.session.color, code, &line))?;
        let verb = match step {
            Step::Create(_) => "add",
            Step::Replace { .. } => "replace",
            Step::Metadata { .. } => "change the metadata of",
            Step::Remove(_) => "remove",
        };
        let mut keys: Vec<&str> = vec!["y", "n"];
        keys.extend(directory.then_some("e"));
        keys.extend(lines.as_ref().map(|_| "l"));
        keys.extend(["v", "a", "d", "q", "?"]);
        let at = format!("({}/{}) {verb} {}?", index + 1, self.count, step.path());
        loop {
            match self.key(&at, &keys, &HELP_CHANGE)? {
                "y" => return Ok(Said::One(Pick::Take)),
                "n" => return Ok(Said::One(Pick::Keep)),
                "e" => return Ok(Said::Enter),
                "a" => return Ok(Said::Rest(Pick::Take)),
                "d" => return Ok(Said::Rest(Pick::Keep)),
                "l" => {
                    let Some(lines) = &lines else { continue };
                    return Ok(self.lines(step, lines)?.map_or(Said::Leave, Said::One));
                }
                "v" => self.view(step, lines.as_ref())?,
                _ => return Ok(Said::Leave),
            }
        }
    }

    /// Asks about the parts of a text; `None` if nothing is to be changed at all.
    fn lines(&self, step: &Step, lines: &Lines) -> Result<Option<Pick>> {
        let mut left: VecDeque<Range<usize>> = lines.hunks().into();
        let mut runs = vec![false; lines.len()];
        let mut take = |hunk: Range<usize>| {
            runs.get_mut(hunk).unwrap_or_default().iter_mut().for_each(|run| *run = true);
        };
        while let Some(hunk) = left.pop_front() {
            patch::show(self.session, &lines.show(hunk.clone()))?;
            let mut keys = vec!["y", "n"];
            keys.extend((hunk.len() > 1).then_some("s"));
            keys.extend(["a", "d", "q", "?"]);
            match self.key("take these lines?", &keys, &HELP_LINES)? {
                "y" => take(hunk),
                "n" => {}
                "s" => hunk.rev().for_each(|run| left.push_front(run..run + 1)),
                "a" => {
                    take(hunk);
                    left.drain(..).for_each(&mut take);
                }
                "d" => left.clear(),
                _ => return Ok(None),
            }
        }
        let words = match step {
            Step::Replace { before, after } => beyond_time(before, after),
            _ => Vec::new(),
        };
        let mut metadata = runs.iter().all(|taken| *taken);
        if !words.is_empty() {
            let question = format!("take its metadata too ({})?", words.join(", "));
            metadata = match self.key(&question, &["y", "n", "q"], &HELP_LINES)? {
                "y" => true,
                "n" => false,
                _ => return Ok(None),
            };
        }
        Ok(Some(Pick::Lines { runs, metadata }))
    }

    /// Shows what a change is about.
    fn view(&self, step: &Step, lines: Option<&Lines>) -> Result<()> {
        let shown = match (step, lines) {
            (Step::Replace { .. }, Some(lines)) => {
                let path = step.path();
                Some(lines.patch(&format!("a/{path}"), &format!("b/{path}")))
            }
            (Step::Create(after), _) => patch::git(None, Some((self.source, after))),
            (Step::Remove(before), _) => {
                let present = self.present.as_ref();
                present.and_then(|present| patch::git(Some((present, before)), None))
            }
            _ => None,
        };
        if let Some(patch) = shown {
            return patch::show(self.session, &patch);
        }
        let said = match step {
            Step::Create(entry) => format!("to be added: {}", what(&entry.kind)),
            Step::Remove(entry) => format!("to be removed: {}", what(&entry.kind)),
            Step::Replace { before, after } => {
                let mut words =
                    vec![format!("{} becomes {}", what(&before.kind), what(&after.kind))];
                words.extend(patch::metadata(before, after));
                words.join(", ")
            }
            Step::Metadata { before, after } => patch::metadata(before, after).join(", "),
        };
        self.session.print(&said)
    }

    /// Asks until the answer is one of `keys`; help is given on the way. The end of the input is `q`.
    fn key(
        &self,
        question: &str,
        keys: &[&'static str],
        help: &[(&'static str, &'static str)],
    ) -> Result<&'static str> {
        let prompt = format!("{question} [{}] ", keys.join(","));
        loop {
            let Some(line) = self.session.ask_line(&prompt)? else { return Ok("q") };
            let said = line.trim_ascii().to_ascii_lowercase();
            match keys.iter().find(|key| key.as_bytes() == said) {
                Some(&"?") | None => {
                    for (key, meaning) in help.iter().filter(|(key, _)| keys.contains(key)) {
                        self.session.print(&format!("{key}  {meaning}"))?;
                    }
                }
                Some(key) => return Ok(key),
            }
        }
    }
}

/// What an entry is, in words.
fn what(kind: &Kind) -> String {
    match kind {
        Kind::File { size } => format!("a file of {}", render::bytes(*size)),
        Kind::Symlink { target } => {
            format!("a link to {}", holdall::tree::path::printable(target))
        }
        Kind::Directory => "a directory".to_owned(),
        other => format!("a {}", other.word()),
    }
}
