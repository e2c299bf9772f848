//! Whose signatures count, and what becomes of files that carry none.
//!
//! A signature is a file beside what it signs: `NAME.minisig`, `NAME.sig` or `NAME.asc`. One that is there is always checked, and one
//! that is wrong is always refused. What the user's policy asks for beyond that is found before anything is written.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use holdall_seal::{Gpg, SIGNATURE_BYTES_MAX, Scheme, Signature, Verdict, VerifyKey};
use holdall_tree::path::printable;
use holdall_tree::{Context, Timestamp};
use toml_edit::{DocumentMut, Item, TableLike};

use crate::error::{Error, Result};
use crate::sealed::Interruptible;

/// The longest trust file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most signers of one.
const SIGNERS_MAX: usize = 1000;
/// What a signature says along with the file is shown up to so many characters.
const COMMENT_CHARS_MAX: usize = 200;

/// What a file must carry before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Require {
    /// Nothing.
    #[default]
    None,
    /// A signature that fits, by anybody.
    Any,
    /// A signature by somebody whom the trust file names.
    Trusted,
}

/// Somebody whose signatures count.
#[derive(Debug, Clone)]
struct Signer {
    name: String,
    /// What they may sign, by its name; anything if it is empty.
    files: Vec<String>,
    expires: Option<Timestamp>,
}

/// The user's policy and the signers that the user trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    require: Require,
    signers: Vec<Signer>,
    /// The key of each signer.
    keys: Vec<VerifyKey>,
    gpg: Option<Gpg>,
}

/// A signature of a file that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// How it is signed.
    pub scheme: Scheme,
    /// The key, in words.
    pub key: String,
    /// Whose key it is, if the trust file has it.
    pub signer: Option<String>,
    /// Why it does not count; `None` if it does.
    pub doubt: Option<String>,
    /// What was signed along with the file, safe to print.
    pub comment: Option<String>,
}

impl Trust {
    /// The policy, with nobody who is trusted.
    #[must_use]
    pub fn new(require: Require) -> Self {
        Self { require, ..Self::default() }
    }

    /// With the program that checks signatures of OpenPGP.
    #[must_use]
    pub fn with_gpg(self, gpg: Option<Gpg>) -> Self {
        Self { gpg, ..self }
    }

