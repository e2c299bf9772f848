//! Where a dump goes: what its name says of it, and what becomes of the one that was there.

use std::io::{BufWriter, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use holdall::codec::{Compression, Encoder};
use holdall::config::{self, OutputName, OutputParts};
use holdall::dump::{Keeping, keep_old, rotate};
use holdall::output::Pending;
use holdall::tree::Note;

use super::options::{self, Wanted};
use crate::args::{DumpArgs, EncryptChoice};
use crate::commands::place::{Place, own_output as own_file};
use crate::commands::sealing;
use crate::failure::{Failure, Result, output};
use crate::session::Session;

/// Bytes that are compressed at a time.
const BUFFER: usize = 1 << 18;

impl Place {
    /// Where `-o` points, or else the setting does; else standard output, if it is no terminal.
    pub(super) fn of(
        session: &Session,
        args: &DumpArgs,
        settings: &config::Dump,
        root: &Path,
    ) -> Result<Self> {
        let terminal = || std::io::stdout().is_terminal();
        match (&args.output, &settings.output) {
            (Some(file), _) if file == Path::new("-") => Ok(Self::Output),
            (Some(file), _) => Ok(Self::File(session.places.current.join(file))),
            (None, Some(name)) if name.as_str() == "-" => Ok(Self::Output),
            (None, Some(name)) => {
                let ext = options::ending(args, settings, name)?;
                Self::named(name, root, root, ext).map(Self::File)
            }
            (None, None) if terminal() => Err(Failure::Usage(
                "a dump would flood the terminal: write it to a file with -o FILE, or say -o -"
                    .into(),
            )),
            (None, None) => Ok(Self::Output),
        }
    }

    /// The file that a name stands for, for the dump of the directory `root`, a part of `whole`.
    pub(super) fn named(
        name: &OutputName,
        root: &Path,
        whole: &Path,
        ext: &str,
    ) -> Result<PathBuf> {
        // The name of `.` is that of what it leads to.
        let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let last = real.file_name().map_or("root".into(), |name| name.to_string_lossy());
        let below = whole.canonicalize().ok();
        let below = below.and_then(|whole| Some(real.strip_prefix(whole).ok()?.to_owned()));
        let below = below.unwrap_or_default().to_string_lossy().replace('/', "-");
        let path = if below.is_empty() { &*last } else { &below };
        let parts = OutputParts { name: &last, path, ext };
        let file = root.join(name.expand(&parts));
        let above = file.parent().unwrap_or(root);
        if name.is_inside() && above.canonicalize().is_ok_and(|above| !above.starts_with(&real)) {
            let why = format!("{} leads out of {}", name.as_str(), root.display());
            return Err(holdall::Error::Refused(format!("the name of the dump {why}")).into());
        }
        Ok(file)
    }

    /// Hands what is written there to `write`. A file is whole or not there, and what it replaces is kept first if that
    /// is wanted; a dry run writes nothing anywhere.
    pub(super) fn write<T>(
        &self,
        session: &Session,
        wanted: &Wanted<'_>,
        write: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<T> {
        let (written, pending) = self.packed(session, wanted, write)?;
        let (Some(pending), Self::File(file)) = (pending, self) else { return Ok(written) };
        let signature = wanted.seal.sign(file, &mut pending.reopen()?)?;
        let ctx = session.context();
        if let Some(Keeping { packing, .. }) = wanted.old
            && let Some(archive) = keep_old(&ctx, file, packing)?
        {
            let archive = archive.display();
            ctx.observer.note(&Note::Other(format!("the dump that was there is in {archive}")));
        }
        pending.publish()?;
        sealing::publish(session, file, signature.as_ref())?;
        if let Some(Keeping { most: Some(most), .. }) = wanted.old {
            for archive in rotate(file, most)? {
                let archive = archive.display();
                ctx.observer.note(&Note::Other(format!("{archive} was one too many, and is gone")));
            }
        }
        Ok(written)
    }

    /// The same, but a file appears only when it is published.
    pub(super) fn packed<T>(
        &self,
        session: &Session,
        wanted: &Wanted<'_>,
        write: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<(T, Option<Pending>)> {
        let threads = u32::try_from(session.context().threads).unwrap_or(u32::MAX);
        let threads = NonZero::new(threads).unwrap_or(NonZero::<u32>::MIN);
        let write = |out: &mut dyn Write| {
            let Some(format) = wanted.compression else { return write(out) };
            let mut packed = Encoder::new(format, out, None, threads).map_err(output)?;
            let mut plain = BufWriter::with_capacity(BUFFER, &mut packed);
            let written = write(&mut plain)?;
            plain.flush().map_err(output)?;
            drop(plain);
            packed.finish().map_err(output)?;
            Ok(written)
        };
        self.draft(session, wanted.sidecar, |out| match &wanted.seal.seal {
            None => write(out),
            Some(seal) => seal.write(out, write),
        })
    }

    /// The same without the ending of the name that says how it is sealed, if it is to be.
    pub(super) fn plain(&self, encrypt: Option<EncryptChoice>) -> Self {
        let name = |file: &PathBuf| {
            let name = file.file_name()?.to_str()?;
            Some(Self::File(file.with_file_name(sealing::plain_name(name, encrypt))))
        };
        self.file().as_ref().and_then(name).unwrap_or_else(|| self.clone())
    }

    /// How the file is compressed.
    pub(super) fn compression(&self) -> Option<Compression> {
        match self {
            Self::Output => None,
            Self::File(file) => Compression::of_name(file.file_name()?.as_encoded_bytes()),
        }
    }

    /// What the name of the file ends with, before the ending that says how it is compressed.
    pub(super) fn ending(&self) -> Option<&str> {
        let Self::File(file) = self else { return None };
        let name = match self.compression() {
            None => file.file_name(),
            Some(_) => file.file_stem(),
        };
        Path::new(name?).extension()?.to_str()
    }
}

/// Patterns that leave out what this run writes, if it lies in the tree.
pub(super) fn own_output(file: &Path, root: &Path) -> Vec<String> {
    let mut patterns = own_file(file, root);
    let named = |pattern: &String| format!("{pattern}.[0-9][0-9][0-9][0-9]-[0-9][0-9]-*Z*.*");
    patterns.extend(patterns.first().map(named));
    // The parts of a dump that is split too.
    let part = holdall::dump::part_path(file, 0);
    for pattern in own_file(&part, root) {
        patterns.push(pattern.replacen(".000", ".[0-9][0-9][0-9]*", 1));
    }
    patterns
}
