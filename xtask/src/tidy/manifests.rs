//! Folder and package have one name, arrows point down, and each crate says what it is.

use std::path::Path;

use super::Complaint;
use crate::layers;
use crate::shell::{self, Result};
use crate::toml::{self, Setting};

pub(crate) fn check(root: &Path) -> Result<Vec<Complaint>> {
    let mut complaints = Vec::new();
    for dir in shell::list(&root.join("crates"))? {
        let folder = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let at = format!("crates/{folder}");
        let manifest = dir.join("Cargo.toml");
        if !manifest.exists() {
            // Editors and tools leave folders behind; Git knows none without a file.
            continue;
        }
        if !dir.join("README.md").exists() {
            complaints.push(format!("{at}: has no README.md"));
        }
        let settings = toml::settings(&shell::read(&manifest)?);
        complaints
            .extend(judge(&folder, &settings).into_iter().map(|what| format!("{at}: {what}")));
    }
    Ok(complaints)
}

/// What is wrong with one manifest.
fn judge(folder: &str, settings: &[Setting]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let package = layers::package_of(folder);
    let value = |table: &str, key: &str| {
        settings.iter().find(|s| s.table == table && s.key == key).map(|s| s.value.as_str())
    };
    if value("package", "name") != Some(&package) {
        complaints.push(format!("the package must be called {package}, after its folder"));
    }
    if value("lints", "workspace") != Some("true") {
        complaints.push("must take its lints from the workspace".to_owned());
    }
    let (Some(allowed), Some(in_tests)) =
        (layers::allowed(folder), layers::allowed_in_tests(folder))
    else {
        complaints.push("is not in the table of xtask/src/layers.rs".to_owned());
        return complaints;
    };
    for setting in settings {
        let Some(used) = ours(setting) else { continue };
        let for_tests = setting.table.contains("dev-dependencies");
        let list = if for_tests { &in_tests } else { &allowed };
        let itself = used == folder && for_tests;
        if !list.contains(&used) && !itself {
            let only = if list.is_empty() { "nothing of ours".into() } else { list.join(", ") };
            let when = if for_tests { " in its tests" } else { "" };
            complaints.push(format!("uses {used}{when}, but may use {only}"));
        }
    }
    complaints
}

/// The folder of a crate of ours that this line depends on.
fn ours(setting: &Setting) -> Option<&str> {
    if setting.table.ends_with("dependencies") {
        return layers::folder_of(setting.key.split('.').next().unwrap_or_default());
    }
    // A table of its own: `[dependencies.holdall-tree]`.
    let (tables, name) = setting.table.rsplit_once('.')?;
    if tables.ends_with("dependencies") { layers::folder_of(name) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(folder: &str, dependencies: &str) -> Vec<Complaint> {
        let package = layers::package_of(folder);
        let text =
            format!("[package]\nname = \"{package}\"\n[lints]\nworkspace = true\n{dependencies}");
        judge(folder, &toml::settings(&text))
    }

    #[test]
    fn an_arrow_of_the_table_is_fine() {
        let fine = "[dependencies]\nholdall-tree.workspace = true\nserde.workspace = true\n";
        assert_eq!(complaints("select", fine), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_refused_however_it_is_written() {
        for dependency in [
            "[dependencies]\nholdall-repo.workspace = true",
            "[dependencies]\nholdall-repo = { path = \"../repo\" }",
            "[dependencies.holdall-repo]\npath = \"../repo\"",
            "[target.'cfg(unix)'.dependencies]\nholdall-repo.workspace = true",
            "[build-dependencies]\nholdall-repo.workspace = true",
            "[dependencies]\nholdall.workspace = true",
        ] {
            assert_eq!(complaints("fs", dependency).len(), 1, "{dependency}");
        }
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        let line = "holdall-testkit.workspace = true";
        assert!(complaints("fs", &format!("[dev-dependencies]\n{line}")).is_empty());
        assert_eq!(complaints("fs", &format!("[dependencies]\n{line}")).len(), 1);
    }

    #[test]
    fn a_crate_that_the_table_does_not_know_is_refused() {
        assert!(complaints("misc", "").iter().any(|c| c.contains("layers.rs")));
    }
}
