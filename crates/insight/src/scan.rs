//! Tells code from comments and strings, in one pass and in pieces of any size.
//!
//! What a byte is depends on the state, on [`BACK`] bytes before it and on [`AHEAD`] bytes from it on, never on how the
//! text was cut: a file that is fed in pieces gives what it gives whole.

mod opening;

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use crate::language::syntax::{Block, Quote, Special, Syntax};

/// How far back a decision may look.
pub(crate) const BACK: usize = 16;
/// How far ahead a decision may look, its own byte included.
pub(crate) const AHEAD: usize = 40;

/// The longest word that ends a here-document.
const WORD_MAX: usize = 24;

/// A few bytes that end something: a word of a here-document, a delimiter of C++.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    bytes: [u8; WORD_MAX],
    length: usize,
}

impl Word {
    fn new(word: &[u8]) -> Option<Self> {
        let mut bytes = [0; WORD_MAX];
        bytes.get_mut(..word.len())?.copy_from_slice(word);
        Some(Self { bytes, length: word.len() })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum State {
    Code,
    LineComment,
    Block(&'static Block, u32),
    Text(&'static Quote, bool),
    /// `"` and as many `#` end it.
    RustRaw(usize),
    /// `)`, the word and `"` end it.
    CppRaw(Word),
    /// `]`, as many `=` and `]` end it; whether it is a comment.
    LuaLong(usize, bool),
    /// A pattern of JavaScript; whether it is within brackets.
    Pattern(bool),
    Here(Word),
}

/// Lines by what stands on them. A line with code and a comment is code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) code: u64,
    pub(crate) comments: u64,
    pub(crate) blanks: u64,
}

const BLANK: u8 = 0;
const SOLID: u8 = 1;
const STOP: u8 = 2;

pub(crate) struct Scanner {
    syntax: &'static Syntax,
    /// For each byte in code: blank, solid, or a reason to look closer.
    classes: [u8; 256],
    state: State,
    /// What the next line begins with.
    pending: Option<Word>,
    /// What was seen on this line.
    bytes: bool,
    code: bool,
    comment: bool,
    counts: Counts,
}

impl Scanner {
    pub(crate) fn new(syntax: &'static Syntax) -> Self {
        Self {
            syntax,
            classes: opening::classes(syntax),
            state: State::Code,
            pending: None,
            bytes: false,
            code: false,
            comment: false,
            counts: Counts::default(),
        }
    }

    /// Reads `window` from `from` on, where [`BACK`] bytes of what was read before stand in front of `from`, and calls
    /// `comment` with what is a comment, line by line. Returns where it stopped: at the end if this is the `last`
    /// piece, else up to [`AHEAD`] bytes before it.
    pub(crate) fn feed(
        &mut self,
        window: &[u8],
        from: usize,
        last: bool,
        comment: &mut impl FnMut(Range<usize>),
    ) -> usize {
        let limit = if last { window.len() } else { window.len().saturating_sub(AHEAD) };
        if matches!(self.syntax.special, Special::Prose | Special::Data) {
            return self.prose(window, from, limit);
        }
        let mut at = from;
        while at < limit {
            let next = match self.state {
                State::Code => self.in_code(window, at, limit),
                _ => self.inside(window, at, limit, comment),
            };
            self.bytes = window.get(next.saturating_sub(1)) != Some(&b'\n');
            if !self.bytes && matches!(self.state, State::Code) {
                self.state = self.pending.take().map_or(State::Code, State::Here);
            }
            at = next;
        }
        at
    }

    /// The counts, when all has been fed.
    pub(crate) fn finish(mut self) -> Counts {
        if self.bytes {
            self.end_line();
        }
        self.counts
    }

    fn end_line(&mut self) {
        let counts = &mut self.counts;
        *(if self.code {
            &mut counts.code
        } else if self.comment {
            &mut counts.comments
        } else {
            &mut counts.blanks
        }) += 1;
        (self.bytes, self.code, self.comment) = (false, false, false);
    }

    /// Nothing but line ends matters.
    fn prose(&mut self, window: &[u8], from: usize, limit: usize) -> usize {
        let mut rest = window.get(from..limit).unwrap_or_default();
        while !rest.is_empty() {
            let end = memchr(b'\n', rest);
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            self.code = self.code || line.iter().any(|byte| !is_blank(*byte));
            self.bytes |= !line.is_empty();
            if end.is_some() {
                self.end_line();
            }
            rest = after.get(1..).unwrap_or_default();
        }
        limit.max(from)
    }

    fn in_code(&mut self, window: &[u8], at: usize, limit: usize) -> usize {
        let rest = window.get(at..limit).unwrap_or_default();
        let mut seen = BLANK;
        let stop = rest.iter().position(|byte| {
            let class = self.classes.get(usize::from(*byte)).copied().unwrap_or(SOLID);
            seen |= class & SOLID;
            class & STOP != 0
        });
        self.code |= seen & SOLID != 0;
        let Some(stop) = stop.map(|stop| at + stop) else { return limit };
        if window.get(stop) == Some(&b'\n') {
            self.end_line();
            return stop + 1;
        }
        let fresh = !self.code && !self.comment;
        let opened = opening::at(self.syntax, window, stop, fresh);
        self.state = opened.state;
        self.pending = opened.pending.or(self.pending);
        self.mark(self.in_comment());
        stop + opened.length.max(1)
    }

    /// In a comment or a string: jumps to what can end it or the line.
    fn inside(
        &mut self,
        window: &[u8],
        at: usize,
        limit: usize,
        comment: &mut impl FnMut(Range<usize>),
    ) -> usize {
        let rest = window.get(at..limit).unwrap_or_default();
        let found = self.next_of_interest(rest);
        let skipped = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
        let stop = at + skipped.len();
        if skipped.iter().any(|byte| !is_blank(*byte)) {
            self.mark(self.in_comment());
        }
        if self.in_comment() && stop > at {
            comment(at..stop);
        }
        if found.is_none() {
            return stop;
        }
        let next = self.judge(window, stop);
        // What is looked at twice is a comment still, if it neither ended it nor the line.
        let stepped = window.get(stop..next).unwrap_or_default();
        if self.in_comment() && memchr(b'\n', stepped).is_none() {
            comment(stop..next);
        }
        next
    }

    fn in_comment(&self) -> bool {
        match self.state {
            State::LineComment | State::Block(..) => true,
            State::Text(_, is_comment) | State::LuaLong(_, is_comment) => is_comment,
            _ => false,
        }
    }

    fn mark(&mut self, is_comment: bool) {
        if is_comment {
            self.comment = true;
        } else {
            self.code = true;
        }
    }

    /// The next byte that may change the state.
    fn next_of_interest(&self, rest: &[u8]) -> Option<usize> {
        let first = |word: &str| word.bytes().next().unwrap_or(b'\n');
        match self.state {
            State::Code => Some(0),
            State::LineComment => memchr(b'\n', rest),
            State::Block(block, _) if block.nests => {
                memchr3(b'\n', first(block.open), first(block.close), rest)
            }
            State::Block(block, _) => memchr2(b'\n', first(block.close), rest),
            State::Text(quote, _) if quote.escape == 0 => memchr2(b'\n', first(quote.close), rest),
            State::Text(quote, _) => memchr3(b'\n', quote.escape, first(quote.close), rest),
            State::RustRaw(_) => memchr2(b'\n', b'"', rest),
            State::CppRaw(_) => memchr2(b'\n', b')', rest),
            State::LuaLong(..) => memchr2(b'\n', b']', rest),
            State::Pattern(_) => rest.iter().position(|byte| b"\n\\[]/".contains(byte)),
            State::Here(_) if self.code => memchr(b'\n', rest),
            State::Here(_) => rest.iter().position(|byte| *byte == b'\n' || !is_blank(*byte)),
        }
    }

    /// Steps over the byte at `at`, which is of interest, and what belongs to it.
    fn judge(&mut self, window: &[u8], at: usize) -> usize {
        let here = window.get(at..).unwrap_or_default();
        let is_comment = self.in_comment();
        if let Some(length) = self.closing(here) {
            if here.first() == Some(&b'\n') {
                self.end_line();
            }
            self.mark(is_comment);
            self.state = match self.state {
                State::Block(block, depth) if depth > 1 => State::Block(block, depth - 1),
                _ => State::Code,
            };
            return at + length;
        }
        match (here.first(), self.state) {
            (Some(b'\n'), state) => {
                self.end_line();
                let ends = match state {
                    State::LineComment | State::Pattern(_) => true,
                    State::Text(quote, _) => !quote.lines,
                    _ => false,
                };
                if ends {
                    self.state = State::Code;
                }
                return at + 1;
            }
            (_, State::Block(block, depth)) if here.starts_with(block.open.as_bytes()) => {
                self.mark(true);
                if block.nests {
                    self.state = State::Block(block, depth.saturating_add(1));
                }
                return at + block.open.len();
            }
            (Some(byte), State::Text(quote, _)) if *byte == quote.escape => {
                self.mark(is_comment);
                return at + self.escaped(here);
            }
            (Some(b'\\'), State::Pattern(_)) => {
                self.mark(false);
                return at + if here.get(1) == Some(&b'\n') { 1 } else { 2.min(here.len()) };
            }
            (Some(b'['), State::Pattern(_)) => self.state = State::Pattern(true),
            (Some(b']'), State::Pattern(_)) => self.state = State::Pattern(false),
            _ => {}
        }
        self.mark(is_comment);
        at + 1
    }

    /// How long an escape in a string is. A line end within it ends the line, not the string.
    fn escaped(&mut self, here: &[u8]) -> usize {
        let length = match here {
            [_, b'\r', b'\n', ..] => 3,
            [_, _, ..] => 2,
            _ => 1,
        };
        if here.get(length - 1) == Some(&b'\n') {
            self.end_line();
        }
        length
    }

    /// How long what ends the state is, if it stands here.
    fn closing(&self, here: &[u8]) -> Option<usize> {
        let is = |close: &[u8]| here.starts_with(close).then_some(close.len());
        let filled = |begin: u8, fill: u8, count: usize, end: Option<u8>| {
            let all = here.first() == Some(&begin)
                && here.get(1..=count).is_some_and(|run| run.iter().all(|byte| *byte == fill))
                && end.is_none_or(|end| here.get(count + 1) == Some(&end));
            all.then_some(1 + count + usize::from(end.is_some()))
        };
        match self.state {
            State::Code | State::LineComment | State::Pattern(true) => None,
            State::Block(block, _) => is(block.close.as_bytes()),
            State::Text(quote, _) => is(quote.close.as_bytes()),
            State::RustRaw(hashes) => filled(b'"', b'#', hashes, None),
            State::LuaLong(level, _) => filled(b']', b'=', level, Some(b']')),
            State::Pattern(false) => is(b"/"),
            State::CppRaw(word) => {
                let rest = here.strip_prefix(b")")?.strip_prefix(word.as_bytes())?;
                rest.starts_with(b"\"").then_some(word.length + 2)
            }
            State::Here(word) => {
                let rest = here.strip_prefix(word.as_bytes())?;
                let goes_on = rest.first().is_some_and(|byte| opening::in_name(*byte));
                (!self.code && !goes_on).then_some(word.length)
            }
        }
    }
}

/// White space within a line; the line end is no part of it.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

#[cfg(test)]
mod tests;
