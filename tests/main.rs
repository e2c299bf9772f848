//! Journeys of users through the program, each in a home of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archives;
mod catalogue;
mod choosing;
mod clones;
mod commands;
mod comparing;
mod confined;
mod confined_aside;
mod confined_making;
mod converting;
mod databases;
mod deltas;
mod documents;
mod dry_run;
mod dump_schema;
mod dump_trees;
mod dumps;
mod errors;
mod exploring;
mod first_steps;
mod full_disk;
mod habits;
mod hooks;
mod hostile;
mod injected;
mod kill;
mod limits;
mod logging;
mod mounting;
mod old_dumps;
mod packing;
mod peers;
mod power_cut;
mod random_access;
mod refusals;
mod sealed;
mod sealed_dumps;
mod sealed_zips;
mod sealing;
mod sequences;
mod signed;
mod telling;
mod terminal;
mod watching;

use holdall_testkit::{Home, Run};

/// A fresh home for the program.
fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_holdall"))
}

/// A run with a cheap-to-open repository in `repo` and its password in the environment. The repository must be made
/// by [`init`].
fn with_repo(home: &Home, args: &[&str]) -> Run {
    let mut all = vec!["-r", "repo"];
    all.extend_from_slice(args);
    home.run(all).env("HOLDALL_PASSWORD", "test")
}

/// Makes the repository of [`with_repo`].
fn init(home: &Home) {
    with_repo(home, &["repo", "init"]).output().success();
}
