//! The parsers of archives as WebAssembly: they see the bytes of one archive, and nothing else there is.
//!
//! The module imports one function, `read`, by which it asks for bytes of the archive. The host writes a request to where
//! `room` says, calls `begin`, and then `more` until there is no more. What is handed out is bytes too, which the host
//! judges. There is no clock, no file, no randomness, and nothing of one archive is left for the next one: each request
//! has a memory of its own.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use holdall_archive::Bytes;
use holdall_archive::relay::{Request, answer, tell};
use holdall_tree::ReadAt;

/// So much is handed out at a time, in bytes.
const PIECE_BYTES: usize = 64 << 10;

#[link(wasm_import_module = "archive")]
unsafe extern "C" {
    /// Reads so many bytes of the archive from this place on, fewer only at its end.
    #[link_name = "read"]
    fn host_read(offset: u64, to: *mut u8, length: u32) -> u32;
}

/// The archive.
struct Given {
    length: u64,
}

impl ReadAt for Given {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        // SAFETY: the host writes at most `length` bytes from there on, all of which are in `buffer`.
        let read = unsafe { host_read(offset, buffer.as_mut_ptr(), length) };
        Ok(read as usize)
    }
}

impl Bytes for Given {
    fn length(&self) -> u64 {
        self.length
    }
}

/// What is answered.
enum State {
    Request(Vec<u8>),
    Answer(Box<dyn Read + Send>),
    Failed(io::Error),
    Done,
}

struct Answering {
    state: State,
    piece: Vec<u8>,
}

static ANSWERING: Mutex<Answering> =
    Mutex::new(Answering { state: State::Done, piece: Vec::new() });

/// Where a request of this length is to be written.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: u32) -> *mut u8 {
    let mut answering = ANSWERING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut request = vec![0; length as usize];
    let place = request.as_mut_ptr();
    answering.state = State::Request(request);
    place
}

/// Takes the request up.
#[unsafe(no_mangle)]
pub extern "C" fn begin() {
    let mut answering = ANSWERING.lock().unwrap_or_else(PoisonError::into_inner);
    let State::Request(bytes) = std::mem::replace(&mut answering.state, State::Done) else {
        return;
    };
    answering.state = match Request::of_bytes(&bytes) {
        None => State::Failed(io::Error::other("this is no request")),
        Some(request) => {
            // There is one request in the life of this memory.
            let given: &'static Given = Box::leak(Box::new(Given { length: request.length() }));
            answer(request, given).map_or_else(State::Failed, State::Answer)
        }
    };
}

/// The next piece of the answer: where it lies in the upper half, in the lower one its length doubled, and one more if it
/// says what went wrong. Nothing at all is the end.
#[unsafe(no_mangle)]
pub extern "C" fn more() -> u64 {
    let mut answering = ANSWERING.lock().unwrap_or_else(PoisonError::into_inner);
    let Answering { state, piece } = &mut *answering;
    piece.resize(PIECE_BYTES, 0);
    let failed = match std::mem::replace(state, State::Done) {
        State::Answer(mut read) => match fill(&mut read, piece) {
            Ok(filled) => {
                piece.truncate(filled);
                *state = State::Answer(read);
                false
            }
            Err((filled, error)) if filled > 0 => {
                piece.truncate(filled);
                *state = State::Failed(error);
                false
            }
            Err((_, error)) => {
                *piece = tell(&error);
                true
            }
        },
        State::Failed(error) => {
            *piece = tell(&error);
            true
        }
        State::Request(_) | State::Done => {
            piece.clear();
            false
        }
    };
    if piece.is_empty() {
        return 0;
    }
    (piece.as_ptr() as u64) << 32 | (piece.len() as u64) << 1 | u64::from(failed)
}

/// Fills `piece` as far as there is something, or says how far it came before it failed.
fn fill(read: &mut dyn Read, piece: &mut [u8]) -> Result<usize, (usize, io::Error)> {
    let mut filled = 0;
    while let Some(free) = piece.get_mut(filled..).filter(|free| !free.is_empty()) {
        match read.read(free) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((filled, error)),
        }
    }
    Ok(filled)
}
