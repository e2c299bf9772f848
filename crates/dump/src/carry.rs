//! How the bytes of a file are carried as text, so that they are readable where they can be and come back exactly.
//!
//! Carried text is UTF-8 that holds no carriage return and nothing odd (see [`crate::escape`]): a transport that
//! changes line ends does no harm, and nothing hides. Three forms:
//!
//! - **text**: the characters of the file. Its encoding, and its line ends if all are alike, are noted and not shown.
//! - **escaped**: UTF-8 with some odd characters or bytes, which are escaped.
//! - **base64**: all else, in lines of 76 characters.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::memmem;

use crate::charset::{Charset, decode, encode};
use crate::escape;

/// Bytes in a line of base64: 76 characters.
const LINE: usize = 57;
/// Larger files are not tried in other encodings than UTF-8, in bytes: that needs all of a file at once.
pub const WHOLE_MAX: usize = 8 << 20;
/// So many escapes are always bearable.
const ESCAPES_FEW: u64 = 16;

/// The form of carried text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The characters of the file.
    Text,
    /// The same with escapes.
    Escaped,
    /// Base64.
    Base64,
}

impl Form {
    /// The word for it in a manifest.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Escaped => "escaped",
            Self::Base64 => "base64",
        }
    }

    /// The form of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Text, Self::Escaped, Self::Base64].into_iter().find(|form| form.word() == word)
    }
}

/// How the lines of a file end, where all end alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// With a line feed, or there is no second line.
    Lf,
    /// With a carriage return and a line feed.
    CrLf,
    /// With a carriage return.
    Cr,
}

impl Ends {
    /// The word for it in a manifest.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
            Self::Cr => "cr",
        }
    }

    /// The line ends of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Lf, Self::CrLf, Self::Cr].into_iter().find(|ends| ends.word() == word)
    }
}

/// How one file is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carry {
    /// The form of its text.
    pub form: Form,
    /// Its encoding, if the form is text.
    pub charset: Charset,
    /// Its line ends, if the form is text.
    pub ends: Ends,
    /// True if the carried text is not empty and does not end with a line feed.
    pub open_end: bool,
    /// The longest run of backticks in the text, which a fence around it must exceed, or 0 if it is shorter than any
    /// fence; known to the writer alone.
    pub ticks: usize,
    /// The same of apostrophes.
    pub quotes: usize,
}

impl Carry {
    /// UTF-8 as it is.
    pub(crate) const TEXT: Self = Self { form: Form::Text, ..Self::BASE64 };
    const BASE64: Self = Self {
        form: Form::Base64,
        charset: Charset::Utf8,
        ends: Ends::Lf,
        open_end: false,
        ticks: 0,
        quotes: 0,
    };

    /// How `content`, which is all of a file, is carried.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        let mut examiner = Examiner::default();
        examiner.update(content);
        let carry = examiner.finish();
        if carry.form == Form::Text || content.len() > WHOLE_MAX {
            return carry;
        }
        transcoded(content).unwrap_or(carry)
    }

    /// The carried text of all of a file.
    #[must_use]
    pub fn text(self, content: &[u8]) -> String {
        let mut whole = String::new();
        let collected: Result<(), std::convert::Infallible> = self.emit(content, &mut |text| {
            whole.push_str(text);
            Ok(())
        });
        let Ok(()) = collected;
        whole
    }

    /// Calls `emit` with the carried text of `content` in pieces, each of which stands for whole characters. For an
    /// encoding other than UTF-8 `content` must be all of the file.
    pub(crate) fn emit<E>(
        self,
        content: &[u8],
        emit: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        match (self.form, self.charset) {
            (Form::Base64, _) => {
                let mut lines =
                    String::with_capacity(content.len() / 3 * 4 + content.len() / 40 + 80);
                for line in content.chunks(LINE) {
                    BASE64.encode_string(line, &mut lines);
                    lines.push('\n');
                }
                emit(&lines)
            }
            (Form::Escaped, _) => emit(&escaped(content)),
            (Form::Text, Charset::Utf8) => {
                // It was valid when it was examined; what is not any more is seen when the text is proved.
                match std::str::from_utf8(content) {
                    Ok(text) => emit(&self.ends.unified(text)),
                    Err(_) => emit(&self.ends.unified(&String::from_utf8_lossy(content))),
                }
            }
            (Form::Text, charset) => {
                let text = decode(content, charset).unwrap_or_default();
                emit(&self.ends.unified(&text))
            }
        }
    }

    /// The bytes that carried text stands for.
    ///
    /// # Errors
    /// The offset in `text` of what stands for nothing.
    pub fn bytes(self, text: &str) -> Result<Cow<'_, [u8]>, usize> {
        match (self.form, self.charset) {
            (Form::Base64, _) => {
                let dense: Vec<u8> =
                    text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                BASE64.decode(dense).map(Cow::Owned).map_err(|_| 0)
            }
            (Form::Escaped, _) => escape::unescape(text).map(Cow::Owned),
            (Form::Text, charset) => {
                let text = self.ends.written(text);
                if charset == Charset::Utf8 {
                    return Ok(match text {
                        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                    });
                }
                encode(&text, charset).map(Cow::Owned).ok_or(0)
            }
        }
    }

    /// How many bytes of a stream may be cut off behind each piece handed to `emit`, so that a piece stands for whole
    /// characters and lines of base64: how much of `buffer` is a good piece.
    pub(crate) fn piece(self, buffer: &[u8]) -> usize {
        match self.form {
            Form::Base64 => buffer.len() / LINE * LINE,
            Form::Text | Form::Escaped => {
                let tail = buffer.len().saturating_sub(3);
                let begun = buffer.get(tail..).unwrap_or_default();
                // A character that began and may not be whole, or a CR whose LF may follow.
                let cut = begun.iter().rposition(|byte| *byte >= 0xc0);
                match (cut, buffer.last()) {
                    (Some(cut), _) => tail + cut,
                    (None, Some(b'\r')) => buffer.len() - 1,
                    _ => buffer.len(),
                }
            }
        }
    }
}

