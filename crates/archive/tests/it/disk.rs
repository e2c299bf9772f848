//! A directory as a tree, in the plainest way: forms do not know each other, not even in tests.

use std::fs::{self, File, Metadata as Stat};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::PathBuf;

use holdall_tree::{
    Content, Context, Entry, Extent, HardLink, Kind, Metadata, Name, ReadAt, RelPath, Result,
    Timestamp, Tree, Xattr,
};
use rustix::fs::SeekFrom;

pub(crate) struct DiskTree(pub(crate) PathBuf);

impl DiskTree {
    fn entry(&self, path: RelPath) -> Entry {
        let place = self.0.join(path.as_path());
        let stat = fs::symlink_metadata(&place).unwrap();
        let kind = stat.file_type();
        let kind = match () {
            () if kind.is_dir() => Kind::Directory,
            () if kind.is_symlink() => Kind::Symlink {
                target: fs::read_link(&place).unwrap().as_os_str().as_bytes().into(),
            },
            () if kind.is_fifo() => Kind::Fifo,
            () if kind.is_socket() => Kind::Socket,
            () if kind.is_char_device() => Kind::CharDevice { rdev: stat.rdev() },
            () if kind.is_block_device() => Kind::BlockDevice { rdev: stat.rdev() },
            () => Kind::File { size: stat.len() },
        };
        let meta = self.meta(&path, &stat);
        Entry { path, kind, meta }
    }

    fn meta(&self, path: &RelPath, stat: &Stat) -> Metadata {
        let place = self.0.join(path.as_path());
        let linked = stat.nlink() > 1 && !stat.is_dir();
        let xattrs = xattrs(&place);
        Metadata {
            mode: Some(stat.mode() & 0o7777),
            uid: Some(stat.uid()),
            gid: Some(stat.gid()),
            mtime: Some(Timestamp {
                secs: stat.mtime(),
                nanos: u32::try_from(stat.mtime_nsec()).unwrap(),
            }),
            hard_link: linked.then(|| HardLink {
                device: stat.dev(),
                inode: stat.ino(),
                links: stat.nlink(),
            }),
            xattrs: (!xattrs.is_empty()).then_some(xattrs),
            extents: (stat.is_file() && stat.blocks() * 512 < stat.len()).then(|| extents(&place)),
            ..Metadata::default()
        }
    }
}

fn xattrs(place: &std::path::Path) -> Vec<Xattr> {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(place, &mut names).unwrap_or_default();
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let mut found: Vec<Xattr> = names
        .map(|name| {
            let mut value = vec![0; 1 << 16];
            let length = rustix::fs::lgetxattr(place, name, &mut value).unwrap();
            Xattr { name: name.to_vec(), value: value[..length].to_vec() }
        })
        .collect();
    found.sort();
    found
}

fn extents(place: &std::path::Path) -> Vec<Extent> {
    let file = File::open(place).unwrap();
    let mut found = Vec::new();
    let mut at = 0;
    while let Ok(offset) = rustix::fs::seek(&file, SeekFrom::Data(at)) {
        let end = rustix::fs::seek(&file, SeekFrom::Hole(offset)).unwrap();
        found.push(Extent { offset, length: end - offset });
        at = end;
    }
    found
}

impl Tree for DiskTree {
    fn root(&self) -> Result<Entry> {
        Ok(self.entry(RelPath::root()))
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        let listed = fs::read_dir(self.0.join(dir.as_path())).unwrap();
        let names = listed.map(|entry| Name::parse(entry.unwrap().file_name().as_bytes()).unwrap());
        let mut entries: Vec<Entry> = names.map(|name| self.entry(dir.join(&name))).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        let file = File::open(self.0.join(file.path.as_path())).unwrap();
        Ok(Content::At(Box::new(OnDisk(file))))
    }
}

struct OnDisk(File);

impl ReadAt for OnDisk {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        FileExt::read_at(&self.0, buffer, offset)
    }
}
