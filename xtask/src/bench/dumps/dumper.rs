//! Who takes part in the race of dumps, and the exact commands each of them is given.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::contestant::ourselves;
use super::Row;
use crate::setup::bench_tools;
use crate::shell::{self, Doing, Result, first_line, program};

/// A program that is there.
#[derive(Debug, Clone)]
pub(super) struct Dumper {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: Kind,
    /// What is run, and what it must be given first.
    words: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Holdall,
    /// The same to standard output, where nothing is synced.
    HoldallPrinted,
    Yek,
    FilesToPrompt,
    CreateDump,
    Repomix,
    Code2prompt,
    Gitingest,
}

impl Kind {
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Holdall | Self::HoldallPrinted)
    }
}

/// Where one program works in one round.
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) tree: PathBuf,
    /// What it is told to write. create-dump makes a name of its own in the directory `made`.
    pub(super) output: PathBuf,
    made: PathBuf,
    home: PathBuf,
    /// Every command as one would type it, for the report.
    pub(super) typed: Vec<String>,
}

impl Place {
    pub(super) fn new(dir: &Path, tree: &Path) -> Result<Self> {
        let place = Self {
            dir: dir.to_path_buf(),
            tree: tree.to_path_buf(),
            output: dir.join("dump.md"),
            made: dir.join("made"),
            home: dir.join("home"),
            typed: Vec::new(),
        };
        for made in [&place.home.join("tmp"), &place.made] {
            shell::make_dir(made)?;
        }
        Ok(place)
    }

    /// The file that was written.
    pub(super) fn written(&self) -> Result<PathBuf> {
        if self.output.is_file() {
            return Ok(self.output.clone());
        }
        let made = shell::list(&self.made)?;
        let dump = made.into_iter().find(|path| path.extension().is_some_and(|end| end == "md"));
        dump.ok_or_else(|| "it ended well and wrote nothing".into())
    }

    /// Notes a command for the report as one would type it, with its places by name.
    fn note(&mut self, name: &str, args: &[String], printed: bool) {
        let mut text = format!("{name} {}", args.join(" "));
        for (path, name) in [(&self.output, "OUTPUT"), (&self.made, "DIRECTORY")] {
            text = text.replace(&*path.to_string_lossy(), name);
        }
        if printed {
            text.push_str(" > OUTPUT");
        }
        if !self.typed.contains(&text) {
            self.typed.push(text);
        }
    }
}

/// All programs that are there, ourselves first; and who is not. `holdall` is our own if it is not to be built.
pub(super) fn find(
    peers: Option<&[String]>,
    holdall: Option<&Path>,
) -> Result<(Vec<Dumper>, Vec<String>)> {
    let holdall = match holdall {
        Some(path) => Some(std::path::absolute(path).doing("cannot find --holdall")?),
        None => ourselves()?,
    };
    let tools = bench_tools();
    let node = tools.join("repomix/node_modules");
    let repomix = vec![node.join("node/bin/node"), node.join("repomix/bin/repomix.cjs")];
    // What pip made names its python by an absolute path, and would be lost if the tools were moved.
    let python =
        |name: &str| ["python3", name].map(|name| tools.join("python/bin").join(name)).to_vec();
    let rust = |name: &str| vec![tools.join("bin").join(name)];
    let ours: Vec<PathBuf> = holdall.into_iter().collect();
    let candidates = [
        ("holdall", Kind::Holdall, ours.clone()),
        ("holdall -o -", Kind::HoldallPrinted, ours),
        ("yek", Kind::Yek, rust("yek")),
        ("files-to-prompt", Kind::FilesToPrompt, python("files-to-prompt")),
        ("create-dump", Kind::CreateDump, python("create-dump")),
        ("repomix", Kind::Repomix, repomix),
        ("code2prompt", Kind::Code2prompt, rust("code2prompt")),
        ("gitingest", Kind::Gitingest, python("gitingest")),
    ];
    let unknown = |peer: &&String| candidates.iter().all(|(name, ..)| name != peer);
    if let Some(unknown) = peers.unwrap_or_default().iter().find(unknown) {
        let known: Vec<_> = candidates.iter().map(|(name, ..)| *name).collect();
        return Err(format!("no program {unknown:?}; there are {}", known.join(", ")).into());
    }
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for (name, kind, words) in candidates {
        let chosen = |list: &[String]| kind.is_ours() || list.iter().any(|peer| peer == name);
        if !peers.is_none_or(chosen) {
            continue;
        }
        let there = !words.is_empty() && words.iter().all(|word| word.is_file());
        let Some(version) = there.then(|| version(kind, &words)).flatten() else {
            println!(
                "bench: {name} is not there and takes no part (`cargo xtask setup --bench` gets peers)"
            );
            absent.push(name.to_owned());
            continue;
        };
        println!("bench: {name} is {version}");
        found.push(Dumper { name: name.to_owned(), version, kind, words });
    }
    if found.is_empty() {
        return Err("nobody is there to be measured".into());
    }
    Ok((found, absent))
}

