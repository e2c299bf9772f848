//! `holdall dump`

use std::collections::BTreeSet;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use holdall::disk::{Dir, Draft, Replace, publish};
use holdall::dump::{DumpOptions, DumpReport, Item, Looks, Secrets, inspect, prepare, write};
use holdall::git::{Repository, UserSettings};
use holdall::insight::secrets::{Baseline, Finding, Marker, Rules, Vault};
use holdall::insight::todos::Tags;
use holdall::insight::tokens::Encoding;
use holdall::select::Selection;
use holdall::since;
use holdall::source::Opened;
use holdall::text::{Fact, Format, Toc};
use holdall::tree::id::ContentHasher;
use holdall::tree::{ContentHash, Name, RelPath, Timestamp};

use crate::args::{DumpArgs, DumpFormat, SecretsChoice, TocChoice, TokensChoice};
use crate::commands::look::with_sources;
use crate::commands::selection;
use crate::failure::{Failure, Result, output};
use crate::render;
use crate::session::Session;
use crate::wire;

/// The code of a run that left out parts of files to stay within a number of tokens.
const REDUCED: u8 = 3;
/// Bytes that are handed to the system at a time.
const BUFFER: usize = 1 << 18;

pub(super) fn run(session: &Session, args: &DumpArgs) -> Result<u8> {
    let place = Place::of(session, args)?;
    if args.format == Some(DumpFormat::Patch) {
        return patch(session, args, &place);
    }
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let root = source.origin.clone().unwrap_or_else(|| session.places.current.clone());
        let mut select = selection::options(session, &args.select, &root)?;
        if let Place::File(file) = &place {
            select.exclude.extend(own_output(file, &root));
        }
        let gone = match &args.diff_since {
            None => BTreeSet::new(),
            Some(since) => {
                let (repository, dir) = changing(source, since)?;
                let changed = since::changed(&repository, since, dir)?;
                select.git_tracked = Some(changed.present);
                changed.gone
            }
        };
        let mut options = options(session, args, &place, source, &root)?;
        options.facts.extend(args.diff_since.iter().map(|since| Fact::text("since", since)));
        options.gone = gone.iter().map(ToString::to_string).collect();
        let selection = Selection::new(select)?;
        let ctx = session.context();
        let mut items = inspect(&ctx, source.tree(), &selection, &options.looks)?;
        name_secrets(session, &items);
        prepare(&ctx, source.tree(), &mut items, &mut options)?;
        let write = |out: &mut dyn Write| {
            let mut out = BufWriter::with_capacity(BUFFER, out);
            let report = write(&ctx, source.tree(), &items, &mut out, &options)?;
            out.flush().map_err(output)?;
            Ok::<_, Failure>(report)
        };
        let report = match &place {
            _ if session.dry_run => write(&mut std::io::sink())?,
            Place::Output => write(&mut std::io::stdout().lock())?,
            Place::File(file) => to_file(file, args, write)?,
        };
        if let (Some(file), Secrets::Redact(vault)) = (&args.vault, &options.secrets)
            && !session.dry_run
        {
            keep(file, vault)?;
        }
        session.progress.finish();
        show(session, &place, &report)?;
        Ok(if report.reduced > 0 { REDUCED } else { session.code() })
    })
}

/// The repository around a directory whose changes are wanted.
fn changing<'s>(source: &'s Opened<'_>, since: &str) -> Result<(Repository, &'s Path)> {
    match (&source.origin, source.snapshot.is_none()) {
        (Some(dir), true) => Ok((Repository::discover(dir, UserSettings::Read)?, dir)),
        _ => {
            let why = format!(
                "--diff-since {since} compares a directory with a commit, and {} is none",
                source.name
            );
            Err(Failure::Usage(why))
        }
    }
}

/// Writes what changed as a patch.
fn patch(session: &Session, args: &DumpArgs, place: &Place) -> Result<u8> {
    let Some(since) = &args.diff_since else {
        return Err(Failure::Usage("say since which commit with --diff-since REF".into()));
    };
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let (repository, dir) = changing(source, since)?;
        let ctx = session.context();
        if args.secrets != SecretsChoice::Off {
            let accepted = baseline(args.baseline.as_deref())?;
            let found =
                since::secrets(&ctx, &repository, since, dir, &Rules::builtin(), &accepted)?;
            for secret in &found {
                name_secret(session, &secret.path, &secret.finding);
            }
            if !found.is_empty() && args.secrets != SecretsChoice::Report {
                return Err(holdall::Error::Secrets { found: found.len() }.into());
            }
        }
        let write = |out: &mut dyn Write| {
            let mut out = BufWriter::with_capacity(BUFFER, out);
            Ok(since::write_patch(&ctx, &repository, since, dir, &mut out)?)
        };
        let files = match place {
            _ if session.dry_run => write(&mut std::io::sink())?,
            Place::Output => write(&mut std::io::stdout().lock())?,
            Place::File(file) => to_file(file, args, write)?,
        };
        session.progress.finish();
        if let Place::File(file) = place {
            session.print(&render::path(file))?;
        }
        session.tell(&format!("{} changed since {since}", render::count(files, "file")));
        Ok(session.code())
    })
}

