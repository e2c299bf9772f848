//! Sealing and signing of archives and dumps that are written.

use std::path::Path;

use holdall::archive::Packing;
use holdall::repo::Secret;
use holdall::seal::{Gpg, OPENPGP, Scheme, Sealing, SignKey};
use holdall::sealing::{Seal, sign_key};
use holdall::{PasswordSource, output};

use crate::args::{EncryptChoice, SealArgs};
use crate::commands::place::Place;
use crate::failure::{Failure, Result};
use crate::session::{Session, gpg};
use crate::settings;

/// What becomes of something beside being written.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Whom all of it is sealed for.
    pub(super) seal: Option<Seal>,
    /// What the contents of a zip are encrypted with.
    pub(super) passphrase: Option<Secret>,
    key: Option<SignKey>,
}

/// Reads keys and asks for passphrases before anything is written. What has no packing is a dump.
pub(super) fn wanted(
    session: &Session,
    args: &SealArgs,
    place: &Place,
    packing: Option<Packing>,
) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    let fits = args.encrypt == Some(EncryptChoice::ZipAes256);
    if fits && packing != Some(Packing::Zip) {
        let what = packing.map_or("dump".to_owned(), |packing| packing.to_string());
        return Err(Failure::Usage(format!(
            "only a zip is encrypted with zip-aes256, not a {what}"
        )));
    }
    if fits && !args.recipient.is_empty() {
        return Err(Failure::Usage("zip-aes256 has a passphrase and no --recipient".into()));
    }
    if args.encrypt == Some(EncryptChoice::Gpg) && args.recipient.is_empty() {
        return Err(Failure::Usage("gpg seals for keys: name them with --recipient".into()));
    }
    if args.sign.is_some() && place.file().is_none() {
        return Err(Failure::Usage(
            "a signature is a file beside what it signs: name that with -o FILE".into(),
        ));
    }
    if session.dry_run {
        return Ok(wanted);
    }
    let name = place.file().map_or("standard output".to_owned(), |file| file.display().to_string());
    let source = settings::password(session.config.passphrase.as_ref());
    let passphrase = || source.secret(|| holdall::Ask::new_passphrase(session, &name));
    match args.encrypt {
        None => {}
        Some(EncryptChoice::ZipAes256) => wanted.passphrase = Some(passphrase()?),
        Some(EncryptChoice::Age) if args.recipient.is_empty() => {
            wanted.seal = Some(Seal::Passphrase(passphrase()?));
        }
        Some(EncryptChoice::Age) => {
            let current = &session.places.current;
            wanted.seal = Some(Seal::for_recipients(&args.recipient, current)?);
        }
        Some(EncryptChoice::Gpg) => {
            wanted.seal = Some(Seal::OpenPgp(found_gpg(&name)?, args.recipient.clone()));
        }
    }
    if let Some(file) = &args.sign {
        wanted.key = Some(key(session, file, &source)?);
    }
    Ok(wanted)
}

fn key(session: &Session, file: &Path, source: &PasswordSource) -> Result<SignKey> {
    let Some(fingerprint) = file.to_str().and_then(|text| text.strip_prefix(OPENPGP)) else {
        return Ok(sign_key(&session.places.current.join(file), source, session)?);
    };
    let name = file.display().to_string();
    // The agent of OpenPGP asks for itself.
    let given = match source {
        PasswordSource::Ask => None,
        given => Some(given.secret(|| holdall::Ask::passphrase(session, &name))?),
    };
    let key =
        SignKey::of_openpgp(found_gpg(&name)?, fingerprint, given.as_ref().map(Secret::expose));
    Ok(key.map_err(|source| holdall::Error::Seal { name, source })?)
}

fn found_gpg(name: &str) -> Result<Gpg> {
    let missing = || {
        let source = holdall::seal::Error::NoGpg;
        holdall::Error::Seal { name: name.to_owned(), source }
    };
    Ok(gpg().ok_or_else(missing)?)
}

impl Wanted {
    /// Why the process keeps all rights until it is sealed and signed, if it has to.
    pub(super) fn needs_all(&self) -> Option<&'static str> {
        let seals = matches!(self.seal, Some(Seal::OpenPgp(..)));
        let signs = self.key.as_ref().is_some_and(|key| key.scheme() == Scheme::OpenPgp);
        (seals || signs).then_some("gpg is run for what was read")
    }

    /// The signature of what `data` holds, if one is wanted, and how its name ends.
    pub(super) fn sign(
        &self,
        file: &Path,
        data: &mut std::fs::File,
    ) -> Result<Option<(Scheme, String)>> {
        let Some(key) = &self.key else { return Ok(None) };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let signed = key.sign(data, &format!("file:{name}"));
        let of = |source| holdall::Error::Seal { name: name.clone().into_owned(), source };
        Ok(Some((key.scheme(), signed.map_err(of)?)))
    }
}

/// Writes a signature beside a file that appeared, and tells of those that belonged to an older one.
pub(super) fn publish(
    session: &Session,
    file: &Path,
    signature: Option<&(Scheme, String)>,
) -> Result<()> {
    for scheme in Scheme::ALL {
        let beside = beside(file, scheme);
        match signature {
            Some((made, text)) if *made == scheme => {
                output::whole(&beside, text.as_bytes(), 0o644)?;
            }
            _ if beside.exists() => {
                let name = beside.display();
                session.warn(&format!("{name} is no signature of what was written now; remove it"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn beside(file: &Path, scheme: Scheme) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(scheme.ending());
    name.into()
}

/// The name without the ending that says how it is sealed, if it is to be.
pub(super) fn plain_name(name: &str, encrypt: Option<EncryptChoice>) -> &str {
    match encrypt {
        Some(EncryptChoice::Age | EncryptChoice::Gpg) => Sealing::plain_name(name),
        Some(EncryptChoice::ZipAes256) | None => name,
    }
}
