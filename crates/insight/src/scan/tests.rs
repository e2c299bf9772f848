//! What is code, what is a comment, and that cutting changes nothing.

use proptest::prelude::*;

use super::*;
use crate::language::Language;

fn scan(language: &str, text: &str) -> (Counts, Vec<String>) {
    let mut scanner = Scanner::new(Language::named(language).unwrap().syntax());
    let mut comments: Vec<Range<usize>> = Vec::new();
    scanner.feed(text.as_bytes(), 0, true, &mut |range| match comments.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => comments.push(range),
    });
    let comments = comments.iter().map(|range| text[range.clone()].trim().to_owned());
    (scanner.finish(), comments.filter(|comment| !comment.is_empty()).collect())
}

/// Every comment is called `C`, and nothing else is.
#[track_caller]
fn check(language: &str, text: &str, comments: usize) {
    let (_, found) = scan(language, text);
    assert!(found.iter().all(|comment| comment == "C"), "{language}: {found:?} in {text:?}");
    assert_eq!(found.len(), comments, "{language}: {text:?}");
}

#[test]
fn comments_are_found_and_strings_are_not_comments() {
    check("Rust", "let a = \"// no\"; // C\n/* C */ /*C*/ let b = '\"'; // C\n", 4);
    check("Rust", "r#\"\"// no\"# // C\nbr\"\\\" // C\n'\\'' // C\nfn f<'a>(b: &'a str) // C\n", 4);
    check("Rust", "let r = \"a\\\n// no\"; // C\n", 1);
    check("C", "char c = '\"'; // C\nint a = 1; /* C */\n\"\\\"/*no*/\"", 2);
    check("C++", "auto a = R\"x(\" // no )\" )x\"; // C\nint n = 1'000; // C\n", 2);
    check("Python", "a = '# no' # C\n\"\"\"C\"\"\"\nb = \"\"\"no # no\n# no\"\"\" # C\n", 3);
    check("JavaScript", "a = /\"[/*\"]/ // C\nb = c / d // C\nr = `// no\n` // C\n", 3);
    check("JavaScript", "return /[`]/; // C\nx = a /* C */ / b / c // C\n", 3);
    check("Shell", "echo $# '# no' a#b # C\ncat <<EOF\n# no\nEOF\n# C\necho $((1 << 2)) # C\n", 3);
    check("Shell", "echo \\\" \\' # C\n", 1);
    check("Ruby", "a = <<~SQL # C\n  -- '# no\n  SQL\n# C\n=begin\nC\n=end\n# C\n", 4);
    check("PHP", "<p>don't</p> <?php #[A]\n# C\n$a = '// no'; // C\n<<<X\n// no\nX;\n// C\n", 3);
    check("Lua", "a = [[ -- no ]] -- C\n--[==[C]==] b = 1\n", 2);
    check("SQL", "select '-- no' -- C\n/* C */", 2);
    check("Haskell", "f' x = 'x' -- C\n{-C-}\nc = '\"' -- C\n", 3);
    check("OCaml", "let a = \"(* no *)\" (*C*) let c = '\"' (*C*)\n", 2);
    check("HTML", "<a href=\"//x/*\"> <!--C-->\n", 1);
    check("YAML", "a: don't # C\nb: \"# no\" # C\nc: x#y\n", 2);
    check("TOML", "a = '# no' # C\nb = \"\"\"\n# no\"\"\" # C\n", 2);
    check("Makefile", "a: b # C\n\techo 'don' # C\n", 2);
    check("CSS", "a { b: url(\"/*no\") } /* C */", 1);
    check("TeX", "10\\% % C\n", 1);
    check("Common Lisp", "#\\\" ; C\n#| C |#\n", 2);
    check("PowerShell", "<# C #> $a = '# no' # C\n", 2);
    check("Batchfile", "echo a\nREM C\n:: C\n", 2);
    check("Kotlin", "/* C */ val a = \"\"\" // no \"\"\" // C\n", 2);
    check("Go", "a := `// no\n` // C\nr := '\"' // C\n", 2);
    check("C#", "var a = @\"\\\"; // C\n", 1);
    check("Markdown", "# no // no <!-- no -->\n", 0);
}

#[test]
fn blocks_nest_where_the_language_says_so() {
    assert_eq!(scan("Rust", "/* /* */ a */\nb\n").0, Counts { code: 1, comments: 1, blanks: 0 });
    assert_eq!(scan("C", "/* /* */ a */\nb\n").0, Counts { code: 2, comments: 0, blanks: 0 });
}

#[test]
fn lines_are_code_comments_or_blank() {
    let text = "// a\n\nfn b() { // c\n  /* d\n\n  e */\n}\r\n  \t\r\n/* f */ g";
    assert_eq!(scan("Rust", text).0, Counts { code: 3, comments: 3, blanks: 3 });
    let text = "\"\"\"doc\n\nmore\"\"\"\na = '''b\n# c'''\n# d\n";
    assert_eq!(scan("Python", text).0, Counts { code: 2, comments: 3, blanks: 1 });
    assert_eq!(scan("Markdown", "a\n\n b").0, Counts { code: 2, comments: 0, blanks: 1 });
    assert_eq!(scan("Rust", "").0, Counts::default());
    assert_eq!(scan("Rust", "\n").0, Counts { blanks: 1, ..Counts::default() });
}

/// Text in which many things begin.
fn tangled() -> impl Strategy<Value = String> {
    let pieces = [
        "\n", " ", "a", "b_c", "//", "/*", "*/", "#", "\"", "'", "\\", "r#\"", "\"#", "`", "/",
        "[", "]", "<<EOF\n", "EOF", "\nEOF\n", "<!--", "-->", "\"\"\"", "'''", "--[==[", "]==]",
        "R\"x(", ")x\"", "{-", "-}", "(*", "*)", "\r\n", "=begin", "\n=end", "%", "é", "'x'",
        "'\\''", "return ", "  ",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..80)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_in_pieces_counts_as_the_whole(
        text in tangled(),
        language in 0..Language::all().count(),
        sizes in proptest::collection::vec(0_usize..50, 1..20),
    ) {
        let syntax = Language::all().nth(language).unwrap().syntax();
        let mut whole = Scanner::new(syntax);
        let mut expected = vec![false; text.len()];
        whole.feed(text.as_bytes(), 0, true, &mut |range| expected[range].fill(true));

        let mut pieces = Scanner::new(syntax);
        let mut found = vec![false; text.len()];
        let (mut at, mut end) = (0_usize, 0_usize);
        for size in sizes.iter().cycle().map(|size| size + 1) {
            end = text.len().min(end + size);
            let last = end == text.len();
            let begin = at.saturating_sub(BACK);
            let window = &text.as_bytes()[begin..end];
            let next = pieces.feed(window, at - begin, last, &mut |range| {
                found[begin + range.start..begin + range.end].fill(true);
            });
            at = begin + next;
            if last {
                break;
            }
        }
        prop_assert_eq!(at, text.len());
        prop_assert_eq!(found, expected);
        let counts = whole.finish();
        prop_assert_eq!(pieces.finish(), counts);
        let lines = text.split_inclusive('\n').count() as u64;
        prop_assert_eq!(counts.code + counts.comments + counts.blanks, lines);
    }
}
