//! Selection flags turned into options.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use holdall::config;
use holdall::select::{Hidden, IgnoreFiles, SelectOptions};
use holdall::tree::RelPath;

use crate::args::SelectArgs;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The selection that flags and settings ask for, in a tree rooted at `root`. A flag beats its setting.
pub(super) fn options(session: &Session, args: &SelectArgs, root: &Path) -> Result<SelectOptions> {
    let settings = &session.config.config.select;
    let files = or(&args.exclude_from, &settings.exclude_from);
    let mut exclude_from = Vec::with_capacity(files.len());
    for file in files {
        let content = std::fs::read(session.places.current.join(&file)).map_err(|error| {
            Failure::Usage(format!("cannot read the patterns in {}: {error}", file.display()))
        })?;
        exclude_from.push((file.display().to_string(), content));
    }
    let ignore_files = match (args.no_ignore, args.gitignore, settings.ignore_files) {
        (true, ..) | (_, false, Some(config::IgnoreFiles::None)) => IgnoreFiles::None,
        (_, true, _) | (.., Some(config::IgnoreFiles::All)) => IgnoreFiles::All,
        _ => IgnoreFiles::Own,
    };
    let leave = args.no_hidden || (!args.hidden && settings.hidden == Some(config::Hidden::Leave));
    let now = session.context().now();
    let kinds: Vec<String> = settings.kinds.iter().map(|kind| kind.word().to_owned()).collect();
    Ok(SelectOptions {
        include: or(&args.include, &settings.include),
        exclude: or(&args.exclude, &settings.exclude),
        exclude_from,
        ignore_files,
        hidden: if leave { Hidden::Leave } else { Hidden::Take },
        max_size: args.max_size.or(settings.max_size.map(|size| size.0)),
        min_size: args.min_size.or(settings.min_size.map(|size| size.0)),
        changed_within: args
            .changed_within
            .or(settings.changed_within)
            .map(|when| when.resolve(now)),
        changed_before: args
            .changed_before
            .or(settings.changed_before)
            .map(|when| when.resolve(now)),
        path_regex: or(&args.regex, &settings.regex),
        contains: args.contains.clone().or_else(|| settings.contains.clone()),
        kinds: or(&args.kinds, &kinds),
        git_tracked: if args.git || settings.git { Some(tracked(root)?) } else { None },
        exclude_caches: args.exclude_caches || settings.exclude_caches,
        ..SelectOptions::default()
    })
}

/// What a flag says, or where it says nothing the setting.
fn or<T: Clone>(flag: &[T], setting: &[T]) -> Vec<T> {
    if flag.is_empty() { setting.to_vec() } else { flag.to_vec() }
}

/// Set for what a hook of git runs. The repository that is meant is the one around the root.
const OF_ANOTHER_REPOSITORY: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"];

/// The files that git tracks beneath `root`: one call of git for all of them.
fn tracked(root: &Path) -> Result<BTreeSet<RelPath>> {
    let fail = |why: String| {
        Failure::Usage(format!("cannot ask git what it tracks in {}: {why}", root.display()))
    };
    let mut git = Command::new("git");
    for name in OF_ANOTHER_REPOSITORY {
        git.env_remove(name);
    }
    let output = git
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z", "--cached", "--recurse-submodules"])
        .output()
        .map_err(|error| fail(error.to_string()))?;
    if !output.status.success() {
        return Err(fail(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| RelPath::parse(path).map_err(|error| fail(error.to_string()))).collect()
}

/// A path as a pattern that matches it alone.
pub(super) fn escape(path: &str) -> String {
    let special =
        |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\' | '!' | '#' | ' ');
    path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
