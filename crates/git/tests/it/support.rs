//! Repositories made by git, and trees read to the end.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use holdall_git::{Repository, UserSettings};
use holdall_testkit::{Peer, peer};
use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Kind, Limits, Metadata, Note, Observer,
    RelPath, Timestamp, Tree, TreeId, TreeIds,
};
use tempfile::TempDir;

/// When everything in these tests is committed.
pub(crate) const COMMITTED: i64 = 1_600_000_000;

/// A repository in a home of its own.
pub(crate) struct Repo {
    git: Peer,
    home: TempDir,
    pub(crate) dir: PathBuf,
}

impl Repo {
    /// An empty repository with the branch `main`; `None` if there is no git.
    pub(crate) fn new() -> Option<Self> {
        Self::with(&[])
    }

    pub(crate) fn with(init: &[&str]) -> Option<Self> {
        let git = peer("git")?;
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("repo");
        let repo = Self { git, home, dir };
        fs::create_dir(&repo.dir).unwrap();
        repo.git(&[&["init", "-q", "-b", "main"], init].concat());
        Some(repo)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn command(&self, dir: &Path) -> Command {
        let mut command = self.git.command(self.home.path());
        command.current_dir(dir);
        for person in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{person}_DATE"), format!("{COMMITTED} +0200"));
        }
        // A submodule may come from a directory of this machine.
        command.env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", "protocol.file.allow");
        command.env("GIT_CONFIG_VALUE_0", "always");
        command
    }

    pub(crate) fn try_git_in(&self, dir: &Path, args: &[&str], input: &[u8]) -> Output {
        use std::io::Write;
        let mut child = self
            .command(dir)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Git may end before it has read all.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    pub(crate) fn git_in(&self, dir: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.try_git_in(dir, args, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?} in {}: {said}", dir.display());
        output.stdout
    }

    /// Runs git and gives what it printed, without blanks at the ends.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_in(&self.dir, args, b"")).trim().to_owned()
    }

    pub(crate) fn commit_all(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "c"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn path(&self, path: impl AsRef<[u8]>) -> PathBuf {
        self.dir.join(std::ffi::OsStr::from_bytes(path.as_ref()))
    }

    pub(crate) fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn link(&self, path: &str, target: &str) {
        symlink(target, self.path(path)).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    pub(crate) fn open(&self) -> Repository {
        open(&self.dir)
    }
}

pub(crate) fn open(dir: &Path) -> Repository {
    Repository::discover(dir, UserSettings::Ignore).unwrap()
}

pub(crate) fn path(path: impl AsRef<[u8]>) -> RelPath {
    RelPath::parse(path).unwrap()
}

/// An observer that keeps notes and fails on problems.
#[derive(Default)]
pub(crate) struct Notes(std::sync::Mutex<Vec<String>>);

impl Notes {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Observer for Notes {
    fn problem(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        panic!("{path:?}: {error}");
    }

    fn note(&self, note: &Note) {
        self.0.lock().unwrap().push(format!("{note:?}"));
    }
}

struct Never;

impl Clock for Never {
    fn now(&self) -> Timestamp {
        panic!("no tree asks for the time");
    }
}

pub(crate) fn with_context<T>(notes: &Notes, run: impl FnOnce(&Context<'_>) -> T) -> T {
    run(&Context {
        observer: notes,
        clock: &Never,
        cancel: &CancelToken::default(),
        limits: Limits::default(),
        threads: 1,
        memory_bytes: 1 << 20,
    })
}

/// Every entry of a tree with its content.
pub(crate) fn read(tree: &dyn Tree, notes: &Notes) -> holdall_tree::Result<Vec<(Entry, Vec<u8>)>> {
    with_context(notes, |ctx| {
        let mut found = vec![(tree.root()?, Vec::new())];
        let mut open = vec![RelPath::root()];
        while let Some(dir) = open.pop() {
            for mut entry in tree.list(ctx, &dir)? {
                tree.details(&mut entry)?;
                let mut content = Vec::new();
                tree.open(&entry)?.into_read().read_to_end(&mut content).unwrap();
                if entry.is_dir() {
                    open.push(entry.path.clone());
                } else if matches!(entry.kind, Kind::File { .. }) {
                    assert_eq!(entry.size(), content.len() as u64, "{}", entry.path);
                }
                found.push((entry, content));
            }
        }
        found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
        Ok(found)
    })
}

pub(crate) fn id(entries: &[(Entry, Vec<u8>)]) -> TreeId {
    let mut ids = TreeIds::default();
    for (entry, content) in entries {
        let is_file = matches!(entry.kind, Kind::File { .. });
        ids.add(entry, is_file.then(|| ContentHash::of(content)));
    }
    ids.finish().0
}

/// Kinds, modes and contents by path, for a comparison that names what differs.
pub(crate) fn shape(
    entries: &[(Entry, Vec<u8>)],
) -> BTreeMap<String, (Kind, Option<u32>, Vec<u8>)> {
    let each = entries.iter();
    each.map(|(e, c)| (e.path.to_string(), (e.kind.clone(), e.meta.mode, c.clone()))).collect()
}

/// What lies on the disk beneath `top`, without `.git`.
pub(crate) fn on_disk(top: &Path) -> Vec<(Entry, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![RelPath::root()];
    let meta = |at: &Path| {
        let meta = fs::symlink_metadata(at).unwrap();
        Metadata { mode: Some(meta.permissions().mode() & 0o7777), ..Metadata::default() }
    };
    found.push((
        Entry { path: RelPath::root(), kind: Kind::Directory, meta: meta(top) },
        Vec::new(),
    ));
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(top.join(dir.as_path())).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let here = dir.join_path(&path(name.as_bytes()));
            let kind = entry.file_type().unwrap();
            let mut content = Vec::new();
            let kind = if kind.is_dir() {
                open.push(here.clone());
                Kind::Directory
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path()).unwrap();
                Kind::Symlink { target: target.as_os_str().as_bytes().to_vec() }
            } else {
                content = fs::read(entry.path()).unwrap();
                Kind::File { size: content.len() as u64 }
            };
            found.push((Entry { path: here, kind, meta: meta(&entry.path()) }, content));
        }
    }
    found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    found
}
