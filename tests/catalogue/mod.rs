//! The catalogue of archives that mean harm: each ends as it must, through the program itself, and nothing outside of the
//! target changes, whichever layer of protection is missing.

mod quine;
mod sealed;
mod sevens;
mod tars;
mod zips;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use holdall_testkit::{Home, Outcome};

use crate::home;

/// The most memory that an archive may take, in bytes.
const MEMORY_MAX: u64 = 256 << 20;
/// The same for one that has as many entries as it may: they are held until there is one too many.
const MEMORY_MAX_OF_MANY: u64 = 512 << 20;

/// Where `docs/archives.md` deliberately has another rule than the catalogue.
const OTHER_RULES: [(&str, &str); 24] = [
    ("T05", "names are bytes; a backslash is a letter"),
    ("T06a", "names are bytes; a colon is a letter"),
    ("T06b", "names are bytes; a colon is a letter"),
    ("T07a", "names are bytes; a backslash is a letter"),
    ("T20", "a slash behind the name of a link is no name"),
    ("T29", "modes are those of the archive"),
    ("T36", "an extended header and a long name are one too many"),
    ("T42b", "names that differ are two names"),
    ("T43a", "names that differ are two names"),
    ("T43b", "names that differ are two names"),
    ("T44a", "names are bytes, whatever they end with"),
    ("T45a", "names are bytes; devices are named otherwise here"),
    ("T46a", "names are bytes; a colon is a letter"),
    ("T54a", "what is shorter than a header is not told to be a tar"),
    ("T60", "names are bytes"),
    ("T61a", "git is not asked to obey what is restored"),
    ("T67", "a time is kept if the file system can hold it"),
    ("T71", "zeros alone are not told to be a tar"),
    ("Z04", "names are bytes; a colon is a letter"),
    ("Z08", "that the name in the directory leads out is said first"),
    ("Z16", "what does not begin as a zip is not told to be one"),
    ("Z33", "a directory has no size"),
    ("Z34", "a slash behind the name of a link is no name"),
    ("Z45b", "what follows a compressed stream is damage"),
];

