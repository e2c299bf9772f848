//! A tree read from front to back: the one walk of whatever goes through a tree entry by entry.

use crate::context::Context;
use crate::entry::{Entry, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Content, Filter, Source, Tree, Visit};

/// Any [`Tree`] as a [`Source`]: the root first, then each entry in canonical order, with its details.
///
/// A directory is left out with all beneath it if it cannot be listed, and any other entry if it cannot be looked at or
/// opened; the observer is told. So it gives the same entries as a capture of the tree by many threads. Only a content that
/// is [`Unmeasured`](Content::Unmeasured) is left out too: what is written from front to back cannot take it back if it fails.
pub struct InOrder<'t> {
    tree: &'t dyn Tree,
    top: Option<Entry>,
    contents: Contents,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contents {
    Opened,
    Left,
}

impl<'t> InOrder<'t> {
    /// All of `tree`.
    #[must_use]
    pub fn new(tree: &'t dyn Tree) -> Self {
        Self { tree, top: None, contents: Contents::Opened }
    }

    /// `top` and what lies beneath it. A filter does not see the directories above.
    #[must_use]
    pub fn beneath(tree: &'t dyn Tree, top: Entry) -> Self {
        Self { top: Some(top), ..Self::new(tree) }
    }

    /// The same without opening any file: each content is [`Content::None`].
    #[must_use]
    pub fn without_contents(self) -> Self {
        Self { contents: Contents::Left, ..self }
    }

    fn top(&self) -> Result<Entry> {
        self.top.clone().map_or_else(|| self.tree.root(), Ok)
    }

    /// Adds the details of `entry`; gives what it holds if it is a directory, and its content if it is a file.
    fn look(&self, ctx: &Context<'_>, entry: &mut Entry) -> Result<(Vec<Entry>, Content<'t>)> {
        self.tree.details(entry)?;
        Ok(match entry.kind {
            Kind::Directory => (self.tree.list(ctx, &entry.path)?, Content::None),
            Kind::File { .. } if self.contents == Contents::Opened => {
                (Vec::new(), measured(entry, self.tree.open(entry)?)?)
            }
            _ => (Vec::new(), Content::None),
        })
    }
}

fn measured<'t>(entry: &Entry, content: Content<'t>) -> Result<Content<'t>> {
    if let Content::Unmeasured(_) = content {
        let why = format!("nobody knows how long {} is before it is read", entry.path);
        return Err(Error::new(ErrorKind::Failed, why));
    }
    Ok(content)
}