impl Ends {
    fn unified<'t>(self, text: &'t str) -> Cow<'t, str> {
        match self {
            Self::Lf => Cow::Borrowed(text),
            Self::CrLf => Cow::Owned(replaced(text, "\r\n", "\n")),
            Self::Cr => Cow::Owned(replaced(text, "\r", "\n")),
        }
    }

    fn written<'t>(self, text: &'t str) -> Cow<'t, str> {
        match self {
            Self::Lf => Cow::Borrowed(text),
            Self::CrLf => Cow::Owned(replaced(text, "\n", "\r\n")),
            Self::Cr => Cow::Owned(replaced(text, "\n", "\r")),
        }
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = 0;
    for at in memmem::find_iter(text.as_bytes(), from) {
        out.push_str(text.get(rest..at).unwrap_or_default());
        out.push_str(to);
        rest = at + from.len();
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

fn escaped(content: &[u8]) -> String {
    let mut out = String::with_capacity(content.len() + content.len() / 8);
    for chunk in content.utf8_chunks() {
        let mut plain = 0;
        let valid = chunk.valid();
        for (at, c) in valid.char_indices().filter(|(_, c)| escape::is_odd(*c)) {
            out.push_str(valid.get(plain..at).unwrap_or_default());
            escape::push_char(&mut out, c);
            plain = at + c.len_utf8();
        }
        out.push_str(valid.get(plain..).unwrap_or_default());
        escape::push_bytes(&mut out, chunk.invalid());
    }
    out
}

/// The content in another encoding, if that gives text without anything odd and the very bytes again.
fn transcoded(content: &[u8]) -> Option<Carry> {
    let charset = match content {
        [0xef, 0xbb, 0xbf, ..] => Charset::Utf8Bom,
        [0xff, 0xfe, ..] => Charset::Utf16Le,
        [0xfe, 0xff, ..] => Charset::Utf16Be,
        _ if content.contains(&0) => return None,
        _ if std::str::from_utf8(content).is_ok() => return None,
        _ => {
            let mut detector =
                chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
            detector.feed(content, true);
            Charset::Other(detector.guess(None, chardetng::Utf8Detection::Deny))
        }
    };
    let text = decode(content, charset)?;
    let mut examiner = Examiner::default();
    examiner.update(text.as_bytes());
    let carry = Carry { charset, ..examiner.finish() };
    if carry.form != Form::Text {
        return None;
    }
    let carried = carry.ends.unified(&text);
    (carry.bytes(&carried).ok()?.as_ref() == content).then_some(carry)
}

/// Finds out how a file is carried, piece by piece.
#[derive(Debug, Default)]
pub struct Examiner {
    /// What may be the beginning of a character, or a CR before an LF.
    held: Vec<u8>,
    bytes: u64,
    nul: bool,
    /// Odd characters but CR, and bytes that are not UTF-8.
    odd: u64,
    crlf: u64,
    cr: u64,
    lf: u64,
    last: Option<u8>,
    ticks: Run,
    quotes: Run,
}

/// The longest run of one character; of fewer than [`RUN_MIN`] nothing has to be known.
#[derive(Debug, Default)]
struct Run {
    /// How many there are at the end of what was seen.
    now: usize,
    longest: usize,
}

/// No fence and no quote is shorter.
const RUN_MIN: usize = 3;

impl Run {
    /// Sees the next bytes.
    fn update(&mut self, bytes: &[u8], sign: u8) {
        let is_sign = |byte: &&u8| **byte == sign;
        let first = bytes.iter().take_while(is_sign).count();
        self.longest = self.longest.max(self.now + first);
        if first == bytes.len() {
            self.now += first;
            return;
        }
        self.now = bytes.iter().rev().take_while(is_sign).count();
        self.longest = self.longest.max(self.now);
        let mut rest = bytes;
        while let Some(at) = memmem::find(rest, &[sign; RUN_MIN]) {
            let run = rest.get(at..).unwrap_or_default();
            let length = run.iter().take_while(is_sign).count();
            self.longest = self.longest.max(length);
            rest = run.get(length..).unwrap_or_default();
        }
    }

    fn finish(&self) -> usize {
        if self.longest < RUN_MIN { 0 } else { self.longest }
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// What a byte may begin: true for what must be looked at.
#[expect(clippy::indexing_slicing, reason = "it is evaluated by the compiler")]
const LOOK: [bool; 256] = {
    let mut look = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        look[byte] = byte != 0x09 && byte != 0x0a;
        byte += 1;
    }
    look[0x7f] = true;
    // Lead bytes of all odd characters: U+0080, U+2028, U+241B, U+FEFF and their like.
    look[0xc2] = true;
    look[0xe2] = true;
    look[0xef] = true;
    look
};

/// Where the next byte is that must be looked at. Most blocks hold none, which a few instructions tell.
fn next_look(bytes: &[u8]) -> Option<usize> {
    let may = |byte: u8| (byte < 0x20) & (byte != 0x09) & (byte != 0x0a) | (byte >= 0x7f);
    let mut before = 0;
    for block in bytes.chunks(BLOCK) {
        if block.iter().fold(false, |found, byte| found | may(*byte)) {
            let looks = |byte: &u8| LOOK.get(usize::from(*byte)).copied().unwrap_or_default();
            if let Some(at) = block.iter().position(looks) {
                return Some(before + at);
            }
        }
        before += block.len();
    }
    None
}

impl Examiner {
    /// Looks at the next bytes of the file.
    pub fn update(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.last = piece.last().copied().or(self.last);
        let whole;
        let mut piece = piece;
        if !self.held.is_empty() {
            self.held.extend_from_slice(piece);
            whole = std::mem::take(&mut self.held);
            piece = &whole;
        }
        let escaped = Carry { form: Form::Escaped, ..Carry::BASE64 };
        let (now, held) = piece.split_at_checked(escaped.piece(piece)).unwrap_or((piece, &[]));
        self.held = held.to_vec();
        self.look(now);
    }

    fn look(&mut self, bytes: &[u8]) {
        self.lf += memchr::memchr_iter(b'\n', bytes).count() as u64;
        // Far faster than to look for chunks, and true of most files.
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.text(text);
            return;
        }
        for chunk in bytes.utf8_chunks() {
            self.odd += chunk.invalid().len() as u64;
            self.text(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.stop();
            }
        }
    }

    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.ticks.update(bytes, b'`');
        self.quotes.update(bytes, b'\'');
        let mut at = 0;
        while let Some(next) = bytes.get(at..).and_then(next_look) {
            at += next;
            match bytes.get(at) {
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => self.crlf += 1,
                Some(b'\r') => self.cr += 1,
                _ => {
                    let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                        return;
                    };
                    self.nul |= c == '\0';
                    self.odd += u64::from(escape::is_odd(c));
                    at += c.len_utf8() - 1;
                }
            }
            at += 1;
        }
    }

    /// No run goes on.
    fn stop(&mut self) {
        self.ticks.now = 0;
        self.quotes.now = 0;
    }

    /// How the file is carried, if it is UTF-8; base64 if it is not.
    #[must_use]
    pub fn finish(mut self) -> Carry {
        let held = std::mem::take(&mut self.held);
        self.look(&held);
        let ends = match (self.crlf, self.cr, self.lf) {
            (0, 0, _) => Some(Ends::Lf),
            (crlf, 0, lf) if crlf == lf => Some(Ends::CrLf),
            (0, _, 0) => Some(Ends::Cr),
            _ => None,
        };
        let carry =
            Carry { ticks: self.ticks.finish(), quotes: self.quotes.finish(), ..Carry::BASE64 };
        let open = |feeds: &[u8]| self.last.is_some_and(|last| !feeds.contains(&last));
        match ends {
            Some(ends) if self.odd == 0 => {
                Carry { form: Form::Text, ends, open_end: open(b"\r\n"), ..carry }
            }
            _ if self.nul || (self.odd > ESCAPES_FEW && self.odd * 20 > self.bytes) => {
                Carry::BASE64
            }
            _ => Carry { form: Form::Escaped, open_end: open(b"\n"), ..carry },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_examined_as_the_whole(text in "([`']{1,5}|[a-\u{e9}\n\r\u{feff}\0]){0,60}", cut in 0..200_usize) {
            let bytes = text.as_bytes();
            let (a, b) = bytes.split_at(cut.min(bytes.len()));
            let mut examiner = Examiner::default();
            examiner.update(a);
            examiner.update(b);
            let carry = examiner.finish();
            let mut whole = Examiner::default();
            whole.update(bytes);
            prop_assert_eq!(carry, whole.finish());
            let longest = |sign| {
                let runs = text.split(|c| c != sign).map(str::len);
                runs.max().filter(|run| *run >= RUN_MIN).unwrap_or_default()
            };
            let runs = (longest('`'), longest('\''));
            prop_assert!(carry.form == Form::Base64 || (carry.ticks, carry.quotes) == runs);
        }
    }
}