thread_local! {
    /// The longest run of a test that ended in a refusal, and the archive that it was of.
    static SLOWEST: Cell<(Duration, &'static str)> = const { Cell::new((Duration::ZERO, "none")) };
}

/// One archive.
pub(crate) struct Case {
    /// Its number in the catalogue, with a letter where that has several.
    pub(crate) id: &'static str,
    /// What its file is called: the ending tells a tar that is compressed.
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
    /// The code with which it is refused where what is odd is refused, if it is taken else.
    pub(crate) strict: Option<&'static str>,
}

/// How it must end.
pub(crate) enum End {
    /// Refused for this reason, before anything is written.
    Refused(&'static str),
    /// Refused while it was staged, for a content that is not what its entry says.
    Broken(&'static str),
    /// Not read as an archive at all, for this reason.
    Unread(&'static str),
    /// Taken by the documented rule: these files with these contents, among others.
    Taken(Vec<(Vec<u8>, Vec<u8>)>),
}

impl Case {
    pub(crate) fn new(id: &'static str, ending: &str, bytes: Vec<u8>, end: End) -> Self {
        Self { id, file: format!("{id}.{ending}"), bytes, end, strict: None }
    }
}

/// All that a look tells of what lies beneath a directory but of the directory itself, which has a time of last change.
fn state(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    look(dir, true)
}

/// The same, with or without the times of change of inodes: what a restore keeps has a second name while it is staged.
fn look(dir: &Path, changes: bool) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let look = [meta.ino(), meta.nlink(), meta.mode().into(), meta.size()];
            let changed = if changes { [meta.ctime(), meta.ctime_nsec()] } else { [0; 2] };
            let times = [[meta.mtime(), meta.mtime_nsec()], changed];
            let mut seen = format!("{look:?} {times:?} ").into_bytes();
            if meta.is_dir() {
                open.push(path.clone());
            } else if meta.is_symlink() {
                seen.extend(std::fs::read_link(&path).unwrap().as_os_str().as_bytes());
            } else {
                seen.extend(std::fs::read(&path).unwrap());
            }
            found.insert(path, seen);
        }
    }
    found
}

/// A target with something in it, and canaries around it.
fn scene(home: &Home) {
    let _ = std::fs::remove_dir_all(home.work());
    home.write("t/old", "old");
    home.write("t/sub/old", "old");
    home.write("outside/canary", "canary");
    home.write("outside/dir/canary", "canary");
    home.write("canary", "canary");
    home.write("moo", "canary");
    std::os::unix::fs::symlink("outside", home.path("link")).unwrap();
}

fn archives(home: &Home) -> PathBuf {
    home.home().join("archives")
}

fn restore(home: &Home, case: &Case, to: &str, more: &[&str]) -> holdall_testkit::Run {
    let file = archives(home).join(&case.file);
    let file = file.to_str().unwrap();
    let mut args = vec!["restore", file, "--to", to, "--overwrite", "always", "--yes"];
    args.extend(["--log-format", "json", "-v"]);
    args.extend(more);
    home.run(args)
}

/// Its own words, and the most memory that it took.
fn told(case: &Case, outcome: &Outcome) -> (String, u64) {
    if outcome.code != 0 {
        SLOWEST.set(SLOWEST.get().max((outcome.took, case.id)));
    }
    let text = outcome.error_text();
    assert!(!text.contains("panicked"), "{}: {text}", case.id);
    let peak = text.split("\"peak_memory_bytes\":").nth(1).unwrap();
    let peak = peak.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    (text, peak)
}

fn refused(case: &Case, code: &str, outcome: Outcome) {
    let outcome = outcome.exits(4);
    let (text, peak) = told(case, &outcome);
    assert!(text.contains(code), "{} is to be refused by {code}: {text}", case.id);
    let most = if case.id == "T53b" { MEMORY_MAX_OF_MANY } else { MEMORY_MAX };
    assert!(peak < most, "{} took {peak} bytes", case.id);
}

/// Writes all archives, and gives them to `judge` one by one. Says which took longest to be refused, which is judged by nobody but who
/// reads it (`--nocapture`): no test fails for a slow machine.
#[expect(clippy::print_stdout, reason = "a figure for who runs the tests, seen only on request")]
fn each(home: &Home, mut judge: impl FnMut(&Case)) {
    scene(home);
    std::fs::create_dir_all(archives(home)).unwrap();
    let out = home.path("outside").into_os_string().into_encoded_bytes();
    let cases = [tars::cases(&out), zips::cases(&out), sevens::cases(&out)];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    for case in &cases {
        let file = archives(home).join(&case.file);
        std::fs::write(&file, &case.bytes).unwrap();
        judge(case);
        std::fs::remove_file(&file).unwrap();
    }
    let (took, id) = SLOWEST.take();
    println!("of {} archives, {id} took longest to be refused: {took:?}", cases.len());
}

#[test]
fn each_archive_of_the_catalogue_ends_as_it_must_and_changes_nothing_else() {
    let home = home();
    let mut ids = Vec::new();
    each(&home, |case| {
        ids.push(case.id);
        let before = state(&home.work());
        match &case.end {
            End::Refused(code) => {
                refused(case, code, restore(&home, case, "t", &[]).output());
                // The verdict of a look at it is the same.
                refused(case, code, restore(&home, case, "t", &["--dry-run"]).output());
                assert!(state(&home.work()) == before, "{} changed something", case.id);
            }
            End::Broken(code) => {
                let before = look(&home.work(), false);
                refused(case, code, restore(&home, case, "t", &[]).output());
                assert!(look(&home.work(), false) == before, "{} changed something", case.id);
            }
            End::Unread(code) => {
                let outcome = restore(&home, case, "t", &[]).output().exits(1);
                assert!(told(case, &outcome).0.contains(code), "{}", case.id);
                assert!(state(&home.work()) == before, "{} changed something", case.id);
            }
            End::Taken(files) => {
                let outcome = restore(&home, case, "t", &["--delete"]).output().success();
                told(case, &outcome);
                for (name, content) in files {
                    let path = home.path("t").join(Path::new(std::ffi::OsStr::from_bytes(name)));
                    assert_eq!(&std::fs::read(&path).unwrap(), content, "{} {path:?}", case.id);
                }
                let outside = |state: BTreeMap<PathBuf, Vec<u8>>| -> Vec<_> {
                    let (target, beside) = (home.path("t"), home.path(".t.holdall"));
                    let of_target =
                        |path: &Path| path.starts_with(&target) || path.starts_with(&beside);
                    state.into_iter().filter(|(path, _)| !of_target(path)).collect()
                };
                assert!(outside(state(&home.work())) == outside(before), "{} reached out", case.id);
                scene(&home);
            }
        }
        if let Some(code) = case.strict {
            let before = state(&home.work());
            refused(case, code, restore(&home, case, "t", &["--trust", "strict"]).output());
            assert!(state(&home.work()) == before, "{} changed something", case.id);
        }
    });
    // What is taken elsewhere than here stands in the table.
    assert!(OTHER_RULES.iter().all(|(id, why)| ids.contains(id) && !why.is_empty()));
    // None is missing.
    let number = |id: &str| id.trim_end_matches(char::is_alphabetic).to_owned();
    let found: std::collections::BTreeSet<String> = ids.into_iter().map(number).collect();
    let tars = (1..=72).map(|nr| format!("T{nr:02}"));
    let zips = (1..=45).map(|nr| format!("Z{nr:02}"));
    let sevens = (1..=28).map(|nr| format!("S{nr:02}"));
    assert_eq!(found, tars.chain(zips).chain(sevens).collect());
}

#[test]
fn with_any_layer_missing_no_archive_of_the_catalogue_reaches_outside() {
    let home = home();
    // The archive is believed, so that the judgement of its names and links is missing too.
    each(&home, |case| {
        if case.bytes.len() > 1 << 16 {
            return;
        }
        for without in ["beneath", "landlock", "seccomp"] {
            let before = state(&home.path("outside"));
            let run = restore(&home, case, "in/t", &["--trust", "own", "--max-bytes", "1G"]);
            let outcome = run.env("FAULTS_WITHOUT", without).output();
            assert!([0, 1, 3, 4].contains(&outcome.code), "{}: {}", case.id, outcome.error_text());
            told(case, &outcome);
            assert!(state(&home.path("outside")) == before, "{} without {without}", case.id);
            for path in ["moo", "canary"] {
                assert_eq!(std::fs::read(home.path(path)).unwrap(), b"canary", "{}", case.id);
            }
            let _ = std::fs::remove_dir_all(home.path("in"));
        }
    });
}
