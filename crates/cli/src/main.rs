//! The program `holdall`.

mod aide;
mod args;
mod commands;
mod complete;
mod explore;
mod failure;
mod guide;
mod hooks;
mod log;
mod notify;
mod places;
mod progress;
mod render;
mod screen;
mod session;
mod settings;
mod signals;
mod terminal;
mod trace;
mod wire;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use args::{Cli, Command};
use failure::Form;
use session::{Broken, Session};
use trace::Trace;

fn main() -> ExitCode {
    let began = Instant::now();
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let waits: &[(&str, fn())] =
        &[(hooks::COMMAND, hooks::wait_and_run), (aide::COMMAND, aide::wait_and_do)];
    if let Some((_, wait)) =
        waits.iter().find(|(name, _)| args.get(1).is_some_and(|arg| arg == name))
    {
        wait();
        return ExitCode::SUCCESS;
    }
    let completing = args.get(1).is_some_and(|arg| arg == complete::COMMAND);
    if completing {
        args = complete::arguments(&args);
    }
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        // Help and version are answers, all else is wrong usage.
        Err(answer) if !answer.use_stderr() => {
            let _ = answer.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
            return ExitCode::from(failure::report_usage(&error, early_form(json)));
        }
    };
    let bears = cli.command.as_ref().is_some_and(Command::bears_broken_settings);
    let broken = if bears { Broken::Ignore } else { Broken::Refuse };
    let mut session = match Session::new(&cli.global, broken) {
        Ok(session) => session,
        Err(failure) => {
            return ExitCode::from(failure::report(&failure, early_form(cli.global.json)));
        }
    };
    tracing::info!(name: "started", version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "started");
    if let Some(file) = &cli.global.trace {
        session.progress.record(Trace::new(session.places.current.join(file), began));
    }
    let name = cli.command.as_ref().map_or("holdall", |command| command.name());
    let done = if completing {
        complete::snapshots(&session)
    } else {
        hooks::around(&session, cli.command)
    };
    session.progress.finish();
    let code = done.unwrap_or_else(|failure| failure::report(&failure, session.error_form()));
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let peak_memory_bytes = holdall::disk::peak_memory();
    tracing::info!(name: "ended", exit_code = code, elapsed_ms, peak_memory_bytes, "ended");
    session.progress.write_trace(name);
    ExitCode::from(code)
}

/// How an error is shown before the settings are known.
fn early_form(json: bool) -> Form {
    match (json, std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()) {
        (true, _) => Form::Json,
        (false, true) => Form::Colored,
        (false, false) => Form::Plain,
    }
}
