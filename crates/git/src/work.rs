//! The work tree as git would record it, without recording it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gix::filter::plumbing::Pipeline;
use gix::filter::plumbing::pipeline::convert::ToGitOutcome;
use gix::index::entry::{Flags, Stat, stat};
use gix::objs::{Kind, compute_hash, compute_stream_hash};
use gix::worktree::stack::state::attributes::Source;
use holdall_tree::RelPath;

use crate::error::{Cause, Error, Result};
use crate::object::{Blob, Mode, ObjectId};
use crate::repository::Repository;
use crate::submodule::real_dir;
use crate::tracked::mode_of;

/// Larger files are taken as they are, and not converted; git's own threshold.
const CONVERTED_BYTES_MAX: u64 = 512 << 20;

/// Looks at the files of a work tree. Line ends, encodings and `$Id$` are converted as git does it; filters that would
/// run a program are not run, and such a file counts as it is on the disk.
pub(crate) struct WorkTree {
    root: PathBuf,
    handle: gix::Repository,
    index: gix::worktree::Index,
    attributes: gix::worktree::Stack,
    pipeline: Pipeline,
    stat_options: stat::Options,
    /// Whether the permission bit on the disk says something, and whether links are links.
    trust_mode: bool,
    links: bool,
    /// The directory that was last found to be reached without a link.
    real: RelPath,
}

impl WorkTree {
    pub(crate) fn new(repo: &Repository) -> Result<Self> {
        let root = repo.root()?.to_owned();
        let index = repo.index()?;
        let handle = repo.with(Clone::clone);
        let fail = |error: gix::Error| Error::WorkTree { path: root.clone(), source: error.into() };
        let attributes =
            handle.attributes_only(&index, Source::WorktreeThenIdMapping).map_err(fail)?.detach();
        let mut options = gix::filter::Pipeline::options(&handle).map_err(fail)?;
        options.drivers.clear();
        options.crlf_roundtrip_check = gix::filter::plumbing::pipeline::CrlfRoundTripCheck::Skip;
        let context = gix::command::Context::default();
        let pipeline = Pipeline::new(context, handle.object_hash(), options);
        let config = handle.config_snapshot();
        let trust_mode = config.boolean("core.fileMode").unwrap_or(true);
        let links = config.boolean("core.symlinks").unwrap_or(true);
        let stat_options = handle.stat_options().map_err(fail)?;
        Ok(Self {
            root,
            index,
            attributes,
            pipeline,
            stat_options,
            trust_mode,
            links,
            real: RelPath::root(),
            handle,
        })
    }

    /// What stands in the work tree where an entry of the index is, `None` if it is gone.
    pub(crate) fn tracked(
        &mut self,
        repo: &Repository,
        path: &RelPath,
        entry: &gix::index::Entry,
    ) -> Result<Option<Blob>> {
        let recorded = Blob { mode: mode_of(entry.mode), id: ObjectId(entry.id) };
        if entry.flags.contains(Flags::ASSUME_VALID) {
            return Ok(Some(recorded));
        }
        let Some(meta) = self.look(path)? else {
            let left_out = entry.flags.contains(Flags::SKIP_WORKTREE);
            return Ok(left_out.then_some(recorded));
        };
        if meta.is_dir() {
            let submodule = recorded.mode == Mode::Submodule;
            return Ok(submodule.then(|| self.submodule(repo, path, recorded)));
        }
        let Some(mode) = self.mode(&meta, Some(recorded.mode)) else { return Ok(None) };
        let stat = Stat::from_fs(&meta).unwrap_or_default();
        let sure = entry.stat.matches(&stat, self.stat_options)
            && !entry.stat.is_racy(self.index.timestamp(), self.stat_options)
            && !entry.flags.contains(Flags::INTENT_TO_ADD)
            && mode.same_type(recorded.mode);
        let id = if sure { recorded.id } else { self.hash(path, mode)? };
        Ok(Some(Blob { mode, id }))
    }

    /// What an untracked path is, `None` if git could not record it.
    pub(crate) fn untracked(&mut self, repo: &Repository, path: &RelPath) -> Result<Option<Blob>> {
        let Some(meta) = self.look(path)? else { return Ok(None) };
        if meta.is_dir() {
            let head = repo.submodule_in_work_tree(path).and_then(|below| below.head_commit());
            return Ok(head.map(|id| Blob { mode: Mode::Submodule, id }));
        }
        let Some(mode) = self.mode(&meta, None) else { return Ok(None) };
        let id = self.hash(path, mode)?;
        Ok(Some(Blob { mode, id }))
    }

    /// The content of a file or link as git would record it.
    ///
    /// # Errors
    /// [`Error::BlobLarge`] beyond `limit`, [`Error::Changed`] if it is not the one that was recorded as `expected`.
    pub(crate) fn content(
        &mut self,
        path: &RelPath,
        expected: Blob,
        limit: u64,
    ) -> Result<Vec<u8>> {
        let at = self.root.join(path.as_path());
        if self.look(path)?.is_none() {
            return Err(Error::Changed { path: at });
        }
        let large = |bytes| Error::BlobLarge { id: expected.id, bytes, limit };
        let hash = self.handle.object_hash();
        let bytes = if expected.mode == Mode::Symlink && self.links {
            read_link(&at)?
        } else {
            let (file, size) = open(&at)?;
            if size > limit {
                return Err(large(size));
            }
            match self.converted(path, file, size)? {
                ToGitOutcome::Buffer(bytes) => bytes.to_vec(),
                ToGitOutcome::Unchanged(file) => read_all(&at, file, limit)?,
                ToGitOutcome::Process(read) => read_all(&at, read, limit)?,
            }
        };
        if bytes.len() as u64 > limit {
            return Err(large(bytes.len() as u64));
        }
        let id =
            compute_hash(hash, Kind::Blob, &bytes).map_err(|error| fault(&at, error.into()))?;
        if id == expected.id.0 { Ok(bytes) } else { Err(Error::Changed { path: at }) }
    }

