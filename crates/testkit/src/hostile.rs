//! One fixed tree with everything in it that programs get wrong.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::is_root;
use crate::spec::{Content, EntrySpec, KindSpec, TreeSpec};

/// Names that are legal on Linux and break programs.
#[must_use]
pub fn names_hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        "-rf",
        "--",
        " leading",
        "trailing ",
        "a\nb",
        "tab\tbed",
        "quo'te",
        "quo\"te",
        "back\\slash",
        "$HOME",
        "*",
        "?",
        "[a]",
        "~",
        "#",
        "...",
        ".hidden",
        "a:b",
        "CON",
        "é",
        "e\u{301}",
        "😀",
        "\u{202e}txt.exe",
        "\u{1b}[31mred",
        "a b c",
        "%41",
        "{x}",
        "!",
        "&amp;",
        "\r",
        "\u{7f}",
        "Name",
        "name",
        "latest",
        "@latest",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect();
    names.push(b"\xff".to_vec());
    names.push(b"latin1-\xe9t\xe9".to_vec());
    names.push(b"\xed\xa0\x80 surrogate".to_vec());
    names.push(b"\x01\x02\x03".to_vec());
    names.push(vec![b'n'; 255]);
    names
}

/// Makes the hostile tree in `top`, a directory that exists and is empty. What this user or file system cannot
/// have is left out; the answer names it.
///
/// # Errors
/// What the system says where it should not refuse.
pub fn hostile_tree(top: &Path) -> io::Result<Vec<String>> {
    spec().write(top)?;
    let mut left_out = Vec::new();
    let acl = top.join("acl");
    std::fs::write(&acl, "with a list of who may")?;
    // The numbers name no user of this machine, and must survive as numbers.
    try_to(&mut left_out, "setfacl", &["-m", "u:54321:rw-,g:54322:r--"], &acl);
    let dir = top.join("acl-inherited");
    std::fs::create_dir(&dir)?;
    try_to(&mut left_out, "setfacl", &["-m", "d:u:54321:rwx"], &dir);
    let flagged = top.join("nodump");
    std::fs::write(&flagged, "chattr +dA")?;
    try_to(&mut left_out, "chattr", &["+dA"], &flagged);
    let capable = top.join("capable");
    std::fs::write(&capable, "may bind low ports")?;
    if is_root() {
        try_to(&mut left_out, "setcap", &["cap_net_bind_service=+ep"], &capable);
    } else {
        left_out.push("setcap, devices and owners: not root".to_owned());
    }
    Ok(left_out)
}

/// Runs a program on a path; what it will not do is noted.
fn try_to(left_out: &mut Vec<String>, program: &str, args: &[&str], path: &Path) {
    match Command::new(program).args(args).arg(path).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            left_out.push(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        Err(error) => left_out.push(format!("{program}: {error}")),
    }
}

fn spec() -> TreeSpec {
    let mut tree = Maker { entries: Vec::new() };
    for (number, name) in names_hostile().into_iter().enumerate() {
        let path = PathBuf::from("names").join(OsString::from_vec(name));
        if number == 0 {
            tree.add("names", KindSpec::Dir);
        }
        tree.add(path, KindSpec::File(Content::Noise { seed: number as u64, length: number * 7 }));
    }
    tree.contents();
    tree.links();
    tree.metadata();
    let mut deep = PathBuf::from("deep");
    for level in 0..60 {
        tree.add(&deep, KindSpec::Dir);
        deep.push(format!("level-{level:03}-of-the-tree"));
    }
    tree.add(&deep, KindSpec::File(Content::Bytes(b"bottom".to_vec())));
    tree.add("empty-dir", KindSpec::Dir);
    TreeSpec { entries: tree.entries }
}

struct Maker {
    entries: Vec<EntrySpec>,
}

impl Maker {
    fn add(&mut self, path: impl Into<PathBuf>, kind: KindSpec) -> Option<&mut EntrySpec> {
        let mode = if matches!(kind, KindSpec::Dir) { 0o755 } else { 0o644 };
        // Each entry a time of its own, so that a mix-up shows.
        let mtime = (1_600_000_000 + self.entries.len() as i64, 123_456_789);
        let path = path.into();
        self.entries.push(EntrySpec { path, kind, mode, mtime, owner: None, xattrs: Vec::new() });
        self.entries.last_mut()
    }

