//! What becomes of the dump that a new one replaces: it goes into an archive beside it, and the oldest archives go.
//!
//! Nothing is replaced or removed before the archive was read back and every byte of it found as it should be.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use holdall_disk::{Dir, Draft, Replace};
use holdall_seal::Scheme;
use holdall_tree::id::ContentHasher;
use holdall_tree::{
    Content, ContentHash, Context, Entry, Everything, Filter, Kind, Metadata, Name, RelPath,
    Result as TreeResult, Source, Timestamp, TreeId, TreeIds, Visit,
};

use crate::archive::{PackOptions, Packing, pack, prove, read_back};
use crate::error::{Error, Result};

/// So many archives of dumps of one second are told apart.
const SAME_SECOND_MAX: u32 = 1000;
const PIECE_BYTES: usize = 128 << 10;

/// What becomes of the dump that a new one replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// In what it is kept.
    pub packing: Packing,
    /// How many of these archives stay, if not all.
    pub most: Option<NonZero<usize>>,
}

/// Puts the dump that `file` is, with its checksum and its signatures, into an archive beside it that is named by when it was made. Gives
/// the archive, or `None` if there is no dump yet. The dump itself stays.
///
/// # Errors
/// If the archive cannot be written, or does not give back what was put into it; then it is not left there.
pub fn keep_old(ctx: &Context<'_>, file: &Path, packing: Packing) -> Result<Option<PathBuf>> {
    let (dir, name) = place(file)?;
    let mut members = Members { dir: &dir, entries: Vec::new() };
    let mut ids = TreeIds::default();
    let signatures = Scheme::ALL.map(|scheme| format!(".{}", scheme.ending()));
    let beside = ["".to_owned(), ".sha256".to_owned()].into_iter().chain(signatures);
    for beside in beside {
        let name = [name.as_bytes(), beside.as_bytes()].concat();
        let path = in_dir(&name)?;
        let Some(entry) = dir.stat(&path)?.map(|stat| stat.to_entry(path.clone())) else {
            continue;
        };
        if matches!(entry.kind, Kind::File { .. }) {
            let read = dir.open_file(&path)?;
            let hash =
                hash(ctx, read).map_err(|source| Error::Read { path: path.clone(), source })?;
            ids.add(&entry, Some(hash));
            members.entries.push(entry);
        }
    }
    let Some(dump) =
        members.entries.first().filter(|entry| entry.path.name() == Some(name.clone()))
    else {
        return Ok(None);
    };
    let tree = ids.finish().0;
    let made = stamp(dump.meta.mtime.unwrap_or_default());
    let mode = dump.meta.mode.unwrap_or(0o600) & 0o666;
    for number in 0..SAME_SECOND_MAX {
        let archive = in_dir(&archive_name(&name, &made, number, packing))?;
        if dir.stat(&archive)?.is_some() {
            // It may be that of a run that was interrupted.
            let opened = dir.open_file(&archive);
            if opened.is_ok_and(|file| holds(ctx, file, packing, tree)) {
                return Ok(Some(dir.shown(&archive)));
            }
            continue;
        }
        write(ctx, &dir, &archive, mode, &mut members, packing, tree)?;
        return Ok(Some(dir.shown(&archive)));
    }
    let why = format!("there are too many archives of {} of one second", file.display());
    Err(Error::Refused(why))
}

/// Removes all but the newest archives that [`keep_old`] made of `file`, and gives them.
///
/// # Errors
/// If the directory cannot be read or changed.
pub fn rotate(file: &Path, most: NonZero<usize>) -> Result<Vec<PathBuf>> {
    let (dir, name) = place(file)?;
    let mut found: Vec<_> = dir
        .list()?
        .into_iter()
        .filter(|listed| matches!(listed.stat.to_entry(RelPath::root()).kind, Kind::File { .. }))
        .filter_map(|listed| Some((age(listed.name.as_bytes(), name.as_bytes())?, listed.name)))
        .collect();
    found.sort();
    let surplus = found.len().saturating_sub(most.get());
    let mut removed = Vec::new();
    for (_, name) in found.into_iter().take(surplus) {
        let path = RelPath::root().join(&name);
        dir.remove_file(&path)?;
        removed.push(dir.shown(&path));
    }
    if !removed.is_empty() {
        dir.sync()?;
    }
    Ok(removed)
}

fn place(file: &Path) -> Result<(Dir, Name)> {
    let fail = |source| Error::Path { path: file.to_owned(), source };
    let name = file.file_name().map(|name| name.as_encoded_bytes()).unwrap_or_default();
    let name = Name::parse(name).map_err(fail)?;
    Ok((Dir::open(file.parent().unwrap_or(Path::new(".")))?, name))
}

