//! Making one directory another while both sides talk to each other: only of files that differ anything is read or
//! travels.
//!
//! Who has the new directory [sends](send), who has the old one [receives](receive). A list comes back first, then the
//! signatures of what was asked for, then the delta goes, and at the end comes one word on how it went.

use std::io::{Read, Write};
use std::path::Path;

use holdall_codec::delta::{DeltaError, Signature};
use holdall_fs::clone::{Record, Row};
use holdall_fs::restore::RestoreReport;
use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_tree::{Context, Entry, Kind, Tree};

use super::apply::{exchange, patched, read_head};
use super::changes::{InOrder, sorted};
use super::make::{self, is_kept};
use super::survey::survey;
use super::{
    Old, Signatures, Travelled, Unchanged, exact, fitting, list, magic, malformed, packed,
    put_length, read_length, read_list, unpacked, written,
};
use crate::error::{Error, Result};
use crate::restore::complete;
use crate::source::Spools;

/// What who sends begins with; the last byte is the version.
const SENDS: &[u8; 8] = b"hdtreew\x01";
/// What who receives begins with; the last byte is the version.
const RECEIVES: &[u8; 8] = b"hdtreer\x01";
/// A file of fewer bytes travels whole: its signature would save too little.
const SIGNED_BYTES_MIN: u64 = 1 << 10;
/// A file that grew to more times its length is not signed ahead.
const GROWTH_MAX: u64 = 16;
/// The longest message of who receives, in bytes.
const WORDS_BYTES_MAX: u64 = 1 << 16;

/// What each message of who receives begins with: how it went so far.
const WELL: u8 = 1;
const FAILED: u8 = 2;

/// Makes the directory of who receives on the other side of `read` and `write` what `tree` is.
///
/// # Errors
/// If something in the tree cannot be read, or the other side cannot do it: then nothing is changed there.
pub fn send(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    read: &mut dyn Read,
    write: &mut dyn Write,
    unchanged: Unchanged,
) -> Result<Travelled> {
    say(write, &mut |out| {
        out.write_all(SENDS).map_err(Error::Output)?;
        out.write_all(&[u8::from(unchanged == Unchanged::Checked)]).map_err(Error::Output)
    })?;
    // While the other side looks at its own.
    let new = sorted(survey(ctx, tree, unchanged.seek())?.rows);
    let mut read = unpacked(read);
    well(&mut read)?;
    magic(&mut read, RECEIVES, "an answer of who receives a delta")?;
    let mut old = Old { record: read_list(&mut read)?, signatures: Default::default() };
    let wanted = wanted(&old.record, &new, unchanged);
    say(write, &mut |out| {
        put_length(out, wanted.len() as u64)?;
        wanted.iter().try_for_each(|at| put_length(out, *at as u64))
    })?;
    // While the other side signs its own.
    let asked = || wanted.iter().filter_map(|at| old.record.rows.get(*at));
    let signed = sign_new(ctx, tree, &new, asked())?;
    well(&mut read)?;
    for row in wanted.iter().filter_map(|at| old.record.rows.get(*at)) {
        let signature = Signature::read(&mut read).map_err(malformed)?;
        old.signatures.insert(row.entry.path.clone(), fitting(row, signature)?);
    }
    let mut made = None;
    let mut new = Some(new);
    say(write, &mut |out| {
        if let Some(new) = new.take() {
            made = Some(make::write(ctx, tree, new, (&old, &signed), unchanged, out)?);
        }
        Ok(())
    })?;
    well(&mut read)?;
    made.ok_or_else(|| Error::Delta("nothing was sent".into()))
}

/// The signatures of the files that become those of the other side, in chunks of the same length. One that grew so much that
/// it would be cut too finely is left out.
fn sign_new<'r>(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    new: &Record,
    old: impl Iterator<Item = &'r Row>,
) -> Result<Signatures> {
    let mut there = InOrder::new(new);
    let mut signed = Signatures::new();
    for before in old {
        ctx.check()?;
        let Some(Row { entry, .. }) = there.find(&before.entry.path) else { continue };
        if entry.size() / GROWTH_MAX <= before.entry.size() {
            let signature = signature(tree, entry, before.entry.size())?;
            signed.insert(entry.path.clone(), signature);
        }
    }
    Ok(signed)
}

/// The signature of a file, in chunks as they serve one of `length` bytes.
fn signature(tree: &dyn Tree, file: &Entry, length: u64) -> Result<Signature> {
    let path = &file.path;
    let signature = Signature::of(&mut tree.open(file)?.into_read(), length);
    let signature = signature.map_err(|error| match error {
        DeltaError::Read(source) => Error::Read { path: path.clone(), source },
        other => malformed(other),
    })?;
    if signature.length == file.size() {
        Ok(signature)
    } else {
        Err(Error::Changed { path: path.clone() })
    }
}

