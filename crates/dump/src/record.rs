//! What a manifest says of one entry, and how that is written as named fields in every format.

use holdall_tree::{ContentHash, Entry, HardLink, Kind, Metadata, RelPath, TreeId};

use crate::blanks::Blanks;
use crate::carry::{Carry, Ends, Form};
use crate::charset::Charset;
use crate::escape;

/// How much of a file a dump shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// All of it.
    #[default]
    Full,
    /// Declarations with their signatures and comments; bodies are left out.
    Outline,
    /// Names and signatures.
    Signatures,
    /// Its name alone.
    Name,
}

impl Level {
    /// The word for it in a manifest.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Outline => "outline",
            Self::Signatures => "signatures",
            Self::Name => "name",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Full, Self::Outline, Self::Signatures, Self::Name];
        all.into_iter().find(|level| level.word() == word)
    }
}

/// Which part of a tree a dump shows that was split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Its number, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// The ID of the tree that all of them make up.
    pub whole: TreeId,
}

impl Share {
    fn text(self) -> String {
        format!("{}/{} {}", self.number, self.of, self.whole)
    }

    fn parse(text: &str) -> Option<Self> {
        let (place, whole) = text.split_once(' ')?;
        let (number, of) = place.split_once('/')?;
        let (number, of) = (number.parse().ok()?, of.parse().ok()?);
        let whole = TreeId(ContentHash::parse(whole)?.0);
        (number >= 1 && number <= of).then_some(Self { number, of, whole })
    }
}

/// What a dump says of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is; the root is the empty path.
    pub path: RelPath,
    /// What it is. The size is that of the file itself, whatever is shown of it.
    pub kind: Kind,
    /// Permission bits, `0..=0o7777`.
    pub mode: Option<u32>,
    /// SHA-256 of the file's bytes.
    pub sha256: Option<ContentHash>,
    /// How what is shown is carried; `None` if nothing is.
    pub carry: Option<Carry>,
    /// Which lines of the carried text end with blanks; known when the text has been written.
    pub blanks: Option<Blanks>,
    /// Which part of the dump shows it, from 1; each part has a number of its own.
    pub part: Option<u64>,
    /// How much is shown.
    pub level: Level,
    /// Secrets that were taken out of what is shown.
    pub redacted: u64,
    /// SHA-256 of the bytes that the carried text stands for, if they are not those of the file.
    pub shown_sha256: Option<ContentHash>,
    /// The name of the same file that is shown, if this is a further name of it.
    pub link_to: Option<RelPath>,
    /// Why nothing is shown, if there is something that could be.
    pub omitted: Option<String>,
    /// Its lines.
    pub lines: Option<u64>,
    /// Its tokens.
    pub tokens: Option<u64>,
    /// Its language.
    pub language: Option<String>,
    /// Of the root: which part of the tree this is, if it is not all of it.
    pub share: Option<Share>,
}

impl Record {
    /// What an entry says by itself.
    #[must_use]
    pub fn new(entry: &Entry) -> Self {
        Self {
            path: entry.path.clone(),
            kind: entry.kind.clone(),
            mode: entry.meta.mode,
            sha256: None,
            carry: None,
            blanks: None,
            part: None,
            level: Level::Full,
            redacted: 0,
            shown_sha256: None,
            link_to: None,
            omitted: None,
            lines: None,
            tokens: None,
            language: None,
            share: None,
        }
    }

    /// A file of which nothing more is known. It can be read by all, as most files can.
    pub(crate) fn file(path: RelPath, size: u64) -> Self {
        let meta = Metadata { mode: Some(0o644), ..Metadata::default() };
        Self::new(&Entry { path, kind: Kind::File { size }, meta })
    }

