//! Precedence of every key, and what each mistake is answered with.

use std::fs;

use tempfile::TempDir;

use super::*;

mod commands;
mod mistakes;

/// Two values for a key, in TOML, the first different from its default.
fn samples(key: &Key) -> (&'static str, &'static str) {
    match key.name {
        "repository.url" => ("\"s3://a/b\"", "\"s3://c/d\""),
        "repository.compression" => ("\"off\"", "\"max\""),
        "repository.pack-size" => ("\"32 MiB\"", "\"64 MiB\""),
        "repository.lock-wait" | "restore.max-time" => ("\"30s\"", "\"60s\""),
        "notify.url" => ("\"https://a/b\"", "\"https://c/d\""),
        "notify.on" => ("\"success\"", "\"failure\""),
        "notify.priority" => ("\"min\"", "\"max\""),
        "secrets.baseline" => ("\"/a\"", "\"/b\""),
        key if key.ends_with("-file") => ("\"/a\"", "\"/b\""),
        "select.exclude-from" | "snapshot.paths" | "sealed.identities" => {
            ("[\"/a\"]", "[\"/b\", \"/c\"]")
        }
        "select.ignore-files" => ("\"none\"", "\"all\""),
        "select.hidden" => ("\"take\"", "\"leave\""),
        "select.changed-within" => ("\"3d\"", "\"2026-05-01T00:00:00Z\""),
        "select.type" => ("[\"file\"]", "[\"dir\", \"symlink\"]"),
        "dump.format" => ("\"json\"", "\"md\""),
        "dump.output" => ("\"out/{name}.{ext}\"", "\"x.md\""),
        "dump.toc" => ("\"tree\"", "\"none\""),
        "dump.secrets" => ("\"redact\"", "\"off\""),
        "dump.tokens" => ("\"cl100k\"", "\"off\""),
        "dump.max-tokens" => ("7000", "8000"),
        "secrets.rules" => (
            "[{ id = \"a\", regex = \"x[0-9]\" }]",
            "[{ id = \"a\", description = \"d\", regex = 'y\\d', severity = \"low\", keywords = [\"y\"], entropy = 1.5, secret-group = 0 }]",
        ),
        "hook" => (
            "[{ name = \"a\", on = [\"snapshot.start\"], command = [\"true\"], time-limit = \"600s\", on-failure = \"stop\" }]",
            "[{ name = \"a\", on = [\"*.end\", \"dump.*\"], command = [\"/a/b\", \"c\"], project = \"/p\", directory = \"/d\", time-limit = \"5s\", on-failure = \"ignore\" }]",
        ),
        "database" => (
            "[{ name = \"a\", kind = \"mysql\", project = \"/p\", format = \"sql\", into = [\"dump\"], time-limit = \"21600s\", max-size = \"1 TiB\" }]",
            "[{ name = \"a\", kind = \"postgresql\", project = \"/p\", database = \"b\", path = \"x/y\", host = \"h\", port = 1, user = \"u\", password-file = \"/f\", format = \"custom\", arguments = [\"-v\"], dump-program = \"pg\", client-program = \"/c/d\", into = [\"snapshot\", \"clone\"], time-limit = \"5s\", max-size = \"1 MiB\" }]",
        ),
        "restore.overwrite" => ("\"never\"", "\"ask\""),
        "trust.require" => ("\"any\"", "\"trusted\""),
        "trust.file" => ("\"/a\"", "\"/b\""),
        "forget.group-by" => ("[\"tags\"]", "[]"),
        "prune.max-unused" => ("\"7%\"", "\"unlimited\""),
        "restore.sandbox" => ("\"off\"", "\"require\""),
        "output.progress" => ("\"bar\"", "\"json\""),
        "output.color" => ("\"always\"", "\"never\""),
        "output.verbosity" => ("\"quiet\"", "\"debug\""),
        "output.log-format" => ("\"json\"", "\"text\""),
        _ => match key.expects {
            "true or false" => ("true", "false"),
            "a list" => ("[\"a\"]", "[\"b\", \"c\"]"),
            expects if expects.starts_with("a whole number") => ("7", "8"),
            expects if expects.starts_with("a number of threads") => ("3", "4"),
            expects if expects.starts_with("a number of snapshots") => ("7", "\"all\""),
            expects if expects.starts_with("a size") => ("\"3 KiB\"", "\"4 KiB\""),
            expects if expects.starts_with("a length of time") => ("\"1y5m\"", "\"2h\""),
            _ => ("\"one\"", "\"two\""),
        },
    }
}

