//! Writes a tree as a zip, front to back.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::ControlFlow;

use holdall_codec::raw::Crc32;
use holdall_codec::zip_aes::MORE_BYTES;
use holdall_tree::{Content, Context, Entry, Filter, Kind, Result as TreeResult, Source};

use super::deflate::{Deflated, Deflating, Job};
use super::encrypt::{Encryption, Out, mark};
use super::write_head::{Head, MADE_BY, low32};
use super::{END, END_64, FLAG_DESCRIPTOR, LOCATOR_64, METHOD_DEFLATED, METHOD_STORED};
use crate::error::Error;
use crate::write::{
    SMALL_BYTES, Stored, Tally, WriteOptions, Written, count, problem, read_small, read_through,
    unheld,
};

/// From this size on, the sizes of a file are written in 64 bits: it may not become smaller by being deflated.
const WIDE_BYTES: u64 = 0xfff0_0000;
/// A large file is deflated in pieces of this size that do not need each other, so that all threads can.
const PIECE_BYTES: usize = 1 << 20;
/// So many entries, and so many bytes of their contents, wait to be written at most.
const QUEUE_MAX: usize = 1024;
const QUEUE_BYTES_MAX: u64 = 16 << 20;

/// Writes what `filter` takes of `source`, in the order in which it comes; in memory there is only what the directory
/// will say.
///
/// Contents are deflated at this level of gzip, or its default, by as many threads as the context has. The bytes do not
/// depend on how many that are.
///
/// A zip has times in seconds and no hard links: each name has the content. Pipes, devices and sockets are left out. They
/// go to the observer, and so does a file that was changed while it was read, or that cannot be read to its end.
///
/// # Errors
/// If there is no such level, the source cannot be read, or the archive cannot be written.
pub fn write<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: W,
    level: Option<i32>,
    options: &WriteOptions,
) -> TreeResult<Written> {
    write_encrypted(ctx, source, filter, out, level, options, None)
}

/// The same; contents are encrypted with AES-256 if there is a passphrase. Names, sizes and times are not.
///
/// # Errors
/// As [`write()`].
pub fn write_encrypted<W: Write>(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: W,
    level: Option<i32>,
    options: &WriteOptions,
    passphrase: Option<&[u8]>,
) -> TreeResult<Written> {
    let mut writer = Writer {
        out,
        options: *options,
        passphrase,
        length: 0,
        tally: Tally::new(options),
        directory: Vec::new(),
        entries: 0,
        deflating: Deflating::new(ctx, level)?,
        queue: VecDeque::new(),
        queued: 0,
    };
    source.read(ctx, filter, &mut |entry, content| {
        ctx.check()?;
        writer.entry(ctx, entry, content)?;
        Ok(ControlFlow::Continue(()))
    })?;
    writer.drain()?;
    writer.manifest(ctx)?;
    writer.finish()?;
    Ok(Written { held: writer.tally.finish(), bytes: writer.length, start: None })
}

struct Writer<'p, W> {
    out: W,
    options: WriteOptions,
    passphrase: Option<&'p [u8]>,
    length: u64,
    tally: Tally,
    directory: Vec<u8>,
    entries: u64,
    deflating: Deflating,
    /// What is not written yet, in its order, and how long these contents are.
    queue: VecDeque<Queued>,
    queued: u64,
}

/// An entry that waits for those before it, and for its content.
struct Queued {
    head: Head,
    /// `None` if it is no entry of the tree.
    entry: Option<Entry>,
    body: Body,
}

enum Body {
    Known(Vec<u8>),
    /// The next one of what is being deflated.
    Deflating {
        size: u64,
    },
}

