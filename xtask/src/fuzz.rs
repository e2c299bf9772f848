//! Runs the targets of `fuzz/` under libFuzzer and the address sanitizer, on the stable toolchain.

use std::path::{Path, PathBuf};

use crate::shell::{self, Doing, Result, cargo, first_line, program, run};
use crate::toml;

/// What libFuzzer needs of the compiler: edge counters, the table of their places, and traced comparisons.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Zsanitizer=address",
    "-Cdebug-assertions=yes",
    "-Coverflow-checks=yes",
    "-Ccodegen-units=1",
];

/// One line of `fuzz/targets.toml`: a target, and the function of ours that it feeds.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) parser: String,
}

fn dir() -> PathBuf {
    shell::root().join("fuzz")
}

/// All targets, as `fuzz/targets.toml` lists them.
pub(crate) fn targets() -> Result<Vec<Target>> {
    let text = shell::read(&dir().join("targets.toml"))?;
    let listed = toml::settings(&text).into_iter().filter(|setting| setting.table == "targets");
    Ok(listed.map(|setting| Target { name: setting.key, parser: setting.value }).collect())
}

pub(crate) fn fuzz(only: Option<&str>, minutes: u64) -> Result<()> {
    let mut targets = targets()?;
    if let Some(only) = only {
        let known: Vec<_> = targets.iter().map(|target| target.name.clone()).collect();
        targets.retain(|target| target.name == only);
        if targets.is_empty() {
            return Err(format!("no fuzz target {only:?}; there are {}", known.join(", ")).into());
        }
    }
    let host = first_line(&mut program("rustc", ["--print", "host-tuple"]))
        .ok_or("rustc does not tell its host")?;
    for target in &targets {
        build(&target.name, &host)?;
    }
    let seconds = minutes * 60 / u64::try_from(targets.len()).unwrap_or(1).max(1);
    let built = dir().join("target").join(&host).join("release");
    for Target { name, parser } in &targets {
        println!("fuzz: {name} ({parser}) for {seconds} s");
        let corpus = dir().join("corpus").join(name);
        let artifacts = dir().join("artifacts").join(name);
        shell::make_dir(&corpus)?;
        shell::make_dir(&artifacts)?;
        sow(name, &corpus)?;
        let mut command = program(built.join(name), [&corpus]);
        command.arg(format!("-max_total_time={}", seconds.max(1)));
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        command.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
        run(&mut command)?;
    }
    Ok(())
}

/// Puts the seeds of a target where its fuzzer begins.
fn sow(target: &str, corpus: &Path) -> Result<()> {
    for path in shell::list(&dir().join("seeds").join(target))? {
        let bytes = std::fs::read(&path).doing(format_args!("cannot read {}", path.display()))?;
        let escaped = path.extension().is_some_and(|ending| ending == "escaped");
        let bytes = if escaped { unescaped(&bytes) } else { bytes };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        shell::write(&corpus.join(format!("seed-{name}")), bytes)?;
    }
    Ok(())
}

/// Binary seeds are kept as text: `\x` and two hexadecimal digits are one byte, all else is itself. The testkit reads
/// them in the same way; this program depends on nothing, so it cannot call that.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.strip_prefix(b"\\x").and_then(|digits| digits.split_at_checked(2));
        let byte = escape.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

/// Sanitizers are gated to nightly toolchains by name only; `RUSTC_BOOTSTRAP` opens the gate on stable.
fn build(target: &str, host: &str) -> Result<()> {
    let manifest = dir().join("Cargo.toml");
    let mut command = cargo(["build", "--release", "--target", host, "--bin", target]);
    command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(dir().join("target"));
    run(command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_seed_is_written_as_text() {
        assert_eq!(unescaped(b"a\\x00\\xff\\n\\xzz\\x"), b"a\0\xff\\n\\xzz\\x");
    }
}
