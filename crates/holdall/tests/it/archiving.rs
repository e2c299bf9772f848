//! A tree as an archive, and an archive wherever a source is named.

use std::fs::{self, File};
use std::io::Cursor;
use std::path::Path;

use holdall::archive::{PackOptions, Packing, pack, put_start};
use holdall::read::identify;
use holdall::source::{Homes, Reading, open, read_file};
use holdall::tree::{Context, ErrorKind, Everything, InOrder, TreeId};
use holdall::{Locator, Opened};
use holdall_testkit::compare;

use crate::support::{context, tree};

fn opened(ctx: &Context<'_>, path: &Path) -> holdall::Result<Opened<'static>> {
    open(ctx, &Locator::Path(path.to_owned()), Homes::default(), Reading::default())
}

fn id(ctx: &Context<'_>, opened: &Opened<'_>) -> TreeId {
    identify(ctx, opened.tree(), &Everything).unwrap().id
}

#[test]
fn every_archive_of_a_tree_is_that_tree_and_restores_to_it() {
    let home = tempfile::tempdir().unwrap();
    let from = home.path().join("from");
    tree(&from, 3);
    context(|ctx| {
        let directory = opened(ctx, &from).unwrap();
        for packing in Packing::all() {
            // Nothing says that brotli is brotli but its name.
            let path = home.path().join(format!("a.{packing}"));
            let mut source = InOrder::new(directory.tree());
            let file = File::create(&path).unwrap();
            let options = PackOptions::default();
            let written = pack(ctx, &mut source, &Everything, &file, packing, options).unwrap();
            put_start(&written, &file).unwrap();
            let archive = opened(ctx, &path).unwrap();
            assert_eq!(id(ctx, &archive), id(ctx, &directory), "{packing}");
            let name = path.display().to_string();
            let bytes = fs::read(&path).unwrap();
            let streamed = read_file(ctx, &name, Cursor::new(bytes), Reading::default()).unwrap();
            assert_eq!(id(ctx, &streamed), id(ctx, &directory), "{packing} from a stream");
            let target = home.path().join(format!("to.{packing}"));
            let planned =
                holdall::restore::plan(ctx, archive.tree(), &target, &Default::default()).unwrap();
            holdall::restore::apply(ctx, archive.tree(), &archive.name, &planned).unwrap();
            let differences = compare(&from, &target);
            assert!(
                matches!(packing, Packing::Zip | Packing::SevenZ) || differences.is_empty(),
                "{packing}: {differences:?}"
            );
        }
    });
}

#[test]
fn an_archive_that_is_refused_changes_nothing_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let from = home.path().join("from");
    fs::create_dir(&from).unwrap();
    std::os::unix::fs::symlink("../../out", from.join("out")).unwrap();
    context(|ctx| {
        let directory = opened(ctx, &from).unwrap();
        for packing in Packing::all() {
            let path = home.path().join(format!("a.{packing}"));
            let mut source = InOrder::new(directory.tree());
            let file = File::create(&path).unwrap();
            let options = PackOptions::default();
            let written = pack(ctx, &mut source, &Everything, &file, packing, options).unwrap();
            put_start(&written, &file).unwrap();
            let error = opened(ctx, &path).unwrap_err();
            assert_eq!(holdall::tree::Classified::kind(&error), ErrorKind::Refused, "{error}");
        }
    });
}

#[test]
fn an_archive_that_is_cut_off_is_no_source() {
    let home = tempfile::tempdir().unwrap();
    let from = home.path().join("from");
    tree(&from, 1);
    context(|ctx| {
        let directory = opened(ctx, &from).unwrap();
        for packing in Packing::all() {
            let path = home.path().join(format!("a.{packing}"));
            let mut source = InOrder::new(directory.tree());
            let mut bytes = Vec::new();
            let options = PackOptions::default();
            let written =
                pack(ctx, &mut source, &Everything, &mut bytes, packing, options).unwrap();
            if let Some(start) = written.start {
                bytes[..start.len()].copy_from_slice(&start);
            }
            // Not where a frame ends: behind the tar in a tar.zst nothing is missing but its index.
            for end in [bytes.len() / 3, bytes.len() / 2 + 1, bytes.len() - 1] {
                if packing == Packing::Tar(None) && end > bytes.len() / 2 {
                    // Only zeros are missing.
                    continue;
                }
                fs::write(&path, &bytes[..end]).unwrap();
                assert!(opened(ctx, &path).is_err(), "{packing} cut off at {end}");
            }
        }
    });
}
