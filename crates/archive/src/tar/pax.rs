//! Extended headers (POSIX.1-2001): records of `LENGTH KEY=VALUE` and a newline.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use holdall_tree::{Timestamp, Xattr};

use crate::error::Fault;

/// What extended headers said that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<i64>,
    pub(super) gid: Option<i64>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) group: Option<Vec<u8>>,
    pub(super) mtime: Option<Timestamp>,
    pub(super) atime: Option<Timestamp>,
    pub(super) xattrs: Vec<Xattr>,
    pub(super) sparse: Option<SparseKeys>,
}

/// What GNU tar says of a sparse file, in one of three ways.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SparseKeys {
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    pub(super) name: Option<Vec<u8>>,
    /// Its length with all holes.
    pub(super) size: Option<u64>,
    pub(super) count: Option<u64>,
    /// Offsets and lengths by turns.
    pub(super) map: Option<Vec<u64>>,
}

/// Whom records are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The next entry.
    Next,
    /// All entries that follow.
    All,
}

impl Pax {
    /// Reads the records of one header. A key is there once, and one that could make an entry another one is not there for
    /// all entries.
    pub(super) fn parse(mut bytes: &[u8], scope: Scope) -> Result<Self, Fault> {
        let mut pax = Self::default();
        let mut seen = HashSet::new();
        let mut doubled = Vec::new();
        while !bytes.is_empty() {
            let (key, value);
            Record { key, value, rest: bytes } = record(bytes)?;
            // The oldest way to write a map has these two by turns.
            let by_turns = matches!(key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes");
            if !by_turns && !seen.insert(key) {
                return Err(refused("a key is there twice"));
            }
            match scope {
                Scope::Next => pax.set(key, value, &mut doubled)?,
                Scope::All => pax.set_global(key, value)?,
            }
        }
        pax.merge_xattrs(doubled)?;
        Ok(pax)
    }

    fn set_global(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        match key {
            b"comment" => Ok(()),
            b"mtime" | b"atime" | b"ctime" | b"uid" | b"gid" | b"uname" | b"gname" => {
                self.set(key, value, &mut Vec::new())
            }
            _ => Err(refused("it says of all entries what can only be said of one")),
        }
    }

    fn set(&mut self, key: &[u8], value: &[u8], doubled: &mut Vec<Xattr>) -> Result<(), Fault> {
        match key {
            b"path" => self.path = Some(name(value)?),
            b"linkpath" => self.link = Some(name(value)?),
            b"size" => self.size = Some(decimal(value).ok_or(Fault::Size)?),
            b"uid" => self.uid = Some(id(value)?),
            b"gid" => self.gid = Some(id(value)?),
            b"uname" => self.user = Some(value.to_vec()),
            b"gname" => self.group = Some(value.to_vec()),
            b"mtime" => self.mtime = Some(time(value)?),
            b"atime" => self.atime = Some(time(value)?),
            b"ctime" => drop(time(value)?),
            b"hdrcharset" if !matches!(value, b"BINARY" | b"ISO-IR 10646 2000 UTF-8") => {
                return Err(refused("it is in an unknown character set"));
            }
            _ => self.set_extension(key, value, doubled)?,
        }
        Ok(())
    }

    /// What is no part of POSIX. What nobody here knows says nothing that is read.
    fn set_extension(
        &mut self,
        key: &[u8],
        value: &[u8],
        doubled: &mut Vec<Xattr>,
    ) -> Result<(), Fault> {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.push(Xattr { name: name.to_vec(), value: value.to_vec() });
        } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
            let why = "an extended attribute is not encoded as it should be";
            let name = unescaped(name).ok_or(refused(why))?;
            let value = BASE64.decode(value).map_err(|_| refused(why))?;
            doubled.push(Xattr { name, value });
        } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
            let sparse = self.sparse.get_or_insert_default();
            let number = || decimal(value).ok_or(Fault::Sparse { why: "a number is none" });
            match key {
                b"major" => sparse.major = Some(number()?),
                b"minor" => sparse.minor = Some(number()?),
                b"name" => sparse.name = Some(name(value)?),
                b"size" | b"realsize" if sparse.size.is_some() => {
                    return Err(Fault::Sparse { why: "its size is there twice" });
                }
                b"size" | b"realsize" => sparse.size = Some(number()?),
                b"numblocks" => sparse.count = Some(number()?),
                b"offset" | b"numbytes" => {
                    let map = sparse.map.get_or_insert_default();
                    let offset = map.len().is_multiple_of(2);
                    if offset != (key == b"offset") {
                        return Err(Fault::Sparse { why: "offsets and lengths do not alternate" });
                    }
                    map.push(number()?);
                }
                b"map" if sparse.map.is_none() => {
                    let numbers = value.split(|byte| *byte == b',').map(decimal);
                    let map = numbers.collect::<Option<Vec<u64>>>();
                    sparse.map = Some(map.ok_or(Fault::Sparse { why: "a number is none" })?);
                }
                _ => return Err(Fault::Sparse { why: "it is told in an unknown way" }),
            }
        }
        Ok(())
    }

    /// bsdtar writes each attribute twice; the second one must say the same.
    fn merge_xattrs(&mut self, doubled: Vec<Xattr>) -> Result<(), Fault> {
        for xattr in doubled {
            match self.xattrs.iter().find(|known| known.name == xattr.name) {
                None => self.xattrs.push(xattr),
                Some(known) if known.value == xattr.value => {}
                Some(_) => return Err(refused("an extended attribute has two values")),
            }
        }
        let bad = |xattr: &Xattr| xattr.name.is_empty() || xattr.name.contains(&0);
        if self.xattrs.iter().any(bad) {
            return Err(refused("an extended attribute has no name, or one with a NUL byte"));
        }
        Ok(())
    }

    /// What is said of all entries holds where nothing is said of the next one.
    pub(super) fn over(self, all: &Self) -> Self {
        Self {
            uid: self.uid.or(all.uid),
            gid: self.gid.or(all.gid),
            user: self.user.or_else(|| all.user.clone()),
            group: self.group.or_else(|| all.group.clone()),
            mtime: self.mtime.or(all.mtime),
            atime: self.atime.or(all.atime),
            ..self
        }
    }
}

