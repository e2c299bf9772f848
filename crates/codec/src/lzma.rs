//! LZMA and LZMA2 without a container, and the filters that are put before them, as 7z has them.

#[cfg(not(target_family = "wasm"))]
mod fast;
#[cfg_attr(not(target_family = "wasm"), path = "lzma/read_c.rs")]
#[cfg_attr(target_family = "wasm", path = "lzma/read_pure.rs")]
mod read;
#[cfg(not(target_family = "wasm"))]
mod write;

pub use read::{FilterReader, LzmaReader};
#[cfg(not(target_family = "wasm"))]
pub use write::Lzma2Writer;

/// What is done with bytes before they are compressed, so that they can be compressed better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterKind {
    /// Each byte is the difference from the one so many bytes before.
    Delta,
    /// Addresses in programs of x86.
    X86,
    /// Of PowerPC, big endian.
    PowerPc,
    /// Of Itanium.
    Ia64,
    /// Of ARM.
    Arm,
    /// Of ARM with short instructions.
    ArmThumb,
    /// Of ARM with 64 bits.
    Arm64,
    /// Of SPARC.
    Sparc,
    /// Of RISC-V.
    RiscV,
}

impl FilterKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Delta,
        Self::X86,
        Self::PowerPc,
        Self::Ia64,
        Self::Arm,
        Self::ArmThumb,
        Self::Arm64,
        Self::Sparc,
        Self::RiscV,
    ];
}

/// The size of the window that LZMA2 wants by its one byte of properties; `None` if it is none.
#[must_use]
pub fn lzma2_window(properties: u8) -> Option<u64> {
    let bits = u32::from(properties);
    match bits {
        0..40 => Some(u64::from(2 | (bits & 1)) << (bits / 2 + 11)),
        40 => Some(u64::from(u32::MAX)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::num::NonZero;

    use super::*;

    fn threads(count: u32) -> NonZero<u32> {
        NonZero::new(count).unwrap()
    }

    /// Bytes that can be compressed, and not too well.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 28).unwrap()
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn streams_of_many_pieces_come_back_and_do_not_depend_on_the_threads() {
        let contents = [sample(4_800_000), Vec::new(), sample(10)];
        let written = |count| {
            let mut writer = Lzma2Writer::new(Vec::new(), Some(0), threads(count)).unwrap();
            for content in &contents {
                writer.write_all(content).unwrap();
                writer.end_stream().unwrap();
            }
            let properties = writer.properties();
            let (bytes, lengths) = writer.finish().unwrap();
            (bytes, lengths, properties)
        };
        let (bytes, lengths, properties) = written(1);
        assert_eq!((&bytes, &lengths), (&written(3).0, &written(3).1));
        assert_eq!(lzma2_window(properties), Some(1 << 21));
        assert_eq!(lengths.iter().sum::<u64>(), bytes.len() as u64);
        let mut rest = &bytes[..];
        for (content, length) in contents.iter().zip(lengths) {
            let (stream, behind) = rest.split_at(usize::try_from(length).unwrap());
            rest = behind;
            let mut read = LzmaReader::lzma2(stream, properties).unwrap();
            let mut back = Vec::new();
            read.read_to_end(&mut back).unwrap();
            assert!(&back == content && read.input().is_empty());
            let cut = &stream[..stream.len() - 1];
            let mut read = LzmaReader::lzma2(cut, properties).unwrap();
            assert!(read.read_to_end(&mut back).is_err());
        }
    }

    #[test]
    fn a_filter_is_taken_off_what_comes_in_any_pieces() {
        let plain = sample(200_000);
        let delta: Vec<u8> = (0..plain.len())
            .map(|at| plain[at].wrapping_sub(if at < 3 { 0 } else { plain[at - 3] }))
            .collect();
        let mut back = Vec::new();
        let mut read = FilterReader::new(&delta[..], FilterKind::Delta, &[2]).unwrap();
        read.read_to_end(&mut back).unwrap();
        assert!(back == plain);
        for kind in [FilterKind::X86, FilterKind::Arm64, FilterKind::RiscV] {
            let mut read = FilterReader::new(&plain[..], kind, &[]).unwrap();
            let mut back = Vec::new();
            read.read_to_end(&mut back).unwrap();
            assert_eq!(back.len(), plain.len());
        }
        assert!(FilterReader::new(&plain[..], FilterKind::X86, &[1]).is_err());
    }

    #[test]
    fn a_window_has_its_byte() {
        assert_eq!(lzma2_window(0), Some(4096));
        assert_eq!(lzma2_window(1), Some(6144));
        assert_eq!(lzma2_window(39), Some(3 << 30));
        assert_eq!((lzma2_window(40), lzma2_window(41)), (Some((1 << 32) - 1), None));
    }
}
