//! Copying a file the cheapest way that the system has, and finding where its data lies.

use std::fs::File;
use std::io::{self, Read, Write};

use holdall_tree::Extent;
use rustix::fs::SeekFrom;
use rustix::io::Errno;

use crate::faults::step;

/// The most extents of one file that are looked for; a file in more pieces counts as not sparse.
const EXTENTS_MAX: usize = 4096;

/// Copies all of `from` into the empty file `to`: a shared copy where the file system can, else within the kernel,
/// else by hand.
///
/// # Errors
/// What the system says.
pub fn copy_file(from: &File, to: &File) -> io::Result<()> {
    step("copy")?;
    if rustix::fs::ioctl_ficlone(to, from).is_ok() {
        return Ok(());
    }
    let size = from.metadata()?.len();
    let mut copied = 0;
    while copied < size {
        let (mut in_at, mut out_at) = (copied, copied);
        let wanted = usize::try_from(size - copied).unwrap_or(usize::MAX).min(1 << 30);
        match rustix::fs::copy_file_range(from, Some(&mut in_at), to, Some(&mut out_at), wanted) {
            Ok(0) => break,
            Ok(n) => copied += n as u64,
            Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                return by_hand(from, to);
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn by_hand(mut from: &File, mut to: &File) -> io::Result<()> {
    rustix::fs::seek(from, SeekFrom::Start(0))?;
    rustix::fs::seek(to, SeekFrom::Start(0))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => to.write_all(buffer.get(..n).unwrap_or_default())?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The parts of a file of `size` bytes that hold data. `None` if the file system cannot tell, or the file is in too
/// many pieces to be worth telling.
///
/// # Errors
/// What the system says.
pub fn extents(file: &File, size: u64) -> io::Result<Option<Vec<Extent>>> {
    let mut extents = Vec::new();
    let mut at = 0;
    while at < size {
        let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => break,
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let end = rustix::fs::seek(file, SeekFrom::Hole(start))?.min(size);
        if end <= start || extents.len() == EXTENTS_MAX {
            return Ok(None);
        }
        extents.push(Extent { offset: start, length: end - start });
        at = end;
    }
    Ok(Some(extents))
}
