//! Letting the disk begin with what is staged while more is, so that little is left to wait for at the end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use holdall_disk::Dir;
use holdall_tree::RelPath;

/// After so many bytes the disk is told to begin, unless it is at it.
const SYNC_BYTES: u64 = 64 << 20;

/// Counts what is staged and tells the disk now and then. Nothing is durable by that: the one sync at the end makes it
/// so, and tells what went wrong.
pub(super) struct Ahead {
    /// A handle of its own: the system tells an error once to each, and that of the staged tree must be told.
    dir: Option<Arc<Dir>>,
    unsynced: AtomicU64,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Ahead {
    pub(super) fn new(root: &Dir) -> Self {
        let dir = root.open_dir(&RelPath::root()).ok().map(Arc::new);
        Self { dir, unsynced: AtomicU64::new(0), running: Mutex::default() }
    }

    /// Counts bytes that were written.
    pub(super) fn written(&self, bytes: u64) {
        let unsynced = self.unsynced.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if unsynced < SYNC_BYTES {
            return;
        }
        let (Ok(mut running), Some(dir)) = (self.running.try_lock(), self.dir.clone()) else {
            return;
        };
        if running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        self.unsynced.store(0, Ordering::Relaxed);
        *running = std::thread::Builder::new().spawn(move || dir.begin_sync()).ok();
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let running = self.running.get_mut().ok().and_then(Option::take);
        if let Some(running) = running {
            // It has nothing to tell.
            let _ = running.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_told_once_there_is_enough() {
        let temp = tempfile::tempdir().unwrap();
        let ahead = Ahead::new(&Dir::open(temp.path()).unwrap());
        ahead.written(SYNC_BYTES - 1);
        assert!(ahead.running.lock().unwrap().is_none());
        ahead.written(1);
        assert!(ahead.running.lock().unwrap().is_some());
        assert_eq!(ahead.unsynced.load(Ordering::Relaxed), 0);
    }
}
