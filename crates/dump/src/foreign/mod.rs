//! Dumps of other tools. None of them proves anything, so each reader takes a file only where its borders can be
//! nothing else, and says line and reason where they can.

mod code2prompt;
mod create_dump;
mod files_to_prompt;
mod gitingest;
mod repomix;
mod yek;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use holdall_tree::RelPath;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::Error;
use crate::skin::{Body, Carried, Lines};

/// Things that are wrong with a dump of another tool and told, at most.
const FLAWS_MAX: usize = 20;
/// The deepest path, in components.
const DEPTH_MAX: usize = 256;
/// The longest path, in bytes.
const PATH_MAX: usize = 4096;

/// A tool whose dumps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// create-dump: Markdown and JSON.
    CreateDump,
    /// repomix: XML, with and without escapes, Markdown, JSON and plain text.
    Repomix,
    /// files-to-prompt: plain text, Markdown and documents for Claude.
    FilesToPrompt,
    /// gitingest.
    Gitingest,
    /// code2prompt: Markdown, XML, and JSON that holds one of these.
    Code2prompt,
    /// yek: plain text and JSON.
    Yek,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateDump => "create-dump",
            Self::Repomix => "repomix",
            Self::FilesToPrompt => "files-to-prompt",
            Self::Gitingest => "gitingest",
            Self::Code2prompt => "code2prompt",
            Self::Yek => "yek",
        })
    }
}

impl Tool {
    /// What its dumps do not say, in sentences.
    pub(crate) fn notes(self) -> Vec<String> {
        let lost = match self {
            Self::CreateDump | Self::FilesToPrompt | Self::Gitingest => "carriage returns are lost",
            Self::Repomix => {
                "blanks and empty lines at both ends of a file are lost; each file ends with one line feed"
            }
            Self::Code2prompt => "empty files are lost",
            Self::Yek => {
                "whether the last file ends with a line feed is not certain; in its text two backslashes before an n became a line feed"
            }
        };
        vec![
            format!(
                "this is a dump of {self}: nothing in it proves that its files are what they were"
            ),
            format!("in dumps of {self} modes, links and empty directories are lost, and {lost}"),
        ]
    }
}

/// What was found in a dump of another tool.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) tool: Tool,
    /// The text that parts are of, if it is not the dump itself.
    pub(crate) text: Option<String>,
    pub(crate) files: Vec<File>,
    /// What the tool itself says it left out, and why.
    pub(crate) omitted: Vec<(RelPath, String)>,
    pub(crate) flaws: Vec<Error>,
}

/// A file of which the borders are certain.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: RelPath,
    pub(crate) body: Body,
}

/// Reads a dump of a tool that is known; `None` if the text is none.
pub(crate) fn read(text: &str) -> Option<Found> {
    repomix::read(text)
        .or_else(|| create_dump::read(text))
        .or_else(|| code2prompt::read(text))
        .or_else(|| gitingest::read(text))
        .or_else(|| yek::read(text))
        .or_else(|| files_to_prompt::read(text))
}

/// What is read so far.
struct Reading<'t> {
    tool: Tool,
    text: &'t str,
    lines: Lines<'t>,
    sections: Vec<Section>,
    omitted: Vec<(RelPath, String)>,
    flaws: Vec<Error>,
}

/// A file as it seems to be.
struct Section {
    path: String,
    line: usize,
    /// What it holds; `None` if the end is not certain.
    text: Option<Carried>,
}

impl<'t> Reading<'t> {
    fn new(tool: Tool, text: &'t str) -> Self {
        let lines = Lines::new(text);
        Self { tool, text, lines, sections: Vec::new(), omitted: Vec::new(), flaws: Vec::new() }
    }

    /// A file with a part of the dump as its text.
    fn part(&mut self, path: &str, range: Range<usize>) {
        let line = self.lines.at(range.start);
        self.push(path, line, Carried::Part(range));
    }

    fn push(&mut self, path: &str, line: usize, text: Carried) {
        self.sections.push(Section { path: path.to_owned(), line, text: Some(text) });
    }

    /// A file of which it cannot be told where it ends.
    fn doubtful(&mut self, path: &str, offset: usize, why: &str) {
        let line = self.lines.at(offset);
        self.flaw(line, format!("{path}: {why}"));
        self.sections.push(Section { path: path.to_owned(), line, text: None });
    }

    /// What the tool says it left out.
    fn omit(&mut self, path: &str, why: &str) {
        if let Ok(path) = parse_path(path) {
            self.omitted.push((path, why.to_owned()));
        }
    }

