//! Finding a text, or what a regular expression matches, in the contents of all files.

use std::borrow::Cow;
use std::ops::ControlFlow;

use holdall_tree::{Context, Tree};
use regex::bytes::{Regex, RegexBuilder};

use super::outline::{Node, Outline};
use super::page::Spot;
use super::shown::{self, Shown, Taken};
use super::sweep::sweep;
use crate::error::{Error, Result};

/// The most hits that one search gives.
pub const HITS_MAX: usize = 10_000;
/// The longest part of a line that a hit shows, in bytes.
const LINE_SHOWN: usize = 240;
/// How much of a line is shown before what was found, in bytes.
const BEFORE_SHOWN: usize = 40;
/// Bytes of a large file that are looked through together.
const PIECE: usize = 1 << 20;
/// The largest program that a regular expression may become, in bytes.
const PROGRAM_MAX: usize = 8 << 20;

/// How what is looked for is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notation {
    /// As it is.
    #[default]
    Text,
    /// As a regular expression.
    Regex,
}

/// What is looked for. Without a large letter, large and small ones are the same.
#[derive(Debug, Clone)]
pub struct Needle(Regex);

impl Needle {
    /// Understands what somebody typed.
    ///
    /// # Errors
    /// [`Error::Usage`] if it is no regular expression and should be one.
    pub fn new(text: &str, notation: Notation) -> Result<Self> {
        let pattern = match notation {
            Notation::Text => Cow::Owned(regex::escape(text)),
            Notation::Regex => Cow::Borrowed(text),
        };
        RegexBuilder::new(&pattern)
            .multi_line(true)
            .case_insensitive(!text.chars().any(char::is_uppercase))
            .size_limit(PROGRAM_MAX)
            .build()
            .map(Self)
            .map_err(|error| {
                let last = error.to_string();
                let last = last.lines().last().unwrap_or_default();
                Error::Usage(last.strip_prefix("error: ").unwrap_or(last).to_owned())
            })
    }
}

/// A line in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The file.
    pub node: Node,
    /// Where in it.
    pub spot: Spot,
    /// The line, or the part of it around what was found.
    pub text: Vec<u8>,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Searched {
    /// Files that were looked through.
    pub files: u64,
    /// Lines that were found.
    pub hits: usize,
    /// Files that could not be read.
    pub unread: u64,
    /// True if there may be more than were given.
    pub more: bool,
}

/// Looks through all files, on all workers, and hands hits on in canonical order, a line once however often it has
/// what is looked for.
///
/// # Errors
/// If somebody interrupts.
pub fn search(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    outline: &Outline,
    needle: &Needle,
    emit: &mut (dyn FnMut(Vec<Hit>, Searched) + Send),
) -> Result<Searched> {
    let mut searched = Searched::default();
    let look = |node, buffer: &mut Vec<u8>| in_file(ctx, tree, outline, node, needle, buffer);
    sweep(ctx, outline, &look, &mut |results| {
        let mut hits = Vec::new();
        for (_, result) in results {
            searched.files += 1;
            match result {
                Ok(mut found) => hits.append(&mut found),
                Err(_) => searched.unread += 1,
            }
        }
        let room = HITS_MAX - searched.hits;
        searched.more = hits.len() > room;
        hits.truncate(room);
        searched.hits += hits.len();
        emit(hits, searched);
        if searched.more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(searched)
}

fn in_file(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    outline: &Outline,
    node: Node,
    needle: &Needle,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Hit>> {
    let entry = outline.entry(node);
    let mut finder = Finder { node, needle, hits: Vec::new(), line: 1, offset: 0 };
    match shown::take(ctx, tree, &entry, buffer)? {
        Taken::Whole(bytes) => match Shown::of(&bytes) {
            Shown::Text(text) => finder.text(&text),
            Shown::Binary(bytes) => finder.binary(bytes),
        },
        Taken::Begun(piece, mut read) => {
            let binary = matches!(Shown::of_sample(piece), Shown::Binary(_));
            while finder.hits.len() <= HITS_MAX {
                let more = shown::fill(ctx, &entry, &mut *read, piece, PIECE)?;
                // A line is looked at as a whole, unless it is longer than a piece.
                let end = match memchr::memrchr(b'\n', piece) {
                    Some(end) if more => end + 1,
                    _ => piece.len(),
                };
                let part = piece.get(..end).unwrap_or_default();
                if binary {
                    finder.binary(part)
                } else {
                    finder.text(part)
                }
                piece.drain(..end);
                if !more {
                    break;
                }
            }
        }
    }
    Ok(finder.hits)
}

struct Finder<'n> {
    node: Node,
    needle: &'n Needle,
    hits: Vec<Hit>,
    /// The number of the first line of what comes next, and where it begins.
    line: u64,
    offset: u64,
}

impl Finder<'_> {
    fn text(&mut self, text: &[u8]) {
        let lines = |part: &[u8]| memchr::memchr_iter(b'\n', part).count() as u64;
        let mut at = 0;
        let mut counted = 0;
        while let Some(found) = self.needle.0.find_at(text, at) {
            let start = found.start();
            if start >= text.len() && (start == 0 || text.last() == Some(&b'\n')) {
                // Behind the last line end there is no line.
                break;
            }
            self.line += lines(text.get(counted..start).unwrap_or_default());
            counted = start;
            let line_at = memchr::memrchr(b'\n', text.get(..start).unwrap_or_default())
                .map_or(0, |at| at + 1);
            let rest = text.get(start..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).map_or(text.len(), |length| start + length);
            let line = text.get(line_at..end).unwrap_or_default();
            self.hits.push(Hit {
                node: self.node,
                spot: Spot::Line(self.line),
                text: around(line, start - line_at),
            });
            at = end + 1;
            if at > text.len() || self.hits.len() > HITS_MAX {
                break;
            }
        }
        self.line += lines(text.get(counted..).unwrap_or_default());
        self.offset += text.len() as u64;
    }

    /// What is no text has no lines: the first place in a piece stands for all.
    fn binary(&mut self, bytes: &[u8]) {
        if let (Some(found), true) = (self.needle.0.find(bytes), self.hits.is_empty()) {
            let end = bytes.len().min(found.start() + LINE_SHOWN / 4);
            self.hits.push(Hit {
                node: self.node,
                spot: Spot::Offset(self.offset + found.start() as u64),
                text: bytes.get(found.start()..end).unwrap_or_default().to_vec(),
            });
        }
        self.offset += bytes.len() as u64;
    }
}

/// As much of a line as a hit shows, around what was found.
fn around(line: &[u8], at: usize) -> Vec<u8> {
    let boundary = |at: &usize| line.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let from = if at > LINE_SHOWN / 2 { at - BEFORE_SHOWN } else { 0 };
    let from = (from..line.len()).find(boundary).unwrap_or(from);
    let end = line.len().min(from + LINE_SHOWN);
    let end = (from..=end).rev().find(boundary).unwrap_or(end);
    line.get(from..end).unwrap_or_default().trim_ascii_end().to_vec()
}
