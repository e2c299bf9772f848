//! The race of clones: the same tree copied, copied again beside the last copy, and carried over to an older one.
//!
//! In every round each program has a copy of the tree of its own, and every row is run by all that take part in it one
//! after the other, in an order that is rotated from round to round. Whoever does not sync what it wrote is followed by
//! a sync that the clock counts, because we sync. What comes out is compared by rsync, which must find no difference.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::corpus::{Scale, noise};
use super::measure::{Measured, measure};
use super::page::{self, Part};
use super::race::{Options, need, shell_line, table, versions};
use super::report::{circumstances, load, remarks};
use crate::shell::{self, Doing, Result, program};

/// What is measured, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Full,
    Large,
    Again,
    Edited,
    DeltaTree,
    DeltaSpread,
    DeltaLarge,
}

impl Row {
    const ALL: [Self; 7] = [
        Self::Full,
        Self::Large,
        Self::Again,
        Self::Edited,
        Self::DeltaTree,
        Self::DeltaSpread,
        Self::DeltaLarge,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Full => "A full copy with all metadata",
            Self::Large => "The same of three large files",
            Self::Again => "Once more beside the last one, nothing changed",
            Self::Edited => "Once more beside the last one, one file in a hundred changed",
            Self::DeltaTree => {
                "The change of one file in a hundred, in one directory of twenty, carried over to an older copy"
            }
            Self::DeltaSpread => "The same number of changes all over the tree",
            Self::DeltaLarge => {
                "A few bytes in front of a large file carried over to an older copy"
            }
        }
    }
}

/// Programs, ourselves first, and what each types for a row. `S` is the tree, `L` the large files that all read, everything
/// else lies beside it.
const PROGRAMS: [&str; 6] =
    ["holdall", "holdall in files", "cp", "cp, not synced", "rsync", "rsync, less"];

fn typed(name: &str, row: Row) -> Option<&'static str> {
    Some(match (name, row) {
        ("holdall", Row::Full) => "holdall clone S full",
        ("cp", Row::Full) => "cp -a S full && sync -f full",
        ("cp, not synced", Row::Full) => "cp -a S full",
        ("rsync", Row::Full) => "rsync -aHAX S/ full/ && sync -f full",
        ("holdall", Row::Large) => "holdall clone ../../L large",
        ("cp", Row::Large) => "cp -a ../../L large && sync -f large",
        ("cp, not synced", Row::Large) => "cp -a ../../L large",
        ("rsync", Row::Large) => "rsync -aHAX ../../L/ large/ && sync -f large",
        ("holdall", Row::Again | Row::Edited) => "holdall clone S many --incremental",
        ("rsync", Row::Again) => "rsync -aHAX --link-dest=\"$PWD/full\" S/ again/ && sync -f again",
        ("rsync", Row::Edited) => {
            "rsync -aHAX --link-dest=\"$PWD/again\" S/ edited/ && sync -f edited"
        }
        ("rsync, less", Row::Again) => {
            "rsync -a --link-dest=\"$PWD/full\" S/ again/ && sync -f again"
        }
        ("rsync, less", Row::Edited) => {
            "rsync -a --link-dest=\"$PWD/again\" S/ edited/ && sync -f edited"
        }
        ("holdall", Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge) => {
            "holdall delta send S -- sh -c 'tee up | holdall delta receive old | tee down'"
        }
        ("holdall in files", Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge) => {
            "holdall delta signature old > up && holdall delta make S up > down && holdall delta apply old down"
        }
        ("rsync", Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge) => {
            "rsync -aHAX --delete --no-whole-file --no-human-readable --stats S/ old/ && sync -f old"
        }
        _ => return None,
    })
}

pub(crate) fn bench(options: &Options) -> Result<()> {
    need(&["time", "rsync"])?;
    let mut race = Race {
        dir: options.dir().join("clones"),
        holdall: options.holdall()?,
        scale: options.scale,
        runs: options.runs,
        load: load(),
        measured: BTreeMap::new(),
        notes: Vec::new(),
    };
    shell::remove_dir(&race.dir)?;
    race.large_files()?;
    for round in 0..options.runs {
        println!("bench: clones, round {} of {}", round + 1, options.runs);
        race.round(round)?;
        page::write(&options.page(), Part::Clones, &race.markdown(), HOW)?;
    }
    shell::remove_dir(&race.dir)?;
    options.written()
}