    /// One look, without following a link on the way: what lies behind one is not in this work tree.
    fn look(&mut self, path: &RelPath) -> Result<Option<gix::index::fs::Metadata>> {
        let parent = path.parent().unwrap_or_default();
        if parent != self.real {
            if !real_dir(&self.root, &parent) {
                return Ok(None);
            }
            self.real = parent;
        }
        let at = self.root.join(path.as_path());
        match gix::index::fs::Metadata::from_path_no_follow(&at) {
            Ok(meta) => Ok(Some(meta)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(fault(&at, error.into())),
        }
    }

    /// The mode of what is no directory; `None` for what git cannot record.
    fn mode(&self, meta: &gix::index::fs::Metadata, recorded: Option<Mode>) -> Option<Mode> {
        if meta.is_symlink() {
            return Some(Mode::Symlink);
        }
        if !meta.is_file() {
            return None;
        }
        if !self.links && recorded == Some(Mode::Symlink) {
            return recorded;
        }
        if !self.trust_mode {
            let known = recorded.filter(|mode| *mode == Mode::Executable);
            return Some(known.unwrap_or(Mode::File));
        }
        Some(if meta.is_executable() { Mode::Executable } else { Mode::File })
    }

    fn submodule(&self, repo: &Repository, path: &RelPath, recorded: Blob) -> Blob {
        let head = repo.submodule_in_work_tree(path).and_then(|below| below.head_commit());
        Blob { id: head.unwrap_or(recorded.id), ..recorded }
    }

    fn hash(&mut self, path: &RelPath, mode: Mode) -> Result<ObjectId> {
        let at = self.root.join(path.as_path());
        let hash = self.handle.object_hash();
        let failed = |error: gix::Error| fault(&at, error.into());
        if mode == Mode::Symlink && self.links {
            return compute_hash(hash, Kind::Blob, &read_link(&at)?).map(ObjectId).map_err(failed);
        }
        let (file, size) = open(&at)?;
        match self.converted(path, file, size)? {
            ToGitOutcome::Buffer(bytes) => compute_hash(hash, Kind::Blob, bytes),
            ToGitOutcome::Unchanged(mut file) => stream_hash(hash, &mut file, size),
            ToGitOutcome::Process(mut read) => stream_hash(hash, &mut read, size),
        }
        .map(ObjectId)
        .map_err(failed)
    }

    fn converted(
        &mut self,
        path: &RelPath,
        file: File,
        size: u64,
    ) -> Result<ToGitOutcome<'_, File>> {
        if size > CONVERTED_BYTES_MAX {
            return Ok(ToGitOutcome::Unchanged(file));
        }
        let at = self.root.join(path.as_path());
        let Self { attributes, pipeline, handle, index, .. } = self;
        let platform = attributes
            .at_path(path.as_path(), None, &handle.objects)
            .map_err(|error| fault(&at, error.into()))?;
        pipeline
            .convert_to_git(
                file,
                path.as_path(),
                &mut |_, found| {
                    platform.matching_attributes(found);
                },
                &mut |buffer| {
                    let entry = index.entry_by_path(path.as_bytes().into());
                    let Some(entry) = entry else { return Ok(None) };
                    let blob = gix::prelude::Find::try_find(&handle.objects, &entry.id, buffer)?;
                    Ok(blob.filter(|blob| blob.kind == Kind::Blob).map(|_| ()))
                },
            )
            .map_err(|error| fault(&at, error.into()))
    }
}

fn fault(path: &Path, source: Cause) -> Error {
    Error::WorkTree { path: path.to_owned(), source }
}

fn read_link(at: &Path) -> Result<Vec<u8>> {
    let target = fs::read_link(at).map_err(|error| fault(at, error.into()))?;
    Ok(target.into_os_string().into_vec())
}

/// A file and its size. What became a link or a pipe since it was looked at is not opened, and cannot block.
fn open(at: &Path) -> Result<(File, u64)> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(at)
        .map_err(|error| fault(at, error.into()))?;
    let meta = file.metadata().map_err(|error| fault(at, error.into()))?;
    if !meta.is_file() {
        return Err(Error::Changed { path: at.to_owned() });
    }
    Ok((file, meta.len()))
}

fn read_all(at: &Path, read: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| fault(at, error.into()))?;
    Ok(bytes)
}

fn stream_hash(
    hash: gix::hash::Kind,
    read: &mut dyn Read,
    size: u64,
) -> gix::Result<gix::ObjectId> {
    let stop = AtomicBool::new(false);
    compute_stream_hash(hash, Kind::Blob, read, size, &mut gix::progress::Discard, &stop)
}
