//! The race of archives: the same tree put into one file, and the same file brought back to a directory.
//!
//! The tree is shared by all; what each program makes stays until the race is over, because ext4 makes whoever comes
//! next pay for what was removed. Whoever does not sync what it wrote is followed by a sync that the clock counts,
//! because we sync. What was made must hold every entry, as bsdtar lists it, and what was brought back must be the tree,
//! as rsync compares it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::corpus::{Scale, noise, read_all, vocabulary, weigh};
use super::measure::{Measured, measure};
use super::page::{self, Part};
use super::pool;
use super::race::{Options, need, shell_line, table, versions};
use super::report::{circumstances, load, remarks};
use crate::shell::{self, Doing, Result, program};

/// What is measured, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row {
    Tar,
    Zip,
    Seven,
    Untar,
    Unzip,
}

impl Row {
    const ALL: [Self; 5] = [Self::Tar, Self::Zip, Self::Seven, Self::Untar, Self::Unzip];

    fn title(self) -> &'static str {
        match self {
            Self::Tar => "Into a tar, compressed as by `zstd -3`",
            Self::Zip => "Into a zip, compressed as by `zip -6`",
            Self::Seven => "Into a 7z of about one size: level 1 of both",
            Self::Untar => "Out of a tar that tar and zstd made",
            Self::Unzip => "Out of a zip that zip made",
        }
    }

    /// What is made: the name of a file, or of a directory.
    fn made(self) -> &'static str {
        match self {
            Self::Seven => "made.7z",
            Self::Tar => "made.tar.zst",
            Self::Zip => "made.zip",
            Self::Untar => "untarred",
            Self::Unzip => "unzipped",
        }
    }

    fn is_extraction(self) -> bool {
        matches!(self, Self::Untar | Self::Unzip)
    }
}

/// Programs, ourselves first. We prove what we make unless told otherwise; others that are *proved* are followed by what they
/// have for that.
const PROGRAMS: [&str; 9] = [
    "holdall",
    "holdall unproved",
    "tar+zstd",
    "tar+zstd, proved",
    "bsdtar",
    "zip",
    "unzip",
    "7z",
    "7z, proved",
];

/// What each types for a row: `$S` is the tree, beneath its own name, `$A` the archive that all extract.
fn typed(name: &str, row: Row) -> Option<&'static str> {
    Some(match (name, row) {
        ("holdall", Row::Tar) => "holdall archive \"$S\" -o made.tar.zst --level 3 --no-ignore",
        ("holdall", Row::Zip) => "holdall archive \"$S\" -o made.zip --level 6 --no-ignore",
        ("holdall", Row::Seven) => "holdall archive \"$S\" -o made.7z --level 1 --no-ignore",
        ("holdall", Row::Untar) => "holdall restore \"$A.tar.zst\" --to untarred",
        ("holdall", Row::Unzip) => "holdall restore \"$A.zip\" --to unzipped",
        ("holdall unproved", Row::Tar) => {
            "holdall archive \"$S\" -o made.tar.zst --level 3 --no-ignore --no-verify --no-checksum"
        }
        ("holdall unproved", Row::Zip) => {
            "holdall archive \"$S\" -o made.zip --level 6 --no-ignore --no-verify --no-checksum"
        }
        ("holdall unproved", Row::Seven) => {
            "holdall archive \"$S\" -o made.7z --level 1 --no-ignore --no-verify --no-checksum"
        }
        ("tar+zstd", Row::Tar) => {
            "tar --format=posix -cf - -C \"$S\" . | zstd -q -3 -T0 -o made.tar.zst && sync -f made.tar.zst"
        }
        ("tar+zstd, proved", Row::Tar) => {
            "tar --format=posix -cf - -C \"$S\" . | zstd -q -3 -T0 -o made.tar.zst && sync -f made.tar.zst && \
             zstd -q -dc made.tar.zst | tar -df - -C \"$S\""
        }
        ("tar+zstd", Row::Untar) => {
            "mkdir untarred && tar --zstd -xf \"$A.tar.zst\" -C untarred && sync -f untarred"
        }
        ("bsdtar", Row::Tar) => {
            "bsdtar --zstd -cf made.tar.zst -C \"$S\" . && sync -f made.tar.zst"
        }
        ("bsdtar", Row::Zip) => "bsdtar -a -cf made.zip -C \"$S\" . && sync -f made.zip",
        ("bsdtar", Row::Untar) => {
            "mkdir untarred && bsdtar -xpf \"$A.tar.zst\" -C untarred && sync -f untarred"
        }
        ("bsdtar", Row::Unzip) => {
            "mkdir unzipped && bsdtar -xpf \"$A.zip\" -C unzipped && sync -f unzipped"
        }
        ("zip", Row::Zip) => {
            "made=$PWD/made.zip && cd \"$S\" && zip -q -r -6 \"$made\" . && sync -f \"$made\""
        }
        ("unzip", Row::Unzip) => "unzip -q \"$A.zip\" -d unzipped && sync -f unzipped",
        ("7z", Row::Seven) => "7z a -bd -mx=1 made.7z \"$S/.\" && sync -f made.7z",
        ("7z, proved", Row::Seven) => {
            "7z a -bd -mx=1 made.7z \"$S/.\" && sync -f made.7z && 7z t -bd made.7z"
        }
        ("7z", Row::Zip) => "7z a -bd -tzip made.zip \"$S/.\" && sync -f made.zip",
        ("7z", Row::Unzip) => "7z x -bd -ounzipped \"$A.zip\" && sync -f unzipped",
        _ => return None,
    })
}

