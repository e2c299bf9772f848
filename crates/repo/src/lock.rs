//! Locks: files that say who uses the repository, as restic writes and respects them.
//!
//! | operation | lock |
//! | --- | --- |
//! | snapshot, restore, listing and reading, adding a key | shared |
//! | forget, prune, check, removing or changing a key | exclusive |
//!
//! A lock is written, then the others are looked at again: of two runs that start at once at least one sees the other.
//! A store shows what was put to the next reader at once, so no waiting is needed between the two.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use holdall_store::Store;
use holdall_tree::{Context, Note, Timestamp};

use crate::crypto::{Key, Nonces};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::repository::{FileKind, Identity, Repository};
use crate::wire::lock::LockFile;
use crate::wire::time::WireTime;
use crate::wire::unpacked;

/// How often a lock is written anew.
const REFRESH: Duration = Duration::from_secs(5 * 60);
/// The age at which anyone may remove a lock, in seconds.
const STALE_SECS: i64 = 30 * 60;
/// How long a lock may go without having been written anew before its holder stops by itself.
const LOST: Duration = Duration::from_secs(22 * 60 + 30);
/// How long between two tries to get a lock.
const RETRY: Duration = Duration::from_millis(200);

/// What a lock allows others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Others may use the repository too.
    Shared,
    /// Nobody else may.
    Exclusive,
}

/// How a lock is taken.
#[derive(Clone, Copy)]
pub struct LockOptions<'a> {
    /// How long to wait for others.
    pub wait: Duration,
    /// Whether a process of this number runs on this machine.
    pub is_alive: &'a (dyn Fn(u32) -> bool + Sync),
}

/// A lock that is held. It is removed when dropped.
#[derive(Debug)]
pub struct Lock {
    shared: Arc<Holder>,
    refresher: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Holder {
    store: Arc<dyn Store>,
    key: Key,
    version: u32,
    file: Mutex<(LockFile, Id)>,
    stop: Mutex<bool>,
    stopped: Condvar,
    lost: AtomicBool,
}

/// A lock that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its file.
    pub id: Id,
    /// What it says.
    pub file: LockFile,
}

impl Held {
    /// Who holds it, in words.
    #[must_use]
    pub fn holder(&self) -> String {
        let LockFile { username, hostname, pid, time, .. } = &self.file;
        format!("{username}@{hostname} (process {pid}) since {time}")
    }

    /// True if its holder is gone: it is older than half an hour, or its process on this machine has ended.
    fn is_stale(&self, now: Timestamp, host: &str, is_alive: &dyn Fn(u32) -> bool) -> bool {
        let age = now.secs - self.file.time.at.secs;
        age > STALE_SECS || (self.file.hostname == host && !is_alive(self.file.pid))
    }
}

impl Lock {
    /// Takes a lock, removing those whose holders are gone.
    ///
    /// # Errors
    /// [`Error::Locked`] if others hold one that conflicts and do not let go in time.
    pub fn acquire(
        ctx: &Context<'_>,
        repository: &Repository,
        mode: LockMode,
        identity: &Identity,
        options: &LockOptions<'_>,
    ) -> Result<Self> {
        let began = Instant::now();
        loop {
            match Self::attempt(ctx, repository, mode, identity, options) {
                Err(Error::Locked { .. }) if began.elapsed() < options.wait => {
                    ctx.check()?;
                    std::thread::park_timeout(RETRY);
                }
                done => return done,
            }
        }
    }

    fn attempt(
        ctx: &Context<'_>,
        repository: &Repository,
        mode: LockMode,
        identity: &Identity,
        options: &LockOptions<'_>,
    ) -> Result<Self> {
        conflict(ctx, repository, mode, identity, options, None)?;
        let file = LockFile {
            time: WireTime { at: ctx.now(), offset: 0 },
            exclusive: mode == LockMode::Exclusive,
            hostname: identity.host.clone(),
            username: identity.user.clone(),
            pid: identity.pid,
            uid: identity.uid,
            gid: identity.gid,
        };
        let holder = Holder {
            store: Arc::clone(&repository.store),
            key: repository.key.clone(),
            version: repository.config.version,
            file: Mutex::new((file, Id([0; 32]))),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
            lost: AtomicBool::new(false),
        };
        let id = holder.write()?;
        let shared = Arc::new(holder);
        let mut lock = Self { shared: Arc::clone(&shared), refresher: None };
        // Dropping `lock` on a conflict removes what was just written.
        conflict(ctx, repository, mode, identity, options, Some(id))?;
        lock.refresher = Some(std::thread::spawn(move || shared.refresh()));
        Ok(lock)
    }

    /// Fails if the lock could not be kept: somebody may have removed it by now.
    ///
    /// # Errors
    /// [`Error::LockLost`].
    pub fn check(&self) -> Result<()> {
        if self.shared.lost.load(Ordering::Relaxed) { Err(Error::LockLost) } else { Ok(()) }
    }
}

