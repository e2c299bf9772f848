//! What cannot be read: of a source while a snapshot is made of it, and of a pack when another one has it too.

use std::io::{self, Read};

use holdall_repo::{
    BlobKind, BlobReader, Error, FileKind, Index, LocalOffset, Repository, SnapshotFile,
    SnapshotSink, sink,
};
use holdall_store::Store;
use holdall_tree::{Content, Entry, Kind, Metadata, RelPath, Sink, Timestamp};

use crate::support::{at, identity, repository, restore, sample, snapshot};

/// Gives some bytes and then an error.
struct Fails(u64);

impl Read for Fails {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = buffer.len().min(usize::try_from(self.0).unwrap());
        if n == 0 {
            return Err(io::Error::other("the disk cannot read this"));
        }
        buffer.iter_mut().take(n).for_each(|byte| *byte = 7);
        self.0 -= n as u64;
        Ok(n)
    }
}

fn entry(path: &str, kind: Kind, time: i64) -> Entry {
    let time = Some(Timestamp::new(time, 0));
    let meta = Metadata { mtime: time, ctime: time, inode: Some(1), ..Metadata::default() };
    Entry { path: RelPath::parse(path).unwrap(), kind, meta }
}

/// A snapshot of four files, of which one can be read, one fails at once, one late, and one cannot be opened.
fn one_of_four(
    repository: &Repository,
    parent: Option<SnapshotFile>,
    time: i64,
) -> (SnapshotFile, u64) {
    at(time, |ctx| -> holdall_repo::Result<_> {
        let index = repository.load_index(ctx)?;
        let sink =
            SnapshotSink::new(ctx, repository, &index, parent, identity(), LocalOffset::utc())?;
        let mut worker = sink.worker(ctx)?;
        let large = 20 << 20;
        let sizes = [("good", 2), ("late", large), ("never", 1), ("soon", 1)];
        let files = sizes.map(|(name, size)| entry(name, Kind::File { size }, time));
        let root = entry("", Kind::Directory, time);
        let (dir, _) = worker.open_dir(ctx, None, &root, &files)?;
        for (index, file) in files.iter().enumerate() {
            let content: Box<dyn Read + Send> = match index {
                0 => Box::new(&b"hi"[..]),
                1 => Box::new(Fails(large)),
                2 => {
                    worker.skip(ctx, dir, index)?;
                    continue;
                }
                _ => Box::new(Fails(0)),
            };
            worker.put(ctx, dir, index, file, Content::Stream(content))?;
        }
        worker.finish(ctx)?;
        let written = sink.finish(ctx, sink::SnapshotOptions::default(), &|| Ok(()))?;
        Ok((written.file, written.problems))
    })
    .unwrap()
}

#[test]
fn only_files_that_were_stored_are_counted() {
    let (_, repository) = repository();
    let counts = |file: &SnapshotFile| {
        let summary = file.snapshot.summary.clone().unwrap();
        (summary.files_new, summary.files_changed, summary.total_files_processed)
    };
    let (first, problems) = one_of_four(&repository, None, 5);
    assert_eq!((counts(&first), problems), ((1, 0, 1), 3));
    let (second, problems) = one_of_four(&repository, Some(first), 6);
    assert_eq!((counts(&second), problems), ((0, 1, 1), 3));
    assert_eq!(restore(&repository, &second).unwrap().into_keys().collect::<Vec<_>>(), ["good"]);
}

/// Stores what is there already once more, in packs of its own, as runs that do not see each other do.
fn again(repository: &Repository, index: &Index, kind: BlobKind) {
    use holdall_repo::packer::{BlobWriter, Packer};
    let (empty, packer) = (Index::default(), Packer::new(repository));
    let mut blobs = BlobWriter::new(repository, &empty, &packer).unwrap();
    for (id, _) in index.blobs(kind) {
        let bytes = repository.read_blob(index, kind, id).unwrap();
        assert_eq!(blobs.store(kind, &bytes).unwrap(), *id);
    }
    packer.finish().unwrap();
}

#[test]
fn a_blob_that_is_damaged_in_one_pack_is_read_from_another() {
    for damage in [damaged as fn(&[u8]) -> Option<Vec<u8>>, missing] {
        let (store, repository) = repository();
        let files = sample(1);
        let file = snapshot(&repository, &files, None, 5).unwrap();
        let index = at(6, |ctx| repository.load_index(ctx)).unwrap();
        let packs: Vec<String> =
            index.packs().iter().map(|pack| FileKind::Pack.key(&pack.id)).collect();
        again(&repository, &index, BlobKind::Data);
        again(&repository, &index, BlobKind::Tree);
        // Whichever place the index names first, each blob is left in one of two.
        for key in &packs {
            let whole = store.get(key, None).unwrap().unwrap();
            store.delete(key).unwrap();
            if let Some(bytes) = damage(&whole) {
                store.put(key, &bytes).unwrap();
            }
        }
        assert_eq!(restore(&repository, &file).unwrap(), files);
        let both = at(6, |ctx| repository.load_index(ctx)).unwrap();
        let reader = BlobReader::new(&repository, &both);
        for kind in [BlobKind::Data, BlobKind::Tree] {
            for (id, _) in both.blobs(kind) {
                let bytes = reader.blob(kind, id).unwrap();
                assert_eq!(repository.read_blob(&both, kind, id).unwrap(), bytes);
                let alone = BlobReader::new(&repository, &index).blob(kind, id).unwrap_err();
                let named = matches!(
                    alone,
                    Error::BlobDamaged { .. } | Error::ObjectMissing { .. } | Error::Store(_)
                );
                assert!(named, "{alone:?}");
            }
        }
    }
}

fn damaged(pack: &[u8]) -> Option<Vec<u8>> {
    Some(pack.iter().map(|byte| byte ^ 1).collect())
}

fn missing(_: &[u8]) -> Option<Vec<u8>> {
    None
}
