//! A tree that is read in order holds what a capture of it by many threads takes.

use std::io::Read;
use std::ops::ControlFlow;

use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::read::{identify, walk};
use holdall::select::{SelectOptions, Selection};
use holdall::tree::{
    ContentHash, Entry, Everything, Filter, InOrder, Kind, RelPath, Source, TreeIds,
};
use holdall_testkit::hostile_tree;

use crate::support::context;

#[test]
fn a_tree_has_the_same_id_in_order_and_by_many_threads() {
    let dir = tempfile::tempdir().unwrap();
    hostile_tree(dir.path()).unwrap();
    let tree = DirectoryTree::open(dir.path(), ReadOptions::default()).unwrap();
    let some = SelectOptions { exclude: vec!["*e*".into()], ..SelectOptions::default() };
    // A selection remembers the directories that it entered, so each reading has its own.
    let filters: [&dyn Fn() -> Box<dyn Filter>; 2] =
        [&|| Box::new(Everything), &|| Box::new(Selection::new(some.clone()).unwrap())];
    let mut counts = Vec::new();
    for filter in filters {
        context(|ctx| {
            let (mut ids, mut last) = (TreeIds::default(), None::<RelPath>);
            let mut entries = 0;
            let mut visit = |entry: &Entry, content: holdall::tree::Content<'_>| {
                assert!(last.as_ref().is_none_or(|last| *last < entry.path), "{}", entry.path);
                last = Some(entry.path.clone());
                let mut bytes = Vec::new();
                content.into_read().read_to_end(&mut bytes).unwrap();
                let hash = matches!(entry.kind, Kind::File { .. });
                ids.add(entry, hash.then(|| ContentHash::of(&bytes)));
                entries += 1;
                Ok(ControlFlow::Continue(()))
            };
            InOrder::new(&tree).read(ctx, &*filter(), &mut visit).unwrap();
            let identity = identify(ctx, &tree, &*filter()).unwrap();
            assert_eq!(ids.finish(), (identity.id, identity.full));
            assert_eq!((entries, identity.problems), (identity.entries + 1, 0));
            counts.push(entries);
        });
    }
    assert!(counts[1] > 1 && counts[1] < counts[0], "{counts:?}");
}

#[test]
fn a_walk_leaves_out_where_it_begins_unless_that_is_all_there_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("d/e")).unwrap();
    std::fs::write(dir.path().join("d/e/f"), "f").unwrap();
    let tree = DirectoryTree::open(dir.path(), ReadOptions::default()).unwrap();
    let walked = |top: &str| {
        context(|ctx| {
            let mut paths = Vec::new();
            let top = RelPath::parse(top).unwrap();
            walk(ctx, &tree, &top, &Everything, |entry| -> holdall::Result<()> {
                paths.push(entry.path.to_string());
                Ok(())
            })
            .map(|()| paths)
        })
    };
    assert_eq!(walked("").unwrap(), ["d", "d/e", "d/e/f"]);
    assert_eq!(walked("d").unwrap(), ["d/e", "d/e/f"]);
    assert_eq!(walked("d/e/f").unwrap(), ["d/e/f"]);
    assert!(walked("no").is_err());
}
