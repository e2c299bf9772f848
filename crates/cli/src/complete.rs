//! Completion in shells: scripts made from the arguments, and snapshots of the repository as the user types `@`.
//!
//! Scripts ask the program for snapshots by [`COMMAND`]. It never asks anybody for a password, takes no lock, and
//! says nothing where something fails: a completion is no place for messages.

use std::ffi::OsString;

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

/// Flags that say which repository is meant.
const PLACES: [&str; 8] = [
    "-r",
    "--repository",
    "--password-file",
    "--password-command",
    "--profile",
    "--config",
    "-C",
    "--directory",
];

/// The arguments that a completion runs with: the program, and what the words typed so far, which follow [`COMMAND`],
/// say about the repository.
pub(crate) fn arguments(args: &[OsString]) -> Vec<OsString> {
    let mut kept: Vec<OsString> = args.iter().take(1).cloned().collect();
    let mut words = args.iter().skip(2).peekable();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else { continue };
        if PLACES.contains(&text) {
            // Bash takes the sign for a word of its own.
            if words.peek().is_some_and(|next| *next == "=") {
                words.next();
            }
            kept.extend(
                words.next().map(|value| [word.clone(), value.clone()]).into_iter().flatten(),
            );
        } else if PLACES.iter().any(|flag| {
            flag.starts_with("--")
                && text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
        }) {
            kept.push(word.clone());
        }
    }
    kept
}

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

/// Where a source is wanted, snapshots are offered beside files; where an ID is, IDs. Bash takes `@` for the end of a
/// word, unless told otherwise, and then completes what follows it.
const BASH: &str = r#"
_holdall_sources() {
    local word="${COMP_WORDS[COMP_CWORD]}" last="${COMP_WORDS[COMP_CWORD-1]}" before="" kind="" found one
    if [[ "$last" == "--parent" ]]; then
        kind="id"
    elif [[ "$word" == "@" && "$COMP_WORDBREAKS" == *@* ]]; then
        word="" before="@" kind="source"
    elif [[ "$last" == "@" ]]; then
        before="@" kind="source"
    elif [[ "$word" == @* ]]; then
        kind="source"
    elif [[ "$word" != -* ]]; then
        for one in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
            case "$one" in
                restore|ls|cat|find|diff|verify|id|mount) kind="also"; break ;;
                forget) kind="id"; break ;;
            esac
        done
        [[ "$last" == -* ]] && kind=""
    fi
    COMPREPLY=()
    if [[ "$kind" == "" || "$kind" == "also" ]]; then
        _holdall "$@"
        [[ "$kind" == "" ]] && return
    fi
    found="$(holdall __complete-snapshots "${COMP_WORDS[@]:1}" 2>/dev/null </dev/null | cut -f1)"
    [[ "$kind" == "id" ]] && found="${found//@latest/}"
    [[ -n "$before" || "$kind" == "id" ]] && found="${found//@/}"
    COMPREPLY+=( $(compgen -W "$found" -- "$word") )
    [[ "$kind" == "also" ]] && COMPREPLY+=( $(compgen -f -- "$word") )
}
complete -F _holdall_sources -o bashdefault -o default holdall
"#;

const FISH: &str = r#"
function __holdall_snapshots
    holdall __complete-snapshots (commandline -opc)[2..] 2>/dev/null </dev/null
end
complete -c holdall -n '__fish_seen_subcommand_from restore ls cat find diff verify id mount' -a '(__holdall_snapshots)'
complete -c holdall -n '__fish_seen_subcommand_from forget' -f -a '(__holdall_snapshots | string match -v "@latest*" | string replace "@" "")'
complete -c holdall -n '__fish_seen_subcommand_from snapshot' -l parent -x -a '(__holdall_snapshots | string match -v "@latest*" | string replace "@" "")'
"#;

/// Positions that take a source offer snapshots and files, those that take an ID offer IDs.
fn zsh(script: &str) -> String {
    let mut out = String::with_capacity(script.len() + ZSH.len());
    for line in script.lines() {
        let source =
            ["':source -- ", "':a -- ", "':b -- "].iter().any(|start| line.starts_with(start));
        let id = line.starts_with("'*::ids -- ") || line.starts_with("'(-f --force)--parent=");
        if line.starts_with("if [ \"$funcstack[1]\"") {
            out.push_str(ZSH);
        }
        match line.strip_suffix(":_default' \\") {
            Some(kept) if source => out.extend([kept, ":_holdall_sources' \\"]),
            Some(kept) if id => out.extend([kept, ":_holdall_ids' \\"]),
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

const ZSH: &str = r#"_holdall_snapshots() {
    local line; local -a names texts
    for line in "${(@f)$(holdall __complete-snapshots "${(@Q)words[2,-1]}" 2>/dev/null </dev/null)}"; do
        [[ -z "$line" || ( -n "$1" && "$line" == @latest* ) ]] && continue
        [[ -n "$1" ]] && line="${line#@}"
        names+=("${line%%$'\t'*}") texts+=("${line/$'\t'/  }")
    done
    compadd -l -d texts -a names
}
_holdall_sources() {
    _holdall_snapshots
    [[ "$PREFIX" == @* ]] || _files
}
_holdall_ids() {
    _holdall_snapshots id
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

    #[test]
    fn what_was_typed_about_the_repository_holds_for_its_completion() {
        let typed = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let kept: Vec<String> =
                arguments(&args).into_iter().map(|word| word.into_string().unwrap()).collect();
            kept.join(" ")
        };
        assert_eq!(typed("holdall __complete-snapshots ls @"), "holdall");
        assert_eq!(
            typed("holdall __complete-snapshots -r repo ls --profile=ci --config = f -v @"),
            "holdall -r repo --profile=ci --config f"
        );
        assert_eq!(typed("holdall __complete-snapshots ls -r"), "holdall");
    }
}
