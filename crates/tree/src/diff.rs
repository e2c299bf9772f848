//! What differs between two trees, entry by entry.

use crate::context::Context;
use crate::entry::{Entry, Kind};
use crate::error::Result;
use crate::path::RelPath;
use crate::source::{Content, Tree};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only in the second tree.
    Added(Entry),
    /// Only in the first tree.
    Removed(Entry),
    /// In both, but of another kind.
    KindChanged {
        /// In the first tree.
        before: Entry,
        /// In the second tree.
        after: Entry,
    },
    /// The content or link target differs.
    Modified {
        /// In the first tree.
        before: Entry,
        /// In the second tree.
        after: Entry,
    },
    /// Only the metadata differs.
    MetadataChanged {
        /// In the first tree.
        before: Entry,
        /// In the second tree.
        after: Entry,
    },
}

impl Change {
    /// The path that differs.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        match self {
            Self::Added(entry) | Self::Removed(entry) => &entry.path,
            Self::KindChanged { after, .. }
            | Self::Modified { after, .. }
            | Self::MetadataChanged { after, .. } => &after.path,
        }
    }
}

/// How closely contents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// Files of the same size and modification time are taken as equal.
    #[default]
    Quick,
    /// Every byte is compared.
    Bytes,
}

/// Calls `visit` with each difference between `a` and `b`, in canonical order.
///
/// `same` may know that two files or directories are equal without looking (two trees of one repository share IDs);
/// it answers `None` where it cannot tell.
///
/// # Errors
/// If one of the trees cannot be read, or what `visit` returns.
pub fn diff(
    ctx: &Context<'_>,
    a: &dyn Tree,
    b: &dyn Tree,
    compare: Compare,
    same: &dyn Fn(&Entry, &Entry) -> Option<bool>,
    visit: &mut dyn FnMut(Change) -> Result<()>,
) -> Result<()> {
    // A stack of merges rather than recursion, so that depth is bounded by memory and not by the stack.
    let mut stack = vec![merge(ctx, a, b, Some(&RelPath::root()), Some(&RelPath::root()))?];
    while let Some(level) = stack.last_mut() {
        let Some((left, right)) = level.pop() else {
            stack.pop();
            continue;
        };
        ctx.check()?;
        let enter = match (left, right) {
            (Some(left), Some(right)) => both(a, b, compare, same, left, right, visit)?,
            (Some(mut left), None) => {
                a.details(&mut left)?;
                let dir = left.is_dir().then(|| left.path.clone());
                visit(Change::Removed(left))?;
                dir.map(|dir| (Some(dir), None))
            }
            (None, Some(mut right)) => {
                b.details(&mut right)?;
                let dir = right.is_dir().then(|| right.path.clone());
                visit(Change::Added(right))?;
                dir.map(|dir| (None, Some(dir)))
            }
            (None, None) => None,
        };
        if let Some((left, right)) = enter {
            stack.push(merge(ctx, a, b, left.as_ref(), right.as_ref())?);
        }
    }
    Ok(())
}

type Pair = (Option<Entry>, Option<Entry>);

/// The entries of two directories side by side, the last first.
fn merge(
    ctx: &Context<'_>,
    a: &dyn Tree,
    b: &dyn Tree,
    left: Option<&RelPath>,
    right: Option<&RelPath>,
) -> Result<Vec<Pair>> {
    let list = |tree: &dyn Tree, dir: Option<&RelPath>| {
        dir.map_or(Ok(Vec::new()), |dir| tree.list(ctx, dir))
    };
    let (mut left, mut right) = (list(a, left)?, list(b, right)?);
    let mut pairs = Vec::with_capacity(left.len().max(right.len()));
    loop {
        let order = match (left.last(), right.last()) {
            (None, None) => return Ok(pairs.into_iter().collect()),
            (Some(_), None) => std::cmp::Ordering::Greater,
            (None, Some(_)) => std::cmp::Ordering::Less,
            (Some(l), Some(r)) => l.path.file_name().cmp(&r.path.file_name()),
        };
        // Taken from the end of both lists, so that popping the result yields ascending names.
        pairs.push(match order {
            std::cmp::Ordering::Greater => (left.pop(), None),
            std::cmp::Ordering::Less => (None, right.pop()),
            std::cmp::Ordering::Equal => (left.pop(), right.pop()),
        });
    }
}

