//! Info-ZIP, bsdtar and Python read the zips that we write, and we read theirs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use holdall_archive::zip::{ZipTree, write};
use holdall_archive::{FileBytes, MemoryBytes, Trust, WriteOptions};
use holdall_testkit::{KindSpec, TreeSpec, peer};
use holdall_tree::{
    Content, Context, Entry, Everything, Filter, InOrder, Kind, Metadata, RelPath, Result, Source,
    Timestamp, Visit,
};

use crate::disk::DiskTree;
use crate::support::{Told, contents, make_dir, run};

/// Files, directories and links, with names that every program here takes for bytes.
fn storable(mut spec: TreeSpec) -> TreeSpec {
    spec.entries.retain(|entry| {
        let kind = matches!(
            entry.kind,
            KindSpec::Dir | KindSpec::File(_) | KindSpec::Symlink(_) | KindSpec::HardLink(_)
        );
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let name = entry.path.to_str().is_some_and(|name| name.chars().all(plain));
        kind && name && !entry.path.to_str().is_some_and(|name| name.starts_with('-'))
    });
    let names: std::collections::HashSet<_> =
        spec.entries.iter().map(|entry| entry.path.clone()).collect();
    spec.entries.retain(|entry| {
        let above = entry.path.ancestors().skip(1);
        let there =
            above.filter(|path| !path.as_os_str().is_empty()).all(|path| names.contains(path));
        let first =
            if let KindSpec::HardLink(first) = &entry.kind { names.contains(first) } else { true };
        there && first
    });
    for entry in &mut spec.entries {
        // What all of them can write down.
        entry.mtime = (entry.mtime.0.clamp(315_619_200, 2_000_000_000) & !1, 0);
        entry.mode |= if entry.kind == KindSpec::Dir { 0o700 } else { 0o600 };
        entry.owner = None;
        entry.xattrs.clear();
    }
    spec
}

fn property(check: impl Fn(TreeSpec)) {
    crate::support::property(12, |spec| check(storable(spec)));
}

fn written(tree: &DiskTree, options: &WriteOptions) -> Vec<u8> {
    let told = Told::default();
    let mut bytes = Vec::new();
    write(&told.ctx(), &mut InOrder::new(tree), &Everything, &mut bytes, None, options).unwrap();
    assert!(told.problems.lock().unwrap().is_empty(), "{:?}", told.problems);
    bytes
}

type Listed = BTreeMap<Vec<u8>, (Kind, Option<u32>, Option<Timestamp>, Vec<u8>)>;

/// What zips carry, without the root, which they do not have.
fn carried(all: BTreeMap<Vec<u8>, (Entry, Vec<u8>)>) -> Listed {
    let plain = |(path, (entry, content)): (Vec<u8>, (Entry, Vec<u8>))| {
        let link = matches!(entry.kind, Kind::Symlink { .. });
        let mode = entry.meta.mode.filter(|_| !link);
        (path, (entry.kind, mode, entry.meta.mtime.filter(|_| !link), content))
    };
    all.into_iter().filter(|(path, _)| !path.is_empty()).map(plain).collect()
}

fn read(bytes: Vec<u8>) -> Listed {
    let told = Told::default();
    carried(contents(&ZipTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Own).unwrap()))
}

#[test]
fn any_tree_comes_back_with_what_a_zip_can_hold() {
    crate::support::property(24, |spec| {
        let home = tempfile::tempdir().unwrap();
        let dir = make_dir(home.path(), "tree");
        let mut spec: TreeSpec = spec;
        spec.entries.retain(|entry| {
            !matches!(
                entry.kind,
                KindSpec::Socket
                    | KindSpec::Fifo
                    | KindSpec::CharDevice { .. }
                    | KindSpec::BlockDevice { .. }
            )
        });
        for entry in &mut spec.entries {
            entry.mtime = (entry.mtime.0.clamp(-2_000_000_000, 2_000_000_000), 0);
        }
        spec.write(&dir).unwrap();
        let disk = DiskTree(dir);
        let (expected, found) =
            (carried(contents(&disk)), read(written(&disk, &WriteOptions::default())));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (path, entry) in expected {
            let other = &found[&path];
            assert_eq!((&entry.0, entry.1, entry.2), (&other.0, other.1, other.2));
            assert!(entry.3 == other.3, "{}", path.escape_ascii());
        }
    });
}

/// A directory that a program made of a zip of ours holds the same.
fn extracts(program: &str, args: &[&str]) {
    let Some(peer) = peer(program) else { return };
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (make_dir(home.path(), "from"), make_dir(home.path(), "to"));
        spec.write(&from).unwrap();
        if spec.entries.is_empty() {
            return;
        }
        let archive = home.path().join("a.zip");
        let from = DiskTree(from);
        fs::write(&archive, written(&from, &WriteOptions::default())).unwrap();
        let mut command = peer.command(&to);
        run(command.args(args).arg(&archive));
        assert_eq!(carried(contents(&from)), carried(contents(&DiskTree(to))));
    });
}

#[test]
fn unzip_makes_the_same_tree_of_a_zip_of_ours() {
    extracts("unzip", &["-q", "-K"]);
}

