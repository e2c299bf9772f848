//! Who may use a repository at the same time.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use holdall_repo::lock::{Unlock, held, unlock};
use holdall_repo::repository::KEYS_TRIED_MAX;
use holdall_repo::{Error, FileKind, Id, Identity, Lock, LockMode, LockOptions, Repository, keys};
use holdall_store::{Cause, MemoryStore, Store, StoreError};

use crate::support::{at, identity, open, password, repository};

fn take(
    repository: &Repository,
    mode: LockMode,
    who: &Identity,
    secs: i64,
    alive: bool,
) -> Result<Lock, Error> {
    let is_alive = |_: u32| alive;
    let options = LockOptions { wait: Duration::ZERO, is_alive: &is_alive };
    at(secs, |ctx| Lock::acquire(ctx, repository, mode, who, &options))
}

#[test]
fn shared_locks_go_together_and_an_exclusive_one_stands_alone() {
    let (_, repository) = repository();
    let take = |mode| take(&repository, mode, &identity(), 100, true);
    let one = take(LockMode::Shared).unwrap();
    let two = take(LockMode::Shared).unwrap();
    assert!(matches!(take(LockMode::Exclusive), Err(Error::Locked { how: "for use", .. })));
    drop((one, two));
    let alone = take(LockMode::Exclusive).unwrap();
    for mode in [LockMode::Shared, LockMode::Exclusive] {
        assert!(matches!(take(mode), Err(Error::Locked { how: "exclusively", .. })));
    }
    drop(alone);
    assert!(held(&repository).unwrap().is_empty(), "a lock that was given up is gone");
}

#[test]
fn a_lock_whose_holder_is_gone_is_taken_over() {
    let (store, repository) = repository();
    let leave = |who: &Identity| {
        let lock = take(&repository, LockMode::Exclusive, who, 1000, true).unwrap();
        std::mem::forget(lock);
    };
    // The process has ended.
    leave(&identity());
    drop(take(&repository, LockMode::Shared, &identity(), 1001, false).unwrap());
    // On another machine nobody can tell, until half an hour has passed.
    let far = Identity { host: "far".into(), ..identity() };
    leave(&far);
    assert!(take(&repository, LockMode::Shared, &identity(), 1001, false).is_err());
    drop(take(&repository, LockMode::Shared, &identity(), 1000 + 31 * 60, false).unwrap());
    leave(&far);
    let dead = |_: u32| false;
    let removed =
        at(1001, |ctx| unlock(ctx, &open(store.clone()), Unlock::Stale, "h", &dead)).unwrap();
    assert!(removed.is_empty());
    let removed = at(1001, |ctx| unlock(ctx, &repository, Unlock::All, "h", &dead)).unwrap();
    assert_eq!(removed.len(), 1);
}

#[test]
fn who_lost_the_lock_learns_of_it_before_relying_on_it() {
    let (_, repository) = repository();
    let lock = take(&repository, LockMode::Shared, &identity(), 100, true).unwrap();
    lock.check().unwrap();
    let [mine] = held(&repository).unwrap().try_into().unwrap();
    repository.delete_file(FileKind::Lock, &mine.id).unwrap();
    assert!(matches!(lock.check(), Err(Error::LockLost)));
}

/// A store on a medium that cannot be written to.
#[derive(Debug)]
struct ReadOnly(MemoryStore);

impl ReadOnly {
    fn refuse(&self, doing: &'static str, key: &str) -> StoreError {
        let cause = Cause::Io(std::io::ErrorKind::ReadOnlyFilesystem.into());
        StoreError { doing, key: key.to_owned(), location: self.location(), cause }
    }
}

impl Store for ReadOnly {
    fn location(&self) -> String {
        self.0.location()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key, range)
    }

    fn put(&self, key: &str, _: &[u8]) -> Result<(), StoreError> {
        Err(self.refuse("write", key))
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.0.head(key)
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.0.list(prefix, each)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        Err(self.refuse("remove", key))
    }
}

