//! `holdall repo …`

use holdall::repo::check::{self, CheckReport, ReadData};
use holdall::repo::lock::{Unlock, unlock};
use holdall::repo::prune::{self, MaxUnused, PruneOptions, PrunePlan};
use holdall::repo::retention::{Count, GroupBy, Policy, RetentionPlan, Span, plan};
use holdall::repo::{Id, LockMode, Repository, forget, keys, stats};
use holdall::{Ask, access, config};

use crate::args::{
    CheckArgs, ForgetArgs, KeyCommand, NewPasswordArgs, PruneArgs, RepoCommand, UnlockArgs, size,
};
use crate::failure::{Failure, Result};
use crate::render::{self, Align, Table};
use crate::session::Session;

pub(super) fn run(session: &Session, command: RepoCommand) -> Result<u8> {
    match command {
        RepoCommand::Init => init(session),
        RepoCommand::Snapshots(args) => super::snapshots::run(session, &args),
        RepoCommand::Forget(args) => run_forget(session, &args),
        RepoCommand::Prune(args) => run_prune(session, &args),
        RepoCommand::Check(args) => run_check(session, &args),
        RepoCommand::Key(command) => key(session, &command),
        RepoCommand::Unlock(args) => run_unlock(session, &args),
        RepoCommand::Stats => run_stats(session),
    }
}

fn init(session: &Session) -> Result<u8> {
    let repository = session.access()?.init(&session.context(), &session.identity, session)?;
    if session.json {
        session.print_json(&serde_json::json!({
            "schema_version": 1, "id": repository.id().hex(), "location": repository.location(),
        }))?;
    } else {
        session.print(&format!(
            "repository {} at {}",
            repository.id().short(),
            repository.location()
        ))?;
    }
    Ok(0)
}

fn run_forget(session: &Session, args: &ForgetArgs) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let lock = session.lock(&repository, LockMode::Exclusive)?;
    let policy = policy(session, args)?;
    let decided = if args.ids.is_empty() {
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
        plan(&snapshots, &policy, group_by(&args.group_by)?)
    } else {
        if !policy.is_empty() {
            return Err(Failure::Usage("IDs and rules exclude each other".into()));
        }
        RetentionPlan::default()
    };
    let mut ids: Vec<Id> = Vec::new();
    for wanted in &args.ids {
        ids.push(repository.find_snapshot(&ctx, wanted.strip_prefix('@').unwrap_or(wanted))?.id);
    }
    show_retention(session, &decided, &ids)?;
    if !session.dry_run {
        let emptying =
            if args.allow_empty { forget::Emptying::Allow } else { forget::Emptying::Refuse };
        let mut removed = forget::apply(&ctx, &repository, &decided, emptying)?;
        removed += forget::remove(&ctx, &repository, &ids)?;
        session.tell(&format!("{} forgotten", render::count(removed, "snapshot")));
    }
    if (args.prune || session.config.config.forget.prune) && !session.dry_run {
        let plan = prune::plan(&ctx, &repository, &PruneOptions::default())?;
        prune_with(session, &repository, &plan, &|| lock.check())?;
    }
    Ok(0)
}

