//! A folder as bytes, for a parser that is asked again.

use holdall_codec::lzma::FilterKind;

use super::folder::Packed;
use super::method::{CODERS_MAX, Coder, Method};
use crate::relay::wire::{Put, Take};

impl Packed {
    /// All of it as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut put = Put::default();
        put.u64(self.at);
        put.u64(self.stored);
        put.size(self.coders.len());
        for Coder { method, size } in &self.coders {
            put_method(&mut put, method);
            put.u64(*size);
        }
        put.0
    }

    /// Of such bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut take = Take(bytes);
        let (at, stored) = (take.u64()?, take.u64()?);
        let coders =
            take.many(|take| Some(Coder { method: take_method(take)?, size: take.u64()? }))?;
        take.end()?;
        (coders.len() <= CODERS_MAX).then_some(Self { at, stored, coders })
    }
}

fn put_method(put: &mut Put, method: &Method) {
    match method {
        Method::Copy => put.u8(0),
        Method::Lzma(properties) => {
            put.u8(1);
            put.bytes(properties);
        }
        Method::Lzma2(byte) => {
            put.u8(2);
            put.u8(*byte);
        }
        Method::Deflate => put.u8(3),
        Method::Bzip2 => put.u8(4),
        Method::Zstd => put.u8(5),
        Method::Filter(kind, properties) => {
            put.u8(6);
            put.u8(number(*kind));
            put.bytes(properties);
        }
    }
}

fn take_method(take: &mut Take<'_>) -> Option<Method> {
    Some(match take.u8()? {
        0 => Method::Copy,
        1 => Method::Lzma(take.bytes()?.try_into().ok()?),
        2 => Method::Lzma2(take.u8()?),
        3 => Method::Deflate,
        4 => Method::Bzip2,
        5 => Method::Zstd,
        6 => {
            let wanted = take.u8()?;
            let kind = FilterKind::ALL.into_iter().find(|kind| number(*kind) == wanted)?;
            Method::Filter(kind, take.bytes()?.to_vec())
        }
        _ => return None,
    })
}

fn number(kind: FilterKind) -> u8 {
    kind as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_back_from_its_bytes_and_from_no_others() {
        let methods = [
            Method::Copy,
            Method::Lzma([93, 0, 0, 1, 0]),
            Method::Lzma2(24),
            Method::Deflate,
            Method::Bzip2,
            Method::Zstd,
        ];
        let filters = FilterKind::ALL.map(|kind| Method::Filter(kind, vec![3]));
        for method in methods.into_iter().chain(filters) {
            let coders = vec![Coder { method, size: 9 }, Coder { method: Method::Copy, size: 8 }];
            let packed = Packed { at: 7, stored: u64::MAX, coders };
            let bytes = packed.to_bytes();
            assert_eq!(Packed::of_bytes(&bytes), Some(packed));
            for cut in 0..bytes.len() {
                assert_eq!(Packed::of_bytes(&bytes[..cut]), None);
            }
            assert_eq!(Packed::of_bytes(&[&bytes[..], b"x"].concat()), None);
        }
        let coders = vec![Coder { method: Method::Copy, size: 9 }; CODERS_MAX + 1];
        assert_eq!(Packed::of_bytes(&Packed { at: 0, stored: 0, coders }.to_bytes()), None);
    }
}
