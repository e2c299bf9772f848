//! One way through a folder, from its first content on.

use std::io::{self, Read, Write};
use std::sync::Arc;

use holdall_codec::raw::Crc32;
use holdall_tree::{Context, Entry, Kind, Result as TreeResult};

use super::folder::{self, Plain};
use super::sums::Folder;
use super::tree::{Item, Placed, located};
use crate::bytes::Bytes;
use crate::error::{Error, Fault};

const PIECE_BYTES: usize = 64 << 10;

pub(super) struct Pass<'p, A> {
    pub(super) ctx: &'p Context<'p>,
    pub(super) bytes: &'p Arc<A>,
    pub(super) folder: &'p Folder,
}

impl<A: Bytes + 'static> Pass<'_, A> {
    /// Gives the targets of the links among the items at `here`, which are those of the folder, and if all is to be
    /// written to `out`, proves and writes everything.
    pub(super) fn run(
        &self,
        here: &[usize],
        items: &[Item],
        out: &mut Option<&mut dyn Write>,
    ) -> TreeResult<Vec<(usize, Vec<u8>)>> {
        let item = |at: &usize| Some((*at, items.get(*at)?));
        let here: Vec<(usize, &Item)> = here.iter().filter_map(item).collect();
        let wanted = match &out {
            Some(_) => here.len(),
            None => here.iter().rposition(|(_, item)| is_link(&item.0)).map_or(0, |at| at + 1),
        };
        let mut targets = Vec::new();
        if wanted == 0 {
            return Ok(targets);
        }
        let unread = |source| Error::Read { offset: self.folder.at, source };
        let mut read = folder::open(self.bytes, self.folder).map_err(unread)?;
        for (at, (entry, place)) in here.into_iter().take(wanted) {
            let Some(place) = place else { continue };
            let target = Contained { pass: self, entry, place }.run(&mut read, out)?;
            targets.extend(target.map(|target| (at, target)));
        }
        Ok(targets)
    }
}

fn is_link(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Symlink { .. })
}

/// One content on the way.
struct Contained<'p, A> {
    pass: &'p Pass<'p, A>,
    entry: &'p Entry,
    place: &'p Placed,
}

impl<A> Contained<'_, A> {
    /// Proves it, and gives it if it is the target of a link.
    fn run(
        &self,
        read: &mut Plain,
        out: &mut Option<&mut dyn Write>,
    ) -> TreeResult<Option<Vec<u8>>> {
        let (mut crc, mut piece) = (Crc32::default(), vec![0; PIECE_BYTES]);
        let (mut left, mut target) = (self.place.sum.size, is_link(self.entry).then(Vec::new));
        while left > 0 {
            self.pass.ctx.check()?;
            let wanted = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let n = match read.read(piece.get_mut(..wanted).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|source| self.unread(source))?,
            };
            if n == 0 {
                return Err(self.refused(Fault::Size).into());
            }
            let bytes = piece.get(..n).unwrap_or_default();
            crc.update(bytes);
            if let Some(target) = &mut target {
                target.extend_from_slice(bytes);
            }
            if let Some(out) = out {
                out.write_all(bytes).map_err(Error::Write)?;
            }
            left -= n as u64;
        }
        let ends = self.place.stream.is_none_or(|stream| !stream.last)
            || read.read(&mut [0]).map_err(|source| self.unread(source))? == 0;
        match (ends, crc.sum() == self.place.sum.crc) {
            (false, _) => Err(self.refused(Fault::Size).into()),
            (_, false) => Err(self.refused(Fault::Crc).into()),
            (true, true) => Ok(target),
        }
    }

    fn unread(&self, source: io::Error) -> Error {
        if folder::is_damage(&source) {
            return self.refused(Fault::Crc);
        }
        Error::Read { offset: self.pass.folder.at, source }
    }

    fn refused(&self, fault: Fault) -> Error {
        located(fault.into(), self.place.number, self.entry.path.as_bytes())
    }
}
