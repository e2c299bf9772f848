//! Repositories that no program leaves behind on a good day.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::Arc;

use holdall_repo::check::{Problem, ReadData, check};
use holdall_repo::packer::{BlobWriter, Packer};
use holdall_repo::prune::{self, MaxUnused, PruneOptions};
use holdall_repo::{
    BlobKind, BlobReader, Error, FileKind, Id, Index, LocalOffset, Repository, SnapshotFile,
    SnapshotTree, forget, sink::SnapshotOptions,
};
use holdall_store::{MemoryStore, StoppingStore, Store};
use holdall_tree::{Content, Entry, Kind, Metadata, RelPath, Sink, Timestamp, Tree};

use crate::support::{
    CHEAP, Files, at, identity, open, password, repository, restore, sample, snapshot,
};

fn init(store: &Arc<dyn Store>) -> holdall_repo::Result<Repository> {
    at(1, |ctx| Repository::init(ctx, Arc::clone(store), &password(), CHEAP, &identity()))
}

fn keys(store: &dyn Store, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut each = |key: &str, _| {
        keys.push(key.to_owned());
        ControlFlow::Continue(())
    };
    store.list(prefix, &mut each).unwrap();
    keys
}

#[test]
fn a_repository_whose_making_was_stopped_anywhere_is_made_anew_and_opens() {
    type Stop = fn(Arc<dyn Store>, u64) -> StoppingStore;
    for stopping in [StoppingStore::new as Stop, StoppingStore::losing_the_last_answer] {
        for stop in 0.. {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
            let first: Arc<dyn Store> = Arc::new(stopping(Arc::clone(&store), stop));
            let done = init(&first);
            match init(&store) {
                Ok(_) | Err(Error::RepositoryExists { .. }) => {}
                Err(error) => panic!("stopped at {stop}: {error}"),
            }
            assert_eq!(keys(&*store, "keys").len(), 1, "stopped at {stop}");
            open(Arc::clone(&store));
            if done.is_ok() {
                break;
            }
        }
    }
}

#[test]
fn keys_of_other_repositories_do_not_keep_the_right_one_from_opening() {
    let (store, _) = repository();
    for _ in 0..9 {
        let (other, _) = repository();
        for key in keys(&other, "keys") {
            store.put(&key, &other.get(&key, None).unwrap().unwrap()).unwrap();
        }
    }
    open(store);
}

#[test]
fn a_repository_without_its_configuration_is_not_made_anew() {
    let (store, repository) = repository();
    snapshot(&repository, &sample(1), None, 5).unwrap();
    store.delete("config").unwrap();
    let before = keys(&store, "keys");
    let store: Arc<dyn Store> = Arc::new(store);
    assert!(matches!(init(&store), Err(Error::Refused(_))));
    assert_eq!(keys(&*store, "keys"), before);
    assert!(store.head("config").unwrap().is_none());
}

#[test]
fn an_object_in_a_place_that_is_not_its_own_does_not_count() {
    let (store, repository) = repository();
    snapshot(&repository, &sample(1), None, 5).unwrap();
    for key in keys(&store, "data") {
        let bytes = store.get(&key, None).unwrap().unwrap();
        store.delete(&key).unwrap();
        store.put(&key.replace("data/", "data/old/"), &bytes).unwrap();
    }
    assert!(repository.list(FileKind::Pack).unwrap().is_empty());
    let report = at(1, |ctx| check(ctx, &repository, ReadData::None)).unwrap();
    assert!(report.problems.iter().any(|finding| finding.problem == Problem::PackMissing));
}

