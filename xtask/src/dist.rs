//! The release archive: binary, manual, completions, licences, and checksums beside it.

use std::path::Path;

use crate::shell::{self, Doing, Result, cargo, first_line, output_of, program, run, target_dir};

pub(crate) fn dist() -> Result<()> {
    run(&mut cargo([
        "build",
        "--locked",
        "--profile",
        "dist",
        "-p",
        "holdall-cli",
        "--bin",
        "holdall",
    ]))?;
    let binary = target_dir().join("dist/holdall");
    let version = first_line(&mut program(&binary, ["--version"]))
        .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
        .ok_or("the binary does not tell its version")?;
    let name = format!("holdall-{version}-{}-linux", std::env::consts::ARCH);
    let out = shell::root().join("dist");
    let tree = out.join(&name);
    shell::remove_dir(&out)?;
    shell::make_dir(&tree)?;

    copy(&binary, &tree.join("holdall"))?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let from = shell::root().join(file);
        if from.exists() {
            copy(&from, &tree.join(file))?;
        }
    }
    for shell_name in ["bash", "zsh", "fish"] {
        let script = output_of(&mut program(&binary, ["completions", shell_name]))?;
        shell::write(&tree.join("completions").join(format!("holdall.{shell_name}")), script)?;
    }
    shell::make_dir(&tree.join("man"))?;
    output_of(program(&binary, ["man"]).arg(tree.join("man")))?;

    let archive = format!("{name}.tar.zst");
    // Sorted, without owners, dated by the commit: the same commit gives the same bytes.
    let date = first_line(
        shell::program("git", ["log", "-1", "--format=@%ct"]).current_dir(shell::root()),
    );
    run(program("tar", ["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--mtime={}", date.as_deref().unwrap_or("@0")))
        .args(["--mode=u+rw,go=rX", "--use-compress-program=zstd -19 -T1 --quiet"])
        .args(["--file", &archive, &name])
        .current_dir(&out))?;
    let sums = output_of(program("sha256sum", [&archive]).current_dir(&out))?;
    shell::write(&out.join("SHA256SUMS"), &sums)?;
    shell::remove_dir(&tree)?;
    println!("dist: {}", shell::relative(&out.join(archive)));
    print!("{}", String::from_utf8_lossy(&sums));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(drop).doing(format_args!(
        "cannot copy {} to {}",
        from.display(),
        to.display()
    ))
}
