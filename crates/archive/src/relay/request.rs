//! What a parser is asked.

use holdall_codec::Compression;
use holdall_tree::{Limits, RelPath};

use super::wire::{Put, Take};
use crate::rules::{Bounds, Odd, Terms, Trust};

/// What a parser is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To read a compressed stream from its beginning to its end, and to give what it holds.
    Unpack {
        /// The format of the stream.
        format: Compression,
        /// The memory that the stream may want, in bytes.
        memory_max: u64,
    },
    /// To read an archive, and to give what it holds.
    Open {
        /// How many bytes it has.
        length: u64,
        /// How it is judged.
        terms: Terms,
        /// How large it may be.
        limits: Limits,
        /// What to do with what is encrypted in it.
        encrypted: Encrypted,
    },
    /// To give the content of one file.
    Content {
        /// How many bytes the archive has.
        length: u64,
        /// Where it lies, as the parser said when the archive was read.
        place: Vec<u8>,
        /// The file, for messages.
        path: RelPath,
    },
    /// To give all contents that are packed as one.
    Folder {
        /// How many bytes the archive has.
        length: u64,
        /// How they are packed, as the parser said when the archive was read.
        folder: Vec<u8>,
    },
}

/// What a parser does with what is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encrypted {
    /// If something is, it says what must be opened before the archive can be read, and nothing else.
    Asks,
    /// It cannot be opened.
    Shut,
    /// What was said is open, and [seen](super::Seen) behind the archive.
    Open,
}

impl Request {
    /// How many bytes can be read; of a stream it is not known.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Unpack { .. } => u64::MAX,
            Self::Open { length, .. }
            | Self::Content { length, .. }
            | Self::Folder { length, .. } => *length,
        }
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut put = Put::default();
        match self {
            Self::Unpack { format, memory_max } => {
                put.u8(0);
                put.bytes(format.name().as_bytes());
                put.u64(*memory_max);
            }
            Self::Open { length, terms, limits, encrypted } => {
                put.u8(1);
                put.u64(*length);
                put_terms(&mut put, terms);
                put.u64(limits.entries_max);
                put.u64(limits.bytes_max);
                put.size(limits.depth_max);
                put.size(limits.path_bytes_max);
                put.size(limits.dir_entries_max);
                put.u8(match encrypted {
                    Encrypted::Asks => 0,
                    Encrypted::Shut => 1,
                    Encrypted::Open => 2,
                });
            }
            Self::Content { length, place, path } => {
                put.u8(2);
                put.u64(*length);
                put.bytes(place);
                put.bytes(path.as_bytes());
            }
            Self::Folder { length, folder } => {
                put.u8(3);
                put.u64(*length);
                put.bytes(folder);
            }
        }
        put.0
    }

    /// Of bytes; `None` if they are no request.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut take = Take(bytes);
        let request = match take.u8()? {
            0 => {
                let format = Compression::parse(std::str::from_utf8(take.bytes()?).ok()?)?;
                Self::Unpack { format, memory_max: take.u64()? }
            }
            1 => Self::Open {
                length: take.u64()?,
                terms: take_terms(&mut take)?,
                limits: Limits {
                    entries_max: take.u64()?,
                    bytes_max: take.u64()?,
                    depth_max: take.size()?,
                    path_bytes_max: take.size()?,
                    dir_entries_max: take.size()?,
                },
                encrypted: match take.u8()? {
                    0 => Encrypted::Asks,
                    1 => Encrypted::Shut,
                    2 => Encrypted::Open,
                    _ => return None,
                },
            },
            2 => Self::Content {
                length: take.u64()?,
                place: take.bytes()?.to_vec(),
                path: RelPath::parse(take.bytes()?).ok()?,
            },
            3 => Self::Folder { length: take.u64()?, folder: take.bytes()?.to_vec() },
            _ => return None,
        };
        take.end().map(|()| request)
    }
}

fn put_terms(put: &mut Put, terms: &Terms) {
    put.u8((terms.trust == Trust::Own).into());
    put.u8((terms.odd == Odd::Refuse).into());
    let Bounds { entries, bytes, file_bytes, depth, path_bytes, target_bytes, ratio } =
        terms.bounds;
    [entries, bytes, file_bytes, ratio].into_iter().for_each(|number| put.u64(number));
    [depth, path_bytes, target_bytes].into_iter().for_each(|number| put.size(number));
}

fn take_terms(take: &mut Take<'_>) -> Option<Terms> {
    let trust = if take.u8()? == 1 { Trust::Own } else { Trust::Nothing };
    let odd = if take.u8()? == 1 { Odd::Refuse } else { Odd::Take };
    let (entries, bytes) = (take.u64()?, take.u64()?);
    let (file_bytes, ratio) = (take.u64()?, take.u64()?);
    let (depth, path_bytes, target_bytes) = (take.size()?, take.size()?, take.size()?);
    let bounds = Bounds { entries, bytes, file_bytes, depth, path_bytes, target_bytes, ratio };
    Some(Terms { trust, odd, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_from_its_bytes_and_from_no_others() {
        let terms = Terms { trust: Trust::Own, odd: Odd::Refuse, ..Terms::default() };
        let path = RelPath::parse("a/b").unwrap();
        let limits = Limits::default();
        let open = |encrypted| Request::Open { length: 9, terms, limits, encrypted };
        for request in [
            Request::Unpack { format: Compression::Xz, memory_max: 7 },
            open(Encrypted::Asks),
            open(Encrypted::Shut),
            open(Encrypted::Open),
            Request::Content { length: u64::MAX, place: b"there".to_vec(), path },
            Request::Folder { length: 8, folder: b"all".to_vec() },
        ] {
            let bytes = request.to_bytes();
            assert_eq!(Request::of_bytes(&bytes), Some(request));
            for cut in 0..bytes.len() {
                assert_eq!(Request::of_bytes(&bytes[..cut]), None);
            }
            assert_eq!(Request::of_bytes(&[&bytes[..], b"x"].concat()), None);
        }
    }
}
