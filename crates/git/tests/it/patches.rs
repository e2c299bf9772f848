//! Patches that git takes, and that lead to the very tree they were made from.

use std::collections::BTreeMap;
use std::fs;

use holdall_git::{Changes, Until, patch};
use holdall_testkit::cases;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::Repo;

const LIMIT: u64 = 1 << 24;

fn patch_of(changes: &Changes<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for change in changes.list() {
        changes.write_patch(change, LIMIT, &mut out).unwrap();
    }
    out
}

/// Makes a patch from the last commit to the work tree, lets git apply it to a clean checkout, and compares the trees. Then
/// takes it back.
#[track_caller]
fn leads_to_the_work_tree(repo: &Repo) -> Vec<u8> {
    let git = repo.open();
    let patch = patch_of(&git.changes("HEAD", Until::WorkTree).unwrap());
    let out = repo.home().join("out");
    repo.git_in(repo.home(), &["clone", "-q", "repo", "out"], b"");
    let before = repo.git_in(&out, &["write-tree"], b"");
    if !patch.is_empty() {
        repo.git_in(&out, &["apply", "--check", "-"], &patch);
        repo.git_in(&out, &["apply", "--index", "--whitespace=nowarn", "-"], &patch);
    }
    let tree = |id: &[u8]| String::from_utf8_lossy(id).trim().to_owned();
    let applied = tree(&repo.git_in(&out, &["write-tree"], b""));
    repo.git(&["add", "-A"]);
    let wanted = repo.git(&["write-tree"]);
    let differ = |found: &str, wanted: &str| {
        repo.git_in(&repo.dir, &["fetch", "-q", "../out"], b"");
        let found = repo.git_in(&out, &["ls-tree", "-r", found], b"");
        let wanted = repo.git_in(&repo.dir, &["ls-tree", "-r", wanted], b"");
        let lines =
            [found, wanted, patch.clone()].map(|all| String::from_utf8_lossy(&all).into_owned());
        lines.join("\n")
    };
    assert!(applied == wanted, "applied:\n{}", differ(&applied, &wanted));
    if !patch.is_empty() {
        repo.git_in(&out, &["apply", "--index", "-R", "--whitespace=nowarn", "-"], &patch);
    }
    let (before, back) = (tree(&before), tree(&repo.git_in(&out, &["write-tree"], b"")));
    // Git takes a deletion back without the mode, also one that it wrote itself.
    let without_modes = |tree: &str| {
        let all = repo.git_in(
            &out,
            &["ls-tree", "-r", "-z", "--format=%(objectname) %(path)", tree],
            b"",
        );
        String::from_utf8_lossy(&all).into_owned()
    };
    let same = without_modes(&back) == without_modes(&before);
    assert!(same, "taken back:\n{}", differ(&back, &before));
    patch
}

