//! Random sequences of operations, judged at their end by restic: it checks every byte and brings every snapshot back.

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::process::Command;

use holdall_testkit::{Home, cases, compare, peer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::peers::{restic, under};
use crate::{home, init, with_repo};

/// How many sequences: each ends in a restore of all that is left, by two programs.
const CASES: u32 = 4;

#[derive(Debug, Clone)]
enum Op {
    Write { name: u8, length: usize },
    Remove { name: u8 },
    Link { from: u8, to: u8 },
    Mode { name: u8, mode: u32 },
    Snapshot { force: bool },
    TheirSnapshot,
    Forget { nth: usize },
    Prune,
    Restore { nth: usize },
    Rollback,
}

fn op() -> impl Strategy<Value = Op> {
    let name = 0..9u8;
    prop_oneof![
        4 => (name.clone(), 0..200_000usize).prop_map(|(name, length)| Op::Write { name, length }),
        1 => name.clone().prop_map(|name| Op::Remove { name }),
        1 => (name.clone(), name.clone()).prop_map(|(from, to)| Op::Link { from, to }),
        1 => (name, 0..0o10000u32).prop_map(|(name, mode)| Op::Mode { name, mode: mode | 0o600 }),
        4 => any::<bool>().prop_map(|force| Op::Snapshot { force }),
        1 => Just(Op::TheirSnapshot),
        1 => (0..6usize).prop_map(|nth| Op::Forget { nth }),
        1 => Just(Op::Prune),
        1 => (0..6usize).prop_map(|nth| Op::Restore { nth }),
        1 => Just(Op::Rollback),
    ]
}

/// A home whose `p` is changed, and what each snapshot of it must give back.
struct World {
    home: Home,
    /// Copies of `p`, by the ID of the snapshot.
    model: BTreeMap<String, String>,
}

impl World {
    fn new() -> Self {
        let home = home();
        init(&home);
        home.write("p/d0/first", "first");
        Self { home, model: BTreeMap::new() }
    }

    fn name(name: u8) -> String {
        format!("p/d{}/f{name}", name % 3)
    }

    fn nth(&self, nth: usize) -> Option<String> {
        self.model.keys().nth(nth).cloned()
    }

    fn copy(&self, from: &str, to: &str) {
        let status =
            Command::new("cp").arg("-a").arg(self.home.path(from)).arg(self.home.path(to)).status();
        assert!(status.unwrap().success());
    }

    fn remember(&mut self, id: String) {
        let copy = format!("copy-{id}");
        self.copy("p", &copy);
        assert!(self.model.insert(id, copy).is_none(), "each snapshot is one of its own");
    }

    fn run(&mut self, op: &Op) {
        use std::os::unix::fs::PermissionsExt;
        match op {
            Op::Write { name, length } => {
                let seed = *length as u64 + u64::from(*name);
                let bytes: Vec<u8> = (0..*length as u64)
                    .map(|n| ((n + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 41) as u8)
                    .collect();
                let _ = std::fs::remove_file(self.home.path(Self::name(*name)));
                self.home.write(Self::name(*name), bytes);
            }
            Op::Remove { name } => {
                let _ = std::fs::remove_file(self.home.path(Self::name(*name)));
            }
            Op::Link { from, to } => {
                let to = self.home.path(Self::name(*to));
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                // There may be nothing to link, or something there already.
                let _ = std::fs::hard_link(self.home.path(Self::name(*from)), to);
            }
            Op::Mode { name, mode } => {
                let mode = std::fs::Permissions::from_mode(*mode);
                let _ = std::fs::set_permissions(self.home.path(Self::name(*name)), mode);
            }
            Op::Snapshot { force } => {
                let args: &[&str] = &["snapshot", "p", "--json", "--force"];
                let args = if *force { args } else { &args[..3] };
                let report = with_repo(&self.home, args).output().success().text();
                let report: serde_json::Value = serde_json::from_str(&report).unwrap();
                self.remember(report["snapshot_id"].as_str().unwrap().to_owned());
            }
            Op::TheirSnapshot => {
                let p = self.home.path("p").canonicalize().unwrap();
                restic(&self.home, &["backup", p.to_str().unwrap()]);
                let newest = with_repo(&self.home, &["snapshots", "--json", "--latest", "1"]);
                let newest: serde_json::Value =
                    serde_json::from_str(&newest.output().success().text()).unwrap();
                let id = newest["snapshots"][0]["id"].as_str().unwrap().to_owned();
                self.remember(id);
            }
            Op::Forget { nth } => {
                let Some(id) = self.nth(*nth) else { return };
                with_repo(&self.home, &["repo", "forget", &id]).output().success();
                self.model.remove(&id);
            }
            Op::Prune => {
                with_repo(&self.home, &["repo", "prune", "--max-unused", "0%"]).output().success();
            }
            Op::Restore { nth } => {
                let Some(id) = self.nth(*nth) else { return };
                let from = format!("@{id}");
                let args = ["restore", &from, "--to", "p", "--delete", "--overwrite", "changed"];
                with_repo(&self.home, &args).output().success();
                let differences = compare(&self.home.path(&self.model[&id]), &self.home.path("p"));
                assert!(differences.is_empty(), "restored {id}: {differences:#?}");
            }
            // A restore that had nothing to do leaves no way back.
            Op::Rollback if self.home.path(".p.holdall").exists() => {
                with_repo(&self.home, &["rollback", "--target", "p", "--yes"]).output().success();
            }
            Op::Rollback => {}
        }
    }

    /// restic checks and restores every snapshot, and so do we.
    fn judge(&self) {
        restic(&self.home, &["check", "--read-data"]);
        with_repo(&self.home, &["repo", "check", "--read-data"]).output().success();
        let p = self.home.path("p").canonicalize().unwrap();
        for (id, copy) in &self.model {
            let (theirs, ours) = (format!("theirs-{id}"), format!("ours-{id}"));
            restic(&self.home, &["restore", id, "--target", &theirs]);
            with_repo(&self.home, &["restore", &format!("@{id}"), "--to", &ours])
                .output()
                .success();
            let expected = self.home.path(copy);
            for restored in [under(&self.home.path(&theirs), &p), self.home.path(&ours)] {
                let differences = compare(&expected, &restored);
                assert!(differences.is_empty(), "{id} in {}: {differences:#?}", restored.display());
            }
        }
    }
}

#[test]
fn every_snapshot_that_is_left_comes_back_by_restic_and_by_us_whatever_was_done() {
    if peer("restic").is_none() {
        return;
    }
    let mut runner =
        TestRunner::new(Config { cases: cases(CASES), max_shrink_iters: 12, ..Config::default() });
    let sequences = prop::collection::vec(op(), 4..24);
    runner
        .run(&sequences, |ops| {
            let mut world = World::new();
            for op in &ops {
                world.run(op);
            }
            world.run(&Op::Snapshot { force: false });
            world.judge();
            Ok(())
        })
        .unwrap();
}
