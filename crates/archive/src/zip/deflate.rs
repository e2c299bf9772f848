//! Contents that threads deflate, in their order.

use std::io::{self, Write};
use std::num::NonZero;

use holdall_codec::pool::Pool;
use holdall_codec::raw::{Crc32, Deflater};
use holdall_tree::Context;

use crate::error::Error;
use crate::write::{Hashing, Stored};

/// So many bytes of a large content are in memory at most.
const PIECES_BYTES_MAX: usize = 16 << 20;
/// So many contents wait for each thread.
const WAITING: usize = 32;
/// Buffers that are longer are not kept.
const BUFFER_BYTES_MAX: usize = 1 << 20;
/// So many are kept.
const SPARE_MAX: usize = 64;

/// A content that is to be deflated.
pub(super) struct Job {
    pub(super) plain: Vec<u8>,
    packed: Vec<u8>,
    /// What hashes it; `None` for a part of a content.
    hashing: Option<Hashing>,
    ends: bool,
}

/// One that was.
pub(super) struct Deflated {
    pub(super) plain: Vec<u8>,
    pub(super) packed: Vec<u8>,
    pub(super) crc: u32,
    pub(super) stored: Stored,
}

/// The threads, and buffers that were used.
pub(super) struct Deflating {
    pool: Pool<Job, io::Result<Deflated>>,
    under_way: usize,
    spare: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Deflating {
    pub(super) fn new(ctx: &Context<'_>, level: Option<i32>) -> Result<Self, Error> {
        let threads = u32::try_from(ctx.threads).ok().and_then(NonZero::new);
        let pool = Pool::new(threads.unwrap_or(NonZero::<u32>::MIN), WAITING, || {
            let mut deflater = Deflater::new(level)?;
            Ok(Box::new(move |job| run(&mut deflater, job)))
        });
        Ok(Self { pool: pool.map_err(Error::Write)?, under_way: 0, spare: Vec::new() })
    }

    /// A job whose content is yet to be put into its buffer.
    pub(super) fn job(&mut self, hashing: Hashing) -> Job {
        let (plain, packed) = self.spare.pop().unwrap_or_default();
        Job { plain, packed, hashing: Some(hashing), ends: true }
    }

    /// True if something should be taken before more is put.
    pub(super) fn is_full(&self) -> bool {
        self.pool.is_full()
    }

    pub(super) fn put(&mut self, job: Job) -> Result<(), Error> {
        self.under_way += 1;
        self.pool.put(job).map_err(Error::Write)
    }

    /// What was put first.
    pub(super) fn take(&mut self) -> Result<Deflated, Error> {
        self.under_way -= 1;
        let done = self.pool.take().and_then(|done| {
            done.unwrap_or_else(|| Err(io::Error::other("nothing is being deflated")))
        });
        done.map_err(Error::Write)
    }

    /// Lets the buffers be used again.
    pub(super) fn give_back(&mut self, done: Deflated) {
        let Deflated { plain, mut packed, .. } = done;
        let is_short = |buffer: &Vec<u8>| buffer.capacity() <= BUFFER_BYTES_MAX + 64;
        if self.spare.len() < SPARE_MAX && is_short(&plain) && is_short(&packed) {
            packed.clear();
            self.spare.push((plain, packed));
        }
    }

    /// Has the next piece of a large content deflated, and writes what is done of it.
    pub(super) fn piece(&mut self, bytes: &[u8], out: &mut dyn Write) -> Result<(), Error> {
        let (mut plain, packed) = self.spare.pop().unwrap_or_default();
        plain.clear();
        plain.extend_from_slice(bytes);
        self.put(Job { plain, packed, hashing: None, ends: false })?;
        while self.pool.is_full() || self.under_way * bytes.len() > PIECES_BYTES_MAX {
            self.write_piece(out)?;
        }
        Ok(())
    }

    /// Ends a large content and writes what is left of it.
    pub(super) fn end(&mut self, out: &mut dyn Write) -> Result<(), Error> {
        let (plain, packed) = Default::default();
        self.put(Job { plain, packed, hashing: None, ends: true })?;
        while self.under_way > 0 {
            self.write_piece(out)?;
        }
        Ok(())
    }

    fn write_piece(&mut self, out: &mut dyn Write) -> Result<(), Error> {
        let done = self.take()?;
        out.write_all(&done.packed).map_err(Error::Write)?;
        self.give_back(done);
        Ok(())
    }
}

fn run(deflater: &mut Deflater, job: Job) -> io::Result<Deflated> {
    let Job { plain, mut packed, hashing, ends } = job;
    deflater.deflate(&plain, ends, &mut packed)?;
    let (mut crc, mut stored) = (Crc32::default(), Stored::default());
    if let Some(mut hashing) = hashing {
        crc.update(&plain);
        hashing.update(&plain);
        stored = hashing.finish();
    }
    Ok(Deflated { plain, packed, crc: crc.sum(), stored })
}
