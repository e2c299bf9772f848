//! Sources that can be read only once.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use holdall_tree::Context;

use super::{Opened, Reading, read_hidden, read_plain, spool};
use crate::error::{Error, Result};
use crate::sealed::{self, Secrecy, Unsealed};

/// A stream with an archive or a dump, which is opened if it is sealed. What it holds is yet to be understood, which may be
/// done where no key, no program and nobody can be reached.
pub struct Stream {
    name: String,
    plain: Unsealed<Box<dyn Read>>,
}

impl Stream {
    /// Opens what `read` gives, if it is sealed; `name` says where it comes from.
    ///
    /// # Errors
    /// If it is sealed and cannot be opened, or the policy asks for a signature, which a stream has not.
    pub fn open(
        ctx: &Context<'_>,
        name: &str,
        read: impl Read + 'static,
        reading: Reading<'_>,
    ) -> Result<Self> {
        if let Some(trust) = reading.trust {
            trust.unsigned(name)?;
        }
        let read: Box<dyn Read> = Box::new(read);
        let plain = sealed::unseal(ctx, reading.keys, name, read, spool)?;
        Ok(Self { name: name.to_owned(), plain })
    }

    /// Standard input.
    ///
    /// # Errors
    /// As [`Stream::open`].
    pub fn input(ctx: &Context<'_>, reading: Reading<'_>) -> Result<Self> {
        Self::open(ctx, "standard input", std::io::stdin().lock(), reading)
    }

    /// What lies at `path`, if that is a pipe, or something else that can be read only once.
    ///
    /// # Errors
    /// As [`Stream::open`].
    pub fn at(ctx: &Context<'_>, path: &Path, reading: Reading<'_>) -> Result<Option<Self>> {
        if !path.metadata().is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
            return Ok(None);
        }
        let file =
            File::open(path).map_err(|source| Error::Target { target: path.to_owned(), source })?;
        Self::open(ctx, &path.display().to_string(), file, reading).map(Some)
    }

    /// Reads it to its end.
    ///
    /// # Errors
    /// If it cannot be read, is larger than the limits allow, is refused, or is neither an archive nor a dump.
    pub fn read<'r>(self, ctx: &Context<'_>, reading: Reading<'_>) -> Result<Opened<'r>> {
        let Self { name, plain } = self;
        match plain {
            Unsealed::Opened(scratch) => read_hidden(ctx, &name, &Arc::new(scratch), reading),
            Unsealed::Plain(read) => read_plain(ctx, &name, read, (reading, Secrecy::Open)),
        }
    }
}
