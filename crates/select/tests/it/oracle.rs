//! Git judges the matcher: random ignore files and paths, and for each path the deciding line that
//! `git check-ignore --verbose` names. `HOLDALL_SEED` repeats a run or tries another.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use holdall_select::{IgnoreFiles, Origin, SelectOptions, Selection};
use holdall_tree::RelPath;

use crate::support::{MemoryTree, with_context};

/// A small generator; the same seed gives the same cases everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn pattern(&mut self) -> Vec<u8> {
        const PARTS: &[&[u8]] = &[
            b"a",
            b"b",
            b"a",
            b"b",
            b"c",
            b"*",
            b"*",
            b"**",
            b"?",
            b"/",
            b"/",
            b"/",
            b"/**/",
            b"/**",
            b"**/",
            b"!",
            b"#",
            b" ",
            b"\\",
            b"\\ ",
            b"\\*",
            b"\\/",
            b"[",
            b"]",
            b"[ab]",
            b"[!a]",
            b"[a-c]",
            b"[^b]",
            b"[]-a]",
            b"[\\]a]",
            b"[[:alpha:]]",
            b"[[:punct:]b]",
            b"[a-",
            b"[[:x:]]",
            b"[[:",
            b"-",
            b"\xff",
            b"\xc3\xa9",
            b"***",
            b"{a,b}",
        ];
        let mut out = Vec::new();
        if self.below(5) == 0 {
            out.push(b'!');
        }
        if self.below(6) == 0 {
            out.push(b'/');
        }
        for _ in 0..=self.below(5) {
            out.extend_from_slice(self.pick(PARTS));
        }
        if self.below(5) == 0 {
            out.push(b'/');
        }
        out
    }

    fn ignore_file(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.below(12) == 0 {
            out.extend_from_slice(b"\xef\xbb\xbf");
        }
        for _ in 0..=self.below(5) {
            out.extend(self.pattern());
            out.extend_from_slice(self.pick(&[
                &b""[..],
                b"",
                b"",
                b"",
                b" ",
                b"  ",
                b"\\ ",
                b"\r",
                b" \r",
                b"\0x",
            ]));
            out.extend_from_slice(self.pick(&[
                &b"\n"[..],
                b"\n",
                b"\n",
                b"\r\n",
                b"\n\n",
                b"\n# c\n",
            ]));
        }
        if self.below(4) == 0 {
            out.pop();
        }
        out
    }

    fn path(&mut self, base: &[u8]) -> Vec<u8> {
        const NAMES: &[&[u8]] = &[
            b"a",
            b"b",
            b"c",
            b"ab",
            b"ba",
            b"aab",
            b"a",
            b"b",
            b"a b",
            b"a ",
            b"!a",
            b"#a",
            b"*",
            b"a*",
            b"\\",
            b"a\\",
            b"[a]",
            b"]",
            b"-",
            b"\xff",
            b"\xc3\xa9",
            b"a\xff",
            b"{a,b}",
            b"a\r",
        ];
        let mut out = base.to_vec();
        for _ in 0..=self.below(4) {
            if !out.is_empty() {
                out.push(b'/');
            }
            out.extend_from_slice(self.pick(NAMES));
        }
        out
    }
}

/// One repository: what lies where. `None` is a directory.
#[derive(Default)]
struct Case {
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Case {
    fn random(random: &mut Random, rooms: usize) -> Self {
        let mut case = Self::default();
        if random.below(3) == 0 {
            case.put(b".gitignore", Some(random.ignore_file()));
        }
        if random.below(3) == 0 {
            case.put(b".git/info/exclude", Some(random.ignore_file()));
        }
        for room in 0..rooms {
            let base = format!("r{room}").into_bytes();
            case.put(&[&base[..], b"/.gitignore"].concat(), Some(random.ignore_file()));
            for _ in 0..14 {
                let path = random.path(&base);
                let content = (random.below(4) > 0).then(Vec::new);
                case.put(&path, content);
                if random.below(5) == 0 {
                    let dir = path.rsplitn(2, |b| *b == b'/').nth(1).unwrap();
                    case.put(&[dir, b"/.gitignore"].concat(), Some(random.ignore_file()));
                }
            }
        }
        case
    }

    /// Adds an entry unless another is in the way.
    fn put(&mut self, path: &[u8], content: Option<Vec<u8>>) {
        let above =
            path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| path[..at].to_vec());
        let above: Vec<Vec<u8>> = above.collect();
        let blocked = above.iter().any(|dir| matches!(self.entries.get(dir), Some(Some(_))));
        if !blocked && !self.entries.contains_key(path) {
            above.into_iter().for_each(|dir| drop(self.entries.insert(dir, None)));
            self.entries.insert(path.to_vec(), content);
        }
    }

