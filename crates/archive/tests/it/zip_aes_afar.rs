//! Zips that are encrypted with AES, parsed out of reach: each ends as it does here.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use holdall_archive::zip::{ZipTree, write_encrypted};
use holdall_archive::{MemoryBytes, Trust, WriteOptions};
use holdall_codec::zip_aes::EntryKeys;
use holdall_testkit::peer;
use holdall_testkit::zip::{Item, zip};
use holdall_tree::{ContentHash, Everything, InOrder, Result, Source, Tree};

use crate::support::{Told, relayed_with};

/// All entries, each with its content or why that cannot be read, or why the archive cannot.
type Verdict = std::result::Result<Vec<String>, String>;

fn verdict<T: Tree>(tree: Result<T>) -> Verdict {
    // Its kind makes the exit code.
    let tree = tree.map_err(|error| format!("{:?} {}", error.kind(), words(&error)))?;
    let mut found = Vec::new();
    let told = Told::default();
    let walked = InOrder::new(&tree).read(&told.ctx(), &Everything, &mut |entry, content| {
        let mut bytes = Vec::new();
        let read = content.into_read().read_to_end(&mut bytes);
        let content = read.map(|_| ContentHash::of(&bytes)).map_err(|error| words(&error));
        found.push(format!("{entry:?} {content:?}"));
        Ok(std::ops::ControlFlow::Continue(()))
    });
    let problems = told.problems.lock().unwrap().clone();
    walked.map(|_| [found, problems].concat()).map_err(|error| words(&error))
}

/// All that an error says, but for where in the archive that was found.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    if let Some(source) = error.source() {
        words.push_str(&format!(": {source}"));
    }
    words
}

/// The verdict here, which is that of a parser out of reach.
fn alike(what: &str, zip: &[u8], passphrase: Option<&str>) -> Verdict {
    let given = || Ok(passphrase.map(|text| text.as_bytes().to_vec()));
    let bytes = MemoryBytes(zip.to_vec());
    let here = verdict(ZipTree::open_with(&Told::default().ctx(), bytes, Trust::Nothing, given));
    let afar = verdict(relayed_with(zip.to_vec(), Trust::Nothing.into(), passphrase));
    assert_eq!(afar, here, "{what}, {passphrase:?}");
    here
}

/// What ends in each of the ways in which a passphrase can be given.
fn all_alike(what: &str, zip: &[u8]) -> [Verdict; 3] {
    [Some("horse"), Some("house"), None].map(|passphrase| alike(what, zip, passphrase))
}

fn items() -> Vec<Item> {
    vec![
        Item::new(b"a", b"first"),
        Item::deflated(b"b", &b"second ".repeat(9000)),
        Item::new(b"empty", b""),
        Item::link(b"l", b"a"),
        Item::link(b"m", b"b"),
    ]
}

/// A zip of ours, encrypted.
fn ours(items: &[Item], manifest: bool) -> Vec<u8> {
    let told = Told::default();
    let plain = ZipTree::open(&told.ctx(), MemoryBytes(zip(items)), Trust::Nothing).unwrap();
    let options = WriteOptions { manifest, ..WriteOptions::default() };
    let (mut out, mut source) = (Vec::new(), InOrder::new(&plain));
    let key = Some(&b"horse"[..]);
    write_encrypted(&told.ctx(), &mut source, &Everything, &mut out, None, &options, key).unwrap();
    out
}

/// The item encrypted as it must be.
fn sealed(item: Item) -> Item {
    let salt: [u8; 16] = std::array::from_fn(|at| item.name.first().unwrap() ^ at as u8);
    let keys = EntryKeys::new(b"horse", &salt);
    let mut encrypted = item.data.clone();
    keys.cipher().apply(&mut encrypted);
    let mut code = keys.code();
    code.update(&encrypted);
    let data = [&salt[..], &keys.check(), &encrypted, &code.finish()].concat();
    let extra = [&[0x01, 0x99, 7, 0, 2, 0, b'A', b'E', 3], &item.method.to_le_bytes()[..]].concat();
    Item { flags: 1, method: 99, crc: 0, data, extra, ..item }
}

#[test]
fn what_we_and_7zip_encrypt_is_read_with_its_passphrase_only() {
    for manifest in [false, true] {
        let [right, wrong, none] = all_alike("ours", &ours(&items(), manifest));
        let right = right.unwrap();
        assert_eq!(right.len(), 6, "{right:?}");
        assert!(right.iter().all(|entry| entry.contains("Ok(")), "{right:?}");
        assert!(wrong.unwrap_err().contains("does not open"));
        assert!(none.unwrap_err().contains("passphrase"), "links cannot be read");
        // Without links, names are listed without it.
        let [right, wrong, none] = all_alike("files", &ours(&items()[..3], manifest));
        assert_eq!(right.unwrap().len(), 4);
        assert!(wrong.unwrap_err().contains("does not open"));
        assert!(format!("{none:?}").contains("passphrase"), "no content is read");
    }
    let Some(program) = peer("7zz") else { return };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), b"first").unwrap();
    std::fs::write(dir.path().join("b"), b"second ".repeat(9000)).unwrap();
    std::os::unix::fs::symlink("a", dir.path().join("l")).unwrap();
    for method in ["-mem=AES256", "-mem=AES128", "-mem=ZipCrypto"] {
        let made = seven(&program, dir.path(), method);
        let [right, wrong, none] = all_alike(method, &made);
        assert_eq!(right.is_ok(), method == "-mem=AES256", "{right:?}");
        assert!(wrong.is_err() && none.is_err(), "{wrong:?} {none:?}");
    }
}

