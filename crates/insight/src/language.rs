//! Which language a file is written in.

mod hints;
pub(crate) mod syntax;
mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use holdall_tree::RelPath;

pub(crate) use syntax::Syntax;
use table::{ROWS, Row};

/// No more of a file than this is looked at.
pub const HEAD: usize = 4096;

/// A language that is known. Two are equal if they are the same language.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

impl Language {
    /// The language that GitHub calls so, or that colours fences of this tag; upper and lower case are one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is = |row: &Row| row.name.eq_ignore_ascii_case(name);
        let tagged = |row: &Row| row.tag.eq_ignore_ascii_case(name);
        ROWS.iter().position(is).or_else(|| ROWS.iter().position(tagged)).and_then(Self::at)
    }

    /// All languages, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ROWS.len()).filter_map(Self::at)
    }

    /// What GitHub calls it, such as `Rust` or `C++`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The word after a fence in Markdown that colours it, such as `rust` or `cpp`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.row().tag
    }

    /// Whether it is text for people, or data, in which no line is a comment.
    #[must_use]
    pub fn is_prose(self) -> bool {
        matches!(self.syntax().special, syntax::Special::Prose | syntax::Special::Data)
    }

    pub(crate) fn syntax(self) -> &'static Syntax {
        self.row().syntax
    }

    fn at(place: usize) -> Option<Self> {
        u8::try_from(place).ok().map(Self)
    }

    fn row(self) -> &'static Row {
        static NONE: Row = Row {
            name: "",
            tag: "",
            syntax: &syntax::TEXT,
            endings: "",
            files: "",
            interpreters: "",
        };
        ROWS.get(usize::from(self.0)).unwrap_or(&NONE)
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The language of the file at `path` that begins with `head`.
///
/// Its whole name decides first, then the ending of the name, then a `#!` line, then what its first lines say to an
/// editor. Where an ending has several meanings, a cheap look at `head` chooses. `head` may be longer or shorter than
/// the file; no more than [`HEAD`] bytes of it are looked at. `None` if nothing is known, and for binary files only
/// if their name says nothing.
#[must_use]
pub fn detect(path: &RelPath, head: &[u8]) -> Option<Language> {
    let head = head.get(..HEAD).unwrap_or(head);
    by_name(path.file_name()?, head).or_else(|| hints::by_content(head))
}

/// What the table says, turned round.
struct Index {
    endings: HashMap<&'static str, Language>,
    files: HashMap<&'static str, Language>,
    interpreters: HashMap<&'static str, Language>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let turn = |list: fn(&'static Row) -> &'static str| {
        let mut turned = HashMap::new();
        for (language, row) in Language::all().zip(ROWS) {
            for word in list(row).split_ascii_whitespace() {
                turned.entry(word).or_insert(language);
            }
        }
        turned
    };
    Index {
        endings: turn(|row| row.endings),
        files: turn(|row| row.files),
        interpreters: turn(|row| row.interpreters),
    }
});

/// No ending in the table is longer.
const ENDING_MAX: usize = 24;

