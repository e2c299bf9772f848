//! The 7z archives of the catalogue.

use holdall_testkit::sevenz::{Parts, names, property, sealed};

use super::{Case, End};

fn no(id: &'static str, code: &'static str, parts: &Parts) -> Case {
    raw(id, code, parts.bytes())
}

fn raw(id: &'static str, code: &'static str, bytes: Vec<u8>) -> Case {
    Case::new(id, "7z", bytes, End::Refused(code))
}

fn one() -> Parts {
    Parts::new("f", b"content")
}

/// All of them; `out` is a directory that nothing may be written to.
pub(crate) fn cases(out: &[u8]) -> Vec<Case> {
    let mut cases = named(out);
    cases.extend(told());
    cases.extend(dear());
    cases
}

fn named(out: &[u8]) -> Vec<Case> {
    let outside = String::from_utf8_lossy(out);
    let windows = [&[1, 0][..], &0x420_u32.to_le_bytes()].concat();
    let twice = [names(&["f", "f"]), property(0xe, &[0x40]), property(0xf, &[0x80])].concat();
    let gone = [names(&["f", "g"]), property(0xe, &[0x40]), property(0x10, &[0x80])].concat();
    let set = Case::new(
        "S11",
        "7z",
        one().mode(0o104_755).bytes(),
        End::Taken(vec![(b"f".to_vec(), b"content".to_vec())]),
    );
    vec![
        Case::new(
            "S01",
            "7z",
            one().bytes(),
            End::Taken(vec![(b"f".to_vec(), b"content".to_vec())]),
        ),
        no("S02", "E_PATH_DOTDOT", &Parts::new("../moo", b"x")),
        no("S03", "E_PATH_ABS", &Parts::new(&format!("{outside}/moo"), b"x")),
        no("S04", "E_NAME_EMPTY", &Parts::new("a//b", b"x")),
        no("S05", "E_NAME_ENC", &Parts { told: property(0x11, &[0, 0, 0xd8, 0, 0]), ..one() }),
        no("S06", "E_LINK_ESCAPE", &Parts::new("l", out).mode(0o120_777)),
        no("S07", "E_LINK_ESCAPE", &Parts::new("l", b"../x").mode(0o120_777)),
        no("S08", "E_CRC", &Parts { sum: 1, ..Parts::new("l", b"x").mode(0o120_777) }),
        no("S09", "E_TYPE", &one().mode(0o020_644)),
        no("S10", "E_TYPE", &one().told(0x15, &windows)),
        Case { strict: Some("E_SET_ID"), ..set },
        no("S12", "E_DUP", &Parts { files: 2, told: twice, ..one() }),
        no("S13", "E_TYPE", &Parts { files: 2, told: gone, ..one() }),
    ]
}

fn told() -> Vec<Case> {
    let (hidden, header) = ("E_7Z_HIDDEN", "E_7Z_HEADER");
    let bytes = one().bytes();
    let mut damaged = bytes.clone();
    if let Some(last) = damaged.last_mut() {
        *last ^= 1;
    }
    vec![
        no("S14", hidden, &Parts { pack_at: 1, stored: b"xcontent".to_vec(), ..one() }),
        no("S15", hidden, &Parts { stored: b"contentx".to_vec(), ..one() }),
        no("S16", header, &Parts { behind: vec![0], ..one() }),
        no("S17", header, &Parts { told: names(&["f"]).repeat(2), ..one() }),
        no("S18", header, &Parts { told: property(0x11, &[1, 0]), ..one() }),
        raw("S19", "E_TRAILING", [&bytes[..], b"x"].concat()),
        raw("S20", "E_CKSUM", damaged),
        raw("S21", hidden, sealed(b"x", b"")),
        // What it holds is proved before anything is written.
        no("S22", "E_CRC", &Parts { sum: 1, ..one() }),
        no("S23", "E_CRC", &Parts { size: vec![8], ..one() }),
    ]
}

fn dear() -> Vec<Case> {
    let method = |coder: &[u8]| Parts { method: [&[1], coder].concat(), ..one() };
    // 2^40 bytes.
    let huge = vec![0xfc, 0, 0, 0, 0, 0, 1];
    let circle = Parts { method: vec![2, 1, 0, 1, 0, 0, 0], size: vec![7, 7], ..one() };
    vec![
        no("S24", "E_7Z_ENC", &method(&[4, 6, 0xf1, 7, 1])),
        no("S25", "E_7Z_METHOD", &method(&[2, 0x77, 0x77])),
        no("S26", "E_RATIO", &Parts { size: huge, ..one() }),
        no("S27", "E_7Z_HEADER", &circle),
        // It says that it is LZMA2, which it is not.
        no("S28", "E_CRC", &Parts { method: vec![1, 0x21, 0x21, 1, 8], ..one() }),
    ]
}
