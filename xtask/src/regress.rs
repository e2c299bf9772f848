//! Whether fixed jobs take more instructions than they did: a time differs from run to run, a count hardly does.
//!
//! The counts are of a virtual processor (callgrind), which has AES and AVX2 but neither SHA, GFNI nor AVX-512. So they
//! are the same on every x86-64, and what is measured of hashing and cutting is the code that runs everywhere.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::shell::{self, Doing, Result, cargo, find_program, program, run, target_dir};
use crate::toml;

/// More than this much above the baseline fails, in percent.
const TOLERANCE: u64 = 15;
const MIB: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    Compare,
    /// Write what was counted as the new baseline.
    Bless,
}

/// One job: its name in the baseline, the home it runs in, and the words after `holdall`. Later jobs of a home find
/// what the earlier ones left.
struct Job {
    name: &'static str,
    home: &'static str,
    words: &'static [&'static str],
}

const JOBS: &[Job] = &[
    Job { name: "snapshot-first", home: "many", words: &["snapshot", "tree"] },
    Job { name: "snapshot-unchanged", home: "many", words: &["snapshot", "tree"] },
    Job { name: "check-read-data", home: "many", words: &["repo", "check", "--read-data"] },
    Job { name: "restore", home: "many", words: &["restore", "@latest", "--to", "back"] },
    Job { name: "snapshot-large-file", home: "large", words: &["snapshot", "tree"] },
];

pub(crate) fn regress(baseline: Baseline) -> Result<()> {
    if !cfg!(target_arch = "x86_64") {
        println!("regress: the baseline is for x86-64; nothing was counted");
        return Ok(());
    }
    if find_program("valgrind").is_none() {
        return Err("valgrind is missing; `cargo xtask setup` installs it".into());
    }
    let dir = target_dir().join("regress");
    shell::remove_dir(&dir)?;
    // Before the build, so that no file is as new as the snapshot that reads it.
    many_files(&dir.join("many/tree"))?;
    shell::write(&dir.join("large/tree/noise"), noise(16 * MIB, 2))?;
    run(&mut cargo(["build", "--release", "--locked", "-p", "holdall-cli", "--bin", "holdall"]))?;
    let mut counted = Vec::new();
    for job in JOBS {
        counted.push((job.name, count(job, &dir)?));
    }
    shell::remove_dir(&dir)?;
    let path = shell::root().join("xtask/instructions.toml");
    if baseline == Baseline::Bless {
        println!("regress: wrote {}", shell::relative(&path));
        return shell::write(&path, text(&counted));
    }
    let known = toml::settings(&shell::read(&path)?);
    let mut failures = Vec::new();
    for (name, now) in counted {
        let before = known.iter().find(|setting| setting.key == name);
        let before = before
            .and_then(|setting| setting.value.parse::<u64>().ok())
            .ok_or_else(|| format!("{} has no count for {name}", shell::relative(&path)))?;
        println!("regress: {name:<20} {now:>13} instructions, {}", change(before, now));
        if is_regression(before, now) {
            failures.push(format!("{name} takes {}", change(before, now)));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    let failures = failures.join("; ");
    Err(format!(
        "{failures}: more than {TOLERANCE} % above the baseline; make it faster, or say in the commit why not and run \
         `cargo xtask regress --bless`"
    )
    .into())
}

fn is_regression(before: u64, now: u64) -> bool {
    now > before.saturating_add(before / 100 * TOLERANCE)
}

/// How far a count is from the baseline, such as `+1.3 %`.
fn change(before: u64, now: u64) -> String {
    let per_mille = (i128::from(now) - i128::from(before)) * 1000 / i128::from(before.max(1));
    let sign = if per_mille < 0 { '-' } else { '+' };
    let per_mille = per_mille.abs();
    format!("{sign}{}.{} %", per_mille / 10, per_mille % 10)
}

/// The instructions that one job takes, of all its threads.
fn count(job: &Job, dir: &Path) -> Result<u64> {
    let home = dir.join(job.home);
    let (out, log) = (dir.join("callgrind.out"), dir.join("log"));
    let mut command = program("valgrind", ["--tool=callgrind", "--quiet"]);
    command.arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(target_dir().join("release/holdall")).args(job.words).args(["--threads", "1"]);
    quietly(command.env_clear().env("HOME", &home).current_dir(&home), &log)?;
    let profile = shell::read(&out)?;
    total(&profile).ok_or_else(|| format!("{} has no total", out.display()).into())
}

/// Runs a command; what it prints is shown only if it fails.
fn quietly(command: &mut Command, log: &PathBuf) -> Result<()> {
    let file = std::fs::File::create(log).doing(format_args!("cannot make {}", log.display()))?;
    let again = file.try_clone().doing("cannot share a file")?;
    command.stdout(Stdio::from(file)).stderr(Stdio::from(again));
    run(command).or_else(|failure| Err(format!("{failure}\n{}", shell::read(log)?).into()))
}

/// The number in the line `totals: N` of a profile.
fn total(profile: &str) -> Option<u64> {
    profile.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

fn text(counted: &[(&str, u64)]) -> String {
    let mut text = "# Instructions that fixed jobs take; `cargo xtask regress` compares, with --bless it writes.\n\
                    [instructions]\n"
        .to_owned();
    for (name, count) in counted {
        // Whatever is written to a `String` arrives.
        let _ = writeln!(text, "{name} = {count}");
    }
    text
}

/// 400 files of 1 to 8 KiB that shrink to about half, in 20 directories, and one of 2 MiB that does not shrink.
fn many_files(tree: &Path) -> Result<()> {
    for at in 0..400_u64 {
        let length = 1024 + usize::try_from(at % 8).unwrap_or_default() * 1000;
        let bytes: Vec<u8> = noise(length, at + 10).iter().map(|byte| b'a' + byte % 16).collect();
        shell::write(&tree.join(format!("d{}/f{at}", at % 20)), bytes)?;
    }
    shell::write(&tree.join("noise"), noise(2 * MIB, 1))
}

/// Bytes that cannot be compressed, the same for the same seed (xorshift).
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixth_more_fails_and_a_tenth_does_not() {
        assert!(is_regression(1_000_000, 1_170_000));
        assert!(!is_regression(1_000_000, 1_100_000));
        assert!(!is_regression(1_000_000, 500_000));
        assert_eq!(change(1_000_000, 1_170_000), "+17.0 %");
        assert_eq!(change(1_000_000, 995_000), "-0.5 %");
    }

    #[test]
    fn the_baseline_has_every_job() {
        let path = shell::root().join("xtask/instructions.toml");
        let known = toml::settings(&shell::read(&path).unwrap());
        for job in JOBS {
            let found = known.iter().find(|setting| setting.key == job.name).unwrap();
            assert!(found.value.parse::<u64>().unwrap() > 0, "{}", job.name);
        }
        let counted: Vec<_> = JOBS.iter().map(|job| (job.name, 1)).collect();
        assert_eq!(toml::settings(&text(&counted)).len(), JOBS.len());
    }

    #[test]
    fn the_total_of_a_profile_is_found() {
        assert_eq!(total("events: Ir\nfn=(1)\n0 5\n\ntotals: 1234\n"), Some(1234));
        assert_eq!(total("events: Ir\n"), None);
    }
}
