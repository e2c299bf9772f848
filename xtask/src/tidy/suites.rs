//! Every implementation of a trait that makes promises goes through the suite that checks them.

use std::path::Path;

use super::Complaint;
use crate::shell::{self, Result, relative};

/// A trait, and the file whose tests run its suite for each implementation by name.
const SUITES: &[(&str, &str)] = &[("Store", "crates/testkit/tests/it/stores.rs")];

pub(crate) fn check(root: &Path) -> Result<Vec<Complaint>> {
    let mut complaints = Vec::new();
    let suites =
        SUITES.iter().map(|(name, file)| Ok((*name, *file, shell::read(&root.join(file))?)));
    let suites: Vec<_> = suites.collect::<Result<_>>()?;
    for dir in shell::list(&root.join("crates"))? {
        for path in shell::files_beneath(&dir.join("src"), &[".rs"])? {
            let text = shell::read(&path)?;
            for (name, file, tests) in &suites {
                let left_out = implementers(&text, name).filter(|who| !tests.contains(who));
                complaints.extend(
                    left_out.map(|who| format!("{}: {file} does not test {who}", relative(&path))),
                );
            }
        }
    }
    Ok(complaints)
}

/// The types that a file implements a trait for. Generic ones pass every call on and have no name of their own.
fn implementers<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("impl {name} for ");
    text.lines().filter_map(move |line| line.strip_prefix(&begin)?.split([' ', '<']).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_implements_a_trait_is_found() {
        let text = "impl Store for A {\nimpl<S: Store> Store for Arc<S> {\n\
                    impl Storekeeper for B {\nimpl Store for C<'_> {\n    impl Store for D {\n";
        assert_eq!(implementers(text, "Store").collect::<Vec<_>>(), ["A", "C"]);
    }
}
