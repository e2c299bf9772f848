//! Extended attributes and file flags, by plain system calls.

use std::ffi::CStr;
use std::io;
use std::path::Path;

use rustix::fs::XattrFlags;
use rustix::io::Errno;

/// Flags that a user sets with `chattr` and a restore can bring back: the others belong to the file system.
const FLAGS_OF_USERS: u32 = 0x1 | 0x2 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80;

/// Sets one attribute of the path itself. A file system without attributes is let pass.
pub(crate) fn set(path: &Path, name: &str, value: &[u8]) -> io::Result<()> {
    match rustix::fs::lsetxattr(path, name, value, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) => Ok(()),
        other => Ok(other?),
    }
}

/// All attributes of the path itself, by name, sorted.
pub(crate) fn all(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let names = match grown(|buffer| rustix::fs::llistxattr(path, buffer)) {
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for name in names.split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        let value = grown(|buffer| rustix::fs::lgetxattr(path, name, buffer))?;
        found.push((name.to_string_lossy().into_owned(), value));
    }
    found.sort();
    Ok(found)
}

/// Calls with a buffer as large as the kernel allows for either answer.
fn grown(call: impl FnOnce(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 65_536];
    let length = call(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// The flags of a regular file or directory that a user may have set; `None` where there are none to ask for.
pub(crate) fn flags(path: &Path) -> Option<u32> {
    let file = std::fs::File::open(path).ok()?;
    let flags = rustix::fs::ioctl_getflags(&file).ok()?;
    Some(flags.bits() & FLAGS_OF_USERS)
}
