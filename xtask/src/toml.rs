//! As much of TOML as our own manifests use: tables, and `key = value` on one line.

/// One `key = value`, with the table it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The table's header, such as `dependencies`; `[[bin]]` is `bin`.
    pub(crate) table: String,
    /// Which table of that name, counted from zero over the whole file: tells the `[[bin]]`s apart.
    pub(crate) table_number: usize,
    pub(crate) key: String,
    /// As written, without the quotes of a string.
    pub(crate) value: String,
}

/// All settings of a file, in their order. Values over several lines give their first line only.
pub(crate) fn settings(text: &str) -> Vec<Setting> {
    let mut table = String::new();
    let mut table_number = 0;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = header.trim_matches(['[', ']']).trim().to_owned();
            table_number += 1;
            continue;
        }
        if let Some((key, value)) = line.split_once('=') {
            found.push(Setting {
                table: table.clone(),
                table_number,
                key: key.trim().to_owned(),
                value: value.trim().trim_matches('"').to_owned(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_may_hold_a_condition() {
        let found = settings("[target.'cfg(target_os = \"linux\")'.dependencies]\na = 1\n");
        assert!(found.iter().all(|setting| setting.table.ends_with(".dependencies")));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn tables_and_strings_are_understood() {
        let text =
            "[package]\nname = \"a\" \n# no = 1\n[[bin]]\nname = \"b\"\n[[bin]]\nname = \"c\"\n";
        let found: Vec<_> =
            settings(text).into_iter().map(|s| (s.table, s.table_number, s.key, s.value)).collect();
        let expected = [("package", 1, "a"), ("bin", 2, "b"), ("bin", 3, "c")];
        let expected: Vec<_> = expected
            .map(|(table, n, value)| (table.to_owned(), n, "name".to_owned(), value.to_owned()))
            .into();
        assert_eq!(found, expected);
    }
}
