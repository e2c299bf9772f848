//! What the races of clones and of archives share: command lines that a shell runs, and tables of what they cost.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::contestant::ourselves;
use super::corpus::Scale;
use super::measure::{Measured, median};
use super::report::figure;
use crate::shell::{self, Args, Doing, Result, first_line, program};

/// What is asked of a race.
pub(crate) struct Options {
    pub(super) runs: usize,
    pub(super) scale: Scale,
    holdall: Option<PathBuf>,
}

impl Options {
    pub(crate) fn from_args(args: &mut Args) -> Result<Self> {
        let scale = if args.flag("--quick") { Scale::Quick } else { Scale::Full };
        let runs = args.number("--runs")?.unwrap_or(if scale == Scale::Quick { 1 } else { 3 });
        let holdall = args.value("--holdall")?.map(PathBuf::from);
        args.done()?;
        Ok(Self { runs: usize::try_from(runs).unwrap_or(1).max(1), scale, holdall })
    }

    /// Our own program, built if none was named.
    pub(super) fn holdall(&self) -> Result<PathBuf> {
        let holdall = match &self.holdall {
            Some(holdall) => Some(holdall.clone()),
            None => ourselves()?,
        };
        let holdall = holdall.ok_or("there is no holdall to race with")?;
        holdall.canonicalize().doing("cannot find holdall")
    }

    /// Where the race is run.
    pub(super) fn dir(&self) -> PathBuf {
        shell::root().join("target/bench").join(self.scale.word())
    }

    /// The page that is written.
    pub(super) fn page(&self) -> PathBuf {
        match self.scale {
            Scale::Full => shell::root().join("docs/benchmarks.md"),
            Scale::Quick => self.dir().join("benchmarks.md"),
        }
    }

    /// Says where the page is, and shows that of a quick race.
    pub(super) fn written(&self) -> Result<()> {
        let page = self.page();
        println!("bench: wrote {}", shell::relative(&page));
        if self.scale == Scale::Quick {
            print!("{}", shell::read(&page)?);
        }
        Ok(())
    }
}

/// Fails if one of these programs is missing.
pub(super) fn need(programs: &[&str]) -> Result<()> {
    for needed in programs {
        if shell::find_program(needed).is_none() {
            let how = format!("{needed} is missing; `cargo xtask setup --bench` installs it");
            return Err(how.into());
        }
    }
    Ok(())
}

/// A line that a shell runs in `dir`, with a home of its own; `holdall` is ours whatever else is called so.
pub(super) fn shell_line(typed: &str, dir: &Path, home: &Path, holdall: &Path) -> Command {
    let mut command = program("sh", ["-c", typed]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = holdall.parent().map(Path::to_path_buf);
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
    command.current_dir(dir).env("HOME", home);
    command.env("PATH", path.unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command
}

/// What each program says it is.
pub(super) fn versions<'p>(programs: impl IntoIterator<Item = (&'p str, Command)>) -> String {
    let line = |(name, mut command): (&str, Command)| {
        let version = first_line(&mut command).unwrap_or_default();
        format!("- {name}: {version}\n")
    };
    programs.into_iter().map(line).collect()
}

type Field = fn(&Measured) -> f64;

/// The columns: what they show, and with how many digits. What was made is in KiB.
const FIELDS: &[(Field, usize)] = &[
    (|run| run.wall, 3),
    (|run| run.cpu, 2),
    (|run| run.memory_mib, 0),
    (|run| run.made_bytes as f64 / 1024.0, 0),
];

/// One table: a line for each program that was measured, ourselves first; `made` says what was made.
pub(super) fn table(title: &str, made: &str, programs: &[(&str, &[Measured])]) -> String {
    let ours = programs.iter().find(|(name, _)| *name == "holdall").map(|(_, runs)| *runs);
    let mut lines = String::new();
    for (name, runs) in programs.iter().filter(|(_, runs)| !runs.is_empty()) {
        let mut cells = vec![(*name).to_owned()];
        for (field, digits) in FIELDS {
            let values: Vec<f64> = runs.iter().map(field).collect();
            let ours = ours.map_or(0.0, |runs| median(runs.iter().map(field)));
            let middle = median(values.iter().copied());
            cells.push(figure(&values, *digits));
            cells.push(if ours > 0.0 { format!("{:.2}", middle / ours) } else { "-".into() });
        }
        lines.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    let heads = format!("| | wall s | × | CPU s | × | memory MiB | × | {made} KiB | × |");
    format!("\n{title}:\n\n{heads}\n|---|{}\n{lines}", "--:|".repeat(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_program_that_ran() {
        let run = |wall| Measured { wall, ..Measured::default() };
        let (ours, theirs) = ([run(1.0), run(3.0)], [run(4.0)]);
        let table = table("Row", "made", &[("holdall", &ours), ("tar", &theirs), ("zip", &[])]);
        assert!(table.contains("| holdall | 2.000 [1.000-3.000] | 1.00 |"), "{table}");
        assert!(table.contains("| tar | 4.000 | 2.00 |") && !table.contains("zip"), "{table}");
    }
}
