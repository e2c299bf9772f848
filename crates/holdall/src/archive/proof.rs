//! Archives read back by the same parser as everything, and compared with what was put into them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

use holdall_archive::sevenz;
use holdall_archive::tar;
use holdall_archive::zip;
use holdall_archive::{Bytes, FileBytes, Trust};
use holdall_codec::{Compression, Decoder, MEMORY_MAX};
use holdall_repo::Secret;
use holdall_tree::{Classified, Context, ErrorKind, Filter, Phase, Silent, Source};

use super::hidden::pack_hidden;
use super::{BUFFER, Held, PackOptions, Packing, Written, pack};
use crate::error::{Error, Result};

/// Reads an archive back that was just written, to its last byte and by the same parser as everything, and fails if it
/// does not hold what was put into it.
///
/// # Errors
/// [`Error::Unproved`], or if the user interrupts.
pub fn prove(
    ctx: &Context<'_>,
    file: File,
    packing: Packing,
    held: &Held,
    passphrase: Option<&Secret>,
) -> Result<()> {
    ctx.observer.phase(Phase::Verifying, None);
    judge(read_back(ctx, file, packing, passphrase), held)
}

/// Reads an archive while it is written, if it is one that is read from its first byte to its last: what was found is for
/// [`judge`].
///
/// # Errors
/// If it is not such an archive, is refused, cannot be read, or the user interrupts.
pub fn read_beside(ctx: &Context<'_>, read: impl Read, packing: Packing) -> Result<Held> {
    let quiet = Context { observer: &Silent, ..*ctx };
    match packing {
        Packing::Tar(format) => read_tar_back(&quiet, read, format),
        Packing::Zip | Packing::SevenZ => Err(Error::Unproved { source: None }),
    }
}

/// Fails if what was found in an archive is not what was put into it.
///
/// # Errors
/// [`Error::Unproved`], or if the user interrupts.
pub fn judge(found: Result<Held>, held: &Held) -> Result<()> {
    match found {
        Ok(found) if found == *held => Ok(()),
        Ok(_) => Err(Error::Unproved { source: None }),
        Err(error) => Err(unproved(error)),
    }
}

pub(crate) fn read_back(
    ctx: &Context<'_>,
    file: File,
    packing: Packing,
    passphrase: Option<&Secret>,
) -> Result<Held> {
    match packing {
        Packing::Tar(format) => read_tar_back(ctx, file, format),
        Packing::Zip | Packing::SevenZ => {
            let bytes = FileBytes::new(file).map_err(Error::Output)?;
            read_from_its_end(ctx, bytes, packing, passphrase)
        }
    }
}

/// Reads a zip or a 7z back, which say at their end, or behind it, where everything lies.
pub(super) fn read_from_its_end<A: Bytes + 'static>(
    ctx: &Context<'_>,
    bytes: A,
    packing: Packing,
    passphrase: Option<&Secret>,
) -> Result<Held> {
    Ok(match packing {
        Packing::Zip => zip::read_back(ctx, bytes, Trust::Own, passphrase.map(Secret::expose))?,
        Packing::SevenZ => sevenz::read_back(ctx, bytes, Trust::Own)?,
        Packing::Tar(_) => return Err(Error::Unproved { source: None }),
    })
}

fn read_tar_back(ctx: &Context<'_>, read: impl Read, format: Option<Compression>) -> Result<Held> {
    let trust = Trust::Own;
    Ok(match format {
        None => tar::read_back(ctx, BufReader::with_capacity(BUFFER, read), trust)?,
        Some(format) => tar::read_back(ctx, Decoder::new(format, read, MEMORY_MAX), trust)?,
    })
}

/// Writes an archive as [`pack`] does, and reads it back: for what goes where it cannot be read again, since it is sealed on
/// its way. A tar is read while it is written, others before they go on.
///
/// # Errors
/// As [`pack`], and [`Error::Unproved`].
pub fn pack_proved(
    ctx: &Context<'_>,
    source: &mut dyn Source,
    filter: &dyn Filter,
    out: &mut dyn Write,
    packing: Packing,
    options: PackOptions<'_>,
) -> Result<Written> {
    if !packing.reads_in_order() {
        return pack_hidden(ctx, source, filter, out, packing, options);
    }
    let (read, write) = io::pipe().map_err(Error::Output)?;
    let (written, found) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || read_beside(ctx, read, packing));
        let copy = BufWriter::with_capacity(BUFFER, write);
        let mut both = Both { out, copy: Some(copy) };
        let options = PackOptions { identify: true, ..options };
        let written = pack(ctx, source, filter, &mut both, packing, options);
        let flushed = both.flush();
        drop(both.copy);
        let found = reader.join();
        (written.and_then(|written| flushed.map(|()| written).map_err(Error::Output)), found)
    });
    let written = written?;
    judge(found.unwrap_or(Err(Error::Unproved { source: None })), &written.held)?;
    Ok(written)
}

/// Writes everything twice. That the copy is not wanted any more is no fault of what is written.
struct Both<'o, C> {
    out: &'o mut dyn Write,
    copy: Option<C>,
}

impl<C: Write> Both<'_, C> {
    fn copy(&mut self, run: impl FnOnce(&mut C) -> io::Result<()>) {
        if self.copy.as_mut().is_some_and(|copy| run(copy).is_err()) {
            self.copy = None;
        }
    }
}

impl<C: Write> Write for Both<'_, C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.copy(|copy| copy.write_all(bytes.get(..written).unwrap_or_default()));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.copy(Write::flush);
        self.out.flush()
    }
}

fn unproved(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Interrupted => error,
        _ => Error::Unproved { source: Some(Box::new(error)) },
    }
}
