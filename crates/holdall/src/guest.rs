//! Archives that are parsed inside WebAssembly, which sees their bytes and nothing else.
//!
//! The module is built of `guest/`, and holds the parsers that are used everywhere. What it says is judged again out here,
//! and what it may need has limits that follow from how long the archive is.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use holdall_archive::relay::{Parser, RelayedTree, Request, Seen, astray, told};
use holdall_archive::sevenz::WINDOWS_MAX;
use holdall_archive::{Bytes, Format};
use holdall_codec::{Compression, MEMORY_MAX};
use holdall_tree::{CancelToken, Context, Error as TreeError, ReadAt};
use holdall_wasm::{Alive, Error as WasmError, Input, Machine, Quota};

use crate::archive::Unopened;
use crate::error::{Error, Result};
use crate::sealed::{Place, Secrecy, Spool};
use crate::source::Reading;
use crate::unpack::Unpacked;

/// The module that is built of `guest/`.
const MODULE: &[u8] = include_bytes!("../../../guest/archive.wasm");

/// Memory that the parser may have in any case, in bytes.
const MEMORY_BYTES: u64 = 64 << 20;
/// So much more for each byte of the archive: what is known of an entry takes more room than its header.
const MEMORY_BY_LENGTH: u64 = 8;
/// And never more than this.
const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// A stream may want [`MEMORY_MAX`], and a decoder holds it twice while its room grows.
const MEMORY_BYTES_OF_STREAM: u64 = MEMORY_BYTES + 2 * MEMORY_MAX + (MEMORY_MAX >> 1);
/// Steps that the parser may compute in any case; a tenth of a second or two.
const STEPS: u64 = 200_000_000;
/// The same for a stream: a block of bzip2 is computed wholly before the first byte comes of it.
const STEPS_OF_STREAM: u64 = 2_000_000_000;
/// What a folder of a 7z may want beside: its windows, which a decoder holds twice while they grow.
const MEMORY_BYTES_OF_FOLDER: u64 = MEMORY_BYTES_OF_STREAM + 2 * WINDOWS_MAX;
/// So many more for each byte of an archive, or that it was given of a stream, many times what is needed.
const STEPS_BY_BYTE: u64 = 2000;
/// So many pieces are read of a stream between two looks at its limits, in bytes.
const LOOK_BYTES: u64 = 1 << 20;

/// The parsers of archives inside WebAssembly.
#[derive(Debug, Clone)]
pub struct Guest(Machine);

impl Guest {
    /// The parsers that were built with this program.
    ///
    /// # Errors
    /// If they cannot be run.
    pub fn new() -> Result<Self> {
        Self::of_module(MODULE)
    }

    /// Those of another module. Nothing of what it says is believed.
    ///
    /// # Errors
    /// If it is no module.
    pub fn of_module(module: &[u8]) -> Result<Self> {
        let machine = Machine::new(module);
        machine.map(Self).map_err(|error| Error::Guest { why: error.to_string() })
    }

    fn ask<'r, I: Input + 'r>(
        &self,
        request: &Request,
        input: I,
        quota: Quota,
        cancel: &CancelToken,
    ) -> io::Result<Relayed<holdall_wasm::Run<I>>> {
        let cancel = cancel.clone();
        let alive: Alive = Arc::new(move || !cancel.is_cancelled());
        let run = self.0.start(&request.to_bytes(), input, quota, alive);
        run.map(Relayed).map_err(relayed)
    }
}

/// What the parser may need for a request about an archive of this format, if it is known.
fn quota(request: &Request, format: Option<Format>) -> Quota {
    let length = request.length();
    let of_length = |steps_by_output| {
        let more = length.saturating_mul(MEMORY_BY_LENGTH);
        Quota {
            memory_bytes: MEMORY_BYTES.saturating_add(more).min(MEMORY_BYTES_MAX),
            steps: STEPS.saturating_add(length.saturating_mul(STEPS_BY_BYTE)),
            // It can read the same bytes again.
            steps_by_input: 0,
            steps_by_output,
        }
    };
    let of_folder = |steps_by_output| Quota {
        memory_bytes: MEMORY_BYTES_OF_FOLDER,
        steps: STEPS_OF_STREAM.saturating_add(length.saturating_mul(STEPS_BY_BYTE)),
        steps_by_input: 0,
        steps_by_output,
    };
    match request {
        Request::Unpack { .. } => Quota {
            memory_bytes: MEMORY_BYTES_OF_STREAM,
            steps: STEPS_OF_STREAM,
            steps_by_input: STEPS_BY_BYTE,
            steps_by_output: STEPS_BY_BYTE,
        },
        // Its header is packed, and so is where links lead.
        Request::Open { .. } if format == Some(Format::SevenZ) => of_folder(0),
        Request::Open { .. } => of_length(0),
        Request::Content { .. } => of_length(STEPS_BY_BYTE),
        Request::Folder { .. } => of_folder(STEPS_BY_BYTE),
    }
}

