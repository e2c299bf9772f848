//! One pattern as git understands it.
//!
//! The meaning is that of `gitignore(5)` and of git's matcher, byte by byte; bytes need not be UTF-8. Matching never
//! recurses and only ever goes back to the last star of each sort, so no pattern takes exponential time.

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    /// It began with `!`.
    pub(crate) negated: bool,
    /// It ended in `/`: only directories match.
    dir_only: bool,
    /// It holds no other slash: it is compared with the last component alone.
    name_only: bool,
    /// What stands before the first special byte.
    prefix: Box<[u8]>,
    rest: Rest,
}

#[derive(Debug, Clone)]
enum Rest {
    Nothing,
    EndsWith(Box<[u8]>),
    Tokens(Box<[Token]>),
    /// The pattern is broken, and such a pattern matches nothing.
    Never,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// Any byte but a slash.
    Any,
    /// One of a set of bytes, never a slash.
    Class(Box<[bool; 256]>),
    /// Any bytes but slashes.
    Star,
    /// Any bytes.
    Deep,
    /// Nothing, or any bytes up to and with a slash.
    DeepDir,
}

/// What is wrong with a pattern, and at which byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) reason: &'static str,
}

impl Glob {
    /// Compiles a pattern. One that is broken matches nothing, as in git; the fault is told beside it.
    pub(crate) fn parse(whole: &[u8]) -> (Self, Option<Fault>) {
        let (negated, text) = match whole.strip_prefix(b"!") {
            Some(text) => (true, text),
            None => (false, whole),
        };
        let (dir_only, text) = match text.strip_suffix(b"/") {
            Some(text) => (true, text),
            None => (false, text),
        };
        let name_only = !text.contains(&b'/');
        let (start, text) = match text.strip_prefix(b"/") {
            Some(text) => (usize::from(negated) + 1, text),
            None => (usize::from(negated), text),
        };
        let special = text.iter().position(|b| is_special(*b)).unwrap_or(text.len());
        let (prefix, rest) = text.split_at_checked(special).unwrap_or((text, b""));
        let mut fault = None;
        let rest = match rest {
            [] => Rest::Nothing,
            [b'*', end @ ..] if name_only && !end.iter().any(|b| is_special(*b)) => {
                Rest::EndsWith(end.into())
            }
            _ => match tokens(rest, name_only) {
                Ok(tokens) => Rest::Tokens(tokens.into()),
                Err(inner) => {
                    fault = Some(Fault { at: start + special + inner.at, ..inner });
                    Rest::Never
                }
            },
        };
        (Self { negated, dir_only, name_only, prefix: prefix.into(), rest }, fault)
    }

    /// True if the pattern matches `path`, which is relative to the directory that the pattern belongs to.
    pub(crate) fn matches(&self, path: &[u8], is_dir: bool) -> bool {
        if self.dir_only && !is_dir {
            return false;
        }
        let text =
            if self.name_only { path.rsplit(|b| *b == b'/').next().unwrap_or(path) } else { path };
        let Some(text) = text.strip_prefix(&*self.prefix) else { return false };
        match &self.rest {
            Rest::Nothing => text.is_empty(),
            Rest::EndsWith(end) => text.ends_with(end),
            Rest::Tokens(tokens) => match_tokens(tokens, text),
            Rest::Never => false,
        }
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'\\')
}

/// Splits what follows the literal prefix. Git looks at the stars there as if the pattern began with it, which is why
/// `a**/b` reaches across directories and `?**/b` does not.
fn tokens(pattern: &[u8], name_only: bool) -> Result<Vec<Token>, Fault> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'\\' => {
                let Some(&next) = pattern.get(at + 1) else {
                    return Err(Fault { at, reason: "a backslash at the end escapes nothing" });
                };
                out.push(Token::Byte(next));
                at += 2;
            }
            b'?' => {
                out.push(Token::Any);
                at += 1;
            }
            b'*' => {
                let stars = pattern.iter().skip(at).take_while(|b| **b == b'*').count();
                let starts =
                    at.checked_sub(1).is_none_or(|before| pattern.get(before) == Some(&b'/'));
                let after = pattern.get(at + stars..).unwrap_or_default();
                let ends = after.is_empty() || after.starts_with(b"/") || after.starts_with(b"\\/");
                at += stars;
                if name_only || stars == 1 || !starts || !ends {
                    out.push(Token::Star);
                } else if after.starts_with(b"/") {
                    out.push(Token::DeepDir);
                    at += 1;
                } else {
                    out.push(Token::Deep);
                }
            }
            b'[' => {
                let (class, end) = class(pattern, at)?;
                out.push(Token::Class(class));
                at = end;
            }
            _ => {
                out.push(Token::Byte(byte));
                at += 1;
            }
        }
    }
    Ok(out)
}

