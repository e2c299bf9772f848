//! The headers of an entry, as they are written.

use holdall_tree::{Context, Entry, Kind, RelPath, Timestamp, Xattr};

use super::number::put;
use super::{BLOCK, header, padding};
use crate::device;
use crate::error::Error;
use crate::write::{WriteOptions, mode, problem};

/// The largest time that octal digits hold: in the year 2242.
const OCTAL_TIME_MAX: u64 = 0o77_777_777_777;

/// What an entry has behind its header.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// Nothing.
    Empty,
    /// Nothing: it is another name of an earlier entry.
    LinkTo(&'a RelPath),
    /// So many bytes of a file.
    Data(u64),
    /// A map and the data of a file with holes, `stored` bytes together; the file is `size` bytes long.
    Sparse { stored: u64, size: u64 },
}

/// The header of `entry`, and before it an extended one with what the plain one cannot hold.
pub(super) fn head(
    ctx: &Context<'_>,
    entry: &Entry,
    place: Place<'_>,
    options: &WriteOptions,
) -> Vec<u8> {
    let mut head = Head { block: [0; BLOCK], records: Vec::new() };
    let mut name = below(&entry.path);
    if entry.is_dir() && !entry.path.is_root() {
        name.push(b'/');
    }
    head.names(entry, &name, place);
    head.owner(entry, options);
    head.sizes(place);
    head.times(entry, options);
    let xattrs = entry.meta.xattrs.as_deref().filter(|_| options.reproducible.is_none());
    let fit = head.device(entry) & head.xattrs(xattrs.unwrap_or_default());
    if !fit {
        let what = "a device number or the name of an extended attribute";
        problem(ctx, &entry.path, &Error::Unfit { path: entry.path.clone(), what });
    }
    head.kind(kind(entry, place));
    head.bytes(&name)
}

fn kind(entry: &Entry, place: Place<'_>) -> u8 {
    if let Place::LinkTo(_) = place {
        return b'1';
    }
    match entry.kind {
        Kind::File { .. } | Kind::Socket => b'0',
        Kind::Symlink { .. } => b'2',
        Kind::CharDevice { .. } => b'3',
        Kind::BlockDevice { .. } => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
    }
}

struct Head {
    block: header::Block,
    records: Vec<u8>,
}

