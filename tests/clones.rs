//! Clones: a plain directory that is exactly its source, alone or beside older ones that it shares files with.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use holdall_testkit::{Home, compare, hostile_tree, is_root, peer, rsync_identical};

use crate::{home, init, with_repo};

/// The directories in `dir` that are no state of ours, by name.
fn clones(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect();
    found.sort();
    found
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// Makes one more clone of `p` in `dest` and gives its path.
fn incremental(home: &Home, dest: &str) -> PathBuf {
    let report = home.run(["clone", "p", dest, "--incremental", "--json"]).output().success();
    PathBuf::from(json(&report.text()).get("path").unwrap().as_str().unwrap())
}

fn inode(path: &Path) -> u64 {
    path.symlink_metadata().unwrap().ino()
}

/// What was written so far lies more than a tick of the file system's clock behind when this returns: before that it
/// cannot be told whether it was written again.
fn settle(home: &Home) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(25) {
        home.run(["ls", "p"]).output().success();
    }
}

#[test]
fn a_clone_is_its_source_in_every_field() {
    let home = home();
    let tree = home.path("tree");
    std::fs::create_dir(&tree).unwrap();
    hostile_tree(&tree).unwrap();
    let large: Vec<u8> = (0..40_000_000u32).map(|n| (n >> 7) as u8).collect();
    home.write("tree/large", &large);
    let outcome = home.run(["clone", "tree", "copy"]).output();
    // For others than root the owners of some do not come along, which is told.
    assert!(outcome.code == 0 || !is_root(), "{}", outcome.error_text());
    if is_root() {
        assert_eq!(compare(&tree, &home.path("copy")), [] as [String; 0]);
        assert_eq!(rsync_identical(&tree, &home.path("copy")), [] as [String; 0]);
        home.run(["verify", "copy"]).output().success();
        let id = |name: &str| home.run(["id", "--full", name]).output().success().text();
        assert_eq!(id("tree"), id("copy"));
    }
    // Nothing is left to go back to, and nothing of the clone lies in it.
    let listed = home.run(["rollback", "--list", "--target", "copy"]).output();
    assert!(listed.code != 0 || !listed.text().contains(" 1 "), "{}", listed.text());
    assert!(!home.path(".copy.holdall/staging").exists());
}

#[test]
fn what_is_there_stays_unless_a_mirror_is_asked_for_and_then_it_can_come_back() {
    let home = home();
    home.write("p/a", "a");
    home.write("p/d/b", "b");
    home.write("p/left.log", "log");
    home.write("copy/a", "other");
    home.write("copy/left.log", "of the copy");
    home.write("copy/extra/x", "x");
    let before = home.path("before");
    let cp = |from: PathBuf, to: &Path| {
        assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    };
    cp(home.path("copy"), &before);
    home.run(["clone", "p", "copy"]).output().exits(4);
    assert_eq!(compare(&before, &home.path("copy")), [] as [String; 0]);
    let mirror = ["clone", "p", "copy", "--delete", "--exclude", "*.log"];
    home.run(mirror).output().success();
    let wanted = home.path("wanted");
    cp(home.path("p"), &wanted);
    std::fs::remove_file(wanted.join("left.log")).unwrap();
    // Removing it there changed the time of the directory.
    let time = home.path("p").metadata().unwrap().modified().unwrap();
    std::fs::File::open(&wanted).unwrap().set_modified(time).unwrap();
    assert_eq!(compare(&wanted, &home.path("copy")), [] as [String; 0]);
    home.run(["verify", "copy"]).output().success();
    let again = home.run(mirror).output().success();
    assert!(again.text().contains("as it should be already"), "{}", again.text());
    home.run(["rollback", "--target", "copy", "--yes"]).output().success();
    assert_eq!(compare(&before, &home.path("copy")), [] as [String; 0]);
}