fn seven(program: &holdall_testkit::Peer, dir: &Path, method: &str) -> Vec<u8> {
    let _ = std::fs::remove_file(dir.join("x.zip"));
    let mut command = program.command(dir);
    command.args(["a", "-tzip", "-snl", "-phorse", method, "x.zip", "a", "b", "l"]);
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    std::fs::read(dir.join("x.zip")).unwrap()
}

#[test]
fn a_changed_byte_ends_as_it_does_here() {
    let whole = ours(&[Item::new(b"a", b"first"), Item::link(b"l", b"a")], true);
    // The first four bytes tell the format.
    for at in (4..whole.len()).step_by(2) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        let _ = alike(&format!("byte {at}"), &changed, Some("horse"));
    }
    for end in (4..whole.len()).step_by(7) {
        let cut = alike("cut", &whole[..end], Some("horse"));
        assert!(cut.is_err(), "{end}");
    }
}

#[test]
fn what_lies_of_its_encryption_ends_as_it_does_here() {
    let (file, link) = (|| sealed(Item::new(b"a", b"first")), || sealed(Item::link(b"l", b"a")));
    let extra = |at: usize, byte: u8| {
        let mut item = file();
        item.extra[at] = byte;
        item
    };
    let damaged = |mut item: Item, at: usize| {
        item.data[at] ^= 1;
        item
    };
    let short = |length: usize| Item { data: file().data[..length].to_vec(), ..file() };
    let last = file().data.len() - 1;
    for (what, item, code) in [
        ("a strength that is weak", extra(8, 1), "E_ZIP_ENC"),
        ("a strength that is none", extra(8, 9), "E_ZIP_EXTRA"),
        ("another maker", extra(6, b'B'), "E_ZIP_EXTRA"),
        ("another version", extra(4, 3), "E_ZIP_EXTRA"),
        ("a sum where none may be", Item { crc: 7, ..file() }, "E_ZIP_MISMATCH"),
        ("a wrong sum", Item { crc: 7, ..extra(4, 1) }, "E_CRC"),
        ("a method that is none", extra(9, 77), "E_ZIP_METHOD"),
        ("that it is deflated", extra(9, 8), "corrupt deflate stream"),
        ("shorter than its encryption", short(27), "E_SIZE"),
        ("as long as its encryption", short(28), "E_SIZE"),
        ("nothing", short(0), "E_SIZE"),
        ("another size", Item { size: 6, size_local: 6, ..file() }, "E_SIZE"),
        ("no extra field", Item { extra: Vec::new(), ..file() }, "E_ZIP_ENC"),
        ("that it is not encrypted", Item { flags: 0, ..file() }, "E_ZIP_MISMATCH"),
        ("another way", Item { flags: 1 | 1 << 6, ..file() }, "E_ZIP_ENC"),
        ("a broken content", damaged(file(), 19), "E_ZIP_CODE"),
        ("a broken code", damaged(file(), last), "E_ZIP_CODE"),
        ("a broken check", damaged(file(), 17), "does not open"),
        ("a broken salt", damaged(file(), 3), "does not open"),
        ("a broken code of a link", damaged(link(), 28), "E_ZIP_CODE"),
        ("a link that leads out", sealed(Item::link(b"l", b"../x")), "E_LINK_ESCAPE"),
        ("a link to nothing", sealed(Item::link(b"l", b"")), "E_LINK_TARGET"),
        ("a name that leads out", sealed(Item::new(b"../a", b"x")), "E_PATH_DOTDOT"),
        ("a manifest", sealed(Item::new(b".holdall-manifest", b"nothing")), "E_MANIFEST"),
        ("an empty manifest", sealed(Item::new(b".holdall-manifest", b"")), "E_MANIFEST"),
    ] {
        let [right, ..] = all_alike(what, &zip(&[item]));
        let said = format!("{right:?}");
        assert!(said.contains(code) && !said.contains("Ok(ContentHash"), "{what}: {said}");
    }
    let directory = Item { mode: 0o040_755, ..sealed(Item::new(b"d/", b"")) };
    let one = Item { offset: Some(0), ..file() };
    for (what, items) in [
        ("a directory", vec![directory]),
        ("one place for two", vec![file(), one]),
        ("some that are not", vec![Item::new(b"0", b"plain"), file(), Item::link(b"l", b"a")]),
        ("a manifest by another way", vec![sealed(Item::new(b"./.holdall-manifest", b"x"))]),
    ] {
        let _ = all_alike(what, &zip(&items));
    }
}
