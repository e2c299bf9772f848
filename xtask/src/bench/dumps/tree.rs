//! The trees that are dumped: source text of published crates, one huge file, and what a developer has.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::corpus::{Scale, Weight, noise, read_all, vocabulary, weigh};
use super::super::pool;
use crate::shell::{self, Doing, Result, output_of, program};

/// The trees that are there for everybody.
pub(super) const NAMES: [&str; 4] = ["small", "middle", "large", HUGE];
pub(super) const HUGE: &str = "huge";

/// Crates of more bytes hold generated bindings and libraries, which would be most of the large tree.
const CRATE_MAX: u64 = 1_000_000;
/// What is made where crates are published and taken, and would tell programs to leave files.
const LEFT: [&str; 3] = [".gitignore", ".cargo-checksum.json", ".cargo-ok"];
/// What an edit appends.
const EDIT: &[u8] = b"// one more line\n";
const MIB: usize = 1 << 20;

pub(super) struct Tree {
    pub(super) name: String,
    /// What it is, for the report.
    pub(super) about: String,
    pub(super) dir: PathBuf,
}

impl Tree {
    /// The tree of this name, made where it is not there yet; that of a developer is copied each time.
    pub(super) fn prepare(
        name: &str,
        own: Option<&Path>,
        dir: &Path,
        scale: Scale,
    ) -> Result<Self> {
        let trees = dir.join("dumps/trees");
        let at = trees.join(name);
        let done = trees.join(format!("{name}.done"));
        let pool = dir.join("corpus");
        let chosen = match (name, own) {
            (_, Some(_)) => None,
            ("small", _) => Some(vec![one_crate(&pool, scale, &["regex-automata"])?]),
            ("middle", _) => Some(vec![one_crate(&pool, scale, &["tokio", "rustix"])?]),
            ("large", _) => Some(many_crates(&pool, scale)?),
            _ => None,
        };
        let about = match (&chosen, own) {
            (_, Some(_)) => "a checkout".to_owned(),
            (Some(crates), _) if name == "large" => format!("{} published crates", crates.len()),
            (Some(crates), _) => {
                let crates = crates.first().and_then(|dir| dir.file_name()).unwrap_or_default();
                format!("the crate {}", crates.to_string_lossy())
            }
            (None, None) => "one file of words, one of noise and a very small one".to_owned(),
        };
        let tree = Self { name: name.to_owned(), about, dir: at.clone() };
        if done.exists() && own.is_none() {
            return Ok(tree);
        }
        println!("bench: making tree {name}");
        shell::remove_dir(&at)?;
        shell::make_dir(&at)?;
        // An empty repository around all trees: nobody looks for ignore files and history further above.
        shell::run(program("git", ["init", "--quiet"]).arg(&trees))?;
        match (chosen, own) {
            (Some(crates), _) => {
                for one in &crates {
                    // A tree of one crate is that crate.
                    let to = if crates.len() == 1 { at.clone() } else { at.join(name_of(one)) };
                    copy_all(one, &to, &shell::all_beneath(one)?)?;
                }
            }
            (None, Some(own)) => copy_all(own, &at, &files_of(own)?)?,
            (None, None) => huge(&at, scale)?,
        }
        shell::write(&done, "")?;
        Ok(tree)
    }

    pub(super) fn weight(&self) -> Result<Weight> {
        weigh(&self.dir)
    }

    /// Brings the whole tree into memory, so that nobody pays for being first.
    pub(super) fn read_all(&self) -> Result<()> {
        read_all(&self.dir)
    }

    /// The regular files, relative to the top.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for path in shell::all_beneath(&self.dir)? {
            if path.is_file() && !path.is_symlink() {
                paths.extend(path.strip_prefix(&self.dir).ok().map(Path::to_path_buf));
            }
        }
        Ok(paths)
    }

    /// Edits a file from the middle of the tree.
    pub(super) fn edit(&self) -> Result<()> {
        let path = self.edited()?;
        let what = format!("cannot edit {}", path.display());
        let mut file = OpenOptions::new().append(true).open(&path).doing(&what)?;
        file.write_all(EDIT).doing(&what)
    }

    /// Takes the edit back, if there is one.
    pub(super) fn revert(&self) -> Result<()> {
        let path = self.edited()?;
        let what = format!("cannot edit {} back", path.display());
        let content = fs::read(&path).doing(&what)?;
        let Some(before) = content.strip_suffix(EDIT) else { return Ok(()) };
        let file = OpenOptions::new().write(true).open(&path).doing(&what)?;
        file.set_len(before.len() as u64).doing(&what)
    }

    /// The file in the middle of those that programs take for source text.
    fn edited(&self) -> Result<PathBuf> {
        let paths = self.paths()?;
        let is_source = |path: &&PathBuf| {
            path.extension().is_some_and(|end| ["rs", "py", "md", "txt"].iter().any(|e| end == *e))
        };
        let sources: Vec<&PathBuf> = paths.iter().filter(is_source).collect();
        let path = sources.get(sources.len() / 2).ok_or("the tree has no file to edit")?;
        Ok(self.dir.join(path))
    }
}

