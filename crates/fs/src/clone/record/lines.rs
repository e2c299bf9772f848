//! Entries as lines of a record, and back: by two threads, since there may be very many of them.

use std::fmt::Write as _;

use holdall_tree::{
    Attributes, ContentHash, Entry, Extent, Kind, Metadata, RelPath, Timestamp, Xattr,
};

use super::super::escape::{escaped, unescaped};
use super::Row;

/// What the lines begin with that say more of the entry before.
const MORE: &str = "+ ";

/// The lines of these entries, in two parts.
pub(super) fn write(rows: &[Row], here: bool) -> (String, String) {
    let write = |rows: &[Row]| {
        let mut out = String::with_capacity(rows.len() * 200);
        rows.iter().for_each(|row| write_row(&mut out, row, here));
        out
    };
    let (first, rest) = rows.split_at(rows.len() / 2);
    both(|| write(first), || write(rest))
}

/// The entries that these lines tell of.
///
/// # Errors
/// The first line that makes no sense, in words.
pub(super) fn read(text: &str) -> Result<Vec<Row>, String> {
    let (first, rest) = text.split_at_checked(middle(text)).unwrap_or((text, ""));
    let (first, rest) = both(|| read_part(first), || read_part(rest));
    let mut rows = first?;
    rows.append(&mut rest?);
    Ok(rows)
}

/// Where the first line begins in the latter half that is of a new entry.
fn middle(text: &str) -> usize {
    let half = text.len() / 2;
    let ends = text.as_bytes().get(half..).unwrap_or_default().iter();
    let mut ends =
        ends.enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| half + at + 1);
    let begins = |at: &usize| text.get(*at..).is_some_and(|rest| !rest.starts_with(MORE));
    ends.find(begins).unwrap_or(text.len())
}

fn read_part(text: &str) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines() {
        let bad = || super::senseless(line);
        match line.strip_prefix(MORE) {
            Some(more) => {
                let row = rows.last_mut().ok_or_else(bad)?;
                read_more(row, more).ok_or_else(bad)?;
            }
            None => rows.push(read_row(line).ok_or_else(bad)?),
        }
    }
    Ok(rows)
}