/// A directory with a user's and a project's file.
struct Files(TempDir);

impl Files {
    fn new(user: &str, project: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("user.toml"), user).unwrap();
        fs::write(dir.path().join(PROJECT_FILE), project).unwrap();
        Self(dir)
    }

    fn inputs(&self) -> Inputs {
        Inputs {
            user_file: UserFile::IfPresent(self.0.path().join("user.toml")),
            project_file: Some(self.0.path().join(PROJECT_FILE)),
            ..Inputs::default()
        }
    }

    /// A text with the name of the directory taken out.
    fn plain(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// The flags that set `key` to `value`, which is TOML.
fn flags(key: &Key, value: &str) -> PartialConfig {
    let text = format!("{} = {value}\n", key.name);
    let mut problems = Vec::new();
    let file = parse(Path::new("flags"), &text, Scope::User, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    file.base.values
}

#[test]
fn each_layer_beats_all_lower_ones_for_every_key() {
    // In rising order, with the origin that shows.
    const LAYERS: [&str; 6] = [
        "user",
        "project",
        "profile ci user.toml",
        "profile ci holdall.toml",
        "environment",
        "flag",
    ];
    for key in KEYS {
        let (low, high) = samples(key);
        for (winner, name) in LAYERS.iter().enumerate() {
            // A project may not set what is dangerous, so its layers set nothing there.
            let project_may = key.danger().is_none();
            if !project_may && name.contains("project") | name.contains("holdall.toml") {
                continue;
            }
            let value = |layer: usize| match layer.cmp(&winner) {
                std::cmp::Ordering::Less => Some(low),
                std::cmp::Ordering::Equal => Some(high),
                std::cmp::Ordering::Greater => None,
            };
            let line = |layer| {
                value(layer).map_or(String::new(), |value| format!("{} = {value}\n", key.name))
            };
            let file = |base, profile| format!("{}[profile.ci]\n{}", line(base), line(profile));
            let files = Files::new(
                &file(0, 2),
                if project_may { file(1, 3) } else { String::new() }.as_str(),
            );
            let mut inputs = files.inputs();
            inputs.profile = Some("ci".to_owned());
            inputs.flags = value(5).map(|value| flags(key, value)).unwrap_or_default();
            let variable =
                value(4).map(|value| (key.variable(), value.trim_matches('"').to_owned()));
            inputs.environment = variable.into_iter().collect();
            let resolved = resolve(&inputs).unwrap_or_else(|error| panic!("{}: {error}", key.name));
            let shown = resolved.show().into_iter().find(|shown| shown.key == key.name).unwrap();
            assert_eq!(shown.value.as_deref(), Some(high), "{} in {}", key.name, name);
            let origin = files.plain(&shown.origin.to_string());
            assert!(origin.starts_with(name), "{} in {}: {origin}", key.name, name);
        }
    }
}

#[test]
fn every_key_is_set_by_the_flag_that_names_it() {
    for key in KEYS {
        let (low, high) = samples(key);
        for value in [low, high] {
            let mut set = PartialConfig::default();
            set.assign(&format!("{}={}", key.name, value.trim_matches('"'))).unwrap();
            assert_eq!(set, flags(key, value), "{}", key.name);
        }
    }
    for wrong in ["limits.threads", "limits.threads=many", "limits.nosuch=1", "=", ""] {
        let error = PartialConfig::default().assign(wrong).unwrap_err();
        assert!(matches!(error, ConfigError::Set { .. }), "{wrong}: {error}");
    }
}

#[test]
fn nobody_waits_for_months() {
    let wait = |text: &str| text.parse::<Wait>().map(|wait| wait.0);
    assert_eq!(wait("5m"), Ok(300));
    assert_eq!(wait("5min"), Ok(300));
    assert_eq!(wait("7"), Ok(7));
    for bad in ["", "h", "2y", "-3d", "18446744073709551615d"] {
        assert!(wait(bad).is_err(), "{bad}");
    }
}

#[test]
fn nothing_set_means_the_defaults() {
    let resolved = resolve(&Inputs::default()).unwrap();
    assert!(resolved.show().iter().all(|shown| shown.origin == Origin::Default));
    assert_eq!(resolved.config, PartialConfig::defaults().resolve());
    assert_eq!(resolved.config.prune.max_unused, MaxUnused::Percent(5));
    assert_eq!(resolved.password, None);
}

#[test]
fn every_key_has_its_own_variable_and_a_sentence() {
    let mut variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), KEYS.len());
    assert!(KEYS.iter().all(|key| key.doc.ends_with('.') && !key.expects.is_empty()));
}

