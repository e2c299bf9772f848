//! Files that are made to hold secrets give them up, by their names and their forms.

use holdall_insight::secrets::{CustomRule, Rules, Severity};
use holdall_tree::RelPath;

use crate::support::{Dice, made_up, scan};

/// A file, a line of it, and what of that is the secret.
fn check(path: &str, line: &str, secret: &str) {
    let text = format!("\n{line}\n");
    let found = scan(path, &text);
    let secrets: Vec<&str> = found.iter().map(|finding| &text[finding.range.clone()]).collect();
    assert_eq!(secrets, [secret], "{path}: {line}");
    assert_eq!(found[0].line, 2);
}

#[test]
fn each_known_file_gives_up_its_secret() {
    for (path, line, secret) in [
        (".netrc", "machine a.b login c password d1e2", "d1e2"),
        ("home/_netrc", "  password d1e2", "d1e2"),
        (".pgpass", "localhost:5432:db:me:pass:word", "pass:word"),
        (".git-credentials", "https://me:pa55!@9@git.corp.net", "pa55!@9"),
        (".npmrc", "//registry.corp.net/:_authToken=a1-b2", "a1-b2"),
        (".npmrc", "_auth = YTpi", "YTpi"),
        (".pypirc", "password: a1b2", "a1b2"),
        (".cargo/credentials.toml", "token = \"a1b2\"", "a1b2"),
        (".docker/config.json", "\"auth\": \"YTpiYw==\"", "YTpiYw=="),
        (".dockercfg", "\"auth\": \"YTpiYw==\"", "YTpiYw=="),
        (".s3cfg", "secret_key = a1b2", "a1b2"),
        (".aws/credentials", "aws_secret_access_key = a1b2", "a1b2"),
        (".env", "DB_PASSWORD=a1b2", "a1b2"),
        ("deploy/prod.env", "export API_KEY='a1 b2'", "a1 b2"),
        (".bashrc", "export GMAIL_PASSWORD=\"Pass!1\"", "Pass!1"),
        ("wp-config.php", "define( 'AUTH_KEY', 'a \"b\" c' );", "a \"b\" c"),
        ("inc/config.php", "$dbpasswd = 'a1b2';", "a1b2"),
        ("config.php", "'password' => 'a1b2',", "a1b2"),
        ("sftp-config.json", "\"password\": \"a1b2\",", "a1b2"),
        (".vscode/sftp.json", "\"password\": \"a\\\"b\",", "a\\\"b"),
        (".ftpconfig", "\"passphrase\": \"a1b2\",", "a1b2"),
        ("robomongo.json", "\"sshUserPassword\" : \"a1b2\",", "a1b2"),
        ("heroku.json", "\"HEROKU_API_KEY\": \"a1b2\"", "a1b2"),
        ("logins.json", "\"encryptedPassword\": \"MDoE\",", "MDoE"),
        ("config/secrets.yml", "  secret_key_base: a1b2", "a1b2"),
        ("config/database.yml", "  password: 'a1b2'", "a1b2"),
        ("hub", "  oauth_token: \"a1b2\"", "a1b2"),
        (".idea/WebServers.xml", "<x password=\"dff9\" username=\"root\">", "dff9"),
        ("filezilla/recentservers.xml", "<Pass encoding=\"base64\">a1b2</Pass>", "a1b2"),
        ("dbeaver-data-sources.xml", "<c user=\"u\" password=\"a1b2\"/>", "a1b2"),
        (".esmtprc", "password \"a1b2\"", "a1b2"),
        (".my.cnf", "password = a1b2", "a1b2"),
        ("ventrilo_srv.ini", "AdminPassword=a1b2", "a1b2"),
        (".irssi/config", "  password = \"a1b2\";", "a1b2"),
        ("web/settings.py", "SECRET_KEY = 'a1b2(c)\"d'", "a1b2(c)\"d"),
        (
            "config/master.key",
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcdef",
        ),
        ("web.config", "connectionString=\"Server=a;Password=a1b2;\"", "a1b2"),
        ("app/a.ini", "db.password = \"a1b2c3\"", "a1b2c3"),
        ("a.js", "conn.login('me@corp.net', 'a1b2', f)", "a1b2"),
    ] {
        check(path, line, secret);
    }
}

