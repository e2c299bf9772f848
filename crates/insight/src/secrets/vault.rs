//! The secrets that were taken out of texts, and how they are put back.
//!
//! A vault in bytes holds them as they are; who stores it must seal it.
//!
//! ```text
//!   "holdall vault 1\n" | key 32 | count u32 | entry... | SHA-256 of all before 32
//!   entry: id 8 | length u8, rule | length u32, secret        ascending by id; numbers are little-endian
//! ```

use std::collections::BTreeMap;
use std::fmt;

use memchr::memmem;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::format::is_id;
use super::redact::{Hole, HoleId, Marker, PREFIX, QUOTED, newlines};

const MAGIC: &[u8; 16] = b"holdall vault 1\n";
/// The length of the hash at the end.
const SUM_LEN: usize = 32;
/// The longest secret, in bytes.
const SECRET_MAX: u32 = 256 << 20;

/// Why a vault cannot be read or filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It is something else, or of a version that is not known.
    #[error("this is no vault of redacted secrets, or one of a newer version")]
    NoVault,
    /// It was changed or cut off.
    #[error("the vault of redacted secrets is damaged: {0}")]
    Damaged(&'static str),
    /// Holes and content do not belong together.
    #[error("the hole {0:?} was not cut out of this content with this key")]
    OtherHole(HoleId),
    /// Two secrets have one hole, or vaults have different keys.
    #[error("the vaults cannot be joined: they have different keys, or one hole has two secrets")]
    Clash,
    /// A secret is too long to be kept.
    #[error("a secret of more than {SECRET_MAX} bytes cannot be kept")]
    Long,
}

struct Kept {
    rule: Box<str>,
    secret: Zeroizing<Vec<u8>>,
}

