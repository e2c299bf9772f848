//! The report of the race of dumps: its part of the page of all races.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::super::measure::{Measured, median};
use super::super::page::{self, Part};
use super::super::report::{circumstances, commands, figure, load, remarks};
use super::Row;
use super::dumper::{Dumper, Place};
use super::tree::Tree;
use crate::shell::Result;

const HOW: &str = "### How\n\nEvery program has its own home and directory for temporary files, new in every round, and is \
    run in the tree. What it does is said in the tables; a program that knows less is shown beside those that know more, \
    not as their equal. repomix is run once in an empty directory before the clock starts, so that node has compiled \
    it; what repomix keeps of files is empty then. gitingest has its vocabulary from a file, since it counts nothing if it \
    cannot fetch it. holdall is told to report secrets, since a dump of published crates with test keys would else be refused; \
    they are looked for all the same, and every dump of its is read again after the clock has stopped and must hold the \
    very tree, by its ID. holdall syncs the file it writes, alone of all; with `-o -` \
    it syncs nothing either. yek is told not to stop at 10 MB. Otherwise settings are the defaults, and with them programs leave \
    files out: the last column says how many files of the tree have their text in the output. What holdall does not \
    show it names with the reason. Trees are without `.git`. CPU is user and system time of all processes, memory the \
    largest of them (`/usr/bin/time`).\n\n```text\n";

/// One run of one program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) measured: Measured,
    /// Files whose text is in the output, and files of the tree.
    pub(super) shown: u64,
    pub(super) files: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} of {} files", self.measured, self.shown, self.files)
    }
}

/// Everything that was measured so far.
pub(super) struct Results {
    dumpers: Vec<Dumper>,
    absent: Vec<String>,
    runs: usize,
    load_at_start: String,
    /// Names in the order of the race, with what each is.
    trees: Vec<(String, String)>,
    measured: BTreeMap<(String, Row, String), Vec<Run>>,
    commands: BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

impl Results {
    pub(super) fn new(dumpers: &[Dumper], absent: Vec<String>, runs: usize) -> Self {
        Self {
            dumpers: dumpers.to_vec(),
            absent,
            runs,
            load_at_start: load(),
            trees: Vec::new(),
            measured: BTreeMap::new(),
            commands: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn add_tree(&mut self, tree: &Tree) -> Result<()> {
        let weight = tree.weight()?;
        let mib = weight.bytes as f64 / 1_048_576.0;
        let about = format!("{}. {} files, {mib:.1} MiB.", tree.about, weight.files);
        self.trees.push((tree.name.clone(), about));
        Ok(())
    }

    pub(super) fn add(&mut self, tree: &Tree, row: Row, dumper: &Dumper, run: Run, place: &Place) {
        let key = (tree.name.clone(), row, dumper.name.clone());
        self.measured.entry(key).or_default().push(run);
        let typed = self.commands.entry(dumper.name.clone()).or_default();
        if place.typed.len() > typed.len() {
            typed.clone_from(&place.typed);
        }
    }

    /// Something a reader of the figures must know.
    pub(super) fn note(&mut self, who: &str, what: &str) {
        let note = format!("{who}: {what}");
        println!("bench:   {note}");
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Writes what was measured into its part of the page.
    pub(super) fn write(&self, page: &Path) -> Result<()> {
        let mut how = HOW.to_owned();
        commands(&mut how, &self.commands);
        how.push_str("```\n");
        page::write(page, Part::Dumps, &self.markdown(), &how)
    }

    fn markdown(&self) -> String {
        let mut out = "Written by `cargo xtask bench --dumps`.\n\n".to_owned();
        out.push_str(&circumstances(self.runs, &self.load_at_start));
        for Dumper { name, version, .. } in &self.dumpers {
            out.push_str(&format!("- {name}: {version}\n"));
        }
        out.push('\n');
        for (name, about) in &self.trees {
            out.push_str(&format!("- **{name}**: {about}\n"));
        }
        out.push_str(
            "\n### Results\n\nMedian of all rounds, with the least and the most in brackets. × is that program's \
             figure divided by holdall's: above 1, holdall needed less.\n",
        );
        for (name, _) in &self.trees {
            let tables: Vec<_> = Row::ALL.iter().map(|row| self.table(name, *row)).collect();
            if tables.iter().any(|table| !table.is_empty()) {
                out.push_str(&format!("\n#### {name}\n"));
            }
            tables.iter().for_each(|table| out.push_str(table));
        }
        out + &remarks(&self.absent, &self.notes)
    }

    fn table(&self, tree: &str, row: Row) -> String {
        let of = |name: &str| self.measured.get(&(tree.to_owned(), row, name.to_owned()));
        let ours = of("holdall");
        let mut lines = String::new();
        for dumper in &self.dumpers {
            let (Some(runs), Some(does)) = (of(&dumper.name), dumper.does(row)) else { continue };
            let mut cells = vec![dumper.name.clone(), does.to_owned()];
            for (field, digits) in FIELDS {
                let values: Vec<f64> = runs.iter().map(field).collect();
                let middle = median(values.iter().copied());
                cells.push(figure(&values, *digits));
                let ours = ours.map(|runs| median(runs.iter().map(field)));
                cells.push(match ours {
                    Some(ours) if ours > 0.0 => format!("{:.2}", middle / ours),
                    _ => "-".to_owned(),
                });
            }
            cells.push(files(runs));
            lines.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        if lines.is_empty() {
            return lines;
        }
        format!(
            "\n{}:\n\n| | beside the contents | wall s | × | CPU s | × | memory MiB | × | output MiB | × | files shown \
             |\n|---|---|{}\n{lines}",
            row.title(),
            "--:|".repeat(9)
        )
    }
}

/// How many files were shown; the fewest, if rounds differ.
fn files(runs: &[Run]) -> String {
    let fewest = runs.iter().min_by_key(|run| run.shown);
    fewest.map_or_else(String::new, |run| format!("{} of {}", run.shown, run.files))
}

type Field = fn(&Run) -> f64;

/// The columns: what they show, and with how many digits.
const FIELDS: &[(Field, usize)] = &[
    (|run| run.measured.wall, 3),
    (|run| run.measured.cpu, 2),
    (|run| run.measured.memory_mib, 0),
    (|run| run.measured.made_bytes as f64 / 1_048_576.0, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_files_of_all_rounds_are_told() {
        let run = |shown| Run { measured: Measured::default(), shown, files: 9 };
        assert_eq!(files(&[run(9), run(7), run(9)]), "7 of 9");
    }
}
