//! The one parser: header after header, each judged before the next is looked at.

use std::io::{self, Read};

use holdall_tree::{Entry, Extent, Kind, Metadata, RelPath, Timestamp, path::printable};

use super::header::{Block, Dialect, Header};
use super::pax::{Pax, Scope, SparseKeys};
use super::{BLOCK, padding, sparse};
use crate::bytes::{Bytes, Positioned};
use crate::census::Census;
use crate::device;
use crate::error::{Error, Fault, Result};
use crate::rules::{Rules, Trust};
use crate::stop::Stop;

/// The longest extended header and the longest long name, in bytes.
const EXTENSION_BYTES_MAX: u64 = 1 << 20;
/// So many headers may stand before one entry.
const EXTENSIONS_MAX: usize = 8;
/// So many zeros may follow the end: the largest record that GNU tar writes.
const END_BYTES_MAX: u64 = 2 << 20;

/// Where the bytes come from.
pub(super) trait Input: Read {
    /// Passes over so many bytes, all of which must be there.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

/// A stream, read once.
pub(super) struct Streamed<R>(pub(super) R);

impl<R: Read> Read for Streamed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Input for Streamed<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.0).take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<A: Bytes> Input for Positioned<'_, A> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.pass(bytes)
    }
}

/// One entry of an archive.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) entry: Entry,
    pub(super) number: u64,
    /// The earlier entry that it is another name of; its kind is that of the earlier one then.
    pub(super) link: Option<RelPath>,
    /// Where its data begins.
    pub(super) data_offset: u64,
    /// Which parts of the file are data, in order.
    pub(super) data: Vec<Extent>,
}

/// Reads an archive from its first byte to its last.
pub(super) struct Reader<I> {
    input: I,
    offset: u64,
    rules: Rules,
    census: Census,
    all: Pax,
    number: u64,
    /// Data of the entry at hand that was not read, and the zeros behind it.
    left: u64,
    padding: u64,
    /// Entries of which something was not taken.
    pub(super) cleaned: u64,
}

/// What stands before an entry and is about it.
#[derive(Default)]
struct Before {
    count: usize,
    pax: Option<Pax>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<I: Input> Reader<I> {
    pub(super) fn new(input: I, rules: Rules) -> Self {
        Self {
            input,
            offset: 0,
            rules,
            census: Census::new(rules),
            all: Pax::default(),
            number: 0,
            left: 0,
            padding: 0,
            cleaned: 0,
        }
    }

    /// The next entry; `None` when the archive has ended as it must and all links were judged.
    pub(super) fn next(&mut self) -> Result<Option<Member>> {
        let rest = self.left + self.padding;
        (self.left, self.padding) = (0, 0);
        self.skip(rest)?;
        self.number += 1;
        let begin = self.offset;
        let mut before = Before::default();
        let mut name = Vec::new();
        let found = self.advance(begin, &mut before, &mut name);
        found.map_err(|error| match error {
            Stop::Fault(fault) => self.refused(begin, &name, fault),
            Stop::Error(error) => error,
        })
    }

    /// The data of the entry that was given last.
    pub(super) fn data(&mut self) -> Data<'_, I> {
        Data { input: &mut self.input, left: &mut self.left, offset: &mut self.offset }
    }

    fn advance(
        &mut self,
        begin: u64,
        before: &mut Before,
        name: &mut Vec<u8>,
    ) -> Result<Option<Member>, Stop> {
        loop {
            let mut block = [0; BLOCK];
            if !self.read_block(&mut block)? {
                return Err(Fault::Truncated.into());
            }
            if block.iter().all(|byte| *byte == 0) {
                if before.count > 0 {
                    return Err(Fault::Pax { why: "no entry follows it" }.into());
                }
                self.finish()?;
                return Ok(None);
            }
            let header = Header::parse(&block)?;
            if !matches!(header.kind, b'x' | b'g' | b'L' | b'K') {
                name.clone_from(&header.name);
                return self.member(&header, std::mem::take(before), begin, name).map(Some);
            }
            before.count += 1;
            if before.count > EXTENSIONS_MAX {
                return Err(Fault::Pax { why: "too many stand before one entry" }.into());
            }
            let body = self.extension(header.size)?;
            self.add_extension(header.kind, &body, before)?;
        }
    }

    fn add_extension(&mut self, kind: u8, body: &[u8], before: &mut Before) -> Result<(), Stop> {
        let mixed = Fault::Pax { why: "headers for one entry contradict or hide each other" };
        match kind {
            b'g' if before.pax.is_none() && before.name.is_none() && before.link.is_none() => {
                let all = Pax::parse(body, Scope::All)?;
                self.all = all.over(&self.all);
            }
            b'x' if before.pax.is_none() && before.name.is_none() && before.link.is_none() => {
                before.pax = Some(Pax::parse(body, Scope::Next)?);
            }
            b'L' if before.pax.is_none() && before.name.is_none() => {
                before.name = Some(long_name(body)?);
            }
            b'K' if before.pax.is_none() && before.link.is_none() => {
                before.link = Some(long_name(body)?);
            }
            _ => return Err(mixed.into()),
        }
        Ok(())
    }