/// What the head says of the git repository around a directory, if there is one.
fn git_facts(source: &Opened<'_>) -> Vec<Fact> {
    let dir = source.origin.as_ref().filter(|_| source.snapshot.is_none());
    let Some(Ok(repository)) = dir.map(|dir| Repository::discover(dir, UserSettings::Read)) else {
        return Vec::new();
    };
    // A repository that cannot be read is no reason to leave its files undumped.
    let Ok(head) = repository.describe() else { return Vec::new() };
    let mut facts = Vec::new();
    facts.extend(head.branch.map(|branch| Fact::text("branch", branch)));
    let dirty = if head.dirty == Some(true) { ", with changes" } else { "" };
    facts.extend(head.commit.map(|commit| Fact::text("commit", format!("{commit}{dirty}"))));
    facts.extend(head.remote.map(|remote| Fact::text("remote", remote)));
    facts
}

/// Where a dump goes.
enum Place {
    Output,
    File(PathBuf),
}

impl Place {
    fn of(session: &Session, args: &DumpArgs) -> Result<Self> {
        let terminal = || std::io::stdout().is_terminal();
        match &args.output {
            Some(file) if file == Path::new("-") => Ok(Self::Output),
            Some(file) => Ok(Self::File(session.places.current.join(file))),
            None if terminal() => Err(Failure::Usage(
                "a dump would flood the terminal: write it to a file with -o FILE, or say -o -"
                    .into(),
            )),
            None => Ok(Self::Output),
        }
    }
}

fn options(
    session: &Session,
    args: &DumpArgs,
    place: &Place,
    source: &Opened<'_>,
    root: &Path,
) -> Result<DumpOptions> {
    let ending = match place {
        Place::File(file) => file.extension().and_then(|ending| ending.to_str()),
        Place::Output => None,
    };
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(DumpOptions {
        format: match args.format {
            Some(DumpFormat::Text(format)) => format,
            _ => ending.and_then(Format::parse).unwrap_or(Format::Markdown),
        },
        toc: match args.toc {
            TocChoice::List => Toc::List,
            TocChoice::Tree => Toc::Tree,
            TocChoice::None => Toc::None,
        },
        name: name.unwrap_or_else(|| source.name.clone()),
        generator: concat!("holdall ", env!("CARGO_PKG_VERSION")).to_owned(),
        time: time(session)?,
        facts: git_facts(source),
        gone: Vec::new(),
        looks: Looks {
            tokens: encoding(args.tokens),
            todos: args.todos.then(Tags::default),
            secrets: (args.secrets != SecretsChoice::Off).then(Rules::builtin),
            baseline: baseline(args.baseline.as_deref())?,
        },
        secrets: match args.secrets {
            SecretsChoice::Fail => Secrets::Fail,
            SecretsChoice::Report | SecretsChoice::Off => Secrets::Report,
            SecretsChoice::Redact => Secrets::Redact(vault(args.vault.as_deref())?),
        },
        max_tokens: args.max_tokens,
    })
}

/// How tokens are counted, if they are.
pub(super) fn encoding(choice: TokensChoice) -> Option<Encoding> {
    match choice {
        TokensChoice::O200k => Some(Encoding::O200k),
        TokensChoice::Cl100k => Some(Encoding::Cl100k),
        TokensChoice::Off => None,
    }
}

/// The accepted secrets that a file lists.
pub(super) fn baseline(file: Option<&Path>) -> Result<Baseline> {
    let Some(file) = file else { return Ok(Baseline::default()) };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read the baseline {}: {why}", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| unread(&error))?;
    Baseline::parse(&text).map_err(|error| unread(&error))
}

/// The vault of a file, or an empty one with a key of its own.
pub(super) fn vault(file: Option<&Path>) -> Result<Vault> {
    let fresh = || -> Result<Vault> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| output(std::io::Error::other(error.to_string())))?;
        Ok(Vault::new(Marker::new(key)))
    };
    let Some(file) = file else { return fresh() };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot read the vault {}: {why}", file.display()))
    };
    match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => fresh(),
        Err(error) => Err(unread(&error)),
        Ok(bytes) => Vault::from_bytes(&bytes).map_err(|error| unread(&error)),
    }
}

/// Writes a vault that its owner alone may read. One that is there is replaced by the one that was read from it.
fn keep(file: &Path, vault: &Vault) -> Result<()> {
    whole(file, &vault.to_bytes(), 0o600)
}

