//! Rotation of clones against a model that counts periods by plain arithmetic.

use std::collections::{BTreeMap, BTreeSet};

use holdall::clone::plan_rotation;
use holdall::fs::clone::{Head, Kept};
use holdall::select::retention::{Count, Policy};
use holdall::tree::{Timestamp, TreeId};
use proptest::prelude::*;

/// A clone as the model has it.
#[derive(Debug, Clone)]
struct One {
    project: u8,
    secs: i64,
    pinned: bool,
    tagged: bool,
}

fn kept(number: usize, one: &One) -> Kept {
    let project = match one.project % 3 {
        0 => "app",
        1 => "app-web",
        _ => "ap",
    };
    let head = Head {
        name: format!("{project}-{number:03}"),
        project: project.to_owned(),
        id: format!("path:h:/{project}"),
        source: String::new(),
        time: Timestamp::new(one.secs, 0),
        tags: if one.tagged { vec!["keep".to_owned()] } else { Vec::new() },
        problems: 0,
        tree: TreeId([0; 32]),
        entries: 0,
        bytes: 0,
    };
    Kept { head, pinned: one.pinned }
}

/// Days since 1970 as year and month (Howard Hinnant's `civil_from_days`).
fn month(days: i64) -> i64 {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    year * 12 + month - 1
}

/// What the model keeps of one project: names.
fn model(clones: &[Kept], counts: [Option<u32>; 6], by_tag: bool) -> BTreeSet<String> {
    let mut line: Vec<&Kept> = clones.iter().collect();
    line.sort_by(|a, b| (b.head.time, &b.head.name).cmp(&(a.head.time, &a.head.name)));
    let mut keep = BTreeSet::new();
    let period = |rule: usize, place: usize, secs: i64| match rule {
        0 => place as i64,
        1 => secs.div_euclid(3600),
        2 => secs.div_euclid(86_400),
        // 1970-01-01 was a Thursday; weeks begin on Mondays.
        3 => (secs.div_euclid(86_400) + 3).div_euclid(7),
        4 => month(secs.div_euclid(86_400)),
        _ => month(secs.div_euclid(86_400)).div_euclid(12),
    };
    for (rule, count) in counts.iter().enumerate() {
        let Some(count) = count.filter(|count| *count > 0) else { continue };
        // The newest of each period is the first that is met; the newest one of all has place 0, but the latest day.
        let mut newest: BTreeMap<i64, &str> = BTreeMap::new();
        for (place, one) in line.iter().enumerate() {
            let period = period(rule, place, one.head.time.secs);
            let newer_is_more = if rule == 0 { -period } else { period };
            newest.entry(newer_is_more).or_insert(&one.head.name);
        }
        keep.extend(newest.values().rev().take(count as usize).map(|name| (*name).to_owned()));
        if newest.len() < count as usize {
            keep.extend(line.last().map(|one| one.head.name.clone()));
        }
    }
    let always = line
        .iter()
        .enumerate()
        .filter(|(place, one)| *place == 0 || one.pinned || (by_tag && one.head.tags == ["keep"]));
    keep.extend(always.map(|(_, one)| one.head.name.clone()));
    keep
}

proptest! {
    #[test]
    fn what_stays_is_what_the_model_keeps_and_other_projects_are_not_touched(
        ones in prop::collection::vec(
            (any::<u8>(), 0i64..70_000_000, prop::bool::weighted(0.1), prop::bool::weighted(0.2))
                .prop_map(|(project, secs, pinned, tagged)| One { project, secs, pinned, tagged }),
            1..25,
        ),
        counts in prop::array::uniform6(prop::option::weighted(0.4, 0u32..5)),
        by_tag in any::<bool>(),
    ) {
        let clones: Vec<Kept> = ones.iter().enumerate().map(|(nr, one)| kept(nr, one)).collect();
        let id = &clones[0].head.id;
        let count = |number: Option<u32>| number.map_or(Count::None, Count::Of);
        let [last, hourly, daily, weekly, monthly, yearly] = counts.map(count);
        let tags = if by_tag { vec![vec!["keep".to_owned()]] } else { Vec::new() };
        let policy =
            Policy { last, hourly, daily, weekly, monthly, yearly, tags, ..Policy::default() };
        let rotation = plan_rotation(clones.clone(), id, &policy);
        let own: Vec<Kept> = clones.iter().filter(|kept| kept.head.id == *id).cloned().collect();
        let stays: BTreeSet<String> =
            rotation.keep.iter().map(|(head, _)| head.name.clone()).collect();
        let goes: BTreeSet<String> =
            rotation.remove.iter().map(|head| head.name.clone()).collect();
        let all: BTreeSet<String> = own.iter().map(|kept| kept.head.name.clone()).collect();
        prop_assert!(stays.is_disjoint(&goes));
        prop_assert_eq!(stays.union(&goes).cloned().collect::<BTreeSet<_>>(), all.clone());
        prop_assert!(rotation.keep.iter().all(|(_, reasons)| !reasons.is_empty()));
        let expected = if policy.is_empty() { all } else { model(&own, counts, by_tag) };
        prop_assert_eq!(stays, expected);
    }
}
