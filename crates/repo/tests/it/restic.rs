//! Runs restic on a repository of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A repository in a directory that goes away with it.
pub(crate) struct Restic {
    dir: tempfile::TempDir,
}

impl Restic {
    /// An empty repository, or `None` if restic is not installed.
    pub(crate) fn init() -> Option<Self> {
        if Command::new("restic").arg("version").output().is_err() {
            println!("skipped: restic is not installed");
            return None;
        }
        let restic = Self { dir: tempfile::tempdir().unwrap() };
        restic.run("UTC", &["init", "--repository-version", "2"]);
        Some(restic)
    }

    /// The second number of its version.
    pub(crate) fn minor_version(&self) -> u32 {
        let text = String::from_utf8(self.run("UTC", &["version"])).unwrap();
        text.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap()
    }

    /// A directory for what is to be backed up.
    pub(crate) fn source(&self) -> PathBuf {
        let source = self.dir.path().join("source");
        std::fs::create_dir_all(&source).unwrap();
        source
    }

    /// What restic prints, in a time zone. It must succeed.
    pub(crate) fn run(&self, zone: &str, args: &[&str]) -> Vec<u8> {
        let Output { status, stdout, stderr } = Command::new("restic")
            .args(["--no-cache", "--quiet", "--repo"])
            .arg(self.dir.path().join("repo"))
            .args(args)
            .current_dir(self.source())
            .env("RESTIC_PASSWORD", "x")
            .env("TZ", zone)
            .env("HOME", Path::new("/nonexistent"))
            .output()
            .unwrap();
        assert!(status.success(), "restic {args:?}: {}", String::from_utf8_lossy(&stderr));
        stdout
    }

    /// As [`Self::run`], read as JSON.
    pub(crate) fn json(&self, zone: &str, args: &[&str]) -> Value {
        serde_json::from_slice(&self.run(zone, args)).unwrap()
    }
}