#[test]
fn a_clone_in_what_is_cloned_is_refused_however_it_is_reached() {
    let home = home();
    home.write("p/a", "a");
    home.write("p/sub/b", "b");
    home.write("out/c", "c");
    std::os::unix::fs::symlink("p/sub", home.path("link")).unwrap();
    let before = compare(&home.path("p"), &home.path("out"));
    for dest in ["p", "p/copy", "p/sub/deep/copy", "link/copy", "./out/../p/x"] {
        for more in [&[][..], &["--delete"], &["--incremental"], &["--dry-run"]] {
            let run = home.run(["clone", "p", dest]);
            let outcome = more.iter().fold(run, |run, flag| run.arg(flag)).output().exits(4);
            let said = outcome.error_text();
            let refused = said.contains("error[apart]") || said.contains("error[clone-exists]");
            assert!(refused, "{dest} {more:?}: {said}");
        }
    }
    // The other way round: the mirror would move away what it is made of.
    home.write("q/src/a", "a");
    for source in ["q/src", "q"] {
        let outcome = home.run(["clone", source, "q", "--delete"]).output().exits(4);
        assert!(outcome.error_text().contains("error[apart]"), "{}", outcome.error_text());
    }
    assert_eq!(compare(&home.path("p"), &home.path("out")), before);
    if !is_root() {
        return;
    }
    // A part of the source that is mounted elsewhere leads into it, and no path tells.
    let script = "mkdir m && mount --bind p/sub m || exit 99\n\"$0\" clone p m/copy";
    let run = home.run([] as [&str; 0]).into_command();
    let mut command = Command::new("unshare");
    command.args(["--mount", "bash", "-c", script]).arg(run.get_program()).env_clear();
    command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = command.current_dir(home.work()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), Some(4 | 99)), "{said}");
    assert!(!home.path("p/sub/copy").exists() && !home.path("p/sub/.copy.holdall").exists());
}

#[test]
fn what_did_not_change_is_shared_with_the_last_clone_and_what_did_never_is() {
    let home = home();
    home.write("p/same", "same");
    home.write("p/content", "old");
    home.write("p/mode", "mode");
    home.write("p/gone", "gone");
    home.write("p/d/deep", "deep");
    std::fs::hard_link(home.path("p/same"), home.path("p/d/same-too")).unwrap();
    std::os::unix::fs::symlink("same", home.path("p/link")).unwrap();
    let back = |name: &str, secs: i64| {
        let file = std::fs::File::open(home.path(name)).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(secs as u64);
        file.set_modified(time).unwrap();
    };
    for name in ["p/same", "p/content", "p/mode", "p/gone", "p/d/deep"] {
        back(name, 1_000_000_000);
    }
    settle(&home);
    // A relative place, and a project beside it whose name begins alike.
    home.write("p-web/x", "x");
    let first = incremental(&home, "./clones");
    home.run(["clone", "p-web", "clones", "--incremental"]).output().success();
    let kept = home.path("kept");
    assert!(Command::new("cp").arg("-a").arg(&first).arg(&kept).status().unwrap().success());
    home.write("p/content", "new");
    // As long as before and of the same time: only the inode tells.
    back("p/content", 1_000_000_000);
    std::fs::set_permissions(home.path("p/mode"), PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::remove_file(home.path("p/gone")).unwrap();
    home.write("p/fresh", "fresh");
    let preview = home.run(["clone", "p", "clones", "--incremental", "--dry-run"]).output();
    let preview = preview.success().text();
    for line in ["M content", "M mode", "- gone", "+ fresh"] {
        assert!(preview.contains(line), "{line}: {preview}");
    }
    assert!(!preview.contains("same") && !preview.contains("deep"), "{preview}");
    let second = incremental(&home, "clones");
    assert_eq!(compare(&home.path("p"), &second), [] as [String; 0]);
    assert_eq!(rsync_identical(&home.path("p"), &second), [] as [String; 0]);
    assert_eq!(compare(&kept, &first), [] as [String; 0], "the older clone changed");
    for name in ["same", "d/same-too", "d/deep", "link"] {
        assert_eq!(inode(&first.join(name)), inode(&second.join(name)), "{name} is not shared");
    }
    for name in ["content", "mode"] {
        assert_ne!(inode(&first.join(name)), inode(&second.join(name)), "{name} is shared");
    }
    for clone in clones(&home.path("clones")) {
        home.run(["verify", clone.to_str().unwrap()]).output().success();
    }
    // Each is complete without the others.
    std::fs::remove_dir_all(&first).unwrap();
    home.run(["verify", second.to_str().unwrap()]).output().success();
    let third = incremental(&home, "clones");
    assert_eq!(inode(&third.join("same")), inode(&second.join("same")));
    assert_eq!(compare(&home.path("p"), &third), [] as [String; 0]);
}

#[test]
fn forms_without_inodes_share_what_is_the_same_too() {
    let home = home();
    home.write("p/a", "a");
    home.write("p/b", "b");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(home.path("p")).env("HOME", home.home());
        // Files of a commit have its time, and one that has another time is another file.
        command.env("GIT_COMMITTER_DATE", "1700000000 +0000");
        command.args(["-c", "user.name=n", "-c", "user.email=e@x"]).args(args);
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "a", "b"]);
    git(&["commit", "-qm", "one"]);
    let clone = || {
        let args = ["clone", "git:HEAD", "../clones", "--incremental", "--json"];
        let report = json(&home.run(args).cwd("p").output().success().text());
        (PathBuf::from(report["path"].as_str().unwrap()), report)
    };
    let (first, _) = clone();
    home.write("p/b", "changed");
    git(&["commit", "-qam", "two"]);
    let (second, report) = clone();
    assert_eq!((&report["files"], &report["unchanged"]), (&1.into(), &1.into()), "{report}");
    assert_eq!(inode(&first.join("a")), inode(&second.join("a")));
    assert_eq!(std::fs::read(second.join("b")).unwrap(), b"changed");
    assert_eq!(std::fs::read(first.join("b")).unwrap(), b"b");
    for clone in [first, second] {
        home.run(["verify", clone.to_str().unwrap()]).output().success();
    }
}

