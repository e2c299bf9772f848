//! Which snapshots are kept, and why. The rules are those of `holdall_select::retention`; here snapshots are grouped.

use std::collections::BTreeMap;

use holdall_select::retention::{Captured, Line, decide};
use holdall_tree::Timestamp;

pub use holdall_select::retention::{Count, Policy, Span};

use crate::wire::snapshot::SnapshotFile;

/// What snapshots of one group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupBy {
    /// The machine.
    pub host: bool,
    /// The paths.
    pub paths: bool,
    /// The labels.
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { host: true, paths: true, tags: false }
    }
}

/// What happens to one snapshot, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The snapshot.
    pub file: SnapshotFile,
    /// The rules that keep it; empty if none does.
    pub reasons: Vec<String>,
}

/// The decisions about one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What its snapshots have in common, in words.
    pub name: String,
    /// The newest first.
    pub keep: Vec<Decision>,
    /// The newest first.
    pub remove: Vec<Decision>,
}

/// The decisions about all snapshots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RetentionPlan {
    /// By group.
    pub groups: Vec<Group>,
}

impl RetentionPlan {
    /// The snapshots that go.
    pub fn removed(&self) -> impl Iterator<Item = &SnapshotFile> {
        self.groups.iter().flat_map(|group| &group.remove).map(|decision| &decision.file)
    }

    /// The groups of which nothing would be left.
    pub fn emptied(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.keep.is_empty() && !group.remove.is_empty())
    }
}

impl Captured for SnapshotFile {
    fn time(&self) -> Timestamp {
        self.snapshot.time.at
    }

    fn offset(&self) -> i32 {
        self.snapshot.time.offset
    }

    fn has_tags(&self, wanted: &[String]) -> bool {
        self.snapshot.has_tags(wanted)
    }
}

/// Decides about all snapshots.
#[must_use]
pub fn plan(snapshots: &[SnapshotFile], policy: &Policy, by: GroupBy) -> RetentionPlan {
    let mut groups: BTreeMap<(String, Vec<String>, Vec<String>), Vec<SnapshotFile>> =
        BTreeMap::new();
    for file in snapshots {
        let sorted = |list: &[String], wanted: bool| {
            let mut list = if wanted { list.to_vec() } else { Vec::new() };
            list.sort();
            list
        };
        let host = if by.host { file.snapshot.hostname.clone() } else { String::new() };
        let key =
            (host, sorted(&file.snapshot.paths, by.paths), sorted(&file.snapshot.tags, by.tags));
        groups.entry(key).or_default().push(file.clone());
    }
    let groups = groups.into_iter().map(|((host, paths, tags), mut files)| {
        files.sort_by(|a, b| b.snapshot.time.at.cmp(&a.snapshot.time.at).then(a.id.cmp(&b.id)));
        let mut parts = Vec::new();
        for (word, text) in [("host", host), ("paths", paths.join(", ")), ("tags", tags.join(", "))]
        {
            if !text.is_empty() {
                parts.push(format!("{word} {text}"));
            }
        }
        let name = parts.join(", ");
        let Line { keep, remove } = decide(files, policy, "snapshot");
        Group {
            name,
            keep: keep.into_iter().map(|(file, reasons)| Decision { file, reasons }).collect(),
            remove: remove.into_iter().map(|file| Decision { file, reasons: Vec::new() }).collect(),
        }
    });
    RetentionPlan { groups: groups.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::wire::snapshot::Snapshot;

    fn at(time: &str) -> SnapshotFile {
        SnapshotFile {
            id: Id::of(time.as_bytes()),
            snapshot: Snapshot::new(time.parse().unwrap(), Id([0; 32])),
        }
    }

    fn kept(times: &[&str], policy: &Policy) -> Vec<String> {
        let files: Vec<_> = times.iter().map(|time| at(time)).collect();
        let plan = plan(&files, policy, GroupBy::default());
        let mut kept: Vec<String> = plan
            .groups
            .iter()
            .flat_map(|g| &g.keep)
            .map(|d| d.file.snapshot.time.to_string())
            .collect();
        kept.sort();
        kept
    }

    const TIMES: [&str; 6] = [
        "2026-01-01T10:00:00Z",
        "2026-01-01T20:00:00Z",
        "2026-01-02T10:00:00Z",
        "2026-02-10T10:00:00Z",
        "2026-02-10T10:30:00Z",
        "2026-03-01T00:00:00Z",
    ];

    #[test]
    fn each_rule_keeps_the_newest_of_its_periods() {
        let check = |policy: Policy, expected: &[usize]| {
            let expected: Vec<&str> = expected.iter().map(|i| TIMES[*i]).collect();
            assert_eq!(kept(&TIMES, &policy), expected, "{policy:?}");
        };
        check(Policy { last: Count::Of(2), ..Policy::default() }, &[4, 5]);
        check(Policy { daily: Count::Of(2), ..Policy::default() }, &[4, 5]);
        check(Policy { daily: Count::All, ..Policy::default() }, &[0, 1, 2, 4, 5]);
        check(Policy { monthly: Count::Of(3), ..Policy::default() }, &[2, 4, 5]);
        check(Policy { monthly: Count::Of(9), ..Policy::default() }, &[0, 2, 4, 5]);
        check(Policy { yearly: Count::Of(1), ..Policy::default() }, &[5]);
        check(Policy { within: Some("30d".parse().unwrap()), ..Policy::default() }, &[3, 4, 5]);
        check(
            Policy { within_daily: Some("1m30d".parse().unwrap()), ..Policy::default() },
            &[2, 4, 5],
        );
        // The oldest stays too, here as the second of its day.
        check(
            Policy { within_daily: Some("2m".parse().unwrap()), ..Policy::default() },
            &[0, 1, 2, 4, 5],
        );
        check(Policy::default(), &[0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_snapshot_of_the_future_does_not_shorten_the_span_of_the_others() {
        let times = [TIMES[4], TIMES[5], "2099-01-01T00:00:00Z"];
        let mut policy = Policy { within: Some("30d".parse().unwrap()), ..Policy::default() };
        assert_eq!(kept(&times, &policy), times[2..]);
        policy.now = Some(at("2026-03-02T00:00:00Z").snapshot.time.at);
        assert_eq!(kept(&times, &policy), times);
    }

    #[test]
    fn days_begin_where_the_snapshot_was_made() {
        let policy = Policy { daily: Count::Of(9), ..Policy::default() };
        let check = |times: [&str; 3], expected| assert_eq!(kept(&times, &policy).len(), expected);
        let oldest = "2023-01-01T00:00:00Z";
        check([oldest, "2024-03-01T23:30:00-02:00", "2024-03-02T01:00:00-02:00"], 3);
        check([oldest, "2024-03-02T01:30:00Z", "2024-03-02T03:00:00Z"], 2);
    }

    #[test]
    fn tags_keep_and_a_plan_that_leaves_nothing_says_so() {
        let mut file = at(TIMES[0]);
        file.snapshot.tags = vec!["keep".into(), "x".into()];
        let policy = Policy { tags: vec![vec!["keep".into()]], ..Policy::default() };
        let decided = plan(
            &[file.clone(), at(TIMES[1])],
            &policy,
            GroupBy { tags: true, ..GroupBy::default() },
        );
        assert_eq!(decided.removed().count(), 1);
        assert_eq!(decided.emptied().count(), 1);
    }
}
