//! `holdall repo prune`

use holdall::config;
use holdall::repo::prune::{self, MaxUnused, PruneOptions, PrunePlan};
use holdall::repo::{Lock, LockMode, Repository};

use crate::args::{PruneArgs, size};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &PruneArgs) -> Result<u8> {
    let repository = session.open()?;
    let lock = session.lock_to_change(&repository, LockMode::Exclusive)?;
    let plan = prune::plan(&session.context(), &repository, &options(session, Some(args))?)?;
    let done = carry_out(session, &repository, &plan, lock.as_ref())?;
    if session.json {
        session.print_json(done)?;
    } else {
        show(session, &plan, &done)?;
    }
    Ok(0)
}

/// What flags ask for, and where they ask for nothing the settings.
pub(super) fn options(session: &Session, args: Option<&PruneArgs>) -> Result<PruneOptions> {
    let settings = &session.config.config.prune;
    let max_unused = match args.and_then(|args| args.max_unused.as_deref()) {
        Some(text) => max_unused(text)?,
        None => match settings.max_unused {
            config::MaxUnused::Percent(percent) => MaxUnused::Percent(f64::from(percent)),
            config::MaxUnused::Size(size) => MaxUnused::Bytes(size.0),
            config::MaxUnused::Unlimited => MaxUnused::Unlimited,
        },
    };
    let max_repack_bytes = args
        .and_then(|args| args.max_repack_size)
        .or_else(|| settings.max_repack_size.map(|size| size.0));
    Ok(PruneOptions { max_unused, max_repack_bytes, forgotten: Vec::new() })
}

fn max_unused(text: &str) -> Result<MaxUnused> {
    let bad = || Failure::Usage(format!("--max-unused takes 5%, 1G or unlimited, not {text:?}"));
    if text == "unlimited" {
        return Ok(MaxUnused::Unlimited);
    }
    let Some(percent) = text.strip_suffix('%') else {
        return size(text).map(MaxUnused::Bytes).map_err(|_| bad());
    };
    let percent = percent.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(MaxUnused::Percent).ok_or_else(bad)
}

/// Does what the plan says, unless this is a dry run.
pub(super) fn carry_out(
    session: &Session,
    repository: &Repository,
    plan: &PrunePlan,
    lock: Option<&Lock>,
) -> Result<wire::Pruned> {
    let (kept, rewritten, unused, unreferenced) = plan.packs();
    let packs_removed = match lock {
        Some(lock) if !session.dry_run => {
            prune::apply(&session.context(), repository, plan, &|| lock.check())?
        }
        _ => 0,
    };
    session.progress.finish();
    Ok(wire::Pruned {
        dry_run: session.dry_run,
        packs_kept: kept as u64,
        packs_rewritten: rewritten as u64,
        packs_unused: unused as u64,
        packs_unreferenced: unreferenced as u64,
        packs_removed,
        bytes_used: plan.used_bytes,
        bytes_gained: plan.gained_bytes(),
        bytes_rewritten: plan.rewritten_bytes,
    })
}

pub(super) fn show(session: &Session, plan: &PrunePlan, done: &wire::Pruned) -> Result<()> {
    if plan.is_empty() {
        return session.print("everything is needed; nothing to prune");
    }
    let verb = if done.dry_run { "would be" } else { "were" };
    session.print(&format!(
        "{} {verb} freed: {} unused and {} unreferenced, {} rewritten ({}), {} kept",
        render::bytes(done.bytes_gained),
        render::count(done.packs_unused, "pack"),
        done.packs_unreferenced,
        done.packs_rewritten,
        render::bytes(done.bytes_rewritten),
        done.packs_kept,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stay_is_a_share_a_size_or_anything() {
        assert_eq!(max_unused("7.5%").unwrap(), MaxUnused::Percent(7.5));
        assert_eq!(max_unused("1G").unwrap(), MaxUnused::Bytes(1 << 30));
        assert_eq!(max_unused("unlimited").unwrap(), MaxUnused::Unlimited);
        for bad in ["", "%", "101%", "-1%", "NaN%", "x"] {
            assert!(max_unused(bad).is_err(), "{bad}");
        }
    }
}
