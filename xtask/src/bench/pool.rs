//! Real source text to make a tree of: what cargo unpacks of published crates.

use std::path::{Path, PathBuf};

use super::corpus::Scale;
use crate::shell::{self, Doing, Result, cargo, run};

/// Some large and popular crates; with all they depend on they are a few hundred.
const CRATES: &[(&str, &str)] = &[
    ("actix-web", "4"),
    ("axum", "0.8"),
    ("clap", "4"),
    ("cranelift", "0.120"),
    ("criterion", "0.5"),
    ("diesel", "2"),
    ("egui", "0.31"),
    ("gix", "0.70"),
    ("image", "0.25"),
    ("libsqlite3-sys", "0.30"),
    ("nalgebra", "0.33"),
    ("openssl-src", "300"),
    ("ratatui", "0.29"),
    ("rayon", "1"),
    ("regex", "1"),
    ("rustix", "1"),
    ("sqlparser", "0.55"),
    ("tokio", "1"),
    ("tower-http", "0.6"),
    ("wgpu", "25"),
    ("wasmparser", "0.230"),
    ("winit", "0.30"),
    ("zstd-sys", "2"),
];

/// A directory with unpacked crates, made on first use. A quick race takes what this workspace has anyway.
pub(crate) fn prepare(dir: &Path, scale: Scale) -> Result<PathBuf> {
    let pool = dir.join("pool");
    let done = dir.join("pool.done");
    if done.exists() {
        return Ok(pool);
    }
    println!("bench: unpacking crates into {}", shell::relative(&pool));
    shell::remove_dir(&pool)?;
    let mut vendor = cargo(["vendor", "--quiet"]);
    if scale == Scale::Full {
        let project = dir.join("project");
        let mut manifest = "[package]\nname = \"pool\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                            [workspace]\n[dependencies]\n"
            .to_owned();
        for (name, version) in CRATES {
            manifest.push_str(&format!("{name} = \"{version}\"\n"));
        }
        shell::write(&project.join("Cargo.toml"), manifest)?;
        shell::write(&project.join("src/lib.rs"), "")?;
        vendor.arg("--manifest-path").arg(project.join("Cargo.toml"));
    } else {
        vendor.arg("--locked");
    }
    // It prints what to put into a configuration; nobody needs that here.
    run(vendor.arg(&pool).stdout(std::process::Stdio::null()))?;
    shell::write(&done, "")?;
    Ok(pool)
}

/// One file of the pool.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// All files of the pool, sorted.
pub(crate) fn files(pool: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in shell::all_beneath(pool)? {
        let meta = std::fs::symlink_metadata(&path);
        let meta = meta.doing(format_args!("cannot look at {}", path.display()))?;
        if meta.is_file() {
            found.push(Source { path, bytes: meta.len() });
        }
    }
    Ok(found)
}