#[test]
fn every_kind_of_change_is_applied() {
    let Some(repo) = Repo::new() else { return };
    let long: String = (0..200).map(|at| format!("line {at}\n")).collect();
    let noise = |seed: u32| -> Vec<u8> {
        (0..5000u32).map(|at| (at.wrapping_mul(seed) >> 7) as u8).collect()
    };
    for name in [
        "edit",
        "cut-end",
        "gain-end",
        "move me",
        "mode",
        "both",
        "ä\"\\\t\n",
        "gone",
        "type",
        "dir/x",
        "crlf",
    ] {
        repo.write(name, &long);
    }
    repo.write("move me", format!("moved\n{long}"));
    repo.write("both", format!("both\n{long}"));
    repo.write("no-end", "a\nb");
    repo.write("dir2", "a file");
    repo.write("empty", "");
    repo.write("fill", "");
    repo.write("drain", "content\n");
    repo.write("bin", noise(2_654_435_761));
    repo.write("bin-gone", noise(40_503));
    repo.link("link", "one");
    repo.link("link-gone", "two");
    repo.commit_all();

    repo.write("edit", long.replace("line 3\n", "").replace("line 150\n", "x\ny\n") + "end\n");
    repo.write("cut-end", long.trim_end());
    repo.write("gain-end", long.clone() + "more");
    repo.write("no-end", "a\nb\n");
    fs::rename(repo.path("move me"), repo.path("moved to you")).unwrap();
    fs::rename(repo.path("both"), repo.path("both-new")).unwrap();
    repo.write("both-new", "both\n".to_owned() + &long.replace("line 9\n", "line nine\n"));
    repo.mode("both-new", 0o755);
    repo.mode("mode", 0o755);
    repo.write("ä\"\\\t\n", "short\n");
    repo.remove("gone");
    repo.remove("type");
    repo.link("type", "a target");
    repo.remove("dir/x");
    fs::remove_dir(repo.path("dir")).unwrap();
    repo.write("dir", "now a file\n");
    repo.remove("dir2");
    repo.write("dir2/y", "now in a directory\n");
    repo.write("crlf", long.replace('\n', "\r\n"));
    repo.write("empty-new", "");
    repo.remove("empty");
    repo.write("fill", "filled\n");
    repo.write("drain", "");
    repo.write("bin", [noise(2_654_435_761), vec![0; 3]].concat());
    repo.remove("bin-gone");
    repo.write("bin-new", noise(9_973));
    repo.write("one-nul", [0]);
    repo.remove("link");
    repo.link("link", "another");
    repo.remove("link-gone");
    repo.link("link-new", "ünï");
    repo.write(b"\xff not utf-8 ", "x\n");
    repo.write("-dash", "-- a\n++ b\n--- c\n+++ d\n@@ -1,1 +1,1 @@\ndiff --git a/x b/x\n");
    repo.write("spaces at the end  ", "\x0c\x0b \r \n");
    let patch = leads_to_the_work_tree(&repo);
    let text = String::from_utf8_lossy(&patch);
    for part in [
        "similarity index 100%\nrename from \"move me\"\nrename to \"moved to you\"\n",
        "rename from both\nrename to both-new\n",
        "old mode 100644\nnew mode 100755",
        "GIT binary patch\nliteral 5003\n",
        "new file mode 120000",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_moved_submodule_is_applied() {
    let Some(repo) = Repo::new() else { return };
    repo.git(&["init", "-q", "sub"]);
    let commit =
        || repo.git_in(&repo.path("sub"), &["commit", "-q", "--allow-empty", "-m", "c"], b"");
    commit();
    repo.commit_all();
    commit();
    leads_to_the_work_tree(&repo);
}

#[test]
fn large_texts_without_a_common_line_take_no_time_to_speak_of() {
    // A search for the shortest difference would look at 40,000 times 40,000 pairs of lines.
    let Some(repo) = Repo::new() else { return };
    let text = |word: &str| {
        (0..40_000).map(|at| format!("{word} {}\n", at * 7919 % 40_009)).collect::<String>()
    };
    repo.write("a", text("old"));
    repo.commit_all();
    repo.write("a", text("new"));
    leads_to_the_work_tree(&repo);
}

#[test]
fn what_does_not_differ_gives_nothing() {
    let path = crate::support::path("a");
    let side = patch::Side { path: &path, mode: holdall_git::Mode::File, id: "0", content: b"x" };
    let mut out = Vec::new();
    patch::write(&mut out, Some(side), Some(side)).unwrap();
    patch::write(&mut out, None, None).unwrap();
    assert_eq!(out, b"");
}

#[test]
fn a_blob_has_the_id_that_git_gives_it() {
    let Some(repo) = Repo::new() else { return };
    for content in [&b""[..], b"a\n", &[0, 255]] {
        let id = repo.git_in(&repo.dir, &["hash-object", "--stdin"], content);
        assert_eq!(patch::blob_id(content).unwrap(), String::from_utf8(id).unwrap().trim());
    }
}

/// What a small tree holds: a path, and a file with its bit, or a link.
type Small = BTreeMap<String, (Vec<u8>, u8)>;

fn small() -> impl Strategy<Value = Small> {
    let line = prop_oneof!["[ab]{0,2}\n", "[ab]\r\n", Just("\n".to_owned()), "[a-c ]{1,3}"];
    let text = proptest::collection::vec(line, 0..8).prop_map(|lines| lines.concat().into_bytes());
    let bytes = proptest::collection::vec(any::<u8>(), 0..80);
    let content = prop_oneof![3 => text, 1 => bytes];
    let name = prop_oneof!["[a-c](/[a-c]){0,2}", "[a \"\\\\\t-]{1,3}x", "[a-cü]/[ä.]x"];
    proptest::collection::btree_map(name, (content, 0u8..4), 0..7)
}

/// Empties the work tree and fills it; of two paths of which one is a directory of the other, the first stays.
fn fill(repo: &Repo, tree: &Small) {
    for entry in fs::read_dir(&repo.dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != ".git" {
            let dir = entry.file_type().unwrap().is_dir();
            if dir { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
                .unwrap();
        }
    }
    for (path, (content, kind)) in tree {
        let at = repo.path(path);
        let parent = at.parent().unwrap();
        let blocked = parent.ancestors().take_while(|dir| *dir != repo.dir);
        if blocked.into_iter().any(|dir| dir.symlink_metadata().is_ok_and(|meta| !meta.is_dir()))
            || at.symlink_metadata().is_ok()
        {
            continue;
        }
        fs::create_dir_all(parent).unwrap();
        let target: String = content.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        match kind {
            0 if !target.is_empty() => repo.link(path, &target),
            1 => {
                repo.write(path, content);
                repo.mode(path, 0o755);
            }
            _ => repo.write(path, content),
        }
    }
}

#[test]
fn any_tree_becomes_any_other() {
    let kept = proptest::collection::vec(any::<bool>(), 7);
    let mut runner = TestRunner::new(Config { cases: cases(24), ..Config::default() });
    runner
        .run(&(small(), small(), kept), |(before, mut after, kept)| {
            let Some(repo) = Repo::new() else { return Ok(()) };
            // Some of what was there stays, so that there is something to edit and to move.
            for ((path, what), stays) in before.iter().zip(kept) {
                if stays {
                    let moved = if what.1 == 3 { "m" } else { "" };
                    let mut what = what.clone();
                    what.0.extend_from_slice(b"b\n");
                    after.insert(format!("{path}{moved}"), what);
                }
            }
            fill(&repo, &before);
            repo.commit_all();
            fill(&repo, &after);
            leads_to_the_work_tree(&repo);
            Ok(())
        })
        .unwrap();
}
