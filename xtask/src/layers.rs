//! The architecture as data: which crate may use which. `tidy` compares it with every manifest, `gen` draws it.

/// One crate of `crates/`.
pub(crate) struct Layer {
    /// The folder.
    pub(crate) name: &'static str,
    /// The row of the picture it stands in.
    pub(crate) row: &'static str,
    /// Crates of ours that it may use.
    pub(crate) uses: &'static [&'static str],
    /// What it is, in a few words.
    pub(crate) is: &'static str,
}

/// Rows of the picture, from the top, with the law of each.
pub(crate) const ROWS: &[(&str, &str)] = &[
    ("faces", "render and ask; no logic that a library user would miss"),
    ("operations", "join the pieces below; print nothing"),
    ("forms", "no form sees another"),
    ("lookers", "see no form, only entries in flight"),
    ("ground", "what forms stand on"),
    ("model", "no I/O"),
];

/// From the ground up.
pub(crate) const LAYERS: &[Layer] = &[
    Layer { name: "tree", row: "model", uses: &[], is: "entries, paths, sources and sinks" },
    Layer {
        name: "select",
        row: "ground",
        uses: &["tree"],
        is: "which entries are taken, which captures kept",
    },
    Layer { name: "codec", row: "ground", uses: &[], is: "compression, bytes to bytes" },
    Layer { name: "wasm", row: "ground", uses: &[], is: "modules that see bytes alone" },
    Layer { name: "seal", row: "ground", uses: &[], is: "encryption and signatures" },
    Layer { name: "disk", row: "ground", uses: &["tree"], is: "local files, safely" },
    Layer { name: "store", row: "ground", uses: &["tree", "disk"], is: "bytes under keys" },
    Layer { name: "insight", row: "lookers", uses: &["tree"], is: "what can be seen in a file" },
    Layer {
        name: "fs",
        row: "forms",
        uses: &["tree", "select", "disk"],
        is: "a directory as a tree",
    },
    Layer {
        name: "repo",
        row: "forms",
        uses: &["tree", "select", "disk", "store"],
        is: "the repository of snapshots",
    },
    Layer { name: "git", row: "forms", uses: &["tree"], is: "commits as trees" },
    Layer { name: "archive", row: "forms", uses: &["tree", "codec"], is: "archives as trees" },
    Layer { name: "mount", row: "forms", uses: &["tree"], is: "a tree as a file system" },
    Layer { name: "dump", row: "forms", uses: &["tree"], is: "text forms as trees" },
    Layer {
        name: "holdall",
        row: "operations",
        uses: &[
            "tree", "select", "codec", "seal", "disk", "store", "insight", "fs", "repo", "git",
            "archive", "dump", "wasm",
        ],
        is: "capture, restore, verify, configure",
    },
    Layer {
        name: "cli",
        row: "faces",
        uses: &["tree", "holdall", "mount"],
        is: "the binary `holdall`",
    },
];

/// The crate that only tests may use. It may use everything up to `holdall` itself.
pub(crate) const TESTKIT: &str = "testkit";

/// What a crate of ours may use outside tests; `None` if the table does not know it.
pub(crate) fn allowed(name: &str) -> Option<Vec<&'static str>> {
    if name == TESTKIT {
        return Some(LAYERS.iter().filter(|l| l.row != "faces").map(|l| l.name).collect());
    }
    LAYERS.iter().find(|layer| layer.name == name).map(|layer| layer.uses.to_vec())
}

/// What its tests may use: whatever it stands on, however far down, and the testkit.
pub(crate) fn allowed_in_tests(name: &str) -> Option<Vec<&'static str>> {
    let mut reached = allowed(name)?;
    let mut next = 0;
    while let Some(lower) = reached.get(next) {
        for below in allowed(lower).unwrap_or_default() {
            if !reached.contains(&below) {
                reached.push(below);
            }
        }
        next += 1;
    }
    reached.push(TESTKIT);
    Some(reached)
}

/// The name of a package for a folder in `crates/`.
pub(crate) fn package_of(folder: &str) -> String {
    if folder == "holdall" { folder.to_owned() } else { format!("holdall-{folder}") }
}

/// The folder for a package of ours, `None` if it is not one.
pub(crate) fn folder_of(package: &str) -> Option<&str> {
    if package == "holdall" { Some(package) } else { package.strip_prefix("holdall-") }
}

/// The table as a picture in a code block of Markdown.
pub(crate) fn picture() -> String {
    let mut lines = vec!["```text".to_owned()];
    for (row, law) in ROWS {
        let crates: Vec<_> = LAYERS.iter().filter(|l| l.row == *row).map(|l| l.name).collect();
        lines.push(format!("{row:<12}{:<28}{law}", crates.join("   ")));
        if *row != "model" {
            lines.push("-".repeat(90));
        }
    }
    lines.push(String::new());
    for layer in LAYERS.iter().rev() {
        let uses = if layer.uses.is_empty() { "nothing".into() } else { layer.uses.join(", ") };
        lines.push(format!("{:<9}{:<38}uses {uses}", layer.name, layer.is));
    }
    lines.push(format!("{TESTKIT:<9}{:<38}used by tests only", "what tests share"));
    lines.push("```".to_owned());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_down_and_no_form_sees_a_form() {
        let depth = |name: &str| {
            let row = LAYERS.iter().find(|layer| layer.name == name).unwrap().row;
            ROWS.iter().position(|(known, _)| *known == row).unwrap()
        };
        for layer in LAYERS {
            for used in layer.uses {
                let sideways = (layer.name, *used) == ("store", "disk");
                assert!(
                    depth(used) > depth(layer.name) || sideways,
                    "{} uses {used}, which is not below it",
                    layer.name
                );
            }
        }
    }

    #[test]
    fn tests_may_reach_further_down_and_use_the_testkit() {
        let cli = allowed_in_tests("cli").unwrap();
        assert!(cli.contains(&"repo") && cli.contains(&TESTKIT));
        assert!(!allowed_in_tests("tree").unwrap().contains(&"disk"));
    }

    #[test]
    fn folders_and_packages_are_told_from_each_other() {
        assert_eq!(package_of("holdall"), "holdall");
        assert_eq!(package_of("disk"), "holdall-disk");
        assert_eq!(folder_of("holdall-disk"), Some("disk"));
        assert_eq!(folder_of("serde"), None);
    }
}
