//! Writing the content of one file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdall_tree::{Context, Counter, Entry, Extent, ReadAt};

/// A file of at least this many bytes is written by several threads.
const PARALLEL_BYTES_MIN: u64 = 32 << 20;
/// How much of a file is read and written at a time, in bytes.
const PART_BYTES: u64 = 4 << 20;

/// Writes a file by parts, those of a large one from several threads. Holes stay holes.
pub(super) fn write_parts(
    ctx: &Context<'_>,
    file: &File,
    content: &dyn ReadAt,
    entry: &Entry,
) -> io::Result<u64> {
    let size = entry.size();
    file.set_len(size)?;
    let whole = [Extent { offset: 0, length: size }];
    let extents = entry.meta.extents.as_deref().unwrap_or(&whole);
    let parts = parts(extents, content.seams(), size);
    let threads = if size >= PARALLEL_BYTES_MIN { ctx.threads.clamp(1, 8) } else { 1 };
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            if ctx.cancel.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            buffer.resize(part.length as usize, 0);
            let n = content.read_at(&mut buffer, part.offset)?;
            if n as u64 != part.length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.write_all_at(&buffer, part.offset)?;
            ctx.observer.count(Counter::Bytes, part.length);
        }
        Ok(())
    };
    if threads == 1 {
        work()?;
        return Ok(size);
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let rest = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())));
        rest.fold(mine, Result::and)
    })?;
    Ok(size)
}

/// Cuts extents into parts of about [`PART_BYTES`], at seams where there are any: a chunk is then decoded once.
fn parts(extents: &[Extent], seams: &[u64], size: u64) -> Vec<Extent> {
    let mut parts = Vec::new();
    for extent in extents {
        let end = extent.offset.saturating_add(extent.length).min(size);
        let mut start = extent.offset;
        while start < end {
            let wanted = start + PART_BYTES;
            let seam = seams.get(seams.partition_point(|seam| *seam < wanted)).copied();
            let stop = match seam {
                _ if wanted >= end => end,
                // A chunk is at most 8 MiB, so a seam is never far.
                Some(seam) if seam < wanted + 2 * PART_BYTES => seam.min(end),
                _ => wanted,
            };
            parts.push(Extent { offset: start, length: stop - start });
            start = stop;
        }
    }
    parts
}

pub(super) fn write_stream(
    ctx: &Context<'_>,
    file: &File,
    mut read: Box<dyn io::Read + Send + '_>,
) -> io::Result<u64> {
    let mut buffer = vec![0; PART_BYTES as usize];
    let mut offset = 0;
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = match read.read(&mut buffer) {
            Ok(0) => return Ok(offset),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        file.write_all_at(buffer.get(..n).unwrap_or_default(), offset)?;
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
        let cut = parts(&whole, &seams, 20 << 20);
        assert_eq!(cut.iter().map(|part| part.length).sum::<u64>(), 20 << 20);
        for pair in cut.windows(2) {
            assert_eq!(pair[0].offset + pair[0].length, pair[1].offset);
            assert!(seams.contains(&pair[1].offset));
        }
        let holes = [Extent { offset: 4096, length: 10 }, Extent { offset: 8192, length: 4096 }];
        assert_eq!(parts(&holes, &[], 12288), holes);
        assert!(parts(&whole, &[], 0).is_empty());
    }
}
