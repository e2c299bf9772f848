//! What is told of changes of a real directory, by the kernel and by looking.

use std::fs;

use super::*;

const QUICK: Duration = Duration::from_millis(10);

struct Watched {
    temp: tempfile::TempDir,
    watch: Watch,
}

/// Everything but what is called `skip` or begins with `out`.
fn counts(path: &RelPath, _: bool) -> bool {
    !path.components().any(|name| name == b"skip" || name.starts_with(b"out"))
}

fn told() -> WatchOptions {
    WatchOptions { quiet: QUICK, most: Duration::from_secs(60), ..WatchOptions::default() }
}

fn looked() -> WatchOptions {
    WatchOptions { look_every: Some(QUICK), ..told() }
}

impl Watched {
    fn new(options: WatchOptions, files: &[&str]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("root")).unwrap();
        let watch = Watch::new(&temp.path().join("root"), options).unwrap();
        let mut watched = Self { temp, watch };
        files.iter().for_each(|name| watched.write(name));
        watched.watch.arm(&counts).unwrap();
        watched
    }

    fn at(&self, name: &str) -> PathBuf {
        self.temp.path().join("root").join(name)
    }

    fn write(&self, name: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        // Never the same length twice: a look may come within one tick of the clock.
        let before = fs::metadata(self.at(name)).map_or(0, |found| found.len());
        fs::write(self.at(name), vec![b'x'; before as usize + 1]).unwrap();
    }

    fn wait(&mut self) -> Changes {
        match self.watch.wait(&counts, &CancelToken::default()).unwrap() {
            Woken::Changed(changes) => changes,
            Woken::Stopped => panic!("nobody stopped it"),
        }
    }

    /// The next changes are told, and if they are named, these are among them and nothing that does not count is.
    fn expect(&mut self, wanted: &[&str]) {
        let changes = self.wait();
        let paths: Vec<String> = changes.paths.iter().map(ToString::to_string).collect();
        for wanted in wanted {
            assert!(changes.more || paths.iter().any(|path| path == wanted), "{wanted}: {paths:?}");
        }
        assert!(changes.paths.iter().all(|path| counts(path, false)), "{paths:?}");
        assert!(changes.more || !paths.is_empty());
    }
}

fn each(files: &[&str], check: impl Fn(&mut Watched)) {
    for options in [told(), looked()] {
        check(&mut Watched::new(options, files));
    }
}

#[test]
fn a_change_is_told_with_its_path() {
    each(&["a", "d/e/f"], |watched| {
        watched.write("d/e/f");
        watched.expect(&["d/e/f"]);
        fs::remove_file(watched.at("a")).unwrap();
        watched.expect(&["a"]);
        watched.write("b");
        watched.expect(&["b"]);
    });
    let mut watched = Watched::new(told(), &["a"]);
    assert_eq!(watched.watch.looks_because(), None);
    watched.write("a");
    let paths = BTreeSet::from([RelPath::parse("a").unwrap()]);
    assert_eq!(watched.wait(), Changes { paths, more: false });
}

#[test]
fn an_editor_that_saves_by_renaming_is_seen_each_time() {
    each(&["a"], |watched| {
        for _ in 0..3 {
            watched.write(".a.swp");
            fs::rename(watched.at(".a.swp"), watched.at("a")).unwrap();
            watched.expect(&["a"]);
        }
    });
}

#[test]
fn a_new_directory_is_watched_with_all_in_it() {
    each(&[], |watched| {
        watched.write("n/e/w");
        watched.expect(&["n"]);
        watched.write("n/e/w");
        watched.expect(&["n/e/w"]);
    });
}

#[test]
fn a_directory_is_known_by_its_new_name() {
    each(&["d/e/f"], |watched| {
        fs::rename(watched.at("d"), watched.at("moved")).unwrap();
        watched.expect(&["d", "moved"]);
        watched.write("moved/e/f");
        watched.expect(&["moved/e/f"]);
        fs::rename(watched.at("moved"), watched.temp.path().join("away")).unwrap();
        watched.expect(&["moved"]);
        fs::write(watched.temp.path().join("away/e/f"), "").unwrap();
        watched.write("a");
        watched.expect(&["a"]);
    });
}

#[test]
fn what_does_not_count_is_not_told() {
    each(&["skip/a", "out.md"], |watched| {
        watched.write("skip/a");
        watched.write("skip/new/a");
        watched.write("out.md");
        watched.write("out.md-tmp-1");
        fs::rename(watched.at("out.md-tmp-1"), watched.at("out.md")).unwrap();
        watched.write("a");
        watched.expect(&["a"]);
    });
}

#[test]
fn many_changes_are_told_once_and_not_all_are_named() {
    let mut watched = Watched::new(told(), &["d0/a", "d1/a", "d2/a"]);
    (0..10_000).for_each(|nr| watched.write(&format!("d{}/f{nr}", nr % 3)));
    let changes = watched.wait();
    assert!(changes.more && changes.paths.len() == NAMED_MAX, "{changes:?}");
    watched.write("d2/a");
    let paths = BTreeSet::from([RelPath::parse("d2/a").unwrap()]);
    assert_eq!(watched.wait(), Changes { paths, more: false });
}

#[test]
fn when_the_queue_of_the_kernel_overflows_everything_counts_as_changed() {
    let queue = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let events: usize = queue.trim().parse().unwrap();
    let mut watched = Watched::new(told(), &["a"]);
    // Two names, since one change that follows the same one is not told twice.
    for nr in 0..events.min(1 << 20) {
        fs::write(watched.at(if nr % 2 == 0 { "skip" } else { "out" }), "").unwrap();
    }
    watched.write("lost/a");
    assert!(watched.wait().more);
    watched.write("lost/a");
    watched.expect(&["lost/a"]);
}

#[test]
fn where_too_few_can_be_watched_they_are_looked_at() {
    let options = WatchOptions { dirs_max: 2, ..told() };
    let mut watched = Watched::new(options, &["a"]);
    assert_eq!(watched.watch.looks_because(), None);
    watched.write("d/e/f");
    watched.expect(&["d"]);
    assert_eq!(watched.watch.looks_because(), Some("there are more than 2 directories"));
    watched.write("d/e/f");
    watched.expect(&["d/e/f"]);
}

#[test]
fn whoever_waits_can_be_stopped() {
    each(&[], |watched| {
        let cancel = CancelToken::default();
        let other = cancel.clone();
        std::thread::scope(|scope| {
            scope.spawn(move || other.cancel());
            assert_eq!(watched.watch.wait(&counts, &cancel).unwrap(), Woken::Stopped);
        });
    });
}

#[test]
fn a_directory_that_is_gone_is_an_error() {
    each(&["a"], |watched| {
        fs::rename(watched.at(""), watched.temp.path().join("away")).unwrap();
        let gone = watched.watch.wait(&counts, &CancelToken::default()).unwrap_err();
        assert!(matches!(gone, Error::Gone { .. }), "{gone:?}");
        assert!(matches!(watched.watch.arm(&counts), Err(Error::Gone { .. })));
    });
    assert!(Watch::new(Path::new("/proc/self/status"), told()).is_err());
}

#[test]
fn a_directory_that_takes_the_place_is_watched_instead() {
    each(&["a"], |watched| {
        let new = watched.temp.path().join("new");
        fs::create_dir(&new).unwrap();
        fs::rename(watched.at(""), watched.temp.path().join("old")).unwrap();
        fs::rename(&new, watched.at("")).unwrap();
        assert!(watched.wait().more);
        watched.write("b");
        watched.expect(&["b"]);
    });
}
