//! Makes a [`TreeSpec`] on the disk, by plain system calls.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps};

use crate::attributes;
use crate::spec::{Content, EntrySpec, KindSpec, TreeSpec, noise};

impl TreeSpec {
    /// Makes the tree in `top`, a directory that exists and is empty.
    ///
    /// # Errors
    /// What the system says, with the path it said it of. Missing extended attributes are no error.
    pub fn write(&self, top: &Path) -> io::Result<()> {
        for entry in &self.entries {
            make(top, entry).map_err(|error| naming(&error, &entry.path))?;
        }
        // From the last to the first: a directory gets its time when nothing in it changes any more.
        for entry in self.entries.iter().rev() {
            dress(&top.join(&entry.path), entry).map_err(|error| naming(&error, &entry.path))?;
        }
        Ok(())
    }
}

fn naming(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes the entry with its content, and open to its owner.
fn make(top: &Path, entry: &EntrySpec) -> io::Result<()> {
    let path = top.join(&entry.path);
    match &entry.kind {
        KindSpec::Dir => fs::create_dir(&path),
        KindSpec::File(content) => fill(&path, content),
        KindSpec::Symlink(target) => std::os::unix::fs::symlink(target, &path),
        KindSpec::HardLink(first) => fs::hard_link(top.join(first), &path),
        KindSpec::Fifo => node(&path, FileType::Fifo, 0),
        KindSpec::Socket => node(&path, FileType::Socket, 0),
        KindSpec::CharDevice { major, minor } => {
            node(&path, FileType::CharacterDevice, rustix::fs::makedev(*major, *minor))
        }
        KindSpec::BlockDevice { major, minor } => {
            node(&path, FileType::BlockDevice, rustix::fs::makedev(*major, *minor))
        }
    }
}

fn node(path: &Path, kind: FileType, device: u64) -> io::Result<()> {
    Ok(rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device)?)
}

fn fill(path: &Path, content: &Content) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    match content {
        Content::Bytes(bytes) => file.write_all(bytes),
        Content::Noise { seed, length } => file.write_all(&noise(*seed, *length)),
        Content::Sparse { length, pieces } => {
            file.set_len(*length)?;
            for (offset, bytes) in pieces {
                file.write_all_at(bytes, *offset)?;
            }
            Ok(())
        }
    }
}

/// Gives the entry its owner, attributes, mode and time, in the order in which none undoes another.
fn dress(path: &Path, entry: &EntrySpec) -> io::Result<()> {
    if matches!(entry.kind, KindSpec::HardLink(_)) {
        return Ok(());
    }
    if let Some((user, group)) = entry.owner {
        std::os::unix::fs::lchown(path, Some(user), Some(group))?;
    }
    for (name, value) in &entry.xattrs {
        attributes::set(path, name, value)?;
    }
    if !matches!(entry.kind, KindSpec::Symlink(_)) {
        fs::set_permissions(path, Permissions::from_mode(entry.mode))?;
    }
    let (seconds, nanos) = entry.mtime;
    let time = Timespec { tv_sec: seconds, tv_nsec: i64::from(nanos) };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}
