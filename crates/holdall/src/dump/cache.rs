//! The cache of what was seen, in files of the user's cache directory: one for each tree and way of looking at it.
//!
//! A cache file is a line with the SHA-256 of what follows, then one JSON document. One that is damaged, of another
//! version or of other looks is not used. The files hold no contents; they are private all the same.

use std::collections::HashMap;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use holdall_disk::{Dir, Replace, create_dirs, publish};
use holdall_dump::{Carry, Charset, Ends, Form};
use holdall_insight::todos::Todo;
use holdall_insight::{Facts, Language};
use holdall_tree::{ContentHash, Name, RelPath, Timestamp};
use serde::{Deserialize, Serialize};

use super::inspect::Item;
use super::known::{Known, KnownFile, Stamp, Written};
use super::looks::Looks;
use super::{DumpOptions, DumpReport};

/// The version of what is stored.
const VERSION: u32 = 1;
/// Files of more bytes are not read.
const FILE_MAX: u64 = 256 << 20;
/// Bytes of all cache files; beyond that the oldest go.
const ALL_MAX: u64 = 256 << 20;

/// The cache of one tree, looked at in one way.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    name: String,
    key: String,
}

/// A cache that is there and cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the cache {} is not used: {why}", file.display())]
pub struct Unusable {
    file: PathBuf,
    why: &'static str,
}

impl Cache {
    /// The cache of the tree at `root`; `dir` is where caches are kept.
    #[must_use]
    pub fn of(dir: &Path, root: &Path, looks: &Looks) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let key = format!("{VERSION} {} {}", env!("CARGO_PKG_VERSION"), looks.key());
        let both = [root.as_os_str().as_bytes(), b"\0", key.as_bytes()].concat();
        let name = format!("{}.json", ContentHash::of(&both));
        Self { dir: dir.to_owned(), name, key }
    }

    /// What an earlier run saw; nothing if there was none.
    ///
    /// # Errors
    /// If it is damaged. Then nothing is known, and the next run that ends mends it.
    pub fn load(&self) -> Result<Known, Unusable> {
        let file = self.dir.join(&self.name);
        let Ok(stat) = std::fs::metadata(&file) else { return Ok(Known::default()) };
        let fail = |why| Unusable { file: file.clone(), why };
        if stat.len() > FILE_MAX {
            return Err(fail("it is too large"));
        }
        let bytes = std::fs::read(&file).map_err(|_| fail("it cannot be read"))?;
        let damaged = || fail("it is damaged");
        let (hash, document) = bytes
            .split_at_checked(64)
            .and_then(|(hash, rest)| Some((hash, rest.strip_prefix(b"\n")?)))
            .ok_or_else(damaged)?;
        if hash != ContentHash::of(document).to_string().as_bytes() {
            return Err(damaged());
        }
        let stored: Stored = serde_json::from_slice(document).map_err(|_| damaged())?;
        if stored.key != self.key {
            return Err(damaged());
        }
        stored.known().map(Known::open).ok_or_else(damaged)
    }

    /// Keeps what a run saw that began at `started`; `file` is the dump that it wrote, if it is a file.
    ///
    /// # Errors
    /// If it cannot be written. Then the next run is slower, and no more.
    pub fn save(
        &self,
        started: Timestamp,
        items: &[Item],
        report: &DumpReport,
        options: &DumpOptions,
        file: Option<&Path>,
    ) -> holdall_disk::Result<()> {
        let file = file.filter(|_| options.format.is_verbatim());
        let known = Known::after(started, items, &report.texts, file);
        let Ok(document) = serde_json::to_vec(&Stored::of(&self.key, &known)) else {
            return Ok(());
        };
        create_dirs(&self.dir, 0o700)?;
        let dir = Dir::open(&self.dir)?;
        let bytes = [ContentHash::of(&document).to_string().as_bytes(), b"\n", &document].concat();
        let Ok(name) = Name::parse(self.name.as_bytes()) else { return Ok(()) };
        publish(&dir, &name, &bytes, 0o600, Replace::Always)?;
        trim(&dir, &name)
    }
}

