//! Reading a text as a dump, and judging how far what it holds is what was written.

use std::borrow::Cow;
use std::collections::HashMap;

use holdall_tree::{ContentHash, Kind, RelPath, TreeId, TreeIds};

use crate::carry::{Carry, Form};
use crate::error::{Error, Result};
use crate::escape;
use crate::foreign;
use crate::record::{Record, path_from};
use crate::repair::repaired;
use crate::skin::{Body, Carried, Format, Parsed, Section, line_of};
use crate::tree::{Dump, not_there};

/// Characters in a whole line of base64.
const BASE64_LINE: usize = 76;

impl Dump {
    /// Reads a dump of ours in any format, or one of another tool that is known.
    ///
    /// # Errors
    /// If it is none, or is not whole. A single file that does not come back is no error but a [hole](Self::holes).
    pub fn read(bytes: Vec<u8>) -> Result<Self> {
        let (dump, flaws) = judge(bytes)?;
        flaws.into_iter().next().map_or(Ok(dump), Err)
    }

    /// Reads what is left of a dump. All that is wrong with it is among its [holes](Self::holes). A file of which
    /// nothing says what it was comes back as it is shown, and is a hole of the kind [`Error::Unproved`].
    ///
    /// # Errors
    /// If it is none, or nothing is left of it.
    pub fn salvage(bytes: Vec<u8>) -> Result<Self> {
        let (mut dump, mut flaws) = judge(bytes)?;
        if dump.is_empty() && !flaws.is_empty() {
            return Err(flaws.swap_remove(0));
        }
        flaws.append(&mut dump.holes);
        dump.holes = flaws;
        Ok(dump)
    }

    /// Takes files whose text was changed after the dump was written as they are shown. Each becomes a hole of the
    /// kind [`Error::Edited`]; what stands for no bytes stays damaged.
    #[must_use]
    pub fn accept_edits(mut self) -> Self {
        let paths = self.entries.iter().enumerate();
        let indexes: HashMap<RelPath, usize> =
            paths.map(|(index, (record, _))| (record.path.clone(), index)).collect();
        let holes = std::mem::take(&mut self.holes);
        for hole in holes {
            let index = hole.path().and_then(|path| indexes.get(path)).copied();
            let damaged = matches!(hole, Error::Damaged { .. });
            let index = index.filter(|index| damaged || self.is_name_of_edited(*index));
            let edited = index.and_then(|index| self.accept(index));
            self.holes.push(edited.unwrap_or(hole));
        }
        self
    }

    /// True if an entry is another name of a file that comes back.
    fn is_name_of_edited(&self, index: usize) -> bool {
        let record = self.entries.get(index).map(|(record, _)| record);
        let first = record.and_then(|record| record.link_to.as_ref());
        first.is_some_and(|first| self.index_of(first).is_some())
    }

    fn accept(&mut self, index: usize) -> Option<Error> {
        let bytes = self.bytes(index).ok()?.into_owned();
        let first = self.entries.get(index)?.0.link_to.as_ref();
        let kind = first
            .and_then(|first| self.entries.get(self.index_of(first)?))
            .map(|(r, _)| r.kind.clone());
        let (record, body) = self.entries.get_mut(index)?;
        if let Some(kind) = kind {
            record.kind = kind;
            let path = record.path.clone();
            return Some(self.place(index).err().unwrap_or(Error::Edited { path, line: 0 }));
        }
        let body = body.as_mut()?;
        record.kind = Kind::File { size: bytes.len() as u64 };
        record.sha256 = Some(ContentHash::of(&bytes));
        body.text = Carried::Bytes(bytes);
        let (path, line) = (record.path.clone(), body.line);
        Some(self.place(index).err().unwrap_or(Error::Edited { path, line }))
    }

    /// Takes an entry in: in its place if it is sound, else as a hole.
    pub(crate) fn add(&mut self, record: Record, body: Option<Body>) -> Result<Taken> {
        let index = self.entries.len();
        self.entries.push((record, body));
        let taken = match self.sound(index) {
            Ok(taken) => taken,
            Err(hole) => {
                self.holes.push(hole);
                return Ok(Taken::Hole);
            }
        };
        self.place(index)?;
        Ok(taken)
    }

