//! The race: the same work done by us and by other programs, side by side in one run.
//!
//! In every round each contestant starts with a fresh repository and empty caches, and every row is run by all of
//! them one after the other, in an order that is rotated from round to round. The trees are read once before each
//! row, so that all read from memory, and everything is synced to the disk before the clock starts.
//!
//! Nothing large is removed while a corpus is raced. ext4 does not use the number of a removed file again for five
//! minutes and looks at each such number whenever it makes a file: 40,000 files of 3 KB were made in 1.7 s, and in 15 s
//! once as many had been removed. Who restores after others were cleared away would pay for them.

pub(crate) mod archives;
pub(crate) mod clones;
mod contestant;
mod corpus;
pub(crate) mod dumps;
mod measure;
mod page;
mod pool;
pub(crate) mod race;
mod report;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contestant::{Contestant, Place};
use corpus::{Corpus, Scale};
use measure::Measured;
use report::Results;

use crate::shell::{self, Args, Result};

/// What is measured of each contestant, in the order in which it must happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    First,
    Unchanged,
    Changed,
    Check,
    Restore,
}

impl Row {
    const ALL: [Self; 5] =
        [Self::First, Self::Unchanged, Self::Changed, Self::Check, Self::Restore];

    fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Check => "check",
            Self::Restore => "restore",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::First => "First snapshot",
            Self::Unchanged => "Snapshot, nothing changed",
            Self::Changed => "Snapshot, 1 % changed",
            Self::Check => "Check, all data read",
            Self::Restore => "Restore into an empty directory",
        }
    }
}

pub(crate) struct Options {
    /// Rows such as `first`, `B` or `B/first`; all if there is none.
    only: Vec<String>,
    runs: usize,
    scale: Scale,
    /// Names of contestants beside ourselves; all if it is `None`.
    peers: Option<Vec<String>>,
}

impl Options {
    pub(crate) fn from_args(args: &mut Args) -> Result<Self> {
        let scale = if args.flag("--quick") { Scale::Quick } else { Scale::Full };
        let words =
            |text: String| text.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
        let only = args.value("--only")?.map(words).unwrap_or_default();
        let peers = args.value("--peers")?.map(words);
        let runs = args.number("--runs")?.unwrap_or(if scale == Scale::Quick { 1 } else { 3 });
        args.done()?;
        let options = Self { only, runs: usize::try_from(runs).unwrap_or(1).max(1), scale, peers };
        for word in &options.only {
            let known = Corpus::NAMES.iter().any(|corpus| {
                let rows = Row::ALL.iter().map(|row| row.word());
                rows.into_iter().any(|row| {
                    [row.to_owned(), (*corpus).to_owned(), format!("{corpus}/{row}")].contains(word)
                })
            });
            if !known {
                return Err(format!("--only {word}: write a corpus (A, B, C), a row (first, unchanged, changed, check, restore) or both as A/first").into());
            }
        }
        Ok(options)
    }

    fn wants(&self, corpus: &str, row: Row) -> bool {
        let both = format!("{corpus}/{}", row.word());
        self.only.is_empty()
            || self.only.iter().any(|word| word == corpus || word == row.word() || *word == both)
    }
}

/// How long ext4 avoids the number of a removed file (`EXT4_RECENTCY_MIN` and `_DIRTY` in its `ialloc.c`).
const AVOIDED: Duration = Duration::from_secs(300);

pub(crate) fn bench(options: &Options) -> Result<()> {
    let dir = shell::root().join("target/bench").join(options.scale.word());
    if shell::find_program("time").is_none() {
        return Err("GNU time is missing; `cargo xtask setup --bench` installs it".into());
    }
    let (contestants, absent) = contestant::find(options.peers.as_deref())?;
    if contestants.is_empty() {
        return Err("nobody is there to be measured".into());
    }
    let mut results = Results::new(&contestants, absent, options);
    // The published table is of whole races only.
    let whole = options.scale == Scale::Full && options.only.is_empty() && options.peers.is_none();
    let out =
        if whole { shell::root().join("docs/benchmarks.md") } else { dir.join("benchmarks.md") };
    let run = dir.join("run");
    for name in Corpus::NAMES {
        let wanted: Vec<Row> =
            Row::ALL.into_iter().filter(|row| options.wants(name, *row)).collect();
        let Some(last) = wanted.iter().max() else { continue };
        let corpus = Corpus::prepare(name, &dir.join("corpus"), options.scale)?;
        results.add_corpus(&corpus);
        // What no wanted row needs is not run: a check and a restore do without the two rows before them.
        let rows: Vec<Row> = Row::ALL
            .into_iter()
            .filter(|row| row <= last && (*row == Row::First || wanted.contains(row)))
            .collect();
        shell::remove_dir(&run)?;
        let cleared = Instant::now();
        for round in 0..options.runs {
            println!("bench: {name}, round {} of {}", round + 1, options.runs);
            let mut order: Vec<&Contestant> = contestants.iter().collect();
            order.rotate_left(round % contestants.len());
            let place = run.join(round.to_string());
            one_round(&corpus, &rows, &order, &place, cleared, &mut results)?;
            // After each round, so that a run that is stopped has not been for nothing.
            results.write(&wanted_rows(options), &out)?;
        }
    }
    shell::remove_dir(&run)?;
    println!("bench: wrote {}", shell::relative(&out));
    if !whole {
        print!("{}", shell::read(&out)?);
    }
    Ok(())
}

