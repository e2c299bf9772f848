//! Secrets of many kinds are found wherever they stand, and what looks like them is not.

use crate::support::{Dice, made_up, scan};

/// What providers hand out, and the text around it: `SECRET` is where it stands.
const KINDS: &[(&str, &str)] = &[
    ("ghp_{alnum:36}", "token = \"SECRET\""),
    ("gho_{alnum:36}", "curl -u me:SECRET"),
    ("ghs_{alnum:36}", "x: SECRET"),
    ("ghr_{alnum:36}", "x: SECRET"),
    ("github_pat_{alnum:82}", "export T=SECRET"),
    ("glpat-{alnum:20}", "CI: SECRET"),
    ("gldt-{alnum:20}", "CI: SECRET"),
    ("glrt-{alnum:20}", "CI: SECRET"),
    ("AKIA{upper:16}", "id = 'SECRET'"),
    ("ASIA{upper:16}", "id = 'SECRET'"),
    ("AIza{alnum:35}", "const KEY = \"SECRET\";"),
    ("sk_live_{alnum:24}", "stripe.key = \"SECRET\""),
    ("rk_live_{alnum:24}", "stripe.key = \"SECRET\""),
    ("xoxb-{digit:12}-{digit:12}-{alnum:24}", "slack(\"SECRET\")"),
    ("xoxp-{digit:12}-{digit:12}-{digit:12}-{alnum:32}", "slack(\"SECRET\")"),
    ("xapp-1-A{digit:10}-{digit:13}-{lower:64}", "slack(\"SECRET\")"),
    ("https://hooks.slack.com/services/T{upper:8}/B{upper:10}/{alnum:24}", "url: SECRET"),
    ("SG.{alnum:22}.{alnum:43}", "mail = \"SECRET\""),
    ("SK{hex:32}", "twilio = \"SECRET\""),
    ("npm_{lower:36}", "//registry/:_x=SECRET"),
    ("pypi-AgEIcHlwaS5vcmc{alnum:70}", "pass = SECRET"),
    ("rubygems_{hex:48}", "key: SECRET"),
    ("dop_v1_{hex:64}", "do: SECRET"),
    ("doo_v1_{hex:64}", "do: SECRET"),
    ("shpat_{hex:32}", "shop = \"SECRET\""),
    ("shpss_{hex:32}", "shop = \"SECRET\""),
    ("sk-ant-api03-{alnum:93}AA", "KEY=SECRET"),
    ("sk-{alnum:20}T3BlbkFJ{alnum:20}", "KEY=SECRET"),
    ("hvs.{alnum:96}", "vault: SECRET"),
    ("dapi{hex:32}", "db = \"SECRET\""),
    ("glsa_{alnum:32}_{hex:8}", "grafana: SECRET"),
    ("lin_api_{lower:40}", "linear: \"SECRET\""),
    ("PMAK-{hex:24}-{hex:34}", "postman = \"SECRET\""),
    ("pul-{hex:40}", "pulumi: SECRET"),
    ("ntn_{digit:11}{alnum:35}", "notion: SECRET"),
    ("pscale_tkn_{lower:43}", "db: SECRET"),
    ("AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE", "SECRET"), // holdall:allow
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{alnum:40}.{alnum:43}", "auth: \"SECRET\""),
    ("{hex:32}", "datadog_x = 1\nfastly_key = \"SECRET\""),
    ("{digit:10}:A{alnum:34}", "telegram_token = \"SECRET\""),
    ("{alnum:8}{digit:4}{alnum:20}", "my_api_key = \"SECRET\""),
    ("{base:39}0", "aws_secret_access_key = SECRET"),
    ("{alnum:11}7q", "postgres://app:SECRET@db.corp.net/main"),
];

#[test]
fn at_least_95_of_100_are_found_of_more_than_30_kinds() {
    let mut dice = Dice(1);
    let (mut all, mut found) = (0, 0);
    for (template, around) in KINDS {
        let mut of_this = 0;
        for _ in 0..10 {
            let secret = made_up(template, &mut dice);
            let text = format!("// a file\n{}\nlast\n", around.replace("SECRET", &secret));
            let at = text.find(&secret).unwrap();
            let is_it =
                |range: &std::ops::Range<usize>| range.start < at + secret.len() && at < range.end;
            of_this +=
                usize::from(scan("src/a.txt", &text).iter().any(|finding| is_it(&finding.range)));
        }
        assert!(of_this > 0, "{template} is never found");
        (all, found) = (all + 10, found + of_this);
    }
    assert!(KINDS.len() >= 30 && found * 100 >= all * 95, "{found} of {all} were found");
}

