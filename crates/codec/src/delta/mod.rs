//! What differs between two contents, so that the one can be made of the other.
//!
//! Who has the old content makes a [`Signature`] of it, which is small. Who has the new one makes a delta against the
//! signature. Who has the old one applies the delta. The bytes are described in `docs/delta.md`.
//!
//! **Invariant:** a delta gives exactly the content that it was made of, or an error. Memory is bounded by the size of
//! the signature.

mod cut;
mod wire;

use std::collections::HashMap;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use cut::Cutter;
use wire::{array, exact, number, put_number};

/// What a signature begins with; the last byte is the version.
const SIGNATURE: &[u8; 8] = b"hdsigna\x01";
/// What a delta begins with; the last byte is the version.
const DELTA: &[u8; 8] = b"hddelta\x01";
/// The most chunks that a signature may have.
pub const CHUNKS_MAX: u64 = 1 << 26;
/// The most new bytes that one instruction of a delta carries.
const DATA_BYTES_MAX: usize = 1 << 16;
/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 18;

/// The instructions of a delta.
const END: u8 = 0;
const COPY: u8 = 1;
const DATA: u8 = 2;

/// Why a signature or a delta could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// It is none, or was changed.
    #[error("the signature or delta is malformed: {0}")]
    Malformed(&'static str),
    /// It was made against something else.
    #[error("the delta was made against another content of {wanted} bytes, and this has {found}")]
    OtherBase {
        /// How long what it was made against is.
        wanted: u64,
        /// How long what there is is.
        found: u64,
    },
    /// What comes out is not what the delta was made of.
    #[error(
        "what comes out is not what the delta was made of: it was made against another content, or it was changed"
    )]
    Mismatch,
    /// There are more chunks than a signature may have.
    #[error("a signature of more than {CHUNKS_MAX} chunks")]
    TooMany,
    /// Something could not be read.
    #[error("cannot read")]
    Read(#[source] io::Error),
    /// Something could not be written.
    #[error("cannot write")]
    Write(#[source] io::Error),
}

/// A chunk by its XXH3 of 64 bits. It only says where to look: what comes out is judged by the SHA-256 of the whole.
type ChunkHash = u64;

/// What is known of a content without having it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How long the content is.
    pub length: u64,
    /// The SHA-256 of the content.
    pub hash: [u8; 32],
    bits: u32,
    chunks: Vec<(u32, ChunkHash)>,
}

impl Signature {
    /// Reads a content of about `length` bytes, which decides how finely it is cut: the chunks of two contents are compared
    /// only if they were cut for one length.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(read: &mut dyn Read, length: u64) -> Result<Self, DeltaError> {
        let cutter = Cutter::for_length(length);
        let mut whole = Sha256::new();
        let mut signature =
            Self { length: 0, hash: [0; 32], bits: cutter.bits(), chunks: Vec::new() };
        chunks(read, cutter, length, &mut |chunk| {
            if signature.chunks.len() as u64 == CHUNKS_MAX {
                return Err(DeltaError::TooMany);
            }
            whole.update(chunk);
            signature.length += chunk.len() as u64;
            signature.chunks.push((chunk.len() as u32, short(chunk)));
            Ok(())
        })?;
        signature.hash = whole.finalize().into();
        Ok(signature)
    }

    /// Writes it.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), DeltaError> {
        let mut write = || -> io::Result<()> {
            out.write_all(SIGNATURE)?;
            out.write_all(&[self.bits as u8])?;
            out.write_all(&self.hash)?;
            put_number(out, self.chunks.len() as u64)?;
            for (length, hash) in &self.chunks {
                put_number(out, u64::from(*length))?;
                out.write_all(&hash.to_le_bytes())?;
            }
            Ok(())
        };
        write().map_err(DeltaError::Write)
    }

    /// Reads one that was written; what follows it stays unread.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(read: &mut dyn Read) -> Result<Self, DeltaError> {
        if array::<8>(read)? != *SIGNATURE {
            return Err(DeltaError::Malformed("it is no signature, or of another version"));
        }
        let [bits] = array::<1>(read)?;
        let cutter =
            Cutter::new(u32::from(bits)).ok_or(DeltaError::Malformed("the length of chunks"))?;
        let hash = array(read)?;
        let count = number(read)?;
        if count > CHUNKS_MAX {
            return Err(DeltaError::TooMany);
        }
        // Grown as they come: a number that is made up must not take memory.
        let mut chunks = Vec::new();
        let mut length = 0u64;
        for _ in 0..count {
            let size = u32::try_from(number(read)?).ok();
            let size = size.filter(|size| *size > 0 && *size as usize <= cutter.longest());
            let size = size.ok_or(DeltaError::Malformed("a chunk is too long, or empty"))?;
            length += u64::from(size);
            chunks.push((size, u64::from_le_bytes(array(read)?)));
        }
        Ok(Self { length, hash, bits: cutter.bits(), chunks })
    }
}

