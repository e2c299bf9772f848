//! What we write as 7z we read, and 7-Zip and bsdtar do; and we read what 7-Zip writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use holdall_archive::sevenz::{SevenTree, read_back, write};
use holdall_archive::{Held, MemoryBytes, Trust, WriteOptions};
use holdall_testkit::{KindSpec, TreeSpec, peer};
use holdall_tree::{
    Content, Context, Entry, Everything, Filter, InOrder, Kind, Metadata, RelPath, Result, Source,
    Timestamp, Tree, Visit,
};

use crate::disk::DiskTree;
use crate::support::{Told, contents, make_dir, refusal, relayed, run, tree_id};

/// Files, directories and links whose names are text.
fn storable(mut spec: TreeSpec) -> TreeSpec {
    spec.entries.retain(|entry| {
        let kind = matches!(
            entry.kind,
            KindSpec::Dir | KindSpec::File(_) | KindSpec::Symlink(_) | KindSpec::HardLink(_)
        );
        kind && entry.path.to_str().is_some()
    });
    let names: std::collections::HashSet<_> =
        spec.entries.iter().map(|entry| entry.path.clone()).collect();
    spec.entries.retain(|entry| match &entry.kind {
        KindSpec::HardLink(first) => names.contains(first),
        _ => true,
    });
    for entry in &mut spec.entries {
        // From 1601 on, in tenths of a microsecond.
        entry.mtime = (entry.mtime.0.max(-11_644_473_600), entry.mtime.1 / 100 * 100);
    }
    spec
}

/// What other programs take for the same everywhere: plain names, and links that stay where they are.
fn plain(spec: TreeSpec) -> TreeSpec {
    let mut spec = storable(spec);
    let fits = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    spec.entries.retain(|entry| {
        let name = entry.path.to_str().unwrap_or("\\");
        let inside = match &entry.kind {
            KindSpec::Symlink(target) => target.to_str().is_some_and(|target| {
                !target.is_empty() && target.chars().all(fits) && !target.contains(['.', '/'])
            }),
            _ => true,
        };
        inside && name.chars().all(fits) && !name.starts_with(['-', '.']) && !name.contains("/.")
    });
    let names: std::collections::HashSet<_> =
        spec.entries.iter().map(|entry| entry.path.clone()).collect();
    spec.entries.retain(|entry| {
        let mut above = entry.path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty());
        let first =
            if let KindSpec::HardLink(first) = &entry.kind { names.contains(first) } else { true };
        first && above.all(|path| names.contains(path))
    });
    for entry in &mut spec.entries {
        entry.mtime = (entry.mtime.0.clamp(315_619_200, 2_000_000_000), 0);
        // 7-Zip takes off what the umask does.
        entry.mode = entry.mode & 0o755 | if entry.kind == KindSpec::Dir { 0o700 } else { 0o600 };
        entry.owner = None;
        entry.xattrs.clear();
    }
    spec
}

/// The tree on the disk as an archive of ours, and what it holds.
fn written(tree: &DiskTree, options: &WriteOptions, threads: usize) -> (Vec<u8>, Held) {
    written_at(0, tree, options, threads)
}

fn written_at(
    level: i32,
    tree: &DiskTree,
    options: &WriteOptions,
    threads: usize,
) -> (Vec<u8>, Held) {
    let told = Told::default();
    let ctx = Context { threads, ..told.ctx() };
    let mut bytes = Vec::new();
    let source = &mut InOrder::new(tree);
    let written = write(&ctx, source, &Everything, &mut bytes, Some(level), options).unwrap();
    let start = written.start.unwrap();
    assert!(told.problems.lock().unwrap().is_empty(), "{:?}", told.problems);
    assert_eq!(written.bytes, bytes.len() as u64);
    bytes[..start.len()].copy_from_slice(&start);
    (bytes, written.held)
}

fn open(bytes: Vec<u8>) -> SevenTree<MemoryBytes> {
    SevenTree::open(&Told::default().ctx(), MemoryBytes(bytes), Trust::Own).unwrap()
}

type Carried = BTreeMap<Vec<u8>, (Kind, Option<u32>, Option<Timestamp>, Vec<u8>)>;

/// What a 7z carries, without the root, which it does not have. A program may not set times of links.
fn carried(all: BTreeMap<Vec<u8>, (Entry, Vec<u8>)>) -> Carried {
    let plain = |(path, (entry, content)): (Vec<u8>, (Entry, Vec<u8>))| {
        let link = matches!(entry.kind, Kind::Symlink { .. });
        let mode = entry.meta.mode.filter(|_| !link);
        (path, (entry.kind, mode, entry.meta.mtime.filter(|_| !link), content))
    };
    all.into_iter().filter(|(path, _)| !path.is_empty()).map(plain).collect()
}

