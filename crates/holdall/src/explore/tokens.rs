//! Counting the tokens of every file of a tree, as a dump of it would.

use std::ops::ControlFlow;

use holdall_dump::{Carry, Charset, Form};
use holdall_insight::tokens::{Encoding, TokenCounter};
use holdall_tree::{Context, Tree};

use super::outline::{Node, Outline};
use super::shown::{self, Taken};
use super::sweep::sweep;
use crate::error::Result;

/// Bytes of a large file that are counted at a time.
const PIECE: usize = 1 << 18;

/// Counts the tokens of each file, by all workers, and hands them on in canonical order, some files at a time. What
/// cannot be read, and what is large and no text, has none.
///
/// # Errors
/// If somebody interrupts.
pub fn count(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    outline: &Outline,
    encoding: Encoding,
    emit: &mut (dyn FnMut(Vec<(Node, u64)>) + Send),
) -> Result<()> {
    let look = |node, buffer: &mut Vec<u8>| of_file(ctx, tree, outline, node, encoding, buffer);
    sweep(ctx, outline, &look, &mut |counted| {
        emit(
            counted.into_iter().map(|(node, tokens)| (node, tokens.unwrap_or_default())).collect(),
        );
        ControlFlow::Continue(())
    })
}

fn of_file(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    outline: &Outline,
    node: Node,
    encoding: Encoding,
    buffer: &mut Vec<u8>,
) -> Option<u64> {
    let entry = outline.entry(node);
    match shown::take(ctx, tree, &entry, buffer).ok()? {
        Taken::Whole(bytes) => {
            let carry = Carry::of(&bytes);
            if carry.form == Form::Text && carry.charset == Charset::Utf8 {
                return std::str::from_utf8(&bytes).ok().map(|text| encoding.count(text));
            }
            Some(encoding.count(&carry.text(&bytes)))
        }
        Taken::Begun(piece, mut read) => {
            let mut counter = TokenCounter::new(encoding);
            loop {
                if memchr::memchr(0, piece).is_some() {
                    return None;
                }
                counter.update(piece);
                piece.clear();
                shown::fill(ctx, &entry, &mut *read, piece, PIECE).ok()?;
                if piece.is_empty() {
                    return counter.finish();
                }
            }
        }
    }
}