#[test]
fn what_can_only_be_read_is_read_without_a_lock_unless_somebody_is_alone_in_it() {
    let (store, writable) = repository();
    let far = Identity { host: "far".into(), ..identity() };
    let only = open(ReadOnly(store));
    let read = |mode, secs| {
        let options = LockOptions { wait: Duration::ZERO, is_alive: &|_| true };
        at(secs, |ctx| Lock::acquire_to_read(ctx, &only, mode, &identity(), &options))
    };
    assert!(read(LockMode::Shared, 100).unwrap().is_none());
    let shared = take(&writable, LockMode::Shared, &far, 100, true).unwrap();
    assert!(read(LockMode::Shared, 100).unwrap().is_none());
    assert!(matches!(read(LockMode::Exclusive, 100), Err(Error::Locked { .. })));
    drop(shared);
    std::mem::forget(take(&writable, LockMode::Exclusive, &far, 100, true).unwrap());
    assert!(matches!(read(LockMode::Shared, 100), Err(Error::Locked { .. })));
    let later = 100 + 31 * 60;
    assert!(read(LockMode::Exclusive, later).unwrap().is_none(), "that lock is stale");
    assert!(take(&only, LockMode::Shared, &identity(), later, true).is_err());
}

#[test]
fn of_many_that_want_to_be_alone_at_most_one_is() {
    let (_, repository) = repository();
    let repository = Arc::new(repository);
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                if let Ok(lock) = take(&repository, LockMode::Exclusive, &identity(), 100, true) {
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(lock);
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 1);
    assert!(held(&repository).unwrap().is_empty());
}

#[test]
fn passwords_are_added_changed_and_removed_but_never_the_last() {
    let (store, mut repository) = repository();
    let secret = |text: &str| holdall_repo::Secret::new(text.as_bytes().to_vec());
    let opens = |text: &str| {
        at(1, |ctx| Repository::open(ctx, Arc::new(store.clone()), &secret(text))).is_ok()
    };
    let second = at(1, |ctx| keys::add(ctx, &repository, &secret("second"), &identity())).unwrap();
    assert!(opens("test") && opens("second") && !opens("third"));
    assert!(keys::remove(&repository, &repository.key_id().hex()).is_err());
    at(1, |ctx| keys::change_password(ctx, &mut repository, &secret("third"), &identity()))
        .unwrap();
    assert!(!opens("test") && opens("second") && opens("third"));
    keys::remove(&repository, &second.hex()[..8]).unwrap();
    assert!(!opens("second") && opens("third"));
    assert_eq!(keys::list(&repository).unwrap().len(), 1);
    let wrong = at(1, |ctx| Repository::open(ctx, Arc::new(store.clone()), &password()));
    assert!(matches!(wrong, Err(Error::WrongPassword { tried: 1, .. })));
    assert_eq!(repository.list(FileKind::Key).unwrap().len(), 1);
}

#[test]
fn no_more_keys_are_made_than_are_tried() {
    let (store, mut repository) = repository();
    let secret = |text: &str| holdall_repo::Secret::new(text.as_bytes().to_vec());
    let fill = |from: u8, to: usize| {
        for n in from.. {
            if repository.list(FileKind::Key).unwrap().len() >= to {
                return;
            }
            let bytes = [n];
            store.put(&FileKind::Key.key(&Id::of(&bytes)), &bytes).unwrap();
        }
    };
    fill(0, KEYS_TRIED_MAX);
    let more = at(1, |ctx| keys::add(ctx, &repository, &secret("more"), &identity()));
    assert!(matches!(more, Err(Error::Refused(_))));
    fill(100, KEYS_TRIED_MAX + 1);
    let change = |repository: &mut Repository| {
        at(1, |ctx| keys::change_password(ctx, repository, &secret("new"), &identity()))
    };
    assert!(matches!(change(&mut repository), Err(Error::Refused(_))));
}
