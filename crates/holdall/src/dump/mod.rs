//! Dumps: a tree written as one text.
//!
//! The tree is read twice. The first look ([`inspect`]) reads every file on all workers and finds out how it is
//! carried, so that what stands before the contents can say what is in them. Then the files are written in canonical
//! order; small ones come from memory. Nothing larger than a piece of a file is held for long.

mod ahead;
mod budget;
mod cache;
mod head;
mod inspect;
mod known;
mod looks;
mod old;
mod split;

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::Arc;

use holdall_dump::{Design, Fact, Format, Record, Toc, WHOLE_MAX, Writer};
use holdall_insight::secrets::{Marker, Vault, redact};
use holdall_tree::{ContentHash, Context, Filter, Phase, RelPath, Timestamp, Tree, TreeId};

use crate::error::{Error, Result};

use ahead::{Ahead, Fetched};

pub use cache::{Cache, Unusable};
pub use head::{Counts, count, weights};
pub use inspect::{Item, inspect};
pub use known::Known;
pub use looks::{Looks, Seen};
pub use old::{Keeping, keep_old, rotate};
pub(crate) use split::parts_of;
pub(crate) use split::siblings;
pub use split::{Most, may_be_part, part_path, split};

/// What becomes of secrets.
#[derive(Debug, Default)]
pub enum Secrets {
    /// A file with secrets makes the dump fail before anything is written.
    #[default]
    Fail,
    /// The dump lists them.
    Report,
    /// They are replaced by holes. What was taken out goes into the vault, which can fill the holes again.
    Redact(Vault),
}

/// How a dump is written.
#[derive(Debug)]
pub struct DumpOptions {
    /// The format.
    pub format: Format,
    /// What stands around the files, if it is not as usual; it must be for the format.
    pub design: Option<Design>,
    /// How the contents are listed.
    pub toc: Toc,
    /// What the tree is called.
    pub name: String,
    /// The program that writes it.
    pub generator: String,
    /// When it is written, as it stands in the head.
    pub time: Timestamp,
    /// More facts for the head, behind the time.
    pub facts: Vec<Fact>,
    /// Files that are gone since a commit, if the dump is of what changed since then.
    pub gone: Vec<String>,
    /// What is looked for in each file.
    pub looks: Looks,
    /// What becomes of secrets that were looked for.
    pub secrets: Secrets,
    /// The most tokens that the whole dump may be.
    pub max_tokens: Option<u64>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpReport {
    /// The ID of the tree that the dump holds.
    pub tree: TreeId,
    /// Files that are shown.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Lines of these files.
    pub lines: u64,
    /// Their tokens, if they were counted.
    pub tokens: Option<u64>,
    /// Entries that were left out; each says why.
    pub omitted: u64,
    /// Secrets that were taken out.
    pub redacted: u64,
    /// Files of which less than all is shown, to stay within a number of tokens.
    pub reduced: u64,
    /// Where the text of each part lies in the dump: the number of the part, and bytes from the beginning.
    pub texts: Vec<(u64, Range<u64>)>,
}

impl DumpReport {
    /// The report on two dumps of parts of one tree. Where their texts lie is not said any more.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            tree: self.tree,
            files: self.files + other.files,
            bytes: self.bytes + other.bytes,
            lines: self.lines + other.lines,
            tokens: self.tokens.zip(other.tokens).map(|(a, b)| a + b),
            omitted: self.omitted + other.omitted,
            redacted: self.redacted + other.redacted,
            reduced: self.reduced + other.reduced,
            texts: Vec::new(),
        }
    }
}

/// Reads `tree` and writes it to `out`: [`inspect`], [`prepare`] and [`write()`] in one.
///
/// # Errors
/// As these. Nothing is written if there are secrets and [`Secrets::Fail`] says so.
pub fn dump(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    out: &mut dyn Write,
    options: &mut DumpOptions,
) -> Result<DumpReport> {
    let mut items = inspect(ctx, tree, filter, &options.looks)?;
    prepare(ctx, tree, &mut items, options)?;
    write(ctx, tree, &items, out, options)
}

/// Makes the items show what the options allow: no secrets, and no more tokens than that.
///
/// # Errors
/// [`Error::Secrets`] if there are any and [`Secrets::Fail`] says so, [`Error::TokenLimit`] if the names alone are too
/// many tokens, or if a file cannot be read again.
pub fn prepare(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &mut [Item],
    options: &mut DumpOptions,
) -> Result<()> {
    match &mut options.secrets {
        Secrets::Fail => {
            let found = items.iter().map(|item| item.seen.secrets.len()).sum();
            if found > 0 {
                return Err(Error::Secrets { found });
            }
        }
        Secrets::Report => {}
        Secrets::Redact(vault) => take_out(tree, items, vault)?,
    }
    match options.max_tokens {
        Some(max) => budget::fit(ctx, tree, items, options, max),
        None => Ok(()),
    }
}

