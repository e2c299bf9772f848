//! The trees that are saved: made once, always the same, and changed and changed back between rows.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::pool::{self, Source};
use crate::shell::{self, Doing, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Full,
    /// Small enough to try the harness in a minute.
    Quick,
}

impl Scale {
    pub(crate) fn word(self) -> &'static str {
        if self == Self::Full { "full" } else { "quick" }
    }

    pub(super) fn pick<T>(self, full: T, quick: T) -> T {
        if self == Self::Full { full } else { quick }
    }
}

pub(crate) struct Corpus {
    pub(crate) name: &'static str,
    /// What it is, for the report.
    pub(crate) about: &'static str,
    pub(crate) tree: PathBuf,
    pub(crate) scale: Scale,
}

/// How much a tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files, {} bytes", self.files, self.bytes)
    }
}

/// What a change appends to every hundredth file of a tree of many.
const CHANGE: &[u8] = b"// one more line\n";
const MIB: usize = 1 << 20;
/// Files beyond this are cut into several chunks, of which a copy with one more line shares all but the last.
const ONE_CHUNK: u64 = 400_000;

impl Corpus {
    pub(crate) const NAMES: [&'static str; 3] = ["A", "B", "C"];

    /// The corpus of this name, made where it is not there yet.
    pub(crate) fn prepare(name: &'static str, dir: &Path, scale: Scale) -> Result<Self> {
        let about = match name {
            "A" => "source text: published crates, and variants of their files with one more line",
            "B" => {
                "many small files of 3 KiB in directories of 200, text that shrinks to about half"
            }
            _ => "one large file that cannot be compressed",
        };
        let tree = dir.join(name);
        let corpus = Self { name, about, tree: tree.clone(), scale };
        let done = dir.join(format!("{name}.done"));
        if done.exists() {
            return Ok(corpus);
        }
        println!("bench: making corpus {name}");
        shell::remove_dir(&tree)?;
        shell::make_dir(&tree)?;
        match name {
            "A" => {
                let sources = pool::files(&pool::prepare(dir, scale)?)?;
                let wanted = Weight {
                    files: scale.pick(40_000, 2_000),
                    bytes: scale.pick(1_000_000_000, 40_000_000),
                };
                source_text(&tree, &dir.join("pool"), &sources, wanted)?;
            }
            "B" => small_files(&tree, scale.pick(200_000, 5_000))?,
            _ => large_file(&tree, scale.pick(1024, 64))?,
        }
        shell::write(&done, corpus.weigh()?.to_string())?;
        Ok(corpus)
    }

    pub(crate) fn weigh(&self) -> Result<Weight> {
        weigh(&self.tree)
    }

    pub(crate) fn read_all(&self) -> Result<()> {
        read_all(&self.tree)
    }

    /// Changes one file in a hundred, or one byte in a hundred of the only file.
    pub(crate) fn change(&self) -> Result<()> {
        for path in self.changing()? {
            let what = format!("cannot change {}", path.display());
            let mut file = OpenOptions::new().append(true).open(&path).doing(&what)?;
            file.write_all(CHANGE).doing(&what)?;
        }
        self.rewrite_middle(1)
    }

    /// Takes the change back, if there is one.
    pub(crate) fn revert(&self) -> Result<()> {
        for path in self.changing()? {
            let what = format!("cannot change {} back", path.display());
            let content = fs::read(&path).doing(&what)?;
            if let Some(before) = content.strip_suffix(CHANGE) {
                let file = OpenOptions::new().write(true).open(&path).doing(&what)?;
                file.set_len(before.len() as u64).doing(&what)?;
            }
        }
        self.rewrite_middle(0)
    }

    fn changing(&self) -> Result<Vec<PathBuf>> {
        if self.name == "C" {
            return Ok(Vec::new());
        }
        Ok(shell::all_beneath(&self.tree)?.into_iter().step_by(100).collect())
    }

    /// Writes a hundredth of the large file again, from its middle on.
    fn rewrite_middle(&self, generation: u64) -> Result<()> {
        if self.name != "C" {
            return Ok(());
        }
        let path = self.tree.join("large");
        let what = "cannot rewrite the large file";
        let file = OpenOptions::new().write(true).open(&path).doing(what)?;
        let blocks = file.metadata().doing(what)?.len() / MIB as u64;
        let middle = blocks / 2;
        for block in middle..middle + blocks.div_ceil(100) {
            file.write_all_at(&large_block(block, generation), block * MIB as u64).doing(what)?;
        }
        Ok(())
    }
}

/// Brings all that is beneath a directory into memory, so that nobody pays for being first.
pub(super) fn read_all(dir: &Path) -> Result<()> {
    let mut buffer = vec![0; MIB];
    for path in shell::all_beneath(dir)? {
        if path.is_symlink() {
            continue;
        }
        let what = format_args!("cannot read {}", path.display()).to_string();
        let mut file = File::open(&path).doing(&what)?;
        while file.read(&mut buffer).doing(&what)? > 0 {}
    }
    Ok(())
}

/// What is beneath a directory: regular files and their bytes.
pub(crate) fn weigh(dir: &Path) -> Result<Weight> {
    let mut weight = Weight::default();
    for path in shell::all_beneath(dir)? {
        let meta =
            fs::symlink_metadata(&path).doing(format_args!("cannot look at {}", path.display()))?;
        if meta.is_file() {
            weight.files += 1;
            weight.bytes += meta.len();
        }
    }
    Ok(weight)
}

/// Copies the pool, evenly thinned if it has too many files. If it has too few, files of a fitting size are copied
/// again with one more line, so that no copy is known already.
fn source_text(tree: &Path, pool: &Path, sources: &[Source], wanted: Weight) -> Result<()> {
    let mut have = Weight::default();
    let total = sources.len() as u64;
    for (at, source) in sources.iter().enumerate() {
        let at = at as u64;
        let kept =
            total <= wanted.files || at * wanted.files / total != (at + 1) * wanted.files / total;
        if kept {
            copy(source, pool, &tree.join("crates"), None)?;
            have.files += 1;
            have.bytes += source.bytes;
        }
    }
    let copied: Vec<&Source> = sources.iter().filter(|source| source.bytes < ONE_CHUNK).collect();
    let mut cursor = 0;
    while have.files < wanted.files && !copied.is_empty() {
        let needed = wanted.bytes.saturating_sub(have.bytes) / (wanted.files - have.files);
        let fits = |at: &usize| {
            copied.get(at % copied.len()).is_some_and(|source| {
                (needed / 3..=needed.saturating_mul(3).max(100)).contains(&source.bytes)
            })
        };
        // Where none nearby fits, the next one does.
        let at = (cursor..cursor + 1000).find(fits).unwrap_or(cursor);
        cursor = at + 1;
        let Some(source) = copied.get(at % copied.len()) else { break };
        let variant = at / copied.len() + 1;
        copy(source, pool, &tree.join(format!("variant-{variant}")), Some(variant))?;
        have.files += 1;
        have.bytes += source.bytes;
    }
    Ok(())
}

fn copy(source: &Source, pool: &Path, to: &Path, variant: Option<usize>) -> Result<()> {
    let what = || format!("cannot read {}", source.path.display());
    let mut content = fs::read(&source.path).map_err(|error| format!("{}: {error}", what()))?;
    if let Some(variant) = variant {
        content.extend_from_slice(format!("\n// variant {variant}\n").as_bytes());
    }
    shell::write(&to.join(source.path.strip_prefix(pool).unwrap_or(&source.path)), content)
}

/// Files of words, drawn evenly from a small vocabulary: text without the help that real language gives.
fn small_files(tree: &Path, count: u64) -> Result<()> {
    let vocabulary = vocabulary();
    for number in 0..count {
        let dir = tree.join(format!("dir-{:04}", number / 200));
        let mut text = format!("{number}");
        for draw in noise(number + 1, 1200).chunks_exact(2) {
            let draw = draw.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            if let Some(word) = vocabulary.get(draw % vocabulary.len()) {
                text.push(if draw.is_multiple_of(11) { '\n' } else { ' ' });
                text.push_str(word);
            }
        }
        text.truncate(3072);
        if number.is_multiple_of(200) {
            shell::make_dir(&dir)?;
        }
        let path = dir.join(format!("file-{number:06}.txt"));
        fs::write(&path, text).doing(format_args!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Six hundred words of three to ten letters, always the same.
pub(super) fn vocabulary() -> Vec<String> {
    let letter = |byte: &u8| char::from(b'a' + byte % 26);
    let word = |bytes: &[u8]| {
        let length = 3 + usize::from(bytes.first().copied().unwrap_or_default() % 8);
        bytes.iter().skip(1).take(length).map(letter).collect()
    };
    noise(42, 600 * 11).chunks_exact(11).map(word).collect()
}

fn large_file(tree: &Path, mebibytes: u64) -> Result<()> {
    let what = "cannot write the large file";
    let mut file = BufWriter::new(File::create(tree.join("large")).doing(what)?);
    for block in 0..mebibytes {
        file.write_all(&large_block(block, 0)).doing(what)?;
    }
    file.flush().doing(what)
}

fn large_block(block: u64, generation: u64) -> Vec<u8> {
    noise((generation << 32) + block + 1_000_000, MIB)
}

/// Bytes that look random (xorshift64*), the same for the same seed.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_of_three_to_ten_letters() {
        let words = vocabulary();
        assert_eq!(words.len(), 600);
        assert!(words.iter().all(|word| (3..=10).contains(&word.len())));
    }

    #[test]
    fn noise_differs_by_seed_and_is_the_same_again() {
        assert_eq!(noise(7, 100), noise(7, 100));
        assert_ne!(noise(7, 100), noise(8, 100));
        assert_eq!(noise(9, 13).len(), 13);
        assert_ne!(large_block(3, 0), large_block(3, 1));
    }
}
