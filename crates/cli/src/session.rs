//! What a command needs from the machine, found out once: terminal, environment, clock, places, repository.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use holdall::config::units::ByteSize;
use holdall::config::{self, Inputs, PartialConfig, Resolved, UserFile};
use holdall::repo::{
    BlobReader, Identity, Index, LocalOffset, Lock, LockMode, LockOptions, Repository, Secret,
};
use holdall::tree::{CancelToken, Clock, Context, Limits, Timestamp};
use holdall::{Access, Ask, PasswordSource, Places};

use crate::args::{ColorChoice, Global, LogFormat, ProgressChoice};
use crate::failure::{Failure, Result, output};
use crate::progress::{Display, Progress};

/// The state of one run.
pub(crate) struct Session {
    pub(crate) progress: Progress,
    pub(crate) cancel: CancelToken,
    pub(crate) places: Places,
    pub(crate) identity: Identity,
    pub(crate) offsets: LocalOffset,
    pub(crate) color: bool,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) yes: bool,
    pub(crate) dry_run: bool,
    pub(crate) config: Resolved,
    pub(crate) inputs: Inputs,
    password: PasswordSource,
    lock_wait: Duration,
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = jiff::Timestamp::now();
        let nanos = now.as_nanosecond();
        Timestamp {
            secs: nanos.div_euclid(1_000_000_000) as i64,
            nanos: nanos.rem_euclid(1_000_000_000) as u32,
        }
    }
}

/// Memory for buffers unless told otherwise, in bytes.
const MEMORY_DEFAULT: u64 = 256 << 20;

