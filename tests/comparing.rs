//! What differs: told by name, as a patch, and in JSON.

use std::process::Command;

use crate::{home, init, with_repo};

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_moved_file_is_told_as_renamed_between_snapshots_and_directories() {
    let home = home();
    init(&home);
    let long = "the same content\n".repeat(100);
    home.write("p/old/name", &long);
    home.write("p/twin", &long);
    home.write("p/edited", "1\n2\n");
    home.write("p/empty", "");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    std::fs::create_dir(home.path("p/new")).unwrap();
    std::fs::rename(home.path("p/old/name"), home.path("p/new/name")).unwrap();
    std::fs::remove_file(home.path("p/empty")).unwrap();
    home.write("p/other-empty", "");
    home.write("p/edited", "1\n2\n3\n");
    let expected = "- empty\nM edited\nR old/name -> new/name\n+ other-empty\n";
    let mut expected: Vec<&str> = expected.lines().collect();
    expected.sort_unstable();
    let told = |a: &str, b: &str| {
        let outcome = with_repo(&home, &["diff", a, b]).output().success();
        let mut files: Vec<String> = outcome
            .text()
            .lines()
            .filter(|line| !line.starts_with("U ") && !["+ new", "- old"].contains(line))
            .map(str::to_owned)
            .collect();
        files.sort_unstable();
        assert!(outcome.error_text().contains("1 renamed"), "{}", outcome.error_text());
        files
    };
    assert_eq!(told("@latest", "p"), expected);
    let first = with_repo(&home, &["snapshots", "--json"]).output().success().text();
    let first: serde_json::Value = serde_json::from_str(&first).unwrap();
    let first = format!("@{}", first["snapshots"][0]["short_id"].as_str().unwrap());
    with_repo(&home, &["snapshot", "p"]).output().ok();
    assert_eq!(told(&first, "@latest"), expected);

    let json = with_repo(&home, &["diff", &first, "p", "--json", "--patch"]).output().success();
    let renamed = lines(&json.text()).into_iter().find(|line| line["change"] == "R").unwrap();
    assert_eq!((&renamed["path"], &renamed["from"]), (&"new/name".into(), &"old/name".into()));
    let edited = lines(&json.text()).into_iter().find(|line| line["path"] == "edited").unwrap();
    assert!(edited["patch"].as_str().unwrap().contains("+3"), "{edited}");
}

#[test]
fn git_applies_the_patch_of_a_difference_and_gets_the_second_tree() {
    let home = home();
    for side in ["a", "b"] {
        home.write(format!("{side}/kept"), "kept\n");
        home.write(format!("{side}/edited"), format!("1\n2\n3\n4\n5\n6\n{side}\n8\n"));
        home.write(format!("{side}/no-end"), format!("x\n{side}"));
    }
    home.write("a/gone", "gone\n");
    home.write("b/deep/er/new", "new\n");
    home.write("b/empty", "");
    home.write("a/moved", "content that moves\n");
    home.write("b/elsewhere/moved", "content that moves\n");
    std::os::unix::fs::symlink("kept", home.path("b/link")).unwrap();
    let patch = home.run(["diff", "a", "b", "--content", "--patch"]).output().success().text();
    home.write("changes.patch", &patch);
    let mut git = Command::new("git");
    git.args(["apply", "-p1", "../changes.patch"]).current_dir(home.path("a"));
    git.env("GIT_CEILING_DIRECTORIES", home.work());
    let output = git.output().unwrap();
    assert!(output.status.success(), "{}\n{patch}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(home.path("b/link")).unwrap();
    let left = home.run(["diff", "a", "b", "--content"]).output().success().text();
    let left: Vec<&str> = left.lines().filter(|line| !line.starts_with('U')).collect();
    assert!(left.is_empty(), "{left:?}\n{patch}");
}

#[test]
fn a_preview_is_the_same_in_json_and_tells_lines_and_metadata() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    init(&home);
    home.write("p/text", "one\ntwo\n");
    home.write("p/mode", "m");
    home.write("p/gone", "g");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.write("p/text", "one\n2\n");
    std::fs::remove_file(home.path("p/gone")).unwrap();
    home.write("p/extra", "e");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.path("p/mode"), mode).unwrap();
    let args = ["restore", "@latest", "--preview", "--delete"];
    let text = with_repo(&home, &args).output().success().text();
    let json = with_repo(&home, &args).arg("--json").output().success().text();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let step = |path: &str| {
        let steps = json["steps"].as_array().unwrap();
        steps.iter().find(|step| step["path"] == path).unwrap().clone()
    };
    assert_eq!(step("gone")["step"], "create");
    assert_eq!(step("extra")["step"], "remove");
    assert!(step("text")["patch"].as_str().unwrap().contains("-2\n+two\n"), "{json}");
    let changed = step("mode")["metadata"][0].as_str().unwrap().to_owned();
    assert!(changed.starts_with("mode 0600 to 0"), "{changed}");
    for line in ["+ gone", "- extra", "M text", "-2", "+two", &format!("U mode ({changed}")] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn a_ratio_counts_what_the_files_take_up_and_not_what_the_last_snapshot_added() {
    let home = home();
    init(&home);
    home.write(
        "p/noise",
        (0..200_000u32)
            .flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes())
            .collect::<Vec<u8>>(),
    );
    with_repo(&home, &["snapshot", "p"]).output().ok();
    with_repo(&home, &["snapshot", "p"]).output().ok();
    with_repo(&home, &["restore", "@latest", "--to", "fits", "--max-ratio", "20"]).output().ok();
    home.write("z/zeros", vec![0; 4 << 20]);
    with_repo(&home, &["snapshot", "z"]).output().ok();
    with_repo(&home, &["restore", "@latest", "--to", "bomb", "--max-ratio", "20"])
        .output()
        .exits(4);
    // A setting holds as the flag does.
    let set = ["restore", "@latest", "--to", "bomb", "--set", "restore.max-ratio=20"];
    with_repo(&home, &set).output().exits(4);
    assert!(!home.path("bomb").exists());
}
