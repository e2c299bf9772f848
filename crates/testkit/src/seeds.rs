//! The fuzzer's seeds, replayed and damaged in ways that are the same in every run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cases;

/// Bytes that mean something to one parser or another.
const TELLING: &[u8] = b"\0\x01\x02\x03\x7f\x80\xff\"'\\/{}[],:.-+*?!#=%0189eEuZT \t\r\n";
/// Numbers at the edges of what types hold.
const NUMBERS: [&[u8]; 8] = [
    b"-1",
    b"0",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e999",
    b"0.5",
];
/// Damaged seeds for each parser; the slowest takes a millisecond for one.
const DAMAGED: u32 = 3000;
/// No damaged seed grows beyond this.
const BYTES_MAX: usize = 1 << 16;

/// Feeds a parser its seeds in `fuzz/seeds/TARGET`, everything that they begin with, and damaged ones.
///
/// # Panics
/// If a seed cannot be read, or the parser does not accept it. Seeds whose name begins with `refused` may be what they
/// like. What the parser panics for goes through, and the input is printed.
pub fn replay_seeds(target: &str, parser: fn(&[u8]) -> bool) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "the fuzz target {target} has no seeds");
    let feed = |data: &[u8]| {
        let input = Input(data);
        let accepted = parser(data);
        drop(input);
        accepted
    };
    for (path, seed) in &seeds {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        assert!(feed(seed) || name.starts_with("refused"), "{} is refused", path.display());
        for end in 0..seed.len() {
            feed(seed.get(..end).unwrap_or_default());
        }
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..cases(DAMAGED) {
        let (_, seed) = dice.pick(&seeds);
        let mut data = seed.clone();
        for _ in 0..=dice.below(4) {
            damage(&mut data, &seeds, &mut dice);
            data.truncate(BYTES_MAX);
        }
        feed(&data);
    }
}

/// Prints what the parser was fed if it did not return.
struct Input<'a>(&'a [u8]);

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was: {}", self.0.escape_ascii());
        }
    }
}

/// All seeds of a target, by name.
fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let listed = fs::read_dir(&dir).unwrap_or_else(|e| panic!("cannot list {dir:?}: {e}"));
    let mut paths: Vec<PathBuf> =
        listed.map(|entry| entry.expect("a listed file has a name").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("cannot read {path:?}: {e}"));
        let escaped = path.extension().is_some_and(|ending| ending == "escaped");
        let bytes = if escaped { unescaped(&bytes) } else { bytes };
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// Binary seeds are kept as text: `\x` and two hexadecimal digits are one byte, all else is itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.strip_prefix(b"\\x").and_then(|digits| digits.split_at_checked(2));
        let byte = escape.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

/// Changes `data` in one way.
fn damage(data: &mut Vec<u8>, seeds: &[(PathBuf, Vec<u8>)], dice: &mut Dice) {
    let at = dice.below(data.len() + 1);
    let end = (at + 1 + dice.below(16)).min(data.len());
    match dice.below(9) {
        0 => data.truncate(at),
        1 => drop(data.drain(at..end)),
        2 => data.insert(at, *dice.pick(TELLING)),
        3 => {
            let telling = *dice.pick(TELLING);
            data.splice(at..end.min(at + 1), [telling]);
        }
        4 => {
            let bit = 1 << dice.below(8);
            data.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
        }
        5 => {
            let again = data.get(at..end).unwrap_or_default().repeat(1 + dice.below(40));
            data.splice(at..at, again);
        }
        6 => number(data, at, dice),
        7 => {
            let (_, other) = dice.pick(seeds);
            let from = dice.below(other.len() + 1);
            let length = dice.below(other.len() + 1 - from);
            let piece = other.get(from..from + length).unwrap_or_default();
            data.splice(at..end, piece.iter().copied());
        }
        _ => {
            let noise: Vec<u8> =
                (0..dice.below(24)).map(|_| dice.next().to_le_bytes()[0]).collect();
            data.splice(at..end, noise);
        }
    }
}

/// Puts another number in the place of the next one after `at`.
fn number(data: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let tail = data.get(at..).unwrap_or_default();
    let Some(begin) = tail.iter().position(u8::is_ascii_digit).map(|offset| at + offset) else {
        return;
    };
    let digits = data.get(begin..).unwrap_or_default();
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    data.splice(begin..begin + length, dice.pick(&NUMBERS).iter().copied());
}

/// The same throws in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or_default() % limit
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len());
        from.get(at).expect("a number below the length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_bytes_and_nothing_else_changes() {
        assert_eq!(unescaped(b"a\\x00\\xff\\n\\xzz\\x"), b"a\0\xff\\n\\xzz\\x");
    }

    #[test]
    #[should_panic(expected = "is refused")]
    fn a_seed_that_is_refused_is_named() {
        replay_seeds("repo_config", |_| false);
    }
}
