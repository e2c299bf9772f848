//! Bytes that were cut off, changed, added, or that want too much.

use std::io::Read;

use holdall_codec::{Compression, Decoder, Error};

use crate::support::{ONE, compress, compress_with, expand, sample};

#[test]
fn every_stream_that_is_cut_off_says_so() {
    for format in Compression::ALL {
        let compressed = compress(format, &sample(700));
        for end in 0..compressed.len() {
            let error = expand(format, &compressed[..end]).unwrap_err();
            assert_eq!(Error::of(&error), Some(&Error::Truncated { format }), "at {end}: {error}");
        }
    }
}

#[test]
fn every_changed_byte_is_found_or_changes_nothing() {
    let bytes = sample(700);
    for format in Compression::ALL {
        let compressed = compress(format, &bytes);
        for at in 0..compressed.len() {
            for flip in [1, 0x10, 0x80, 0xff] {
                let mut damaged = compressed.clone();
                damaged[at] ^= flip;
                match expand(format, &damaged) {
                    Err(error) => assert!(Error::of(&error).is_some(), "{error}"),
                    // It has no checksum: it cannot tell.
                    Ok(_) if format == Compression::Brotli => {}
                    Ok(read) => assert_eq!(read, bytes, "{format}: byte {at} with {flip:#x}"),
                }
            }
        }
    }
}

#[test]
fn whatever_follows_the_end_is_refused() {
    for format in Compression::ALL {
        for more in [&b"\0"[..], b"x", b"\n", &[0xff; 40], b"PK\x03\x04", &[0x1f], b"BZ", &[0xfd]] {
            let mut bytes = compress(format, b"whole");
            bytes.extend_from_slice(more);
            let error = expand(format, &bytes).unwrap_err();
            assert!(Error::of(&error).is_some(), "{format} and {more:?}: {error}");
        }
    }
    let padded = |zeros| [compress(Compression::Xz, b"x"), vec![0; zeros]].concat();
    assert_eq!(expand(Compression::Xz, &padded(8)).unwrap(), b"x", "the format of xz allows it");
    assert!(expand(Compression::Xz, &padded(6)).is_err());
}

#[test]
fn a_stream_that_wants_too_much_memory_is_refused_before_it_has_it() {
    let bytes = sample(300_000);
    for (format, level, fits, tight) in
        [(Compression::Xz, 6, 16 << 20, 4 << 20), (Compression::Zstd, 19, 16 << 20, 1 << 20)]
    {
        let compressed = compress_with(format, &bytes, Some(level), ONE);
        let read = |limit| {
            let mut out = Vec::new();
            Decoder::new(format, &compressed[..], limit).read_to_end(&mut out).map(|_| out)
        };
        assert!(read(fits).unwrap() == bytes, "{format}");
        let error = read(tight).unwrap_err();
        assert_eq!(Error::of(&error), Some(&Error::Memory { format, limit: tight }), "{error}");
    }
}
