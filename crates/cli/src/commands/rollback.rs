//! `holdall rollback`

use std::path::Path;

use holdall::fs::restore::Point;
use holdall::repo::WireTime;
use holdall::rollback::{self, Wanted};

use crate::args::RollbackArgs;
use crate::failure::{Failure, Result};
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &RollbackArgs) -> Result<u8> {
    let target = args
        .target
        .as_ref()
        .map_or(session.places.current.clone(), |dir| session.places.current.join(dir));
    let ctx = session.context();
    let points = rollback::points(&ctx, &target)?;
    if args.list {
        return list(session, &target, &points);
    }
    let wanted = match &args.to {
        None => Wanted::Newest,
        Some(text) => Wanted::Number(number(text, &points)?),
    };
    let planned = rollback::plan(&ctx, &target, &wanted, &args.paths)?;
    let point = planned.tree.point.number;
    for path in rollback::drifted(&planned)? {
        session.tell(&format!("note: {path} was changed since by someone else and stays as it is"));
    }
    if session.dry_run {
        session.progress.finish();
        for path in rollback::lost(&planned)? {
            session
                .tell(&format!("note: {path} was removed or moved since and would not come back"));
        }
        match &planned.plan {
            Some(plan) => super::preview::preview(session, &planned.tree, plan, false)?,
            None if session.json => session.print_json(wire::RestorePreview {
                target: render::path(&target),
                plan: None,
                removes_target: true,
                steps: Vec::new(),
                unchanged: 0,
                files: 0,
                bytes: 0,
            })?,
            None => session.print(&format!(
                "would take {} away: nothing was there before",
                target.display()
            ))?,
        }
        return Ok(0);
    }
    let question =
        format!("go back to point {point} in {}? (what is replaced is kept)", target.display());
    if !session.confirm(&question)? {
        return Err(Failure::from(holdall::Error::Refused("nothing was changed".into())));
    }
    let report = rollback::apply(&ctx, &target, &planned)?;
    session.progress.finish();
    if session.json {
        session.print_json(wire::RolledBack {
            target: render::path(&target),
            went_back_to: point,
            files: report.files,
            problems: report.problems,
            point: report.point,
        })?;
        return Ok(session.code());
    }
    session.print(&format!("{} is as it was before restore {point}", target.display()))?;
    if let Some(new) = report.point {
        session.tell(&format!("what was there until now is point {new}"));
    }
    Ok(session.code())
}

fn list(session: &Session, target: &Path, points: &[Point]) -> Result<u8> {
    if session.json {
        let one = |point: &Point| wire::RestorePoint {
            point: point.number,
            time: WireTime { at: point.time, offset: 0 }.to_string(),
            restored: point.source.clone(),
            existed: point.existed,
        };
        let points = points.iter().map(one).collect();
        session.print_json(wire::Points { target: render::path(target), points })?;
        return Ok(0);
    }
    if points.is_empty() {
        session.tell(&format!("no restore of {} has left a point", target.display()));
        return Ok(0);
    }
    let mut table = Table::new(&[
        ("Point", Align::Right),
        ("Time", Align::Left),
        ("The state before the restore of", Align::Left),
    ]);
    for point in points {
        let source = if point.existed {
            point.source.clone()
        } else {
            format!("{} (nothing was there)", point.source)
        };
        table.row(vec![point.number.to_string(), render::time(point.time), source]);
    }
    for line in table.lines(session.color) {
        session.print(&line)?;
    }
    Ok(0)
}

/// The point that a person means: its number, or the first one made at or after a local time, whose state is what was
/// there at that time.
fn number(text: &str, points: &[Point]) -> Result<u64> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let bad = || {
        Failure::Usage(format!(
            "{text:?} is neither the number of a point nor a time such as \"2026-01-02 10:00\""
        ))
    };
    let time: jiff::civil::DateTime = text.replace(' ', "T").parse().map_err(|_| bad())?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::system()).map_err(|_| bad())?;
    let secs = zoned.timestamp().as_second();
    let point = points.iter().find(|point| point.time.secs >= secs);
    point
        .map(|point| point.number)
        .ok_or_else(|| Failure::Usage(format!("nothing was restored after {text}")))
}
