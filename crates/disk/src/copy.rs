//! Copying a file the cheapest way that the system has, finding where its data lies, and reading it ahead.

use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;

use holdall_tree::Extent;
use rustix::fs::{Advice, SeekFrom};
use rustix::io::Errno;

use crate::faults::step_file;

/// The most extents of one file that are looked for; a file in more pieces counts as not sparse.
const EXTENTS_MAX: usize = 4096;

/// How much is copied by hand at once, in bytes.
const BUFFER_BYTES: usize = 1 << 20;

/// Gives the empty file `to` the content of `from`: a shared copy where the file system can, else within the kernel,
/// else by hand. Holes stay holes.
///
/// # Errors
/// What the system says; also if `from` is cut off meanwhile.
pub fn copy_file(from: &File, to: &File) -> io::Result<()> {
    if share_blocks(from, to)? {
        return Ok(());
    }
    let size = from.metadata()?.len();
    let whole = vec![Extent { offset: 0, length: size }];
    for part in extents(from, size)?.unwrap_or(whole) {
        copy_part(from, to, part)?;
    }
    to.set_len(size)
}

/// Gives the empty file `to` the content of `from` by sharing its blocks. False if the file system cannot.
///
/// # Errors
/// If the change may not be made at all.
pub fn share_blocks(from: &File, to: &File) -> io::Result<bool> {
    step_file("write", to)?;
    match rustix::fs::ioctl_ficlone(to, from) {
        Ok(()) => Ok(true),
        Err(e @ (Errno::NOSPC | Errno::DQUOT | Errno::ROFS)) => Err(e.into()),
        Err(_) => Ok(false),
    }
}

/// Lets the system begin to read a part of a file. It may ignore that.
pub fn will_read(file: &File, offset: u64, length: u64) {
    let _ = rustix::fs::fadvise(file, offset, NonZeroU64::new(length), Advice::WillNeed);
}

fn copy_part(from: &File, to: &File, part: Extent) -> io::Result<()> {
    let end = part.offset.saturating_add(part.length);
    let mut at = part.offset;
    while at < end {
        let (mut in_at, mut out_at) = (at, at);
        let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(1 << 30);
        match rustix::fs::copy_file_range(from, Some(&mut in_at), to, Some(&mut out_at), wanted) {
            // Some file systems answer 0 although there is more; reading tells.
            Ok(0) => return by_hand(from, to, at, end),
            Ok(n) => at += n as u64,
            Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                return by_hand(from, to, at, end);
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn by_hand(from: &File, to: &File, mut at: u64, end: u64) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    while at < end {
        let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(BUFFER_BYTES);
        let part = buffer.get_mut(..wanted).unwrap_or_default();
        from.read_exact_at(part, at)?;
        to.write_all_at(part, at)?;
        at += wanted as u64;
    }
    Ok(())
}

/// The parts of a file of `size` bytes that hold data. `None` if the file system cannot tell, or the file is in too
/// many pieces to be worth telling.
///
/// # Errors
/// What the system says.
pub fn extents(file: &File, size: u64) -> io::Result<Option<Vec<Extent>>> {
    let found = find_extents(file, size);
    // Whoever reads next begins at the beginning.
    rustix::fs::seek(file, SeekFrom::Start(0))?;
    found
}

fn find_extents(file: &File, size: u64) -> io::Result<Option<Vec<Extent>>> {
    let mut extents = Vec::new();
    let mut at = 0;
    while at < size {
        let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => break,
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let end = match rustix::fs::seek(file, SeekFrom::Hole(start)) {
            Ok(end) => end.min(size),
            // Cut off between the two calls.
            Err(Errno::NXIO) => break,
            Err(e) => return Err(e.into()),
        };
        if end <= start || extents.len() == EXTENTS_MAX {
            return Ok(None);
        }
        extents.push(Extent { offset: start, length: end - start });
        at = end;
    }
    Ok(Some(extents))
}