#[test]
fn every_form_can_be_cloned() {
    let home = home();
    init(&home);
    home.write("p/a", "a\n");
    home.write("p/d/b", "b\n");
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    assert!(
        Command::new("tar")
            .args(["-cf"])
            .arg(home.path("p.tar"))
            .arg("-C")
            .arg(home.path("p"))
            .arg(".")
            .status()
            .unwrap()
            .success()
    );
    let id = home.run(["id", "p"]).output().success().text();
    for (nr, source) in ["p", "@latest", "p.md", "p.tar"].into_iter().enumerate() {
        let to = format!("c{nr}");
        with_repo(&home, &["clone", source, &to]).output().success();
        assert_eq!(home.run(["id", &to]).output().success().text(), id, "{source}");
        home.run(["verify", &to]).output().success();
        for _ in 0..2 {
            with_repo(&home, &["clone", source, "many", "--incremental"]).output().success();
        }
    }
    assert_eq!(clones(&home.path("many")).len(), 8);
    for clone in clones(&home.path("many")) {
        assert_eq!(home.run(["id", clone.to_str().unwrap()]).output().success().text(), id);
    }
}

#[test]
fn a_clone_tells_what_became_of_it() {
    let home = home();
    for name in ["content", "mode", "time", "gone", "kept"] {
        home.write(format!("p/{name}"), name);
    }
    let clone = incremental(&home, "clones");
    let shown = clone.to_str().unwrap();
    let whole = json(&home.run(["verify", shown, "--json"]).output().success().text());
    assert_eq!(whole["differences"].as_array().unwrap().len(), 0, "{whole}");
    let time = clone.join("content").metadata().unwrap().modified().unwrap();
    std::fs::write(clone.join("content"), "changed here").unwrap();
    std::fs::File::open(clone.join("content")).unwrap().set_modified(time).unwrap();
    std::fs::set_permissions(clone.join("mode"), PermissionsExt::from_mode(0o611)).unwrap();
    let old = SystemTime::UNIX_EPOCH;
    std::fs::File::open(clone.join("time")).unwrap().set_modified(old).unwrap();
    std::fs::remove_file(clone.join("gone")).unwrap();
    std::fs::write(clone.join("more"), "").unwrap();
    let judged = json(&home.run(["verify", shown, "--json"]).output().exits(1).text());
    let differences = judged["differences"].as_array().unwrap().iter();
    let found: BTreeMap<String, String> = differences
        .map(|one| (one["path"].to_string(), format!("{}{}", one["change"], one["parts"])))
        .collect();
    let expected = [
        (".", "\"M\"[\"time\"]"),
        ("content", "\"M\"[\"content\",\"size\"]"),
        ("gone", "\"-\"[]"),
        ("mode", "\"M\"[\"mode\"]"),
        ("more", "\"+\"[]"),
        ("time", "\"M\"[\"time\"]"),
    ];
    let expected = expected.map(|(path, what)| (format!("{path:?}"), what.to_owned()));
    assert_eq!(found, BTreeMap::from(expected));
    // What was changed in a clone is not passed on to the next one.
    let next = incremental(&home, "clones");
    assert_eq!(compare(&home.path("p"), &next), [] as [String; 0]);
    // A record that was damaged is not believed.
    let record = home.path("clones/.holdall/clones").join(clone.file_name().unwrap());
    let mut text = std::fs::read(&record).unwrap();
    let middle = text.len() / 2;
    text[middle] ^= 1;
    std::fs::write(&record, text).unwrap();
    let outcome = home.run(["verify", shown]).output().exits(1);
    assert!(outcome.error_text().contains("error[record-damaged]"), "{}", outcome.error_text());
    // Nor does it keep anybody from cloning: nothing is shared with a clone whose record is damaged.
    let record = home.path("clones/.holdall/clones").join(next.file_name().unwrap());
    std::fs::write(record, "holdall clone 1\n").unwrap();
    let third = incremental(&home, "clones");
    assert_eq!(compare(&home.path("p"), &third), [] as [String; 0]);
}