pub(crate) fn bench(options: &Options) -> Result<()> {
    need(&["time", "rsync", "bsdtar", "zstd", "zip", "unzip", "7z"])?;
    let dir = options.dir().join("archives");
    let mut race = Race {
        holdall: options.holdall()?,
        runs: options.runs,
        load: load(),
        trees: Vec::new(),
        measured: BTreeMap::new(),
        notes: Vec::new(),
        dir: dir.join("run"),
    };
    shell::remove_dir(&race.dir)?;
    let source = source(&dir, options.scale)?;
    let words = words(&dir, options.scale)?;
    for (name, about, tree) in [
        ("source", "source text of published crates", source),
        ("large", "one file, half words and half noise", words),
    ] {
        let weight = weigh(&tree)?;
        let mib = weight.bytes >> 20;
        race.trees.push((name, format!("{about}; {} files, {mib} MiB", weight.files), tree));
    }
    for round in 0..options.runs {
        println!("bench: archives, round {} of {}", round + 1, options.runs);
        for at in 0..race.trees.len() {
            race.round(round, at)?;
            page::write(&options.page(), Part::Archives, &race.markdown(), HOW)?;
        }
    }
    shell::remove_dir(&race.dir)?;
    options.written()
}

/// Files of published crates, evenly thinned.
fn source(dir: &Path, scale: Scale) -> Result<PathBuf> {
    let (tree, done) = (dir.join("source"), dir.join("source.done"));
    if done.exists() {
        return Ok(tree);
    }
    shell::remove_dir(&tree)?;
    let pool = pool::prepare(dir, Scale::Quick)?;
    let mut sources = pool::files(&pool)?;
    sources.retain(|source| source.bytes < 1 << 20);
    let (total, wanted) = (sources.len(), scale.pick(10_000, 1_000));
    for (at, source) in sources.iter().enumerate() {
        if total > wanted && at * wanted / total == (at + 1) * wanted / total {
            continue;
        }
        let to = tree.join(source.path.strip_prefix(&pool).unwrap_or(&source.path));
        shell::make_dir(to.parent().unwrap_or(&tree))?;
        let what = format!("cannot copy {}", source.path.display());
        std::fs::copy(&source.path, &to).doing(what)?;
    }
    shell::write(&done, "")?;
    Ok(tree)
}

