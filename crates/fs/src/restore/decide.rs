//! What a restore does with one entry: the one place where that is decided, for the plan and for its execution.

use std::collections::BTreeSet;

use holdall_tree::diff::meta_differs;
use holdall_tree::{Entry, Kind, RelPath};

/// What happens to files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    /// Every file is written anew.
    Always,
    /// A file of the same size and modification time is taken as equal.
    #[default]
    Changed,
    /// A file is equal only if it is the very same one, by its inode: for a source that shares files with the target.
    Other,
    /// What is there stays; only what is missing is restored.
    Never,
}

/// What happens to entries of the target that the source does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extra {
    /// They stay.
    #[default]
    Keep,
    /// They go as far as the filter takes them; the restore point keeps them.
    Delete,
    /// They go, also those that the filter leaves: afterwards the target is what was taken of the source and no more.
    DeleteAll,
}

/// What happens if a content of the source cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unread {
    /// That file stays as it was, and is named; all others are restored.
    #[default]
    Leave,
    /// Nothing is restored: the source is one whole, of which no part is believed without the others.
    Fail,
}

/// How a restore treats what is there.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// What happens to files that are there already.
    pub overwrite: Overwrite,
    /// What happens to entries that the source does not have.
    pub extra: Extra,
    /// Paths of the target that stay as they are, with all beneath them: a person chose so.
    pub keep: BTreeSet<RelPath>,
    /// What happens if a content cannot be read.
    pub unread: Unread,
}

/// What happens to one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is there as it should be; the staged tree shares it with the target.
    Share,
    /// Its content is there; the staged tree copies it and sets the metadata anew.
    CopyContent,
    /// It is written from the source.
    Write,
}

impl Policy {
    /// Decides about `wanted` where the target has `present`.
    #[must_use]
    pub fn decide(&self, wanted: &Entry, present: Option<&Entry>) -> Decision {
        let Some(present) = present else { return Decision::Write };
        if self.insists(wanted) {
            return Decision::Share;
        }
        if self.is_untouched(wanted, present) && same_links(wanted, present) {
            return Decision::Share;
        }
        let same = match self.overwrite {
            Overwrite::Always => false,
            Overwrite::Other => same_file(wanted, present),
            Overwrite::Changed | Overwrite::Never => same_content(wanted, present),
        };
        if !same {
            return Decision::Write;
        }
        if meta_differs(present, wanted) || !same_links(wanted, present) {
            return if matches!(wanted.kind, Kind::File { .. }) {
                Decision::CopyContent
            } else {
                Decision::Write
            };
        }
        Decision::Share
    }

    /// True if the target has the very file that the source has, and nothing of it was changed since the source was looked
    /// at: then nothing more of it need be looked at.
    #[must_use]
    pub(super) fn is_untouched(&self, wanted: &Entry, present: &Entry) -> bool {
        self.overwrite == Overwrite::Other
            && matches!(wanted.kind, Kind::File { .. })
            && same_file(wanted, present)
            && wanted.meta.ctime.is_some()
            && wanted.meta.ctime == present.meta.ctime
    }

    /// True if what the target has at `wanted` stays as it is, whatever the source has.
    #[must_use]
    pub(super) fn insists(&self, wanted: &Entry) -> bool {
        self.keeps(&wanted.path) || (self.overwrite == Overwrite::Never && !wanted.is_dir())
    }

    /// True if a person chose to keep `path`, or something above it, as it is.
    #[must_use]
    pub fn keeps(&self, path: &RelPath) -> bool {
        !self.keep.is_empty() && self.keep.iter().any(|kept| path.starts_with(kept))
    }
}

fn same_content(wanted: &Entry, present: &Entry) -> bool {
    match (&wanted.kind, &present.kind) {
        (Kind::File { size: a }, Kind::File { size: b }) => {
            // A form that carries no times tells nothing about changes.
            a == b && wanted.meta.mtime.is_some() && wanted.meta.mtime == present.meta.mtime
        }
        (a, b) => a == b,
    }
}

fn same_file(wanted: &Entry, present: &Entry) -> bool {
    let inode = |entry: &Entry| entry.meta.device.zip(entry.meta.inode);
    match (&wanted.kind, &present.kind) {
        (Kind::File { .. }, Kind::File { .. }) => {
            inode(wanted).is_some() && inode(wanted) == inode(present)
        }
        (a, b) => a == b,
    }
}

/// False if the target has several names for a file that has one in the source. Where the source has several, the plan
/// compares them when it knows them all.
fn same_links(wanted: &Entry, present: &Entry) -> bool {
    wanted.meta.hard_link.is_some() || present.meta.hard_link.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdall_tree::{Metadata, Timestamp};

    fn file(size: u64, secs: i64, mode: u32) -> Entry {
        Entry {
            path: RelPath::parse("a").unwrap(),
            kind: Kind::File { size },
            meta: Metadata {
                mode: Some(mode),
                mtime: Some(Timestamp::new(secs, 0)),
                ..Metadata::default()
            },
        }
    }

    #[test]
    fn the_very_file_that_was_not_touched_is_shared_unseen() {
        let policy = Policy { overwrite: Overwrite::Other, ..Policy::default() };
        let seen = |ctime: Option<Timestamp>| {
            let mut file = file(1, 1, 0o644);
            (file.meta.device, file.meta.inode, file.meta.ctime) = (Some(1), Some(2), ctime);
            file
        };
        let (then, later) = (Some(Timestamp::new(5, 0)), Some(Timestamp::new(6, 0)));
        assert!(policy.is_untouched(&seen(then), &seen(then)));
        assert!(!policy.is_untouched(&seen(then), &seen(later)));
        assert!(!policy.is_untouched(&seen(None), &seen(None)));
        assert!(!Policy::default().is_untouched(&seen(then), &seen(then)));
        let mut other = seen(then);
        other.meta.attributes = Some(holdall_tree::Attributes(0x80));
        assert_eq!(policy.decide(&other, Some(&seen(then))), Decision::Share);
    }

    #[test]
    fn a_decision_depends_on_size_time_metadata_and_policy() {
        let wanted = file(1, 1, 0o644);
        let check = |overwrite, present: Option<Entry>, expected| {
            let policy = Policy { overwrite, ..Policy::default() };
            assert_eq!(
                policy.decide(&wanted, present.as_ref()),
                expected,
                "{overwrite:?} {present:?}"
            );
        };
        use Decision::{CopyContent, Share, Write};
        check(Overwrite::Changed, None, Write);
        check(Overwrite::Changed, Some(file(1, 1, 0o644)), Share);
        check(Overwrite::Changed, Some(file(2, 1, 0o644)), Write);
        check(Overwrite::Changed, Some(file(1, 2, 0o644)), Write);
        check(Overwrite::Changed, Some(file(1, 1, 0o600)), CopyContent);
        check(Overwrite::Always, Some(file(1, 1, 0o644)), Write);
        check(Overwrite::Never, Some(file(9, 9, 0o600)), Share);
        check(Overwrite::Never, None, Write);
    }
}
