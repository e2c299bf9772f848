//! Who may use a declaration, as far as its file tells.

use tree_sitter::Node;

use super::family::Family;

/// What the surroundings of a declaration say of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    /// How many declarations it stands in.
    pub(super) depth: usize,
    /// Frames and declarations around it; they are limited.
    pub(super) nesting: usize,
    /// Where the frame around it begins, if that belongs to the signature.
    pub(super) start: Option<usize>,
    /// It is exported by a frame.
    pub(super) exported: bool,
    /// Members are public or not whatever they say, as in a trait or after `private:`.
    pub(super) members: Option<bool>,
    /// It is a member of a class, and not of a module.
    pub(super) is_member: bool,
}

/// Whether `node` itself says that others may use it.
pub(super) fn says(
    family: Family,
    node: &Node<'_>,
    name: &str,
    scope: Scope,
    source: &str,
) -> bool {
    if let Some(is) = scope.members {
        return is;
    }
    let text = |child: Node<'_>| source.get(child.byte_range()).unwrap_or_default();
    let mut cursor = node.walk();
    let mut children = node.named_children(&mut cursor);
    match family {
        Family::Rust => {
            children.any(|child| child.kind() == "visibility_modifier" && text(child) == "pub")
        }
        Family::Python => {
            let is_magic = name.starts_with("__") && name.ends_with("__");
            !name.starts_with('_') || is_magic
        }
        Family::Script if scope.is_member => {
            let hides = |child: Node<'_>| {
                child.kind() == "accessibility_modifier" && text(child) != "public"
            };
            !name.starts_with('#') && !children.any(hides)
        }
        Family::Script => scope.exported || node.kind() == "assignment_expression",
        Family::Go => name.chars().next().is_some_and(char::is_uppercase),
        Family::Java => {
            let modifiers = children.find(|child| child.kind() == "modifiers").map(text);
            node.kind() == "enum_constant"
                || node.kind() == "module_declaration"
                || modifiers
                    .is_some_and(|list| list.split_ascii_whitespace().any(|m| m == "public"))
        }
        Family::C => !children
            .any(|child| child.kind() == "storage_class_specifier" && text(child) == "static"),
        Family::CSharp => {
            node.kind().ends_with("namespace_declaration")
                || children.any(|child| child.kind() == "modifier" && text(child) == "public")
        }
        Family::Php => {
            !children.any(|child| child.kind() == "visibility_modifier" && text(child) != "public")
        }
    }
}

/// What members of `node` are, where they need not say it.
pub(super) fn of_members(family: Family, node: &Node<'_>) -> Option<bool> {
    match (family, node.kind()) {
        (Family::Rust, "trait_item") => Some(true),
        (Family::Rust, "impl_item") if node.child_by_field_name("trait").is_some() => Some(false),
        (
            Family::Java | Family::CSharp,
            "interface_declaration" | "annotation_type_declaration",
        ) => Some(true),
        (Family::C, "class_specifier") => Some(false),
        (Family::C, "struct_specifier") => Some(true),
        _ => None,
    }
}

/// Whether what `node` holds may be public though it is not: its parts are reached in other ways.
pub(super) fn is_transparent(family: Family, kind: &str) -> bool {
    match family {
        Family::Rust => matches!(kind, "impl_item" | "mod_item" | "foreign_mod_item"),
        Family::C => kind == "namespace_definition",
        Family::CSharp | Family::Php => kind.starts_with("namespace_"),
        _ => false,
    }
}