#[test]
fn any_tree_comes_back_with_what_a_7z_can_hold() {
    crate::support::property(8, |spec| {
        let home = tempfile::tempdir().unwrap();
        let dir = make_dir(home.path(), "tree");
        storable(spec).write(&dir).unwrap();
        let disk = DiskTree(dir);
        let options = WriteOptions { identify: true, ..WriteOptions::default() };
        let (bytes, held) = written(&disk, &options, 1);
        assert!(bytes == written(&disk, &options, 3).0, "threads do not show in the bytes");
        let expected = carried(contents(&disk));
        let tree = open(bytes.clone());
        assert_eq!(expected, carried(contents(&tree)));
        assert_eq!(tree_id(&tree), held.tree.unwrap());
        let told = Told::default();
        let again = read_back(&told.ctx(), MemoryBytes(bytes.clone()), Trust::Own).unwrap();
        assert_eq!(again, held);
        let mut plain = Vec::new();
        let at_once =
            SevenTree::unpack(&told.ctx(), MemoryBytes(bytes.clone()), Trust::Own, &mut plain)
                .unwrap();
        assert_eq!(expected, carried(contents(&at_once.with_plain(MemoryBytes(plain)))));
        let afar = relayed(bytes, Trust::Own.into()).unwrap();
        assert_eq!(expected, carried(contents(&afar)));
        let mut plain = Vec::new();
        afar.unpack(&told.ctx(), &mut plain).unwrap();
        assert_eq!(expected, carried(contents(&afar.with_plain(MemoryBytes(plain)))));
    });
}

#[test]
fn a_manifest_comes_last_and_is_judged() {
    let home = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::write(home.path().join(name), name).unwrap();
    }
    std::os::unix::fs::symlink("a", home.path().join("z")).unwrap();
    let disk = DiskTree(home.path().to_owned());
    let options = WriteOptions { manifest: true, ..WriteOptions::default() };
    let (bytes, held) = written(&disk, &options, 1);
    assert_eq!(contents(&open(bytes.clone())).len(), 4);
    let told = Told::default();
    assert_eq!(read_back(&told.ctx(), MemoryBytes(bytes), Trust::Own).unwrap(), held);
}

/// A directory that a program made of a 7z of ours holds the same.
fn extracts(program: &str, args: &[&str]) {
    let Some(peer) = peer(program) else { return };
    crate::support::property(6, |spec| {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (make_dir(home.path(), "from"), make_dir(home.path(), "to"));
        let spec = plain(spec);
        spec.write(&from).unwrap();
        if spec.entries.is_empty() {
            return;
        }
        let archive = home.path().join("a.7z");
        let from = DiskTree(from);
        fs::write(&archive, written(&from, &WriteOptions::default(), 2).0).unwrap();
        run(peer.command(&to).args(args).arg(&archive));
        assert_eq!(carried(contents(&from)), carried(contents(&DiskTree(to))));
    });
}

#[test]
fn seven_zip_makes_the_same_tree_of_a_7z_of_ours() {
    extracts("7zz", &["x", "-y"]);
}

#[test]
fn bsdtar_makes_the_same_tree_of_a_7z_of_ours() {
    extracts("bsdtar", &["-xpf"]);
}

#[test]
fn seven_zip_finds_no_fault_with_any_level_of_ours() {
    let Some(peer) = peer("7zz") else { return };
    let home = tempfile::tempdir().unwrap();
    let from = make_dir(home.path(), "from");
    let noise = |at: u64| (at * at).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let words = |at: u64| format!("{} word\n", at * at % 977).into_bytes();
    let bytes = (0..400_000_u64).flat_map(|at| match at >> 14 & 1 {
        0 => words(at),
        _ => noise(at).to_vec(),
    });
    fs::write(from.join("words-and-noise"), bytes.collect::<Vec<u8>>()).unwrap();
    for level in 0..=4 {
        let archive = home.path().join(format!("{level}.7z"));
        let tree = DiskTree(from.clone());
        fs::write(&archive, written_at(level, &tree, &WriteOptions::default(), 2).0).unwrap();
        let said = run(peer.command(home.path()).arg("t").arg(&archive));
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("Everything is Ok") && !said.contains("WARNING"), "{said}");
    }
}

#[test]
fn seven_zip_finds_no_fault_with_any_7z_of_ours() {
    let Some(peer) = peer("7zz") else { return };
    crate::support::property(6, |spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        storable(spec).write(&from).unwrap();
        let archive = home.path().join("a.7z");
        let options = WriteOptions { manifest: true, ..WriteOptions::default() };
        fs::write(&archive, written(&DiskTree(from), &options, 1).0).unwrap();
        let said = run(peer.command(home.path()).arg("t").arg(&archive));
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("Everything is Ok") && !said.contains("WARNING"), "{said}");
    });
}

