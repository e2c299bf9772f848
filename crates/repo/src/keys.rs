//! The keys of a repository: several passwords for one master key.

use holdall_tree::Context;

use crate::error::{Error, Result};
use crate::id::{Id, IdPrefix};
use crate::keyfile::{KdfParams, KeyFile};
use crate::repository::{FileKind, Identity, KEYS_TRIED_MAX, Repository, write_key};
use crate::secret::Secret;

/// What a key file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEntry {
    /// Its ID.
    pub id: Id,
    /// When it was made.
    pub created: String,
    /// By whom.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// What deriving the key costs.
    pub kdf: KdfParams,
    /// True for the key that opened the repository.
    pub current: bool,
}

/// All keys.
///
/// # Errors
/// If one cannot be read.
pub fn list(repository: &Repository) -> Result<Vec<KeyEntry>> {
    let mut keys = Vec::new();
    for (id, _) in repository.list(FileKind::Key)? {
        let bytes = repository.read_hashed(FileKind::Key, &id)?;
        let file = KeyFile::parse(&bytes).map_err(Error::object("key", id))?;
        keys.push(KeyEntry {
            id,
            kdf: file.params(),
            created: file.created,
            user: file.username,
            host: file.hostname,
            current: id == repository.key_id,
        });
    }
    Ok(keys)
}

/// Adds a key with another password and gives its ID.
///
/// # Errors
/// If there are as many keys already as are tried with a password, it cannot be written, or does not open with the
/// password it was made with.
pub fn add(
    ctx: &Context<'_>,
    repository: &Repository,
    password: &Secret,
    identity: &Identity,
) -> Result<Id> {
    leave_room(repository, 1)?;
    write(ctx, repository, password, identity)
}

/// Fails if with so many keys more some would not be tried with a password.
fn leave_room(repository: &Repository, more: usize) -> Result<()> {
    let count = repository.list(FileKind::Key)?.len();
    if count + more <= KEYS_TRIED_MAX {
        return Ok(());
    }
    let why = format!(
        "the repository has {count} keys and only {KEYS_TRIED_MAX} are tried with a password; remove one first"
    );
    Err(Error::Refused(why))
}

fn write(
    ctx: &Context<'_>,
    repository: &Repository,
    password: &Secret,
    identity: &Identity,
) -> Result<Id> {
    let id = write_key(
        ctx,
        &*repository.store,
        &repository.key,
        password,
        KdfParams::PASSWORD,
        identity,
    )?;
    // A key that does not open would be found out when it is needed.
    let bytes = repository.read_hashed(FileKind::Key, &id)?;
    let opened = KeyFile::parse(&bytes)
        .and_then(|file| file.open(password))
        .map_err(Error::object("key", id))?;
    if opened.parts() != repository.key.parts() {
        return Err(Error::SelfCheck);
    }
    Ok(id)
}

/// The key whose ID begins so, which [`remove`] would remove.
///
/// # Errors
/// If there is none or several, or it is the one that opened the repository: the last way in is never removed.
pub fn removable(repository: &Repository, wanted: &str) -> Result<Id> {
    let refused = |why: String| Error::Refused(why);
    let prefix: IdPrefix =
        wanted.parse().map_err(|_| refused(format!("{wanted:?} is no beginning of a key ID")))?;
    let mut found: Vec<Id> = repository
        .list(FileKind::Key)?
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| prefix.matches(id))
        .collect();
    let (Some(id), true) = (found.pop(), found.is_empty()) else {
        return Err(refused(format!("{wanted} is the beginning of no key ID, or of several")));
    };
    if id == repository.key_id {
        return Err(refused(
            "the key that opened the repository is not removed; open it with another one".into(),
        ));
    }
    Ok(id)
}

/// Removes the key whose ID begins so.
///
/// # Errors
/// As [`removable`], and if it cannot be removed.
pub fn remove(repository: &Repository, wanted: &str) -> Result<Id> {
    let id = removable(repository, wanted)?;
    repository.delete_file(FileKind::Key, &id)?;
    repository.store.sync()?;
    Ok(id)
}

/// Changes the password of the key that opened the repository: adds a new key, then removes the old one.
///
/// # Errors
/// As `add`.
pub fn change_password(
    ctx: &Context<'_>,
    repository: &mut Repository,
    password: &Secret,
    identity: &Identity,
) -> Result<Id> {
    leave_room(repository, 0)?;
    let new = write(ctx, repository, password, identity)?;
    let old = std::mem::replace(&mut repository.key_id, new);
    repository.delete_file(FileKind::Key, &old)?;
    repository.store.sync()?;
    Ok(new)
}
