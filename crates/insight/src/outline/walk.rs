//! Goes through the tree of a source file and collects its declarations.

use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Range, Tree};

use super::Item;
use super::doc::{self, Run};
use super::family::{Family, Role};
use super::public::{self, Scope};
use super::signature;

/// Declarations and frames within each other.
const NESTING_MAX: usize = 64;
/// Declarations of one file.
const ITEMS_MAX: usize = 50_000;
/// The parser asks after each hundred steps or so whether to go on. Code takes a few steps for each byte.
const STEPS_MAX: usize = 20_000;

/// The declarations of `source`, and whether all of it was understood.
pub(super) fn walk(family: Family, grammar: &Language, source: &str) -> Option<(Vec<Item>, bool)> {
    let tree = parse(grammar, source, None)?;
    let mut walk = Walk {
        family,
        grammar,
        source,
        items: Vec::new(),
        transparent: Vec::new(),
        exported: Vec::new(),
        complete: !tree.root_node().has_error(),
    };
    walk.children(tree.root_node(), Scope::default(), Run::default());
    walk.settle();
    Some((walk.items, walk.complete))
}

fn parse(grammar: &Language, source: &str, within: Option<Range>) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(grammar).ok()?;
    if let Some(range) = within {
        parser.set_included_ranges(&[range]).ok()?;
    }
    let mut steps = 0;
    let mut count = |_: &ParseState| {
        steps += 1;
        if steps > STEPS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut count);
    let bytes = source.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// Nodes between a declaration and its name.
const WRAPS: [&str; 4] =
    ["variable_declaration", "variable_declarator", "const_element", "property_element"];

struct Walk<'s> {
    family: Family,
    grammar: &'s Language,
    source: &'s str,
    items: Vec<Item>,
    /// For each item, whether what it holds may be public though it is not.
    transparent: Vec<bool>,
    /// Names that a list of exports mentions.
    exported: Vec<&'s str>,
    complete: bool,
}

