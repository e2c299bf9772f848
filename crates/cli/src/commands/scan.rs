//! `holdall scan`

use std::path::Path;

use holdall::dump::{Item, Looks, inspect};
use holdall::insight::secrets::{Baseline, Severity};
use holdall::select::Selection;
use holdall::source::Access;
use serde_json::{Value, json};

use crate::args::{ScanArgs, ScanFormat};
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_source};
use crate::commands::{dump, selection};
use crate::failure::Result;
use crate::render;
use crate::session::Session;
use crate::wire::{FoundSecret, FoundTodo, Scanned};

/// The code of a run that found secrets.
const FOUND: u8 = 4;

pub(super) fn run(session: &Session, args: &ScanArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let accepted = args.baseline.as_deref().or(session.config.config.secrets.baseline.as_deref());
    let mut reads = selection::reads(session, &args.select);
    reads.extend(accepted.map(Path::to_owned));
    let writes = args.write_baseline.iter().cloned().collect();
    let needs = Needs { reads, writes, ..Needs::default() };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        let root = source.origin.clone().unwrap_or_else(|| session.places.current.clone());
        let ctx = session.context();
        let settings = &session.config.config;
        let select = (&args.select, &settings.select);
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let selection = Selection::new(select)?;
        let both = !args.secrets && !args.todos;
        let looks = Looks {
            tokens: None,
            todos: (args.todos || both).then(|| dump::tags(&settings.todos)),
            secrets: if args.secrets || both {
                Some(dump::rules(&settings.secrets)?)
            } else {
                None
            },
            baseline: dump::baseline(accepted)?,
            ..Looks::default()
        };
        let items = inspect(&ctx, source.tree(), &selection, &looks)?;
        session.progress.finish();
        if let Some(file) = args.write_baseline.as_ref().filter(|_| !session.dry_run) {
            let found = items.iter().flat_map(|item| {
                item.seen.secrets.iter().map(|finding| (&item.record.path, finding))
            });
            holdall::output::whole(file, Baseline::write(found).as_bytes(), 0o644)?;
        }
        let found = found(&items);
        match args.format {
            _ if session.json => session.print_json(&found)?,
            ScanFormat::Json => session.print_json(&found)?,
            ScanFormat::Sarif => session.print(&sarif(&found).to_string())?,
            ScanFormat::Text => text(session, &found)?,
        }
        Ok(if found.secrets.is_empty() { session.code() } else { FOUND })
    })
}

fn found(items: &[Item]) -> Scanned {
    let mut found = Scanned { secrets: Vec::new(), todos: Vec::new() };
    for item in items {
        let path = item.record.path.to_string();
        found.secrets.extend(item.seen.secrets.iter().map(|finding| FoundSecret {
            path: path.clone(),
            line: finding.line,
            column: finding.column,
            rule: finding.rule.to_string(),
            description: finding.description.to_string(),
            severity: finding.severity.to_string(),
            fingerprint: finding.fingerprint.to_string(),
        }));
        found.todos.extend(item.seen.todos.iter().map(|todo| FoundTodo {
            path: path.clone(),
            line: todo.line,
            column: todo.column,
            tag: todo.tag.clone(),
            author: todo.author.clone(),
            text: todo.text.clone(),
        }));
    }
    found
}

fn text(session: &Session, found: &Scanned) -> Result<()> {
    for secret in &found.secrets {
        let FoundSecret { path, line, column, rule, description, .. } = secret;
        let rule = render::paint(session.color, render::RED, rule);
        session.print(&format!("{path}:{line}:{column}: {rule}: {description}"))?;
    }
    for todo in &found.todos {
        let FoundTodo { path, line, column, tag, author, text } = todo;
        let tag = render::paint(session.color, render::BLUE, tag);
        let author = author.as_ref().map_or(String::new(), |author| format!("({author})"));
        session.print(&format!("{path}:{line}:{column}: {tag}{author}: {text}"))?;
    }
    session.tell(&format!(
        "{}, {} left open",
        render::count(found.secrets.len() as u64, "secret"),
        render::grouped(found.todos.len() as u64),
    ));
    Ok(())
}

/// A log in SARIF 2.1.0.
fn sarif(found: &Scanned) -> Value {
    let place = |path: &str, line: u64| {
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": uri(path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line},
        }}])
    };
    let level = |severity: &str| match severity.parse() {
        Ok(Severity::Low) => "note",
        Ok(Severity::Medium) => "warning",
        _ => "error",
    };
    let secrets = found.secrets.iter().map(|secret| {
        json!({
            "ruleId": secret.rule,
            "level": level(&secret.severity),
            "message": {"text": secret.description},
            "locations": place(&secret.path, secret.line),
            "partialFingerprints": {"holdallSecret/v1": secret.fingerprint},
        })
    });
    let todos = found.todos.iter().map(|todo| {
        json!({
            "ruleId": todo.tag.to_lowercase(),
            "level": "note",
            "message": {"text": format!("{}: {}", todo.tag, todo.text)},
            "locations": place(&todo.path, todo.line),
        })
    });
    let results: Vec<Value> = secrets.chain(todos).collect();
    let mut rules: Vec<&str> =
        results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: Vec<Value> = rules.into_iter().map(|rule| json!({"id": rule})).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "holdall",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let part = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    path.bytes().map(part).collect()
}
