//! The program `holdall`.

mod args;
mod commands;
mod failure;
mod guide;
mod progress;
mod render;
mod session;

use std::process::ExitCode;

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
    match session::Session::new(&cli.global)
        .and_then(|session| commands::run(&session, cli.command))
    {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(failure::report(&failure, json)),
    }
}
