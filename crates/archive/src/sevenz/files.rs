//! What a header says of files: names, attributes and times.

use holdall_tree::{Kind, Metadata, Timestamp};

use super::take::{Take, fault};
use super::{ATTRIBUTE_DIRECTORY, ATTRIBUTE_UNIX, EPOCH_SECS, TICKS, id};
use crate::error::Fault;
use crate::rules::Rules;

/// Attribute of Windows: a link, or something else that is elsewhere.
const ATTRIBUTE_REPARSE: u32 = 0x400;

/// What is told of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    /// In UTF-8.
    pub(super) name: Vec<u8>,
    /// It has a content.
    pub(super) has_stream: bool,
    is_dir: bool,
    attributes: Option<u32>,
    modified: Option<u64>,
}

impl File {
    /// What it is; a symbolic link without its target.
    pub(super) fn kind(&self, size: u64) -> Result<Kind, Fault> {
        let attributes = self.attributes.unwrap_or_default();
        let said = attributes & ATTRIBUTE_DIRECTORY != 0;
        let differ = || fault("it tells in two ways whether something is a directory");
        // Who writes no attributes says it by having no content.
        if self.attributes.is_some() && said != self.is_dir {
            return Err(differ());
        }
        let mode = self.mode().unwrap_or_default();
        match mode & 0o170_000 {
            0o040_000 if !self.is_dir => Err(differ()),
            0 | 0o040_000 if self.is_dir => Ok(Kind::Directory),
            0 if attributes & ATTRIBUTE_REPARSE != 0 => {
                Err(Fault::Type { what: "a link of Windows".into() })
            }
            0 | 0o100_000 if !self.is_dir => Ok(Kind::File { size }),
            0o120_000 if !self.is_dir => Ok(Kind::Symlink { target: Vec::new() }),
            _ if self.is_dir => Err(differ()),
            other => Err(Fault::Type { what: format!("of the kind {other:o}") }),
        }
    }

    fn mode(&self) -> Option<u32> {
        self.attributes.filter(|a| a & ATTRIBUTE_UNIX != 0).map(|a| a >> 16)
    }

    pub(super) fn meta(&self) -> Metadata {
        Metadata {
            mode: self.mode().map(|mode| mode & 0o7777),
            mtime: self.modified.and_then(time),
            ..Metadata::default()
        }
    }
}

fn time(ticks: u64) -> Option<Timestamp> {
    let ticks = i64::try_from(ticks).ok()?;
    let nanos = u32::try_from(ticks % TICKS * 100).ok()?;
    Some(Timestamp { secs: ticks / TICKS - EPOCH_SECS, nanos })
}

/// Takes all that is told of files, to its end. `rules` say how many there may be.
pub(super) fn files(take: &mut Take<'_>, rules: &Rules) -> Result<Vec<File>, Fault> {
    let count = take.count()?;
    let limit = rules.limits.entries_max;
    if count as u64 > limit {
        return Err(Fault::Limit { what: "entries", limit });
    }
    let mut files = vec![File { has_stream: true, ..File::default() }; count];
    let mut seen = Vec::new();
    let (mut empty, mut named) = (0, false);
    loop {
        let told = take.byte()?;
        if told == id::END {
            break;
        }
        let length = take.count()?;
        let mut body = Take(take.bytes(length)?);
        if told != id::PADDING {
            if seen.contains(&told) {
                return Err(fault("it tells one thing twice"));
            }
            seen.push(told);
        }
        match told {
            id::PADDING if body.0.iter().all(|byte| *byte == 0) => continue,
            id::EMPTY_STREAM => {
                for (file, is_empty) in files.iter_mut().zip(body.bits(count)?) {
                    file.has_stream = !is_empty;
                    file.is_dir = is_empty;
                    empty += usize::from(is_empty);
                }
            }
            id::EMPTY_FILE => {
                let without = files.iter_mut().filter(|file| !file.has_stream);
                for (file, is_file) in without.zip(body.bits(empty)?) {
                    file.is_dir = !is_file;
                }
            }
            id::ANTI => {
                if body.bits(empty)?.contains(&true) {
                    return Err(Fault::Type { what: "a note that something was removed".into() });
                }
            }
            id::NAMES => {
                names(&mut body, &mut files)?;
                named = true;
            }
            id::CREATED | id::ACCESSED => drop(times(&mut body, count)?),
            id::MODIFIED => {
                for (file, time) in files.iter_mut().zip(times(&mut body, count)?) {
                    file.modified = time;
                }
            }
            id::ATTRIBUTES => {
                let defined = body.defined(count)?;
                body.inside()?;
                for (file, _) in files.iter_mut().zip(defined).filter(|(_, defined)| *defined) {
                    file.attributes = Some(body.u32()?);
                }
            }
            _ => return Err(fault("something unknown is told of files")),
        }
        body.end()?;
    }
    if !named && count > 0 {
        return Err(fault("files have no names"));
    }
    Ok(files)
}

fn times(body: &mut Take<'_>, count: usize) -> Result<Vec<Option<u64>>, Fault> {
    let defined = body.defined(count)?;
    body.inside()?;
    defined.into_iter().map(|is| is.then(|| body.u64()).transpose()).collect()
}

/// Names in UTF-16, each with a zero behind it.
fn names(body: &mut Take<'_>, files: &mut [File]) -> Result<(), Fault> {
    body.inside()?;
    for file in files {
        let mut units = Vec::new();
        loop {
            let [low, high] = body.bytes(2)? else { return Err(fault("it is cut off")) };
            match u16::from_le_bytes([*low, *high]) {
                0 => break,
                unit => units.push(unit),
            }
        }
        let name = String::from_utf16(&units).map_err(|_| Fault::NameEncoding)?;
        file.name = name.into_bytes();
    }
    Ok(())
}