fn wanted_rows(options: &Options) -> Vec<(&'static str, Row)> {
    let all = Corpus::NAMES.iter().flat_map(|name| Row::ALL.map(|row| (*name, row)));
    all.filter(|(name, row)| options.wants(name, *row)).collect()
}

/// All rows by all contestants, each with a fresh repository.
fn one_round(
    corpus: &Corpus,
    rows: &[Row],
    order: &[&Contestant],
    dir: &Path,
    cleared: Instant,
    results: &mut Results,
) -> Result<()> {
    corpus.revert()?;
    let mut running = Vec::new();
    for contestant in order {
        let mut place = Place::new(&dir.join(&contestant.name), corpus)?;
        match contestant.prepare(&mut place) {
            Ok(()) => running.push((*contestant, place)),
            Err(failure) => results.note(&contestant.name, &failure.to_string()),
        }
    }
    for row in rows {
        if *row == Row::Changed {
            corpus.change()?;
        }
        if *row == Row::Restore && corpus.scale == Scale::Full {
            std::thread::sleep(AVOIDED.saturating_sub(cleared.elapsed()));
        }
        corpus.read_all()?;
        // Who fails once is out of this round: later rows would measure something else.
        let mut still_running: Vec<(&Contestant, Place)> = Vec::new();
        for (contestant, mut place) in running {
            match one_run(contestant, *row, &mut place, corpus) {
                Ok(Some((measured, note))) => {
                    println!("bench:   {:<10} {:<11} {measured}", row.word(), contestant.name);
                    results.add(corpus.name, *row, contestant, measured, &place);
                    if let Some(note) = note {
                        results.note(&contestant.name, &note);
                    }
                }
                Ok(None) => {}
                Err(failure) => {
                    results.note(&contestant.name, &failure.to_string());
                    continue;
                }
            }
            still_running.push((contestant, place));
        }
        running = still_running;
    }
    corpus.revert()
}

/// One row by one contestant: what was measured, and what is to be said about it.
fn one_run(
    contestant: &Contestant,
    row: Row,
    place: &mut Place,
    corpus: &Corpus,
) -> Result<Option<(Measured, Option<String>)>> {
    let Some(mut command) = contestant.command(row, place) else { return Ok(None) };
    if row == Row::Restore {
        shell::make_dir(&place.restored)?;
    }
    let log: PathBuf = place.dir.join(format!("{}.log", row.word()));
    let mut measured = measure::measure(&mut command, &log)?;
    measured.made_bytes = corpus::weigh(&place.repository)?.bytes;
    let mut note = None;
    if matches!(row, Row::First | Row::Unchanged | Row::Changed) {
        place.saved = corpus.weigh()?;
    }
    if row == Row::Restore {
        let (got, expected) = (corpus::weigh(&place.restored)?, place.saved);
        if got != expected {
            note = Some(format!("restored {got} of {}, which held {expected}", corpus.name));
        }
    }
    Ok(Some((measured, note)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(words: &[&str]) -> Result<Options> {
        Options::from_args(&mut Args::new(words.iter().map(|word| (*word).to_owned())))
    }

    #[test]
    fn a_row_is_chosen_by_corpus_or_by_name_or_by_both() {
        let options = options(&["--only", "B,A/first", "--runs=5"]).unwrap();
        assert!(options.wants("B", Row::Restore) && options.wants("A", Row::First));
        assert!(!options.wants("A", Row::Restore) && !options.wants("C", Row::First));
        assert_eq!(options.runs, 5);
    }

    #[test]
    fn a_row_that_does_not_exist_is_refused() {
        assert!(options(&["--only", "D"]).is_err());
        assert!(options(&["--only", "A/frist"]).is_err());
    }
}
