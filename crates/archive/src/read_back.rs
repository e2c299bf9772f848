//! What the checks of archives of all formats that were just written have alike.

use std::io::{self, Read};

use holdall_tree::{Context, Counter, Result as TreeResult};

use crate::error::Error;
use crate::write::{Hashing, Stored};

const PIECE_BYTES: usize = 128 << 10;

/// Reads a content to its end; `unread` says of what the error is.
pub(crate) fn hash(
    ctx: &Context<'_>,
    mut content: impl Read,
    mut hashing: Hashing,
    unread: impl FnOnce(io::Error) -> Error,
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
            Err(source) => return Err(unread(source).into()),
        }
    }
}
