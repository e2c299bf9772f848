//! Which file that is new is one that is gone, by content. The same every time, whatever the machine.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hasher};

use holdall_tree::RelPath;

use crate::error::{Error, Result};
use crate::object::{Blob, Mode, ObjectId};

/// How alike two files must be, of [`SAME`]; git's own threshold.
const ALIKE_MIN: u64 = SAME / 2;
/// How alike two files are of which each line is in the other.
const SAME: u64 = 10_000;
/// Larger files are only found again if they did not change, in bytes.
const COMPARED_BYTES_MAX: u64 = 4 << 20;
/// With more pairs than this, only what did not change is found again.
const PAIRS_MAX: usize = 250_000;
/// A line is cut after this many bytes, so that what has no lines is compared as well.
const PIECE_BYTES_MAX: usize = 64;

/// A file that is only on one side.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) path: RelPath,
    pub(crate) blob: Blob,
}

/// How the content of a candidate is had.
type Read<'a> = &'a dyn Fn(&Candidate, u64) -> Result<Vec<u8>>;

/// For the number of an added file that of the file that became it.
pub(crate) fn pair_up(
    gone: &[Candidate],
    added: &[Candidate],
    read_gone: Read<'_>,
    read_added: Read<'_>,
) -> Result<BTreeMap<usize, usize>> {
    let mut pairs = unchanged(gone, added);
    let used: BTreeSet<usize> = pairs.values().copied().collect();
    let is_file = |c: &Candidate| matches!(c.blob.mode, Mode::File | Mode::Executable);
    let left = |all: &[Candidate], taken: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let each = all.iter().enumerate();
        each.filter(|(at, c)| is_file(c) && !taken(*at)).map(|(at, _)| at).collect()
    };
    let from = left(gone, &|at| used.contains(&at));
    let to = left(added, &|at| pairs.contains_key(&at));
    if from.is_empty() || to.is_empty() || from.len().saturating_mul(to.len()) > PAIRS_MAX {
        return Ok(pairs);
    }
    let from = pieces_of(gone, &from, read_gone)?;
    let to = pieces_of(added, &to, read_added)?;
    let mut alike = Vec::new();
    for (a, old) in &from {
        for (b, new) in &to {
            let share = old.likeness(new);
            if share >= ALIKE_MIN {
                let same_name = name(gone, *a) == name(added, *b);
                alike.push((Reverse((share, same_name)), *b, *a));
            }
        }
    }
    alike.sort_unstable();
    let mut used = BTreeSet::new();
    for (_, b, a) in alike {
        if !pairs.contains_key(&b) && used.insert(a) {
            pairs.insert(b, a);
        }
    }
    Ok(pairs)
}

/// Pairs of the same content; among several the one of the same name, else the first.
fn unchanged(gone: &[Candidate], added: &[Candidate]) -> BTreeMap<usize, usize> {
    let mut by_content: HashMap<(ObjectId, bool), Vec<usize>> = HashMap::new();
    let key = |c: &Candidate| (c.blob.id, c.blob.mode == Mode::Symlink);
    // Empty files are all alike, and a submodule is not moved by a patch.
    let counts = |c: &Candidate| c.blob.mode != Mode::Submodule && !c.blob.id.0.is_empty_blob();
    for (at, candidate) in gone.iter().enumerate().filter(|(_, c)| counts(c)) {
        by_content.entry(key(candidate)).or_default().push(at);
    }
    let mut pairs = BTreeMap::new();
    for same_name in [true, false] {
        for (b, candidate) in added.iter().enumerate().filter(|(_, c)| counts(c)) {
            let Some(left) = by_content.get_mut(&key(candidate)) else { continue };
            if pairs.contains_key(&b) {
                continue;
            }
            let at = left.iter().position(|a| !same_name || name(gone, *a) == name(added, b));
            if let Some(at) = at {
                pairs.insert(b, left.remove(at));
            }
        }
    }
    pairs
}

fn name(all: &[Candidate], at: usize) -> Option<&[u8]> {
    all.get(at)?.path.file_name()
}

fn pieces_of(all: &[Candidate], chosen: &[usize], read: Read<'_>) -> Result<Vec<(usize, Pieces)>> {
    let mut pieces = Vec::new();
    for at in chosen {
        let Some(candidate) = all.get(*at) else { continue };
        match read(candidate, COMPARED_BYTES_MAX) {
            Ok(bytes) => pieces.push((*at, Pieces::of(&bytes))),
            Err(Error::BlobLarge { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(pieces)
}

/// How alike two contents are, in percent.
#[must_use]
pub(crate) fn likeness(old: &[u8], new: &[u8]) -> u8 {
    if old == new {
        return 100;
    }
    let percent = Pieces::of(old).likeness(&Pieces::of(new)) * 100 / SAME;
    u8::try_from(percent).unwrap_or(99).min(99)
}

/// What a file consists of: for the hash of each line how many bytes of such lines it has.
#[derive(Debug)]
struct Pieces {
    bytes: u64,
    /// By hash.
    lines: Vec<(u64, u64)>,
}

impl Pieces {
    fn of(content: &[u8]) -> Self {
        let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(PIECE_BYTES_MAX) {
                // Its keys are fixed, unlike those of a hash map.
                let mut hasher = DefaultHasher::new();
                hasher.write(piece);
                *lines.entry(hasher.finish()).or_default() += piece.len() as u64;
            }
        }
        Self { bytes: content.len() as u64, lines: lines.into_iter().collect() }
    }

    /// The share of common bytes, of [`SAME`].
    fn likeness(&self, other: &Self) -> u64 {
        let longest = self.bytes.max(other.bytes);
        if longest == 0 || self.bytes.min(other.bytes) * SAME < longest * ALIKE_MIN {
            return 0;
        }
        let (mut a, mut b) = (self.lines.iter().peekable(), other.lines.iter().peekable());
        let mut common = 0;
        while let (Some((hash_a, bytes_a)), Some((hash_b, bytes_b))) = (a.peek(), b.peek()) {
            if hash_a == hash_b {
                common += bytes_a.min(bytes_b);
            }
            let (step_a, step_b) = (hash_a <= hash_b, hash_b <= hash_a);
            if step_a {
                a.next();
            }
            if step_b {
                b.next();
            }
        }
        common * SAME / longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_the_share_of_common_bytes() {
        let check = |old: &str, new: &str, percent: u8| {
            assert_eq!(likeness(old.as_bytes(), new.as_bytes()), percent, "{old:?} {new:?}");
            assert_eq!(likeness(new.as_bytes(), old.as_bytes()), percent, "{new:?} {old:?}");
        };
        check("a\nb\nc\nd\n", "a\nb\nc\nd\n", 100);
        check("a\nb\nc\nd\n", "d\nc\nb\na\n", 99);
        check("a\nb\nc\nd\n", "a\nb\nc\nx\n", 75);
        check("a\na\na\na\n", "a\na\nb\nb\n", 50);
        check("a\nb\n", "x\ny\n", 0);
        check("a\n", "a\nb\nc\n", 0);
        check("", "a\n", 0);
        check("", "", 100);
    }
}
