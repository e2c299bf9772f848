//! The page of errors has every code, and advice names what exists.

use super::*;
use clap::CommandFactory;

/// The table of `docs/errors.md`.
fn table() -> String {
    let mut table = "| code | meaning | what to do |\n| --- | --- | --- |\n".to_owned();
    for code in Code::ALL {
        let (Hint(advice) | Page(advice)) = code.advice();
        table.push_str(&format!("| `{}` | {} | {advice} |\n", code.word(), code.meaning()));
    }
    table
}

#[test]
fn the_page_of_errors_has_every_code() {
    let page = include_str!("../../../../../docs/errors.md");
    let table = table();
    assert!(page.contains(&table), "docs/errors.md must have this table:\n{table}");
}

#[test]
fn words_are_unique_and_easy_to_search_for() {
    let mut words: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    assert!(words.iter().all(plain));
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Code::ALL.len());
}

#[test]
fn the_code_is_that_of_the_first_cause_that_has_one() {
    let full = || std::io::Error::from_raw_os_error(28);
    let disk = DiskError::Io { doing: "write", path: "/x".into(), source: full() };
    let crossed = holdall::Error::Tree(holdall::tree::Error::from(disk));
    assert_eq!(Code::of(&crossed), Code::NoSpace);
    let location = "/repo".to_owned();
    let inner = holdall::tree::Error::from(RepoError::NoRepository { location });
    assert_eq!(Code::of(&holdall::Error::Tree(inner)), Code::NoRepository);
    let wrapped = std::io::Error::other(RepoError::SelfCheck);
    assert_eq!(Code::of(&wrapped), Code::FaultyMachine);
    assert_eq!(Code::of(&std::io::Error::other("no reason")), Code::Failed);
    assert_eq!(Code::of(&holdall::tree::Error::interrupted()), Code::Interrupted);
}

fn flags(command: &clap::Command, found: &mut Vec<String>) {
    found.extend(
        command.get_arguments().filter_map(|arg| arg.get_long()).map(|long| format!("--{long}")),
    );
    command.get_subcommands().for_each(|sub| flags(sub, found));
}

#[test]
fn every_flag_that_an_advice_names_exists() {
    let mut known = Vec::new();
    let mut command = crate::args::Cli::command();
    command.build();
    flags(&command, &mut known);
    let table = table();
    let named = table
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|w| w.starts_with("--") && w.len() > 3);
    for flag in named {
        assert!(known.iter().any(|k| k == flag), "{flag}");
    }
}
