//! How languages write comments and strings, as far as it takes to tell one from the other.

/// What a scanner must know of a language. Everything is tried at each place in the order of the fields.
#[derive(Debug)]
pub(crate) struct Syntax {
    /// Comments to the end of the line.
    pub(crate) line: &'static [&'static str],
    /// Where a line comment may begin.
    pub(crate) place: Place,
    /// Comments with an end.
    pub(crate) block: &'static [Block],
    /// Strings; a longer opening stands before its beginning.
    pub(crate) strings: &'static [Quote],
    /// What no table can say.
    pub(crate) special: Special,
}

/// Where a line comment may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    /// After a blank, at the beginning of a line, or after one of `;&|()`.
    Word,
    /// Only blanks stand before it.
    First,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    pub(crate) nests: bool,
    /// It begins only where a line does.
    pub(crate) first: bool,
}

#[derive(Debug)]
pub(crate) struct Quote {
    pub(crate) open: &'static str,
    pub(crate) close: &'static str,
    /// The byte that takes the meaning of the next one, or 0.
    pub(crate) escape: u8,
    /// It may hold line ends; else it ends with its line at the latest.
    pub(crate) lines: bool,
    /// A string that begins a line is documentation, as in Python.
    pub(crate) doc: bool,
}

/// Things that have rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    /// `'a'` is a character and `'a` is not.
    Chars,
    /// As `Chars`, and `r#"…"#`.
    Rust,
    /// `R"x(…)x"`, and `1'000` holds no character.
    Cpp,
    /// `/…/` is a pattern where no value stands before it.
    Script,
    /// `--[==[…]==]` and `[==[…]==]`.
    Lua,
    /// A quote after a letter or a digit is no quote: `x'`, `a'b`, `don't`.
    Prime,
    /// As `Prime`, `#[…]` is code, and `<<<END`.
    Php,
    /// As `Prime`, and `<<~END`.
    Ruby,
    /// A backslash takes the meaning of what follows.
    Escape,
    /// As `Escape`, and `<<END`.
    Shell,
    /// Text for people: it has no comments.
    Prose,
    /// Text for programs that has no comments.
    Data,
}

const fn block(open: &'static str, close: &'static str) -> Block {
    Block { open, close, nests: false, first: false }
}

const fn nested(open: &'static str, close: &'static str) -> Block {
    Block { open, close, nests: true, first: false }
}

/// A block that only the beginning of a line opens.
const fn first(open: &'static str, close: &'static str) -> Block {
    Block { open, close, nests: false, first: true }
}

/// With backslashes, on one line.
const fn quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: b'\\', lines: false, doc: false }
}

/// With backslashes, over lines.
const fn long(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: b'\\', lines: true, doc: false }
}

/// As they stand, over lines. A doubled quote ends one string and begins the next, which comes to the same.
const fn raw(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: 0, lines: true, doc: false }
}

/// As they stand, on one line.
const fn bare(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: 0, lines: false, doc: false }
}

const fn pair(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escape: 0, lines: true, doc: false }
}

const fn doc(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escape: b'\\', lines: true, doc: true }
}

const NOTHING: Syntax =
    Syntax { line: &[], place: Place::Anywhere, block: &[], strings: &[], special: Special::None };

const STARS: &[Block] = &[block("/*", "*/")];
const NESTED_STARS: &[Block] = &[nested("/*", "*/")];
const BOTH: &[Quote] = &[quote("\""), quote("'")];
const DOUBLE: &[Quote] = &[quote("\"")];
const BOTH_LONG: &[Quote] = &[long("\""), long("'")];
const TRIPLES: &[Quote] = &[long("\"\"\""), quote("\""), quote("'")];

macro_rules! syntaxes {
    ($($name:ident = { $($field:ident: $value:expr),* $(,)? };)*) => {
        $(pub(crate) static $name: Syntax = {
            let mut syntax = NOTHING;
            $(syntax.$field = $value;)*
            syntax
        };)*
    };
}

