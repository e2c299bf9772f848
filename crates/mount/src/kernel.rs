//! What the kernel asks, handed on to workers.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use fuser::{
    Errno, FileAttr, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags,
    IoctlFlags, KernelConfig, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyXattr, Request,
};
use holdall_tree::path::NAME_BYTES_MAX;
use holdall_tree::{Entry, Kind, Metadata, RelPath};

use crate::attr::{Owner, Seek, attr, kind};
use crate::queue::Queue;
use crate::view::{ROOT, View};

/// `FS_IOC_GETFLAGS`: the file attributes that `lsattr` shows.
const GET_FLAGS: u32 = 0x8008_6601;
/// `SEEK_DATA` and `SEEK_HOLE`.
const SEEK_DATA: i32 = 3;
const SEEK_HOLE: i32 = 4;
/// The flags of an open that say whether it may write.
const ACCESS_MODE: i32 = 3;
/// The unit that `df` counts in, in bytes.
const BLOCK: u32 = 4096;

/// The side of the kernel. It lives as long as the kernel wants, so it borrows nothing.
pub(crate) struct Kernel(Queue);

impl Kernel {
    pub(crate) fn new(queue: Queue) -> Self {
        Self(queue)
    }
}

/// The root while there is no tree yet.
fn nothing() -> FileAttr {
    let (path, meta) = (RelPath::root(), Metadata::default());
    let root = Entry { path, kind: Kind::Directory, meta };
    attr(ROOT, &root, Owner::ours())
}

/// Answers with what comes of a question, or with its error.
macro_rules! answer {
    ($asked:expr, $reply:ident, $good:ident => $done:expr) => {
        match $asked {
            Ok($good) => $done,
            Err(errno) => $reply.error(errno),
        }
    };
}

impl Filesystem for Kernel {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // Access control lists are obeyed, and directories listed side by side, where the kernel can.
        for wanted in [InitFlags::FUSE_POSIX_ACL, InitFlags::FUSE_PARALLEL_DIROPS] {
            let _ = config.add_capabilities(wanted);
        }
        Ok(())
    }

    fn destroy(&mut self) {
        self.0.close();
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if !self.0.is_open() {
            return reply.error(Errno::ENOENT);
        }
        let name = name.as_bytes().to_vec();
        self.0.ask(move |view| {
            let found = view.lookup(parent.0, &name);
            answer!(found, reply, attr => reply.entry(&view.valid(), &attr, Generation(0)));
        });
    }

    fn forget(&self, _: &Request, number: INodeNo, times: u64) {
        self.0.ask(move |view| view.forget(number.0, times));
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        if !self.0.is_open() {
            return reply.attr(&Duration::ZERO, &nothing());
        }
        self.0.ask(move |view| {
            answer!(view.attr(number.0), reply, attr => reply.attr(&view.valid(), &attr));
        });
    }

    fn readlink(&self, _: &Request, number: INodeNo, reply: ReplyData) {
        self.0.ask(move |view| {
            answer!(view.entry(number.0), reply, entry => match &entry.kind {
                Kind::Symlink { target } => reply.data(target),
                _ => reply.error(Errno::EINVAL),
            });
        });
    }

    fn open(&self, _: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        if flags.0 & ACCESS_MODE != 0 {
            return reply.error(Errno::EROFS);
        }
        self.0.ask(move |view| {
            let keep =
                if view.stays() { FopenFlags::FOPEN_KEEP_CACHE } else { FopenFlags::empty() };
            answer!(view.open(number.0), reply, handle => reply.opened(FileHandle(handle), keep));
        });
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.0.ask(move |view| {
            answer!(view.read(handle.0, offset, size), reply, bytes => reply.data(&bytes));
        });
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.0.ask(move |view| {
            view.close(handle.0);
            reply.ok();
        });
    }

    fn opendir(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        if !self.0.is_open() {
            return reply.opened(FileHandle(0), FopenFlags::empty());
        }
        self.0.ask(move |view| {
            let none = FopenFlags::empty();
            answer!(view.open_dir(number.0), reply, handle => reply.opened(FileHandle(handle), none));
        });
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        if !self.0.is_open() {
            return reply.ok();
        }
        self.0.ask(move |view| {
            let read = view.read_dir(handle.0, offset, &mut |next, held| {
                let name = OsStr::from_bytes(held.name);
                reply.add(INodeNo(held.number), next, kind(held.kind), name)
            });
            answer!(read, reply, _done => reply.ok());
        });
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        if !self.0.is_open() {
            return reply.ok();
        }
        self.0.ask(move |view| {
            view.close(handle.0);
            reply.ok();
        });
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let longest = u32::try_from(NAME_BYTES_MAX).unwrap_or(u32::MAX);
        reply.statfs(0, 0, 0, 0, 0, BLOCK, longest, BLOCK);
    }

    fn getxattr(&self, _: &Request, number: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let name = name.as_bytes().to_vec();
        self.0.ask(move |view| {
            answer!(view.entry(number.0), reply, entry => {
                let all = entry.meta.xattrs.as_deref().unwrap_or_default();
                match all.iter().find(|xattr| xattr.name == name) {
                    Some(xattr) => value(&xattr.value, size, reply),
                    None => reply.error(Errno::NO_XATTR),
                }
            });
        });
    }

    fn listxattr(&self, _: &Request, number: INodeNo, size: u32, reply: ReplyXattr) {
        self.0.ask(move |view| {
            answer!(view.entry(number.0), reply, entry => {
                let mut names = Vec::new();
                for xattr in entry.meta.xattrs.as_deref().unwrap_or_default() {
                    names.extend_from_slice(&xattr.name);
                    names.push(0);
                }
                value(&names, size, reply);
            });
        });
    }

    fn ioctl(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        command: u32,
        _: &[u8],
        _: u32,
        reply: ReplyIoctl,
    ) {
        if command != GET_FLAGS {
            return reply.error(Errno::ENOTTY);
        }
        self.0.ask(move |view| {
            answer!(view.entry(number.0), reply, entry => match entry.meta.attributes {
                Some(attributes) => reply.ioctl(0, &attributes.0.to_ne_bytes()),
                None => reply.error(Errno::ENOTTY),
            });
        });
    }

    fn lseek(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        let wanted = match whence {
            SEEK_DATA => Seek::Data,
            SEEK_HOLE => Seek::Hole,
            _ => return reply.error(Errno::EINVAL),
        };
        let Ok(offset) = u64::try_from(offset) else { return reply.error(Errno::ENXIO) };
        self.0.ask(move |view: &View<'_>| {
            answer!(view.seek(number.0, offset, wanted), reply, found => {
                match i64::try_from(found) {
                    Ok(found) => reply.offset(found),
                    Err(_) => reply.error(Errno::EOVERFLOW),
                }
            });
        });
    }
}

/// Answers with bytes, or how many they are where that was the question.
fn value(bytes: &[u8], size: u32, reply: ReplyXattr) {
    match u32::try_from(bytes.len()) {
        Ok(length) if size == 0 => reply.size(length),
        Ok(length) if length <= size => reply.data(bytes),
        _ => reply.error(Errno::ERANGE),
    }
}
