//! What the checks of archives of all formats that were just written have alike.

use std::io::{self, Read};

use holdall_tree::{Context, Counter, RelPath, Result as TreeResult};

use crate::error::Error;
use crate::write::{Hashing, Stored};

const PIECE_BYTES: usize = 128 << 10;

/// Reads a content to its end.
pub(crate) fn hash(
    ctx: &Context<'_>,
    path: &RelPath,
    mut content: impl Read,
    mut hashing: Hashing,
) -> TreeResult<Stored> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        ctx.check()?;
        match content.read(&mut piece) {
            Ok(0) => return Ok(hashing.finish()),
            Ok(read) => {
                hashing.update(piece.get(..read).unwrap_or_default());
                ctx.observer.count(Counter::Bytes, read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Content { path: path.clone(), source }.into()),
        }
    }
}
