//! Completion in shells: scripts made from the arguments, and snapshots of the repository as the user types `@`.
//!
//! Scripts ask the program for snapshots by [`COMMAND`]. It never asks anybody for a password, takes no lock, and
//! says nothing where something fails: a completion is no place for messages.

use clap::CommandFactory;
use clap_complete::Shell;
use holdall::PasswordSource;
use holdall::tree::path::printable;

use crate::args::Cli;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;

/// The command that scripts call. It is no part of the command line that is promised to users.
pub(crate) const COMMAND: &str = "__complete-snapshots";

/// The most snapshots that are offered, the newest first.
const OFFERED_MAX: usize = 200;

/// The completion script for a shell.
pub(crate) fn script(shell: Shell) -> Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "holdall", &mut script);
    let script =
        String::from_utf8(script).map_err(|_| Failure::Usage("the script is no text".into()))?;
    Ok(match shell {
        Shell::Bash => script + BASH,
        Shell::Zsh => zsh(&script),
        Shell::Fish => script + FISH,
        _ => script,
    })
}

/// Prints each snapshot as `@ID`, a tab, and what it is.
pub(crate) fn snapshots(session: &Session) -> Result<u8> {
    let _ = offer(session);
    Ok(0)
}

fn offer(session: &Session) -> Result<()> {
    let access = session.access()?;
    if matches!(access.password, PasswordSource::Ask) || !access.exists()? {
        return Ok(());
    }
    let ctx = session.context();
    let repository = access.open(&ctx, session)?;
    let mut found = repository.snapshots(&ctx)?;
    found.reverse();
    found.truncate(OFFERED_MAX);
    for (at, file) in found.iter().enumerate() {
        let snapshot = &file.snapshot;
        let what = format!(
            "{} {}",
            render::time(snapshot.time.at),
            printable(snapshot.paths.join(", ").as_bytes())
        );
        if at == 0 {
            session.print(&format!("@latest\t{what}"))?;
        }
        session.print(&format!("@{}\t{what}", file.id.short()))?;
    }
    Ok(())
}

/// Bash takes `@` for the end of a word, unless told otherwise, and then completes what follows it.
const BASH: &str = r#"
_holdall_sources() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="" found
    if [[ "$word" == "@" && "$COMP_WORDBREAKS" == *@* ]]; then
        word="" before="@"
    elif [[ "${COMP_WORDS[COMP_CWORD-1]}" == "@" ]]; then
        before="@"
    elif [[ "$word" != @* ]]; then
        _holdall "$@"
        return
    fi
    found="$(holdall __complete-snapshots 2>/dev/null </dev/null | cut -f1)"
    [[ -n "$before" ]] && found="${found//@/}"
    COMPREPLY=( $(compgen -W "$found" -- "$word") )
}
complete -F _holdall_sources -o bashdefault -o default holdall
"#;

const FISH: &str = r#"
complete -c holdall -n 'string match -q -- "@*" (commandline -ct)' -f -a '(holdall __complete-snapshots 2>/dev/null </dev/null)'
"#;

/// Positions that take a source offer snapshots and files.
fn zsh(script: &str) -> String {
    let mut out = String::with_capacity(script.len() + ZSH.len());
    for line in script.lines() {
        let source =
            ["':source -- ", "':a -- ", "':b -- "].iter().any(|start| line.starts_with(start));
        if line.starts_with("if [ \"$funcstack[1]\"") {
            out.push_str(ZSH);
        }
        match line.strip_suffix(":_default' \\").filter(|_| source) {
            Some(kept) => out.extend([kept, ":_holdall_sources' \\"]),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

const ZSH: &str = r#"_holdall_sources() {
    if [[ "$PREFIX" != @* ]]; then
        _files
        return
    fi
    local line; local -a names texts
    for line in "${(@f)$(holdall __complete-snapshots 2>/dev/null </dev/null)}"; do
        names+=("${line%%$'\t'*}") texts+=("${line/$'\t'/  }")
    done
    compadd -l -d texts -a names
}

"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_a_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            assert!(script(shell).unwrap().contains("snapshot"), "{shell}");
        }
    }

    #[test]
    fn scripts_offer_snapshots_where_a_source_is_wanted() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(script(shell).unwrap().contains(COMMAND), "{shell}");
        }
        let zsh = script(Shell::Zsh).unwrap();
        assert!(zsh.lines().filter(|line| line.ends_with(":_holdall_sources' \\")).count() >= 7);
    }
}
