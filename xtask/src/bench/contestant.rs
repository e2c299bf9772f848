//! Who takes part, and the exact commands each of them is given.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Row;
use super::corpus::{Corpus, Weight};
use crate::setup::bench_tools;
use crate::shell::{self, Result, cargo, find_program, first_line, program, run, target_dir};

/// A program that is there.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) version: String,
    kind: Kind,
    program: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Holdall,
    Restic,
    Rustic,
    Borg,
    Tar,
}

/// Where one contestant works in one round.
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) repository: PathBuf,
    pub(crate) restored: PathBuf,
    /// The tree that is saved.
    pub(crate) tree: PathBuf,
    /// What the tree held when it was last saved.
    pub(crate) saved: Weight,
    home: PathBuf,
    /// How many archives were made; borg wants a name for each.
    archives: u32,
    /// Every command as one would type it, for the report.
    pub(crate) typed: Vec<String>,
}

const PASSWORD: &str = "correct horse battery staple";

impl Place {
    pub(crate) fn new(dir: &Path, corpus: &Corpus) -> Result<Self> {
        let place = Self {
            dir: dir.to_path_buf(),
            repository: dir.join("repository"),
            restored: dir.join("restored"),
            tree: corpus.tree.clone(),
            saved: Weight::default(),
            home: dir.join("home"),
            archives: 0,
            typed: Vec::new(),
        };
        for made in [&place.home, &place.repository] {
            shell::make_dir(made)?;
        }
        Ok(place)
    }

    /// Notes a command for the report, with its places by name.
    fn note(&mut self, command: &Command) {
        let mut text = shell::typed(command);
        let parent = self.tree.parent().unwrap_or(&self.tree);
        for (path, name) in [
            (self.repository.as_path(), "REPOSITORY"),
            (&self.restored, "TARGET"),
            (&self.tree, "TREE"),
            (parent, "TREE/.."),
        ] {
            text = text.replace(&*path.to_string_lossy(), name);
        }
        if !self.typed.contains(&text) {
            self.typed.push(text);
        }
    }
}

/// All contestants that are there, ourselves first; and who is not, with the reason.
pub(crate) fn find(peers: Option<&[String]>) -> Result<(Vec<Contestant>, Vec<String>)> {
    let tools = bench_tools();
    let newest_borg = Some(tools.join("borg/bin/borg")).filter(|path| path.is_file());
    let candidates = [
        ("holdall", Kind::Holdall, ourselves()?),
        ("restic-new", Kind::Restic, Some(tools.join("restic/usr/bin/restic"))),
        ("restic", Kind::Restic, find_program("restic")),
        ("rustic", Kind::Rustic, Some(tools.join("bin/rustic"))),
        ("borg", Kind::Borg, newest_borg.or_else(|| find_program("borg"))),
        ("tar+zstd", Kind::Tar, find_program("zstd")),
    ];
    if let Some(unknown) = peers
        .unwrap_or_default()
        .iter()
        .find(|peer| candidates.iter().all(|(name, ..)| name != peer))
    {
        let known: Vec<_> = candidates.iter().map(|(name, ..)| *name).collect();
        return Err(format!("no contestant {unknown:?}; there are {}", known.join(", ")).into());
    }
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for (name, kind, program) in candidates {
        let chosen =
            |list: &[String]| kind == Kind::Holdall || list.iter().any(|peer| peer == name);
        if !peers.is_none_or(chosen) {
            continue;
        }
        let there = program.filter(|path| path.is_file());
        let Some((program, version)) =
            there.and_then(|path| Some((path.clone(), version(kind, &path)?)))
        else {
            println!(
                "bench: {name} is not there and takes no part (`cargo xtask setup --bench` gets peers)"
            );
            absent.push(name.to_owned());
            continue;
        };
        println!("bench: {name} is {version}");
        found.push(Contestant { name: name.to_owned(), version, kind, program });
    }
    Ok((found, absent))
}

/// Our own binary, as it is released but for link-time optimisation.
pub(super) fn ourselves() -> Result<Option<PathBuf>> {
    if !shell::root().join("crates/cli").is_dir() {
        return Ok(None);
    }
    run(&mut cargo(["build", "--release", "--locked", "-p", "holdall-cli", "--bin", "holdall"]))?;
    Ok(Some(target_dir().join("release/holdall")))
}

fn version(kind: Kind, path: &Path) -> Option<String> {
    let asked = if kind == Kind::Restic { "version" } else { "--version" };
    let line = first_line(&mut program(path, [asked]))?;
    if kind == Kind::Tar {
        let tar = first_line(&mut program("tar", ["--version"]))?;
        return Some(format!("{tar}, {}", line.trim_matches(['*', ' '])));
    }
    Some(line)
}

