//! What each mistake in a file is answered with.

use super::*;

/// What is said about a project's file of this text.
fn said(project: &str) -> String {
    let files = Files::new("", project);
    files.plain(&resolve(&files.inputs()).unwrap_err().to_string())
}

#[test]
fn mistakes_in_a_file_are_answered_with_place_and_remedy() {
    const SECTIONS: &str = "repository, sealed, trust, select, snapshot, dump, secrets, todos, restore, forget, prune, output, notify, limits, hook, database";
    for (text, answer) in [
        ("[selct]", format!("holdall.toml:1:2: unknown section \"selct\", did you mean \"select\"?; known here: {SECTIONS}, profile")),
        ("zzz = 1", format!("holdall.toml:1:1: unknown section \"zzz\"; known here: {SECTIONS}, profile")),
        ("max-size = 1", format!("holdall.toml:1:1: unknown section \"max-size\", did you mean \"select.max-size\"?; known here: {SECTIONS}, profile")),
        ("[profile.ci.zzz]", format!("holdall.toml:1:13: unknown section \"zzz\"; known here: {SECTIONS}")),
        ("[prune]\n  max_unused = 1", "holdall.toml:2:3: unknown key of [prune] \"max_unused\", did you mean \"max-unused\"?; known here: max-unused, max-repack-size".into()),
        ("[prune]\nthreads = 1", "holdall.toml:2:1: unknown key of [prune] \"threads\", did you mean \"limits.threads\"?; known here: max-unused, max-repack-size".into()),
        ("[prune]\n\"\\u001b[31m\" = 1", "holdall.toml:2:1: unknown key of [prune] \"\\x1b[31m\"; known here: max-unused, max-repack-size".into()),
        ("select = 1", "holdall.toml:1:1: select: expected a table, found 1".into()),
        ("profile = 1", "holdall.toml:1:1: profile: expected a table, found 1".into()),
        ("profile.x = true", "holdall.toml:1:9: profile: expected a table, found true".into()),
        ("[select]\ngit = \"yes\"", "holdall.toml:2:7: select.git: expected true or false, found \"yes\"".into()),
        ("[select]\nexclude = \"a\"", "holdall.toml:2:11: select.exclude: expected a list, found \"a\"".into()),
        ("[select]\nexclude = [\"a\", 1]", "holdall.toml:2:17: select.exclude: item 2: expected a text that is not empty, found 1".into()),
        ("[select]\ncontains = \"\"", "holdall.toml:2:12: select.contains: expected a text that is not empty, found \"\"".into()),
        ("[select]\nmax-size = -1", "holdall.toml:2:12: select.max-size: expected a size such as 500k, 10 MiB or 1.5 GB, found -1".into()),
        ("[select]\nmax-size = 1.5", "holdall.toml:2:12: select.max-size: expected a size such as 500k, 10 MiB or 1.5 GB, found a number with a fraction".into()),
("[select]\nmax-size = 1e999", "holdall.toml:2:12: floating-point number overflowed".into()),
        ("[select]\nmax-size = \"10GiBx\"", "holdall.toml:2:12: select.max-size: \"10GiBx\" is not a size such as 500k, 10 MiB or 1.5 GB".into()),
        ("[select]\nmax-size = \"99999P\"", "holdall.toml:2:12: select.max-size: \"99999P\" is larger than the largest size, 16 EiB".into()),
        ("[select]\nchanged-within = \"soon\"", "holdall.toml:2:18: select.changed-within: \"soon\" is neither a length of time such as 3d nor a date such as 2026-05-01".into()),
        ("[select]\nchanged-within = 2026-05-01", "holdall.toml:2:18: select.changed-within: expected a length of time such as 3d, or a date such as 2026-05-01, found a date without quotes".into()),
        ("[select]\ntype = [\"door\"]", "holdall.toml:2:9: select.type: item 1: expected one of file dir symlink fifo socket chardev dev, found \"door\"".into()),
        ("[forget]\nkeep-within = \"3x\"", "holdall.toml:2:15: forget.keep-within: \"3x\" is not a length of time such as 2h, 3d or 1y5m7d2h (units: y, m for months, w, d, h, min, s)".into()),
        ("[forget]\nkeep-last = -1", "holdall.toml:2:13: forget.keep-last: expected a number of snapshots from 0 to 4294967295, or \"all\", found -1".into()),
        ("[repository]\ncompression = \"fast\"", "holdall.toml:2:15: repository.compression: expected one of off fastest auto better max, found \"fast\"".into()),
        ("[repository]\ncompression = \"beter\"", "holdall.toml:2:15: repository.compression: expected one of off fastest auto better max, found \"beter\"; did you mean better?".into()),
        ("[repository]\npack-size = \"1M\"", "holdall.toml:2:13: repository.pack-size: expected a size from 4 MiB to 128 MiB, found \"1M\"".into()),
        ("[repository]\npassword = \"x\"", "holdall.toml:2:1: a password may not stand in a configuration file; name its file with password-file".into()),
        ("[repository]\npassword-command = \"x\"", "holdall.toml:2:1: a project's file may not set repository.password-command, since whoever wrote the project could run any command with it; set it in your own file, in the environment or by a flag".into()),
        ("profile.x.repository.password-command = \"x\"", "holdall.toml:1:22: a project's file may not set repository.password-command, since whoever wrote the project could run any command with it; set it in your own file, in the environment or by a flag".into()),
        ("[notify]\ntoken = \"x\"", "holdall.toml:2:1: a token may not stand in a configuration file; name its file with token-file".into()),
        ("[notify]\nurl = \"https://ntfy.sh/t\"", "holdall.toml:2:1: a project's file may not set notify.url, since whoever wrote the project could have your token and your messages sent anywhere; set it in your own file, in the environment or by a flag".into()),
        ("profile.x.notify.token-file = \"/x\"", "holdall.toml:1:18: a project's file may not set notify.token-file, since whoever wrote the project could have your token and your messages sent anywhere; set it in your own file, in the environment or by a flag".into()),
        ("[prune]\nmax-unused = \"101%\"", "holdall.toml:2:14: prune.max-unused: expected a share such as 5%, a size, or unlimited, found \"101%\"".into()),
        ("[dump]\nformat = \"markdown\"", "holdall.toml:2:10: dump.format: expected one of md xml json yaml toml csv txt html, found \"markdown\"".into()),
        ("[dump]\nmax-tokens = 0", "holdall.toml:2:14: dump.max-tokens: expected a number of tokens such as 128000 or 128k, found 0".into()),
        ("[dump]\noutput = \"{nmae}.md\"", "holdall.toml:2:10: dump.output: in braces there can be {name}, {path} and {ext}".into()),
        ("[dump]\noutput = \"../x.md\"", "holdall.toml:2:1: a project's file may set dump.output only to a name beneath the directory that is dumped, since whoever wrote the project could overwrite any file with it".into()),
        ("[todos]\ntags = [\"TO DO\"]", "holdall.toml:2:9: todos.tags: item 1: expected a word of letters, digits, - and _, found \"TO DO\"".into()),
        ("[secrets]\nallow-regexes = [\"a\", \"b(\"]", "holdall.toml:2:23: secrets.allow-regexes: item 2: cannot use an exception to the secret rules at character 2: unclosed group".into()),
        ("[secrets]\nrules = 1", "holdall.toml:2:9: secrets.rules: expected a list of tables, each with id and regex, found 1".into()),
        ("[secrets.rules]\nid = \"a\"", "holdall.toml:1:1: secrets.rules: expected a list of tables, each with id and regex, found a table".into()),
        ("[[secrets.rules]]\nid = \"a\"\nregex = \"x\"\n\n[[secrets.rules]]\nid = \"b\"\nregex = 'tok_(\\w'", "holdall.toml:7:9: secrets.rules: item 2: cannot use the regex of secret rule b at character 5: unclosed group".into()),
        ("[[secrets.rules]]\nid = \"a\"\nregx = \"x\"", "holdall.toml:3:1: secrets.rules: item 1: regx: a rule has no such key, did you mean \"regex\"?; known here: id, description, severity, regex, keywords, entropy, secret-group, path".into()),
        ("hook = 1", "holdall.toml:1:1: a project's file may not set hook, since whoever wrote the project could run any command with it; set it in your own file, in the environment or by a flag".into()),
        ("[[database]]\nname = \"x\"", "holdall.toml:1:3: a project's file may not set database, since whoever wrote the project could run any command with it; set it in your own file, in the environment or by a flag".into()),
        ("[[secrets.rules]]\nid = \"A b\"\nregex = \"x\"", "holdall.toml:2:6: secrets.rules: item 1: cannot use a secret rule named \"A b\": a name has 1 to 64 of a-z, 0-9 and -".into()),
        ("[[secrets.rules]]\nid = \"a\"\nregex = \"x\"\nkeywords = [\"y\", 1]", "holdall.toml:4:18: secrets.rules: item 1: keywords: item 2: expected a text that is not empty, found 1".into()),
        ("[[secrets.rules]]\nid = \"a\"\nregex = \"x\"\nentropy = 9", "holdall.toml:4:11: secrets.rules: item 1: secret rule a asks for an entropy that is not between 0 and 8".into()),
        ("[[secrets.rules]]\nid = \"a\"", "holdall.toml:1:1: secrets.rules: item 1: secret rule a has neither a regex nor a path".into()),
        ("[secrets]\nrules = [{ id = \"a\", regex = \"x\" }, { id = \"a\", regex = \"y\" }]", "holdall.toml:2:37: secrets.rules: there are two rules named a".into()),
        ("[limits]\nthreads = 5000", "holdall.toml:2:11: limits.threads: expected a number of threads from 1 to 1024, found 5000".into()),
    ] {
        assert_eq!(said(text), answer, "{text}");
    }
}

