//! A list of names, from a file or from a program that prints them: the exact entries that are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use holdall_tree::path::printable;
use holdall_tree::{Context, RelPath, Tree};

use crate::error::{Error, Result};

/// The largest list, in bytes.
const LIST_BYTES_MAX: u64 = 1 << 28;

/// What stands behind each name of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A line feed.
    Line,
    /// A zero byte, which no name holds.
    Nul,
}

impl Ending {
    fn byte(self) -> u8 {
        match self {
            Self::Line => b'\n',
            Self::Nul => 0,
        }
    }
}

/// Reads a list to its end.
///
/// # Errors
/// If it cannot be read or is larger than 256 MiB.
pub fn read(input: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let unread = |error| Error::Usage(format!("cannot read the list of files: {error}"));
    input.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > LIST_BYTES_MAX {
        let why = format!("the list of files is larger than {LIST_BYTES_MAX} bytes");
        return Err(Error::Refused(why));
    }
    Ok(bytes)
}

/// The names of a list as paths of the tree at `root`. A name is relative to it, or absolute and in it.
///
/// # Errors
/// [`Error::Refused`] if one leads outside, [`Error::Usage`] if one can be no path.
pub fn names(list: &[u8], ending: Ending, root: &Path) -> Result<BTreeSet<RelPath>> {
    let real = root.canonicalize().ok();
    let mut names = BTreeSet::new();
    for name in list.split(|byte| *byte == ending.byte()).filter(|name| !name.is_empty()) {
        let refuse = |why: &str| {
            Error::Refused(format!("the list of files names {:?}, {why}", printable(name)))
        };
        let path = Path::new(OsStr::from_bytes(name));
        let below = if path.is_absolute() {
            let below = [Some(root), real.as_deref()].into_iter().flatten();
            let below = below.filter_map(|root| path.strip_prefix(root).ok()).next();
            below.ok_or_else(|| refuse(&format!("which is not in {}", root.display())))?
        } else {
            path
        };
        let parts: Vec<&[u8]> = below.as_os_str().as_bytes().split(|byte| *byte == b'/').collect();
        if parts.contains(&&b".."[..]) {
            return Err(refuse("and may name nothing with .."));
        }
        let parts: Vec<&[u8]> =
            parts.into_iter().filter(|part| !part.is_empty() && *part != b".").collect();
        let path = RelPath::parse(parts.join(&b'/'));
        let path = path.map_err(|error| Error::Usage(format!("in the list of files: {error}")))?;
        if !path.is_root() {
            names.insert(path);
        }
    }
    Ok(names)
}

/// Tells the observer of each name that the tree does not have.
///
/// # Errors
/// If the user interrupts.
pub fn name_missing(ctx: &Context<'_>, tree: &dyn Tree, names: &BTreeSet<RelPath>) -> Result<()> {
    let mut listings: BTreeMap<RelPath, BTreeSet<RelPath>> = BTreeMap::new();
    for path in names {
        ctx.check()?;
        let dir = path.parent().unwrap_or_else(RelPath::root);
        let here = listings.entry(dir).or_insert_with_key(|dir| {
            // What cannot be listed is said when it is read; what is listed in it is not there to be taken.
            let entries = tree.list(ctx, dir).unwrap_or_default();
            entries.into_iter().map(|entry| entry.path).collect()
        });
        if !here.contains(path) {
            ctx.observer.problem(Some(path), &Error::NoEntry { path: path.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &[u8], ending: Ending) -> Result<Vec<String>> {
        let names = names(list, ending, Path::new("/the/top"))?;
        Ok(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn names_are_relative_or_in_the_root() {
        let lines = b"b\n./a/c\n\na//d/\n/the/top/e\n.\n/the/top\nb\n";
        assert_eq!(check(lines, Ending::Line).unwrap(), ["a/c", "a/d", "b", "e"]);
        assert_eq!(check(b"a\nb\0c", Ending::Nul).unwrap().len(), 2);
        assert_eq!(check(b"", Ending::Nul).unwrap(), [""; 0]);
    }

    #[test]
    fn what_leads_outside_is_refused() {
        for bad in ["../x", "a/../../x", "/etc/passwd", "/the/topped", "/the/top/../x"] {
            let error = check(bad.as_bytes(), Ending::Line).unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "{bad}: {error}");
        }
        assert!(matches!(check(b"a\0b", Ending::Line), Err(Error::Usage(_))));
    }
}
