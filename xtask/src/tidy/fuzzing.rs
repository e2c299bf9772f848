//! Every parser of foreign bytes has a fuzz target and every target a parser.
//!
//! A parser offers itself by a function `pub fn NAME(data: &[u8]) -> bool {` in a module `fuzz` of its crate.

use std::path::Path;

use super::Complaint;
use crate::fuzz::{Target, targets};
use crate::layers;
use crate::shell::{self, Result};
use crate::toml;

pub(crate) fn check(root: &Path) -> Result<Vec<Complaint>> {
    let mut complaints = Vec::new();
    let targets = targets()?;
    let manifest = toml::settings(&shell::read(&root.join("fuzz/Cargo.toml"))?);
    let offered = offered(root)?;
    for Target { name, parser } in &targets {
        let source = root.join(format!("fuzz/fuzz_targets/{name}.rs"));
        if !source.exists() {
            complaints.push(format!("fuzz/targets.toml: {name} has no fuzz_targets/{name}.rs"));
        } else if !shell::read(&source)?.contains(parser.as_str()) {
            complaints.push(format!("fuzz/fuzz_targets/{name}.rs: does not call {parser}"));
        }
        if !manifest.iter().any(|s| s.table == "bin" && s.key == "name" && s.value == *name) {
            complaints.push(format!("fuzz/Cargo.toml: has no [[bin]] {name}"));
        }
        if shell::list(&root.join("fuzz/seeds").join(name))?.is_empty() {
            complaints.push(format!("fuzz/seeds/{name}: the fuzzer has nothing to begin with"));
        }
        let (package, function) = ends(parser);
        if !offered.iter().any(|(p, f)| *p == package && f == function) {
            complaints.push(format!("fuzz/targets.toml: there is no function {parser}"));
        }
    }
    for (package, function) in &offered {
        let fed = targets.iter().any(|target| ends(&target.parser) == (package.clone(), function));
        if !fed {
            complaints
                .push(format!("{package}: fuzz function {function} is not in fuzz/targets.toml"));
        }
    }
    for path in shell::files_beneath(&root.join("fuzz/fuzz_targets"), &[".rs"])? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !targets.iter().any(|target| target.name == name) {
            complaints.push(format!("fuzz/fuzz_targets/{name}.rs: is not in fuzz/targets.toml"));
        }
    }
    Ok(complaints)
}

/// The package and the function of a path such as `holdall_repo::fuzz::index`.
fn ends(parser: &str) -> (String, &str) {
    let package = parser.split("::").next().unwrap_or_default().replace('_', "-");
    (package, parser.rsplit("::").next().unwrap_or_default())
}

/// Package and name of every function that parsers offer.
fn offered(root: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for dir in shell::list(&root.join("crates"))? {
        let package = layers::package_of(&dir.file_name().unwrap_or_default().to_string_lossy());
        for path in shell::files_beneath(&dir.join("src"), &[".rs"])? {
            for line in shell::read(&path)?.lines() {
                found.extend(offer(line).map(|function| (package.clone(), function.to_owned())));
            }
        }
    }
    Ok(found)
}

/// The name in `pub fn NAME(data: &[u8]) -> bool {`; the underscore of an unused argument is let pass.
fn offer(line: &str) -> Option<&str> {
    let (name, rest) = line.trim().strip_prefix("pub fn ")?.split_once('(')?;
    let rest = rest.trim_start_matches('_');
    rest.strip_prefix("data: &[u8]) -> bool {").map(|_| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuzz_function_is_known_by_its_signature() {
        assert_eq!(offer("    pub fn index(data: &[u8]) -> bool {"), Some("index"));
        assert_eq!(offer("pub fn parse(data: &[u8]) -> Result<Index> {"), None);
        assert_eq!(offer("fn index(data: &[u8]) -> bool {"), None);
    }

    #[test]
    fn a_parser_is_told_by_its_package_and_its_name() {
        assert_eq!(ends("holdall_repo::wire::fuzz::tree"), ("holdall-repo".to_owned(), "tree"));
        assert_eq!(ends("holdall::config::fuzz"), ("holdall".to_owned(), "fuzz"));
    }
}
