//! Finding entries by name while somebody types.
//!
//! Each word of a query must be in the path: as it is, or its letters in their order with others between them. What
//! comes first is what fits best: a name that is the word, begins with it, has it at the beginning of a part, or
//! anywhere; then a path that has it; then letters that lie close together. A word of small letters fits large ones
//! too (of ASCII; others are compared as they are).

use holdall_tree::CancelToken;

use super::outline::{Node, Outline};

/// After so many entries it is asked whether anybody still wants to know.
const LOOK: usize = 1024;
/// The longest query, in bytes; the rest is ignored.
const QUERY_MAX: usize = 256;
/// Points for a whole name; each lesser match has less.
const NAME_IS: i32 = 4000;
const NAME_BEGINS: i32 = 3000;
const NAME_PART: i32 = 2500;
const NAME_HAS: i32 = 2000;
const PATH_HAS: i32 = 1000;
const LETTERS: i32 = 500;

/// What a query found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The best of what was found, the best first.
    pub best: Vec<Node>,
    /// How much was found in all.
    pub total: usize,
}

/// Finds entries by name, the best `limit` of them; `None` if it was stopped.
#[must_use]
pub fn search(outline: &Outline, query: &str, limit: usize, stop: &CancelToken) -> Option<Named> {
    let words = words(query);
    let mut found: Vec<(i32, u32)> = Vec::new();
    if words.is_empty() {
        return Some(Named::default());
    }
    let mut path = Vec::new();
    // The ends of the directories above, in `path`.
    let mut above: Vec<(Node, usize)> = Vec::new();
    for (rank, node) in outline.in_order().iter().enumerate().skip(1) {
        if rank % LOOK == 0 && stop.is_cancelled() {
            return None;
        }
        let parent = outline.parent(*node).unwrap_or(Node::ROOT);
        while above.last().is_some_and(|(dir, _)| *dir != parent) {
            above.pop();
        }
        path.truncate(above.last().map_or(0, |(_, end)| *end));
        if !path.is_empty() {
            path.push(b'/');
        }
        let name_at = path.len();
        path.extend_from_slice(outline.name(*node));
        above.push((*node, path.len()));
        let mut score = 0;
        let fits = words.iter().all(|word| match word.score(&path, name_at) {
            Some(points) => {
                score += points;
                true
            }
            None => false,
        });
        if fits {
            found.push((score, u32::try_from(rank).unwrap_or(u32::MAX)));
        }
    }
    let total = found.len();
    let key = |(score, rank): &(i32, u32)| (-score, *rank);
    if total > limit {
        found.select_nth_unstable_by_key(limit, key);
        found.truncate(limit);
    }
    found.sort_unstable_by_key(key);
    let node = |(_, rank): (i32, u32)| outline.in_order().get(rank as usize).copied();
    Some(Named { best: found.into_iter().filter_map(node).collect(), total })
}

struct Word {
    bytes: Vec<u8>,
    folds: bool,
}

fn words(query: &str) -> Vec<Word> {
    let mut end = query.len().min(QUERY_MAX);
    while !query.is_char_boundary(end) {
        end -= 1;
    }
    let query = query.get(..end).unwrap_or_default();
    let word = |word: &str| Word {
        bytes: word.as_bytes().to_vec(),
        folds: !word.bytes().any(|byte| byte.is_ascii_uppercase()),
    };
    query.split_whitespace().map(word).collect()
}

impl Word {
    fn is(&self, byte: u8, wanted: u8) -> bool {
        byte == wanted || (self.folds && byte.to_ascii_lowercase() == wanted)
    }

    fn starts(&self, text: &[u8]) -> bool {
        text.len() >= self.bytes.len()
            && text.iter().zip(&self.bytes).all(|(byte, wanted)| self.is(*byte, *wanted))
    }

    /// Where the word stands in a text as it is: at the beginning of a part if it does so anywhere.
    fn within(&self, text: &[u8]) -> Option<usize> {
        let places = (0..text.len()).filter(|at| self.starts(text.get(*at..).unwrap_or_default()));
        let mut first = None;
        for at in places {
            if begins_part(text, at) {
                return Some(at);
            }
            first.get_or_insert(at);
        }
        first
    }

    /// How well the word fits a path whose last name begins at `name_at`; `None` if it does not.
    fn score(&self, path: &[u8], name_at: usize) -> Option<i32> {
        if !self.has_letters(path) {
            return None;
        }
        let name = path.get(name_at..).unwrap_or_default();
        let shorter =
            |points: i32, text: &[u8]| points - i32::try_from(text.len().min(400)).unwrap_or(400);
        if let Some(at) = self.within(name) {
            let points = match at {
                0 if name.len() == self.bytes.len() => NAME_IS,
                0 => NAME_BEGINS,
                at if begins_part(name, at) => NAME_PART,
                _ => NAME_HAS,
            };
            return Some(shorter(points, name));
        }
        if self.within(path).is_some() {
            return Some(shorter(PATH_HAS, path));
        }
        Some(LETTERS - self.spread(path))
    }

    fn has_letters(&self, path: &[u8]) -> bool {
        let mut wanted = self.bytes.iter();
        let mut next = wanted.next();
        for byte in path {
            match next {
                None => return true,
                Some(letter) if self.is(*byte, *letter) => next = wanted.next(),
                Some(_) => {}
            }
        }
        next.is_none()
    }

    /// How many other bytes lie between the letters, taken from the end on, where the name is.
    fn spread(&self, path: &[u8]) -> i32 {
        let mut wanted = self.bytes.iter().rev();
        let mut next = wanted.next();
        let mut between = 0;
        let mut begun = false;
        for byte in path.iter().rev() {
            let Some(letter) = next else { break };
            if self.is(*byte, *letter) {
                next = wanted.next();
                begun = true;
            } else if begun {
                between += 1;
            }
        }
        between
    }
}

/// True where a part of a name begins: `b` and `c` in `a_b.c`, `B` in `aB`.
fn begins_part(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| text.get(before)) else { return true };
    let here = text.get(at).copied().unwrap_or_default();
    !before.is_ascii_alphanumeric() || (before.is_ascii_lowercase() && here.is_ascii_uppercase())
}
