//! Reads the configuration of gitleaks on standard input and writes `rules/gitleaks.rules`; see `rules/README.md`.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use toml::{Table, Value};

/// What stands between the name and the value in most of the published patterns. Our form leaves it out.
const BETWEEN: &str =
    r#"(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}("#;
/// What stands behind the value.
const BEHIND: &str = r#")(?:[\x60'"\s;]|\\[nr]|$)"#;

/// Keywords that stand somewhere else than in what the pattern matches are replaced by some that do, so that only the
/// surroundings of a keyword need to be searched.
const KEYS: &[(&str, &str)] = &[
    ("airtable-personnal-access-token", "pat"),
    ("cloudflare-origin-ca-key", "v1.0-"),
    ("intra42-client-secret", "s-s4t2ud- s-s4t2af-"),
    ("microsoft-teams-webhook", "webhook.office.com"),
    ("nuget-config-password", "<add"),
    ("nytimes-access-token", "nytimes new-york-times, newyorktimes"),
];

/// How far from its keyword a match of a pattern without a greatest length is looked for, in bytes.
const REACHES: &[(&str, usize)] = &[
    ("curl-auth-header", 2048),
    ("curl-auth-user", 2048),
    ("kubernetes-secret-yaml", 1024),
    ("private-key", 49152),
];

/// Exceptions that we add: names of constants and functions with a number in a word are no keys.
const EXCEPTIONS: &[(&str, &str)] =
    &[("generic-api-key", r"^_*(?:[A-Za-z]*\d{0,5}[A-Za-z]*_+)+[A-Za-z]*\d{0,3}$")];