/// The secrets of holes. They are wiped when it is dropped, and cannot be printed.
pub struct Vault {
    marker: Marker,
    kept: BTreeMap<HoleId, Kept>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("len", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// A vault without secrets.
    #[must_use]
    pub fn new(marker: Marker) -> Self {
        Self { marker, kept: BTreeMap::new() }
    }

    /// What names its holes.
    #[must_use]
    pub fn marker(&self) -> &Marker {
        &self.marker
    }

    /// How many secrets it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// True if it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Keeps the secrets of holes that [`redact`](super::redact) made in `content` with the marker of this vault.
    ///
    /// # Errors
    /// [`VaultError`] if a hole is not of this content and this marker, or a secret cannot be kept.
    pub fn keep(&mut self, content: &[u8], holes: &[Hole]) -> Result<(), VaultError> {
        for hole in holes {
            let secret = content.get(hole.source.clone()).ok_or(VaultError::OtherHole(hole.id))?;
            if self.marker.id(&hole.rule, secret) != hole.id {
                return Err(VaultError::OtherHole(hole.id));
            }
            self.insert(hole.id, &hole.rule, secret)?;
        }
        Ok(())
    }

    /// Takes over what another vault with the same key holds.
    ///
    /// # Errors
    /// [`VaultError::Clash`] if the keys differ.
    pub fn join(&mut self, other: Self) -> Result<(), VaultError> {
        if self.marker.key() != other.marker.key() {
            return Err(VaultError::Clash);
        }
        for (id, kept) in other.kept {
            self.insert(id, &kept.rule, &kept.secret)?;
        }
        Ok(())
    }

    fn insert(&mut self, id: HoleId, rule: &str, secret: &[u8]) -> Result<(), VaultError> {
        if !u32::try_from(secret.len()).is_ok_and(|len| len <= SECRET_MAX) {
            return Err(VaultError::Long);
        }
        match self.kept.get(&id) {
            Some(known) if *known.rule != *rule || **known.secret != *secret => {
                Err(VaultError::Clash)
            }
            Some(_) => Ok(()),
            None => {
                let secret = Zeroizing::new(secret.to_vec());
                self.kept.insert(id, Kept { rule: rule.into(), secret });
                Ok(())
            }
        }
    }

    /// The secret of a hole, checked against its name.
    fn secret(&self, id: HoleId, rule: &str) -> Option<&[u8]> {
        let kept = self.kept.get(&id)?;
        let is_it = *kept.rule == *rule && self.marker.id(rule, &kept.secret) == id;
        is_it.then_some(kept.secret.as_slice())
    }

    /// The vault in bytes. They hold the secrets as they are and are wiped when they are dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Reserved at once: a vector that grows leaves copies behind.
        let entries = self.kept.values().map(|kept| {
            [13, kept.rule.len(), kept.secret.len()].into_iter().fold(0, usize::saturating_add)
        });
        let len = entries.fold(MAGIC.len() + 32 + 4 + SUM_LEN, usize::saturating_add);
        let mut out = Zeroizing::new(Vec::with_capacity(len));
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(self.marker.key());
        out.extend_from_slice(&u32_of(self.kept.len()).to_le_bytes());
        for (id, kept) in &self.kept {
            out.extend_from_slice(&id.0);
            out.push(u8::try_from(kept.rule.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(kept.rule.as_bytes());
            out.extend_from_slice(&u32_of(kept.secret.len()).to_le_bytes());
            out.extend_from_slice(&kept.secret);
        }
        let sum: [u8; SUM_LEN] = Sha256::digest(&*out).into();
        out.extend_from_slice(&sum);
        out
    }

    /// Reads what [`Vault::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`VaultError`] if it is no vault, or not whole, or says a thing in a way that is not written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(VaultError::NoVault)?;
        let (before, sum) = bytes
            .len()
            .checked_sub(SUM_LEN)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(VaultError::Damaged("it is cut off"))?;
        if Sha256::digest(before)[..] != *sum {
            return Err(VaultError::Damaged("its checksum is another"));
        }
        let len = rest.len().checked_sub(SUM_LEN).ok_or(VaultError::Damaged("it is cut off"))?;
        let mut reader = Reader(rest.get(..len).unwrap_or_default());
        let mut vault = Self::new(Marker::new(reader.array()?));
        let count = u32::from_le_bytes(reader.array()?);
        let mut last = None;
        for _ in 0..count {
            let id = HoleId(reader.array()?);
            let [rule_len] = reader.array()?;
            let rule = std::str::from_utf8(reader.take(usize::from(rule_len))?);
            let rule = rule.ok().filter(|rule| is_id(rule));
            let rule = rule.ok_or(VaultError::Damaged("a rule has no proper name"))?;
            let secret_len = u32::from_le_bytes(reader.array()?);
            let secret = reader.take(usize::try_from(secret_len).unwrap_or(usize::MAX))?;
            if last.is_some_and(|last| last >= id) {
                return Err(VaultError::Damaged("its secrets are not in order"));
            }
            if vault.marker.id(rule, secret) != id {
                return Err(VaultError::Damaged("a secret is not that of its hole"));
            }
            last = Some(id);
            vault.insert(id, rule, secret)?;
        }
        match reader.0 {
            [] => Ok(vault),
            _ => Err(VaultError::Damaged("there is more than it says")),
        }
    }
}

fn u32_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], VaultError> {
        let (taken, rest) =
            self.0.split_at_checked(len).ok_or(VaultError::Damaged("it ends too soon"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], VaultError> {
        self.take(N)?.try_into().map_err(|_| VaultError::Damaged("it ends too soon"))
    }
}

/// A hole that stayed open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenHole {
    /// Its line in the redacted text, from one.
    pub line: u64,
    /// The rule and the name that it shows, unless it was damaged.
    pub name: Option<(String, HoleId)>,
}

/// A text with its secrets put back, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// The text; open holes stand in it as they were.
    pub bytes: Vec<u8>,
    /// The holes that the vault does not fill, in their order.
    pub open: Vec<OpenHole>,
}

/// Puts back what [`redact`](super::redact) took out. Each secret is checked against the name of its hole. Without a
/// vault all holes stay open.
#[must_use]
pub fn restore(redacted: &[u8], vault: Option<&Vault>) -> Restored {
    let mut out = Restored { bytes: Vec::with_capacity(redacted.len()), open: Vec::new() };
    let mut line = 1_u64;
    let mut rest = redacted;
    while let Some((before, found)) =
        memmem::find(rest, PREFIX).and_then(|at| rest.split_at_checked(at))
    {
        out.bytes.extend_from_slice(before);
        line = line.saturating_add(newlines(before));
        if let Some(after) = found.strip_prefix(QUOTED) {
            out.bytes.extend_from_slice(PREFIX);
            rest = after;
            continue;
        }
        let (name, text, after) = parse_hole(found);
        let secret = name.as_ref().and_then(|(rule, id)| vault?.secret(*id, rule));
        match secret {
            Some(secret) => out.bytes.extend_from_slice(secret),
            None => {
                out.bytes.extend_from_slice(text);
                out.open.push(OpenHole { line, name });
            }
        }
        rest = after;
    }
    out.bytes.extend_from_slice(rest);
    out
}

