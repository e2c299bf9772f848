//! Entries as the kernel wants them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo};
use holdall_tree::{Entry, Extent, Kind, Timestamp};

/// The unit in which room on a disk is counted, in bytes.
const BLOCK: u64 = 512;
/// How much is best read at a time, in bytes.
const BEST: u32 = 128 << 10;

/// Who owns what a form gives no owner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Owner {
    /// Whoever runs this process.
    pub(crate) fn ours() -> Self {
        Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }
}

/// What there is to say of an entry. Where the form cannot tell, modes are the usual ones and times those of 1970.
pub(crate) fn attr(number: u64, entry: &Entry, owner: Owner) -> FileAttr {
    let meta = &entry.meta;
    let (size, usual) = match &entry.kind {
        Kind::File { size } => (*size, 0o644),
        Kind::Symlink { target } => (target.len() as u64, 0o777),
        Kind::Directory => (0, 0o755),
        _ => (0, 0o644),
    };
    let mtime = time(meta.mtime);
    let or_mtime = |other: Option<Timestamp>| other.map_or(mtime, |other| time(Some(other)));
    let rdev = match entry.kind {
        Kind::CharDevice { rdev } | Kind::BlockDevice { rdev } => rdev,
        _ => 0,
    };
    FileAttr {
        ino: INodeNo(number),
        size,
        blocks: blocks(entry),
        atime: or_mtime(meta.atime),
        mtime,
        ctime: or_mtime(meta.ctime),
        crtime: UNIX_EPOCH,
        kind: kind(&entry.kind),
        perm: u16::try_from(meta.mode.unwrap_or(usual) & 0o7777).unwrap_or_default(),
        // How many directories one holds is not known without looking; 1 is what says so.
        nlink: meta.hard_link.map_or(1, |link| u32::try_from(link.links).unwrap_or(u32::MAX)),
        uid: meta.uid.unwrap_or(owner.uid),
        gid: meta.gid.unwrap_or(owner.gid),
        // The low half holds 12 bits of the major and 20 of the minor number, as the kernel has them.
        rdev: u32::try_from(rdev & u64::from(u32::MAX)).unwrap_or_default(),
        blksize: BEST,
        flags: 0,
    }
}

pub(crate) fn kind(kind: &Kind) -> FileType {
    match kind {
        Kind::File { .. } => FileType::RegularFile,
        Kind::Directory => FileType::Directory,
        Kind::Symlink { .. } => FileType::Symlink,
        Kind::CharDevice { .. } => FileType::CharDevice,
        Kind::BlockDevice { .. } => FileType::BlockDevice,
        Kind::Fifo => FileType::NamedPipe,
        Kind::Socket => FileType::Socket,
    }
}

/// The room that a file takes up: that of its data without its holes.
fn blocks(entry: &Entry) -> u64 {
    let bytes = match &entry.meta.extents {
        Some(extents) => extents.iter().fold(0u64, |sum, extent| sum.saturating_add(extent.length)),
        None => entry.size(),
    };
    bytes.min(entry.size()).div_ceil(BLOCK)
}

fn time(time: Option<Timestamp>) -> SystemTime {
    let Timestamp { secs, nanos } = time.unwrap_or_default();
    let whole = Duration::from_secs(secs.unsigned_abs());
    let whole =
        if secs < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    let part = Duration::from_nanos(u64::from(nanos));
    whole.and_then(|whole| whole.checked_add(part)).unwrap_or(UNIX_EPOCH)
}

/// What is looked for in a file with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seek {
    Data,
    Hole,
}

/// The first place at or after `offset` that is data, or a hole; the end of the file is one. `None` behind the end, and
/// where no data is left.
pub(crate) fn seek(entry: &Entry, offset: u64, wanted: Seek) -> Option<u64> {
    let size = entry.size();
    if offset >= size {
        return None;
    }
    let whole = [Extent { offset: 0, length: size }];
    let mut extents = entry.meta.extents.as_deref().unwrap_or(&whole).to_vec();
    extents.sort_by_key(|extent| extent.offset);
    let mut at = offset;
    for extent in extents {
        let end = extent.offset.saturating_add(extent.length).min(size);
        if end <= at {
            continue;
        }
        match wanted {
            Seek::Data => return Some(extent.offset.max(at)).filter(|found| *found < size),
            Seek::Hole if extent.offset > at => return Some(at),
            Seek::Hole => at = end,
        }
    }
    (wanted == Seek::Hole).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdall_tree::{Metadata, RelPath};

    fn file(size: u64, extents: Option<&[(u64, u64)]>) -> Entry {
        let extent = |&(offset, length): &(u64, u64)| Extent { offset, length };
        let extents = extents.map(|all| all.iter().map(extent).collect());
        let meta = Metadata { extents, ..Metadata::default() };
        Entry { path: RelPath::root(), kind: Kind::File { size }, meta }
    }

    #[test]
    fn times_before_1970_and_out_of_reach_are_no_trouble() {
        let before = time(Some(Timestamp { secs: -2, nanos: 800_000_000 }));
        assert_eq!(before, UNIX_EPOCH - Duration::from_millis(1200));
        time(Some(Timestamp { secs: i64::MIN, nanos: 0 }));
        time(Some(Timestamp { secs: i64::MAX, nanos: 999_999_999 }));
        assert_eq!(time(None), UNIX_EPOCH);
    }

    #[test]
    fn holes_are_no_room_and_are_found() {
        assert_eq!(blocks(&file(1000, None)), 2);
        let holed = file(100_000, Some(&[(4096, 4096), (8192, 10), (50_000, 1)]));
        assert_eq!(blocks(&holed), (4096 + 10 + 1u64).div_ceil(512));
        let find = |offset, wanted| seek(&holed, offset, wanted);
        assert_eq!(find(0, Seek::Hole), Some(0));
        assert_eq!(find(0, Seek::Data), Some(4096));
        assert_eq!(find(5000, Seek::Data), Some(5000));
        assert_eq!(find(5000, Seek::Hole), Some(8202));
        assert_eq!(find(50_000, Seek::Hole), Some(50_001));
        assert_eq!(find(60_000, Seek::Data), None);
        assert_eq!(find(100_000, Seek::Hole), None);
        assert_eq!(seek(&file(10, None), 3, Seek::Hole), Some(10));
        assert_eq!(seek(&file(10, Some(&[])), 3, Seek::Data), None);
        assert_eq!(seek(&file(10, Some(&[(20, u64::MAX)])), 3, Seek::Data), None);
    }
}
