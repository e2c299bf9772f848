//! Where a dump goes: a file that is whole or not there, or standard output.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use holdall::config::{self, OutputName, OutputParts};
use holdall::disk::{Dir, Draft, Replace, publish};
use holdall::tree::id::ContentHasher;
use holdall::tree::{ContentHash, Name};

use super::options;
use crate::args::DumpArgs;
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
    /// This file, which appears when it is whole.
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
                let format = options::format(args, settings, name.ending());
                Self::named(name, root, root, format.name()).map(Self::File)
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

    /// Hands what is written there to `write`. A file is whole or not there; a dry run writes nothing anywhere.
    pub(super) fn write<T>(
        &self,
        session: &Session,
        sidecar: Sidecar,
        write: impl FnOnce(&mut dyn Write) -> Result<T>,
    ) -> Result<T> {
        let buffered = |out: &mut dyn Write| {
            let mut out = BufWriter::with_capacity(BUFFER, out);
            let written = write(&mut out)?;
            out.flush().map_err(output)?;
            Ok(written)
        };
        match self {
            _ if session.dry_run => buffered(&mut std::io::sink()),
            Self::Output => buffered(&mut std::io::stdout().lock()),
            Self::File(file) => to_file(file, sidecar, buffered),
        }
    }

    /// Patterns that leave out of the tree at `root` what goes there.
    pub(super) fn own_output(&self, root: &Path) -> Vec<String> {
        match self {
            Self::Output => Vec::new(),
            Self::File(file) => own_output(file, root),
        }
    }

    /// What the name of the file ends with.
    pub(super) fn ending(&self) -> Option<&str> {
        match self {
            Self::Output => None,
            Self::File(file) => file.extension()?.to_str(),
        }
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
    vec![format!("/{path}"), format!("/{path}.sha256"), format!("/{path}-tmp-*")]
}

/// Writes a file that is whole or not there, and its checksum beside it.
fn to_file<T>(
    file: &Path,
    sidecar: Sidecar,
    write: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<T> {
    let (above, target) = above_and_name(file)?;
    let dir = || Dir::open(above);
    let draft = Draft::create(dir()?, &target, 0o644)?;
    let mut hashed = Hashed { draft, hasher: ContentHasher::default() };
    let report = write(&mut hashed)?;
    let Hashed { draft, hasher } = hashed;
    draft.commit(Replace::Always)?;
    if sidecar == Sidecar::Checksum {
        let line = checksum_line(hasher.finish(), target.as_bytes());
        let sidecar = Name::parse([target.as_bytes(), b".sha256"].concat());
        let sidecar = sidecar.map_err(|error| Failure::Usage(error.to_string()))?;
        publish(&dir()?, &sidecar, &line, 0o644, Replace::Always)?;
    }
    Ok(report)
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

struct Hashed {
    draft: Draft,
    hasher: ContentHasher,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.draft.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.draft.flush()
    }
}

fn above_and_name(file: &Path) -> Result<(&Path, Name)> {
    let (Some(above), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(Failure::Usage(format!("{} is no name for a file", file.display())));
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let name = Name::parse(name.as_encoded_bytes());
    Ok((above, name.map_err(|error| Failure::Usage(error.to_string()))?))
}
