//! Values that are one of a few words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Fault, Raw, Setting, quoted, wrong};
use super::suggest::nearest;

macro_rules! words {
    ($($(#[$doc:meta])* $type:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $type {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $type {
            /// The word for it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl Setting for $type {
            const EXPECTS: &'static str = concat!("one of", $(" ", $word),*);

            fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
                match raw {
                    $(Raw::Text($word) | Raw::Variable($word) => Ok(Self::$variant),)*
                    Raw::Text(text) | Raw::Variable(text) => {
                        let near = nearest(text, [$($word),*]);
                        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                        Err((wrong::<Self>(raw).reason + &hint).into())
                    }
                    _ => Err(wrong::<Self>(raw)),
                }
            }

            fn show(&self) -> String {
                quoted(self.word())
            }
        }
    )*};
}

words! {
    /// How hard new data is compressed.
    Compression {
        /// Not at all.
        Off = "off",
        /// As fast as can be.
        Fastest = "fastest",
        /// A good balance.
        Auto = "auto",
        /// Smaller and slower.
        Better = "better",
        /// As small as can be.
        Max = "max",
    }
    /// Whether a restore gives up what it does not need before it reads a source.
    Sandbox {
        /// As far as the system can.
        Auto = "auto",
        /// Not at all.
        Off = "off",
        /// Wholly, or nothing is restored.
        Require = "require",
        /// As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes.
        Wasm = "wasm",
    }
    /// What hooks stand around.
    Operation {
        /// A snapshot is taken.
        Snapshot = "snapshot",
        /// A source is brought back.
        Restore = "restore",
        /// An archive is written.
        Archive = "archive",
        /// A clone is made.
        Clone = "clone",
        /// A dump is written.
        Dump = "dump",
        /// A source is turned into another form.
        Convert = "convert",
    }
    /// When a hook is run.
    Stage {
        /// Before anything is done.
        Start = "start",
        /// When all was done.
        Success = "success",
        /// When it was done, but not all of it.
        Warning = "warning",
        /// When it was not done.
        Failure = "failure",
        /// However it ended, and last.
        End = "end",
    }
    /// What becomes of a run whose hook fails.
    HookFailure {
        /// Before anything is done, nothing is done; afterwards the run is incomplete.
        Stop = "stop",
        /// It is told, and the run goes on as if it had not failed.
        Warn = "warn",
        /// Only the log has it.
        Ignore = "ignore",
    }
    /// Kinds of databases.
    DatabaseKind {
        /// PostgreSQL.
        Postgresql = "postgresql",
        /// MariaDB.
        Mariadb = "mariadb",
        /// MySQL.
        Mysql = "mysql",
    }
    /// How a database is written.
    DatabaseFormat {
        /// As statements.
        Sql = "sql",
        /// As an archive of `pg_dump`.
        Custom = "custom",
    }
    /// What a database is captured into.
    CaptureInto {
        /// Snapshots.
        Snapshot = "snapshot",
        /// Archives.
        Archive = "archive",
        /// Clones.
        Clone = "clone",
        /// Dumps.
        Dump = "dump",
    }
    /// What an archive or dump must carry to be used.
    Require {
        /// Nothing.
        None = "none",
        /// A signature that fits, by anybody.
        Any = "any",
        /// A signature by somebody whom the trust file names.
        Trusted = "trusted",
    }
    /// Which ignore files are obeyed.
    IgnoreFiles {
        /// None.
        None = "none",
        /// Our own.
        Own = "own",
        /// Those of git and of other tools too.
        All = "all",
    }
    /// What becomes of names that begin with a dot.
    Hidden {
        /// They are taken.
        Take = "take",
        /// They are left.
        Leave = "leave",
    }
    /// Kinds of entries.
    EntryKind {
        /// Regular files.
        File = "file",
        /// Directories.
        Dir = "dir",
        /// Symbolic links.
        Symlink = "symlink",
        /// Named pipes.
        Fifo = "fifo",
        /// Sockets.
        Socket = "socket",
        /// Character devices.
        Chardev = "chardev",
        /// Block devices.
        Dev = "dev",
    }
    /// What becomes of files that are in the way of a restore.
    Overwrite {
        /// All are written anew.
        Always = "always",
        /// Those that differ are.
        Changed = "changed",
        /// None is.
        Never = "never",
        /// Each is asked about.
        Ask = "ask",
    }
    /// By what snapshots are grouped before some are forgotten.
    GroupBy {
        /// By the machine.
        Host = "host",
        /// By what was captured.
        Paths = "paths",
        /// By all tags.
        Tags = "tags",
    }
    /// Which ends of a run are told.
    NotifyOn {
        /// That it did what it was to do.
        Success = "success",
        /// That it failed.
        Failure = "failure",
        /// Either.
        Both = "both",
    }
    /// How much a message matters.
    Priority {
        /// No sound.
        Min = "min",
        /// Less than others.
        Low = "low",
        /// As others.
        Default = "default",
        /// More than others.
        High = "high",
        /// As much as can be.
        Max = "max",
    }
    /// How progress is shown.
    Progress {
        /// A bar on a terminal, nothing elsewhere.
        Auto = "auto",
        /// A bar.
        Bar = "bar",
        /// Lines.
        Plain = "plain",
        /// Lines of JSON.
        Json = "json",
        /// Not at all.
        None = "none",
    }
    /// When colours are used.
    Color {
        /// On a terminal.
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
    /// The form of log lines.
    LogFormat {
        /// For people.
        Text = "text",
        /// For programs.
        Json = "json",
    }
    /// How much is said.
    Verbosity {
        /// Errors only.
        Quiet = "quiet",
        /// What matters.
        Normal = "normal",
        /// What is done.
        Verbose = "verbose",
        /// Everything.
        Debug = "debug",
    }
    /// What a dump is written as.
    DumpFormat {
        /// Markdown.
        Markdown = "md",
        /// XML.
        Xml = "xml",
        /// JSON.
        Json = "json",
        /// YAML.
        Yaml = "yaml",
        /// TOML.
        Toml = "toml",
        /// CSV.
        Csv = "csv",
        /// Plain text.
        Text = "txt",
        /// A page for a browser.
        Html = "html",
    }
    /// How a dump lists its contents.
    TocStyle {
        /// One line for each file.
        List = "list",
        /// Directories with what they hold.
        Tree = "tree",
        /// Not at all.
        None = "none",
    }
    /// What becomes of secrets in a dump.
    SecretsPolicy {
        /// Nothing is written if there are any.
        Fail = "fail",
        /// Each is replaced by a placeholder.
        Redact = "redact",
        /// They are written and listed.
        Report = "report",
        /// Nobody looks for them.
        Off = "off",
    }
    /// How tokens are counted.
    Tokens {
        /// As the models since GPT-4o do.
        O200k = "o200k",
        /// As GPT-4 does.
        Cl100k = "cl100k",
        /// Not at all.
        Off = "off",
    }
    /// How much harm a secret does.
    SecretSeverity {
        /// Little: half of a secret.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is made by a macro")]
impl Default for SecretSeverity {
    fn default() -> Self {
        Self::High
    }
}

impl SecretSeverity {
    pub(crate) fn severity(self) -> holdall_insight::secrets::Severity {
        use holdall_insight::secrets::Severity;
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
        }
    }
}

impl DumpFormat {
    /// The format itself.
    #[must_use]
    pub fn format(self) -> holdall_dump::Format {
        use holdall_dump::Format;
        match self {
            Self::Markdown => Format::Markdown,
            Self::Xml => Format::Xml,
            Self::Json => Format::Json,
            Self::Yaml => Format::Yaml,
            Self::Toml => Format::Toml,
            Self::Csv => Format::Csv,
            Self::Text => Format::Text,
            Self::Html => Format::Html,
        }
    }
}
