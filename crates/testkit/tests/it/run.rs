//! A program runs in a home of its own.

use holdall_testkit::Home;

#[test]
fn it_sees_nothing_of_the_user() {
    let home = Home::new("/usr/bin/env");
    let outcome = home.run(["sh", "-c", "env; pwd"]).env("HOLDALL_X", "1").output().success();
    let text = outcome.text().replace(&home.home().display().to_string(), "HERE");
    assert!(text.contains("\nHOME=HERE\n"), "{text}");
    assert!(text.contains("XDG_CONFIG_HOME=HERE/.config"), "{text}");
    assert!(text.contains("HOLDALL_X=1"), "{text}");
    assert!(!text.contains("CARGO"), "{text}");
}

#[test]
fn code_and_streams_are_kept_and_written_the_same_everywhere() {
    let home = Home::new("/bin/sh");
    let script = "cat; pwd >&2; echo 0123abcd is faded; exit 3";
    let outcome = home.run(["-c", script]).stdin("read this\n").filter("faded", "gone").output();
    let expected = "exit: 3\n--- stdout\nread this\n[ID] is gone\n--- stderr\n[HOME]/work\n";
    assert_eq!(outcome.exits(3).snapshot(), expected);
}

#[test]
fn a_signal_is_told_as_the_shell_tells_it() {
    assert_eq!(Home::new("/bin/sh").run(["-c", "kill -9 $$"]).output().code, 137);
}

#[test]
fn its_input_is_closed_and_files_are_put_where_it_runs() {
    let home = Home::new("/bin/sh");
    home.write("dir/file", "text");
    assert_eq!(home.run(["-c", "cat; cat file"]).cwd("dir").output().success().text(), "text");
}