impl<W: Write> Writer<'_, W> {
    fn entry(&mut self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> TreeResult<()> {
        Tally::check(entry)?;
        if entry.path.is_root() {
            return Ok(());
        }
        let mut head = Head::new(entry, &self.options);
        if head.name.len() > usize::from(u16::MAX) {
            let (path, what) = (entry.path.clone(), "the path");
            problem(ctx, &entry.path, &Error::Unfit { path, what });
            return Ok(());
        }
        match &entry.kind {
            Kind::Directory => self.put(head, entry, Vec::new())?,
            Kind::Symlink { target } => {
                head.size = target.len() as u64;
                head.crc = crc(target);
                self.put(head, entry, target.clone())?;
            }
            Kind::File { size } if *size <= SMALL_BYTES => {
                let mut job = self.deflating.job(self.tally.hashing());
                let length = read_small(ctx, entry, *size, content, &mut job.plain).len();
                job.plain.truncate(length);
                count(ctx, length as u64);
                self.deflate(head, Some(entry.clone()), job)?;
            }
            Kind::File { size } => {
                self.drain()?;
                let stored = self.large(ctx, entry, head, *size, content)?;
                self.tally.add(entry, stored);
            }
            _ => unheld(ctx, entry),
        }
        Ok(())
    }

    /// Queues an entry all of which is known.
    fn put(&mut self, head: Head, entry: &Entry, content: Vec<u8>) -> Result<(), Error> {
        let (entry, body) = (Some(entry.clone()), Body::Known(content));
        self.queue.push_back(Queued { head, entry, body });
        self.make_room()
    }

    /// Queues a file all of which is in memory.
    fn deflate(&mut self, head: Head, entry: Option<Entry>, job: Job) -> Result<(), Error> {
        let size = job.plain.len() as u64;
        self.queued += size;
        self.deflating.put(job)?;
        self.queue.push_back(Queued { head, entry, body: Body::Deflating { size } });
        self.make_room()
    }

    fn make_room(&mut self) -> Result<(), Error> {
        while self.queue.len() > QUEUE_MAX
            || self.queued > QUEUE_BYTES_MAX
            || self.deflating.is_full()
        {
            self.write_next()?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Error> {
        while !self.queue.is_empty() {
            self.write_next()?;
        }
        Ok(())
    }

    /// Writes the entry that was queued first.
    fn write_next(&mut self) -> Result<(), Error> {
        let Some(Queued { mut head, entry, body }) = self.queue.pop_front() else { return Ok(()) };
        let stored = match body {
            Body::Known(content) => {
                self.content(head, &content)?;
                Stored::default()
            }
            Body::Deflating { size } => {
                self.queued -= size;
                let done = self.deflating.take()?;
                let Deflated { plain, packed, crc, stored } = &done;
                (head.size, head.crc) = (stored.size, *crc);
                let smaller = packed.len() < plain.len();
                head.method = if smaller { METHOD_DEFLATED } else { METHOD_STORED };
                self.content(head, if smaller { packed } else { plain })?;
                let stored = *stored;
                self.deflating.give_back(done);
                stored
            }
        };
        if let Some(entry) = entry {
            self.tally.add(&entry, stored);
        }
        Ok(())
    }

    /// Deflates while it reads; sum and sizes come behind.
    fn large(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        mut head: Head,
        size: u64,
        content: Content<'_>,
    ) -> TreeResult<Stored> {
        head.flags |= FLAG_DESCRIPTOR;
        head.method = METHOD_DEFLATED;
        head.wide = size >= WIDE_BYTES;
        head.offset = self.length;
        let encryption = self.encryption(&mut head)?;
        self.raw(&head.local())?;
        if let Some(encryption) = &encryption {
            self.raw(&encryption.begin())?;
        }
        let mut sum = Crc32::default();
        let mut hashing = self.tally.hashing();
        let Self { out, deflating, .. } = self;
        let out = Counted { out, count: 0 };
        let mut out = match &encryption {
            None => Out::Plain(out),
            Some(encryption) => Out::Encrypted(Box::new(encryption.writer(out))),
        };
        let mut read = content.into_read();
        let found = read_through(ctx, entry, &mut read, size, PIECE_BYTES, &mut |bytes| {
            sum.update(bytes);
            hashing.update(bytes);
            deflating.piece(bytes, &mut out)
        })?;
        deflating.end(&mut out)?;
        let (written, code) = match out {
            Out::Plain(out) => (out.count, None),
            Out::Encrypted(out) => {
                let (out, code) = out.finish();
                (out.count, Some(code.finish()))
            }
        };
        self.length += written;
        if let Some(code) = &code {
            self.raw(code)?;
        }
        head.stored = written + if code.is_some() { MORE_BYTES } else { 0 };
        head.size = found;
        // Of what is encrypted it would tell something.
        head.crc = if code.is_some() { 0 } else { sum.sum() };
        self.raw(&head.descriptor())?;
        count(ctx, found);
        self.remember(&head);
        Ok(hashing.finish())
    }

    /// Writes an entry with its content, encrypted if it is to be.
    fn content(&mut self, mut head: Head, content: &[u8]) -> Result<(), Error> {
        let encrypted = match self.encryption(&mut head)? {
            Some(encryption) => Some(encryption.whole(content).map_err(Error::Write)?),
            None => None,
        };
        let stored = encrypted.as_deref().unwrap_or(content);
        head.stored = stored.len() as u64;
        head.offset = self.length;
        self.raw(&head.local())?;
        self.raw(stored)?;
        self.remember(&head);
        Ok(())
    }

    /// What encrypts the next entry, if there is a passphrase and it has a content; its header says so then.
    fn encryption(&self, head: &mut Head) -> Result<Option<Encryption>, Error> {
        let Some(passphrase) = self.passphrase.filter(|_| !head.name.ends_with(b"/")) else {
            return Ok(None);
        };
        mark(&mut head.flags, &mut head.method, &mut head.crc, &mut head.extra);
        Encryption::new(passphrase).map(Some).map_err(Error::Write)
    }

    /// Adds the entry to the directory.
    fn remember(&mut self, head: &Head) {
        head.list(&mut self.directory);
        self.entries += 1;
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::Write)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Adds the manifest, if there is to be one.
    fn manifest(&mut self, ctx: &Context<'_>) -> Result<(), Error> {
        let mtime = self.options.reproducible.unwrap_or_else(|| ctx.now());
        let Some((entry, lines)) = self.tally.manifest(mtime) else { return Ok(()) };
        let mut job = self.deflating.job(self.tally.hashing());
        job.plain = lines;
        self.deflate(Head::new(&entry, &self.options), None, job)?;
        self.drain()
    }

    fn finish(&mut self) -> Result<(), Error> {
        let offset = self.length;
        let directory = std::mem::take(&mut self.directory);
        let size = directory.len() as u64;
        self.raw(&directory)?;
        let count = u16::try_from(self.entries).unwrap_or(u16::MAX);
        let mut end = Vec::new();
        if count == u16::MAX || size >= 0xffff_ffff || offset >= 0xffff_ffff {
            let begin = self.length;
            end.extend_from_slice(END_64);
            end.extend_from_slice(&44_u64.to_le_bytes());
            end.extend_from_slice(&MADE_BY.to_le_bytes());
            end.extend_from_slice(&45_u16.to_le_bytes());
            end.extend_from_slice(&[0; 8]);
            for number in [self.entries, self.entries, size, offset] {
                end.extend_from_slice(&number.to_le_bytes());
            }
            end.extend_from_slice(LOCATOR_64);
            end.extend_from_slice(&[0; 4]);
            end.extend_from_slice(&begin.to_le_bytes());
            end.extend_from_slice(&1_u32.to_le_bytes());
        }
        end.extend_from_slice(END);
        end.extend_from_slice(&[0; 4]);
        for _ in 0..2 {
            end.extend_from_slice(&count.to_le_bytes());
        }
        end.extend_from_slice(&low32(size));
        end.extend_from_slice(&low32(offset));
        end.extend_from_slice(&[0; 2]);
        self.raw(&end)?;
        self.out.flush().map_err(Error::Write)
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc32::default();
    sum.update(bytes);
    sum.sum()
}

/// Counts what is written.
struct Counted<'w, W> {
    out: &'w mut W,
    count: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
