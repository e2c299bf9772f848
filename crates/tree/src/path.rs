//! Names and relative paths: bytes, checked once when they are made.
//!
//! A name or path that exists is safe to join beneath a directory: it is relative, holds no NUL, and none of its
//! components is empty, `.` or `..`. Bytes that are not UTF-8 are legal, as on every Unix file system.

use std::borrow::{Borrow, Cow};
#[cfg(unix)]
use std::ffi::OsStr;
use std::fmt;
#[cfg(unix)]
use std::os::unix::ffi::OsStrExt;
#[cfg(unix)]
use std::path::Path;

/// The longest name of one component that is accepted, in bytes. Linux file systems end at 255; a little more is
/// allowed so that a tree from elsewhere can be listed, and its restore fails with the file system's own error.
pub const NAME_BYTES_MAX: usize = 1024;

/// Why bytes are no name or no relative path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A component is empty (`a//b`, a leading or a trailing slash).
    #[error("path {0:?} has an empty component")]
    Empty(String),
    /// A component is `.` or `..`.
    #[error("path {0:?} has a component that is . or ..")]
    Dots(String),
    /// A byte is NUL.
    #[error("path {0:?} holds a NUL byte")]
    Nul(String),
    /// A name holds a slash.
    #[error("name {0:?} holds a slash")]
    Slash(String),
    /// A component is longer than [`NAME_BYTES_MAX`].
    #[error("a component of {len} bytes is longer than the limit of {NAME_BYTES_MAX}")]
    Long {
        /// Its length in bytes.
        len: usize,
    },
}

/// One component of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<[u8]>);

impl Name {
    /// Checks and keeps one component.
    ///
    /// # Errors
    /// [`PathError`] if the bytes are empty, `.`, `..`, hold NUL or a slash, or are too long.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let bytes = bytes.as_ref();
        if bytes.contains(&b'/') {
            return Err(PathError::Slash(lossy(bytes)));
        }
        check_component(bytes, bytes)?;
        Ok(Self(bytes.into()))
    }

    /// The bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as the operating system's string.
    #[cfg(unix)]
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(&self.0)
    }
}

/// Names compare and hash as their bytes do.
impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.0))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", lossy(&self.0))
    }
}

/// A path inside a tree: components joined by `/`. The root of the tree is the empty path.
///
/// The canonical order of a tree is the order of this type: the root first, a directory directly before what it
/// holds, and names by their bytes within a directory.
///
/// ```
/// use holdall_tree::RelPath;
/// let path = RelPath::parse("src/main.rs")?;
/// assert_eq!(path.file_name(), Some(&b"main.rs"[..]));
/// assert!(RelPath::parse("../etc").is_err());
/// # Ok::<(), holdall_tree::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct RelPath(Box<[u8]>);

impl RelPath {
    /// The root of a tree.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Checks and keeps a path. The empty path is the root.
    ///
    /// # Errors
    /// [`PathError`] if a component is empty, `.`, `..` or too long, or a byte is NUL.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let bytes = bytes.as_ref();
        if !bytes.is_empty() {
            for component in bytes.split(|b| *b == b'/') {
                check_component(component, bytes)?;
            }
        }
        Ok(Self(bytes.into()))
    }

    /// The path of `name` in this directory.
    #[must_use]
    pub fn join(&self, name: &Name) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.0.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(&name.0);
        Self(bytes.into())
    }

    /// The path of `below` beneath this directory.
    #[must_use]
    pub fn join_path(&self, below: &Self) -> Self {
        if self.is_root() {
            return below.clone();
        }
        if below.is_root() {
            return self.clone();
        }
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + below.0.len());
        bytes.extend_from_slice(&self.0);
        bytes.push(b'/');
        bytes.extend_from_slice(&below.0);
        Self(bytes.into())
    }

    /// True for the root of the tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of the path.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path for the operating system, relative to the root of the tree. The root is the empty path.
    #[cfg(unix)]
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The last component, `None` for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&[u8]> {
        if self.is_root() { None } else { self.0.rsplit(|b| *b == b'/').next() }
    }

    /// The last component as a name, `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        self.file_name().map(|bytes| Name(bytes.into()))
    }

    /// The directory that holds this path, `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(Self(self.0.get(..end).unwrap_or_default().into()))
    }

    /// The components, from the root downwards.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|c| !c.is_empty())
    }

    /// How many components the path has; 0 for the root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// True if `self` is `dir` or lies beneath it.
    #[must_use]
    pub fn starts_with(&self, dir: &Self) -> bool {
        self.strip_prefix(dir).is_some()
    }

    /// The path relative to `dir`, if `self` is `dir` or lies beneath it.
    #[must_use]
    pub fn strip_prefix(&self, dir: &Self) -> Option<Self> {
        if dir.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&*dir.0)?;
        match rest.split_first() {
            None => Some(Self::root()),
            Some((b'/', below)) => Some(Self(below.into())),
            Some(_) => None,
        }
    }
}