impl Session {
    pub(crate) fn new(global: &Global) -> Result<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let fail = |what: &str| Failure::Usage(format!("{what} cannot be found out"));
        if let Some(dir) = &global.directory {
            std::env::set_current_dir(dir).map_err(|error| {
                Failure::Usage(format!("cannot change to {}: {error}", dir.display()))
            })?;
        }
        let current = std::env::current_dir().map_err(|_| fail("the current directory"))?;
        let home = var("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let place = |xdg: &str, below: &str| {
            let given = var(xdg).map(PathBuf::from).filter(|path| path.is_absolute());
            given.or_else(|| home.as_ref().map(|home| home.join(below)))
        };
        let data =
            place("XDG_DATA_HOME", ".local/share").ok_or_else(|| fail("your home directory"))?;
        let config =
            place("XDG_CONFIG_HOME", ".config").ok_or_else(|| fail("your home directory"))?;
        let stderr_tty = std::io::stderr().is_terminal();
        let color = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => std::io::stdout().is_terminal() && var("NO_COLOR").is_none(),
        };
        let display = match global.progress {
            _ if global.quiet => Display::None,
            ProgressChoice::Auto if stderr_tty => Display::Bar,
            ProgressChoice::Auto | ProgressChoice::None => Display::None,
            ProgressChoice::Bar => Display::Bar,
            ProgressChoice::Plain => Display::Plain,
            ProgressChoice::Json => Display::Json,
        };
        log(global);
        let cancel = CancelToken::default();
        signals(&cancel);
        let inputs = inputs(global, &current, &config, home.clone());
        let settings = config::resolve(&inputs)?;
        Ok(Self {
            progress: Progress::new(display, stderr_tty && color, global.quiet),
            cancel,
            places: Places { data, config, current },
            identity: identity(),
            offsets: LocalOffset::new(jiff::tz::TimeZone::system()),
            color,
            json: global.json || settings.config.output.json,
            quiet: global.quiet,
            yes: global.yes,
            dry_run: global.dry_run,
            password: password(global, &settings),
            config: settings,
            inputs,
            lock_wait: Duration::from_secs(global.lock_wait),
        })
    }

    pub(crate) fn context(&self) -> Context<'_> {
        let limits = &self.config.config.limits;
        Context {
            observer: &self.progress,
            clock: &SystemClock,
            cancel: &self.cancel,
            limits: Limits {
                depth_max: usize::try_from(limits.max_depth).unwrap_or(usize::MAX),
                entries_max: limits.max_entries.unwrap_or(Limits::default().entries_max),
                ..Limits::default()
            },
            threads: limits.threads.map_or_else(
                || std::thread::available_parallelism().map_or(1, usize::from),
                |threads| usize::from(threads.0),
            ),
            memory_bytes: limits.max_memory.map_or(MEMORY_DEFAULT, |size| size.0),
        }
    }

    pub(crate) fn access(&self) -> Result<Access> {
        let url = self.config.config.repository.url.as_ref().map(|url| url.0.as_str());
        Ok(Access::resolve(url, self.password.clone(), &self.places)?)
    }

    pub(crate) fn open(&self) -> Result<Repository> {
        let mut repository = self.access()?.open(&self.context(), self)?;
        self.tune(&mut repository);
        Ok(repository)
    }

    /// Applies the settings for what is written.
    pub(crate) fn tune(&self, repository: &mut Repository) {
        use holdall::repo::Compression;
        let settings = &self.config.config.repository;
        repository.compression = match settings.compression {
            config::Compression::Off => Compression::Off,
            config::Compression::Fastest => Compression::Fastest,
            config::Compression::Auto => Compression::Auto,
            config::Compression::Better => Compression::Better,
            config::Compression::Max => Compression::Max,
        };
        repository.pack_size = u32::try_from(settings.pack_size.0.0).unwrap_or(u32::MAX);
    }

    pub(crate) fn lock(&self, repository: &Repository, mode: LockMode) -> Result<Lock> {
        let options =
            LockOptions { wait: self.lock_wait, is_alive: &holdall::disk::process_is_alive };
        Ok(Lock::acquire(&self.context(), repository, mode, &self.identity, &options)?)
    }

    /// Opens the repository for reading and hands it over with its index.
    pub(crate) fn with_reader<T>(
        &self,
        run: impl FnOnce(&BlobReader<'_>) -> Result<T>,
    ) -> Result<T> {
        let repository = self.open()?;
        let _lock = self.lock(&repository, LockMode::Shared)?;
        let index: Index = repository.load_index(&self.context())?;
        run(&BlobReader::new(&repository, &index))
    }

    /// Prints a line of the result.
    pub(crate) fn print(&self, line: &str) -> Result<()> {
        self.progress.finish();
        writeln!(std::io::stdout().lock(), "{line}").map_err(output)
    }

    /// Prints a JSON document as the result.
    pub(crate) fn print_json(&self, value: &serde_json::Value) -> Result<()> {
        self.print(&value.to_string())
    }

    /// Says something that is no result.
    pub(crate) fn tell(&self, line: &str) {
        if !self.quiet {
            self.progress.finish();
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }

    /// Asks a question that is answered with yes or no. Without a terminal the answer is no, unless `--yes` was given.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::from(holdall::Error::Refused(format!(
                "{question} Nobody can be asked here; answer with --yes"
            ))));
        }
        self.progress.finish();
        let mut err = std::io::stderr().lock();
        write!(err, "{question} [y/N] ").and_then(|()| err.flush()).map_err(output)?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).map_err(output)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// The exit code of a command that did what it could.
    pub(crate) fn code(&self) -> u8 {
        let problems = self.progress.problems();
        if problems == 0 {
            return 0;
        }
        self.tell(&format!("done, but incomplete: {}", crate::render::count(problems, "problem")));
        3
    }
}

impl Ask for Session {
    fn password(&self, location: &str) -> holdall::Result<Secret> {
        self.ask_password(&format!("password of the repository at {location}: "), location)
    }

    fn new_password(&self, location: &str) -> holdall::Result<Secret> {
        let first = self
            .ask_password(&format!("new password for the repository at {location}: "), location)?;
        let second = self.ask_password("the same again: ", location)?;
        if first.expose() == second.expose() {
            Ok(first)
        } else {
            Err(holdall::Error::Password { why: "the two are not the same".into() })
        }
    }
}

