//! The keys: one table, from which the types, the reader, the merge and the schema come.
//!
//! A key with a default is always present in [`Config`]; one without is an `Option` there, and the operation decides
//! what its absence means.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::databases::Databases;
use super::hooks::Hooks;
use super::looks::{AllowRegex, OutputName, SecretRules, Tag};
use super::setting::{Base, Fault, Raw, Setting};
use super::topic::TopicUrl;
use super::units::{ByteSize, Moment, Span};
use super::values::{Keep, MaxUnused, PackSize, RepositoryUrl, Threads, TokenCount, Wait};
use super::words::{
    Color, Compression, DumpFormat, EntryKind, GroupBy, Hidden, IgnoreFiles, LogFormat, NotifyOn,
    Overwrite, Priority, Progress, Require, Sandbox, SecretsPolicy, TocStyle, Tokens, Verbosity,
};

/// What is known about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its full name, such as `select.max-size`.
    pub name: &'static str,
    /// The section, such as `select`.
    pub section: &'static str,
    /// The name in the section, such as `max-size`. A list of tables that stands for itself is its own section.
    pub short: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What it holds.
    pub expects: &'static str,
}

impl Key {
    /// The environment variable that sets it, such as `HOLDALL_SELECT_MAX_SIZE`.
    #[must_use]
    pub fn variable(&self) -> String {
        match self.name {
            "repository.url" => "HOLDALL_REPOSITORY".to_owned(),
            "repository.password-file" => "HOLDALL_PASSWORD_FILE".to_owned(),
            "repository.password-command" => "HOLDALL_PASSWORD_COMMAND".to_owned(),
            "sealed.identities" => "HOLDALL_IDENTITIES".to_owned(),
            "sealed.passphrase-file" => "HOLDALL_PASSPHRASE_FILE".to_owned(),
            "sealed.passphrase-command" => "HOLDALL_PASSPHRASE_COMMAND".to_owned(),
            name => format!("HOLDALL_{}", name.replace(['.', '-'], "_").to_uppercase()),
        }
    }

    /// What whoever wrote a project could do if its file set this key; then only the user may. `None` if a project may
    /// set it.
    #[must_use]
    pub fn danger(&self) -> Option<&'static str> {
        match self.name {
            "repository.password-command" | "sealed.passphrase-command" => {
                Some("run any command with it")
            }
            "trust.require" | "trust.file" => {
                Some("have you believe what anybody signed, or nobody")
            }
            "notify.url"
            | "notify.token-file"
            | "notify.user"
            | "notify.password-file"
            | "notify.allow-plain-http" => Some("have your token and your messages sent anywhere"),
            "hook" | "database" => Some("run any command with it"),
            "restore.sandbox" => Some("take the protection of a restore away"),
            _ => None,
        }
    }
}

macro_rules! resolved {
    ($type:ty) => { Option<$type> };
    ($type:ty, $default:expr) => { $type };
}

macro_rules! resolve {
    ($value:expr) => {
        $value
    };
    ($value:expr, $default:expr) => {
        $value.unwrap_or_else(|| $default)
    };
}