fn both(
    a: &dyn Tree,
    b: &dyn Tree,
    compare: Compare,
    same: &dyn Fn(&Entry, &Entry) -> Option<bool>,
    mut before: Entry,
    mut after: Entry,
    visit: &mut dyn FnMut(Change) -> Result<()>,
) -> Result<Option<(Option<RelPath>, Option<RelPath>)>> {
    let known = same(&before, &after);
    if known == Some(true) && before.is_dir() && after.is_dir() && !meta_differs(&before, &after) {
        return Ok(None);
    }
    a.details(&mut before)?;
    b.details(&mut after)?;
    let enter =
        (before.is_dir().then(|| before.path.clone()), after.is_dir().then(|| after.path.clone()));
    if std::mem::discriminant(&before.kind) != std::mem::discriminant(&after.kind) {
        visit(Change::KindChanged { before, after })?;
    } else if content_differs(a, b, compare, known, &before, &after)? {
        visit(Change::Modified { before, after })?;
    } else if meta_differs(&before, &after) {
        visit(Change::MetadataChanged { before, after })?;
    }
    Ok(
        if enter == (None, None) || (known == Some(true) && enter.0.is_some() && enter.1.is_some())
        {
            None
        } else {
            Some(enter)
        },
    )
}

fn content_differs(
    a: &dyn Tree,
    b: &dyn Tree,
    compare: Compare,
    known: Option<bool>,
    before: &Entry,
    after: &Entry,
) -> Result<bool> {
    match (&before.kind, &after.kind) {
        (Kind::File { size: x }, Kind::File { size: y }) => {
            if x != y {
                return Ok(true);
            }
            if let Some(known) = known {
                return Ok(!known);
            }
            if compare == Compare::Quick {
                return Ok(before.meta.mtime.is_none() || before.meta.mtime != after.meta.mtime);
            }
            bytes_differ(a.open(before)?, b.open(after)?, &before.path)
        }
        (Kind::Directory, _) => Ok(false),
        (x, y) => Ok(x != y),
    }
}

/// True if two files hold the same bytes, wherever they are.
///
/// # Errors
/// If one of them cannot be read.
pub fn same_content(a: &dyn Tree, left: &Entry, b: &dyn Tree, right: &Entry) -> Result<bool> {
    Ok(left.size() == right.size() && !bytes_differ(a.open(left)?, b.open(right)?, &right.path)?)
}

fn bytes_differ(a: Content<'_>, b: Content<'_>, path: &RelPath) -> Result<bool> {
    let (mut a, mut b) = (a.into_read(), b.into_read());
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let fill = |reader: &mut dyn std::io::Read, buffer: &mut [u8]| -> Result<usize> {
            let mut have = 0;
            while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
                match reader.read(rest) {
                    Ok(0) => break,
                    Ok(n) => have += n,
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(e) => {
                        return Err(crate::Error::new(
                            crate::ErrorKind::Failed,
                            format!("cannot read {path} to compare it: {e}"),
                        ));
                    }
                }
            }
            Ok(have)
        };
        let (n, m) = (fill(&mut *a, &mut left)?, fill(&mut *b, &mut right)?);
        if left.get(..n) != right.get(..m) {
            return Ok(true);
        }
        if n == 0 {
            return Ok(false);
        }
    }
}

/// True if a restore would have to touch the metadata. What one side does not know does not differ.
#[must_use]
pub fn meta_differs(before: &Entry, after: &Entry) -> bool {
    fn differs<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        matches!((a, b), (Some(a), Some(b)) if a != b)
    }
    let (a, b) = (&before.meta, &after.meta);
    let link = matches!(before.kind, Kind::Symlink { .. });
    let sorted = |xattrs: &Option<Vec<crate::Xattr>>| {
        xattrs.clone().map(|mut list| {
            list.sort();
            list
        })
    };
    (!link && differs(&a.mode, &b.mode))
        || differs(&a.uid, &b.uid)
        || differs(&a.gid, &b.gid)
        || differs(&a.mtime, &b.mtime)
        || differs(&sorted(&a.xattrs), &sorted(&b.xattrs))
        || differs(&a.attributes, &b.attributes)
}
