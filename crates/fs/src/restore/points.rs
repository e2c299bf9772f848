//! Restore points: what each restore replaced, and the trees that they lead back to.
//!
//! A point is a directory `points/NNNNNN/` with `point` (a few lines about it), `shared` (the files that the restore
//! left as they were), `times` (those of directories) and `tree` (the old tree without those files; missing if nothing was there
//! before). The tree
//! that a point leads back to is `tree`, and for each shared file what the next point, or the target, has. Where the restore
//! exchanged only one directory of the target, `at` is its path, and outside of it `tree` has directories alone.

use std::collections::BTreeMap;
use std::path::Path;

use holdall_disk::{Dir, Replace, write_new};
use holdall_tree::{
    Content, Context, Entry, Kind, Metadata, Name, Note, RelPath, Result, Timestamp, Tree,
};

use super::RestoreError;
use super::staged::Shared;
use super::state::{self, CLONES, POINTS, STAGING, State, rel};
use super::times;
use crate::directory::{DirectoryTree, ReadOptions};

/// The first line of a `point` file.
const MAGIC: &str = "holdall restore point 1";
/// The same where only one directory was exchanged: who does not know of that must not take it for the other.
const MAGIC_AT: &str = "holdall restore point 2";
/// The name of the file that says which directory was exchanged, if not all of the target.
const AT: &str = "at";
/// The longest `point` or `shared` file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// A way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its number; a later restore has a higher one.
    pub number: u64,
    /// When the restore that made it was done.
    pub time: Timestamp,
    /// What was restored then, in words.
    pub source: String,
    /// False if nothing was there before: going back removes the target.
    pub existed: bool,
    /// True once the old tree holds only what the restore replaced.
    pub(super) trimmed: bool,
}

/// The points of a target, the oldest first.
///
/// # Errors
/// If they cannot be read.
pub fn points(target: &Path) -> Result<Vec<Point>> {
    if !state::exists(target)? {
        return Ok(Vec::new());
    }
    let (parent, _, name) = state::names(target)?;
    list(&Dir::open(&parent.join(name.as_os_str()))?)
}

pub(super) fn list(state: &Dir) -> Result<Vec<Point>> {
    if state.stat(&rel(POINTS))?.is_none() {
        return Ok(Vec::new());
    }
    let mut points = Vec::new();
    for entry in state.open_dir(&rel(POINTS))?.list()? {
        let number =
            std::str::from_utf8(entry.name.as_bytes()).ok().and_then(|name| name.parse().ok());
        if let Some(number) = number {
            points.push(read_point(state, &directory(number), number)?);
        }
    }
    points.sort_by_key(|point| point.number);
    Ok(points)
}

/// Removes a point and what it kept. Points before it that share files with it keep what they need.
///
/// # Errors
/// If there is no such point, or it is not the oldest: older ones lead through it.
pub fn remove_point(ctx: &Context<'_>, target: &Path, number: u64) -> Result<()> {
    let state = State::open(ctx, target)?;
    let points = list(&state.dir)?;
    if points.first().map(|point| point.number) != Some(number) {
        return Err(RestoreError::PointMissing {
            wanted: format!("{number} at the end of the list"),
            target: target.to_owned(),
        }
        .into());
    }
    state.dir.remove_tree(&directory(number))?;
    state.remove_if_empty()
}

pub(super) fn directory(number: u64) -> RelPath {
    RelPath::parse(format!("{POINTS}/{number:06}")).unwrap_or_default()
}

pub(super) fn child(dir: &RelPath, name: &'static str) -> RelPath {
    dir.join_path(&rel(name))
}

/// What is exchanged.
pub(super) struct Exchange<'e> {
    /// The directory of the target.
    pub(super) at: &'e RelPath,
    /// The staged one: device and inode.
    pub(super) new: Option<(u64, u64)>,
    /// False if nothing is there yet: then one is moved there.
    pub(super) existed: bool,
}

