//! What a command needs from the machine, found out once: terminal, environment, clock, places, repository.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use holdall::archives::{self, Odd, Terms};
use holdall::config::{self, Color, Inputs, LogFormat, Resolved, Verbosity};
use holdall::hooks::Outcome;
use holdall::repo::{
    BlobReader, Identity, Index, LocalOffset, Lock, LockMode, LockOptions, Repository, Secret,
};
use holdall::seal::Gpg;
use holdall::sealed::Keys;
use holdall::tree::{CancelToken, Clock, Context, Limits, Timestamp};
use holdall::trust::{Require, Trust};
use holdall::{Access, Ask, PasswordSource, Places};
use serde::Serialize;

use crate::args::{Global, TrustChoice};
use crate::failure::{Failure, Form, Result, output};
use crate::log::{self, OperationId};
use crate::progress::{Display, Progress};
use crate::screen::Screen;
use crate::terminal::{Answer, Echo, Terminal};
use crate::wire::Document;
use crate::{places, render, settings, signals};

/// What becomes of a configuration that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The command fails.
    Refuse,
    /// The command runs as if there were no files and no variables.
    Ignore,
}

/// The state of one run.
pub(crate) struct Session {
    pub(crate) progress: Progress,
    pub(crate) screen: Screen,
    pub(crate) cancel: CancelToken,
    pub(crate) places: Places,
    pub(crate) identity: Identity,
    pub(crate) offsets: LocalOffset,
    pub(crate) color: bool,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) yes: bool,
    pub(crate) dry_run: bool,
    /// What log lines call this run.
    pub(crate) operation: OperationId,
    /// What hooks are told of it.
    pub(crate) outcome: Mutex<Outcome>,
    pub(crate) hooks: bool,
    pub(crate) databases: bool,
    /// How archives are judged.
    pub(crate) terms: Terms,
    pub(crate) config: Resolved,
    pub(crate) inputs: Inputs,
    /// The list of files from standard input, which can be read only once.
    listed: OnceLock<Vec<u8>>,
    /// Opened when it is first asked for: a restore that confined itself cannot open it any more.
    terminal: OnceLock<Option<Terminal>>,
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
    pub(crate) fn new(global: &Global, broken: Broken) -> Result<Self> {
        if let Some(dir) = &global.directory {
            std::env::set_current_dir(dir).map_err(|error| {
                Failure::Usage(format!("cannot change to {}: {error}", dir.display()))
            })?;
        }
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let places = places::find(&var)
            .map_err(|what| Failure::Usage(format!("{what} cannot be found out")))?;
        let inputs = settings::inputs(global, &places)?;
        let config = match config::resolve(&inputs) {
            Err(_) if broken == Broken::Ignore => {
                config::resolve(&Inputs { flags: inputs.flags.clone(), ..Inputs::default() })?
            }
            resolved => resolved?,
        };
        let output = &config.config.output;
        let no_color = var("NO_COLOR").is_some();
        let colored = |is_terminal: bool| match output.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !no_color,
        };
        let quiet = output.verbosity == Verbosity::Quiet;
        let screen = Screen::new(colored(std::io::stderr().is_terminal()));
        let display = match output.progress {
            _ if quiet => Display::None,
            config::Progress::Auto if screen.is_terminal() => Display::Bar,
            config::Progress::Auto | config::Progress::None => Display::None,
            config::Progress::Bar => Display::Bar,
            config::Progress::Plain => Display::Plain,
            config::Progress::Json => Display::Json,
        };
        let filter = var("HOLDALL_LOG").and_then(|filter| filter.into_string().ok());
        let level = settings::log_level(global, output.verbosity);
        let operation = OperationId::random();
        log::install(level, filter.as_deref(), output.log_format, &operation, &screen);
        for warning in &config.warnings {
            tracing::warn!(name: "warning", "{warning}");
        }
        let cancel = CancelToken::default();
        signals::watch(&cancel, &screen);
        Ok(Self {
            progress: Progress::new(display, output.log_format, screen.clone(), output.verbosity),
            screen,
            cancel,
            places,
            identity: identity(),
            offsets: LocalOffset::new(jiff::tz::TimeZone::system()),
            color: colored(std::io::stdout().is_terminal()),
            json: output.json,
            quiet,
            yes: global.yes,
            dry_run: global.dry_run,
            operation,
            outcome: Mutex::default(),
            hooks: !global.no_hooks,
            databases: !global.no_databases,
            terms: terms(global.trust),
            password: settings::password(config.password.as_ref()),
            lock_wait: Duration::from_secs(config.config.repository.lock_wait.0),
            config,
            inputs,
            listed: OnceLock::new(),
            terminal: OnceLock::new(),
        })
    }

    /// True if more is to be said than usual.
    pub(crate) fn verbose(&self) -> bool {
        matches!(self.config.config.output.verbosity, Verbosity::Verbose | Verbosity::Debug)
    }

    /// How an error is shown.
    pub(crate) fn error_form(&self) -> Form {
        match self.config.config.output.log_format {
            // Whoever reads the lines of a log reads this one too.
            LogFormat::Json => Form::Log,
            LogFormat::Text if self.json => Form::Json,
            LogFormat::Text if self.screen.color() => Form::Colored,
            LogFormat::Text => Form::Plain,
        }
    }

    /// What the configuration of a directory elsewhere is made of.
    pub(crate) fn inputs_in(&self, dir: &std::path::Path) -> Inputs {
        settings::inputs_in(&self.inputs, &self.places, dir)
    }

    /// The list of files that standard input is.
    pub(crate) fn listed(&self) -> Result<&[u8]> {
        if self.listed.get().is_none() {
            let list = holdall::listed::read(std::io::stdin().lock())?;
            return Ok(self.listed.get_or_init(|| list));
        }
        Ok(self.listed.get().map_or(&[], Vec::as_slice))
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

    /// A lock for work that a dry run only plans: that writes nothing at all, so it takes none.
    pub(crate) fn lock_to_change(
        &self,
        repository: &Repository,
        mode: LockMode,
    ) -> Result<Option<Lock>> {
        if self.dry_run { Ok(None) } else { self.lock(repository, mode).map(Some) }
    }

    /// A lock for work that only reads; none in a dry run, and none where none can be written.
    pub(crate) fn lock_to_read(
        &self,
        repository: &Repository,
        mode: LockMode,
    ) -> Result<Option<Lock>> {
        if self.dry_run {
            return Ok(None);
        }
        let options =
            LockOptions { wait: self.lock_wait, is_alive: &holdall::disk::process_is_alive };
        Ok(Lock::acquire_to_read(&self.context(), repository, mode, &self.identity, &options)?)
    }

    /// Opens the repository for reading and hands it over with its index.
    pub(crate) fn with_reader<T>(
        &self,
        run: impl FnOnce(&BlobReader<'_>) -> Result<T>,
    ) -> Result<T> {
        let repository = self.open()?;
        let _lock = self.lock_to_read(&repository, LockMode::Shared)?;
        let index: Index = repository.load_index(&self.context())?;
        run(&BlobReader::new(&repository, &index))
    }

    /// What `SOURCE_DATE_EPOCH` says, so that an output can be made again byte for byte.
    pub(crate) fn source_date(&self) -> Result<Option<Timestamp>> {
        let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty())
        else {
            return Ok(None);
        };
        let seconds = epoch.to_str().and_then(|text| text.parse().ok());
        let why = || Failure::Usage("SOURCE_DATE_EPOCH is not a number of seconds".into());
        Ok(Some(Timestamp::new(seconds.ok_or_else(why)?, 0)))
    }

    /// What opens sealed sources.
    pub(crate) fn keys(&self) -> Keys<'_> {
        let passphrase = settings::password(self.config.passphrase.as_ref());
        Keys::new(self.config.config.sealed.identities.clone(), passphrase, self).with_gpg(gpg())
    }

    /// Whose signatures count.
    pub(crate) fn trust(&self) -> Result<Trust> {
        let settings = &self.config.config.trust;
        let trust = Trust::new(match settings.require {
            config::Require::None => Require::None,
            config::Require::Any => Require::Any,
            config::Require::Trusted => Require::Trusted,
        })
        .with_gpg(gpg());
        let usual = self.places.config.join("holdall").join("trust.toml");
        Ok(match &settings.file {
            Some(file) => trust.read(file)?,
            None if usual.exists() => trust.read(&usual)?,
            None => trust,
        })
    }

    /// The git repository around the current directory.
    pub(crate) fn git(&self) -> Result<holdall::git::Repository> {
        use holdall::git::{Repository, UserSettings};
        Ok(Repository::discover(&self.places.current, UserSettings::Read)?)
    }

    /// The terminal that the process was started from, if there is one.
    pub(crate) fn terminal(&self) -> Option<&Terminal> {
        self.terminal.get_or_init(Terminal::open).as_ref()
    }

    /// Prints a line of the result.
    pub(crate) fn print(&self, line: &str) -> Result<()> {
        let _quiet = self.screen.hold();
        writeln!(std::io::stdout().lock(), "{line}").map_err(output)
    }

    /// Prints a JSON document with the version of its schema as the result.
    pub(crate) fn print_json(&self, content: impl Serialize) -> Result<()> {
        self.print_json_line(&Document::new(content))
    }

    /// Prints one of many JSON objects of a result.
    pub(crate) fn print_json_line(&self, line: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(line).map_err(|error| output(error.into()))?;
        self.print(&text)
    }

    /// Says something that is no result.
    pub(crate) fn tell(&self, line: &str) {
        if self.config.config.output.log_format == LogFormat::Json {
            tracing::info!(name: "said", "{line}");
        } else if !self.quiet {
            self.screen.line(line);
        }
    }

    /// Says what failed that belongs to the run, which is incomplete without it.
    pub(crate) fn fail(&self, line: &str) {
        let error = std::io::Error::other(line.to_owned());
        holdall::tree::Observer::problem(&self.progress, None, &error);
    }

    /// Says what went wrong beside the work itself.
    pub(crate) fn warn(&self, line: &str) {
        if self.config.config.output.log_format == LogFormat::Json {
            tracing::warn!(name: "warning", "{line}");
        } else if !self.quiet {
            let word = render::paint(self.screen.color(), render::YELLOW, "warning:");
            self.screen.line(&format!("{word} {line}"));
        }
    }

    /// True if a question would reach a person.
    pub(crate) fn asks(&self) -> bool {
        !self.yes && std::io::stdin().is_terminal()
    }

    /// Asks a question that is answered with yes or no. Without a terminal only `--yes` answers it.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::Unanswered(question.to_owned()));
        }
        let line = self.ask_line(&format!("{question} [y/N] "))?;
        let yes = |line: Vec<u8>| matches!(line.trim_ascii(), b"y" | b"Y" | b"yes" | b"Yes");
        Ok(line.is_some_and(yes))
    }

    /// Asks for a line on the terminal; `None` if there is none, or nothing more comes from it.
    pub(crate) fn ask_line(&self, prompt: &str) -> Result<Option<Vec<u8>>> {
        let Some(terminal) = self.terminal() else { return Ok(None) };
        let quiet = self.screen.hold();
        let answer = terminal.ask(prompt, Echo::Shown, &self.cancel);
        drop(quiet);
        match answer.map_err(output)? {
            Answer::Line(line) => Ok(Some(line)),
            Answer::Stopped => Err(holdall::tree::Error::interrupted().into()),
            Answer::Closed => Ok(None),
        }
    }

    /// Keeps which snapshot was taken, for hooks.
    pub(crate) fn took(&self, snapshot: String) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.snapshot_id = Some(snapshot);
    }

    /// Keeps how much was written, for hooks.
    pub(crate) fn wrote(&self, files: u64, bytes: u64) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        (outcome.files, outcome.bytes) = (Some(files), Some(bytes));
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
        let needed = || holdall::Error::PasswordNeeded { location: location.to_owned() };
        self.ask_password(&format!("password of the repository at {location}: "), needed)
    }

    fn new_password(&self, location: &str) -> holdall::Result<Secret> {
        let needed = || holdall::Error::PasswordNeeded { location: location.to_owned() };
        self.ask_twice(&format!("new password for the repository at {location}: "), needed)
    }

    fn passphrase(&self, name: &str) -> holdall::Result<Secret> {
        let needed = || holdall::Error::PassphraseNeeded { name: name.to_owned() };
        self.ask_password(&format!("passphrase of {name}: "), needed)
    }

    fn new_passphrase(&self, name: &str) -> holdall::Result<Secret> {
        let needed = || holdall::Error::PassphraseNeeded { name: name.to_owned() };
        self.ask_twice(&format!("new passphrase for {name}: "), needed)
    }
}

