//! Errors and kills at the system calls of a restore: the target is the old tree or the new one, what was acknowledged is
//! there, and the next run clears away the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use holdall_testkit::tar::{archive, dir, file, symlink};
use holdall_testkit::{Home, Peer, cases, peer};

use crate::home;

/// The calls that read or change something.
const CALLS: [&str; 30] = [
    "close",
    "copy_file_range",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "fdatasync",
    "flock",
    "fsetxattr",
    "fstatfs",
    "fsync",
    "ftruncate",
    "getdents64",
    "linkat",
    "lseek",
    "lsetxattr",
    "mkdirat",
    "newfstatat",
    "openat",
    "openat2",
    "pread64",
    "pwrite64",
    "read",
    "renameat2",
    "statx",
    "symlinkat",
    "syncfs",
    "unlinkat",
    "utimensat",
    "write",
];

/// What happens at a call. A write that takes nothing is the short one that can be made up.
const FAULTS: [&str; 7] = [
    "error=EIO",
    "error=ENOSPC",
    "error=EDQUOT",
    "error=EINTR",
    "error=EMFILE",
    "retval=0",
    "signal=KILL",
];

/// The program that injects, if it may trace other programs here. `HOLDALL_TEST_PEERS=required` insists that it is there,
/// `HOLDALL_TEST_TRACE=required` that it may.
#[expect(clippy::print_stderr, reason = "who runs the tests must see what was not run")]
fn strace(home: &Home) -> Option<Peer> {
    let strace = peer("strace")?;
    let mut trial = strace.command(&home.work());
    trial.args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null());
    if trial.status().is_ok_and(|status| status.success()) {
        return Some(strace);
    }
    let required = std::env::var_os("HOLDALL_TEST_TRACE").is_some_and(|value| value == "required");
    assert!(!required, "strace may not trace here");
    eprintln!("skipped: strace may not trace here");
    None
}

/// All files of a tree with what is in them.
fn state(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![dir.to_path_buf()]);
    while let Some(at) = open.pop() {
        let Ok(list) = std::fs::read_dir(&at) else { continue };
        for path in list.map(|entry| entry.unwrap().path()) {
            let meta = path.symlink_metadata().unwrap();
            let seen = if meta.is_dir() {
                open.push(path.clone());
                b"directory".to_vec()
            } else if meta.is_symlink() {
                std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                std::fs::read(&path).unwrap()
            };
            found.insert(path.strip_prefix(dir).unwrap().to_owned(), seen);
        }
    }
    found
}

/// Where all that changes lies: then only this is exchanged.
const BELOW: &str = "x/y/";

/// A home with an archive, and the tree that was there before.
struct Scene {
    home: Home,
    strace: Peer,
    /// What everything that changes lies beneath, with its slash.
    place: &'static str,
    old: BTreeMap<PathBuf, Vec<u8>>,
    new: BTreeMap<PathBuf, Vec<u8>>,
}

impl Scene {
    fn new(place: &'static str) -> Option<Self> {
        let home = home();
        let strace = strace(&home)?;
        let large = vec![b'x'; 70_000];
        let at = |name: &str| format!("{place}{name}").into_bytes();
        let new = [
            file(&at("a"), b"new"),
            file(&at("large"), &large),
            dir(&at("d/")),
            file(&at("d/b"), b"new too"),
            symlink(&at("d/l"), b"b"),
            file(&at("same"), b"same"),
        ];
        let above = [dir(b"x/"), file(b"x/stays", b"stays"), dir(BELOW.as_bytes())];
        let above = if place.is_empty() { &[][..] } else { &above };
        home.write("new.tar", archive(&[above, &new].concat()));
        let old = [
            file(&at("a"), b"old one"),
            dir(&at("d/")),
            file(&at("d/b"), b"old"),
            file(&at("gone"), b"old"),
            file(&at("same"), b"same"),
        ];
        home.write("old.tar", archive(&[above, &old].concat()));
        home.run(["restore", "old.tar", "--to", "t"]).output().success();
        std::fs::remove_file(home.path("old.tar")).unwrap();
        std::fs::rename(home.path("t"), home.home().join("saved")).unwrap();
        let (old, new) = (BTreeMap::new(), BTreeMap::new());
        let mut scene = Self { home, strace, place, old, new };
        scene.reset();
        scene.old = state(&scene.home.path("t"));
        let inode = |path: &str| scene.home.path(path).metadata().unwrap().ino();
        let (whole, part) = (inode("t"), inode(&format!("t/{place}")));
        scene.plain();
        assert_eq!(inode("t") == whole, !place.is_empty());
        assert!(inode(&format!("t/{place}")) != part);
        scene.new = state(&scene.home.path("t"));
        assert!(scene.old != scene.new);
        Some(scene)
    }

    /// The old tree, and nothing beside it.
    fn reset(&self) {
        for name in ["t", ".t.holdall"] {
            let _ = std::fs::remove_dir_all(self.home.path(name));
        }
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(self.home.home().join("saved")).arg(self.home.path("t"));
        assert!(copy.status().unwrap().success());
    }

