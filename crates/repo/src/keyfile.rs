//! The files in `keys/`: the master key, sealed with a key that scrypt makes from a password.
//!
//! Plain JSON, neither encrypted nor compressed. Source: restic's `doc/design.rst`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::{Key, KeyParts, Nonces};
use crate::format::FormatError;
use crate::secret::Secret;

/// What scrypt costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    /// Cost: a power of two.
    pub n: u64,
    /// Block size.
    pub r: u32,
    /// Repetitions.
    pub p: u32,
}

impl KdfParams {
    /// For a password that a person chose: 32 MiB three times over, one of the equivalent settings of OWASP's
    /// password storage guide.
    pub const PASSWORD: Self = Self { n: 1 << 15, r: 8, p: 3 };
    /// For a password of 256 random bits, which stretching makes no harder to guess.
    pub const RANDOM_KEY: Self = Self { n: 1 << 10, r: 8, p: 1 };

    /// Refuses what would take all memory or all day: a key file comes from outside.
    pub(crate) fn check(self) -> Result<scrypt::Params, FormatError> {
        let memory = u128::from(self.n) * u128::from(self.r) * 128;
        if memory > u128::from(KDF_MEMORY_MAX) {
            let found = u64::try_from(memory).unwrap_or(u64::MAX);
            return Err(FormatError::Limit {
                what: "the memory for scrypt",
                found,
                limit: KDF_MEMORY_MAX,
            });
        }
        let work = u128::from(self.n) * u128::from(self.r) * u128::from(self.p);
        if work > u128::from(KDF_WORK_MAX) {
            let found = u64::try_from(work).unwrap_or(u64::MAX);
            return Err(FormatError::Limit {
                what: "the work for scrypt",
                found,
                limit: KDF_WORK_MAX,
            });
        }
        let log_n = self.n.checked_ilog2().filter(|log| 1 << log == self.n && *log > 0);
        let bad = || FormatError::malformed("its scrypt parameters are none that scrypt takes");
        let log_n = log_n.and_then(|log| u8::try_from(log).ok()).ok_or_else(bad)?;
        scrypt::Params::new(log_n, self.r, self.p).map_err(|_| bad())
    }
}

/// The most memory that opening a key may take, in bytes: 4 GiB, thirty times what anyone uses.
pub const KDF_MEMORY_MAX: u64 = 4 << 30;
/// The most work that opening a key may take, as N·r·p: about a minute.
pub const KDF_WORK_MAX: u64 = 1 << 27;
/// The length of a salt, in bytes: restic accepts no other.
const SALT_BYTES: usize = 64;

/// A key file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// When it was made, as RFC 3339.
    pub created: String,
    /// By whom.
    #[serde(default)]
    pub username: String,
    /// On which machine.
    #[serde(default)]
    pub hostname: String,
    kdf: String,
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
    salt: String,
    data: String,
}

#[derive(Serialize, Deserialize)]
struct MasterKey {
    mac: MasterMac,
    encrypt: Zeroizing<String>,
}

#[derive(Serialize, Deserialize)]
struct MasterMac {
    k: Zeroizing<String>,
    r: Zeroizing<String>,
}

