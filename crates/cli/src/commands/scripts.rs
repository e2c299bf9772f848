//! `holdall completions` and `holdall man`

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::complete;
use crate::failure::{Failure, Result, output};

pub(super) fn completions(args: &CompletionsArgs) -> Result<u8> {
    let script = complete::script(args.shell)?;
    std::io::stdout().lock().write_all(script.as_bytes()).map_err(output)?;
    Ok(0)
}

pub(super) fn man(args: &ManArgs) -> Result<u8> {
    let fail = |error: std::io::Error| {
        Failure::Usage(format!("cannot write to {}: {error}", args.dir.display()))
    };
    std::fs::create_dir_all(&args.dir).map_err(fail)?;
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(fail)?;
    Ok(0)
}
