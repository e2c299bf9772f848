//! Which parts of a file are data: the three notations of GNU tar, and the rules for all of them.

use holdall_tree::Extent;

use super::header::Header;
use super::number::parse;
use super::pax::decimal;
use crate::error::Fault;

/// The most parts of one file.
pub(super) const PARTS_MAX: usize = 1 << 20;

fn refused(why: &'static str) -> Fault {
    Fault::Sparse { why }
}

/// Offsets and lengths by turns as parts in order, within `size` and of `stored` bytes together.
pub(super) fn parts(numbers: &[u64], size: u64, stored: u64) -> Result<Vec<Extent>, Fault> {
    if !numbers.len().is_multiple_of(2) {
        return Err(refused("offsets and lengths do not alternate"));
    }
    if numbers.len() / 2 > PARTS_MAX {
        return Err(refused("it has too many parts"));
    }
    let (mut end, mut sum) = (0_u64, 0_u64);
    let mut parts = Vec::new();
    for pair in numbers.chunks_exact(2) {
        let &[offset, length] = pair else { continue };
        let behind = offset.checked_add(length).filter(|behind| *behind <= size);
        let behind = behind.ok_or(refused("a part lies beyond the end of the file"))?;
        if offset < end {
            return Err(refused("parts overlap or are not in order"));
        }
        end = behind;
        sum = sum.saturating_add(length);
        // GNU tar marks the end of a file that ends in a hole by a part without bytes.
        if length > 0 {
            parts.push(Extent { offset, length });
        }
    }
    if sum != stored {
        return Err(refused("its parts are not as long as what is stored"));
    }
    Ok(parts)
}

/// The parts that a header of the old notation names, and whether a block with more of them follows.
pub(super) fn old_header(header: &Header<'_>, numbers: &mut Vec<u64>) -> Result<bool, Fault> {
    old_parts(header.field(386, 96), numbers)?;
    Ok(header.field(482, 1) != [0])
}

/// The file's length with all holes, in the old notation.
pub(super) fn old_size(header: &Header<'_>) -> Result<u64, Fault> {
    let size = parse(header.field(483, 12)).and_then(|size| u64::try_from(size).ok());
    size.ok_or(refused("its size is no number"))
}

/// The parts in a block that continues such a header, and whether one more follows.
pub(super) fn old_block(block: &[u8; 512], numbers: &mut Vec<u64>) -> Result<bool, Fault> {
    old_parts(block.get(..504).unwrap_or_default(), numbers)?;
    if numbers.len() / 2 > PARTS_MAX {
        return Err(refused("it has too many parts"));
    }
    Ok(block.get(504).is_some_and(|more| *more != 0))
}

fn old_parts(bytes: &[u8], numbers: &mut Vec<u64>) -> Result<(), Fault> {
    for part in bytes.chunks_exact(24) {
        // What is not used is zero.
        if part.first() == Some(&0) {
            break;
        }
        for field in part.chunks_exact(12) {
            let number = parse(field).and_then(|number| u64::try_from(number).ok());
            numbers.push(number.ok_or(refused("a number is none"))?);
        }
    }
    Ok(())
}

/// Reads the map that stands before the data in the newest notation: lines of decimal numbers.
#[derive(Debug, Default)]
pub(super) struct Lines {
    numbers: Vec<u64>,
    digits: Vec<u8>,
    count: Option<usize>,
}

impl Lines {
    /// Takes the next block; gives the numbers when they are complete.
    pub(super) fn feed(&mut self, block: &[u8; 512]) -> Result<Option<Vec<u64>>, Fault> {
        for byte in block {
            if *byte != b'\n' {
                self.digits.push(*byte);
                if self.digits.len() > 20 {
                    return Err(refused("a number is none"));
                }
                continue;
            }
            let number = decimal(&self.digits).ok_or(refused("a number is none"))?;
            self.digits.clear();
            match self.count {
                None => {
                    let count = usize::try_from(number).unwrap_or(usize::MAX);
                    if count > PARTS_MAX {
                        return Err(refused("it has too many parts"));
                    }
                    self.count = Some(count * 2);
                }
                Some(_) => self.numbers.push(number),
            }
            if self.count == Some(self.numbers.len()) {
                return Ok(Some(std::mem::take(&mut self.numbers)));
            }
        }
        Ok(None)
    }
}
