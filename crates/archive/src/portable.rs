//! Names that mean the same on every system, and what other systems take for the same.

use unicode_normalization::UnicodeNormalization;

use crate::error::Fault;

/// What Windows reads as a device, whatever comes behind a dot. A digit may also be written high.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// The same with a digit behind.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// Fails if some system cannot hold this name, or holds it as another one, or if version control obeys what is in it.
pub(crate) fn check(name: &[u8]) -> Result<(), Fault> {
    let fail = |why| Err(Fault::NamePortable { why });
    let Ok(text) = std::str::from_utf8(name) else { return fail("it is no text") };
    if text.chars().any(|c| c.is_control() || "<>:\"\\|?*".contains(c)) {
        return fail("it has a character that some systems do not take");
    }
    if text.ends_with(['.', ' ']) {
        return fail("it ends with a dot or a blank");
    }
    let stem = text.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let digit = |rest: &str| {
        let mut chars = rest.chars();
        matches!((chars.next(), chars.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    let numbered = NUMBERED.iter().filter_map(|device| stem.strip_prefix(device));
    if DEVICES.contains(&&*stem) || numbered.into_iter().any(digit) {
        return fail("it is that of a device");
    }
    if is_git(text) { Err(Fault::Vcs) } else { Ok(()) }
}

/// True for the directory of git, also as other systems write or read it.
fn is_git(text: &str) -> bool {
    let seen = fold(text.as_bytes());
    let short = seen.strip_prefix("git~");
    seen == ".git" || short.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// A name as a system keeps it that tells neither case nor the writing of an accent apart, and passes over what cannot be
/// seen.
pub(crate) fn fold(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let seen = text.nfkc().filter(|c| !is_unseen(*c));
    // Up and down again, so that what has two small forms, or becomes two letters, is one.
    let folded: String = seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_system_are_told_from_others() {
        for name in [
            "a",
            "README.md",
            ".gitignore",
            "com",
            "com10",
            "comx",
            "console",
            "a b",
            "ß",
            "git~",
            "x.git",
        ] {
            assert_eq!(check(name.as_bytes()), Ok(()), "{name}");
        }
        for name in [
            "a.", "a ", "...", "a:b", "a\\b", "a\nb", "CON", "aux.txt", "COM1", "com¹.x", "NUL .y",
            "CONIN$",
        ] {
            assert!(matches!(check(name.as_bytes()), Err(Fault::NamePortable { .. })), "{name}");
        }
        assert!(matches!(check(b"\xff"), Err(Fault::NamePortable { .. })));
        for name in [".git", ".GIT", "git~1", "GIT~12", ".g\u{200b}it"] {
            assert_eq!(check(name.as_bytes()), Err(Fault::Vcs), "{name}");
        }
    }

    #[test]
    fn twins_fold_alike() {
        for (a, b) in [
            ("README", "readme"),
            ("é", "e\u{301}"),
            ("ﬀ", "ff"),
            ("STRASSE", "straße"),
            ("ſ", "S"),
            ("K", "k"),
        ] {
            assert_eq!(fold(a.as_bytes()), fold(b.as_bytes()), "{a} {b}");
        }
        assert_ne!(fold(b"a"), fold(b"b"));
    }
}
