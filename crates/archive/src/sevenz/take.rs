//! Numbers and bits off the front of a header.

use crate::error::Fault;

/// What is left of a header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take<'b>(pub(super) &'b [u8]);

pub(super) fn fault(why: &'static str) -> Fault {
    Fault::SevenHeader { why }
}

impl<'b> Take<'b> {
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'b [u8], Fault> {
        let (front, rest) = self.0.split_at_checked(length).ok_or(fault("it is cut off"))?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.bytes(N)?.try_into().map_err(|_| fault("it is cut off"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number whose first byte says by its highest bits how many more there are.
    pub(super) fn number(&mut self) -> Result<u64, Fault> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut number = 0;
        for at in 0..more {
            number |= u64::from(self.byte()?) << (8 * at);
        }
        // What is left of the first byte is the highest part.
        let high = u64::from(first) & (0x7f_u64 >> more);
        Ok(if more < 8 { number | high << (8 * more) } else { number })
    }

    /// How many of something there are, each of which takes up a byte or more of what is left.
    pub(super) fn count(&mut self) -> Result<usize, Fault> {
        let count = self.number()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= self.0.len());
        count.ok_or(fault("it has fewer bytes than things that it tells of"))
    }

    /// One bit for each of `count`, the first one highest.
    pub(super) fn bits(&mut self, count: usize) -> Result<Vec<bool>, Fault> {
        let bytes = self.bytes(count.div_ceil(8))?;
        let all = bytes.iter().flat_map(|byte| (0..8).map(move |at| byte << at & 0x80 != 0));
        let mut all: Vec<bool> = all.collect();
        if all.drain(count..).any(|bit| bit) {
            return Err(fault("bits are set that mean nothing"));
        }
        Ok(all)
    }

    /// The same, with a byte before them that is 1 if all are set.
    pub(super) fn defined(&mut self, count: usize) -> Result<Vec<bool>, Fault> {
        match self.byte()? {
            0 => self.bits(count),
            1 => Ok(vec![true; count]),
            _ => Err(fault("a byte that is 0 or 1 is neither")),
        }
    }

    /// A sum for each of `count` that has one.
    pub(super) fn sums(&mut self, count: usize) -> Result<Vec<Option<u32>>, Fault> {
        let defined = self.defined(count)?;
        defined.into_iter().map(|is| is.then(|| self.u32()).transpose()).collect()
    }

    pub(super) fn expect(&mut self, id: u8) -> Result<(), Fault> {
        if self.byte()? == id {
            return Ok(());
        }
        Err(fault("something else stands where it should go on"))
    }

    /// Nothing of it is elsewhere.
    pub(super) fn inside(&mut self) -> Result<(), Fault> {
        match self.byte()? {
            0 => Ok(()),
            _ => Err(fault("a part of it is elsewhere")),
        }
    }

    pub(super) fn end(self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(fault("something follows its end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_as_many_bytes_as_its_first_one_says() {
        for (bytes, number) in [
            (&[0x7f][..], 0x7f),
            (&[0x80, 0x80], 0x80),
            (&[0xbf, 0xff], 0x3fff),
            (&[0xc1, 0x02, 0x03], 0x01_0302),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
            (&[0xfe, 1, 2, 3, 4, 5, 6, 7], 0x07_0605_0403_0201),
        ] {
            let mut take = Take(bytes);
            assert_eq!(take.number(), Ok(number), "{bytes:x?}");
            take.end().unwrap();
            assert!(Take(&bytes[..bytes.len() - 1]).number().is_err());
        }
    }

    #[test]
    fn bits_come_highest_first_and_the_rest_is_zero() {
        assert_eq!(Take(&[0b1010_0000]).bits(3), Ok(vec![true, false, true]));
        assert!(Take(&[0b1010_0001]).bits(3).is_err());
        assert_eq!(Take(&[1]).defined(2), Ok(vec![true, true]));
        assert!(Take(&[2]).defined(2).is_err());
    }
}