    /// Adds the signers that the file at `path` names.
    ///
    /// # Errors
    /// [`Error::Trust`] if it cannot be read or understood.
    pub fn read(self, path: &Path) -> Result<Self> {
        let fail = |why: String| Error::Trust { path: path.to_owned(), why };
        let file = File::open(path).map_err(|error| fail(error.to_string()))?;
        let mut text = String::new();
        let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
        read.map_err(|error| fail(error.to_string()))?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(fail(format!("it is larger than the limit of {FILE_BYTES_MAX} bytes")));
        }
        self.parse(&text).map_err(fail)
    }

    /// Adds the signers of such a text.
    fn parse(mut self, text: &str) -> Result<Self, String> {
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
        for (name, item) in document.iter() {
            let tables = item.as_array_of_tables().filter(|_| name == "signer");
            let tables = tables.ok_or_else(|| {
                format!("{:?} is unknown; it has tables [[signer]]", printable(name.as_bytes()))
            })?;
            for (index, table) in tables.iter().enumerate() {
                if index == SIGNERS_MAX {
                    return Err(format!("it has more than {SIGNERS_MAX} signers"));
                }
                let (signer, key) =
                    signer(table).map_err(|why| format!("signer {}: {why}", index + 1))?;
                self.signers.push(signer);
                self.keys.push(key);
            }
        }
        Ok(self)
    }

    /// Checks the signatures beside `path`, whose open file is `file`.
    ///
    /// # Errors
    /// If one is wrong, or none is what the policy asks for.
    pub(crate) fn check(
        &self,
        ctx: &Context<'_>,
        path: &Path,
        file: &File,
    ) -> Result<Vec<Attested>> {
        let mut attested = Vec::new();
        for scheme in Scheme::ALL {
            let beside = beside(path, scheme.ending());
            let Some(bytes) = signature(&beside)? else { continue };
            let wrong = |source| Error::Signature { name: beside.display().to_string(), source };
            let mut data = Interruptible { ctx, read: Again { file, at: 0 } };
            let signature = Signature::parse(&bytes).map_err(wrong)?;
            let verdict = signature.verify(&mut data, &self.keys, self.gpg.as_ref());
            ctx.check()?;
            attested.push(self.judge(path, verdict.map_err(wrong)?, ctx.clock.now()));
        }
        self.enforce(&path.display().to_string(), attested)
    }

    /// What becomes of a source that can carry no signature.
    ///
    /// # Errors
    /// If the policy asks for one.
    pub(crate) fn unsigned(&self, name: &str) -> Result<()> {
        self.enforce(name, Vec::new()).map(drop)
    }

    fn enforce(&self, name: &str, attested: Vec<Attested>) -> Result<Vec<Attested>> {
        let counts = |one: &&Attested| match self.require {
            Require::None => true,
            Require::Any => one.doubt.as_deref() != Some(UNCHECKED),
            Require::Trusted => one.doubt.is_none(),
        };
        if self.require == Require::None || attested.iter().any(|one| counts(&one)) {
            return Ok(attested);
        }
        let name = name.to_owned();
        Err(match attested.into_iter().next() {
            None => Error::Unsigned { name },
            Some(Attested { key, doubt, .. }) => {
                Error::Untrusted { name, key, why: doubt.unwrap_or_default() }
            }
        })
    }

    fn judge(&self, path: &Path, verdict: Verdict, now: Timestamp) -> Attested {
        let signed = match verdict {
            Verdict::Signed(signed) => signed,
            Verdict::Unknown { scheme, key } => {
                let doubt = Some(UNCHECKED.to_owned());
                return Attested { scheme, key, signer: None, doubt, comment: None };
            }
        };
        let signer = signed.by.and_then(|index| self.signers.get(index));
        let doubt = signed.doubt.map(str::to_owned).or_else(|| match signer {
            None => Some("the trust file does not name it".to_owned()),
            Some(signer) => signer.doubt(path, now),
        });
        let comment = signed.comment.map(|comment| {
            let short: String = comment.chars().take(COMMENT_CHARS_MAX).collect();
            printable(short.as_bytes()).into_owned()
        });
        Attested {
            scheme: signed.scheme,
            key: signed.key,
            signer: signer.map(|signer| signer.name.clone()),
            doubt,
            comment,
        }
    }
}

/// Why a signature by a key that is not known does not count.
const UNCHECKED: &str = "it cannot be checked without the key, which the trust file does not have";

impl Signer {
    /// Why a signature of theirs does not count.
    fn doubt(&self, path: &Path, now: Timestamp) -> Option<String> {
        if self.expires.is_some_and(|expires| now > expires) {
            return Some(format!("{} was trusted until a day that is over", self.name));
        }
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let may = self.files.is_empty() || self.files.iter().any(|one| fits(one.as_bytes(), name));
        (!may).then(|| format!("{} is not trusted for files of this name", self.name))
    }
}

/// One signer of a trust file.
fn signer(table: &dyn TableLike) -> Result<(Signer, VerifyKey), String> {
    let (mut name, mut key, mut files, mut expires) = (None, None, Vec::new(), None);
    for (field, item) in table.iter() {
        let text = || item.as_str().ok_or_else(|| format!("{field} is no text"));
        match field {
            "name" => name = Some(printable(text()?.as_bytes()).into_owned()),
            "key" => key = Some(VerifyKey::parse(text()?).map_err(|error| error.to_string())?),
            "files" => files = list(item).ok_or("files is no list of patterns")?,
            "expires" => expires = Some(day_end(text()?).ok_or("expires is no day as 2027-01-31")?),
            _ => {
                let field = printable(field.as_bytes());
                return Err(format!("{field:?} is unknown; it has name, key, files and expires"));
            }
        }
    }
    let name = name.filter(|name| !name.is_empty()).ok_or("it has no name")?;
    Ok((Signer { name, files, expires }, key.ok_or("it has no key")?))
}

fn list(item: &Item) -> Option<Vec<String>> {
    item.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}

/// The last second of a day, in UTC.
fn day_end(text: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let end = day.at(23, 59, 59, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp { secs: end.timestamp().as_second(), nanos: 0 })
}

