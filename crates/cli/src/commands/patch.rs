//! What changes in an entry, line by line and in its metadata.

use std::io::Read;

use holdall::tree::{Entry, Kind, Tree};
use similar::TextDiff;

use crate::failure::Result;
use crate::render;
use crate::session::Session;

/// The largest file whose changed lines are shown, in bytes.
const BYTES_MAX: u64 = 1 << 20;
/// How git names the content of an empty file.
const EMPTY: &str = "e69de29";

/// A file of one of two trees.
pub(super) type Side<'s> = (&'s dyn Tree, &'s Entry);

/// The lines that differ between two text files as a unified diff with the header of git, so that `git apply` and `patch -p1` take it: also of
/// a file that comes or goes; `None` if one is no text, or too large.
pub(super) fn git(before: Option<Side<'_>>, after: Option<Side<'_>>) -> Option<String> {
    let (old, new) = (before.or(after)?.1, after.or(before)?.1);
    let (from, to) = (format!("a/{}", old.path), format!("b/{}", new.path));
    let mut patch = format!("diff --git {from} {to}\n");
    let bits = |entry: &Entry| match entry.meta.mode {
        Some(mode) if mode & 0o111 != 0 => "100755",
        _ => "100644",
    };
    let content = |side: Option<Side<'_>>| side.map_or(Some(String::new()), text);
    let (old_text, new_text) = (content(before)?, content(after)?);
    match (before, after) {
        (None, _) => patch.push_str(&format!("new file mode {}\n", bits(new))),
        (_, None) => patch.push_str(&format!("deleted file mode {}\n", bits(old))),
        _ if bits(old) != bits(new) => {
            patch.push_str(&format!("old mode {}\nnew mode {}\n", bits(old), bits(new)));
        }
        _ => {}
    }
    if old_text == new_text {
        match (before, after) {
            (None, _) => patch.push_str(&format!("index 0000000..{EMPTY}\n")),
            (_, None) => patch.push_str(&format!("index {EMPTY}..0000000\n")),
            _ => {}
        }
        return Some(patch);
    }
    let name = |side: Option<Side<'_>>, name: String| side.map_or("/dev/null".into(), |_| name);
    patch.push_str(&unified(&old_text, &new_text, &name(before, from), &name(after, to)));
    Some(patch)
}

/// What git says of a file that was moved as it is.
pub(super) fn renamed(before: &Entry, after: &Entry) -> String {
    let (from, to) = (&before.path, &after.path);
    format!(
        "diff --git a/{from} b/{to}\nsimilarity index 100%\nrename from {from}\nrename to {to}\n"
    )
}

/// Prints a patch.
pub(super) fn show(session: &Session, patch: &str) -> Result<()> {
    for line in patch.lines() {
        let code = match line.as_bytes().first() {
            Some(b'+') => render::GREEN,
            Some(b'-') => render::RED,
            _ => "",
        };
        session.print(&render::paint(session.color && !code.is_empty(), code, line))?;
    }
    Ok(())
}

/// What of the metadata differs, in words; what one side does not know does not differ.
pub(super) fn metadata(before: &Entry, after: &Entry) -> Vec<String> {
    let (a, b) = (&before.meta, &after.meta);
    let mut words = Vec::new();
    let link = matches!(after.kind, Kind::Symlink { .. });
    if let (Some(old), Some(new), false) = (a.mode, b.mode, link)
        && old != new
    {
        words.push(format!("mode {old:04o} to {new:04o}"));
    }
    for (word, old, new) in [("owner", a.uid, b.uid), ("group", a.gid, b.gid)] {
        if let (Some(old), Some(new)) = (old, new)
            && old != new
        {
            words.push(format!("{word} {old} to {new}"));
        }
    }
    if let (Some(old), Some(new)) = (a.mtime, b.mtime)
        && old != new
    {
        words.push(format!("time {} to {}", render::time(old), render::time(new)));
    }
    let sorted = |entry: &Entry| {
        let mut xattrs = entry.meta.xattrs.clone().unwrap_or_default();
        xattrs.sort();
        xattrs
    };
    if a.xattrs.is_some() && b.xattrs.is_some() && sorted(before) != sorted(after) {
        words.push("extended attributes".to_owned());
    }
    if a.attributes.is_some() && b.attributes.is_some() && a.attributes != b.attributes {
        words.push("file attributes".to_owned());
    }
    words
}

fn unified(old: &str, new: &str, from: &str, to: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(from, to).to_string()
}

fn text((tree, entry): Side<'_>) -> Option<String> {
    if !matches!(entry.kind, Kind::File { size } if size <= BYTES_MAX) {
        return None;
    }
    let mut bytes = Vec::new();
    tree.open(entry).ok()?.into_read().take(BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    // A NUL byte is what git tells binary files by.
    if bytes.contains(&0) { None } else { String::from_utf8(bytes).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdall::tree::{Metadata, RelPath, Timestamp};

    #[test]
    fn metadata_that_both_sides_know_is_compared_in_words() {
        let entry = |mode, uid, secs| Entry {
            path: RelPath::parse("a").unwrap(),
            kind: Kind::File { size: 0 },
            meta: Metadata {
                mode,
                uid,
                mtime: Some(Timestamp { secs, nanos: 0 }),
                ..Metadata::default()
            },
        };
        let (a, b) = (entry(Some(0o644), Some(0), 5), entry(Some(0o755), Some(7), 5));
        assert_eq!(metadata(&a, &b), ["mode 0644 to 0755", "owner 0 to 7"]);
        assert!(metadata(&a, &a).is_empty());
        assert!(metadata(&a, &entry(None, None, 5)).is_empty());
    }
}
