//! One way through a folder, from its first content on.

use std::io::{self, Read, Write};

use holdall_codec::raw::Crc32;
use holdall_tree::{Context, Entry, Error as TreeError, Kind, Result as TreeResult};

use super::contents::{Placed, Running, Unpack, unread};
use super::folder::is_damage;
use super::tree::located;
use crate::error::{Error, Fault};

const PIECE_BYTES: usize = 64 << 10;

pub(crate) struct Pass<'p, U> {
    pub(crate) ctx: &'p Context<'p>,
    pub(crate) unpack: &'p U,
    /// Its number.
    pub(crate) folder: usize,
}

/// One content on the way.
pub(crate) struct Contained<'p> {
    /// What its entry is known by.
    pub(crate) at: usize,
    pub(crate) entry: &'p Entry,
    pub(crate) place: &'p Placed,
}

impl<U: Unpack> Pass<'_, U> {
    /// Gives the targets of the links among these contents of the folder, which come in their order, and if all is to be
    /// written to `out`, proves and writes everything.
    pub(crate) fn run(
        &self,
        contents: &[Contained<'_>],
        out: &mut Option<&mut dyn Write>,
    ) -> TreeResult<Vec<(usize, Vec<u8>)>> {
        let wanted = match &out {
            Some(_) => contents.len(),
            None => contents.iter().rposition(Contained::is_link).map_or(0, |at| at + 1),
        };
        let mut targets = Vec::new();
        let contents = contents.get(..wanted).unwrap_or_default();
        let Some(first) = contents.first() else { return Ok(targets) };
        let read = self.unpack.unpack(self.folder).map_err(|error| self.failed(first, error))?;
        let mut running = Running { folder: self.folder, at: 0, read };
        for content in contents {
            let target = self.content(content, &mut running, out)?;
            targets.extend(target.map(|target| (content.at, target)));
        }
        Ok(targets)
    }

    /// Proves one, and gives it if it is the target of a link.
    fn content(
        &self,
        content: &Contained<'_>,
        running: &mut Running,
        out: &mut Option<&mut dyn Write>,
    ) -> TreeResult<Option<Vec<u8>>> {
        let place = content.place;
        let failed = |error| self.failed(content, error);
        if let Some(stream) = place.stream {
            running.pass_to(stream.at).map_err(failed)?;
        }
        let (mut crc, mut piece) = (Crc32::default(), vec![0; PIECE_BYTES]);
        let (mut left, mut target) = (place.sum.size, content.is_link().then(Vec::new));
        while left > 0 {
            self.ctx.check()?;
            let wanted = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let n = match running.read.read(piece.get_mut(..wanted).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(failed)?,
            };
            if n == 0 {
                return Err(content.refused(Fault::Size));
            }
            let bytes = piece.get(..n).unwrap_or_default();
            crc.update(bytes);
            if let Some(target) = &mut target {
                target.extend_from_slice(bytes);
            }
            if let Some(out) = out {
                out.write_all(bytes).map_err(Error::Write)?;
            }
            running.at += n as u64;
            left -= n as u64;
        }
        let ends = place.stream.is_none_or(|stream| !stream.last)
            || running.read.read(&mut [0]).map_err(failed)? == 0;
        match (ends, crc.sum() == place.sum.crc) {
            (false, _) => Err(content.refused(Fault::Size)),
            (_, false) => Err(content.refused(Fault::Crc)),
            (true, true) => Ok(target),
        }
    }

    fn failed(&self, content: &Contained<'_>, error: io::Error) -> TreeError {
        if is_damage(&error) {
            return content.refused(Fault::Crc);
        }
        let offset = self.unpack.at(self.folder);
        unread(error, |source| Error::Read { offset, source })
    }
}

impl Contained<'_> {
    fn is_link(&self) -> bool {
        matches!(self.entry.kind, Kind::Symlink { .. })
    }

    fn refused(&self, fault: Fault) -> TreeError {
        located(fault.into(), self.place.number, self.entry.path.as_bytes()).into()
    }
}
