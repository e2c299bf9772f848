//! Dumps: the same text whether files are kept, read again, or known from an earlier run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use holdall::dump::{Cache, DumpOptions, DumpReport, Looks, Secrets, inspect, prepare, write};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::insight::secrets::Rules;
use holdall::insight::todos::Tags;
use holdall::insight::tokens::Encoding;
use holdall::text::{Dump, Format, Toc};
use holdall::tree::{
    CancelToken, Clock, Content, Context, Entry, Everything, Limits, RelPath, Silent, Timestamp,
    Tree,
};

/// A clock that stands still.
struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.0, 0)
    }
}

/// Long after every file of a test was made, in seconds since 1970: the year 2100.
const LATER: i64 = 4_102_444_800;

/// Counts the files that are opened.
struct Counting {
    tree: DirectoryTree,
    opened: AtomicU64,
}

impl Tree for Counting {
    fn root(&self) -> holdall::tree::Result<Entry> {
        self.tree.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall::tree::Result<Vec<Entry>> {
        self.tree.list(ctx, dir)
    }

    fn details(&self, entry: &mut Entry) -> holdall::tree::Result<()> {
        self.tree.details(entry)
    }

    fn open(&self, file: &Entry) -> holdall::tree::Result<Content<'_>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.tree.open(file)
    }
}

/// How a run goes about it.
#[derive(Clone, Copy)]
struct Way<'a> {
    format: Format,
    threads: usize,
    memory_bytes: u64,
    now: i64,
    cache: Option<&'a Path>,
}

const COLD: Way<'_> =
    Way { format: Format::Markdown, threads: 2, memory_bytes: 64 << 20, now: LATER, cache: None };

fn looks() -> Looks {
    Looks {
        tokens: Some(Encoding::O200k),
        todos: Some(Tags::default()),
        secrets: Some(Rules::builtin()),
        ..Looks::default()
    }
}

/// Dumps `root` to `out`, and says how many files were opened.
fn dump(root: &Path, out: &Path, way: Way<'_>) -> (DumpReport, u64) {
    let cancel = CancelToken::default();
    let ctx = Context {
        observer: &Silent,
        clock: &At(way.now),
        cancel: &cancel,
        limits: Limits::default(),
        threads: way.threads,
        memory_bytes: way.memory_bytes,
    };
    let tree = DirectoryTree::open(root, ReadOptions::default()).unwrap();
    let tree = Counting { tree, opened: AtomicU64::new(0) };
    let mut options = DumpOptions {
        format: way.format,
        design: None,
        toc: Toc::List,
        name: "test".into(),
        generator: "test".into(),
        time: Timestamp::new(0, 0),
        facts: Vec::new(),
        gone: Vec::new(),
        looks: looks(),
        secrets: Secrets::Report,
        max_tokens: None,
    };
    let cache = way.cache.map(|dir| Cache::of(dir, root, &options.looks));
    if let Some(cache) = &cache {
        options.looks.known = cache.load().unwrap_or_default();
    }
    let mut items = inspect(&ctx, &tree, &Everything, &options.looks).unwrap();
    prepare(&ctx, &tree, &mut items, &mut options).unwrap();
    let next = out.with_extension("next");
    let mut file = fs::File::create(&next).unwrap();
    let report = write(&ctx, &tree, &items, &mut file, &options).unwrap();
    fs::rename(&next, out).unwrap();
    if let Some(cache) = &cache {
        cache.save(ctx.now(), &items, &report, &options, Some(out)).unwrap();
    }
    (report, tree.opened.into_inner())
}

/// A tree with files of all kinds of text, and where its dumps go.
fn project() -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("project");
    fs::create_dir_all(root.join("src/deep")).unwrap();
    let files: [(&str, &[u8]); 9] = [
        ("README.md", b"# Project\n\n```sh\nrun\n```\n"),
        ("src/main.rs", b"fn main() {\n    // TODO: all of it\n}\n"),
        ("src/deep/dos.txt", b"one\r\ntwo\r\n"),
        ("src/deep/open.txt", b"no line feed at the end"),
        ("src/latin.txt", b"caf\xe9 au lait, s'il vous pla\xeet\n"),
        ("src/odd.txt", b"bell \x07 and \xff\n"),
        ("src/blanks.txt", b"two  \ntab\t\n"),
        ("data.bin", b"\0\x01\x02\xff\xfe"),
        ("empty", b""),
    ];
    for (name, bytes) in files {
        fs::write(root.join(name), bytes).unwrap();
    }
    let big = "a line of some length, so that there is something to read\n".repeat(5000);
    fs::write(root.join("big.txt"), big).unwrap();
    let out = home.path().join("out.dump");
    (home, root, out)
}

#[test]
fn threads_and_memory_change_nothing() {
    let (_home, root, out) = project();
    for format in Format::ALL.iter().copied() {
        dump(&root, &out, Way { format, ..COLD });
        let expected = fs::read(&out).unwrap();
        for threads in [1, 3, 16] {
            for memory_bytes in [0, 1 << 10, 64 << 20] {
                dump(&root, &out, Way { format, threads, memory_bytes, ..COLD });
                assert!(fs::read(&out).unwrap() == expected, "{format:?}, {threads} threads");
            }
        }
    }
}

