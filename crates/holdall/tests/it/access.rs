//! Where the password of a repository comes from, and what it is stretched with.

use std::path::Path;

use holdall::repo::keyfile::KdfParams;
use holdall::repo::{Identity, Secret, keys};
use holdall::{Access, Ask, Error, PasswordSource, Places, Result};

use crate::support::context;

struct Nobody;

impl Ask for Nobody {
    fn password(&self, _: &str) -> Result<Secret> {
        unreachable!("a password is given")
    }

    fn passphrase(&self, name: &str) -> Result<Secret> {
        Err(Error::PassphraseNeeded { name: name.to_owned() })
    }

    fn new_passphrase(&self, name: &str) -> Result<Secret> {
        self.passphrase(name)
    }

    fn new_password(&self, _: &str) -> Result<Secret> {
        unreachable!("a password is given")
    }
}

/// Makes the default repository in `home`, and gives what its only key costs.
fn make(home: &Path, password: PasswordSource) -> Result<KdfParams> {
    let places = Places {
        data: home.join("data"),
        config: home.join("config"),
        cache: home.join("cache"),
        current: home.to_path_buf(),
    };
    let access = Access::resolve(None, password, &places)?;
    let who = Identity { host: "h".into(), user: "u".into(), uid: 1, gid: 1, pid: 1 };
    context(|ctx| {
        let repository = access.open_or_make(ctx, &who, &Nobody)?;
        access.open_or_make(ctx, &who, &Nobody)?;
        Ok(keys::list(&repository)?.first().unwrap().kdf)
    })
}

#[test]
fn only_a_key_of_random_bits_is_stretched_little() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(make(home.path(), PasswordSource::Ask).unwrap(), KdfParams::RANDOM_KEY);
    assert!(home.path().join("config/holdall/repository.key").exists());

    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("password");
    std::fs::write(&file, "summer\n").unwrap();
    assert_eq!(make(home.path(), PasswordSource::File(file)).unwrap(), KdfParams::PASSWORD);
}

#[test]
fn a_password_file_that_is_not_there_is_an_error_and_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("pasword");
    assert!(make(home.path(), PasswordSource::File(file.clone())).is_err());
    assert!(!file.exists());
    assert!(!home.path().join("data").exists());
}