fn in_dir(name: &[u8]) -> Result<RelPath> {
    let fail =
        |source| Error::Path { path: String::from_utf8_lossy(name).into_owned().into(), source };
    Ok(RelPath::root().join(&Name::parse(name).map_err(fail)?))
}

/// `NAME.2026-11-26T131500Z.tar.gz`, with a number behind the time if there is one of that second.
fn archive_name(name: &Name, made: &str, number: u32, packing: Packing) -> Vec<u8> {
    let number = if number == 0 { String::new() } else { format!("-{number}") };
    [name.as_bytes(), format!(".{made}{number}.{packing}").as_bytes()].concat()
}

fn stamp(time: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(time.secs).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H%M%SZ").to_string()
}

/// When the dump `name` was made that `found` is an archive of; `None` if it is none of this very dump.
fn age(found: &[u8], name: &[u8]) -> Option<(String, u32)> {
    let rest = found.strip_prefix(name)?.strip_prefix(b".")?;
    let rest = std::str::from_utf8(rest).ok()?;
    let (stem, ending) = rest.split_once('.')?;
    Packing::all().into_iter().find(|packing| packing.to_string() == ending)?;
    let (made, number) = stem.split_at_checked("2026-11-26T131500Z".len())?;
    jiff::Timestamp::strptime("%Y-%m-%dT%H%M%S%z", made.replace('Z', "+0000")).ok()?;
    let number = match number {
        "" => 0,
        number => number.strip_prefix('-')?.parse().ok().filter(|number| *number > 0)?,
    };
    Some((made.to_owned(), number))
}

/// Writes an archive, which appears when it was read back and holds what it must.
fn write(
    ctx: &Context<'_>,
    dir: &Dir,
    archive: &RelPath,
    mode: u32,
    members: &mut Members<'_>,
    packing: Packing,
    tree: TreeId,
) -> Result<()> {
    let Some(name) = archive.name() else { return Ok(()) };
    let mut draft = Draft::create(Dir::open(dir.path())?, &name, mode)?;
    let options = PackOptions { identify: true, ..PackOptions::default() };
    let written = pack(ctx, members, &Everything, &mut draft, packing, options)?;
    if let Some(start) = &written.start {
        draft.rewrite(start)?;
    }
    if written.held.tree != Some(tree) {
        return Err(Error::Unproved { source: None });
    }
    prove(ctx, draft.reopen()?, packing, &written.held, None)?;
    Ok(draft.commit(Replace::Never)?)
}

/// Whether an archive that is there holds just this tree.
fn holds(ctx: &Context<'_>, file: File, packing: Packing, tree: TreeId) -> bool {
    read_back(ctx, file, packing, None).is_ok_and(|held| held.tree == Some(tree))
}

fn hash(ctx: &Context<'_>, mut read: impl Read) -> io::Result<ContentHash> {
    let mut hasher = ContentHasher::default();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if ctx.check().is_err() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = read.read(&mut piece)?;
        if n == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(piece.get(..n).unwrap_or_default());
    }
}

/// The files that go into an archive.
struct Members<'d> {
    dir: &'d Dir,
    entries: Vec<Entry>,
}

impl Source for Members<'_> {
    fn read(&mut self, _: &Context<'_>, _: &dyn Filter, visit: &mut Visit<'_>) -> TreeResult<()> {
        for entry in &self.entries {
            let meta = Metadata { hard_link: None, ..entry.meta.clone() };
            let file: File = self.dir.open_file(&entry.path)?;
            let entry = Entry { meta, ..entry.clone() };
            if visit(&entry, Content::Stream(Box::new(file)))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_archives_of_this_very_dump_are_its_own() {
        let age = |found: &str| age(found.as_bytes(), b"dump.md");
        let made = "2026-11-26T131500Z";
        assert_eq!(age("dump.md.2026-11-26T131500Z.tar.gz"), Some((made.into(), 0)));
        assert_eq!(age("dump.md.2026-11-26T131500Z-2.zip"), Some((made.into(), 2)));
        for other in [
            "dump.md",
            "dump.md.zip",
            "dump.md.2026-11-26T131500Z",
            "dump.md.2026-11-26T131500Z.gz",
            "dump.md.2026-13-26T131500Z.zip",
            "dump.md.2026-11-26T131500Z-0.zip",
            "dump.md.2026-11-26T131500Z.zip.sha256",
            "dump.md.bak.2026-11-26T131500Z.zip",
            "my-dump.md.2026-11-26T131500Z.zip",
            "dump.md2.2026-11-26T131500Z.zip",
        ] {
            assert_eq!(age(other), None, "{other}");
        }
    }
}
