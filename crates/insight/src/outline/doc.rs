//! The first line of what is documented.

use tree_sitter::Node;

use super::family::Family;

/// No more characters of a line are kept.
const LINE_MAX: usize = 120;

/// Comments that stand directly before a declaration.
#[derive(Clone, Copy, Default)]
pub(super) struct Run {
    /// Where they begin and end, if there are any.
    bytes: Option<(usize, usize)>,
    last_row: usize,
}

impl Run {
    /// Takes in a comment, or something else that may stand between documentation and declaration.
    pub(super) fn push(&mut self, node: Node<'_>, is_doc: bool) {
        if node.start_position().row > self.last_row + 1 {
            self.bytes = None;
        }
        if is_doc {
            let begin = self.bytes.map_or(node.start_byte(), |(begin, _)| begin);
            self.bytes = Some((begin, node.end_byte()));
        }
        // The end of a line comment of Rust is the beginning of the next line.
        let end = node.end_position();
        self.last_row = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
    }

    /// The same for the first declaration in a frame, if the frame is what is documented.
    pub(super) fn within(self, frame: Node<'_>) -> Self {
        match frame.named_child(0) {
            Some(first) if frame.start_position().row <= self.last_row + 1 => {
                Self { last_row: first.start_position().row, ..self }
            }
            _ => Self::default(),
        }
    }

    /// The documentation of a declaration that begins in this row.
    pub(super) fn line(self, row: usize, source: &str) -> String {
        let near = self.bytes.filter(|_| row <= self.last_row + 1);
        near.and_then(|(begin, end)| source.get(begin..end)).map(tidy).unwrap_or_default()
    }
}

/// Whether a comment documents what follows. Rust has comments for that alone.
pub(super) fn documents(family: Family, comment: &str) -> bool {
    family != Family::Rust || comment.starts_with("///") || comment.starts_with("/**")
}

/// The first line of the string that begins the body of something in Python.
pub(super) fn string(node: &Node<'_>, source: &str) -> Option<String> {
    let body = node.child_by_field_name("body")?;
    let first = body.named_child(0).filter(|first| first.kind() == "expression_statement")?;
    let string = first.named_child(0).filter(|string| string.kind() == "string")?;
    let text = source.get(string.byte_range())?;
    let text = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    Some(tidy(text.trim_matches(['"', '\''])))
}

fn tidy(text: &str) -> String {
    let marks = |c: char| c.is_whitespace() || "/*!#".contains(c);
    let lines = text.lines().map(|line| {
        let line = line.trim_start_matches(marks).trim_end_matches(marks);
        line.strip_prefix("<summary>").unwrap_or(line).trim()
    });
    let first =
        lines.filter(|line| !line.is_empty()).map(|line| line.chars().take(LINE_MAX).collect());
    first.into_iter().next().unwrap_or_default()
}