/// True if a name fits a pattern, in which `*` stands for any bytes and `?` for one.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    // Where to go on from if what follows the last star does not fit.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(here) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(wanted) if wanted == byte || *wanted == b'?' => {
                at += 1;
                here += 1;
            }
            _ => match &mut star {
                None => return false,
                Some((after, begin)) => {
                    *begin += 1;
                    (at, here) = (*after + 1, *begin);
                }
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// The path with one more ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// The bytes of a signature, if there is one.
fn signature(path: &Path) -> Result<Option<Vec<u8>>> {
    let unread = |source| Error::Target { target: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(error)),
    };
    let mut bytes = Vec::new();
    file.take(SIGNATURE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unread)?;
    Ok(Some(bytes))
}

/// Reads an open file from its beginning, whatever its own place is.
struct Again<'f> {
    file: &'f File,
    at: u64,
}

impl Read for Again<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// What a fuzzer calls: reads `data` as a trust file and as a signature. It must not panic, and is true if it is one.
pub fn fuzz(data: &[u8]) -> bool {
    let text = std::str::from_utf8(data).ok();
    let trust = text.and_then(|text| Trust::default().parse(text).ok());
    let signature = Signature::parse(data).ok();
    let keys = trust.as_ref().map(|trust| trust.keys.as_slice()).unwrap_or_default();
    if let Some(signature) = &signature {
        let _verdict = signature.verify(&mut &b"x"[..], keys, None);
    }
    signature.is_some() || trust.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    fn parse(text: &str) -> Result<Trust, String> {
        Trust::default().parse(text)
    }

    #[test]
    fn a_signer_has_a_name_and_a_key_and_may_have_more() {
        let text = format!(
            "[[signer]]\nname = \"a\"\nkey = \"{KEY}\"\n\n[[signer]]\nname = \"b\"\nkey = \"{KEY}\"\n\
             files = [\"*.tar\"]\nexpires = \"2027-01-31\"\n"
        );
        let trust = parse(&text).unwrap();
        let [a, b] = &trust.signers[..] else { panic!("{trust:?}") };
        assert_eq!((a.name.as_str(), a.expires, a.files.len()), ("a", None, 0));
        assert_eq!(b.expires, Some(Timestamp { secs: 1_801_439_999, nanos: 0 }));
        assert!(parse("").unwrap().signers.is_empty());
        for (bad, why) in [
            ("x = 1", "unknown"),
            ("[[signer]]", "no name"),
            ("[[signer]]\nname = \"\"\nkey = \"\"", "no public key"),
            ("[[signer]]\nname = \"a\"", "no key"),
            ("[[signer]]\nname = \"a\"\nkeys = \"\"", "unknown"),
            ("[[signer]]\nexpires = \"soon\"", "no day"),
            ("[[signer]]\nfiles = [1]", "no list"),
            ("[[signer]", ""),
        ] {
            assert!(parse(bad).unwrap_err().contains(why), "{bad}");
        }
    }

    #[test]
    fn a_signer_counts_for_some_names_and_for_a_time() {
        let files = vec!["backup-*.tar.zst".to_owned(), "?.zip".to_owned()];
        let expires = Some(Timestamp { secs: 1000, nanos: 0 });
        let signer = Signer { name: "a".into(), files, expires };
        let at = |secs| Timestamp { secs, nanos: 0 };
        let counts = |name: &str, now| signer.doubt(Path::new(name), at(now)).is_none();
        assert!(counts("/x/backup-7.tar.zst", 1000));
        assert!(counts("a.zip", 0));
        assert!(!counts("ab.zip", 0) && !counts("backup-7.tar.zst.x", 0) && !counts("backup", 0));
        assert!(!counts("a.zip", 1001));
    }

    #[test]
    fn stars_stand_for_anything_at_no_great_cost() {
        for (pattern, name) in
            [("*", ""), ("*", "x"), ("a*b*c", "aXbYbc"), ("**a", "bba"), ("", "")]
        {
            assert!(fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
        for (pattern, name) in [("", "x"), ("a", "ab"), ("a*b", "ac"), ("?", "")] {
            assert!(!fits(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
        assert!(!fits(
            "*a".repeat(200).as_bytes(),
            "a".repeat(5000).replace("aa", "ab").as_bytes()
        ));
    }

    #[test]
    fn the_seeds_of_the_fuzzer_are_read_without_a_panic() {
        holdall_testkit::replay_seeds("trust", fuzz);
    }
}
