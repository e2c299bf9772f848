//! Writing the content of one file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use holdall_tree::id::ContentHasher;
use holdall_tree::{Content, ContentHash, Context, Counter, Entry, Extent, ReadAt};

use super::ahead::Ahead;
use super::faults::Fault;
use super::notes::hash_open;

/// A file of at least this many bytes is written by several threads.
const PARALLEL_BYTES_MIN: u64 = 32 << 20;
/// How much of a file is read and written at a time, in bytes, where it comes in chunks that are decoded whole.
const CHUNKED_PART_BYTES: u64 = 4 << 20;
/// The same for any other: what was just read is still in the cache of the processor when it is written and hashed. 600
/// MiB are copied and hashed with 1.3 CPU seconds so, and with 1.9 by parts of 4 MiB.
const PART_BYTES: u64 = 256 << 10;

/// Whether the hash of what is written is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hashed {
    Yes,
    No,
}

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) hash: Option<ContentHash>,
}

/// Where a content is written to.
pub(super) struct To<'t> {
    /// An empty file.
    pub(super) file: &'t File,
    pub(super) hashed: Hashed,
    /// Is told what was written.
    pub(super) ahead: &'t Ahead,
    /// Remembers that the file system does not let files share blocks.
    pub(super) never: &'t AtomicBool,
}

/// Writes the content of `entry` in the cheapest way.
pub(super) fn write(
    ctx: &Context<'_>,
    to: &To<'_>,
    content: Content<'_>,
    entry: &Entry,
) -> Result<Written, Fault> {
    let (file, hashed) = (to.file, to.hashed);
    let mut hasher = (hashed == Hashed::Yes).then(ContentHasher::default);
    let bytes = match content {
        Content::Bytes(bytes) => {
            ctx.observer.count(Counter::Bytes, bytes.len() as u64);
            if let Some(hasher) = &mut hasher {
                hasher.update(&bytes);
            }
            file.write_all_at(&bytes, 0).map_err(Fault::Target)?;
            to.ahead.written(bytes.len() as u64);
            bytes.len() as u64
        }
        Content::At(at) => {
            if let Some(bytes) = reflinked(&*at, file, to.never).map_err(Fault::Target)? {
                ctx.observer.count(Counter::Bytes, bytes);
                hasher = None;
                bytes
            } else {
                // What costs more to read than to hash is read by several threads, and hashed when it is there.
                if at.local().is_none() && threads(ctx, entry.size()) > 1 {
                    hasher = None;
                }
                write_parts(ctx, to, &*at, entry, hasher.as_mut())?
            }
        }
        Content::Unmeasured(read) => write_stream(ctx, to, read, u64::MAX, hasher.as_mut())?,
        other => write_stream(ctx, to, other.into_read(), entry.size(), hasher.as_mut())?,
    };
    let hash = match (hashed, hasher) {
        (Hashed::No, _) => None,
        (Hashed::Yes, Some(hasher)) => Some(hasher.finish()),
        // It did not pass by here, or not in order: what lies there now is read.
        (Hashed::Yes, None) => Some(hash_open(file).map_err(Fault::Target)?),
    };
    Ok(Written { bytes, hash })
}

/// Lets the new file share the blocks of a whole local file. Gives how long it is; `None` if that cannot be.
fn reflinked(at: &dyn ReadAt, file: &File, never: &AtomicBool) -> io::Result<Option<u64>> {
    let Some(from) = at.local().filter(|_| !never.load(Ordering::Relaxed)) else { return Ok(None) };
    if holdall_disk::share_blocks(from, file)? {
        return Ok(Some(file.metadata()?.len()));
    }
    never.store(true, Ordering::Relaxed);
    Ok(None)
}

/// How many threads write a file of so many bytes.
fn threads(ctx: &Context<'_>, size: u64) -> usize {
    if size >= PARALLEL_BYTES_MIN { ctx.threads.clamp(1, 8) } else { 1 }
}