#[test]
fn what_seven_zip_writes_is_read_whichever_way_it_does() {
    let Some(peer) = peer("7zz") else { return };
    let ways: [&[&str]; 11] = [
        &[],
        &["-ms=off", "-mhc=off"],
        &["-m0=lzma", "-mtc", "-mta"],
        &["-m0=copy"],
        &["-m0=deflate", "-ms=2f"],
        &["-m0=bzip2"],
        &["-m0=delta:4", "-m1=lzma2"],
        &["-m0=bcj", "-m1=lzma"],
        &["-m0=arm64", "-m1=lzma2"],
        &["-m0=ppc", "-m1=deflate"],
        &["-mx=9", "-mf=off", "-mmt=2"],
    ];
    crate::support::property(2, |spec| {
        let home = tempfile::tempdir().unwrap();
        let from = make_dir(home.path(), "from");
        plain(spec).write(&from).unwrap();
        let many: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        fs::write(from.join("numbers"), many).unwrap();
        let settled = Timestamp { secs: 1_600_000_000, nanos: 123_456_700 };
        let time = std::time::UNIX_EPOCH
            + std::time::Duration::new(settled.secs.try_into().unwrap(), settled.nanos);
        fs::File::open(from.join("numbers")).unwrap().set_modified(time).unwrap();
        let expected = carried(contents(&DiskTree(from.clone())));
        for (number, way) in ways.iter().enumerate() {
            let archive = home.path().join(format!("{number}.7z"));
            run(peer.command(&from).args(["a", "-snl"]).args(*way).arg(&archive).arg("."));
            same(&archive, &expected, way);
        }
    });
}

fn same(archive: &Path, expected: &Carried, way: &[&str]) {
    let told = Told::default();
    let bytes = || MemoryBytes(fs::read(archive).unwrap());
    let tree = SevenTree::open(&told.ctx(), bytes(), Trust::Own)
        .unwrap_or_else(|error| panic!("{}: {error}", way.join(" ")));
    assert!(carried(contents(&tree)) == *expected, "{way:?}");
    let mut plain = Vec::new();
    let tree = SevenTree::unpack(&told.ctx(), bytes(), Trust::Own, &mut plain).unwrap();
    let told_of = contents(&tree.with_plain(MemoryBytes(plain)));
    // A parser out of reach tells the same, one by one and at once.
    let afar = relayed(bytes().0, Trust::Own.into()).unwrap();
    assert!(contents(&afar) == told_of, "{way:?}");
    let mut plain = Vec::new();
    afar.unpack(&told.ctx(), &mut plain).unwrap();
    assert!(contents(&afar.with_plain(MemoryBytes(plain))) == told_of, "{way:?}");
    assert!(carried(told_of) == *expected, "{way:?}");
}

#[test]
fn what_seven_zip_encrypts_or_compresses_in_other_ways_is_refused_by_name() {
    let Some(peer) = peer("7zz") else { return };
    let home = tempfile::tempdir().unwrap();
    let from = make_dir(home.path(), "from");
    fs::write(from.join("f"), "content".repeat(100)).unwrap();
    for (code, way) in [
        ("E_7Z_ENC", &["-psecret"][..]),
        ("E_7Z_ENC", &["-psecret", "-mhe=on"]),
        ("E_7Z_METHOD", &["-m0=ppmd"]),
        ("E_7Z_METHOD", &["-m0=deflate64"]),
    ] {
        let archive = home.path().join("a.7z");
        run(peer.command(&from).args(["a"]).args(way).arg(&archive).arg("."));
        let bytes = MemoryBytes(fs::read(&archive).unwrap());
        let error = SevenTree::open(&Told::default().ctx(), bytes, Trust::Own).unwrap_err();
        assert_eq!(refusal(&error).0, code, "{way:?}: {error}");
        fs::remove_file(archive).unwrap();
    }
}

/// Streams of BCJ2, compressed each by itself or not, as 7-Zip has them.
const BCJ2: [&[&str]; 3] = [
    &["-m0=BCJ2", "-m1=LZMA:d20", "-m2=LZMA:d18", "-m3=LZMA:d18", "-mb0:1", "-mb0s1:2", "-mb0s2:3"],
    &["-m0=BCJ2", "-m1=LZMA2:d20", "-m2=LZMA2:d18", "-m3=COPY", "-mb0:1", "-mb0s1:2", "-mb0s2:3"],
    &["-m0=BCJ2"],
];