impl Head {
    fn set(&mut self, from: usize, bytes: &[u8]) {
        if let Some(place) = self.block.get_mut(from..from + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// Octal digits, or zeros if there is no room for them.
    fn number(&mut self, from: usize, length: usize, number: u64) -> bool {
        let Some(field) = self.block.get_mut(from..from + length) else { return false };
        put(field, number) || !put(field, 0)
    }

    fn names(&mut self, entry: &Entry, name: &[u8], place: Place<'_>) {
        if let Place::Sparse { size, .. } = place {
            self.record(b"GNU.sparse.major", b"1");
            self.record(b"GNU.sparse.minor", b"0");
            self.record(b"GNU.sparse.name", name);
            self.record(b"GNU.sparse.realsize", size.to_string().as_bytes());
        }
        match split(name) {
            Some((prefix, rest)) => {
                self.set(345, prefix);
                self.set(0, rest);
            }
            None => {
                self.set(0, name.get(..100).unwrap_or(name));
                if !matches!(place, Place::Sparse { .. }) {
                    self.record(b"path", name);
                }
            }
        }
        let target = match (place, &entry.kind) {
            (Place::LinkTo(first), _) => below(first),
            (_, Kind::Symlink { target }) => target.clone(),
            _ => Vec::new(),
        };
        self.set(157, target.get(..100).unwrap_or(&target));
        if target.len() > 100 {
            self.record(b"linkpath", &target);
        }
    }

    fn owner(&mut self, entry: &Entry, options: &WriteOptions) {
        self.number(100, 8, u64::from(mode(entry, options)));
        if options.reproducible.is_some() {
            self.number(108, 8, 0);
            self.number(116, 8, 0);
            return;
        }
        let (meta, zero) = (&entry.meta, 0);
        let ids = [(108, &b"uid"[..], meta.uid), (116, b"gid", meta.gid)];
        for (from, key, id) in ids {
            let id = id.unwrap_or(zero);
            if !self.number(from, 8, u64::from(id)) {
                self.record(key, id.to_string().as_bytes());
            }
        }
        let names = [(265, &b"uname"[..], &meta.user), (297, b"gname", &meta.group)];
        for (from, key, name) in names {
            let name = name.as_deref().unwrap_or_default().as_bytes();
            // The last byte of the field is NUL.
            if name.len() < 32 {
                self.set(from, name);
            } else {
                self.record(key, name);
            }
        }
    }

    fn sizes(&mut self, place: Place<'_>) {
        let stored = match place {
            Place::Data(stored) | Place::Sparse { stored, .. } => stored,
            Place::Empty | Place::LinkTo(_) => 0,
        };
        if !self.number(124, 12, stored) {
            self.record(b"size", stored.to_string().as_bytes());
        }
    }

    fn times(&mut self, entry: &Entry, options: &WriteOptions) {
        let mtime = options.reproducible.or(entry.meta.mtime).unwrap_or_default();
        let seconds = u64::try_from(mtime.secs).unwrap_or_default().min(OCTAL_TIME_MAX);
        self.number(136, 12, seconds);
        if mtime.nanos > 0 || i64::try_from(seconds) != Ok(mtime.secs) {
            self.record(b"mtime", time(mtime).as_bytes());
        }
        if options.reproducible.is_none()
            && let Some(atime) = entry.meta.atime
        {
            self.record(b"atime", time(atime).as_bytes());
        }
    }

    fn device(&mut self, entry: &Entry) -> bool {
        let (Kind::CharDevice { rdev } | Kind::BlockDevice { rdev }) = entry.kind else {
            return true;
        };
        let fits = self.number(329, 8, device::major(rdev));
        self.number(337, 8, device::minor(rdev)) && fits
    }

    fn xattrs(&mut self, xattrs: &[Xattr]) -> bool {
        let mut fit = true;
        for Xattr { name, value } in xattrs {
            // The key of a record ends with the first equals sign.
            fit &= !name.contains(&b'=');
            if !name.contains(&b'=') {
                self.record(&[b"SCHILY.xattr.", &name[..]].concat(), value);
            }
        }
        fit
    }

    fn kind(&mut self, kind: u8) {
        self.set(156, &[kind]);
    }

    /// Adds `LENGTH KEY=VALUE`, whose length counts its own digits.
    fn record(&mut self, key: &[u8], value: &[u8]) {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while rest + length.to_string().len() != length {
            length = rest + length.to_string().len();
        }
        self.records.extend_from_slice(format!("{length} ").as_bytes());
        for piece in [key, b"=", value, b"\n"] {
            self.records.extend_from_slice(piece);
        }
    }

    fn bytes(mut self, name: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.records.is_empty() {
            if std::str::from_utf8(&self.records).is_err() {
                // Names, or values of attributes, are bytes and no text.
                let records = std::mem::take(&mut self.records);
                self.record(b"hdrcharset", b"BINARY");
                self.records.extend_from_slice(&records);
            }
            let mut extended = Self { block: [0; BLOCK], records: Vec::new() };
            let name = [b"PaxHeaders/", name].concat();
            extended.set(0, name.get(..99).unwrap_or(&name));
            for (from, length, number) in [(100, 8, 0o644), (108, 8, 0), (116, 8, 0), (136, 12, 0)]
            {
                extended.number(from, length, number);
            }
            extended.number(124, 12, self.records.len() as u64);
            extended.kind(b'x');
            bytes.extend_from_slice(extended.sealed());
            bytes.extend_from_slice(&self.records);
            let zeros = padding(self.records.len() as u64);
            bytes.resize(bytes.len() + usize::try_from(zeros).unwrap_or_default(), 0);
        }
        bytes.extend_from_slice(self.sealed());
        bytes
    }

    /// The block with its magic and its sum.
    fn sealed(&mut self) -> &header::Block {
        self.set(257, b"ustar\x0000");
        let sum = format!("{:06o}\0 ", header::sum(&self.block));
        self.set(148, sum.as_bytes());
        &self.block
    }
}

/// As `tar` writes what it finds in `.`: some programs take `a:` at the beginning of a name for a drive.
fn below(path: &RelPath) -> Vec<u8> {
    [b"./", path.as_bytes()].concat()
}

/// A name as prefix and rest, if it fits so.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= 100 {
        return Some((b"", name));
    }
    let slash =
        (1..name.len()).find(|at| name.get(*at) == Some(&b'/') && name.len() - at <= 101)?;
    let (prefix, rest) = name.split_at_checked(slash)?;
    let rest = rest.get(1..)?;
    (prefix.len() <= 155 && !rest.is_empty()).then_some((prefix, rest))
}

/// Seconds with a fraction.
fn time(time: Timestamp) -> String {
    let (secs, nanos) = (time.secs, time.nanos);
    let (sign, secs, nanos) = match (secs < 0, nanos) {
        (true, 0) => ("-", secs.unsigned_abs(), 0),
        (true, _) => ("-", secs.unsigned_abs() - 1, 1_000_000_000 - nanos),
        (false, _) => ("", secs.unsigned_abs(), nanos),
    };
    if nanos == 0 { format!("{sign}{secs}") } else { format!("{sign}{secs}.{nanos:09}") }
}
