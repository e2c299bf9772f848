//! What a zip says of an entry while it is written: the header before it, and its place in the directory.

use holdall_tree::{Entry, Kind, Timestamp};

use super::{
    CENTRAL, DESCRIPTOR, FLAG_DESCRIPTOR, FLAG_UTF8, LOCAL, METHOD_AES, METHOD_STORED, time,
};
use crate::write::{WriteOptions, mode};

/// Written by a Unix, in version 4.5 of the format.
pub(super) const MADE_BY: u16 = 3 << 8 | 45;

/// What header and directory say of an entry.
pub(super) struct Head {
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u32,
    pub(super) mode: u32,
    pub(super) crc: u32,
    pub(super) stored: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) wide: bool,
}

impl Head {
    /// Of an entry whose content is not known yet.
    pub(super) fn new(entry: &Entry, options: &WriteOptions) -> Self {
        let mut name = entry.path.as_bytes().to_vec();
        if entry.is_dir() {
            name.push(b'/');
        }
        let utf8 = !name.is_ascii() && std::str::from_utf8(&name).is_ok();
        let time = options.reproducible.or(entry.meta.mtime);
        let kind = match entry.kind {
            Kind::Directory => 0o040_000,
            Kind::Symlink { .. } => 0o120_000,
            _ => 0o100_000,
        };
        Self {
            name,
            extra: extra(entry, time, options),
            flags: if utf8 { FLAG_UTF8 } else { 0 },
            method: METHOD_STORED,
            time: time.map_or(0, time::to_dos),
            mode: kind | mode(entry, options),
            crc: 0,
            stored: 0,
            size: 0,
            offset: 0,
            wide: false,
        }
    }

    /// The header before the content.
    pub(super) fn local(&self) -> Vec<u8> {
        let later = self.flags & FLAG_DESCRIPTOR != 0;
        let mut bytes = LOCAL.to_vec();
        self.common(&mut bytes, later);
        let mut extra = self.extra.clone();
        if self.wide {
            extra.extend_from_slice(&[1, 0, 16, 0]);
            extra.extend_from_slice(&[0; 16]);
        }
        bytes.extend_from_slice(&low16(self.name.len()));
        bytes.extend_from_slice(&low16(extra.len()));
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&extra);
        bytes
    }

    /// Adds the entry to the directory.
    pub(super) fn list(&self, out: &mut Vec<u8>) {
        let mut wide = Vec::new();
        for number in [self.size, self.stored, self.offset] {
            if number >= 0xffff_ffff {
                wide.extend_from_slice(&number.to_le_bytes());
            }
        }
        let mut extra = self.extra.clone();
        if !wide.is_empty() {
            extra.extend_from_slice(&[1, 0]);
            extra.extend_from_slice(&low16(wide.len()));
            extra.extend_from_slice(&wide);
        }
        out.extend_from_slice(CENTRAL);
        out.extend_from_slice(&MADE_BY.to_le_bytes());
        self.common(out, false);
        out.extend_from_slice(&low16(self.name.len()));
        out.extend_from_slice(&low16(extra.len()));
        // No comment, the first volume, no internal attributes.
        out.extend_from_slice(&[0; 6]);
        let is_dir = u32::from(self.name.ends_with(b"/")) << 4;
        out.extend_from_slice(&(self.mode << 16 | is_dir).to_le_bytes());
        out.extend_from_slice(&low32(self.offset));
        out.extend_from_slice(&self.name);
        out.extend_from_slice(&extra);
    }

    /// What stands behind a content whose sum and sizes were not known before it.
    pub(super) fn descriptor(&self) -> Vec<u8> {
        let mut block = DESCRIPTOR.to_vec();
        block.extend_from_slice(&self.crc.to_le_bytes());
        for number in [self.stored, self.size] {
            let bytes = number.to_le_bytes();
            let length = if self.wide { 8 } else { 4 };
            block.extend_from_slice(bytes.get(..length).unwrap_or_default());
        }
        block
    }

    /// What header and directory have alike, from the version on that is needed to the sizes.
    fn common(&self, out: &mut Vec<u8>, later: bool) {
        let wide =
            self.wide || [self.size, self.stored, self.offset].iter().any(|n| *n >= 0xffff_ffff);
        let version: u16 = match (self.method, wide) {
            (METHOD_AES, _) => 51,
            (_, true) => 45,
            (_, false) => 20,
        };
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.method.to_le_bytes());
        out.extend_from_slice(&self.time.to_le_bytes());
        if later {
            let size = if self.wide { [0xff; 4] } else { [0; 4] };
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&size);
            out.extend_from_slice(&size);
        } else {
            out.extend_from_slice(&self.crc.to_le_bytes());
            out.extend_from_slice(&low32(self.stored));
            out.extend_from_slice(&low32(self.size));
        }
    }
}

/// A number of 32 bits, or the one that says that it is elsewhere.
pub(super) fn low32(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// A length that was checked to fit.
fn low16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

/// The time in seconds of 1970, and the owner.
fn extra(entry: &Entry, time: Option<Timestamp>, options: &WriteOptions) -> Vec<u8> {
    let mut extra = Vec::new();
    if let Some(secs) = time.and_then(|time| i32::try_from(time.secs).ok()) {
        extra.extend_from_slice(&[0x55, 0x54, 5, 0, 1]);
        extra.extend_from_slice(&secs.to_le_bytes());
    }
    if let (None, Some(uid), Some(gid)) = (options.reproducible, entry.meta.uid, entry.meta.gid) {
        extra.extend_from_slice(&[0x75, 0x78, 11, 0, 1, 4]);
        extra.extend_from_slice(&uid.to_le_bytes());
        extra.push(4);
        extra.extend_from_slice(&gid.to_le_bytes());
    }
    extra
}