/// The rules of the flags, or where there are none those of the settings.
fn policy(session: &Session, args: &ForgetArgs) -> Result<Policy> {
    let settings = &session.config.config.forget;
    let count = |given: Option<u32>, setting: Option<u64>| match given
        .or(setting.map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
    {
        None => Count::None,
        Some(u32::MAX) => Count::All,
        Some(number) => Count::Of(number),
    };
    let span = |given: &Option<String>| -> Result<Option<Span>> {
        let parsed = given.as_ref().map(|text| text.parse::<Span>()).transpose();
        parsed.map_err(|error| Failure::Usage(error.to_string()))
    };
    let flags = [
        args.keep_last,
        args.keep_hourly,
        args.keep_daily,
        args.keep_weekly,
        args.keep_monthly,
        args.keep_yearly,
    ];
    let spans = [
        &args.keep_within,
        &args.keep_within_hourly,
        &args.keep_within_daily,
        &args.keep_within_weekly,
        &args.keep_within_monthly,
        &args.keep_within_yearly,
    ];
    let flagged = flags.iter().any(Option::is_some)
        || spans.iter().any(|span| span.is_some())
        || !args.keep_tag.is_empty()
        || !args.ids.is_empty();
    // Rules of two places are not mixed: what is kept is then easy to see.
    let setting = |value: Option<u64>| if flagged { None } else { value };
    let within = |given: &Option<String>,
                  value: &Option<config::units::Span>|
     -> Result<Option<Span>> {
        let own = span(given)?;
        let hours = |s: &config::units::Span| u32::try_from(s.seconds / 3600).unwrap_or(u32::MAX);
        let set = value.as_ref().filter(|_| !flagged).map(|s| Span {
            years: 0,
            months: s.months,
            days: s.days,
            hours: hours(s),
        });
        Ok(own.or(set))
    };
    let tags = if flagged { &args.keep_tag } else { &settings.keep_tag };
    Ok(Policy {
        last: count(args.keep_last, setting(settings.keep_last)),
        hourly: count(args.keep_hourly, setting(settings.keep_hourly)),
        daily: count(args.keep_daily, setting(settings.keep_daily)),
        weekly: count(args.keep_weekly, setting(settings.keep_weekly)),
        monthly: count(args.keep_monthly, setting(settings.keep_monthly)),
        yearly: count(args.keep_yearly, setting(settings.keep_yearly)),
        within: within(&args.keep_within, &settings.keep_within)?,
        within_hourly: within(&args.keep_within_hourly, &settings.keep_within_hourly)?,
        within_daily: within(&args.keep_within_daily, &settings.keep_within_daily)?,
        within_weekly: within(&args.keep_within_weekly, &settings.keep_within_weekly)?,
        within_monthly: within(&args.keep_within_monthly, &settings.keep_within_monthly)?,
        within_yearly: within(&args.keep_within_yearly, &settings.keep_within_yearly)?,
        tags: tags.iter().map(|tags| tags.split(',').map(str::to_owned).collect()).collect(),
    })
}

fn group_by(text: &str) -> Result<GroupBy> {
    let mut by = GroupBy { host: false, paths: false, tags: false };
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

fn show_retention(session: &Session, decided: &RetentionPlan, ids: &[Id]) -> Result<()> {
    if session.json {
        let groups: Vec<_> = decided
            .groups
            .iter()
            .map(|group| {
                let list = |decisions: &[holdall::repo::retention::Decision]| -> Vec<_> {
                    let one = |d: &holdall::repo::retention::Decision| serde_json::json!({ "id": d.file.id.hex(), "reasons": d.reasons });
                    decisions.iter().map(one).collect()
                };
                serde_json::json!({ "group": group.name, "keep": list(&group.keep), "remove": list(&group.remove) })
            })
            .collect();
        let ids: Vec<String> = ids.iter().map(Id::hex).collect();
        return session.print_json(&serde_json::json!({ "schema_version": 1, "dry_run": session.dry_run, "groups": groups, "removed_ids": ids }));
    }
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

fn run_prune(session: &Session, args: &PruneArgs) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let lock = session.lock(&repository, LockMode::Exclusive)?;
    let bad = || {
        Failure::Usage(format!("--max-unused takes 5%, 1G or unlimited, not {:?}", args.max_unused))
    };
    let max_unused = match args.max_unused.as_str() {
        "unlimited" => MaxUnused::Unlimited,
        text => match text.strip_suffix('%') {
            Some(percent) => MaxUnused::Percent(
                percent.parse().ok().filter(|p| (0.0..=100.0).contains(p)).ok_or_else(bad)?,
            ),
            None => MaxUnused::Bytes(size(text).map_err(|_| bad())?),
        },
    };
    let options = PruneOptions { max_unused, max_repack_bytes: args.max_repack_size };
    let plan = prune::plan(&ctx, &repository, &options)?;
    prune_with(session, &repository, &plan, &|| lock.check())?;
    Ok(0)
}

fn prune_with(
    session: &Session,
    repository: &Repository,
    plan: &PrunePlan,
    still_locked: &dyn Fn() -> holdall::repo::Result<()>,
) -> Result<()> {
    let (keep, repack, unused, unreferenced) = plan.packs();
    let removed = if session.dry_run {
        0
    } else {
        prune::apply(&session.context(), repository, plan, still_locked)?
    };
    session.progress.finish();
    if session.json {
        return session.print_json(&serde_json::json!({
            "schema_version": 1, "dry_run": session.dry_run, "packs_kept": keep, "packs_rewritten": repack,
            "packs_unused": unused, "packs_unreferenced": unreferenced, "packs_removed": removed,
            "bytes_used": plan.used_bytes, "bytes_gained": plan.gained_bytes(), "bytes_rewritten": plan.rewritten_bytes,
        }));
    }
    if plan.is_empty() {
        return session.print("everything is needed; nothing to prune");
    }
    let verb = if session.dry_run { "would be" } else { "were" };
    session.print(&format!(
        "{} {verb} freed: {} unused and {} unreferenced, {} rewritten ({}), {} kept",
        render::bytes(plan.gained_bytes()),
        render::count(unused as u64, "pack"),
        unreferenced,
        repack,
        render::bytes(plan.rewritten_bytes),
        keep,
    ))
}

fn run_check(session: &Session, args: &CheckArgs) -> Result<u8> {
    let read = match (&args.read_data_subset, args.read_data) {
        (Some(part), _) => subset(part)?,
        (None, true) => ReadData::All,
        (None, false) => ReadData::None,
    };
    let repository = session.open()?;
    let _lock = session.lock(&repository, LockMode::Exclusive)?;
    let report = check::check(&session.context(), &repository, read)?;
    session.progress.finish();
    show_check(session, &report)?;
    Ok(u8::from(!report.is_clean()))
}

fn subset(text: &str) -> Result<ReadData> {
    let bad = || Failure::Usage(format!("--read-data-subset takes 1/7, 5% or 2G, not {text:?}"));
    if let Some((part, of)) = text.split_once('/') {
        let (part, of) = (part.parse().map_err(|_| bad())?, of.parse().map_err(|_| bad())?);
        return if (1..=of).contains(&part) && of <= 256 {
            Ok(ReadData::Part { part, of })
        } else {
            Err(bad())
        };
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent.parse().ok().filter(|p| *p > 0.0 && *p <= 100.0);
        return percent.map(ReadData::Percent).ok_or_else(bad);
    }
    size(text).map(ReadData::Bytes).map_err(|_| bad())
}

fn show_check(session: &Session, report: &CheckReport) -> Result<()> {
    if session.json {
        let problems: Vec<_> = report
            .problems
            .iter()
            .map(|finding| {
                let affected: Vec<_> = finding
                    .affected
                    .iter()
                    .map(|(id, path)| serde_json::json!({ "snapshot": id.hex(), "path": path.to_string() }))
                    .collect();
                serde_json::json!({
                    "problem": format!("{:?}", finding.problem), "object": finding.object, "id": finding.id.hex(),
                    "message": finding.message, "affected": affected, "affected_more": finding.affected_more,
                })
            })
            .collect();
        return session.print_json(&serde_json::json!({
            "schema_version": 1, "clean": report.is_clean(), "problems": problems, "packs": report.packs,
            "blobs": report.blobs, "trees": report.trees, "snapshots": report.snapshots,
            "packs_read": report.packs_read, "bytes_read": report.bytes_read,
            "unreferenced_packs": report.unreferenced_packs.len(), "duplicate_packs": report.duplicate_packs,
        }));
    }
    for finding in &report.problems {
        let head = format!("{} {}: {}", finding.object, finding.id.short(), finding.message);
        session.print(&render::paint(session.color, render::RED, &head))?;
        for (id, path) in &finding.affected {
            session.print(&format!("  needed by @{}:{path}", id.short()))?;
        }
        if finding.affected_more > 0 {
            session.print(&format!("  and by {} more", render::grouped(finding.affected_more)))?;
        }
    }
    if !report.unreferenced_packs.is_empty() {
        let packs = render::count(report.unreferenced_packs.len() as u64, "pack");
        session.tell(&format!("note: {packs} in no index, left by an interrupted run; `holdall repo prune` removes them"));
    }
    let read = if report.packs_read > 0 {
        format!(", {} read", render::bytes(report.bytes_read))
    } else {
        String::new()
    };
    let what = format!(
        "{}, {}, {} checked{read}",
        render::count(report.snapshots, "snapshot"),
        render::count(report.packs, "pack"),
        render::count(report.blobs, "blob"),
    );
    if report.is_clean() {
        session.print(&format!("no problems: {what}"))
    } else {
        session
            .print(&format!("{}: {what}", render::count(report.problems.len() as u64, "problem")))
    }
}

fn key(session: &Session, command: &KeyCommand) -> Result<u8> {
    let ctx = session.context();
    let mut repository = session.open()?;
    match command {
        KeyCommand::List => {
            let _lock = session.lock(&repository, LockMode::Shared)?;
            let mut table = Table::new(&[
                ("", Align::Left),
                ("ID", Align::Left),
                ("User", Align::Left),
                ("Host", Align::Left),
                ("Made", Align::Left),
            ]);
            let all = keys::list(&repository)?;
            if session.json {
                let list: Vec<_> = all
                    .iter()
                    .map(|key| serde_json::json!({ "id": key.id.hex(), "user": key.user, "host": key.host, "created": key.created, "current": key.current, "n": key.kdf.n, "r": key.kdf.r, "p": key.kdf.p }))
                    .collect();
                session.print_json(&serde_json::json!({ "schema_version": 1, "keys": list }))?;
                return Ok(0);
            }
            for key in all {
                let mark = if key.current { "*" } else { "" };
                table.row(vec![mark.into(), key.id.short(), key.user, key.host, key.created]);
            }
            for line in table.lines(session.color) {
                session.print(&line)?;
            }
        }
        KeyCommand::Add(args) => {
            let _lock = session.lock(&repository, LockMode::Shared)?;
            let secret = new_password(session, args, &repository)?;
            let id = keys::add(&ctx, &repository, &secret, &session.identity)?;
            session.print(&format!("key {} added", id.short()))?;
        }
        KeyCommand::Remove(args) => {
            let _lock = session.lock(&repository, LockMode::Exclusive)?;
            let id = keys::remove(&repository, &args.id)?;
            session.print(&format!("key {} removed", id.short()))?;
        }
        KeyCommand::Passwd(args) => {
            let _lock = session.lock(&repository, LockMode::Exclusive)?;
            let secret = new_password(session, args, &repository)?;
            let id = keys::change_password(&ctx, &mut repository, &secret, &session.identity)?;
            session.print(&format!("password changed; the key is now {}", id.short()))?;
        }
    }
    Ok(0)
}

fn new_password(
    session: &Session,
    args: &NewPasswordArgs,
    repository: &Repository,
) -> Result<holdall::repo::Secret> {
    Ok(match &args.new_password_file {
        Some(file) => access::password_file(&session.places.current.join(file))?,
        None => session.new_password(&repository.location())?,
    })
}

fn run_unlock(session: &Session, args: &UnlockArgs) -> Result<u8> {
    let repository = session.open()?;
    let which = if args.all { Unlock::All } else { Unlock::Stale };
    let host = &session.identity.host;
    let removed =
        unlock(&session.context(), &repository, which, host, &holdall::disk::process_is_alive)?;
    if session.json {
        session.print_json(&serde_json::json!({ "schema_version": 1, "removed": removed }))?;
        return Ok(0);
    }
    for holder in &removed {
        session.print(&format!("removed the lock of {holder}"))?;
    }
    session.tell(&format!("{} removed", render::count(removed.len() as u64, "lock")));
    Ok(0)
}

fn run_stats(session: &Session) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let _lock = session.lock(&repository, LockMode::Shared)?;
    let index = repository.load_index(&ctx)?;
    let stats = stats::stats(&ctx, &repository, &index)?;
    session.progress.finish();
    if session.json {
        session.print_json(&serde_json::json!({
            "schema_version": 1, "snapshots": stats.snapshots, "packs": stats.packs, "index_files": stats.index_files,
            "data_blobs": stats.data_blobs, "tree_blobs": stats.tree_blobs, "plain_bytes": stats.plain_bytes,
            "sealed_bytes": stats.sealed_bytes, "stored_bytes": stats.stored_bytes,
        }))?;
        return Ok(0);
    }
    let ratio = stats.plain_bytes as f64 / stats.sealed_bytes.max(1) as f64;
    for (name, value) in [
        ("snapshots", render::grouped(stats.snapshots)),
        ("packs", render::grouped(stats.packs)),
        ("chunks of files", render::grouped(stats.data_blobs)),
        ("directories", render::grouped(stats.tree_blobs)),
        ("different data", render::bytes(stats.plain_bytes)),
        ("as stored", format!("{} ({ratio:.1} times smaller)", render::bytes(stats.sealed_bytes))),
        ("all files", render::bytes(stats.stored_bytes)),
    ] {
        session.print(&format!("{name:<16} {value}"))?;
    }
    Ok(0)
}
