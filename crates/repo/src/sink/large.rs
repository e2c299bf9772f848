//! One large file on several workers.
//!
//! The worker that was given the file reads it in segments and finds where chunks end, which is cheap; hashing,
//! compressing and sealing the chunks is a job that any worker may do. The number of segments in flight is bounded,
//! and a reader that may not add another does one itself, so nobody ever waits for anybody.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holdall_tree::{Context, Counter, Result};

use crate::id::{BlobKind, Id};
use crate::kernel::CHUNK_BYTES_MAX;
use crate::packer::BlobWriter;
use crate::wire::node::Node;

use super::dir::OpenDir;
use super::{SnapshotSink, lock};

/// How much of a large file is read at a time, in bytes.
pub(super) const SEGMENT_BYTES: usize = 8 << 20;

/// Segments that wait for a worker.
#[derive(Debug)]
pub(super) struct LargeJobs {
    waiting: Mutex<VecDeque<Job>>,
    spare: Mutex<Vec<Vec<u8>>>,
    waiting_max: usize,
}

/// A file that is being read in segments.
#[derive(Debug)]
pub(super) struct LargeFile {
    dir: Arc<OpenDir>,
    index: usize,
    node: Mutex<Option<Node>>,
    content: Mutex<Vec<Option<Id>>>,
    /// Segments that are not done, and one for the reader itself.
    open: AtomicUsize,
    link: Option<(u64, u64)>,
}

/// The chunks of one segment.
#[derive(Debug)]
pub(super) struct Job {
    file: Arc<LargeFile>,
    bytes: Vec<u8>,
    chunks: Vec<Range<usize>>,
    first: usize,
}

impl LargeJobs {
    /// As many segments may wait as there are others to do them, and as a half of the memory for buffers holds.
    pub(super) fn new(threads: usize, memory_bytes: u64) -> Self {
        // With one thread nobody helps, so nothing is left waiting.
        let fit = memory_bytes / 2 / (SEGMENT_BYTES + CHUNK_BYTES_MAX) as u64;
        let waiting_max = threads.saturating_sub(1).min(usize::try_from(fit).unwrap_or(usize::MAX));
        Self { waiting: Mutex::default(), spare: Mutex::default(), waiting_max }
    }

    pub(super) fn take(&self) -> Option<Job> {
        lock(&self.waiting).pop_front()
    }

    /// A buffer for the next segment, used before if there is one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// Leaves a job to whoever is free, or gives it back if enough are waiting.
    fn offer(&self, job: Job) -> Option<Job> {
        let mut waiting = lock(&self.waiting);
        if waiting.len() >= self.waiting_max {
            return Some(job);
        }
        waiting.push_back(job);
        None
    }

    fn give_back(&self, mut bytes: Vec<u8>) {
        let mut spare = lock(&self.spare);
        if spare.len() <= self.waiting_max {
            bytes.clear();
            spare.push(bytes);
        }
    }
}

impl LargeFile {
    pub(super) fn new(
        dir: Arc<OpenDir>,
        index: usize,
        node: Node,
        link: Option<(u64, u64)>,
    ) -> Self {
        Self {
            dir,
            index,
            node: Mutex::new(Some(node)),
            content: Mutex::default(),
            open: AtomicUsize::new(1),
            link,
        }
    }
}

impl SnapshotSink<'_> {
    /// Hands out the chunks of one segment, or does them at once.
    pub(super) fn submit(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        file: &Arc<LargeFile>,
        bytes: Vec<u8>,
        chunks: Vec<Range<usize>>,
    ) -> Result<()> {
        let first = {
            let mut content = lock(&file.content);
            let first = content.len();
            content.resize(first + chunks.len(), None);
            first
        };
        file.open.fetch_add(1, Ordering::AcqRel);
        let job = Job { file: Arc::clone(file), bytes, chunks, first };
        match self.large.offer(job) {
            Some(job) => self.work(ctx, blobs, job),
            None => Ok(()),
        }
    }

    /// Does one job.
    pub(super) fn work(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        job: Job,
    ) -> Result<()> {
        for (at, range) in job.chunks.iter().enumerate() {
            ctx.check()?;
            let Some(chunk) = job.bytes.get(range.clone()) else { continue };
            let id = blobs.store(BlobKind::Data, chunk)?;
            if let Some(slot) = lock(&job.file.content).get_mut(job.first + at) {
                *slot = Some(id);
            }
            ctx.observer.count(Counter::Bytes, chunk.len() as u64);
        }
        self.large.give_back(job.bytes);
        self.release(ctx, blobs, &job.file, None)
    }

    /// One segment, or the reader, is done with the file; the last one fills its slot. `size` is how long the file
    /// turned out to be, which only the reader knows.
    pub(super) fn release(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        file: &Arc<LargeFile>,
        size: Option<u64>,
    ) -> Result<()> {
        if let (Some(size), Some(node)) = (size, lock(&file.node).as_mut()) {
            node.size = size;
        }
        if file.open.fetch_sub(1, Ordering::AcqRel) != 1 {
            return Ok(());
        }
        let content: Vec<Id> = lock(&file.content).iter().copied().flatten().collect();
        let node = lock(&file.node).take().map(|node| Node { content: Some(content), ..node });
        if let (Some(link), Some(node)) = (file.link, &node) {
            self.remember_link(link, node);
        }
        ctx.observer.count(Counter::Files, 1);
        self.fill(ctx, blobs, &file.dir, file.index, node)
    }

    /// The reader met an error: the file is left out once the segments in flight are done.
    pub(super) fn abandon(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        file: &Arc<LargeFile>,
    ) -> Result<()> {
        lock(&file.node).take();
        self.release(ctx, blobs, file, None)
    }
}