#[test]
fn bsdtar_makes_the_same_tree_of_a_zip_of_ours() {
    extracts("bsdtar", &["-xpf"]);
}

#[test]
fn python_finds_no_fault_with_a_zip_of_ours_and_writes_one_that_we_read() {
    let Some(python) = peer("python3") else { return };
    const SCRIPT: &str = "import sys, zipfile\n\
        a = zipfile.ZipFile(sys.argv[1])\n\
        assert a.testzip() is None\n\
        b = zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED)\n\
        [b.writestr(i, a.read(i)) for i in a.infolist()]\n\
        b.close()\n";
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        spec.write(&from).unwrap();
        let bytes = written(&DiskTree(from), &WriteOptions::default());
        let (ours, theirs) = (home.path().join("a.zip"), home.path().join("b.zip"));
        fs::write(&ours, &bytes).unwrap();
        run(python.command(home.path()).args(["-c", SCRIPT]).arg(&ours).arg(&theirs));
        assert_eq!(read(bytes), read(fs::read(theirs).unwrap()));
    });
}

/// We read what a program made of a directory.
fn understands(program: &str, args: &[&str]) {
    let Some(peer) = peer(program) else { return };
    property(|spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        spec.write(&from).unwrap();
        if spec.entries.is_empty() {
            return;
        }
        let archive = home.path().join("a.zip");
        run(peer.command(&from).args(args).arg(&archive).arg("."));
        same(&from, &archive);
    });
}

fn same(from: &Path, archive: &Path) {
    let told = Told::default();
    let bytes = FileBytes::new(fs::File::open(archive).unwrap()).unwrap();
    let tree = ZipTree::open(&told.ctx(), bytes, Trust::Own).unwrap();
    assert_eq!(carried(contents(&DiskTree(from.to_owned()))), carried(contents(&tree)));
}

#[test]
fn what_zip_writes_is_read() {
    understands("zip", &["-q", "-r", "-y"]);
}

#[test]
fn what_zip_writes_to_a_pipe_is_read() {
    let Some(zip) = peer("zip") else { return };
    property(|mut spec| {
        // It stores them, and refuses to where it cannot go back to say how long they are.
        spec.entries.retain(|entry| !matches!(entry.kind, KindSpec::Symlink(_)));
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        spec.write(&from).unwrap();
        if spec.entries.is_empty() {
            return;
        }
        let archive = home.path().join("a.zip");
        fs::write(&archive, run(zip.command(&from).args(["-q", "-r", "-y", "-", "."]))).unwrap();
        same(&from, &archive);
    });
}

#[test]
fn what_bsdtar_writes_as_zip_is_read() {
    understands("bsdtar", &["--format=zip", "-cf"]);
}

#[test]
fn trees_that_hold_the_same_are_the_same_zip_whenever_they_were_made() {
    let home = tempfile::tempdir().unwrap();
    let make = |name: &str, secs: u64| {
        let dir = make_dir(home.path(), name);
        fs::write(dir.join("f"), "content").unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs);
        fs::File::open(dir.join("f")).unwrap().set_modified(time).unwrap();
        DiskTree(dir)
    };
    let (a, b) = (make("a", 1_000_000_000), make("b", 1_500_000_000));
    let time = Some(Timestamp { secs: 1_600_000_000, nanos: 0 });
    let fixed = WriteOptions { reproducible: time, ..WriteOptions::default() };
    assert!(written(&a, &fixed) == written(&b, &fixed));
    assert!(written(&a, &WriteOptions::default()) != written(&b, &WriteOptions::default()));
}

/// Files that say that they have this size and hold one letter.
struct Letters {
    count: usize,
    size: u64,
}

impl Source for Letters {
    fn read(&mut self, _: &Context<'_>, _: &dyn Filter, visit: &mut Visit<'_>) -> Result<()> {
        for n in 0..self.count {
            let entry = Entry {
                path: RelPath::parse(format!("{n:05}")).unwrap(),
                kind: Kind::File { size: self.size },
                meta: Metadata::default(),
            };
            visit(&entry, Content::Bytes(b"x"[..].into())).map(drop)?;
        }
        Ok(())
    }
}

#[test]
fn numbers_beyond_the_first_format_are_written_so_that_others_read_them() {
    let Some(python) = peer("python3") else { return };
    const SCRIPT: &str = "import sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print(len(z.infolist()), sum(i.file_size for i in z.infolist()))\n";
    // Many entries; and a file that was too large for 32 bits when it was looked at.
    for (count, size) in [(66_000, 1), (1, 5 << 30)] {
        let (told, home) = (Told::default(), tempfile::tempdir().unwrap());
        let mut bytes = Vec::new();
        let options = WriteOptions::default();
        write(&told.ctx(), &mut Letters { count, size }, &Everything, &mut bytes, None, &options)
            .unwrap();
        assert_eq!(told.problems.lock().unwrap().len(), usize::from(size > 1));
        let archive = home.path().join("a.zip");
        fs::write(&archive, &bytes).unwrap();
        let said = run(python.command(home.path()).args(["-c", SCRIPT]).arg(&archive));
        assert_eq!(String::from_utf8(said).unwrap(), format!("{count} {count}\n"));
        assert_eq!(read(bytes).len(), count);
    }
}
