//! `holdall explain`

use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::select::Selection;
use holdall::tree::{RelPath, Verdict};

use crate::args::ExplainArgs;
use crate::commands::selection;
use crate::failure::{Failure, Result};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &ExplainArgs) -> Result<u8> {
    let root = args
        .root
        .as_ref()
        .map_or(session.places.current.clone(), |root| session.places.current.join(root));
    let options = selection::options(session, &args.select, &root)?;
    let tree = DirectoryTree::open(&root, ReadOptions::default())?;
    for path in &args.paths {
        let below = match path.strip_prefix(&root) {
            Ok(below) => below,
            Err(_) if path.is_relative() => path,
            Err(_) => {
                return Err(Failure::Usage(format!(
                    "{} is not beneath {}",
                    path.display(),
                    root.display()
                )));
            }
        };
        let text = below.as_os_str().as_encoded_bytes();
        let text = text.strip_prefix(b"./").unwrap_or(text);
        let text = text.strip_suffix(b"/").unwrap_or(text);
        let below = RelPath::parse(text).map_err(|error| Failure::Usage(error.to_string()))?;
        let selection = Selection::new(options.clone())?;
        let explanation = selection.explain(&session.context(), &below, &tree)?;
        if session.json {
            let rules: Vec<String> = explanation.because.iter().map(ToString::to_string).collect();
            session.print_json(wire::Explained {
                path: below.to_string(),
                taken: explanation.verdict != Verdict::Leave,
                because: rules,
                above: explanation.above.as_ref().map(ToString::to_string),
            })?;
        } else {
            session.print(&explanation.to_string())?;
        }
    }
    Ok(0)
}