/// Reads the class that begins at `open`; gives the bytes in it and the offset behind it.
fn class(pattern: &[u8], open: usize) -> Result<(Box<[bool; 256]>, usize), Fault> {
    let unclosed = Fault { at: open, reason: "the class is not closed by ]" };
    let byte = |at: usize| pattern.get(at).copied().ok_or(unclosed);
    let mut set = [false; 256];
    let mut at = open + 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    // The byte that a `-` would begin a range with; none after a range or a named class.
    let mut previous: Option<u8> = None;
    let mut first = true;
    while first || byte(at)? != b']' {
        first = false;
        match (byte(at)?, previous, pattern.get(at + 1)) {
            (b'\\', ..) => {
                at += 1;
                let escaped = byte(at)?;
                add(&mut set, escaped, escaped);
                previous = Some(escaped);
            }
            (b'-', Some(from), Some(&to)) if to != b']' => {
                at += 1;
                let to = if to == b'\\' {
                    at += 1;
                    byte(at)?
                } else {
                    to
                };
                add(&mut set, from, to);
                previous = None;
            }
            (b'[', _, Some(b':')) => {
                let name = pattern.get(at + 2..).unwrap_or_default();
                let close = name.iter().position(|b| *b == b']').ok_or(unclosed)?;
                match name.get(..close).and_then(|name| name.strip_suffix(b":")) {
                    Some(name) => {
                        add_named(&mut set, name)
                            .ok_or(Fault { at, reason: "there is no class of that name" })?;
                        at += close + 2;
                        previous = None;
                    }
                    None => {
                        add(&mut set, b'[', b'[');
                        previous = Some(b'[');
                    }
                }
            }
            (byte, ..) => {
                add(&mut set, byte, byte);
                previous = Some(byte);
            }
        }
        at += 1;
    }
    let mut class = Box::new(set.map(|member| member != negated));
    if let Some(slash) = class.get_mut(usize::from(b'/')) {
        *slash = false;
    }
    Ok((class, at + 1))
}

fn add(set: &mut [bool; 256], from: u8, to: u8) {
    for byte in from..=to {
        if let Some(member) = set.get_mut(usize::from(byte)) {
            *member = true;
        }
    }
}