#[test]
fn an_origin_names_file_and_line() {
    let files = Files::new(
        "\n[select]\ngit = true\n",
        "select.max-size = \"1k\"\n[profile.p.select]\ncontains = \"x\"\n",
    );
    let mut inputs = files.inputs();
    inputs.environment = variables(&[("HOLDALL_PROFILE", "p"), ("RESTIC_REPOSITORY", "/r")]);
    let resolved = resolve(&inputs).unwrap();
    for (key, origin) in [
        ("select.git", "user user.toml:3"),
        ("select.max-size", "project holdall.toml:1"),
        ("select.contains", "profile p holdall.toml:3"),
        ("repository.url", "environment RESTIC_REPOSITORY"),
        ("select.hidden", "default"),
    ] {
        assert_eq!(files.plain(&resolved.origin(key).to_string()), origin);
    }
}

#[test]
fn paths_in_a_file_are_relative_to_it() {
    let files = Files::new(
        "[repository]\npassword-file = \"~/key\"\n",
        "repository.url = \"../r\"\nsnapshot.paths = [\"src\"]",
    );
    let mut inputs = files.inputs();
    inputs.home = Some("/home/u".into());
    inputs.environment = variables(&[("HOLDALL_SELECT_EXCLUDE_FROM", "list,~/more")]);
    let config = resolve(&inputs).unwrap().config;
    let dir = files.0.path();
    assert_eq!(config.repository.password_file, Some("/home/u/key".into()));
    assert_eq!(
        config.repository.url.map(|url| url.0),
        Some(dir.join("../r").to_str().unwrap().to_owned())
    );
    assert_eq!(config.snapshot.paths, [dir.join("src")]);
    assert_eq!(config.select.exclude_from, [PathBuf::from("list"), "/home/u/more".into()]);
}

#[test]
fn a_url_stays_as_it_is_and_its_password_is_not_shown() {
    for (url, shown) in [
        ("sftp:u@h:/p", "sftp:u@h:/p"),
        ("rest:http://u:pw@h/x", "rest:http://u:(hidden)@h/x"),
        ("s3://b/k@x:y", "s3://b/k@x:y"),
    ] {
        let files = Files::new("", &format!("repository.url = \"{url}\""));
        let resolved = resolve(&files.inputs()).unwrap();
        assert_eq!(resolved.show()[0].value, Some(format!("\"{shown}\"")));
        assert_eq!(resolved.config.repository.url, Some(RepositoryUrl(url.to_owned())));
    }
}

