//! What is sealed comes back, and only to whom it was sealed for.

use holdall_seal::{
    AgeFile, AgeWriter, Armor, Error, Identity, Lock, Opener, Recipient, identities, recipients,
};
use proptest::prelude::*;

use crate::support::{open, sample, seal, seal_for};

/// A chunk of the format, in bytes.
const CHUNK: usize = 64 << 10;

#[test]
fn bytes_of_every_size_around_the_border_of_a_chunk_come_back() {
    let sizes =
        [0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1];
    for size in sizes {
        let bytes = sample(size);
        for armor in [Armor::Binary, Armor::Text] {
            let (identity, sealed) = seal(&bytes, armor);
            let opened = open(&sealed, Opener::Identities(&[identity])).unwrap();
            assert!(opened == bytes, "{size} bytes, {armor:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_written_in_any_pieces_come_back(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..40),
        text: bool,
    ) {
        use std::io::Write;
        let identity = Identity::generate();
        let armor = if text { Armor::Text } else { Armor::Binary };
        let lock = &[identity.recipient()];
        let mut writer = AgeWriter::new(Vec::new(), Lock::Recipients(lock), armor).unwrap();
        for piece in &pieces {
            writer.write_all(piece).unwrap();
        }
        let sealed = writer.finish().unwrap();
        prop_assert_eq!(open(&sealed, Opener::Identities(&[identity])).unwrap(), pieces.concat());
    }
}

#[test]
fn each_of_several_recipients_opens_it_and_nobody_else() {
    let owners: Vec<Identity> = (0..3).map(|_| Identity::generate()).collect();
    let keys: Vec<Recipient> = owners.iter().map(Identity::recipient).collect();
    let sealed = seal_for(b"for three", &keys, Armor::Binary);
    for owner in &owners {
        assert_eq!(
            open(&sealed, Opener::Identities(std::slice::from_ref(owner))).unwrap(),
            b"for three"
        );
    }
    let stranger = [Identity::generate()];
    assert!(matches!(open(&sealed, Opener::Identities(&stranger)), Err(Error::NoKey)));
    assert!(matches!(open(&sealed, Opener::Identities(&[])), Err(Error::NoKey)));
    assert!(matches!(open(&sealed, Opener::Passphrase(b"x")), Err(Error::NoKey)));
}

#[test]
fn a_passphrase_opens_what_it_sealed_and_no_other_does() {
    use std::io::Write;
    let lock = Lock::Passphrase(b"correct horse");
    let mut writer = AgeWriter::new(Vec::new(), lock, Armor::Binary).unwrap();
    writer.write_all(b"battery staple").unwrap();
    let sealed = writer.finish().unwrap();
    assert!(AgeFile::read(&sealed[..]).unwrap().wants_passphrase());
    assert_eq!(open(&sealed, Opener::Passphrase(b"correct horse")).unwrap(), b"battery staple");
    let wrong = open(&sealed, Opener::Passphrase(b"correct hose"));
    assert!(matches!(wrong, Err(Error::WrongPassphrase)), "{wrong:?}");
    let keys = [Identity::generate()];
    assert!(matches!(open(&sealed, Opener::Identities(&keys)), Err(Error::NeedsPassphrase)));
}

#[test]
fn what_nobody_could_open_is_not_sealed() {
    let nobody = AgeWriter::new(Vec::new(), Lock::Recipients(&[]), Armor::Binary);
    assert!(matches!(nobody, Err(Error::Nobody)));
    for bad in [&b""[..], b"\xff\xfe"] {
        let bad = AgeWriter::new(Vec::new(), Lock::Passphrase(bad), Armor::Binary);
        assert!(matches!(bad, Err(Error::PassphraseText)));
    }
}

#[test]
fn key_files_are_read_by_line_and_show_no_secret() {
    const SECRET: &str =
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    let file = format!("# created: 2026\n\n{SECRET}\r\n# the end");
    let [only] = &identities(file.as_bytes()).unwrap()[..] else { panic!("one key") };
    let public = only.recipient().to_string();
    assert_eq!(public, "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj");
    assert!(!format!("{only:?}").contains("SECRET"));
    let list = format!("# us\n{public}\n\n{public}\n");
    assert_eq!(recipients(list.as_bytes()).unwrap().len(), 2);

    let broken = identities(format!("#\n{SECRET}x\n").as_bytes()).unwrap_err();
    assert!(matches!(broken, Error::Identity { line: 2 }));
    assert!(!broken.to_string().contains("GFPYY"), "{broken}");
    let mixed_up = recipients(SECRET.as_bytes()).unwrap_err();
    assert!(!mixed_up.to_string().contains("GFPYY"), "{mixed_up}");
    assert!(Recipient::parse("ssh-ed25519 AAAA").is_err());
}
