//! The languages that have outlines, and what the nodes of their grammars are.

use tree_sitter::Node;

use crate::language::Language;

/// Languages whose declarations are found by the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Rust,
    Python,
    Script,
    Go,
    Java,
    C,
    CSharp,
    Php,
}

/// What a node is to an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Skip,
    /// A frame around declarations that leaves no trace.
    Into,
    /// A frame whose beginning belongs to the declaration in it.
    Frame,
    /// A frame that makes public what is in it.
    Export,
    /// A declaration, shown without body and values.
    Unit,
    /// A declaration that holds others in its field `body`.
    Holder,
    /// A declaration, shown whole.
    Whole,
    /// As `Unit`, but in a list that says what it is only once.
    Labelled(&'static str),
    /// A call of a macro that may hold declarations.
    Macro,
}

impl Family {
    pub(super) fn of(language: Language) -> Option<Self> {
        Some(match language.name() {
            "Rust" => Self::Rust,
            "Python" => Self::Python,
            "JavaScript" | "TypeScript" | "TSX" => Self::Script,
            "Go" => Self::Go,
            "Java" => Self::Java,
            "C" | "C++" => Self::C,
            "C#" => Self::CSharp,
            "PHP" => Self::Php,
            _ => return None,
        })
    }

    pub(super) fn grammar(self, language: Language) -> tree_sitter::Language {
        match self {
            Self::Rust => tree_sitter_rust::LANGUAGE,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::Script => match language.name() {
                "TypeScript" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
                "TSX" => tree_sitter_typescript::LANGUAGE_TSX,
                _ => tree_sitter_javascript::LANGUAGE,
            },
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Java => tree_sitter_java::LANGUAGE,
            Self::C => match language.name() {
                "C" => tree_sitter_c::LANGUAGE,
                _ => tree_sitter_cpp::LANGUAGE,
            },
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE,
            Self::Php => tree_sitter_php::LANGUAGE_PHP,
        }
        .into()
    }

    /// What begins a line of documentation.
    pub(super) fn comment(self) -> &'static str {
        match self {
            Self::Rust => "/// ",
            Self::Python => "# ",
            _ => "// ",
        }
    }

    pub(super) fn role(self, node: &Node<'_>) -> Role {
        match self {
            Self::Rust => rust(node),
            Self::Python => python(node.kind()),
            Self::Script => script(node.kind()),
            Self::Go => go(node.kind()),
            Self::Java => java(node.kind()),
            Self::C => c(node),
            Self::CSharp => csharp(node.kind()),
            Self::Php => php(node.kind()),
        }
    }
}

fn rust(node: &Node<'_>) -> Role {
    match node.kind() {
        "function_item" | "const_item" | "static_item" | "macro_definition" => Role::Unit,
        "struct_item"
        | "enum_item"
        | "union_item"
        | "type_item"
        | "associated_type"
        | "function_signature_item" => Role::Whole,
        "mod_item" if node.child_by_field_name("body").is_none() => Role::Whole,
        "trait_item" | "impl_item" | "mod_item" | "foreign_mod_item" => Role::Holder,
        "use_declaration" => Role::Whole,
        "expression_statement" => Role::Into,
        "macro_invocation" => Role::Macro,
        _ => Role::Skip,
    }
}

fn python(kind: &str) -> Role {
    match kind {
        "function_definition" | "assignment" | "type_alias_statement" => Role::Unit,
        "class_definition" => Role::Holder,
        "decorated_definition" => Role::Frame,
        "expression_statement"
        | "if_statement"
        | "elif_clause"
        | "else_clause"
        | "try_statement"
        | "except_clause"
        | "finally_clause"
        | "with_statement"
        | "block" => Role::Into,
        _ => Role::Skip,
    }
}

