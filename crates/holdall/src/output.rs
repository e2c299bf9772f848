//! Files that are whole or not there, and their checksums beside them.

mod follow;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdall_archive::checksum_line;
use holdall_disk::{Dir, Draft, Replace, publish};
use holdall_tree::id::ContentHasher;
use holdall_tree::{ContentHash, Name};

pub use follow::{Following, Writing};

use crate::error::{Error, Result};
use follow::Growth;

/// Bytes that are hashed at a time.
const PIECE_BYTES: usize = 128 << 10;

/// Whether a checksum is written beside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sidecar {
    /// `FILE.sha256`, in the form of `sha256sum`.
    Checksum,
    /// Nothing.
    None,
}

/// A file that is written and cannot be seen yet. Dropping it leaves nothing.
#[derive(Debug)]
pub struct Pending {
    draft: Draft,
    hasher: ContentHasher,
    above: PathBuf,
    name: Name,
    sidecar: Sidecar,
    growth: Arc<Growth>,
}

impl Pending {
    /// Begins what is to be `file`.
    ///
    /// # Errors
    /// If that is no name for a file, or the system refuses.
    pub fn begin(file: &Path, sidecar: Sidecar) -> Result<Self> {
        let (above, name) = above_and_name(file)?;
        let draft = Draft::create(Dir::open(above)?, &name, 0o644)?;
        let hasher = ContentHasher::default();
        let (above, growth) = (above.to_owned(), Arc::default());
        Ok(Self { draft, hasher, above, name, sidecar, growth })
    }

    /// What was written so far, to read it back.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn reopen(&self) -> Result<File> {
        Ok(self.draft.reopen()?)
    }

    /// What reads it from its first byte while more is written, and waits for that. It sees the end when the other half is
    /// dropped.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn follow(&self) -> Result<(Following, Writing)> {
        let following = Following::new(self.reopen()?, Arc::clone(&self.growth));
        Ok((following, Writing::new(Arc::clone(&self.growth))))
    }

    /// Puts other bytes at its very beginning, over as many that were written.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn begin_with(&mut self, start: &[u8]) -> Result<()> {
        self.draft.rewrite(start)?;
        // The checksum is one of the bytes in their order.
        let path = || self.above.join(format!("{}", self.name));
        let fail = |source| holdall_disk::Error::Io { doing: "read", path: path(), source };
        let (mut file, mut piece) = (self.draft.reopen()?, vec![0; PIECE_BYTES]);
        let mut hasher = ContentHasher::default();
        loop {
            match file.read(&mut piece).map_err(fail)? {
                0 => break,
                read => hasher.update(piece.get(..read).unwrap_or_default()),
            }
        }
        self.hasher = hasher;
        Ok(())
    }

    /// Makes it appear, in place of what has its name, and its checksum beside it. Gives the checksum.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn publish(self) -> Result<ContentHash> {
        let Self { draft, hasher, above, name, sidecar, .. } = self;
        draft.commit(Replace::Always)?;
        let hash = hasher.finish();
        if sidecar == Sidecar::None {
            return Ok(hash);
        }
        let path = above.join(format!("{name}.sha256"));
        let sidecar = Name::parse([name.as_bytes(), b".sha256"].concat());
        let sidecar = sidecar.map_err(|source| Error::Path { path: path.clone(), source })?;
        // A draft, since it clears away what a run left that was killed here.
        let mut draft = Draft::create(Dir::open(&above)?, &sidecar, 0o644)?;
        draft
            .write_all(&checksum_line(hash, name.as_bytes()))
            .map_err(|source| holdall_disk::Error::Io { doing: "write", path, source })?;
        draft.commit(Replace::Always)?;
        Ok(hash)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.draft.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        self.growth.add(n);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

/// Writes a file that is whole or not there, in place of one that has the name.
///
/// # Errors
/// If that is no name for a file, or the system refuses.
pub fn whole(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let (above, name) = above_and_name(file)?;
    Ok(publish(&Dir::open(above)?, &name, bytes, mode, Replace::Always)?)
}

fn above_and_name(file: &Path) -> Result<(&Path, Name)> {
    let (Some(above), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(Error::Usage(format!("{} is no name for a file", file.display())));
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let name = Name::parse(name.as_encoded_bytes());
    Ok((above, name.map_err(|source| Error::Path { path: file.to_owned(), source })?))
}