    /// True if what is shown are the file's own bytes.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.carry.is_some() && self.level == Level::Full && self.redacted == 0
    }

    /// The entry as it can be brought back; `links` names each file with several names by a number.
    pub(crate) fn entry(&self, link: Option<u64>) -> Entry {
        let hard_link = link.map(|inode| HardLink { device: 0, inode, links: 2 });
        Entry {
            path: self.path.clone(),
            kind: self.kind.clone(),
            meta: Metadata { mode: self.mode, hard_link, ..Metadata::default() },
        }
    }

    /// The fields in the order in which they are written; what has its usual value is left out.
    pub(crate) fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = vec![("path", Value::Text(path_text(&self.path)))];
        let mut text = |name, value: Option<String>| {
            fields.extend(value.map(|value| (name, Value::Text(value))));
        };
        text("kind", Some(self.kind.word().to_owned()));
        text("mode", self.mode.map(|mode| format!("{mode:04o}")));
        if let Kind::Symlink { target } = &self.kind {
            text("target", Some(escape::name(target)));
        }
        text("sha256", self.sha256.map(|hash| hash.to_string()));
        if let Some(carry) = self.carry {
            text("as", Some(carry.form.word().to_owned()));
            let named = carry.charset != Charset::Utf8;
            text("charset", named.then(|| carry.charset.name().to_owned()));
            let marked = carry.ends != Ends::Lf;
            text("ends", marked.then(|| carry.ends.word().to_owned()));
            text("blanks", self.blanks.as_ref().map(Blanks::note));
        }
        text("level", (self.level != Level::Full).then(|| self.level.word().to_owned()));
        text("shown_sha256", self.shown_sha256.map(|hash| hash.to_string()));
        text("link_to", self.link_to.as_ref().map(path_text));
        text("language", self.language.clone());
        text("omitted", self.omitted.clone());
        text("share", self.share.map(Share::text));
        let mut number = |name, value: Option<u64>| {
            fields.extend(value.map(|value| (name, Value::Number(value))));
        };
        match self.kind {
            Kind::File { size } => number("bytes", Some(size)),
            Kind::CharDevice { rdev } | Kind::BlockDevice { rdev } => number("device", Some(rdev)),
            _ => {}
        }
        number("part", self.part);
        number("lines", self.lines);
        number("tokens", self.tokens);
        number("redacted", (self.redacted > 0).then_some(self.redacted));
        if self.carry.is_some_and(|carry| carry.open_end) {
            fields.push(("open_end", Value::Flag(true)));
        }
        fields
    }

    /// The record that fields stand for. Numbers and flags may be written as text; fields that are not known are
    /// passed over, so that a later version may add some.
    ///
    /// # Errors
    /// What is wrong, as a part of a sentence.
    pub(crate) fn from_fields(
        fields: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Self, String> {
        let mut raw = Raw::default();
        for (name, value) in fields {
            raw.set(&name, value)?;
        }
        raw.record()
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    fn number(self) -> Option<u64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(number),
            Self::Flag(_) => None,
        }
    }

    fn flag(self) -> Option<bool> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Flag(flag) => Some(flag),
            Self::Number(_) => None,
        }
    }
}

/// The path as it is written: `.` for the root.
pub(crate) fn path_text(path: &RelPath) -> String {
    if path.is_root() { ".".to_owned() } else { escape::name(path.as_bytes()) }
}

pub(crate) fn path_from(text: &str) -> Result<RelPath, String> {
    if text == "." {
        return Ok(RelPath::root());
    }
    let bytes = escape::unescape(text).map_err(|_| format!("{text:?} has a broken escape"))?;
    let path = RelPath::parse(bytes).map_err(|error| error.to_string())?;
    if path.is_root() { Err("a path is empty".to_owned()) } else { Ok(path) }
}

#[derive(Default)]
struct Raw {
    path: Option<RelPath>,
    kind: String,
    target: Option<Vec<u8>>,
    bytes: Option<u64>,
    device: Option<u64>,
    form: Option<Form>,
    charset: Option<Charset>,
    ends: Option<Ends>,
    open_end: bool,
    rest: Option<Record>,
}

