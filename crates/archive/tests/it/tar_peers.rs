//! GNU tar, bsdtar and Python read what we write, and we read what they write.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use holdall_archive::tar::TarTree;
use holdall_archive::{FileBytes, Format, MemoryBytes, Trust, WriteOptions};
use holdall_testkit::{KindSpec, TreeSpec, compare, peer};
use holdall_tree::{Entry, Kind};

use crate::disk::DiskTree;
use crate::support::{Told, contents, make_dir, run};
use crate::tar_round::{storable, written};

/// What bsdtar keeps: it takes the fraction of a time before 1970 for one that goes the other way, composes the accents of
/// names (libarchive has them in NFC), and loses the front of some long paths that are not UTF-8.
fn of_bsdtar(mut spec: TreeSpec) -> TreeSpec {
    let is_ascii = |path: &Path| path.to_str().is_some_and(str::is_ascii);
    spec.entries.retain(|entry| match &entry.kind {
        KindSpec::HardLink(first) => is_ascii(&entry.path) && is_ascii(first),
        _ => is_ascii(&entry.path),
    });
    for entry in spec.entries.iter_mut().filter(|entry| entry.mtime.0 < 0) {
        entry.mtime.1 = 0;
    }
    spec
}

fn property(check: impl Fn(TreeSpec)) {
    crate::support::property(12, |spec| check(storable(spec)));
}

/// What `program` makes of an archive of ours, compared by every field.
fn extracts(program: &str, args: &[&str], differs: fn(&str) -> bool) {
    let Some(peer) = peer(program) else { return };
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (make_dir(home.path(), "from"), make_dir(home.path(), "to"));
        let spec = if program == "bsdtar" { of_bsdtar(spec) } else { spec };
        spec.write(&from).unwrap();
        let archive = home.path().join("a.tar");
        fs::write(&archive, written(&DiskTree(from.clone()), &WriteOptions::default())).unwrap();
        run(peer.command(home.path()).args(args).arg("-xpf").arg(&archive).arg("-C").arg(&to));
        let differences: Vec<_> =
            compare(&from, &to).into_iter().filter(|line| !differs(line)).collect();
        assert!(differences.is_empty(), "{differences:#?}");
    });
}

#[test]
fn gnu_tar_makes_the_same_tree_of_an_archive_of_ours() {
    let args = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "--same-owner"];
    extracts("tar", &args, |_| false);
}

#[test]
fn bsdtar_makes_the_same_tree_of_an_archive_of_ours() {
    // It leaves the time of the directory that it extracts to.
    extracts("bsdtar", &["--numeric-owner"], |line| line.starts_with(".: mtime"));
}

#[test]
fn python_lists_the_same_names_and_sizes() {
    let Some(python) = peer("python3") else { return };
    const SCRIPT: &str = "import sys, tarfile\n\
        for m in tarfile.open(sys.argv[1]):\n\
        \x20   n = m.name.encode('utf-8', 'surrogateescape').hex()\n\
        \x20   print(n, m.size if m.isreg() else 0, m.mode, m.type.decode())\n";
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        spec.write(&from).unwrap();
        let disk = DiskTree(from);
        let archive = home.path().join("a.tar");
        fs::write(&archive, written(&disk, &WriteOptions::default())).unwrap();
        let listed = run(python.command(home.path()).args(["-c", SCRIPT]).arg(&archive));
        let listed = String::from_utf8(listed).unwrap();
        let mut names = BTreeMap::new();
        for line in listed.lines() {
            let words: Vec<_> = line.split(' ').collect();
            names.insert(words[0].to_owned(), (words[1].parse::<u64>().unwrap(), words[3] == "1"));
        }
        let expected = contents(&disk);
        assert_eq!(names.len(), expected.len(), "{listed}");
        for (path, (entry, _)) in expected {
            let name =
                if path.is_empty() { b"."[..].to_vec() } else { [b"./", &path[..]].concat() };
            let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
            let (size, is_link) = names[&hex];
            assert!(is_link || size == entry.size(), "{}: {size}", entry.path);
        }
    });
}

/// What we make of an archive of another program, compared by every field that its format has.
fn understands(program: &str, args: &[&str], forget: fn(&mut Entry)) {
    let Some(peer) = peer(program) else { return };
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        let spec = if program == "bsdtar" { of_bsdtar(spec) } else { spec };
        spec.write(&from).unwrap();
        let archive = home.path().join("a.tar");
        let mut command = peer.command(home.path());
        run(command.args(args).arg("-cf").arg(&archive).arg("-C").arg(&from).arg("."));
        same(&from, &archive, forget);
    });
}

