//! Values that are one of a few words.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::suggest::nearest;
use super::values::{Raw, Setting, quoted, wrong};

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

            fn read(raw: &Raw<'_>) -> Result<Self, String> {
                match raw {
                    $(Raw::Text($word) | Raw::Variable($word) => Ok(Self::$variant),)*
                    Raw::Text(text) | Raw::Variable(text) => {
                        let near = nearest(text, [$($word),*]);
                        Err(wrong::<Self>(raw) + &near.map_or(Cow::Borrowed(""), |near| format!("; did you mean {near}?").into()))
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
}