    fn args(&self) -> Vec<&'static str> {
        let all = ["restore", "new.tar", "--to", "t", "--delete", "--threads", "1"];
        // Else all is written anew, also what is the same.
        let overwrite = if self.place.is_empty() { "always" } else { "changed" };
        [&all[..], &["--overwrite", overwrite]].concat()
    }

    /// A run that nothing happens to.
    fn plain(&self) {
        self.home.run(self.args()).output().success();
    }

    fn traced(&self, options: &[&str]) -> Command {
        let run = self.home.run(self.args()).into_command();
        let mut command = Command::new(self.strace.program());
        command.args(["-f", "-qq"]).args(options).arg(run.get_program()).args(run.get_args());
        command.env_clear().envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.home.work()).stdin(Stdio::null());
        command
    }

    /// How often one thread makes each call.
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let log = self.home.home().join("trace");
        let only = format!("trace={}", CALLS.join(","));
        self.reset();
        let status =
            self.traced(&["-o", log.to_str().unwrap(), "-e", &only]).output().unwrap().status;
        assert!(status.success());
        let mut each: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for line in String::from_utf8_lossy(&std::fs::read(&log).unwrap()).lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start().split('(').next().unwrap_or_default();
            if let Some(call) = CALLS.iter().find(|known| **known == call) {
                *each.entry((thread.to_owned(), call)).or_default() += 1;
            }
        }
        let mut most = BTreeMap::new();
        for ((_, call), count) in each {
            let known = most.entry(call).or_insert(0);
            *known = count.max(*known);
        }
        most
    }

    /// A run with something happening at the `at`-th such call of each thread. True if it said that all went well.
    fn inject(&self, call: &str, fault: &str, at: usize) -> bool {
        let what = format!("inject={call}:{fault}:when={at}");
        let quiet = format!("trace={call}");
        let outcome =
            self.traced(&["-o", "/dev/null", "-e", &quiet, "-e", &what]).output().unwrap();
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert!(!said.contains("panicked"), "{what}: {said}");
        outcome.status.success()
    }

    fn judge(&self, what: &str, acknowledged: bool) {
        let now = state(&self.home.path("t"));
        assert!(now == self.old || now == self.new, "{what}: neither the old tree nor the new one");
        assert!(now == self.new || !acknowledged, "{what}: acknowledged and not there");
    }

    /// The next run brings the new tree and leaves nothing half done.
    fn recover(&self, what: &str) {
        self.plain();
        assert!(state(&self.home.path("t")) == self.new, "{what}: the next run did not do it");
        assert!(!self.home.path(".t.holdall/staging").exists(), "{what}: litter");
        let beside: BTreeSet<_> =
            std::fs::read_dir(self.home.work()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(beside, ["t", ".t.holdall", "new.tar"].map(Into::into).into(), "{what}");
    }
}

/// So many of these, spread evenly; all of them if there are no more.
fn sample<T>(all: Vec<T>, count: u32) -> Vec<T> {
    let (length, count) = (all.len(), (count as usize).max(1));
    let step = length.div_ceil(count).max(1);
    // Not always those at the beginning of a step.
    all.into_iter()
        .enumerate()
        .filter(|(nr, _)| (nr + nr / step) % step == 0)
        .map(|(_, one)| one)
        .collect()
}

#[test]
fn whatever_fails_at_whichever_call_a_target_is_the_old_tree_or_the_new_one() {
    faults_at("");
}

#[test]
fn whatever_fails_while_one_directory_is_exchanged_a_target_is_the_old_tree_or_the_new_one() {
    faults_at(BELOW);
}

#[expect(clippy::print_stdout, reason = "who runs the tests must see how many there are")]
fn faults_at(place: &'static str) {
    let Some(scene) = Scene::new(place) else { return };
    let mut all = Vec::new();
    for (call, count) in scene.counts() {
        for at in 1..=count {
            let faults = FAULTS.iter().filter(|fault| match **fault {
                // Only of a write is it no lie that it took nothing.
                "retval=0" => call.contains("write"),
                "signal=KILL" => true,
                // The standard library panics if a directory cannot be closed, which no disk does.
                _ => call != "close",
            });
            all.extend(faults.map(|fault| (call, *fault, at)));
        }
    }
    let total = all.len();
    // Contents are read and written by so few calls that a sample might leave them out.
    let (mut wanted, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(call, ..)| matches!(*call, "pread64" | "pwrite64"));
    wanted.extend(sample(rest, cases(70)));
    println!("{} of {total} faults", wanted.len());
    let (mut acknowledged, mut news) = (0, 0);
    for (call, fault, at) in wanted {
        let what = format!("{call} {fault} {at}");
        scene.reset();
        let done = scene.inject(call, fault, at);
        scene.judge(&what, done);
        acknowledged += u32::from(done);
        news += u32::from(state(&scene.home.path("t")) == scene.new);
        scene.recover(&what);
    }
    println!("{acknowledged} were acknowledged, {news} had the new tree");
}

