//! OpenPGP, by the program `gpg`: its keys, its agent and its settings of trust are those of the user already.
//!
//! Bytes go through pipes, a passphrase through the same pipe before them, and what came of it is read from the lines for
//! programs. What `gpg` writes counts only when it has said that all of it was proved.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::error::{Error, Result};
use crate::sign::SIGNATURE_BYTES_MAX;

/// The most that is read of what `gpg` says, in bytes.
const STATUS_BYTES_MAX: u64 = 256 << 10;
/// Bytes that go through a pipe at once.
const PIECE_BYTES: usize = 64 << 10;
/// What each line for programs begins with.
const PREFIX: &str = "[GNUPG:] ";

/// The program, found once.
#[derive(Debug, Clone)]
pub struct Gpg {
    program: PathBuf,
    home: Option<PathBuf>,
}

impl Gpg {
    /// Finds the program in the directories of `path`, which is written like the variable `PATH`. Those that are not
    /// absolute could be anybody's, so they are passed over.
    #[must_use]
    pub fn find(path: &OsStr) -> Option<Self> {
        std::env::split_paths(path)
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join("gpg"))
            .find(|program| {
                let is_program = |meta: std::fs::Metadata| {
                    meta.is_file() && meta.permissions().mode() & 0o111 != 0
                };
                program.metadata().is_ok_and(is_program)
            })
            .map(|program| Self { program, home: None })
    }

    /// With the keys in this directory instead of those of the user.
    #[must_use]
    pub fn at_home(self, home: PathBuf) -> Self {
        Self { home: Some(home), ..self }
    }

    /// Opens what `sealed` gives and writes it to `plain`, not more than `limit` bytes. Without a passphrase the agent
    /// of the user is asked.
    ///
    /// # Errors
    /// If it cannot be opened or was not proved to its end; what was written to `plain` must not be used then.
    pub fn decrypt(
        &self,
        sealed: &mut dyn Read,
        passphrase: Option<&[u8]>,
        plain: &mut (dyn Write + Send),
        limit: u64,
    ) -> Result<()> {
        let mut command = self.command(passphrase.is_some());
        command.arg("--decrypt");
        let run = pipe(&mut command, plain, limit, |stdin| {
            first_line(stdin, passphrase)?;
            copy(sealed, stdin)
        })?;
        judge_decryption(&run, passphrase.is_some())
    }

    /// Seals what `write` writes for the owners of `recipients`, each of them the ID or fingerprint of a key.
    ///
    /// # Errors
    /// If a key is not there or cannot be used, or something cannot be written.
    pub fn encrypt<T>(
        &self,
        recipients: &[String],
        sealed: &mut (dyn Write + Send),
        write: impl FnOnce(&mut dyn Write) -> T,
    ) -> Result<T> {
        if recipients.is_empty() {
            return Err(Error::Nobody);
        }
        // Which key a name means depends on who has put which keys where; a number does not.
        for recipient in recipients {
            if !is_key_id(recipient) {
                let why =
                    "a key of OpenPGP is named by its fingerprint or the last 16 digits of it";
                return Err(Error::Recipient { text: recipient.clone(), why });
            }
        }
        let mut command = self.command(false);
        command.args(["--trust-model", "always", "--compress-algo", "none", "--encrypt"]);
        for recipient in recipients {
            command.args(["--recipient", recipient]);
        }
        let mut written = None;
        let run = pipe(&mut command, sealed, u64::MAX, |stdin| {
            written = Some(write(stdin));
            Ok(())
        })?;
        let invalid = run.status.line("INV_RECP").map(str::to_owned);
        match (written, invalid) {
            (_, Some(line)) => {
                let text = line.split(' ').next_back().unwrap_or_default().to_owned();
                Err(Error::Recipient { text, why: "gpg has no usable key for it" })
            }
            (Some(written), None) if run.exit.success() && run.status.has("END_ENCRYPTION") => {
                Ok(written)
            }
            _ => Err(run.failed()),
        }
    }

    /// Checks the signature in the file at `signature` against what `data` gives.
    pub(crate) fn run_verify(&self, signature: &Path, data: &mut dyn Read) -> Result<Run> {
        let mut command = self.command(false);
        command.args(["--no-auto-key-retrieve", "--weak-digest", "SHA1", "--verify"]);
        command.arg(signature).arg("-");
        pipe(&mut command, &mut io::sink(), 0, |stdin| copy(data, stdin))
    }

    /// Signs what `data` gives with the secret key that has this fingerprint, armored. Without a passphrase the agent of the
    /// user is asked.
    ///
    /// # Errors
    /// If there is no such key or it cannot be used.
    pub(crate) fn sign(
        &self,
        fingerprint: &str,
        passphrase: Option<&[u8]>,
        data: &mut dyn Read,
    ) -> Result<String> {
        let mut command = self.command(passphrase.is_some());
        command.args(["--armor", "--local-user", fingerprint, "--detach-sign"]);
        let mut signature = Vec::new();
        let run = pipe(&mut command, &mut signature, SIGNATURE_BYTES_MAX as u64, |stdin| {
            first_line(stdin, passphrase)?;
            copy(data, stdin)
        })?;
        if run.exit.success() && run.status.has("SIG_CREATED") {
            return String::from_utf8(signature)
                .map_err(|_| Error::Gpg { why: "its signature is no text".to_owned() });
        }
        Err(match () {
            () if run.status.has("INV_SGNR") => {
                Error::SignKey { why: "gpg has no usable secret key with this fingerprint" }
            }
            () if run.status.has("BAD_PASSPHRASE") => Error::WrongPassphrase,
            () => run.failed(),
        })
    }

    fn command(&self, passphrase: bool) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--batch", "--no-tty", "--no-options", "--disable-dirmngr", "--quiet"]);
        command.args(["--status-fd", "2", "--logger-file", "/dev/null"]);
        if passphrase {
            command.args(["--pinentry-mode", "loopback", "--passphrase-fd", "0"]);
        }
        if let Some(home) = &self.home {
            command.arg("--homedir").arg(home);
        }
        command.env("LC_ALL", "C");
        command
    }
}