struct Race {
    dir: PathBuf,
    holdall: PathBuf,
    scale: Scale,
    runs: usize,
    load: String,
    measured: BTreeMap<(Row, &'static str), Vec<Measured>>,
    notes: Vec<String>,
}

impl Race {
    fn round(&mut self, round: usize) -> Result<()> {
        let mut order = PROGRAMS;
        order.rotate_left(round % PROGRAMS.len());
        // Nothing is removed before the end: ext4 makes whoever comes next pay for it.
        let dir = self.dir.join(round.to_string());
        for name in order {
            let place = place(&dir, name);
            shell::make_dir(&place.join("home"))?;
            self.tree(&place.join("S"))?;
        }
        for row in Row::ALL {
            for name in order {
                let place = place(&dir, name);
                let Some(typed) = typed(name, row) else {
                    continue;
                };
                self.before(row, &place)?;
                // Who fails once is told of and left out of this row.
                match self.run(typed, row, &place) {
                    Ok(measured) => {
                        println!("bench:   {:<10} {name:<16} {measured}", format!("{row:?}"));
                        self.measured.entry((row, name)).or_default().push(measured);
                    }
                    Err(failure) => self.notes.push(format!("{name}: {row:?}: {failure}")),
                }
            }
        }
        Ok(())
    }

    /// Makes the three large files, once: nobody changes them.
    fn large_files(&self) -> Result<()> {
        let dir = self.dir.join("L");
        shell::make_dir(&dir)?;
        for number in 0..3 {
            shell::write(&dir.join(number.to_string()), noise(number, self.large_mib() << 20))?;
        }
        Ok(())
    }

    /// How long each large file is, in MiB.
    fn large_mib(&self) -> usize {
        self.scale.pick(100, 16)
    }

    /// Makes the tree: small files in directories, and one large file.
    fn tree(&self, dir: &Path) -> Result<()> {
        for number in 0..self.scale.pick(20_000, 2_000) {
            let sub = dir.join(format!("d{}/e{}", number % 20, number % 400));
            if number < 400 {
                shell::make_dir(&sub)?;
            }
            let length = 100 + (number * 7919) % 8_000;
            shell::write(&sub.join(format!("f{number}")), noise(number as u64, length))?;
        }
        shell::make_dir(&dir.join("large"))?;
        shell::write(&dir.join("large/one"), noise(1, self.large_mib() << 20))
    }

    /// What happens before the clock starts.
    fn before(&self, row: Row, place: &Path) -> Result<()> {
        let tree = place.join("S");
        match row {
            Row::Full => {}
            Row::Large => return super::corpus::read_all(&self.dir.join("L")),
            // The first of the clones that share what did not change.
            Row::Again if place.ends_with("holdall") => {
                self.sh("holdall clone S many --incremental", place)?
            }
            Row::Again if place.ends_with("rsync-less") => self.sh("rsync -a S/ full/", place)?,
            Row::Again => {}
            Row::Edited => self.edit(&tree, |number| number)?,
            Row::DeltaTree => {
                shell::run(program("cp", ["-a", "S", "old"]).current_dir(place))?;
                self.edit(&tree, |number| number)?;
            }
            // The older copy is by now what the tree was.
            Row::DeltaSpread => self.edit(&tree, |number| number + number / 100 % 100)?,
            Row::DeltaLarge => {
                let large = tree.join("large/one");
                let what = "cannot read the large file";
                let old = std::fs::read(&large).doing(what)?;
                shell::write(&large, [b"in front of it".as_slice(), &old].concat())?;
            }
        }
        super::corpus::read_all(&tree)
    }

    /// Changes of every hundred files the one that `which` gives, by the number of the first. The first of all hundreds lie in
    /// one directory of the top.
    fn edit(&self, tree: &Path, which: impl Fn(usize) -> usize) -> Result<()> {
        for number in (0..self.scale.pick(20_000, 2_000)).step_by(100).map(which) {
            let file = tree.join(format!("d{}/e{}/f{number}", number % 20, number % 400));
            let mut content = std::fs::read(&file).doing("cannot read what is to be edited")?;
            content.extend_from_slice(b"edited");
            shell::write(&file, content)?;
        }
        Ok(())
    }

    fn command(&self, typed: &str, place: &Path) -> std::process::Command {
        shell_line(typed, place, &place.join("home"), &self.holdall)
    }

    fn sh(&self, typed: &str, place: &Path) -> Result<()> {
        shell::run(&mut self.command(typed, place))
    }

