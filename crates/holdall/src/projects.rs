//! The projects of a monorepo: directories with a configuration of their own, or with the manifest of a build tool.

use holdall_tree::{Context, Entry, Filter, RelPath, Tree};

use crate::config::PROJECT_FILE;
use crate::error::{Error, Result};

/// Files that make a directory a project.
const MANIFESTS: [&str; 17] = [
    "Cargo.toml",
    "package.json",
    "deno.json",
    "pyproject.toml",
    "setup.py",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "Gemfile",
    "mix.exs",
    "pubspec.yaml",
    "Package.swift",
    "CMakeLists.txt",
    "meson.build",
    "stack.yaml",
];
/// Directories that hold what others wrote, or what a build made.
const FOREIGN: [&str; 7] =
    [".git", "node_modules", "bower_components", "vendor", "target", "venv", "__pycache__"];
/// The most projects that are looked for.
const PROJECTS_MAX: u64 = 10_000;

/// A project in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Where it is.
    pub path: RelPath,
    /// True if it has a configuration of its own.
    pub configured: bool,
}

/// Finds the projects beneath the root of `tree` that `filter` does not leave, in canonical order. One that lies in
/// another one counts only if it has a configuration of its own. The root itself is none.
///
/// # Errors
/// If there are too many, or the user interrupts. A directory that cannot be read goes to the observer.
pub fn find(ctx: &Context<'_>, tree: &dyn Tree, filter: &dyn Filter) -> Result<Vec<Project>> {
    let mut found = Vec::new();
    let mut open = vec![(RelPath::root(), false)];
    while let Some((dir, mut inside)) = open.pop() {
        ctx.check()?;
        let entries = match tree.list(ctx, &dir) {
            Ok(entries) => entries,
            Err(error) => {
                ctx.observer.problem(Some(&dir), &error);
                continue;
            }
        };
        let has = |wanted: &[&str]| {
            let is_wanted = |name| wanted.iter().any(|one| one.as_bytes() == name);
            entries
                .iter()
                .any(|entry| !entry.is_dir() && entry.path.file_name().is_some_and(is_wanted))
        };
        let configured = has(&[PROJECT_FILE]);
        if !dir.is_root() && (configured || !inside && has(&MANIFESTS)) {
            found.push(Project { path: dir.clone(), configured });
            inside = true;
        }
        if found.len() as u64 > PROJECTS_MAX {
            let (found, limit) = (found.len() as u64, PROJECTS_MAX);
            return Err(Error::OverLimit { what: "the number of projects", found, limit });
        }
        if dir.depth() >= ctx.limits.depth_max {
            continue;
        }
        let below = filter.keep(ctx, &dir, entries, tree)?.into_iter();
        let below = below.filter(|entry| entry.is_dir() && !is_foreign(entry));
        open.extend(below.map(|entry| (entry.path, inside)));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn is_foreign(entry: &Entry) -> bool {
    let name = entry.path.file_name().unwrap_or_default();
    FOREIGN.iter().any(|foreign| foreign.as_bytes() == name)
}
