//! A repository on disk in a directory of its own, and trees beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(dead_code, reason = "two test binaries use different parts")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdall::fs::restore::RestoreReport;
use holdall::repo::check::{CheckReport, ReadData, check};
use holdall::repo::keyfile::KdfParams;
use holdall::repo::prune::{self, PruneOptions};
use holdall::repo::{
    BlobReader, Id, Identity, LocalOffset, Lock, LockMode, LockOptions, Repository, Secret,
};
use holdall::restore::{Planned, RestoreOptions};
use holdall::rollback::Wanted;
use holdall::snapshot::{Input, SnapshotOptions, snapshot};
use holdall::source::{Homes, Reading};
use holdall::store::LocalStore;
use holdall::tree::{CancelToken, Clock, Context, Limits, Silent, Timestamp};
use holdall::{Locator, source};

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::new(i64::try_from(since.as_secs()).unwrap(), since.subsec_nanos())
    }
}

/// Runs `f` with a context that shows nothing.
pub(crate) fn context<T>(f: impl FnOnce(&Context<'_>) -> T) -> T {
    let cancel = CancelToken::default();
    f(&Context {
        observer: &Silent,
        clock: &Now,
        cancel: &cancel,
        limits: Limits::default(),
        threads: 1,
        memory_bytes: 64 << 20,
    })
}

/// A small tree with files that depend on `salt` and one that does not, directories, a link, two names of one file.
pub(crate) fn tree(top: &Path, salt: u8) {
    std::fs::create_dir_all(top.join("d/e")).unwrap();
    for (name, text) in [("a", "a"), ("d/b", "bb"), ("d/e/c", "ccc")] {
        std::fs::write(top.join(name), text.repeat(usize::from(salt) * 100)).unwrap();
    }
    if !top.join("same").exists() {
        std::fs::write(top.join("same"), "same").unwrap();
        std::fs::hard_link(top.join("same"), top.join("d/same-too")).unwrap();
        std::os::unix::fs::symlink("a", top.join("link")).unwrap();
    }
}

/// A directory with a repository in `repo`.
pub(crate) struct Bed {
    dir: tempfile::TempDir,
    repository: Repository,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::create(&dir.path().join("repo")).unwrap();
        let cheap = KdfParams { n: 2, r: 1, p: 1 };
        let secret = Secret::new(b"test".to_vec());
        let repository =
            context(|ctx| Repository::init(ctx, Arc::new(store), &secret, cheap, &identity()))
                .unwrap();
        Self { dir, repository }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn try_snapshot(&self, name: &str) -> holdall::Result<Id> {
        context(|ctx| {
            let options = LockOptions { wait: Duration::ZERO, is_alive: &|_| true };
            let lock =
                Lock::acquire(ctx, &self.repository, LockMode::Shared, &identity(), &options)?;
            let input = Input::Paths(vec![self.path(name)]);
            let options = SnapshotOptions::default();
            let report = snapshot(
                ctx,
                &self.repository,
                &lock,
                input,
                &identity(),
                LocalOffset::utc(),
                &options,
            )?;
            Ok(report.file.id)
        })
    }

    pub(crate) fn snapshot(&self, name: &str) -> Id {
        self.try_snapshot(name).unwrap()
    }

    fn with_planned<T>(
        &self,
        id: &Id,
        target: &str,
        options: &RestoreOptions,
        f: impl FnOnce(&Context<'_>, &holdall::Opened<'_>, &Planned) -> holdall::Result<T>,
    ) -> holdall::Result<T> {
        context(|ctx| {
            let index = self.repository.load_index(ctx)?;
            let reader = BlobReader::new(&self.repository, &index);
            let locator = Locator::parse(&format!("@{id}"), Path::new("/"))?;
            let opened = source::open(
                ctx,
                &locator,
                Homes { reader: Some(&reader), git: None },
                Reading::default(),
            )?;
            let planned = holdall::restore::plan(ctx, opened.tree(), &self.path(target), options)?;
            f(ctx, &opened, &planned)
        })
    }

    /// The paths that a restore would change.
    pub(crate) fn plan(
        &self,
        id: &Id,
        target: &str,
        options: &RestoreOptions,
    ) -> holdall::Result<Vec<String>> {
        self.with_planned(id, target, options, |_, _, planned| {
            Ok(planned.plan.steps.iter().map(|step| step.path().to_string()).collect())
        })
    }

    pub(crate) fn restore(
        &self,
        id: &Id,
        target: &str,
        options: &RestoreOptions,
    ) -> holdall::Result<RestoreReport> {
        self.with_planned(id, target, options, |ctx, opened, planned| {
            holdall::restore::apply(ctx, opened.tree(), &opened.name, planned)
        })
    }

    pub(crate) fn rollback(&self, target: &str) -> holdall::Result<RestoreReport> {
        context(|ctx| {
            let target = self.path(target);
            let planned = holdall::rollback::plan(ctx, &target, &Wanted::Newest, &[])?;
            holdall::rollback::apply(ctx, &target, &planned)
        })
    }

    pub(crate) fn check(&self) -> CheckReport {
        context(|ctx| check(ctx, &self.repository, ReadData::All)).unwrap()
    }

    pub(crate) fn ids(&self) -> Vec<Id> {
        context(|ctx| self.repository.snapshots(ctx))
            .unwrap()
            .into_iter()
            .map(|file| file.id)
            .collect()
    }

    pub(crate) fn prune(&self) {
        context(|ctx| {
            let plan = prune::plan(ctx, &self.repository, &PruneOptions::default())?;
            prune::apply(ctx, &self.repository, &plan, &|| Ok(()))
        })
        .unwrap();
    }
}

fn identity() -> Identity {
    Identity { host: "h".into(), user: "u".into(), uid: 0, gid: 0, pid: std::process::id() }
}