/// Bytes of two paths that are compared at once.
const STRIDE: usize = 16;

impl Ord for RelPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // By components, not by bytes: `a/b` comes before `a-b` although `-` is a smaller byte than `/`. No name holds
        // a byte that is smaller than what a slash counts as here.
        let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
        // Most paths that are compared have much in common, which is skipped in strides.
        let strides = self.0.chunks_exact(STRIDE).zip(other.0.chunks_exact(STRIDE));
        let common = strides.take_while(|(a, b)| a == b).count() * STRIDE;
        let (a, b) = (self.0.get(common..), other.0.get(common..));
        let mut rest = a.unwrap_or_default().iter().zip(b.unwrap_or_default());
        let different = rest.find(|(a, b)| a != b);
        different.map_or_else(|| self.0.len().cmp(&other.0.len()), |(a, b)| rank(*a).cmp(&rank(*b)))
    }
}

impl PartialOrd for RelPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() { f.write_str(".") } else { f.write_str(&printable(&self.0)) }
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", lossy(&self.0))
    }
}

/// Bytes as text that is safe to print: control characters and bytes that are not UTF-8 appear as `\xNN`.
#[must_use]
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(char::is_control)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let mut buffer = [0; 4];
                push_hex(&mut out, c.encode_utf8(&mut buffer).as_bytes());
            } else {
                out.push(c);
            }
        }
        push_hex(&mut out, chunk.invalid());
    }
    Cow::Owned(out)
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    use fmt::Write;
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn check_component(component: &[u8], whole: &[u8]) -> Result<(), PathError> {
    match component {
        b"" => Err(PathError::Empty(lossy(whole))),
        b"." | b".." => Err(PathError::Dots(lossy(whole))),
        _ if component.contains(&0) => Err(PathError::Nul(lossy(whole))),
        _ if component.len() > NAME_BYTES_MAX => Err(PathError::Long { len: component.len() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unsafe_paths_are_refused() {
        for bad in ["/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\0b"] {
            assert!(RelPath::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", ".", "..", "a/b", "\0"] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Name::parse(vec![b'x'; NAME_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn the_order_is_that_of_the_components() {
        let parts = ["", "\u{1}", "a", "a\u{1}", "a-", "a0", "b"];
        let mut paths = vec![RelPath::root()];
        for a in parts {
            for b in parts {
                for c in parts {
                    let joined = [a, b, c].into_iter().filter(|part| !part.is_empty());
                    paths.push(RelPath::parse(joined.collect::<Vec<_>>().join("/")).unwrap());
                }
            }
        }
        for a in &paths {
            for b in &paths {
                assert_eq!(a.cmp(b), a.components().cmp(b.components()), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_canonical_order_puts_a_directory_before_what_it_holds() {
        let mut paths: Vec<RelPath> = ["a-b", "a/b", "a", "", "b", "a/b/c"]
            .iter()
            .map(|p| RelPath::parse(p).unwrap())
            .collect();
        paths.sort();
        let shown: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [".", "a", "a/b", "a/b/c", "a-b", "b"]);
    }

    #[test]
    fn control_and_foreign_bytes_are_printed_as_hex() {
        assert_eq!(printable(b"a\x1b[31m\xff\xc3\xa9"), "a\\x1b[31m\\xff\u{e9}");
    }

    proptest! {
        #[test]
        fn join_and_strip_are_inverse(a in "[a-c/]{0,8}", b in "[a-c/]{0,8}") {
            if let (Ok(a), Ok(b)) = (RelPath::parse(&a), RelPath::parse(&b)) {
                let joined = a.join_path(&b);
                prop_assert_eq!(joined.strip_prefix(&a), Some(b.clone()));
                prop_assert_eq!(joined.depth(), a.depth() + b.depth());
            }
        }

        #[test]
        fn a_parsed_path_never_climbs(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(path) = RelPath::parse(&bytes) {
                prop_assert!(path.components().all(|c| Name::parse(c).is_ok()));
                prop_assert!(!path.as_path().is_absolute());
            }
        }
    }
}
