//! A disk that is full while a dump is written: the old dump stays, nothing else does, and it is said what happened.

use std::path::Path;
use std::process::{Command, Output};

use holdall_testkit::{Home, is_root};

use crate::home;

/// A tree whose dump is about two mebibytes, and an old dump with its checksum in `out`.
fn scene(home: &Home) {
    home.write("old/a.txt", "old\n");
    std::fs::create_dir(home.path("out")).unwrap();
    home.run(["dump", "old", "-o", "out/d.md"]).output().success();
    for number in 0..40 {
        home.write(format!("p/f{number}.txt"), format!("{number} some text\n").repeat(3000));
    }
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Runs a script of bash that finds the program as `$0`.
fn bash(home: &Home, script: &str) -> Output {
    let run = home.run([] as [&str; 0]).into_command();
    let mut command = Command::new("bash");
    command.args(["-c", script]).arg(run.get_program()).current_dir(home.work()).env_clear();
    command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

const DUMP: &str = "\"$0\" dump p --secrets off --tokens off";

#[test]
fn a_dump_that_finds_no_room_leaves_the_old_one() {
    if !is_root() {
        println!("skipped: only root mounts a small file system");
        return;
    }
    let home = home();
    scene(&home);
    let before = files(&home.path("out"));
    // The mount is seen by this script alone, and goes with it.
    let script = format!(
        "unshare --mount bash -c 'mkdir small && mount -t tmpfs -o size=1m none small || exit 99\n\
         cp -a out/. small/ && {DUMP} -o small/d.md\n code=$?\n\
         cp -a small after\n exit $code' \"$0\""
    );
    let ended = bash(&home, &script);
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.code() == Some(99) {
        println!("skipped: nothing can be mounted here: {said}");
        return;
    }
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error[no-space]: cannot write "), "{said}");
    assert!(said.contains("small/d.md") && said.contains("\nhint: "), "{said}");
    assert_eq!(files(&home.path("after")), before, "{said}");
}

#[test]
fn a_dump_that_may_not_grow_leaves_the_old_one_in_every_format() {
    let home = home();
    scene(&home);
    for format in ["md", "xml", "json", "yaml", "toml", "csv", "txt", "html"] {
        let old = format!("out/d.{format}");
        home.run(["dump", "old", "-o", &old]).output().success();
        let before = files(&home.path("out"));
        // The signal that says so is passed over, as it is where a program is started by many a service.
        let script = format!("trap '' XFSZ; ulimit -f 600; {DUMP} -o {old}");
        let ended = bash(&home, &script);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{format}: {said}");
        assert!(said.contains(&format!("cannot write {}", home.path(&old).display())), "{said}");
        assert_eq!(files(&home.path("out")), before, "{format}: {said}");
    }
}

#[test]
fn a_full_standard_output_is_said_so_too() {
    let home = home();
    scene(&home);
    let ended = bash(&home, &format!("{DUMP} -o - > /dev/full"));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error[output]: cannot write the output\n"), "{said}");
}

#[test]
fn a_clone_that_finds_no_room_is_not_there_and_the_older_ones_stay() {
    if !is_root() {
        println!("skipped: only root mounts a small file system");
        return;
    }
    let home = home();
    home.write("p/small", "small");
    home.write("q/small", "small");
    home.write("q/large", vec![1; 3 << 20]);
    // The mount is seen by this script alone, and goes with it.
    let script = "unshare --mount bash -c 'mkdir small && mount -t tmpfs -o size=2m none small || exit 99\n\
         clone=\"clone --incremental --project p --keep 1\"\n\
         \"$0\" $clone p small || exit 98\n\
         \"$0\" $clone q small\n code=$?\n\
         cp -a small after\n exit $code' \"$0\"";
    let ended = bash(&home, script);
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.code() == Some(99) {
        println!("skipped: nothing can be mounted here: {said}");
        return;
    }
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("error[no-space]"), "{said}");
    let names: Vec<String> = std::fs::read_dir(home.path("after"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".holdall")
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(!home.path("after/.holdall/staging").exists(), "{said}");
    home.run(["verify", &format!("after/{}", names.concat())]).output().success();
}
