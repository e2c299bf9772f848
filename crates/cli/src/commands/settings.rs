//! `holdall config …`

use std::path::Path;

use holdall::config::{self, Inputs, Resolved};

use crate::args::{ConfigCommand, ConfigShowArgs};
use crate::failure::{Failure, Result, output};
use crate::render::{Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, command: &ConfigCommand) -> Result<u8> {
    match command {
        ConfigCommand::Show(args) => show(session, args),
        ConfigCommand::Check => check(session),
        ConfigCommand::Schema(args) => match &args.documents {
            Some(dir) => documents(session, dir),
            None => {
                session.print(&pretty(&config::schema())?)?;
                Ok(0)
            }
        },
    }
}

/// Writes the schema of each document to a file of its own.
fn documents(session: &Session, dir: &Path) -> Result<u8> {
    if session.dry_run {
        session.print(&format!("would write schemas into {}", dir.display()))?;
        return Ok(0);
    }
    let fail = |error: std::io::Error| {
        Failure::Usage(format!("cannot write to {}: {error}", dir.display()))
    };
    std::fs::create_dir_all(dir).map_err(fail)?;
    for (name, schema) in wire::schemas() {
        let text = pretty(schema.as_value())? + "\n";
        std::fs::write(dir.join(format!("{name}.schema.json")), text).map_err(fail)?;
    }
    Ok(0)
}

fn pretty(schema: &serde_json::Value) -> Result<String> {
    serde_json::to_string_pretty(schema).map_err(|error| output(error.into()))
}

/// The configuration of a project in a monorepo: its own file over that of the whole.
fn of_project(session: &Session, dir: &Path) -> Result<Resolved> {
    let dir = session.places.current.join(dir);
    if !dir.is_dir() {
        return Err(Failure::Usage(format!("{} is no directory", dir.display())));
    }
    let own = Some(dir.join(config::PROJECT_FILE)).filter(|file| file.is_file());
    let whole = match own.is_some() && own == session.inputs.project_file {
        // It was started in the project itself.
        true => session.inputs_in(dir.parent().unwrap_or(&dir)),
        false => session.inputs.clone(),
    };
    Ok(config::resolve(&Inputs { part_file: own, ..whole })?)
}

fn show(session: &Session, args: &ConfigShowArgs) -> Result<u8> {
    let origin = args.origin;
    let values = match &args.project {
        Some(dir) => of_project(session, dir)?.show(),
        None => session.config.show(),
    };
    if session.json {
        let one = |value: config::ShownValue| wire::Setting {
            key: value.key.to_owned(),
            value: value.value,
            origin: value.origin.to_string(),
        };
        session.print_json(wire::Settings { values: values.into_iter().map(one).collect() })?;
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
    let problems: Vec<String> = config::check(&session.inputs)
        .iter()
        .map(|problem| crate::failure::chain(problem).join(": "))
        .collect();
    let code = if problems.is_empty() { 0 } else { 2 };
    let warnings = session.config.warnings.clone();
    if session.json {
        let valid = problems.is_empty();
        session.print_json(wire::SettingsChecked { valid, problems, warnings })?;
        return Ok(code);
    }
    for problem in &problems {
        session.print(problem)?;
    }
    if problems.is_empty() {
        session.print("the configuration is right")?;
    }
    Ok(code)
}
