//! What the tests share.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use holdall_archive::relay::{Parser, RelayedTree, Request, Seen, answer, tell, told};
use holdall_archive::{Bytes, Error, MemoryBytes, Terms};
use holdall_testkit::{TreeSpec, arb_tree, cases};
use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Everything, InOrder, Limits, Note, Observer,
    ReadAt, RelPath, Result, Source, Timestamp, Tree, TreeId, TreeIds,
};
use proptest::test_runner::{Config, TestRunner};

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) problems: Mutex<Vec<String>>,
    pub(crate) notes: Mutex<Vec<String>>,
    cancel: CancelToken,
}

impl Observer for Told {
    fn problem(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        self.problems.lock().unwrap().push(format!("{path:?}: {error}"));
    }

    fn note(&self, note: &Note) {
        if let Note::Other(text) = note {
            self.notes.lock().unwrap().push(text.clone());
        }
    }
}

impl Clock for Told {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

impl Told {
    pub(crate) fn ctx(&self) -> Context<'_> {
        Context {
            observer: self,
            clock: self,
            cancel: &self.cancel,
            limits: Limits::default(),
            threads: 1,
            memory_bytes: 1 << 20,
        }
    }
}

/// Every entry of a tree with its content, by path as bytes.
pub(crate) fn contents(tree: &dyn Tree) -> BTreeMap<Vec<u8>, (Entry, Vec<u8>)> {
    let told = Told::default();
    let mut found = BTreeMap::new();
    InOrder::new(tree)
        .read(&told.ctx(), &Everything, &mut |entry, content| {
            let mut bytes = Vec::new();
            content.into_read().read_to_end(&mut bytes).unwrap();
            assert_eq!(entry.size(), bytes.len() as u64, "{}", entry.path);
            found.insert(entry.path.as_bytes().to_vec(), (entry.clone(), bytes));
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
    assert!(told.problems.lock().unwrap().is_empty());
    found
}

/// A parser beside this one, asked as one out of reach is.
pub(crate) struct Near;

impl Parser<MemoryBytes> for Near {
    fn ask(&self, request: &Request, seen: Seen<MemoryBytes>) -> io::Result<Box<dyn Read + Send>> {
        let request = Request::of_bytes(&request.to_bytes()).unwrap();
        let given: &'static Given = Box::leak(Box::new(Given { seen, unread: Mutex::default() }));
        match answer(request, given) {
            Ok(read) => Ok(Box::new(Retold { read, given })),
            Err(error) => Err(given.retold(&error)),
        }
    }
}

/// What the parser reads. Why it could not be read is nothing that the parser gets to know.
struct Given {
    seen: Seen<MemoryBytes>,
    unread: Mutex<Option<io::Error>>,
}

impl Given {
    fn retold(&self, error: &io::Error) -> io::Error {
        self.unread.lock().unwrap().take().unwrap_or_else(|| told(&tell(error)))
    }
}

impl ReadAt for Given {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.seen.read_at(buffer, offset).map_err(|error| {
            *self.unread.lock().unwrap() = Some(error);
            io::Error::other("it cannot be read")
        })
    }
}

impl Bytes for Given {
    fn length(&self) -> u64 {
        self.seen.length()
    }
}

/// An answer whose errors are told.
struct Retold {
    read: Box<dyn Read + Send>,
    given: &'static Given,
}

impl Read for Retold {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read.read(buffer).map_err(|error| self.given.retold(&error))
    }
}

/// An archive as a parser out of reach tells it.
pub(crate) fn relayed(bytes: Vec<u8>, terms: Terms) -> Result<RelayedTree<MemoryBytes, Near>> {
    relayed_with(bytes, terms, None)
}

/// The same with a passphrase.
pub(crate) fn relayed_with(
    bytes: Vec<u8>,
    terms: Terms,
    passphrase: Option<&str>,
) -> Result<RelayedTree<MemoryBytes, Near>> {
    let given = || Ok(passphrase.map(|text| text.as_bytes().to_vec()));
    RelayedTree::open(&Told::default().ctx(), MemoryBytes(bytes), Near, terms, given)
}

/// The ID of a tree.
pub(crate) fn tree_id(tree: &dyn Tree) -> TreeId {
    let mut ids = TreeIds::default();
    for (entry, bytes) in contents(tree).into_values() {
        ids.add(&entry, Some(ContentHash::of(&bytes)));
    }
    ids.finish().0
}

/// The code of the fault for which an archive was refused, and where it says that it is.
pub(crate) fn refusal(error: &holdall_tree::Error) -> (String, u64, String) {
    match error.get_ref().downcast_ref::<Error>() {
        Some(Error::Refused { number, fault, name, .. }) => {
            (fault.code().to_owned(), *number, name.clone())
        }
        _ => panic!("it was not refused: {error:?}"),
    }
}

/// Runs a program that must succeed; gives what it printed.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}

/// A directory beneath `home`.
pub(crate) fn make_dir(home: &Path, name: &str) -> std::path::PathBuf {
    let dir = home.join(name);
    std::fs::create_dir(&dir).unwrap();
    dir
}

/// Tries a property of trees so often. The runner is our own: every other try costs a process, and the macro would let
/// the environment ask for a thousand.
pub(crate) fn property(count: u32, check: impl Fn(TreeSpec)) {
    let config = Config { cases: cases(count), failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&arb_tree(), |spec| {
        check(spec);
        Ok(())
    });
    tried.unwrap();
}
