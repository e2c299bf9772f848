//! A writer behind the one that writes: another thread does what a write costs, which for a file with a checksum is as
//! much as making the text is.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

/// Bytes that are handed over at a time.
const BUFFER: usize = 1 << 18;
/// Buffers that may wait to be written.
const WAITING: usize = 4;

/// Lets `write` write, and another thread hand it on to `out`. All of it is there, and flushed, when this returns.
///
/// # Errors
/// Of `out`, as `failed` has them, or else of `write`.
pub fn behind<T, E>(
    out: &mut (dyn Write + Send),
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    failed: impl Fn(io::Error) -> E,
) -> Result<T, E> {
    std::thread::scope(|scope| {
        let (full, waiting) = sync_channel::<Vec<u8>>(WAITING);
        let (done, empty) = channel();
        let writer = scope.spawn(move || {
            for mut buffer in waiting {
                out.write_all(&buffer)?;
                buffer.clear();
                // Whoever would fill it again may have ended.
                let _ = done.send(buffer);
            }
            out.flush()
        });
        let mut front = Front { buffer: Vec::with_capacity(BUFFER), full, empty };
        let written = write(&mut front);
        let rest = front.hand_over().map_err(&failed);
        drop(front);
        match writer.join() {
            // The writer in front knows only that nobody takes what it writes.
            Ok(Err(source)) => Err(failed(source)),
            Ok(Ok(())) => written.and_then(|written| rest.map(|()| written)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

struct Front {
    buffer: Vec<u8>,
    full: SyncSender<Vec<u8>>,
    /// Buffers that were written.
    empty: Receiver<Vec<u8>>,
}

impl Front {
    fn hand_over(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BUFFER));
        let full = std::mem::replace(&mut self.buffer, next);
        self.full.send(full).map_err(|_| io::Error::other("what is written is not taken any more"))
    }
}

impl Write for Front {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BUFFER.saturating_sub(self.buffer.len());
        let (now, _) = bytes.split_at(bytes.len().min(room));
        self.buffer.extend_from_slice(now);
        if self.buffer.len() >= BUFFER {
            self.hand_over()?;
        }
        Ok(now.len())
    }

    /// Does not wait: what is flushed is flushed at the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What failed.
    #[derive(Debug)]
    enum Failure {
        Output(io::Error),
        Usage,
    }

    /// Takes so many bytes.
    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_arrives_in_order() {
        let text: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut out = Narrow(Vec::new(), usize::MAX);
        let write = |front: &mut (dyn Write + Send)| {
            for piece in text.chunks(777) {
                front.write_all(piece)?;
            }
            Ok::<_, io::Error>(5)
        };
        assert_eq!(behind(&mut out, write, |error| error).unwrap(), 5);
        assert!(out.0 == text);
    }

    #[test]
    fn the_error_of_the_output_is_the_one_that_is_told() {
        for bytes in [10, 10 * BUFFER] {
            let write = |front: &mut (dyn Write + Send)| {
                front.write_all(&vec![0; bytes]).map_err(Failure::Output)
            };
            let written = behind(&mut Narrow(Vec::new(), 5), write, Failure::Output);
            let Err(Failure::Output(source)) = written else { panic!("it should fail") };
            assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        }
        let mut narrow = Narrow(Vec::new(), 5);
        let written: Result<(), _> = behind(&mut narrow, |_| Err(Failure::Usage), Failure::Output);
        assert!(matches!(written, Err(Failure::Usage)));
    }
}
