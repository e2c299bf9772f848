//! A zip whose one file is that zip itself.
//!
//! Its deflate stream is a program that prints itself, of two instructions: a literal that prints what follows it, and a
//! repeat of the last bytes printed (Russ Cox, "Zip Files All The Way Down", 2010).

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use holdall_testkit::zip::{Item, crc, zip};

/// With it the local header has 60 bytes: then the repeat of it and of one instruction has just 40 bits.
const NAME: [u8; 30] = *b"within-itself-and-in-that.file";
/// What an instruction takes, in bytes.
const INSTRUCTION: usize = 5;

/// Bits from the lowest of each byte on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= u8::from(value >> at & 1 == 1) << (8 - self.free);
            self.free -= 1;
        }
    }

    /// A word of the fixed code of seven bits, which goes the other way round.
    fn code(&mut self, word: u32, count: u32) {
        (0..count).rev().for_each(|at| self.put(word >> at & 1, 1));
    }

    fn begin(&mut self, last: bool) {
        self.put(u32::from(last), 1);
        self.put(1, 2);
    }

    fn finish(&mut self) {
        self.code(0, 7);
    }

    /// `length` bytes from `distance` back. Not every length and distance: those that this program has.
    fn repeat(&mut self, length: u32, distance: u32) {
        let (word, first, extra) = match length {
            3..=10 => (length - 2, length, 0),
            35..=66 => (17 + (length - 35) / 8, 35 + (length - 35) / 8 * 8, 3),
            67..=114 => (21 + (length - 67) / 16, 67 + (length - 67) / 16 * 16, 4),
            _ => unreachable!("no length of this program: {length}"),
        };
        self.code(word, 7);
        self.put(length - first, extra);
        let (word, first, extra) = match distance {
            17..=24 => (8, 17, 3),
            65..=96 => (12, 65, 5),
            97..=128 => (13, 97, 5),
            _ => unreachable!("no distance of this program: {distance}"),
        };
        self.code(word, 5);
        self.put(distance - first, extra);
    }
}

fn literal(length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap();
    [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat()
}

/// The repeat of four instructions.
fn repeat_four() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.begin(false);
    bits.repeat(10, 20);
    bits.repeat(10, 20);
    bits.finish();
    bits.bytes
}

/// The repeat of so many bytes, 65 or 66.
fn repeat_head(length: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap();
    let mut bits = Bits::default();
    bits.begin(false);
    bits.repeat(length, length);
    bits.finish();
    // Blocks of nothing fill it up.
    bits.begin(false);
    bits.finish();
    bits.bytes
}

/// The last instruction: the repeat of what is behind and of itself.
fn repeat_tail(behind: usize) -> Vec<u8> {
    let length = u32::try_from(behind).unwrap() + 4;
    let mut bits = Bits::default();
    bits.begin(true);
    bits.repeat(length, length);
    bits.finish();
    assert_eq!(bits.bytes.len(), 4);
    bits.bytes
}

/// The stream that prints `head`, itself and `tail`.
fn program(head: &[u8], tail: &[u8]) -> Vec<u8> {
    let print_head = literal(head.len() + INSTRUCTION);
    let again = repeat_head(head.len() + INSTRUCTION);
    let (one, four, four_again) = (literal(INSTRUCTION), literal(4 * INSTRUCTION), repeat_four());
    let last = repeat_tail(tail.len());
    let print_tail = literal(last.len() + tail.len());
    let nothing = literal(0);
    for instruction in [&again, &four_again] {
        assert_eq!(instruction.len(), INSTRUCTION);
    }
    [
        &print_head[..],
        head,
        &print_head,
        &again,
        &one,
        &again,
        &one,
        &one,
        &four,
        &again,
        &one,
        &one,
        &four,
        &four_again,
        &four,
        &four_again,
        &four,
        &four_again,
        &four,
        &four_again,
        &four,
        &four_again,
        &nothing,
        &nothing,
        &print_tail,
        &four_again,
        &nothing,
        &nothing,
        &print_tail,
        &last,
        tail,
        &last,
    ]
    .concat()
}

/// The zip, with this sum and time of its file.
fn with(sum: u32, time: u32) -> Vec<u8> {
    let blank = Item { method: 8, time, crc: sum, ..Item::new(&NAME, b"") };
    let (head, tail) = (blank.local().len(), zip(&[blank]).len() - 30 - NAME.len());
    let data = program(&vec![0; head], &vec![0; tail]);
    let size = u32::try_from(head + data.len() + tail).unwrap();
    let item = |data: Vec<u8>| Item {
        method: 8,
        time,
        crc: sum,
        size,
        size_local: size,
        data,
        ..Item::new(&NAME, b"")
    };
    let whole = zip(&[item(data.clone())]);
    let data = program(&whole[..head], &whole[head + data.len()..]);
    zip(&[item(data)])
}

/// The zip and the name of its file. What the sum of the whole must be depends on the sum that stands in it, bit by bit
/// by exclusive or: a system of 32 equations.
pub(crate) fn quine() -> (Vec<u8>, &'static [u8]) {
    for time in 0x5821_0000.. {
        let base = crc(&with(0, time));
        // Each row: what one bit of the sum is made of, and in bit 32 what it is made of anyway.
        let mut rows = [0_u64; 32];
        for bit in 0..32 {
            let column = crc(&with(1 << bit, time)) ^ base ^ (1 << bit);
            for (at, row) in rows.iter_mut().enumerate() {
                *row |= u64::from(column >> at & 1) << bit;
            }
        }
        for (at, row) in rows.iter_mut().enumerate() {
            *row |= u64::from(base >> at & 1) << 32;
        }
        if let Some(sum) = solved(rows) {
            return (with(sum, time), &NAME);
        }
    }
    unreachable!("there is a sum for every third time");
}

fn solved(mut rows: [u64; 32]) -> Option<u32> {
    for bit in 0..32 {
        let pivot = (bit..32).find(|at| rows[*at] >> bit & 1 == 1)?;
        rows.swap(bit, pivot);
        for at in 0..32 {
            if at != bit && rows[at] >> bit & 1 == 1 {
                rows[at] ^= rows[bit];
            }
        }
    }
    Some((0..32).fold(0, |sum, bit| sum | (u32::from(rows[bit] >> 32 & 1 == 1) << bit)))
}
