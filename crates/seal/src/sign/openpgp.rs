//! Signatures of OpenPGP in a file of their own, made and checked by the program `gpg` with the keys that the user has.

use std::io::{Read, Write};

use super::{Scheme, Signed, Verdict};
use crate::error::{Error, Result};
use crate::gpg::{Gpg, Status};

/// How an armored signature begins.
const ARMOR: &str = "-----BEGIN PGP SIGNATURE-----";

/// Whether bytes are such a signature, armored or not, by how they begin: the tag of a packet with a signature, with a
/// length in one, two or four bytes, or in the newer way. See RFC 9580, 4.2.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let armored = std::str::from_utf8(bytes).is_ok_and(|text| text.trim_start().starts_with(ARMOR));
    armored || matches!(bytes, [0x88..=0x8a | 0xc2, ..])
}

/// The fingerprint that a text is, in one spelling: 40 hexadecimal digits, or 64 of newer keys.
pub(super) fn fingerprint(text: &str) -> Result<String> {
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let is_one = matches!(digits.len(), 40 | 64) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let why = "a key of OpenPGP is named by its whole fingerprint";
    is_one.then(|| digits.to_ascii_uppercase()).ok_or(Error::VerifyKey { why })
}

pub(super) fn in_words(fingerprint: &str) -> String {
    format!("OpenPGP key {fingerprint}")
}

/// Checks a signature. `known` says which of the keys one with this fingerprint is.
pub(super) fn verify(
    gpg: Option<&Gpg>,
    signature: &[u8],
    data: &mut dyn Read,
    known: impl Fn(&str) -> Option<usize>,
) -> Result<Verdict> {
    let Some(gpg) = gpg else {
        let key = "an OpenPGP key, which needs the program gpg".to_owned();
        return Ok(Verdict::Unknown { scheme: Scheme::OpenPgp, key });
    };
    // Data come through the pipe, so the signature has to come from somewhere else.
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(signature)?;
    let run = gpg.run_verify(file.path(), data)?;
    judge(&run.status, run.exit.success(), known).unwrap_or_else(|| Err(run.failed()))
}

/// What the lines for programs say; `None` if they say nothing that is understood.
fn judge(
    status: &Status,
    succeeded: bool,
    known: impl Fn(&str) -> Option<usize>,
) -> Option<Result<Verdict>> {
    let scheme = Scheme::OpenPgp;
    if status.has("BADSIG") {
        return Some(Err(Error::WrongSignature));
    }
    if status.count("NEWSIG") != 1 {
        return Some(Err(Error::Signature { why: "it is not one signature alone" }));
    }
    if let Some(id) = status.line("NO_PUBKEY") {
        return Some(Ok(Verdict::Unknown { scheme, key: in_words(plain(id)) }));
    }
    let doubt = match () {
        () if status.has("REVKEYSIG") => Some("its key was revoked"),
        () if status.has("EXPKEYSIG") => Some("its key has expired"),
        () if status.has("EXPSIG") => Some("it has expired"),
        () if status.has("GOODSIG") && succeeded => None,
        () if status.has("ERRSIG") => {
            return Some(Err(Error::Signature { why: "gpg cannot check it" }));
        }
        () => return None,
    };
    // The fingerprint of the key that signed, and at the end that of the key it belongs to. See doc/DETAILS of GnuPG.
    let fields: Vec<&str> = status.line("VALIDSIG")?.split(' ').collect();
    let (signing, primary) = (*fields.first()?, *fields.get(9)?);
    let by = known(primary).or_else(|| known(signing));
    let key = in_words(plain(primary));
    Some(Ok(Verdict::Signed(Signed { scheme, by, key, comment: None, doubt })))
}

/// What is a number; anything else that a program might say is not shown.
fn plain(text: &str) -> &str {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

    fn judged(lines: &[&str], succeeded: bool) -> Option<Result<Verdict>> {
        let status = Status::of(lines.iter().map(ToString::to_string).collect());
        judge(&status, succeeded, |key| (key == KEY).then_some(7))
    }

    #[test]
    fn only_a_good_signature_counts_without_a_doubt() {
        let valid = format!("VALIDSIG {} 2026-11-26 1 0 4 0 22 10 00 {KEY}", "F".repeat(40));
        let signed = |lines: &[&str], ok| match judged(lines, ok).unwrap().unwrap() {
            Verdict::Signed(signed) => (signed.by, signed.doubt.is_some(), signed.key),
            Verdict::Unknown { key, .. } => (None, true, key),
        };
        let key = format!("OpenPGP key {KEY}");
        let good = ["NEWSIG a@b", "GOODSIG 89AB Ada", &valid];
        assert_eq!(signed(&good, true), (Some(7), false, key.clone()));
        for word in ["EXPSIG", "EXPKEYSIG", "REVKEYSIG"] {
            let line = format!("{word} 89AB Ada");
            assert_eq!(signed(&["NEWSIG", &line, &valid], true), (Some(7), true, key.clone()));
        }
        assert_eq!(
            signed(&["NEWSIG", "ERRSIG 89AB 1 2", "NO_PUBKEY 89AB"], false),
            (None, true, "OpenPGP key 89AB".to_owned())
        );
        assert!(judged(&good, false).is_none(), "it failed");
        assert!(judged(&good[..2], true).is_none(), "of an unknown key");
        for bad in [
            &["NEWSIG", "BADSIG 89AB Ada"][..],
            &["NEWSIG", "NEWSIG", "GOODSIG 89AB Ada", &valid],
            &["GOODSIG 89AB Ada", &valid],
            &["NEWSIG", "ERRSIG 89AB 1 2"],
        ] {
            assert!(judged(bad, true).unwrap().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_named_by_all_of_its_fingerprint() {
        let spaced = "0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567";
        assert_eq!(fingerprint(spaced).unwrap(), KEY);
        for bad in ["", "89ABCDEF01234567", "ada@example.org", &KEY.replace('0', "g")] {
            assert!(fingerprint(bad).is_err(), "{bad}");
        }
        assert!(begins(b"\x88\x75") && begins(b"\xc2\xc0") && begins(ARMOR.as_bytes()));
        assert!(!begins(b"") && !begins(b"untrusted comment: x"));
    }
}
