//! `holdall config …`

use holdall::config;

use crate::args::ConfigCommand;
use crate::failure::{Failure, Result};
use crate::render::{Align, Table};
use crate::session::Session;

pub(super) fn run(session: &Session, command: &ConfigCommand) -> Result<u8> {
    match command {
        ConfigCommand::Show(args) => show(session, args.origin),
        ConfigCommand::Check => check(session),
        ConfigCommand::Schema => {
            let schema = serde_json::to_string_pretty(&config::schema());
            session.print(&schema.map_err(|error| Failure::Usage(error.to_string()))?)?;
            Ok(0)
        }
    }
}

fn show(session: &Session, origin: bool) -> Result<u8> {
    let values = session.config.show();
    if session.json {
        let one = |value: &config::ShownValue| serde_json::json!({ "key": value.key, "value": value.value, "origin": value.origin.to_string() });
        let list: Vec<_> = values.iter().map(one).collect();
        session.print_json(&serde_json::json!({ "schema_version": 1, "values": list }))?;
        return Ok(0);
    }
    let mut header = vec![("Key", Align::Left), ("Value", Align::Left)];
    if origin {
        header.push(("From", Align::Left));
    }
    let mut table = Table::new(&header);
    for value in values {
        let mut row =
            vec![value.key.to_owned(), value.value.unwrap_or_else(|| "(not set)".to_owned())];
        if origin {
            row.push(value.origin.to_string());
        }
        table.row(row);
    }
    for line in table.lines(session.color) {
        session.print(&line)?;
    }
    Ok(0)
}

fn check(session: &Session) -> Result<u8> {
    let problems = config::check(&session.inputs);
    for problem in &problems {
        session.print(&crate::failure::chain(problem).join(": "))?;
    }
    for warning in &session.config.warnings {
        session.tell(&format!("warning: {warning}"));
    }
    if problems.is_empty() {
        session.print("the configuration is right")?;
        return Ok(0);
    }
    Ok(2)
}
