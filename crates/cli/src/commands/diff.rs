//! `holdall diff`

use holdall::changes::{Difference, changes};
use holdall::source::{Access, Opened};
use holdall::tree::diff::{Change, Compare};
use holdall::tree::path::printable;
use holdall::tree::{Entry, Kind};

use super::confine::Needs;
use super::look::{Wants, with_sources_confined};
use super::patch;
use crate::args::DiffArgs;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire::ChangeLine;

pub(super) fn run(session: &Session, args: &DiffArgs) -> Result<u8> {
    let needs = Needs::default();
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_sources_confined(session, &[&args.a, &args.b], &wants, |opened| {
        let [a, b] = opened else { return Err(Failure::Usage("two sources are needed".into())) };
        let compare = if args.content { Compare::Bytes } else { Compare::Quick };
        let mut counts = [0u64; 5];
        let mut failed = Ok(());
        changes(&session.context(), a, b, compare, &mut |difference| {
            let (slot, ..) = sign(&difference);
            if let Some(count) = counts.get_mut(slot) {
                *count += 1;
            }
            if failed.is_ok() {
                failed = show(session, args, (a, b), &difference);
            }
            Ok(())
        })?;
        failed?;
        let [added, removed, renamed, modified, metadata] = counts;
        session.tell(&format!(
            "{added} added, {removed} removed, {renamed} renamed, {modified} modified, \
             {metadata} with other metadata"
        ));
        Ok(session.code())
    })
}

/// Where a difference is counted, its sign, and its colour.
fn sign(difference: &Difference) -> (usize, char, &'static str) {
    match difference {
        Difference::Changed(Change::Added(_)) => (0, '+', render::GREEN),
        Difference::Changed(Change::Removed(_)) => (1, '-', render::RED),
        Difference::Renamed { .. } => (2, 'R', render::BLUE),
        Difference::Changed(Change::Modified { .. } | Change::KindChanged { .. }) => {
            (3, 'M', render::YELLOW)
        }
        Difference::Changed(Change::MetadataChanged { .. }) => (4, 'U', render::DIM),
    }
}

fn show(
    session: &Session,
    args: &DiffArgs,
    (a, b): (&Opened<'_>, &Opened<'_>),
    difference: &Difference,
) -> Result<()> {
    let (_, sign, code) = sign(difference);
    let (path, from) = match difference {
        Difference::Changed(change) => (change.path(), None),
        Difference::Renamed { before, after } => (&after.path, Some(&before.path)),
    };
    let metadata = match difference {
        Difference::Changed(Change::MetadataChanged { before, after }) => {
            patch::metadata(before, after)
        }
        _ => Vec::new(),
    };
    let patch = if args.patch { patched(a, b, difference) } else { None };
    if session.json {
        let text = |path: &holdall::tree::RelPath| printable(path.as_bytes()).into_owned();
        return session.print_json_line(&ChangeLine {
            change: sign,
            path: text(path),
            from: from.map(text),
            metadata,
            patch,
        });
    }
    let mut line = from.map_or(format!("{sign} {path}"), |from| format!("{sign} {from} -> {path}"));
    if session.verbose() && !metadata.is_empty() {
        line.push_str(&format!(" ({})", metadata.join(", ")));
    }
    session.print(&render::paint(session.color, code, &line))?;
    patch.map_or(Ok(()), |patch| patch::show(session, &patch))
}

/// The difference as a part of a patch; `None` where it is not about text.
fn patched(a: &Opened<'_>, b: &Opened<'_>, difference: &Difference) -> Option<String> {
    let file = |entry: &Entry| matches!(entry.kind, Kind::File { .. });
    match difference {
        Difference::Renamed { before, after } => Some(patch::renamed(before, after)),
        Difference::Changed(Change::Added(after)) if file(after) => {
            patch::git(None, Some((b.tree(), after)))
        }
        Difference::Changed(Change::Removed(before)) if file(before) => {
            patch::git(Some((a.tree(), before)), None)
        }
        Difference::Changed(Change::Modified { before, after }) => {
            patch::git(Some((a.tree(), before)), Some((b.tree(), after)))
        }
        Difference::Changed(_) => None,
    }
}
