//! A repository in memory, and trees that are maps from path to content.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdall_repo::keyfile::KdfParams;
use holdall_repo::sink::SnapshotOptions;
use holdall_repo::{
    BlobReader, Identity, LocalOffset, Repository, Secret, SnapshotFile, SnapshotSink, SnapshotTree,
};
use holdall_store::{MemoryStore, Store};
use holdall_tree::{
    CancelToken, Clock, Content, Context, DirToken, Entry, Kind, Limits, Metadata, Need, RelPath,
    Silent, Sink, SinkWorker, Timestamp, Tree,
};

/// The files of a tree.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A clock that a test sets.
pub(crate) struct At(pub(crate) i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.0, 0)
    }
}

/// Runs `f` with a context whose clock stands at `secs`.
pub(crate) fn at<T>(secs: i64, f: impl FnOnce(&Context<'_>) -> T) -> T {
    let (clock, cancel) = (At(secs), CancelToken::default());
    f(&Context {
        observer: &Silent,
        clock: &clock,
        cancel: &cancel,
        limits: Limits::default(),
        threads: 2,
        memory_bytes: 64 << 20,
    })
}

/// The password of every test repository.
pub(crate) fn password() -> Secret {
    Secret::new(b"test".to_vec())
}

/// The cheapest key derivation there is.
pub(crate) const CHEAP: KdfParams = KdfParams { n: 2, r: 1, p: 1 };

/// A new repository over a store in memory.
pub(crate) fn repository() -> (MemoryStore, Repository) {
    let store = MemoryStore::default();
    let mut repository = at(1, |ctx| {
        Repository::init(ctx, Arc::new(store.clone()), &password(), CHEAP, &identity())
    })
    .unwrap();
    // Small packs, so that small trees make several.
    repository.pack_size = 2048;
    (store, repository)
}

/// Opens the repository in a store.
pub(crate) fn open(store: impl Store + 'static) -> Repository {
    let mut repository = at(1, |ctx| Repository::open(ctx, Arc::new(store), &password())).unwrap();
    repository.pack_size = 2048;
    repository
}

pub(crate) fn identity() -> Identity {
    Identity { host: "h".into(), user: "u".into(), uid: 1, gid: 1, pid: 1 }
}

/// Takes a snapshot of `files` at time `secs`.
pub(crate) fn snapshot(
    repository: &Repository,
    files: &Files,
    parent: Option<SnapshotFile>,
    secs: i64,
) -> holdall_repo::Result<SnapshotFile> {
    at(secs, |ctx| {
        let index = repository.load_index(ctx)?;
        let sink =
            SnapshotSink::new(ctx, repository, &index, parent, identity(), LocalOffset::utc())?;
        let mut worker = sink.worker(ctx)?;
        directory(ctx, &mut *worker, files, &RelPath::root(), None)?;
        worker.finish(ctx)?;
        let options = SnapshotOptions { paths: vec!["/".into()], ..SnapshotOptions::default() };
        Ok(sink.finish(ctx, options, &|| Ok(()))?.file)
    })
}

fn directory(
    ctx: &Context<'_>,
    worker: &mut dyn SinkWorker,
    files: &Files,
    dir: &RelPath,
    place: Option<(DirToken, usize)>,
) -> holdall_repo::Result<()> {
    let mut names = BTreeSet::new();
    for path in files.keys().map(|path| RelPath::parse(path).unwrap()) {
        if let Some(below) = path.strip_prefix(dir) {
            names.insert(RelPath::parse(below.components().next().unwrap()).unwrap());
        }
    }
    let entries: Vec<Entry> = names.iter().map(|name| entry(files, dir.join_path(name))).collect();
    let (token, needs) = worker.open_dir(ctx, place, &entry(files, dir.clone()), &entries)?;
    for (index, (entry, need)) in entries.iter().zip(needs).enumerate() {
        if entry.is_dir() {
            directory(ctx, worker, files, &entry.path, Some((token, index)))?;
        } else if need == Need::Entry {
            let bytes = &files[&entry.path.to_string()];
            worker.put(ctx, token, index, entry, Content::Bytes(bytes.into()))?;
        }
    }
    Ok(())
}

/// Entries whose time depends on their content, so that a changed file looks changed.
fn entry(files: &Files, path: RelPath) -> Entry {
    let content = files.get(&path.to_string());
    let time = content.map_or(0, |bytes| {
        bytes.iter().fold(7i64, |sum, byte| sum * 31 % 100_003 + i64::from(*byte))
    });
    let time = Some(Timestamp::new(-1_000_000 + time, 0));
    let kind = content.map_or(Kind::Directory, |bytes| Kind::File { size: bytes.len() as u64 });
    let meta = Metadata {
        mode: Some(0o755),
        mtime: time,
        ctime: time,
        inode: Some(1),
        ..Metadata::default()
    };
    Entry { path, kind, meta }
}

/// What a snapshot holds, read back from the repository.
pub(crate) fn restore(repository: &Repository, file: &SnapshotFile) -> holdall_repo::Result<Files> {
    at(2, |ctx| {
        let index = repository.load_index(ctx)?;
        let reader = BlobReader::new(repository, &index);
        let tree = SnapshotTree::whole(&reader, file);
        let mut files = Files::new();
        let mut stack = vec![RelPath::root()];
        while let Some(dir) = stack.pop() {
            for entry in tree.list(ctx, &dir)? {
                if entry.is_dir() {
                    stack.push(entry.path);
                } else {
                    let mut bytes = Vec::new();
                    let read =
                        std::io::Read::read_to_end(&mut tree.open(&entry)?.into_read(), &mut bytes);
                    read.map_err(|error| holdall_repo::Error::Refused(error.to_string()))?;
                    files.insert(entry.path.to_string(), bytes);
                }
            }
        }
        Ok(files)
    })
}

/// A few files, some alike, some in directories, one of them empty.
pub(crate) fn sample(seed: u8) -> Files {
    let noise = |length: usize, salt: u8| -> Vec<u8> {
        let mut state = u64::from(seed) << 8 | u64::from(salt) | 1 << 40;
        (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect()
    };
    Files::from([
        ("a".to_owned(), noise(900, 1)),
        ("b/c".to_owned(), noise(1500, 2)),
        ("b/d".to_owned(), b"the same in every seed".to_vec()),
        ("b/e/f".to_owned(), noise(700, 3)),
        ("empty".to_owned(), Vec::new()),
    ])
}