/// Writes what makes the content `new` of the one that the signature is of, and gives the length and the SHA-256 of `new`.
///
/// # Errors
/// If `new` cannot be read or `out` not be written.
pub fn make(
    signature: &Signature,
    new: &mut dyn Read,
    out: &mut dyn Write,
) -> Result<(u64, [u8; 32]), DeltaError> {
    let cutter =
        Cutter::new(signature.bits).ok_or(DeltaError::Malformed("the length of chunks"))?;
    let known = Known::new(signature);
    let mut writer = Instructions::begin(signature, out).map_err(DeltaError::Write)?;
    let (mut whole, mut total) = (Sha256::new(), 0u64);
    chunks(new, cutter, u64::MAX, &mut |chunk| {
        whole.update(chunk);
        total += chunk.len() as u64;
        match known.find(chunk.len(), short(chunk)) {
            Some(offset) => writer.copy(offset, chunk.len() as u64),
            None => writer.data(chunk),
        }
        .map_err(DeltaError::Write)
    })?;
    let hash: [u8; 32] = whole.finalize().into();
    writer.finish(total, &hash).map_err(DeltaError::Write)?;
    Ok((total, hash))
}

/// The same of a new content whose signature is there already: only what the old one does not have is read of it.
///
/// # Errors
/// If `new` cannot be read or `out` not be written. Whether it was changed since it was signed is found by [`apply`].
pub fn make_between<B: Base + ?Sized>(
    old: &Signature,
    new: &Signature,
    content: &B,
    out: &mut dyn Write,
) -> Result<(), DeltaError> {
    let known = Known::new(old);
    let mut writer = Instructions::begin(old, out).map_err(DeltaError::Write)?;
    let (mut at, mut buffer) = (0, Vec::new());
    for (length, hash) in &new.chunks {
        let (offset, length) = (at, *length as usize);
        at += length as u64;
        match known.find(length, *hash) {
            Some(offset) => writer.copy(offset, length as u64),
            None => {
                buffer.resize(length, 0);
                content.read_exact_at(&mut buffer, offset).map_err(DeltaError::Read)?;
                writer.data(&buffer)
            }
        }
        .map_err(DeltaError::Write)?;
    }
    writer.finish(new.length, &new.hash).map_err(DeltaError::Write)
}

/// Where the chunks of a content lie, by their hashes.
struct Known(HashMap<ChunkHash, (u64, u32)>);

impl Known {
    fn new(signature: &Signature) -> Self {
        let mut known = HashMap::with_capacity(signature.chunks.len());
        let mut offset = 0;
        for (length, hash) in &signature.chunks {
            known.entry(*hash).or_insert((offset, *length));
            offset += u64::from(*length);
        }
        Self(known)
    }

    /// The offset of a chunk of this length.
    fn find(&self, length: usize, hash: ChunkHash) -> Option<u64> {
        let found = self.0.get(&hash).filter(|(_, size)| *size as usize == length);
        found.map(|(offset, _)| *offset)
    }
}

/// Collects instructions, so that what follows each other becomes one.
struct Instructions<'o> {
    out: &'o mut dyn Write,
    copy: Option<(u64, u64)>,
    data: Vec<u8>,
}

impl<'o> Instructions<'o> {
    fn begin(old: &Signature, out: &'o mut dyn Write) -> io::Result<Self> {
        out.write_all(DELTA)?;
        put_number(out, old.length)?;
        Ok(Self { out, copy: None, data: Vec::new() })
    }

    fn copy(&mut self, offset: u64, length: u64) -> io::Result<()> {
        self.flush_data()?;
        if let Some((from, size)) = &mut self.copy
            && *from + *size == offset
        {
            *size += length;
            return Ok(());
        }
        self.flush_copy()?;
        self.copy = Some((offset, length));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush_copy()?;
        for part in bytes.chunks(DATA_BYTES_MAX) {
            if self.data.len() + part.len() > DATA_BYTES_MAX {
                self.flush_data()?;
            }
            self.data.extend_from_slice(part);
        }
        Ok(())
    }

    fn flush_copy(&mut self) -> io::Result<()> {
        let Some((offset, length)) = self.copy.take() else { return Ok(()) };
        self.out.write_all(&[COPY])?;
        put_number(self.out, offset)?;
        put_number(self.out, length)
    }

    fn flush_data(&mut self) -> io::Result<()> {
        if self.data.is_empty() {
            return Ok(());
        }
        self.out.write_all(&[DATA])?;
        put_number(self.out, self.data.len() as u64)?;
        self.out.write_all(&self.data)?;
        self.data.clear();
        Ok(())
    }

