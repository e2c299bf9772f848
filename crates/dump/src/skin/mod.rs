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

use std::io::{self, Write};
use std::ops::Range;

use holdall_tree::TreeId;

use crate::error::Result;
use crate::head::Head;
use crate::record::Record;

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
    /// The ID of the tree as the dump says it.
    pub(crate) tree: Option<TreeId>,
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
}

/// The line that holds the byte at `offset`, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    memchr::memchr_iter(b'\n', before).count() + 1
}
