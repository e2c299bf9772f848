//! `holdall dump --watch`: the dump is written again whenever something in the directory changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holdall::disk::watch::{Changes, Watch, WatchOptions, Woken};
use holdall::seal::Scheme;
use holdall::source::Locator;
use holdall::tree::{ErrorKind, Name, RelPath};
use holdall::watch::Relevance;

use super::after::{After, Ended};
use super::options::Wanted;
use super::place::own_output;
use super::{Last, REDUCED, Written, once, summary};
use crate::args::DumpArgs;
use crate::commands::look::with_sources;
use crate::commands::selection;
use crate::failure::{Failure, Result, explained};
use crate::render;
use crate::session::Session;
use crate::wire::{Document, DumpWritten, WatchEnd, WatchLine};

/// Paths that are named in a line for people.
const NAMED_MAX: usize = 3;

pub(super) fn run(
    session: &Session,
    args: &DumpArgs,
    wanted: &Wanted<'_>,
    mut after: After,
) -> Result<u8> {
    let root = watched(session, args, wanted)?;
    let _served = after.serve(session, args);
    let look_every = args.after.watch_poll.map(|wait| Duration::from_secs(wait.0.max(1)));
    let mut watch = Watch::new(&root, WatchOptions { look_every, ..WatchOptions::default() })?;
    let mut relevance = relevant(session, wanted, &root)?;
    let (mut known, mut changes) = (Last::default(), Changes::default());
    let (mut told_why, mut written) = (false, Vec::new());
    for run in 1.. {
        let own = own_files(wanted, &root);
        let counts = |path: &RelPath, is_dir: bool| {
            !own.iter().any(|own| own.is(path)) && relevance.counts(path, is_dir)
        };
        // Armed before anything is read, so that no change falls between two runs.
        watch.arm(&counts)?;
        if let (false, Some(why)) = (told_why, watch.looks_because()) {
            session.tell(&format!("{} is looked at again and again: {why}", render::path(&root)));
            told_why = true;
        }
        if !written.iter().all(|file: &PathBuf| file.exists()) {
            known = Last::default();
        }
        let (began, problems) = (Instant::now(), session.progress.problems());
        let result = one(session, args, wanted, &mut known);
        let took = began.elapsed();
        session.progress.finish();
        if let Err(failure) = &result
            && explained(failure).kind == ErrorKind::Interrupted
        {
            return Ok(0);
        }
        if let Ok(Written::Dump { files, .. }) = &result {
            written.clone_from(files);
        }
        let problems = session.progress.problems() - problems;
        let result = result.as_ref().map(|written| {
            let whole = problems == 0 && !written.is_reduced();
            (written, if whole { 0 } else { REDUCED })
        });
        let ended = Ended { result, took, problems };
        after.record(session, &ended);
        show(session, run, &changes, &ended)?;
        after.tell(session, &ended);
        changes = match watch.wait(&counts, &session.cancel)? {
            Woken::Stopped => return Ok(0),
            Woken::Changed(changes) => changes,
        };
        // If they cannot be had now, the next run says why.
        if let Ok(now) = relevant(session, wanted, &root) {
            relevance = now;
        }
    }
    Ok(0)
}

/// The directory that is watched.
fn watched(session: &Session, args: &DumpArgs, wanted: &Wanted<'_>) -> Result<PathBuf> {
    let usage = |why: String| Err(Failure::Usage(why));
    if session.dry_run {
        return usage("--watch has nothing to do in a dry run".into());
    }
    if wanted.place.file().is_none() {
        return usage("--watch writes a file again and again: say which with -o FILE".into());
    }
    match Locator::parse(&args.source, &session.places.current)? {
        Locator::Path(path) if path.is_dir() => Ok(path),
        Locator::Path(path) if !path.exists() => Err(holdall::Error::Nothing { path }.into()),
        _ => usage(format!("--watch needs a directory, and {} is none", args.source)),
    }
}

/// Judges changes by what the dump takes.
fn relevant<'s>(session: &'s Session, wanted: &Wanted<'_>, root: &Path) -> Result<Relevance<'s>> {
    let ctx = session.context();
    let mut select = selection::options_over(session, wanted.select, root)?;
    select.exclude.extend(wanted.files().iter().flat_map(|file| own_output(file, root)));
    Ok(Relevance::new(ctx, root, select)?)
}

fn one(
    session: &Session,
    args: &DumpArgs,
    wanted: &Wanted<'_>,
    known: &mut Last,
) -> Result<Written> {
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        once(session, &session.context(), source, wanted, Some(known))
    })
}

