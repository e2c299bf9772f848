//! What a dump is to be: flags, and what they leave open.

use std::path::{Path, PathBuf};

use holdall::codec::Compression;
use holdall::config::{self, Config, OutputName, SecretsPolicy, TocStyle, TokenCount, Tokens};
use holdall::dump::{DumpOptions, Keeping, Looks, Most, Secrets};
use holdall::git::{Repository, UserSettings};
use holdall::insight::secrets::Rules;
use holdall::insight::todos::Tags;
use holdall::insight::tokens::Encoding;
use holdall::output::Sidecar;
use holdall::source::Opened;
use holdall::text::{Design, Fact, Format, Toc};
use holdall::tree::RelPath;

use super::secrets::{baseline, rules, vault};
use crate::args::{DumpArgs, DumpFormat, SelectArgs, TokensChoice};
use crate::commands::place::Place;
use crate::commands::sealing;
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
    /// How it is compressed.
    pub(super) compression: Option<Compression>,
    /// How it is sealed and signed.
    pub(super) seal: &'a sealing::Wanted,
    /// What is written beside it.
    pub(super) sidecar: Sidecar,
    /// What becomes of the dump that was there.
    pub(super) old: Option<Keeping>,
    /// Which entries are taken: flags, and the settings that they beat.
    pub(super) select: (&'a SelectArgs, &'a config::Select),
    pub(super) form: Form<'a>,
    /// What stands around the files, if it is not as usual.
    pub(super) design: Option<Design>,
    pub(super) toc: Toc,
    pub(super) secrets: SecretsPolicy,
    /// The file that keeps what is taken out.
    pub(super) vault: Option<&'a Path>,
    /// The file of accepted secrets.
    pub(super) baseline: Option<&'a Path>,
    /// By what secrets are found.
    pub(super) rules: Rules,
    /// What comments leave open is listed, by these words.
    pub(super) todos: Option<&'a config::Todos>,
    pub(super) tokens: Option<Encoding>,
    pub(super) max_tokens: Option<u64>,
    /// What each file may be at most, if there may be several.
    pub(super) split: Option<Most>,
    /// False if nothing that an earlier run saw is used, or kept for a later one.
    pub(super) caches: bool,
    /// Where the source lies in what is dumped part by part.
    pub(super) part: Option<&'a RelPath>,
    /// Files that are written beside it, whole paths.
    beside: Vec<PathBuf>,
    /// Files that are written meanwhile and belong to no dump.
    pub(super) others: &'a [PathBuf],
}

impl<'a> Wanted<'a> {
    /// What flags say, and over what they leave open the settings of `config`. It is written to `place`.
    pub(super) fn of(
        config: &'a Config,
        args: &'a DumpArgs,
        place: Place,
        seal: &'a sealing::Wanted,
    ) -> Result<Self> {
        let settings = &config.dump;
        let plain = place.plain(args.seal.encrypt);
        let tokens = encoding(args.tokens, settings);
        let split = split(args, &place, tokens)?;
        let design = design(args)?;
        let form = match (args.format.as_ref(), args.diff_since.as_deref()) {
            (Some(DumpFormat::Patch), Some(since)) => Form::Patch { since },
            (Some(DumpFormat::Patch), None) => {
                return Err(Failure::Usage("say since which commit with --diff-since REF".into()));
            }
            (_, since) => {
                let of_design = design.as_ref().map(Design::format);
                let format = of_design.unwrap_or_else(|| format(args, settings, plain.ending()));
                Form::Text { format, since }
            }
        };
        let old = args.archive_old.map(|packing| Keeping { packing, most: args.keep });
        if old.is_some() && place == Place::Output {
            let why = "an old dump is kept beside the new one: name that with -o FILE";
            return Err(Failure::Usage(why.into()));
        }
        let checksum = settings.checksum && !args.no_checksum;
        let todos = args.todos || settings.todos;
        let max_tokens = args.max_tokens.or(settings.max_tokens);
        Ok(Self {
            form,
            design,
            compression: plain.compression(),
            place,
            seal,
            sidecar: if checksum { Sidecar::Checksum } else { Sidecar::None },
            old,
            select: (&args.select, &config.select),
            toc: match args.toc.map_or(settings.toc, Into::into) {
                TocStyle::List => Toc::List,
                TocStyle::Tree => Toc::Tree,
                TocStyle::None => Toc::None,
            },
            secrets: args.secrets.map_or(settings.secrets, Into::into),
            vault: args.vault.as_deref(),
            baseline: args.baseline.as_deref().or(config.secrets.baseline.as_deref()),
            rules: rules(&config.secrets)?,
            todos: todos.then_some(&config.todos),
            tokens,
            max_tokens: max_tokens.map(|most| most.0),
            split,
            caches: !args.no_cache,
            part: None,
            beside: beside(args),
            others: &[],
        })
    }

