//! Which repository, and how its password is had.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdall_repo::keyfile::KdfParams;
use holdall_repo::{Identity, Repository, Secret};
use holdall_store::{LocalStore, Store};
use holdall_tree::{Context, Note};

use crate::error::{Error, Result};

/// Directories of the user, found out by the face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where programs keep data: `$XDG_DATA_HOME` or `~/.local/share`.
    pub data: PathBuf,
    /// Where programs keep configuration: `$XDG_CONFIG_HOME` or `~/.config`.
    pub config: PathBuf,
    /// Where programs keep what they can make again: `$XDG_CACHE_HOME` or `~/.cache`.
    pub cache: PathBuf,
    /// The current directory.
    pub current: PathBuf,
}

impl Places {
    /// Where the default repository lies.
    #[must_use]
    pub fn default_repository(&self) -> PathBuf {
        self.data.join("holdall").join("repository")
    }

    /// Where is kept what earlier dumps saw.
    #[must_use]
    pub fn dump_cache(&self) -> PathBuf {
        self.cache.join("holdall").join("dumps")
    }

    /// Where the key of the default repository lies.
    #[must_use]
    pub fn default_key(&self) -> PathBuf {
        self.config.join("holdall").join("repository.key")
    }
}

/// Where a password comes from.
#[derive(Debug, Clone)]
pub enum PasswordSource {
    /// It was given in the environment or by a caller.
    Given(Secret),
    /// The first line of a file.
    File(PathBuf),
    /// The first line of the key file of the default repository: random bits, made where there are none yet.
    Key(PathBuf),
    /// The first line that a shell command prints.
    Command(String),
    /// Somebody has to be asked.
    Ask,
}

impl PasswordSource {
    /// The password; `ask` asks a person for it.
    ///
    /// # Errors
    /// If it cannot be had.
    pub fn secret(&self, ask: impl FnOnce() -> Result<Secret>) -> Result<Secret> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) | Self::Key(path) => password_file(path),
            Self::Command(command) => password_command(command),
            Self::Ask => ask(),
        }
    }
}

/// A repository and the way to its password.
#[derive(Debug, Clone)]
pub struct Access {
    /// The directory of the repository.
    pub path: PathBuf,
    /// Where its password comes from.
    pub password: PasswordSource,
    /// True for the repository in the user's data directory, which is made on first use.
    pub is_default: bool,
}

/// Asks a person for a password; the face implements it.
pub trait Ask {
    /// The password of an existing repository at `location`.
    ///
    /// # Errors
    /// If nobody can be asked.
    fn password(&self, location: &str) -> Result<Secret>;

    /// The passphrase of the sealed file `name`. Nobody can be asked for one unless this is provided.
    ///
    /// # Errors
    /// If nobody can be asked.
    fn passphrase(&self, name: &str) -> Result<Secret> {
        Err(Error::PassphraseNeeded { name: name.to_owned() })
    }

    /// A new passphrase for the file `name`, asked for twice.
    ///
    /// # Errors
    /// If nobody can be asked, or the two differ.
    fn new_passphrase(&self, name: &str) -> Result<Secret> {
        Err(Error::PassphraseNeeded { name: name.to_owned() })
    }

    /// A new password for `location`, asked for twice.
    ///
    /// # Errors
    /// If nobody can be asked, or the two differ.
    fn new_password(&self, location: &str) -> Result<Secret>;
}

impl Access {
    /// The repository that `url` names, or the default one if there is none.
    ///
    /// # Errors
    /// [`Error::UnknownStore`] if the URL is not that of a local directory.
    pub fn resolve(url: Option<&str>, password: PasswordSource, places: &Places) -> Result<Self> {
        let Some(url) = url else {
            let password = match password {
                PasswordSource::Ask => PasswordSource::Key(places.default_key()),
                given => given,
            };
            return Ok(Self { path: places.default_repository(), password, is_default: true });
        };
        let path = match url.split_once(':') {
            Some(("local" | "file", rest)) => Path::new(rest.strip_prefix("//").unwrap_or(rest)),
            Some((scheme, _)) if is_scheme(scheme) => {
                return Err(Error::UnknownStore { url: without_password(url) });
            }
            _ => Path::new(url),
        };
        Ok(Self { path: places.current.join(path), password, is_default: false })
    }

    fn secret(&self, ask: impl FnOnce(&str) -> Result<Secret>) -> Result<Secret> {
        self.password.secret(|| ask(&self.path.display().to_string()))
    }