/// Patterns of paths, as the names and endings that they stand for.
const PLACES: &[(&str, &str)] = &[
    (r"(?i)\.php$", "ending .php"),
    (r"(?i)\.(?:tf|hcl)$", "ending .tf .hcl"),
    (r"(?i)\.ya?ml$", "ending .yml .yaml"),
    (r"(?i)nuget\.config$", "file nuget.config"),
    (r"(?i)(?:^|\/)[^\/]+\.p(?:12|fx)$", "ending .p12 .pfx"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let config: Table = text.parse()?;
    let mut out = String::from(
        "# Rules of gitleaks, https://github.com/gitleaks/gitleaks, (c) 2019 Zachary Rice, MIT licence: see LICENSE-gitleaks.\n\
         # Written by `cargo run --example import_gitleaks`; README.md tells the form. Do not edit.\n",
    );
    if let Some(Value::Table(allow)) = config.get("allowlist") {
        write_allow(&mut out, allow)?;
    }
    for rule in tables(&config, "rules") {
        for pattern in alternatives(text_of(rule, "regex")) {
            write_rule(&mut out, rule, pattern)?;
        }
    }
    std::io::stdout().write_all(out.as_bytes())?;
    Ok(())
}

/// A pattern that joins an assignment and a token by `|` becomes two rules of one name.
fn alternatives(regex: &str) -> Vec<&str> {
    let joint = format!("{BEHIND}|\\b(");
    match regex.split_once(&joint) {
        Some((first, _)) if first.contains(BETWEEN) => {
            let cut = first.len() + BEHIND.len();
            vec![&regex[..cut], &regex[cut + 1..]]
        }
        _ => vec![regex],
    }
}

fn write_rule(out: &mut String, rule: &Table, regex: &str) -> Result<(), Box<dyn Error>> {
    let id = text_of(rule, "id");
    writeln!(out, "\nrule {id}\nabout {}", text_of(rule, "description"))?;
    if id.starts_with("generic") {
        writeln!(out, "severity medium")?;
    } else if id.ends_with("-id") || id.contains("public-key") {
        writeln!(out, "severity low")?;
    }
    let place = text_of(rule, "path");
    if !place.is_empty() {
        let known = PLACES.iter().find(|(path, _)| *path == place);
        writeln!(out, "{}", known.ok_or(format!("{id}: an unknown path {place:?}"))?.1)?;
    }
    let keys = match KEYS.iter().find(|(known, _)| *known == id) {
        Some((_, keys)) => (*keys).to_owned(),
        None => keys_of(rule, regex),
    };
    if !keys.is_empty() {
        writeln!(out, "key {keys}")?;
    }
    match assignment(regex) {
        Some((names, value, any_case)) => {
            let word = if any_case { "value" } else { "cased-value" };
            writeln!(out, "names {names}\n{word} {value}")?;
        }
        None if regex.is_empty() => {}
        None => writeln!(out, "regex {}", escaped(regex))?,
    }
    if let Some((_, reach)) = REACHES.iter().find(|(known, _)| *known == id) {
        writeln!(out, "reach {reach}")?;
    }
    if let Some(entropy) = rule.get("entropy") {
        writeln!(out, "entropy {entropy}")?;
    }
    if let Some(group) = rule.get("secretGroup").and_then(Value::as_integer) {
        writeln!(out, "group {group}")?;
    }
    for allow in tables(rule, "allowlists") {
        write_allow(out, allow)?;
    }
    for (_, pattern) in EXCEPTIONS.iter().filter(|(known, _)| *known == id) {
        writeln!(out, "allow any\npattern {pattern}")?;
    }
    Ok(())
}

/// The keywords of a rule; of one that was cut in two, those that its part holds.
fn keys_of(rule: &Table, regex: &str) -> String {
    let whole = text_of(rule, "regex") == regex;
    let small = regex.to_ascii_lowercase();
    let keys = texts_of(rule, "keywords").filter(|key| whole || small.contains(*key));
    keys.collect::<Vec<_>>().join(" ")
}

/// The names and the value of an assignment, and whether the value may be in any case.
fn assignment(regex: &str) -> Option<(&str, &str, bool)> {
    let value = regex.strip_suffix(BEHIND)?;
    if let Some(rest) = value.strip_prefix(r"(?i)[\w.-]{0,50}?(?:") {
        let (names, value) = rest.split_once(BETWEEN)?;
        return Some((names.strip_suffix(')')?, value, true));
    }
    let rest = value.strip_prefix(r"[\w.-]{0,50}?(?i:[\w.-]{0,50}?(?:")?;
    // The part without case is closed just before the sign.
    let (gap, sign) = BETWEEN.split_once("(?:=")?;
    let (names, value) = rest.split_once(&format!("{gap})(?:={sign}"))?;
    Some((names.strip_suffix(')')?, value, false))
}

fn write_allow(out: &mut String, allow: &Table) -> Result<(), Box<dyn Error>> {
    let all = text_of(allow, "condition").eq_ignore_ascii_case("and");
    writeln!(out, "{}", if all { "allow all" } else { "allow any" })?;
    match text_of(allow, "regexTarget") {
        "" => {}
        target => writeln!(out, "target {target}")?,
    }
    for path in texts_of(allow, "paths") {
        writeln!(out, "path {}", escaped(path))?;
    }
    for regex in texts_of(allow, "regexes") {
        writeln!(out, "pattern {}", escaped(regex))?;
    }
    let mut line = String::new();
    for word in texts_of(allow, "stopwords") {
        if line.len() + word.len() > 110 {
            writeln!(out, "words{line}")?;
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    if !line.is_empty() {
        writeln!(out, "words{line}")?;
    }
    Ok(())
}

/// A brace that counts nothing is itself in Go, but must be escaped in Rust.
fn escaped(regex: &str) -> String {
    let mut out = String::new();
    for (at, letter) in regex.char_indices() {
        let behind = &regex[at + letter.len_utf8()..];
        let counts = behind.split_once('}').is_some_and(|(count, _)| {
            !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit() || b == b',')
        });
        if letter == '{' && !counts && !regex[..at].ends_with('\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_table)
}

fn texts_of<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a str> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn text_of<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}
