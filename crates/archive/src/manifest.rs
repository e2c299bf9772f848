//! The manifest of an archive: its last entry, a list of the SHA-256 of every file, as `sha256sum` writes it.
//!
//! It is told by its name and by being the last entry. It is no part of the tree; what it says is checked when names are
//! read, and again when contents are.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use holdall_tree::id::ContentHasher;
use holdall_tree::{ContentHash, Entry, Kind, RelPath};

use crate::error::{Error, Fault};
use crate::rules::Rules;
use crate::stop::Stop;

/// The name of a manifest, at the root of the tree. No file that an archive is written of may have it.
pub const MANIFEST: &str = ".holdall-manifest";

/// The longest manifest of an archive, in bytes.
const BYTES_MAX: u64 = 256 << 20;
const OTHER_CONTENT: &str = "a file is not what it says";
/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// A line as `sha256sum` writes it: names with a backslash or a line feed are escaped, and the line says so.
#[must_use]
pub fn checksum_line(hash: ContentHash, name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    let sign: &[u8] = if escaped.len() == name.len() { b"" } else { b"\\" };
    [sign, hash.to_string().as_bytes(), b"  ", &escaped, b"\n"].concat()
}

/// What an entry that has the name of a manifest, and is the last one, must not be.
pub(crate) const NO_FILE: Fault = Fault::Manifest { why: "it is no file, or too long" };

/// The path of a manifest.
pub(crate) fn path() -> RelPath {
    RelPath::parse(MANIFEST).unwrap_or_default()
}

/// Whether an entry has the name of a manifest.
pub(crate) fn is_named(entry: &Entry) -> bool {
    entry.path.as_bytes() == MANIFEST.as_bytes()
}

/// Whether an entry of the name can be a manifest, by what it is.
pub(crate) fn is_fit(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::File { size } if size <= BYTES_MAX) && entry.meta.hard_link.is_none()
}

/// What a manifest says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Manifest(HashMap<RelPath, ContentHash>);

impl Manifest {
    /// Takes the manifest off the entries of an archive, in the order of which it is the last one, if it has one. `read`
    /// gives the content of an entry.
    pub(crate) fn take_off<D>(
        items: &mut Vec<(Entry, Option<D>)>,
        rules: &Rules,
        read: impl FnOnce(&D) -> io::Result<Vec<u8>>,
    ) -> Result<Option<Self>, Stop> {
        let Some((entry, place)) = items.last().filter(|(entry, _)| is_named(entry)) else {
            return Ok(None);
        };
        let Some(place) = place.as_ref().filter(|_| is_fit(entry)) else {
            return Err(NO_FILE.into());
        };
        let path = entry.path.clone();
        let bytes = read(place).map_err(|source| Error::Content { path, source })?;
        items.pop();
        let manifest = Self::parse(rules, &bytes)?;
        let files = items.iter().filter(|(entry, _)| matches!(entry.kind, Kind::File { .. }));
        let paths: HashSet<&RelPath> = files.map(|(entry, _)| &entry.path).collect();
        manifest.judge_names(paths.len() as u64, |path| paths.contains(path))?;
        Ok(Some(manifest))
    }

    /// Reads the content of a manifest.
    pub(crate) fn parse(rules: &Rules, bytes: &[u8]) -> Result<Self, Fault> {
        let malformed = || Fault::Manifest { why: "a line of it is malformed" };
        let mut hashes = HashMap::new();
        let Some(lines) = bytes.strip_suffix(b"\n") else { return Err(malformed()) };
        for line in lines.split(|byte| *byte == b'\n') {
            let (hash, name) = parse_line(line).ok_or_else(malformed)?;
            let path = rules.path(&name, false).map_err(|_| malformed())?;
            if hashes.insert(path, hash).is_some() {
                return Err(Fault::Manifest { why: "it names a file twice" });
            }
        }
        Ok(Self(hashes))
    }