/// Brings what is staged to the disk, with what it will need once it is published: who it is, what it shares. When this
/// returns all of it is durable, and the file that says so is whole or not there at any time.
pub(super) fn prepare(
    state: &State,
    exchange: &Exchange<'_>,
    time: Timestamp,
    source: &str,
    shared: &[Shared],
    record: Option<&[u8]>,
) -> Result<()> {
    let Exchange { at, new, existed } = exchange;
    let times = times::note(state, at, shared)?;
    let staging = state.dir.open_dir(&rel(STAGING))?;
    let (device, inode) = new.unwrap_or_default();
    let source: String = source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let magic = if at.is_root() { MAGIC } else { MAGIC_AT };
    let text = format!(
        "{magic}\ntime {} {}\nexisted {existed}\nnew {device} {inode}\nsource {source}\n",
        time.secs, time.nanos
    );
    let mut list = Vec::new();
    for file in shared {
        list.extend_from_slice(file.path.as_bytes());
        list.extend_from_slice(
            format!("\0{}\0{}\0{}\0", file.size, file.mtime.secs, file.mtime.nanos).as_bytes(),
        );
    }
    let name = |name: &'static str| Name::parse(name).map_err(|e| bad(&state.path, &e.to_string()));
    if let Some(record) = record {
        staging.create_dir(&rel(CLONES), 0o700)?;
        let (clones, name) = (staging.open_dir(&rel(CLONES))?, state.name.name());
        let name = name.ok_or_else(|| bad(&state.path, "a clone has no name"))?;
        write_new(&clones, &RelPath::root().join(&name), record, 0o600)?;
    }
    if !at.is_root() {
        write_new(&staging, &rel(AT), at.as_bytes(), 0o600)?;
    }
    write_new(&staging, &rel("shared"), &list, 0o600)?;
    write_new(&staging, &rel(times::FILE), &times, 0o600)?;
    // One call for all files rather than one each; it also brings their names to the disk.
    state.dir.sync_filesystem()?;
    Ok(holdall_disk::publish(&staging, &name("point")?, text.as_bytes(), 0o600, Replace::Always)?)
}

/// Turns a staging directory whose tree was published into a point. False if it was not published.
pub(super) fn adopt(state: &State, ctx: &Context<'_>) -> Result<bool> {
    let published = published(&state.dir)?;
    if published {
        settle(state)?;
        if is_fresh_clone(state)? {
            discard(state)?;
        } else {
            add(state, next(state)?)?;
        }
        ctx.observer.note(&Note::RestoreRecovered { target: state.name.to_string() });
    }
    Ok(published)
}

/// Gives directories that were moved their times, and brings the record of a clone that was published to its place.
pub(super) fn settle(state: &State) -> Result<()> {
    times::put_back(state)?;
    let staged = child(&rel(STAGING), CLONES);
    if state.dir.stat(&staged)?.is_none() {
        return Ok(());
    }
    let clones = rel(CLONES);
    if state.dir.stat(&clones)?.is_none() {
        state.dir.create_dir(&clones, 0o700)?;
        state.dir.sync()?;
    }
    let (from, to) = (state.dir.open_dir(&staged)?, state.dir.open_dir(&clones)?);
    for entry in from.list()? {
        let name = RelPath::root().join(&entry.name);
        from.rename(&name, &to, &name)?;
    }
    Ok(to.sync()?)
}

/// True if the staging directory is that of a clone where nothing was before. There is no point in going back from
/// one: removing it does the same.
pub(super) fn is_fresh_clone(state: &State) -> Result<bool> {
    let staging = rel(STAGING);
    let (_, existed, ..) = read(&state.dir, &staging)?;
    Ok(!existed && state.dir.stat(&child(&staging, CLONES))?.is_some())
}

/// True if the tree of the staging directory was published, so that the old tree lies there or nothing does.
pub(crate) fn published(state: &Dir) -> Result<bool> {
    let staging = rel(STAGING);
    if state.stat(&child(&staging, "point"))?.is_none() {
        return Ok(false);
    }
    let (_, existed, (_, new_root), _) = read(state, &staging)?;
    let tree = state.stat(&child(&staging, "tree").join_path(&at(state, &staging)?))?;
    Ok(match (existed, tree) {
        // After the exchange the old tree lies here. The device is the same, but its number may change at a new start.
        (true, Some(stat)) => stat.inode != new_root,
        // After the move nothing lies here.
        (false, tree) => tree.is_none(),
        (true, None) => false,
    })
}

/// The directory of the target that a restore exchanged, or is about to.
pub(super) fn at(state: &Dir, dir: &RelPath) -> Result<RelPath> {
    let path = child(dir, AT);
    if state.stat(&path)?.is_none() {
        return Ok(RelPath::root());
    }
    RelPath::parse(bytes(state, &path)?)
        .map_err(|error| bad(&state.shown(&path), &error.to_string()))
}

/// Removes a staging directory that was not published.
pub(super) fn discard(state: &State) -> Result<()> {
    let staging = rel(STAGING);
    // First, because without a tree it would tell of one that was moved away.
    match state.dir.remove_file(&child(&staging, "point")) {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(state.dir.remove_tree(&staging)?),
    }
}