/// One file: words, which shrink, and as much noise, which does not.
fn words(dir: &Path, scale: Scale) -> Result<PathBuf> {
    let (tree, done) = (dir.join("large"), dir.join("large.done"));
    if done.exists() {
        return Ok(tree);
    }
    let vocabulary = vocabulary();
    let mut bytes = Vec::new();
    for block in 0..scale.pick(32, 8) {
        let noise = noise(block + 1, 1 << 20);
        for draw in noise.chunks_exact(8).take(1 << 17) {
            let word = draw.iter().fold(0, |sum, byte| sum * 31 + usize::from(*byte));
            bytes.extend(vocabulary.get(word % vocabulary.len()).map_or("", |word| word).bytes());
            bytes.push(b' ');
        }
        bytes.extend(noise);
    }
    shell::make_dir(&tree)?;
    shell::write(&tree.join("words-and-noise"), bytes)?;
    shell::write(&done, "")?;
    Ok(tree)
}

struct Race {
    dir: PathBuf,
    holdall: PathBuf,
    runs: usize,
    load: String,
    /// What each is called, what it is, and where it lies.
    trees: Vec<(&'static str, String, PathBuf)>,
    measured: BTreeMap<(&'static str, Row, &'static str), Vec<Measured>>,
    notes: Vec<String>,
}

impl Race {
    /// All rows by all programs that take part in them, on one tree.
    fn round(&mut self, round: usize, at: usize) -> Result<()> {
        let Some((tree_name, _, tree)) = self.trees.get(at).cloned() else { return Ok(()) };
        let dir = self.dir.join(tree_name).join(round.to_string());
        let mut order = PROGRAMS;
        order.rotate_left(round % PROGRAMS.len());
        for row in Row::ALL {
            for name in order {
                let Some(typed) = typed(name, row) else { continue };
                let place = dir.join(name.replace(' ', "-"));
                shell::make_dir(&place.join("home"))?;
                let archive = if row.is_extraction() {
                    self.archive(tree_name, &tree, row)?
                } else {
                    PathBuf::new()
                };
                read_all(&tree)?;
                let mut command = shell_line(typed, &place, &place.join("home"), &self.holdall);
                command.env("S", &tree).env("A", archive.with_extension("").with_extension(""));
                // Who fails once is told of and left out of this row.
                let ran = measure(&mut command, &place.join("log"));
                match ran.and_then(|run| judged(run, row, &tree, &place.join(row.made()))) {
                    Ok(run) => {
                        println!("bench:   {:<6} {name:<16} {run}", format!("{row:?}"));
                        self.measured.entry((tree_name, row, name)).or_default().push(run);
                    }
                    Err(failure) => {
                        let note = format!("{name}: {tree_name}, {row:?}: {failure}");
                        println!("bench:   {note}");
                        self.notes.push(note);
                    }
                }
            }
        }
        Ok(())
    }

    /// The archive that all extract, made once.
    fn archive(&self, name: &str, tree: &Path, row: Row) -> Result<PathBuf> {
        let (ending, maker) = match row {
            Row::Untar => ("tar.zst", "tar --format=posix -cf - . | zstd -q -3 -T0 -o \"$A\""),
            _ => ("zip", "zip -q -r -6 \"$A\" ."),
        };
        let archive = self.dir.join(format!("{name}.{ending}"));
        if !archive.exists() {
            let mut made = shell_line(maker, tree, &self.dir, &self.holdall);
            shell::run(made.env("A", &archive))?;
        }
        read_whole(&archive)?;
        Ok(archive)
    }

