//! What somebody chose of a restore is what comes of it, whatever was chosen, and can be taken back.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use holdall::fs::restore::{Extra, Step};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::restore::{Chosen, Existing, Lines, Pick, Picks, RestoreOptions, apply, plan};
use holdall::rollback::{self, Wanted};
use holdall::tree::{Entry, RelPath, Tree};
use holdall_testkit::cases;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use crate::support::context;

/// What is at a path: a text, or a directory, and its permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    text: Option<String>,
    mode: u32,
}

type Things = BTreeMap<String, Thing>;

const PATHS: [&str; 8] = ["a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a"];

fn things() -> impl Strategy<Value = Things> {
    let line = prop_oneof![Just("one\n"), Just("two\n"), Just("three\n")];
    let text = prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat());
    let mode = select(vec![0o644u32, 0o600, 0o755]);
    let thing = (any::<bool>(), text, mode);
    prop::collection::vec(prop::option::of(thing), PATHS.len()).prop_map(|all| {
        let mut things = Things::new();
        for (path, thing) in PATHS.into_iter().zip(all) {
            let Some((directory, text, mode)) = thing else { continue };
            let above = path.rsplit_once('/').map(|(above, _)| above);
            if above.is_some_and(|above| things.get(above).is_none_or(|dir| dir.text.is_some())) {
                continue;
            }
            let directory = directory && ["d", "d/e"].contains(&path);
            let text = (!directory).then_some(text);
            // One can look into a directory.
            let mode = if directory { mode | 0o700 } else { mode };
            things.insert(path.to_owned(), Thing { text, mode });
        }
        things
    })
}

fn write(top: &Path, things: &Things) {
    std::fs::create_dir(top).unwrap();
    for (path, Thing { text, mode }) in things {
        let path = top.join(path);
        match text {
            None => std::fs::create_dir(&path).unwrap(),
            Some(text) => {
                std::fs::write(&path, text).unwrap();
                // Files with one content have one time, and so only others are written.
                let sum: u64 = text.bytes().map(u64::from).sum();
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + sum);
                std::fs::File::open(&path).unwrap().set_modified(time).unwrap();
            }
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
    }
}

fn read(top: &Path) -> Things {
    let mut things = Things::new();
    for path in PATHS {
        let Ok(meta) = top.join(path).symlink_metadata() else { continue };
        let text = meta.is_file().then(|| std::fs::read_to_string(top.join(path)).unwrap());
        let mode = meta.permissions().mode() & 0o7777;
        things.insert(path.to_owned(), Thing { text, mode });
    }
    things
}

/// What was said of each step, and what must come of it.
fn choose(
    steps: &[Step],
    trees: (&dyn Tree, &dyn Tree),
    (mine, theirs): (&Things, &Things),
    dice: &[u8],
) -> (Picks, Things) {
    let (mut picks, mut model) = (BTreeMap::new(), mine.clone());
    let mut stays: Option<&RelPath> = None;
    let gone = |model: &mut Things, path: &str| {
        model.retain(|other, _| other != path && !other.starts_with(&format!("{path}/")));
    };
    for (step, die) in steps.iter().zip(dice.iter().cycle()) {
        let path = step.path();
        if stays.is_some_and(|above| path.starts_with(above)) || path.is_root() {
            continue;
        }
        let name = path.to_string();
        let lines = match step {
            Step::Replace { before, after } => Lines::between((trees.0, before), (trees.1, after)),
            _ => None,
        };
        let pick = match (die % 3, lines) {
            (0, _) => Pick::Keep,
            (1, Some(lines)) => {
                let runs: Vec<bool> =
                    (0..lines.len()).map(|run| die >> (2 + run % 5) & 1 == 1).collect();
                let metadata = die & 0x80 != 0;
                let thing = model.get_mut(&name).unwrap();
                thing.text = Some(lines.merge(&runs));
                thing.mode = if metadata { theirs[&name].mode } else { thing.mode };
                Pick::Lines { runs, metadata }
            }
            _ => Pick::Take,
        };
        let of_directory = matches!(step, Step::Metadata { after, .. } if after.is_dir());
        match (&pick, step) {
            (Pick::Keep, _) if !of_directory => stays = Some(path),
            (Pick::Take, Step::Create(_) | Step::Replace { .. }) => {
                gone(&mut model, &name);
                model.insert(name.clone(), theirs[&name].clone());
            }
            (Pick::Take, Step::Metadata { .. }) => {
                model.get_mut(&name).unwrap().mode = theirs[&name].mode;
            }
            (Pick::Take, Step::Remove(_)) => gone(&mut model, &name),
            _ => {}
        }
        picks.insert(path.clone(), pick);
    }
    (Picks { by_path: picks, take_rest: false }, model)
}

