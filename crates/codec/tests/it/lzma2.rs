//! LZMA2 of our own encoder: decoders of others read it, and it keeps the limits of the format.

use std::io::{Read, Write};

use holdall_codec::lzma::{Lzma2Writer, LzmaReader, lzma2_window};
use proptest::prelude::*;

use crate::support::{ONE, noise, sample};

/// The levels that have an encoder of our own.
const LEVELS: [i32; 4] = [0, 1, 2, 3];
const KIB_64: usize = 1 << 16;
const MIB_2: usize = 1 << 21;

/// What bytes become as one stream, and its properties.
fn pack(level: i32, bytes: &[u8]) -> (Vec<u8>, u8) {
    let mut writer = Lzma2Writer::new(Vec::new(), Some(level), ONE).unwrap();
    writer.write_all(bytes).unwrap();
    writer.end_stream().unwrap();
    let properties = writer.properties();
    (writer.finish().unwrap().0, properties)
}

/// How many chunks are stored, and how many compressed; `None` if something is no chunk.
fn count_chunks(mut packed: &[u8]) -> Option<(usize, usize)> {
    let (mut stored, mut compressed) = (0, 0);
    let size = |high: &u8, low: &u8| usize::from(u16::from_be_bytes([*high, *low])) + 1;
    loop {
        match packed {
            [0] => return Some((stored, compressed)),
            [1 | 2, high, low, rest @ ..] => {
                packed = rest.split_at(size(high, low)).1;
                stored += 1;
            }
            [control, high, low, packed_high, packed_low, rest @ ..] if *control >= 0x80 => {
                let plain = (usize::from(control & 0x1f) << 16) + size(high, low);
                let length = size(packed_high, packed_low);
                assert!(length < plain, "it shrank");
                // From here on a byte of properties stands in the head.
                let properties = usize::from(*control >= 0xc0);
                packed = rest.split_at(length + properties).1;
                compressed += 1;
            }
            _ => return None,
        }
    }
}

/// Packs bytes at a level, reads them by both decoders, and gives what they became.
fn check(level: i32, bytes: &[u8]) -> Vec<u8> {
    let (packed, properties) = pack(level, bytes);
    let mut back = Vec::new();
    LzmaReader::lzma2(&packed[..], properties).unwrap().read_to_end(&mut back).unwrap();
    assert!(back == bytes, "level {level}, {} bytes, by liblzma", bytes.len());
    back.clear();
    let window = u32::try_from(lzma2_window(properties).unwrap()).unwrap();
    let mut read = lzma_rust2::Lzma2Reader::new(&packed[..], window, None);
    read.read_to_end(&mut back).unwrap();
    assert!(back == bytes, "level {level}, {} bytes, by lzma-rust2", bytes.len());
    assert!(count_chunks(&packed).is_some());
    packed
}

#[derive(Debug, Clone)]
enum Part {
    Noise(u64, usize),
    Run(u8, usize),
    /// So much of what lies so far behind, in parts of 65,536 of all that is there.
    Again(u16, usize),
    Bytes(Vec<u8>),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        (any::<u64>(), 0_usize..40_000).prop_map(|(seed, length)| Part::Noise(seed, length)),
        (any::<u8>(), 0_usize..3000).prop_map(|(byte, length)| Part::Run(byte, length)),
        (any::<u16>(), 0_usize..600).prop_map(|(place, length)| Part::Again(place, length)),
        (any::<u16>(), 0_usize..10).prop_map(|(place, length)| Part::Again(place, length)),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Part::Bytes),
        prop::collection::vec(0_u8..4, 0..300).prop_map(Part::Bytes),
    ]
}

fn join(parts: &[Part]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        match part {
            Part::Noise(seed, length) => bytes.extend(noise(*seed, *length)),
            Part::Run(byte, length) => bytes.resize(bytes.len() + length, *byte),
            Part::Again(place, length) => {
                let from = (bytes.len() * usize::from(*place)) >> 16;
                bytes.extend_from_within(from..bytes.len().min(from + length));
            }
            Part::Bytes(some) => bytes.extend(some),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_with_repeats_come_back(
        parts in prop::collection::vec(part(), 0..60),
        level in prop::sample::select(&LEVELS[..]),
    ) {
        check(level, &join(&parts));
    }
}

#[test]
fn every_length_around_a_limit_comes_back() {
    for level in LEVELS {
        let (words, noise) = (sample(MIB_2 + 9), noise(1, 2 * KIB_64 + 9));
        for length in (0..20).chain(KIB_64 - 2..KIB_64 + 3).chain([2 * KIB_64, 2 * KIB_64 + 1]) {
            check(level, &words[..length]);
            check(level, &noise[..length]);
            check(level, &vec![7; length]);
        }
        for length in [MIB_2 - 274, MIB_2 - 273, MIB_2 - 1, MIB_2, MIB_2 + 1, MIB_2 + 9] {
            check(level, &vec![7; length]);
        }
        check(level, &words);
    }
}

#[test]
fn runs_of_any_length_come_back() {
    let bytes: Vec<u8> = (1..600).flat_map(|length| vec![length as u8; length]).collect();
    for level in LEVELS {
        assert!(check(level, &bytes).len() < 6000);
    }
}

#[test]
fn what_a_whole_piece_lies_between_is_found() {
    for level in LEVELS {
        let piece = Lzma2Writer::new(Vec::new(), Some(level), ONE).unwrap().piece_bytes();
        let far = noise(5, 400);
        let mut bytes = far.clone();
        bytes.resize(usize::try_from(piece).unwrap() - far.len(), 0);
        bytes.extend(&far);
        assert!(check(level, &bytes).len() < 2 * far.len() + 2500, "level {level}");
        // The next piece knows nothing of it.
        bytes.extend(&far);
        check(level, &bytes);
    }
}

#[test]
fn noise_is_stored_and_grows_by_the_heads_of_chunks_alone() {
    for level in LEVELS {
        for length in [1, 1000, 16_384, KIB_64, 1_000_000, 3_000_000] {
            let packed = check(level, &noise(9, length));
            let most = length + 3 * (length.div_ceil(KIB_64) + length / 1_000_000) + 1;
            assert!(packed.len() <= most, "level {level}: {length} became {}", packed.len());
            assert_eq!(count_chunks(&packed).unwrap().1, 0);
        }
    }
}

#[test]
fn words_after_noise_shrink_as_if_it_were_not_there() {
    let (words, noise) = (sample(300_000), noise(3, 300_000));
    for level in LEVELS {
        let alone = check(level, &words).len();
        let mixed = check(level, &[&noise[..], &words, &noise, &words].concat());
        let (stored, compressed) = count_chunks(&mixed).unwrap();
        assert!(stored >= 5 && compressed >= 2);
        assert!(mixed.len() < noise.len() + 2 * alone + 3000, "level {level}");
    }
}

#[test]
fn signals_are_no_noise_though_all_bytes_are_as_frequent() {
    let mut level = 0_u8;
    let signal: Vec<u8> = noise(4, 200_000)
        .into_iter()
        .map(|step| {
            level = level.wrapping_add(step % 8);
            level
        })
        .collect();
    assert!(check(1, &signal).len() < signal.len() * 3 / 4);
}
