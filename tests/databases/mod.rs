//! Databases of real servers: captured into every form, and brought back.

mod server;
mod streamed;

use std::path::Path;

use holdall_testkit::Home;

use crate::commands::fits;
use crate::hooks::user_file;
use crate::{home, init, with_repo};
use server::{PASSWORD, Server};

/// A home with a project `p` and a database `shop` that belongs to it, whose password is in a file.
fn scene(kind: &str, socket: &Path, more: &str) -> Home {
    let home = home();
    home.write("p/a", "one\n");
    home.write("password", format!("{PASSWORD}\n"));
    configure(&home, kind, socket, more);
    home
}

fn configure(home: &Home, kind: &str, socket: &Path, more: &str) {
    let (project, password) = (home.path("p"), home.path("password"));
    let text = format!(
        "[[database]]\nname = \"shop\"\nkind = \"{kind}\"\nproject = {project:?}\nsocket = {socket:?}\n\
         user = \"keeper\"\npassword-file = {password:?}\n{more}\n"
    );
    user_file(home, &text);
}

/// Captures the database into each form, and hands out each source with the name of an empty database to restore it
/// into.
fn through_each_form(home: &Home, restored: &dyn Fn(&str)) {
    let back = |source: &str, target: &str| {
        let database = format!("shop={target}");
        let said = with_repo(home, &["restore", source, "--database", &database]).output();
        let said = said.success().text();
        assert!(said.contains(&format!("restored the database shop into {target}")), "{said}");
        restored(target);
    };
    init(home);
    home.run(["archive", "p", "-o", "x.tar.zst"]).output().ok();
    back("x.tar.zst", "back1");
    home.run(["archive", "p", "-o", "x.zip"]).output().ok();
    back("x.zip", "back2");
    home.run(["archive", "p", "-o", "x.7z"]).output().ok();
    back("x.7z", "back6");
    home.run(["dump", "p", "-o", "d.md", "--secrets", "report"]).output().ok();
    back("d.md", "back3");
    home.run(["clone", "p", "c"]).output().ok();
    back("c", "back4");
    with_repo(home, &["snapshot", "p"]).output().ok();
    back("@latest", "back5");
    let listed = with_repo(home, &["ls", "@latest", "-R"]).output().success().text();
    assert_eq!(listed, ".holdall/\n.holdall/databases/\n.holdall/databases/shop.sql\na\n");
    assert_eq!(std::fs::read_dir(home.path("p")).unwrap().count(), 1, "a capture only reads");
}

/// A capture that cannot hold the database says so, and holds all else; nothing of the database looks whole.
fn is_left_out(home: &Home, why: &[&str]) {
    // What lies there from before must not pass for what could not be had.
    home.write("p/.holdall/databases/shop.sql", "of yesterday");
    init(home);
    let snapshot = with_repo(home, &["snapshot", "p"]).output().exits(3);
    let archive = home.run(["archive", "p", "-o", "part.tar"]).output().exits(3);
    let clone = home.run(["clone", "p", "part"]).output().exits(3);
    for said in [snapshot.error_text(), archive.error_text(), clone.error_text()] {
        let all = ["cannot capture the database shop"].iter().chain(why);
        all.for_each(|why| assert!(said.contains(why), "{why}: {said}"));
        assert!(!said.contains(PASSWORD), "{said}");
    }
    for source in ["@latest", "part.tar", "part"] {
        let listed = with_repo(home, &["ls", source, "-R"]).output().success().text();
        assert!(listed.contains("a\n") && !listed.contains("shop"), "{listed}");
    }
    let said = with_repo(home, &["restore", "@latest", "--database", "shop"]).output().exits(1);
    assert!(said.error_text().contains("error[no-entry]"), "{}", said.error_text());
}