/// What a hole says, its text, and what comes after it. Of one that was damaged only the prefix is taken.
fn parse_hole(found: &[u8]) -> (Option<(String, HoleId)>, &[u8], &[u8]) {
    let damaged = found.split_at_checked(PREFIX.len()).unwrap_or((found, &[]));
    let whole = || {
        let body = damaged.1;
        let end = body.iter().take(128).position(|byte| *byte == b']')?;
        let (rule, id) = std::str::from_utf8(body.get(..end)?).ok()?.split_once(':')?;
        let mut bytes = [0; 8];
        hex::decode_to_slice(id, &mut bytes).ok()?;
        let is_written_so = is_id(rule) && hex::encode(bytes) == id;
        let cut = PREFIX.len().checked_add(end)?.checked_add(1)?;
        let (text, after) = found.split_at_checked(cut)?;
        is_written_so.then(|| (Some((rule.to_owned(), HoleId(bytes))), text, after))
    };
    whole().unwrap_or((None, damaged.0, damaged.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::{Rules, redact};
    use holdall_tree::RelPath;

    const TEXT: &[u8] =
        b"machine a password c9d8e7\n[holdall:redacted:x]\nmachine b password f6a5b4\n";

    fn redacted() -> (Vec<u8>, Vault) {
        let path = RelPath::parse(".netrc").unwrap();
        let mut vault = Vault::new(Marker::new([7; 32]));
        let out = redact(TEXT, &Rules::builtin().scan(&path, TEXT), vault.marker());
        vault.keep(TEXT, &out.holes).unwrap();
        (out.bytes, vault)
    }

    #[test]
    fn what_was_taken_out_is_put_back() {
        let (text, vault) = redacted();
        assert!(memmem::find(&text, b"c9d8e7").is_none());
        let back = restore(&text, Some(&vault));
        assert_eq!((back.bytes.as_slice(), back.open.len()), (TEXT, 0));
    }

    #[test]
    fn without_a_vault_the_open_holes_are_told_with_their_lines() {
        let (text, _) = redacted();
        let back = restore(&text, None);
        let lines: Vec<_> = back.open.iter().map(|hole| hole.line).collect();
        assert_eq!(lines, [1, 3]);
        assert!(
            back.open
                .iter()
                .all(|hole| hole.name.as_ref().is_some_and(|name| name.0 == "netrc-login"))
        );
        let another = restore(&text, Some(&Vault::new(Marker::new([8; 32]))));
        assert_eq!(another, back);
    }

    #[test]
    fn a_hole_that_was_damaged_stays_open() {
        let (text, vault) = redacted();
        let text = String::from_utf8(text).unwrap().replace("netrc-login", "netrc login");
        let back = restore(text.as_bytes(), Some(&vault));
        assert_eq!(back.open, [OpenHole { line: 1, name: None }, OpenHole { line: 3, name: None }]);
    }

    #[test]
    fn a_vault_is_read_as_it_was_written_and_every_other_byte_is_refused() {
        let (text, vault) = redacted();
        let bytes = vault.to_bytes();
        let same = Vault::from_bytes(&bytes).unwrap();
        assert_eq!(same.to_bytes(), bytes);
        assert_eq!(restore(&text, Some(&same)).bytes, TEXT);
        for at in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 1;
            assert!(Vault::from_bytes(&damaged).is_err(), "byte {at}");
            assert!(Vault::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_vault_does_not_show_its_secrets() {
        let (_, vault) = redacted();
        assert_eq!(format!("{vault:?}"), "Vault { len: 2, .. }");
    }

    #[test]
    fn vaults_are_joined_only_if_they_have_one_key() {
        let (_, mut vault) = redacted();
        let (_, other) = redacted();
        vault.join(other).unwrap();
        assert_eq!(vault.len(), 2);
        assert_eq!(vault.join(Vault::new(Marker::new([8; 32]))), Err(VaultError::Clash));
    }

    #[test]
    fn holes_of_another_content_are_refused() {
        let path = RelPath::parse(".netrc").unwrap();
        let mut vault = Vault::new(Marker::new([7; 32]));
        let holes = redact(TEXT, &Rules::builtin().scan(&path, TEXT), vault.marker()).holes;
        assert!(matches!(vault.keep(&TEXT[1..], &holes), Err(VaultError::OtherHole(_))));
        assert!(matches!(vault.keep(b"", &holes), Err(VaultError::OtherHole(_))));
    }
}
