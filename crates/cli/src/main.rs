//! The program `holdall`.

mod args;
mod commands;
mod failure;
mod guide;
mod progress;
mod render;
mod session;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, all else is wrong usage.
            let code = u8::from(error.use_stderr()) * 2;
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let json = cli.global.json;
    let session = match session::Session::new(&cli.global) {
        Ok(session) => session,
        Err(failure) => return ExitCode::from(failure::report(&failure, json)),
    };
    // Every log line of a run carries its operation ID, so that runs can be told apart in one log.
    let span = tracing::error_span!("run", op = %operation_id());
    let _entered = span.enter();
    let began = Instant::now();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    let code = match commands::run(&session, cli.command) {
        Ok(code) => code,
        Err(failure) => {
            session.progress.finish();
            failure::report(&failure, json)
        }
    };
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(code, elapsed_ms, "ended");
    ExitCode::from(code)
}

/// Twelve hex digits that no other run has. The standard library draws the keys of its hash maps at random.
fn operation_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    let number = RandomState::new().hash_one(std::process::id());
    format!("{:012x}", number & 0xffff_ffff_ffff)
}
