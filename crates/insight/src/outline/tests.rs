//! What outlines show, language by language, and that no input is too odd.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

#[track_caller]
fn check(language: &str, source: &str, full: &str, public: &str) {
    let outline = outline(Language::named(language).unwrap(), source).unwrap();
    assert!(outline.is_complete(), "{language}: {outline:?}");
    assert_eq!(outline.render(Level::Outline), full, "{language}");
    assert_eq!(outline.render(Level::Signatures), public, "{language}, public");
}

#[test]
fn rust() {
    check(
        "Rust",
        r#"//! Module.
use std::fmt;
pub use a::B;

/// A point.
///
/// More of it.
#[derive(Debug)]
pub struct Point<T> {
    /// x
    pub x: T, // why
    y: T,
}
enum Kind { A, B(u8) }
pub const MAX: usize = 1 << 20;
impl<T> Point<T> {
    /// Makes one.
    pub fn new(x: T, y: T) -> Self
    where
        T: Copy,
    {
        fn inner() {}
        Self { x, y }
    }
    fn hidden(&self) {}
}
impl<T> fmt::Debug for Point<T> { fn fmt(&self) {} }
pub trait Shape { const N: u8; fn area(&self) -> f64; fn twice(&self) -> f64 { 2.0 } }
pub mod inner { pub(crate) fn a() {} pub fn b() {} }
cfg_rt! { pub fn spawned() -> u8 { 1 } }
#[macro_export]
macro_rules! shout { ($a:expr) => { $a } }
#[cfg(test)]
mod tests { fn t() {} }
"#,
        "pub use a::B
/// A point.
pub struct Point<T> { pub x: T, y: T, }
enum Kind { A, B(u8) }
pub const MAX: usize
impl<T> Point<T>
\t/// Makes one.
\tpub fn new(x: T, y: T) -> Self where T: Copy
\tfn hidden(&self)
impl<T> fmt::Debug for Point<T>
\tfn fmt(&self)
pub trait Shape
\tconst N: u8
\tfn area(&self) -> f64
\tfn twice(&self) -> f64
pub mod inner
\tpub(crate) fn a()
\tpub fn b()
pub fn spawned() -> u8
macro_rules! shout
mod tests
",
        "pub use a::B
pub struct Point<T> { pub x: T, y: T, }
pub const MAX: usize
impl<T> Point<T>
\tpub fn new(x: T, y: T) -> Self where T: Copy
pub trait Shape
\tconst N: u8
\tfn area(&self) -> f64
\tfn twice(&self) -> f64
pub mod inner
\tpub fn b()
pub fn spawned() -> u8
macro_rules! shout
",
    );
}

