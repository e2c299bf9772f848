//! The binary, run in a home of its own, where nothing of the user or machine shows.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::start::Started;

/// A run that takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(300);

/// A home directory with nothing in it, and the program that is run there. Removed when dropped.
///
/// ```text
/// let home = Home::new(env!("CARGO_BIN_EXE_holdall"));
/// let outcome = home.run(["snapshot", "."]).output();
/// ```
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    program: PathBuf,
}

impl Home {
    /// A fresh home for `program`.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let dir = tempfile::Builder::new().prefix("holdall-home-").tempdir().expect("make a home");
        for name in ["home", "work", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).expect("make a home");
        }
        Self { dir, program: program.into() }
    }

    /// The directory in which commands run, and where tests put their trees.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A path in [`Home::work`].
    #[must_use]
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.work().join(name)
    }

    /// What the program takes for the user's home directory.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Writes a file in [`Home::work`], and the directories above it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above).expect("make the directories above");
        }
        std::fs::write(&path, content).expect("write a file of the test");
        path
    }

    /// Prepares a run of the program with these arguments.
    #[must_use]
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(self.work());
        let home = self.home();
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &home).env("TMPDIR", self.dir.path().join("tmp"));
        for (name, place) in [
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
        ] {
            command.env(name, home.join(place));
        }
        command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("RUST_BACKTRACE", "0");
        let filters = vec![(self.dir.path().display().to_string(), "[HOME]".to_owned())];
        Run { command, input: None, filters }
    }
}

/// One run of the program, being prepared.
#[derive(Debug)]
pub struct Run {
    command: Command,
    input: Option<Vec<u8>>,
    filters: Vec<(String, String)>,
}

impl Run {
    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// The directory it runs in, relative to [`Home::work`] or absolute.
    #[must_use]
    pub fn cwd(mut self, dir: impl AsRef<Path>) -> Self {
        let base = self.command.get_current_dir().map(Path::to_path_buf).unwrap_or_default();
        self.command.current_dir(base.join(dir));
        self
    }

    /// What it reads; without this its standard input is closed.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    /// Text that [`Outcome::snapshot`] writes in place of another.
    #[must_use]
    pub fn filter(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.filters.push((from.into(), to.into()));
        self
    }

    /// The command itself, for a test that starts and stops it on its own.
    #[must_use]
    pub fn into_command(mut self) -> Command {
        self.command.stdin(Stdio::null());
        self.command
    }

    /// Starts it, to run beside the test.
    #[must_use]
    pub fn start(self) -> Started {
        Started::new(self.command)
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it cannot be started, or does not end in 300 seconds.
    #[must_use]
    pub fn output(mut self) -> Outcome {
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {:?}: {error}", self.command));
        if let Some((mut pipe, input)) = child.stdin.take().zip(self.input.take()) {
            // A program that does not read to the end is free to: its exit code tells.
            std::thread::spawn(move || pipe.write_all(&input));
        }
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let stdout = self.wait_for(&stdout, &mut child);
        let stderr = self.wait_for(&stderr, &mut child);
        let status = child.wait().expect("wait for a child of ours");
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        let (took, command) = (began.elapsed(), format!("{:?}", self.command));
        Outcome { code, stdout, stderr, took, command, filters: self.filters }
    }

    fn wait_for(&self, stream: &Receiver<Vec<u8>>, child: &mut Child) -> Vec<u8> {
        stream.recv_timeout(TIME_MAX).unwrap_or_else(|_| {
            // Whether the kill succeeds or not, the test has failed.
            let _ = child.kill();
            panic!("{:?} did not end in {TIME_MAX:?}", self.command)
        })
    }
}

/// Reads a stream to its end beside us.
fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is still worth showing.
            let _ = stream.read_to_end(&mut bytes);
        }
        sender.send(bytes)
    });
    receiver
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; 128 + the signal if one ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// How long it ran: a figure to be told, and none to be judged.
    pub took: Duration,
    command: String,
    filters: Vec<(String, String)>,
}

impl Outcome {
    /// The outcome, which must be exit code 0.
    ///
    /// # Panics
    /// If it is another.
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// Asserts that the exit code is 0 and lets the rest go.
    ///
    /// # Panics
    /// If it is another.
    pub fn ok(self) {
        drop(self.exits(0));
    }

    /// The outcome, which must have this exit code.
    ///
    /// # Panics
    /// If it has another; the message shows what was printed.
    pub fn exits(self, code: i32) -> Self {
        let Self { command, .. } = &self;
        let said = format!("{}\n--- stderr\n{}", self.text(), self.error_text());
        assert!(self.code == code, "{command} ended with {}, not {code}:\n{said}", self.code);
        self
    }

    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    #[must_use]
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Exit code and both streams as one text, with paths of the home written `[HOME]`, hexadecimal IDs `[ID]`, and
    /// the filters of the run applied: the same on every machine.
    #[must_use]
    pub fn snapshot(&self) -> String {
        let mut text = format!("exit: {}\n", self.code);
        for (name, stream) in [("stdout", self.text()), ("stderr", self.error_text())] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
                if !stream.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        for (from, to) in &self.filters {
            text = text.replace(from, to);
        }
        without_ids(&text)
    }
}

/// Words of 8 or 64 hexadecimal digits that hold a digit, written `[ID]`.
fn without_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
            continue;
        }
        let hex = word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        let id =
            hex && [8, 64].contains(&word.len()) && word.contains(|c: char| c.is_ascii_digit());
        out.push_str(if id { "[ID]" } else { &word });
        word.clear();
        out.push(character);
    }
    out.pop();
    out
}
