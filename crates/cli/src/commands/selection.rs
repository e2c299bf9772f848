//! Selection flags turned into options.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdall::config;
use holdall::git::{Repository, Untracked, UserSettings};
use holdall::listed;
use holdall::select::{Hidden, IgnoreFiles, SelectOptions};
use holdall::tree::{Context, RelPath, Tree};

use crate::args::SelectArgs;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The selection that flags and settings ask for, in a tree rooted at `root`. A flag beats its setting.
pub(super) fn options(session: &Session, args: &SelectArgs, root: &Path) -> Result<SelectOptions> {
    options_over(session, (args, &session.config.config.select), root)
}

/// The same for a tree that is open. What is on a list of files and not in the tree is named as a problem.
pub(super) fn options_for(
    session: &Session,
    ctx: &Context<'_>,
    flags: (&SelectArgs, &config::Select),
    root: &Path,
    tree: &dyn Tree,
) -> Result<SelectOptions> {
    let options = options_over(session, flags, root)?;
    if let Some(names) = &options.listed {
        listed::name_missing(ctx, tree, names)?;
    }
    Ok(options)
}

/// Refuses to read both a source and a list of files from standard input.
pub(super) fn one_input(args: &SelectArgs, source: &str) -> Result<()> {
    match args.list() {
        Some((file, _)) if file == Path::new("-") && source == "-" => Err(Failure::Usage(
            "standard input can be the source or the list of files, but not both".into(),
        )),
        _ => Ok(()),
    }
}

/// What has to be readable for a selection in a tree that is open: files with patterns and names, and with a repository of git
/// all, since its objects may lie anywhere.
pub(super) fn reads(session: &Session, args: &SelectArgs) -> Vec<PathBuf> {
    let settings = &session.config.config.select;
    let current = &session.places.current;
    let files = or(&args.exclude_from, &settings.exclude_from);
    let list = args.list().map(|(file, _)| file.to_owned());
    let git = args.git || args.untracked || settings.git || settings.untracked;
    let files = files.into_iter().chain(list).map(|file| current.join(file));
    files.chain(git.then(|| PathBuf::from("/"))).collect()
}

/// The paths that a list of files names, if there is one.
fn list(session: &Session, args: &SelectArgs, root: &Path) -> Result<Option<BTreeSet<RelPath>>> {
    let Some((file, ending)) = args.list() else { return Ok(None) };
    if file == Path::new("-") {
        return Ok(Some(listed::names(session.listed()?, ending, root)?));
    }
    let opened = std::fs::File::open(session.places.current.join(file)).map_err(|error| {
        Failure::Usage(format!("cannot read the list of files {}: {error}", file.display()))
    })?;
    Ok(Some(listed::names(&listed::read(opened)?, ending, root)?))
}

/// The same, by flags and the settings that they beat.
pub(super) fn options_over(
    session: &Session,
    (args, settings): (&SelectArgs, &config::Select),
    root: &Path,
) -> Result<SelectOptions> {
    let listed = list(session, args, root)?;
    // A list is exact: only what is typed beside it leaves something out.
    let none = config::Config::default().select;
    let settings = if listed.is_some() { &none } else { settings };
    let files = or(&args.exclude_from, &settings.exclude_from);
    let mut exclude_from = Vec::with_capacity(files.len());
    for file in files {
        let content = std::fs::read(session.places.current.join(&file)).map_err(|error| {
            Failure::Usage(format!("cannot read the patterns in {}: {error}", file.display()))
        })?;
        exclude_from.push((file.display().to_string(), content));
    }
    let ignore_files = match (args.no_ignore, args.gitignore, settings.ignore_files) {
        (_, false, _) if listed.is_some() => IgnoreFiles::None,
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
        git_tracked: match (args.untracked || settings.untracked, args.git || settings.git) {
            (true, _) => Some(tracked(root, Untracked::Take)?),
            (false, true) => Some(tracked(root, Untracked::Leave)?),
            (false, false) => None,
        },
        listed,
        exclude_caches: args.exclude_caches || settings.exclude_caches,
        ..SelectOptions::default()
    })
}

/// What a flag says, or where it says nothing the setting.
fn or<T: Clone>(flag: &[T], setting: &[T]) -> Vec<T> {
    if flag.is_empty() { setting.to_vec() } else { flag.to_vec() }
}

/// The files that git knows beneath `root`, by the index of the repository around it.
fn tracked(root: &Path, untracked: Untracked) -> Result<BTreeSet<RelPath>> {
    let repository = Repository::discover(root, UserSettings::Read)?;
    Ok(repository.index_files(root, untracked)?.into_iter().collect())
}

/// A path as a pattern that matches it alone.
pub(super) fn escape(path: &str) -> String {
    let special =
        |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\' | '!' | '#' | ' ');
    path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}