#[test]
fn what_is_no_toml_is_placed() {
    for (text, place) in [
        ("[select]\ngit = true\ngit = false", "holdall.toml:3:1: "),
        ("[select]\n\n  git = ", "holdall.toml:3:"),
        ("[select]\nmax-files = 18446744073709551616", "holdall.toml:2:13: "),
        ("[select\n", "holdall.toml:1:8: "),
        (&("x = ".to_owned() + &"[".repeat(100_000)), "holdall.toml:1:"),
    ] {
        let answer = said(text);
        assert!(answer.starts_with(place) && !answer.contains('\n'), "{answer}");
    }
}

#[test]
fn rules_of_all_layers_add_up_and_the_highest_of_one_name_holds() {
    let rule =
        |id: &str, regex: &str| format!("[[secrets.rules]]\nid = \"{id}\"\nregex = \"{regex}\"\n");
    let user = rule("mine", "m1") + &rule("both", "user");
    let project = rule("both", "project") + &rule("ours", "o1");
    let profile = "[[profile.ci.secrets.rules]]\nid = \"ci\"\nregex = \"c1\"\n";
    let files = Files::new(&user, &(project + profile));
    let mut inputs = files.inputs();
    inputs.profile = Some("ci".to_owned());
    inputs.environment =
        variables(&[("HOLDALL_SECRETS_RULES", "[{ id = \"ours\", regex = \"o2\" }]")]);
    let resolved = resolve(&inputs).unwrap();
    let rules = resolved.config.secrets.rules.rules();
    let rules: Vec<_> = rules.iter().map(|rule| (&*rule.id, &*rule.regex)).collect();
    assert_eq!(rules, [("mine", "m1"), ("both", "project"), ("ci", "c1"), ("ours", "o2")]);
    assert_eq!(resolved.origin("secrets.rules").to_string(), "environment HOLDALL_SECRETS_RULES");
}

#[test]
fn only_a_project_is_kept_from_naming_a_place_outside() {
    let files = Files::new("[dump]\noutput = \"~/dumps/{name}.{ext}\"", "");
    let mut inputs = files.inputs();
    inputs.home = Some("/home/u".into());
    let output = resolve(&inputs).unwrap().config.dump.output.unwrap();
    assert_eq!(output.as_str(), "/home/u/dumps/{name}.{ext}");
    inputs.environment = variables(&[("HOLDALL_DUMP_OUTPUT", "../x.md")]);
    assert_eq!(resolve(&inputs).unwrap().config.dump.output.unwrap().as_str(), "../x.md");
}
