//! Rules for the text of source files.

use std::path::Path;

use super::Complaint;
use crate::shell::{self, Result, relative};

/// A file of more lines holds more than one subject.
const LINES_MAX: usize = 500;

pub(crate) fn check(root: &Path) -> Result<Vec<Complaint>> {
    let excused = Excuses::read(&root.join("xtask/tidy-allow.txt"))?;
    let mut complaints = excused.complaints.clone();
    for folder in ["crates", "xtask", "fuzz/fuzz_targets", "tests"] {
        for path in shell::files_beneath(&root.join(folder), &[".rs"])? {
            let at = relative(&path);
            for (rule, what) in judge(&at, &shell::read(&path)?) {
                if !excused.covers(rule, &at) {
                    complaints.push(format!("{at}: {what}"));
                }
            }
        }
    }
    complaints.extend(white_space(root)?);
    for dir in shell::list(&root.join("crates"))? {
        complaints.extend(forgotten_tests(&dir.join("tests/it"))?);
    }
    complaints.extend(forgotten_tests(&root.join("tests"))?);
    complaints.extend(excused.needless(root)?);
    Ok(complaints)
}

/// Rules that a file breaks: the word for the rule, and what to say.
fn judge(at: &str, text: &str) -> Vec<(&'static str, String)> {
    let mut broken = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        broken.push(("length", format!("has {lines} lines, the limit is {LINES_MAX}")));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if !first.starts_with("//!") && !first.starts_with("#![doc") {
        broken.push(("doc", "must begin with `//!`: what it is for".to_owned()));
    }
    // The words are put together here so that this file does not break its own rules.
    let is_test = at.contains("/tests/") || at.starts_with("tests/") || at.ends_with("tests.rs");
    let mut in_tests = is_test;
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        in_tests |= line.starts_with("mod tests {");
        if line.starts_with("//") {
            continue;
        }
        if line.contains(concat!("to", "do!(")) {
            broken.push(("todo", format!("line {number} is not done yet")));
        }
        if line.starts_with(concat!("#[", "ignore")) {
            broken.push(("ignore", format!("line {number}: a test that nobody runs")));
        }
        if in_tests && line.contains(concat!("thread::", "sleep(")) {
            broken.push(("sleep", format!("line {number}: a test that sleeps")));
        }
        if line.starts_with(concat!("#[", "allow(")) || line.starts_with(concat!("#![", "allow(")) {
            broken.push(("expect", format!("line {number}: write `expect` with a reason")));
        }
    }
    broken
}

/// Lines that end in white space, in any text of ours. Markdown and test data may mean it.
fn white_space(root: &Path) -> Result<Vec<Complaint>> {
    let mut complaints = Vec::new();
    for folder in ["crates", "xtask", "fuzz", "tests", ".ci", ".github", "docs"] {
        for path in shell::files_beneath(&root.join(folder), &[".rs", ".toml", ".yml", "run"])? {
            if path.components().any(|part| part.as_os_str() == "testdata") {
                continue;
            }
            let text = shell::read(&path)?;
            for (at, line) in text.lines().enumerate() {
                if line.ends_with([' ', '\t']) {
                    let number = at + 1;
                    complaints
                        .push(format!("{}: line {number} ends in white space", relative(&path)));
                }
            }
        }
    }
    Ok(complaints)
}

/// Files of a directory of tests that its `main.rs` does not name: cargo would never compile them.
fn forgotten_tests(it: &Path) -> Result<Vec<Complaint>> {
    if !it.is_dir() {
        return Ok(Vec::new());
    }
    let main = shell::read(&it.join("main.rs"))?;
    let mut complaints = Vec::new();
    for path in shell::list(it)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_module = path.extension().is_some_and(|ending| ending == "rs");
        let named = main.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")));
        if is_module && name != "main" && !named {
            complaints.push(format!("{}: main.rs does not say `mod {name};`", relative(&path)));
        }
    }
    Ok(complaints)
}

/// `xtask/tidy-allow.txt`: `RULE PATH REASON` on each line.
struct Excuses {
    listed: Vec<(String, String)>,
    complaints: Vec<Complaint>,
}

impl Excuses {
    fn read(path: &Path) -> Result<Self> {
        let mut excuses = Self { listed: Vec::new(), complaints: Vec::new() };
        for line in shell::read(path)?.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some(rule), Some(file), Some(_reason)) => {
                    excuses.listed.push((rule.to_owned(), file.to_owned()));
                }
                _ => {
                    excuses.complaints.push(format!("xtask/tidy-allow.txt: no reason in {line:?}"))
                }
            }
        }
        Ok(excuses)
    }

    fn covers(&self, rule: &str, file: &str) -> bool {
        self.listed.iter().any(|(known, path)| known == rule && path == file)
    }

    /// Excuses for files that are gone.
    fn needless(&self, root: &Path) -> Result<Vec<Complaint>> {
        let gone = self.listed.iter().filter(|(_, file)| !root.join(file).exists());
        Ok(gone.map(|(_, file)| format!("xtask/tidy-allow.txt: there is no {file}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(at: &str, text: &str) -> Vec<&'static str> {
        judge(at, text).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn a_documented_short_file_breaks_nothing() {
        assert!(rules("crates/x/src/a.rs", "//! What for.\n\nfn a() {}\n").is_empty());
        assert!(
            rules("crates/x/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty()
        );
    }

    #[test]
    fn each_rule_is_noticed() {
        assert_eq!(rules("a.rs", "fn a() {}\n"), ["doc"]);
        assert_eq!(rules("a.rs", &format!("//! A\n{}", "\n".repeat(LINES_MAX))), ["length"]);
        let sleeping = format!("//! A\nmod tests {{\nstd::{}sleep(d)\n", "thread::");
        assert_eq!(rules("a.rs", &sleeping), ["sleep"]);
        assert_eq!(rules("a.rs", &format!("//! A\n#[{}]\n", "ignore")), ["ignore"]);
        assert_eq!(rules("a.rs", &format!("//! A\n#[{}(dead_code)]\n", "allow")), ["expect"]);
    }

    #[test]
    fn code_that_ships_may_sleep() {
        assert!(rules("a.rs", &format!("//! A\nstd::{}sleep(d)\n", "thread::")).is_empty());
    }
}
