//! One command under GNU time, which counts the whole tree of its processes.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::shell::{self, Doing, Result, program, typed};

/// What one run cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// Seconds by the clock.
    pub(crate) wall: f64,
    /// Seconds of processors, user and system, of the command and all it started and waited for.
    pub(crate) cpu: f64,
    /// The most memory any one of its processes held, in MiB.
    pub(crate) memory_mib: f64,
    /// What the repository holds afterwards, or what was written, in bytes.
    pub(crate) made_bytes: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, cpu, memory_mib, .. } = self;
        write!(f, "{wall:8.2} s wall {cpu:8.2} s cpu {memory_mib:7.0} MiB")
    }
}

/// Runs a command to its end; what it prints goes to `log`.
pub(crate) fn measure(command: &mut Command, log: &Path) -> Result<Measured> {
    measure_to(command, log, None)
}

/// The same, with its standard output in a file of its own if there is one.
pub(crate) fn measure_to(
    command: &mut Command,
    log: &Path,
    output: Option<&Path>,
) -> Result<Measured> {
    let counted = log.with_extension("time");
    let mut timed = program("time", ["--quiet", "--format=%U %S %M", "--output"]);
    timed.arg(&counted).arg("--").arg(command.get_program()).args(command.get_args());
    timed.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            timed.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        timed.current_dir(dir);
    }
    let create =
        |path: &Path| File::create(path).doing(format_args!("cannot write {}", path.display()));
    let errors = create(log)?;
    let output = match output {
        Some(path) => create(path)?,
        None => errors.try_clone().doing("cannot share a log")?,
    };
    timed.stdout(Stdio::from(output)).stderr(Stdio::from(errors));
    shell::run(&mut program("sync", [] as [&str; 0]))?;
    let start = Instant::now();
    let status = timed.status().doing(format_args!("cannot run `{}`", typed(&timed)))?;
    let wall = start.elapsed().as_secs_f64();
    if !status.success() {
        let said = shell::read(log).unwrap_or_default();
        let said: Vec<&str> = said.lines().rev().take(3).collect();
        let said: Vec<&str> = said.into_iter().rev().collect();
        return Err(
            format!("`{}` ended with {status}: {}", typed(command), said.join(" / ")).into()
        );
    }
    parse(&shell::read(&counted)?, wall)
}

fn parse(line: &str, wall: f64) -> Result<Measured> {
    let mut numbers = line.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(user)), Some(Ok(system)), Some(Ok(kib))) => {
            Ok(Measured { wall, cpu: user + system, memory_mib: kib / 1024.0, made_bytes: 0 })
        }
        _ => Err(format!("GNU time wrote {line:?}").into()),
    }
}

/// The middle one of some numbers, or the mean of the two in the middle; 0 if there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    if values.is_empty() || values.len() % 2 == 1 {
        at(half)
    } else {
        f64::midpoint(at(half - 1), at(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median([]).abs() < 1e-9);
    }

    #[test]
    fn processor_time_is_user_and_system_together() {
        let measured = parse("1.25 0.50 2048\n", 9.0).unwrap();
        assert!((measured.cpu - 1.75).abs() < 1e-9 && (measured.memory_mib - 2.0).abs() < 1e-9);
        assert!(parse("Command exited with non-zero status 1", 9.0).is_err());
    }
}
