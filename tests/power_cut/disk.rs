//! A disk that remembers each write and each flush, and what would be left of it if the power failed: what was flushed is
//! there, and of everything after that any part, also a part of one write.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, Generation,
    INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry,
    ReplyWrite, Request, WriteFlags,
};

/// A disk writes so many bytes wholly or not at all. btrfs counts on that for its superblock: with less it is not even
/// mounted after some cuts, whatever was done on it.
const SECTOR_BYTES: usize = 4096;
const BLOCK_BYTES: usize = 4096;
/// Nothing is kept by the kernel that could be another disk's.
const KEPT: Duration = Duration::ZERO;

/// What a disk holds. What was never written is zero.
#[derive(Clone, Default)]
struct Blocks(HashMap<u64, Box<[u8; BLOCK_BYTES]>>);

impl Blocks {
    fn write(&mut self, offset: u64, bytes: &[u8]) {
        each_block(offset, bytes.len(), |block, at, range| {
            let block = self.0.entry(block).or_insert_with(|| Box::new([0; BLOCK_BYTES]));
            let from = &bytes[range];
            block[at..at + from.len()].copy_from_slice(from);
        });
    }

    fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        each_block(offset, length, |block, at, range| {
            if let Some(block) = self.0.get(&block) {
                let length = range.len();
                bytes[range].copy_from_slice(&block[at..at + length]);
            }
        });
        bytes
    }
}

/// Calls `each` with every block that a range touches: its number, where in it, and which part of the range.
fn each_block(
    offset: u64,
    length: usize,
    mut each: impl FnMut(u64, usize, std::ops::Range<usize>),
) {
    let mut done = 0;
    while done < length {
        let place = offset + done as u64;
        let at = (place % BLOCK_BYTES as u64) as usize;
        let some = (BLOCK_BYTES - at).min(length - done);
        each(place / BLOCK_BYTES as u64, at, done..done + some);
        done += some;
    }
}

enum Event {
    Write(u64, Vec<u8>),
    Flush,
}

#[derive(Default)]
struct State {
    size: u64,
    /// Whether events are noted.
    noting: bool,
    /// What the disk held when that began.
    before: Blocks,
    events: Vec<Event>,
    /// The disk itself, and what was left of it at each cut.
    disks: Vec<Blocks>,
}

/// The disks, as files `0` (the one that is watched), `1`, and so on, of a file system in user space.
pub(super) struct Disks {
    state: Arc<Mutex<State>>,
    _mounted: BackgroundSession,
}

impl Disks {
    /// Shows an empty disk of this size, in bytes, as `dir/0`; `None` if the system has no file systems in user space.
    pub(super) fn mount(dir: &Path, size: u64) -> Option<Self> {
        let state = State { size, disks: vec![Blocks::default()], ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("power-cut".to_owned())];
        let mounted = fuser::spawn_mount(Served(Arc::clone(&state)), dir, &config);
        let mounted = mounted.inspect_err(|error| eprintln!("skipped: no FUSE here: {error}"));
        Some(Self { state, _mounted: mounted.ok()? })
    }

    /// Begins to note what happens to the disk.
    pub(super) fn note(&self) {
        let mut state = lock(&self.state);
        state.before = state.disks[0].clone();
        state.noting = true;
    }

    /// So many things happened to it.
    pub(super) fn events(&self) -> usize {
        lock(&self.state).events.len()
    }

    /// Makes what is left of the disk if the power fails behind so many events, and gives its number. `random` decides
    /// what becomes of writes that were not flushed.
    pub(super) fn cut(&self, events: usize, mut random: impl FnMut(u64) -> u64) -> usize {
        let mut state = lock(&self.state);
        let mut left = state.before.clone();
        let seen = &state.events[..events];
        let flushed = seen.iter().rposition(|event| matches!(event, Event::Flush)).unwrap_or(0);
        for (number, event) in seen.iter().enumerate() {
            let Event::Write(offset, bytes) = event else { continue };
            let sectors = bytes.len().div_ceil(SECTOR_BYTES) as u64;
            let some = match number < flushed {
                true => sectors,
                false => match random(4) {
                    0 => 0,
                    1 => random(sectors + 1),
                    _ => sectors,
                },
            };
            let length = bytes.len().min(some as usize * SECTOR_BYTES);
            left.write(*offset, &bytes[..length]);
        }
        state.disks.push(left);
        state.disks.len() - 1
    }

    /// Forgets what a disk that was cut holds.
    pub(super) fn forget(&self, number: usize) {
        lock(&self.state).disks[number] = Blocks::default();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file system. The inode of a disk is its number and two more.
struct Served(Arc<Mutex<State>>);

impl Served {
    fn attr(&self, inode: u64) -> Option<FileAttr> {
        let state = lock(&self.0);
        let root = inode == INodeNo::ROOT.0;
        if !root && (inode < 2 || inode - 2 >= state.disks.len() as u64) {
            return None;
        }
        let size = if root { 0 } else { state.size };
        Some(FileAttr {
            ino: INodeNo(inode),
            size,
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if root { FileType::Directory } else { FileType::RegularFile },
            perm: if root { 0o700 } else { 0o600 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: BLOCK_BYTES as u32,
            flags: 0,
        })
    }
}

impl Filesystem for Served {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let number = name.to_str().and_then(|name| name.parse::<u64>().ok());
        match number.and_then(|number| self.attr(number + 2)) {
            Some(attr) => reply.entry(&KEPT, &attr, Generation(0)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attr(inode.0) {
            Some(attr) => reply.attr(&KEPT, &attr),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let state = lock(&self.0);
        let length = u64::from(size).min(state.size.saturating_sub(offset));
        reply.data(&state.disks[inode.0 as usize - 2].read(offset, length as usize));
    }

    fn write(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = lock(&self.0);
        let number = inode.0 as usize - 2;
        state.disks[number].write(offset, data);
        if number == 0 && state.noting {
            state.events.push(Event::Write(offset, data.to_vec()));
        }
        reply.written(data.len() as u32);
    }

    fn fsync(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut state = lock(&self.0);
        if inode.0 == 2 && state.noting {
            state.events.push(Event::Flush);
        }
        reply.ok();
    }
}