/// Writes a file that is whole or not there, in place of one that has the name.
pub(super) fn whole(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let (above, name) = above_and_name(file)?;
    Ok(publish(&Dir::open(above)?, &name, bytes, mode, Replace::Always)?)
}

fn above_and_name(file: &Path) -> Result<(&Path, Name)> {
    let (Some(above), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(Failure::Usage(format!("{} is no name for a file", file.display())));
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    let name = Name::parse(name.as_encoded_bytes());
    Ok((above, name.map_err(|error| Failure::Usage(error.to_string()))?))
}

/// Names each secret by its place and rule, never by what it is.
fn name_secrets(session: &Session, items: &[Item]) {
    for item in items {
        for finding in &item.seen.secrets {
            name_secret(session, &item.record.path, finding);
        }
    }
}

fn name_secret(session: &Session, path: &RelPath, finding: &Finding) {
    let Finding { line, description, rule, .. } = finding;
    session.tell(&format!("secret: {path}:{line}: {description} ({rule})"));
}

/// Now, or what `SOURCE_DATE_EPOCH` says, so that a dump can be made again byte for byte.
fn time(session: &Session) -> Result<Timestamp> {
    let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(session.context().now());
    };
    let seconds = epoch.to_str().and_then(|text| text.parse().ok());
    let why = || Failure::Usage("SOURCE_DATE_EPOCH is not a number of seconds".into());
    Ok(Timestamp::new(seconds.ok_or_else(why)?, 0))
}

/// Patterns that leave out what this run writes, if it lies in the tree.
fn own_output(file: &Path, root: &Path) -> Vec<String> {
    let real = |path: &Path| path.canonicalize().ok();
    let above = file.parent().and_then(real);
    let (Some(above), Some(root), Some(name)) = (above, real(root), file.file_name()) else {
        return Vec::new();
    };
    let Ok(below) = above.strip_prefix(&root) else { return Vec::new() };
    let path = selection::escape(&below.join(name).to_string_lossy());
    vec![format!("/{path}"), format!("/{path}.sha256"), format!("/{path}-tmp-*")]
}

/// Writes a file that is whole or not there, and its checksum beside it.
fn to_file<T>(
    file: &Path,
    args: &DumpArgs,
    write: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<T> {
    let (above, target) = above_and_name(file)?;
    let dir = || Dir::open(above);
    let draft = Draft::create(dir()?, &target, 0o644)?;
    let mut hashed = Hashed { draft, hasher: ContentHasher::default() };
    let report = write(&mut hashed)?;
    let Hashed { draft, hasher } = hashed;
    draft.commit(Replace::Always)?;
    if !args.no_checksum {
        let line = checksum_line(hasher.finish(), target.as_bytes());
        let sidecar = Name::parse([target.as_bytes(), b".sha256"].concat());
        let sidecar = sidecar.map_err(|error| Failure::Usage(error.to_string()))?;
        publish(&dir()?, &sidecar, &line, 0o644, Replace::Always)?;
    }
    Ok(report)
}

/// A line as `sha256sum` writes it: names with a backslash or a line feed are escaped, and the line says so.
fn checksum_line(hash: ContentHash, name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    let sign: &[u8] = if escaped.len() == name.len() { b"" } else { b"\\" };
    [sign, hash.to_string().as_bytes(), b"  ", &escaped, b"\n"].concat()
}

struct Hashed {
    draft: Draft,
    hasher: ContentHasher,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.draft.write(bytes)?;
        self.hasher.update(bytes.get(..n).unwrap_or_default());
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.draft.flush()
    }
}

fn show(session: &Session, place: &Place, report: &DumpReport) -> Result<()> {
    let summary = format!(
        "{}, {}{}, {}{}; tree {}",
        render::count(report.files, "file"),
        render::count(report.lines, "line"),
        report.tokens.map_or(String::new(), |n| format!(", {}", render::count(n, "token"))),
        render::bytes(report.bytes),
        match report.omitted {
            0 => String::new(),
            omitted => format!(", {} left out", render::grouped(omitted)),
        } + &match report.reduced {
            0 => String::new(),
            reduced => format!(", {} shown in part", render::grouped(reduced)),
        },
        report.tree,
    );
    let Place::File(file) = place else {
        session.tell(&summary);
        return Ok(());
    };
    if session.json {
        return session.print_json(wire::DumpWritten {
            path: file.display().to_string(),
            tree: report.tree.to_string(),
            files: report.files,
            lines: report.lines,
            bytes: report.bytes,
            tokens: report.tokens,
            redacted: report.redacted,
            reduced: report.reduced,
            omitted: report.omitted,
            problems: session.progress.problems(),
        });
    }
    session.print(&render::path(file))?;
    session.tell(&summary);
    Ok(())
}
