//! What begins at a place in code.

use super::{BACK, BLANK, SOLID, STOP, State, WORD_MAX, Word, is_blank};
use crate::language::syntax::{Place, Special, Syntax};

/// What begins, and how many bytes belong to its beginning.
pub(super) struct Opened {
    pub(super) state: State,
    pub(super) length: usize,
    pub(super) pending: Option<Word>,
}

impl Opened {
    fn new(state: State, length: usize) -> Option<Self> {
        Some(Self { state, length, pending: None })
    }
}

/// For each byte in code: blank, solid, or a reason to look closer.
pub(super) fn classes(syntax: &Syntax) -> [u8; 256] {
    let mut classes = [SOLID; 256];
    let mut set = |byte: u8, class: u8| {
        if let Some(place) = classes.get_mut(usize::from(byte)) {
            *place = class;
        }
    };
    for byte in 0..=u8::MAX {
        if is_blank(byte) {
            set(byte, BLANK);
        }
    }
    set(b'\n', STOP);
    let opens = syntax.line.iter().copied();
    let opens = opens.chain(syntax.block.iter().map(|block| block.open));
    let opens = opens.chain(syntax.strings.iter().map(|quote| quote.open));
    let special: &[u8] = match syntax.special {
        Special::Chars | Special::Rust => b"'",
        Special::Script => b"/",
        Special::Lua => b"[",
        Special::Escape => b"\\",
        Special::Shell => b"\\<",
        Special::Php | Special::Ruby => b"<",
        Special::None | Special::Cpp | Special::Prime => b"",
        Special::Prose | Special::Data => b"",
    };
    for byte in opens.filter_map(|open| open.bytes().next()).chain(special.iter().copied()) {
        set(byte, STOP);
    }
    classes
}

/// What begins at `at`. `fresh` says that only blanks stand before it on its line.
pub(super) fn at(syntax: &'static Syntax, window: &[u8], at: usize, fresh: bool) -> Opened {
    let before = window.get(at.saturating_sub(BACK)..at).unwrap_or_default();
    let here = window.get(at..).unwrap_or_default();
    raw(syntax, before, here)
        .or_else(|| comment(syntax, before, here, fresh))
        .or_else(|| special(syntax, before, here))
        .or_else(|| string(syntax, before, here, fresh))
        .unwrap_or(Opened { state: State::Code, length: 1, pending: None })
}

/// Strings and comments whose end depends on their beginning.
fn raw(syntax: &Syntax, before: &[u8], here: &[u8]) -> Option<Opened> {
    match (syntax.special, here.first()?) {
        (Special::Rust, b'"') => {
            let hashes = before.iter().rev().take_while(|byte| **byte == b'#').count();
            let mut back = before.iter().rev().skip(hashes);
            if back.next() != Some(&b'r') {
                return None;
            }
            let prefix = back.next().copied().unwrap_or(b' ');
            let alone = if matches!(prefix, b'b' | b'c') {
                !back.next().copied().is_some_and(in_name)
            } else {
                !in_name(prefix)
            };
            if alone { Opened::new(State::RustRaw(hashes), 1) } else { None }
        }
        (Special::Cpp, b'"') if before.ends_with(b"R") => {
            let rest = here.get(1..)?;
            let end = rest.iter().take(17).position(|byte| *byte == b'(')?;
            Opened::new(State::CppRaw(Word::new(rest.get(..end)?)?), end + 2)
        }
        (Special::Lua, b'-') => {
            let level = long_bracket(here.strip_prefix(b"--")?)?;
            Opened::new(State::LuaLong(level, true), level + 4)
        }
        (Special::Lua, b'[') => {
            let level = long_bracket(here)?;
            Opened::new(State::LuaLong(level, false), level + 2)
        }
        _ => None,
    }
}

/// The number of `=` in `[==[`.
fn long_bracket(here: &[u8]) -> Option<usize> {
    let rest = here.strip_prefix(b"[")?;
    let level = rest.iter().take(WORD_MAX).take_while(|byte| **byte == b'=').count();
    (rest.get(level) == Some(&b'[')).then_some(level)
}

fn comment(syntax: &'static Syntax, before: &[u8], here: &[u8], fresh: bool) -> Option<Opened> {
    let previous = before.last().copied().unwrap_or(b'\n');
    for block in syntax.block {
        let placed = !block.first || previous == b'\n';
        if placed && here.starts_with(block.open.as_bytes()) {
            return Opened::new(State::Block(block, 1), block.open.len());
        }
    }
    let placed = match syntax.place {
        Place::Anywhere => true,
        Place::Word => is_blank(previous) || b"\n;&|()".contains(&previous),
        Place::First => fresh,
    };
    let open = syntax.line.iter().find(|open| here.starts_with(open.as_bytes()))?;
    let is_attribute = syntax.special == Special::Php && here.starts_with(b"#[");
    if placed && !is_attribute { Opened::new(State::LineComment, open.len()) } else { None }
}

