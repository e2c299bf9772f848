//! Patches in the format of git, which `git apply` takes: from pairs of contents, without a repository.
//!
//! The format is that of `git help diff-generate-patch`. IDs are always written whole, because `git apply` wants it of
//! binary files. Text is what has no NUL in its first 8000 bytes, as git has it.

mod binary;
mod hunks;
mod quote;

use std::io::{self, Write};

use holdall_tree::RelPath;

use crate::object::Mode;
use crate::rename::likeness;
use quote::quoted;

/// How much of a file is looked at to tell whether it is text, in bytes.
const LOOKED_AT_BYTES: usize = 8000;

/// One side of a change.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Where the file is.
    pub path: &'a RelPath,
    /// Its mode.
    pub mode: Mode,
    /// The ID of the blob in hexadecimal, which [`blob_id`] tells.
    pub id: &'a str,
    /// The content: of a symbolic link its target, of a submodule `Subproject commit ID` and a line end.
    pub content: &'a [u8],
}

/// The ID that git gives to this content in a repository with SHA-1, in hexadecimal.
///
/// # Errors
/// If the content is one of a known attack on SHA-1.
pub fn blob_id(content: &[u8]) -> io::Result<String> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, content)
        .map(|id| id.to_string())
        .map_err(io::Error::other)
}

/// Writes the part of a patch that turns `old` into `new`: a new file if `old` is `None`, one that is gone if `new` is,
/// a renamed one if the paths differ. Nothing is written for what does not differ.
///
/// Parts can be written one after another in any order that names each path on each side once.
///
/// # Errors
/// What writing to `out` says.
pub fn write(out: &mut dyn Write, old: Option<Side<'_>>, new: Option<Side<'_>>) -> io::Result<()> {
    match (old, new) {
        (None, None) => Ok(()),
        (Some(old), Some(new)) if !old.mode.same_type(new.mode) => {
            delete(out, old)?;
            create(out, new)
        }
        (Some(old), Some(new)) => change(out, old, new),
        (Some(old), None) => delete(out, old),
        (None, Some(new)) => create(out, new),
    }
}

fn create(out: &mut dyn Write, new: Side<'_>) -> io::Result<()> {
    header(out, new.path, new.path)?;
    writeln!(out, "new file mode {}", new.mode.octal())?;
    writeln!(out, "index {}..{}", no_id(new.id), new.id)?;
    body(out, None, Some(new))
}

fn delete(out: &mut dyn Write, old: Side<'_>) -> io::Result<()> {
    header(out, old.path, old.path)?;
    writeln!(out, "deleted file mode {}", old.mode.octal())?;
    writeln!(out, "index {}..{}", old.id, no_id(old.id))?;
    body(out, Some(old), None)
}

fn change(out: &mut dyn Write, old: Side<'_>, new: Side<'_>) -> io::Result<()> {
    let (moved, same) = (old.path != new.path, old.content == new.content);
    if !moved && same && old.mode == new.mode {
        return Ok(());
    }
    header(out, old.path, new.path)?;
    if old.mode != new.mode {
        writeln!(out, "old mode {}\nnew mode {}", old.mode.octal(), new.mode.octal())?;
    }
    if moved {
        writeln!(out, "similarity index {}%", likeness(old.content, new.content))?;
        for (word, side) in [("from", old), ("to", new)] {
            out.write_all(format!("rename {word} ").as_bytes())?;
            out.write_all(&quoted(b"", side.path))?;
            out.write_all(b"\n")?;
        }
    }
    if same {
        return Ok(());
    }
    write!(out, "index {}..{}", old.id, new.id)?;
    if old.mode == new.mode {
        write!(out, " {}", old.mode.octal())?;
    }
    writeln!(out)?;
    body(out, Some(old), Some(new))
}

fn header(out: &mut dyn Write, old: &RelPath, new: &RelPath) -> io::Result<()> {
    out.write_all(b"diff --git ")?;
    out.write_all(&quoted(b"a/", old))?;
    out.write_all(b" ")?;
    out.write_all(&quoted(b"b/", new))?;
    out.write_all(b"\n")
}

fn body(out: &mut dyn Write, old: Option<Side<'_>>, new: Option<Side<'_>>) -> io::Result<()> {
    let (before, after) = (content(old), content(new));
    if is_binary(before) || is_binary(after) {
        return binary::write(out, before, after);
    }
    if before.is_empty() && after.is_empty() {
        return Ok(());
    }
    for (mark, prefix, side) in [("---", b"a/", old), ("+++", b"b/", new)] {
        let name = side.map_or_else(|| b"/dev/null".to_vec(), |side| quoted(prefix, side.path));
        out.write_all(mark.as_bytes())?;
        out.write_all(b" ")?;
        out.write_all(&name)?;
        out.write_all(b"\n")?;
    }
    hunks::write(out, before, after)
}

fn content<'a>(side: Option<Side<'a>>) -> &'a [u8] {
    side.map(|side| side.content).unwrap_or_default()
}

/// Whether git would take this for binary.
fn is_binary(content: &[u8]) -> bool {
    content.iter().take(LOOKED_AT_BYTES).any(|byte| *byte == 0)
}

/// The ID that stands for nothing, as long as this one.
fn no_id(id: &str) -> String {
    "0".repeat(id.len())
}
