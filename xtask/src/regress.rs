//! Whether fixed jobs take more instructions than they did: a time differs from run to run, a count hardly does.
//!
//! The counts are of the virtual processor of valgrind. It has AVX2 and AES if the real one has, but no instructions for
//! SHA-256 and neither GFNI nor AVX-512. So it is the portable chunker that is watched, not the fastest. And SHA-256 is
//! left out: without those instructions it would be most of the count and hide the rest, and the code is not ours.
//!
//! Another compiler moves the counts too; if that alone fails, write the baseline anew in a commit of its own.

use std::collections::{BTreeMap, HashSet};
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

/// Where a file is cut depends on the polynomial, which is random, and moves this count by a tenth.
const LARGE: &str = "snapshot-large-file";

/// Of those with one name, the least counts.
const JOBS: &[Job] = &[
    Job { name: "snapshot-first", home: "many", words: &["snapshot", "tree"] },
    Job { name: "snapshot-unchanged", home: "many", words: &["snapshot", "tree"] },
    Job { name: "check-read-data", home: "many", words: &["repo", "check", "--read-data"] },
    Job { name: "restore", home: "many", words: &["restore", "@latest", "--to", "back"] },
    Job { name: LARGE, home: "large-1", words: &["snapshot", "tree"] },
    Job { name: LARGE, home: "large-2", words: &["snapshot", "tree"] },
    Job { name: LARGE, home: "large-3", words: &["snapshot", "tree"] },
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
    for job in JOBS.iter().filter(|job| job.name == LARGE) {
        shell::write(&dir.join(job.home).join("tree/noise"), noise(16 * MIB, 1))?;
    }
    run(&mut cargo(["build", "--release", "--locked", "-p", "holdall-cli", "--bin", "holdall"]))?;
    let mut counted = BTreeMap::new();
    for job in JOBS {
        let now = count(job, &dir)?;
        counted.entry(job.name).and_modify(|least| *least = now.min(*least)).or_insert(now);
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
    instructions(&profile).ok_or_else(|| format!("{} has no total", out.display()).into())
}

/// Runs a command; what it prints is shown only if it fails.
fn quietly(command: &mut Command, log: &PathBuf) -> Result<()> {
    let file = std::fs::File::create(log).doing(format_args!("cannot make {}", log.display()))?;
    let again = file.try_clone().doing("cannot share a file")?;
    command.stdout(Stdio::from(file)).stderr(Stdio::from(again));
    run(command).or_else(|failure| Err(format!("{failure}\n{}", shell::read(log)?).into()))
}

/// Functions whose own instructions do not count.
const LEFT_OUT: &str = "sha2::";

/// All instructions of a profile but those of [`LEFT_OUT`]. In its format a function begins with `fn=(NUMBER) NAME`, the
/// name only the first time that it is met, here or as one that is called; lines of costs are `PLACE COST`, and the one
/// after `calls=` is what the called function took.
fn instructions(profile: &str) -> Option<u64> {
    let mut left_out = HashSet::new();
    let (mut counts, mut skipped, mut is_call) = (true, 0, false);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
            let (number, name) = name.split_once(' ').unwrap_or((name, ""));
            if name.starts_with(LEFT_OUT) {
                left_out.insert(number);
            }
            if line.starts_with("fn=") {
                counts = !left_out.contains(number);
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) {
            if !counts && !is_call {
                skipped += line.split(' ').nth(1)?.parse::<u64>().ok()?;
            }
            is_call = false;
        }
    }
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "))?;
    total.trim().parse::<u64>().ok()?.checked_sub(skipped)
}

fn text(counted: &BTreeMap<&str, u64>) -> String {
    let mut text = "# Instructions that fixed jobs take; `cargo xtask regress` compares, with --bless it writes.\n\
                    [instructions]\n"
        .to_owned();
    for (name, count) in counted {
        // Whatever is written to a `String` arrives.
        let _ = writeln!(text, "{name} = {count}");
    }
    text
}

/// 600 files of 1 to 15 KiB that shrink to about half, in 20 directories. Each is one chunk whatever the polynomial.
fn many_files(tree: &Path) -> Result<()> {
    for at in 0..600_u64 {
        let length = 1024 + usize::try_from(at % 15).unwrap_or_default() * 1000;
        let bytes: Vec<u8> = noise(length, at + 10).iter().map(|byte| b'a' + byte % 16).collect();
        shell::write(&tree.join(format!("d{}/f{at}", at % 20)), bytes)?;
    }
    Ok(())
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
        let counted: BTreeMap<_, _> = JOBS.iter().map(|job| (job.name, 1)).collect();
        assert_eq!(toml::settings(&text(&counted)).len(), known.len());
    }

    #[test]
    fn what_is_left_out_is_taken_off_the_total() {
        let profile = "events: Ir\n\nfn=(1) main\n0 5\ncfn=(2) sha2::compress\ncalls=1 0 \n0 100\n+1 3\n\n\
                       fn=(2)\n0 90\ncfn=(3) memcpy\ncalls=2 0 \n* 10\n\nfn=(3)\n7 10\n\ntotals: 108\n";
        assert_eq!(instructions(profile), Some(18));
        assert_eq!(instructions("events: Ir\n"), None);
    }
}
