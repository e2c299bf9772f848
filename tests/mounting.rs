//! Sources that the kernel shows as directories.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use holdall_testkit::{Home, Run, Started, compare, hostile_tree, is_root, rsync_identical};

use crate::converting::sources;
use crate::{home, init, with_repo};

/// Whether this machine lets the test mount.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was not run")]
pub(crate) fn can_mount() -> bool {
    let device = File::options().read(true).write(true).open("/dev/fuse");
    let mounts = || Command::new("unshare").args(["--mount", "true"]).output();
    let can = is_root() && device.is_ok() && mounts().is_ok_and(|ended| ended.status.success());
    if !can {
        eprintln!("skipped: nothing can be mounted by FUSE here");
    }
    can
}

/// A source that is mounted until this is dropped.
struct Mounted {
    dir: PathBuf,
    program: Option<Started>,
}

impl Mounted {
    fn new(home: &Home, source: &str) -> Self {
        Self::of(home, with_repo(home, &["mount", source]))
    }

    /// Of a run of `mount` without its directory.
    fn of(home: &Home, run: Run) -> Self {
        let dir = home.path("mnt");
        std::fs::create_dir_all(&dir).unwrap();
        let mounted = Self { program: Some(run.arg(&dir).start()), dir };
        let said = mounted.program.as_ref().unwrap().line();
        assert!(said.starts_with("mounted ") || said.contains("\"directory\""), "{said}");
        mounted
    }

    /// Waits for its end, after which nothing may be mounted, and gives the exit code.
    fn ends(mut self) -> i32 {
        let (code, _, said) = self.program.take().unwrap().end();
        assert_eq!(std::fs::read_dir(&self.dir).unwrap().count(), 0, "{said:?}");
        assert!(!is_mounted(&self.dir), "{said:?}");
        code
    }

    fn interrupted(self) -> i32 {
        self.program.as_ref().unwrap().interrupt();
        self.ends()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.program.is_some() {
            // The test has failed; a directory that cannot be removed must not stay.
            let _ = Command::new("umount").arg("--lazy").arg(&self.dir).output();
        }
    }
}

pub(crate) fn is_mounted(dir: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    mounts.contains(&format!(" {} ", dir.canonicalize().unwrap().display()))
}

fn id(home: &Home, args: &[&str]) -> String {
    with_repo(home, &[&["id"], args].concat()).output().success().text()
}

#[test]
fn every_form_is_mounted_as_the_tree_that_it_is() {
    if !can_mount() {
        return;
    }
    let home = home();
    for source in sources(&home) {
        let mounted = Mounted::new(&home, &source);
        assert_eq!(id(&home, &["mnt"]), id(&home, &[&source]), "{source}");
        let main = std::fs::read_to_string(home.path("mnt/src/main.rs")).unwrap();
        assert_eq!(main, "fn main() {}\n", "{source}");
        assert_eq!(mounted.interrupted(), 0, "{source}");
    }
    // A commit is read where its repository is.
    let run = home.run(["-C", "repo-dir", "mount", "git:HEAD:src", "--json"]);
    let mounted = Mounted::of(&home, run);
    assert_eq!(std::fs::read(home.path("mnt/no end")).unwrap(), b"no end");
    assert_eq!(mounted.interrupted(), 0);
}

#[test]
fn everything_that_is_known_of_an_entry_is_shown() {
    if !can_mount() {
        return;
    }
    let home = home();
    init(&home);
    let tree = home.path("tree");
    std::fs::create_dir(&tree).unwrap();
    hostile_tree(&tree).unwrap();
    with_repo(&home, &["snapshot", "tree"]).output().success();
    for source in ["@latest", "tree"] {
        let mounted = Mounted::new(&home, source);
        let none = Vec::<String>::new();
        assert_eq!(rsync_identical(&tree, &mounted.dir), none, "{source}");
        assert_eq!(compare(&tree, &mounted.dir), none, "{source}");
        assert_eq!(id(&home, &["--full", "mnt"]), id(&home, &["--full", "tree"]), "{source}");
        assert_eq!(mounted.interrupted(), 0, "{source}");
    }
}

