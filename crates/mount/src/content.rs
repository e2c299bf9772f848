//! The content of an open file, at any offset.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use holdall_tree::{CancelToken, Content, ReadAt};

use crate::room::Room;

/// A stream that is not longer is kept in memory while its file is open, in bytes.
const IN_MEMORY_MAX: u64 = 4 << 20;
/// How much of a stream is read at a time, in bytes.
const PIECE: usize = 256 << 10;

/// The memory that contents may take together, in bytes, and room for what is too large for that.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u64,
    taken: AtomicU64,
    room: Room,
}

impl Budget {
    pub(crate) fn new(most: u64, room: Room) -> Self {
        Self { most, taken: AtomicU64::new(0), room }
    }

    /// Takes so much, if it is there.
    fn take(&self, bytes: u64) -> bool {
        let add = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= self.most);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A content that somebody has open.
pub(crate) struct Open<'t> {
    size: u64,
    bytes: Bytes<'t>,
    budget: &'t Budget,
    /// How much of the budget is its own.
    memory: u64,
}

enum Bytes<'t> {
    Whole(Cow<'t, [u8]>),
    At(Box<dyn ReadAt + 't>),
    Spool(Mutex<Spool<'t>>),
}

impl<'t> Open<'t> {
    /// Opens a content that is `size` bytes long.
    ///
    /// # Errors
    /// If there is no room for what has to be kept of it.
    pub(crate) fn new(content: Content<'t>, size: u64, budget: &'t Budget) -> io::Result<Self> {
        let small = size <= IN_MEMORY_MAX && budget.take(size);
        let memory = if small { size } else { 0 };
        let (bytes, memory) = match content {
            Content::At(at) => {
                budget.give_back(memory);
                (Bytes::At(at), 0)
            }
            Content::None => (Bytes::Whole(Cow::Borrowed(&[])), memory),
            Content::Bytes(bytes) if small || matches!(bytes, Cow::Borrowed(_)) => {
                (Bytes::Whole(bytes), memory)
            }
            Content::Bytes(bytes) => {
                (Bytes::Spool(Mutex::new(Spool::filled(&bytes, &budget.room)?)), memory)
            }
            Content::Stream(read) => (
                Bytes::Spool(Mutex::new(Spool::new(read, size, (!small).then_some(&budget.room))?)),
                memory,
            ),
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Self { size, bytes, budget, memory })
    }

    /// Reads at `offset` into `buffer`; fewer bytes than asked for only at the end that the file is said to have.
    ///
    /// # Errors
    /// If it cannot be read, or is shorter than it is said to be.
    pub(crate) fn read(
        &self,
        buffer: &mut [u8],
        offset: u64,
        cancel: &CancelToken,
    ) -> io::Result<usize> {
        let left = self.size.saturating_sub(offset);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        match &self.bytes {
            Bytes::Whole(bytes) => fill(&Slice(bytes), buffer, offset)?,
            Bytes::At(at) => fill(&**at, buffer, offset)?,
            Bytes::Spool(spool) => {
                let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
                spool.read(buffer, offset, cancel)?;
            }
        }
        Ok(wanted)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.budget.give_back(self.memory);
    }
}

/// Fills the whole buffer.
fn fill(at: &dyn ReadAt, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match at.read_at(rest, offset + done as u64) {
            // Less than was said; zeros in its place would be a lie.
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Slice<'b>(&'b [u8]);

impl ReadAt for Slice<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..));
        from.unwrap_or_default().read(buffer)
    }
}

/// A stream, of which what was read is kept: in memory, or in a file without a name that nobody else can open.
struct Spool<'t> {
    read: Box<dyn Read + Send + 't>,
    size: u64,
    kept: Kept,
    filled: u64,
    /// True once the stream has said that nothing follows: only then is it known to be what it should be.
    ended: bool,
    /// Why it went no further, if it did not.
    failed: Option<Failed>,
}

struct Failed {
    code: Option<i32>,
    kind: io::ErrorKind,
    why: String,
}

impl Failed {
    fn of(error: &io::Error) -> Self {
        Self { code: error.raw_os_error(), kind: error.kind(), why: error.to_string() }
    }

    fn again(&self) -> io::Error {
        match self.code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(self.kind, self.why.clone()),
        }
    }
}

impl<'t> Spool<'t> {
    /// One that is kept in memory unless there is room for it elsewhere.
    fn new(read: Box<dyn Read + Send + 't>, size: u64, room: Option<&Room>) -> io::Result<Self> {
        let kept = room.map_or(Ok(Kept::Memory(Vec::new())), |room| room.file().map(Kept::File))?;
        Ok(Self { read, size, kept, filled: 0, ended: false, failed: None })
    }

    /// One that is read to its end.
    fn filled(bytes: &[u8], room: &Room) -> io::Result<Self> {
        let file = room.file()?;
        file.write_all_at(bytes, 0)?;
        let size = bytes.len() as u64;
        let (read, kept) = (Box::new(io::empty()), Kept::File(file));
        Ok(Self { read, size, kept, filled: size, ended: true, failed: None })
    }

