//! What is in one file, in rows that are safe to show on any terminal.

use std::fmt::Write as _;

use holdall_dump::WHOLE_MAX;
use holdall_tree::{Context, Entry, Kind, Tree};

use super::shown::{self, Shown, Taken};
use crate::error::Result;

/// The longest row, in bytes of the file; a longer line goes on in the next row.
const ROW_MAX: usize = 512;
/// The most rows of one page.
const ROWS_MAX: usize = 1 << 20;
/// Bytes in a row of what is no text.
const HEX_ROW: usize = 16;
/// Lines that are shown before the one that is wanted, of a file that is too large to be shown as a whole.
const LINES_BEFORE: u64 = 1000;
/// Columns between two stops of the tabulator.
const TAB: usize = 4;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// A line of text, from 1.
    Line(u64),
    /// A byte of what is no text.
    Offset(u64),
}

/// What is in one file, or a part of it if it is large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    bytes: Vec<u8>,
    rows: Vec<RowAt>,
    /// Number of the first line, or offset of the first byte.
    first: Spot,
    /// True if this is not all of the file.
    partial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RowAt {
    at: u32,
    /// Lines before this one, and [`CONTINUED`] if it began in an earlier row.
    line: u32,
}

/// Set in the number of a line that goes on.
const CONTINUED: u32 = 1 << 31;

impl RowAt {
    fn line(self) -> u64 {
        u64::from(self.line & !CONTINUED)
    }

    fn begins(self) -> bool {
        self.line & CONTINUED == 0
    }
}

/// One row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    /// Where it is in the file; `None` for the rest of a long line.
    pub spot: Option<Spot>,
    /// Its text, harmless.
    pub text: String,
}

impl Page {
    /// Reads a file, or what a link names. Of a file that is larger than 8 MiB the part around `spot` is shown.
    ///
    /// # Errors
    /// If it cannot be read, or somebody interrupts.
    pub fn read(
        ctx: &Context<'_>,
        tree: &dyn Tree,
        entry: &Entry,
        spot: Option<Spot>,
    ) -> Result<Self> {
        if !matches!(entry.kind, Kind::File { .. }) {
            let entry = crate::read::entry(ctx, tree, &entry.path)?;
            let text = match &entry.kind {
                Kind::Symlink { target } => [b"-> ", target.as_slice()].concat(),
                kind => format!("({})", kind.word()).into_bytes(),
            };
            return Ok(Self::of(&text));
        }
        let mut buffer = Vec::new();
        match shown::take(ctx, tree, entry, &mut buffer)? {
            Taken::Whole(bytes) if bytes.len() <= WHOLE_MAX => Ok(Self::of(&bytes)),
            Taken::Whole(bytes) => Self::window(ctx, entry, &mut Vec::new(), &mut &*bytes, spot),
            Taken::Begun(begun, mut read) => Self::window(ctx, entry, begun, &mut *read, spot),
        }
    }

