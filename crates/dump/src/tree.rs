//! A dump as a tree.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use holdall_tree::{Content, ContentHash, Context, Entry, Kind, Metadata, RelPath, Tree, TreeId};

use crate::carry::{Carry, Form};
use crate::error::{Error, Result};
use crate::record::{Level, Record};
use crate::skin::{Body, Carried, Format, Parsed};

/// A dump that was read. As a [`Tree`] it has the entries that can be brought back exactly.
#[derive(Debug)]
pub struct Dump {
    text: String,
    format: Format,
    entries: Vec<(Record, Option<Body>)>,
    /// What each directory holds, by index; `Err` for a directory that the dump does not name.
    children: BTreeMap<RelPath, BTreeMap<RelPath, Option<usize>>>,
    links: HashMap<RelPath, u64>,
    tree: Option<TreeId>,
    holes: Vec<Error>,
}

impl Dump {
    /// Reads a dump of any format.
    ///
    /// # Errors
    /// If it is none, or so broken that what it holds cannot be told. A single file that does not come back is no
    /// error but a [hole](Self::holes).
    pub fn read(bytes: Vec<u8>) -> Result<Self> {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = memchr::memchr_iter(b'\n', error.as_bytes().get(..good).unwrap_or_default());
            Error::Broken { line: line.count() + 1, why: "this is no UTF-8".to_owned() }
        })?;
        // No format carries a carriage return, so those that a transport added can go.
        if memchr::memchr(b'\r', text.as_bytes()).is_some() {
            text = text.replace('\r', "");
        }
        for format in Format::ALL {
            if let Some(parsed) = format.read(&text) {
                return Self::new(text, *format, parsed?);
            }
        }
        Err(Error::Unknown)
    }

    fn new(text: String, format: Format, parsed: Parsed) -> Result<Self> {
        let mut dump = Self {
            text,
            format,
            entries: parsed.entries,
            children: BTreeMap::from([(RelPath::root(), BTreeMap::new())]),
            links: HashMap::new(),
            tree: parsed.tree,
            holes: Vec::new(),
        };
        for index in 0..dump.entries.len() {
            match dump.sound(index) {
                Ok(()) => dump.place(index)?,
                Err(hole) => dump.holes.push(hole),
            }
        }
        dump.link()?;
        Ok(dump)
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The ID that the dump says its tree has.
    #[must_use]
    pub fn tree_id(&self) -> Option<TreeId> {
        self.tree
    }

    /// What the manifest says of each entry, in canonical order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.iter().map(|(record, _)| record)
    }

    /// Files that the manifest names and that do not come back, with the reason: left out on purpose
    /// ([`Error::NotThere`]) or damaged ([`Error::Damaged`]).
    #[must_use]
    pub fn holes(&self) -> &[Error] {
        &self.holes
    }

    /// The text that the dump shows of a file, as bytes; what is shown may be a part of it, or have holes.
    ///
    /// # Errors
    /// If nothing is shown, or the text stands for no bytes.
    pub fn shown(&self, path: &RelPath) -> Result<Cow<'_, [u8]>> {
        let found = self.entries.iter().position(|(record, _)| record.path == *path);
        self.bytes(found.ok_or_else(|| not_there(path, "the manifest does not name it"))?)
    }

    /// Brings back files out of which secrets were taken: `fill` gives the bytes of a file from those that are shown. What
    /// it gives is taken if it has the hash of the file; else the hole stays.
    ///
    /// # Errors
    /// As [`Dump::read`], of what lies where.
    pub fn fill(&mut self, fill: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<()> {
        for index in 0..self.entries.len() {
            let Some((record, Some(_))) = self.entries.get(index) else { continue };
            if record.redacted == 0 || record.level != Level::Full {
                continue;
            }
            let Ok(shown) = self.bytes(index) else { continue };
            let filled = fill(&shown);
            if record.sha256 != Some(ContentHash::of(&filled)) {
                continue;
            }
            let carry = Carry::of(&filled);
            let path = record.path.clone();
            if let Some((record, Some(body))) = self.entries.get_mut(index) {
                record.redacted = 0;
                record.shown_sha256 = None;
                record.carry = Some(carry);
                body.text = Carried::Own(carry.text(&filled));
            }
            self.holes.retain(|hole| hole.path() != Some(&path));
            self.place(index)?;
        }
        self.link()
    }

    /// Fails if what the dump holds of an entry does not give all of it.
    fn sound(&self, index: usize) -> Result<()> {
        let Some((record, body)) = self.entries.get(index) else { return Ok(()) };
        if let Some(why) = &record.omitted {
            return Err(not_there(&record.path, why));
        }
        if !matches!(record.kind, Kind::File { .. }) || record.link_to.is_some() {
            return Ok(());
        }
        if record.redacted > 0 {
            return Err(not_there(&record.path, "secrets were taken out of it"));
        }
        if !record.is_whole() {
            let why = format!("only the {} is shown", record.level.word());
            return Err(not_there(&record.path, &why));
        }
        let line = body.as_ref().map_or(0, |body| body.line);
        let damaged =
            |why: &str| Error::Damaged { path: record.path.clone(), line, why: why.to_owned() };
        if body.is_none() {
            return Err(damaged("its text is missing"));
        }
        let bytes = self.bytes(index)?;
        match record.sha256 {
            Some(hash) if hash != ContentHash::of(&bytes) => {
                Err(damaged("its text is not what it was when the dump was written"))
            }
            _ => Ok(()),
        }
    }

    /// The bytes that the text of an entry stands for.
    fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>> {
        let Some((record, Some(body))) = self.entries.get(index) else {
            return Ok(Cow::Borrowed(&[]));
        };
        let Some(carry) = record.carry else { return Ok(Cow::Borrowed(&[])) };
        let mut text = match &body.text {
            Carried::Part(range) => self.text.get(range.clone()).unwrap_or_default(),
            Carried::Own(text) => text,
        };
        if carry.open_end && matches!(body.text, Carried::Part(_)) {
            text = text.strip_suffix('\n').unwrap_or(text);
        }
        carry.bytes(text).map_err(|at| {
            let before = text.get(..at).unwrap_or_default();
            let why = match carry.form {
                Form::Base64 => "this is no base64",
                Form::Escaped => "this is no escape",
                Form::Text => "this cannot be written in the encoding of the file",
            };
            let line = body.line + memchr::memchr_iter(b'\n', before.as_bytes()).count();
            Error::Damaged { path: record.path.clone(), line, why: why.to_owned() }
        })
    }

    /// Puts an entry beneath its directory, and that beneath its own.
    fn place(&mut self, index: usize) -> Result<()> {
        let Some((record, body)) = self.entries.get(index) else { return Ok(()) };
        let line = body.as_ref().map_or(0, |body| body.line);
        let broken = |why: String| Error::Broken { line, why };
        let is_dir = record.kind == Kind::Directory;
        let path = record.path.clone();
        if path.is_root() {
            return if is_dir { Ok(()) } else { Err(broken("the root is no directory".into())) };
        }
        let (mut child, mut value) = (path.clone(), Some(index));
        while let Some(parent) = child.parent() {
            let known = self.children.contains_key(&parent);
            let held = self.children.entry(parent.clone()).or_default();
            match held.get(&child) {
                Some(Some(_)) if value.is_some() => {
                    return Err(broken(format!("{path} is there twice")));
                }
                Some(_) if value.is_none() => {}
                _ => {
                    held.insert(child, value);
                }
            }
            if known {
                break;
            }
            (child, value) = (parent, None);
        }
        if is_dir {
            self.children.entry(path).or_default();
        }
        Ok(())
    }

    /// Groups the names of files that have several, and refuses what lies beneath something that is no directory.
    fn link(&mut self) -> Result<()> {
        for held in self.children.values() {
            for (path, index) in held {
                let record =
                    index.and_then(|index| self.entries.get(index)).map(|(record, _)| record);
                let is_dir = record.is_none_or(|record| record.kind == Kind::Directory);
                if !is_dir && self.children.contains_key(path) {
                    let why = format!("{path} is no directory, and something lies beneath it");
                    return Err(Error::Broken { line: 0, why });
                }
            }
        }
        let mut groups: HashMap<RelPath, u64> = HashMap::new();
        for (record, _) in &self.entries {
            if let Some(first) = &record.link_to {
                let next = groups.len() as u64 + 1;
                groups.entry(first.clone()).or_insert(next);
            }
        }
        let members: Vec<(RelPath, u64)> = self
            .entries
            .iter()
            .filter_map(|(record, _)| {
                let first = record.link_to.as_ref().unwrap_or(&record.path);
                groups.get(first).map(|group| (record.path.clone(), *group))
            })
            .collect();
        self.links.extend(members);
        Ok(())
    }

    fn index_of(&self, path: &RelPath) -> Option<usize> {
        let parent = path.parent()?;
        self.children.get(&parent)?.get(path).copied().flatten()
    }

    fn entry(&self, path: &RelPath, index: Option<usize>) -> Entry {
        match index.and_then(|index| self.entries.get(index)) {
            Some((record, _)) => record.entry(self.links.get(path).copied()),
            None => implied(path),
        }
    }
}