fn special(syntax: &Syntax, before: &[u8], here: &[u8]) -> Option<Opened> {
    let code = |length| Opened::new(State::Code, length);
    match (syntax.special, here.first()?) {
        (Special::Chars, b'\'') if before.last().copied().is_some_and(in_name) => code(1),
        (Special::Chars | Special::Rust, b'\'') => code(character(here).unwrap_or(1)),
        // A line end that is escaped is left to the scanner, which counts it.
        (Special::Escape | Special::Shell, b'\\') => {
            code(if matches!(here.get(1), None | Some(b'\n')) { 1 } else { 2 })
        }
        (Special::Script, b'/') if pattern_may_begin(before) => {
            Opened::new(State::Pattern(false), 1)
        }
        (Special::Shell, b'<') => here_document(here.strip_prefix(b"<<")?, b"-", true, here.len()),
        (Special::Ruby, b'<') => here_document(here.strip_prefix(b"<<")?, b"~-", false, here.len()),
        (Special::Php, b'<') => here_document(here.strip_prefix(b"<<<")?, b"", false, here.len()),
        _ => None,
    }
}

/// The length of `'a'` or of `'\u{7f}'`; `None` for what is no character.
fn character(here: &[u8]) -> Option<usize> {
    let first = *here.get(1)?;
    if first == b'\\' {
        // The byte after the backslash is no end, and the longest escape is `\u{10ffff}`.
        let rest = here.get(3..)?;
        let end = rest.iter().take(12).take_while(|byte| **byte != b'\n');
        let end = end.enumerate().find(|(_, byte)| **byte == b'\'')?.0;
        return Some(end + 4);
    }
    let width = match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    };
    (first != b'\n' && here.get(width + 1) == Some(&b'\'')).then_some(width + 2)
}

/// Whether a slash cannot be a division: no value stands before it.
fn pattern_may_begin(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let Some(last) = before.last() else { return true };
    if !in_name(*last) {
        return !matches!(
            last,
            b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'<' | b'.' | b'/' | 0x80..
        );
    }
    let from = before.iter().rposition(|byte| !in_name(*byte)).map_or(0, |at| at + 1);
    let word = before.get(from..).unwrap_or_default();
    const BEFORE_VALUES: &[&[u8]] = &[
        b"return", b"typeof", b"case", b"in", b"of", b"delete", b"void", b"throw", b"else", b"do",
    ];
    BEFORE_VALUES.contains(&word)
}

/// `<<END`, `<<-'END'`: the text begins with the next line. Only words in capitals or quotes count, for `<<` shifts too.
fn here_document(rest: &[u8], dashes: &[u8], blank: bool, whole: usize) -> Option<Opened> {
    let rest = match rest.first()? {
        dash if dashes.contains(dash) => rest.get(1..)?,
        _ => rest,
    };
    let rest = if blank { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest };
    let quote = rest.first().copied().filter(|byte| b"'\"\\".contains(byte));
    let rest = if quote.is_some() { rest.get(1..)? } else { rest };
    let length = rest.iter().take(WORD_MAX + 1).take_while(|byte| in_name(**byte)).count();
    let word = rest.get(..length)?;
    let named = match quote {
        Some(_) => !word.is_empty(),
        None => word.first()?.is_ascii_uppercase() || word.first() == Some(&b'_'),
    };
    let word = Word::new(word).filter(|_| named)?;
    let closed = quote.is_some() && rest.get(length) == quote.as_ref();
    let length = whole - rest.len() + length + usize::from(closed);
    Some(Opened { state: State::Code, length, pending: Some(word) })
}

fn string(syntax: &'static Syntax, before: &[u8], here: &[u8], fresh: bool) -> Option<Opened> {
    let within_word = before.last().copied().is_some_and(in_name);
    let prime = match syntax.special {
        Special::Prime | Special::Ruby | Special::Php => within_word,
        Special::Cpp => within_word && here.starts_with(b"'"),
        _ => false,
    };
    if prime {
        return None;
    }
    let quote = syntax.strings.iter().find(|quote| here.starts_with(quote.open.as_bytes()))?;
    Opened::new(State::Text(quote, quote.doc && fresh), quote.open.len())
}

/// Whether a byte may stand in a name; every byte of a letter beyond ASCII may.
pub(super) fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