/// Writes a file by parts, those of a large one from several threads; where it is hashed, one of them does that. Holes
/// stay holes.
fn write_parts(
    ctx: &Context<'_>,
    to: &To<'_>,
    content: &dyn ReadAt,
    entry: &Entry,
    mut hasher: Option<&mut ContentHasher>,
) -> Result<u64, Fault> {
    let (size, file) = (entry.size(), to.file);
    let mut parts: Vec<Part> = match &entry.meta.extents {
        None => parts(&[Extent { offset: 0, length: size }], content.seams(), size, Is::Data),
        Some(extents) => {
            // Where nothing is written the file is as long all the same.
            file.set_len(size).map_err(Fault::Target)?;
            let holes = holes(extents, size);
            let mut all = parts(extents, content.seams(), size, Is::Data);
            all.extend(parts(&holes, content.seams(), size, Is::Hole));
            all
        }
    };
    let one = |part: &Part, buffer: &mut Vec<u8>| -> Result<(), Fault> {
        if ctx.cancel.is_cancelled() {
            return Err(Fault::Source(io::ErrorKind::Interrupted.into()));
        }
        buffer.resize(part.length as usize, 0);
        let read = || content.read_at(buffer, part.offset);
        let n = uninterrupted(ctx, read).map_err(Fault::Source)?;
        if n as u64 != part.length {
            return Err(Fault::Source(io::ErrorKind::UnexpectedEof.into()));
        }
        // What was listed as a hole may have been written before the content was read.
        if part.is == Is::Data || buffer.iter().any(|byte| *byte != 0) {
            file.write_all_at(buffer, part.offset).map_err(Fault::Target)?;
            to.ahead.written(part.length);
        }
        ctx.observer.count(Counter::Bytes, part.length);
        Ok(())
    };
    let threads = threads(ctx, size);
    if threads == 1 || hasher.is_some() {
        parts.sort_unstable_by_key(|part| part.offset);
        if let Some(hasher) = hasher.take_if(|_| threads > 1) {
            write_beside(&parts, &one, hasher)?;
            return Ok(size);
        }
        let mut buffer = Vec::new();
        for part in &parts {
            one(part, &mut buffer)?;
            if let Some(hasher) = &mut hasher {
                hasher.update(&buffer);
            }
        }
        return Ok(size);
    }
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), Fault> {
        let mut buffer = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(part, &mut buffer)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let rest = others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(ended())));
        rest.fold(mine, Result::and)
    })?;
    Ok(size)
}

/// Writes one part by way of a buffer.
type One<'o> = dyn Fn(&Part, &mut Vec<u8>) -> Result<(), Fault> + 'o;

/// Writes parts in their order while another thread hashes those that were written.
fn write_beside(parts: &[Part], one: &One<'_>, hasher: &mut ContentHasher) -> Result<(), Fault> {
    let (written, hashing) = mpsc::sync_channel::<Vec<u8>>(4);
    let (hashed, free) = mpsc::channel();
    std::thread::scope(|scope| {
        let hashes = scope.spawn(move || {
            for buffer in hashing {
                hasher.update(&buffer);
                // Nobody waits for it after the last part.
                let _ = hashed.send(buffer);
            }
        });
        let mut all = Ok(());
        for part in parts {
            let mut buffer = free.try_recv().unwrap_or_default();
            all = one(part, &mut buffer);
            if all.is_err() || written.send(buffer).is_err() {
                break;
            }
        }
        drop(written);
        hashes.join().map_err(|_| ended()).and(all)
    })
}

/// Does it again as long as a signal comes in between that is not to end it.
fn uninterrupted<T>(ctx: &Context<'_>, mut what: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match what() {
            Err(error)
                if error.kind() == io::ErrorKind::Interrupted && !ctx.cancel.is_cancelled() => {}
            done => return done,
        }
    }
}

/// A thread of this process ended before its work: nothing is known of what it wrote.
fn ended() -> Fault {
    Fault::Target(io::Error::other("a thread that writes it ended"))
}

/// What a part of a file was when it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Data,
    Hole,
}

/// A part that is read and written at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    offset: u64,
    length: u64,
    is: Is,
}

/// What lies between extents, in whatever order they come.
fn holes(extents: &[Extent], size: u64) -> Vec<Extent> {
    let mut sorted = extents.to_vec();
    sorted.sort_by_key(|extent| extent.offset);
    let mut holes = Vec::new();
    let mut at = 0;
    for extent in &sorted {
        if extent.offset.min(size) > at {
            holes.push(Extent { offset: at, length: extent.offset.min(size) - at });
        }
        at = at.max(extent.offset.saturating_add(extent.length)).min(size);
    }
    if at < size {
        holes.push(Extent { offset: at, length: size - at });
    }
    holes
}

