//! Writes a tree as a zip, front to back.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use holdall_codec::raw::{Crc32, Deflate};
use holdall_codec::zip_aes::MORE_BYTES;
use holdall_tree::{
    Content, Context, Entry, Filter, Kind, Result as TreeResult, Source, Timestamp,
};

use super::encrypt::{Encryption, Out, mark};
use super::{
    CENTRAL, DESCRIPTOR, END, END_64, FLAG_DESCRIPTOR, FLAG_UTF8, LOCAL, LOCATOR_64, METHOD_AES,
    METHOD_DEFLATED, METHOD_STORED, time,
};
use crate::error::Error;
use crate::write::{Stored, Tally, WriteOptions, Written, changed, count, mode, problem, unheld};

/// A file of at most so many bytes is deflated in memory, so that its sizes stand before it.
const SMALL_BYTES: u64 = 1 << 20;
/// From this size on, the sizes of a file are written in 64 bits: it may not become smaller by being deflated.
const WIDE_BYTES: u64 = 0xfff0_0000;
const PIECE_BYTES: usize = 128 << 10;
/// Written by a Unix, in version 4.5 of the format.
const MADE_BY: u16 = 3 << 8 | 45;
/// Writes what `filter` takes of `source`, in the order in which it comes; in memory there is only what the directory
/// will say.
///
/// Contents are deflated at this level of gzip, or its default.
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
        level,
        options: *options,
        passphrase,
        length: 0,
        tally: Tally::new(options),
        directory: Vec::new(),
        entries: 0,
    };
    source.read(ctx, filter, &mut |entry, content| {
        ctx.check()?;
        writer.entry(ctx, entry, content)?;
        Ok(ControlFlow::Continue(()))
    })?;
    writer.manifest(ctx)?;
    writer.finish()?;
    Ok(Written { held: writer.tally.finish(), bytes: writer.length, start: None })
}

struct Writer<'p, W> {
    out: W,
    level: Option<i32>,
    options: WriteOptions,
    passphrase: Option<&'p [u8]>,
    length: u64,
    tally: Tally,
    directory: Vec<u8>,
    entries: u64,
}

/// What header and directory say of an entry.
struct Head {
    name: Vec<u8>,
    extra: Vec<u8>,
    flags: u16,
    method: u16,
    time: u32,
    mode: u32,
    crc: u32,
    stored: u64,
    size: u64,
    offset: u64,
    wide: bool,
}