    fn file(&mut self, path: &str) -> Option<&mut EntrySpec> {
        self.add(path, KindSpec::File(Content::Bytes(path.as_bytes().to_vec())))
    }

    fn contents(&mut self) {
        self.add("content", KindSpec::Dir);
        self.add("content/empty", KindSpec::File(Content::Bytes(Vec::new())));
        self.add("content/zeros", KindSpec::File(Content::Bytes(vec![0; 100_000])));
        let large = Content::Noise { seed: 99, length: 5_000_001 };
        self.add("content/large", KindSpec::File(large.clone()));
        self.add("content/large-again", KindSpec::File(large));
        let hole = Content::Sparse { length: 64 << 20, pieces: Vec::new() };
        self.add("content/all-hole", KindSpec::File(hole));
        let pieces = vec![(1 << 20, b"island".to_vec()), ((32 << 20) + 3, vec![7; 10_000])];
        self.add("content/sparse", KindSpec::File(Content::Sparse { length: 48 << 20, pieces }));
    }

    fn links(&mut self) {
        self.add("links", KindSpec::Dir);
        self.file("links/first");
        self.add("links/second", KindSpec::HardLink("links/first".into()));
        self.add("links/dir", KindSpec::Dir);
        self.add("links/dir/third", KindSpec::HardLink("links/first".into()));
        for (name, target) in [
            ("links/to-file", "first"),
            ("links/to-dir", "dir"),
            ("links/dangling", "no/such/thing"),
            ("links/self", "self"),
            ("links/loop-a", "loop-b"),
            ("links/loop-b", "loop-a"),
            ("links/up", "../../../../.."),
            ("links/absolute", "/etc/passwd"),
            ("links/strange", "\n\u{1b}[0m"),
        ] {
            self.add(name, KindSpec::Symlink(target.into()));
        }
        self.add("links/long", KindSpec::Symlink("x/".repeat(2000).into()));
        self.add("links/bytes", KindSpec::Symlink(OsString::from_vec(b"\xff\xfe".to_vec()).into()));
        self.add("links/fifo", KindSpec::Fifo);
        self.add("links/fifo-again", KindSpec::HardLink("links/fifo".into()));
        self.add("links/socket", KindSpec::Socket);
        if is_root() {
            self.add("links/char", KindSpec::CharDevice { major: 1, minor: 3 });
            self.add("links/block", KindSpec::BlockDevice { major: 240, minor: 257 });
        }
    }

    fn metadata(&mut self) {
        self.add("meta", KindSpec::Dir);
        let modes = [0o4755, 0o2755, 0o1644, 0o6777, 0o400];
        for mode in modes.into_iter().chain(is_root().then_some(0)) {
            if let Some(entry) = self.file(&format!("meta/mode-{mode:o}")) {
                entry.mode = mode;
            }
        }
        for (name, mode) in [("meta/sticky", 0o1777), ("meta/setgid", 0o2775)] {
            if let Some(entry) = self.add(name, KindSpec::Dir) {
                entry.mode = mode;
            }
        }
        let times = [
            (-1, 999_999_999),
            (0, 0),
            (-2_000_000_000, 1),
            (2_147_483_648, 5),
            (15_000_000_000, 7),
        ];
        for (seconds, nanos) in times {
            if let Some(entry) = self.file(&format!("meta/time{seconds}")) {
                entry.mtime = (seconds, nanos);
            }
        }
        if is_root()
            && let Some(entry) = self.file("meta/owned")
        {
            entry.owner = Some((54_321, 4_000_000_000));
        }
        let xattrs = vec![
            ("user.empty".to_owned(), Vec::new()),
            ("user.bytes".to_owned(), vec![0, 255, b'\n']),
            ("user.long".to_owned(), vec![b'v'; 1500]),
        ];
        if let Some(entry) = self.file("meta/xattrs") {
            entry.xattrs = xattrs.clone();
        }
        if let Some(entry) = self.add("meta/xattrs-dir", KindSpec::Dir) {
            entry.xattrs = xattrs;
        }
        if is_root() {
            let trusted = vec![("trusted.note".to_owned(), b"for root".to_vec())];
            if let Some(entry) = self.add("meta/xattrs-link", KindSpec::Symlink("xattrs".into())) {
                entry.xattrs = trusted;
            }
        }
    }
}
