//! Random policies keep and remove the same snapshots, for the same reasons, as `restic forget --dry-run`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use holdall_repo::Id;
use holdall_repo::retention::{Count, GroupBy, Policy, Span, plan};
use holdall_repo::wire::snapshot::{Snapshot, SnapshotFile};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::restic::Restic;

/// Day of the month, hour and minute in March 2024 or further back, zone, host and tags.
const SNAPSHOTS: [(&str, &str, &str, &str); 24] = [
    ("2022-01-15 12:00:00", "UTC", "a", "old"),
    ("2023-01-01 00:30:00", "Asia/Kathmandu", "a", ""),
    ("2023-12-31 23:30:00", "UTC", "a", "x,y"),
    ("2024-01-01 00:10:00", "UTC", "a", "x"),
    ("2024-01-31 10:00:00", "America/New_York", "a", ""),
    ("2024-02-29 23:59:59", "UTC", "a", "y"),
    ("2024-03-09 07:00:00", "Asia/Kathmandu", "a", ""),
    ("2024-03-09 01:30:00", "UTC", "a", ""),
    ("2024-03-10 02:00:00", "America/New_York", "a", ""),
    ("2024-03-10 23:00:00", "UTC", "a", "x"),
    ("2024-03-11 00:00:00", "UTC", "a", ""),
    ("2024-03-11 00:20:00", "UTC", "a", ""),
    ("2024-03-11 00:59:59", "UTC", "a", "y,x"),
    ("2024-03-11 01:00:00", "UTC", "a", ""),
    ("2024-03-11 06:40:00", "Asia/Kathmandu", "a", ""),
    ("2024-03-11 23:00:00", "America/New_York", "a", ""),
    ("2024-03-12 04:00:01", "UTC", "a", ""),
    ("2024-03-31 04:00:01", "UTC", "a", ""),
    ("2023-03-31 00:00:00", "UTC", "b", ""),
    ("2023-12-31 00:00:00", "UTC", "b", "x"),
    ("2024-02-28 00:00:00", "UTC", "b", ""),
    ("2024-02-29 00:00:00", "UTC", "b", ""),
    ("2024-03-01 00:00:00", "America/New_York", "b", ""),
    ("2024-03-31 00:00:00", "UTC", "b", "y"),
];

fn keep() -> impl Strategy<Value = Count> {
    prop_oneof![2 => Just(Count::None), 1 => (1u32..8).prop_map(Count::Of)]
}

fn span() -> impl Strategy<Value = Option<Span>> {
    let some = (0u32..3, 0u32..14, 0u32..40, 0u32..30)
        .prop_map(|(years, months, days, hours)| Some(Span { years, months, days, hours }));
    prop_oneof![4 => Just(None), 1 => some]
}

prop_compose! {
    fn policy()(
        counts in proptest::array::uniform6(keep()), spans in proptest::array::uniform6(span()),
        tags in proptest::collection::vec(proptest::sample::select(vec!["x", "x,y", "none"]), 0..2),
    ) -> Policy {
        let [last, hourly, daily, weekly, monthly, yearly] = counts;
        let [within, within_hourly, within_daily, within_weekly, within_monthly, within_yearly] = spans;
        let tags = tags.iter().map(|list| list.split(',').map(str::to_owned).collect()).collect();
        Policy { last, hourly, daily, weekly, monthly, yearly, within, within_hourly, within_daily,
            within_weekly, within_monthly, within_yearly, tags, now: None }
    }
}

fn arguments(policy: &Policy, group_by: GroupBy) -> Vec<String> {
    let mut out: Vec<String> =
        ["forget", "--dry-run", "--no-lock", "--json"].map(str::to_owned).to_vec();
    for (flag, keep) in [
        ("last", policy.last),
        ("hourly", policy.hourly),
        ("daily", policy.daily),
        ("weekly", policy.weekly),
        ("monthly", policy.monthly),
        ("yearly", policy.yearly),
    ] {
        if let Count::Of(n) = keep {
            out.push(format!("--keep-{flag}={n}"));
        }
    }
    for (flag, span) in [
        ("", policy.within),
        ("-hourly", policy.within_hourly),
        ("-daily", policy.within_daily),
        ("-weekly", policy.within_weekly),
        ("-monthly", policy.within_monthly),
        ("-yearly", policy.within_yearly),
    ] {
        if let Some(span) = span.filter(|span| *span != Span::default()) {
            out.push(format!("--keep-within{flag}={span}"));
        }
    }
    out.extend(policy.tags.iter().map(|tags| format!("--keep-tag={}", tags.join(","))));
    let by = [("host", group_by.host), ("paths", group_by.paths), ("tags", group_by.tags)];
    let by: Vec<_> = by.iter().filter(|(_, on)| *on).map(|(word, _)| *word).collect();
    out.push(format!("--group-by={}", by.join(",")));
    out
}