impl<W: Write> Writer<'_, W> {
    fn entry(&mut self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> TreeResult<()> {
        Tally::check(entry)?;
        if entry.path.is_root() {
            return Ok(());
        }
        let mut head = self.head(entry);
        if head.name.len() > usize::from(u16::MAX) {
            let (path, what) = (entry.path.clone(), "the path");
            problem(ctx, &entry.path, &Error::Unfit { path, what });
            return Ok(());
        }
        let stored = match &entry.kind {
            Kind::Directory => {
                self.put(head, &[])?;
                Stored::default()
            }
            Kind::Symlink { target } => {
                head.size = target.len() as u64;
                head.crc = crc(target);
                self.content(head, target)?;
                Stored::default()
            }
            Kind::File { size } if *size <= SMALL_BYTES => {
                self.small(ctx, entry, head, *size, content)?
            }
            Kind::File { size } => self.large(ctx, entry, head, *size, content)?,
            _ => {
                unheld(ctx, entry);
                return Ok(());
            }
        };
        self.tally.add(entry, stored);
        Ok(())
    }

    fn small(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        head: Head,
        size: u64,
        content: Content<'_>,
    ) -> TreeResult<Stored> {
        let mut bytes = Vec::new();
        // What was added to it in the meantime is taken, to a limit.
        if let Err(source) = content.into_read().take(SMALL_BYTES * 2).read_to_end(&mut bytes) {
            problem(ctx, &entry.path, &Error::Content { path: entry.path.clone(), source });
        }
        let found = bytes.len() as u64;
        changed(ctx, entry, size, found);
        count(ctx, found);
        self.bytes(head, &bytes)?;
        let mut hashing = self.tally.hashing();
        hashing.update(&bytes);
        Ok(hashing.finish())
    }

    /// Writes a file all of which is in memory.
    fn bytes(&mut self, mut head: Head, bytes: &[u8]) -> Result<(), Error> {
        let mut deflate = Deflate::new(Vec::new(), self.level).map_err(unwritten)?;
        deflate.write_all(bytes).map_err(Error::Write)?;
        let deflated = deflate.finish().map_err(Error::Write)?;
        head.size = bytes.len() as u64;
        head.crc = crc(bytes);
        let smaller = deflated.len() < bytes.len();
        let stored = if smaller { &deflated } else { bytes };
        head.method = if smaller { METHOD_DEFLATED } else { METHOD_STORED };
        self.content(head, stored)
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
        let encryption = self.encryption(&mut head)?;
        self.local(&head)?;
        if let Some(encryption) = &encryption {
            self.raw(&encryption.begin())?;
        }
        let mut read = content.into_read();
        let (mut sum, mut hashing) = (Crc32::default(), self.tally.hashing());
        let mut found = 0;
        let out = Counted { out: &mut self.out, count: 0 };
        let out = match &encryption {
            None => Out::Plain(out),
            Some(encryption) => Out::Encrypted(Box::new(encryption.writer(out))),
        };
        let mut deflate = Deflate::new(out, self.level).map_err(unwritten)?;
        let mut piece = vec![0; PIECE_BYTES];
        while found < size {
            ctx.check()?;
            let wanted = usize::try_from(size - found).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let n = match read.read(piece.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    let path = entry.path.clone();
                    problem(ctx, &entry.path, &Error::Content { path, source });
                    break;
                }
            };
            let bytes = piece.get(..n).unwrap_or_default();
            sum.update(bytes);
            hashing.update(bytes);
            deflate.write_all(bytes).map_err(Error::Write)?;
            found += n as u64;
        }
        let (written, code) = match deflate.finish().map_err(Error::Write)? {
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
        let more = u64::from(found == size && matches!(read.read(&mut [0]), Ok(1)));
        changed(ctx, entry, size, found + more);
        head.size = found;
        // Of what is encrypted it would tell something.
        head.crc = if code.is_some() { 0 } else { sum.sum() };
        let mut block = DESCRIPTOR.to_vec();
        block.extend_from_slice(&head.crc.to_le_bytes());
        for number in [head.stored, head.size] {
            let bytes = number.to_le_bytes();
            let length = if head.wide { 8 } else { 4 };
            block.extend_from_slice(bytes.get(..length).unwrap_or_default());
        }
        self.raw(&block)?;
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
        self.put(head, stored)
    }

    /// What encrypts the next entry, if there is a passphrase; its header says so then.
    fn encryption(&self, head: &mut Head) -> Result<Option<Encryption>, Error> {
        let Some(passphrase) = self.passphrase else { return Ok(None) };
        mark(&mut head.flags, &mut head.method, &mut head.crc, &mut head.extra);
        Encryption::new(passphrase).map(Some).map_err(Error::Write)
    }

    /// Writes an entry all of which is known.
    fn put(&mut self, head: Head, stored: &[u8]) -> Result<(), Error> {
        self.local(&head)?;
        self.raw(stored)?;
        self.remember(&head);
        Ok(())
    }

    fn head(&self, entry: &Entry) -> Head {
        let mut name = entry.path.as_bytes().to_vec();
        if entry.is_dir() {
            name.push(b'/');
        }
        let utf8 = !name.is_ascii() && std::str::from_utf8(&name).is_ok();
        let time = self.options.reproducible.or(entry.meta.mtime);
        let kind = match entry.kind {
            Kind::Directory => 0o040_000,
            Kind::Symlink { .. } => 0o120_000,
            _ => 0o100_000,
        };
        Head {
            name,
            extra: self.extra(entry, time),
            flags: if utf8 { FLAG_UTF8 } else { 0 },
            method: METHOD_STORED,
            time: time.map_or(0, time::to_dos),
            mode: kind | mode(entry, &self.options),
            crc: 0,
            stored: 0,
            size: 0,
            offset: self.length,
            wide: false,
        }
    }

    /// The time in seconds of 1970, and the owner.
    fn extra(&self, entry: &Entry, time: Option<Timestamp>) -> Vec<u8> {
        let mut extra = Vec::new();
        if let Some(secs) = time.and_then(|time| i32::try_from(time.secs).ok()) {
            extra.extend_from_slice(&[0x55, 0x54, 5, 0, 1]);
            extra.extend_from_slice(&secs.to_le_bytes());
        }
        if let (None, Some(uid), Some(gid)) =
            (self.options.reproducible, entry.meta.uid, entry.meta.gid)
        {
            extra.extend_from_slice(&[0x75, 0x78, 11, 0, 1, 4]);
            extra.extend_from_slice(&uid.to_le_bytes());
            extra.push(4);
            extra.extend_from_slice(&gid.to_le_bytes());
        }
        extra
    }

    fn local(&mut self, head: &Head) -> Result<(), Error> {
        let later = head.flags & FLAG_DESCRIPTOR != 0;
        let mut bytes = LOCAL.to_vec();
        head.common(&mut bytes, later);
        let mut extra = head.extra.clone();
        if head.wide {
            extra.extend_from_slice(&[1, 0, 16, 0]);
            extra.extend_from_slice(&[0; 16]);
        }
        bytes.extend_from_slice(&low16(head.name.len()));
        bytes.extend_from_slice(&low16(extra.len()));
        bytes.extend_from_slice(&head.name);
        bytes.extend_from_slice(&extra);
        self.raw(&bytes)
    }

    /// Adds the entry to the directory.
    fn remember(&mut self, head: &Head) {
        let mut wide = Vec::new();
        for number in [head.size, head.stored, head.offset] {
            if number >= 0xffff_ffff {
                wide.extend_from_slice(&number.to_le_bytes());
            }
        }
        let mut extra = head.extra.clone();
        if !wide.is_empty() {
            extra.extend_from_slice(&[1, 0]);
            extra.extend_from_slice(&low16(wide.len()));
            extra.extend_from_slice(&wide);
        }
        let out = &mut self.directory;
        out.extend_from_slice(CENTRAL);
        out.extend_from_slice(&MADE_BY.to_le_bytes());
        head.common(out, false);
        out.extend_from_slice(&low16(head.name.len()));
        out.extend_from_slice(&low16(extra.len()));
        // No comment, the first volume, no internal attributes.
        out.extend_from_slice(&[0; 6]);
        let is_dir = u32::from(head.name.ends_with(b"/")) << 4;
        out.extend_from_slice(&(head.mode << 16 | is_dir).to_le_bytes());
        out.extend_from_slice(&low32(head.offset));
        out.extend_from_slice(&head.name);
        out.extend_from_slice(&extra);
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
        let head = self.head(&entry);
        self.bytes(head, &lines)
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

impl Head {
    /// What header and directory have alike, from the version on that is needed to the sizes.
    fn common(&self, out: &mut Vec<u8>, later: bool) {
        let wide =
            self.wide || [self.size, self.stored, self.offset].iter().any(|n| *n >= 0xffff_ffff);
        let version: u16 = match (self.method, wide) {
            (METHOD_AES, _) => 51,
            (_, true) => 45,
            (_, false) => 20,
        };
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.method.to_le_bytes());
        out.extend_from_slice(&self.time.to_le_bytes());
        if later {
            let size = if self.wide { [0xff; 4] } else { [0; 4] };
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&size);
            out.extend_from_slice(&size);
        } else {
            out.extend_from_slice(&self.crc.to_le_bytes());
            out.extend_from_slice(&low32(self.stored));
            out.extend_from_slice(&low32(self.size));
        }
    }
}

/// A number of 32 bits, or the one that says that it is elsewhere.
fn low32(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// A length that was checked to fit.
fn low16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc32::default();
    sum.update(bytes);
    sum.sum()
}

fn unwritten(error: holdall_codec::Error) -> Error {
    Error::Write(error.into())
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