/// True for at least 16 hexadecimal digits.
fn is_key_id(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    (16..=64).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn first_line(stdin: &mut dyn Write, passphrase: Option<&[u8]>) -> io::Result<()> {
    let Some(passphrase) = passphrase else { return Ok(()) };
    stdin.write_all(passphrase)?;
    stdin.write_all(b"\n")
}

/// What a run said, and how it ended.
pub(crate) struct Run {
    pub(crate) exit: ExitStatus,
    pub(crate) status: Status,
}

impl Run {
    pub(crate) fn failed(&self) -> Error {
        let line = self.status.lines.iter().rev().find(|line| {
            ["FAILURE ", "ERROR ", "NODATA ", "INV_"].iter().any(|word| line.starts_with(word))
        });
        let why = line.map_or_else(|| self.exit.to_string(), Clone::clone);
        Error::Gpg { why: why.chars().filter(|c| !c.is_control()).take(200).collect() }
    }
}

/// The lines for programs, without what each begins with.
pub(crate) struct Status {
    lines: Vec<String>,
}

impl Status {
    /// What follows the first line of this keyword.
    pub(crate) fn line(&self, keyword: &str) -> Option<&str> {
        self.rests(keyword).next()
    }

    /// So many lines are of this keyword.
    pub(crate) fn count(&self, keyword: &str) -> usize {
        self.rests(keyword).count()
    }

    fn rests<'s>(&'s self, keyword: &str) -> impl Iterator<Item = &'s str> {
        self.lines.iter().filter_map(move |line| {
            let rest = line.strip_prefix(keyword)?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
        })
    }

    #[cfg(test)]
    pub(crate) fn of(lines: Vec<String>) -> Self {
        Self { lines }
    }

    pub(crate) fn has(&self, keyword: &str) -> bool {
        self.line(keyword).is_some()
    }
}

/// A child that does not outlive this value.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        // It may have ended, which is just as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command: `feed` writes to it, what it writes goes to `out`.
fn pipe(
    command: &mut Command,
    out: &mut (dyn Write + Send),
    limit: u64,
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Run> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = command.spawn().map_err(|error| Error::Gpg { why: error.to_string() })?;
    let mut child = Kept(started);
    let (stdin, stdout, stderr) =
        (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(Error::Gpg { why: "it has no pipes".to_owned() });
    };
    let (fed, copied, status) = std::thread::scope(|scope| {
        let copied = scope.spawn(move || copy_limited(stdout, out, limit));
        let status = scope.spawn(move || status(stderr));
        let fed = feed(&mut stdin);
        drop(stdin);
        (fed, copied.join(), status.join())
    });
    let lost = |_| Error::Gpg { why: "a thread was lost".to_owned() };
    let (copied, status) = (copied.map_err(lost)?, status.map_err(lost)?);
    match fed {
        // It has seen enough, and says below why.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        fed => fed?,
    }
    copied?;
    let exit = child.0.wait()?;
    Ok(Run { exit, status: status? })
}

