//! BCJ2, which takes apart programs of x86 so that they can be compressed better, as 7-Zip writes it.
//!
//! A program lies in four streams. The first has all its bytes but the targets of calls and jumps. Behind each byte E8 or E9,
//! and each pair 0F 80 to 0F 8F, a bit in the fourth stream says whether a target was taken out. Then four bytes follow in the
//! second stream (behind E8) or in the third one, the highest first: where it leads, counted from the beginning. In the
//! program stand those four bytes with the lowest first, counted from behind themselves.
//!
//! The bits are coded by ranges with probabilities of 11 bits: one for each byte that can stand before an E8, one for E9, and
//! one for all jumps behind 0F. The coder begins with a zero and four bytes.

use std::io::{self, BufRead, Read};

/// Bits of a probability.
const MODEL_BITS: u32 = 11;
const MODEL_FULL: u16 = 1 << MODEL_BITS;
/// How fast it follows what comes.
const MOVE_BITS: u32 = 5;
/// Below this, another byte is taken.
const RANGE_MIN: u32 = 1 << 24;
/// One for each byte before E8, one for E9, one for the rest.
const MODELS: usize = 256 + 2;
/// So many bytes are made ready at a time.
const PIECE_BYTES: usize = 32 << 10;

/// Puts a program together again. All streams must end together.
pub struct Bcj2Reader<R> {
    main: R,
    call: R,
    jump: R,
    bits: Bits<R>,
    /// The last byte of the program.
    last: u8,
    /// How many bytes it has so far, as its addresses are counted.
    at: u32,
    ready: Vec<u8>,
    read: usize,
    done: bool,
}

impl<R: BufRead> Bcj2Reader<R> {
    /// Of the four streams, in the order in which 7-Zip names them: what is left of the program, targets of calls, targets
    /// of jumps, and the bits.
    #[must_use]
    pub fn new([main, call, jump, bits]: [R; 4]) -> Self {
        let bits = Bits { read: bits, begun: false, range: u32::MAX, code: 0, models: Vec::new() };
        let (last, at, ready, read, done) = (0, 0, Vec::new(), 0, false);
        Self { main, call, jump, bits, last, at, ready, read, done }
    }

    /// Makes the next bytes ready.
    fn next(&mut self) -> io::Result<()> {
        self.bits.begin()?;
        self.ready.clear();
        self.read = 0;
        while self.ready.len() < PIECE_BYTES {
            let piece = self.main.fill_buf()?;
            if piece.is_empty() {
                self.done = true;
                return self.end();
            }
            let room = PIECE_BYTES - self.ready.len();
            let (mut taken, mut model) = (0, None);
            for byte in piece.iter().take(room) {
                let before = std::mem::replace(&mut self.last, *byte);
                taken += 1;
                model = model_of(before, *byte);
                if model.is_some() {
                    break;
                }
            }
            self.ready.extend_from_slice(piece.get(..taken).unwrap_or_default());
            self.main.consume(taken);
            self.at = self.at.wrapping_add(u32::try_from(taken).unwrap_or_default());
            if let Some(model) = model
                && self.bits.bit(model)?
            {
                self.target()?;
            }
        }
        Ok(())
    }

    /// Nothing is left of any stream.
    fn end(&mut self) -> io::Result<()> {
        self.bits.pass_last()?;
        for read in [&mut self.call, &mut self.jump, &mut self.bits.read] {
            if !read.fill_buf()?.is_empty() {
                return Err(damaged("something follows the end of a stream of BCJ2"));
            }
        }
        Ok(())
    }

    /// Puts a target back.
    fn target(&mut self) -> io::Result<()> {
        let from = if self.last == 0xe8 { &mut self.call } else { &mut self.jump };
        let mut bytes = [0; 4];
        from.read_exact(&mut bytes)?;
        self.at = self.at.wrapping_add(4);
        let bytes = u32::from_be_bytes(bytes).wrapping_sub(self.at).to_le_bytes();
        self.ready.extend_from_slice(&bytes);
        let [.., last] = bytes;
        self.last = last;
        Ok(())
    }
}

/// The probability for what may follow a byte, if a target may.
fn model_of(before: u8, byte: u8) -> Option<usize> {
    match byte {
        0xe8 => Some(2 + usize::from(before)),
        0xe9 => Some(1),
        _ if before == 0x0f && byte & 0xf0 == 0x80 => Some(0),
        _ => None,
    }
}

impl<R: BufRead> Read for Bcj2Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.read == self.ready.len() && !self.done {
            self.next()?;
        }
        let read = self.ready.get(self.read..).unwrap_or_default().read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// The bits.