syntaxes! {
    TEXT = { special: Special::Prose };
    C = { line: &["//"], block: STARS, strings: BOTH };
    C_NESTED = { line: &["//"], block: NESTED_STARS };
    C_HASH = { line: &["//", "#"], block: STARS, strings: BOTH };
    SLASHES = { line: &["//"], strings: DOUBLE };
    CPP = { line: &["//"], block: STARS, strings: BOTH, special: Special::Cpp };
    CSHARP = {
        line: &["//"],
        block: STARS,
        strings: &[raw("\"\"\""), Quote { open: "@\"", ..raw("\"") }, Quote { open: "$@\"", ..raw("\"") },
            quote("\""), quote("'")],
    };
    JAVA = { line: &["//"], block: STARS, strings: TRIPLES };
    GROOVY = {
        line: &["//"],
        block: STARS,
        strings: &[long("\"\"\""), long("'''"), quote("\""), quote("'")],
    };
    KOTLIN = { line: &["//"], block: NESTED_STARS, strings: &[raw("\"\"\""), quote("\""), quote("'")] };
    SCALA = {
        line: &["//"],
        block: NESTED_STARS,
        strings: &[raw("\"\"\""), quote("\""), quote("'")],
        special: Special::Chars,
    };
    SWIFT = { line: &["//"], block: NESTED_STARS, strings: &[long("\"\"\""), quote("\"")] };
    DART = {
        line: &["//"],
        block: NESTED_STARS,
        strings: &[long("\"\"\""), long("'''"), quote("\""), quote("'")],
    };
    D = {
        line: &["//"],
        block: &[block("/*", "*/"), nested("/+", "+/")],
        strings: &[long("\""), raw("`"), quote("'")],
    };
    GO = { line: &["//"], block: STARS, strings: &[quote("\""), raw("`"), quote("'")] };
    ZIG = { line: &["//", "\\\\"], strings: BOTH };
    RUST = {
        line: &["//"],
        block: NESTED_STARS,
        strings: &[long("\"")],
        special: Special::Rust,
    };
    SCRIPT = {
        line: &["//"],
        block: STARS,
        strings: &[quote("\""), quote("'"), long("`")],
        special: Special::Script,
    };
    SCRIPT_NO_REGEX = { line: &["//"], block: STARS, strings: BOTH_LONG };
    PHP = {
        line: &["//", "#"],
        block: &[block("/*", "*/"), block("<!--", "-->")],
        strings: BOTH_LONG,
        special: Special::Php,
    };
    CSS = { block: STARS, strings: BOTH };
    SCSS = { line: &["//"], place: Place::Word, block: STARS, strings: BOTH };
    HTML = { block: &[block("<!--", "-->")] };
    HTML_SCRIPT = {
        line: &["//"],
        place: Place::First,
        block: &[block("<!--", "-->"), block("/*", "*/")],
        strings: DOUBLE,
    };
    HANDLEBARS = { block: &[block("{{!--", "--}}"), block("{{!", "}}"), block("<!--", "-->")] };
    JINJA = { block: &[block("{#", "#}"), block("<!--", "-->")] };
    DATA = { special: Special::Data };
    PYTHON = {
        line: &["#"],
        strings: &[doc("\"\"\""), doc("'''"), quote("\""), quote("'")],
    };
    HASH = { line: &["#"], place: Place::Word, strings: BOTH, special: Special::Prime };
    HASH_FIRST = { line: &["#"], place: Place::First };
    SHELL = {
        line: &["#"],
        place: Place::Word,
        strings: &[long("\""), raw("'")],
        special: Special::Shell,
    };
    CMAKE = { line: &["#"], block: &[block("#[[", "]]"), block("#[=[", "]=]")], strings: &[long("\"")] };
    RUBY = {
        line: &["#"],
        place: Place::Word,
        block: &[first("=begin", "\n=end")],
        strings: BOTH_LONG,
        special: Special::Ruby,
    };
    PERL = {
        line: &["#"],
        place: Place::Word,
        block: &[first("=pod", "\n=cut"), first("=head", "\n=cut"), first("=over", "\n=cut"),
            first("=item", "\n=cut"), first("=begin", "\n=cut"), first("=encoding", "\n=cut")],
        strings: BOTH_LONG,
        special: Special::Ruby,
    };
    ELIXIR = {
        line: &["#"],
        strings: &[long("\"\"\""), long("'''"), long("\""), quote("'")],
        special: Special::Prime,
    };
    JULIA = {
        line: &["#"],
        block: &[nested("#=", "=#")],
        strings: &[doc("\"\"\""), long("\"")],
    };
    NIM = { line: &["#"], block: &[nested("#[", "]#")], strings: &[raw("\"\"\""), quote("\"")] };
    COFFEE = {
        line: &["#"],
        block: &[block("###", "###")],
        strings: &[long("\"\"\""), long("'''"), long("\""), long("'")],
    };
    NIX = { line: &["#"], block: STARS, strings: &[long("\""), raw("''")] };
    POWERSHELL = {
        line: &["#"],
        place: Place::Word,
        block: &[block("<#", "#>")],
        strings: &[pair("@\"", "\n\"@"), pair("@'", "\n'@"), raw("'"),
            Quote { escape: b'`', ..long("\"") }],
        special: Special::Prime,
    };
    TCL = { line: &["#"], place: Place::Word, strings: &[long("\"")] };
    TOML = {
        line: &["#"],
        strings: &[long("\"\"\""), raw("'''"), quote("\""), bare("'")],
    };
    YAML = { line: &["#"], place: Place::Word, strings: &[long("\""), raw("'")], special: Special::Prime };
    GRAPHQL = { line: &["#"], strings: &[doc("\"\"\""), quote("\"")] };
    INI = { line: &["#", ";"], place: Place::First };
    PROPERTIES = { line: &["#", "!"], place: Place::First };
    M4 = { line: &["dnl", "#"], place: Place::Word };
    LUA = { line: &["--"], strings: BOTH, special: Special::Lua };
    SQL = { line: &["--"], block: STARS, strings: &[raw("'"), raw("\"")] };
    DASHES = { line: &["--"], strings: &[bare("\"")], special: Special::Prime };
    HASKELL = { line: &["--"], block: &[nested("{-", "-}")], strings: DOUBLE, special: Special::Chars };
    LEAN = { line: &["--"], block: &[nested("/-", "-/")], strings: DOUBLE };
    APPLESCRIPT = { line: &["--", "#"], block: &[nested("(*", "*)")], strings: DOUBLE };
    ML = { block: &[nested("(*", "*)"), nested("(:", ":)")], strings: &[long("\"")], special: Special::Chars };
    FSHARP = {
        line: &["//"],
        block: &[nested("(*", "*)")],
        strings: &[raw("\"\"\""), Quote { open: "@\"", ..raw("\"") }, long("\"")],
        special: Special::Chars,
    };
    PASCAL = { line: &["//"], block: &[block("{", "}"), block("(*", "*)")], strings: &[bare("'")] };
    LISP = { line: &[";"], strings: &[long("\"")], special: Special::Escape };
    COMMON_LISP = { line: &[";"], block: &[nested("#|", "|#")], strings: &[long("\"")], special: Special::Escape };
    WAT = { line: &[";;"], block: &[nested("(;", ";)")], strings: DOUBLE };
    SEMICOLON = { line: &[";"], strings: DOUBLE };
    ASSEMBLY = { line: &[";", "//", "#", "@"], place: Place::Word, block: STARS, strings: DOUBLE };
    PERCENT = { line: &["%"], strings: &[long("\"")], special: Special::Prime };
    PERCENT2 = { line: &["%%"], place: Place::Word };
    PROLOG = { line: &["%"], block: STARS, strings: BOTH, special: Special::Prime };
    TEX = { line: &["%"], special: Special::Escape };
    MATLAB = { line: &["%"], block: &[first("%{", "%}")], strings: &[bare("\"")] };
    VIM = { line: &["\""], place: Place::First };
    BASIC = { line: &["'", "REM ", "Rem "], strings: &[bare("\"")] };
    BATCH = { line: &["REM ", "rem ", "Rem ", "@REM ", "@rem ", "::"], place: Place::First };
    QUOTE_FIRST = { line: &["'"], place: Place::First, block: &[block("/'", "'/")] };
    FORTRAN = { line: &["!"], strings: &[bare("\""), bare("'")], special: Special::Prime };
    COBOL = { line: &["*>"], strings: &[bare("\""), bare("'")] };
    FORTH = { line: &["\\ "], place: Place::Word, block: &[block("( ", ")")] };
    ABAP = { line: &["\""], strings: &[bare("'"), bare("`")] };
    ASCIIDOC = { line: &["//"], place: Place::First, block: &[first("////", "\n////")] };
    ROFF = { line: &[".\\\"", "'\\\""], place: Place::First };
    SMALLTALK = { block: &[block("\"", "\"")], strings: &[raw("'")] };
}
