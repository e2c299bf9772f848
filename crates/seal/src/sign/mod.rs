//! Signatures in a file of their own: told by how they begin, checked against keys, and made.
//!
//! What is signed is the file itself, byte for byte, sealed and compressed as it is.

mod minisign;
mod openpgp;
mod ssh;

use std::fmt;
use std::io::{self, Read};

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::gpg::Gpg;

/// What the fingerprint of a key of OpenPGP is written behind, where keys of several schemes may stand.
pub const OPENPGP: &str = "openpgp:";
/// The longest signature or key that is read, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 64 << 10;
/// Bytes of what is signed that are read at once.
const PIECE_BYTES: usize = 64 << 10;

/// How a file is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// The format of the program `minisign`.
    Minisign,
    /// The format of `ssh-keygen -Y sign`.
    Ssh,
    /// A detached signature of OpenPGP, armored when it is made here.
    OpenPgp,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minisign, Self::Ssh, Self::OpenPgp];

    /// What the name of a signature ends in, behind the whole name of what is signed.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Minisign => "minisig",
            Self::Ssh => "sig",
            Self::OpenPgp => "asc",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minisign => "minisign",
            Self::Ssh => "SSH",
            Self::OpenPgp => "OpenPGP",
        })
    }
}

/// A public key that signatures are checked with.
#[derive(Clone)]
pub struct VerifyKey(Inner);

#[derive(Clone)]
enum Inner {
    Minisign {
        key: Box<minisign_verify::PublicKey>,
        id: String,
    },
    Ssh(Box<ssh_key::PublicKey>),
    /// A fingerprint; gpg has the key.
    OpenPgp(String),
}

impl VerifyKey {
    /// The key that is written like this: the second line of a public key of minisign, a line of a public key of SSH, or
    /// `openpgp:` and the fingerprint of a key that `gpg` has.
    ///
    /// # Errors
    /// [`Error::VerifyKey`] if it is none of these.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() > SIGNATURE_BYTES_MAX {
            return Err(Error::VerifyKey { why: "it is too long" });
        }
        if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("sk-") {
            return ssh::key(text).map(|key| Self(Inner::Ssh(Box::new(key))));
        }
        if let Some(fingerprint) = text.strip_prefix(OPENPGP) {
            return openpgp::fingerprint(fingerprint).map(|key| Self(Inner::OpenPgp(key)));
        }
        let (key, id) = minisign::key(text)?;
        Ok(Self(Inner::Minisign { key: Box::new(key), id }))
    }
}

/// What is shown of a key: nothing else has it.
impl fmt::Display for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Minisign { id, .. } => write!(f, "minisign key {id}"),
            Inner::Ssh(key) => f.write_str(&ssh::fingerprint(key.key_data())),
            Inner::OpenPgp(key) => f.write_str(&openpgp::in_words(key)),
        }
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({self})")
    }
}

/// A signature that was read and not checked yet.
pub struct Signature(Kind);

enum Kind {
    Minisign { signature: Box<minisign_verify::Signature>, id: String, legacy: bool },
    Ssh(Box<ssh_key::SshSig>),
    OpenPgp(Vec<u8>),
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("scheme", &self.scheme()).finish_non_exhaustive()
    }
}

/// Who made a signature that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// How it is signed.
    pub scheme: Scheme,
    /// Which of the keys it was, if it was one of them.
    pub by: Option<usize>,
    /// The key, in words: its ID or fingerprint.
    pub key: String,
    /// What the signer signed along with the file, if the scheme has that.
    pub comment: Option<String>,
    /// Why it counts no more, if the scheme has keys that do not count for ever.
    pub doubt: Option<&'static str>,
}

/// What came of checking a signature that is not wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It fits.
    Signed(Signed),
    /// The key that made it is not known, and it cannot be checked without.
    Unknown {
        /// How it is signed.
        scheme: Scheme,
        /// The ID of the key that it claims to be made with.
        key: String,
    },
}