/// The named classes as git knows them: ASCII only, and only four bytes are space.
fn add_named(set: &mut [bool; 256], name: &[u8]) -> Option<()> {
    let is: fn(u8) -> bool = match name {
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => |b| b.is_ascii_control(),
        b"digit" => |b| b.is_ascii_digit(),
        b"graph" => |b| b.is_ascii_graphic(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"print" => |b| b.is_ascii_graphic() || b == b' ',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"space" => |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    };
    for (member, byte) in set.iter_mut().zip(0..=u8::MAX) {
        *member |= is(byte);
    }
    Some(())
}

fn match_tokens(tokens: &[Token], text: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    // Where to go on after a dead end: the token behind the star, and how far the star reaches. A star cannot help
    // once a slash was passed, and a deep one makes all before it settled, so one of each is enough.
    let mut star: Option<(usize, usize)> = None;
    let mut deep: Option<(usize, usize)> = None;
    loop {
        let step = match tokens.get(token) {
            None if at == text.len() => return true,
            None => false,
            Some(Token::Star) => {
                star = Some((token + 1, at));
                token += 1;
                continue;
            }
            Some(Token::Deep) if token + 1 == tokens.len() => return true,
            Some(Token::Deep | Token::DeepDir) => {
                star = None;
                deep = Some((token, at));
                token += 1;
                continue;
            }
            Some(one) => text.get(at).is_some_and(|byte| one.takes(*byte)),
        };
        if step {
            (token, at) = (token + 1, at + 1);
        } else if let Some((behind, reach)) = star
            && text.get(reach).is_some_and(|byte| *byte != b'/')
        {
            star = Some((behind, reach + 1));
            (token, at) = (behind, reach + 1);
        } else if let Some((which, reach)) = deep
            && let Some(further) = further(tokens.get(which), text, reach)
        {
            star = None;
            deep = Some((which, further));
            (token, at) = (which + 1, further);
        } else {
            return false;
        }
    }
}

/// The next place up to which a deep star may reach.
fn further(token: Option<&Token>, text: &[u8], reach: usize) -> Option<usize> {
    let ahead = text.get(reach..)?;
    match token {
        Some(Token::DeepDir) => {
            ahead.iter().position(|b| *b == b'/').map(|slash| reach + slash + 1)
        }
        _ => (!ahead.is_empty()).then_some(reach + 1),
    }
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Byte(own) => *own == byte,
            Self::Any => byte != b'/',
            Self::Class(set) => set.get(usize::from(byte)).copied().unwrap_or(false),
            Self::Star | Self::Deep | Self::DeepDir => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::parse(pattern.as_bytes()).0.matches(path.as_bytes(), path.ends_with("dir"))
    }

    #[test]
    fn patterns_mean_what_the_manual_of_git_says() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("a", &["a", "b/a"], &["ab", "a/b"]),
            ("/a", &["a"], &["b/a"]),
            ("a/b", &["a/b"], &["x/a/b", "a/b/c"]),
            ("*.o", &["x.o", "a/x.o", ".o"], &["x.oo"]),
            ("a*b", &["ab", "axxb", "z/axb"], &["a/b"]),
            ("/*/b", &["a/b"], &["b", "a/c/b"]),
            ("**/b", &["b", "a/b", "a/c/b"], &["ab"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]),
            ("a/**/*c", &["a/c", "a/b/xc"], &["a/c/b"]),
            ("*dir/", &["xdir", "a/dir"], &["xdi"]),
            ("?", &["a", "x/a"], &["ab"]),
            ("a?b/c", &["axb/c"], &["a/b/c"]),
            ("[a-c]x", &["ax", "cx"], &["dx"]),
            ("[!a-c]x", &["dx"], &["ax", "x"]),
            ("[]a]", &["]", "a"], &["b"]),
            ("[[:digit:]_]", &["1", "_"], &["a"]),
            ("\\!a", &["!a"], &["a"]),
            ("\\*", &["*"], &["a"]),
            ("*a*b*c", &["abc", "xaxbxc"], &["acb"]),
        ];
        for (pattern, yes, no) in table {
            yes.iter().for_each(|path| assert!(matches(pattern, path), "{pattern} takes {path}"));
            no.iter().for_each(|path| assert!(!matches(pattern, path), "{pattern} leaves {path}"));
        }
    }

    #[test]
    fn a_broken_pattern_matches_nothing_and_its_fault_is_placed() {
        for (pattern, at) in [("ab[c", 2), ("!/x\\", 3), ("[[:nope:]]", 1), ("a/[", 2)] {
            let (glob, fault) = Glob::parse(pattern.as_bytes());
            assert_eq!(fault.map(|f| f.at), Some(at), "{pattern}");
            assert!(!glob.matches(b"a", false) && !glob.matches(pattern.as_bytes(), true));
        }
    }

    #[test]
    fn many_stars_are_no_burden() {
        let text = vec![b'a'; 20_000];
        for pattern in
            ["*".repeat(50), "*a".repeat(50) + "b", "**/".repeat(1000) + "b", "a/*".repeat(1000)]
        {
            let began = std::time::Instant::now();
            Glob::parse(pattern.as_bytes()).0.matches(&text, false);
            assert!(began.elapsed().as_millis() < 1000, "{pattern:.40}");
        }
    }
}