impl Session {
    /// Asks on the terminal, which shows nothing of what is typed.
    fn ask_password(&self, prompt: &str, location: &str) -> holdall::Result<Secret> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let needed = || holdall::Error::PasswordNeeded { location: location.to_owned() };
        self.progress.finish();
        let mut options = std::fs::OpenOptions::new();
        let terminal = options.read(true).write(true).open("/dev/tty").map_err(|_| needed())?;
        let before = tcgetattr(&terminal).map_err(|_| needed())?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO;
        let write = |text: &str| (&terminal).write_all(text.as_bytes()).map_err(|_| needed());
        write(prompt)?;
        tcsetattr(&terminal, OptionalActions::Flush, &hidden).map_err(|_| needed())?;
        let mut line = Vec::new();
        let read = std::io::BufReader::new(&terminal).read_until(b'\n', &mut line);
        let restored = tcsetattr(&terminal, OptionalActions::Flush, &before);
        write("\n")?;
        read.map_err(|_| needed())?;
        restored.map_err(|_| needed())?;
        while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            line.pop();
        }
        if line.is_empty() {
            Err(holdall::Error::Password { why: "it is empty".into() })
        } else {
            Ok(Secret::new(line))
        }
    }
}

/// What the configuration is made of: files, environment and flags.
fn inputs(
    global: &Global,
    current: &std::path::Path,
    config_dir: &std::path::Path,
    home: Option<PathBuf>,
) -> Inputs {
    let mut flags = PartialConfig::default();
    flags.repository.url = global.repository.clone().map(config::RepositoryUrl);
    flags.repository.password_file.clone_from(&global.password_file);
    flags.repository.password_command.clone_from(&global.password_command);
    flags.limits.threads =
        global.threads.map(|threads| config::Threads(u16::try_from(threads).unwrap_or(u16::MAX)));
    flags.limits.max_memory = global.max_memory.map(ByteSize);
    Inputs {
        user_file: UserFile::IfPresent(config_dir.join("holdall").join("holdall.toml")),
        project_file: global
            .config
            .as_ref()
            .map(|file| current.join(file))
            .or_else(|| config::find_project_file(current)),
        profile: global.profile.clone(),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        flags,
        home,
    }
}

/// Flags beat the environment, and the environment beats the files.
fn password(global: &Global, settings: &Resolved) -> PasswordSource {
    if let Some(file) = &global.password_file {
        return PasswordSource::File(file.clone());
    }
    if let Some(command) = &global.password_command {
        return PasswordSource::Command(command.clone());
    }
    match &settings.password {
        Some(config::PasswordSource::Text(secret)) => {
            PasswordSource::Given(Secret::new(secret.expose().as_bytes().to_vec()))
        }
        Some(config::PasswordSource::File(file)) => PasswordSource::File(file.clone()),
        Some(config::PasswordSource::Command(command)) => PasswordSource::Command(command.clone()),
        None => PasswordSource::Ask,
    }
}

fn identity() -> Identity {
    Identity {
        host: holdall::disk::host_name(),
        user: holdall::disk::user_name(),
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        pid: std::process::id(),
    }
}

/// The first signal asks the operation to stop at its next safe point, the second ends the process at once.
fn signals(cancel: &CancelToken) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    let cancel = cancel.clone();
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if cancel.is_cancelled() {
                // What was not published is not seen; the next run clears it away.
                signal_hook::low_level::exit(130);
            }
            cancel.cancel();
            let _ = writeln!(std::io::stderr().lock(), "\nstopping; once more to stop at once");
        }
    });
}

fn log(global: &Global) {
    use tracing_subscriber::EnvFilter;
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        (_, 2) => "debug",
        _ => "trace",
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A second subscriber cannot be: this is the only place that sets one.
    let _ = match global.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().with_current_span(true).try_init(),
    };
}