/// What a program says of itself, or its package if it does not say it.
fn version(kind: Kind, words: &[PathBuf]) -> Option<String> {
    let (first, rest) = words.split_first()?;
    if matches!(kind, Kind::FilesToPrompt | Kind::CreateDump | Kind::Gitingest) {
        let mut pip = program(first, ["-m", "pip", "show"]);
        pip.arg(rest.first()?.file_name()?);
        let output = pip.stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        return text.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned);
    }
    let line = first_line(program(first, rest).arg("--version"))?;
    Some(line.split_whitespace().next_back().unwrap_or_default().to_owned())
}

impl Dumper {
    /// What it gives in a row beside the contents; `None` if it has no part in it.
    pub(super) fn does(&self, row: Row) -> Option<&'static str> {
        match (self.kind, row) {
            (Kind::Holdall | Kind::HoldallPrinted, Row::Plain) => Some("hashes"),
            (Kind::Yek | Kind::FilesToPrompt | Kind::CreateDump, Row::Plain) => Some("-"),
            (Kind::Holdall, _) => Some("hashes, tokens, secrets"),
            (Kind::Repomix, Row::Full | Row::Again | Row::Edited) => Some("tokens, secrets"),
            (Kind::Code2prompt | Kind::Gitingest, Row::Full) => Some("tokens"),
            _ => None,
        }
    }

    /// Lets a program prepare itself where it does that once for all trees; not measured.
    pub(super) fn warm_up(&self, place: &Place) {
        if self.kind == Kind::Repomix {
            // node keeps compiled code beside what repomix keeps of the files it saw. Only the latter is to be empty.
            let mut command = self.base(place);
            command.current_dir(&place.made).args(["--quiet", "-o", "warm-up.xml", "."]);
            let _ =
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            let _ = shell::remove_dir(&place.home.join("tmp/repomix"));
        }
    }

    /// The command for a row, run in the tree, and whether it prints the dump.
    pub(super) fn command(&self, row: Row, place: &mut Place) -> (Command, bool) {
        let mut command = self.base(place);
        command.current_dir(&place.tree);
        let output = &place.output;
        let printed = matches!(self.kind, Kind::HoldallPrinted | Kind::Yek);
        match self.kind {
            Kind::Holdall | Kind::HoldallPrinted => {
                command.args(["dump", ".", "--secrets"]);
                // Test keys in published code are no reason to write nothing; they are looked for all the same.
                match row {
                    Row::Plain => command.args(["off", "--tokens", "off"]),
                    Row::Full | Row::Again | Row::Edited => command.arg("report"),
                };
                command.arg("-o").arg(if printed { Path::new("-") } else { output })
            }
            Kind::Yek => command.args(["--no-config", "--max-size", "1GB", "."]),
            Kind::FilesToPrompt => command.args([".", "-c", "-o"]).arg(output),
            Kind::CreateDump => command.args(["single", ".", "-y", "--dest"]).arg(&place.made),
            Kind::Repomix => command.args(["--quiet", "-o"]).arg(output).arg("."),
            Kind::Code2prompt => command.args([".", "-q", "-O"]).arg(output),
            Kind::Gitingest => command.args([".", "-o"]).arg(output),
        };
        let args = command.get_args().skip(self.words.len().saturating_sub(1));
        let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
        let name = if self.kind.is_ours() { "holdall" } else { &self.name };
        place.note(name, &args, printed);
        (command, printed)
    }

    /// The program with an environment of its own: a home and a directory for caches where no other run has been.
    pub(super) fn base(&self, place: &Place) -> Command {
        let (first, rest) = match self.words.split_first() {
            Some((first, rest)) => (first.as_path(), rest),
            None => (Path::new("/bin/false"), &[][..]),
        };
        let mut command = Command::new(first);
        command.args(rest);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &place.home).env("XDG_CACHE_HOME", place.home.join("cache"));
        command.env("XDG_CONFIG_HOME", place.home.join("config")).env("LC_ALL", "C.UTF-8");
        command.env("TMPDIR", place.home.join("tmp"));
        command.env("TIKTOKEN_CACHE_DIR", bench_tools().join("vocabulary"));
        command
    }
}
