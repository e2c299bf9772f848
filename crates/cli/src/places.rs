//! Where the program was started, and where the user keeps things.
//!
//! A restore exchanges a directory for another one, so a shell that stands in it afterwards stands in the tree from
//! before, which is kept as a restore point. Its name for where it stands (`PWD`) leads to the restored tree, and that
//! is what its user means.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use holdall::Places;

/// Finds out where we are; `var` reads the environment.
///
/// # Errors
/// The words for what cannot be found out.
pub(crate) fn find(var: &dyn Fn(&str) -> Option<OsString>) -> Result<Places, &'static str> {
    let current = std::env::current_dir().map_err(|_| "the current directory")?;
    let current = match (live(&current), var("PWD").map(PathBuf::from)) {
        (Some(live), Some(shell)) if same_name(&shell, &live) && live.is_dir() => {
            // Children and relative paths are to see it alike; where that fails the old name still works.
            let _ = std::env::set_current_dir(&live);
            live
        }
        _ => current,
    };
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let place = |name: &str, below: &str| {
        let given = var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        given.or_else(|| home.as_ref().map(|home| home.join(below))).ok_or("your home directory")
    };
    Ok(Places {
        data: place("XDG_DATA_HOME", ".local/share")?,
        config: place("XDG_CONFIG_HOME", ".config")?,
        cache: place("XDG_CACHE_HOME", ".cache")?,
        current,
    })
}

/// The path of the restored tree, if `path` lies in a tree that a restore replaced: `…/.NAME.holdall/points/N/tree/…`
/// was `…/NAME/…`.
fn live(path: &Path) -> Option<PathBuf> {
    let parts: Vec<&OsStr> = path.iter().collect();
    let at = parts.windows(4).position(|part| {
        matches!(part, [state, points, number, tree]
            if name_of(state).is_some()
                && *points == "points"
                && number.as_encoded_bytes().iter().all(u8::is_ascii_digit)
                && *tree == "tree")
    })?;
    let (above, rest) = parts.split_at_checked(at)?;
    let name = name_of(rest.first()?)?;
    let mut live: PathBuf = above.iter().collect();
    live.push(name);
    live.extend(rest.iter().skip(4));
    Some(live)
}

/// The name of the directory that a state directory belongs to.
fn name_of(state: &OsStr) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let name = state.as_bytes().strip_prefix(b".")?.strip_suffix(b".holdall")?;
    (!name.is_empty()).then(|| OsStr::from_bytes(name).to_owned())
}

/// True if both are names of one place; the shell's may lead through links.
fn same_name(shell: &Path, live: &Path) -> bool {
    shell == live || matches!((shell.canonicalize(), live.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_tree_is_known_by_the_name_of_the_live_one() {
        let live = |path: &str| live(Path::new(path));
        assert_eq!(live("/home/a/.w.holdall/points/000001/tree"), Some("/home/a/w".into()));
        assert_eq!(live("/a/.w.holdall/points/12/tree/x/y"), Some("/a/w/x/y".into()));
        for path in
            ["/a/w", "/a/.w.holdall", "/a/.w.holdall/points/x/tree", "/a/.holdall/points/1/tree"]
        {
            assert_eq!(live(path), None, "{path}");
        }
    }

    #[test]
    fn directories_of_the_user_come_from_the_environment() {
        let var = |name: &str| (name == "XDG_DATA_HOME").then(|| OsString::from("/data"));
        let places = find(&var).unwrap();
        assert_eq!(places.data, Path::new("/data"));
        assert!(places.config.is_absolute() && places.current.is_absolute());
    }
}
