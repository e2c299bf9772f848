//! `holdall repo check`

use holdall::repo::LockMode;
use holdall::repo::check::{self, CheckReport, Finding, ReadData};

use crate::args::{CheckArgs, size};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &CheckArgs) -> Result<u8> {
    let read = match (&args.read_data_subset, args.read_data) {
        (Some(part), _) => subset(part)?,
        (None, true) => ReadData::All,
        (None, false) => ReadData::None,
    };
    let repository = session.open()?;
    let _lock = session.lock_to_read(&repository, LockMode::Exclusive)?;
    let report = check::check(&session.context(), &repository, read)?;
    session.progress.finish();
    if session.json {
        session.print_json(document(&report))?;
    } else {
        show(session, &report)?;
    }
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

fn document(report: &CheckReport) -> wire::Checked {
    wire::Checked {
        clean: report.is_clean(),
        problems: report.problems.iter().map(finding).collect(),
        packs: report.packs,
        blobs: report.blobs,
        trees: report.trees,
        snapshots: report.snapshots,
        packs_read: report.packs_read,
        bytes_read: report.bytes_read,
        unreferenced_packs: report.unreferenced_packs.len() as u64,
        duplicate_packs: report.duplicate_packs,
        peak_memory_bytes: holdall::disk::peak_memory(),
    }
}

fn finding(finding: &Finding) -> wire::CheckFinding {
    let affected = finding
        .affected
        .iter()
        .map(|(id, path)| wire::CheckAffected { snapshot: id.hex(), path: path.to_string() });
    wire::CheckFinding {
        problem: format!("{:?}", finding.problem),
        object: finding.object.to_owned(),
        id: finding.id.hex(),
        message: finding.message.clone(),
        affected: affected.collect(),
        affected_more: finding.affected_more,
    }
}

fn show(session: &Session, report: &CheckReport) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_data_is_a_fraction_a_share_or_a_size() {
        assert_eq!(subset("2/7").unwrap(), ReadData::Part { part: 2, of: 7 });
        assert_eq!(subset("5%").unwrap(), ReadData::Percent(5.0));
        assert_eq!(subset("2G").unwrap(), ReadData::Bytes(2 << 30));
        for bad in ["", "0/7", "8/7", "1/257", "0%", "101%", "x", "1/", "/2"] {
            assert!(subset(bad).is_err(), "{bad}");
        }
    }
}
