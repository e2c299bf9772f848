//! The race of dumps: the same trees written as one text by us and by other programs, side by side in one run.
//!
//! Every tree is a copy without `.git`, so that all see the same files and one of them can be edited. In every round
//! each program starts with a home of its own and empty caches, and every row is run by all that take part in it one
//! after the other, in an order that is rotated from round to round. The tree is read once before each row, and
//! everything is synced to the disk before the clock starts.

mod dumper;
mod report;
mod shown;
mod tree;

use std::path::{Path, PathBuf};

use dumper::{Dumper, Place};
use report::{Results, Run};
use shown::shown;
use tree::Tree;

use super::corpus::Scale;
use super::measure;
use crate::shell::{self, Args, Doing, Result, first_line};

/// What is measured, in the order in which it must happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    /// The contents as one text.
    Plain,
    /// With tokens and secrets, for those who know them; all caches are empty.
    Full,
    /// The same once more.
    Again,
    /// Once more, after one file was edited.
    Edited,
}

impl Row {
    const ALL: [Self; 4] = [Self::Plain, Self::Full, Self::Again, Self::Edited];

    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Full => "full",
            Self::Again => "again",
            Self::Edited => "edited",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Plain => "Plain: the contents as one text",
            Self::Full => "Full service, all caches empty",
            Self::Again => "Full service once more, nothing changed",
            Self::Edited => "Full service once more, one file edited",
        }
    }
}

pub(crate) struct Options {
    /// Rows such as `full`, `large` or `large/full`; all if there is none.
    only: Vec<String>,
    runs: usize,
    scale: Scale,
    /// Names of programs beside ourselves; all if it is `None`.
    peers: Option<Vec<String>>,
    /// Our own program, if it is not to be built.
    holdall: Option<PathBuf>,
    /// Directories of a developer, by name.
    trees: Vec<(String, PathBuf)>,
}

impl Options {
    pub(crate) fn from_args(args: &mut Args) -> Result<Self> {
        let scale = if args.flag("--quick") { Scale::Quick } else { Scale::Full };
        let words =
            |text: String| text.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
        let only = args.value("--only")?.map(words).unwrap_or_default();
        let peers = args.value("--peers")?.map(words);
        let runs = args.number("--runs")?.unwrap_or(if scale == Scale::Quick { 1 } else { 3 });
        let holdall = args.value("--holdall")?.map(PathBuf::from);
        let mut trees = Vec::new();
        while let Some(word) = args.value("--tree")? {
            let named =
                word.split_once('=').filter(|(name, dir)| good_name(name) && !dir.is_empty());
            let Some((name, dir)) = named else {
                return Err(format!("--tree {word}: write NAME=DIR, the name of letters, digits, - and _, and not that of another tree").into());
            };
            if trees.iter().any(|(other, _)| other == name) {
                return Err(format!("--tree {word}: there are two trees of this name").into());
            }
            trees.push((name.to_owned(), PathBuf::from(dir)));
        }
        args.done()?;
        let runs = usize::try_from(runs).unwrap_or(1).max(1);
        let options = Self { only, runs, scale, peers, holdall, trees };
        options.check_only()?;
        Ok(options)
    }

    fn names(&self) -> Vec<String> {
        let own = tree::NAMES.iter().map(|name| (*name).to_owned());
        own.chain(self.trees.iter().map(|(name, _)| name.clone())).collect()
    }

    fn check_only(&self) -> Result<()> {
        let names = self.names();
        for word in &self.only {
            let is_row = |word: &str| Row::ALL.iter().any(|row| row.word() == word);
            let is_tree = |word: &str| names.iter().any(|name| name == word);
            let both = word.split_once('/').is_some_and(|(tree, row)| is_tree(tree) && is_row(row));
            if !both && !is_row(word) && !is_tree(word) {
                let names = names.join(", ");
                return Err(format!("--only {word}: write a tree ({names}), a row (plain, full, again, edited) or both as large/full").into());
            }
        }
        Ok(())
    }

    fn wants(&self, tree: &str, row: Row) -> bool {
        let both = format!("{tree}/{}", row.word());
        self.only.is_empty()
            || self.only.iter().any(|word| word == tree || word == row.word() || *word == both)
    }
}

/// Whether a tree may be called so: it becomes a directory and stands in a table.
fn good_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(good) && !tree::NAMES.contains(&name)
}