#[test]
fn any_choice_gives_the_tree_that_was_chosen_and_a_way_back() {
    let config = Config { cases: cases(48), ..Config::default() };
    let dice = prop::collection::vec(any::<u8>(), 8);
    TestRunner::new(config)
        .run(&(things(), things(), dice, any::<bool>()), |(mine, theirs, dice, delete)| {
            let bed = tempfile::tempdir().unwrap();
            let (target, from) = (bed.path().join("mine"), bed.path().join("theirs"));
            write(&target, &mine);
            write(&from, &theirs);
            let open = |dir: &Path| DirectoryTree::open(dir, ReadOptions::default()).unwrap();
            context(|ctx| {
                let source = open(&from);
                let mut options = RestoreOptions {
                    existing: Existing::Merge,
                    extra: if delete { Extra::Delete } else { Extra::Keep },
                    ..RestoreOptions::default()
                };
                let all = plan(ctx, &source, &target, &options).unwrap();
                let trees: (&dyn Tree, &dyn Tree) = (&open(&target), &source);
                let (picks, model) = choose(&all.plan.steps, trees, (&mine, &theirs), &dice);
                let chosen = Chosen::new(ctx, &source, &all.plan, &picks).unwrap();
                options.keep = chosen.keep.clone();
                let planned = plan(ctx, &chosen, &target, &options).unwrap();
                assert_eq!(read(&target), mine, "nothing is changed before it is applied");
                let report = apply(ctx, &chosen, "theirs", &planned).unwrap();
                assert_eq!(report.problems, 0);
                assert_eq!(read(&target), model, "{picks:?}");
                if report.point.is_some() {
                    let back = rollback::plan(ctx, &target, &Wanted::Newest, &[]).unwrap();
                    rollback::apply(ctx, &target, &back).unwrap();
                    assert_eq!(read(&target), mine, "after the way back from {picks:?}");
                }
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_time_of_a_file_is_that_of_its_content_and_now_if_it_is_new() {
    let bed = tempfile::tempdir().unwrap();
    let (target, from) = (bed.path().join("mine"), bed.path().join("theirs"));
    let thing = |text: &str, mode| Thing { text: Some(text.to_owned()), mode };
    let far = "-\n".repeat(9);
    write(&target, &Things::from([("a".into(), thing(&format!("1\n{far}2\n"), 0o644))]));
    write(&from, &Things::from([("a".into(), thing(&format!("x\n{far}y\n"), 0o600))]));
    context(|ctx| {
        let source = DirectoryTree::open(&from, ReadOptions::default()).unwrap();
        let options = RestoreOptions { existing: Existing::Merge, ..RestoreOptions::default() };
        let planned = plan(ctx, &source, &target, &options).unwrap();
        let path = RelPath::parse("a").unwrap();
        let time = |runs: [bool; 2], metadata| {
            let pick = Pick::Lines { runs: runs.to_vec(), metadata };
            let picks = Picks { by_path: [(path.clone(), pick)].into(), take_rest: false };
            let chosen = Chosen::new(ctx, &source, &planned.plan, &picks).unwrap();
            let listed: Vec<Entry> = chosen.list(ctx, &RelPath::root()).unwrap();
            listed[0].meta.mtime.unwrap().secs
        };
        let of = |dir: &Path| {
            let time = dir.join("a").metadata().unwrap().modified().unwrap();
            time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
        };
        assert_eq!(time([true, true], false), of(&from));
        assert_eq!(time([false, false], true), of(&target));
        assert!(time([true, false], false) > of(&from).max(of(&target)) + 1000);
    });
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let bed = tempfile::tempdir().unwrap();
    let (target, from) = (bed.path().join("mine"), bed.path().join("theirs"));
    let text = |text: &str| Thing { text: Some(text.to_owned()), mode: 0o644 };
    write(&target, &Things::from([("a".into(), text("1\n"))]));
    let dir = Thing { text: None, mode: 0o755 };
    let theirs = [("a".into(), text("2\n")), ("d".into(), dir), ("d/a".into(), text("x"))];
    write(&from, &Things::from(theirs));
    context(|ctx| {
        let source = DirectoryTree::open(&from, ReadOptions::default()).unwrap();
        let options = RestoreOptions { existing: Existing::Merge, ..RestoreOptions::default() };
        let planned = plan(ctx, &source, &target, &options).unwrap();
        let check = |picks: &[(&str, Pick)], said: &str| {
            let parse = |(path, pick): &(&str, Pick)| (RelPath::parse(path).unwrap(), pick.clone());
            let by_path = picks.iter().map(parse).collect();
            let picks = Picks { by_path, take_rest: false };
            let error = Chosen::new(ctx, &source, &planned.plan, &picks).err().unwrap();
            assert!(error.to_string().contains(said), "{error}");
        };
        let lines = |runs: &[bool]| Pick::Lines { runs: runs.to_vec(), metadata: false };
        check(&[("b", Pick::Take)], "nothing would change at b");
        check(&[("d", Pick::Keep), ("d/a", Pick::Take)], "d/a cannot be taken without d");
        check(&[("a", lines(&[true, true]))], "a changes in 1 places and not in 2");
        check(&[("d", Pick::Take), ("d/a", lines(&[true]))], "d/a is no text");
    });
}
