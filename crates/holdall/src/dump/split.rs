//! A dump in several parts, none of which is larger than asked for, unless one file alone is.
//!
//! Each part is a whole dump of its own, of some files and the directories that lead to them, and its root says which
//! part of which tree it is. How many files fit is estimated, then the part is written to nowhere and measured; the
//! estimate is mended until the part fits and is nearly full.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use holdall_dump::{Form, PARTS_MAX, Share, tree_id};
use holdall_insight::tokens::{Encoding, TokenCounter};
use holdall_tree::{Context, RelPath, Silent, Tree};

use super::inspect::{Item, number};
use super::{DumpOptions, write};
use crate::error::{Error, Result};

/// What a part may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Most {
    /// So many bytes.
    Bytes(u64),
    /// So many tokens of this encoding.
    Tokens(u64, Encoding),
}

impl Most {
    fn limit(self) -> u64 {
        match self {
            Self::Bytes(limit) | Self::Tokens(limit, _) => limit,
        }
    }
}

/// How often an estimate is mended; then the part is taken as it fits.
const TRIES: usize = 8;
/// What an entry costs beside its text, in bytes: heading, mark, its line in the manifest and in the contents.
const AROUND: u64 = 500;
/// Bytes of a token, about.
const TOKEN: u64 = 4;

/// Parts a dump.
///
/// # Errors
/// [`Error::OverLimit`] if there would be more parts than may be, or as [`super::write()`].
pub fn split(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &[Item],
    options: &DumpOptions,
    most: Most,
) -> Result<Vec<Vec<Item>>> {
    let whole = tree_id(items.iter().map(|item| &item.record));
    let units = units(items);
    let mut parts: Vec<Vec<Item>> = Vec::new();
    let mut from = 0;
    while from < units.len() || parts.is_empty() {
        ctx.check()?;
        let rest = units.get(from..).unwrap_or_default();
        let (taken, part) = fill(ctx, tree, items, rest, options, most)?;
        from += taken.max(1);
        parts.push(part);
        if parts.len() > PARTS_MAX as usize {
            let limit = u64::from(PARTS_MAX);
            return Err(Error::OverLimit { what: "the number of parts", found: limit + 1, limit });
        }
    }
    let of = u32::try_from(parts.len()).unwrap_or(PARTS_MAX);
    for (number, part) in (1..).zip(&mut parts) {
        name(part, Share { number, of, whole });
    }
    Ok(parts)
}

/// Says in the root of a part which one it is.
fn name(part: &mut [Item], share: Share) {
    if let Some(root) = part.iter_mut().find(|item| item.record.path.is_root()) {
        root.record.share = Some(share);
    }
}

/// Indexes of items that stay together: one entry, or all names of one file. A directory is a unit only if nothing
/// lies beneath it.
fn units(items: &[Item]) -> Vec<Vec<usize>> {
    let parents: BTreeSet<RelPath> =
        items.iter().filter_map(|item| item.record.path.parent()).collect();
    let mut units: Vec<Vec<usize>> = Vec::new();
    let mut inodes = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        if item.entry.is_dir()
            && (item.record.path.is_root() || parents.contains(&item.record.path))
        {
            continue;
        }
        let inode = item.entry.meta.hard_link.map(|link| (link.device, link.inode));
        let known = inode.and_then(|inode| inodes.get(&inode).copied());
        match known.and_then(|at: usize| units.get_mut(at)) {
            Some(unit) => unit.push(index),
            None => {
                inodes.extend(inode.map(|inode| (inode, units.len())));
                units.push(vec![index]);
            }
        }
    }
    units
}

/// The first units that fit into one part, and that part.
fn fill(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &[Item],
    units: &[Vec<usize>],
    options: &DumpOptions,
    most: Most,
) -> Result<(usize, Vec<Item>)> {
    let (mut fits, mut too_many) = (0, units.len() + 1);
    let mut best = None;
    // How much larger a part is than the estimate says, in thousandths.
    let mut scale = 1000;
    for _ in 0..TRIES {
        let guess = count(items, units, most, scale).clamp(fits + 1, too_many.max(fits + 2) - 1);
        if guess >= too_many && guess > 1 {
            break;
        }
        let mut part = part(items, units.get(..guess).unwrap_or(units));
        // The longest that its share can be; it gets its own when all parts are known.
        let whole = tree_id([]);
        name(&mut part, Share { number: PARTS_MAX, of: PARTS_MAX, whole });
        let found = measure(ctx, tree, &part, options, most)?;
        let estimate = units.iter().take(guess).map(|unit| weight(items, unit, most)).sum::<u64>();
        scale = found.saturating_mul(1000) / estimate.max(1);
        if found > most.limit() && guess > 1 {
            too_many = guess;
        } else {
            (fits, best) = (guess, Some(part));
            let is_full = found.saturating_mul(20) >= most.limit().saturating_mul(19);
            if is_full || guess >= units.len() {
                break;
            }
        }
        if fits + 1 >= too_many {
            break;
        }
    }
    match best {
        Some(part) => Ok((fits, part)),
        // A file that is too large alone is a part of its own; so is a tree without files.
        None => {
            let taken = units.len().min(1);
            Ok((taken, part(items, units.get(..taken).unwrap_or_default())))
        }
    }
}

/// How many units fit by the estimate.
fn count(items: &[Item], units: &[Vec<usize>], most: Most, scale: u64) -> usize {
    let mut sum = 0u64;
    let scaled = |unit: &Vec<usize>| weight(items, unit, most).saturating_mul(scale) / 1000;
    units
        .iter()
        .take_while(|unit| {
            sum = sum.saturating_add(scaled(unit));
            sum <= most.limit()
        })
        .count()
}