#[test]
fn what_lies_before_the_place_where_a_pack_was_cut_off_is_read() {
    let (store, repository) = repository();
    snapshot(&repository, &sample(1), None, 5).unwrap();
    for key in keys(&store, "data") {
        let mut bytes = store.get(&key, None).unwrap().unwrap();
        bytes.truncate(bytes.len() / 2);
        store.delete(&key).unwrap();
        store.put(&key, &bytes).unwrap();
    }
    let index: Index = at(1, |ctx| repository.load_index(ctx)).unwrap();
    let reader = BlobReader::new(&repository, &index);
    let mut whole = 0;
    for kind in [BlobKind::Data, BlobKind::Tree] {
        for (id, location) in index.blobs(kind) {
            let pack = index.pack(location).unwrap();
            let size = store.head(&FileKind::Pack.key(&pack.id)).unwrap().unwrap();
            let inside = u64::from(location.offset) + u64::from(location.length) <= size;
            assert_eq!(reader.blob(kind, id).is_ok(), inside, "{location:?} of {size}");
            whole += u32::from(inside);
        }
    }
    assert!(whole > 0, "no blob was left whole");
}

#[test]
fn a_rewritten_pack_has_a_header_that_every_program_reads() {
    let (store, mut repository) = repository();
    repository.pack_size = 16 << 20;
    let file = |n: u16| (format!("d{}/f{n}", n / 500), n.to_le_bytes().to_vec());
    let all: Files = (0..10_400).map(file).collect();
    let kept: Files = (0..10_200).map(file).collect();
    let gone = snapshot(&repository, &all, None, 5).unwrap();
    let stays = snapshot(&repository, &kept, None, 6).unwrap();
    at(7, |ctx| {
        forget::remove(ctx, &repository, &[gone.id]).unwrap();
        let options = PruneOptions {
            max_unused: MaxUnused::Bytes(0),
            max_repack_bytes: None,
            forgotten: Vec::new(),
        };
        let plan = prune::plan(ctx, &repository, &options).unwrap();
        assert!(plan.packs().1 > 0, "a pack is rewritten");
        prune::apply(ctx, &repository, &plan, &|| Ok(())).unwrap();
        let index = repository.load_index(ctx).unwrap();
        // restic reads headers of at most 16 MiB; we stay far below.
        assert!(index.packs().iter().all(|pack| pack.blobs <= 10_000), "{:?}", index.packs());
    });
    let repository = open(store);
    assert_eq!(restore(&repository, &stays).unwrap(), kept);
}

#[test]
fn of_two_copies_of_a_blob_a_prune_keeps_one_that_reads_back() {
    // Two runs that did not know of each other stored the same.
    let (store, first) = repository();
    let second = open(store.copy());
    let file = snapshot(&first, &sample(1), None, 5).unwrap();
    snapshot(&second, &sample(1), None, 5).unwrap();
    let data_packs = |repository: &Repository| -> BTreeSet<String> {
        let index = at(6, |ctx| repository.load_index(ctx)).unwrap();
        let packs = index.blobs(BlobKind::Data).map(|(_, place)| index.pack(place).unwrap().id);
        packs.map(|pack| FileKind::Pack.key(&pack)).collect()
    };
    let (ours, theirs) = (data_packs(&first), data_packs(&second));
    for key in [keys(second.store(), "data"), keys(second.store(), "index")].concat() {
        store.put(&key, &second.store().get(&key, None).unwrap().unwrap()).unwrap();
    }
    for damaged in [ours, theirs] {
        let copy = store.copy();
        for key in damaged {
            let mut bytes = copy.get(&key, None).unwrap().unwrap();
            bytes.iter_mut().for_each(|byte| *byte ^= 1);
            copy.delete(&key).unwrap();
            copy.put(&key, &bytes).unwrap();
        }
        let repository = open(copy);
        at(7, |ctx| {
            let plan = prune::plan(ctx, &repository, &PruneOptions::default()).unwrap();
            prune::apply(ctx, &repository, &plan, &|| Ok(())).unwrap();
        });
        assert_eq!(restore(&repository, &file).unwrap(), sample(1));
    }
}