#[test]
fn a_second_dump_reads_no_file_and_says_the_same() {
    let (home, root, out) = project();
    for format in [Format::Markdown, Format::Text] {
        let cache = home.path().join(format.name());
        let way = Way { format, memory_bytes: 0, cache: Some(&cache), ..COLD };
        dump(&root, &out, way);
        let cold = fs::read(&out).unwrap();
        let (_, opened) = dump(&root, &out, way);
        assert!(fs::read(&out).unwrap() == cold);
        assert_eq!(opened, 0, "{format:?}");
    }
}

#[test]
fn in_other_formats_a_second_dump_looks_at_nothing_again() {
    let (home, root, out) = project();
    for format in Format::ALL.iter().copied() {
        let cache = home.path().join(format.name());
        let way = Way { format, cache: Some(&cache), ..COLD };
        let (first, _) = dump(&root, &out, way);
        let cold = fs::read(&out).unwrap();
        let (second, _) = dump(&root, &out, way);
        assert!(fs::read(&out).unwrap() == cold, "{format:?}");
        assert_eq!(first, second);
    }
}

#[test]
fn what_was_changed_is_read_again() {
    let (home, root, out) = project();
    let cache = home.path().join("cache");
    let way = Way { cache: Some(&cache), ..COLD };
    dump(&root, &out, way);
    // The same size and the same time of change.
    let file = root.join("src/main.rs");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "fn main() {\n    // FIXME all of it\n}\n").unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    fs::remove_file(root.join("empty")).unwrap();
    fs::write(root.join("new.txt"), "new\n").unwrap();
    dump(&root, &out, way);
    let warm = fs::read(&out).unwrap();
    dump(&root, &out, COLD);
    assert!(fs::read(&out).unwrap() == warm);
    assert!(String::from_utf8(warm).unwrap().contains("FIXME"));
}

#[test]
fn a_file_that_was_changed_as_the_run_began_is_read_again() {
    let (home, root, out) = project();
    let cache = home.path().join("cache");
    let way = Way { cache: Some(&cache), now: 0, ..COLD };
    let (_, first) = dump(&root, &out, way);
    let (_, second) = dump(&root, &out, way);
    assert_eq!(first, second, "by this clock every file was changed after the run began");
}

#[test]
fn other_looks_know_nothing() {
    let (home, root, out) = project();
    let cache = home.path().join("cache");
    dump(&root, &out, Way { cache: Some(&cache), ..COLD });
    let others = [
        Looks { tokens: None, ..looks() },
        Looks { tokens: Some(Encoding::Cl100k), ..looks() },
        Looks { todos: Some(Tags::new(["LATER"])), ..looks() },
        Looks { secrets: None, ..looks() },
    ];
    for other in others {
        let known = Cache::of(&cache, &root, &other).load().unwrap();
        assert!(known.is_empty(), "{other:?}");
    }
    assert!(!Cache::of(&cache, &root, &looks()).load().unwrap().is_empty());
}

#[test]
fn a_damaged_cache_is_not_used() {
    let (home, root, out) = project();
    let cache = home.path().join("cache");
    dump(&root, &out, Way { cache: Some(&cache), ..COLD });
    let file = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&file).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        *bad.get_mut(at).unwrap() ^= 1;
        fs::write(&file, &bad).unwrap();
        assert!(Cache::of(&cache, &root, &looks()).load().is_err(), "byte {at}");
    }
    for length in [0, 1, 63, 64, 65, good.len() - 1] {
        fs::write(&file, good.get(..length).unwrap()).unwrap();
        assert!(Cache::of(&cache, &root, &looks()).load().is_err(), "{length} bytes");
    }
    let (_, opened) = dump(&root, &out, Way { cache: Some(&cache), ..COLD });
    assert!(opened > 0);
    assert!(Cache::of(&cache, &root, &looks()).load().is_ok(), "the run mended it");
}

#[test]
fn a_dump_that_was_changed_gives_no_text() {
    let (home, root, out) = project();
    let cache = home.path().join("cache");
    let way = Way { memory_bytes: 0, cache: Some(&cache), ..COLD };
    dump(&root, &out, way);
    let cold = fs::read(&out).unwrap();
    for damage in [&b"x"[..], b"", b"\xff\xff\xff"] {
        let mut text = cold.clone();
        let middle = text.len() / 2;
        text.splice(middle..middle + damage.len(), damage.iter().copied());
        if damage.is_empty() {
            text.truncate(middle);
        }
        fs::write(&out, text).unwrap();
        dump(&root, &out, way);
        assert!(fs::read(&out).unwrap() == cold);
    }
    fs::remove_file(&out).unwrap();
    dump(&root, &out, way);
    assert!(fs::read(&out).unwrap() == cold);
    assert!(Dump::read(cold).unwrap().holes().is_empty());
}

#[test]
fn a_file_with_a_secret_is_looked_at_again() {
    let (home, root, out) = project();
    fs::write(root.join(".netrc"), "machine a login b password c9d8e7f6\n").unwrap();
    let cache = home.path().join("cache");
    let way = Way { cache: Some(&cache), ..COLD };
    dump(&root, &out, way);
    let cold = fs::read(&out).unwrap();
    dump(&root, &out, way);
    assert!(fs::read(&out).unwrap() == cold);
    let file = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    assert!(!fs::read_to_string(&file).unwrap().contains("netrc"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
