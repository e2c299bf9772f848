//! How far an archive is believed, and the limits that follow.

use holdall_tree::{Entry, Kind, Limits, PathError, RelPath};

use crate::error::Fault;

/// The most entries of an archive of others, directories that are only implied among them.
const ENTRIES_MAX: u64 = 1_000_000;
/// The most bytes that the files of an archive of others have, holes among them.
const BYTES_MAX: u64 = 1 << 40;
/// The deepest path in an archive of others.
const DEPTH_MAX: usize = 128;
/// The longest path in an archive of others, in bytes: what Linux takes.
const PATH_BYTES_MAX: usize = 4096;
/// The longest name in an archive of others, in bytes: what Linux takes.
const NAME_BYTES_MAX: usize = 255;
/// The longest target of a symbolic link, in bytes: what Linux takes.
const TARGET_BYTES_MAX: usize = 4095;
/// The longest extended attribute of an archive of others, in bytes.
const XATTR_BYTES_MAX: usize = 64 << 10;

/// How far an archive is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// It may come from anyone. Links that lead out of the tree, devices and pipes are refused; set-user-ID and
    /// set-group-ID bits and extended attributes that are not the user's own are taken off; limits are narrow.
    #[default]
    Nothing,
    /// It was made by whoever reads it. All that it holds is taken, within the limits of the
    /// [`Context`](holdall_tree::Context).
    Own,
}

/// What holds for one archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) trust: Trust,
    pub(crate) limits: Limits,
    name_bytes_max: usize,
}

impl Rules {
    pub(crate) fn new(trust: Trust, given: Limits) -> Self {
        let (limits, name_bytes_max) = match trust {
            Trust::Own => (given, holdall_tree::path::NAME_BYTES_MAX),
            Trust::Nothing => (
                Limits {
                    entries_max: given.entries_max.min(ENTRIES_MAX),
                    bytes_max: given.bytes_max.min(BYTES_MAX),
                    depth_max: given.depth_max.min(DEPTH_MAX),
                    path_bytes_max: given.path_bytes_max.min(PATH_BYTES_MAX),
                    dir_entries_max: given.dir_entries_max,
                },
                NAME_BYTES_MAX,
            ),
        };
        Self { trust, limits, name_bytes_max }
    }

    /// The path of a member. `./` before it, and one slash behind that of a directory, say nothing.
    pub(crate) fn path(&self, raw: &[u8], is_dir: bool) -> Result<RelPath, Fault> {
        if raw.contains(&0) {
            return Err(Fault::NameNul);
        }
        if raw.starts_with(b"/") {
            return Err(Fault::PathAbsolute);
        }
        if raw.is_empty() {
            return Err(Fault::NameEmpty);
        }
        let mut rest = raw;
        while let Some(inside) = rest.strip_prefix(b"./") {
            rest = inside;
        }
        if is_dir {
            if rest.is_empty() || rest == b"." {
                return Ok(RelPath::root());
            }
            rest = rest.strip_suffix(b"/").unwrap_or(rest);
        }
        if rest.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return Err(Fault::PathDots);
        }
        let limit = self.limits.path_bytes_max;
        if rest.len() > limit {
            return Err(Fault::NameLong { limit });
        }
        let limit = self.name_bytes_max;
        let path = RelPath::parse(rest).map_err(|error| match error {
            PathError::Long { .. } => Fault::NameLong { limit },
            _ => Fault::NameEmpty,
        })?;
        if path.is_root() {
            return Err(Fault::NameEmpty);
        }
        if path.components().any(|part| part.len() > limit) {
            return Err(Fault::NameLong { limit });
        }
        let limit = self.limits.depth_max;
        if path.depth() > limit {
            return Err(Fault::Depth { limit });
        }
        Ok(path)
    }

    /// Takes off what is not believed, and refuses what cannot be taken off. True if something was taken off.
    pub(crate) fn clean(&self, entry: &mut Entry) -> Result<bool, Fault> {
        if let Kind::Symlink { target } = &entry.kind
            && (target.is_empty() || target.len() > TARGET_BYTES_MAX || target.contains(&0))
        {
            return Err(Fault::LinkTarget);
        }
        if self.trust == Trust::Own {
            return Ok(false);
        }
        if let Kind::CharDevice { .. } | Kind::BlockDevice { .. } | Kind::Fifo | Kind::Socket =
            &entry.kind
        {
            return Err(Fault::Type { what: format!("a {}", entry.kind.word()) });
        }
        let mut taken_off = false;
        if let Some(mode) = &mut entry.meta.mode {
            taken_off |= *mode & 0o6000 != 0;
            *mode &= !0o6000;
        }
        if let Some(xattrs) = &mut entry.meta.xattrs {
            let before = xattrs.len();
            xattrs.retain(|xattr| {
                xattr.name.starts_with(b"user.") && xattr.value.len() <= XATTR_BYTES_MAX
            });
            taken_off |= xattrs.len() < before;
        }
        Ok(taken_off)
    }
}
