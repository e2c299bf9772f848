//! One thread's access to a snapshot that is being written.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use holdall_tree::{
    Content, Context, Counter, DirToken, Entry, Kind, Need, ReadAt, RelPath, Result, SinkWorker,
};

use crate::error::Error;
use crate::id::{BlobKind, Id};
use crate::kernel::{CHUNK_BYTES_MIN, Chunker};
use crate::packer::BlobWriter;
use crate::wire::node::{Node, NodeKind};

use super::dir::{Before, OpenDir};
use super::large::{LargeFile, SEGMENT_BYTES};
use super::parent::Parent;
use super::{SnapshotSink, lock};

/// Reading a source failed; the entry is left out.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
struct ReadError {
    path: RelPath,
    #[source]
    source: io::Error,
}

pub(super) struct Worker<'s> {
    sink: &'s SnapshotSink<'s>,
    blobs: BlobWriter<'s>,
    chunker: Chunker,
    buffer: Vec<u8>,
}

impl<'s> Worker<'s> {
    pub(super) fn new(sink: &'s SnapshotSink<'s>) -> Result<Self> {
        Ok(Self {
            sink,
            blobs: BlobWriter::new(sink.repository, sink.index, &sink.packer)?,
            chunker: sink.repository.chunker(),
            buffer: Vec::new(),
        })
    }

    /// Takes what the parent snapshot knows of the entries of one directory. Gives the slots that are filled by that,
    /// and what the parent has under each name.
    fn take_over(
        &self,
        ctx: &Context<'_>,
        parent_tree: Option<Id>,
        entries: &[Entry],
    ) -> (Vec<Option<Node>>, Vec<Before>) {
        let (mut slots, mut before) =
            (vec![None; entries.len()], vec![Before::Nothing; entries.len()]);
        let (Some(parent), Some(tree)) = (&self.sink.parent, parent_tree) else {
            return (slots, before);
        };
        let Ok(nodes) = Parent::nodes(self.sink.repository, self.sink.index, &tree) else {
            return (slots, before);
        };
        // Both are sorted by name: one pass over each.
        let mut nodes = nodes.into_iter().peekable();
        for (entry, (slot, before)) in entries.iter().zip(slots.iter_mut().zip(&mut before)) {
            let name = entry.path.file_name().unwrap_or_default();
            while nodes.next_if(|node| node.name.as_slice() < name).is_some() {}
            let Some(node) = nodes.next_if(|node| node.name == name) else { continue };
            *before = match node.subtree {
                Some(tree) if node.kind == NodeKind::Dir => Before::Directory(tree),
                _ => Before::Other,
            };
            if parent.still_holds(self.sink.index, &node, entry) {
                if let Kind::File { size } = entry.kind {
                    self.sink.add(&self.sink.counts.files_unmodified);
                    self.sink.counts.bytes.fetch_add(size, Ordering::Relaxed);
                    ctx.observer.count(Counter::Files, 1);
                    ctx.observer.count(Counter::Unchanged, 1);
                    ctx.observer.count(Counter::Bytes, size);
                }
                *slot = Some(node);
            }
        }
        (slots, before)
    }

