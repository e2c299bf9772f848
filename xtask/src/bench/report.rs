//! The report: what was raced, on what, and how it ended, as Markdown.

use std::collections::BTreeMap;
use std::path::Path;

use super::contestant::{Contestant, Place};
use super::corpus::Corpus;
use super::measure::{Measured, median};
use super::page::{self, Part};
use super::{Options, Row};
use crate::shell::{self, Result, first_line, program};

/// Everything that was measured so far.
pub(crate) struct Results {
    /// In the order of the tables: name and version.
    contestants: Vec<(String, String)>,
    absent: Vec<String>,
    runs: usize,
    load_at_start: String,
    corpora: Vec<String>,
    measured: BTreeMap<(&'static str, Row, String), Vec<Measured>>,
    commands: BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

impl Results {
    pub(crate) fn new(contestants: &[Contestant], absent: Vec<String>, options: &Options) -> Self {
        Self {
            contestants: contestants.iter().map(|c| (c.name.clone(), c.version.clone())).collect(),
            absent,
            runs: options.runs,
            load_at_start: load(),
            corpora: Vec::new(),
            measured: BTreeMap::new(),
            commands: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn add_corpus(&mut self, corpus: &Corpus) {
        let weight = corpus.weigh().unwrap_or_default();
        let mib = weight.bytes / (1 << 20);
        self.corpora.push(format!(
            "**{}**: {}. {} files, {mib} MiB.",
            corpus.name, corpus.about, weight.files
        ));
    }

    pub(crate) fn add(
        &mut self,
        corpus: &'static str,
        row: Row,
        contestant: &Contestant,
        measured: Measured,
        place: &Place,
    ) {
        let key = (corpus, row, contestant.name.clone());
        self.measured.entry(key).or_default().push(measured);
        let typed = self.commands.entry(contestant.name.clone()).or_default();
        if place.typed.len() > typed.len() {
            typed.clone_from(&place.typed);
        }
    }

    /// Something a reader of the figures must know.
    pub(crate) fn note(&mut self, who: &str, what: &str) {
        let note = format!("{who}: {what}");
        println!("bench:   {note}");
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Writes what was measured into its part of the page.
    pub(crate) fn write(&self, wanted: &[(&'static str, Row)], page: &Path) -> Result<()> {
        page::write(page, Part::Snapshots, &self.markdown(wanted), &self.how())
    }

    fn markdown(&self, wanted: &[(&'static str, Row)]) -> String {
        let mut out = "Written by `cargo xtask bench`.\n\n".to_owned();
        out.push_str(&self.circumstances());
        out.push_str("\n### Results\n\nMedian of all rounds, with the least and the most in brackets. × is that \
                      contestant's figure divided by holdall's: above 1, holdall needed less.\n");
        let mut last = "";
        for (corpus, row) in wanted {
            let table = self.table(corpus, *row);
            if table.is_empty() {
                continue;
            }
            if *corpus != last {
                out.push_str(&format!("\n#### Corpus {corpus}\n"));
                last = corpus;
            }
            out.push_str(&format!("\n{}:\n\n{table}", row.title()));
        }
        out + &remarks(&self.absent, &self.notes)
    }

    fn circumstances(&self) -> String {
        let mut out = circumstances(self.runs, &self.load_at_start);
        for (name, version) in &self.contestants {
            out.push_str(&format!("- {name}: {version}\n"));
        }
        out.push('\n');
        for corpus in &self.corpora {
            out.push_str(&format!("- {corpus}\n"));
        }
        out
    }

    fn table(&self, corpus: &'static str, row: Row) -> String {
        let of = |name: &str| self.measured.get(&(corpus, row, name.to_owned()));
        let ours = of("holdall");
        let mut lines = String::new();
        for (name, _) in &self.contestants {
            let Some(runs) = of(name) else { continue };
            let mut cells = vec![name.clone()];
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
            lines.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        if lines.is_empty() {
            return lines;
        }
        format!(
            "| | wall s | × | CPU s | × | memory MiB | × | repository MiB | × |\n|---|{}\n{lines}",
            "--:|".repeat(8)
        )
    }

    fn how(&self) -> String {
        let mut out = "### How\n\nEvery contestant has its own home, cache and repository, new in every round; \
            the repository is made before the clock starts. Settings are the defaults but for borg's compression, \
            which is set to that of the others. Nobody is asked to leave out a sync: restic, borg and holdall sync \
            what they write to the repository, rustic its files but not their directories, and the archive of \
            tar and zstd is synced once. The tree is read once before each row and `sync` is run before each \
            command. What was restored stays until all rounds of a corpus are over, and no restore begins within five \
            minutes after much was removed: ext4 looks at the number of each file removed in that time whenever it \
            makes one. CPU is user and system time of all its processes, memory the largest of them (`/usr/bin/time`). \
            tar and zstd neither encrypt nor deduplicate: a floor, not a peer.\n\n```text\n"
            .to_owned();
        commands(&mut out, &self.commands);
        out + "```\n"
    }
}

/// When, on what, and how busy that was.
pub(super) fn circumstances(runs: usize, load_at_start: &str) -> String {
    let date = first_line(&mut program("date", ["-u", "+%F"])).unwrap_or_default();
    format!(
        "- {date}, rounds: {runs}, the order rotated from one to the next\n- {}\n\
         - load when it began {load_at_start}, when it ended {}\n",
        machine(),
        load()
    )
}

/// Who did not take part, and what else a reader of the figures must know.
pub(super) fn remarks(absent: &[String], notes: &[String]) -> String {
    if absent.is_empty() && notes.is_empty() {
        return String::new();
    }
    let mut out = "\n### Notes\n\n".to_owned();
    for absent in absent {
        out.push_str(&format!("- {absent} was not there and took no part.\n"));
    }
    for note in notes {
        out.push_str(&format!("- {}\n", note.replace(&*shell::root().to_string_lossy(), "…")));
    }
    out
}

/// What each was called with.
pub(super) fn commands(out: &mut String, commands: &BTreeMap<String, Vec<String>>) {
    for (name, typed) in commands {
        out.push_str(&format!("{name}:\n"));
        for line in typed {
            out.push_str(&format!("  {line}\n"));
        }
    }
}

type Field = fn(&Measured) -> f64;

/// The columns: what they show, and with how many digits.
const FIELDS: &[(Field, usize)] = &[
    (|m| m.wall, 2),
    (|m| m.cpu, 2),
    (|m| m.memory_mib, 0),
    (|m| m.made_bytes as f64 / 1_048_576.0, 1),
];

/// The median, and the range if there is one.
pub(super) fn figure(values: &[f64], digits: usize) -> String {
    let middle = median(values.iter().copied());
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    let (low, high) = (format!("{least:.digits$}"), format!("{most:.digits$}"));
    if low == high {
        format!("{middle:.digits$}")
    } else {
        format!("{middle:.digits$} [{low}-{high}]")
    }
}

pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kib: u64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut file_system = program("findmnt", ["-n", "-o", "FSTYPE", "-T"]);
    let file_system = first_line(file_system.arg(shell::root())).unwrap_or_default();
    format!(
        "{cores} cores of {}, {} GiB of memory, Linux {}, {file_system}",
        field("/proc/cpuinfo", "model name"),
        kib.div_ceil(1 << 20),
        kernel.trim(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_shows_its_range_where_there_is_one() {
        assert_eq!(figure(&[1.0, 3.0, 2.0], 1), "2.0 [1.0-3.0]");
        assert_eq!(figure(&[2.0], 2), "2.00");
    }
}