/// Removes the oldest cache files but this one until what is left is not too much.
fn trim(dir: &Dir, but: &Name) -> holdall_disk::Result<()> {
    let mut files = dir.list()?;
    files.sort_by_key(|file| std::cmp::Reverse(file.stat.mtime));
    let mut all = 0;
    for file in files {
        all += file.stat.size;
        if all > ALL_MAX && file.name != *but {
            dir.remove_file(&RelPath::root().join(&file.name))?;
        }
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Stored {
    key: String,
    started: (i64, u32),
    written: Option<(String, StoredStamp)>,
    files: Vec<StoredFile>,
}

/// Size, seconds and nanoseconds of mtime and of ctime, inode, device.
type StoredStamp = (u64, (i64, u32), (i64, u32), u64, u64);

/// Short names: there is one for each file of a tree.
#[derive(Serialize, Deserialize)]
struct StoredFile {
    #[serde(rename = "p")]
    path: String,
    #[serde(rename = "s")]
    stamp: StoredStamp,
    #[serde(rename = "h")]
    sha256: String,
    /// Form, encoding, line ends, whether the end is open, runs of backticks and of apostrophes.
    #[serde(rename = "c")]
    carry: (String, String, String, bool, usize, usize),
    /// Lines, code, comments, blanks.
    #[serde(rename = "n")]
    counts: (u64, u64, u64, u64),
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    tokens: Option<u64>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Tag, line, column, author, text.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    todos: Vec<(String, u64, u64, Option<String>, String)>,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    text: Option<(u64, u64)>,
}

impl Stored {
    fn of(key: &str, known: &Known) -> Self {
        // A file whose name is no text is read again.
        let mut files: Vec<StoredFile> = known
            .files
            .iter()
            .filter_map(|(path, file)| {
                Some(StoredFile::of(std::str::from_utf8(path.as_bytes()).ok()?, file))
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let written = known
            .written
            .as_ref()
            .and_then(|written| Some((written.path.to_str()?.to_owned(), stored(written.stamp))));
        let started = (known.started.secs, known.started.nanos);
        Self { key: key.to_owned(), started, written, files }
    }

    fn known(self) -> Option<Known> {
        let languages = Language::all().map(|language| (language.name(), language)).collect();
        let files = self.files.into_iter().map(|file| file.known(&languages));
        let written =
            self.written.map(|(path, stamp)| Written { path: path.into(), stamp: stamp_of(stamp) });
        Some(Known::new(time(self.started), files.collect::<Option<_>>()?, written))
    }
}

impl StoredFile {
    fn of(path: &str, file: &KnownFile) -> Self {
        let KnownFile { stamp, sha256, carry, facts, todos, text } = file;
        let todo = |todo: &Todo| {
            (todo.tag.clone(), todo.line, todo.column, todo.author.clone(), todo.text.clone())
        };
        Self {
            path: path.to_owned(),
            stamp: stored(*stamp),
            sha256: sha256.to_string(),
            carry: (
                carry.form.word().to_owned(),
                carry.charset.name().to_owned(),
                carry.ends.word().to_owned(),
                carry.open_end,
                carry.ticks,
                carry.quotes,
            ),
            counts: (facts.lines, facts.code, facts.comments, facts.blanks),
            tokens: facts.tokens,
            language: facts.language.map(|language| language.name().to_owned()),
            todos: todos.iter().map(todo).collect(),
            text: text.as_ref().map(|Range { start, end }| (*start, *end)),
        }
    }

    fn known(self, languages: &HashMap<&str, Language>) -> Option<(RelPath, KnownFile)> {
        let stamp = stamp_of(self.stamp);
        let (form, charset, ends, open_end, ticks, quotes) = self.carry;
        let (form, charset) = (Form::parse(&form)?, Charset::parse(&charset)?);
        let carry = Carry { form, charset, ends: Ends::parse(&ends)?, open_end, ticks, quotes };
        let (lines, code, comments, blanks) = self.counts;
        let language = match self.language {
            Some(name) => Some(*languages.get(name.as_str())?),
            None => None,
        };
        let facts = Facts {
            language,
            bytes: stamp.size,
            lines,
            code,
            comments,
            blanks,
            tokens: self.tokens,
        };
        let todo = |(tag, line, column, author, text)| Todo { tag, line, column, author, text };
        let file = KnownFile {
            stamp,
            sha256: ContentHash::parse(&self.sha256)?,
            carry,
            facts,
            todos: self.todos.into_iter().map(todo).collect(),
            text: self.text.map(|(start, end)| start..end),
        };
        Some((RelPath::parse(&self.path).ok()?, file))
    }
}

fn stored(stamp: Stamp) -> StoredStamp {
    let Stamp { size, mtime, ctime, inode, device } = stamp;
    (size, (mtime.secs, mtime.nanos), (ctime.secs, ctime.nanos), inode, device)
}

fn stamp_of((size, mtime, ctime, inode, device): StoredStamp) -> Stamp {
    Stamp { size, mtime: time(mtime), ctime: time(ctime), inode, device }
}

fn time((secs, nanos): (i64, u32)) -> Timestamp {
    Timestamp::new(secs, nanos)
}
