//! What README and guide tell people to type works, block by block, in the order of the page.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use holdall_testkit::peer;

use crate::home;

const README: &str = include_str!("../README.md");
const GUIDE: &str = include_str!("../docs/guide.md");

/// What is not run: it builds or tests this project itself.
const EXEMPT: [&str; 3] =
    ["cargo run --release -- snapshot .", "cargo xtask test", "cargo install --path crates/cli"];

/// What stands on the page for something of the reader's own, and what it is here.
const PLACEHOLDERS: [(&str, &str); 5] = [
    ("cd my-project", "cd ~/my-project"),
    ("/mnt/backup/repository", "$HOME/backup/repository"),
    ("/mnt/backup/restic", "$HOME/backup/restic"),
    ("@5d0e3a91", "@$(first_snapshot)"),
    ("5d0e3a91", "$(first_snapshot)"),
];

/// Commands that ask a person something, and how that is answered here.
const ASKED: [(&str, &str); 9] = [
    ("holdall restore @latest", " --yes"),
    ("holdall rollback", " --yes"),
    ("holdall rollback --to 2", " --yes"),
    ("holdall rollback --to \"2026-01-02 10:00\"", " --yes"),
    ("holdall rollback src/main.rs", " --yes"),
    ("holdall rollback --target ../my-project-restored", " --yes"),
    ("holdall -r /mnt/backup/repository repo key add", " --new-password-file ~/.restic-password"),
    (
        "holdall -r /mnt/backup/repository repo key passwd",
        " --new-password-file ~/.restic-password",
    ),
    ("holdall -r /mnt/backup/repository repo key remove 7c1f", ""),
];

/// What the reader has before the first line: a project, and other programs.
const BEFORE: &str = r#"
first_snapshot() {
    holdall snapshots --json | tr '{' '\n' | sed -n 's/.*"short_id":"\([0-9a-f]*\)".*/\1/p' | head -n 1
}
other_key() {
    HOLDALL_PASSWORD=secret holdall -r "$HOME/backup/repository" repo key list --json | tr '{' '\n' |
        sed -n '/"current":false/s/.*"id":"\([0-9a-f]*\)".*/\1/p' | head -n 1
}
pg_dump() { echo 'create table shop ();'; }
mkdir -p ~/my-project/src ~/backup
echo secret > ~/.restic-password
cd ~/my-project
echo 'fn main() {}' > src/main.rs
echo notes > notes-1.md
git init -q . && git add .
echo log > build.log
"#;

/// Commands before which the reader has worked on the project, so that there is something to go back from.
const WORKED: [&str; 2] = ["holdall restore @latest", "holdall restore @latest --preview"];

/// The commands of the console blocks of a page, by section.
fn sections(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut console = false;
    for line in page.lines() {
        if line.starts_with("```") {
            console = line == "```console";
        } else if let (false, Some(title)) = (console, line.strip_prefix("## ")) {
            sections.push((title, Vec::new()));
        } else if let (true, Some(command)) = (console, line.strip_prefix("$ ")) {
            sections.last_mut().unwrap().1.push(command);
        }
    }
    sections.retain(|(_, commands)| !commands.is_empty());
    sections
}

/// One line of the script: the command as it is typed, with what stands for something replaced.
fn runnable(command: &str) -> String {
    let typed = command.split(" #").next().unwrap_or(command).trim_end();
    let answer = ASKED.iter().find(|(asked, _)| *asked == typed).map_or("", |(_, answer)| answer);
    let work = if WORKED.contains(&typed) { "echo work >> src/main.rs; " } else { "" };
    let mut line = format!("{work}{typed}{answer}").replace("remove 7c1f", "remove $(other_key)");
    for (from, to) in PLACEHOLDERS {
        line = line.replace(from, to);
    }
    // The reader types the password of this repository.
    if line.contains("backup/repository") && line.starts_with("holdall") {
        line = format!("HOLDALL_PASSWORD=secret {line}");
    }
    line
}

/// A script that runs each section from the project on, and names the first command that fails.
fn script(sections: &[(&str, Vec<&str>)], missing: &[&str]) -> String {
    let mut script = BEFORE.to_owned();
    for (title, commands) in sections {
        let restic = commands.iter().any(|command| command.contains("restic"));
        let first = |command: &&str| command.split(' ').next().unwrap_or_default().to_owned();
        if commands.iter().map(first).any(|program| missing.contains(&program.as_str())) {
            continue;
        }
        script.push_str("( cd ~/my-project\n");
        if restic {
            script.push_str("RESTIC_PASSWORD=secret restic -r ~/backup/restic init -q || exit 1\n");
        }
        for command in commands {
            let exempt = EXEMPT.iter().any(|exempt| command.starts_with(exempt));
            if !exempt {
                // A restore exchanges the directory that the shell stands in; the guide says what to do.
                writeln!(script, "cd \"$PWD\"; {}", runnable(command)).unwrap();
                let told = format!("{title}: {command}").replace('\'', "'\\''");
                writeln!(script, "code=$?; [ $code = 0 ] || {{ echo \"failed with $code:\" '{told}' >&2; exit 1; }}").unwrap();
            }
        }
        script.push_str(") || exit 1\n");
    }
    script
}

fn follow(page: &str) {
    let home = home();
    let mut missing = vec!["restic", "age-keygen", "ssh-keygen"];
    missing.retain(|program| peer(program).is_none());
    let script = script(&sections(page), &missing);
    let mut command = home.run([] as [&str; 0]).into_command();
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let program = Path::new(command.get_program()).parent().unwrap().to_path_buf();
    let mut path = program.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command = Command::new("bash");
    command.args(["--norc", "-c", &script]).current_dir(home.home());
    command.env_clear().envs(environment).env("PATH", path);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let (text, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "--- stdout\n{text}\n--- stderr\n{error}");
}

#[test]
fn every_command_of_the_readme_works() {
    follow(README);
}

#[test]
fn every_command_of_the_guide_works() {
    follow(GUIDE);
}

#[test]
fn nothing_is_exempt_or_answered_that_the_pages_do_not_say() {
    let pages = [README, GUIDE];
    let commands: Vec<&str> = pages
        .into_iter()
        .flat_map(sections)
        .flat_map(|(_, commands)| commands)
        .map(|command| command.split(" #").next().unwrap_or(command).trim_end())
        .collect();
    assert!(commands.len() > 60, "{}", commands.len());
    for listed in EXEMPT.into_iter().chain(ASKED.map(|(asked, _)| asked)) {
        assert!(commands.contains(&listed), "{listed} is on no page");
    }
}
