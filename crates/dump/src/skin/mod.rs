//! The formats: each writes and reads the same model in its own syntax.

mod csv;
mod frame;
mod html;
mod json;
mod markdown;
mod text;
mod toml;
mod xml;
mod yaml;

pub(crate) use markdown::{code as markdown_code, text as markdown_text};

use std::io::{self, Write};
use std::ops::Range;

use holdall_tree::TreeId;

use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::Record;

/// So many things that are wrong with a dump are told.
const FLAWS_MAX: usize = 20;

/// The formats of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Markdown as GitHub renders it.
    Markdown,
    /// XML 1.0.
    Xml,
    /// One JSON document.
    Json,
    /// YAML 1.2.
    Yaml,
    /// TOML 1.0.
    Toml,
    /// CSV as in RFC 4180, with line feeds.
    Csv,
    /// Plain text.
    Text,
    /// A page for a browser, which needs nothing beside it.
    Html,
}

impl Format {
    /// All formats.
    pub const ALL: &[Self] = &[
        Self::Markdown,
        Self::Xml,
        Self::Json,
        Self::Yaml,
        Self::Toml,
        Self::Csv,
        Self::Text,
        Self::Html,
    ];

    /// The name, which is the usual ending of files too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Csv => "csv",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }

    /// The format of this name, or of a usual other one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = match name {
            "markdown" => "md",
            "yml" => "yaml",
            "text" | "plain" => "txt",
            "htm" => "html",
            name => name,
        };
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// True if the carried text of a file stands in it as it is, without escapes or indentation.
    #[must_use]
    pub fn is_verbatim(self) -> bool {
        matches!(self, Self::Markdown | Self::Text)
    }

    pub(crate) fn skin(self) -> Box<dyn Skin> {
        match self {
            Self::Markdown => Box::new(markdown::Markdown::default()),
            Self::Xml => Box::new(xml::Xml::default()),
            Self::Json => Box::new(json::Json::default()),
            Self::Yaml => Box::new(yaml::Yaml::default()),
            Self::Toml => Box::new(toml::Toml::default()),
            Self::Csv => Box::new(csv::Csv),
            Self::Text => Box::new(text::Text::default()),
            Self::Html => Box::new(html::Html::default()),
        }
    }

    /// Reads a dump of this format; `None` if the text is none.
    pub(crate) fn read(self, text: &str) -> Option<Result<Parsed>> {
        match self {
            Self::Markdown => markdown::read(text),
            Self::Xml => xml::read(text),
            Self::Json => json::read(text),
            Self::Yaml => yaml::read(text),
            Self::Toml => toml::read(text),
            Self::Csv => csv::read(text),
            Self::Text => text::read(text),
            Self::Html => html::read(text),
        }
    }
}

/// Writes one format. Entries come in canonical order.
pub(crate) trait Skin {
    /// What stands before the contents.
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()>;

    /// A file of which something is shown begins. The record is complete but for what is known only when the text has
    /// been written: hash and size.
    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()>;

    /// The next piece of its text.
    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()>;

    /// The file ends; the record is complete.
    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()>;

    /// An entry of which nothing is shown.
    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()>;

    /// What stands behind the contents.
    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()>;
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Each entry with its text, if the dump has any.
    pub(crate) entries: Vec<(Record, Option<Body>)>,
    /// Texts of which the manifest says nothing.
    pub(crate) strays: Vec<Section>,
    /// The ID of the tree as the dump says it.
    pub(crate) tree: Option<TreeId>,
    /// Why the dump as a whole is not as it was written.
    pub(crate) flaws: Vec<Error>,
}

impl Parsed {
    /// Takes note of what is wrong at a line.
    pub(crate) fn flaw(&mut self, line: usize, why: impl Into<String>) {
        // Of something that is broken all over, a few lines tell enough.
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(Error::Broken { line, why: why.into() });
        }
    }

    /// Takes note if there are not as many entries as the dump says at its end, which is at `line`.
    pub(crate) fn check_count(&mut self, line: usize, count: Option<u64>) {
        let entries = self.entries.len();
        match count {
            Some(count) if count == entries as u64 => {}
            Some(count) => self.flaw(
                line,
                format!("there are {entries} entries, and the dump was written with {count}"),
            ),
            None => self.flaw(line, "the count of entries is missing: the dump is cut off"),
        }
    }
}

/// The text of one file as it was found between borders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The number of its part.
    pub(crate) part: u64,
    /// The path that is shown with it, as it is written.
    pub(crate) path: Option<String>,
    /// False if the text has no end.
    pub(crate) closed: bool,
    /// Its text.
    pub(crate) body: Body,
}

/// The text of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// The carried text.
    pub(crate) text: Carried,
}

/// Carried text as a parser has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    /// A part of the dump, in bytes.
    Part(Range<usize>),
    /// Decoded from the syntax of the format.
    Own(String),
    /// The bytes of the file, which were won from a text that was damaged.
    Bytes(Vec<u8>),
}

/// The line that holds the byte at `offset`, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    Lines::new(text).at(offset)
}

/// Numbers lines, without counting again from the top.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), offset: 0, line: 1 }
    }

    /// The line that holds the byte at `offset`, from 1. Fast if offsets ascend.
    pub(crate) fn at(&mut self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        if offset < self.offset {
            (self.offset, self.line) = (0, 1);
        }
        let between = self.text.get(self.offset..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count();
        self.offset = offset;
        self.line
    }
}

/// Finds the entries of a document whose parser does not tell where they were.
pub(crate) struct Places<'t> {
    text: &'t str,
    lines: Lines<'t>,
    at: usize,
    lost: bool,
}

impl<'t> Places<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, lines: Lines::new(text), at: 0, lost: false }
    }

    /// The line of the next place with these words; once there is none, that of the last one that was found.
    pub(crate) fn line(&mut self, words: &str) -> usize {
        let rest = self.text.as_bytes().get(self.at..).filter(|_| !self.lost);
        match rest.and_then(|rest| memchr::memmem::find(rest, words.as_bytes())) {
            Some(found) => self.at += found + 1,
            None => self.lost = true,
        }
        self.lines.at(self.at)
    }
}
