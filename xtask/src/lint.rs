//! Everything that can be said of the code without running it.

use crate::shell::{Result, cargo, find_program, run};
use crate::tidy;

/// Runs every check even if one fails, so that one look shows all there is to do.
pub(crate) fn lint() -> Result<()> {
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet"];
    let doc = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
    let outcomes = [
        run(&mut cargo(["fmt", "--all", "--check"])),
        tidy::tidy(),
        run(cargo(clippy).args(["--", "-D", "warnings"])),
        run(cargo(doc).env("RUSTDOCFLAGS", "-D warnings")),
        licences(),
    ];
    let failures: Vec<String> =
        outcomes.into_iter().filter_map(Result::err).map(|failure| failure.to_string()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n       ").into()) }
}

/// Building cargo-deny takes minutes, so it judges only where it is installed (`cargo install cargo-deny`).
fn licences() -> Result<()> {
    if find_program("cargo-deny").is_none() {
        println!("lint: cargo-deny is not installed; licences and sources were not judged");
        return Ok(());
    }
    // It looks at what every platform needs, of which a build here fetched only a part.
    run(&mut cargo(["fetch", "--locked"]))?;
    run(&mut cargo(["deny", "--offline", "check", "licenses", "bans", "sources"]))
}