/// What a unit costs, about.
fn weight(items: &[Item], unit: &[usize], most: Most) -> u64 {
    let entries = unit.iter().filter_map(|index| items.get(*index));
    let bytes = entries.map(|item| {
        let text = match item.record.carry.map(|carry| carry.form) {
            None => 0,
            Some(Form::Base64) => item.seen.facts.bytes / 3 * 4,
            Some(_) => item.seen.facts.bytes,
        };
        text + AROUND + 3 * item.record.path.as_bytes().len() as u64
    });
    let bytes: u64 = bytes.sum();
    match most {
        Most::Bytes(_) => bytes,
        Most::Tokens(..) => bytes / TOKEN,
    }
}

/// These units with the directories that lead to them, in canonical order.
fn part(items: &[Item], units: &[Vec<usize>]) -> Vec<Item> {
    let taken: BTreeSet<usize> = units.iter().flatten().copied().collect();
    let mut above: BTreeSet<RelPath> = BTreeSet::from([RelPath::root()]);
    for item in taken.iter().filter_map(|index| items.get(*index)) {
        let mut at = item.record.path.parent();
        while let Some(dir) = at.filter(|dir| !above.contains(dir)) {
            at = dir.parent();
            above.insert(dir);
        }
    }
    let wanted = items.iter().enumerate().filter(|(index, item)| {
        taken.contains(index) || (item.entry.is_dir() && above.contains(&item.record.path))
    });
    let mut part: Vec<Item> = wanted.map(|(_, item)| item.clone()).collect();
    number(&mut part);
    part
}

/// How large a dump of these items would be, in what `most` counts.
pub(super) fn measure(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &[Item],
    options: &DumpOptions,
    most: Most,
) -> Result<u64> {
    // What goes wrong is told when it is written in earnest.
    let ctx = Context { observer: &Silent, ..*ctx };
    let mut out = Measuring {
        bytes: 0,
        tokens: match most {
            Most::Bytes(_) => None,
            Most::Tokens(_, encoding) => Some(TokenCounter::new(encoding)),
        },
    };
    write(&ctx, tree, items, &mut out, options)?;
    match out.tokens {
        None => Ok(out.bytes),
        Some(tokens) => tokens
            .finish()
            .ok_or_else(|| Error::Refused("a dump is no UTF-8; this is a bug".into())),
    }
}

struct Measuring {
    bytes: u64,
    tokens: Option<TokenCounter>,
}

impl Write for Measuring {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        if let Some(tokens) = &mut self.tokens {
            tokens.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of a part of the dump that would be `file`: `p.003.md` for `p.md`.
#[must_use]
pub fn part_path(file: &Path, number: u32) -> PathBuf {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    // A dot at the beginning is part of the name.
    let dot = name.iter().skip(1).position(|byte| *byte == b'.').map_or(name.len(), |at| at + 1);
    let (stem, endings) = name.split_at_checked(dot).unwrap_or((name, b""));
    let mut path = os(stem);
    path.push(format!(".{number:03}"));
    path.push(os(endings));
    file.with_file_name(path)
}

/// True if the file may be a part of a dump, by its name.
#[must_use]
pub fn may_be_part(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    let number = |piece: &[u8]| piece.len() >= 3 && piece.iter().all(u8::is_ascii_digit);
    name.split(|byte| *byte == b'.').any(number)
}

/// A file and, if it may be a part of a dump by its name, the other parts beside it as far as they are there. The file may
/// also be known by the name that the dump would have had as one.
pub(crate) fn parts_of(file: &Path) -> Vec<PathBuf> {
    let first = part_path(file, 1);
    let one = if !file.exists() && first.is_file() { first } else { file.to_owned() };
    let mut all = vec![one.clone()];
    let name = one.file_name().unwrap_or_default().to_string_lossy();
    let numbers = name.split('.').rev().filter(|piece| piece.len() >= 3);
    let number = numbers.filter_map(|piece| piece.parse().ok()).next();
    let others = number.filter(|_| may_be_part(&one)).and_then(|number| siblings(&one, number));
    let Some(others) = others else { return all };
    let others = (1..=PARTS_MAX).map(others).take_while(|path| path.is_file());
    all.extend(others.filter(|path| *path != one));
    all
}

/// The other parts beside a part, by its path and number: a function from their numbers to their paths; `None` if the
/// name of the file does not say its number.
pub(crate) fn siblings(file: &Path, number: u32) -> Option<impl Fn(u32) -> PathBuf> {
    let name = file.file_name()?.as_encoded_bytes();
    let sign = format!(".{number:03}");
    let at = memchr::memmem::rfind(name, sign.as_bytes())?;
    let (before, rest) = name.split_at_checked(at)?;
    let after = rest.get(sign.len()..)?;
    let (before, after) = (os(before), os(after));
    let file = file.to_owned();
    Some(move |number| {
        let mut name = before.clone();
        name.push(format!(".{number:03}"));
        name.push(&after);
        file.with_file_name(name)
    })
}

fn os(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_before_the_endings() {
        for (file, expected) in [
            ("p.md", "p.001.md"),
            ("dir/p.md.zst", "dir/p.001.md.zst"),
            ("p", "p.001"),
            (".p", ".p.001"),
            (".p.md", ".p.001.md"),
        ] {
            assert_eq!(part_path(Path::new(file), 1), Path::new(expected));
            assert!(may_be_part(Path::new(expected)));
            let others = siblings(Path::new(expected), 1).unwrap();
            assert_eq!(others(12), part_path(Path::new(file), 12));
        }
        assert!(siblings(Path::new("p.md"), 1).is_none());
        assert!(!may_be_part(Path::new("p.md")));
    }
}