#[test]
fn a_recovery_that_is_killed_in_its_turn_is_recovered_from() {
    kills_at("");
    kills_at(BELOW);
}

#[expect(clippy::print_stdout, reason = "who runs the tests must see how many there are")]
fn kills_at(place: &'static str) {
    let Some(scene) = Scene::new(place) else { return };
    let changes = ["renameat2", "syncfs", "fsync", "unlinkat", "linkat", "mkdirat", "write"];
    let counts = scene.counts();
    let kills: Vec<(&str, usize)> = counts
        .iter()
        .filter(|(call, _)| changes.contains(call))
        .flat_map(|(call, count)| (1..=*count).map(move |at| (*call, at)))
        .collect();
    let pairs: Vec<_> = kills.iter().flat_map(|a| kills.iter().map(move |b| (*a, *b))).collect();
    let total = pairs.len();
    let wanted = sample(pairs, cases(25));
    println!("{} of {total} pairs", wanted.len());
    for (first, second) in wanted {
        let what = format!("{first:?} then {second:?}");
        scene.reset();
        let done = scene.inject(first.0, "signal=KILL", first.1);
        scene.judge(&what, done);
        let done = scene.inject(second.0, "signal=KILL", second.1);
        scene.judge(&what, done);
        scene.recover(&what);
    }
}

/// Calls of a trace that would change a file system. What is written to a file without a name, to a pipe, or to where
/// nothing is kept changes none.
fn changes(trace: &str) -> Vec<String> {
    const MADE: [&str; 18] = [
        "mkdir",
        "rmdir",
        "unlink",
        "rename",
        "link(",
        "linkat",
        "symlink",
        "mknod",
        "chmod",
        "chown",
        "utime",
        "futimesat",
        "setxattr",
        "removexattr",
        "truncate(",
        "fallocate",
        "creat(",
        "mount",
    ];
    let call =
        |line: &str| line.split_once(' ').map_or("", |(_, call)| call.trim_start()).to_owned();
    let passes = |line: &String| {
        line.starts_with("readlink")
            || line.contains("/dev/null")
            || line.contains("(deleted)")
            || line.contains("O_TMPFILE")
    };
    let opens = |line: &String| {
        line.starts_with("open")
            && ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag))
    };
    let writes = |line: &String| {
        let target = line.split_once('<').map_or("", |(_, rest)| rest);
        ["write", "pwrite", "copy_file_range", "sendfile", "ftruncate"]
            .iter()
            .any(|call| line.starts_with(call))
            && !target.starts_with("pipe:")
            && !target.starts_with("socket:")
            && !target.starts_with("UNIX")
    };
    trace
        .lines()
        .map(call)
        .filter(|line| !passes(line))
        .filter(|line| {
            MADE.iter().any(|made| {
                line.split('(').next().is_some_and(|name| format!("{name}(").contains(made))
            }) || opens(line)
                || writes(line)
        })
        .collect()
}

#[test]
fn a_look_at_a_restore_makes_no_call_that_changes_a_file_and_gives_the_verdict_of_the_run() {
    let Some(scene) = Scene::new("") else { return };
    let log = scene.home.home().join("trace");
    let trace = |args: &[&str]| {
        let run = scene.home.run(args).into_command();
        let mut command = Command::new(scene.strace.program());
        let only = "trace=%file,%desc,write,pwrite64,ftruncate,fchmod,fchown";
        command.args(["-f", "-qq", "-y", "-s", "8", "-o", log.to_str().unwrap(), "-e", only]);
        command.arg(run.get_program()).args(run.get_args()).env_clear();
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let outcome = command.current_dir(scene.home.work()).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
        (outcome.status.code(), changes(&text))
    };
    let good = std::fs::read(scene.home.path("new.tar")).unwrap();
    let mut packed = holdall_testkit::gzip();
    std::io::Write::write_all(&mut packed, &good).unwrap();
    scene.home.write("new.tar.gz", packed.finish().unwrap());
    scene.home.write("bad.tar", archive(&[file(b"../moo", b"x")]));
    for (source, code) in [("new.tar", 0), ("new.tar.gz", 0), ("bad.tar", 4), ("none.tar", 1)] {
        for look in ["--dry-run", "--preview"] {
            scene.reset();
            let args = ["restore", source, "--to", "t", "--overwrite", "always", look];
            let (ended, changed) = trace(&args);
            assert_eq!(ended, Some(code), "{source} {look}");
            assert!(changed.is_empty(), "{source} {look}: {changed:#?}");
        }
        let run = trace(&["restore", source, "--to", "t", "--overwrite", "always"]);
        assert_eq!(run.0, Some(code), "{source}");
        // The judge sees what a run does.
        assert!(code != 0 || run.1.len() > 10, "{source}: {:?}", run.1);
    }
}
