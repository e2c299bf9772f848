//! `{a,b}` in the patterns of flags, which git does not know but everyone types.

use crate::glob::Fault;

/// The most patterns that one may stand for.
const ALTERNATIVES_MAX: usize = 4096;

/// All patterns that `pattern` stands for. A brace in a class or behind a backslash is itself.
pub(crate) fn expand(pattern: &str) -> Result<Vec<String>, Fault> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(next) = open.pop() {
        match first_group(&next)? {
            None => done.push(next),
            Some((start, commas, end)) => {
                let (head, tail) =
                    (next.get(..start).unwrap_or(""), next.get(end + 1..).unwrap_or(""));
                let borders: Vec<usize> =
                    std::iter::once(start).chain(commas).chain([end]).collect();
                for pair in borders.windows(2).rev() {
                    if let [from, to] = pair {
                        open.push(format!("{head}{}{tail}", next.get(from + 1..*to).unwrap_or("")));
                    }
                }
            }
        }
        if done.len() + open.len() > ALTERNATIVES_MAX {
            return Err(Fault { at: 0, reason: "the braces stand for more than 4096 patterns" });
        }
    }
    Ok(done)
}

type Group = (usize, Vec<usize>, usize);

/// The first group at the top: where it opens, its commas, and where it closes.
fn first_group(pattern: &str) -> Result<Option<Group>, Fault> {
    let bytes = pattern.as_bytes();
    let (mut start, mut depth, mut commas) = (0, 0_usize, Vec::new());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at),
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b',' if depth == 1 => commas.push(at),
            b'}' if depth == 1 => return Ok(Some((start, commas, at))),
            b'}' if depth == 0 => {
                return Err(Fault { at, reason: "nothing is opened for } to close" });
            }
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    if depth == 0 {
        Ok(None)
    } else {
        Err(Fault { at: start, reason: "the group is not closed by }" })
    }
}

/// Where the class that opens at `at` ends; `at` itself if it never does.
fn class_end(bytes: &[u8], at: usize) -> usize {
    let mut inside = at + 1;
    inside += usize::from(matches!(bytes.get(inside), Some(b'!' | b'^')));
    let first = inside;
    while let Some(byte) = bytes.get(inside) {
        match byte {
            b'\\' => inside += 1,
            b'[' if bytes.get(inside + 1) == Some(&b':') => {
                let name = bytes.get(inside + 2..).unwrap_or_default();
                inside += name.iter().position(|b| *b == b']').map_or(0, |close| close + 2);
            }
            b']' if inside > first => return inside,
            _ => {}
        }
        inside += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stand_for_each_of_their_alternatives() {
        for (pattern, all) in [
            ("*.rs", vec!["*.rs"]),
            ("*.{rs,toml}", vec!["*.rs", "*.toml"]),
            ("{a,b}/{c,d}", vec!["a/c", "a/d", "b/c", "b/d"]),
            ("x{a,{b,c}d}", vec!["xa", "xbd", "xcd"]),
            ("[{]\\{,", vec!["[{]\\{,"]),
            ("a{,b}", vec!["a", "ab"]),
        ] {
            assert_eq!(expand(pattern).unwrap(), all, "{pattern}");
        }
    }

    #[test]
    fn a_group_that_does_not_balance_is_a_fault() {
        assert_eq!(expand("a{b").unwrap_err().at, 1);
        assert_eq!(expand("ab}").unwrap_err().at, 2);
        assert!(expand(&"{a,b}".repeat(40)).is_err());
    }
}
