//! What a restore would change, shown.

use holdall::fs::restore::{RestorePlan, Step};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::restore::Lines;
use holdall::tree::Tree;

use crate::commands::patch;
use crate::failure::Result;
use crate::render;
use crate::session::Session;
use crate::wire;

/// Prints what would change; `lines` shows changed lines of text too.
pub(super) fn preview(
    session: &Session,
    source: &dyn Tree,
    plan: &RestorePlan,
    lines: bool,
) -> Result<()> {
    if session.json {
        return session.print_json(preview_document(source, plan, lines));
    }
    let present = DirectoryTree::open(&plan.target, ReadOptions::default()).ok();
    let patch = |step: &Step| patch_of(step, present.as_ref().filter(|_| lines), source);
    for step in &plan.steps {
        let (line, code) = label(step);
        session.print(&render::paint(session.color, code, &line))?;
        if let Some(patch) = patch(step) {
            patch::show(session, &patch)?;
        }
    }
    session.tell(&format!(
        "{} in {}: {} to write, {}; {} stay as they are",
        render::count(plan.steps.len() as u64, "change"),
        plan.target.display(),
        render::count(plan.files, "file"),
        render::bytes(plan.bytes),
        render::grouped(plan.unchanged),
    ));
    Ok(())
}

/// The same as a document.
pub(super) fn preview_document(
    source: &dyn Tree,
    plan: &RestorePlan,
    lines: bool,
) -> wire::RestorePreview {
    let present = DirectoryTree::open(&plan.target, ReadOptions::default()).ok();
    let present = present.as_ref().filter(|_| lines);
    let step = |step| document(step, lines_of(step, present, source));
    wire::RestorePreview {
        plan: lines.then(|| plan_id(source, plan)),
        target: render::path(&plan.target),
        removes_target: false,
        steps: plan.steps.iter().map(step).collect(),
        unchanged: plan.unchanged,
        files: plan.files,
        bytes: plan.bytes,
    }
}

/// The ID of a plan with the lines of its texts.
pub(super) fn plan_id(source: &dyn Tree, plan: &RestorePlan) -> String {
    let present = DirectoryTree::open(&plan.target, ReadOptions::default()).ok();
    let lines = |step: &Step| lines_of(step, present.as_ref(), source);
    holdall::restore::plan_id(plan, &lines).to_string()
}

/// The lines that a step changes, if it changes a text.
pub(super) fn lines_of(
    step: &Step,
    present: Option<&DirectoryTree>,
    source: &dyn Tree,
) -> Option<Lines> {
    match (step, present) {
        (Step::Replace { before, after }, Some(present)) => {
            Lines::between((present, before), (source, after))
        }
        _ => None,
    }
}

fn patch_of(step: &Step, present: Option<&DirectoryTree>, source: &dyn Tree) -> Option<String> {
    let path = step.path();
    let lines = lines_of(step, present, source)?;
    Some(lines.patch(&format!("a/{path}"), &format!("b/{path}")))
}

/// A step as one line, and its colour.
pub(super) fn label(step: &Step) -> (String, &'static str) {
    let path = step.path();
    match step {
        Step::Create(_) => (format!("+ {path}"), render::GREEN),
        Step::Replace { .. } => (format!("M {path}"), render::YELLOW),
        Step::Metadata { before, after } => {
            (format!("U {path} ({})", patch::metadata(before, after).join(", ")), render::DIM)
        }
        Step::Remove(_) => (format!("- {path}"), render::RED),
    }
}

fn document(step: &Step, lines: Option<Lines>) -> wire::RestoreStep {
    let (word, size, metadata) = match step {
        Step::Create(entry) => ("create", entry.size(), Vec::new()),
        Step::Replace { before, after } => {
            ("replace", after.size(), patch::metadata(before, after))
        }
        Step::Metadata { before, after } => ("metadata", 0, patch::metadata(before, after)),
        Step::Remove(_) => ("remove", 0, Vec::new()),
    };
    let path = step.path();
    wire::RestoreStep {
        step: word.to_owned(),
        path: path.to_string(),
        bytes: size,
        metadata,
        patch: lines.as_ref().map(|lines| lines.patch(&format!("a/{path}"), &format!("b/{path}"))),
        hunks: lines
            .iter()
            .flat_map(|lines| (0..lines.len()).map(|run| lines.show(run..run + 1)))
            .collect(),
    }
}
