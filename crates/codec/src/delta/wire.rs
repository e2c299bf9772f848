//! Numbers and names as signatures and deltas have them.

use std::io::{self, Read, Write};

use super::DeltaError;

/// A length or an offset takes at most this many bytes.
const NUMBER_BYTES_MAX: u32 = 10;

/// Writes a number in groups of seven bits, the lowest first; all but the last have the highest bit set.
pub(super) fn put_number(out: &mut dyn Write, mut number: u64) -> io::Result<()> {
    let mut bytes = [0u8; NUMBER_BYTES_MAX as usize];
    let mut used = 0;
    for byte in &mut bytes {
        used += 1;
        *byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            break;
        }
        *byte |= 0x80;
    }
    out.write_all(bytes.get(..used).unwrap_or_default())
}

pub(super) fn number(read: &mut dyn Read) -> Result<u64, DeltaError> {
    let mut number = 0u64;
    for place in 0..NUMBER_BYTES_MAX {
        let [byte] = array::<1>(read)?;
        let bits = u64::from(byte & 0x7f);
        if place == NUMBER_BYTES_MAX - 1 && bits > 1 {
            break;
        }
        number |= bits << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(DeltaError::Malformed("a number is too long"))
}

pub(super) fn array<const N: usize>(read: &mut dyn Read) -> Result<[u8; N], DeltaError> {
    let mut bytes = [0; N];
    exact(read, &mut bytes)?;
    Ok(bytes)
}

/// Reads so many bytes, or says that there are fewer.
pub(super) fn exact(read: &mut dyn Read, bytes: &mut [u8]) -> Result<(), DeltaError> {
    read.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => DeltaError::Malformed("it is cut off"),
        _ => DeltaError::Read(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_too_long_ones_do_not() {
        for wanted in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, wanted).unwrap();
            assert_eq!(number(&mut bytes.as_slice()).unwrap(), wanted);
        }
        for bad in [&[0x80; 10][..], &[0xff; 10], &[0x80], &[]] {
            assert!(number(&mut &*bad).is_err(), "{bad:?}");
        }
    }
}