/// A program that notes its arguments and variables, then is `program`.
fn noting(home: &Home, program: &str) -> String {
    let script =
        format!("#!/bin/sh\n{{ echo \"$@\"; env; }} > \"$HOME/noted\"\nexec {program} \"$@\"\n");
    let path = home.write("noting", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    path.display().to_string()
}

/// The password is nowhere where others could see it.
fn password_is_kept(home: &Home, kind: &str, socket: &Path, program: &str) {
    let program = noting(home, program);
    let more = format!("dump-program = {program:?}");
    configure(home, kind, socket, &more);
    for capture in [&["archive", "p", "-o", "kept.tar"][..], &["clone", "p", "kept"]] {
        home.run(capture).output().ok();
        let text = std::fs::read_to_string(home.home().join("noted")).unwrap();
        assert!(text.contains("keeper") && !text.contains(PASSWORD), "{text}");
        std::fs::remove_file(home.home().join("noted")).unwrap();
    }
    let said = home.run(["archive", "p", "-o", "dry.tar", "--dry-run"]).output().success();
    let said = said.error_text();
    assert!(said.contains("would capture the database shop"), "{said}");
    home.run(["archive", "p", "-o", "none.tar", "--no-databases"]).output().ok();
    assert!(!home.home().join("noted").exists());
    configure(home, kind, socket, &format!("{more}\nmax-size = 100"));
    for capture in [&["archive", "p", "-o", "large.tar"][..], &["clone", "p", "large"]] {
        let said = home.run(capture).output().exits(3).error_text();
        assert!(said.contains("more than the limit of 100 bytes"), "{said}");
    }
    let left = std::fs::read_dir(home.work().parent().unwrap().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "no file with a password may be left");
}

#[test]
fn a_postgresql_database_goes_through_every_form_and_back() {
    let server = Server::postgresql();
    let quoted = PASSWORD.replace('\'', "''");
    server.psql("postgres", &format!("CREATE ROLE keeper LOGIN PASSWORD '{quoted}'"));
    for name in ["shop", "back1", "back2", "back3", "back4", "back5", "back6", "custom", "evil"] {
        server.psql("postgres", &format!("CREATE DATABASE {name} OWNER keeper"));
    }
    let fill = "SET ROLE keeper;
        CREATE TABLE things (id int PRIMARY KEY, t text, b bytea);
        INSERT INTO things VALUES (0, E'\\\\restrict x\\n\\\\.\\tä €\\u4e2d\\U0001F600''\"--', NULL);
        INSERT INTO things SELECT i, repeat('é', i), decode(repeat(lpad(to_hex(i), 2, '0'), 9), 'hex')
            FROM generate_series(1, 255) i;
        CREATE VIEW last_few AS SELECT id FROM things WHERE id > 250;
        CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'";
    server.psql("shop", fill);
    let rows = "SELECT id, t, b FROM things ORDER BY id; SELECT * FROM last_few; SELECT two()";
    let expected = server.psql("shop", rows);
    let restored = |target: &str| assert_eq!(server.psql(target, rows), expected, "{target}");

    let home = scene("postgresql", server.dir(), "");
    through_each_form(&home, &restored);

    let again = ["restore", "x.tar.zst", "--database", "shop=back1"];
    let said = home.run(again).output().exits(4).error_text();
    assert!(said.contains("error[database-not-empty]"), "{said}");
    let said = home.run(again).arg("--overwrite").arg("always").output().exits(1).error_text();
    assert!(said.contains("already exists"), "{said}");
    restored("back1");
    let said = home.run(again).arg("--dry-run").output().success().text();
    assert!(said.starts_with("would restore the database shop into back1"), "{said}");

    let said = home.run(again).arg("--dry-run").arg("--json").output().success().text();
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas");
    let schema = std::fs::read(schemas.join("restore-databases.schema.json")).unwrap();
    let known = serde_json::from_slice(&schema).unwrap();
    fits(&known, &serde_json::from_str(&said).unwrap(), "restore --database");

    // Whoever made the statements runs no program with them.
    let marker = home.path("evil-ran");
    for text in [
        format!("SELECT 1;\n\\! touch {}\n", marker.display()),
        format!("\\restrict a\n\\unrestrict a\n\\! touch {}\n\\unrestrict a\n", marker.display()),
    ] {
        home.write("e/.holdall/databases/shop.sql", text);
        let said = home.run(["restore", "e", "--database", "shop=evil"]).output().exits(1);
        let said = said.error_text();
        assert!(said.contains("restrict"), "{said}");
        assert!(!marker.exists());
    }

    // What is stopped half way has changed nothing.
    home.write(
        "h/.holdall/databases/shop.sql",
        "CREATE TABLE half (i int);\nSELECT pg_sleep(9);\n",
    );
    home.run(["archive", "h", "-o", "h.tar", "--no-databases"]).output().success();
    let run = home.run(["restore", "h.tar", "--database", "shop=evil"]).start();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let until = |number: &str| {
        while server.psql("postgres", asleep) != number {
            assert!(std::time::Instant::now() < limit, "{number}");
        }
    };
    until("1\n");
    run.interrupt();
    assert_eq!(run.end().0, 130);
    // The server hears of it when it has slept.
    until("0\n");
    assert_eq!(server.psql("evil", "SELECT to_regclass('half') IS NULL"), "t\n");

    password_is_kept(&home, "postgresql", server.dir(), "pg_dump");

    configure(&home, "postgresql", server.dir(), "format = \"custom\"");
    home.run(["archive", "p", "-o", "y.tar"]).output().ok();
    home.run(["restore", "y.tar", "--database", "shop=custom"]).output().ok();
    restored("custom");

    let wrong = scene("postgresql", server.dir(), "");
    wrong.write("password", "wrong");
    is_left_out(&wrong, &["password authentication failed", "pg_dump ended with"]);

    // Its own connection is ended by a row in the middle of a table, when much of it was written already.
    let fatal = "CREATE FUNCTION stop(i int) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS
            'BEGIN IF i = 20000 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN true; END';
        CREATE TABLE big (i int, t text);
        INSERT INTO big SELECT i, repeat(md5(i::text), 9) FROM generate_series(1, 30000) i;
        ALTER TABLE big ENABLE ROW LEVEL SECURITY;
        CREATE POLICY all_of_it ON big USING (stop(i));
        GRANT SELECT ON big TO keeper";
    server.psql("shop", fatal);
    let cut = scene("postgresql", server.dir(), "arguments = [\"--enable-row-security\"]");
    is_left_out(&cut, &["terminating connection due to administrator command"]);
}

#[test]
fn a_mariadb_database_goes_through_every_form_and_back() {
    let server = Server::mariadb();
    let quoted = PASSWORD.replace('\\', "\\\\").replace('\'', "\\'");
    server.mysql(
        "",
        &format!("SET NAMES utf8mb4; CREATE USER keeper@localhost IDENTIFIED BY '{quoted}'"),
    );
    for name in ["shop", "back1", "back2", "back3", "back4", "back5", "back6", "evil"] {
        let sql = format!("CREATE DATABASE {name}; GRANT ALL ON {name}.* TO keeper@localhost");
        server.mysql("", &sql);
    }
    let fill = "SET NAMES utf8mb4;
        CREATE TABLE things (id int PRIMARY KEY, t longtext, b longblob) DEFAULT CHARSET utf8mb4;
        INSERT INTO things VALUES (0, '\\\\! x\\n\\\\.\\t\\0ä €中😀\\'\"--', NULL);
        INSERT INTO things SELECT seq, REPEAT('é', seq), UNHEX(REPEAT(HEX(CHAR(seq)), 9)) FROM seq_1_to_255;
        CREATE VIEW last_few AS SELECT id FROM things WHERE id > 250;
        CREATE FUNCTION two() RETURNS int DETERMINISTIC RETURN 2;
        CREATE TRIGGER after_it AFTER INSERT ON things FOR EACH ROW SET @a = 1";
    server.as_keeper("shop", fill);
    let rows =
        "SET NAMES utf8mb4; SELECT id, HEX(t), HEX(b) FROM things ORDER BY id; SELECT * FROM last_few;
        SELECT two(); SHOW TRIGGERS LIKE 'things%'";
    // When a trigger was made is no part of it.
    let table = |target: &str| {
        let lines = server.mysql(target, rows);
        let kept = |line: &str| line.split('\t').take(4).collect::<Vec<_>>().join("\t");
        lines.lines().map(kept).collect::<Vec<_>>()
    };
    let expected = table("shop");
    assert!(expected.len() > 260);
    let restored = |target: &str| assert_eq!(table(target), expected, "{target}");

    let socket = server.dir().join("s");
    let home = scene("mariadb", &socket, "");
    through_each_form(&home, &restored);

    let again = ["restore", "x.tar.zst", "--database", "shop=back1"];
    let said = home.run(again).output().exits(4).error_text();
    assert!(said.contains("error[database-not-empty]"), "{said}");
    home.run(again).arg("--overwrite").arg("always").output().ok();
    restored("back1");

    let marker = home.path("evil-ran");
    for command in ["\\!", "system"] {
        home.write(
            "e/.holdall/databases/shop.sql",
            format!("{command} touch {};\n", marker.display()),
        );
        let said = home.run(["restore", "e", "--database", "shop=evil"]).output().exits(1);
        let refused = ["Unknown command", "SQL syntax"];
        let said = said.error_text();
        assert!(refused.iter().any(|word| said.contains(word)), "{said}");
        assert!(!marker.exists());
    }

    password_is_kept(&home, "mariadb", &socket, "mariadb-dump");

    let wrong = scene("mariadb", &socket, "");
    wrong.write("password", "wrong");
    is_left_out(&wrong, &["Access denied", "mariadb-dump ended with"]);

    // Its connection is ended when some of the table has come, and far from all of it.
    server
        .mysql("shop", "CREATE TABLE big AS SELECT seq, REPEAT(MD5(seq), 99) t FROM seq_1_to_9000");
    let admin = format!("mariadb --no-defaults --socket={} -u root", socket.display());
    let script = format!(
        "#!/bin/bash\nmariadb-dump \"$@\" > >(\n  head -c 300000\n  \
         {admin} -N -e \"SELECT id FROM information_schema.processlist WHERE user = 'keeper'\" \
         | while read id; do {admin} -e \"KILL $id\"; done\n  cat\n)\n"
    );
    let cut = scene("mariadb", &socket, "");
    let program = cut.write("cutting", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    configure(&cut, "mariadb", &socket, &format!("dump-program = {program:?}"));
    is_left_out(&cut, &["Lost connection"]);
}