    fn read(&mut self, buffer: &mut [u8], offset: u64, cancel: &CancelToken) -> io::Result<()> {
        let end = offset.saturating_add(buffer.len() as u64);
        if !self.has(end) && self.failed.is_none() {
            match self.advance(end, cancel) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.failed = Some(Failed::of(&error)),
                Ok(()) => {}
            }
        }
        if !self.has(end) {
            let again = self.failed.as_ref().map(Failed::again);
            return Err(again.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        }
        match &self.kept {
            Kept::Memory(bytes) => fill(&Slice(bytes), buffer, offset),
            Kept::File(file) => file.read_exact_at(buffer, offset),
        }
    }

    /// True if everything up to there can be given. The last bytes are given when the stream has ended well.
    fn has(&self, end: u64) -> bool {
        if end < self.size { end <= self.filled } else { self.ended }
    }

    /// Reads the stream on until everything up to there can be given.
    fn advance(&mut self, end: u64, cancel: &CancelToken) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        while !self.has(end) {
            if cancel.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let n = match self.read.read(&mut piece) {
                Ok(0) if self.filled < self.size => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            let room = usize::try_from(self.size - self.filled).unwrap_or(usize::MAX);
            let bytes = piece.get(..n.min(room)).unwrap_or_default();
            match &mut self.kept {
                Kept::Memory(kept) => kept.extend_from_slice(bytes),
                Kept::File(file) => file.write_all_at(bytes, self.filled)?,
            }
            self.filled += bytes.len() as u64;
            if n > room {
                return Err(io::Error::other("it is longer than it was said to be"));
            }
        }
        Ok(())
    }
}

enum Kept {
    Memory(Vec<u8>),
    File(File),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes seven at a time, and may fail then.
    struct Slow {
        bytes: io::Cursor<Vec<u8>>,
        fails: bool,
    }

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(7);
            match self.bytes.read(buffer.get_mut(..most).unwrap_or_default())? {
                0 if self.fails => Err(io::Error::other("the hash is another")),
                n => Ok(n),
            }
        }
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i % 251) as u8).collect()
    }

    /// A budget of so many bytes, and what has room for more.
    fn budget(most: u64) -> (Budget, tempfile::TempDir) {
        let dir = Room::make().unwrap();
        (Budget::new(most, Room::open(dir.path()).unwrap()), dir)
    }

    fn open(budget: &Budget, content: Vec<u8>, size: u64, fails: bool) -> Open<'_> {
        let read = Slow { bytes: io::Cursor::new(content), fails };
        Open::new(Content::Stream(Box::new(read)), size, budget).unwrap()
    }

    #[test]
    fn a_stream_is_read_at_any_offset_in_memory_and_in_a_file() {
        let cancel = CancelToken::default();
        for most in [0, 1 << 20] {
            let (budget, _dir) = budget(most);
            let (whole, mut buffer) = (bytes(1000), [0; 64]);
            let open = open(&budget, whole.clone(), 1000, false);
            for offset in [500u64, 0, 3, 990, 1000, 5000] {
                let n = open.read(&mut buffer, offset, &cancel).unwrap();
                let from = usize::try_from(offset).unwrap().min(1000);
                assert_eq!(buffer[..n], whole[from..(from + 64).min(1000)]);
            }
            drop(open);
            assert!(budget.take(most), "all memory came back");
        }
    }

    #[test]
    fn a_content_that_is_not_what_it_is_said_to_be_is_an_error_and_no_zeros() {
        let (cancel, (budget, _dir)) = (CancelToken::default(), budget(1 << 20));
        let mut buffer = [0; 64];
        for (length, size, fails) in [(100, 101, false), (102, 101, false), (101, 101, true)] {
            let stream = open(&budget, bytes(length), size, fails);
            assert_eq!(stream.read(&mut buffer, 0, &cancel).unwrap(), 64);
            assert!(stream.read(&mut buffer, 64, &cancel).is_err());
            assert!(stream.read(&mut buffer, 64, &cancel).is_err());
            // What came before is given all the same.
            assert_eq!(stream.read(&mut buffer, 36, &cancel).unwrap(), 64);
        }
        let short = Open::new(Content::Bytes(bytes(10).into()), 11, &budget).unwrap();
        assert!(short.read(&mut buffer, 0, &cancel).is_err());
    }

    #[test]
    fn an_interrupted_read_can_be_taken_up_again() {
        let (cancel, (budget, _dir)) = (CancelToken::default(), budget(1 << 20));
        let stream = open(&budget, bytes(100), 100, false);
        let stopped = CancelToken::default();
        stopped.cancel();
        let mut buffer = [0; 100];
        let error = stream.read(&mut buffer, 0, &stopped).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        assert_eq!(stream.read(&mut buffer, 0, &cancel).unwrap(), 100);
        assert_eq!(buffer[..], bytes(100));
    }
}
