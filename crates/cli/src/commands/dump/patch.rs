//! `--diff-since`: what changed since a commit, as a selection of files or as a patch.

use std::path::Path;

use holdall::config::SecretsPolicy;
use holdall::git::{Repository, UserSettings};
use holdall::since;
use holdall::source::Opened;
use holdall::tree::Context;

use super::options::Wanted;
use super::secrets::{baseline, name_secret};
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Writes what changed beneath the source as a patch, and gives how many files it changes.
pub(super) fn write(
    session: &Session,
    ctx: &Context<'_>,
    source: &Opened<'_>,
    since: &str,
    wanted: &Wanted<'_>,
) -> Result<u64> {
    let (repository, dir) = changing(source, since)?;
    if wanted.secrets != SecretsPolicy::Off {
        let accepted = baseline(wanted.baseline)?;
        let found = since::secrets(ctx, &repository, since, dir, &wanted.rules, &accepted)?;
        for secret in &found {
            name_secret(session, &secret.path, &secret.finding);
        }
        if !found.is_empty() && wanted.secrets != SecretsPolicy::Report {
            return Err(holdall::Error::Secrets { found: found.len() }.into());
        }
    }
    wanted
        .place
        .write(session, wanted, |out| Ok(since::write_patch(ctx, &repository, since, dir, out)?))
}

/// The repository around a directory whose changes are wanted.
pub(super) fn changing<'s>(source: &'s Opened<'_>, since: &str) -> Result<(Repository, &'s Path)> {
    match (&source.origin, source.snapshot.is_none()) {
        (Some(dir), true) => Ok((Repository::discover(dir, UserSettings::Read)?, dir)),
        _ => {
            let why = format!(
                "--diff-since {since} compares a directory with a commit, and {} is none",
                source.name
            );
            Err(Failure::Usage(why))
        }
    }
}