    /// For each path, the line that decides: its file, its number, its text. `None` if none does.
    fn git_says(&self, root: &Path) -> BTreeMap<Vec<u8>, Option<(String, u64)>> {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(root).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
            command
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .env_remove("GIT_DIR");
            command.env_remove("XDG_CONFIG_HOME").env("HOME", root);
            command.spawn().unwrap()
        };
        assert!(git(&["init", "-q", "."]).wait().unwrap().success());
        for (path, content) in &self.entries {
            let path = root.join(OsStr::from_bytes(path));
            match content {
                None => fs::create_dir_all(path).unwrap(),
                Some(content) => fs::write(path, content).unwrap(),
            }
        }
        let mut child = git(&["check-ignore", "--no-index", "-v", "-n", "--stdin", "-z"]);
        let mut stdin = child.stdin.take().unwrap();
        let mut input = Vec::new();
        for path in self.asked() {
            input.extend_from_slice(path);
            input.push(0);
        }
        let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
        let output = child.wait_with_output().unwrap().stdout;
        writer.join().unwrap();
        let fields: Vec<&[u8]> = output.split(|b| *b == 0).collect();
        let records = fields.chunks_exact(4);
        let decided = records.map(|record| {
            let file = String::from_utf8(record[0].to_vec());
            let line = std::str::from_utf8(record[1]).unwrap().parse().ok();
            (
                record[3].to_vec(),
                line.map(|line| (file.unwrap_or_else(|e| shown(e.as_bytes())), line)),
            )
        });
        decided.collect()
    }

    fn asked(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.entries
            .keys()
            .filter(|path| !path.starts_with(b".git") || path.starts_with(b".gitignore"))
    }

    fn we_say(&self) -> BTreeMap<Vec<u8>, Option<(String, u64)>> {
        let mut tree = MemoryTree::default();
        for (path, content) in &self.entries {
            match content {
                None => tree.dir(path),
                Some(content) => tree.file(path, content),
            }
        }
        let options = SelectOptions { ignore_files: IgnoreFiles::All, ..SelectOptions::default() };
        let selection = Selection::new(options).unwrap();
        let decided = self.asked().map(|path| {
            let parsed = RelPath::parse(path).unwrap();
            let told = with_context(|ctx| selection.explain(ctx, &parsed, &tree)).unwrap();
            let origin = told.because.into_iter().next().map(|rule| rule.origin);
            let line = origin.map(|origin| match origin {
                Origin::Line { file, line } => (file, line),
                Origin::Flag(flag) => panic!("{flag} decides about {}", shown(path)),
            });
            (path.clone(), line)
        });
        decided.collect()
    }
}

fn shown(bytes: &[u8]) -> String {
    holdall_tree::path::printable(bytes).into_owned()
}

#[test]
fn git_agrees_on_every_path() {
    let seed =
        std::env::var("HOLDALL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_250_101);
    let mut random = Random(seed);
    let (mut compared, mut decided) = (0, 0);
    for _ in 0..20 {
        let case = Case::random(&mut random, 12);
        let dir = tempfile::tempdir().unwrap();
        let (git, ours) = (case.git_says(dir.path()), case.we_say());
        assert_eq!(git.len(), ours.len());
        for ((path, theirs), (_, ours)) in git.iter().zip(&ours) {
            compared += 1;
            decided += usize::from(theirs.is_some());
            // Git names files as bytes, we as text that is safe to print.
            let theirs = theirs.as_ref().map(|(file, line)| (shown(file.as_bytes()), *line));
            assert!(
                theirs == *ours,
                "{}",
                report(&case, path, theirs.as_ref(), ours.as_ref(), seed)
            );
        }
    }
    assert!(compared >= 4000 && decided * 5 > compared, "{compared} compared, {decided} decided");
}

/// The path, both answers, and every ignore file above it: all that is needed to see why.
fn report(
    case: &Case,
    path: &[u8],
    git: Option<&(String, u64)>,
    ours: Option<&(String, u64)>,
    seed: u64,
) -> String {
    let mut out = format!("seed {seed}, path {}\n  git: {git:?}\n  we:  {ours:?}\n", shown(path));
    for (name, content) in &case.entries {
        let dir =
            name.strip_suffix(b".gitignore").or_else(|| name.strip_suffix(b".git/info/exclude"));
        if let (Some(dir), Some(content)) = (dir, content)
            && path.starts_with(dir)
        {
            out += &format!("--- {}\n", shown(name));
            for (number, line) in (1..).zip(content.split(|b| *b == b'\n')) {
                out += &format!("{number:3} {}\n", shown(line));
            }
        }
    }
    out
}