impl Session {
    fn ask_twice(
        &self,
        prompt: &str,
        needed: impl Fn() -> holdall::Error,
    ) -> holdall::Result<Secret> {
        let first = self.ask_password(prompt, &needed)?;
        let second = self.ask_password("the same again: ", needed)?;
        if first.expose() == second.expose() {
            Ok(first)
        } else {
            Err(holdall::Error::Password { why: "the two are not the same".into() })
        }
    }

    /// Asks on the terminal, which shows nothing of what is typed; `needed` says what is missing if nobody can be asked.
    fn ask_password(
        &self,
        prompt: &str,
        needed: impl Fn() -> holdall::Error,
    ) -> holdall::Result<Secret> {
        let terminal = self.terminal().ok_or_else(&needed)?;
        let _quiet = self.screen.hold();
        match terminal.ask(prompt, Echo::Hidden, &self.cancel).map_err(|_| needed())? {
            Answer::Line(line) if line.is_empty() => {
                Err(holdall::Error::Password { why: "it is empty".into() })
            }
            Answer::Line(line) => Ok(Secret::new(line)),
            Answer::Stopped => Err(holdall::tree::Error::interrupted().into()),
            Answer::Closed => Err(needed()),
        }
    }
}

/// The program for OpenPGP, if there is one.
pub(crate) fn gpg() -> Option<Gpg> {
    std::env::var_os("PATH").and_then(|path| Gpg::find(&path))
}

fn terms(trust: Option<TrustChoice>) -> Terms {
    match trust {
        Some(TrustChoice::Own) => archives::Trust::Own.into(),
        None | Some(TrustChoice::Nothing) => Terms::default(),
        Some(TrustChoice::Strict) => Terms { odd: Odd::Refuse, ..Terms::default() },
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