    fn put_file(
        &mut self,
        ctx: &Context<'_>,
        dir: &Arc<OpenDir>,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<()> {
        let link = entry.meta.hard_link.map(|link| (link.device, link.inode));
        let known = link.and_then(|link| lock(&self.sink.linked).get(&link).cloned());
        if let Some((content, size)) = known {
            ctx.observer.count(Counter::Files, 1);
            ctx.observer.count(Counter::Bytes, size);
            let node = Node::from_entry(entry, content, None, &self.sink.offsets);
            // What was read under the first name, also if the file grew or shrank since it was listed.
            let node = Node { size, ..node };
            return self.sink.fill(ctx, &mut self.blobs, dir, index, Some(node));
        }
        let mut reader = Reader::new(content);
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        let read = reader.fill(&mut bytes, CHUNK_BYTES_MIN.min(hint(entry)));
        match read {
            Ok(true) => {
                let done = self.put_small(ctx, dir, index, entry, link, &bytes);
                self.buffer = bytes;
                done
            }
            Ok(false) => {
                let node = Node::from_entry(entry, Vec::new(), None, &self.sink.offsets);
                let file = Arc::new(LargeFile::new(Arc::clone(dir), index, node, link));
                let done = self.put_large(ctx, &file, entry, reader, &bytes);
                self.buffer = bytes;
                done
            }
            Err(source) => {
                self.buffer = bytes;
                ctx.check()?;
                self.problem(ctx, entry, source);
                self.sink.fill(ctx, &mut self.blobs, dir, index, None)
            }
        }
    }

    fn put_small(
        &mut self,
        ctx: &Context<'_>,
        dir: &Arc<OpenDir>,
        index: usize,
        entry: &Entry,
        link: Option<(u64, u64)>,
        bytes: &[u8],
    ) -> Result<()> {
        let mut content = Vec::new();
        if !bytes.is_empty() {
            content.push(self.blobs.store(BlobKind::Data, bytes)?);
        }
        let mut node = Node::from_entry(entry, content, None, &self.sink.offsets);
        // What was read is what is stored, also if the file grew or shrank since it was listed.
        node.size = bytes.len() as u64;
        if let Some(link) = link {
            self.sink.remember_link(link, &node);
        }
        self.sink.counts.bytes.fetch_add(node.size, Ordering::Relaxed);
        ctx.observer.count(Counter::Files, 1);
        ctx.observer.count(Counter::Bytes, node.size);
        self.sink.fill(ctx, &mut self.blobs, dir, index, Some(node))
    }

    fn put_large(
        &mut self,
        ctx: &Context<'_>,
        file: &Arc<LargeFile>,
        entry: &Entry,
        mut reader: Reader<'_>,
        begun: &[u8],
    ) -> Result<()> {
        let mut carry = begun.to_vec();
        let mut total = 0;
        loop {
            ctx.check()?;
            let mut bytes = self.sink.large.buffer();
            bytes.reserve(carry.len() + SEGMENT_BYTES);
            bytes.extend_from_slice(&carry);
            let end = match reader.fill(&mut bytes, carry.len() + SEGMENT_BYTES) {
                Ok(end) => end,
                Err(source) => {
                    ctx.check()?;
                    self.problem(ctx, entry, source);
                    return self.sink.abandon(ctx, &mut self.blobs, file);
                }
            };
            let chunks = cuts(&self.chunker, &bytes, end);
            let used = chunks.last().map_or(0, |last| last.end);
            carry.clear();
            carry.extend_from_slice(bytes.get(used..).unwrap_or_default());
            total += used as u64;
            self.sink.submit(ctx, &mut self.blobs, file, bytes, chunks)?;
            if end {
                self.sink.counts.bytes.fetch_add(total, Ordering::Relaxed);
                return self.sink.release(ctx, &mut self.blobs, file, Some(total));
            }
        }
    }

    fn problem(&self, ctx: &Context<'_>, entry: &Entry, source: io::Error) {
        self.sink.counts.problems.fetch_add(1, Ordering::Relaxed);
        ctx.observer.problem(Some(&entry.path), &ReadError { path: entry.path.clone(), source });
    }
}

impl SinkWorker for Worker<'_> {
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        place: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> Result<(DirToken, Vec<Need>)> {
        let sink = self.sink;
        let place = match place {
            Some((token, index)) => Some((sink.open_dir(token)?, index)),
            None => None,
        };
        let parent_tree = match &place {
            Some((above, index)) => above.parent_tree_of(*index),
            None => sink.parent.as_ref().map(|parent| parent.tree),
        };
        let (slots, before) = self.take_over(ctx, parent_tree, entries);
        let needs: Vec<Need> = slots
            .iter()
            .map(|slot| if slot.is_some() { Need::Nothing } else { Need::Entry })
            .collect();
        let token = sink.next_token.fetch_add(1, Ordering::Relaxed);
        let node = Node::from_entry(dir, Vec::new(), None, &sink.offsets);
        let open = Arc::new(OpenDir::new(token, place, node, slots, before, parent_tree));
        if open.is_complete() {
            sink.complete(ctx, &mut self.blobs, open)?;
        } else {
            lock(&sink.dirs).insert(token, open);
        }
        Ok((DirToken(token), needs))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        dir: DirToken,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<()> {
        let dir = self.sink.open_dir(dir)?;
        if matches!(entry.kind, Kind::File { .. }) {
            return self.put_file(ctx, &dir, index, entry, content);
        }
        let node = Node::from_entry(entry, Vec::new(), None, &self.sink.offsets);
        self.sink.fill(ctx, &mut self.blobs, &dir, index, Some(node))
    }

    fn skip(&mut self, ctx: &Context<'_>, dir: DirToken, index: usize) -> Result<()> {
        self.sink.add(&self.sink.counts.problems);
        let dir = self.sink.open_dir(dir)?;
        self.sink.fill(ctx, &mut self.blobs, &dir, index, None)
    }

    fn help(&mut self, ctx: &Context<'_>) -> Result<bool> {
        let Some(job) = self.sink.large.take() else { return Ok(false) };
        self.sink.work(ctx, &mut self.blobs, job)?;
        Ok(true)
    }

    fn finish(mut self: Box<Self>, ctx: &Context<'_>) -> Result<()> {
        // A reader may have left segments behind after all others went home.
        while self.help(ctx)? {}
        Ok(())
    }
}

impl SnapshotSink<'_> {
    pub(super) fn remember_link(&self, link: (u64, u64), node: &Node) {
        lock(&self.linked).insert(link, (node.content.clone().unwrap_or_default(), node.size));
    }
}