    /// Opens the repository.
    ///
    /// # Errors
    /// If there is none, or the password is wrong or cannot be had.
    pub fn open(&self, ctx: &Context<'_>, ask: &dyn Ask) -> Result<Repository> {
        let store = self.store()?;
        let secret = self.secret(|location| ask.password(location))?;
        Ok(Repository::open(ctx, store, &secret)?)
    }

    /// Opens the repository; the default one is made if it is not there yet, with a key of its own.
    ///
    /// # Errors
    /// As `open`, and if it cannot be made.
    pub fn open_or_make(
        &self,
        ctx: &Context<'_>,
        identity: &Identity,
        ask: &dyn Ask,
    ) -> Result<Repository> {
        if self.is_default && !self.exists()? {
            self.init(ctx, identity, ask)
        } else {
            self.open(ctx, ask)
        }
    }

    /// True if there is a repository.
    ///
    /// # Errors
    /// If its place cannot be looked at.
    pub fn exists(&self) -> Result<bool> {
        if !self.path.is_dir() {
            return Ok(false);
        }
        Ok(LocalStore::open(&self.path)?.head("config")?.is_some())
    }

    /// Makes the repository.
    ///
    /// # Errors
    /// If there is one already, or it cannot be written.
    pub fn init(
        &self,
        ctx: &Context<'_>,
        identity: &Identity,
        ask: &dyn Ask,
    ) -> Result<Repository> {
        if self.exists()? {
            let location = self.path.display().to_string();
            return Err(holdall_repo::Error::RepositoryExists { location }.into());
        }
        let (secret, kdf, key_file) = match &self.password {
            PasswordSource::Key(path) => {
                let secret =
                    if path.exists() { password_file(path)? } else { make_key_file(path)? };
                (secret, KdfParams::RANDOM_KEY, Some(path.display().to_string()))
            }
            _ => (self.secret(|location| ask.new_password(location))?, KdfParams::PASSWORD, None),
        };
        let store: Arc<dyn Store> = Arc::new(LocalStore::create(&self.path)?);
        let repository = Repository::init(ctx, store, &secret, kdf, identity)?;
        let location = self.path.display().to_string();
        ctx.observer.note(&Note::RepositoryCreated { location, key_file });
        Ok(repository)
    }

    fn store(&self) -> Result<Arc<dyn Store>> {
        if !self.path.is_dir() {
            let location = self.path.display().to_string();
            return Err(holdall_repo::Error::NoRepository { location }.into());
        }
        Ok(Arc::new(LocalStore::open(&self.path)?))
    }
}

/// The longest password file or output of a password command that is read, in bytes.
const PASSWORD_BYTES_MAX: usize = 64 << 10;

/// The first line of a file as a password.
///
/// # Errors
/// If it cannot be read or is empty.
pub fn password_file(path: &Path) -> Result<Secret> {
    let fail = |why: String| Error::Password {
        why: format!("the password file {}: {why}", path.display()),
    };
    let bytes = std::fs::read(path).map_err(|e| fail(e.to_string()))?;
    first_line(bytes).ok_or_else(|| fail("it is empty or too long".into()))
}

/// The first line that a shell command prints as a password.
///
/// # Errors
/// If it fails or prints nothing.
pub fn password_command(command: &str) -> Result<Secret> {
    // The command itself may hold something secret, so no message repeats it.
    let fail = |why: String| Error::Password { why: format!("the password command {why}") };
    let output = std::process::Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .stdin(std::process::Stdio::inherit())
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| fail(format!("could not be started: {e}")))?;
    if !output.status.success() {
        return Err(fail(format!("ended with {}", output.status)));
    }
    first_line(output.stdout).ok_or_else(|| fail("printed nothing, or too much".into()))
}

fn first_line(bytes: Vec<u8>) -> Option<Secret> {
    if bytes.len() > PASSWORD_BYTES_MAX {
        return None;
    }
    let line = bytes.split(|b| *b == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (!line.is_empty()).then(|| Secret::new(line.to_vec()))
}

/// Makes a key file of 256 random bits in hex, readable by the user alone.
fn make_key_file(path: &Path) -> Result<Secret> {
    let secret = Secret::random().map_err(|e| Error::Password { why: e.to_string() })?;
    let mut text = secret.expose().to_vec();
    text.push(b'\n');
    holdall_disk::publish_private(path, &text)?;
    Ok(secret)
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
}

/// The URL with what stands between `//` and `@` left out.
fn without_password(url: &str) -> String {
    match url.split_once("//").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}//…@{rest}"),
        None => url.to_owned(),
    }
}