fn copy(read: &mut dyn Read, write: &mut dyn Write) -> io::Result<()> {
    let mut buffer = zeroize::Zeroizing::new(vec![0; PIECE_BYTES]);
    loop {
        match read.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => write.write_all(buffer.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn copy_limited(read: impl Read, out: &mut (dyn Write + Send), limit: u64) -> Result<()> {
    let mut read = read.take(limit);
    copy(&mut read, out)?;
    match read.limit() {
        0 if limit < u64::MAX && read.into_inner().read(&mut [0])? > 0 => {
            Err(Error::TooMuch { limit })
        }
        _ => Ok(()),
    }
}

fn status(stderr: impl Read) -> io::Result<Status> {
    let mut text = Vec::new();
    let mut limited = stderr.take(STATUS_BYTES_MAX);
    limited.read_to_end(&mut text)?;
    io::copy(&mut limited.into_inner(), &mut io::sink())?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.strip_prefix(PREFIX)).map(str::to_owned);
    Ok(Status { lines: lines.collect() })
}

fn judge_decryption(run: &Run, by_passphrase: bool) -> Result<()> {
    let Run { exit, status } = run;
    let aead = || {
        let kind = status.line("DECRYPTION_INFO").and_then(|line| line.split(' ').nth(2));
        kind.is_some_and(|kind| kind != "0")
    };
    let proved = status.has("DECRYPTION_OKAY") && (status.has("GOODMDC") || aead());
    let failed = ["DECRYPTION_FAILED", "BADMDC", "BADSIG"].iter().any(|word| status.has(word));
    if exit.success() && proved && !failed {
        return Ok(());
    }
    let asked = status.has("NEED_PASSPHRASE") || status.has("NEED_PASSPHRASE_SYM");
    Err(match () {
        // What was given out before is not what was sealed, or not all of it.
        () if status.has("PLAINTEXT") => Error::Damaged { why: "its proof of integrity fails" },
        () if status.has("NO_SECKEY") => Error::NoKey,
        // It is sealed for keys, none of which it tried.
        () if status.has("ENC_TO") && !asked && !status.has("DECRYPTION_KEY") => Error::NoKey,
        () if asked && by_passphrase => Error::WrongPassphrase,
        () if status.has("BAD_PASSPHRASE") => Error::WrongPassphrase,
        () if asked => Error::NeedsPassphrase,
        () if status.has("NODATA") => Error::Damaged { why: "it holds nothing that is sealed" },
        () if status.has("DECRYPTION_FAILED") => Error::Damaged { why: "gpg cannot decrypt it" },
        () => run.failed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(success: bool, lines: &[&str], by_passphrase: bool) -> Result<()> {
        let exit = Command::new(if success { "true" } else { "false" }).status().unwrap();
        let lines = lines.iter().map(ToString::to_string).collect();
        judge_decryption(&Run { exit, status: Status { lines } }, by_passphrase)
    }

    #[test]
    fn only_what_was_proved_counts_as_decrypted() {
        let whole = [
            "BEGIN_DECRYPTION",
            "DECRYPTION_INFO 2 9",
            "PLAINTEXT 62 0 ",
            "DECRYPTION_OKAY",
            "GOODMDC",
        ];
        judged(true, &whole, false).unwrap();
        judged(true, &["DECRYPTION_INFO 0 9 2", "DECRYPTION_OKAY"], false).unwrap();
        for missing in [3, 4] {
            let mut lines = whole.to_vec();
            lines.remove(missing);
            assert!(matches!(judged(true, &lines, false), Err(Error::Damaged { .. })));
        }
        assert!(judged(false, &whole, false).is_err());
        for bad in ["BADMDC", "DECRYPTION_FAILED", "BADSIG x y"] {
            assert!(judged(true, &[&whole[..], &[bad]].concat(), false).is_err(), "{bad}");
        }
        assert!(matches!(judged(false, &["NO_SECKEY AB"], false), Err(Error::NoKey)));
        let foreign = ["ENC_TO 93055F05389713ED 1 0", "BEGIN_DECRYPTION", "DECRYPTION_FAILED"];
        assert!(matches!(judged(false, &foreign, false), Err(Error::NoKey)));
        let asked = ["NEED_PASSPHRASE_SYM 9 3 10", "DECRYPTION_FAILED"];
        assert!(matches!(judged(false, &asked, true), Err(Error::WrongPassphrase)));
        assert!(matches!(judged(false, &asked, false), Err(Error::NeedsPassphrase)));
    }

    #[test]
    fn a_key_is_named_by_digits_only() {
        assert!(is_key_id("0123456789abcDEF") && is_key_id("0x0123456789abcDEF"));
        for bad in ["", "01234567", "ada@example.org", "0123456789abcdeg", "--output=x1234567"] {
            assert!(!is_key_id(bad), "{bad}");
        }
    }

    #[test]
    fn the_program_is_not_taken_from_a_relative_directory() {
        assert!(Gpg::find(OsStr::new("bin:.:")).is_none());
    }
}