    /// All of a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match Shown::of(bytes) {
            Shown::Text(text) => Self::text(text.into_owned(), 1),
            Shown::Binary(bytes) => Self::hex(bytes.to_vec(), 0),
        }
    }

    /// The part of a large file around a place. What is in `begun` was read already.
    fn window(
        ctx: &Context<'_>,
        entry: &Entry,
        begun: &mut Vec<u8>,
        read: &mut dyn std::io::Read,
        spot: Option<Spot>,
    ) -> Result<Self> {
        shown::fill(ctx, entry, read, begun, WHOLE_MAX)?;
        let binary = matches!(Shown::of_sample(begun), Shown::Binary(_));
        let from = match spot {
            Some(Spot::Line(line)) => Spot::Line(line.saturating_sub(LINES_BEFORE).max(1)),
            Some(Spot::Offset(at)) => {
                let before = at.saturating_sub(WHOLE_MAX as u64 / 4);
                Spot::Offset(before - before % HEX_ROW as u64)
            }
            None => Spot::Offset(0),
        };
        let (mut line, mut offset) = (1u64, 0u64);
        loop {
            let skipped = match from {
                Spot::Line(wanted) => {
                    let ends = memchr::memchr_iter(b'\n', begun);
                    let skip = usize::try_from(wanted - line).unwrap_or(usize::MAX);
                    let mut passed = 0;
                    let mut at = 0;
                    for end in ends.take(skip) {
                        passed += 1;
                        at = end + 1;
                    }
                    line += passed;
                    if line == wanted { at } else { begun.len() }
                }
                Spot::Offset(wanted) => {
                    usize::try_from(wanted - offset).unwrap_or(usize::MAX).min(begun.len())
                }
            };
            offset += skipped as u64;
            begun.drain(..skipped);
            let there = match from {
                Spot::Line(wanted) => line == wanted,
                Spot::Offset(wanted) => offset == wanted,
            };
            let more = shown::fill(ctx, entry, read, begun, WHOLE_MAX)?;
            if there || !more {
                let mut page = if binary {
                    Self::hex(std::mem::take(begun), offset)
                } else {
                    Self::text(std::mem::take(begun), line)
                };
                page.partial = true;
                return Ok(page);
            }
        }
    }

    fn text(bytes: Vec<u8>, first: u64) -> Self {
        let mut rows = Vec::new();
        let (mut at, mut line) = (0usize, 0u32);
        let mut partial = false;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest);
            let end = at + length.unwrap_or(rest.len());
            let mut mark = line;
            loop {
                if rows.len() == ROWS_MAX {
                    partial = true;
                    break;
                }
                rows.push(RowAt { at: u32::try_from(at).unwrap_or(u32::MAX), line: mark });
                mark = line | CONTINUED;
                let cut = cut(&bytes, at, end);
                if cut >= end {
                    break;
                }
                at = cut;
            }
            if partial {
                break;
            }
            at = end + 1;
            line += 1;
        }
        Self { bytes, rows, first: Spot::Line(first), partial }
    }

    fn hex(bytes: Vec<u8>, first: u64) -> Self {
        Self { bytes, rows: Vec::new(), first: Spot::Offset(first), partial: false }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.first {
            Spot::Line(_) => self.rows.len(),
            Spot::Offset(_) => self.bytes.len().div_ceil(HEX_ROW),
        }
    }

    /// True if there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if this is not all of the file.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// A row.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<PageRow> {
        match self.first {
            Spot::Offset(first) => {
                let at = index.checked_mul(HEX_ROW)?;
                let bytes = self.bytes.get(at..)?.chunks(HEX_ROW).next()?;
                Some(PageRow { spot: Some(Spot::Offset(first + at as u64)), text: hex(bytes) })
            }
            Spot::Line(first) => {
                let row = self.rows.get(index)?;
                let next = self.rows.get(index + 1);
                let end = next.map_or(self.bytes.len(), |next| next.at as usize);
                let bytes = self.bytes.get(row.at as usize..end)?;
                let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                // A page that ends early has more behind its last row.
                let bytes = bytes.get(..ROW_MAX + 4).unwrap_or(bytes);
                let spot = row.begins().then(|| Spot::Line(first + row.line()));
                Some(PageRow { spot, text: harmless(bytes) })
            }
        }
    }

    /// The row in which a place is, or the one nearest to it.
    #[must_use]
    pub fn row_of(&self, spot: Spot) -> usize {
        let last = self.len().saturating_sub(1);
        match (spot, self.first) {
            (Spot::Line(line), Spot::Line(first)) => {
                let wanted = line.saturating_sub(first);
                self.rows.partition_point(|row| row.line() < wanted).min(last)
            }
            (Spot::Offset(offset), Spot::Offset(first)) => {
                let row = offset.saturating_sub(first) / HEX_ROW as u64;
                usize::try_from(row).unwrap_or(last).min(last)
            }
            _ => 0,
        }
    }
}

/// Where a row that begins at `at` ends, in a line that ends at `end`: between two characters.
fn cut(bytes: &[u8], at: usize, end: usize) -> usize {
    if end - at <= ROW_MAX {
        return end;
    }
    let between = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80);
    (at + ROW_MAX - 3..=at + ROW_MAX).rev().find(between).unwrap_or(at + ROW_MAX)
}

fn hex(bytes: &[u8]) -> String {
    let mut row = String::with_capacity(70);
    for at in 0..HEX_ROW {
        if at == HEX_ROW / 2 {
            row.push(' ');
        }
        // Writing to a String cannot fail.
        let _ = match bytes.get(at) {
            Some(byte) => write!(row, "{byte:02x} "),
            None => write!(row, "   "),
        };
    }
    row.push('|');
    row.extend(bytes.iter().map(|byte| match byte {
        0x20..=0x7e => char::from(*byte),
        _ => '.',
    }));
    row.push('|');
    row
}

/// Bytes as text that does nothing to a terminal: tabs as blanks; control characters, what turns the direction of text
/// or cannot be seen, and what is no UTF-8, as `\x1b` or `\u{202e}`.
#[must_use]
pub fn harmless(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    let mut columns = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let before = text.len();
            // Writing to a String cannot fail.
            let _ = match c {
                '\t' => {
                    let blanks = TAB - columns % TAB;
                    (0..blanks).for_each(|_| text.push(' '));
                    Ok(())
                }
                '\0'..='\u{1f}' | '\u{7f}' => write!(text, "\\x{:02x}", u32::from(c)),
                c if is_hidden(c) => write!(text, "\\u{{{:x}}}", u32::from(c)),
                c => {
                    text.push(c);
                    columns += 1;
                    continue;
                }
            };
            columns += text.len() - before;
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
            columns += 4;
        }
    }
    text
}

/// True for characters that a terminal may obey or hide.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}