fn same(from: &Path, archive: &Path, forget: fn(&mut Entry)) {
    let told = Told::default();
    let first = fs::read(archive).unwrap();
    assert_eq!(Format::detect(&first), Some(Format::Tar), "any of them is told by its first bytes");
    let bytes = FileBytes::new(fs::File::open(archive).unwrap()).unwrap();
    let tree = TarTree::open(&told.ctx(), bytes, Trust::Own).unwrap();
    let (expected, found) = (contents(&DiskTree(from.to_owned())), contents(&tree));
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (path, (entry, content)) in expected {
        let (other, again) = &found[&path];
        let plain = |entry: &Entry| {
            let mut entry = entry.clone();
            entry.meta.user = None;
            entry.meta.group = None;
            entry.meta.atime = None;
            entry.meta.hard_link = None;
            entry.meta.extents = None;
            if let Kind::Symlink { .. } = entry.kind {
                entry.meta.mode = None;
            }
            entry.meta.xattrs.iter_mut().for_each(|xattrs| xattrs.sort());
            forget(&mut entry);
            entry
        };
        assert_eq!(plain(&entry), plain(other));
        assert!(content == *again, "{}", entry.path);
    }
}

/// A time in whole seconds, no attributes: what formats before pax have.
fn old(entry: &mut Entry) {
    entry.meta.mtime.iter_mut().for_each(|time| time.nanos = 0);
    entry.meta.xattrs = None;
}

#[test]
fn what_gnu_tar_writes_in_its_own_format_is_read() {
    understands("tar", &["--format=gnu", "--sparse", "--numeric-owner"], old);
}

#[test]
fn what_gnu_tar_writes_as_pax_is_read() {
    let args = ["--format=pax", "--xattrs", "--xattrs-include=*"];
    understands("tar", &args, |_| {});
}

#[test]
fn what_gnu_tar_writes_of_sparse_files_is_read_in_each_notation() {
    for version in ["0.0", "0.1", "1.0"] {
        let version = format!("--sparse-version={version}");
        understands("tar", &["--format=pax", "--sparse", &version], |entry| {
            entry.meta.xattrs = None;
        });
    }
}

#[test]
fn what_bsdtar_writes_is_read() {
    understands("bsdtar", &["--format=pax"], |_| {});
}

#[test]
fn what_python_writes_is_read() {
    let Some(python) = peer("python3") else { return };
    const SCRIPT: &str = "import sys, tarfile\n\
        f = {'pax': tarfile.PAX_FORMAT, 'gnu': tarfile.GNU_FORMAT}[sys.argv[3]]\n\
        t = tarfile.open(sys.argv[1], 'w', format=f)\n\
        t.add(sys.argv[2], arcname='.', filter=lambda m: m.replace(mtime=int(m.mtime), deep=False))\n\
        t.close()\n";
    for format in ["pax", "gnu"] {
        property(|spec| {
            let home = tempfile::tempdir().unwrap();
            let from = make_dir(home.path(), "from");
            spec.write(&from).unwrap();
            let archive = home.path().join("a.tar");
            let mut command = python.command(home.path());
            run(command.args(["-c", SCRIPT]).arg(&archive).arg(&from).arg(format));
            // Its times are floating point numbers, which it may write with an exponent.
            same(&from, &archive, |entry| {
                entry.meta.mtime = None;
                entry.meta.xattrs = None;
            });
        });
    }
}

#[test]
fn what_git_archives_is_read() {
    let Some(git) = peer("git") else { return };
    let home = tempfile::tempdir().unwrap();
    let dir = make_dir(home.path(), "project");
    let git = |args: &[&str]| run(git.command(&dir).args(args));
    git(&["init", "-q"]);
    fs::write(dir.join("file"), "content").unwrap();
    git(&["add", "file"]);
    git(&["commit", "-qm", "first"]);
    let told = Told::default();
    let bytes = git(&["archive", "--prefix=project-1.0/", "HEAD"]);
    let tree = TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Nothing).unwrap();
    assert_eq!(contents(&tree)[&b"project-1.0/file"[..]].1, b"content");
}