#[test]
fn hashes_of_passwords_are_found_where_accounts_are_kept() {
    let mut dice = Dice(1);
    for (path, template) in [
        ("etc/shadow", "$6${alnum:16}${alnum:86}"),
        ("proftpdpasswd", "$5${alnum:8}${alnum:43}"),
        (".htpasswd", "$apr1${alnum:8}${alnum:22}"),
        ("db/dump.sql", "$2y$12${alnum:53}"),
        (".htpasswd", "{alnum:13}"),
    ] {
        let hash = made_up(template, &mut dice);
        check(path, &format!("me:{hash}:1:0"), &hash);
    }
    let hash = made_up("$2y$12${alnum:53}", &mut dice);
    assert_eq!(scan("src/bcrypt.rs", &hash), []);
}

#[test]
fn a_putty_key_is_found() {
    let body = made_up("{base:64}\n{base:20}==", &mut Dice(2));
    let text = format!("Public-Lines: 1\nAAAA\nPrivate-Lines: 2\n{body}\nPrivate-MAC: 00\n");
    let found = scan("k.ppk", &text);
    assert_eq!((found.len(), &text[found[0].range.clone()]), (1, format!("{body}\n").as_str()));
}

#[test]
fn known_files_without_secrets_give_none() {
    for (path, line) in [
        (".env", "DB_PASSWORD=${PASSWORD}"),
        (".env", "DB_PASSWORD="),
        (".env.example", "DB_PASSWORD=a1b2"),
        (".bashrc", "export S3_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"),
        ("secrets.yml", "  secret_key_base: <%= ENV[\"SECRET_KEY_BASE\"] %>"),
        ("config.php", "$password = getenv('PASSWORD');"),
        ("settings.py", "SECRET_KEY = os.environ['SECRET_KEY']"),
        ("settings.py", "SECRET_KEY = 'change-me-please'"),
        ("database.yml", "  password: "),
        (".npmrc", "registry=https://registry.corp.net/"),
        ("shadow", "root:*:17431:0:99999:7:::"),
        ("shadow", "root::17431:0:99999:7:::"),
    ] {
        assert_eq!(scan(path, line), [], "{path}: {line}");
    }
}

#[test]
fn custom_rules_find_what_they_say_in_the_files_they_name() {
    let rule = CustomRule {
        id: "acme-key".into(),
        description: "A key of Acme.".into(),
        severity: Severity::Low,
        regex: "(acme)_([0-9]{4})".into(),
        keywords: vec!["ACME_".into()],
        secret_group: Some(2),
        path: r"\.txt$".into(),
        ..CustomRule::default()
    };
    let line_rule = CustomRule {
        id: "line".into(),
        regex: "^x=([a-z]+)$".into(),
        entropy: 1.0,
        ..CustomRule::default()
    };
    let rules = Rules::with(&[rule, line_rule]).unwrap();
    let text = "acme_1234\r\nx=abc\r\nx=aaa\r\n y\n";
    let found = |path: &str| {
        let found = rules.scan(&RelPath::parse(path).unwrap(), text.as_bytes());
        found
            .into_iter()
            .map(|f| (f.rule.to_string(), text[f.range.clone()].to_owned()))
            .collect::<Vec<_>>()
    };
    let (acme, line) = (("acme-key".into(), "1234".into()), ("line".into(), "abc".into()));
    assert_eq!(found("a.txt"), [acme, line]);
    let line = ("line".into(), "abc".into());
    assert_eq!(found("a.rs"), [line]);
}

#[test]
fn a_secret_splits_no_character() {
    let rule = CustomRule {
        id: "split".into(),
        regex: "k=([^ ]{3})".into(),
        keywords: vec!["k=".into()],
        ..CustomRule::default()
    };
    let rules = Rules::with(&[rule]).unwrap();
    let text = "k=aböö";
    let found = rules.scan(&RelPath::root(), text.as_bytes());
    assert_eq!(&text[found[0].range.clone()], "abö");
}