struct Bits<R> {
    read: R,
    begun: bool,
    range: u32,
    code: u32,
    /// How likely a zero is, for each of what may come before.
    models: Vec<u16>,
}

impl<R: BufRead> Bits<R> {
    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        self.models = vec![MODEL_FULL / 2; MODELS];
        let mut bytes = [0; 5];
        self.read.read_exact(&mut bytes)?;
        let [zero, code @ ..] = bytes;
        self.code = u32::from_be_bytes(code);
        if zero != 0 || self.code == u32::MAX {
            return Err(damaged("the bits of BCJ2 begin as none can"));
        }
        Ok(())
    }

    /// Takes the last byte, which no bit needed any more.
    fn pass_last(&mut self) -> io::Result<()> {
        if self.range < RANGE_MIN && !self.read.fill_buf()?.is_empty() {
            self.read.consume(1);
        }
        Ok(())
    }

    fn bit(&mut self, model: usize) -> io::Result<bool> {
        if self.range < RANGE_MIN {
            let mut byte = [0];
            self.read.read_exact(&mut byte)?;
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(byte[0]);
        }
        let Some(model) = self.models.get_mut(model) else {
            return Err(damaged("there is no such bit of BCJ2"));
        };
        let likely = u32::from(*model);
        let bound = (self.range >> MODEL_BITS) * likely;
        if self.code < bound {
            self.range = bound;
            *model += (MODEL_FULL - *model) >> MOVE_BITS;
            return Ok(false);
        }
        self.range -= bound;
        self.code -= bound;
        *model -= *model >> MOVE_BITS;
        Ok(true)
    }
}

fn damaged(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use holdall_testkit::cases;
    use proptest::test_runner::{Config, TestRunner};

    use super::*;

    fn read(streams: [&[u8]; 4]) -> io::Result<Vec<u8>> {
        let mut back = Vec::new();
        Bcj2Reader::new(streams).read_to_end(&mut back).map(|_| back)
    }

    #[test]
    fn what_has_no_targets_is_its_first_stream() {
        assert_eq!(read([b"plain", b"", b"", &[0; 5]]).unwrap(), b"plain");
        assert_eq!(read([b"", b"", b"", &[0; 5]]).unwrap(), b"");
        // A zero says that nothing was taken out.
        assert_eq!(read([b"\xe8\0\0\0\0", b"", b"", &[0; 5]]).unwrap(), b"\xe8\0\0\0\0");
    }

    #[test]
    fn targets_are_counted_from_behind_themselves() {
        // The highest code says one to the first bit.
        let bits = [0, 0xff, 0xff, 0xff, 0xfe];
        let program = read([b"..\xe8", &[0, 0, 1, 7], b"", &bits]).unwrap();
        assert_eq!(program, [b"..\xe8".as_slice(), &[0, 1, 0, 0]].concat());
        let program = read([b"\x0f\x84", b"", &[0, 0, 0, 0], &bits]).unwrap();
        assert_eq!(program, [b"\x0f\x84".as_slice(), &[0xfa, 0xff, 0xff, 0xff]].concat());
    }

    #[test]
    fn streams_that_do_not_end_together_are_refused() {
        let bits = [0, 0xff, 0xff, 0xff, 0xfe];
        for streams in [
            [&b"..\xe8"[..], b"", b"", &bits],
            [b"..\xe8", &[0, 0, 1], b"", &bits],
            [b"..\xe8", &[0, 0, 1, 7, 9], b"", &bits],
            [b"..\xe8", &[0, 0, 1, 7], b"x", &bits],
            [b"plain", b"", b"", &[0; 4]],
            [b"plain", b"", b"", &[0; 6]],
            [b"plain", b"", b"", &[1, 0, 0, 0, 0]],
            [b"plain", b"", b"", &[0, 0xff, 0xff, 0xff, 0xff]],
        ] {
            assert!(read(streams).is_err(), "{streams:x?}");
        }
    }

    #[test]
    fn no_bytes_do_harm_and_nothing_is_made_of_nothing() {
        let stream =
            || proptest::collection::vec(proptest::prop_oneof![0xe8_u8..0xea, 0_u8..], 0..99);
        let config = Config { cases: cases(256), failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&(stream(), stream(), stream(), stream()), |(main, call, jump, bits)| {
                let bits = [&[0], &bits[..]].concat();
                let most = main.len() + call.len() + jump.len();
                if let Ok(back) = read([&main, &call, &jump, &bits]) {
                    assert_eq!(back.len(), most);
                }
                Ok(())
            })
            .unwrap();
    }
}
