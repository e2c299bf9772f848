//! Everything that can be said of the code without running it.

use crate::shell::{Result, cargo, find_program, run};
use crate::tidy;

pub(crate) fn lint() -> Result<()> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    // First what takes a second.
    tidy::tidy()?;
    run(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    run(cargo(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    licences()
}

/// Building cargo-deny takes minutes, so it judges only where it is installed (`cargo install cargo-deny`).
fn licences() -> Result<()> {
    if find_program("cargo-deny").is_none() {
        println!("lint: cargo-deny is not installed; licences and sources were not judged");
        return Ok(());
    }
    run(&mut cargo(["deny", "--offline", "check", "licenses", "bans", "sources"]))
}