impl Raw {
    fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        let bad = || format!("{name:?} has a value that is not understood");
        let root =
            Entry { path: RelPath::root(), kind: Kind::Directory, meta: Metadata::default() };
        let record = self.rest.get_or_insert_with(|| Record::new(&root));
        match name {
            "path" => self.path = Some(path_from(&value.text())?),
            "kind" => self.kind = value.text(),
            "mode" => {
                let mode = u32::from_str_radix(&value.text(), 8).ok();
                record.mode = Some(mode.filter(|mode| *mode <= 0o7777).ok_or_else(bad)?);
            }
            "target" => {
                self.target = Some(escape::unescape(&value.text()).map_err(|_| bad())?);
            }
            "sha256" => record.sha256 = Some(ContentHash::parse(&value.text()).ok_or_else(bad)?),
            "shown_sha256" => {
                record.shown_sha256 = Some(ContentHash::parse(&value.text()).ok_or_else(bad)?)
            }
            "as" => self.form = Some(Form::parse(&value.text()).ok_or_else(bad)?),
            "charset" => self.charset = Some(Charset::parse(&value.text()).ok_or_else(bad)?),
            "ends" => self.ends = Some(Ends::parse(&value.text()).ok_or_else(bad)?),
            "blanks" => record.blanks = Some(Blanks::parse(&value.text()).ok_or_else(bad)?),
            "level" => record.level = Level::parse(&value.text()).ok_or_else(bad)?,
            "link_to" => record.link_to = Some(path_from(&value.text())?),
            "language" => record.language = Some(value.text()),
            "omitted" => record.omitted = Some(value.text()),
            "share" => record.share = Some(Share::parse(&value.text()).ok_or_else(bad)?),
            "bytes" => self.bytes = Some(value.number().ok_or_else(bad)?),
            "device" => self.device = Some(value.number().ok_or_else(bad)?),
            "part" => record.part = Some(value.number().ok_or_else(bad)?),
            "lines" => record.lines = Some(value.number().ok_or_else(bad)?),
            "tokens" => record.tokens = Some(value.number().ok_or_else(bad)?),
            "redacted" => record.redacted = value.number().ok_or_else(bad)?,
            "open_end" => self.open_end = value.flag().ok_or_else(bad)?,
            _ => {}
        }
        Ok(())
    }

    fn record(self) -> Result<Record, String> {
        let (Some(path), Some(mut record)) = (self.path, self.rest) else {
            return Err("an entry has no path".to_owned());
        };
        let device = self.device.unwrap_or_default();
        record.kind = match self.kind.as_str() {
            "file" => Kind::File { size: self.bytes.unwrap_or_default() },
            "dir" => Kind::Directory,
            "symlink" => {
                let target = self.target.filter(|target| !target.is_empty());
                Kind::Symlink { target: target.ok_or(format!("link {path} has no target"))? }
            }
            "chardev" => Kind::CharDevice { rdev: device },
            "dev" => Kind::BlockDevice { rdev: device },
            "fifo" => Kind::Fifo,
            "socket" => Kind::Socket,
            other => return Err(format!("{path} is of the kind {other:?}, which is not known")),
        };
        record.carry = self.form.map(|form| Carry {
            form,
            charset: self.charset.unwrap_or(Charset::Utf8),
            ends: self.ends.unwrap_or(Ends::Lf),
            open_end: self.open_end,
            ticks: 0,
            quotes: 0,
        });
        record.path = path;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Record {
        let entry = Entry {
            path: RelPath::parse(b"a\xff\n").unwrap(),
            kind: Kind::File { size: 7 },
            meta: Metadata { mode: Some(0o4755), ..Metadata::default() },
        };
        Record {
            sha256: Some(ContentHash::of(b"x")),
            carry: Some(Carry {
                form: Form::Text,
                charset: Charset::Utf16Le,
                ends: Ends::CrLf,
                open_end: true,
                ticks: 0,
                quotes: 0,
            }),
            blanks: Blanks::parse("2:1 7-9:2t"),
            part: Some(5),
            level: Level::Outline,
            redacted: 3,
            shown_sha256: Some(ContentHash::of(b"y")),
            link_to: Some(RelPath::parse("b").unwrap()),
            omitted: Some("why".into()),
            lines: Some(3),
            tokens: Some(9),
            language: Some("Rust".into()),
            ..Record::new(&entry)
        }
    }

    fn again(record: &Record) -> Result<Record, String> {
        Record::from_fields(
            record.fields().into_iter().map(|(name, value)| (name.to_owned(), value)),
        )
    }

    #[test]
    fn a_record_comes_back_from_its_fields() {
        assert_eq!(again(&file()), Ok(file()));
        let text = |(name, value): (&str, Value)| (name.to_owned(), Value::Text(value.text()));
        assert_eq!(Record::from_fields(file().fields().into_iter().map(text)), Ok(file()));
        for kind in [
            Kind::Directory,
            Kind::Symlink { target: b"to\xff".to_vec() },
            Kind::CharDevice { rdev: 1 },
            Kind::BlockDevice { rdev: 2 },
            Kind::Fifo,
            Kind::Socket,
        ] {
            let record = Record { kind, ..file() };
            assert_eq!(again(&record), Ok(record));
        }
    }

    #[test]
    fn what_no_tree_can_hold_is_refused() {
        let fields = |path: &str, kind: &str| {
            Record::from_fields([
                ("path".to_owned(), Value::Text(path.to_owned())),
                ("kind".to_owned(), Value::Text(kind.to_owned())),
            ])
        };
        assert!(fields("a/b", "file").is_ok());
        for path in ["../x", "/x", "", "a//b", "a/./b", "␛{0}", "␛"] {
            assert!(fields(path, "file").is_err(), "{path}");
        }
        assert!(fields("a", "door").is_err() && fields("a", "symlink").is_err());
        assert!(Record::from_fields([]).is_err());
    }
}