    fn run(&self, typed: &str, row: Row, place: &Path) -> Result<Measured> {
        let log = place.join("log");
        let mut measured = measure(&mut self.command(typed, place), &log)?;
        let length = |name: &str| std::fs::metadata(place.join(name)).map_or(0, |meta| meta.len());
        measured.made_bytes = match row {
            Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge if place.ends_with("rsync") => {
                travelled(&shell::read(&log)?)
            }
            Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge => length("up") + length("down"),
            _ => 0,
        };
        let made = match row {
            Row::Full => place.join("full"),
            Row::Large => place.join("large"),
            Row::DeltaTree | Row::DeltaSpread | Row::DeltaLarge => place.join("old"),
            _ if place.ends_with("holdall") => newest(&place.join("many"))?,
            Row::Again => place.join("again"),
            Row::Edited => place.join("edited"),
        };
        let from = if row == Row::Large { self.dir.join("L") } else { place.join("S") };
        same(&from, &made)?;
        Ok(measured)
    }

    fn markdown(&self) -> String {
        let mut out = "Written by `cargo xtask bench --clones`.\n\n".to_owned();
        out.push_str(&circumstances(self.runs, &self.load));
        let named =
            [("holdall", self.holdall.clone()), ("cp", "cp".into()), ("rsync", "rsync".into())];
        out.push_str(&versions(named.map(|(name, file)| (name, program(file, ["--version"])))));
        let (files, large) = (self.scale.pick(20_000, 2_000), self.large_mib());
        out.push_str(&format!(
            "\nThe tree: {files} files of up to 8 KB in 400 directories, and one file of {large} MiB. The large files: three of {large} MiB.\n\n### Results\n\n\
             Median of all rounds, with the least and the most in brackets. × is that program's figure divided by \
             holdall's: above 1, holdall needed less.\n"
        ));
        for row in Row::ALL {
            let of = |name| self.measured.get(&(row, name)).map_or(&[][..], Vec::as_slice);
            out.push_str(&table(row.title(), "travelled", &PROGRAMS.map(|name| (name, of(name)))));
        }
        out + &remarks(&[], &self.notes)
    }
}

const HOW: &str = "### How\n\nEvery program has a copy of the tree of its own, which is read once before each row, and \
    everything is synced before the clock starts. holdall syncs what it writes, hashes every file and keeps a record; the \
    others are followed by `sync -f`, which the clock counts too, but for *cp, not synced*, which leaves to the system when \
    anything comes to the disk. *rsync, less* leaves out hard links, ACLs and extended attributes, which all others carry. What \
    came out is compared by `rsync -acHAX --delete` after \
    the clock has stopped. The deltas are carried within one machine: what a network would carry is in the last column. \
    *holdall* sends over two pipes and, like rsync, takes a file of the same size and time for the same; *holdall in \
    files* writes a signature and a delta as files and reads every file of the older copy twice.\n";

/// Where a program runs, and has a tree of its own.
fn place(dir: &Path, name: &str) -> PathBuf {
    dir.join(name.replace(", ", "-").replace(' ', "-"))
}

/// The bytes that rsync says it sent and received.
fn travelled(log: &str) -> u64 {
    let after = |line: &str, words: &str| line.strip_prefix(words)?.trim().parse::<u64>().ok();
    let counted = |line: &str| {
        after(line, "Total bytes sent:").or_else(|| after(line, "Total bytes received:"))
    };
    log.lines().filter_map(counted).sum()
}

/// The newest clone of a collection: they sort by time.
fn newest(dir: &Path) -> Result<PathBuf> {
    let hidden = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
    };
    let mut clones: Vec<PathBuf> =
        shell::list(dir)?.into_iter().filter(|path| !hidden(path)).collect();
    // A second one of the same second has a number behind its name, and is newer.
    clones.sort_by_key(|path| path.metadata().and_then(|meta| meta.created()).ok());
    clones.pop().ok_or_else(|| format!("there is no clone in {}", dir.display()).into())
}

fn same(tree: &Path, made: &Path) -> Result<()> {
    let mut command = program("rsync", ["-acHAXni", "--delete"]);
    command.arg(tree.join("")).arg(made.join(""));
    let differs = shell::output_of(&mut command)?;
    if differs.is_empty() {
        return Ok(());
    }
    let differs = String::from_utf8_lossy(&differs).into_owned();
    Err(format!("what came out differs: {}", differs.lines().next().unwrap_or_default()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rsync_says_it_carried_is_understood() {
        let log = "Number of files: 3\nTotal bytes sent: 1234\nTotal bytes received: 66\n\nsent 1,234 bytes\n";
        assert_eq!(travelled(log), 1300);
    }

    #[test]
    fn every_row_has_a_peer() {
        for row in Row::ALL {
            let all = PROGRAMS.iter().filter(|name| typed(name, row).is_some()).count();
            assert!(all >= 2, "{row:?}");
        }
    }
}
