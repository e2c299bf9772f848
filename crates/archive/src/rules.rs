//! How far an archive is believed, and the limits that follow.

use holdall_tree::{Entry, Kind, Limits, PathError, RelPath};

use crate::error::Fault;
use crate::portable;

/// The longest name in an archive of others, in bytes: what Linux takes.
const NAME_BYTES_MAX: usize = 255;
/// The longest extended attribute of an archive of others, in bytes.
const XATTR_BYTES_MAX: usize = 64 << 10;
/// So much may come of what is stored, whatever its ratio, in bytes.
const RATIO_FREE_BYTES: u64 = 16 << 20;

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

/// What becomes of what is odd, and harms nobody here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Odd {
    /// It is resolved by the documented rules: any name is a name, set-ID bits are taken off.
    #[default]
    Take,
    /// It is refused: names that other systems cannot hold or take for each other, names of version control, set-ID
    /// bits.
    Refuse,
}

/// How large an archive of others may be, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most entries, directories that are only implied among them.
    pub entries: u64,
    /// The most bytes of all files, holes among them.
    pub bytes: u64,
    /// The most bytes of one file, holes among them.
    pub file_bytes: u64,
    /// The deepest path.
    pub depth: usize,
    /// The longest path, in bytes.
    pub path_bytes: usize,
    /// The longest target of a symbolic link, in bytes.
    pub target_bytes: usize,
    /// How many times as large as what is stored its contents may be, once they have 16 MiB.
    pub ratio: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            bytes: 1 << 40,
            file_bytes: 1 << 40,
            depth: 128,
            // What Linux takes, and of a target too.
            path_bytes: 4096,
            target_bytes: 4095,
            ratio: 200,
        }
    }
}

impl Bounds {
    /// True if `size` bytes are too much to come of `stored` ones.
    #[must_use]
    pub fn is_bomb(&self, size: u64, stored: u64) -> bool {
        size > RATIO_FREE_BYTES && size / self.ratio.max(1) > stored
    }
}

/// How an archive is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// How far it is believed.
    pub trust: Trust,
    /// What becomes of what is odd.
    pub odd: Odd,
    /// How large it may be, unless it is one's own.
    pub bounds: Bounds,
}

impl From<Trust> for Terms {
    fn from(trust: Trust) -> Self {
        Self { trust, ..Self::default() }
    }
}

/// What holds for one archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) terms: Terms,
    pub(crate) limits: Limits,
    name_bytes_max: usize,
}

impl Rules {
    pub(crate) fn new(terms: impl Into<Terms>, given: Limits) -> Self {
        let terms = terms.into();
        let bounds = terms.bounds;
        let (limits, name_bytes_max) = match terms.trust {
            Trust::Own => (given, holdall_tree::path::NAME_BYTES_MAX),
            Trust::Nothing => (
                Limits {
                    entries_max: given.entries_max.min(bounds.entries),
                    bytes_max: given.bytes_max.min(bounds.bytes),
                    depth_max: given.depth_max.min(bounds.depth),
                    path_bytes_max: given.path_bytes_max.min(bounds.path_bytes),
                    dir_entries_max: given.dir_entries_max,
                },
                NAME_BYTES_MAX,
            ),
        };
        Self { terms, limits, name_bytes_max }
    }

    pub(crate) fn is_own(&self) -> bool {
        self.terms.trust == Trust::Own
    }

    /// Fails if `size` bytes are too much for `stored` ones.
    pub(crate) fn check_ratio(&self, size: u64, stored: u64) -> Result<(), Fault> {
        let bounds = self.terms.bounds;
        if !self.is_own() && bounds.is_bomb(size, stored) {
            return Err(Fault::Ratio { limit: bounds.ratio });
        }
        Ok(())
    }

    /// The most bytes that one file may have.
    pub(crate) fn file_bytes_max(&self) -> u64 {
        if self.is_own() { self.limits.bytes_max } else { self.terms.bounds.file_bytes }
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
        if self.terms.odd == Odd::Refuse {
            path.components().try_for_each(portable::check)?;
        }
        Ok(path)
    }

    /// Takes off what is not believed, and refuses what cannot be taken off. True if something was taken off.
    pub(crate) fn clean(&self, entry: &mut Entry) -> Result<bool, Fault> {
        if let Kind::Symlink { target } = &entry.kind
            && (target.is_empty()
                || target.len() > self.terms.bounds.target_bytes
                || target.contains(&0))
        {
            return Err(Fault::LinkTarget);
        }
        if self.is_own() {
            return Ok(false);
        }
        if let Kind::CharDevice { .. } | Kind::BlockDevice { .. } | Kind::Fifo | Kind::Socket =
            &entry.kind
        {
            return Err(Fault::Type { what: format!("a {}", entry.kind.word()) });
        }
        let mut taken_off = false;
        if let Some(mode) = &mut entry.meta.mode {
            let set_id = *mode & 0o6000 != 0;
            if set_id && self.terms.odd == Odd::Refuse {
                return Err(Fault::SetId);
            }
            taken_off |= set_id;
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