impl Source for InOrder<'_> {
    fn read(
        &mut self,
        ctx: &Context<'_>,
        filter: &dyn Filter,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let top = self.top()?;
        let depth = top.path.depth();
        // A stack of directories rather than recursion, so that depth is bounded by memory and not by the stack. Of
        // each the last entry comes first, so that popping gives ascending names.
        let mut stack = vec![vec![top]];
        let (mut entries, mut bytes) = (0u64, 0u64);
        while let Some(level) = stack.last_mut() {
            let Some(mut entry) = level.pop() else {
                stack.pop();
                continue;
            };
            ctx.check()?;
            let (listed, content) = match self.look(ctx, &mut entry) {
                Ok(found) => found,
                Err(error) if entry.path.depth() == depth => return Err(error),
                Err(error) => {
                    ctx.check()?;
                    ctx.observer.problem(Some(&entry.path), &error);
                    continue;
                }
            };
            if visit(&entry, content)?.is_break() {
                return Ok(());
            }
            if entry.is_dir() {
                let mut below = filter.keep(ctx, &entry.path, listed, self.tree)?;
                entries += below.len() as u64;
                bytes = below.iter().fold(bytes, |sum, entry| sum.saturating_add(entry.size()));
                ctx.limits.check(entries, bytes, entry.path.depth())?;
                below.reverse();
                stack.push(below);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::ops::ControlFlow;
    use std::sync::Mutex;

    use super::*;
    use crate::context::{CancelToken, Clock, Limits, Observer};
    use crate::entry::{Metadata, Timestamp};
    use crate::path::RelPath;
    use crate::source::{Everything, Verdict};

    /// Files and directories (whose paths end in `/`) by path; what is named `bad` cannot be read, and of `made` nobody
    /// knows how long it will be.
    struct Memory(BTreeMap<RelPath, Kind>);

    impl Memory {
        fn of(paths: &[&str]) -> Self {
            let kind = |path: &str| match path.strip_suffix('/') {
                Some(_) => Kind::Directory,
                None => Kind::File { size: 2 },
            };
            let parse = |path: &str| RelPath::parse(path.trim_end_matches('/')).unwrap();
            Self(paths.iter().map(|path| (parse(path), kind(path))).collect())
        }

        fn fail(path: &RelPath) -> Result<()> {
            if path.file_name() == Some(b"bad") {
                return Err(Error::new(ErrorKind::Failed, "it is bad"));
            }
            Ok(())
        }
    }

    fn entry(path: &RelPath, kind: &Kind) -> Entry {
        Entry { path: path.clone(), kind: kind.clone(), meta: Metadata::default() }
    }

    impl Tree for Memory {
        fn root(&self) -> Result<Entry> {
            Ok(entry(&RelPath::root(), &Kind::Directory))
        }

        fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
            Self::fail(dir)?;
            let inside = self.0.iter().filter(|(path, _)| path.parent().as_ref() == Some(dir));
            Ok(inside.map(|(path, kind)| entry(path, kind)).collect())
        }

        fn details(&self, entry: &mut Entry) -> Result<()> {
            entry.meta.mode = Some(0o600);
            Ok(())
        }

        fn open(&self, file: &Entry) -> Result<Content<'_>> {
            Self::fail(&file.path)?;
            if file.path.file_name() == Some(b"made") {
                return Ok(Content::Unmeasured(Box::new(std::io::empty())));
            }
            Ok(Content::Bytes(b"hi".into()))
        }
    }

    #[derive(Default)]
    struct Problems(Mutex<Vec<String>>);

    impl Observer for Problems {
        fn problem(&self, path: Option<&RelPath>, _: &(dyn std::error::Error + 'static)) {
            self.0.lock().unwrap().push(path.unwrap().to_string());
        }
    }

    impl Clock for Problems {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }
    }

    /// The paths that are visited, each file with what it holds, and those with a problem.
    fn read(
        source: &mut InOrder<'_>,
        filter: &dyn Filter,
        limits: Limits,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let problems = Problems::default();
        let cancel = CancelToken::default();
        let ctx = Context {
            observer: &problems,
            clock: &problems,
            cancel: &cancel,
            limits,
            threads: 1,
            memory_bytes: 0,
        };
        let mut visited = Vec::new();
        source.read(&ctx, filter, &mut |entry, content| {
            assert_eq!(entry.meta.mode, Some(0o600));
            let mut text = String::new();
            content.into_read().read_to_string(&mut text).unwrap();
            visited.push(format!("{}={text}", entry.path));
            let last = entry.path.file_name() == Some(b"last");
            Ok(if last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let problems = std::mem::take(&mut *problems.0.lock().unwrap());
        Ok((visited, problems))
    }

    #[test]
    fn a_tree_is_read_in_canonical_order_and_trouble_with_one_entry_does_not_end_it() {
        // `a.b` sorts before `a/b` as text and behind it in a tree.
        let tree = Memory::of(&["a/", "a/b", "a/bad/", "a/bad/x", "a.b", "bad", "c/", "made", "z"]);
        let (visited, problems) =
            read(&mut InOrder::new(&tree), &Everything, Limits::default()).unwrap();
        let root = RelPath::root();
        let expected = [&format!("{root}="), "a=", "a/b=hi", "a.b=hi", "c=", "z=hi"];
        assert_eq!(visited, expected);
        assert_eq!(problems, ["a/bad", "bad", "made"]);
    }

    #[test]
    fn a_part_is_read_without_contents_until_the_visitor_has_enough() {
        let tree = Memory::of(&["a/", "a/bad", "a/last", "a/more", "b"]);
        let top = entry(&RelPath::parse("a").unwrap(), &Kind::Directory);
        let mut source = InOrder::beneath(&tree, top).without_contents();
        let (visited, problems) = read(&mut source, &Everything, Limits::default()).unwrap();
        assert_eq!(visited, ["a=", "a/bad=", "a/last="]);
        assert!(problems.is_empty());
    }

    #[test]
    fn a_part_that_cannot_be_read_at_all_is_an_error() {
        let tree = Memory::of(&["bad/", "bad/x"]);
        let top = entry(&RelPath::parse("bad").unwrap(), &Kind::Directory);
        assert!(read(&mut InOrder::beneath(&tree, top), &Everything, Limits::default()).is_err());
    }

    #[test]
    fn what_the_filter_leaves_is_neither_visited_nor_entered() {
        struct NoA;
        impl Filter for NoA {
            fn judge(&self, entry: &Entry, _: &dyn Tree) -> Result<Verdict> {
                let left = entry.path.file_name() == Some(b"a");
                Ok(if left { Verdict::Leave } else { Verdict::Take })
            }
        }
        let tree = Memory::of(&["a/", "a/bad", "b/", "b/a", "b/c"]);
        let (visited, problems) = read(&mut InOrder::new(&tree), &NoA, Limits::default()).unwrap();
        assert_eq!(visited[1..], ["b=", "b/c=hi"]);
        assert!(problems.is_empty());
    }

    #[test]
    fn a_tree_beyond_the_limits_is_refused() {
        let tree = Memory::of(&["a/", "a/b/", "a/b/c"]);
        let limits = Limits::default();
        let narrow = [
            Limits { entries_max: 2, ..limits },
            Limits { bytes_max: 1, ..limits },
            Limits { depth_max: 1, ..limits },
        ];
        for limits in narrow {
            let error = read(&mut InOrder::new(&tree), &Everything, limits).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused);
        }
    }
}