/// Makes room for a new point and gives its number.
pub(super) fn next(state: &State) -> Result<u64> {
    let points = rel(POINTS);
    if state.dir.stat(&points)?.is_none() {
        state.dir.create_dir(&points, 0o700)?;
    }
    Ok(list(&state.dir)?.last().map_or(1, |point| point.number + 1))
}

/// Makes the staging directory the point of the number that [`next`] gave.
pub(super) fn add(state: &State, number: u64) -> Result<()> {
    // What it held lies in its place; see `settle`.
    state.dir.remove_tree(&child(&rel(STAGING), CLONES))?;
    state.dir.rename_no_replace(&rel(STAGING), &state.dir, &directory(number))?;
    state.dir.open_dir(&rel(POINTS))?.sync()?;
    Ok(state.dir.sync()?)
}

pub(super) fn bad(file: &Path, why: &str) -> holdall_tree::Error {
    RestoreError::State { file: file.to_owned(), why: why.to_owned() }.into()
}

pub(super) fn bytes(state: &Dir, path: &RelPath) -> Result<Vec<u8>> {
    use std::io::Read;
    let shown = state.shown(path);
    let mut bytes = Vec::new();
    let file = state.open_file(path)?;
    let read = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|e| bad(&shown, &e.to_string()))?;
    Ok(bytes)
}

type Read = (Timestamp, bool, (u64, u64), String);

fn read(state: &Dir, dir: &RelPath) -> Result<Read> {
    let path = child(dir, "point");
    let text = bytes(state, &path)?;
    let fail = |why: &str| bad(&state.shown(&path), why);
    let text = std::str::from_utf8(&text).map_err(|_| fail("it is no text"))?;
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| [MAGIC, MAGIC_AT].contains(&line)) {
        return Err(fail("it is of another version"));
    }
    let (mut time, mut existed, mut new, mut source) =
        (Timestamp::default(), false, (0, 0), String::new());
    for line in lines {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let pair = || value.split_once(' ').ok_or_else(|| fail(line));
        match key {
            "time" => {
                let (secs, nanos) = pair()?;
                time = Timestamp::new(
                    secs.parse().map_err(|_| fail(line))?,
                    nanos.parse().map_err(|_| fail(line))?,
                );
            }
            "existed" => existed = value == "true",
            "new" => {
                let (device, inode) = pair()?;
                new = (
                    device.parse().map_err(|_| fail(line))?,
                    inode.parse().map_err(|_| fail(line))?,
                );
            }
            "source" => value.clone_into(&mut source),
            _ => return Err(fail(line)),
        }
    }
    Ok((time, existed, new, source))
}

fn read_point(state: &Dir, dir: &RelPath, number: u64) -> Result<Point> {
    let (time, existed, _, source) = read(state, dir)?;
    let trimmed = state.stat(&child(dir, "trimmed"))?.is_some();
    Ok(Point { number, time, source, existed, trimmed })
}

pub(super) fn read_shared(state: &Dir, dir: &RelPath) -> Result<Vec<Shared>> {
    let path = child(dir, "shared");
    let bytes = bytes(state, &path)?;
    let fail = || bad(&state.shown(&path), "an entry is malformed");
    let mut parts = bytes.split(|byte| *byte == 0);
    let mut shared = Vec::new();
    while let Some(name) = parts.next().filter(|name| !name.is_empty()) {
        let mut number =
            || -> Option<i64> { std::str::from_utf8(parts.next()?).ok()?.parse().ok() };
        let (size, secs, nanos) =
            (number().ok_or_else(fail)?, number().ok_or_else(fail)?, number().ok_or_else(fail)?);
        shared.push(Shared {
            path: RelPath::parse(name).map_err(|_| fail())?,
            size: u64::try_from(size).map_err(|_| fail())?,
            mtime: Timestamp::new(secs, u32::try_from(nanos).map_err(|_| fail())?),
        });
    }
    Ok(shared)
}

/// The tree that a point leads back to.
#[derive(Debug)]
pub struct PointTree {
    /// The point.
    pub point: Point,
    levels: Vec<Level>,
    /// Files that were left alone by the restores since and changed by someone else: going back keeps them.
    pub drifted: Vec<RelPath>,
    /// Files that the restores since left alone and that are gone: nothing kept them, so they do not come back.
    pub lost: Vec<RelPath>,
}

