//! The catalogue again, parsed inside WebAssembly: each archive ends as it does without.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use holdall::archives::Terms;
use holdall::bounds::Bounds;
use holdall::guest::Guest;
use holdall::source::{self, Homes, Locator, Reading};
use holdall::tree::{
    CancelToken, Clock, ContentHash, Context, Everything, InOrder, Limits, Silent, Source as _,
    Timestamp,
};

use super::{Case, End, SLOWEST, archives, each, refused, restore, state};
use crate::home;

/// An interpreter is slow: what is larger is tried without it alone.
const BYTES_MAX: usize = 4 << 20;

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// All entries with their contents, or why not.
fn verdict(path: &Path, guest: Option<&Guest>) -> Result<Vec<String>, String> {
    let (cancel, limits) = (CancelToken::default(), Limits::default());
    let (observer, clock) = (&Silent, &NoClock);
    let ctx = Context { observer, clock, cancel: &cancel, limits, threads: 1, memory_bytes: 0 };
    let terms = Terms { bounds: Bounds::OF_OTHERS.of_archive(), ..Terms::default() };
    let reading = Reading { terms, guest, ..Reading::default() };
    let locator = Locator::Path(path.to_owned());
    let opened = source::open(&ctx, &locator, Homes::default(), reading).map_err(|e| code(&e))?;
    let mut found = Vec::new();
    let mut walk = InOrder::new(opened.tree());
    let walked = walk.read(&ctx, &Everything, &mut |entry, content| {
        let mut bytes = Vec::new();
        let read = content.into_read().read_to_end(&mut bytes).map_err(|error| error.to_string());
        let content = read.map(|_| ContentHash::of(&bytes));
        found.push(format!("{entry:?} {content:?}"));
        Ok(std::ops::ControlFlow::Continue(()))
    });
    walked.map_err(|error| code(&error))?;
    Ok(found)
}

/// The code for which it was refused, or what was said.
fn code(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(source) = at {
        text.push_str(&format!(": {source}"));
        at = source.source();
    }
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let code = words.into_iter().find(|word| word.starts_with("E_"));
    // How a library words what is damaged is its own.
    let words = text.split(" is damaged").next().unwrap_or_default().to_owned();
    code.map_or(words, str::to_owned)
}

fn small(case: &Case) -> bool {
    case.bytes.len() <= BYTES_MAX
}

#[test]
fn inside_webassembly_each_archive_of_the_catalogue_ends_as_it_does_without() {
    let home = home();
    let guest = Guest::new().unwrap();
    let mut tried = 0;
    each(&home, |case| {
        if !small(case) {
            return;
        }
        tried += 1;
        let path = archives(&home).join(&case.file);
        let began = Instant::now();
        let sealed = verdict(&path, Some(&guest));
        if sealed.is_err() {
            SLOWEST.set(SLOWEST.get().max((began.elapsed(), case.id)));
        }
        match (&case.end, sealed) {
            // Nothing is taken in there that is no archive; out here it is tried as a dump.
            (End::Unread(_), sealed) => assert!(sealed.is_err(), "{}", case.id),
            (_, sealed) => match verdict(&path, None) {
                Err(said) if said.contains("as a dump") => assert!(sealed.is_err(), "{}", case.id),
                open => assert_eq!(sealed, open, "{}", case.id),
            },
        }
    });
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_restore_with_its_parser_inside_webassembly_refuses_and_changes_nothing() {
    let home = home();
    each(&home, |case| {
        // One of each kind through the program itself.
        let ("T03" | "Z01" | "T10" | "S02" | "S22", End::Refused(code)) = (case.id, &case.end)
        else {
            return;
        };
        let before = state(&home.work());
        refused(case, code, restore(&home, case, "t", &["--sandbox", "wasm"]).output());
        assert!(state(&home.work()) == before, "{} changed something", case.id);
    });
}
