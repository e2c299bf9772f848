//! A dump in several files.

use std::path::PathBuf;

use holdall::dump::{DumpOptions, DumpReport, Item, Most, part_path, split, write};
use holdall::source::Opened;
use holdall::tree::Context;

use super::options::Wanted;
use crate::commands::place::Place;
use crate::commands::sealing;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Writes what was inspected and prepared as files of at most that size, all of which appear at the end. Gives their
/// names and one report for all.
pub(super) fn parts(
    session: &Session,
    ctx: &Context<'_>,
    source: &Opened<'_>,
    wanted: &Wanted<'_>,
    items: &[Item],
    options: &DumpOptions,
    most: Most,
) -> Result<(Vec<PathBuf>, DumpReport)> {
    let Place::File(file) = &wanted.place else {
        return Err(Failure::Usage("a dump is split into files: name them with -o FILE".into()));
    };
    let parts = split(ctx, source.tree(), items, options, most)?;
    let (mut paths, mut drafts, mut all) = (Vec::new(), Vec::new(), None::<DumpReport>);
    for (number, part) in (1..).zip(&parts) {
        let place = Place::File(part_path(file, number));
        let (report, draft) = place
            .packed(session, wanted, |out| Ok(write(ctx, source.tree(), part, out, options)?))?;
        all = Some(match all {
            None => report,
            Some(all) => all.and(&report),
        });
        if let Place::File(path) = place {
            if let Some(draft) = draft {
                let signature = wanted.seal.sign(&path, &mut draft.reopen()?)?;
                drafts.push((path.clone(), signature, draft));
            }
            paths.push(path);
        }
    }
    for (path, signature, draft) in drafts {
        draft.publish()?;
        sealing::publish(session, &path, signature.as_ref())?;
    }
    let mut report = all.ok_or_else(|| Failure::Usage("there is nothing to dump".into()))?;
    let whole = parts.first().and_then(|part| part.iter().find_map(|item| item.record.share));
    report.tree = whole.map_or(report.tree, |share| share.whole);
    Ok((paths, report))
}
