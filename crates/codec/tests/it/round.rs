//! What is compressed comes back.

use std::io::{self, Read, Write};
use std::num::NonZero;

use holdall_codec::{Compression, Decoder, Encoder, Error, MEMORY_MAX};
use proptest::prelude::*;

use crate::support::{ONE, compress, compress_with, expand, sample};

proptest! {
    #[test]
    fn any_bytes_come_back_at_any_level_however_they_are_written(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..6),
        format in prop::sample::select(&Compression::ALL[..]),
        level in any::<prop::sample::Index>(),
        repeats in 1_usize..5,
    ) {
        // The densest levels allocate much more and are tried below.
        let levels: Vec<i32> = format.levels().take(7).collect();
        let level = Some(*level.get(&levels));
        let mut encoder = Encoder::new(format, Vec::new(), level, ONE).unwrap();
        let mut bytes = Vec::new();
        for piece in pieces.iter().cycle().take(pieces.len() * repeats) {
            encoder.write_all(piece).unwrap();
            encoder.flush().unwrap();
            bytes.extend_from_slice(piece);
        }
        let compressed = encoder.finish().unwrap();
        prop_assert_eq!(&compressed, &compress_with(format, &bytes, level, ONE), "the same bytes");
        prop_assert_eq!(expand(format, &compressed).unwrap(), bytes);
    }
}

#[test]
fn every_level_gives_the_same_bytes_back() {
    let bytes = sample(70_000);
    for format in Compression::ALL {
        for level in format.levels() {
            let compressed = compress_with(format, &bytes, Some(level), ONE);
            assert_eq!(expand(format, &compressed).unwrap(), bytes, "{format} {level}");
        }
        for level in [format.levels().start() - 1, format.levels().end() + 1] {
            let refused = Encoder::new(format, Vec::new(), Some(level), ONE).unwrap_err();
            assert_eq!(Error::of(&refused), Some(&Error::Level { format, level }));
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let bytes = sample(5_000_000);
    for (format, level) in [(Compression::Zstd, 1), (Compression::Xz, 0)] {
        let one = compress_with(format, &bytes, Some(level), ONE);
        let three = compress_with(format, &bytes, Some(level), NonZero::new(3).unwrap());
        assert!(one == three, "{format}");
        assert!(expand(format, &one).unwrap() == bytes, "{format}");
    }
}

#[test]
fn streams_that_follow_each_other_are_read_as_one() {
    for format in Compression::ALL {
        let (a, b, nothing) =
            (compress(format, b"one, "), compress(format, b"two"), compress(format, b""));
        let joined = [&a[..], &nothing, &b, &nothing].concat();
        if format == Compression::Brotli {
            let error = expand(format, &joined).unwrap_err();
            assert_eq!(Error::of(&error), Some(&Error::Trailing { format }));
        } else {
            assert_eq!(expand(format, &joined).unwrap(), b"one, two", "{format}");
        }
        assert_eq!(expand(format, &nothing).unwrap(), b"", "{format}");
    }
}

#[test]
fn a_stream_is_told_by_its_first_bytes() {
    for format in Compression::ALL {
        let compressed = compress(format, b"x");
        let first = &compressed[..compressed.len().min(Compression::MAGIC_BYTES_MAX)];
        let told = (format != Compression::Brotli).then_some(format);
        assert_eq!(Compression::detect(first), told);
    }
    for other in [&b""[..], b"\x1f", b"BZh0", b"PK\x03\x04", b"# A dump", &[0; 6]] {
        assert_eq!(Compression::detect(other), None);
    }
}

#[test]
fn a_stream_that_is_dropped_unfinished_is_not_whole() {
    struct Shared<'a>(&'a mut Vec<u8>);
    impl Write for Shared<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bytes = sample(400_000);
    for format in Compression::ALL {
        let mut written = Vec::new();
        let level = Some(*format.levels().start());
        let mut encoder = Encoder::new(format, Shared(&mut written), level, ONE).unwrap();
        encoder.write_all(&bytes).unwrap();
        drop(encoder);
        assert!(expand(format, &written).is_err(), "{format}");
    }
}

#[test]
fn an_end_that_cannot_be_written_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bytes = sample(3000);
    for format in Compression::ALL {
        let whole = compress(format, &bytes).len();
        for room in [0, 1, whole / 2, whole - 1, whole] {
            let done = Encoder::new(format, Full(room), None, ONE).and_then(|mut encoder| {
                encoder.write_all(&bytes)?;
                encoder.finish()
            });
            assert_eq!(done.is_ok(), room == whole, "{format} into {room} of {whole}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_no_damage() {
    struct Broken<'a>(&'a [u8]);
    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("the disk is gone")),
                read => Ok(read),
            }
        }
    }
    let bytes = sample(5000);
    for format in Compression::ALL {
        let compressed = compress(format, &bytes);
        for end in [0, 1, 11, compressed.len() / 2, compressed.len() - 1, compressed.len()] {
            let mut decoder = Decoder::new(format, Broken(&compressed[..end]), MEMORY_MAX);
            let error = decoder.read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.to_string(), "the disk is gone", "{format} at {end}");
            assert!(decoder.read(&mut [0]).is_err(), "it does not end well afterwards");
        }
    }
}