#[test]
fn private_keys_are_found_with_and_without_an_end() {
    let mut dice = Dice(2);
    for kind in ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""] {
        let lines: Vec<String> = (0..9).map(|_| made_up("{base:64}", &mut dice)).collect();
        let body = lines.join("\n");
        let begin = format!("-----BEGIN {kind}PRIVATE KEY-----\n{body}\n");
        let whole = scan("k.txt", &format!("a\n{begin}-----END {kind}PRIVATE KEY-----\n"));
        assert_eq!((whole.len(), whole[0].line, &*whole[0].rule), (1, 2, "private-key"), "{kind}");
        let cut = scan("k.txt", &begin);
        assert_eq!((cut.len(), cut[0].line, &*cut[0].rule), (1, 2, "private-key-body"), "{kind}");
        assert_eq!(cut[0].range.len(), body.len());
        let in_json = scan("k.json", &format!("{{\"k\": {begin:?}}}"));
        assert_eq!(in_json.len(), 1, "{kind}");
    }
}

#[test]
fn what_looks_like_a_secret_is_none() {
    let mut dice = Dice(3);
    for template in [
        "let id = \"{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}\";",
        "commit {hex:40}",
        "sha256: {hex:64}",
        "integrity sha512-{base:86}==",
        "checksum = \"{hex:64}\"",
        "background: url(data:image/png;base64,{base:200})",
        "ssh-rsa AAAAB3NzaC1yc2E{base:300} me@host",
        "-----BEGIN CERTIFICATE-----\n{base:64}\n{base:64}\n-----END CERTIFICATE-----",
        "\"version\": \"{digit:1}.{digit:2}.{digit:1}\", \"license\": \"MIT\"",
        "color: #{hex:6};",
        "fn token_key_of_{lower:6}(key: &TokenKey) -> Secret",
        "key = compute_key_of(\"abc\")",
    ] {
        let text = made_up(template, &mut dice);
        assert_eq!(scan("src/a.rs", &text), [], "{text}");
    }
    for text in [
        "password = get_password()",
        "api_key = os.environ[\"API_KEY\"]",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "PASSWORD=$1",
        "const token = process.env.TOKEN;",
        "postgres://user:password@localhost:5432/db",
        "https://user:pass@example.com/",
        "redis://:${PASSWORD}@redis.corp.net",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", // holdall:allow
        "assert!(text.starts_with(\"-----BEGIN RSA PRIVATE KEY-----\"));",
        "client.login(\"me@corp.net\", password)",
        "see https://docs.corp.net:8443/a@b",
    ] {
        assert_eq!(scan("src/a.py", text), [], "{text}");
    }
}

#[test]
fn a_comment_on_the_line_excuses_a_secret_and_only_there() {
    let token = made_up("ghp_{alnum:36}", &mut Dice(4));
    for word in ["holdall:allow", "gitleaks:allow"] {
        let text = format!("a = {token} # {word}\nb = {token}\n");
        let lines: Vec<u64> = scan("a", &text).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2]);
    }
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let token = made_up("ghp_{alnum:36}", &mut Dice(5));
    let found = scan("a", &token);
    assert!(!format!("{found:?}").contains(&token[4..]));
    assert_eq!((found[0].line, found[0].column, found[0].range.clone()), (1, 1, 0..40));
}

#[test]
fn files_of_other_tools_and_pictures_are_left_alone() {
    let token = made_up("ghp_{alnum:36}", &mut Dice(6));
    for path in ["a.png", "node_modules/x/a.js", "package-lock.json", "go.sum"] {
        assert_eq!(scan(path, &token), [], "{path}");
    }
}

#[test]
fn a_key_store_is_a_secret_as_a_whole() {
    let found = scan("certs/server.p12", "0123");
    assert_eq!((&*found[0].rule, found[0].range.clone()), ("pkcs12-file", 0..4));
    assert_eq!(scan("certs/server.p12", ""), []);
}