    fn member(
        &mut self,
        header: &Header<'_>,
        before: Before,
        begin: u64,
        name: &mut Vec<u8>,
    ) -> Result<Member, Stop> {
        let pax = before.pax.unwrap_or_default().over(&self.all);
        let sparse_name = pax.sparse.as_ref().and_then(|sparse| sparse.name.clone());
        if let Some(longer) = sparse_name.or(before.name).or(pax.path.clone()) {
            *name = longer;
        }
        let stored = stored_size(header, &pax)?;
        let is_dir = header.kind == b'5'
            || header.kind == 0 && header.dialect == Dialect::Old && name.ends_with(b"/");
        let path = self.rules.path(name, is_dir)?;
        if path.is_root() && self.number > 1 {
            return Err(Fault::RootEntry.into());
        }
        let target = before.link.or(pax.link.clone()).unwrap_or_else(|| header.link.to_vec());
        let mut link = None;
        let kind = match header.kind {
            _ if is_dir => Kind::Directory,
            b'0' | 0 | b'S' => Kind::File { size: stored },
            b'1' => {
                link = Some(self.link_target(&target)?);
                Kind::File { size: 0 }
            }
            b'2' => Kind::Symlink { target },
            b'3' => Kind::CharDevice { rdev: device::number(header.major, header.minor) },
            b'4' => Kind::BlockDevice { rdev: device::number(header.major, header.minor) },
            b'6' => Kind::Fifo,
            other => {
                let what = format!("of the unknown kind {:?}", printable(&[other]));
                return Err(Fault::Type { what }.into());
            }
        };
        let is_file = matches!(kind, Kind::File { .. }) && link.is_none();
        if !is_file && stored > 0 {
            return Err(Fault::Size.into());
        }
        let meta = metadata(header, &pax, self.rules.terms.trust)?;
        let mut entry = Entry { path, kind, meta };
        self.cleaned += u64::from(self.rules.clean(&mut entry)?);
        self.left = stored;
        self.padding = padding(stored);
        let data = if is_file {
            self.layout(header, &mut entry, pax.sparse.as_ref(), stored)?
        } else {
            Vec::new()
        };
        self.census.add_bytes(entry.size())?;
        match link.as_ref().and_then(|first| self.census.target(first)) {
            // Another name of a link leads elsewhere than the first one.
            Some(target) => {
                let name = Entry { kind: Kind::Symlink { target }, ..entry.clone() };
                self.census.add(&name, self.number, begin)?;
            }
            None => self.census.add(&entry, self.number, begin)?,
        }
        Ok(Member { entry, number: self.number, link, data_offset: self.offset, data })
    }

    fn link_target(&self, target: &[u8]) -> Result<RelPath, Fault> {
        let path = self.rules.path(target, false).ok().filter(|path| self.census.has_other(path));
        path.ok_or_else(|| Fault::HardLinkEscape { target: printable(target).into_owned() })
    }

    /// Which parts of a file are data. Sets its size with all holes.
    fn layout(
        &mut self,
        header: &Header<'_>,
        entry: &mut Entry,
        keys: Option<&SparseKeys>,
        stored: u64,
    ) -> Result<Vec<Extent>, Stop> {
        let (numbers, size) = match (header.kind, keys) {
            (b'S', Some(_)) => {
                return Err(Fault::Sparse { why: "it is told in two ways" }.into());
            }
            (b'S', None) => (self.old_map(header)?, sparse::old_size(header)?),
            (_, Some(keys)) => self.pax_map(keys)?,
            (_, None) => {
                let whole = Extent { offset: 0, length: stored };
                return Ok(if stored > 0 { vec![whole] } else { Vec::new() });
            }
        };
        let parts = sparse::parts(&numbers, size, self.left)?;
        entry.kind = Kind::File { size };
        entry.meta.extents = Some(parts.clone());
        Ok(parts)
    }

    fn old_map(&mut self, header: &Header<'_>) -> Result<Vec<u64>, Stop> {
        let mut numbers = Vec::new();
        let mut more = sparse::old_header(header, &mut numbers)?;
        while more {
            let mut block = [0; BLOCK];
            if !self.read_block(&mut block)? {
                return Err(Fault::Truncated.into());
            }
            more = sparse::old_block(&block, &mut numbers)?;
        }
        Ok(numbers)
    }