    fn flaw(&mut self, line: usize, why: impl Into<String>) {
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(Error::Broken { line, why: why.into() });
        }
    }

    /// What is shown of a section.
    fn shown<'s>(&'s self, section: &'s Section) -> &'s str {
        match &section.text {
            Some(Carried::Part(range)) => self.text.get(range.clone()).unwrap_or_default(),
            Some(Carried::Own(text)) => text,
            _ => "",
        }
    }

    /// True if each line of each file begins with its number.
    fn is_numbered(&self) -> bool {
        let shown = self.sections.iter().map(|section| self.shown(section));
        let some = shown.clone().any(|text| !text.is_empty());
        some && [": ", "  ", " | "].iter().any(|separator| {
            shown.clone().all(|text| unnumbered(text.trim_end_matches('\n'), separator).is_some())
        })
    }

    /// Judges the sections together. `listed` are the paths that the dump names elsewhere: what is not among them may
    /// be a part of the file before it.
    fn settle(mut self, listed: Option<&HashSet<String>>) -> Found {
        let mut times: HashMap<String, usize> = HashMap::new();
        for section in &self.sections {
            *times.entry(section.path.clone()).or_default() += 1;
        }
        let omitted: HashSet<String> =
            self.omitted.iter().map(|(path, _)| path.to_string()).collect();
        for path in listed.into_iter().flatten().collect::<BTreeSet<_>>() {
            if !times.contains_key(path) && !omitted.contains(path) {
                self.omit(path, "it is in the list of contents, and is not shown");
            }
        }
        if self.sections.is_empty() && self.omitted.is_empty() && self.flaws.is_empty() {
            self.flaw(1, "there are no files in this dump");
        }
        if self.is_numbered() {
            self.flaw(1, "the lines of all files are numbered; write the dump without numbers");
        }
        let sections = std::mem::take(&mut self.sections);
        let mut files: Vec<Option<File>> = Vec::with_capacity(sections.len());
        for Section { path, line, text } in sections {
            let twice = times.get(&path).is_some_and(|times| *times > 1);
            let unlisted = listed.is_some_and(|listed| !listed.contains(&path));
            let why = match (twice, unlisted) {
                (true, _) => "this file is there twice",
                (_, true) => "this file is not in the list of contents",
                _ => "",
            };
            if !why.is_empty() {
                self.flaw(
                    line,
                    format!("{path}: {why}, so this may be a part of the one before it"),
                );
                // The one before it may end here or not.
                if let Some(before) = files.last_mut() {
                    *before = None;
                }
                files.push(None);
                continue;
            }
            match (parse_path(&path), text) {
                (Ok(path), Some(text)) => {
                    files.push(Some(File { path, body: Body { line, text } }))
                }
                (Ok(_), None) => files.push(None),
                (Err(why), _) => {
                    self.flaw(line, why);
                    files.push(None);
                }
            }
        }
        Found {
            tool: self.tool,
            text: None,
            files: files.into_iter().flatten().collect(),
            omitted: self.omitted,
            flaws: self.flaws,
        }
    }
}

/// The path that a tool shows, relative to the root of the tree.
fn parse_path(shown: &str) -> Result<RelPath, String> {
    let relative = shown.strip_prefix("./").unwrap_or(shown);
    if relative.len() > PATH_MAX || relative.split('/').count() > DEPTH_MAX {
        return Err(format!("a path of {} bytes is too long or too deep", relative.len()));
    }
    if relative.chars().any(char::is_control) {
        return Err(format!("the path {shown:?} holds control characters"));
    }
    if relative.contains('\\') || relative.get(1..3) == Some(":/") {
        return Err(format!("the path {shown:?} is one of Windows, or is not relative"));
    }
    match RelPath::parse(relative) {
        Ok(path) if !path.is_root() => Ok(path),
        Ok(_) => Err("a path is empty".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The content without the numbers that a tool wrote before each line, from 1 on; `None` if there is a line without.
fn unnumbered(content: &str, separator: &str) -> Option<String> {
    let mut out = String::with_capacity(content.len());
    for (index, line) in content.split_inclusive('\n').enumerate() {
        let rest = line.trim_start_matches(' ').strip_prefix(&(index + 1).to_string())?;
        out.push_str(rest.strip_prefix(separator)?);
    }
    Some(out)
}

/// A name in a tree that is drawn.
enum Node<'l> {
    Dir(&'l str),
    File(&'l str),
}

impl<'l> Node<'l> {
    /// The name in a tree that ends directories with a slash.
    fn of(name: &'l str) -> Self {
        name.strip_suffix('/').map_or(Self::File(name), Self::Dir)
    }
}

/// The paths of files in a tree that is drawn by indentation: how deep each line is, and what it names.
fn listed<'l>(lines: impl Iterator<Item = (usize, Node<'l>)>) -> HashSet<String> {
    let mut above: Vec<&str> = Vec::new();
    let mut files = HashSet::new();
    for (depth, node) in lines.filter(|(depth, _)| *depth < DEPTH_MAX) {
        above.truncate(depth);
        match node {
            Node::Dir(name) => above.push(name),
            Node::File(name) => {
                if above.iter().map(|name| name.len() + 1).sum::<usize>() > PATH_MAX {
                    continue;
                }
                let mut path = above.join("/");
                if !path.is_empty() {
                    path.push('/');
                }
                files.insert(path + name);
            }
        }
    }
    files
}

/// The members of an object in the order in which they are written, each as often as it is there.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}