    fn markdown(&self) -> String {
        let mut out = "Written by `cargo xtask bench --archives`.\n\n".to_owned();
        out.push_str(&circumstances(self.runs, &self.load));
        let says = |name: &str, word: &str| program(name, [word]);
        let seven = ["-c", "7z i | grep -m 1 7-Zip"];
        let zip = ["-c", "zip -v | grep -m 1 'This is'"];
        out.push_str(&versions([
            ("holdall", program(&self.holdall, ["--version"])),
            ("tar", says("tar", "--version")),
            ("zstd", says("zstd", "--version")),
            ("bsdtar", says("bsdtar", "--version")),
            ("zip", program("sh", zip)),
            ("unzip", says("unzip", "-v")),
            ("7z", program("sh", seven)),
        ]));
        out.push('\n');
        for (name, about, _) in &self.trees {
            out.push_str(&format!("- **{name}**: {about}\n"));
        }
        out.push_str(
            "\n### Results\n\nMedian of all rounds, with the least and the most in brackets. × is that program's \
             figure divided by holdall's: above 1, holdall needed less.\n",
        );
        for (tree, _, _) in &self.trees {
            out.push_str(&format!("\n#### {tree}\n"));
            for row in Row::ALL {
                let of =
                    |name| self.measured.get(&(*tree, row, name)).map_or(&[][..], Vec::as_slice);
                out.push_str(&table(row.title(), "made", &PROGRAMS.map(|name| (name, of(name)))));
            }
        }
        out + &remarks(&[], &self.notes)
    }
}

const HOW: &str = "### How\n\nEvery program reads the same tree, which is read once before each run, and everything is \
    synced before the clock starts. holdall syncs what it writes; the others are followed by `sync -f`, which the clock \
    counts too. holdall reads every archive back before it appears and writes a checksum beside it, alone of all; \
    *holdall unproved* is the same with `--no-verify --no-checksum`. *proved* are tar by `tar -d`, which reads the tree once more, \
    and 7z by `7z t`, which compares with the archive's own sums. What comes of an archive is judged whole before \
    anything is written, and then appears in one step. Archives of the others are compressed as holdall does; of 7z \
    the levels are compared that make about as much of it. What was made must hold as many files as the tree, as bsdtar lists it, \
    and what was brought back must be the tree, as rsync compares it, after the clock has stopped.\n";

/// The run, with what it made, if that is what it should be.
fn judged(mut run: Measured, row: Row, tree: &Path, made: &Path) -> Result<Measured> {
    if row.is_extraction() {
        let mut command = program("rsync", ["-rlpcni", "--delete"]);
        command.arg(tree.join("")).arg(made.join(""));
        let differs = shell::output_of(&mut command)?;
        if let Some(line) = String::from_utf8_lossy(&differs).lines().next() {
            return Err(format!("what came out differs: {line}").into());
        }
        return Ok(run);
    }
    let what = format!("cannot look at {}", made.display());
    run.made_bytes = std::fs::metadata(made).doing(what)?.len();
    let listed = shell::output_of(program("bsdtar", ["-tf"]).arg(made))?;
    let files = listed.split(|byte| *byte == b'\n').filter(|name| is_file(name)).count() as u64;
    let wanted = weigh(tree)?.files;
    if files == wanted {
        return Ok(run);
    }
    Err(format!("the archive holds {files} files of {wanted}").into())
}

/// True for a line of a list that names no directory.
fn is_file(name: &[u8]) -> bool {
    !name.is_empty() && !name.ends_with(b"/")
}

/// Brings a file into memory.
fn read_whole(file: &Path) -> Result<()> {
    let what = format!("cannot read {}", file.display());
    let mut open = std::fs::File::open(file).doing(&what)?;
    std::io::copy(&mut open, &mut std::io::sink()).doing(&what)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_peer() {
        for row in Row::ALL {
            let all = PROGRAMS.iter().filter(|name| typed(name, row).is_some()).count();
            assert!(all >= 3, "{row:?}");
        }
    }

    #[test]
    fn only_files_are_counted() {
        assert!(is_file(b"./a") && !is_file(b"./") && !is_file(b""));
    }
}
