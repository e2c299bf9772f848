//! Writing a file so that it is whole and durable, or not there.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use holdall_tree::{Name, RelPath};

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step_file;

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
    let target = RelPath::root().join(name);
    let temporary = temporary(&target)?;
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
    let fail = |e: std::io::Error| Error::new("make the directory of", path, e);
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(fail(std::io::ErrorKind::InvalidInput.into()));
    };
    create_dirs(parent, 0o700)?;
    let name = Name::parse(name.as_encoded_bytes())
        .map_err(|source| Error::Name { path: parent.to_owned(), source })?;
    publish(&Dir::open(parent)?, &name, bytes, 0o600, Replace::Never)
}

/// A path beside `path` that nobody else uses; its name holds `-tmp-`.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn temporary(path: &RelPath) -> Result<RelPath> {
    let shown = path.as_path();
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|e| {
        Error::new("draw random bytes for", shown, std::io::Error::other(e.to_string()))
    })?;
    let name = path.file_name().unwrap_or_default();
    let mut bytes = name.get(..name.len().min(200)).unwrap_or_default().to_vec();
    bytes.extend_from_slice(format!("-tmp-{:016x}", u64::from_le_bytes(random)).as_bytes());
    let name =
        Name::parse(bytes).map_err(|source| Error::Name { path: shown.to_owned(), source })?;
    Ok(path.parent().unwrap_or_default().join(&name))
}

/// Makes a directory and those above it, those that are not there yet, durably.
///
/// # Errors
/// If the system refuses.
pub fn create_dirs(path: &Path, mode: u32) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_dirs(parent, mode)?;
    let parent = Dir::open(parent)?;
    let name = path.file_name().unwrap_or_default();
    let name = Name::parse(name.as_bytes())
        .map_err(|source| Error::Name { path: path.to_owned(), source })?;
    match parent.create_dir(&RelPath::root().join(&name), mode) {
        Err(error) if !error.is_exists() => Err(error),
        _ => parent.sync(),
    }
}

/// Writes all of `bytes`.
///
/// # Errors
/// What the system says.
pub fn write_all(file: &mut std::fs::File, bytes: &[u8]) -> std::io::Result<()> {
    step_file("write", file)?;
    file.write_all(bytes)
}

/// Makes a file's content durable.
///
/// # Errors
/// What the system says; then the content may not be relied on, whatever a second try says.
pub fn sync_file(file: &std::fs::File) -> std::io::Result<()> {
    step_file("sync", file)?;
    file.sync_data()
}

/// Writes a file that is not there yet, neither in one step nor durably: for one that is brought to the disk with what it
/// lies among.
///
/// # Errors
/// If the system refuses, or there is one; what was written of it stays.
pub fn write_new(dir: &Dir, path: &RelPath, bytes: &[u8], mode: u32) -> Result<()> {
    begin(dir, path, bytes, mode).map(drop)
}

fn begin(dir: &Dir, path: &RelPath, bytes: &[u8], mode: u32) -> Result<std::fs::File> {
    let mut file = dir.create_file(path, mode)?;
    write_all(&mut file, bytes).map_err(|e| dir.error("write", path, e))?;
    Ok(file)
}

fn write(dir: &Dir, path: &RelPath, bytes: &[u8], mode: u32) -> Result<()> {
    let file = begin(dir, path, bytes, mode)?;
    let fail = |e| dir.error("write", path, e);
    step_file("sync", &file).map_err(fail)?;
    file.sync_all().map_err(fail)
}