fn name_of(dir: &Path) -> &Path {
    Path::new(dir.file_name().unwrap_or_default())
}

/// The first of some crates that is there; a quick race has fewer.
fn one_crate(dir: &Path, scale: Scale, names: &[&str]) -> Result<PathBuf> {
    let pool = pool::prepare(dir, scale)?;
    let there = names.iter().map(|name| pool.join(name)).find(|path| path.is_dir());
    there.ok_or_else(|| format!("none of the crates {} was unpacked", names.join(", ")).into())
}

/// Crates in the order of their names, until they are many files.
fn many_crates(dir: &Path, scale: Scale) -> Result<Vec<PathBuf>> {
    let wanted = scale.pick(11_000, 500);
    let (mut files, mut chosen) = (0, Vec::new());
    for path in shell::list(&pool::prepare(dir, scale)?)? {
        let weight = weigh(&path)?;
        if files < wanted && weight.bytes <= CRATE_MAX {
            files += weight.files;
            chosen.push(path);
        }
    }
    Ok(chosen)
}

/// What git tracks of a checkout, or all that is beneath another directory.
fn files_of(dir: &Path) -> Result<Vec<PathBuf>> {
    if !dir.is_dir() {
        return Err(format!("there is no directory {}", dir.display()).into());
    }
    if !dir.join(".git").exists() {
        return shell::all_beneath(dir);
    }
    let listed = output_of(program("git", ["-C"]).arg(dir).args(["ls-files", "-z"]))?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let paths = names.map(|name| dir.join(std::ffi::OsStr::from_bytes(name)));
    Ok(paths.filter(|path| path.is_symlink() || path.is_file()).collect())
}

/// Copies files with their modes, and links as links.
fn copy_all(from: &Path, to: &Path, files: &[PathBuf]) -> Result<()> {
    let made = LEFT.map(Path::new);
    let is_crate = from.join(".cargo-checksum.json").exists();
    for path in files {
        let below = path.strip_prefix(from).unwrap_or(path);
        if is_crate && made.contains(&name_of(path)) {
            continue;
        }
        let copy = to.join(below);
        if let Some(above) = copy.parent() {
            shell::make_dir(above)?;
        }
        let what = format!("cannot copy {}", path.display());
        if path.is_symlink() {
            let target = fs::read_link(path).doing(&what)?;
            std::os::unix::fs::symlink(target, &copy).doing(&what)?;
        } else {
            fs::copy(path, &copy).doing(&what)?;
        }
    }
    Ok(())
}

/// A text too large to be held lightly, something that is no text, and a file of nine bytes.
fn huge(dir: &Path, scale: Scale) -> Result<()> {
    let what = "cannot write the huge tree";
    let mut text = BufWriter::new(File::create(dir.join("huge.txt")).doing(what)?);
    let words = vocabulary();
    for block in 0..scale.pick(200_u64, 8) {
        let mut lines = Vec::with_capacity(MIB + 16);
        for draw in noise(block + 7, MIB).chunks_exact(2) {
            let draw = draw.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            if let Some(word) = words.get(draw % words.len()) {
                lines.extend_from_slice(word.as_bytes());
                lines.push(if draw.is_multiple_of(11) { b'\n' } else { b' ' });
            }
            if lines.len() >= MIB {
                break;
            }
        }
        lines.truncate(MIB - 1);
        lines.push(b'\n');
        text.write_all(&lines).doing(what)?;
    }
    text.flush().doing(what)?;
    let mut binary = BufWriter::new(File::create(dir.join("noise.bin")).doing(what)?);
    for block in 0..scale.pick(50_u64, 2) {
        binary.write_all(&noise(block + 1_000, MIB)).doing(what)?;
    }
    binary.flush().doing(what)?;
    shell::write(&dir.join("small.txt"), "so small\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_taken_back() {
        let dir = std::env::temp_dir().join(format!("xtask-edit-{}", std::process::id()));
        shell::write(&dir.join("a.rs"), "fn main() {}\n").unwrap();
        shell::write(&dir.join("b.png"), "no source").unwrap();
        let tree = Tree { name: "t".to_owned(), about: String::new(), dir: dir.clone() };
        let read = || shell::read(&dir.join("a.rs")).unwrap();
        tree.revert().unwrap();
        assert_eq!(read(), "fn main() {}\n");
        tree.edit().unwrap();
        assert_eq!(read(), "fn main() {}\n// one more line\n");
        tree.revert().unwrap();
        let reverted = read();
        shell::remove_dir(&dir).unwrap();
        assert_eq!(reverted, "fn main() {}\n");
    }
}
