//! Writing a file so that it is whole and durable, or not there.

use std::io::Write;
use std::path::Path;

use holdall_tree::{Name, RelPath};

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step;

/// What happens to a file of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It stays, and publishing fails.
    Never,
    /// It is replaced in one step.
    Always,
}

/// Writes `bytes` as `name` in `dir`: under another name first, synced, renamed, and the directory synced.
///
/// # Errors
/// If the system refuses; then nothing of it is left.
pub fn publish(dir: &Dir, name: &Name, bytes: &[u8], mode: u32, replace: Replace) -> Result<()> {
    let temporary = temporary(name)?;
    let target = RelPath::root().join(name);
    let written = write(dir, &temporary, bytes, mode).and_then(|()| match replace {
        Replace::Never => dir.rename_no_replace(&temporary, dir, &target),
        Replace::Always => dir.rename(&temporary, dir, &target),
    });
    if written.is_err() {
        // The error that is told is the first one; what cannot be removed is litter that says what it is.
        let _ = dir.remove_file(&temporary);
        return written;
    }
    dir.sync()
}

/// Writes a file that its owner alone may read, with the directories above it, which must not be there yet or stay
/// as they are. A file that is there stays.
///
/// # Errors
/// If there is one already, or the system refuses.
pub fn publish_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |e: std::io::Error| Error::io("make the directory of", path, e);
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(fail(std::io::ErrorKind::InvalidInput.into()));
    };
    step("mkdir").map_err(fail)?;
    std::fs::create_dir_all(parent).map_err(fail)?;
    let name = Name::parse(name.as_encoded_bytes())
        .map_err(|source| Error::Name { path: parent.to_owned(), source })?;
    publish(&Dir::open(parent)?, &name, bytes, 0o600, Replace::Never)
}

/// A name beside `name` that nobody else uses.
pub(crate) fn temporary(name: &Name) -> Result<RelPath> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|e| Error::io("draw random bytes for", Path::new(name.as_os_str()), std::io::Error::other(e.to_string())))?;
    let mut bytes = name.as_bytes().get(..name.as_bytes().len().min(200)).unwrap_or_default().to_vec();
    bytes.extend_from_slice(format!("-tmp-{:016x}", u64::from_le_bytes(random)).as_bytes());
    let name = Name::parse(bytes).map_err(|source| Error::Name { path: name.as_os_str().into(), source })?;
    Ok(RelPath::root().join(&name))
}

fn write(dir: &Dir, path: &RelPath, bytes: &[u8], mode: u32) -> Result<()> {
    let mut file = dir.create_file(path, mode)?;
    let fail = |e| dir.error("write", path, e);
    step("write").map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    step("sync").map_err(fail)?;
    file.sync_all().map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_published_file_is_whole_and_replaces_only_when_told() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open(scratch.path()).unwrap();
        let name = Name::parse("a").unwrap();
        publish(&dir, &name, b"one", 0o600, Replace::Never).unwrap();
        assert!(publish(&dir, &name, b"two", 0o600, Replace::Never).unwrap_err().is_exists());
        assert_eq!(std::fs::read(scratch.path().join("a")).unwrap(), b"one");
        publish(&dir, &name, b"three", 0o640, Replace::Always).unwrap();
        assert_eq!(std::fs::read(scratch.path().join("a")).unwrap(), b"three");
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_private_file_is_for_its_owner_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("x/y/key");
        publish_private(&path, b"k").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(publish_private(&path, b"k").unwrap_err().is_exists());
    }
}
