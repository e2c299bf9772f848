//! What a fuzzer calls.

use std::io::{self, Read};
use std::sync::LazyLock;

use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Kind, Limits, ReadAt, Silent, Timestamp, Tree,
    TreeId, TreeIds,
};

use holdall_codec::zip_aes::EntryKeys;
use holdall_codec::{Compression, Decoder};

use crate::relay::{Encrypted, Parser, RelayedTree, Request, Seen, shown};
use crate::rules::{Rules, Terms};
use crate::sevenz::{SevenTree, is_header};
use crate::tar::{TarTree, read_back};
use crate::zip::ZipTree;
use crate::{Bytes, Frames, MemoryBytes, Trust};

/// No input may make more than this, which a seed fits in.
const LIMITS: Limits = Limits {
    entries_max: 2000,
    bytes_max: 1 << 20,
    depth_max: 64,
    path_bytes_max: 4096,
    dir_entries_max: 2000,
};

/// The memory that a compressed stream may want.
const MEMORY_MAX: u64 = 8 << 20;

/// How large the archive is that a parser out of reach speaks of.
const RELAYED_BYTES: usize = 16 << 10;
/// Where a content lies in it that is encrypted, which this is, and what opens that.
const LOCKED_AT: usize = 1000;
const LOCKED: &[u8] = b"content\n";
const PASSPHRASE: &[u8] = b"horse";

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// Reads `data` as a tar in both ways; true if it is taken. Both must see the same, and what is taken can be read.
#[must_use]
pub fn tar(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    for trust in [Trust::Own, Trust::Nothing] {
        let streamed = read_back(&ctx, data, trust).ok();
        let tree = TarTree::open(&ctx, MemoryBytes(data.to_vec()), trust).ok();
        // What a manifest says of a content is judged when that is read.
        let listed = tree.and_then(|tree| identify(&ctx, &tree));
        assert_eq!(streamed.and_then(|held| held.tree), listed, "both see the same");
        if trust == Trust::Nothing && listed.is_some() {
            return true;
        }
    }
    false
}

/// Reads `data` as a zip; true if it is taken and all contents are what they should be.
#[must_use]
pub fn zip(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    let strict = ZipTree::open(&ctx, MemoryBytes(data.to_vec()), Trust::Nothing).is_ok();
    let Ok(tree) = ZipTree::open(&ctx, MemoryBytes(data.to_vec()), Trust::Own) else {
        assert!(!strict, "what is taken from others is taken from oneself");
        return false;
    };
    all_proved(&tree, tree.entries()) && strict
}

/// Reads `data` as a 7z, and as the header of one, of which no sum is asked; true if it is taken and all contents are what
/// they should be. One that is unpacked at once is the same tree, or refused if a content is not what it should be.
#[must_use]
pub fn sevenz(data: &[u8]) -> bool {
    if is_header(data, &Rules::new(Trust::Nothing, LIMITS)) {
        return true;
    }
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    let bytes = || MemoryBytes(data.to_vec());
    let mut plain = Vec::new();
    let unpacked = SevenTree::unpack(&ctx, bytes(), Trust::Nothing, &mut plain);
    let Ok(tree) = SevenTree::open(&ctx, bytes(), Trust::Nothing) else {
        assert!(unpacked.is_err(), "what is taken at once is taken");
        return false;
    };
    let whole = all_proved(&tree, tree.entries());
    let unpacked = unpacked.ok().map(|tree| tree.with_plain(MemoryBytes(plain)));
    let Some(unpacked) = unpacked else { return false };
    assert!(whole || tree.has_manifest(), "what was proved at once is proved");
    assert!(tree.entries().eq(unpacked.entries()), "both see the same");
    assert_eq!(whole, all_proved(&unpacked, unpacked.entries()), "both read the same");
    whole
}

/// Reads `data` as a compressed tar with an index; true if it is one, and all contents are what they should be. What can
/// be read in both ways is the same.
#[must_use]
pub fn indexed(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    let mut streamed = Vec::new();
    let whole = Decoder::new(Compression::Zstd, data, MEMORY_MAX)
        .take(LIMITS.bytes_max)
        .read_to_end(&mut streamed);
    let Ok(Ok(frames)) = Frames::find(MemoryBytes(data.to_vec())) else { return false };
    if frames.length() > LIMITS.bytes_max {
        return false;
    }
    let contents: std::io::Result<Vec<Vec<u8>>> = frames.contents().collect();
    if let (Ok(contents), Ok(_)) = (&contents, &whole) {
        assert!(contents.concat() == streamed, "both give the same");
    }
    let Ok(Some(note)) = frames.note() else { return false };
    let index = Decoder::new(Compression::Zstd, &note[..], MEMORY_MAX);
    let index = index.take(LIMITS.bytes_max);
    let Ok(tree) = TarTree::open_indexed(&ctx, frames, index, Trust::Nothing) else { return false };
    let read = all_proved(&tree, tree.entries());
    let plain = TarTree::open(&ctx, MemoryBytes(streamed), Trust::Nothing);
    let agrees = plain.is_ok_and(|plain| {
        let agrees = tree.agrees(&plain);
        assert!(
            !agrees || !read || all_proved(&plain, plain.entries()),
            "what is the same is read"
        );
        agrees
    });
    whole.is_ok() && contents.is_ok() && read && agrees
}

