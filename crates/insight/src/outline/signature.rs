//! The text of a declaration, on one line and without what it does.

use std::ops::Range;

use tree_sitter::Node;

use super::family::{Family, Role};

/// A longer signature is cut.
const SIGNATURE_MAX: usize = 4000;

/// The signature of `node`, which begins at `start`.
pub(super) fn of(
    family: Family,
    node: &Node<'_>,
    start: usize,
    role: Role,
    source: &str,
) -> String {
    let mut text = match role {
        Role::Labelled(label) => label.to_owned(),
        _ => String::new(),
    };
    let mut from = start.min(node.start_byte());
    for hole in holes(family, node, role) {
        squeeze(&mut text, source.get(from..hole.start).unwrap_or_default());
        from = from.max(hole.end);
    }
    squeeze(&mut text, source.get(from..node.end_byte()).unwrap_or_default());
    let end = text.trim_end_matches([' ', '{', '=', ';', ':', ',', '\\']).len();
    text.truncate(end);
    text
}

/// What is left out, in order.
fn holes(family: Family, node: &Node<'_>, role: Role) -> Vec<Range<usize>> {
    let mut holes = Vec::new();
    let mut cursor = node.walk();
    loop {
        let child = cursor.node();
        let kind = child.kind();
        let hidden = hides(family, &child, cursor.field_name(), role);
        if let Some(range) = hidden {
            holes.push(range);
        }
        let is_list =
            kind.ends_with("parameters") || matches!(kind, "parameter_list" | "class_heritage");
        if hidden_whole(&holes, &child) || is_list || !cursor.goto_first_child() {
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return holes;
                }
            }
        }
    }
}

fn hidden_whole(holes: &[Range<usize>], node: &Node<'_>) -> bool {
    holes.last().is_some_and(|hole| hole.end >= node.end_byte() && hole.start <= node.end_byte())
        && !node.byte_range().is_empty()
}

/// The part of this node that is left out.
fn hides(family: Family, node: &Node<'_>, field: Option<&str>, role: Role) -> Option<Range<usize>> {
    let kind = node.kind();
    let always = kind.ends_with("comment")
        || matches!(
            kind,
            "attribute_item"
                | "attribute_list"
                | "marker_annotation"
                | "annotation"
                | "field_initializer_list"
                | "constructor_initializer"
        );
    if always {
        return Some(node.byte_range());
    }
    if role == Role::Whole {
        return None;
    }
    // A list of variables has no field for their values.
    let after_name = match (family, kind) {
        (Family::CSharp, "variable_declarator") | (Family::Php, "const_element") => {
            node.named_child(0)
        }
        (Family::Rust, "macro_definition") => node.child_by_field_name("name"),
        _ => None,
    };
    if let Some(name) = after_name.filter(|name| name.end_byte() < node.end_byte()) {
        return Some(name.end_byte()..node.end_byte());
    }
    match field? {
        "body" | "accessors" | "default_value" => Some(node.byte_range()),
        // Its parameters are worth more than its name alone.
        "value" | "right" if is_function(kind) => None,
        "value" | "right" => Some(node.byte_range()),
        _ => None,
    }
}

fn is_function(kind: &str) -> bool {
    matches!(kind, "arrow_function" | "function_expression" | "generator_function" | "class")
}

/// Adds `part` with every stretch of white space made one blank.
fn squeeze(text: &mut String, part: &str) {
    let mut parts = part.split_ascii_whitespace();
    let glued = part.starts_with(|c: char| !c.is_ascii_whitespace());
    if let Some(first) = parts.next() {
        push(text, first, !glued);
    } else if !part.is_empty() && !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
    for word in parts {
        push(text, word, true);
    }
    if part.ends_with(|c: char| c.is_ascii_whitespace()) && !text.ends_with(' ') && !text.is_empty()
    {
        text.push(' ');
    }
}

fn push(text: &mut String, word: &str, apart: bool) {
    if text.len() > SIGNATURE_MAX {
        if !text.ends_with('…') {
            text.push('…');
        }
        return;
    }
    if apart && !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
    text.push_str(word);
}