#[test]
fn python() {
    check(
        "Python",
        r#"""" Doc. """
import os
LIMIT: int = 3
_x = 1

@cache
def run(a, b=2, *, c: str = "x") -> int:
    """Runs.

    Long."""
    def inner(): pass
    return 1

class A(Base):
    """An A."""
    kind = "a"
    def __init__(self): self.b = 1
    def _hidden(self): pass
    @property
    def p(self): return 1

try:
    import fast
except ImportError:
    def fast(): pass
"#,
        "LIMIT: int
_x
# Runs.
@cache def run(a, b=2, *, c: str = \"x\") -> int
# An A.
class A(Base)
\tkind
\tdef __init__(self)
\tdef _hidden(self)
\t@property def p(self)
def fast()
",
        "LIMIT: int
@cache def run(a, b=2, *, c: str = \"x\") -> int
class A(Base)
\tkind
\tdef __init__(self)
\t@property def p(self)
def fast()
",
    );
}

#[test]
fn typescript_and_javascript() {
    check(
        "TypeScript",
        r#"import a from "a";
/** Adds. */
export function add(a: number, b = 1): number { return a + b; }
export const twice = (a: number): number => { return a * 2; };
const hidden = 1;
export interface Shape { area(): number; /* c */ name?: string }
type T = { a: string };
export abstract class C<T> extends B implements D {
  private x = 1;
  static y: string = "a";
  constructor(private z: number) { super(); }
  abstract go(): void;
  #p() {}
}
enum E { A, B = 2 }
namespace N { export function f() {} }
export { hidden as shown, E };
export * from "./b";
"#,
        "// Adds.
export function add(a: number, b = 1): number
export const twice = (a: number): number =>
const hidden
export interface Shape { area(): number; name?: string }
type T = { a: string }
export abstract class C<T> extends B implements D
\tprivate x
\tstatic y: string
\tconstructor(private z: number)
\tabstract go(): void
\t#p()
enum E { A, B = 2 }
namespace N
\texport function f()
export * from \"./b\"
",
        "export function add(a: number, b = 1): number
export const twice = (a: number): number =>
const hidden
export interface Shape { area(): number; name?: string }
export abstract class C<T> extends B implements D
\tstatic y: string
\tconstructor(private z: number)
\tabstract go(): void
enum E { A, B = 2 }
export * from \"./b\"
",
    );
    let source = "class A { b() { return 1 } }\nmodule.exports = A;\nexports.c = function (d) { };\nexport default function (e) {}\n";
    let shown =
        "class A\n\tb()\nmodule.exports\nexports.c = function (d)\nexport default function (e)\n";
    check("JavaScript", source, shown, shown.strip_prefix("class A\n\tb()\n").unwrap());
    let tsx = "export const A = (p: P) => <div>{p.a}</div>;\n";
    let shown = "export const A = (p: P) =>\n";
    check("TSX", tsx, shown, shown);
}

#[test]
fn go() {
    check(
        "Go",
        "package p\n\n// Max is it.\nconst (\n\tMax = 1\n\tmin = 2\n)\nvar Err = f()\n\n// T holds.\n// More.\ntype T struct {\n\tA int // a\n\tb string\n}\ntype I interface { Do(x int) error }\n\n// Do does.\nfunc (t *T) Do(x int) error {\n\treturn nil\n}\nfunc hidden() {}\n",
        "// Max is it.\nconst Max\nconst min\nvar Err\n// T holds.\ntype T struct { A int b string }\ntype I interface { Do(x int) error }\n// Do does.\nfunc (t *T) Do(x int) error\nfunc hidden()\n",
        "const Max\nvar Err\ntype T struct { A int b string }\ntype I interface { Do(x int) error }\nfunc (t *T) Do(x int) error\n",
    );
}

#[test]
fn java_and_csharp() {
    check(
        "Java",
        "package p;\nimport a.B;\n/**\n * A thing.\n */\n@Deprecated\npublic class A<T> extends B {\n  private int x = 1;\n  public static final String S = \"s\";\n  public A(int x) { this.x = x; }\n  @Override public String toString() { return \"\"; }\n  void near() {}\n  public interface I { int f(); }\n}\nenum E { X, Y(1) { } ; int z() { return 1; } }\n",
        "// A thing.\npublic class A<T> extends B\n\tprivate int x\n\tpublic static final String S\n\tpublic A(int x)\n\tpublic String toString()\n\tvoid near()\n\tpublic interface I\n\t\tint f()\nenum E\n\tX\n\tY(1)\n\tint z()\n",
        "public class A<T> extends B\n\tpublic static final String S\n\tpublic A(int x)\n\tpublic String toString()\n\tpublic interface I\n\t\tint f()\n",
    );
    check(
        "C#",
        "using System;\nnamespace N {\n/// <summary>\n/// A thing.\n/// </summary>\n[Serializable]\npublic class A : B {\n  private int x = 1, y;\n  public int P { get; set; } = 2;\n  public A(int x) : base(x) { }\n  public int F() => 1;\n  public enum E { X, Y = 2 }\n}\ninternal interface I { int G(); }\n}\n",
        "namespace N\n\t// A thing.\n\tpublic class A : B\n\t\tprivate int x, y\n\t\tpublic int P\n\t\tpublic A(int x)\n\t\tpublic int F()\n\t\tpublic enum E { X, Y = 2 }\n\tinternal interface I\n\t\tint G()\n",
        "namespace N\n\tpublic class A : B\n\t\tpublic int P\n\t\tpublic A(int x)\n\t\tpublic int F()\n\t\tpublic enum E { X, Y = 2 }\n",
    );
}

#[test]
fn c_and_cpp() {
    check(
        "C",
        "#include <a.h>\n#define MAX 10\n#define ADD(a, b) ((a) + (b))\n#ifndef X\ntypedef struct { int a; /* b */ char c; } t;\n#endif\nstruct s { int a; };\n/* Adds. */\nint add(int a, int b)\n{\n  return a + b;\n}\nstatic int hidden(void) { return 1; }\nextern int proto(char *p);\nint table[] = { 1, 2 };\n",
        "#define MAX\n#define ADD(a, b)\ntypedef struct { int a; char c; } t\nstruct s { int a; }\n// Adds.\nint add(int a, int b)\nstatic int hidden(void)\nextern int proto(char *p)\nint table[]\n",
        "#define MAX\n#define ADD(a, b)\ntypedef struct { int a; char c; } t\nstruct s { int a; }\nint add(int a, int b)\nextern int proto(char *p)\nint table[]\n",
    );
    check(
        "C++",
        "namespace n {\n// A box.\ntemplate <class T>\nclass Box : public Base<T> {\n public:\n  explicit Box(T t) : t_(t) {}\n  T get() const { return t_; }\n  static int count;\n private:\n  T t_;\n};\nusing A = Box<int>;\ntemplate <class T> T twice(T t) { return t + t; }\n}\nint n::f(int a) { return a; }\n",
        "namespace n\n\t// A box.\n\ttemplate <class T> class Box : public Base<T>\n\t\texplicit Box(T t)\n\t\tT get() const\n\t\tstatic int count\n\t\tT t_\n\tusing A = Box<int>\n\ttemplate <class T> T twice(T t)\nint n::f(int a)\n",
        "namespace n\n\ttemplate <class T> class Box : public Base<T>\n\t\texplicit Box(T t)\n\t\tT get() const\n\t\tstatic int count\n\tusing A = Box<int>\n\ttemplate <class T> T twice(T t)\nint n::f(int a)\n",
    );
}

#[test]
fn php() {
    check(
        "PHP",
        "<?php\nnamespace N;\nconst MAX = 3;\n/** A thing. */\nfinal class A extends B {\n  private $x = 1;\n  public const C = 2;\n  public function f(int $a = 1): ?int { return $a; }\n  protected static function g() {}\n}\nfunction h(string $s) { }\nenum E: string { case X = 'x'; }\n",
        "namespace N\nconst MAX\n// A thing.\nfinal class A extends B\n\tprivate $x\n\tpublic const C\n\tpublic function f(int $a = 1): ?int\n\tprotected static function g()\nfunction h(string $s)\nenum E: string\n\tcase X\n",
        "namespace N\nconst MAX\nfinal class A extends B\n\tpublic const C\n\tpublic function f(int $a = 1): ?int\nfunction h(string $s)\nenum E: string\n\tcase X\n",
    );
}

#[test]
fn names_and_lines_lead_to_the_source() {
    let source = "fn a() {}\n\n#[inline]\npub fn b() {}\nimpl C<u8> {}\n";
    let outline = outline(Language::named("Rust").unwrap(), source).unwrap();
    let places: Vec<_> = outline.items().iter().map(|i| (i.name.as_str(), i.line)).collect();
    assert_eq!(places, [("a", 1), ("b", 4), ("C", 5)]);
}

#[test]
fn what_is_too_long_or_empty_or_unknown_has_no_outline() {
    let rust = Language::named("Rust").unwrap();
    assert_eq!(outline(rust, ""), None);
    assert_eq!(outline(rust, "// nothing\n"), None);
    assert_eq!(outline(rust, &"fn a() {}\n".repeat(SOURCE_MAX / 9)), None);
    assert_eq!(outline(Language::named("Ruby").unwrap(), "def a; end"), None);
    assert!(supports(rust) && !supports(Language::named("Markdown").unwrap()));
}

#[test]
fn what_is_broken_is_told_as_far_as_it_was_understood() {
    let outline =
        outline(Language::named("Rust").unwrap(), "fn a() {}\nfn b( {\nfn c() {}\n").unwrap();
    assert!(!outline.is_complete());
    assert_eq!(outline.items()[0].name, "a");
}

#[test]
fn depth_is_no_danger() {
    for (name, open) in
        [("Rust", "mod a { "), ("C++", "namespace a { "), ("Java", "class A { "), ("Python", "(")]
    {
        let _ = outline(Language::named(name).unwrap(), &open.repeat(20_000));
    }
}

/// Pieces of all the languages.
const PIECES: &[&str] = &[
    "fn ",
    "pub ",
    "class ",
    "A",
    "b",
    " ",
    "\n",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    ";",
    ":",
    ",",
    "=",
    "=>",
    "\"",
    "'",
    "/*",
    "*/",
    "//",
    "#",
    "@",
    "impl ",
    "struct ",
    "enum ",
    "interface ",
    "namespace ",
    "export ",
    "default ",
    "def ",
    "    ",
    "func ",
    "type ",
    "const ",
    "var ",
    "template<",
    "<?php ",
    "$",
    "é",
    "mod ",
    "trait ",
    "[",
    "]",
    "macro_rules! ",
    "x! {",
    "import ",
    "function ",
    "public ",
    "private: ",
    "typedef ",
    "#define ",
    "\\",
    "\0",
];

#[test]
fn no_source_is_too_odd() {
    let config = Config { cases: holdall_testkit::cases(64), ..Config::default() };
    let given = (
        proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..60),
        proptest::collection::vec(any::<u8>(), 0..60),
    );
    let outlined = TestRunner::new(config).run(&given, |(pieces, bytes)| {
        let source = pieces.concat() + &String::from_utf8_lossy(&bytes);
        for name in [
            "Rust",
            "Python",
            "JavaScript",
            "TypeScript",
            "TSX",
            "Go",
            "Java",
            "C",
            "C++",
            "C#",
            "PHP",
        ] {
            if let Some(outline) = outline(Language::named(name).unwrap(), &source) {
                let lines = source.lines().count() as u64;
                prop_assert!(outline.items().iter().all(|item| item.line <= lines.max(1)));
                prop_assert!(!outline.render(Level::Outline).is_empty());
            }
        }
        Ok(())
    });
    outlined.unwrap();
}