    fn finish(mut self, total: u64, hash: &[u8; 32]) -> io::Result<()> {
        self.flush_copy()?;
        self.flush_data()?;
        self.out.write_all(&[END])?;
        put_number(self.out, total)?;
        self.out.write_all(hash)
    }
}

/// Bytes that can be read at any offset.
pub trait Base {
    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// If there are not so many bytes, or they cannot be read.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

#[cfg(unix)]
impl Base for std::fs::File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }
}

impl Base for [u8] {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|at| self.get(at..)?.get(..buffer.len()));
        buffer.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Makes the new content of `base`, which is `length` bytes long, and a delta, and gives how long it is and its SHA-256.
/// What follows the delta stays unread. Only if this succeeds is what was written what the delta was made of.
///
/// # Errors
/// If the delta was made against another content or was changed, would give more than `most` bytes, or the disk fails.
pub fn apply<B: Base + ?Sized>(
    base: &B,
    length: u64,
    delta: &mut dyn Read,
    out: &mut dyn Write,
    most: u64,
) -> Result<(u64, [u8; 32]), DeltaError> {
    if array::<8>(delta)? != *DELTA {
        return Err(DeltaError::Malformed("it is no delta, or of another version"));
    }
    let wanted = number(delta)?;
    if wanted != length {
        return Err(DeltaError::OtherBase { wanted, found: length });
    }
    // As long as the longest piece that comes; most files are short.
    let mut buffer = Vec::new();
    let (mut whole, mut total) = (Sha256::new(), 0u64);
    let mut grow = |by: u64| -> Result<(), DeltaError> {
        total = total
            .checked_add(by)
            .filter(|total| *total <= most)
            .ok_or(DeltaError::Malformed("it gives more than it may"))?;
        Ok(())
    };
    loop {
        match array::<1>(delta)? {
            [END] => break,
            [COPY] => {
                let (mut offset, mut left) = (number(delta)?, number(delta)?);
                if offset.checked_add(left).is_none_or(|end| end > length) {
                    return Err(DeltaError::Malformed("it copies what is not there"));
                }
                grow(left)?;
                while left > 0 {
                    let now = BUFFER_BYTES.min(usize::try_from(left).unwrap_or(usize::MAX));
                    let part = room(&mut buffer, now);
                    base.read_exact_at(part, offset).map_err(DeltaError::Read)?;
                    whole.update(&*part);
                    out.write_all(part).map_err(DeltaError::Write)?;
                    offset += now as u64;
                    left -= now as u64;
                }
            }
            [DATA] => {
                let size = number(delta)?;
                if size > DATA_BYTES_MAX as u64 {
                    return Err(DeltaError::Malformed("an instruction is too long"));
                }
                grow(size)?;
                let part = room(&mut buffer, size as usize);
                exact(delta, part)?;
                whole.update(&*part);
                out.write_all(part).map_err(DeltaError::Write)?;
            }
            _ => return Err(DeltaError::Malformed("there is no such instruction")),
        }
    }
    let (wanted, hash) = (number(delta)?, array::<32>(delta)?);
    let found: [u8; 32] = whole.finalize().into();
    if wanted != total || hash != found {
        return Err(DeltaError::Mismatch);
    }
    Ok((total, found))
}

/// The first so many bytes of a buffer, which grows to have them.
fn room(buffer: &mut Vec<u8>, bytes: usize) -> &mut [u8] {
    if buffer.len() < bytes {
        buffer.resize(bytes, 0);
    }
    buffer.get_mut(..bytes).unwrap_or_default()
}

fn short(chunk: &[u8]) -> ChunkHash {
    twox_hash::XxHash3_64::oneshot(chunk)
}

/// Cuts all that can be read into chunks; `length` bytes are expected.
fn chunks(
    read: &mut dyn Read,
    cutter: Cutter,
    length: u64,
    each: &mut dyn FnMut(&[u8]) -> Result<(), DeltaError>,
) -> Result<(), DeltaError> {
    // Most files are short, and clearing a buffer costs more than cutting one of them.
    let most = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
    let usual = cutter.longest().max(BUFFER_BYTES) * 2;
    let mut buffer = vec![0; usual.min(most).max(cutter.longest())];
    let (mut begin, mut end, mut last) = (0, 0, false);
    loop {
        while !last && end - begin < cutter.longest() {
            if end == buffer.len() {
                buffer.copy_within(begin..end, 0);
                (begin, end) = (0, end - begin);
            }
            match read.read(buffer.get_mut(end..).unwrap_or_default()) {
                Ok(0) => last = true,
                Ok(n) => end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DeltaError::Read(error)),
            }
        }
        let Some(rest) = buffer.get(begin..end).filter(|rest| !rest.is_empty()) else {
            return Ok(());
        };
        let length = cutter.cut(rest);
        each(rest.get(..length).unwrap_or_default())?;
        begin += length;
    }
}
