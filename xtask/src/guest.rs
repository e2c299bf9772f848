//! Builds the parsers of archives as the WebAssembly module that the program carries, and writes down what it was built of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::shell::{self, Doing, Result, cargo, first_line, output_of, program, relative, run};

const TARGET: &str = "wasm32-unknown-unknown";
/// What the module is built of beside what the compiler names.
const ALWAYS: [&str; 6] = [
    "guest/Cargo.toml",
    "guest/Cargo.lock",
    "crates/archive/Cargo.toml",
    "crates/codec/Cargo.toml",
    "crates/tree/Cargo.toml",
    "guest/archive.wasm",
];

/// What is to be done with the module.
pub(crate) enum Mode {
    Write,
    /// Fails if the module is another one than these sources give.
    Check,
}

pub(crate) fn guest(mode: Mode) -> Result<()> {
    let root = shell::root();
    let libraries =
        first_line(&mut program("rustc", ["--print", "target-libdir", "--target", TARGET]));
    if !libraries.is_some_and(|dir| Path::new(&dir).is_dir()) {
        return Err(format!(
            "this machine cannot build the guest: its compiler has no {TARGET}; `rustup target add {TARGET}`"
        )
        .into());
    }
    let guest = root.join("guest");
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    // No path of this machine gets into the module.
    let mut flags = format!(
        "--remap-path-prefix={}=/source --remap-path-prefix={}=/cargo",
        root.display(),
        home.display()
    );
    // Nor where its crates came from; of two that fit, the last one counts.
    for registry in std::fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten() {
        flags.push_str(&format!(" --remap-path-prefix={}=/crates", registry.path().display()));
    }
    run(cargo(["build", "--locked", "--release", "--target", TARGET])
        .current_dir(&guest)
        .env_remove("CARGO_TARGET_DIR")
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTFLAGS", flags))?;
    let built = guest.join("target").join(TARGET).join("release");
    let module = built.join("holdall_guest.wasm");
    let bytes = std::fs::read(&module).doing(format_args!("cannot read {}", module.display()))?;
    let kept = guest.join("archive.wasm");
    match mode {
        Mode::Check if std::fs::read(&kept).is_ok_and(|kept| kept == bytes) => {
            println!("guest: {} bytes, as it is kept", bytes.len());
            return Ok(());
        }
        Mode::Check => {
            return Err(
                "guest/archive.wasm is not what these sources give; run `cargo xtask guest`".into(),
            );
        }
        Mode::Write => shell::write(&kept, &bytes)?,
    }
    let sources = sources(&built.join("holdall_guest.d"))?;
    let sums = output_of(program("sha256sum", &sources).current_dir(&root))?;
    shell::write(&guest.join("archive.sha256"), sums)?;
    println!("guest: {} bytes of {} files", bytes.len(), sources.len());
    Ok(())
}

/// The files of ours that the compiler read; what it read of others is in the lock file.
fn sources(listed: &Path) -> Result<BTreeSet<String>> {
    let root = shell::root();
    let text = shell::read(listed)?;
    let read = text.split_whitespace().skip(1).map(Path::new);
    let ours = read.filter(|path| path.starts_with(&root)).filter(|path| {
        // Documentation is compiled in, and says nothing to the module.
        path.extension().is_some_and(|ending| ending == "rs")
    });
    let ours = ours.map(relative).chain(ALWAYS.map(str::to_owned));
    Ok(ours.collect())
}
