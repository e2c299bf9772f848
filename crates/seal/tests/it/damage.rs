//! Files that were cut off, changed or lengthened, and headers that want too much.

use std::io::Read;

use holdall_seal::{AgeFile, Armor, Error, Opener};

use crate::support::{open, ours, sample, seal};

const CHUNK: usize = 64 << 10;
/// A chunk as it is stored.
const SEALED_CHUNK: usize = CHUNK + 16;

#[test]
fn every_changed_bit_of_a_file_is_found() {
    let (identity, sealed) = seal(&sample(300), Armor::Binary);
    let keys = [identity];
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1 << bit;
            let opened = open(&damaged, Opener::Identities(&keys));
            assert!(opened.is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_changed_bit_of_an_armored_file_is_found_or_changes_nothing() {
    let bytes = sample(300);
    let (identity, sealed) = seal(&bytes, Armor::Text);
    let keys = [identity];
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1 << bit;
            // The last line end may be another white byte.
            if let Ok(opened) = open(&damaged, Opener::Identities(&keys)) {
                assert_eq!(opened, bytes, "bit {bit} of byte {at}");
                assert_eq!(at, sealed.len() - 1, "bit {bit}");
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_says_so() {
    for armor in [Armor::Binary, Armor::Text] {
        let (identity, sealed) = seal(&sample(300), armor);
        let keys = [identity];
        // The last byte of an armored file is a line end that need not be there.
        let whole = if armor == Armor::Text { sealed.len() - 1 } else { sealed.len() };
        for end in 0..whole {
            let opened = open(&sealed[..end], Opener::Identities(&keys));
            assert!(opened.is_err(), "{armor:?} cut off at {end}");
        }
    }
}

#[test]
fn whole_chunks_that_are_missing_repeated_or_exchanged_are_found() {
    let bytes = sample(3 * CHUNK);
    let (identity, sealed) = seal(&bytes, Armor::Binary);
    let keys = [identity];
    let begin = sealed.len() - 3 * SEALED_CHUNK;
    let (header, chunks) = sealed.split_at(begin);
    let chunk = |n: usize| &chunks[n * SEALED_CHUNK..(n + 1) * SEALED_CHUNK];
    let orders: [&[usize]; 8] =
        [&[], &[0], &[0, 1], &[1, 2], &[0, 2], &[1, 0, 2], &[0, 1, 1, 2], &[0, 1, 2, 2]];
    for order in orders {
        let body: Vec<u8> = order.iter().flat_map(|n| chunk(*n).to_vec()).collect();
        let opened = open(&[header, &body].concat(), Opener::Identities(&keys));
        assert!(opened.is_err(), "chunks {order:?}");
    }
    let cut = open(&[header, chunk(0), chunk(1)].concat(), Opener::Identities(&keys));
    assert!(matches!(cut, Err(Error::Truncated)), "{cut:?}");
}

#[test]
fn whatever_follows_the_end_is_refused() {
    for size in [0, 300, CHUNK - 1, CHUNK, CHUNK + 1] {
        let (identity, sealed) = seal(&sample(size), Armor::Binary);
        let keys = [identity];
        for more in [&b"\0"[..], b"x", &[0; 16], &[0; 17], &sealed] {
            let opened = open(&[&sealed, more].concat(), Opener::Identities(&keys));
            assert!(opened.is_err(), "{size} bytes and {} more", more.len());
        }
    }
    let (identity, sealed) = seal(&sample(300), Armor::Text);
    let opened = open(&[&sealed[..], b"\nmore"].concat(), Opener::Identities(&[identity]));
    assert!(opened.is_err());
}

#[test]
fn after_an_error_there_is_nothing_more_to_read() {
    let (identity, mut sealed) = seal(&sample(3 * CHUNK), Armor::Binary);
    let at = sealed.len() - SEALED_CHUNK - 5;
    sealed[at] ^= 1;
    let mut reader =
        AgeFile::read(&sealed[..]).unwrap().open(Opener::Identities(&[identity])).unwrap();
    let mut bytes = Vec::new();
    let error = reader.read_to_end(&mut bytes).unwrap_err();
    assert!(matches!(ours(error), Error::Damaged { .. }));
    assert_eq!(bytes, sample(CHUNK), "only what was proved before");
    assert!(reader.read_to_end(&mut bytes).is_err());
    assert_eq!(bytes.len(), CHUNK);
}

#[test]
fn a_passphrase_that_would_cost_too_much_is_not_tried() {
    let header = |work: u8| {
        let body = "A".repeat(43);
        let salt = "A".repeat(22);
        let mac = "A".repeat(43);
        format!(
            "age-encryption.org/v1\n-> scrypt {salt} {work}\n{body}\n--- {mac}\n{}",
            "x".repeat(40)
        )
    };
    for work in [21, 40, 63] {
        let opened = open(header(work).as_bytes(), Opener::Passphrase(b"x"));
        let Err(Error::Work { found, limit: 20 }) = opened else { panic!("{opened:?}") };
        assert_eq!(found, work);
    }
}

#[test]
fn a_header_without_end_is_not_collected() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            assert!(self.0 < 1 << 20, "more was read than any header has");
            buffer.fill(b'A');
            Ok(buffer.len())
        }
    }
    for begin in ["age-encryption.org/v1\n-> ", "-----BEGIN AGE ENCRYPTED FILE-----\n"] {
        let error = AgeFile::read(begin.as_bytes().chain(Endless(0))).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    }
}

/// A disk that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::from_raw_os_error(5))
    }
}

#[test]
fn a_failure_of_the_disk_is_not_taken_for_damage() {
    let (identity, sealed) = seal(&sample(2 * CHUNK), Armor::Binary);
    let half = &sealed[..sealed.len() / 2];
    let file = AgeFile::read(half.chain(Broken)).unwrap();
    let mut reader = file.open(Opener::Identities(&[identity])).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(5), "{error}");
    let Err(Error::Io(error)) = AgeFile::read(Broken) else { panic!("no error of the disk") };
    assert_eq!(error.raw_os_error(), Some(5));
}

#[test]
fn a_body_of_a_header_that_does_not_end_is_refused_though_its_code_is_right() {
    // From the test vectors of the format: an empty body needs an empty line.
    let key = b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    let header = "age-encryption.org/v1\n\
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n\
        hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE\n\
        -> empty\n\
        --- OaSGgYUB+XR0qCCme0Uwp9GNJXSEgNpbknu3Q9qtL+M\n0123456789abcdef";
    let keys = holdall_seal::identities(key).unwrap();
    let opened = open(header.as_bytes(), Opener::Identities(&keys));
    assert!(matches!(opened, Err(Error::Damaged { .. })), "{opened:?}");
}