/// Snapshots without the two fields that restic adds when it prints them.
fn snapshots(json: &Value) -> Vec<SnapshotFile> {
    let files = json.as_array().into_iter().flatten().map(|json| {
        let mut json = json.clone();
        let fields = json.as_object_mut().unwrap();
        let id: Id = fields.remove("id").unwrap().as_str().unwrap().parse().unwrap();
        fields.remove("short_id").unwrap();
        let text = json.to_string();
        let snapshot = Snapshot::parse(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(snapshot.to_json()).unwrap(), text);
        SnapshotFile { id, snapshot }
    });
    files.collect()
}

/// Whether the oldest snapshot fills a count that is not used up.
#[derive(Clone, Copy, PartialEq)]
enum Oldest {
    Stays,
    /// As with restic before 0.16.
    Goes,
}

/// Reasons without what versions of restic say in different words.
fn plain(reasons: Vec<String>) -> Vec<String> {
    let reasons = reasons.iter().map(|reason| reason.trim_start_matches("oldest ").to_owned());
    reasons.collect()
}

/// All that is decided, in a form that both sides can be brought into: reasons of what stays, none of what goes.
type Decisions = BTreeMap<Id, Vec<String>>;

fn ours(files: &[SnapshotFile], policy: &Policy, group_by: GroupBy, oldest: Oldest) -> Decisions {
    let mut out = Decisions::new();
    for group in plan(files, policy, group_by).groups {
        for mut decision in group.keep {
            if oldest == Oldest::Goes {
                decision.reasons.retain(|reason| !reason.starts_with("oldest "));
            }
            out.insert(decision.file.id, plain(decision.reasons));
        }
        out.extend(group.remove.into_iter().map(|decision| (decision.file.id, Vec::new())));
    }
    out
}

fn theirs(json: &Value) -> Decisions {
    let mut out = Decisions::new();
    for group in json.as_array().unwrap() {
        // The reasons come in the order of what they are for.
        let kept = snapshots(&group["keep"]);
        let reasons: Vec<&Value> = group["reasons"].as_array().into_iter().flatten().collect();
        assert_eq!(kept.len(), reasons.len());
        for (file, reason) in kept.into_iter().zip(reasons) {
            assert_eq!(reason["snapshot"]["time"], *file.snapshot.time.to_string());
            let words = reason["matches"].as_array().into_iter().flatten();
            let words = words.map(|word| match word.as_str().unwrap().strip_prefix("has tags [") {
                Some(tags) => format!("has tags {}", tags.trim_end_matches(']')),
                None => word.as_str().unwrap().to_owned(),
            });
            out.insert(file.id, plain(words.collect()));
        }
        out.extend(snapshots(&group["remove"]).into_iter().map(|file| (file.id, Vec::new())));
    }
    out
}

/// Calls `work` with each item, from a few threads, because restic spends its time on the password.
fn in_parallel<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(item) = next() {
                    work(item);
                }
            });
        }
    });
}

#[test]
fn policies_decide_as_restic_decides() {
    let Some(restic) = Restic::init() else { return };
    std::fs::write(restic.source().join("file"), "x").unwrap();
    in_parallel(SNAPSHOTS.to_vec(), |(time, zone, host, tags)| {
        let mut args = vec!["backup", "file", "--force", "--time", time, "--host", host];
        if !tags.is_empty() {
            args.extend(["--tag", tags]);
        }
        restic.run(zone, &args);
    });
    let files = snapshots(&restic.json("UTC", &["snapshots", "--json"]));
    assert_eq!(files.len(), SNAPSHOTS.len());

    let oldest = if restic.minor_version() < 16 { Oldest::Goes } else { Oldest::Stays };
    let mut runner = TestRunner::deterministic();
    let strategy = (policy(), any::<bool>(), any::<bool>())
        .prop_map(|(policy, host, tags)| (policy, GroupBy { host, paths: true, tags }));
    let cases = (0..40).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let cases: Vec<_> = cases.filter(|(policy, _)| !policy.is_empty()).collect();
    assert!(cases.len() > 30);
    in_parallel(cases, |(policy, group_by)| {
        let args = arguments(&policy, group_by);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let theirs = theirs(&restic.json("UTC", &args));
        assert_eq!(theirs.len(), files.len(), "{args:?}");
        assert_eq!(ours(&files, &policy, group_by, oldest), theirs, "{args:?}");
    });
}
