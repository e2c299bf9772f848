//! The race against other programs.

use crate::shell::{Args, Result};

pub(crate) struct Options;

impl Options {
    pub(crate) fn from_args(_: &mut Args) -> Result<Self> {
        Err("not there yet".into())
    }
}

pub(crate) fn bench(_: &Options) -> Result<()> {
    Ok(())
}
