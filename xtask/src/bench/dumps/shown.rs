//! How many files of a tree a dump shows: what each format writes above the text of a file is looked for.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::dumper::Kind;
use super::tree::Tree;
use crate::shell::{Doing, Result};

/// How many regular files of the tree have their text in the dump.
pub(super) fn shown(kind: Kind, dump: &Path, tree: &Tree) -> Result<u64> {
    let what = format!("cannot read {}", dump.display());
    let mut named = HashSet::new();
    let mut dump = BufReader::with_capacity(1 << 20, File::open(dump).doing(&what)?);
    let (mut line, mut last) = (Vec::new(), None::<Vec<u8>>);
    loop {
        line.clear();
        // A file of one line may be as long as it likes.
        if dump.read_until(b'\n', &mut line).doing(&what)? == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Some(path) = header(kind, text) {
            let path = path.strip_prefix(b"./").unwrap_or(path).to_vec();
            last = Some(path.clone());
            named.insert(path);
        } else if text == b"[Binary file]" && kind == Kind::Gitingest {
            // That is all it says of one.
            if let Some(path) = &last {
                named.remove(path);
            }
        }
    }
    let paths = tree.paths()?;
    Ok(paths.iter().filter(|path| named.contains(path.as_os_str().as_bytes())).count() as u64)
}

/// The path of the file whose text is shown, if the line says one.
fn header(kind: Kind, line: &[u8]) -> Option<&[u8]> {
    let between = |begin: &[u8], end: &[u8]| line.strip_prefix(begin)?.strip_suffix(end);
    match kind {
        // The manifest has a line for each entry, with the part that shows it.
        Kind::Holdall | Kind::HoldallPrinted => {
            let record = line.strip_prefix(br#"{"path":""#)?;
            let end = find(record, br#"","kind":"file""#)?;
            find(record, br#","part":"#)?;
            record.get(..end)
        }
        Kind::Yek => between(b">>>> ", b""),
        Kind::FilesToPrompt => between(b"<source>", b"</source>"),
        Kind::CreateDump => between(b"## ", b""),
        Kind::Repomix => between(br#"<file path=""#, br#"">"#),
        Kind::Code2prompt => between(b"`", b"`:"),
        Kind::Gitingest => between(b"FILE: ", b""),
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|part| part == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_above_a_file_names_it() {
        for (kind, line) in [
            (Kind::Holdall, r#"{"path":"a/b","kind":"file","bytes":3,"part":7,"lines":1}"#),
            (Kind::Yek, ">>>> a/b"),
            (Kind::FilesToPrompt, "<source>a/b</source>"),
            (Kind::CreateDump, "## a/b"),
            (Kind::Repomix, r#"<file path="a/b">"#),
            (Kind::Code2prompt, "`a/b`:"),
            (Kind::Gitingest, "FILE: a/b"),
        ] {
            assert_eq!(header(kind, line.as_bytes()), Some(&b"a/b"[..]), "{line}");
        }
        let omitted = br#"{"path":"a/b","kind":"file","omitted":"it cannot be read"}"#;
        assert_eq!(header(Kind::Holdall, omitted), None);
    }
}
