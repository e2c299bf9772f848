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
use std::time::{Duration, Instant, SystemTime};

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
    current: Mutex<Current>,
    stop: Mutex<bool>,
    stopped: Condvar,
    lost: AtomicBool,
}

/// The lock file as it was written last.
#[derive(Debug)]
struct Current {
    file: LockFile,
    id: Id,
    written: (Instant, SystemTime),
}

impl Current {
    /// How long ago it was written. The one clock stands still while the machine sleeps, the other may be set back.
    fn age(&self) -> Duration {
        let (instant, time) = self.written;
        instant.elapsed().max(time.elapsed().unwrap_or_default())
    }
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

    fn must_not_conflict(&self, mode: LockMode) -> Result<()> {
        if mode == LockMode::Shared && !self.file.exclusive {
            return Ok(());
        }
        let how = if self.file.exclusive { "exclusively" } else { "for use" };
        Err(Error::Locked { how, holder: self.holder() })
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

    /// Takes a lock for work that only reads. `None` if no lock can be written, as in a repository on a read-only
    /// medium: who then removes something meanwhile makes the reading fail and nothing worse.
    ///
    /// # Errors
    /// As `acquire`.
    pub fn acquire_to_read(
        ctx: &Context<'_>,
        repository: &Repository,
        mode: LockMode,
        identity: &Identity,
        options: &LockOptions<'_>,
    ) -> Result<Option<Self>> {
        match Self::acquire(ctx, repository, mode, identity, options) {
            Err(Error::Store(error)) if error.is_read_only() => {}
            done => return done.map(Some),
        }
        for held in held(repository)? {
            if !held.is_stale(ctx.now(), &identity.host, options.is_alive) {
                held.must_not_conflict(mode)?;
            }
        }
        let what = "the repository can only be read, so it is read without a lock";
        ctx.observer.note(&Note::Other(what.to_owned()));
        Ok(None)
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
            current: Mutex::new(Current {
                file,
                id: Id([0; 32]),
                written: (Instant::now(), SystemTime::now()),
            }),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
            lost: AtomicBool::new(false),
        };
        let id = holder.write(&mut lock(&holder.current))?;
        let shared = Arc::new(holder);
        let mut lock = Self { shared: Arc::clone(&shared), refresher: None };
        // Dropping `lock` on a conflict removes what was just written.
        conflict(ctx, repository, mode, identity, options, Some(id))?;
        lock.refresher = Some(std::thread::spawn(move || shared.refresh()));
        Ok(lock)
    }

    /// Fails if the lock is not there any more or could not be kept: then others may have removed what its holder
    /// relies on.
    ///
    /// # Errors
    /// [`Error::LockLost`], or if the store cannot tell.
    pub fn check(&self) -> Result<()> {
        if self.shared.lost.load(Ordering::Relaxed) {
            return Err(Error::LockLost);
        }
        let mut current = lock(&self.shared.current);
        // After a sleep of the machine it looks stale to others until it is written anew.
        if current.age() > LOST {
            self.shared.renew(&mut current)
        } else {
            self.shared.must_be_there(&current.id)
        }
    }
}

impl Holder {
    /// Writes the lock and remembers its ID.
    fn write(&self, current: &mut Current) -> Result<Id> {
        let plain = unpacked::encode(self.version, &current.file.to_json(), 3)
            .map_err(Error::object("lock", "own"))?;
        let mut sealed = Vec::new();
        let nonce = Nonces::default().next().map_err(|e| Error::Random(e.to_string()))?;
        self.key.seal_into(nonce, &plain, &mut sealed);
        let id = Id::of(&sealed);
        self.store.put(&FileKind::Lock.key(&id), &sealed)?;
        current.id = id;
        current.written = (Instant::now(), SystemTime::now());
        Ok(id)
    }

    fn must_be_there(&self, id: &Id) -> Result<()> {
        match self.store.head(&FileKind::Lock.key(id))? {
            Some(_) => Ok(()),
            None => Err(Error::LockLost),
        }
    }

    /// Writes the lock anew, with the time that has passed since it was written last added to its own.
    fn renew(&self, current: &mut Current) -> Result<()> {
        let old = current.id;
        self.must_be_there(&old)?;
        let at = current.file.time.at;
        let passed = i64::try_from(current.age().as_secs()).unwrap_or(i64::MAX);
        current.file.time.at = Timestamp::new(at.secs.saturating_add(passed), at.nanos);
        let new = self.write(current).inspect_err(|_| current.file.time.at = at)?;
        // Whoever removed the old one as stale may not have seen the new one.
        if let Err(lost) = self.must_be_there(&old) {
            let _ = self.store.delete(&FileKind::Lock.key(&new));
            return Err(lost);
        }
        // An old lock beside the new one harms nobody, and is removed as stale in time.
        let _ = self.store.delete(&FileKind::Lock.key(&old));
        Ok(())
    }

    /// Writes the lock anew every few minutes until told to stop.
    fn refresh(&self) {
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
            let mut current = lock(&self.current);
            match self.renew(&mut current) {
                Ok(()) => {}
                Err(error) if matches!(error, Error::LockLost) || current.age() > LOST => {
                    self.lost.store(true, Ordering::Relaxed);
                    return;
                }
                // The next turn tries again.
                Err(_) => {}
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
        let id = lock(&self.shared.current).id;
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
        } else {
            held.must_not_conflict(mode)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyfile::KdfParams;
    use crate::secret::Secret;
    use holdall_store::MemoryStore;
    use holdall_tree::{CancelToken, Clock, Limits, Silent};

    struct At;

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::new(1000, 0)
        }
    }

    #[test]
    fn after_a_sleep_of_the_machine_a_lock_is_as_young_as_any_other() {
        let ctx = Context {
            observer: &Silent,
            clock: &At,
            cancel: &CancelToken::default(),
            limits: Limits::default(),
            threads: 1,
            memory_bytes: 1 << 20,
        };
        let who = Identity { host: "h".into(), user: "u".into(), uid: 1, gid: 1, pid: 1 };
        let (store, secret) = (Arc::new(MemoryStore::default()), Secret::new(b"x".to_vec()));
        let kdf = KdfParams { n: 2, r: 1, p: 1 };
        let repository = Repository::init(&ctx, store, &secret, kdf, &who).unwrap();
        let options = LockOptions { wait: Duration::ZERO, is_alive: &|_| true };
        let taken = Lock::acquire(&ctx, &repository, LockMode::Shared, &who, &options).unwrap();
        // Asleep for two hours: only the wall clock went on.
        lock(&taken.shared.current).written.1 -= Duration::from_secs(2 * 3600);
        taken.check().unwrap();
        let [held] = held(&repository).unwrap().try_into().unwrap();
        assert!((8200..8300).contains(&held.file.time.at.secs), "{}", held.file.time);
        // Somebody took it for stale meanwhile.
        lock(&taken.shared.current).written.1 -= Duration::from_secs(2 * 3600);
        repository.delete_file(FileKind::Lock, &held.id).unwrap();
        assert!(matches!(taken.check(), Err(Error::LockLost)));
        assert!(super::held(&repository).unwrap().is_empty());
    }
}