fn script(kind: &str) -> Role {
    match kind {
        "function_declaration"
        | "generator_function_declaration"
        | "function_signature"
        | "method_definition"
        | "method_signature"
        | "abstract_method_signature"
        | "public_field_definition"
        | "field_definition"
        | "variable_declarator"
        | "assignment_expression" => Role::Unit,
        "class_declaration"
        | "abstract_class_declaration"
        | "internal_module"
        | "module"
        | "class" => Role::Holder,
        "interface_declaration" | "type_alias_declaration" | "enum_declaration" => Role::Whole,
        "lexical_declaration" | "variable_declaration" | "ambient_declaration" => Role::Frame,
        "export_statement" => Role::Export,
        "expression_statement" | "statement_block" => Role::Into,
        _ => Role::Skip,
    }
}

fn go(kind: &str) -> Role {
    match kind {
        "function_declaration" | "method_declaration" => Role::Unit,
        "type_declaration" | "const_declaration" | "var_declaration" | "var_spec_list" => {
            Role::Into
        }
        "type_spec" | "type_alias" => Role::Labelled("type "),
        "const_spec" => Role::Labelled("const "),
        "var_spec" => Role::Labelled("var "),
        _ => Role::Skip,
    }
}

fn java(kind: &str) -> Role {
    match kind {
        "class_declaration"
        | "interface_declaration"
        | "enum_declaration"
        | "record_declaration"
        | "annotation_type_declaration" => Role::Holder,
        "method_declaration"
        | "constructor_declaration"
        | "compact_constructor_declaration"
        | "field_declaration"
        | "constant_declaration"
        | "enum_constant"
        | "annotation_type_element_declaration" => Role::Unit,
        "enum_body_declarations" => Role::Into,
        "module_declaration" => Role::Whole,
        _ => Role::Skip,
    }
}

fn c(node: &Node<'_>) -> Role {
    match node.kind() {
        "function_definition"
        | "declaration"
        | "field_declaration"
        | "preproc_function_def"
        | "preproc_def"
        | "concept_definition" => Role::Unit,
        "type_definition"
        | "enum_specifier"
        | "union_specifier"
        | "alias_declaration"
        | "using_declaration"
        | "namespace_alias_definition" => Role::Whole,
        "struct_specifier" if holds_only_data(node) => Role::Whole,
        "class_specifier" | "struct_specifier" | "namespace_definition" => Role::Holder,
        // Macros that only the preprocessor understands end up in these, with what follows.
        "ERROR" => Role::Into,
        "template_declaration" => Role::Frame,
        "preproc_if"
        | "preproc_ifdef"
        | "preproc_else"
        | "preproc_elif"
        | "preproc_elifdef"
        | "linkage_specification"
        | "friend_declaration"
        | "declaration_list" => Role::Into,
        _ => Role::Skip,
    }
}

fn holds_only_data(node: &Node<'_>) -> bool {
    let Some(body) = node.child_by_field_name("body") else { return true };
    let data = ["field_declaration", "comment", "preproc_ifdef", "preproc_if", "preproc_def"];
    let mut cursor = body.walk();
    body.named_children(&mut cursor).all(|child| data.contains(&child.kind()))
}

fn csharp(kind: &str) -> Role {
    match kind {
        "class_declaration"
        | "struct_declaration"
        | "interface_declaration"
        | "record_declaration"
        | "namespace_declaration" => Role::Holder,
        "method_declaration"
        | "constructor_declaration"
        | "destructor_declaration"
        | "operator_declaration"
        | "conversion_operator_declaration"
        | "indexer_declaration"
        | "property_declaration"
        | "field_declaration"
        | "event_field_declaration"
        | "event_declaration" => Role::Unit,
        "enum_declaration" | "delegate_declaration" | "file_scoped_namespace_declaration" => {
            Role::Whole
        }
        "preproc_if" | "preproc_else" | "preproc_elif" | "declaration_list" => Role::Into,
        _ => Role::Skip,
    }
}

fn php(kind: &str) -> Role {
    match kind {
        "class_declaration"
        | "interface_declaration"
        | "trait_declaration"
        | "enum_declaration"
        | "namespace_definition" => Role::Holder,
        "function_definition"
        | "method_declaration"
        | "property_declaration"
        | "const_declaration"
        | "enum_case" => Role::Unit,
        "if_statement" | "compound_statement" | "declaration_list" => Role::Into,
        _ => Role::Skip,
    }
}
