//! What a dump is to be: flags, and what they leave open.

use std::path::Path;

use holdall::dump::{DumpOptions, Looks, Most, Secrets};
use holdall::git::{Repository, UserSettings};
use holdall::insight::secrets::Rules;
use holdall::insight::todos::Tags;
use holdall::insight::tokens::Encoding;
use holdall::source::Opened;
use holdall::text::{Design, Fact, Format, Toc};
use holdall::tree::Timestamp;

use super::place::{Place, Sidecar};
use super::secrets::{baseline, vault};
use crate::args::{DumpArgs, DumpFormat, SecretsChoice, SelectArgs, TocChoice, TokensChoice};
use crate::failure::{Failure, Result};
use crate::session::Session;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// A tree as one text; only what changed since a commit if one is named.
    Text { format: Format, since: Option<&'a str> },
    /// What changed since a commit.
    Patch { since: &'a str },
}

/// One dump, as it is asked for. Everything is decided but what depends on the source.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    /// Where it goes.
    pub(super) place: Place,
    /// What is written beside it.
    pub(super) sidecar: Sidecar,
    /// Which entries are taken.
    pub(super) select: &'a SelectArgs,
    pub(super) form: Form<'a>,
    /// What stands around the files, if it is not as usual.
    pub(super) design: Option<Design>,
    pub(super) toc: Toc,
    pub(super) secrets: SecretsChoice,
    /// The file that keeps what is taken out.
    pub(super) vault: Option<&'a Path>,
    /// The file of accepted secrets.
    pub(super) baseline: Option<&'a Path>,
    pub(super) todos: bool,
    pub(super) tokens: Option<Encoding>,
    pub(super) max_tokens: Option<u64>,
    /// What each file may be at most, if there may be several.
    pub(super) split: Option<Most>,
    /// False if nothing that an earlier run saw is used, or kept for a later one.
    pub(super) caches: bool,
}

impl<'a> Wanted<'a> {
    /// What the flags say.
    pub(super) fn of(session: &Session, args: &'a DumpArgs) -> Result<Self> {
        let place = Place::of(session, args.output.as_deref())?;
        let by_ending = || place.ending().and_then(Format::parse).unwrap_or(Format::Markdown);
        let split = split(args, &place)?;
        let mut design = None;
        let form = match (args.format.as_ref(), args.diff_since.as_deref()) {
            (Some(DumpFormat::Text(format)), since) => Form::Text { format: *format, since },
            (Some(DumpFormat::Template(file)), since) => {
                let template = self::design(session, file)?;
                let format = template.format();
                design = Some(template);
                Form::Text { format, since }
            }
            (None, since) => Form::Text { format: by_ending(), since },
            (Some(DumpFormat::Patch), Some(since)) => Form::Patch { since },
            (Some(DumpFormat::Patch), None) => {
                return Err(Failure::Usage("say since which commit with --diff-since REF".into()));
            }
        };
        Ok(Self {
            form,
            design,
            place,
            sidecar: if args.no_checksum { Sidecar::None } else { Sidecar::Checksum },
            select: &args.select,
            toc: match args.toc {
                TocChoice::List => Toc::List,
                TocChoice::Tree => Toc::Tree,
                TocChoice::None => Toc::None,
            },
            secrets: args.secrets,
            vault: args.vault.as_deref(),
            baseline: args.baseline.as_deref(),
            todos: args.todos,
            tokens: encoding(args.tokens),
            max_tokens: args.max_tokens,
            split,
            caches: !args.no_cache,
        })
    }

    /// The options of a dump of `source`, whose directory is or was `root`.
    pub(super) fn options(
        &self,
        session: &Session,
        source: &Opened<'_>,
        root: &Path,
        format: Format,
        since: Option<&str>,
    ) -> Result<DumpOptions> {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut facts = git_facts(source);
        facts.extend(since.map(|since| Fact::text("since", since)));
        Ok(DumpOptions {
            format,
            toc: self.toc,
            design: self.design.clone(),
            name: name.unwrap_or_else(|| source.name.clone()),
            generator: concat!("holdall ", env!("CARGO_PKG_VERSION")).to_owned(),
            time: time(session)?,
            facts,
            gone: Vec::new(),
            looks: Looks {
                tokens: self.tokens,
                todos: self.todos.then(Tags::default),
                secrets: (self.secrets != SecretsChoice::Off).then(Rules::builtin),
                baseline: baseline(self.baseline)?,
                ..Looks::default()
            },
            secrets: match self.secrets {
                SecretsChoice::Fail => Secrets::Fail,
                SecretsChoice::Report | SecretsChoice::Off => Secrets::Report,
                SecretsChoice::Redact => Secrets::Redact(vault(self.vault)?),
            },
            max_tokens: self.max_tokens,
        })
    }
}

/// Reads a template. The ending before `.j2` says what it is for.
fn design(session: &Session, file: &Path) -> Result<Design> {
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot use the template {}: {why}", file.display()))
    };
    let source = std::fs::read_to_string(session.places.current.join(file))
        .map_err(|error| unread(&error))?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut endings = name.split('.').skip(1);
    let format = endings.find_map(Format::parse).unwrap_or(Format::Markdown);
    Design::parse(&source, format).map_err(|error| unread(&error))
}

/// What each file of a dump that is split may be at most.
fn split(args: &DumpArgs, place: &Place) -> Result<Option<Most>> {
    let tokens = args
        .split_tokens
        .map(|most| Most::Tokens(most, encoding(args.tokens).unwrap_or(Encoding::O200k)));
    let most = args.split.map(Most::Bytes).or(tokens);
    if most.is_none() {
        return Ok(None);
    }
    if args.format == Some(DumpFormat::Patch) {
        return Err(Failure::Usage("a patch cannot be split".into()));
    }
    match place {
        Place::Output => {
            Err(Failure::Usage("a dump is split into files: name them with -o FILE".into()))
        }
        Place::File(_) => Ok(most),
    }
}

/// How tokens are counted, if they are.
pub(in crate::commands) fn encoding(choice: TokensChoice) -> Option<Encoding> {
    match choice {
        TokensChoice::O200k => Some(Encoding::O200k),
        TokensChoice::Cl100k => Some(Encoding::Cl100k),
        TokensChoice::Off => None,
    }
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

/// Now, or what `SOURCE_DATE_EPOCH` says, so that a dump can be made again byte for byte.
fn time(session: &Session) -> Result<Timestamp> {
    let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(session.context().now());
    };
    let seconds = epoch.to_str().and_then(|text| text.parse().ok());
    let why = || Failure::Usage("SOURCE_DATE_EPOCH is not a number of seconds".into());
    Ok(Timestamp::new(seconds.ok_or_else(why)?, 0))
}