#[test]
fn all_snapshots_are_mounted_by_id_and_by_time() {
    if !can_mount() {
        return;
    }
    let home = home();
    init(&home);
    for text in ["first", "second"] {
        home.write("p/a", text);
        if text == "first" {
            std::fs::hard_link(home.path("p/a"), home.path("p/b")).unwrap();
        }
        with_repo(&home, &["snapshot", "p"]).output().success();
    }
    let mounted = Mounted::new(&home, "@all");
    let read = |path: &str| std::fs::read_to_string(mounted.dir.join(path));
    assert_eq!(read("latest/a").unwrap(), "second");
    let mut seen = Vec::new();
    for time in std::fs::read_dir(mounted.dir.join("times")).unwrap() {
        let top = time.unwrap().path().canonicalize().unwrap();
        let name = top.file_name().unwrap().to_str().unwrap().to_owned();
        // Names of one file are that, and files of two snapshots are not.
        assert!(rsync_identical(&top, &mounted.dir.join("ids").join(&name)).is_empty());
        assert_eq!(
            id(&home, &["--full", top.to_str().unwrap()]),
            id(&home, &["--full", &format!("@{name}")])
        );
        seen.push(std::fs::read_to_string(top.join("b")).unwrap());
    }
    seen.sort();
    assert_eq!(seen, ["first", "second"]);
    assert_eq!(read("ids/nosuch/a").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(mounted.interrupted(), 0);
}

#[test]
fn nothing_can_be_changed() {
    if !can_mount() {
        return;
    }
    let home = home();
    home.write("p/a", "a");
    home.write("p/d/b", "b");
    home.run(["archive", "p", "-o", "p.zip"]).output().success();
    let mounted = Mounted::new(&home, "p.zip");
    let at = |name: &str| mounted.dir.join(name);
    let refused = [
        std::fs::write(at("new"), "new"),
        std::fs::write(at("a"), "other"),
        std::fs::remove_file(at("a")),
        std::fs::rename(at("a"), at("b")),
        std::fs::create_dir(at("new")),
        std::fs::remove_dir(at("d")),
        std::fs::hard_link(at("a"), at("b")),
        std::os::unix::fs::symlink("a", at("l")),
        std::fs::set_permissions(at("a"), std::os::unix::fs::PermissionsExt::from_mode(0o777)),
        File::options().append(true).open(at("a")).map(drop),
    ];
    for (number, done) in refused.into_iter().enumerate() {
        assert_eq!(done.unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem, "{number}");
    }
    assert_eq!(std::fs::read_dir(at("nothing")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(std::fs::read(at("a")).unwrap(), b"a");
    assert_eq!(mounted.interrupted(), 0);
}

#[test]
fn many_readers_read_at_any_place_at_once() {
    if !can_mount() {
        return;
    }
    let home = home();
    // Larger than what is kept in memory, and compressible so that some forms give it as a stream.
    let large: Vec<u8> = (0..1_600_000u32).flat_map(u32::to_le_bytes).collect();
    home.write("p/large", &large);
    for number in 0..50 {
        home.write(format!("p/small/{number}"), format!("{number}\n").repeat(number));
    }
    for args in [&["p.zip"][..], &["p.tar.zst", "--manifest"]] {
        home.run([&["archive", "p", "-o"], args].concat()).output().success();
        let mounted = Mounted::new(&home, args[0]);
        std::thread::scope(|scope| {
            for reader in 0..8usize {
                let (dir, large) = (&mounted.dir, &large);
                scope.spawn(move || {
                    let mut file = File::open(dir.join("large")).unwrap();
                    for step in 0..20 {
                        let offset = (reader * 977_001 + step * 313_007) % (large.len() - 5000);
                        let mut read = [0; 5000];
                        file.seek(SeekFrom::Start(offset as u64)).unwrap();
                        file.read_exact(&mut read).unwrap();
                        assert_eq!(read[..], large[offset..offset + 5000], "{offset}");
                        let small = (reader * 7 + step) % 50;
                        let read = std::fs::read_to_string(dir.join(format!("small/{small}")));
                        assert_eq!(read.unwrap(), format!("{small}\n").repeat(small));
                    }
                });
            }
        });
        assert_eq!(mounted.interrupted(), 0);
    }
}

#[test]
fn a_directory_is_shown_as_it_changes_and_what_cannot_be_read_is_an_error() {
    if !can_mount() {
        return;
    }
    let home = home();
    home.write("p/a", "before");
    let mounted = Mounted::new(&home, "p");
    assert_eq!(std::fs::read(mounted.dir.join("a")).unwrap(), b"before");
    assert_eq!(mounted.interrupted(), 0);

    init(&home);
    home.write("q/whole", "whole");
    with_repo(&home, &["snapshot", "q"]).output().success();
    let noise: Vec<u8> = (0..90_000u64).map(|n| (n.wrapping_mul(0x9e37_79b9) >> 9) as u8).collect();
    home.write("q/lost", noise);
    let packs = packs(&home);
    with_repo(&home, &["snapshot", "q"]).output().success();
    // Of the packs of the second snapshot, the one with the content goes: the larger.
    let mut new: Vec<PathBuf> =
        self::packs(&home).into_iter().filter(|pack| !packs.contains(pack)).collect();
    new.sort_by_key(|pack| pack.metadata().unwrap().len());
    std::fs::remove_file(new.pop().unwrap()).unwrap();
    let mounted = Mounted::new(&home, "@latest");
    assert!(std::fs::read(mounted.dir.join("lost")).is_err());
    assert_eq!(std::fs::read(mounted.dir.join("whole")).unwrap(), b"whole");
    // It ended as it should, and not everything could be read.
    assert_eq!(mounted.interrupted(), 3);
}

fn packs(home: &Home) -> Vec<PathBuf> {
    let dirs = std::fs::read_dir(home.path("repo/data")).unwrap().map(|dir| dir.unwrap().path());
    dirs.filter(|dir| dir.is_dir())
        .flat_map(|dir| std::fs::read_dir(dir).unwrap().map(|pack| pack.unwrap().path()))
        .collect()
}

#[test]
fn it_ends_when_it_is_told_to_or_unmounted_even_while_it_is_in_use() {
    if !can_mount() {
        return;
    }
    let home = home();
    home.write("p/a", "a");
    home.run(["archive", "p", "-o", "p.tar"]).output().success();
    let mounted = Mounted::new(&home, "p.tar");
    let unmounted = Command::new("umount").arg(&mounted.dir).output().unwrap();
    assert!(unmounted.status.success(), "{unmounted:?}");
    assert_eq!(mounted.ends(), 0);

    let mounted = Mounted::new(&home, "p.tar");
    let held = File::open(mounted.dir.join("a")).unwrap();
    assert_eq!(mounted.interrupted(), 0);
    drop(held);
}

#[test]
fn it_is_mounted_on_nothing_but_an_empty_directory_outside_of_what_is_mounted() {
    let home = home();
    home.write("p/a", "a");
    home.write("full/x", "x");
    std::fs::create_dir_all(home.path("p/in")).unwrap();
    std::fs::create_dir(home.path("free")).unwrap();
    for (dir, code, said) in [
        ("nosuch", 1, "error[mount-unfit]"),
        ("p/a", 1, "error[mount-unfit]"),
        ("full", 4, "error[mount-unfit]"),
        ("p/in", 4, "error[refused]"),
    ] {
        let outcome = home.run(["mount", "p", dir]).output().exits(code);
        assert!(outcome.error_text().contains(said), "{dir}: {}", outcome.error_text());
    }
    home.run(["mount", "nosuch", "free"]).output().exits(1);
    let dry = home.run(["mount", "p", "free", "--dry-run"]).output().success();
    assert!(dry.text().starts_with("would mount "), "{}", dry.text());
}

#[test]
fn a_system_without_fuse_is_named_with_what_to_do() {
    if !can_mount() {
        return;
    }
    let home = home();
    home.write("p/a", "a");
    std::fs::create_dir(home.path("free")).unwrap();
    let run = home.run(["mount", "p", "free"]).into_command();
    // The mount that hides the device is seen by this script alone, and goes with it.
    let script = "mkdir none && mount -t tmpfs none none && exec < /dev/null \
         && mount --bind none /dev || exit 99; exec \"$0\" mount p free";
    let mut bash = Command::new("unshare");
    bash.args(["--mount", "bash", "-c", script]).arg(run.get_program());
    bash.current_dir(home.work()).env_clear();
    bash.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = bash.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error[no-fuse]") && said.contains("\nhint: "), "{said}");
}