pub(crate) fn bench(options: &Options) -> Result<()> {
    let dir = shell::root().join("target/bench").join(options.scale.word());
    if shell::find_program("time").is_none() {
        return Err("GNU time is missing; `cargo xtask setup --bench` installs it".into());
    }
    let (dumpers, absent) = dumper::find(options.peers.as_deref(), options.holdall.as_deref())?;
    let mut results = Results::new(&dumpers, absent, options.runs);
    // The published table is of whole races only.
    let whole = options.scale == Scale::Full && options.only.is_empty() && options.peers.is_none();
    let out =
        if whole { shell::root().join("docs/benchmarks.md") } else { dir.join("benchmarks.md") };
    let run = dir.join("dumps/run");
    for name in options.names() {
        let rows: Vec<Row> = Row::ALL
            .into_iter()
            .filter(|row| options.wants(&name, *row) && (name != tree::HUGE || *row <= Row::Full))
            .collect();
        let Some(last) = rows.iter().max() else { continue };
        // What comes again was there before.
        let needed = |row: &Row| rows.contains(row) || (*row == Row::Full && *last > Row::Full);
        let rows: Vec<Row> = Row::ALL.into_iter().filter(needed).collect();
        let own = options.trees.iter().find(|(other, _)| *other == name);
        let tree = Tree::prepare(&name, own.map(|(_, dir)| dir.as_path()), &dir, options.scale)?;
        results.add_tree(&tree)?;
        for round in 0..options.runs {
            println!("bench: {name}, round {} of {}", round + 1, options.runs);
            shell::remove_dir(&run)?;
            let mut order: Vec<&Dumper> = dumpers.iter().collect();
            order.rotate_left(round % dumpers.len().max(1));
            one_round(&tree, &rows, &order, &run, &mut results)?;
            // After each round, so that a run that is stopped has not been for nothing.
            results.write(&out)?;
        }
    }
    shell::remove_dir(&run)?;
    println!("bench: wrote {}", shell::relative(&out));
    if !whole {
        print!("{}", shell::read(&out)?);
    }
    Ok(())
}

/// All rows by all who take part in them, each with a fresh home.
fn one_round(
    tree: &Tree,
    rows: &[Row],
    order: &[&Dumper],
    dir: &Path,
    results: &mut Results,
) -> Result<()> {
    tree.revert()?;
    let mut running = Vec::new();
    for dumper in order {
        let place = Place::new(&dir.join(&dumper.name), &tree.dir)?;
        dumper.warm_up(&place);
        running.push((*dumper, place));
    }
    for row in rows {
        if *row == Row::Edited {
            tree.edit()?;
        }
        tree.read_all()?;
        // Who fails once is out of this round: later rows would measure something else.
        let mut still_running = Vec::new();
        for (dumper, mut place) in running {
            if dumper.does(*row).is_some() {
                match one_run(dumper, *row, tree, &mut place) {
                    Ok(run) => {
                        println!("bench:   {:<7} {:<15} {run}", row.word(), dumper.name);
                        results.add(tree, *row, dumper, run, &place);
                    }
                    Err(failure) => {
                        results.note(&dumper.name, &format!("{}: {failure}", tree.name));
                        continue;
                    }
                }
            }
            still_running.push((dumper, place));
        }
        running = still_running;
    }
    tree.revert()
}

/// One row by one program.
fn one_run(dumper: &Dumper, row: Row, tree: &Tree, place: &mut Place) -> Result<Run> {
    let log = place.dir.join(format!("{}.log", row.word()));
    let (mut command, printed) = dumper.command(row, place);
    let mut measured =
        measure::measure_to(&mut command, &log, printed.then_some(place.output.as_path()))?;
    let output = place.written()?;
    let what = format!("cannot read {}", output.display());
    measured.made_bytes = std::fs::metadata(&output).doing(&what)?.len();
    let shown = shown(dumper.kind, &output, tree)?;
    if dumper.kind.is_ours() {
        same_tree(dumper, place, &output)?;
    }
    std::fs::remove_file(&output).doing(format_args!("cannot remove {}", output.display()))?;
    Ok(Run { measured, shown, files: tree.weight()?.files })
}

/// A dump of ours holds the very tree, or the run does not count.
fn same_tree(dumper: &Dumper, place: &Place, output: &Path) -> Result<()> {
    let id = |of: &Path| {
        let mut command = dumper.base(place);
        first_line(command.arg("id").arg(of))
            .ok_or_else(|| format!("`holdall id` fails on {}", of.display()))
    };
    let (written, expected) = (id(output)?, id(&place.tree)?);
    if written == expected {
        return Ok(());
    }
    Err(format!("the dump holds the tree {written}, not {expected}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Result<Options> {
        Options::from_args(&mut Args::new(words.iter().map(|word| (*word).to_owned())))
    }

    #[test]
    fn trees_of_a_developer_have_names_that_can_be_asked_for() {
        let words = ["--tree", "rg=/src/rg", "--tree", "x_1=/a=b", "--only=rg/full,small,edited"];
        let options = options(&words).unwrap();
        assert_eq!(options.trees[1], ("x_1".to_owned(), PathBuf::from("/a=b")));
        assert!(options.wants("rg", Row::Full) && !options.wants("rg", Row::Plain));
        assert!(options.wants("small", Row::Plain) && options.wants("huge", Row::Edited));
        assert_eq!(options.names().len(), tree::NAMES.len() + 2);
    }

    #[test]
    fn what_is_no_tree_or_no_row_is_refused() {
        for words in [
            ["--tree", "rg"],
            ["--tree", "small=/a"],
            ["--tree", "a/b=/a"],
            ["--tree", "a="],
            ["--only", "rg/full"],
            ["--only", "large/fast"],
        ] {
            assert!(options(&words).is_err(), "{words:?}");
        }
        assert!(options(&["--tree", "a=/a", "--tree", "a=/b"]).is_err());
    }
}