/// Does two things at once.
pub(super) fn both<A, B: Send>(
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send,
) -> (A, B) {
    std::thread::scope(|scope| {
        let there = scope.spawn(there);
        let here = here();
        (here, there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn write_row(out: &mut String, row: &Row, here: bool) {
    let Entry { path, kind, meta } = &row.entry;
    let letter = match kind {
        Kind::File { .. } => 'f',
        Kind::Directory => 'd',
        Kind::Symlink { .. } => 'l',
        Kind::CharDevice { .. } => 'c',
        Kind::BlockDevice { .. } => 'b',
        Kind::Fifo => 'p',
        Kind::Socket => 's',
    };
    out.push(letter);
    match meta.mode {
        Some(mode) => _ = write!(out, " {mode:o}"),
        None => out.push_str(" -"),
    }
    let (inode, ctime) = if here { (meta.inode, meta.ctime) } else { (None, None) };
    for number in [meta.uid.map(u64::from), meta.gid.map(u64::from), inode] {
        match number {
            Some(number) => _ = write!(out, " {number}"),
            None => out.push_str(" -"),
        }
    }
    let _ = write!(out, " {} {} {}", time(meta.mtime), time(ctime), row.entry.size());
    match row.hash {
        Some(hash) => _ = write!(out, " {hash}"),
        None => out.push_str(" -"),
    }
    let shown = if path.is_root() { ".".into() } else { escaped(path.as_bytes()) };
    let _ = writeln!(out, " {shown}");
    match kind {
        Kind::Symlink { target } => _ = writeln!(out, "+ target {}", escaped(target)),
        Kind::CharDevice { rdev } | Kind::BlockDevice { rdev } => {
            _ = writeln!(out, "+ device {rdev}");
        }
        _ => {}
    }
    if let Some(first) = &row.link {
        let _ = writeln!(out, "+ link {}", escaped(first.as_bytes()));
    }
    if let Some(attributes) = meta.attributes.filter(|attributes| attributes.0 != 0) {
        let _ = writeln!(out, "+ attributes {}", attributes.0);
    }
    for xattr in meta.xattrs.iter().flatten() {
        // A name holds no blank once it is escaped: the value begins at the first one.
        let name = escaped(&xattr.name).replace(' ', "\\x20");
        let _ = writeln!(out, "+ xattr {name} {}", escaped(&xattr.value));
    }
    if let Some(extents) = &meta.extents {
        out.push_str("+ data");
        for extent in extents {
            let _ = write!(out, " {}+{}", extent.offset, extent.length);
        }
        out.push('\n');
    }
}

pub(super) fn time(time: Option<Timestamp>) -> String {
    time.map_or("-".into(), |time| format!("{}.{:09}", time.secs, time.nanos))
}

#[expect(clippy::option_option, reason = "a time that is not known is written too")]
pub(super) fn read_time(text: &str) -> Option<Option<Timestamp>> {
    if text == "-" {
        return Some(None);
    }
    let (secs, nanos) = text.split_once('.')?;
    let nanos = (nanos.len() == 9).then(|| nanos.parse().ok()).flatten()?;
    Some(Some(Timestamp::new(secs.parse().ok()?, nanos)))
}

fn read_row(line: &str) -> Option<Row> {
    let mut words = line.splitn(10, ' ');
    let mut next = || words.next();
    let letter = next()?;
    let mode = next()?;
    let mode = if mode == "-" { None } else { Some(u32::from_str_radix(mode, 8).ok()?) };
    let mut number = || -> Option<Option<u64>> {
        match words.next()? {
            "-" => Some(None),
            word => Some(Some(word.parse().ok()?)),
        }
    };
    let (uid, gid, inode) = (number()?, number()?, number()?);
    let narrow = |number: Option<u64>| number.map(u32::try_from).transpose().ok();
    let (mtime, ctime) = (read_time(words.next()?)?, read_time(words.next()?)?);
    let size = words.next()?.parse().ok()?;
    let hash = match words.next()? {
        "-" => None,
        word => Some(ContentHash::parse(word)?),
    };
    let path = match words.next()? {
        "." => RelPath::root(),
        word => RelPath::parse(unescaped(word)?).ok()?,
    };
    let kind = match letter {
        "f" => Kind::File { size },
        "d" => Kind::Directory,
        "l" => Kind::Symlink { target: Vec::new() },
        "c" => Kind::CharDevice { rdev: 0 },
        "b" => Kind::BlockDevice { rdev: 0 },
        "p" => Kind::Fifo,
        "s" => Kind::Socket,
        _ => return None,
    };
    let meta = Metadata {
        mode,
        uid: narrow(uid)?,
        gid: narrow(gid)?,
        mtime,
        ctime,
        inode,
        xattrs: Some(Vec::new()),
        attributes: Some(Attributes(0)),
        ..Metadata::default()
    };
    Some(Row { entry: Entry { path, kind, meta }, hash, link: None })
}

/// Reads a line that says more of the entry before.
fn read_more(row: &mut Row, line: &str) -> Option<()> {
    let (key, value) = line.split_once(' ').unwrap_or((line, ""));
    let meta = &mut row.entry.meta;
    match (key, &mut row.entry.kind) {
        ("target", Kind::Symlink { target }) => *target = unescaped(value)?,
        ("device", Kind::CharDevice { rdev } | Kind::BlockDevice { rdev }) => {
            *rdev = value.parse().ok()?;
        }
        ("link", _) => row.link = Some(RelPath::parse(unescaped(value)?).ok()?),
        ("attributes", _) => meta.attributes = Some(Attributes(value.parse().ok()?)),
        ("xattr", _) => {
            let (name, value) = value.split_once(' ')?;
            let xattr = Xattr { name: unescaped(name)?, value: unescaped(value)? };
            meta.xattrs.get_or_insert_default().push(xattr);
        }
        ("data", _) => {
            let mut extents = Vec::new();
            for word in value.split(' ').filter(|word| !word.is_empty()) {
                let (offset, length) = word.split_once('+')?;
                extents.push(Extent { offset: offset.parse().ok()?, length: length.parse().ok()? });
            }
            meta.extents = Some(extents);
        }
        _ => return None,
    }
    Some(())
}
