//! A folder as bytes, for a parser that is asked again.

use holdall_codec::lzma::FilterKind;

use super::folder::Packed;
use super::method::{CODERS_MAX, Coder, Input, Method};
use crate::relay::wire::{Put, Take};

impl Packed {
    /// All of it as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut put = Put::default();
        put.u64(self.at);
        put.u64(self.stored);
        put_coder(&mut put, &self.last);
        put.0
    }

    /// Of such bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut take = Take(bytes);
        let (at, stored) = (take.u64()?, take.u64()?);
        let last = take_coder(&mut take, &mut 0)?;
        take.end()?;
        Some(Self { at, stored, last })
    }
}

fn put_coder(put: &mut Put, coder: &Coder) {
    put_method(put, &coder.method);
    put.u64(coder.size);
    for input in &coder.from {
        match input {
            Input::Stored { at, length } => {
                put.u8(0);
                put.u64(*at);
                put.u64(*length);
            }
            Input::Coder(coder) => {
                put.u8(1);
                put_coder(put, coder);
            }
        }
    }
}

/// Takes one with all before it, of which there are no more than a folder has.
fn take_coder(take: &mut Take<'_>, taken: &mut usize) -> Option<Coder> {
    *taken += 1;
    if *taken > CODERS_MAX {
        return None;
    }
    let (method, size) = (take_method(take)?, take.u64()?);
    let mut from = Vec::new();
    for _ in 0..method.inputs() {
        from.push(match take.u8()? {
            0 => Input::Stored { at: take.u64()?, length: take.u64()? },
            1 => Input::Coder(Box::new(take_coder(take, taken)?)),
            _ => return None,
        });
    }
    Some(Coder { method, size, from })
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
        Method::Bcj2 => put.u8(7),
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
        7 => Method::Bcj2,
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
            let first = Coder { method: method.clone(), size: 9, from: vec![stored(1)] };
            let first = Input::Coder(Box::new(first));
            let last = match method {
                // One that takes several.
                Method::Deflate => {
                    let from = vec![stored(3), first, stored(5), stored(7)];
                    Coder { method: Method::Bcj2, size: 8, from }
                }
                _ => Coder { method: Method::Copy, size: 8, from: vec![first] },
            };
            let packed = Packed { at: 7, stored: u64::MAX, last };
            let bytes = packed.to_bytes();
            assert_eq!(Packed::of_bytes(&bytes), Some(packed));
            for cut in 0..bytes.len() {
                assert_eq!(Packed::of_bytes(&bytes[..cut]), None);
            }
            assert_eq!(Packed::of_bytes(&[&bytes[..], b"x"].concat()), None);
        }
        let one = |input| Coder { method: Method::Copy, size: 9, from: vec![input] };
        let deep =
            (0..CODERS_MAX).fold(one(stored(1)), |deep, _| one(Input::Coder(Box::new(deep))));
        assert_eq!(Packed::of_bytes(&Packed { at: 0, stored: 0, last: deep }.to_bytes()), None);
    }

    fn stored(at: u64) -> Input {
        Input::Stored { at, length: 2 }
    }
}