/// Reads how it went on the other side.
fn well(read: &mut dyn Read) -> Result<()> {
    let mut how = [0];
    exact(read, &mut how)?;
    match how {
        [WELL] => Ok(()),
        [FAILED] => {
            let length = read_length(read, WORDS_BYTES_MAX)?;
            let mut words = Vec::new();
            let all = read.take(length).read_to_end(&mut words);
            all.map_err(|error| Error::Delta(error.to_string()))?;
            let why = holdall_tree::path::printable(&words).into_owned();
            Err(Error::NotReceived { why })
        }
        _ => Err(Error::Delta("it is no answer of who receives a delta".into())),
    }
}

/// The rows of the old directory whose signatures are worth having, by their place.
fn wanted(old: &Record, new: &Record, unchanged: Unchanged) -> Vec<usize> {
    let mut there = InOrder::new(new);
    let mut wants = |before: &Row| {
        let first = before.link.as_ref().is_none_or(|first| *first == before.entry.path);
        let row = there.find(&before.entry.path);
        first
            && matches!(before.entry.kind, Kind::File { size } if size >= SIGNED_BYTES_MIN)
            && row.is_some_and(|row| {
                matches!(row.entry.kind, Kind::File { size } if size >= SIGNED_BYTES_MIN)
                    && !is_kept(Some(before), row, unchanged)
            })
    };
    old.rows.iter().enumerate().filter(|(_, row)| wants(row)).map(|(at, _)| at).collect()
}

/// Makes `dir` what the other side of `read` and `write` sends, in one step; what it replaces is kept as a restore point.
/// Contents go to `spools` first, as with [`apply`](super::apply).
///
/// # Errors
/// If `dir` cannot be read, what comes makes no sense, or the disk fails: then nothing is changed. The other side is told.
pub fn receive(
    ctx: &Context<'_>,
    dir: &Path,
    spools: &Spools,
    (read, write): (&mut dyn Read, &mut dyn Write),
) -> Result<RestoreReport> {
    let received = take(ctx, dir, spools, (read, write));
    let told = say(write, &mut |out| match &received {
        Ok(_) => out.write_all(&[WELL]).map_err(Error::Output),
        Err(error) => {
            let mut words = error.to_string().into_bytes();
            words.truncate(usize::try_from(WORDS_BYTES_MAX).unwrap_or_default());
            out.write_all(&[FAILED]).map_err(Error::Output)?;
            put_length(out, words.len() as u64)?;
            out.write_all(&words).map_err(Error::Output)
        }
    });
    // What failed before is what is to be known here.
    let report = received?;
    told.map(|()| report)
}

fn take(
    ctx: &Context<'_>,
    dir: &Path,
    spools: &Spools,
    (read, write): (&mut dyn Read, &mut dyn Write),
) -> Result<RestoreReport> {
    let mut read = unpacked(read);
    magic(&mut read, SENDS, "a word of who sends a delta")?;
    let mut checked = [0];
    exact(&mut read, &mut checked)?;
    let unchanged = if checked == [0] { Unchanged::Quick } else { Unchanged::Checked };
    complete(ctx, dir)?;
    let base = DirectoryTree::open(dir, ReadOptions::default())?;
    // Its ID would say nothing new: what comes back is made against this list and no other.
    let old = sorted(survey(ctx, &base, unchanged.seek())?.rows);
    say(write, &mut |out| {
        out.write_all(&[WELL]).and_then(|()| out.write_all(RECEIVES)).map_err(Error::Output)?;
        list(out, &old)
    })?;
    let rows = asked(&old, &mut read)?;
    say(write, &mut |out| {
        out.write_all(&[WELL]).map_err(Error::Output)?;
        rows.iter().try_for_each(|row| {
            signature(&base, &row.entry, row.entry.size())?.write(out).map_err(written)
        })
    })?;
    if read_head(&mut read)? != old.head.tree.0 {
        return Err(Error::OtherBase { dir: dir.to_owned() });
    }
    let tree = patched(ctx, (&base, &old), spools, &mut read)?;
    exchange(ctx, &tree, dir, old)
}

/// The files whose signatures the other side asks for, each at most once.
fn asked<'o>(old: &'o Record, read: &mut dyn Read) -> Result<Vec<&'o Row>> {
    let (mut rows, mut next) = (Vec::new(), 0);
    for _ in 0..read_length(read, old.rows.len() as u64)? {
        let at = read_length(read, old.rows.len() as u64)?;
        let row = usize::try_from(at).ok().and_then(|at| old.rows.get(at));
        let row = row.filter(|row| matches!(row.entry.kind, Kind::File { .. }) && at >= next);
        rows.push(row.ok_or_else(|| Error::Delta("it asks for what is no file".into()))?);
        next = at + 1;
    }
    Ok(rows)
}

/// One message: a stream of its own, all of which is on its way when this returns.
fn say(write: &mut dyn Write, message: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut out = packed(write)?;
    message(&mut out)?;
    out.finish().and_then(|out| out.flush()).map_err(Error::Output)
}
