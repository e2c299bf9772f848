//! Zips that are encrypted with AES, as 7-Zip writes them.

use std::path::Path;
use std::process::Stdio;

use holdall_archive::zip::ZipTree;
use holdall_archive::{Error, Fault, MemoryBytes, Trust};
use holdall_testkit::peer;
use holdall_tree::{Context, RelPath, Tree};

use crate::support::Told;

fn context(run: impl FnOnce(&Context<'_>)) {
    let told = Told::default();
    run(&told.ctx());
}

/// A zip that 7-Zip made of two files with these arguments.
fn seven(dir: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let program = peer("7zz")?;
    std::fs::write(dir.join("a"), b"first").unwrap();
    std::fs::write(dir.join("b"), b"second ".repeat(9000)).unwrap();
    let _ = std::fs::remove_file(dir.join("x.zip"));
    let mut command = program.command(dir);
    command.args(["a", "-tzip", "x.zip", "a", "b"]).args(args).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    Some(std::fs::read(dir.join("x.zip")).unwrap())
}

fn opened(
    ctx: &Context<'_>,
    zip: &[u8],
    passphrase: Option<&str>,
) -> Result<ZipTree<MemoryBytes>, holdall_tree::Error> {
    let passphrase = passphrase.map(|text| text.as_bytes().to_vec());
    ZipTree::open_with(ctx, MemoryBytes(zip.to_vec()), Trust::Nothing, || Ok(passphrase))
}

/// The content of `name`, or the error of the archive.
fn content(tree: &ZipTree<MemoryBytes>, ctx: &Context<'_>, name: &str) -> Result<Vec<u8>, String> {
    let path = RelPath::parse(name).unwrap();
    let entry = tree.list(ctx, &RelPath::root()).unwrap();
    let entry = entry.into_iter().find(|entry| entry.path == path).unwrap();
    let mut bytes = Vec::new();
    let opened = tree.open(&entry).map_err(|error| error.to_string())?;
    let mut reader = opened.into_read();
    std::io::Read::read_to_end(&mut reader, &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn what_7zip_encrypts_is_read_with_its_passphrase_only() {
    let dir = tempfile::tempdir().unwrap();
    for method in ["-mm=Deflate", "-mm=Copy"] {
        let args = ["-phorse", "-mem=AES256", method];
        let Some(zip) = seven(dir.path(), &args) else { return };
        context(|ctx| {
            let tree = opened(ctx, &zip, Some("horse")).unwrap();
            assert_eq!(content(&tree, ctx, "a").unwrap(), b"first");
            assert_eq!(content(&tree, ctx, "b").unwrap(), b"second ".repeat(9000));
            let wrong = opened(ctx, &zip, Some("house")).unwrap_err();
            assert!(matches!(wrong.get_ref().downcast_ref(), Some(Error::WrongPassphrase)));
            // Names are not encrypted.
            let none = opened(ctx, &zip, None).unwrap();
            assert!(content(&none, ctx, "a").unwrap_err().contains("passphrase"));
        });
    }
}

#[test]
fn no_changed_byte_of_an_encrypted_content_is_given_out() {
    let dir = tempfile::tempdir().unwrap();
    let Some(zip) = seven(dir.path(), &["-phorse", "-mem=AES256"]) else { return };
    context(|ctx| {
        for at in (0..zip.len()).step_by(3) {
            let mut changed = zip.clone();
            changed[at] ^= 1 << (at % 8);
            let Ok(tree) = opened(ctx, &changed, Some("horse")) else { continue };
            if let Ok(entries) = tree.list(ctx, &RelPath::root()) {
                for entry in entries {
                    let name = entry.path.to_string();
                    match content(&tree, ctx, &name) {
                        Ok(bytes) if name == "a" => assert_eq!(bytes, b"first", "byte {at}"),
                        Ok(bytes) if name == "b" => {
                            assert_eq!(bytes, b"second ".repeat(9000), "byte {at}");
                        }
                        _ => {}
                    }
                }
            }
        }
    });
}

#[test]
fn weak_encryption_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    for (method, why) in [("-mem=ZipCrypto", "ZipCrypto"), ("-mem=AES128", "less than 256")] {
        let Some(zip) = seven(dir.path(), &["-phorse", method]) else { return };
        context(|ctx| {
            let error = opened(ctx, &zip, Some("horse")).unwrap_err();
            let Some(Error::Refused { fault, .. }) = error.get_ref().downcast_ref() else {
                panic!("{error}")
            };
            assert!(matches!(fault, Fault::ZipEncrypted { .. }));
            assert!(fault.to_string().contains(why), "{fault}");
        });
    }
}