/// A directory of a program of x86, and of what is none.
fn programs(home: &Path) -> std::path::PathBuf {
    let from = make_dir(home, "from");
    let program = fs::read("/bin/ls").unwrap();
    fs::write(from.join("program"), &program).unwrap();
    // Each byte after which a target may stand, among others.
    let dense: Vec<u8> = (0..150_000_u32)
        .flat_map(|n| [[0xe8, 0xe9, 0x0f, 0x84][(n % 4) as usize], (n >> 3).to_le_bytes()[0]])
        .collect();
    fs::write(from.join("dense"), dense).unwrap();
    fs::write(from.join("text"), "text ".repeat(1000)).unwrap();
    let settled = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for name in ["program", "dense", "text"] {
        fs::File::open(from.join(name)).unwrap().set_modified(settled).unwrap();
    }
    from
}

#[test]
fn a_program_that_seven_zip_took_apart_is_put_together() {
    let Some(peer) = peer("7zz") else { return };
    let home = tempfile::tempdir().unwrap();
    let from = programs(home.path());
    let expected = carried(contents(&DiskTree(from.clone())));
    for (number, way) in BCJ2.iter().enumerate() {
        let archive = home.path().join(format!("{number}.7z"));
        run(peer.command(&from).args(["a", "-mx=1", "-mhc=off"]).args(*way).arg(&archive).arg("."));
        let bytes = fs::read(&archive).unwrap();
        let id = [3, 3, 1, 0x1b];
        assert!(bytes.windows(4).any(|four| four == id), "it is BCJ2 that is tried");
        same(&archive, &expected, way);
    }
}

#[test]
fn a_program_that_was_damaged_since_is_refused() {
    let Some(peer) = peer("7zz") else { return };
    let home = tempfile::tempdir().unwrap();
    let from = programs(home.path());
    let archive = home.path().join("a.7z");
    run(peer.command(&from).args(["a", "-mx=1"]).args(BCJ2[0]).arg(&archive).arg("."));
    let whole = fs::read(&archive).unwrap();
    // Places all over what is stored, so in each stream.
    for part in 1..40 {
        let mut bytes = whole.clone();
        let at = 32 + (whole.len() - 32) / 40 * part;
        bytes[at] ^= 0x10;
        let told = Told::default();
        let read = SevenTree::unpack(&told.ctx(), MemoryBytes(bytes), Trust::Own, &mut Vec::new());
        assert_eq!(refusal(&read.unwrap_err()).0, "E_CRC", "{at}");
    }
}

/// Files of one letter, each as long as it says.
struct Letters(Vec<u64>);

impl Source for Letters {
    fn read(&mut self, _: &Context<'_>, _: &dyn Filter, visit: &mut Visit<'_>) -> Result<()> {
        for (n, size) in self.0.iter().enumerate() {
            let entry = Entry {
                path: RelPath::parse(format!("{n:05}")).unwrap(),
                kind: Kind::File { size: *size },
                meta: Metadata::default(),
            };
            let bytes = vec![b'a' + u8::try_from(n % 26).unwrap(); usize::try_from(*size).unwrap()];
            visit(&entry, Content::Bytes(bytes.into())).map(drop)?;
        }
        Ok(())
    }
}

#[test]
fn blocks_are_of_bounded_size_and_one_file_costs_no_more_than_its_block() {
    let sizes = [100_000, 300_000, 0, 300_000, 2_000_000, 5, 400_000];
    let (told, mut bytes) = (Told::default(), Vec::new());
    let source = &mut Letters(sizes.to_vec());
    let options = WriteOptions::default();
    let written = write(&told.ctx(), source, &Everything, &mut bytes, Some(0), &options).unwrap();
    let start = written.start.unwrap();
    bytes[..start.len()].copy_from_slice(&start);
    let tree = open(bytes.clone());
    let found = contents(&tree);
    for (n, size) in sizes.iter().enumerate() {
        assert_eq!(found[format!("{n:05}").as_bytes()].1.len() as u64, *size);
    }
    // One at a time in the other order, each from where its folder begins or was left.
    for (n, size) in sizes.iter().enumerate().rev() {
        let path = RelPath::parse(format!("{n:05}")).unwrap();
        let entry = tree.list(&told.ctx(), &RelPath::root()).unwrap();
        let entry = entry.iter().find(|entry| entry.path == path).unwrap();
        let mut content = Vec::new();
        let mut read = tree.open(entry).unwrap().into_read();
        std::io::Read::read_to_end(&mut read, &mut content).unwrap();
        assert_eq!(content.len() as u64, *size);
    }
}