/// One old tree on the way from the point to now; the last one is the target itself and shares nothing.
#[derive(Debug)]
struct Level {
    tree: Option<DirectoryTree>,
    shared: BTreeMap<RelPath, Shared>,
}

impl PointTree {
    /// Opens the tree that point `number` of `target` leads back to.
    ///
    /// # Errors
    /// If there is no such point, or a tree cannot be read.
    pub fn open(target: &Path, number: u64) -> Result<Self> {
        let all = points(target)?;
        let missing =
            || RestoreError::PointMissing { wanted: number.to_string(), target: target.to_owned() };
        let point = all.iter().find(|point| point.number == number).cloned().ok_or_else(missing)?;
        let (parent, name, state_name) = state::names(target)?;
        let state_path = parent.join(state_name.as_os_str());
        let state = Dir::open(&state_path)?;
        let mut levels = Vec::new();
        for later in all.iter().filter(|later| later.number >= number) {
            let dir = directory(later.number);
            levels.push(Level {
                tree: open_tree(&state_path.join(dir.as_path()).join("tree"))?,
                shared: read_shared(&state, &dir)?
                    .into_iter()
                    .map(|file| (file.path.clone(), file))
                    .collect(),
            });
        }
        levels.push(Level {
            tree: open_tree(&parent.join(name.as_os_str()))?,
            shared: BTreeMap::new(),
        });
        let mut tree = Self { point, levels, drifted: Vec::new(), lost: Vec::new() };
        tree.compare_shared()?;
        Ok(tree)
    }

    fn compare_shared(&mut self) -> Result<()> {
        let (mut drifted, mut lost) = (Vec::new(), Vec::new());
        let Some(first) = self.levels.first() else { return Ok(()) };
        for (path, file) in &first.shared {
            let Some((_, entry)) = self.find(path)? else {
                lost.push(path.clone());
                continue;
            };
            let same = entry.meta.mtime == Some(file.mtime)
                && (entry.size() == file.size || !matches!(entry.kind, Kind::File { .. }));
            if !same {
                drifted.push(path.clone());
            }
        }
        (self.drifted, self.lost) = (drifted, lost);
        Ok(())
    }

    /// The tree in which the entry at `path` really lies, and the entry.
    fn find(&self, path: &RelPath) -> Result<Option<(&DirectoryTree, Entry)>> {
        for level in &self.levels {
            if let Some(tree) = &level.tree
                && let Some(entry) = tree.entry_at(path)?
            {
                return Ok(Some((tree, entry)));
            }
            if !level.shared.contains_key(path) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn found(&self, path: &RelPath) -> Result<(&DirectoryTree, Entry)> {
        self.find(path)?.ok_or_else(|| {
            let why = format!("{path} is in no tree that the restore point leads to");
            holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, why)
        })
    }
}

fn open_tree(path: &Path) -> Result<Option<DirectoryTree>> {
    match DirectoryTree::open(path, ReadOptions::default()) {
        Ok(tree) => Ok(Some(tree)),
        Err(_) if !path.exists() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Tree for PointTree {
    fn root(&self) -> Result<Entry> {
        let path = RelPath::root();
        let root = self.levels.first().and_then(|level| level.tree.as_ref()).map(Tree::root);
        root.unwrap_or_else(|| Ok(Entry { path, kind: Kind::Directory, meta: Metadata::default() }))
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        let Some(level) = self.levels.first() else { return Ok(Vec::new()) };
        let mut entries: BTreeMap<RelPath, Entry> = BTreeMap::new();
        if let Some(tree) = &level.tree
            && tree.is_dir(dir)?
        {
            for entry in tree.list(ctx, dir)? {
                entries.insert(entry.path.clone(), entry);
            }
        }
        // Everything beneath `dir` follows it in canonical order.
        for path in level
            .shared
            .range(dir.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(dir))
        {
            if path.parent().as_ref() == Some(dir)
                && !entries.contains_key(path)
                && let Some((_, entry)) = self.find(path)?
            {
                entries.insert(path.clone(), entry);
            }
        }
        Ok(entries.into_values().collect())
    }

    fn details(&self, entry: &mut Entry) -> Result<()> {
        if entry.path.is_root() {
            return match self.levels.first().and_then(|level| level.tree.as_ref()) {
                Some(tree) => tree.details(entry),
                None => Ok(()),
            };
        }
        self.found(&entry.path)?.0.details(entry)
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        self.found(&file.path)?.0.open(file)
    }
}
