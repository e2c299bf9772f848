//! `holdall completions` and `holdall man`

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::complete;
use crate::failure::{Failure, Result, output};
use crate::session::Session;

pub(super) fn completions(args: &CompletionsArgs) -> Result<u8> {
    let script = complete::script(args.shell)?;
    std::io::stdout().lock().write_all(script.as_bytes()).map_err(output)?;
    Ok(0)
}

pub(super) fn man(session: &Session, args: &ManArgs) -> Result<u8> {
    if session.dry_run {
        session.print(&format!("would write manual pages into {}", args.dir.display()))?;
        return Ok(0);
    }
    let fail = |error: std::io::Error| {
        Failure::Usage(format!("cannot write to {}: {error}", args.dir.display()))
    };
    std::fs::create_dir_all(&args.dir).map_err(fail)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(fail)?;
    Ok(0)
}