/// bsdtar leaves the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn refused(why: &'static str) -> Fault {
    Fault::Pax { why }
}

/// One record, and what follows it.
#[derive(Debug, PartialEq, Eq)]
struct Record<'b> {
    key: &'b [u8],
    value: &'b [u8],
    rest: &'b [u8],
}

fn record(bytes: &[u8]) -> Result<Record<'_>, Fault> {
    let malformed = || refused("a record is malformed");
    let space = bytes.iter().take(20).position(|byte| *byte == b' ').ok_or_else(malformed)?;
    let length = bytes.get(..space).and_then(decimal).ok_or_else(malformed)?;
    let length = usize::try_from(length).map_err(|_| malformed())?;
    let (whole, rest) = bytes.split_at_checked(length).ok_or_else(malformed)?;
    let body = whole.get(space + 1..).and_then(|body| body.strip_suffix(b"\n"));
    let body = body.ok_or_else(malformed)?;
    let equals = body.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
    let (key, value) = body.split_at(equals);
    if key.is_empty() || key.contains(&0) {
        return Err(malformed());
    }
    Ok(Record { key, value: value.get(1..).unwrap_or_default(), rest })
}

/// Digits and nothing else, at least one.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if digits { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

fn id(value: &[u8]) -> Result<i64, Fault> {
    let number = decimal(value).and_then(|number| i64::try_from(number).ok());
    number.ok_or(Fault::Range { what: "its owner or its group" })
}

fn name(value: &[u8]) -> Result<Vec<u8>, Fault> {
    match value {
        [] => Err(Fault::NameEmpty),
        _ if value.contains(&0) => Err(Fault::NameNul),
        _ => Ok(value.to_vec()),
    }
}

/// Seconds with a fraction; what is beyond nanoseconds is cut off.
fn time(value: &[u8]) -> Result<Timestamp, Fault> {
    let (negative, text) = match value.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, value),
    };
    let dot = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match dot {
        Some(dot) => (text.get(..dot), text.get(dot + 1..)),
        None => (Some(text), None),
    };
    let secs = whole.and_then(decimal).and_then(|secs| i64::try_from(secs).ok());
    let secs = secs.ok_or(Fault::Time)?;
    let mut nanos = 0;
    if let Some(fraction) = fraction {
        if !fraction.iter().all(u8::is_ascii_digit) || fraction.len() > 40 {
            return Err(Fault::Time);
        }
        for at in 0..9 {
            let digit = fraction.get(at).map_or(0, |digit| digit - b'0');
            nanos = nanos * 10 + u32::from(digit);
        }
    }
    match (negative, nanos) {
        (false, _) => Ok(Timestamp { secs, nanos }),
        (true, 0) => Ok(Timestamp { secs: -secs, nanos }),
        (true, _) => Ok(Timestamp { secs: -secs - 1, nanos: 1_000_000_000 - nanos }),
    }
}

/// Undoes `%XX`.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_exact_on_both_sides_of_1970() {
        let parse = |text: &str| time(text.as_bytes());
        assert_eq!(parse("12.5"), Ok(Timestamp { secs: 12, nanos: 500_000_000 }));
        assert_eq!(parse("-1.25"), Ok(Timestamp { secs: -2, nanos: 750_000_000 }));
        assert_eq!(parse("-3"), Ok(Timestamp { secs: -3, nanos: 0 }));
        assert_eq!(parse("1.0000000019"), Ok(Timestamp { secs: 1, nanos: 1 }));
        for bad in ["", "nan", "-1e400", "12345678901234567890", ".5", "1.x", "+1", "--1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_record_is_as_long_as_it_says() {
        let whole = record(b"7 a=\xffx\n7 b=").unwrap();
        assert_eq!(whole, Record { key: b"a", value: b"\xffx", rest: b"7 b=" });
        for bad in [
            &b"0 a=b\n"[..],
            b"99999999999999999999 a=b\n",
            b"7 a=b\n",
            b"6 a=b",
            b"5 ab\n",
            b"-6 a=b\n",
            b" a",
        ] {
            assert!(record(bad).is_err(), "{bad:?}");
        }
    }
}