/// A snapshot of the directory `name` with one file, and whether the file was read for it.
fn one_file(
    repository: &Repository,
    name: &[u8],
    parent: Option<SnapshotFile>,
    content: &[u8],
    path: &str,
) -> (SnapshotFile, bool) {
    let time = Some(Timestamp::new(-5, 0));
    let meta = Metadata {
        mode: Some(0o755),
        mtime: time,
        ctime: time,
        inode: Some(7),
        ..Metadata::default()
    };
    let entry = |path: &RelPath, kind| Entry { path: path.clone(), kind, meta: meta.clone() };
    let dir = RelPath::parse(name).unwrap();
    let below = dir.join_path(&RelPath::parse("f").unwrap());
    at(10, |ctx| {
        let index = repository.load_index(ctx).unwrap();
        let sink = holdall_repo::SnapshotSink::new(
            ctx,
            repository,
            &index,
            parent,
            identity(),
            LocalOffset::utc(),
        )
        .unwrap();
        let mut worker = sink.worker(ctx).unwrap();
        let (root, outer) =
            (entry(&RelPath::root(), Kind::Directory), entry(&dir, Kind::Directory));
        let (token, _) = worker.open_dir(ctx, None, &root, std::slice::from_ref(&outer)).unwrap();
        let file = entry(&below, Kind::File { size: content.len() as u64 });
        let (inner, needs) =
            worker.open_dir(ctx, Some((token, 0)), &outer, std::slice::from_ref(&file)).unwrap();
        let read = needs == [holdall_tree::Need::Entry];
        if read {
            worker.put(ctx, inner, 0, &file, Content::Bytes(content.into())).unwrap();
        }
        worker.finish(ctx).unwrap();
        let options =
            SnapshotOptions { paths: vec![path.to_owned()], ..SnapshotOptions::default() };
        (sink.finish(ctx, options, &|| Ok(())).unwrap().file, read)
    })
}

#[test]
fn a_captured_directory_whose_name_is_no_utf_8_is_the_root_of_its_snapshot() {
    let (_, repository) = repository();
    let (file, _) = one_file(&repository, b"a\xff", None, b"hi", "/a\u{fffd}");
    at(11, |ctx| {
        let index = repository.load_index(ctx).unwrap();
        let reader = BlobReader::new(&repository, &index);
        let tree = SnapshotTree::open(&reader, &file).unwrap();
        let names = tree.list(ctx, &RelPath::root()).unwrap();
        assert_eq!(names.first().unwrap().path.to_string(), "f");
    });
}

#[test]
fn a_parent_whose_chunks_do_not_make_up_the_size_of_a_file_is_not_believed() {
    let (_, repository) = repository();
    let take = |parent| one_file(&repository, b"d", parent, b"three", "/d");
    let (whole, _) = take(None);
    let (again, read) = take(Some(whole.clone()));
    assert!(!read && again.snapshot.tree == whole.snapshot.tree);
    // The same file, but its content was lost: the tree of a faulty program.
    let lying = at(20, |ctx| {
        let index = repository.load_index(ctx).unwrap();
        let tree = |id: &Id| {
            String::from_utf8(repository.read_blob(&index, BlobKind::Tree, id).unwrap()).unwrap()
        };
        let root = tree(&whole.snapshot.tree);
        let inner = Id::from_str(root.split("\"subtree\":\"").nth(1).unwrap().get(..64).unwrap());
        let inner = inner.unwrap();
        let before = tree(&inner);
        let content = format!("[\"{}\"]", Id::of(b"three"));
        let after = before.replace(&content, "[]");
        assert_ne!(before, after);
        let packer = Packer::new(&repository);
        let mut blobs = BlobWriter::new(&repository, &index, &packer).unwrap();
        let mut store = |json: String| blobs.store(BlobKind::Tree, json.as_bytes()).unwrap();
        let bad = store(after);
        let tree = store(root.replace(&inner.hex(), &bad.hex()));
        packer.finish().unwrap();
        let mut file = whole.clone();
        file.snapshot.tree = tree;
        file
    });
    let (mended, read) = take(Some(lying));
    assert!(read && mended.snapshot.tree == whole.snapshot.tree);
}
