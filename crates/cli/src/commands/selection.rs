//! Selection flags turned into options.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use holdall::select::{Hidden, IgnoreFiles, SelectOptions};
use holdall::tree::{RelPath, Timestamp};

use crate::args::SelectArgs;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The selection that the flags ask for, in a tree rooted at `root`.
pub(super) fn options(session: &Session, args: &SelectArgs, root: &Path) -> Result<SelectOptions> {
    let mut exclude_from = Vec::new();
    for file in &args.exclude_from {
        let path = session.places.current.join(file);
        let content = std::fs::read(&path)
            .map_err(|error| Failure::Usage(format!("cannot read the patterns in {}: {error}", file.display())))?;
        exclude_from.push((file.display().to_string(), content));
    }
    let ignore_files = match (args.no_ignore, args.gitignore) {
        (true, _) => IgnoreFiles::None,
        (_, true) => IgnoreFiles::All,
        _ => IgnoreFiles::Own,
    };
    let now = session.context().now();
    let back = |seconds: u64| Timestamp { secs: now.secs.saturating_sub_unsigned(seconds), nanos: now.nanos };
    Ok(SelectOptions {
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        exclude_from,
        ignore_files,
        hidden: if args.no_hidden { Hidden::Leave } else { Hidden::Take },
        max_size: args.max_size,
        min_size: args.min_size,
        changed_within: args.changed_within.map(back),
        path_regex: args.regex.clone(),
        contains: args.contains.clone(),
        kinds: args.kinds.clone(),
        git_tracked: if args.git { Some(tracked(root)?) } else { None },
        exclude_caches: args.exclude_caches,
        ..SelectOptions::default()
    })
}

/// The files that git tracks beneath `root`: one call of git for all of them.
fn tracked(root: &Path) -> Result<BTreeSet<RelPath>> {
    let fail = |why: String| Failure::Usage(format!("cannot ask git what it tracks in {}: {why}", root.display()));
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z", "--cached"])
        .output()
        .map_err(|error| fail(error.to_string()))?;
    if !output.status.success() {
        return Err(fail(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| RelPath::parse(path).map_err(|error| fail(error.to_string()))).collect()
}