/// Cuts extents into parts, at seams where there are any: a chunk is then decoded once.
fn parts(extents: &[Extent], seams: &[u64], size: u64, is: Is) -> Vec<Part> {
    let part_bytes = if seams.is_empty() { PART_BYTES } else { CHUNKED_PART_BYTES };
    let mut parts = Vec::new();
    for extent in extents {
        let end = extent.offset.saturating_add(extent.length).min(size);
        let mut start = extent.offset;
        while start < end {
            let wanted = start + part_bytes;
            let seam = seams.get(seams.partition_point(|seam| *seam < wanted)).copied();
            let stop = match seam {
                _ if wanted >= end => end,
                // A chunk is at most 8 MiB, so a seam is never far.
                Some(seam) if seam < wanted + 2 * part_bytes => seam.min(end),
                _ => wanted,
            };
            parts.push(Part { offset: start, length: stop - start, is });
            start = stop;
        }
    }
    parts
}

fn write_stream(
    ctx: &Context<'_>,
    to: &To<'_>,
    mut read: Box<dyn io::Read + Send + '_>,
    size: u64,
    mut hasher: Option<&mut ContentHasher>,
) -> Result<u64, Fault> {
    // One more than there should be shows whether there is more.
    let mut buffer = vec![0; size.saturating_add(1).min(PART_BYTES) as usize];
    let mut offset = 0;
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(Fault::Source(io::ErrorKind::Interrupted.into()));
        }
        let n = match read.read(&mut buffer) {
            Ok(0) => return Ok(offset),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Fault::Source(e)),
        };
        let read = buffer.get(..n).unwrap_or_default();
        to.file.write_all_at(read, offset).map_err(Fault::Target)?;
        to.ahead.written(n as u64);
        if let Some(hasher) = &mut hasher {
            hasher.update(read);
        }
        ctx.observer.count(Counter::Bytes, n as u64);
        offset += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_extents_and_end_at_seams() {
        let whole = [Extent { offset: 0, length: 20 << 20 }];
        let seams: Vec<u64> = (1..14).map(|i| i * 1_500_000).collect();
        let cut = parts(&whole, &seams, 20 << 20, Is::Data);
        assert_eq!(cut.iter().map(|part| part.length).sum::<u64>(), 20 << 20);
        for pair in cut.windows(2) {
            assert_eq!(pair[0].offset + pair[0].length, pair[1].offset);
            assert!(seams.contains(&pair[1].offset));
        }
        assert!(parts(&whole, &[], 0, Is::Data).is_empty());
    }

    #[test]
    fn holes_and_extents_cover_the_file_whatever_was_listed() {
        let extent = |offset, length| Extent { offset, length };
        assert_eq!(holes(&[], 10), [extent(0, 10)]);
        assert_eq!(holes(&[extent(0, 10)], 10), []);
        assert_eq!(
            holes(&[extent(6, 2), extent(2, 2)], 10),
            [extent(0, 2), extent(4, 2), extent(8, 2)]
        );
        assert_eq!(holes(&[extent(2, 100), extent(3, 1)], 10), [extent(0, 2)]);
        assert_eq!(holes(&[extent(50, u64::MAX)], 10), [extent(0, 10)]);
    }

    #[test]
    fn data_in_what_was_listed_as_a_hole_is_written() {
        use holdall_tree::{
            CancelToken, Clock, Kind, Limits, Metadata, RelPath, Silent, Timestamp,
        };
        struct At(Vec<u8>);
        impl ReadAt for At {
            fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
                let from = &self.0[offset as usize..];
                let n = from.len().min(buffer.len());
                buffer[..n].copy_from_slice(&from[..n]);
                Ok(n)
            }
        }
        struct Never;
        impl Clock for Never {
            fn now(&self) -> Timestamp {
                Timestamp::default()
            }
        }
        let mut content = vec![0; 100_000];
        content[50_000] = 7;
        let meta = Metadata {
            extents: Some(vec![Extent { offset: 0, length: 4096 }]),
            ..Metadata::default()
        };
        let entry = Entry { path: RelPath::root(), kind: Kind::File { size: 100_000 }, meta };
        let file = tempfile::tempfile().unwrap();
        let cancel = CancelToken::default();
        let ctx = Context {
            observer: &Silent,
            clock: &Never,
            cancel: &cancel,
            limits: Limits::default(),
            threads: 1,
            memory_bytes: 0,
        };
        let dir = tempfile::tempdir().unwrap();
        let ahead = Ahead::new(&holdall_disk::Dir::open(dir.path()).unwrap());
        let never = AtomicBool::new(true);
        let to = To { file: &file, hashed: Hashed::No, ahead: &ahead, never: &never };
        write_parts(&ctx, &to, &At(content.clone()), &entry, None).unwrap();
        let mut read = vec![0; 100_000];
        file.read_exact_at(&mut read, 0).unwrap();
        assert_eq!(read, content);
    }
}
