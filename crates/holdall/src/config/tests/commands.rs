//! Hooks and databases, which name what is run.

use super::*;

#[test]
fn hooks_and_databases_of_all_layers_add_up_and_a_name_stands_for_itself() {
    let hook = |name: &str, run: &str| {
        format!("[[{name}hook]]\non = [\"*.end\"]\ncommand = [\"{run}\"]\n")
    };
    let user = [
        hook("", "a"),
        hook("", "b") + "name = \"b\"\n",
        hook("profile.x.", "./c") + "name = \"b\"\n",
        hook("profile.x.", "d"),
    ];
    let files = Files::new(&user.concat(), "");
    let inputs = Inputs { profile: Some("x".to_owned()), ..files.inputs() };
    let hooks = resolve(&inputs).unwrap().config.hook.0;
    let commands: Vec<&str> = hooks.iter().map(|hook| hook.command[0].as_str()).collect();
    let beside = files.0.path().join("./c").display().to_string();
    assert_eq!(commands, ["a", beside.as_str(), "d"]);
}

#[test]
fn mistakes_in_hooks_and_databases_are_answered() {
    let database = "[[database]]\nname = \"x\"\nkind = \"mysql\"\nproject = \"/p\"\n";
    for (text, answer) in [
        (
            "[[hook]]\non = [\"snapshot.begin\"]\ncommand = [\"a\"]".to_owned(),
            "user.toml:2:7: hook: item 1: on: item 1: expected an event such as snapshot.start or *.failure: expected one of start success warning failure end, found \"begin\"",
        ),
        (
            "[[hook]]\non = [\"*.end\"]\ncommand = \"rm -r x\"".to_owned(),
            "user.toml:3:11: hook: item 1: command: expected a list such as [\"systemctl\", \"stop\", \"shop\"], found \"rm -r x\"",
        ),
        (
            "[[hook]]\non = [\"*.end\"]\ncomand = []".to_owned(),
            "user.toml:3:1: hook: item 1: comand: a hook has no such key, did you mean \"command\"?; known here: name, on, command, project, directory, time-limit, on-failure",
        ),
        (
            "[[hook]]\non = [\"*.end\"]".to_owned(),
            "user.toml:1:1: hook: item 1: expected a table with on and command, found a table",
        ),
        (
            format!("{database}password = \"x\""),
            "user.toml:5:1: database: item 1: a password may not stand in a configuration file; use password-file, password-command or password-variable",
        ),
        (
            format!("{database}host = \"x\"\nsocket = \"/y\""),
            "user.toml:1:1: database: item 1: a server is reached by host or by socket, not by both",
        ),
        (
            format!("{database}path = \"../x\""),
            "user.toml:1:1: database: item 1: path: expected a path beneath the project, without . and ..",
        ),
        (
            format!("{database}database = \"a=b\""),
            "user.toml:5:12: database: item 1: database: expected the name of a database, and nothing else",
        ),
        (
            format!("{database}{database}"),
            "user.toml:5:1: database: there are two databases named x",
        ),
    ] {
        let files = Files::new(&text, "");
        let said = files.plain(&resolve(&files.inputs()).unwrap_err().to_string());
        assert_eq!(said, answer, "{text}");
    }
}

#[test]
fn the_examples_of_the_pages_are_right() {
    for page in [
        include_str!("../../../../../docs/hooks.md"),
        include_str!("../../../../../docs/databases.md"),
    ] {
        let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let text: String = blocks.collect();
        assert!(text.contains("[["));
        let files = Files::new(&text, "");
        assert!(check(&files.inputs()).is_empty(), "{:?}", check(&files.inputs()));
    }
}
