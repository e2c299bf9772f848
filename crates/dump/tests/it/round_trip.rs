//! Whatever is in a tree comes back from each format.

use holdall_dump::{Dump, Format, Toc};
use holdall_testkit::cases;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Files, dumped, files, files_of};

fn check(files: &Files) {
    for format in Format::ALL {
        for toc in [Toc::List, Toc::Tree, Toc::None] {
            let (text, id) = dumped(files, *format, toc);
            let shown = String::from_utf8_lossy(&text).into_owned();
            let dump = match Dump::read(text.clone()) {
                Ok(dump) => dump,
                Err(error) => panic!("{format:?}: {error:?}\n{shown}"),
            };
            assert_eq!(dump.format(), Some(*format));
            assert!(dump.holes().is_empty(), "{format:?}: {:?}\n{shown}", dump.holes());
            assert_eq!(files_of(&dump), *files, "{format:?}\n{shown}");
            assert_eq!(dump.tree_id(), Some(id));
            assert!(!text.contains(&b'\r'), "{format:?}");
            // What a transport did to the ends of lines is undone.
            let carried = shown.replace('\n', "\r\n").into_bytes();
            assert_eq!(files_of(&Dump::read(carried).unwrap()), *files, "{format:?}");
        }
    }
}

#[test]
fn an_empty_tree_is_a_dump() {
    check(&Files::new());
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: cases(64), ..Config::default() })
}

#[test]
fn every_tree_comes_back_from_every_format() {
    let checked = runner().run(&files(), |files| {
        check(&files);
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn no_text_makes_the_reader_panic() {
    let given = (".{0,400}", proptest::sample::select(Format::ALL));
    let read = runner().run(&given, |(text, format)| {
        let (dump, _) = dumped(&Files::new(), format, Toc::List);
        let mut whole = String::from_utf8(dump).unwrap();
        let middle = whole.len() / 2;
        let middle = (0..=middle).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        whole.insert_str(middle, &text);
        let _ = Dump::read(whole.into_bytes());
        Ok(())
    });
    read.unwrap();
}