impl Holder {
    /// Writes the lock and remembers its ID.
    fn write(&self) -> Result<Id> {
        let mut slot = lock(&self.file);
        let plain = unpacked::encode(self.version, &slot.0.to_json(), 3)
            .map_err(Error::object("lock", "own"))?;
        let mut sealed = Vec::new();
        let nonce = Nonces::default().next().map_err(|e| Error::Random(e.to_string()))?;
        self.key.seal_into(nonce, &plain, &mut sealed);
        let id = Id::of(&sealed);
        self.store.put(&FileKind::Lock.key(&id), &sealed)?;
        slot.1 = id;
        Ok(id)
    }

    /// Writes the lock anew every few minutes until told to stop.
    fn refresh(&self) {
        let mut refreshed = Instant::now();
        loop {
            let stop = lock(&self.stop);
            let (stop, _) = self
                .stopped
                .wait_timeout_while(stop, REFRESH, |stop| !*stop)
                .unwrap_or_else(PoisonError::into_inner);
            if *stop {
                return;
            }
            drop(stop);
            let old = lock(&self.file).1;
            let there = self.store.head(&FileKind::Lock.key(&old)).is_ok_and(|size| size.is_some());
            {
                let mut slot = lock(&self.file);
                // The clock of this thread is the time that passed since the lock was written.
                let at = slot.0.time.at;
                slot.0.time.at = Timestamp::new(
                    at.secs.saturating_add(refreshed.elapsed().as_secs().cast_signed()),
                    at.nanos,
                );
            }
            if there && self.write().is_ok() {
                refreshed = Instant::now();
                // An old lock beside the new one harms nobody, and is removed as stale in time.
                let _ = self.store.delete(&FileKind::Lock.key(&old));
            } else if refreshed.elapsed() > LOST || !there {
                self.lost.store(true, Ordering::Relaxed);
                return;
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        *lock(&self.shared.stop) = true;
        self.shared.stopped.notify_all();
        if let Some(refresher) = self.refresher.take() {
            let _ = refresher.join();
        }
        let id = lock(&self.shared.file).1;
        // One that cannot be removed is seen as stale: this process will have ended.
        let _ = self.shared.store.delete(&FileKind::Lock.key(&id));
    }
}

/// Fails if somebody else holds a lock that conflicts with `mode`.
fn conflict(
    ctx: &Context<'_>,
    repository: &Repository,
    mode: LockMode,
    identity: &Identity,
    options: &LockOptions<'_>,
    own: Option<Id>,
) -> Result<()> {
    for held in held(repository)? {
        if Some(held.id) == own {
            continue;
        }
        if held.is_stale(ctx.now(), &identity.host, options.is_alive) {
            repository.delete_file(FileKind::Lock, &held.id)?;
            ctx.observer.note(&Note::StaleLockRemoved { holder: held.holder() });
        } else if mode == LockMode::Exclusive || held.file.exclusive {
            let how = if held.file.exclusive { "exclusively" } else { "for use" };
            return Err(Error::Locked { how, holder: held.holder() });
        }
    }
    Ok(())
}

/// The locks that are there.
///
/// # Errors
/// If one of them cannot be read: then it is not known what it allows.
pub fn held(repository: &Repository) -> Result<Vec<Held>> {
    let mut all = Vec::new();
    for (id, size) in repository.list(FileKind::Lock)? {
        // A lock without content comes from a client that was cut off while it wrote it.
        if size == 0 {
            continue;
        }
        match repository.read_file(FileKind::Lock, &id) {
            Ok(json) => all.push(Held {
                id,
                file: LockFile::parse(&json).map_err(Error::object("lock", id))?,
            }),
            // Removed between listing and reading.
            Err(Error::ObjectMissing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Which locks are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlock {
    /// Those whose holders are gone.
    Stale,
    /// All, and those that cannot be read.
    All,
}

/// The locks that [`unlock`] would remove, and whose they are.
///
/// # Errors
/// If one cannot be read, unless all are to be removed.
pub fn removable(
    ctx: &Context<'_>,
    repository: &Repository,
    which: Unlock,
    host: &str,
    is_alive: &dyn Fn(u32) -> bool,
) -> Result<Vec<(Id, String)>> {
    if which == Unlock::All {
        let all = repository.list(FileKind::Lock)?;
        return Ok(all.into_iter().map(|(id, _)| (id, id.short())).collect());
    }
    let mut stale = held(repository)?;
    stale.retain(|held| held.is_stale(ctx.now(), host, is_alive));
    Ok(stale.into_iter().map(|held| (held.id, held.holder())).collect())
}

/// Removes locks and says whose they were.
///
/// # Errors
/// As [`removable`], and if one cannot be removed.
pub fn unlock(
    ctx: &Context<'_>,
    repository: &Repository,
    which: Unlock,
    host: &str,
    is_alive: &dyn Fn(u32) -> bool,
) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for (id, holder) in removable(ctx, repository, which, host, is_alive)? {
        repository.delete_file(FileKind::Lock, &id)?;
        removed.push(holder);
    }
    Ok(removed)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is behind these locks is complete after each statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
