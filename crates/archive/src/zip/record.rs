//! One entry of the directory.

use holdall_codec::zip_aes::MORE_BYTES;
use holdall_tree::{Kind, Metadata, Timestamp};

use super::extra::{Aes, Extra};
use super::{
    FLAG_ENCRYPTED, FLAG_UTF8, FLAGS_ENCRYPTED, Fields, METHOD_AES, METHOD_DEFLATED, METHOD_STORED,
    time,
};
use crate::error::Fault;

/// The part of an entry of the directory that always has the same length.
pub(super) const RECORD_BYTES: usize = 46;
const HOST_UNIX: u16 = 3;
const HOST_DARWIN: u16 = 19;
/// Systems on which a backslash stands between names.
const HOSTS_BACKSLASH: [u16; 4] = [0, 6, 10, 11];

/// What the directory says of an entry, as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: Vec<u8>,
    pub(super) host: u16,
    pub(super) flags: u16,
    /// How the content is stored, before it is encrypted.
    pub(super) method: u16,
    pub(super) aes: Option<Aes>,
    pub(super) crc: u32,
    pub(super) stored: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    /// Mode with the kind of file, if it was made on a Unix.
    mode: u32,
    mtime: Option<Timestamp>,
    owner: Option<(u64, u64)>,
}

/// The lengths of what follows the part of fixed length.
pub(super) fn lengths(fixed: &[u8]) -> Option<[usize; 3]> {
    let mut fields = Fields(fixed.get(28..)?);
    Some([fields.u16()?.into(), fields.u16()?.into(), fields.u16()?.into()])
}

impl Record {
    /// Takes the part of fixed length, the name, and the extra fields.
    pub(super) fn parse(fixed: &[u8], name: &[u8], extra: &[u8]) -> Result<Self, Fault> {
        let record = Self::fixed(fixed, name).ok_or(Fault::Truncated)?;
        let (mut record, disk) = record;
        let extra = Extra::parse(extra)?;
        record.widen(&extra, disk)?;
        if extra.name.is_some_and(|twice| twice != name) {
            return Err(Fault::ZipMismatch { what: "the name in two encodings" });
        }
        record.mtime = extra.mtime.or(record.mtime);
        record.owner = extra.owner;
        record.decrypt(&extra)?;
        if record.flags & FLAG_UTF8 != 0 && std::str::from_utf8(name).is_err() {
            return Err(Fault::NameEncoding);
        }
        match record.method {
            METHOD_STORED if record.content_stored() != Some(record.size) => Err(Fault::Size),
            METHOD_DEFLATED if record.content_stored().is_none() => Err(Fault::Size),
            METHOD_STORED | METHOD_DEFLATED => Ok(record),
            method => Err(Fault::ZipMethod { method }),
        }
    }

    fn fixed(fixed: &[u8], name: &[u8]) -> Option<(Self, u16)> {
        let mut fields = Fields(fixed.get(4..)?);
        let host = fields.u16()? >> 8;
        fields.u16()?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        let mtime = time::of_dos(fields.u16()?, fields.u16()?);
        let crc = fields.u32()?;
        let (stored, size) = (fields.u32()?.into(), fields.u32()?.into());
        fields.bytes(6)?;
        let disk = fields.u16()?;
        fields.u16()?;
        let attributes = fields.u32()?;
        let offset = fields.u32()?.into();
        let is_unix = matches!(host, HOST_UNIX | HOST_DARWIN);
        let mode = if is_unix { attributes >> 16 } else { 0 };
        let name = name.to_vec();
        let (owner, aes) = (None, None);
        let record =
            Self { name, host, flags, method, aes, crc, stored, size, offset, mode, mtime, owner };
        Some((record, disk))
    }

    /// Puts what is too large for 32 bits in its place. Just that must be there.
    fn widen(&mut self, extra: &Extra<'_>, disk: u16) -> Result<(), Fault> {
        let mut fields = Fields(extra.wide.unwrap_or_default());
        for number in [&mut self.size, &mut self.stored, &mut self.offset] {
            if *number == 0xffff_ffff && extra.wide.is_some() {
                *number = fields.u64().ok_or(Fault::ZipExtra)?;
            }
        }
        let disk = if disk == 0xffff { fields.u32().ok_or(Fault::ZipExtra)? } else { disk.into() };
        match (disk, fields.0) {
            (0, []) => Ok(()),
            (0, _) => Err(Fault::ZipExtra),
            _ => Err(Fault::ZipEnd { why: "it is one of several volumes" }),
        }
    }

    /// Sees how it is encrypted, if it is.
    fn decrypt(&mut self, extra: &Extra<'_>) -> Result<(), Fault> {
        match (self.flags & FLAGS_ENCRYPTED, self.method, extra.aes) {
            (0, METHOD_AES, _) | (0, _, Some(_)) => {
                Err(Fault::ZipMismatch { what: "whether it is encrypted" })
            }
            (0, _, None) => Ok(()),
            (FLAG_ENCRYPTED, METHOD_AES, Some(aes)) => {
                // Of what is encrypted the sum would tell something.
                if !aes.has_sum && self.crc != 0 {
                    return Err(Fault::ZipMismatch { what: "its sum, which must not be given" });
                }
                (self.method, self.aes) = (aes.method, Some(aes));
                Ok(())
            }
            (FLAG_ENCRYPTED, ..) => Err(Fault::ZipEncrypted {
                how: "with ZipCrypto, which is broken: anybody can read and change it",
            }),
            _ => {
                Err(Fault::ZipEncrypted { how: "with certificates or strong encryption of PKWARE" })
            }
        }
    }

    /// How many bytes of content are stored, without what encryption puts around them.
    pub(super) fn content_stored(&self) -> Option<u64> {
        match self.aes {
            Some(_) => self.stored.checked_sub(MORE_BYTES),
            None => Some(self.stored),
        }
    }

    /// The name with slashes between its parts.
    pub(super) fn path(&self) -> Vec<u8> {
        let mut path = self.name.clone();
        if HOSTS_BACKSLASH.contains(&self.host) {
            path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
        }
        path
    }

    /// What it is; a symbolic link without its target.
    pub(super) fn kind(&self) -> Result<Kind, Fault> {
        let is_dir = self.path().ends_with(b"/");
        match self.mode & 0o170_000 {
            0o040_000 if !is_dir => Err(Fault::ZipMismatch { what: "whether it is a directory" }),
            0 | 0o040_000 if is_dir && self.size > 0 => Err(Fault::Size),
            0 | 0o040_000 if is_dir => Ok(Kind::Directory),
            0 | 0o100_000 => Ok(Kind::File { size: self.size }),
            0o120_000 => Ok(Kind::Symlink { target: Vec::new() }),
            other => Err(Fault::Type { what: format!("of the kind {other:o}") }),
        }
    }

    pub(super) fn meta(&self) -> Metadata {
        let id = |id: Option<u64>| id.and_then(|id| u32::try_from(id).ok());
        Metadata {
            mode: (self.mode != 0).then_some(self.mode & 0o7777),
            uid: id(self.owner.map(|(uid, _)| uid)),
            gid: id(self.owner.map(|(_, gid)| gid)),
            mtime: self.mtime,
            ..Metadata::default()
        }
    }
}