impl KeyFile {
    /// Seals `master` with a password.
    ///
    /// # Errors
    /// If the parameters are out of bounds, or the operating system gives no random bytes.
    pub fn create(
        master: &Key,
        password: &Secret,
        params: KdfParams,
        created: &str,
        user: &str,
        host: &str,
    ) -> Result<Self, FormatError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|e| FormatError::malformed(e.to_string()))?;
        let parts = master.parts();
        let json = MasterKey {
            mac: MasterMac { k: BASE64.encode(parts.k).into(), r: BASE64.encode(parts.r).into() },
            encrypt: BASE64.encode(parts.encrypt).into(),
        };
        let plain = Zeroizing::new(
            serde_json::to_vec(&json).map_err(|e| FormatError::malformed(e.to_string()))?,
        );
        let mut sealed = Vec::new();
        derive(password, &salt, params)?.seal_into(Nonces::default().next()?, &plain, &mut sealed);
        Ok(Self {
            created: created.to_owned(),
            username: user.to_owned(),
            hostname: host.to_owned(),
            kdf: "scrypt".to_owned(),
            n: params.n,
            r: params.r,
            p: params.p,
            salt: BASE64.encode(salt),
            data: BASE64.encode(sealed),
        })
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A struct of strings and numbers always serializes.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// If it is malformed or of another kind than scrypt.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: Self =
            serde_json::from_slice(bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
        if file.kdf != "scrypt" {
            return Err(FormatError::Unsupported(format!("the key derivation {:?}", file.kdf)));
        }
        Ok(file)
    }

    /// What deriving the key costs.
    #[must_use]
    pub fn params(&self) -> KdfParams {
        KdfParams { n: self.n, r: self.r, p: self.p }
    }

    /// The master key, if this is the password.
    ///
    /// # Errors
    /// [`FormatError::Mac`] if it is not, or what makes the file unusable.
    pub fn open(&self, password: &Secret) -> Result<Key, FormatError> {
        let decode =
            |text: &str| BASE64.decode(text).map_err(|e| FormatError::malformed(e.to_string()));
        let salt = decode(&self.salt)?;
        if salt.len() != SALT_BYTES {
            return Err(FormatError::malformed(format!(
                "its salt has {} bytes instead of {SALT_BYTES}",
                salt.len()
            )));
        }
        let mut sealed = Zeroizing::new(decode(&self.data)?);
        let user = derive(password, &salt, self.params())?;
        let plain = user.open_in_place(&mut sealed)?;
        let json: MasterKey = serde_json::from_slice(plain)
            .map_err(|_| FormatError::malformed("its key is no JSON"))?;
        let bytes = |text: &str| decode(text).map(Zeroizing::new);
        let short = |_| FormatError::malformed("a part of its key has another length");
        Key::from_parts(KeyParts {
            encrypt: bytes(&json.encrypt)?.as_slice().try_into().map_err(short)?,
            k: bytes(&json.mac.k)?.as_slice().try_into().map_err(short)?,
            r: bytes(&json.mac.r)?.as_slice().try_into().map_err(short)?,
        })
    }
}

fn derive(password: &Secret, salt: &[u8], params: KdfParams) -> Result<Key, FormatError> {
    let params = params.check()?;
    let mut bytes = Zeroizing::new([0; 64]);
    scrypt::scrypt(password.expose(), salt, &params, &mut *bytes)
        .map_err(|_| FormatError::malformed("its scrypt parameters are none that scrypt takes"))?;
    Key::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: KdfParams = KdfParams { n: 2, r: 1, p: 1 };

    #[test]
    fn a_key_opens_with_its_password_and_no_other() {
        let master = Key::random().unwrap();
        let password = Secret::new(b"correct horse".to_vec());
        let file =
            KeyFile::create(&master, &password, CHEAP, "2026-01-02T03:04:05Z", "u", "h").unwrap();
        let file = KeyFile::parse(&file.to_json()).unwrap();
        assert!(file.open(&password).unwrap().parts() == master.parts());
        assert!(matches!(file.open(&Secret::new(b"wrong".to_vec())), Err(FormatError::Mac)));
    }

    #[test]
    fn a_key_file_of_another_program_opens() {
        // Made with Python's hashlib.scrypt and cryptography; the master key is bytes 1..=64.
        let file = KeyFile::parse(include_bytes!("../testdata/key.json")).unwrap();
        let key = file.open(&Secret::new(b"test".to_vec())).unwrap();
        assert_eq!(key.parts().encrypt[0], 1);
        assert_eq!(key.parts().r[15], 64);
    }

    #[test]
    fn hostile_parameters_are_refused_before_any_memory_is_taken() {
        for (n, r, p) in [
            (1 << 40, 8, 1),
            (1 << 20, 1 << 20, 1),
            (1 << 15, 8, 1 << 20),
            (3, 8, 1),
            (0, 8, 1),
            (1, 8, 1),
            (2, 0, 1),
        ] {
            assert!(KdfParams { n, r, p }.check().is_err(), "{n} {r} {p}");
        }
        for params in [
            KdfParams::PASSWORD,
            KdfParams::RANDOM_KEY,
            CHEAP,
            KdfParams { n: 1 << 15, r: 8, p: 16 },
        ] {
            params.check().unwrap();
        }
    }

    #[test]
    fn malformed_key_files_are_errors() {
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"created":"","kdf":"argon2","N":2,"r":1,"p":1,"salt":"","data":""}"#,
        ] {
            assert!(KeyFile::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
