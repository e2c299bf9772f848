//! Contents that a parser out of reach unpacks together.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use holdall_tree::Result as TreeResult;

use super::asking::wrong;
use super::record::Solid;
use super::request::Request;
use super::seen::Seen;
use super::tree::Parser;
use crate::bytes::Bytes;
use crate::sevenz::{Placed, Plain, Stream, Sum, Unpack};

pub(super) const ONE_PLACE: &str = "says that two files lie in one place";

/// What is packed together, each by what the parser wants to be told of it.
#[derive(Debug, Default)]
pub(super) struct Folders {
    /// Their numbers, and how many bytes come of each.
    known: HashMap<Vec<u8>, (usize, u64)>,
    /// In the order of their numbers.
    told: Vec<Vec<u8>>,
}

impl Folders {
    /// Where a content of this size lies, and how many bytes come of its folder if that was not known.
    pub(super) fn hold(&mut self, size: u64, solid: Solid) -> TreeResult<(Placed, u64)> {
        let Solid { folder: told, folder_bytes, at, crc, last, number } = solid;
        let (folder, bytes, more) = match self.known.get(&told) {
            Some((folder, bytes)) => (*folder, *bytes, 0),
            None => {
                let folder = self.told.len();
                self.known.insert(told.clone(), (folder, folder_bytes));
                self.told.push(told);
                (folder, folder_bytes, folder_bytes)
            }
        };
        let inside = at.checked_add(size).is_some_and(|end| end <= bytes);
        if bytes != folder_bytes || !inside {
            return Err(wrong("says that a file lies where nothing is unpacked"));
        }
        let stream = Stream { folder, at, last, plain_at: 0 };
        Ok((Placed { number, sum: Sum { size, crc }, stream: Some(stream) }, more))
    }
}

/// Lays all contents one behind the other, as they will be unpacked. None may overlap another one, which would be a bomb of
/// no bytes.
pub(super) fn lay_out(mut places: Vec<&mut Placed>) -> TreeResult<()> {
    places.sort_by_key(|place| place.order());
    let (mut plain_at, mut end) = (0, (0, 0));
    for place in places {
        let Some(stream) = &mut place.stream else { continue };
        if end > (stream.folder, stream.at) {
            return Err(wrong(ONE_PLACE));
        }
        end = (stream.folder, stream.at.saturating_add(place.sum.size));
        stream.plain_at = plain_at;
        plain_at = plain_at.saturating_add(place.sum.size);
    }
    Ok(())
}

/// What is packed together, where only the parser can unpack it.
pub(super) struct There<A, P> {
    pub(super) bytes: A,
    pub(super) parser: Arc<P>,
    pub(super) folders: Folders,
}

impl<A, P> There<A, P> {
    pub(super) fn is_empty(&self) -> bool {
        self.folders.told.is_empty()
    }
}

impl<A: Bytes + Clone, P: Parser<A>> Unpack for There<A, P> {
    fn unpack(&self, folder: usize) -> io::Result<Plain> {
        let folder = self.folders.told.get(folder).ok_or(io::ErrorKind::NotFound)?;
        let request = Request::Folder { length: self.bytes.length(), folder: folder.clone() };
        self.parser.ask(&request, Seen::shut(self.bytes.clone()))
    }

    fn at(&self, _: usize) -> u64 {
        0
    }
}