impl<'s> Walk<'s> {
    fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    /// `run` is the documentation of the first child.
    fn children(&mut self, node: Node<'_>, mut scope: Scope, mut run: Run) {
        if scope.nesting > NESTING_MAX {
            self.complete = false;
            return;
        }
        let (mut is_test, mut is_exported) = (false, false);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let kind = child.kind();
            if kind.ends_with("comment") {
                run.push(child, doc::documents(self.family, self.text(child)));
                continue;
            }
            if matches!(kind, "attribute_item" | "attribute_list" | "decorator") {
                run.push(child, false);
                let text = self.text(child);
                is_test |= text.contains("cfg(test)");
                is_exported |= text.contains("macro_export");
                continue;
            }
            if kind == "access_specifier" {
                scope.members = Some(self.text(child).starts_with("public"));
            }
            let mut here = scope;
            if is_exported {
                here.members = Some(true);
            }
            let before = self.items.len();
            self.child(child, here, run, is_test);
            if self.family.role(&child) == Role::Skip {
                continue;
            }
            (is_test, is_exported) = (false, false);
            run = Run::default();
            // A frame begins with its first declaration only.
            if self.items.len() > before {
                scope.start = None;
            }
        }
    }

    fn child(&mut self, node: Node<'_>, mut scope: Scope, run: Run, is_test: bool) {
        scope.nesting += 1;
        let role = self.family.role(&node);
        match role {
            Role::Skip => {}
            Role::Into => self.children(node, scope, run.within(node)),
            Role::Frame => {
                scope.start = scope.start.or(Some(node.start_byte()));
                self.children(node, scope, run);
            }
            Role::Export => self.export(node, scope, run),
            Role::Macro => self.in_macro(node, scope),
            Role::Unit | Role::Whole | Role::Holder | Role::Labelled(_) => {
                if self.counts(&node, scope) && self.items.len() < ITEMS_MAX {
                    self.item(node, scope, run, role, is_test);
                }
            }
        }
    }

    /// Whether a node of the right kind is a declaration here.
    fn counts(&self, node: &Node<'_>, scope: Scope) -> bool {
        match (self.family, node.kind()) {
            (Family::Rust, "use_declaration") => {
                public::says(self.family, node, "", scope, self.source)
            }
            (Family::Script, "assignment_expression") => {
                let left = node.child_by_field_name("left").map_or("", |left| self.text(left));
                left.starts_with("module.exports")
                    || left.starts_with("exports.")
                    || left.contains(".prototype.")
            }
            (Family::Script, "class") => node.child_by_field_name("body").is_some(),
            (Family::Python, "assignment") => {
                node.child_by_field_name("left").is_some_and(|left| {
                    matches!(left.kind(), "identifier" | "pattern_list" | "tuple_pattern")
                })
            }
            // A type that is only named, as in `struct a *b;`.
            (
                Family::C,
                "struct_specifier" | "class_specifier" | "enum_specifier" | "union_specifier",
            ) => node.child_by_field_name("body").is_some(),
            _ => true,
        }
    }

    fn item(&mut self, node: Node<'_>, scope: Scope, run: Run, role: Role, is_test: bool) {
        let (family, source) = (self.family, self.source);
        let start = scope.start.unwrap_or(node.start_byte());
        let row = source.get(..start).map_or(0, |before| {
            let node_row = node.start_position().row;
            let between = source.get(before.len()..node.start_byte()).unwrap_or_default();
            node_row - between.matches('\n').count().min(node_row)
        });
        let name = self.name(node);
        let mut doc = run.line(row, source);
        if family == Family::Python {
            doc = doc::string(&node, source).unwrap_or(doc);
        }
        self.items.push(Item {
            depth: scope.depth,
            public: public::says(family, &node, &name, scope, source),
            name,
            line: row as u64 + 1,
            doc,
            signature: signature::of(family, &node, start, role, source),
        });
        self.transparent.push(public::is_transparent(family, node.kind()));
        let body = node.child_by_field_name("body");
        let Some(body) = body.filter(|_| role == Role::Holder && !is_test) else { return };
        let inner = Scope {
            depth: scope.depth + 1,
            nesting: scope.nesting,
            start: None,
            exported: scope.exported && matches!(node.kind(), "internal_module" | "module"),
            members: public::of_members(family, &node),
            is_member: !matches!(node.kind(), "internal_module" | "module"),
        };
        self.children(body, inner, Run::default());
    }

    /// The name of a declaration, wherever its grammar hides it.
    fn name(&self, node: Node<'_>) -> String {
        let mut at = node;
        for _ in 0..NESTING_MAX {
            let field = |names: &[&str]| names.iter().find_map(|name| at.child_by_field_name(name));
            let wrapped = || {
                let mut cursor = at.walk();
                at.named_children(&mut cursor).find(|child| WRAPS.contains(&child.kind()))
            };
            let first = || at.named_child(0).filter(|_| at.kind() == "const_element");
            let next = field(&["name", "declarator", "left"]).or_else(wrapped).or_else(first);
            match next.or_else(|| field(&["type"]).filter(|_| self.family == Family::Rust)) {
                Some(next) => at = next,
                None => break,
            }
        }
        let name = if at == node { "" } else { self.text(at) };
        let is_path = node.kind() == "assignment_expression";
        name.rsplit('.').next().filter(|_| is_path).unwrap_or(name).to_owned()
    }

    /// What an export holds, or the names that it lists.
    fn export(&mut self, node: Node<'_>, mut scope: Scope, run: Run) {
        let value = node.child_by_field_name("value");
        let mut cursor = node.walk();
        let list = node.named_children(&mut cursor).find(|child| child.kind() == "export_clause");
        let is_from = node.child_by_field_name("source").is_some();
        if let Some(list) = list.filter(|_| !is_from) {
            let mut cursor = list.walk();
            for one in list.named_children(&mut cursor) {
                let name = one.child_by_field_name("name").map(|name| self.text(name));
                self.exported.extend(name);
            }
            return;
        }
        if let Some(value) = value.filter(|value| value.kind() == "identifier") {
            self.exported.push(self.text(value));
            return;
        }
        scope.start = Some(node.start_byte());
        scope.exported = true;
        let before = self.items.len();
        self.children(node, scope, run);
        if self.items.len() == before && self.items.len() < ITEMS_MAX {
            // `export * from`, `export default` of a value: shown, but for the value.
            let role = if is_from { Role::Whole } else { Role::Unit };
            self.item(node, scope, run, role, false);
        }
    }

    /// Macros that choose what is built hold declarations, which the grammar sees as mere tokens.
    fn in_macro(&mut self, node: Node<'_>, scope: Scope) {
        let mut cursor = node.walk();
        let tokens = node.named_children(&mut cursor).find(|child| child.kind() == "token_tree");
        let Some(tokens) = tokens.filter(|tokens| self.text(*tokens).starts_with('{')) else {
            return;
        };
        let (Some(first), Some(last)) =
            (tokens.child(0), tokens.child(tokens.child_count().saturating_sub(1)))
        else {
            return;
        };
        let within = Range {
            start_byte: first.end_byte(),
            end_byte: last.start_byte().max(first.end_byte()),
            start_point: first.end_position(),
            end_point: last.start_position().max(first.end_position()),
        };
        // Each level is parsed once more, so the levels are few.
        if scope.nesting > 4 {
            return;
        }
        let Some(tree) = parse(self.grammar, self.source, Some(within)) else { return };
        if !tree.root_node().has_error() {
            self.children(tree.root_node(), scope, Run::default());
        }
    }

    /// Makes public what lists of exports name, and private what stands in something private.
    fn settle(&mut self) {
        self.exported.sort_unstable();
        let mut open: Vec<bool> = Vec::new();
        for (item, transparent) in self.items.iter_mut().zip(&self.transparent) {
            if item.depth == 0 && self.exported.binary_search(&item.name.as_str()).is_ok() {
                item.public = true;
            }
            open.truncate(item.depth);
            item.public &= open.last().copied().unwrap_or(true);
            open.push(*transparent || item.public);
        }
    }
}
