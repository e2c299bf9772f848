//! The chores of this workspace: `cargo xtask help`. Standard library only, so that it builds in a second.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
mod dist;
mod fuzz;
mod generate;
mod guest;
mod layers;
mod lint;
mod regress;
mod setup;
mod shell;
mod test;
mod tidy;
mod toml;

use std::process::ExitCode;

use shell::{Args, Result};

const HELP: &str = "\
cargo xtask COMMAND

  setup [--bench]                 install what tests (and benchmarks) need, where it is missing
  test [PACKAGE] [--quick]        setup, then every test; --quick leaves out setup and other programs
  lint                            format, clippy, tidy, documentation, licences
  tidy                            what a compiler cannot check: layers, file lengths, forgotten tests
  gen [--check]                   write generated files again, or say which are out of step
  guest [--check]                 build the parsers of archives as WebAssembly, or say whether it is what is kept
  fuzz [TARGET] [--minutes N]     run one or all fuzz targets
  bench [--only ROW] [--runs N] [--quick] [--peers A,B]
                                  the race against other programs; writes docs/benchmarks.md
  bench --dumps [--tree NAME=DIR] [--only ROW] [--runs N] [--quick] [--peers A,B] [--holdall FILE]
                                  the race of dumps; writes its part of docs/benchmarks.md
  bench --clones [--runs N] [--quick] [--holdall FILE]
                                  the race of clones; writes its part of docs/benchmarks.md
  bench --archives [--runs N] [--quick] [--holdall FILE]
                                  the race of archives; writes its part of docs/benchmarks.md
  regress [--bless]               count instructions of fixed jobs; more than 15 % above the baseline fails
  dist                            the release archive and its checksums
";

fn main() -> ExitCode {
    let mut args = Args::new(std::env::args().skip(1));
    match run(&mut args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &mut Args) -> Result<()> {
    let command = args.positional();
    match command.as_deref() {
        Some("setup") => {
            let bench = args.flag("--bench");
            args.done()?;
            setup::setup(if bench { setup::For::Benchmarks } else { setup::For::Tests })
        }
        Some("test") => {
            let options = test::Options { quick: args.flag("--quick"), package: args.positional() };
            args.done()?;
            test::test(&options)
        }
        Some("lint") => args.done().and_then(|()| lint::lint()),
        Some("tidy") => args.done().and_then(|()| tidy::tidy()),
        Some("gen") => {
            let check = args.flag("--check");
            args.done()?;
            generate::generate(if check { generate::Mode::Check } else { generate::Mode::Write })
        }
        Some("guest") => {
            let check = args.flag("--check");
            args.done()?;
            guest::guest(if check { guest::Mode::Check } else { guest::Mode::Write })
        }
        Some("fuzz") => {
            let minutes = args.number("--minutes")?.unwrap_or(5);
            let target = args.positional();
            args.done()?;
            fuzz::fuzz(target.as_deref(), minutes)
        }
        Some("bench") if args.flag("--dumps") => {
            bench::dumps::bench(&bench::dumps::Options::from_args(args)?)
        }
        Some("bench") if args.flag("--clones") => {
            bench::clones::bench(&bench::race::Options::from_args(args)?)
        }
        Some("bench") if args.flag("--archives") => {
            bench::archives::bench(&bench::race::Options::from_args(args)?)
        }
        Some("bench") => bench::bench(&bench::Options::from_args(args)?),
        Some("regress") => {
            let bless = args.flag("--bless");
            args.done()?;
            regress::regress(if bless {
                regress::Baseline::Bless
            } else {
                regress::Baseline::Compare
            })
        }
        Some("dist") => args.done().and_then(|()| dist::dist()),
        None | Some("help") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("there is no command {other:?}; see `cargo xtask help`").into()),
    }
}