impl Signature {
    /// Reads a signature.
    ///
    /// # Errors
    /// [`Error::Signature`] if it is none that is known here.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let unknown = Error::Signature { why: "it is of no kind that is known here" };
        if bytes.len() > SIGNATURE_BYTES_MAX {
            return Err(Error::Signature { why: "it is too long" });
        }
        if openpgp::begins(bytes) {
            return Ok(Self(Kind::OpenPgp(bytes.to_vec())));
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Err(unknown) };
        if text.trim_start().starts_with("-----BEGIN SSH SIGNATURE-----") {
            return ssh::signature(text).map(|signature| Self(Kind::Ssh(Box::new(signature))));
        }
        if text.starts_with("untrusted comment:") {
            let (signature, id, legacy) = minisign::signature(text)?;
            return Ok(Self(Kind::Minisign { signature: Box::new(signature), id, legacy }));
        }
        Err(unknown)
    }

    /// How it is signed.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match self.0 {
            Kind::Minisign { .. } => Scheme::Minisign,
            Kind::Ssh(_) => Scheme::Ssh,
            Kind::OpenPgp(_) => Scheme::OpenPgp,
        }
    }

    /// Checks that it is one of what `data` gives. `keys` are those that are known; without `gpg` one of OpenPGP cannot be
    /// checked.
    ///
    /// # Errors
    /// [`Error::WrongSignature`] if it is not, and if `data` cannot be read.
    pub fn verify(
        &self,
        data: &mut dyn Read,
        keys: &[VerifyKey],
        gpg: Option<&Gpg>,
    ) -> Result<Verdict> {
        let scheme = self.scheme();
        match &self.0 {
            Kind::Minisign { signature, id, legacy } => {
                let known = keys.iter().enumerate().find_map(|(index, known)| match &known.0 {
                    Inner::Minisign { key, id: known } if known == id => Some((index, key)),
                    _ => None,
                });
                let Some((index, key)) = known else {
                    return Ok(Verdict::Unknown { scheme, key: format!("minisign key {id}") });
                };
                minisign::verify(key, signature, *legacy, data)?;
                let comment = Some(signature.trusted_comment().to_owned());
                let key = format!("minisign key {id}");
                Ok(Verdict::Signed(Signed { scheme, by: Some(index), key, comment, doubt: None }))
            }
            Kind::Ssh(signature) => {
                ssh::verify(signature, data)?;
                let public = signature.public_key();
                let by = keys.iter().position(
                    |known| matches!(&known.0, Inner::Ssh(key) if key.key_data() == public),
                );
                let key = ssh::fingerprint(public);
                Ok(Verdict::Signed(Signed { scheme, by, key, comment: None, doubt: None }))
            }
            Kind::OpenPgp(signature) => openpgp::verify(gpg, signature, data, |fingerprint| {
                keys.iter()
                    .position(|known| matches!(&known.0, Inner::OpenPgp(key) if key == fingerprint))
            }),
        }
    }
}

/// A secret key that signs.
pub struct SignKey(Secret);

enum Secret {
    Minisign(Box<::minisign::SecretKey>),
    Ssh(Box<ssh_key::PrivateKey>),
    OpenPgp { gpg: Gpg, fingerprint: String, passphrase: Option<Zeroizing<Vec<u8>>> },
}

impl fmt::Debug for SignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Secret::Minisign(_) => "SignKey(of minisign)",
            Secret::Ssh(_) => "SignKey(of SSH)",
            Secret::OpenPgp { .. } => "SignKey(of OpenPGP)",
        })
    }
}

impl SignKey {
    /// Reads a secret key of minisign or SSH. `passphrase` is asked for if it is sealed.
    ///
    /// # Errors
    /// If it is neither, the passphrase is wrong, or cannot be had.
    pub fn parse<E: From<Error>>(
        bytes: &[u8],
        passphrase: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let none = Error::SignKey { why: "it is no secret key of minisign or SSH" };
        let Ok(text) = std::str::from_utf8(bytes) else { return Err(none.into()) };
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
            return ssh::secret(text, passphrase).map(|key| Self(Secret::Ssh(Box::new(key))));
        }
        if text.starts_with("untrusted comment:") {
            let key = minisign::secret(text, passphrase)?;
            return Ok(Self(Secret::Minisign(Box::new(key))));
        }
        Err(none.into())
    }

    /// The secret key that `gpg` has with this fingerprint. Without a passphrase the agent of the user is asked for it.
    ///
    /// # Errors
    /// [`Error::VerifyKey`] if it is no fingerprint.
    pub fn of_openpgp(gpg: Gpg, fingerprint: &str, passphrase: Option<&[u8]>) -> Result<Self> {
        let fingerprint = openpgp::fingerprint(fingerprint)?;
        let passphrase = passphrase.map(|bytes| Zeroizing::new(bytes.to_vec()));
        Ok(Self(Secret::OpenPgp { gpg, fingerprint, passphrase }))
    }

    /// How it signs.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match self.0 {
            Secret::Minisign(_) => Scheme::Minisign,
            Secret::Ssh(_) => Scheme::Ssh,
            Secret::OpenPgp { .. } => Scheme::OpenPgp,
        }
    }

    /// Signs what `data` gives, and `comment` with it, if the scheme has that.
    ///
    /// # Errors
    /// If `data` cannot be read or the key cannot sign.
    pub fn sign(&self, data: &mut dyn Read, comment: &str) -> Result<String> {
        match &self.0 {
            Secret::Minisign(key) => minisign::sign(key, data, comment),
            Secret::Ssh(key) => ssh::sign(key, data),
            Secret::OpenPgp { gpg, fingerprint, passphrase } => {
                gpg.sign(fingerprint, passphrase.as_ref().map(|bytes| bytes.as_slice()), data)
            }
        }
    }
}

/// Hands all of `data` to `each`, piece by piece.
fn pieces(data: &mut dyn Read, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match data.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => each(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
