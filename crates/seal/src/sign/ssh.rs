//! Signatures of SSH keys over the hash of a file, as `ssh-keygen -Y sign -n file` makes them. See `PROTOCOL.sshsig` of
//! OpenSSH.

use std::io::Read;

use sha2::{Digest, Sha256, Sha512};
use signature::{Signer, Verifier};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig, public::KeyData};

use super::pieces;
use crate::error::{Error, Result};

/// What signatures of files are told from those of logins and commits by.
const NAMESPACE: &str = "file";

pub(super) fn key(text: &str) -> Result<PublicKey> {
    PublicKey::from_openssh(text)
        .map_err(|_| Error::VerifyKey { why: "it is no public key of SSH that is known here" })
}

pub(super) fn signature(text: &str) -> Result<SshSig> {
    let signature = SshSig::from_pem(text.trim())
        .map_err(|_| Error::Signature { why: "it is no signature of SSH that is known here" })?;
    if signature.namespace() != NAMESPACE {
        return Err(Error::Signature { why: "it was made for something else than a file" });
    }
    Ok(signature)
}

pub(super) fn fingerprint(key: &KeyData) -> String {
    format!("SSH key {}", key.fingerprint(HashAlg::Sha256))
}

pub(super) fn verify(signature: &SshSig, data: &mut dyn Read) -> Result<()> {
    let unknown = Error::Signature { why: "its hash is not known here" };
    let hash = hash(signature.hash_alg(), data)?.ok_or(unknown)?;
    let signed = signed(signature.hash_alg(), signature.reserved(), &hash);
    let public = signature.public_key();
    public.verify(&signed, signature.signature()).map_err(|_| match public.algorithm() {
        ssh_key::Algorithm::Ed25519
        | ssh_key::Algorithm::SkEd25519
        | ssh_key::Algorithm::Ecdsa { curve: ssh_key::EcdsaCurve::NistP256 } => {
            Error::WrongSignature
        }
        _ => Error::Signature {
            why: "keys of SSH are checked that are Ed25519 or of the curve P-256",
        },
    })
}

fn hash(algorithm: HashAlg, data: &mut dyn Read) -> Result<Option<Vec<u8>>> {
    Ok(match algorithm {
        HashAlg::Sha256 => {
            let mut hash = Sha256::new();
            pieces(data, |piece| hash.update(piece))?;
            Some(hash.finalize().to_vec())
        }
        HashAlg::Sha512 => {
            let mut hash = Sha512::new();
            pieces(data, |piece| hash.update(piece))?;
            Some(hash.finalize().to_vec())
        }
        _ => None,
    })
}

/// What is really signed.
fn signed(algorithm: HashAlg, reserved: &[u8], hash: &[u8]) -> Vec<u8> {
    let mut signed = b"SSHSIG".to_vec();
    for part in [NAMESPACE.as_bytes(), reserved, algorithm.as_str().as_bytes(), hash] {
        signed.extend((part.len() as u32).to_be_bytes());
        signed.extend(part);
    }
    signed
}

pub(super) fn secret<E: From<Error>>(
    text: &str,
    passphrase: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<PrivateKey, E> {
    let none = Error::SignKey { why: "it is no secret key of SSH that is known here" };
    let key = PrivateKey::from_openssh(text).map_err(|_| none)?;
    if !key.is_encrypted() {
        return Ok(key);
    }
    let passphrase = zeroize::Zeroizing::new(passphrase()?);
    key.decrypt(&*passphrase).map_err(|_| Error::WrongPassphrase.into())
}

pub(super) fn sign(key: &PrivateKey, data: &mut dyn Read) -> Result<String> {
    let cannot = || Error::SignKey {
        why: "only keys of SSH sign here that are Ed25519 or of the curve P-256",
    };
    let hash = hash(HashAlg::Sha512, data)?.ok_or_else(cannot)?;
    let signature = key.try_sign(&signed(HashAlg::Sha512, &[], &hash)).map_err(|_| cannot())?;
    let public = key.public_key().key_data().clone();
    let signature = SshSig::new(public, NAMESPACE, HashAlg::Sha512, signature);
    signature.and_then(|signature| signature.to_pem(LineEnding::LF)).map_err(|_| cannot())
}
