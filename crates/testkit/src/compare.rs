//! Compares two trees on the disk by every field, without any code of ours.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::attributes;

/// A file may occupy so many bytes more than its twin before it counts as a hole that was filled.
const SLACK: u64 = 64 * 1024;

/// What a directory holds, by path relative to it; the top itself is the empty path.
type Listing = BTreeMap<PathBuf, Metadata>;

/// Every difference between two trees, in words, sorted by path; empty if there is none.
///
/// Compared are kind, size, content, mode, owner, group, mtime to the nanosecond, extended attributes (with ACLs and
/// capabilities), `chattr` flags, device numbers, link targets, which names are hard links of each other, and
/// whether the second tree filled holes of the first.
///
/// # Panics
/// If one of them cannot be read.
#[must_use]
pub fn compare(a: &Path, b: &Path) -> Vec<String> {
    try_compare(a, b).unwrap_or_else(|error| {
        panic!("cannot compare {} with {}: {error}", a.display(), b.display())
    })
}

fn try_compare(a: &Path, b: &Path) -> io::Result<Vec<String>> {
    let (left, right) = (listing(a)?, listing(b)?);
    let (left_links, right_links) = (first_names(&left), first_names(&right));
    let mut differences = Vec::new();
    for (path, left_meta) in &left {
        let shown = shown(path);
        let Some(right_meta) = right.get(path) else {
            differences.push(format!("{shown}: only in the first"));
            continue;
        };
        let mut differ = |field: &str, one: String, two: String| {
            if one != two {
                differences.push(format!("{shown}: {field}: {one} became {two}"));
            }
        };
        if kind(left_meta) != kind(right_meta) {
            differ("kind", kind(left_meta).to_owned(), kind(right_meta).to_owned());
            continue;
        }
        let (one, two) = (fields(&a.join(path), left_meta)?, fields(&b.join(path), right_meta)?);
        for ((field, one), (_, two)) in one.into_iter().zip(two) {
            differ(field, one, two);
        }
        let name_of = |links: &BTreeMap<PathBuf, PathBuf>| {
            links.get(path).map(|first| self::shown(first)).unwrap_or_default()
        };
        differ("hard link of", name_of(&left_links), name_of(&right_links));
        if left_meta.is_file() && left_meta.len() == right_meta.len() {
            if !same_content(&a.join(path), &b.join(path))? {
                differences.push(format!("{shown}: content differs"));
            }
            differences.extend(holes(left_meta, right_meta).map(|what| format!("{shown}: {what}")));
        }
    }
    let added = right.keys().filter(|path| !left.contains_key(*path));
    differences.extend(added.map(|path| format!("{}: only in the second", shown(path))));
    Ok(differences)
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() { ".".to_owned() } else { format!("{path:?}") }
}

fn listing(top: &Path) -> io::Result<Listing> {
    let mut found = Listing::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(path) = todo.pop() {
        let meta = fs::symlink_metadata(top.join(&path))?;
        if meta.is_dir() {
            for entry in fs::read_dir(top.join(&path))? {
                todo.push(path.join(entry?.file_name()));
            }
        }
        found.insert(path, meta);
    }
    Ok(found)
}

/// For each path with several names, the first of them in this tree.
fn first_names(listing: &Listing) -> BTreeMap<PathBuf, PathBuf> {
    let mut first: BTreeMap<(u64, u64), &PathBuf> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (path, meta) in listing.iter().filter(|(_, meta)| !meta.is_dir() && meta.nlink() > 1) {
        let leader = *first.entry((meta.dev(), meta.ino())).or_insert(path);
        names.insert(path.clone(), leader.clone());
    }
    // A name whose twins are all outside the tree is no hard link here.
    let leaders: Vec<PathBuf> =
        names.iter().filter(|(path, leader)| path != leader).map(|(_, l)| l.clone()).collect();
    names.retain(|_, leader| leaders.contains(leader));
    names
}

fn kind(meta: &Metadata) -> &'static str {
    let kind = meta.file_type();
    match () {
        () if kind.is_file() => "file",
        () if kind.is_dir() => "directory",
        () if kind.is_symlink() => "symbolic link",
        () if kind.is_fifo() => "fifo",
        () if kind.is_socket() => "socket",
        () if kind.is_char_device() => "character device",
        () if kind.is_block_device() => "block device",
        () => "unknown",
    }
}

/// Everything but content, as text, in one fixed order for entries of one kind.
fn fields(path: &Path, meta: &Metadata) -> io::Result<Vec<(&'static str, String)>> {
    let mut fields = vec![
        ("owner", meta.uid().to_string()),
        ("group", meta.gid().to_string()),
        ("mtime", format!("{}s {}ns", meta.mtime(), meta.mtime_nsec())),
        ("xattrs", format!("{:?}", readable(attributes::all(path)?))),
    ];
    let kind = meta.file_type();
    if !kind.is_symlink() {
        fields.push(("mode", format!("{:o}", meta.mode() & 0o7777)));
    }
    if kind.is_file() {
        fields.push(("size", meta.len().to_string()));
    }
    if kind.is_file() || kind.is_dir() {
        fields.push(("flags", format!("{:x?}", attributes::flags(path))));
    }
    if kind.is_symlink() {
        fields.push(("target", format!("{:?}", fs::read_link(path)?)));
    }
    if kind.is_char_device() || kind.is_block_device() {
        fields.push(("device", format!("{:x}", meta.rdev())));
    }
    Ok(fields)
}

fn readable(xattrs: Vec<(String, Vec<u8>)>) -> Vec<(String, String)> {
    xattrs.into_iter().map(|(name, value)| (name, value.escape_ascii().to_string())).collect()
}

fn same_content(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&mut a).take(1 << 20).read_to_end(&mut left)?;
        (&mut b).take(1 << 20).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

/// A hole of the first that occupies space in the second. Fewer bytes are fine: a run of zeros may become a hole.
fn holes(a: &Metadata, b: &Metadata) -> Option<String> {
    let (one, two) = (a.blocks() * 512, b.blocks() * 512);
    let filled = one < a.len() && two > one + SLACK + one / 8;
    filled.then(|| format!("holes were filled: {one} bytes became {two}"))
}
