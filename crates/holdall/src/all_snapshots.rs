//! All snapshots of a repository as one tree: each by its ID, and by its time as a link to that.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};

use holdall_repo::{BlobReader, SnapshotFile, SnapshotTree};
use holdall_tree::{
    Content, Context, Entry, Error, ErrorKind, Kind, Metadata, Name, RelPath, Result, Timestamp,
    Tree,
};

/// The directory of snapshots by ID.
const IDS: &[u8] = b"ids";
/// The directory of links by time.
const TIMES: &[u8] = b"times";
/// The link to the newest snapshot.
const LATEST: &[u8] = b"latest";

/// So much of a time is a name: up to the seconds.
const SECONDS: usize = "2026-01-02T10:00:00".len();

/// All snapshots of a repository. One is read when somebody looks into it.
pub struct AllSnapshots<'r> {
    reader: &'r BlobReader<'r>,
    /// By the name of its directory.
    by_id: BTreeMap<Vec<u8>, One<'r>>,
    /// The names of links, with the names of the directories that they lead to.
    by_time: BTreeMap<Vec<u8>, Vec<u8>>,
    latest: Option<Vec<u8>>,
    /// Devices of files with several names: those of two snapshots are not the same files.
    devices: Mutex<HashMap<(Vec<u8>, u64), u64>>,
}

struct One<'r> {
    file: SnapshotFile,
    tree: OnceLock<SnapshotTree<'r>>,
}

impl<'r> AllSnapshots<'r> {
    /// Those that are there now.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn open(ctx: &Context<'_>, reader: &'r BlobReader<'r>) -> crate::Result<Self> {
        let mut files = reader.repository().snapshots(ctx)?;
        files.sort_by_key(|file| file.snapshot.time.at);
        let (mut by_id, mut by_time, mut latest) = (BTreeMap::new(), BTreeMap::new(), None);
        for file in files {
            let mut id = file.id.short().into_bytes();
            if by_id.contains_key(&id) {
                id = file.id.hex().into_bytes();
            }
            // A time to the second is what people read; two of one second are told apart by the ID.
            let text = file.snapshot.time.to_string();
            let mut time = text.get(..SECONDS).unwrap_or(&text).as_bytes().to_vec();
            if by_time.contains_key(&time) {
                time.push(b'_');
                time.extend_from_slice(&id);
            }
            by_time.insert(time, id.clone());
            by_id.insert(id.clone(), One { file, tree: OnceLock::new() });
            latest = Some(id);
        }
        Ok(Self { reader, by_id, by_time, latest, devices: Mutex::default() })
    }

    /// The snapshot that a path lies in, and where in it; `None` above all of them.
    fn inside<'p>(&self, path: &'p RelPath) -> Option<(&'p [u8], RelPath)> {
        let mut parts = path.components();
        let (top, id) = (parts.next()?, parts.next()?);
        if top != IDS {
            return None;
        }
        let name = |part: &[u8]| Name::parse(part).ok();
        let inner = parts.filter_map(name).fold(RelPath::root(), |path, name| path.join(&name));
        Some((id, inner))
    }

    fn tree(&self, id: &[u8]) -> Result<&SnapshotTree<'r>> {
        let missing = || Error::new(ErrorKind::Failed, "there is no such snapshot");
        let one = self.by_id.get(id).ok_or_else(missing)?;
        if let Some(tree) = one.tree.get() {
            return Ok(tree);
        }
        let tree = SnapshotTree::open(self.reader, &one.file)?;
        Ok(one.tree.get_or_init(|| tree))
    }

    /// When a snapshot was begun.
    fn time(&self, id: &[u8]) -> Option<Timestamp> {
        self.by_id.get(id)?.file.snapshot.time.known()
    }

    /// When the newest one was begun.
    fn newest(&self) -> Option<Timestamp> {
        self.time(self.latest.as_deref()?)
    }

    /// An entry of a snapshot where it is in this tree.
    fn outward(&self, id: &[u8], dir: &RelPath, mut entry: Entry) -> Option<Entry> {
        entry.path = dir.join(&entry.path.name()?);
        if let Some(link) = &mut entry.meta.hard_link {
            let mut devices = lock(&self.devices);
            let next = devices.len() as u64 + 1;
            link.device = *devices.entry((id.to_vec(), link.device)).or_insert(next);
        }
        Some(entry)
    }
}

impl Tree for AllSnapshots<'_> {
    fn root(&self) -> Result<Entry> {
        Ok(Entry { path: RelPath::root(), kind: Kind::Directory, meta: meta(self.newest()) })
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        if let Some((id, inner)) = self.inside(dir) {
            let entries = self.tree(id)?.list(ctx, &inner)?;
            return Ok(entries
                .into_iter()
                .filter_map(|entry| self.outward(id, dir, entry))
                .collect());
        }
        let entry = |name: &[u8], kind, time| {
            let path = dir.join(&Name::parse(name).ok()?);
            Some(Entry { path, kind, meta: meta(time) })
        };
        let link = |name: &[u8], to: &str, id: &[u8]| {
            let target = [to.as_bytes(), id].concat();
            entry(name, Kind::Symlink { target }, self.time(id))
        };
        Ok(match dir.file_name() {
            None => {
                let top = |name| entry(name, Kind::Directory, self.newest());
                let latest = self.latest.as_deref().map(|id| link(LATEST, "ids/", id));
                [top(IDS), latest.flatten(), top(TIMES)].into_iter().flatten().collect()
            }
            Some(IDS) => {
                let ids = self.by_id.keys();
                ids.filter_map(|id| entry(id, Kind::Directory, self.time(id))).collect()
            }
            Some(_) => {
                let times = self.by_time.iter();
                times.filter_map(|(time, id)| link(time, "../ids/", id)).collect()
            }
        })
    }

    fn details(&self, entry: &mut Entry) -> Result<()> {
        // The top of a snapshot is read when it is looked at, and not with all others.
        if let Some((id, inner)) = self.inside(&entry.path)
            && inner.is_root()
        {
            entry.meta = self.tree(id)?.root()?.meta;
        }
        Ok(())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        let Some((id, path)) = self.inside(&file.path) else { return Ok(Content::None) };
        self.tree(id)?.open(&Entry { path, ..file.clone() })
    }
}

/// What is known of an entry that stands for a snapshot.
fn meta(mtime: Option<Timestamp>) -> Metadata {
    Metadata { mode: Some(0o755), mtime, ..Metadata::default() }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each change is one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