    /// Fails if it does not name just these files, of which there are so many.
    fn judge_names(&self, files: u64, is_there: impl FnMut(&RelPath) -> bool) -> Result<(), Fault> {
        let why = if !self.0.keys().all(is_there) {
            "a file that it names is not there"
        } else if self.0.len() as u64 != files {
            "a file is not in it"
        } else {
            return Ok(());
        };
        Err(Fault::Manifest { why })
    }

    /// Fails if it does not say what `hash` does of each file, of which there are so many.
    pub(crate) fn judge(
        &self,
        files: u64,
        mut hash: impl FnMut(&RelPath) -> Option<ContentHash>,
    ) -> Result<(), Fault> {
        self.judge_names(files, |path| hash(path).is_some())?;
        if self.0.iter().all(|(path, expected)| hash(path) == Some(*expected)) {
            return Ok(());
        }
        Err(Fault::Manifest { why: OTHER_CONTENT })
    }

    /// What a file that is named must hold.
    pub(crate) fn hash(&self, path: &RelPath) -> Option<ContentHash> {
        self.0.get(path).copied()
    }
}

fn parse_line(line: &[u8]) -> Option<(ContentHash, Vec<u8>)> {
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (digits, rest) = line.split_at_checked(DIGITS)?;
    let hash = ContentHash::parse(std::str::from_utf8(digits).ok()?)?;
    let name = rest.strip_prefix(b"  ")?;
    if !escaped {
        return Some((hash, name.to_vec()));
    }
    let mut plain = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some((hash, plain))
}

/// A content that must be what the manifest says.
pub(crate) struct Checked<R> {
    read: R,
    hasher: ContentHasher,
    expected: ContentHash,
    path: RelPath,
    offset: u64,
}

impl<R: Read> Checked<R> {
    /// Of the file at `path`, which begins at `offset`.
    pub(crate) fn new(read: R, expected: ContentHash, path: &RelPath, offset: u64) -> Self {
        Self { read, hasher: ContentHasher::default(), expected, path: path.clone(), offset }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && !buffer.is_empty() && self.hasher.clone().finish() != self.expected {
            let fault = Fault::Manifest { why: OTHER_CONTENT };
            let (offset, name) = (self.offset, self.path.to_string());
            return Err(Error::Refused { offset, number: 0, name, fault }.in_content());
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use holdall_testkit::cases;
    use holdall_tree::Limits;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;
    use crate::rules::Trust;

    fn rules() -> Rules {
        Rules::new(Trust::Nothing, Limits::default())
    }

    #[test]
    fn any_name_comes_back_from_its_line() {
        let config = Config { cases: cases(256), ..Config::default() };
        let names = proptest::collection::vec(1_u8.., 1..40);
        TestRunner::new(config)
            .run(&names, |name| {
                let hash = ContentHash::of(&name);
                let line = checksum_line(hash, &name);
                let line = line.strip_suffix(b"\n").unwrap();
                proptest::prop_assert_eq!(parse_line(line), Some((hash, name)));
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn a_manifest_is_a_list_of_files_and_nothing_else() {
        let line = |name: &str| checksum_line(ContentHash::of(b""), name.as_bytes());
        let parse = |bytes: &[u8]| Manifest::parse(&rules(), bytes);
        let good = parse(&[line("a"), line("b/c")].concat()).unwrap();
        let empty = |_: &RelPath| Some(ContentHash::of(b""));
        good.judge(2, empty).unwrap();
        assert!(good.judge(3, empty).is_err(), "one is not in it");
        assert!(good.judge(2, |_| Some(ContentHash::of(b"x"))).is_err());
        assert!(good.judge(2, |path| empty(path).filter(|_| path.depth() > 1)).is_err());
        let cut = line("a");
        for bad in [
            &b""[..],
            b"\n",
            b"a\n",
            &cut[..cut.len() - 1],
            &[line("a"), line("a")].concat(),
            &[line("a"), line("./a")].concat(),
            &line("../a"),
            &line("/a"),
            &line(""),
        ] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }
}
