//! Runs every test and adds up what cargo prints by binary.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::generate;
use crate::setup;
use crate::shell::{self, Doing, Result, cargo, typed};

/// How many cases a property over values in memory tries. Those that write directories or run programs say themselves
/// how many, by `holdall_testkit::cases`.
const CASES: &str = "1000";

pub(crate) struct Options {
    /// No setup, and tests may leave out other programs.
    pub(crate) quick: bool,
    /// One folder or package instead of all.
    pub(crate) package: Option<String>,
}

/// Sums over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Total {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Total {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`; any other line is nothing.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

pub(crate) fn test(options: &Options) -> Result<()> {
    if !options.quick {
        setup::setup(setup::For::Tests)?;
    }
    let mut command = cargo(["test", "--locked", "--no-fail-fast"]);
    match &options.package {
        Some(name) => command.args(["--package", &package(name)]),
        None => command.arg("--workspace"),
    };
    if options.quick {
        command.env("HOLDALL_TEST_QUICK", "1");
    } else {
        command.env("HOLDALL_TEST_PEERS", "required");
        if std::env::var_os("PROPTEST_CASES").is_none() {
            command.env("PROPTEST_CASES", CASES);
        }
    }
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .doing(format_args!("cannot run `{}`", typed(&command)))?;
    let mut total = Total::default();
    if let Some(stdout) = child.stdout.take() {
        let mut ours = std::io::stdout().lock();
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.doing("cannot read what cargo prints")?;
            total.add(&String::from_utf8_lossy(&line));
            ours.write_all(&line).and_then(|()| ours.write_all(b"\n")).doing("cannot print")?;
        }
    }
    let status = child.wait().doing("cannot wait for cargo")?;
    let Total { passed, failed, ignored } = total;
    println!("\ntotal: {passed} passed, {failed} failed, {ignored} ignored");
    if !status.success() {
        return Err(format!("`{}` ended with {status}", typed(&command)).into());
    }
    if options.package.is_none() && !options.quick {
        generate::generate(generate::Mode::Check)?;
    }
    Ok(())
}

/// `disk`, `crates/disk` and `holdall-disk` all mean the package `holdall-disk`.
fn package(name: &str) -> String {
    let name = name.trim_end_matches('/').trim_start_matches("crates/");
    if shell::root().join("crates").join(name).is_dir() {
        crate::layers::package_of(name)
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_binaries_are_added_up() {
        let mut total = Total::default();
        total.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        total.add("running 7 tests");
        total.add("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(total, Total { passed: 5, failed: 1, ignored: 1 });
    }

    #[test]
    fn a_folder_stands_for_its_package() {
        assert_eq!(package("crates/tree/"), "holdall-tree");
        assert_eq!(package("xtask"), "xtask");
    }
}
