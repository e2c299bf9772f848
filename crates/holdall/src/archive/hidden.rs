//! Archives that are sealed on their way and cannot be proved meanwhile: a zip is read from its end, and what a 7z begins
//! with is known at its end. They are written to a place that nobody else can read, read back there, and sealed from there.

use std::io::{self, Write};
use std::sync::Arc;

use holdall_archive::{Bytes, START_BYTES};
use holdall_seal::Scratch;
use holdall_tree::{Context, Filter, Phase, ReadAt, Source};

use super::proof::{judge, read_from_its_end};
use super::{BUFFER, PackOptions, Packing, Written, pack};
use crate::error::{Error, Result};
use crate::source::{Spools, spool};

/// An archive in a place that nobody else can read.
#[derive(Clone)]
struct Hidden {
    scratch: Arc<Scratch>,
    /// What stands at its very beginning in place of what was written there.
    start: Option<[u8; START_BYTES]>,
}

impl ReadAt for Hidden {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.scratch.read_at(buffer, offset)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let start = self.start.as_ref().and_then(|start| start.get(from..)).unwrap_or_default();
        let buffer = buffer.get_mut(..read).unwrap_or_default();
        buffer.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
        Ok(read)
    }
}

impl Bytes for Hidden {
    fn length(&self) -> u64 {
        self.scratch.length()
    }
}

/// Writes a zip or a 7z as [`pack`] does, reads it back, and hands it to `out` only then.
pub(super) fn pack_hidden(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: &mut dyn Write,
    packing: Packing,
    options: PackOptions<'_>,
) -> Result<Written> {
    let file = options.spools.map_or_else(spool, Spools::contents).map_err(Error::Output)?;
    let mut scratch = Scratch::new(file).map_err(Error::Output)?;
    let options = PackOptions { identify: true, ..options };
    let written = pack(ctx, source, filter, &mut scratch, packing, options)?;
    let archive = Hidden { scratch: Arc::new(scratch), start: written.start };
    ctx.observer.phase(Phase::Verifying, None);
    let found = read_from_its_end(ctx, archive.clone(), packing, options.passphrase);
    judge(found, &written.held)?;
    hand_over(ctx, &archive, out)?;
    // It stands where it belongs.
    Ok(Written { start: None, ..written })
}

fn hand_over(ctx: &Context<'_>, archive: &Hidden, out: &mut dyn Write) -> Result<()> {
    let (mut piece, mut offset) = (vec![0; BUFFER], 0);
    loop {
        ctx.check().map_err(Error::Tree)?;
        let read = archive.read_at(&mut piece, offset).map_err(Error::Output)?;
        if read == 0 {
            return Ok(());
        }
        out.write_all(piece.get(..read).unwrap_or_default()).map_err(Error::Output)?;
        offset += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_begins_with_stands_over_what_was_written_there() {
        let mut scratch = Scratch::new(tempfile::tempfile().unwrap()).unwrap();
        scratch.write_all(&[7; START_BYTES + 9]).unwrap();
        let start = Some([1; START_BYTES]);
        let hidden = Hidden { scratch: Arc::new(scratch), start };
        for (offset, length) in [(0, 100), (0, 3), (5, 40), (START_BYTES, 4), (START_BYTES + 20, 4)]
        {
            let mut buffer = vec![0; length];
            let read = hidden.read_at(&mut buffer, offset as u64).unwrap();
            for (at, byte) in buffer.iter().take(read).enumerate() {
                assert_eq!(*byte, if offset + at < START_BYTES { 1 } else { 7 }, "{offset} {at}");
            }
        }
        assert_eq!(hidden.length(), START_BYTES as u64 + 9);
    }
}