/// A file that runs write into the tree, whose changes do not count.
struct Own {
    above: RelPath,
    name: Name,
}

impl Own {
    /// True for the file, its checksum and signature, and all of them while they are written.
    fn is(&self, path: &RelPath) -> bool {
        let Some(name) = path.file_name().filter(|_| path.parent().as_ref() == Some(&self.above))
        else {
            return false;
        };
        let rest = name.strip_prefix(self.name.as_bytes()).map(|rest| {
            let signatures = Scheme::ALL.map(Scheme::ending);
            let mut beside = ["sha256"].into_iter().chain(signatures);
            let dot = rest.strip_prefix(b".");
            dot.and_then(|rest| beside.find_map(|end| rest.strip_prefix(end.as_bytes())))
                .unwrap_or(rest)
        });
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"-tmp-"))
    }
}

/// The files that runs write, as far as they lie in the tree.
fn own_files(wanted: &Wanted<'_>, root: &Path) -> Vec<Own> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    let own = |file: &PathBuf| {
        let above = file.parent()?.canonicalize().ok()?;
        let below = above.strip_prefix(&root).ok()?;
        let above = RelPath::parse(below.as_os_str().as_encoded_bytes()).ok()?;
        Some(Own { above, name: Name::parse(file.file_name()?.as_encoded_bytes()).ok()? })
    };
    wanted.files().iter().filter_map(own).collect()
}

/// One line for each run.
fn show(session: &Session, run: u64, changes: &Changes, ended: &Ended<'_>) -> Result<()> {
    if session.json {
        let (end, dump, error) = match ended.result {
            Ok((Written::Dump { report, files }, _)) => {
                let dump = DumpWritten::new(files, report, ended.problems);
                (WatchEnd::Written, Some(dump), None)
            }
            Ok((Written::Patch { .. }, _)) => (WatchEnd::Written, None, None),
            Ok((Written::Unchanged, _)) => (WatchEnd::Unchanged, None, None),
            Err(failure) => (WatchEnd::Failed, None, Some(explained(failure).because())),
        };
        return session.print_json_line(&Document::new(WatchLine {
            run,
            end,
            changed: changes.paths.iter().map(ToString::to_string).collect(),
            more_changed: changes.more,
            seconds: ended.took.as_secs_f64(),
            dump,
            error,
        }));
    }
    let because = because(changes);
    session.tell(&match ended.result {
        Ok((Written::Unchanged, _)) => {
            format!("dump {run}{because}: it holds nothing else than the last one, which stays")
        }
        Ok((written, _)) => format!("dump {run}{because}: {}", summary(written)),
        Err(failure) => {
            let failed = explained(failure);
            let word = failed.code.word();
            format!("dump {run}{because}: failed with error[{word}]: {}", failed.lines.join(": "))
        }
    });
    Ok(())
}

/// Why there is one more run, in words.
fn because(changes: &Changes) -> String {
    let named: Vec<String> =
        changes.paths.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = changes.more || changes.paths.len() > named.len();
    match (named.is_empty(), more) {
        (true, false) => String::new(),
        (true, true) => " (something changed)".to_owned(),
        (false, false) => format!(" ({} changed)", named.join(", ")),
        (false, true) => format!(" ({} and more changed)", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_write_is_known_by_its_bytes() {
        let own =
            Own { above: RelPath::parse("d").unwrap(), name: Name::parse(b"o\xff.md").unwrap() };
        let is = |path: &[u8]| own.is(&RelPath::parse(path).unwrap());
        for name in [
            &b"d/o\xff.md"[..],
            b"d/o\xff.md.sha256",
            b"d/o\xff.md.minisig",
            b"d/o\xff.md-tmp-12",
            b"d/o\xff.md.sha256-tmp-1",
        ] {
            assert!(is(name), "{name:?}");
        }
        for name in [&b"o\xff.md"[..], b"d/o.md", b"d/o\xff.md2", b"d/o\xff.md/x", b"d", b""] {
            assert!(!is(name), "{name:?}");
        }
    }

    #[test]
    fn a_line_names_a_few_of_what_changed() {
        let changes = |names: &[&str], more| Changes {
            paths: names.iter().map(|name| RelPath::parse(name).unwrap()).collect(),
            more,
        };
        assert_eq!(because(&changes(&[], false)), "");
        assert_eq!(because(&changes(&[], true)), " (something changed)");
        assert_eq!(because(&changes(&["a", "b"], false)), " (a, b changed)");
        assert_eq!(because(&changes(&["a", "b", "c", "d"], false)), " (a, b, c and more changed)");
    }
}