/// The archive that a parser out of reach speaks of.
static RELAYED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (salt, mut encrypted) = ([7; 16], LOCKED.to_vec());
    let keys = EntryKeys::new(PASSPHRASE, &salt);
    keys.cipher().apply(&mut encrypted);
    let mut code = keys.code();
    code.update(&encrypted);
    let locked = [&salt[..], &keys.check(), &encrypted, &code.finish()].concat();
    let mut bytes: Vec<u8> = (0..=u8::MAX).cycle().take(RELAYED_BYTES).collect();
    bytes.splice(LOCKED_AT..LOCKED_AT + locked.len(), locked);
    bytes
});

/// A parser that answers what it likes.
struct Liar {
    locks: Vec<u8>,
    listing: Vec<u8>,
    content: Vec<u8>,
}

impl Parser<MemoryBytes> for Liar {
    fn ask(&self, request: &Request, seen: Seen<MemoryBytes>) -> io::Result<Box<dyn Read + Send>> {
        // What is shown of what is encrypted is the whole of it, or nothing.
        for at in [0, 18, 20, 25, 26] {
            let at = (LOCKED_AT + at) as u64;
            let mut buffer = [0; 64];
            let read = seen.read_at(&mut buffer, shown(&seen, at)).unwrap_or_default();
            let plain =
                at.checked_sub(LOCKED_AT as u64 + 18).and_then(|at| LOCKED.get(at as usize..));
            let fits = plain.is_none_or(|plain| read == 0 || buffer.get(..read) == Some(plain));
            assert!(fits, "{at} is shown as it is");
        }
        let answer = match request {
            Request::Content { .. } | Request::Folder { .. } => &self.content,
            Request::Open { encrypted: Encrypted::Asks, .. } if !self.locks.is_empty() => {
                &self.locks
            }
            Request::Open { .. } | Request::Unpack { .. } => &self.listing,
        };
        Ok(Box::new(io::Cursor::new(answer.clone())))
    }
}

/// Reads `data` as the answers of a parser that is out of reach: to the question for a content or a folder, to that for what
/// must be opened first (each behind its length as two bytes), and to that for all entries. True if what it says is a tree
/// all of whose contents can be read. What is unpacked at once is the same.
#[must_use]
pub fn relayed(data: &[u8]) -> bool {
    let part = |data: &mut &[u8]| {
        let (length, rest) = data.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        *data = rest;
        Some(part.to_vec())
    };
    let mut rest = data;
    let (Some(content), Some(locks)) = (part(&mut rest), part(&mut rest)) else { return false };
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    let liar = Liar { locks, listing: rest.to_vec(), content };
    let (bytes, passphrase) = (MemoryBytes(RELAYED.clone()), || Ok(Some(PASSPHRASE.to_vec())));
    let tree = RelayedTree::open(&ctx, bytes, liar, Terms::default(), passphrase);
    let Ok(tree) = tree else { return false };
    let whole = all_proved(&tree, tree.entries());
    let mut plain = Vec::new();
    let unpacked = tree.unpack(&ctx, &mut plain);
    assert!(unpacked.is_ok() || !whole, "what can be read can be unpacked");
    if unpacked.is_ok() {
        let tree = tree.with_plain(MemoryBytes(plain));
        assert!(!whole || all_proved(&tree, tree.entries()), "both read the same");
    }
    whole
}

/// True if all files can be read; each that can be is as large as it says.
fn all_proved<'e>(tree: &dyn Tree, entries: impl Iterator<Item = &'e Entry>) -> bool {
    let mut whole = true;
    for entry in entries.filter(|entry| matches!(entry.kind, Kind::File { .. })) {
        let mut bytes = Vec::new();
        let read = tree.open(entry).map(|content| content.into_read().read_to_end(&mut bytes));
        let proved = matches!(read, Ok(Ok(_)));
        assert!(
            !proved || bytes.len() as u64 == entry.size(),
            "{} is as large as it says",
            entry.path
        );
        whole &= proved;
    }
    whole
}

fn context(cancel: &CancelToken) -> Context<'_> {
    Context {
        observer: &Silent,
        clock: &NoClock,
        cancel,
        limits: LIMITS,
        threads: 1,
        memory_bytes: 0,
    }
}

/// The tree ID of a tree all of whose contents can be read.
fn identify(ctx: &Context<'_>, tree: &TarTree<MemoryBytes>) -> Option<TreeId> {
    let mut ids = TreeIds::default();
    for entry in tree.entries() {
        let is_file = matches!(entry.kind, Kind::File { .. });
        let hash = is_file.then(|| read(tree, entry)).transpose().ok()?;
        ids.add(entry, hash);
    }
    ctx.check().ok()?;
    Some(ids.finish().0)
}

fn read(tree: &dyn Tree, entry: &Entry) -> std::io::Result<ContentHash> {
    let content = tree.open(entry);
    assert!(content.is_ok(), "{} is listed and can be opened", entry.path);
    let mut bytes = Vec::new();
    if let Ok(content) = content {
        content.into_read().read_to_end(&mut bytes)?;
    }
    assert_eq!(bytes.len() as u64, entry.size(), "{} is as large as it says", entry.path);
    Ok(ContentHash::of(&bytes))
}
