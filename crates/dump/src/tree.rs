//! A dump as a tree.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use holdall_tree::{Content, ContentHash, Context, Entry, Kind, Metadata, RelPath, Tree, TreeId};

use crate::carry::Form;
use crate::error::{Error, Result};
use crate::foreign::Tool;
use crate::record::{Level, Record};
use crate::skin::{Body, Carried, Format};

/// The longest path, in bytes.
const PATH_MAX: usize = 1 << 16;
/// The deepest path, in components.
const DEPTH_MAX: usize = 4096;
/// The most entries.
const ENTRIES_MAX: usize = 16_000_000;
/// All paths of directories that no record names, in bytes; more than that is an attack.
const IMPLIED_MAX: usize = 64 << 20;

/// A dump that was read. As a [`Tree`] it has the entries that can be brought back.
#[derive(Debug)]
pub struct Dump {
    pub(crate) text: String,
    pub(crate) format: Option<Format>,
    pub(crate) tool: Option<Tool>,
    pub(crate) entries: Vec<(Record, Option<Body>)>,
    /// What each directory holds, by index; `None` for a directory that the dump does not name.
    children: BTreeMap<RelPath, BTreeMap<RelPath, Option<usize>>>,
    links: HashMap<RelPath, u64>,
    pub(crate) tree: Option<TreeId>,
    pub(crate) holes: Vec<Error>,
    pub(crate) notes: Vec<String>,
    implied: usize,
}

impl Dump {
    /// A dump without entries.
    pub(crate) fn new(text: String) -> Self {
        Self {
            text,
            format: None,
            tool: None,
            entries: Vec::new(),
            children: BTreeMap::from([(RelPath::root(), BTreeMap::new())]),
            links: HashMap::new(),
            tree: None,
            holes: Vec::new(),
            notes: Vec::new(),
            implied: 0,
        }
    }

    /// The format, if it is a dump of ours.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The tool that wrote it, if it is none of ours.
    #[must_use]
    pub fn tool(&self) -> Option<Tool> {
        self.tool
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

    /// What does not come back, with the reason: left out on purpose ([`Error::NotThere`]) or damaged
    /// ([`Error::Damaged`]); and what does come back but is not proved ([`Error::Unproved`], [`Error::Edited`]).
    #[must_use]
    pub fn holes(&self) -> &[Error] {
        &self.holes
    }

    /// What whoever uses the dump should know, in sentences: what was repaired, what another tool's dump loses.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// True if nothing comes back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.children.values().all(BTreeMap::is_empty)
    }