    /// Fails if what the dump holds of an entry does not give all of it.
    fn sound(&mut self, index: usize) -> Result<Taken> {
        let Some((record, body)) = self.entries.get(index) else { return Ok(Taken::Whole) };
        if let Some(why) = &record.omitted {
            return Err(not_there(&record.path, why));
        }
        if let Some(first) = &record.link_to {
            return match self.index_of(first).and_then(|first| self.entries.get(first)) {
                Some((first, _)) if first.link_to.is_none() => Ok(Taken::Whole),
                _ => Err(not_there(
                    &record.path,
                    "the file that it is another name of does not come back",
                )),
            };
        }
        if !matches!(record.kind, Kind::File { .. }) {
            return Ok(Taken::Whole);
        }
        if record.redacted > 0 {
            return Err(not_there(&record.path, "secrets were taken out of it"));
        }
        if record.carry.is_some() && !record.is_whole() {
            let why = format!("only the {} is shown", record.level.word());
            return Err(not_there(&record.path, &why));
        }
        let line = body.as_ref().map_or(0, |body| body.line);
        let path = record.path.clone();
        let damaged = |why: &str| Error::Damaged { path, line, why: why.to_owned() };
        let (Some(body), true) = (body, record.carry.is_some()) else {
            return Err(damaged("its text is missing"));
        };
        let shown = self.bytes(index);
        let proof = record.sha256.map(|hash| {
            let whole = shown.as_ref().is_ok_and(|bytes| ContentHash::of(bytes) == hash);
            (whole, if whole { None } else { repaired(record, self.carried(record, body)) })
        });
        let (taken, bytes) = match proof {
            None => (Taken::Unproved, None),
            Some((true, _)) => (Taken::Whole, None),
            Some((false, Some(bytes))) => (Taken::Repaired, Some(bytes)),
            Some((false, None)) => {
                shown?;
                return Err(damaged("its text is not what it was when the dump was written"));
            }
        };
        let size = match &bytes {
            Some(bytes) => bytes.len(),
            None => shown?.len(),
        };
        if let Some((record, Some(body))) = self.entries.get_mut(index) {
            // The hash is stronger than the number beside it.
            record.kind = Kind::File { size: size as u64 };
            if let Some(bytes) = bytes {
                body.text = Carried::Bytes(bytes);
            }
        }
        Ok(taken)
    }

    /// Takes a text of which no record speaks as what it seems to be.
    fn stray(&mut self, section: Section) {
        let line = section.body.line;
        let path = section.path.as_deref().and_then(|path| path_from(path).ok());
        let Some(path) = path.filter(|path| !path.is_root()) else {
            let why = "it is not told which file is shown here".to_owned();
            return self.holes.push(Error::Broken { line, why });
        };
        let damaged = |why: &str| Error::Damaged { path: path.clone(), line, why: why.to_owned() };
        if !section.closed {
            return self.holes.push(damaged("its text is cut off"));
        }
        let mut record = Record::file(path.clone(), 0);
        let shown = self.carried(&record, &section.body);
        record.carry = Some(Carry { form: form_of(shown), ..Carry::TEXT });
        match self.add(record, Some(section.body)) {
            Ok(Taken::Hole) => {}
            Ok(_) => self.holes.push(Error::Unproved { path, line }),
            Err(error) => self.holes.push(error),
        }
    }
}

/// How an entry came back.
pub(crate) enum Taken {
    Whole,
    /// What a transport had done to it was taken back.
    Repaired,
    /// Nothing says what it was.
    Unproved,
    Hole,
}

/// The dump as far as it goes, and what is wrong with it as a whole.
fn judge(bytes: Vec<u8>) -> Result<(Dump, Vec<Error>)> {
    let (original, flaw) = text_of(bytes)?;
    // No format of ours carries a carriage return, so those that a transport added can go.
    let text = match memchr::memchr(b'\r', original.as_bytes()) {
        Some(_) => Cow::Owned(original.replace('\r', "")),
        None => Cow::Borrowed(original.as_str()),
    };
    for format in Format::ALL {
        let Some(parsed) = format.read(&text) else { continue };
        let parsed = parsed?;
        let text = match text {
            Cow::Owned(text) => text,
            Cow::Borrowed(_) => original,
        };
        let (dump, mut flaws) = ours(text, *format, parsed);
        flaws.splice(..0, flaw);
        return Ok((dump, flaws));
    }
    drop(text);
    // No hash would tell which file holds what is no text.
    flaw.map_or(Ok(()), Err)?;
    let found = foreign::read(&original).ok_or(Error::Unknown)?;
    Ok(theirs(original, found))
}