#[test]
fn runs_of_the_same_second_and_at_once_each_make_a_clone_or_say_that_they_cannot() {
    let home = home();
    for nr in 0..50 {
        home.write(format!("p/f{nr}"), vec![nr; 10_000]);
    }
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = home.run(["clone", "p", "clones", "--incremental"]).into_command();
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    let codes: Vec<_> =
        children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    let made = codes.iter().filter(|code| **code == 0).count();
    assert!(made >= 1 && codes.iter().all(|code| matches!(code, 0 | 5)), "{codes:?}");
    incremental(&home, "clones");
    let found = clones(&home.path("clones"));
    assert_eq!(found.len(), made + 1);
    for clone in found {
        assert_eq!(compare(&home.path("p"), &clone), [] as [String; 0]);
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_cloned() {
    let home = home();
    home.write("p/good", "good");
    let secret = home.write("p/secret", "x");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o000)).unwrap();
    let mut command = home.run(["clone", "p", "copy"]).into_command();
    if is_root() {
        // Root reads everything; without this capability it does not.
        if peer("setpriv").is_none() {
            return;
        }
        let all = "-dac_override,-dac_read_search";
        let mut dropped = Command::new("setpriv");
        dropped.args(["--bounding-set", all, "--inh-caps", all, "--"]).arg(command.get_program());
        dropped.args(command.get_args()).current_dir(home.work()).env_clear();
        dropped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = dropped;
    }
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("secret"), "{said}");
    assert_eq!(std::fs::read(home.path("copy/good")).unwrap(), b"good");
    assert!(!home.path("copy/secret").exists());
    home.run(["verify", "copy"]).output().success();
}

#[test]
fn rules_remove_clones_of_the_project_alone_and_say_why_each_stays() {
    let home = home();
    home.write("app/a", "a");
    home.write("app-web/a", "a");
    let clone = |project: &str, more: &[&str]| {
        let run = home.run(["clone", project, "clones", "--incremental", "--json"]);
        let run = more.iter().fold(run, |run, flag| run.arg(flag));
        json(&run.output().success().text())
    };
    let name = |report: &serde_json::Value| {
        let path = PathBuf::from(report["path"].as_str().unwrap());
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let pinned = name(&clone("app", &["--pin"]));
    let tagged = name(&clone("app", &["--tag", "release"]));
    let other = name(&clone("app-web", &[]));
    let old = name(&clone("app", &[]));
    let rules = ["--keep", "1", "--keep-tag", "release"];
    let dry = clone("app", &[&rules[..], &["--dry-run"]].concat());
    assert_eq!(dry["rotation"]["remove"], serde_json::json!([old]), "{dry}");
    assert_eq!(clones(&home.path("clones")).len(), 4);
    let report = clone("app", &rules);
    assert_eq!(report["rotation"]["remove"], serde_json::json!([old]), "{report}");
    let kept = report["rotation"]["keep"].as_array().unwrap();
    let why: Vec<_> = kept.iter().map(|kept| kept["reasons"].to_string()).collect();
    assert_eq!(why, ["[\"last clone\"]", "[\"has tags release\"]", "[\"pinned\"]"]);
    let mut expected = vec![pinned.clone(), tagged, other, name(&report)];
    expected.sort();
    let left: Vec<_> = clones(&home.path("clones"))
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, expected);
    // Without the pin it goes, and its record with it.
    std::fs::remove_file(home.path(format!("clones/.holdall/clones/{pinned}.pin"))).unwrap();
    clone("app", &rules);
    assert!(!home.path(format!("clones/{pinned}")).exists());
    assert!(!home.path(format!("clones/.holdall/clones/{pinned}")).exists());
    for clone in clones(&home.path("clones")) {
        home.run(["verify", clone.to_str().unwrap()]).output().success();
    }
    let usage = home.run(["clone", "app", "alone", "--keep", "1"]).output().exits(2);
    assert!(usage.error_text().contains("--incremental"), "{}", usage.error_text());
}