    /// The files that a run writes. None of them belongs into a dump.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.place.file().into_iter().chain(self.beside.iter().cloned()).collect()
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
            time: session.source_date()?.unwrap_or_else(|| session.context().now()),
            facts,
            gone: Vec::new(),
            looks: Looks {
                tokens: self.tokens,
                todos: self.todos.map(tags),
                secrets: (self.secrets != SecretsPolicy::Off).then(|| self.rules.clone()),
                baseline: baseline(self.baseline)?,
                ..Looks::default()
            },
            secrets: match self.secrets {
                SecretsPolicy::Fail => Secrets::Fail,
                SecretsPolicy::Report | SecretsPolicy::Off => Secrets::Report,
                SecretsPolicy::Redact => Secrets::Redact(vault(self.vault)?),
            },
            max_tokens: self.max_tokens,
        })
    }
}

/// The vault and the file of metrics.
fn beside(args: &DumpArgs) -> Vec<PathBuf> {
    let files = [&args.vault, &args.after.metrics].into_iter().flatten();
    files.map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone())).collect()
}

/// The template that is asked for. The ending before `.j2` says what it is for.
fn design(args: &DumpArgs) -> Result<Option<Design>> {
    let Some(DumpFormat::Template(file)) = &args.format else { return Ok(None) };
    let unread = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("cannot use the template {}: {why}", file.display()))
    };
    let source = std::fs::read_to_string(file).map_err(|error| unread(&error))?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut endings = name.split('.').skip(1);
    let format = endings.find_map(Format::parse).unwrap_or(Format::Markdown);
    Design::parse(&source, format).map(Some).map_err(|error| unread(&error))
}

/// What each file of a dump that is split may be at most.
fn split(args: &DumpArgs, place: &Place, tokens: Option<Encoding>) -> Result<Option<Most>> {
    let by_tokens = |most: TokenCount| Most::Tokens(most.0, tokens.unwrap_or(Encoding::O200k));
    let most = args.split.map(Most::Bytes).or(args.split_tokens.map(by_tokens));
    match (most, place) {
        (Some(_), _) if args.format == Some(DumpFormat::Patch) => {
            Err(Failure::Usage("a patch cannot be split".into()))
        }
        (Some(_), Place::Output) => {
            Err(Failure::Usage("a dump is split into files: name them with -o FILE".into()))
        }
        _ => Ok(most),
    }
}

/// The format of a dump: the flag, the ending of the file that a flag names, the setting, the ending of the name that
/// is set, Markdown.
pub(super) fn format(args: &DumpArgs, settings: &config::Dump, ending: Option<&str>) -> Format {
    let flag = args.format.as_ref().and_then(|format| match format {
        DumpFormat::Text(format) => Some(*format),
        DumpFormat::Template(_) | DumpFormat::Patch => None,
    });
    let ending = ending.and_then(Format::parse);
    let named = args.output.as_ref().and(ending);
    let setting = settings.format.map(config::DumpFormat::format);
    flag.or(named).or(setting).or(ending).unwrap_or(Format::Markdown)
}

/// What the name of a dump ends with where it says `{ext}`.
pub(super) fn ending(
    args: &DumpArgs,
    settings: &config::Dump,
    name: &OutputName,
) -> Result<&'static str> {
    if args.format == Some(DumpFormat::Patch) {
        return Ok("patch");
    }
    if let Some(design) = design(args)? {
        return Ok(design.format().name());
    }
    let own = Place::File(name.as_str().into()).plain(args.seal.encrypt);
    Ok(format(args, settings, own.ending()).name())
}

/// How tokens are counted, if they are.
pub(in crate::commands) fn encoding(
    choice: Option<TokensChoice>,
    settings: &config::Dump,
) -> Option<Encoding> {
    match choice.map_or(settings.tokens, Into::into) {
        Tokens::O200k => Some(Encoding::O200k),
        Tokens::Cl100k => Some(Encoding::Cl100k),
        Tokens::Off => None,
    }
}

/// The words for what is left open.
pub(in crate::commands) fn tags(settings: &config::Todos) -> Tags {
    match settings.tags.as_slice() {
        [] => Tags::default(),
        tags => Tags::new(tags.iter().map(config::Tag::as_str)),
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
