//! Running other programs, reading files and arguments, with failures that say what was tried.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, ready to print.
#[derive(Debug)]
pub(crate) struct Failure(String);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self(message.to_owned())
    }
}

/// Adds to a failure what was being done.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}

/// The top of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Cargo, in the top of the workspace, with nothing to read.
pub(crate) fn cargo<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    // What cargo told this program about itself is no reason to run the build scripts again that look at it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A program with nothing to read.
pub(crate) fn program<A: AsRef<OsStr>>(
    name: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new(name);
    command.args(args).stdin(Stdio::null());
    command
}

/// The command as one would type it, the program by its name alone.
pub(crate) fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs a command to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().doing(format_args!("cannot run `{}`", typed(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` ended with {status}", typed(command)).into())
    }
}

/// Runs a command and keeps its standard output; its standard error goes where ours goes.
pub(crate) fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    command.stderr(Stdio::inherit());
    let output = command.output().doing(format_args!("cannot run `{}`", typed(command)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("`{}` ended with {}", typed(command), output.status).into())
    }
}

/// The first line a command prints, on either stream, or `None` if it fails.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// Where a program is, looked up in `PATH` and in the places of an administrator's programs.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).doing(format_args!("cannot read {}", path.display()))
}

/// Writes a file and the directories above it.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(dir) = path.parent() {
        make_dir(dir)?;
    }
    std::fs::write(path, content).doing(format_args!("cannot write {}", path.display()))
}

pub(crate) fn make_dir(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).doing(format_args!("cannot make {}", dir.display()))
}

/// Removes a directory and all beneath it; none there is no error.
pub(crate) fn remove_dir(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).doing(format_args!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// What is in a directory, sorted; nothing if it does not exist.
pub(crate) fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let what = format_args!("cannot list {}", dir.display()).to_string();
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).doing(&what)? {
        paths.push(entry.doing(&what)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Every file of ours beneath a directory whose name ends in one of `endings`, sorted; build output is left out.
pub(crate) fn files_beneath(dir: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(dir, &|name| name != "target" && name != ".git", &mut files)?;
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        endings.iter().any(|ending| name.ends_with(ending))
    });
    Ok(files)
}

/// Everything beneath a directory that is no directory, sorted.
pub(crate) fn all_beneath(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(dir, &|_| true, &mut files)?;
    Ok(files)
}

fn walk(dir: &Path, enters: &dyn Fn(&str) -> bool, files: &mut Vec<PathBuf>) -> Result<()> {
    for path in list(dir)? {
        if !path.is_dir() || path.is_symlink() {
            files.push(path);
        } else if enters(&path.file_name().unwrap_or_default().to_string_lossy()) {
            walk(&path, enters, files)?;
        }
    }
    Ok(())
}

/// A path as it is written in messages: relative to the top of the workspace.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Arguments, taken one by one; what nobody took is an error.
pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().collect() }
    }

    /// The next word that is no flag.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let at = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// `--name VALUE` or `--name=VALUE`. Take these before positional words.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let joined = format!("{name}=");
        if let Some(at) = self.words.iter().position(|word| word.starts_with(&joined)) {
            let word = self.words.remove(at);
            return Ok(word.strip_prefix(&joined).map(str::to_owned));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        self.words.remove(at);
        if at < self.words.len() {
            Ok(Some(self.words.remove(at)))
        } else {
            Err(format!("{name} needs a value").into())
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>> {
        match self.value(name)? {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).doing(format_args!("{name} needs a number, not {text:?}"))
            }
        }
    }

    pub(crate) fn done(&self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(format!("{word:?} is not understood; see `cargo xtask help`").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args::new(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn values_come_joined_or_apart() {
        let mut args = args(&["--runs", "3", "--peers=a,b", "--quick", "rest"]);
        assert_eq!(args.number("--runs").unwrap(), Some(3));
        assert_eq!(args.value("--peers").unwrap().as_deref(), Some("a,b"));
        assert!(args.flag("--quick"));
        assert_eq!(args.positional().as_deref(), Some("rest"));
        assert!(args.done().is_ok());
    }

    #[test]
    fn a_word_nobody_took_is_named() {
        let args = args(&["--tpyo"]);
        assert!(args.done().unwrap_err().to_string().contains("--tpyo"));
    }

    #[test]
    fn build_output_is_left_out_only_of_what_is_ours() {
        let dir = std::env::temp_dir().join(format!("xtask-walk-{}", std::process::id()));
        write(&dir.join("target/a.rs"), "").unwrap();
        write(&dir.join("b.rs"), "").unwrap();
        let (ours, all) = (files_beneath(&dir, &[".rs"]).unwrap(), all_beneath(&dir).unwrap());
        remove_dir(&dir).unwrap();
        assert_eq!((ours.len(), all.len()), (1, 2));
    }

    #[test]
    fn a_failing_program_is_named_in_full() {
        let failure = run(&mut program("false", ["--now"])).unwrap_err().to_string();
        assert!(failure.contains("`false --now` ended with"), "{failure}");
    }
}
