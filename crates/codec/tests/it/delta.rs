//! A delta gives exactly what it was made of, or nothing.

use holdall_codec::delta::{DeltaError, Signature, apply, make, make_between};
use proptest::prelude::*;

fn signature(base: &[u8]) -> Signature {
    Signature::of(&mut &*base, base.len() as u64).unwrap()
}

fn delta(base: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (length, _) = make(&signature(base), &mut &*new, &mut out).unwrap();
    assert_eq!(length, new.len() as u64);
    let (mut again, signed) = (Vec::new(), Signature::of(&mut &*new, base.len() as u64).unwrap());
    make_between(&signature(base), &signed, new, &mut again).unwrap();
    assert!(again == out, "two ways to make a delta differ");
    out
}

fn applied(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, DeltaError> {
    let (mut out, mut rest) = (Vec::new(), delta);
    apply(base, base.len() as u64, &mut rest, &mut out, 1 << 30)?;
    assert!(rest.is_empty(), "what a delta holds is read to its end");
    Ok(out)
}

/// Bytes without structure.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

proptest! {
    #[test]
    fn any_content_comes_out_of_any_other(
        base in prop::collection::vec(any::<u8>(), 0..3000),
        new in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        prop_assert_eq!(applied(&base, &delta(&base, &new)).unwrap(), new);
    }

    #[test]
    fn edits_of_a_large_content_come_back(
        seed in any::<u64>(),
        length in 0usize..200_000,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..5000, 0usize..5000), 0..6),
    ) {
        let base = noise(length, seed);
        let mut new = base.clone();
        for (at, gone, come) in edits {
            let at = if new.is_empty() { 0 } else { at.index(new.len()) };
            let end = new.len().min(at + gone);
            new.splice(at..end, noise(come, seed ^ come as u64));
        }
        prop_assert_eq!(applied(&base, &delta(&base, &new)).unwrap(), new);
    }

    #[test]
    fn a_signature_is_read_as_it_was_written(base in prop::collection::vec(any::<u8>(), 0..50_000)) {
        let (signature, mut bytes) = (signature(&base), Vec::new());
        signature.write(&mut bytes).unwrap();
        prop_assert_eq!(Signature::read(&mut bytes.as_slice()).unwrap(), signature);
        for end in 0..bytes.len().min(100) {
            prop_assert!(Signature::read(&mut &bytes[..end]).is_err());
        }
    }
}

#[test]
fn a_byte_in_front_costs_a_chunk_and_not_the_file() {
    let base = noise(8 << 20, 1);
    let mut new = vec![7];
    new.extend_from_slice(&base);
    let delta = delta(&base, &new);
    assert!(delta.len() < 100_000, "{}", delta.len());
    assert!(applied(&base, &delta).unwrap() == new);
    let mut bytes = Vec::new();
    signature(&base).write(&mut bytes).unwrap();
    assert!(bytes.len() < base.len() / 200, "{}", bytes.len());
}

#[test]
fn every_changed_byte_of_a_delta_is_found_and_so_is_another_base() {
    let base = noise(60_000, 5);
    let mut new = base.clone();
    new.splice(50_000..50_010, *b"something else");
    let whole = delta(&base, &new);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(applied(&base, &changed).is_err(), "byte {at} may be changed");
        if at < 64 || at % 97 == 0 {
            assert!(applied(&base, &whole[..at]).is_err(), "cut off at {at}");
        }
    }
    // The beginning is copied from the base.
    let mut other = base.clone();
    other[5] ^= 1;
    assert!(matches!(applied(&other, &whole), Err(DeltaError::Mismatch)));
    other.push(0);
    assert!(matches!(applied(&other, &whole), Err(DeltaError::OtherBase { .. })));
}

#[test]
fn what_a_delta_gives_is_bounded() {
    let base = noise(10_000, 3);
    let whole = delta(&base, &base);
    let mut out = Vec::new();
    let applied = apply(&base[..], base.len() as u64, &mut whole.as_slice(), &mut out, 9_999);
    assert!(matches!(applied, Err(DeltaError::Malformed(_))), "{applied:?}");
    assert!(out.len() < 10_000);
}

#[test]
fn the_format_is_as_it_is_documented() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut bytes = Vec::new();
    signature(b"hello").write(&mut bytes).unwrap();
    let page = include_str!("../../../../docs/delta.md");
    let mut vectors = vec![hex(&bytes)];
    vectors.push(hex(&delta(b"hello", b"hello")));
    vectors.push(hex(&delta(b"hello", b"hello, world")));
    for vector in vectors {
        assert!(page.contains(&vector), "docs/delta.md has no {vector}");
    }
}