/// Writes what was inspected and prepared.
///
/// # Errors
/// If `out` fails, or the user interrupts. A file that cannot be read any more goes to the observer, and the dump says
/// why it is missing.
pub fn write(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: &[Item],
    out: &mut dyn Write,
    options: &DumpOptions,
) -> Result<DumpReport> {
    ctx.observer.phase(Phase::Publishing, None);
    let (head, mut report) = head::head(items, options);
    let mut writer = Writer::begin(out, options.format, &head).map_err(written)?;
    let ahead = Ahead::new(tree, items, &options.looks, ctx.threads);
    std::thread::scope(|scope| {
        // The readers end when the taker is dropped, also by an error.
        let mut taker = ahead.taker();
        for _ in 0..ctx.threads.max(1) {
            scope.spawn(|| ahead.read());
        }
        for (index, item) in items.iter().enumerate() {
            ctx.check()?;
            if item.record.carry.is_none() {
                writer.bare(item.record.clone()).map_err(written)?;
                continue;
            }
            let fetched = taker.take(index);
            if let Err(error) = put(tree, &mut writer, item, fetched) {
                let Put::Read(error) = error else { return Err(error.into()) };
                ctx.observer.problem(Some(&item.record.path), &error);
                let why = "it vanished or cannot be read any more".to_owned();
                let record =
                    Record { omitted: Some(why), carry: None, part: None, ..item.record.clone() };
                writer.bare(record).map_err(written)?;
                report.omitted += 1;
            }
        }
        Ok::<(), Error>(())
    })?;
    report.texts = writer.texts().to_vec();
    let (_, tree) = writer.finish().map_err(written)?;
    report.tree = tree;
    Ok(report)
}

/// Replaces the secrets in each file by holes, and keeps them in the vault. The files are held in memory.
fn take_out(tree: &dyn Tree, items: &mut [Item], vault: &mut Vault) -> Result<()> {
    for item in items.iter_mut().filter(|item| !item.seen.secrets.is_empty()) {
        let record = &mut item.record;
        if item.entry.size() > WHOLE_MAX as u64 {
            record.omitted = Some("it holds secrets and is too large to take them out".to_owned());
            record.carry = None;
            continue;
        }
        let bytes = match item.kept.take() {
            Some(kept) => kept,
            None => Arc::new(all(tree, &item.entry)?),
        };
        let marker: &Marker = vault.marker();
        let redacted = redact(&bytes, &item.seen.secrets, marker);
        vault.keep(&bytes, &redacted.holes).map_err(|error| Error::Refused(error.to_string()))?;
        record.redacted = redacted.holes.len() as u64;
        record.carry = Some(holdall_dump::Carry::of(&redacted.bytes));
        record.shown_sha256 = Some(ContentHash::of(&redacted.bytes));
        item.kept = Some(Arc::new(redacted.bytes));
    }
    Ok(())
}

/// All bytes of a file.
fn all(tree: &dyn Tree, entry: &holdall_tree::Entry) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut read = tree.open(entry)?.into_read();
    read.read_to_end(&mut bytes)
        .map_err(|source| Error::Read { path: entry.path.clone(), source })?;
    Ok(bytes)
}

/// Why a file was not written.
enum Put {
    /// Nothing of it was written: it cannot be opened.
    Read(Error),
    /// The dump is broken off.
    Dump(Error),
}

impl From<Put> for Error {
    fn from(put: Put) -> Self {
        let (Put::Read(error) | Put::Dump(error)) = put;
        error
    }
}

fn put<W: Write>(
    tree: &dyn Tree,
    writer: &mut Writer<W>,
    item: &Item,
    fetched: Option<Result<Fetched>>,
) -> Result<(), Put> {
    let dump = |error| Put::Dump(written(error));
    let before = item.record.shown_sha256.or(item.record.sha256);
    if let Some(kept) = &item.kept {
        let hash = before.unwrap_or_else(|| ContentHash::of(kept));
        return writer.whole(item.record.clone(), kept, hash).map_err(dump);
    }
    if let Some(fetched) = fetched {
        let Fetched { bytes, hash, changed } = fetched.map_err(Put::Read)?;
        let record = match changed {
            None => item.record.clone(),
            // It was changed since it was looked at: what is there now is shown, and said of it.
            Some(now) if now.1.secrets.is_empty() => Record { part: item.record.part, ..now.0 },
            Some(_) => return Err(Put::Dump(Error::Changed { path: item.record.path.clone() })),
        };
        return writer.whole(record, &bytes, hash).map_err(dump);
    }
    let content = tree.open(&item.entry).map_err(|error| Put::Read(error.into()))?;
    // What is added meanwhile is not waited for.
    let mut read = content.into_read().take(item.seen.facts.bytes);
    let proved = writer.file(item.record.clone(), &mut read).map_err(dump)?;
    unchanged(&item.record.path, before, proved)
}

/// Fails if what was written does not stand for what was read.
fn unchanged(path: &RelPath, before: Option<ContentHash>, proved: ContentHash) -> Result<(), Put> {
    if before == Some(proved) {
        return Ok(());
    }
    Err(Put::Dump(Error::Changed { path: path.clone() }))
}

fn written(error: holdall_dump::Error) -> Error {
    match error {
        holdall_dump::Error::Write(source) => Error::Output(source),
        other => Error::Tree(other.into()),
    }
}
