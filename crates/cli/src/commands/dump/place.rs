//! Where a dump goes: a file that is whole or not there, or standard output.

use std::io::{BufWriter, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use holdall::codec::{Compression, Encoder};
use holdall::config::{self, OutputName, OutputParts};
use holdall::disk::{Dir, Draft, Replace, publish};
use holdall::dump::{Keeping, keep_old, rotate};
use holdall::tree::id::ContentHasher;
use holdall::tree::{ContentHash, Name, Note};

use super::options::{self, Wanted};
use crate::args::DumpArgs;
use crate::behind::behind;
use crate::commands::selection;
use crate::failure::{Failure, Result, output};
use crate::session::Session;

/// Bytes that are handed to the system at a time.
const BUFFER: usize = 1 << 18;

/// Where a dump goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard output.
    Output,
    /// This file, which appears when it is whole. The ending of its name says whether it is compressed.
    File(PathBuf),
}

/// Whether a checksum is written beside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sidecar {
    /// `FILE.sha256`, in the form of `sha256sum`.
    Checksum,
    /// Nothing.
    None,
}

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
        let (written, pending) = self.draft(session, wanted.sidecar, write)?;
        let (Some(pending), Self::File(file)) = (pending, self) else { return Ok(written) };
        let ctx = session.context();
        if let Some(Keeping { packing, .. }) = wanted.old
            && let Some(archive) = keep_old(&ctx, file, packing)?
        {
            let archive = archive.display();
            ctx.observer.note(&Note::Other(format!("the dump that was there is in {archive}")));
        }
        pending.publish()?;
        if let Some(Keeping { most: Some(most), .. }) = wanted.old {
            for archive in rotate(file, most)? {
                let archive = archive.display();
                ctx.observer.note(&Note::Other(format!("{archive} was one too many, and is gone")));
            }
        }
        Ok(written)
    }

    /// The same, but a file appears only when it is published.
    pub(super) fn draft<T>(
        &self,
        session: &Session,
        sidecar: Sidecar,
        write: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<(T, Option<Pending>)> {
        let file = match self {
            _ if session.dry_run => return Ok((write(&mut std::io::sink())?, None)),
            Self::Output => return Ok((behind(&mut std::io::stdout(), write)?, None)),
            Self::File(file) => file,
        };
        let mut pending = Pending::begin(file, sidecar)?;
        let written = match self.compression() {
            None => behind(&mut pending, write),
            Some(format) => {
                let threads = u32::try_from(session.context().threads).unwrap_or(u32::MAX);
                let threads = NonZero::new(threads).unwrap_or(NonZero::<u32>::MIN);
                Encoder::new(format, &mut pending, None, threads).map_err(output).and_then(
                    |mut packed| {
                        let mut buffered = BufWriter::with_capacity(BUFFER, &mut packed);
                        let written = write(&mut buffered)?;
                        buffered.flush().map_err(output)?;
                        drop(buffered);
                        packed.finish().map_err(output)?;
                        Ok(written)
                    },
                )
            }
        };
        Ok((written.map_err(|failure| of_file(file, failure))?, Some(pending)))
    }

    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Output => None,
            Self::File(file) => Some(file.clone()),
        }
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

/// Writes a file that is whole or not there, in place of one that has the name.
pub(in crate::commands) fn whole(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let (above, name) = above_and_name(file)?;
    Ok(publish(&Dir::open(above)?, &name, bytes, mode, Replace::Always)?)
}

/// Patterns that leave out what this run writes, if it lies in the tree.
pub(super) fn own_output(file: &Path, root: &Path) -> Vec<String> {
    let real = |path: &Path| path.canonicalize().ok();
    let above = file.parent().and_then(real);
    let (Some(above), Some(root), Some(name)) = (above, real(root), file.file_name()) else {
        return Vec::new();
    };
    let Ok(below) = above.strip_prefix(&root) else { return Vec::new() };
    let path = selection::escape(&below.join(name).to_string_lossy());
    // The parts of a dump that is split too.
    let name = below.join(holdall::dump::part_path(Path::new(name), 0));
    let parts = selection::escape(&name.to_string_lossy()).replacen(".000", ".[0-9][0-9][0-9]*", 1);
    [path, parts]
        .into_iter()
        .flat_map(|path| {
            let old = format!("/{path}.[0-9][0-9][0-9][0-9]-[0-9][0-9]-*Z*.*");
            [format!("/{path}"), format!("/{path}.sha256"), format!("/{path}-tmp-*"), old]
        })
        .collect()
}

/// A file that was written and cannot be seen yet. Dropping it leaves nothing.
pub(super) struct Pending {
    draft: Draft,
    hasher: ContentHasher,
    above: PathBuf,
    name: Name,
    sidecar: Sidecar,
}

impl Pending {
    fn begin(file: &Path, sidecar: Sidecar) -> Result<Self> {
        let (above, name) = above_and_name(file)?;
        let draft = Draft::create(Dir::open(above)?, &name, 0o644)?;
        let hasher = ContentHasher::default();
        Ok(Self { draft, hasher, above: above.to_owned(), name, sidecar })
    }

    /// Makes it appear, in place of what has its name, and its checksum beside it.
    pub(super) fn publish(self) -> Result<()> {
        let Self { draft, hasher, above, name, sidecar } = self;
        draft.commit(Replace::Always)?;
        if sidecar == Sidecar::None {
            return Ok(());
        }
        let line = checksum_line(hasher.finish(), name.as_bytes());
        let sidecar = Name::parse([name.as_bytes(), b".sha256"].concat());
        let sidecar = sidecar.map_err(|error| Failure::Usage(error.to_string()))?;
        // A draft, since it clears away what a run left that was killed here.
        let mut draft = Draft::create(Dir::open(&above)?, &sidecar, 0o644)?;
        draft.write_all(&line).map_err(|error| of_file(&above, output(error)))?;
        Ok(draft.commit(Replace::Always)?)
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.draft.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.draft.flush()
    }
}

/// What the system says while a file is written is said of that file: it is no trouble with standard output.
fn of_file(file: &Path, failure: Failure) -> Failure {
    let source = match failure {
        Failure::Output(source) => source,
        Failure::Operation(error) => match *error {
            holdall::Error::Output(source) => source,
            other => return other.into(),
        },
        other => return other,
    };
    holdall::disk::Error::Io { doing: "write", path: file.to_path_buf(), source }.into()
}

/// A line as `sha256sum` writes it: names with a backslash or a line feed are escaped, and the line says so.
fn checksum_line(hash: ContentHash, name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    let sign: &[u8] = if escaped.len() == name.len() { b"" } else { b"\\" };
    [sign, hash.to_string().as_bytes(), b"  ", &escaped, b"\n"].concat()
}

fn above_and_name(file: &Path) -> Result<(&Path, Name)> {
    let (Some(above), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(Failure::Usage(format!("{} is no name for a file", file.display())));
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let name = Name::parse(name.as_encoded_bytes());
    Ok((above, name.map_err(|error| Failure::Usage(error.to_string()))?))
}