    fn pax_map(&mut self, keys: &SparseKeys) -> Result<(Vec<u64>, u64), Stop> {
        let refused = |why| Stop::from(Fault::Sparse { why });
        let size = keys.size.ok_or_else(|| refused("it has no size"))?;
        match (keys.major, keys.minor, &keys.map) {
            (None | Some(0), _, Some(map)) => {
                let count = usize::try_from(keys.count.unwrap_or_default());
                if keys.count.is_some() && count != Ok(map.len() / 2) {
                    return Err(refused("it has another number of parts than it says"));
                }
                Ok((map.clone(), size))
            }
            (Some(1), Some(0), None) => {
                let mut lines = sparse::Lines::default();
                loop {
                    if self.left < BLOCK as u64 {
                        return Err(refused("its map is cut off"));
                    }
                    let mut block = [0; BLOCK];
                    if !self.read_block(&mut block)? {
                        return Err(Fault::Truncated.into());
                    }
                    self.left -= BLOCK as u64;
                    if let Some(numbers) = lines.feed(&block)? {
                        return Ok((numbers, size));
                    }
                }
            }
            _ => Err(refused("it is told in an unknown way")),
        }
    }

    /// Behind the first block of zeros there is nothing but more of them.
    fn finish(&mut self) -> Result<(), Stop> {
        let begin = self.offset;
        let mut block = [0; BLOCK];
        while self.read_block(&mut block)? {
            let zeros = block.iter().all(|byte| *byte == 0);
            if !zeros || self.offset - begin > END_BYTES_MAX {
                return Err(Fault::Trailing.into());
            }
        }
        Ok(self.census.finish()?)
    }

    /// The content of an extended header or a long name.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Stop> {
        if size > EXTENSION_BYTES_MAX {
            return Err(Fault::Pax { why: "it is too long" }.into());
        }
        let mut body = Vec::new();
        let read = (&mut self.input).take(size).read_to_end(&mut body);
        read.map_err(|source| self.unread(source))?;
        self.offset += body.len() as u64;
        if (body.len() as u64) < size {
            return Err(Fault::Truncated.into());
        }
        self.skip(padding(size))?;
        Ok(body)
    }

    /// Fills `block`; false at the end.
    fn read_block(&mut self, block: &mut Block) -> Result<bool, Stop> {
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..)
            && !rest.is_empty()
        {
            match self.input.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(Fault::Truncated.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(self.unread(source).into()),
            }
        }
        self.offset += BLOCK as u64;
        Ok(true)
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        self.input.skip(bytes).map_err(|source| self.unread(source))?;
        self.offset += bytes;
        Ok(())
    }

    fn unread(&self, source: io::Error) -> Error {
        let plain_end = source.kind() == io::ErrorKind::UnexpectedEof && source.get_ref().is_none();
        if plain_end {
            return self.refused(self.offset, b"", Fault::Truncated);
        }
        Error::Read { offset: self.offset, source }
    }

    fn refused(&self, offset: u64, name: &[u8], fault: Fault) -> Error {
        let shown = name.get(..200).unwrap_or(name);
        Error::Refused { offset, number: self.number, name: printable(shown).into_owned(), fault }
    }
}

/// The data of one entry.
pub(super) struct Data<'r, I> {
    input: &'r mut I,
    left: &'r mut u64,
    offset: &'r mut u64,
}

impl<I: Input> Read for Data<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut *self.input).take(*self.left).read(buffer)?;
        *self.left -= read as u64;
        *self.offset += read as u64;
        Ok(read)
    }
}

/// How many bytes of an entry the archive holds. Two sizes must agree; 0 in the header says that it is elsewhere.
fn stored_size(header: &Header<'_>, pax: &Pax) -> Result<u64, Fault> {
    match pax.size {
        Some(size) if header.size != 0 && header.size != size => Err(Fault::PaxSizeConflict),
        Some(size) => Ok(size),
        None => Ok(header.size),
    }
}

/// A long name ends with a NUL byte and holds no other.
fn long_name(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let name = body.strip_suffix(b"\0").unwrap_or(body);
    match name {
        [] => Err(Fault::NameEmpty),
        _ if name.contains(&0) => Err(Fault::NameNul),
        _ => Ok(name.to_vec()),
    }
}

fn metadata(header: &Header<'_>, pax: &Pax, trust: Trust) -> Result<Metadata, Fault> {
    let id = |number: i64| match u32::try_from(number) {
        Ok(id) => Ok(Some(id)),
        // Who does not believe the archive does not need to know whose it was.
        Err(_) if trust == Trust::Nothing => Ok(None),
        Err(_) => Err(Fault::Range { what: "its owner or its group" }),
    };
    let name = |long: &Option<Vec<u8>>, short: &[u8]| {
        let bytes = long.clone().unwrap_or_else(|| short.to_vec());
        String::from_utf8(bytes).ok().filter(|name| !name.is_empty())
    };
    Ok(Metadata {
        mode: Some(header.mode),
        uid: id(pax.uid.unwrap_or(header.uid))?,
        gid: id(pax.gid.unwrap_or(header.gid))?,
        user: name(&pax.user, header.user),
        group: name(&pax.group, header.group),
        mtime: Some(pax.mtime.unwrap_or(Timestamp { secs: header.mtime, nanos: 0 })),
        atime: pax.atime,
        xattrs: (!pax.xattrs.is_empty()).then(|| pax.xattrs.clone()),
        ..Metadata::default()
    })
}