/// What a module hands out, with errors that say what became of the archive.
struct Relayed<R>(R);

impl<R: Read> Read for Relayed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(relayed)
    }
}

fn relayed(error: io::Error) -> io::Error {
    match WasmError::of(&error) {
        Some(WasmError::Told { words }) => told(words),
        Some(WasmError::Stopped) => io::Error::other(TreeError::interrupted()),
        Some(error) => astray(error.to_string()),
        // The archive cannot be read.
        None => error,
    }
}

/// An open archive.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Place>);

impl ReadAt for Shared {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

impl Bytes for Shared {
    fn length(&self) -> u64 {
        self.0.length()
    }
}

/// An archive as a parser sees it.
struct Given(Seen<Shared>);

impl Input for Given {
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

/// A stream that is read once.
struct Once<R> {
    read: R,
    at: u64,
}

impl<R: Read> Input for Once<R> {
    fn read(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset != self.at {
            return Err(astray("wants to read a stream at another place"));
        }
        let read = self.read.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Asks the parsers about one archive.
pub(crate) struct Asking {
    guest: Guest,
    format: Option<Format>,
    cancel: CancelToken,
}

impl Parser<Shared> for Asking {
    fn ask(&self, request: &Request, bytes: Seen<Shared>) -> io::Result<Box<dyn Read + Send>> {
        let quota = quota(request, self.format);
        Ok(Box::new(self.guest.ask(request, Given(bytes), quota, &self.cancel)?))
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}

/// An archive whose parser sees nothing else.
pub(crate) type SealedTree = RelayedTree<Shared, Asking>;

/// Opens the archive at a place, unless it is compressed.
pub(crate) fn at(
    ctx: &Context<'_>,
    guest: &Guest,
    name: &str,
    bytes: Place,
    reading: Reading<'_>,
) -> Result<Option<SealedTree>, Unopened> {
    let mut first = [0; Compression::MAGIC_BYTES_MAX];
    let read = bytes.read_at(&mut first, 0)?;
    if Unpacked::format(name, first.get(..read).unwrap_or_default()).is_some() {
        return Ok(None);
    }
    parse(ctx, guest, name, bytes, reading).map(Some)
}

/// Opens the archive that a stream is, which goes to a file without a name.
pub(crate) fn read(
    ctx: &Context<'_>,
    guest: &Guest,
    name: &str,
    stream: impl Read,
    (reading, secrecy): (Reading<'_>, Secrecy),
) -> Result<SealedTree, Unopened> {
    let mut spool = Spool::new(reading.stream_spool()?, secrecy)?;
    let mut unpacked = Unpacked::by(name, stream, |format, packed| {
        let request = Request::Unpack { format, memory_max: MEMORY_MAX };
        let quota = quota(&request, None);
        let run = guest.ask(&request, Once { read: packed, at: 0 }, quota, ctx.cancel);
        run.map(|run| Box::new(run) as Box<dyn Read>)
    });
    let mut bytes = 0;
    loop {
        ctx.check().map_err(Error::Tree)?;
        let copied = io::copy(&mut unpacked.by_ref().take(LOOK_BYTES), &mut spool);
        let copied = copied.map_err(|error| match error.downcast::<TreeError>() {
            Ok(error) => Unopened::Error(Error::Tree(error)),
            Err(error) => Unopened::Unread(error),
        })?;
        bytes += copied;
        unpacked.check_archive(ctx, &reading.terms, bytes)?;
        if copied == 0 {
            break;
        }
    }
    parse(ctx, guest, name, spool.place()?, reading)
}

fn parse(
    ctx: &Context<'_>,
    guest: &Guest,
    name: &str,
    bytes: Place,
    reading: Reading<'_>,
) -> Result<SealedTree, Unopened> {
    let mut first = [0; Format::MAGIC_BYTES];
    let read = bytes.read_at(&mut first, 0)?;
    let format = Format::detect(first.get(..read).unwrap_or_default());
    let secrecy = bytes.secrecy();
    let bytes = Shared(Arc::new(bytes));
    let (guest, cancel) = (guest.clone(), ctx.cancel.clone());
    let parser = Asking { guest, format, cancel };
    let passphrase = || reading.passphrase(name);
    let tree = RelayedTree::open(ctx, bytes, parser, reading.terms, passphrase);
    let tree = tree.map_err(Error::Tree)?;
    if !tree.is_solid() || !reading.unpacks_first() {
        return Ok(tree);
    }
    let mut out = Spool::new(reading.contents_spool()?, secrecy)?;
    tree.unpack(ctx, &mut out).map_err(Error::Tree)?;
    Ok(tree.with_plain(Shared(Arc::new(out.place()?))))
}