macro_rules! sections {
    ($(
        $(#[doc = $doc:literal])+
        $section:ident: $full:ident, $partial:ident {
            $($(#[doc = $key_doc:literal])+ $field:ident $name:literal: $type:ty $(= $default:expr)?,)*
        }
    )* tables { $($(#[doc = $list_doc:literal])+ $list:ident: $list_type:ty,)* }) => {
        /// The whole configuration, resolved.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $section: $full,)*
            $($(#[doc = $list_doc])+ pub $list: $list_type,)*
        }

        /// What one layer sets. As a file, without its profiles.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct PartialConfig {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "is_default")]
                pub $section: $partial,
            )*
            $(
                $(#[doc = $list_doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $list: Option<$list_type>,
            )*
        }

        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $full {
                $($(#[doc = $key_doc])+ pub $field: resolved!($type $(, $default)?),)*
            }

            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields, default)]
            pub struct $partial {
                $(
                    $(#[doc = $key_doc])+
                    #[serde(rename = $name, skip_serializing_if = "Option::is_none")]
                    pub $field: Option<$type>,
                )*
            }
        )*

        /// All keys in the order in which they are shown.
        pub const KEYS: &[Key] = &[$($(Key {
            name: concat!(stringify!($section), ".", $name),
            section: stringify!($section),
            short: $name,
            doc: concat!($($key_doc),+).trim_ascii(),
            expects: <$type as Setting>::EXPECTS,
        },)*)* $(Key {
            name: stringify!($list),
            section: stringify!($list),
            short: stringify!($list),
            doc: concat!($($list_doc),+).trim_ascii(),
            expects: <$list_type as Setting>::EXPECTS,
        },)*];

        impl PartialConfig {
            /// Sets the key of this full name, which is one of [`KEYS`].
            pub(crate) fn set(&mut self, key: &str, raw: &Raw<'_>) -> Result<(), Fault> {
                match key {
                    $($(concat!(stringify!($section), ".", $name) => {
                        self.$section.$field = Some(<$type as Setting>::read(raw)?);
                    })*)*
                    $(stringify!($list) => self.$list = Some(<$list_type as Setting>::read(raw)?),)*
                    _ => return Err("there is no such key".to_owned().into()),
                }
                Ok(())
            }

            /// Puts what `over` sets over what is set here, and calls `each` with the keys concerned.
            pub fn overlay(&mut self, over: &Self, each: &mut dyn FnMut(&'static str)) {
                $($(if let Some(value) = &over.$section.$field {
                    self.$section.$field = Some(value.over(self.$section.$field.take()));
                    each(concat!(stringify!($section), ".", $name));
                })*)*
                $(if let Some(value) = &over.$list {
                    self.$list = Some(value.over(self.$list.take()));
                    each(stringify!($list));
                })*
            }

            pub(crate) fn rebase(&mut self, base: Base<'_>) {
                $($(if let Some(value) = &mut self.$section.$field {
                    value.rebase(base);
                })*)*
                $(if let Some(value) = &mut self.$list {
                    value.rebase(base);
                })*
            }

            /// True if the value of a key may lead outside of a project.
            pub(crate) fn leads_outside(&self, key: &str) -> bool {
                match key {
                    $($(concat!(stringify!($section), ".", $name) => {
                        self.$section.$field.as_ref().is_some_and(Setting::leads_outside)
                    })*)*
                    _ => false,
                }
            }

            /// The value of a key in TOML.
            pub(crate) fn show(&self, key: &str) -> Option<String> {
                match key {
                    $($(concat!(stringify!($section), ".", $name) => self.$section.$field.as_ref().map(Setting::show),)*)*
                    $(stringify!($list) => self.$list.as_ref().map(Setting::show),)*
                    _ => None,
                }
            }

            /// What holds where nobody sets anything.
            #[must_use]
            pub fn defaults() -> Self {
                let mut defaults = Self::default();
                $($($(defaults.$section.$field = Some($default);)?)*)*
                defaults
            }

            pub(crate) fn resolve(self) -> Config {
                Config {
                    $($section: $full { $($field: resolve!(self.$section.$field $(, $default)?),)* },)*
                    $($list: self.$list.unwrap_or_default(),)*
                }
            }
        }
    };
}

impl Default for Config {
    /// What holds where nobody sets anything.
    fn default() -> Self {
        PartialConfig::defaults().resolve()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

sections! {
    /// The repository that snapshots are kept in.
    repository: Repository, PartialRepository {
        /// Where it is: a path, or a URL such as s3://bucket/prefix.
        url "url": RepositoryUrl,
        /// The file whose first line is the password.
        password_file "password-file": PathBuf,
        /// The command that prints the password. A project's file may not set it.
        password_command "password-command": String,
        /// How hard new data is compressed.
        compression "compression": Compression = Compression::Auto,
        /// The size that packs are filled to.
        pack_size "pack-size": PackSize = PackSize(ByteSize::mib(16)),
        /// How long to wait for others to let go of it.
        lock_wait "lock-wait": Wait = Wait(0),
    }
    /// How sealed archives and dumps are opened.
    sealed: Sealed, PartialSealed {
        /// Files with keys of age.
        identities "identities": Vec<PathBuf> = Vec::new(),
        /// The file whose first line is the passphrase.
        passphrase_file "passphrase-file": PathBuf,
        /// The command that prints the passphrase. A project's file may not set it.
        passphrase_command "passphrase-command": String,
    }
    /// Whose signatures count.
    trust: Trust, PartialTrust {
        /// What an archive or dump must carry to be used. A project's file may not set it.
        require "require": Require = Require::None,
        /// The file that names the signers; trust.toml beside your own configuration if not set. A project's file may
        /// not set it.
        file "file": PathBuf,
    }
    /// Which entries of a directory are taken.
    select: Select, PartialSelect {
        /// Only what matches one of these patterns.
        include "include": Vec<String> = Vec::new(),
        /// Not what matches one of these patterns.
        exclude "exclude": Vec<String> = Vec::new(),
        /// Files of such patterns.
        exclude_from "exclude-from": Vec<PathBuf> = Vec::new(),
        /// Which ignore files are obeyed; each command has its own default.
        ignore_files "ignore-files": IgnoreFiles,
        /// What becomes of names that begin with a dot; each command has its own default.
        hidden "hidden": Hidden,
        /// The largest file that is taken.
        max_size "max-size": ByteSize,
        /// The smallest file that is taken.
        min_size "min-size": ByteSize,
        /// Only what was changed since then.
        changed_within "changed-within": Moment,
        /// Only what was changed before then.
        changed_before "changed-before": Moment,
        /// Only paths that match one of these regular expressions.
        regex "regex": Vec<String> = Vec::new(),
        /// Only files whose content matches this regular expression.
        contains "contains": String,
        /// Only entries of these kinds.
        kinds "type": Vec<EntryKind> = Vec::new(),
        /// Only what git tracks.
        git "git": bool = false,
        /// Only what git tracks, and what it neither tracks nor ignores.
        untracked "untracked": bool = false,
        /// Leave directories that are tagged as caches.
        exclude_caches "exclude-caches": bool = false,
    }
    /// What snapshots hold.
    snapshot: Snapshot, PartialSnapshot {
        /// Tags that each one gets.
        tags "tags": Vec<String> = Vec::new(),
        /// The name of this machine.
        host "host": String,
        /// What is captured if the command names nothing.
        paths "paths": Vec<PathBuf> = Vec::new(),
        /// Stay on the file system of each path.
        one_file_system "one-file-system": bool = false,
        /// Keep the time of the last access.
        with_atime "with-atime": bool = false,
    }
    /// How a tree becomes one text.
    dump: Dump, PartialDump {
        /// What it is written as; what the ending of its name says, or md, if not set.
        format "format": DumpFormat,
        /// What it is called if the command does not say.
        output "output": OutputName,
        /// How its contents are listed.
        toc "toc": TocStyle = TocStyle::List,
        /// What becomes of secrets.
        secrets "secrets": SecretsPolicy = SecretsPolicy::Fail,
        /// List what comments leave open.
        todos "todos": bool = false,
        /// How tokens are counted, here and in statistics.
        tokens "tokens": Tokens = Tokens::O200k,
        /// The most tokens that it may be; less is shown of less important files.
        max_tokens "max-tokens": TokenCount,
        /// Write a checksum beside it.
        checksum "checksum": bool = true,
    }
    /// How secrets are found.
    secrets: Secrets, PartialSecrets {
        /// Rules beside the built-in ones. Those of all layers add up; one that has the name of another replaces it.
        rules "rules": SecretRules = SecretRules::default(),
        /// Not in files whose path fits one of these regular expressions.
        allow_paths "allow-paths": Vec<AllowRegex> = Vec::new(),
        /// Not what fits one of these regular expressions.
        allow_regexes "allow-regexes": Vec<AllowRegex> = Vec::new(),
        /// The file of accepted secrets.
        baseline "baseline": PathBuf,
    }
    /// How it is found what comments leave open.
    todos: Todos, PartialTodos {
        /// The words that say so; TODO, FIXME, HACK and XXX if not set.
        tags "tags": Vec<Tag> = Vec::new(),
    }
    /// How trees are brought back.
    restore: Restore, PartialRestore {
        /// What becomes of files that are in the way.
        overwrite "overwrite": Overwrite = Overwrite::Changed,
        /// Read everything again before it is put in place.
        verify "verify": bool = false,
        /// Delete what the source does not have.
        delete "delete": bool = false,
        /// The most entries that one restore may write; 1000000 for an archive or a dump if not set.
        max_entries "max-entries": u64,
        /// The most files that one restore may write.
        max_files "max-files": u64,
        /// The most bytes that one restore may write; 10 GiB for an archive or a dump if not set.
        max_bytes "max-bytes": ByteSize,
        /// The largest file that a restore may write; 4 GiB for an archive or a dump if not set.
        max_file_size "max-file-size": ByteSize,
        /// The most bytes that may come of one stored byte; 200 for an archive if not set.
        max_ratio "max-ratio": u64,
        /// The deepest path that a restore may write; 128 for an archive or a dump if not set.
        max_depth "max-depth": u64,
        /// The longest path that a restore may write, in bytes; 4096 for an archive or a dump if not set.
        max_path_length "max-path-length": u64,
        /// The longest target of a link that a restore may write, in bytes; 4095 for an archive or a dump if not set.
        max_link_length "max-link-length": u64,
        /// The longest that a restore may take; an hour for an archive or a dump if not set.
        max_time "max-time": Wait,
        /// Whether it gives up what it does not need before it reads a source, as commands do that look at an archive or a dump.
        /// A project's file may not set it.
        sandbox "sandbox": Sandbox = Sandbox::Auto,
        /// How many points to roll back to are kept; all of them if not set.
        keep_points "keep-points": u64,
    }
    /// Which snapshots are kept. Without any rule, none is forgotten.
    forget: Forget, PartialForget {
        /// The last so many; `"all"`, here and in each rule for periods, sets no bound.
        keep_last "keep-last": Keep,
        /// The last one of each of so many hours.
        keep_hourly "keep-hourly": Keep,
        /// The last one of each of so many days.
        keep_daily "keep-daily": Keep,
        /// The last one of each of so many weeks.
        keep_weekly "keep-weekly": Keep,
        /// The last one of each of so many months.
        keep_monthly "keep-monthly": Keep,
        /// The last one of each of so many years.
        keep_yearly "keep-yearly": Keep,
        /// All within this time before the latest.
        keep_within "keep-within": Span,
        /// The last one of each hour within this time.
        keep_within_hourly "keep-within-hourly": Span,
        /// The last one of each day within this time.
        keep_within_daily "keep-within-daily": Span,
        /// The last one of each week within this time.
        keep_within_weekly "keep-within-weekly": Span,
        /// The last one of each month within this time.
        keep_within_monthly "keep-within-monthly": Span,
        /// The last one of each year within this time.
        keep_within_yearly "keep-within-yearly": Span,
        /// All that have one of these tags.
        keep_tag "keep-tag": Vec<String> = Vec::new(),
        /// By what snapshots are grouped.
        group_by "group-by": Vec<GroupBy> = vec![GroupBy::Host, GroupBy::Paths],
        /// Free the space of what was forgotten.
        prune "prune": bool = false,
    }
    /// How space is freed.
    prune: Prune, PartialPrune {
        /// How much unused data may stay.
        max_unused "max-unused": MaxUnused = MaxUnused::Percent(5),
        /// The most data that is copied to free space.
        max_repack_size "max-repack-size": ByteSize,
    }
    /// What is printed.
    output: Output, PartialOutput {
        /// How progress is shown.
        progress "progress": Progress = Progress::Auto,
        /// When colours are used.
        color "color": Color = Color::Auto,
        /// The form of log lines.
        log_format "log-format": LogFormat = LogFormat::Text,
        /// How much is said.
        verbosity "verbosity": Verbosity = Verbosity::Normal,
        /// One JSON document instead of text for people.
        json "json": bool = false,
    }
    /// Who is told how a run ended, by a server of ntfy.
    notify: Notify, PartialNotify {
        /// The topic that is told, such as `https://ntfy.sh/my-topic`. A project's file may not set it.
        url "url": TopicUrl,
        /// The file whose first line is the access token. A project's file may not set it.
        token_file "token-file": PathBuf,
        /// The user, where there is no token. A project's file may not set it.
        user "user": String,
        /// The file whose first line is the password of the user. A project's file may not set it.
        password_file "password-file": PathBuf,
        /// Send without encryption, to another machine too. A project's file may not set it.
        allow_plain_http "allow-plain-http": bool = false,
        /// What is told.
        on "on": NotifyOn = NotifyOn::Both,
        /// How much it matters; failures matter more unless this says otherwise.
        priority "priority": Priority,
        /// Tags of each message.
        tags "tags": Vec<String> = Vec::new(),
        /// What messages are called.
        title "title": String,
    }
    /// What may be used up.
    limits: Limits, PartialLimits {
        /// How many threads work; as many as there are cores if not set.
        threads "threads": Threads,
        /// The memory that buffers may take.
        max_memory "max-memory": ByteSize,
        /// The deepest nesting of directories.
        max_depth "max-depth": u64 = 4096,
        /// The most entries of one tree.
        max_entries "max-entries": u64,
    }
    tables {
        /// Commands that are run before and after what is done. A project's file may not set them.
        hook: Hooks,
        /// Databases that are captured with a directory. A project's file may not set them.
        database: Databases,
    }
}
