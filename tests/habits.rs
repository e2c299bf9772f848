//! Dumps as a project has them made: by its settings, from a list of files, from git, and many at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use holdall_testkit::Home;
use serde_json::Value;

use crate::commands::fits;
use crate::{home, init};

/// Not secret at all; in two pieces, so that nobody finds it here.
fn token() -> String {
    format!("acme_{}", "q7w8e9r1t2y3")
}

/// Runs git in a directory and gives what it prints.
fn git(dir: &Path, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(args);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(dir);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The files in a dump, directories left out.
fn files(home: &Home, dump: &str) -> BTreeSet<String> {
    let list = home.run(["ls", dump, "-R", "--json"]).output().success().text();
    let lines = list.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let files = lines.filter(|line| line.get("type").unwrap() != "dir");
    files.map(|line| line.get("path").unwrap().as_str().unwrap().to_owned()).collect()
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn settings_make_the_dump_and_flags_beat_them() {
    let home = home();
    home.write("p/a.rs", "// TODO: nothing\n// WAIT: for it\nfn main() {}\n");
    home.write("p/.env", "x\n");
    home.write(
        "p/holdall.toml",
        "[dump]\nformat = \"json\"\noutput = \"out.{ext}\"\ntodos = true\ntokens = \"off\"\nchecksum = false\n\
         [todos]\ntags = [\"WAIT\"]\n",
    );
    let p = home.path("p");
    let told = home.run(["dump"]).cwd(&p).output().success().text();
    assert!(told.trim().ends_with("p/out.json"), "{told}");
    assert!(!home.path("p/out.json.sha256").exists());
    let dump: Value = serde_json::from_slice(&std::fs::read(p.join("out.json")).unwrap()).unwrap();
    let text = dump.to_string();
    assert!(text.contains("WAIT") && text.contains("for it"), "{text}");
    let text = home.run(["dump", "-o", "-", "--format", "md"]).cwd(&p).output().success().text();
    assert!(text.starts_with('#') && text.contains("for it"), "{text}");
    home.run(["dump", "-o", "../x.xml"]).cwd(&p).output().success();
    assert!(std::fs::read_to_string(home.path("x.xml")).unwrap().starts_with("<?xml"));
    let set = home.run(["dump", "--set", "dump.output=y.{ext}"]).cwd(&p);
    set.env("HOLDALL_DUMP_FORMAT", "toml").output().success();
    assert!(home.path("p/y.toml").exists());
    let shown = home.run(["config", "show", "--origin"]).cwd(&p).env("HOLDALL_DUMP_TOC", "none");
    let shown = shown.output().success().text();
    let from = |key: &str| shown.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(from("dump.format").contains("holdall.toml:2"), "{shown}");
    assert!(from("dump.toc").contains("environment HOLDALL_DUMP_TOC"), "{shown}");
    assert!(from("dump.secrets").contains("default"), "{shown}");
}

#[test]
fn a_project_cannot_have_a_dump_written_outside_of_it() {
    let home = home();
    home.write("p/a", "a");
    home.write("p/holdall.toml", "[dump]\noutput = \"../stolen.md\"\n");
    let p = home.path("p");
    let refused = home.run(["dump"]).cwd(&p).output().exits(4).error_text();
    assert!(
        refused.contains("holdall.toml:2:1") && refused.contains("config-untrusted"),
        "{refused}"
    );
    home.write("p/holdall.toml", "[dump]\noutput = \"link/stolen.md\"\n");
    std::fs::create_dir(home.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", home.path("p/link")).unwrap();
    let refused = home.run(["dump"]).cwd(&p).output().exits(4).error_text();
    assert!(refused.contains("leads out of"), "{refused}");
    assert_eq!(std::fs::read_dir(home.path("elsewhere")).unwrap().count(), 0);
}

#[test]
fn rules_of_a_project_find_its_secrets_everywhere() {
    let home = home();
    let token = token();
    home.write("p/a.txt", format!("first line\nkey {token}\n"));
    home.write("p/fixtures/b.txt", format!("key {token}\n"));
    let rule = "[[secrets.rules]]\nid = \"acme-key\"\ndescription = \"Key of Acme\"\nseverity = \"medium\"\n\
                keywords = [\"acme_\"]\nregex = 'acme_[0-9a-z]{12}'\n";
    home.write("p/holdall.toml", format!("secrets.allow-paths = ['^fixtures/']\n{rule}"));
    let p = home.path("p");
    let found = home.run(["scan", "--json"]).cwd(&p).output().exits(4).text();
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["secrets"].as_array().unwrap().len(), 1, "{found}");
    for (field, value) in [("rule", "acme-key"), ("path", "a.txt"), ("severity", "medium")] {
        assert_eq!(found["secrets"][0][field], value, "{found}");
    }
    assert_eq!(found["secrets"][0]["line"], 2);
    let refused = home.run(["dump", "-o", "-"]).cwd(&p).output().exits(4);
    assert!(
        refused.error_text().contains("a.txt:2: Key of Acme (acme-key)"),
        "{}",
        refused.error_text()
    );
    assert!(!refused.error_text().contains(&token) && refused.stdout.is_empty());
    let redacted = home.run(["dump", "--secrets", "redact", "-o", "-", "-e", "/fixtures"]).cwd(&p);
    assert!(!redacted.output().success().text().contains(&token));
    git(&p, &["init", "-q"]);
    git(&p, &["commit", "-q", "--allow-empty", "-m", "first"]);
    git(&p, &["add", "-A"]);
    let patch = ["dump", "--diff-since", "HEAD", "--format", "patch", "-o", "-"];
    home.run(patch).cwd(&p).output().exits(4);
    let allowed = home.run(["scan", "--secrets"]).cwd(&p);
    allowed.env("HOLDALL_SECRETS_ALLOW_REGEXES", "['^acme_q']").output().success();
}

#[test]
fn a_rule_that_is_broken_stops_every_command_at_its_place() {
    let home = home();
    home.write("p/holdall.toml", "\n[[secrets.rules]]\nid = \"x\"\nregex = 'tok_(\\w+'\n");
    for command in [&["dump", "-o", "-"][..], &["scan"], &["stats"], &["ls", "."]] {
        let said = home.run(command).cwd(home.path("p")).output().exits(2).error_text();
        assert!(
            said.contains("holdall.toml:4:9: secrets.rules: item 1: cannot use the regex of secret rule x at character 5: unclosed group"),
            "{command:?}: {said}"
        );
    }
}

#[test]
fn a_list_of_files_is_exact() {
    let home = home();
    for name in ["a.txt", "b.txt", "dir/c.txt", "dir/d.txt", ".hidden", "new\nline"] {
        home.write(format!("p/{name}"), name);
    }
    home.write("p/.holdallignore", "b.txt\n");
    home.write("p/holdall.toml", "[select]\nexclude = [\"*.txt\"]\nhidden = \"leave\"\n");
    let list = format!("a.txt\n./b.txt\n\n{}\n.hidden\n", home.path("p/dir/c.txt").display());
    let p = home.path("p");
    let run = |args: &[&str], list: &[u8]| home.run(args).cwd(&p).stdin(list).output();
    let dump = ["dump", "-o", "../d.md", "--files-from", "-"];
    run(&dump, list.as_bytes()).success();
    assert_eq!(files(&home, "d.md"), names(&["a.txt", "b.txt", "dir/c.txt", ".hidden"]));
    // A flag beside the list still leaves something out.
    run(&["dump", "-o", "../d.md", "--files-from", "-", "-e", "b.*"], list.as_bytes()).success();
    assert_eq!(files(&home, "d.md"), names(&["a.txt", "dir/c.txt", ".hidden"]));
    run(&["dump", "-o", "../d.md", "--files-from0", "-"], b"new\nline\0a.txt").success();
    assert_eq!(files(&home, "d.md"), names(&["a.txt", "new\\x0aline"]));

    let counted = run(&["stats", "--json", "--files-from", "-"], b"a.txt\ndir/c.txt\n").success();
    let counted: Value = serde_json::from_str(&counted.text()).unwrap();
    assert_eq!(counted["total"]["files"], 2, "{counted}");
    init(&home);
    let taken = ["snapshot", ".", "-r", "../repo", "--files-from", "-"];
    let taken = home.run(taken).cwd(&p).env("HOLDALL_PASSWORD", "test");
    taken.stdin("a.txt\ndir/c.txt\n").output().success();
    let listed = home.run(["find", "@latest", "*.txt", "-r", "repo"]);
    let listed = listed.env("HOLDALL_PASSWORD", "test").output().success().text();
    assert_eq!(listed, "a.txt\ndir/c.txt\n");
    home.write("list", "dir/d.txt\n");
    let id = |args: &[&str]| run(args, b"").success().text();
    let listed = id(&["id", ".", "--files-from", "../list"]);
    assert_eq!(
        listed,
        id(&["id", ".", "--no-hidden", "--include", "dir/d.txt", "--set", "select.exclude=[]"])
    );
}

#[test]
fn what_a_list_names_and_is_not_there_is_named_and_what_leads_outside_is_refused() {
    let home = home();
    home.write("p/a", "a");
    home.write("p/dir/b", "b");
    home.write("outside", "secret");
    std::os::unix::fs::symlink("..", home.path("p/up")).unwrap();
    let run = |args: &[&str], list: &str| home.run(args).stdin(list).output();
    let dump = ["dump", "p", "-o", "d.md", "--files-from", "-"];
    let partly = run(&dump, "a\ngone\ndir/gone\nup/outside\n").exits(3);
    for name in ["gone", "dir/gone", "up/outside"] {
        assert!(partly.error_text().contains(name), "{}", partly.error_text());
    }
    assert_eq!(files(&home, "d.md"), names(&["a"]));
    for bad in ["../outside", "dir/../../outside", "/etc/passwd"] {
        let refused = run(&["dump", "p", "-o", "e.md", "--files-from", "-"], bad).exits(4);
        assert!(refused.error_text().contains(bad), "{}", refused.error_text());
    }
    assert!(!home.path("e.md").exists());
    let both = run(&["dump", "-", "-o", "e.md", "--files-from", "-"], "a\n").exits(2);
    assert!(both.error_text().contains("not both"), "{}", both.error_text());
    run(&["scan", "p", "--files-from", "-"], "gone\n").exits(3);
    run(&["stats", "p", "--files-from", "no-such-list"], "").exits(2);
}

#[test]
fn git_says_which_files_there_are() {
    let home = home();
    let p = home.path("p");
    for name in ["a", "dir/b", "dir/ü/ö.txt", "tab\there", "deep/er/c"] {
        home.write(format!("p/{name}"), name);
    }
    git(&p, &["init", "-q", "-b", "main"]);
    git(&p, &["add", "-A"]);
    home.write("p/.gitignore", "*.log\nbuild/\n");
    for name in ["new", "dir/ü/new", "x.log", "build/y", "dir/z.log"] {
        home.write(format!("p/{name}"), name);
    }
    home.write("p/nested/inner", "x");
    git(&home.path("p/nested"), &["init", "-q"]);
    let printed = |name: &str| name.replace('\t', "\\x09");
    for dir in ["p", "p/dir", "p/dir/ü", "p/deep"] {
        for (flags, args) in
            [(&["--git"][..], &["-c"][..]), (&["--untracked"], &["-co", "--exclude-standard"])]
        {
            let all = [&["ls-files", "-z"], args].concat();
            let listed = String::from_utf8(git(&home.path(dir), &all)).unwrap();
            // A repository in it that is no submodule is a directory, which stands for itself.
            let listed = listed.split('\0').filter(|name| !name.is_empty() && !name.ends_with('/'));
            let listed: BTreeSet<String> = listed.map(printed).collect();
            home.run([&["dump", dir, "-o", "d.md"], flags].concat()).output().success();
            assert_eq!(files(&home, "d.md"), listed, "{dir} {flags:?}");
            let piped = git(&home.path(dir), &all);
            let piped: Vec<u8> = piped
                .split_inclusive(|b| *b == 0)
                .filter(|n| !n.ends_with(b"/\0"))
                .flatten()
                .copied()
                .collect();
            home.run(["dump", dir, "-o", "e.md", "--files-from0", "-"])
                .stdin(piped)
                .output()
                .success();
            assert_eq!(files(&home, "e.md"), listed, "{dir} {flags:?}");
        }
    }
    home.write("none/a", "a");
    let said = home.run(["dump", "none", "-o", "d.md", "--git"]).output().exits(2).error_text();
    assert!(said.contains("there is no git repository at"), "{said}");
}

/// A monorepo: three projects with settings of their own or none, one in another, and what is no project.
fn monorepo(home: &Home) {
    home.write("m/holdall.toml", "[dump]\ntoc = \"none\"\n[select]\nexclude = [\"*.tmp\"]\n");
    home.write("m/package.json", "{}");
    home.write("m/crates/one/Cargo.toml", "[package]\n");
    home.write("m/crates/one/src/lib.rs", "fn one() {}\n");
    home.write("m/crates/one/x.tmp", "x");
    home.write("m/crates/one/sub/package.json", "{}");
    home.write(
        "m/apps/two/holdall.toml",
        "[dump]\nformat = \"json\"\n[select]\nexclude = [\"*.log\"]\n",
    );
    home.write("m/apps/two/a.log", "log");
    home.write("m/apps/two/b.tmp", "tmp");
    home.write("m/apps/two/node_modules/x/package.json", "{}");
    home.write("m/apps/two/inner/holdall.toml", "[dump]\nformat = \"txt\"\n");
    home.write("m/three/go.mod", "module three\n");
    home.write("m/docs/guide.md", "# Guide\n");
}

#[test]
fn each_project_of_a_monorepo_is_dumped_by_its_own_settings() {
    let home = home();
    monorepo(&home);
    let m = home.path("m");
    let table = home.run(["dump", "--batch", "-o", "../out/"]).cwd(&m).output().success();
    let made: BTreeSet<String> = std::fs::read_dir(home.path("out"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".sha256"))
        .collect();
    let expected = ["apps-two.json", "apps-two-inner.txt", "crates-one.md", "three.md"];
    assert_eq!(made, names(&expected), "{}", table.text());
    assert!(
        table.text().contains("crates/one") && table.error_text().contains("4 projects dumped")
    );
    let one = files(&home, "out/crates-one.md");
    assert_eq!(one, names(&["Cargo.toml", "src/lib.rs", "sub/package.json"]));
    let two = files(&home, "out/apps-two.json");
    assert!(two.contains("b.tmp") && !two.contains("a.log"), "{two:?}");
    let three = std::fs::read_to_string(home.path("out/three.md")).unwrap();
    let flags = ["dump", "three", "-o", "-", "--toc", "none"];
    let alone = home.run(flags).cwd(&m).output().success().text();
    let plain = |text: &str| -> Vec<String> {
        let told = |line: &&str| !line.contains("nonce") && !line.contains("202");
        text.lines().filter(told).map(str::to_owned).collect()
    };
    assert_eq!(plain(&three).len(), plain(&alone).len());

    let named = home.run(["dump", "--batch", "-o", "../zip/{name}.{ext}.gz"]).cwd(&m);
    named.output().success();
    assert_eq!(files(&home, "zip/two.json.gz"), two);
    let split = home.run(["dump", "--batch", "-o", "../parts/", "--split-tokens", "1k", "--json"]);
    let split: Value = serde_json::from_str(&split.cwd(&m).output().success().text()).unwrap();
    for project in split["projects"].as_array().unwrap() {
        let file = project["file"].as_str().unwrap();
        assert!(home.path(file).exists(), "{project}");
    }

    let shown = home.run(["config", "show", "--origin", "--project", "apps/two"]).cwd(&m);
    let shown = shown.output().success().text();
    let from = |key: &str| shown.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(from("dump.format").contains("apps/two/holdall.toml:2"), "{shown}");
    assert!(from("dump.toc").contains("m/holdall.toml:2"), "{shown}");
    assert!(from("dump.secrets").contains("default"), "{shown}");
}

#[test]
fn without_a_flag_each_project_says_where_its_dump_goes_and_none_holds_another() {
    let home = home();
    monorepo(&home);
    home.write("m/holdall.toml", "[dump]\noutput = \"{name}-dump.{ext}\"\nchecksum = false\n");
    let run = || home.run(["dump", "--batch"]).cwd(home.path("m")).output().success();
    run();
    run();
    for (file, content) in [
        (
            "m/crates/one/one-dump.md",
            &["Cargo.toml", "src/lib.rs", "sub/package.json", "x.tmp"][..],
        ),
        ("m/apps/two/inner/inner-dump.txt", &["holdall.toml"]),
        ("m/three/three-dump.md", &["go.mod"]),
    ] {
        assert_eq!(files(&home, file), names(content), "{file}");
    }
    let two = files(&home, "m/apps/two/two-dump.json");
    assert!(
        two.contains("inner/holdall.toml") && !two.iter().any(|name| name.contains("dump")),
        "{two:?}"
    );
}

#[test]
fn one_project_that_fails_does_not_stop_the_others_and_the_worst_code_is_that_of_all() {
    let home = home();
    monorepo(&home);
    home.write("m/apps/two/holdall.toml", "[dump]\nformat = \"nosuch\"\n");
    home.write("m/three/key.txt", format!("key {}\n", token()));
    let rule = "[[secrets.rules]]\nid = \"acme-key\"\nregex = 'acme_[0-9a-z]{12}'\n";
    home.write("m/three/holdall.toml", rule);
    let args = ["dump", "m", "--batch", "-o", "out/{name}-of-{path}.{ext}", "--json"];
    let outcome = home.run(args).output().exits(2);
    let said = outcome.error_text();
    assert!(said.contains("cannot dump apps/two") && said.contains("cannot dump three"), "{said}");
    assert!(said.contains("three/key.txt:1"), "{said}");
    let document: Value = serde_json::from_str(&outcome.text()).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/reference/schemas/dump-batch.schema.json");
    fits(
        &serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap(),
        &document,
        "dump-batch",
    );
    let codes: Vec<(&str, i64)> = document["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["project"].as_str().unwrap(), one["exit_code"].as_i64().unwrap()))
        .collect();
    assert_eq!(codes, [("apps/two", 2), ("apps/two/inner", 0), ("crates/one", 0), ("three", 4)]);
    assert_eq!(document["projects"][3]["error"]["code"], "secrets", "{document}");
    assert_eq!(files(&home, "out/one-of-crates-one.md").len(), 3);
    assert!(!home.path("out/three-of-three.md").exists());
}

#[test]
fn a_batch_refuses_what_cannot_go_together() {
    let home = home();
    monorepo(&home);
    home.write("m/other/one/Cargo.toml", "[package]\n");
    home.write("none/a", "a");
    for (args, why) in [
        (&["m", "-o", "-"][..], "-o -"),
        (&["m", "-o", "out.md"], "say -o DIR/"),
        (&["m", "-o", "{name}.md"], "would both be written"),
        (&["m", "-o", "out/", "--vault", "v"], "--vault"),
        (&["m", "-o", "out/", "--files-from", "-"], "--files-from"),
        (&["m"], "say where the dumps go"),
        (&["none", "-o", "out/"], "there is no project"),
    ] {
        let said = home.run([&["dump", "--batch"], args].concat()).output().exits(2).error_text();
        assert!(said.contains(why), "{args:?}: {said}");
    }
    let dry = home.run(["dump", "m", "--batch", "-o", "out/", "--dry-run"]).output().success();
    assert!(dry.text().contains("apps-two.json"), "{}", dry.text());
    assert!(!home.path("out").exists());
}
