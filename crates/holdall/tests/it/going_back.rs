//! Going back after what happens between a restore and its rollback.

use std::path::Path;

use holdall::restore::{Existing, RestoreOptions};
use holdall_testkit::compare;

use crate::support::{Bed, context, tree};

fn merge() -> RestoreOptions {
    RestoreOptions { existing: Existing::Merge, ..RestoreOptions::default() }
}

fn copy(from: &Path, to: &Path) {
    let cp = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(cp.unwrap().success());
}

/// A target `p` that was restored once over changed files, and the snapshot.
fn restored() -> (Bed, holdall::repo::Id) {
    let bed = Bed::new();
    tree(&bed.path("p"), 1);
    let id = bed.snapshot("p");
    std::fs::write(bed.path("p/a"), "mine").unwrap();
    bed.restore(&id, "p", &merge()).unwrap();
    (bed, id)
}

/// Puts the state directory back into the instant after the exchange, before the point is made.
fn cut_off(bed: &Bed, point: &str) {
    let point = bed.path(".p.holdall/points").join(point);
    std::fs::remove_file(point.join("trimmed")).unwrap();
    std::fs::rename(point, bed.path(".p.holdall/staging")).unwrap();
}

#[test]
fn a_restore_that_was_cut_off_after_the_exchange_is_what_a_rollback_undoes() {
    let (bed, id) = restored();
    // The first restore shared this file, the second replaces it.
    std::fs::write(bed.path("p/d/e/c"), "mine too").unwrap();
    copy(&bed.path("p"), &bed.path("before"));
    bed.restore(&id, "p", &merge()).unwrap();
    cut_off(&bed, "000002");
    bed.rollback("p").unwrap();
    assert_eq!(compare(&bed.path("before"), &bed.path("p")), Vec::<String>::new());
    let points = context(|ctx| holdall::rollback::points(ctx, &bed.path("p"))).unwrap();
    assert_eq!(points.iter().map(|point| point.number).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_first_restore_is_a_point_although_it_was_cut_off() {
    let (bed, _) = restored();
    cut_off(&bed, "000001");
    let points = context(|ctx| holdall::rollback::points(ctx, &bed.path("p"))).unwrap();
    assert_eq!(points.len(), 1);
    bed.rollback("p").unwrap();
    assert_eq!(std::fs::read(bed.path("p/a")).unwrap(), b"mine");
}

#[test]
fn the_points_can_be_listed_while_a_restore_is_running() {
    let (bed, _) = restored();
    let state = holdall::disk::Dir::open(&bed.path(".p.holdall")).unwrap();
    let name = holdall::tree::Name::parse("lock").unwrap();
    let _lock = holdall::disk::LockFile::acquire(&state, &name).unwrap();
    std::fs::create_dir(bed.path(".p.holdall/staging")).unwrap();
    let points = context(|ctx| holdall::rollback::points(ctx, &bed.path("p"))).unwrap();
    assert_eq!(points.len(), 1);
    assert!(bed.path(".p.holdall/staging").exists());
}

#[test]
fn a_file_that_nothing_kept_is_a_problem_of_the_rollback_that_would_need_it() {
    let (bed, _) = restored();
    std::fs::remove_file(bed.path("p/d/b")).unwrap();
    let plan = |paths: &[String]| {
        context(|ctx| {
            let newest = holdall::rollback::Wanted::Newest;
            let planned = holdall::rollback::plan(ctx, &bed.path("p"), &newest, paths).unwrap();
            let lost = holdall::rollback::lost(&planned).unwrap();
            lost.into_iter().map(ToString::to_string).collect::<Vec<_>>()
        })
    };
    assert_eq!(plan(&[]), ["d/b"]);
    assert_eq!(plan(&["d".to_owned()]), ["d/b"]);
    assert_eq!(plan(&["a".to_owned()]), Vec::<String>::new());
    assert_eq!(bed.rollback("p").unwrap().problems, 1);
    assert_eq!(std::fs::read(bed.path("p/a")).unwrap(), b"mine");
}

#[test]
fn a_link_in_the_place_of_a_directory_bars_neither_a_restore_nor_the_way_back() {
    let (bed, id) = restored();
    std::fs::rename(bed.path("p/d"), bed.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", bed.path("p/d")).unwrap();
    copy(&bed.path("elsewhere"), &bed.path("untouched"));
    copy(&bed.path("p"), &bed.path("linked"));
    let report = bed.rollback("p").unwrap();
    assert_eq!(report.problems, 3, "what lay in the directory was moved away");
    bed.rollback("p").unwrap();
    assert_eq!(compare(&bed.path("linked"), &bed.path("p")), Vec::<String>::new());
    bed.restore(&id, "p", &merge()).unwrap();
    assert_eq!(std::fs::read(bed.path("p/d/e/c")).unwrap().len(), 300);
    assert_eq!(compare(&bed.path("untouched"), &bed.path("elsewhere")), Vec::<String>::new());
}

#[test]
fn a_rollback_is_exact_although_size_and_time_are_the_same() {
    let bed = Bed::new();
    let write = |text: &str| {
        let file = std::fs::File::create(bed.path("p/f")).unwrap();
        std::io::Write::write_all(&mut &file, text.as_bytes()).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    };
    std::fs::create_dir(bed.path("p")).unwrap();
    write("good");
    let id = bed.snapshot("p");
    write("evil");
    let always = RestoreOptions { overwrite: holdall::fs::restore::Overwrite::Always, ..merge() };
    bed.restore(&id, "p", &always).unwrap();
    assert_eq!(std::fs::read(bed.path("p/f")).unwrap(), b"good");
    bed.rollback("p").unwrap();
    assert_eq!(std::fs::read(bed.path("p/f")).unwrap(), b"evil");
}

#[test]
fn a_link_that_was_put_where_a_point_had_a_directory_keeps_nobody_from_going_on() {
    let (bed, id) = restored();
    let point = bed.path(".p.holdall/points/000001");
    std::fs::remove_file(point.join("trimmed")).unwrap();
    std::fs::rename(point.join("tree/d"), bed.path("aside")).unwrap();
    std::os::unix::fs::symlink(bed.path("p/d"), point.join("tree/d")).unwrap();
    // Before the next restore the old tree gives up what it shares; through the link that would be the target's own.
    std::fs::write(bed.path("p/a"), "mine again").unwrap();
    bed.restore(&id, "p", &merge()).unwrap();
    assert!(point.join("trimmed").exists());
    assert_eq!(std::fs::read(bed.path("p/d/same-too")).unwrap(), b"same");
}
