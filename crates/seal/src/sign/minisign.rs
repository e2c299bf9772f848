//! Signatures of minisign: Ed25519 over the BLAKE2b hash of a file, or, in old ones, over the file itself. A second
//! signature covers the first one and a comment. See <https://jedisct1.github.io/minisign/>.

use std::io::Read;

use base64::prelude::{BASE64_STANDARD, Engine};
use minisign_verify::{PublicKey, Signature};
use zeroize::Zeroizing;

use super::pieces;
use crate::error::{Error, Result};

/// The largest file that is checked against an old signature, for which all of it must be in memory, in bytes.
const LEGACY_BYTES_MAX: u64 = 256 << 20;

const KEY: Error = Error::VerifyKey { why: "it is no public key of minisign or SSH" };
const BROKEN: Error = Error::Signature { why: "it is no signature of minisign" };

pub(super) fn key(text: &str) -> Result<(PublicKey, String)> {
    // A whole file has a comment in its first line.
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let key = PublicKey::from_base64(line).map_err(|_| KEY)?;
    Ok((key, id(line).ok_or(KEY)?.0))
}

pub(super) fn signature(text: &str) -> Result<(Signature, String, bool)> {
    let signature = Signature::decode(text).map_err(|_| BROKEN)?;
    let (id, algorithm) = text.lines().nth(1).and_then(id).ok_or(BROKEN)?;
    Ok((signature, id, algorithm == *b"Ed"))
}

/// The ID of a key as `minisign` prints it, and the algorithm.
fn id(line: &str) -> Option<(String, [u8; 2])> {
    let bytes = BASE64_STANDARD.decode(line.trim()).ok()?;
    let (algorithm, rest) = bytes.split_first_chunk()?;
    let id = rest.first_chunk()?;
    Some((format!("{:016X}", u64::from_le_bytes(*id)), *algorithm))
}

pub(super) fn verify(
    key: &PublicKey,
    signature: &Signature,
    legacy: bool,
    data: &mut dyn Read,
) -> Result<()> {
    if legacy {
        let mut whole = Vec::new();
        data.take(LEGACY_BYTES_MAX + 1).read_to_end(&mut whole)?;
        if whole.len() as u64 > LEGACY_BYTES_MAX {
            let why = "it is of the old kind of minisign, which is not checked for so large a file";
            return Err(Error::Signature { why });
        }
        return key.verify(&whole, signature, true).map_err(|_| Error::WrongSignature);
    }
    let mut verifier = key.verify_stream(signature).map_err(|_| Error::WrongSignature)?;
    pieces(data, |piece| verifier.update(piece))?;
    verifier.finalize().map_err(|_| Error::WrongSignature)
}

pub(super) fn secret<E: From<Error>>(
    text: &str,
    passphrase: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<minisign::SecretKey, E> {
    let none = || Error::SignKey { why: "it is no secret key of minisign" };
    let line = text.lines().nth(1).unwrap_or_default().trim();
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(line).map_err(|_| none())?);
    // Programs do not agree on the sum of a key that is not encrypted, so the library is not asked about that.
    if bytes.get(2..4) == Some(&[0, 0]) {
        return minisign::SecretKey::from_bytes(&bytes).map_err(|_| none().into());
    }
    let sealed = minisign::SecretKeyBox::from_string(text).map_err(|_| none())?;
    let passphrase = String::from_utf8(passphrase()?).map_err(|_| Error::PassphraseText)?;
    sealed.into_secret_key(Some(passphrase)).map_err(|_| Error::WrongPassphrase.into())
}

pub(super) fn sign(
    key: &minisign::SecretKey,
    data: &mut dyn Read,
    comment: &str,
) -> Result<String> {
    // A line end in it would be one of the file.
    let comment: String =
        comment.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let broken = || Error::SignKey { why: "it is damaged" };
    let public = minisign::PublicKey::from_secret_key(key).map_err(|_| broken())?;
    let mut failed = None;
    let noted = Noting { read: data, failed: &mut failed };
    let signed =
        minisign::sign(Some(&public), key, noted, Some(&comment), Some("signature of holdall"));
    match (signed, failed) {
        (_, Some(error)) => Err(Error::Io(error)),
        (Ok(signature), None) => Ok(signature.into_string()),
        (Err(_), None) => Err(broken()),
    }
}

/// Keeps the error of reading, which the library puts in words of its own.
struct Noting<'r> {
    read: &'r mut dyn Read,
    failed: &'r mut Option<std::io::Error>,
}

impl Read for Noting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.read.read(buffer).map_err(|error| {
            let kind = error.kind();
            if kind != std::io::ErrorKind::Interrupted {
                *self.failed = Some(error);
            }
            kind.into()
        })
    }
}