#[test]
fn the_highest_layer_that_names_a_password_wins() {
    let files = Files::new("[repository]\npassword-command = \"pass\"\n", "");
    let check = |pairs: &[(&str, &str)], expected: &str| {
        let mut inputs = files.inputs();
        inputs.environment = variables(pairs);
        assert_eq!(
            format!("{:?}", resolve(&inputs).unwrap().password.unwrap()),
            expected,
            "{pairs:?}"
        );
    };
    check(&[], "Command(\"pass\")");
    check(&[("HOLDALL_PASSWORD", "x")], "Text((hidden))");
    check(&[("RESTIC_PASSWORD", "x")], "Text((hidden))");
    check(&[("HOLDALL_PASSWORD", "x"), ("RESTIC_PASSWORD_FILE", "/f")], "Text((hidden))");
    check(&[("RESTIC_PASSWORD", "x"), ("RESTIC_PASSWORD_FILE", "/f")], "File(\"/f\")");
    check(&[("HOLDALL_PASSWORD_FILE", "/g"), ("RESTIC_PASSWORD_FILE", "/f")], "File(\"/g\")");
    let files = Files::new(
        "profile.p.repository.password-command = 'pass'",
        "profile.p.repository.password-file = '/f'",
    );
    let resolved = resolve(&Inputs { profile: Some("p".to_owned()), ..files.inputs() }).unwrap();
    assert_eq!(resolved.password, Some(PasswordSource::File("/f".into())));
    let both = "repository = { password-command = 'pass', password-file = '/f' }";
    let files = Files::new(both, "");
    assert_eq!(
        files.plain(&resolve(&files.inputs()).unwrap_err().to_string()),
        "user user.toml:1: password-file and password-command are both set here; set only one"
    );
}

#[test]
fn a_variable_like_ours_is_warned_about() {
    let environment =
        variables(&[("HOLDALL_SELECT_GITT", "1"), ("HOLDALL_PROFILE", ""), ("HOME", "/")]);
    let resolved = resolve(&Inputs { environment, ..Inputs::default() }).unwrap();
    assert_eq!(
        resolved.warnings,
        [
            "environment variable HOLDALL_SELECT_GITT is unknown and ignored, did you mean \"HOLDALL_SELECT_GIT\"?"
        ]
    );
}

#[test]
fn a_list_in_a_variable_is_split_at_commas_unless_it_is_toml() {
    for (text, list) in [
        ("a, b", vec!["a", "b"]),
        ("[\"*.{a,b}\", 'c']", vec!["*.{a,b}", "c"]),
        ("[ab]*", vec!["[ab]*"]),
    ] {
        let environment = variables(&[("HOLDALL_SELECT_EXCLUDE", text)]);
        assert_eq!(
            resolve(&Inputs { environment, ..Inputs::default() }).unwrap().config.select.exclude,
            list
        );
    }
}

#[test]
fn the_project_file_is_searched_upwards() {
    let files = Files::new("", "");
    let deep = files.0.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    assert_eq!(find_project_file(&deep), Some(files.0.path().join(PROJECT_FILE)));
}

