//! `holdall repo forget`

use holdall::config;
use holdall::repo::prune::plan as plan_prune;
use holdall::repo::retention::{Decision, Group, GroupBy, RetentionPlan, plan};
use holdall::repo::{Id, LockMode, Repository, forget};

use super::prune;
use crate::args::ForgetArgs;
use crate::commands::retention::policy;
use crate::failure::{Failure, Result};
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &ForgetArgs) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let lock = session.lock_to_change(&repository, LockMode::Exclusive)?;
    let (decided, ids) = decide(session, args, &repository)?;
    if !session.json {
        show(session, &decided, &ids)?;
    }
    let emptying =
        if args.allow_empty { forget::Emptying::Allow } else { forget::Emptying::Refuse };
    forget::permit(&decided, emptying)?;
    if !session.dry_run {
        let mut removed = forget::apply(&ctx, &repository, &decided, emptying)?;
        removed += forget::remove(&ctx, &repository, &ids)?;
        session.tell(&format!("{} forgotten", render::count(removed, "snapshot")));
    }
    let mut pruned = None;
    if args.prune || session.config.config.forget.prune {
        let mut options = prune::options(session, None)?;
        if session.dry_run {
            options.forgotten = decided.removed().map(|file| file.id).chain(ids.clone()).collect();
        }
        let plan = plan_prune(&ctx, &repository, &options)?;
        let done = prune::carry_out(session, &repository, &plan, lock.as_ref())?;
        if !session.json {
            prune::show(session, &plan, &done)?;
        }
        pruned = Some(done);
    }
    if session.json {
        session.print_json(wire::Forgotten {
            dry_run: session.dry_run,
            groups: decided.groups.iter().map(group).collect(),
            removed_ids: ids.iter().map(Id::hex).collect(),
            prune: pruned,
        })?;
    }
    Ok(0)
}

/// What the rules decide, and the snapshots that are named.
fn decide(
    session: &Session,
    args: &ForgetArgs,
    repository: &Repository,
) -> Result<(RetentionPlan, Vec<Id>)> {
    let ctx = session.context();
    let named = !args.ids.is_empty();
    // Rules of two places are not mixed: what is kept is then easy to see.
    let settings = &session.config.config.forget;
    let settings = (!args.keep.any() && !named).then_some(settings);
    let policy = policy(session, &args.keep, settings);
    if !args.ids.is_empty() {
        if !policy.is_empty() {
            return Err(Failure::Usage("IDs and rules exclude each other".into()));
        }
        let find = |wanted: &String| -> Result<Id> {
            Ok(repository.find_snapshot(&ctx, wanted.strip_prefix('@').unwrap_or(wanted))?.id)
        };
        let ids = args.ids.iter().map(find).collect::<Result<_>>()?;
        return Ok((RetentionPlan::default(), ids));
    }
    if policy.is_empty() {
        return Err(Failure::Usage(
            "say what to keep, with --keep-last 7 for example, or which IDs to remove".into(),
        ));
    }
    let mut snapshots = repository.snapshots(&ctx)?;
    snapshots.retain(|file| {
        args.tag.iter().all(|tag| file.snapshot.tags.contains(tag))
            && args.host.as_ref().is_none_or(|host| *host == file.snapshot.hostname)
    });
    Ok((plan(&snapshots, &policy, group_by(session, args)?), Vec::new()))
}

fn group_by(session: &Session, args: &ForgetArgs) -> Result<GroupBy> {
    let mut by = GroupBy { host: false, paths: false, tags: false };
    let Some(text) = &args.group_by else {
        for word in &session.config.config.forget.group_by {
            match word {
                config::GroupBy::Host => by.host = true,
                config::GroupBy::Paths => by.paths = true,
                config::GroupBy::Tags => by.tags = true,
            }
        }
        return Ok(by);
    };
    for word in text.split(',').filter(|word| !word.is_empty()) {
        match word {
            "host" | "hosts" => by.host = true,
            "path" | "paths" => by.paths = true,
            "tag" | "tags" => by.tags = true,
            _ => {
                return Err(Failure::Usage(format!(
                    "--group-by knows host, paths and tags, not {word:?}"
                )));
            }
        }
    }
    Ok(by)
}

fn group(group: &Group) -> wire::ForgetGroup {
    let list = |decisions: &[Decision]| {
        let one = |decision: &Decision| wire::ForgetDecision {
            id: decision.file.id.hex(),
            reasons: decision.reasons.clone(),
        };
        decisions.iter().map(one).collect()
    };
    wire::ForgetGroup {
        group: group.name.clone(),
        keep: list(&group.keep),
        remove: list(&group.remove),
    }
}

fn show(session: &Session, decided: &RetentionPlan, ids: &[Id]) -> Result<()> {
    let verb = if session.dry_run { "would remove" } else { "removing" };
    for group in &decided.groups {
        if !group.name.is_empty() {
            session.print(&render::paint(session.color, render::BOLD, &group.name))?;
        }
        let mut table = Table::new(&[
            ("", Align::Left),
            ("ID", Align::Left),
            ("Time", Align::Left),
            ("Why", Align::Left),
        ]);
        for (word, decisions) in [("keep", &group.keep), ("remove", &group.remove)] {
            for decision in decisions {
                let why = if decision.reasons.is_empty() {
                    "no rule keeps it".into()
                } else {
                    decision.reasons.join(", ")
                };
                table.row(vec![
                    word.into(),
                    decision.file.id.short(),
                    render::time(decision.file.snapshot.time.at),
                    why,
                ]);
            }
        }
        for line in table.lines(session.color) {
            session.print(&line)?;
        }
    }
    for id in ids {
        session.print(&format!("{verb} {}", id.short()))?;
    }
    Ok(())
}