impl Contestant {
    /// Makes the repository; not measured.
    pub(crate) fn prepare(&self, place: &mut Place) -> Result<()> {
        let mut command = self.base(place);
        let repository = place.repository.clone();
        match self.kind {
            Kind::Holdall => command.arg("-r").arg(repository).args(["repo", "init"]),
            Kind::Restic => command.arg("-r").arg(repository).arg("init"),
            Kind::Rustic => command.arg("-r").arg(repository).arg("init"),
            Kind::Borg => command.args(["init", "--encryption", "repokey"]).arg(repository),
            Kind::Tar => return Ok(()),
        };
        place.note(&command);
        let log = place.dir.join("prepare.log");
        super::measure::measure(&mut command, &log).map(drop)
    }

    /// The command for a row; `None` if this contestant has no part in it.
    pub(crate) fn command(&self, row: Row, place: &mut Place) -> Option<Command> {
        let mut command = self.base(place);
        if matches!(row, Row::First | Row::Unchanged | Row::Changed) {
            place.archives += 1;
        }
        match self.kind {
            Kind::Holdall => holdall(&mut command, row, place),
            Kind::Restic => restic(&mut command, row, place),
            Kind::Rustic => rustic(&mut command, row, place),
            Kind::Borg => borg(&mut command, row, place),
            Kind::Tar => tar(&mut command, row, place)?,
        }
        place.note(&command);
        Some(command)
    }

    /// The program with an environment of its own: one password, and a home where no other tool has been.
    fn base(&self, place: &Place) -> Command {
        let program = if self.kind == Kind::Tar { Path::new("/bin/sh") } else { &self.program };
        let mut command = Command::new(program);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &place.home).env("XDG_CACHE_HOME", place.home.join("cache"));
        command.env("XDG_CONFIG_HOME", place.home.join("config")).env("LC_ALL", "C.UTF-8");
        for name in ["HOLDALL_PASSWORD", "RESTIC_PASSWORD", "RUSTIC_PASSWORD", "BORG_PASSPHRASE"] {
            command.env(name, PASSWORD);
        }
        command.env("BORG_BASE_DIR", &place.home);
        command
    }
}

fn holdall(command: &mut Command, row: Row, place: &Place) {
    command.arg("-r").arg(&place.repository);
    match row {
        Row::First | Row::Unchanged | Row::Changed => command.arg("snapshot").arg(&place.tree),
        Row::Check => command.args(["repo", "check", "--read-data"]),
        Row::Restore => command.args(["restore", "@latest", "--to"]).arg(&place.restored),
    };
}

fn restic(command: &mut Command, row: Row, place: &Place) {
    command.arg("-r").arg(&place.repository);
    match row {
        Row::First | Row::Unchanged | Row::Changed => command.arg("backup").arg(&place.tree),
        Row::Check => command.args(["check", "--read-data"]),
        Row::Restore => command.args(["restore", "latest", "--target"]).arg(&place.restored),
    };
}

fn rustic(command: &mut Command, row: Row, place: &Place) {
    command.arg("-r").arg(&place.repository);
    match row {
        Row::First | Row::Unchanged | Row::Changed => command.arg("backup").arg(&place.tree),
        Row::Check => command.args(["check", "--read-data"]),
        Row::Restore => command.args(["restore", "latest"]).arg(&place.restored),
    };
}

fn borg(command: &mut Command, row: Row, place: &Place) {
    let archive = format!("{}::{}", place.repository.display(), place.archives);
    match row {
        Row::First | Row::Unchanged | Row::Changed => {
            command.args(["create", "--compression", "zstd,3", &archive]).arg(&place.tree)
        }
        Row::Check => command.args(["check", "--verify-data"]).arg(&place.repository),
        Row::Restore => command.current_dir(&place.restored).args(["extract", &archive]),
    };
}

/// No repository and no encryption: a floor for the first snapshot and the restore, not a peer.
fn tar(command: &mut Command, row: Row, place: &Place) -> Option<()> {
    let archive = place.repository.join("tree.tar.zst");
    let archive = archive.display();
    let script = match row {
        Row::First => {
            let (above, name) = (place.tree.parent()?.display(), place.tree.file_name()?.display());
            format!("tar -C {above} -cf - {name} | zstd -q -3 -T2 -o {archive} && sync {archive}")
        }
        Row::Restore => format!("zstd -qdc {archive} | tar -xpf - -C {}", place.restored.display()),
        Row::Unchanged | Row::Changed | Row::Check => return None,
    };
    command.args(["-c", &script]);
    Some(())
}