/// A directory of which only what it holds is known.
fn implied(path: &RelPath) -> Entry {
    Entry { path: path.clone(), kind: Kind::Directory, meta: Metadata::default() }
}

fn not_there(path: &RelPath, why: &str) -> Error {
    Error::NotThere { path: path.clone(), why: why.to_owned() }
}

impl Tree for Dump {
    fn root(&self) -> holdall_tree::Result<Entry> {
        let root = self.entries.iter().find(|(record, _)| record.path.is_root());
        Ok(root.map_or_else(|| implied(&RelPath::root()), |(record, _)| record.entry(None)))
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        ctx.check()?;
        let held = self.children.get(dir).ok_or_else(|| not_there(dir, "it is no directory"))?;
        Ok(held.iter().map(|(path, index)| self.entry(path, *index)).collect())
    }

    fn open(&self, file: &Entry) -> holdall_tree::Result<Content<'_>> {
        let missing = || not_there(&file.path, "the dump does not name it");
        let mut index = self.index_of(&file.path).ok_or_else(missing)?;
        let first = self.entries.get(index).and_then(|(record, _)| record.link_to.as_ref());
        if let Some(first) = first {
            index = self.index_of(first).ok_or_else(missing)?;
        }
        Ok(Content::Bytes(self.bytes(index)?))
    }
}
