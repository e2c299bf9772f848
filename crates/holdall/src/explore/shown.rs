//! The bytes of a file as a person sees them: text, whatever its encoding, or what is no text.

use std::borrow::Cow;
use std::io::Read;

use holdall_dump::{Carry, Charset, Form, WHOLE_MAX};
use holdall_tree::{Context, Entry, Tree};

use crate::error::{Error, Result};

/// Bytes by which it is told whether a large file is text.
const SAMPLE: usize = 1 << 16;

/// What a file shows.
pub(super) enum Shown<'b> {
    /// Text; odd bytes may be among it.
    Text(Cow<'b, [u8]>),
    /// No text.
    Binary(&'b [u8]),
}

impl<'b> Shown<'b> {
    /// What all bytes of a file show, or a part of a large one.
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        if memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok() {
            return Self::Text(Cow::Borrowed(bytes));
        }
        if bytes.len() > WHOLE_MAX {
            return Self::of_sample(bytes);
        }
        let carry = Carry::of(bytes);
        match (carry.form, carry.charset) {
            (Form::Base64, _) => Self::Binary(bytes),
            (Form::Text, charset) if charset != Charset::Utf8 => {
                Self::Text(Cow::Owned(carry.text(bytes).into_bytes()))
            }
            _ => Self::Text(Cow::Borrowed(bytes)),
        }
    }

    /// What a part of a file shows that is too large to be tried in other encodings.
    pub(super) fn of_sample(bytes: &'b [u8]) -> Self {
        let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
        if memchr::memchr(0, sample).is_some() {
            Self::Binary(bytes)
        } else {
            Self::Text(Cow::Borrowed(bytes))
        }
    }
}

/// What was read of a file at once.
pub(super) enum Taken<'t, 'b> {
    /// All of it.
    Whole(Cow<'b, [u8]>),
    /// The beginning of it, which is longer than `WHOLE_MAX`, and the rest.
    Begun(&'b mut Vec<u8>, Box<dyn Read + Send + 't>),
}

/// Reads a file, into `buffer` unless it is in memory already; of a large one the beginning.
pub(super) fn take<'t: 'b, 'b>(
    ctx: &Context<'_>,
    tree: &'t dyn Tree,
    entry: &Entry,
    buffer: &'b mut Vec<u8>,
) -> Result<Taken<'t, 'b>> {
    let content = tree.open(entry)?;
    if let holdall_tree::Content::Bytes(bytes) = content {
        return Ok(Taken::Whole(bytes));
    }
    let mut read = content.into_read();
    buffer.clear();
    if fill(ctx, entry, &mut *read, buffer, WHOLE_MAX + 1)? {
        Ok(Taken::Begun(buffer, read))
    } else {
        Ok(Taken::Whole(Cow::Borrowed(buffer)))
    }
}

/// Reads until `buffer` is so long; false if the file ended before.
pub(super) fn fill(
    ctx: &Context<'_>,
    entry: &Entry,
    read: &mut dyn Read,
    buffer: &mut Vec<u8>,
    length: usize,
) -> Result<bool> {
    const PIECE: u64 = 1 << 18;
    let unread = |source| Error::Read { path: entry.path.clone(), source };
    while buffer.len() < length {
        ctx.check()?;
        let wanted = PIECE.min((length - buffer.len()) as u64);
        if read.take(wanted).read_to_end(buffer).map_err(unread)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
