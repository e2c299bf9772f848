//! What a compiler cannot check: layers, names, file lengths, documentation that must be there, forgotten tests and suites.

mod fuzzing;
mod manifests;
mod sources;
mod suites;

use std::path::Path;

use crate::generate;
use crate::shell::{self, Result};

/// One thing that is not as it should be: where, and what.
pub(crate) type Complaint = String;

pub(crate) fn tidy() -> Result<()> {
    let root = shell::root();
    let mut complaints = Vec::new();
    complaints.extend(manifests::check(&root)?);
    complaints.extend(sources::check(&root)?);
    complaints.extend(fuzzing::check(&root)?);
    complaints.extend(suites::check(&root)?);
    complaints.extend(architecture(&root)?);
    for complaint in &complaints {
        println!("tidy: {complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        n => Err(format!("{n} things are not tidy").into()),
    }
}

/// The picture in ARCHITECTURE.md must be the one the table of layers draws.
fn architecture(root: &Path) -> Result<Option<Complaint>> {
    let path = root.join("ARCHITECTURE.md");
    if !path.exists() {
        return Ok(None);
    }
    let text = shell::read(&path)?;
    let same = generate::with_picture(&text)? == text;
    Ok((!same).then(|| "ARCHITECTURE.md: the picture is out of step; run `cargo xtask gen`".into()))
}