fn by_name(name: &[u8], head: &[u8]) -> Option<Language> {
    let name = std::str::from_utf8(name).ok()?;
    if let Some(language) = INDEX.files.get(name) {
        return Some(*language);
    }
    // `Dockerfile.dev`, `Makefile.am`: the first part may name the language as well.
    let dots = name.match_indices('.').map(|(at, _)| at);
    for at in dots {
        let ending = name.get(at + 1..).unwrap_or_default();
        if ending.is_empty() || ending.len() > ENDING_MAX {
            continue;
        }
        let ending = ending.to_ascii_lowercase();
        if let Some(found) = hints::by_ending(&ending, head) {
            return found;
        }
        if let Some(language) = INDEX.endings.get(ending.as_str()) {
            return Some(*language);
        }
    }
    let stem = name.split('.').next().filter(|stem| matches!(*stem, "Dockerfile" | "Makefile"))?;
    INDEX.files.get(stem).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(name: &str, head: &str, expected: &str) {
        let path = RelPath::parse(name).unwrap();
        let found = detect(&path, head.as_bytes()).map_or("", Language::name);
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn names_and_endings_tell_the_language() {
        for (name, expected) in [
            ("src/main.rs", "Rust"),
            ("a/Cargo.lock", "TOML"),
            ("Makefile", "Makefile"),
            ("Dockerfile.dev", "Dockerfile"),
            ("x.PY", "Python"),
            ("a.min.js", "JavaScript"),
            ("types.d.ts", "TypeScript"),
            ("page.html.erb", "HTML+ERB"),
            ("view.tsx", "TSX"),
            (".gitignore", "Ignore List"),
            ("tsconfig.json", "JSON with Comments"),
            ("a.json", "JSON"),
            ("CMakeLists.txt", "CMake"),
            ("notes.txt", "Text"),
            ("go.mod", "Go Module"),
            ("a.unknown", ""),
            ("none", ""),
            ("dot.", ""),
        ] {
            check(name, "", expected);
        }
    }

    #[test]
    fn content_chooses_where_an_ending_has_several_meanings() {
        check("a.h", "int f(void);\n", "C");
        check("a.h", "#pragma once\nnamespace a {\n}\n", "C++");
        check("a.h", "#import <Foundation/Foundation.h>\n", "Objective-C");
        check("a.m", "% sums\nfunction y = f(x)\n", "MATLAB");
        check("a.m", "#import \"a.h\"\n@implementation A\n@end\n", "Objective-C");
        check("a.pl", "use strict;\nmy $x = 1;\n", "Perl");
        check("a.pl", ":- module(a, [b/1]).\nb(X) :- c(X).\n", "Prolog");
        check("a.ts", "export const a = 1;\n", "TypeScript");
        check("de.ts", "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n", "XML");
        check("a.v", "module counter(input clk);\nendmodule\n", "Verilog");
        check("a.v", "Require Import List.\nLemma a : True.\nProof. Qed.\n", "Coq");
        check("a.v", "module main\nfn main() {\n}\n", "V");
        check("ls.1", ".TH LS 1\n", "Roff");
        check("app.log.1", "started\n", "");
    }

    #[test]
    fn the_first_lines_tell_what_the_name_does_not() {
        check("run", "#!/usr/bin/env python3.11\n", "Python");
        check("run", "#! /bin/bash -e\n", "Shell");
        check("run", "#!/usr/bin/env -S FOO=1 deno run\n", "JavaScript");
        check("run", "#!/opt/thing\n", "");
        check("conf", "# vim: set ft=ruby ts=2 :\n", "Ruby");
        check("conf", "# -*- mode: python; coding: utf-8 -*-\n", "Python");
        check("conf", "/* -*- C++ -*- */\n", "C++");
        check("feed", "<?xml version=\"1.0\"?><a/>", "XML");
    }

    #[test]
    fn rows_are_sorted_whole_and_fit_the_number() {
        assert!(ROWS.is_sorted_by(|a, b| a.name < b.name), "sorted, and no name twice");
        assert!(ROWS.len() < 256);
        for language in Language::all() {
            assert!(!language.name().is_empty() && !language.tag().is_empty());
            assert!(!language.tag().contains(|c: char| c.is_whitespace() || c == '`'));
            assert_eq!(Language::named(language.name()), Some(language));
        }
        assert_eq!(Language::named("RUST").map(Language::tag), Some("rust"));
        let longest = INDEX.endings.keys().map(|ending| ending.len()).max();
        assert!(longest <= Some(ENDING_MAX));
        assert!(INDEX.endings.keys().all(|ending| *ending == ending.to_ascii_lowercase()));
    }

    proptest! {
        #[test]
        fn no_input_is_too_odd(name in "[^/\0]{1,40}", head in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(path) = RelPath::parse(&name) {
                let _ = detect(&path, &head);
            }
            let _ = hints::by_content(&head);
        }
    }
}