/// The text of a dump, without a byte order mark, and where that is none. Some programs write all text as UTF-16.
fn text_of(bytes: Vec<u8>) -> Result<(String, Option<Error>)> {
    let broken = |line, why: &str| Error::Broken { line, why: why.to_owned() };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let (text, _, lossy) = encoding_rs::UTF_16LE.decode(&bytes);
        return if lossy {
            Err(broken(1, "this is no UTF-16"))
        } else {
            Ok((text.into_owned(), None))
        };
    }
    let (mut text, flaw) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        // A dump that is cut off may end within a character. What is put there fits no hash.
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..good).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, Some(broken(line, "this is no UTF-8")))
        }
    };
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok((text, flaw))
}

fn ours(text: String, format: Format, parsed: Parsed) -> (Dump, Vec<Error>) {
    let mut flaws = parsed.flaws;
    if flaws.is_empty()
        && parsed.tree != Some(tree_id(parsed.entries.iter().map(|(record, _)| record)))
    {
        let line = line_of(&text, text.len());
        let why = "the manifest was changed: it does not give the tree ID that it names";
        flaws.push(Error::Broken { line, why: why.to_owned() });
    }
    let mut dump = Dump::new(text);
    (dump.format, dump.tree) = (Some(format), parsed.tree);
    let mut repaired = 0u64;
    for (record, body) in parsed.entries {
        let (path, line) = (record.path.clone(), body.as_ref().map_or(0, |body| body.line));
        match dump.add(record, body) {
            Ok(Taken::Repaired) => repaired += 1,
            Ok(Taken::Unproved) => dump.holes.push(Error::Unproved { path, line }),
            Ok(Taken::Whole | Taken::Hole) => {}
            Err(flaw) => flaws.push(flaw),
        }
    }
    if repaired > 0 {
        dump.notes.push(format!(
            "the text of {repaired} files was changed on the way; their hashes prove that they are as they were"
        ));
    }
    parsed.strays.into_iter().for_each(|stray| dump.stray(stray));
    dump.link();
    (dump, flaws)
}

fn theirs(text: String, found: foreign::Found) -> (Dump, Vec<Error>) {
    let mut dump = Dump::new(found.text.unwrap_or(text));
    let mut flaws = found.flaws;
    dump.tool = Some(found.tool);
    dump.notes = found.tool.notes();
    for file in found.files {
        let size = match &file.body.text {
            Carried::Part(range) => range.len(),
            Carried::Own(text) => text.len(),
            Carried::Bytes(bytes) => bytes.len(),
        };
        let mut record = Record::file(file.path, size as u64);
        record.carry = Some(Carry::TEXT);
        flaws.extend(dump.add(record, Some(file.body)).err());
    }
    let left_out = |(path, why): (RelPath, String)| not_there(&path, &why);
    dump.holes.extend(found.omitted.into_iter().map(left_out));
    (dump, flaws)
}

/// The ID of the tree that records describe.
pub fn tree_id<'r>(records: impl IntoIterator<Item = &'r Record>) -> TreeId {
    let mut ids = TreeIds::default();
    for record in records.into_iter().filter(|record| record.omitted.is_none()) {
        ids.add(&record.entry(None), record.sha256);
    }
    ids.finish().0
}

/// The form of a text of which no record speaks.
fn form_of(text: &str) -> Form {
    let base64 = |line: &str| {
        line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    let mut lines = text.lines();
    if lines.next().is_some_and(|line| line.len() == BASE64_LINE && base64(line))
        && lines.all(base64)
    {
        Form::Base64
    } else if text.contains(escape::SIGN) {
        Form::Escaped
    } else {
        Form::Text
    }
}
