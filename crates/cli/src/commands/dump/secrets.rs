//! Secrets of a dump: what is accepted, what is taken out, and naming what was found.

use std::path::Path;

use holdall::config;
use holdall::dump::Item;
use holdall::insight::secrets::{Allowed, Baseline, Finding, Marker, Rules, Vault};
use holdall::tree::RelPath;

use crate::failure::{Failure, Result, output};
use crate::session::Session;

/// The rules of the program, and those of the configuration.
pub(in crate::commands) fn rules(settings: &config::Secrets) -> Result<Rules> {
    let texts = |list: &[config::AllowRegex]| list.iter().map(|regex| regex.0.clone()).collect();
    let allowed =
        Allowed { paths: texts(&settings.allow_paths), regexes: texts(&settings.allow_regexes) };
    let rules = Rules::configured(&settings.rules.rules(), &allowed);
    rules.map_err(|error| Failure::Usage(error.to_string()))
}

/// The accepted secrets that a file lists.
pub(in crate::commands) fn baseline(file: Option<&Path>) -> Result<Baseline> {
    let Some(file) = file else { return Ok(Baseline::default()) };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read the baseline {}: {why}", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| unread(&error))?;
    Baseline::parse(&text).map_err(|error| unread(&error))
}

/// The vault of a file, or an empty one with a key of its own.
pub(in crate::commands) fn vault(file: Option<&Path>) -> Result<Vault> {
    let fresh = || -> Result<Vault> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| output(std::io::Error::other(error.to_string())))?;
        Ok(Vault::new(Marker::new(key)))
    };
    let Some(file) = file else { return fresh() };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read the vault {}: {why}", file.display()))
    };
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fresh(),
        Err(error) => Err(unread(&error)),
        Ok(bytes) => Vault::from_bytes(&bytes).map_err(|error| unread(&error)),
    }
}

/// Writes a vault that its owner alone may read. One that is there is replaced by the one that was read from it.
pub(super) fn keep(file: &Path, vault: &Vault) -> Result<()> {
    Ok(holdall::output::whole(file, &vault.to_bytes(), 0o600)?)
}

/// Names each secret by its place and rule, never by what it is. The items lie beneath `part`.
pub(super) fn name_secrets(session: &Session, part: Option<&RelPath>, items: &[Item]) {
    for item in items {
        for finding in &item.seen.secrets {
            let path = &item.record.path;
            match part {
                Some(part) => name_secret(session, &part.join_path(path), finding),
                None => name_secret(session, path, finding),
            }
        }
    }
}

pub(super) fn name_secret(session: &Session, path: &RelPath, finding: &Finding) {
    let Finding { line, description, rule, .. } = finding;
    session.tell(&format!("secret: {path}:{line}: {description} ({rule})"));
}