/// Where the chunks in `bytes` lie; without `end`, the last part stays undecided and is left out.
fn cuts(chunker: &Chunker, bytes: &[u8], end: bool) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let Some(length) = chunker.next_cut(rest, end) else { break };
        chunks.push(start..start + length);
        start += length;
    }
    chunks
}

/// How much to ask for at first: one byte more than the listed size shows in one read that the file ended there.
fn hint(entry: &Entry) -> usize {
    usize::try_from(entry.size()).unwrap_or(usize::MAX).saturating_add(1).max(4096)
}

/// A content read front to back, whatever its shape.
enum Reader<'a> {
    Bytes(std::borrow::Cow<'a, [u8]>, usize),
    Stream(Box<dyn io::Read + Send + 'a>),
    At(Box<dyn ReadAt + 'a>, u64),
}

impl<'a> Reader<'a> {
    fn new(content: Content<'a>) -> Self {
        match content {
            Content::Bytes(bytes) => Self::Bytes(bytes, 0),
            Content::At(at) => Self::At(at, 0),
            other => Self::Stream(other.into_read()),
        }
    }

    /// Reads on until `bytes` holds `wanted` bytes, and true if the end came first; then grows `bytes` up to a whole
    /// small file before it says that there is more.
    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
        let (mut have, mut wanted) = (bytes.len(), wanted);
        let ended = loop {
            if have >= wanted {
                if have > CHUNK_BYTES_MIN || wanted > CHUNK_BYTES_MIN {
                    break Ok(false);
                }
                // The file is longer than it was when it was listed.
                wanted = CHUNK_BYTES_MIN + 1;
            }
            // Once and not for each piece: a pipe gives 64 KiB at a time, of many MiB that are wanted.
            bytes.resize(wanted, 0);
            match self.read(bytes.get_mut(have..).unwrap_or_default()) {
                Ok(0) => break Ok(true),
                Ok(n) => have += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        bytes.truncate(have);
        ended
    }

    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes, at) => {
                let rest = bytes.get(*at..).unwrap_or_default();
                let n = rest.len().min(part.len());
                if let (Some(to), Some(from)) = (part.get_mut(..n), rest.get(..n)) {
                    to.copy_from_slice(from);
                }
                *at += n;
                Ok(n)
            }
            Self::Stream(stream) => stream.read(part),
            Self::At(at, offset) => {
                let n = at.read_at(part, *offset)?;
                *offset += n as u64;
                Ok(n)
            }
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
