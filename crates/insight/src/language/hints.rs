//! What the first bytes of a file say of its language.

use memchr::memmem;

use super::{INDEX, Language};

/// The language of an ending that has several, if this is one: `Some(None)` if `head` shows that it is none of them.
pub(super) fn by_ending(ending: &str, head: &[u8]) -> Option<Option<Language>> {
    let name = match ending {
        "h" => header(head),
        "m" if any(head, &["@implementation", "@interface", "#import", "#include", "@import"]) => {
            "Objective-C"
        }
        "m" if begins_line(head, &["%", "function", "classdef", "clear", "close all"]) => "MATLAB",
        "m" => "Objective-C",
        "pl" if begins_line(head, &[":-"]) || any(head, &[") :-\n", ") :- "]) => "Prolog",
        "pl" => "Perl",
        "ts" if is_xml(head) => "XML",
        "v" if begins_line(head, COQ) => "Coq",
        "v" if begins_line(head, &["fn ", "pub fn ", "module main", "import os"]) => "V",
        "v" => "Verilog",
        "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "me" | "ms" => {
            let is = begins_line(head, &[".\\\"", "'\\\"", ".TH ", ".Dd ", ".SH ", ".de ", ".so "]);
            return Some(if is { Language::named("Roff") } else { None });
        }
        _ => return None,
    };
    Some(Language::named(name))
}

const COQ: &[&str] =
    &["Require ", "From ", "Theorem ", "Lemma ", "Proof", "Inductive ", "Definition ", "Qed."];

/// C, unless something shows that it is one of its children.
fn header(head: &[u8]) -> &'static str {
    if begins_line(head, &["@interface", "@protocol", "@class", "#import"]) {
        return "Objective-C";
    }
    let begins =
        ["class ", "namespace ", "template<", "template <", "using ", "public:", "private:"];
    let includes =
        ["#include <string>", "#include <vector>", "#include <memory>", "#include <map>"];
    let has = ["std::", "#include <iostream>", "constexpr ", "static_cast<", "nullptr"];
    if begins_line(head, &begins) || any(head, &includes) || any(head, &has) { "C++" } else { "C" }
}

/// The language that a `#!` line, an editor's line or the beginning names.
pub(super) fn by_content(head: &[u8]) -> Option<Language> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        return std::str::from_utf8(line).ok().and_then(by_interpreter);
    }
    if let Some(language) = by_editor(head) {
        return Some(language);
    }
    if head.starts_with(b"<?php") {
        return Language::named("PHP");
    }
    if is_xml(head) { Language::named("XML") } else { None }
}

fn by_interpreter(line: &str) -> Option<Language> {
    let mut words = line.split_ascii_whitespace();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut program = base(words.next()?);
    if program == "env" {
        // Flags and settings of `env` stand before the program.
        program = base(words.find(|word| !word.starts_with('-') && !word.contains('='))?);
    }
    let known = |name: &str| INDEX.interpreters.get(name).copied();
    let unversioned = program.trim_end_matches(|c: char| c.is_ascii_digit() || "._-".contains(c));
    known(&program).or_else(|| known(unversioned))
}

/// How many lines editors look at.
const EDITOR_LINES: usize = 5;

/// `vim: ft=ruby`, `-*- mode: ruby -*-` or `-*- ruby -*-` in the first lines.
fn by_editor(head: &[u8]) -> Option<Language> {
    for line in head.split(|byte| *byte == b'\n').take(EDITOR_LINES) {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let word = if let Some((_, rest)) = line.split_once("-*-") {
            let inside = rest.split("-*-").next().unwrap_or_default();
            match inside.split_once("mode:") {
                Some((_, mode)) => mode.split(';').next().unwrap_or_default(),
                None => inside,
            }
        } else if line.contains("vim:") || line.contains("vi:") || line.contains("ex:") {
            let setting = ["filetype=", "ft=", "syntax="];
            let Some((_, rest)) = setting.iter().find_map(|key| line.split_once(key)) else {
                continue;
            };
            rest.split([' ', ':', '\t']).next().unwrap_or_default()
        } else {
            continue;
        };
        let word = word.trim();
        let found = match word {
            "sh" | "bash" | "zsh" | "shell-script" => Language::named("Shell"),
            "js" => Language::named("JavaScript"),
            _ => Language::named(word),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_xml(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.starts_with(b"<?xml") || head.trim_ascii_start().starts_with(b"<!DOCTYPE TS")
}

fn any(head: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| memmem::find(head, word.as_bytes()).is_some())
}

/// Whether a line begins with one of these words, after blanks.
fn begins_line(head: &[u8], words: &[&str]) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii_start();
        words.iter().any(|word| line.starts_with(word.as_bytes()))
    })
}
