//! yek: plain text and JSON.

use memchr::memmem;
use serde::Deserialize;

use super::{Found, Reading, Tool, parse_path};
use crate::skin::{Carried, Places};

const HEAD: &str = ">>>> ";

pub(super) fn read(text: &str) -> Option<Found> {
    if text.trim_start().starts_with('[') {
        return json(text);
    }
    let first = text.strip_prefix(HEAD)?.lines().next()?;
    parse_path(first).ok()?;
    Some(plain(text))
}

fn plain(text: &str) -> Found {
    let mut reading = Reading::new(Tool::Yek, text);
    let before = format!("\n{HEAD}");
    let others = memmem::find_iter(text.as_bytes(), before.as_bytes()).map(|at| at + 1);
    let starts: Vec<usize> = [0].into_iter().chain(others).collect();
    for (index, start) in starts.iter().enumerate() {
        let rest = text.get(start + HEAD.len()..).unwrap_or_default();
        let Some((path, rest)) = rest.split_once('\n') else {
            reading.doubtful(rest, *start, "it has no text: the dump is cut off");
            continue;
        };
        let from = text.len() - rest.len();
        let end = match starts.get(index + 1) {
            Some(next) => next - 1,
            // On a terminal and in a pipe one line feed stands behind the last file.
            None if rest.ends_with("\n\n") => text.len() - 1,
            None => text.len(),
        };
        reading.part(path, from..end.max(from));
    }
    reading.settle(None)
}

#[derive(Deserialize)]
struct Item {
    filename: String,
    content: String,
}

fn json(text: &str) -> Option<Found> {
    let first = text.trim_start().strip_prefix('[')?.trim_start().strip_prefix('{')?.trim_start();
    let is_named = first.starts_with("\"filename\"");
    if !is_named && !first.starts_with("\"content\"") {
        return None;
    }
    let mut reading = Reading::new(Tool::Yek, text);
    let mut places = Places::new(text);
    match serde_json::from_str::<Vec<Item>>(text) {
        Ok(items) => {
            for Item { filename, content } in items {
                let name = serde_json::to_string(&filename).unwrap_or_default();
                let line = places.line(&name);
                reading.push(&filename, line, Carried::Own(content));
            }
        }
        Err(error) if is_named => {
            reading.flaw(error.line(), format!("this is no JSON of yek: {error}"));
        }
        // Many a list of things has contents.
        Err(_) => return None,
    }
    Some(reading.settle(None))
}
