//! The power fails while a directory is replaced: what is found afterwards is the old tree or the new one, on every file
//! system, and what was told as done is done.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed"
)]

mod disk;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use holdall_testkit::{Home, cases, is_root, peer, rsync_identical};

use crate::home;
use disk::Disks;

/// A free device is looked for so many times.
const FINDS_MAX: u32 = 20;
/// Cuts that are tried on each file system, unless more are asked for.
const CUTS: u32 = 12;

/// A file system, its program, and how small it can be, in bytes.
struct Kind {
    name: &'static str,
    make: &'static [&'static str],
    size: u64,
}

const EXT4: Kind = Kind { name: "ext4", make: &["mkfs.ext4", "-q", "-F"], size: 48 << 20 };
const XFS: Kind = Kind { name: "xfs", make: &["mkfs.xfs", "-q", "-f"], size: 320 << 20 };
const BTRFS: Kind = Kind { name: "btrfs", make: &["mkfs.btrfs", "-q", "-f"], size: 160 << 20 };

/// What a program prints, if it ends well.
fn said(program: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.args(args).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        eprintln!("{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    output.status.success().then_some(text)
}

/// A mounted disk, which is let go of when this is dropped.
struct Mounted {
    device: String,
    dir: PathBuf,
}

impl Mounted {
    fn new(kind: &Kind, disk: &Path, dir: &Path) -> Option<Self> {
        // Somebody else may take the device that was found free.
        let find = || said("losetup", &["--find", "--show", disk.to_str()?]);
        let device = (0..FINDS_MAX).find_map(|_| find())?;
        let mounted = Self { device, dir: dir.to_owned() };
        said("mount", &["-t", kind.name, &mounted.device, dir.to_str()?])?;
        Some(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let dir = self.dir.to_string_lossy();
        let _ = said("umount", &["--quiet", &dir]);
        let _ = said("losetup", &["--detach", &self.device]);
    }
}

/// The same numbers in each run, below `limit`.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |limit| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit.max(1)
    }
}

/// Two trees that differ in this directory alone, which is the root or lies two below it.
fn trees(home: &Home, place: &str) {
    home.write(format!("old/{place}same"), "in both\n");
    home.write("old/x/beside", "beside\n");
    let copy = ["-a", "old", "new"];
    assert!(Command::new("cp").args(copy).current_dir(home.work()).status().unwrap().success());
    for (tree, word) in [("old", "old"), ("new", "new")] {
        for number in 0..12 {
            let lines = format!("{word} {number}\n").repeat(100 << (number % 6));
            home.write(format!("{tree}/{place}d{}/f{number}", number % 3), lines);
        }
        home.write(format!("{tree}/{place}only-{word}"), word);
    }
}

fn inode(home: &Home, path: &str) -> u64 {
    home.path(path).metadata().unwrap().ino()
}

fn id(home: &Home, tree: &str) -> String {
    home.run(["id", tree]).output().success().text()
}

/// What is found is this tree, with all of its times.
fn same(home: &Home, tree: &str, kind: &Kind) {
    let differ = rsync_identical(&home.path(tree), &home.path("m/p"));
    assert!(differ.is_empty(), "{}: {tree}: {differ:?}", kind.name);
    assert_eq!(id(home, "m/p"), id(home, tree), "{}: {tree}", kind.name);
}

fn power_cuts(kind: &Kind) {
    cuts_at(kind, "");
    cuts_at(kind, "x/y/");
}

fn cuts_at(kind: &Kind, place: &str) {
    if !is_root() {
        eprintln!("skipped: only root mounts a file system");
        return;
    }
    let (Some(make), Some(_)) = (peer(kind.make[0]), peer("losetup")) else { return };
    let home = home();
    trees(&home, place);
    let (old, new) = (id(&home, "old"), id(&home, "new"));
    home.run(["archive", "new", "-o", "new.tar.gz"]).output().success();
    let (served, mounted) = (tempfile::tempdir().unwrap(), home.path("m"));
    std::fs::create_dir(&mounted).unwrap();
    let Some(disks) = Disks::mount(served.path(), kind.size) else { return };
    let file = |number: usize| served.path().join(number.to_string());
    let mut command = make.command(served.path());
    let made = command.args(&kind.make[1..]).arg(file(0)).stdout(Stdio::null()).status().unwrap();
    assert!(made.success(), "{}", kind.name);
    {
        let Some(_mounted) = Mounted::new(kind, &file(0), &mounted) else {
            eprintln!("skipped: {} cannot be mounted here", kind.name);
            return;
        };
        home.run(["restore", "old", "--to", "m/p"]).output().success();
    }
    let replace = ["restore", "new.tar.gz", "--to", "m/p", "--overwrite", "changed", "--delete"];
    disks.note();
    let acknowledged = {
        let _mounted = Mounted::new(kind, &file(0), &mounted).unwrap();
        let before = inode(&home, "m/p");
        home.run(replace).output().success();
        assert_eq!(inode(&home, "m/p") == before, !place.is_empty());
        disks.events()
    };
    let mut random = numbers(kind.size);
    let (mut olds, mut news) = (0, 0);
    for number in 0..cases(CUTS) {
        let all = disks.events();
        // One in four lies behind what was told as done.
        let (from, to) = if number % 4 == 3 { (acknowledged, all) } else { (0, acknowledged) };
        let events = from + random((to - from + 1) as u64) as usize;
        let cut = disks.cut(events, &mut random);
        {
            let Some(_mounted) = Mounted::new(kind, &file(cut), &mounted) else {
                panic!("{}: it cannot be mounted after a cut at {events}", kind.name)
            };
            let found = id(&home, "m/p");
            assert!(found == old || found == new, "{}: a mixed tree at {events}", kind.name);
            assert!(found == new || events < acknowledged, "{}: {events} is lost", kind.name);
            (olds, news) = (olds + u32::from(found == old), news + u32::from(found == new));
            home.run(replace).output().success();
            same(&home, "new", kind);
            home.run(["rollback", "--target", "m/p", "--yes"]).output().success();
            same(&home, "old", kind);
        }
        disks.forget(cut);
    }
    assert!(olds > 0 && news > 0, "{}: all cuts fell on one side", kind.name);
    eprintln!("{} {place}: {olds} found the old tree, {news} the new one", kind.name);
}

#[test]
fn after_a_power_cut_ext4_has_the_old_tree_or_the_new_one() {
    power_cuts(&EXT4);
}

#[test]
fn after_a_power_cut_xfs_has_the_old_tree_or_the_new_one() {
    power_cuts(&XFS);
}

#[test]
fn after_a_power_cut_btrfs_has_the_old_tree_or_the_new_one() {
    power_cuts(&BTRFS);
}
