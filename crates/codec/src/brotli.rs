//! One brotli stream out of a buffered reader, without reading past its end: the reader of the library does.

use std::io::{self, BufRead, Read};

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

type State = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

pub(crate) struct BrotliDecoder<R> {
    input: R,
    state: Box<State>,
    done: bool,
}

impl<R: BufRead> BrotliDecoder<R> {
    pub(crate) fn new(input: R) -> Self {
        let alloc = StandardAlloc::default;
        Self { input, state: Box::new(State::new(alloc(), alloc(), alloc())), done: false }
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.input
    }

    pub(crate) fn into_inner(self) -> R {
        self.input
    }
}

impl<R: BufRead> Read for BrotliDecoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.done && !buffer.is_empty() {
            let input = self.input.fill_buf()?;
            let (at_end, mut left, mut room) = (input.is_empty(), input.len(), buffer.len());
            let (mut taken, mut made, mut total) = (0, 0, 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut taken,
                input,
                &mut room,
                &mut made,
                buffer,
                &mut total,
                &mut self.state,
            );
            self.input.consume(taken);
            match result {
                BrotliResult::ResultFailure => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "its bytes mean nothing",
                    ));
                }
                BrotliResult::NeedsMoreInput if at_end && made == 0 => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                BrotliResult::ResultSuccess => self.done = true,
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            }
            if made > 0 {
                return Ok(made);
            }
        }
        Ok(0)
    }
}
