//! Signatures beside archives and dumps, and the policy that asks for them.

use holdall_testkit::{Home, Peer, peer};

use crate::home;

/// A home with the dump `p.md` and a key of SSH with which it can be signed.
fn scene() -> Option<(Home, Peer, String)> {
    let home = home();
    home.write("p/a.txt", "first\n");
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    let keygen = peer("ssh-keygen")?;
    let public = key(&home, &keygen, "ada");
    Some((home, keygen, public))
}

/// Makes the key `name`, and gives its public half.
fn key(home: &Home, keygen: &Peer, name: &str) -> String {
    let mut command = keygen.command(&home.path("."));
    command.args(["-q", "-t", "ed25519", "-N", "", "-f", name]);
    assert!(command.status().unwrap().success());
    std::fs::read_to_string(home.path(format!("{name}.pub"))).unwrap().trim().to_owned()
}

fn sign(home: &Home, keygen: &Peer, key: &str, file: &str) {
    let _ = std::fs::remove_file(home.path(format!("{file}.sig")));
    let mut command = keygen.command(&home.path("."));
    command.args(["-Y", "sign", "-q", "-f", key, "-n", "file", file]);
    assert!(command.status().unwrap().success());
}

fn refused(home: &Home, args: &[&str], code: &str) {
    let outcome = home.run(args.to_vec()).output().exits(4);
    let said = outcome.error_text();
    assert!(said.contains(&format!("error[{code}]")), "{args:?} says:\n{said}");
    assert!(!home.path("back").exists(), "{args:?} wrote something");
}

fn restored(home: &Home, args: &[&str]) {
    home.run(args.to_vec()).output().success();
    std::fs::remove_dir_all(home.path("back")).unwrap();
}

#[test]
fn a_policy_decides_what_is_used_without_a_signature_that_counts() {
    let Some((home, keygen, ada)) = scene() else { return };
    home.write("trust.toml", format!("[[signer]]\nname = \"Ada\"\nkey = \"{ada}\"\n"));
    let plain = ["restore", "p.md", "--to", "back"];
    let any = [&plain[..], &["--require-signature=any"]].concat();
    let trusted = [&plain[..], &["--require-signature", "--trust-file", "trust.toml"]].concat();
    restored(&home, &plain);
    refused(&home, &any, "unsigned");
    refused(&home, &trusted, "unsigned");
    key(&home, &keygen, "eve");
    sign(&home, &keygen, "eve", "p.md");
    restored(&home, &plain);
    restored(&home, &any);
    refused(&home, &trusted, "unsigned");
    sign(&home, &keygen, "ada", "p.md");
    restored(&home, &trusted);
    let said = home.run(["verify", "p.md", "--trust-file", "trust.toml"]).output().success().text();
    assert!(said.contains("signed by Ada, SSH key SHA256:"), "{said}");
    let said = home.run(["verify", "p.md"]).output().success().text();
    assert!(said.contains("not trusted: the trust file does not name it"), "{said}");
    let json =
        home.run(["verify", "p.md", "--trust-file", "trust.toml", "--json"]).output().success();
    assert!(json.text().contains("\"signer\":\"Ada\""), "{}", json.text());
}

#[test]
fn a_signature_that_is_there_and_wrong_is_refused_without_any_policy() {
    let Some((home, keygen, _)) = scene() else { return };
    sign(&home, &keygen, "ada", "p.md");
    let whole = std::fs::read(home.path("p.md")).unwrap();
    home.write("p.md", [&whole[..], b"\n"].concat());
    for args in [
        &["restore", "p.md", "--to", "back"][..],
        &["ls", "p.md"],
        &["verify", "p.md"],
        &["id", "p.md"],
    ] {
        refused(&home, args, "signature");
    }
    home.write("p.md", &whole);
    home.write("p.md.minisig", "this is none");
    refused(&home, &["restore", "p.md", "--to", "back"], "signature");
}

#[test]
fn a_signer_counts_for_files_of_some_names_and_until_a_day() {
    let Some((home, keygen, ada)) = scene() else { return };
    sign(&home, &keygen, "ada", "p.md");
    let args = ["restore", "p.md", "--to", "back", "--require-signature", "--trust-file", "t.toml"];
    let trust = |more: &str| {
        home.write("t.toml", format!("[[signer]]\nname = \"Ada\"\nkey = \"{ada}\"\n{more}\n"));
    };
    trust("files = [\"*.md\"]\nexpires = \"2999-12-31\"");
    restored(&home, &args);
    trust("files = [\"*.tar\"]");
    refused(&home, &args, "unsigned");
    trust("expires = \"2020-12-31\"");
    refused(&home, &args, "unsigned");
    trust("expire = \"2020-12-31\"");
    let broken = home.run(args.to_vec()).output().exits(2);
    assert!(broken.error_text().contains("error[trust-file]"), "{}", broken.error_text());
}

#[test]
fn a_project_cannot_weaken_the_policy_of_its_user() {
    let Some((home, keygen, _)) = scene() else { return };
    let eve = key(&home, &keygen, "eve");
    home.write("eve.toml", format!("[[signer]]\nname = \"Eve\"\nkey = \"{eve}\"\n"));
    for text in ["[trust]\nrequire = \"none\"\n", "[trust]\nfile = \"eve.toml\"\n"] {
        home.write("holdall.toml", text);
        refused(&home, &["restore", "p.md", "--to", "back"], "config-untrusted");
    }
    std::fs::remove_file(home.path("holdall.toml")).unwrap();
    let piped = std::fs::read(home.path("p.md")).unwrap();
    let run = home.run(["restore", "-", "--to", "back", "--require-signature"]).stdin(piped);
    let said = run.output().exits(4).error_text();
    assert!(said.contains("error[unsigned]"), "{said}");
}