    /// The text that the dump shows of a file, as bytes; what is shown may be a part of it, or have holes.
    ///
    /// # Errors
    /// If nothing is shown, or the text stands for no bytes.
    pub fn shown(&self, path: &RelPath) -> Result<Cow<'_, [u8]>> {
        let found = self
            .index_of(path)
            .or_else(|| self.entries.iter().position(|(record, _)| record.path == *path));
        self.bytes(found.ok_or_else(|| not_there(path, "the manifest does not name it"))?)
    }

    /// Brings back files out of which secrets were taken: `fill` gives the bytes of a file from those that are shown. What
    /// it gives is taken if it has the hash of the file; else the hole stays.
    ///
    /// # Errors
    /// As [`Dump::read`], of what lies where.
    pub fn fill(&mut self, fill: &dyn Fn(&[u8]) -> Vec<u8>) -> Result<()> {
        let mut filled = HashSet::new();
        for index in 0..self.entries.len() {
            let Some((record, Some(_))) = self.entries.get(index) else { continue };
            if record.redacted == 0 || record.level != Level::Full {
                continue;
            }
            let Ok(shown) = self.bytes(index) else { continue };
            let bytes = fill(&shown);
            if record.sha256 != Some(ContentHash::of(&bytes)) {
                continue;
            }
            filled.insert(record.path.clone());
            if let Some((record, Some(body))) = self.entries.get_mut(index) {
                record.redacted = 0;
                record.shown_sha256 = None;
                record.kind = Kind::File { size: bytes.len() as u64 };
                body.text = Carried::Bytes(bytes);
            }
            self.place(index)?;
        }
        let mut names = Vec::new();
        for (index, (record, _)) in self.entries.iter().enumerate() {
            names.extend(
                record.link_to.iter().filter(|first| filled.contains(*first)).map(|_| index),
            );
        }
        for index in names {
            self.place(index)?;
            filled.extend(self.entries.get(index).map(|(record, _)| record.path.clone()));
        }
        self.holes.retain(|hole| hole.path().is_none_or(|path| !filled.contains(path)));
        self.link();
        Ok(())
    }

    /// The bytes that the text of an entry stands for.
    pub(crate) fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>> {
        let Some((record, Some(body))) = self.entries.get(index) else {
            return Ok(Cow::Borrowed(&[]));
        };
        let Some(carry) = record.carry else { return Ok(Cow::Borrowed(&[])) };
        if let Carried::Bytes(bytes) = &body.text {
            return Ok(Cow::Borrowed(bytes));
        }
        let text = self.carried(record, body);
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

    /// The carried text of an entry.
    pub(crate) fn carried<'d>(&'d self, record: &Record, body: &'d Body) -> &'d str {
        match &body.text {
            Carried::Part(range) => {
                let text = self.text.get(range.clone()).unwrap_or_default();
                let open_end = record.carry.is_some_and(|carry| carry.open_end);
                if open_end { text.strip_suffix('\n').unwrap_or(text) } else { text }
            }
            Carried::Own(text) => text,
            Carried::Bytes(_) => "",
        }
    }

    /// Puts an entry beneath its directory, and that beneath its own.
    pub(crate) fn place(&mut self, index: usize) -> Result<()> {
        let Some((record, body)) = self.entries.get(index) else { return Ok(()) };
        let line = body.as_ref().map_or(0, |body| body.line);
        let path = record.path.clone();
        let broken = |why: &str| Err(Error::Broken { line, why: format!("{path} {why}") });
        let is_dir = record.kind == Kind::Directory;
        if path.is_root() {
            return if is_dir { Ok(()) } else { broken("is the root and no directory") };
        }
        if path.as_bytes().len() > PATH_MAX || path.depth() > DEPTH_MAX || index >= ENTRIES_MAX {
            return broken("is longer or deeper than a path may be, or one entry too many");
        }
        if self.implied > IMPLIED_MAX {
            return broken("lies in too many directories that the dump does not name");
        }
        if !is_dir && self.children.contains_key(&path) {
            return broken("is no directory, and something lies beneath it");
        }
        // The directories that are not there yet, from the entry upwards.
        let mut missing = Vec::new();
        let mut known = path.parent();
        while let Some(parent) = known.take_if(|parent| !self.children.contains_key(parent)) {
            known = parent.parent();
            missing.push(parent);
        }
        let top = missing.last().unwrap_or(&path);
        let held = known.as_ref().and_then(|known| self.children.get(known)?.get(top));
        match held {
            Some(Some(_)) if missing.is_empty() => return broken("is there twice"),
            Some(Some(_)) => return broken("lies beneath something that is no directory"),
            Some(None) | None => {}
        }
        self.implied += missing.iter().map(|dir| dir.as_bytes().len()).sum::<usize>();
        let (mut child, mut value) = (path.clone(), Some(index));
        for parent in missing.into_iter().chain(known) {
            self.children.entry(parent.clone()).or_default().insert(child, value);
            (child, value) = (parent, None);
        }
        if is_dir {
            self.children.entry(path).or_default();
        }
        Ok(())
    }

    /// Groups the names of files that have several.
    pub(crate) fn link(&mut self) {
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
    }

    pub(crate) fn index_of(&self, path: &RelPath) -> Option<usize> {
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

pub(crate) fn not_there(path: &RelPath, why: &str) -> Error {
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
