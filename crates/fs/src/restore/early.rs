//! Bringing what was staged to the disk while more of it is written, so that the sync before the exchange finds little
//! left. Nothing relies on it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use holdall_disk::Dir;
use holdall_tree::RelPath;

/// A sync begins each time that this many bytes more were written.
const STRIDE_BYTES: u64 = 64 << 20;

/// How many bytes were written.
pub(super) struct Written {
    bytes: AtomicU64,
    enough: SyncSender<()>,
}

impl Written {
    /// Counts bytes that were handed to the system.
    pub(super) fn add(&self, bytes: u64) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before / STRIDE_BYTES != before.saturating_add(bytes) / STRIDE_BYTES {
            // If it is full, a sync is due anyway.
            let _ = self.enough.try_send(());
        }
    }
}

/// Runs `write` while a thread syncs the file system of `dir` now and then.
pub(super) fn syncing<T>(dir: &Dir, write: impl FnOnce(&Written) -> T) -> T {
    let (enough, due) = sync_channel(1);
    std::thread::scope(|scope| {
        // Through a handle of its own: each handle is told of a failed write once, and the last sync must be.
        if let Ok(own) = dir.open_dir(&RelPath::root()) {
            scope.spawn(move || {
                while due.recv().is_ok() {
                    let _ = own.sync_filesystem();
                }
            });
        }
        write(&Written { bytes: AtomicU64::new(0), enough })
    })
}