#[test]
fn a_check_lists_every_problem() {
    let files = Files::new("[nope]\n[select]\ngit = 1\n", "[profile.x.output]\ncolor = \"red\"\n");
    let mut inputs = files.inputs();
    inputs.environment = variables(&[("HOLDALL_LIMITS_THREADS", "0")]);
    inputs.profile = Some("y".to_owned());
    assert_eq!(check(&inputs).len(), 5, "{:?}", check(&inputs));
    assert!(resolve(&inputs).is_err());
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    let schema = schema();
    let mut found = Vec::new();
    for (section, shape) in
        schema["properties"].as_object().unwrap().iter().filter(|(name, _)| *name != "profile")
    {
        let Some(name) = shape["$ref"].as_str() else {
            // A list of tables is a key itself.
            found.push(section.clone());
            continue;
        };
        let name = name.trim_start_matches("#/$defs/");
        let definition = &schema["$defs"][name];
        assert_eq!(definition["additionalProperties"], false);
        found.extend(
            definition["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(|key| format!("{section}.{key}")),
        );
    }
    assert_eq!(found, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    assert_eq!(schema["additionalProperties"], false);
    assert!(
        schema["properties"]["profile"]["additionalProperties"]["properties"]["select"].is_object()
    );
}

#[test]
fn a_partial_configuration_survives_json() {
    for key in KEYS {
        let (one, two) = samples(key);
        for value in [one, two] {
            let partial = flags(key, value);
            let json = serde_json::to_string(&partial).unwrap();
            assert_eq!(serde_json::from_str::<PartialConfig>(&json).unwrap(), partial, "{json}");
        }
    }
    assert!(serde_json::from_str::<PartialConfig>("{\"select\":{\"nope\":1}}").is_err());
    assert!(serde_json::from_str::<PartialConfig>("{\"limits\":{\"threads\":0}}").is_err());
}

#[test]
fn other_mistakes_name_what_is_concerned() {
    let files = Files::new("[profile.ci]\n[profile.full]\n", "[profile.ci]\n");
    let with = |change: &dyn Fn(&mut Inputs)| {
        let mut inputs = files.inputs();
        change(&mut inputs);
        files.plain(&resolve(&inputs).unwrap_err().to_string())
    };
    let environment = |name: &'static str, value: &'static str| {
        with(&move |inputs: &mut Inputs| inputs.environment = variables(&[(name, value)]))
    };
    for (said, answer) in [
        (
            with(&|i| i.profile = Some("fulll".into())),
            "there is no profile \"fulll\", did you mean \"full\"?; known: ci, full",
        ),
        (
            with(&|i| *i = Inputs { profile: Some("x".into()), ..Inputs::default() }),
            "there is no profile \"x\"; no file has any",
        ),
        (
            with(&|i| i.project_file = Some(files.0.path().join("gone"))),
            "cannot read the configuration gone",
        ),
        (
            with(&|i| i.user_file = UserFile::Required(files.0.path().join("gone"))),
            "cannot read the configuration gone",
        ),
        (
            environment("HOLDALL_SELECT_GIT", "maybe"),
            "environment variable HOLDALL_SELECT_GIT: expected true or false, found \"maybe\"",
        ),
        (
            environment("HOLDALL_OUTPUT_COLOR", "alway"),
            "environment variable HOLDALL_OUTPUT_COLOR: expected one of auto always never, found \"alway\"; did you mean always?",
        ),
        (
            environment("HOLDALL_FORGET_KEEP_LAST", "-3"),
            "environment variable HOLDALL_FORGET_KEEP_LAST: expected a number of snapshots from 0 to 4294967295, or \"all\", found \"-3\"",
        ),
        (
            with(&|i| {
                i.environment =
                    variables(&[("RESTIC_PASSWORD_FILE", "f"), ("RESTIC_PASSWORD_COMMAND", "c")])
            }),
            "environment RESTIC_PASSWORD_FILE: password-file and password-command are both set here; set only one",
        ),
    ] {
        assert_eq!(said, answer);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::new("", "");
    let path = files.0.path().join(PROJECT_FILE);
    let said = || files.plain(&resolve(&files.inputs()).unwrap_err().to_string());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(
        said(),
        "cannot use the configuration holdall.toml: everyone may write to it; take that away with chmod o-w"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert_eq!(
        said(),
        "cannot use the configuration holdall.toml: it is larger than 1048576 bytes"
    );
    fs::write(&path, b"[select]\n# \xff").unwrap();
    assert_eq!(said(), "holdall.toml:2:3: the text is not UTF-8");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(said(), "cannot use the configuration holdall.toml: it is no regular file");
}

#[test]
fn byte_order_mark_and_carriage_returns_are_read() {
    let files = Files::new("", "\u{feff}[select]\r\ngit = true\r\n");
    assert!(resolve(&files.inputs()).unwrap().config.select.git);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(section in "(\\[[a-z.]{0,12}\\]\n)?", key in "[a-z-]{0,12}", value in "[0-9a-z\"'\\[\\]{}, .%-]{0,20}") {
        let _fine = fuzz(format!("{section}{key} = {value}\n").as_bytes());
        let _fine = fuzz(value.as_bytes());
    }
}
