//! Clones: a source as a plain directory, alone or beside older clones of the same project.

mod judge;
mod rotate;

use std::path::{Path, PathBuf};

use holdall_fs::clone::{
    Apart, CloneError, Collection, Head, Kept, Of, Record, contains, full, is_within, plan_beside,
};
use holdall_fs::restore::{Extra, Overwrite, Policy, RestorePlan, RestoreReport, plan};
use holdall_select::retention::Policy as Rules;
use holdall_tree::{Context, Filter, Note, Timestamp, TreeId};

pub use holdall_fs::clone::record_of;
pub use judge::{Difference, Judged, What, judge};
pub use rotate::{Rotation, plan_rotation};

use crate::capture::capture;
use crate::error::{Error, Result};
use crate::restore::is_free;
use crate::source::Opened;

/// The longest name of a project, in bytes: the time follows it in the name of a clone.
const PROJECT_BYTES_MAX: usize = 200;

/// What is cloned.
pub struct Input<'i, 'r> {
    /// The source.
    pub source: &'i Opened<'r>,
    /// What of it is taken.
    pub filter: &'i dyn Filter,
    /// Where on this machine it is read from, if it is: this must not lie in what a clone replaces.
    pub path: Option<&'i Path>,
}

/// What is written down of a clone beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What the project is called.
    pub project: String,
    /// What tells it from every other project.
    pub id: String,
    /// Labels.
    pub tags: Vec<String>,
    /// Whether rules may remove the clone.
    pub pin: bool,
}

impl About {
    /// Refuses a project whose name cannot begin that of a directory.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn check(&self) -> Result<()> {
        let fits = !self.project.is_empty()
            && !self.project.starts_with('.')
            && !self.project.contains(['/', '\0'])
            && self.project.len() <= PROJECT_BYTES_MAX;
        let why =
            format!("{:?} cannot be the name of a project: clones are called so", self.project);
        if fits { Ok(()) } else { Err(Error::Usage(why)) }
    }

    fn head(&self, name: String, source: &Opened<'_>, time: Timestamp) -> Head {
        Head {
            name,
            project: self.project.clone(),
            id: self.id.clone(),
            source: source.name.clone(),
            time,
            tags: self.tags.clone(),
            problems: 0,
            tree: TreeId([0; 32]),
            entries: 0,
            bytes: 0,
        }
    }
}

/// What was cloned.
#[derive(Debug, Clone, PartialEq)]
pub struct CloneReport {
    /// Where the clone is.
    pub path: PathBuf,
    /// What was written, and what was shared.
    pub written: RestoreReport,
    /// What was written down of it; `None` if the target was the source already.
    pub head: Option<Head>,
    /// The clone that it shares unchanged files with.
    pub older: Option<String>,
    /// What became of older clones; `None` if no rules were given, or nothing was removed for the sake of safety.
    pub rotation: Option<Rotation>,
}

/// Plans a clone at `target`: of a place where nothing is, or, with `mirror`, of a directory that becomes exactly the
/// source.
///
/// # Errors
/// If something is there and it is no mirror, one lies in the other, or something cannot be read.
pub fn plan_full(
    ctx: &Context<'_>,
    input: &Input<'_, '_>,
    target: &Path,
    mirror: bool,
) -> Result<RestorePlan> {
    permit(ctx, input, target, mirror)?;
    let extra = if mirror { Extra::DeleteAll } else { Extra::Keep };
    let policy = Policy { overwrite: Overwrite::Changed, extra, ..Policy::default() };
    apart(input, target, |filter| Ok(plan(ctx, input.source.tree(), filter, target, policy)?))
}

/// Makes a clone at `target`. A mirror carries out the plan of [`plan_full`]; where nothing is, no plan is needed.
///
/// # Errors
/// As [`plan_full`], and if it cannot be written. Then nothing is there, or what was before.
pub fn make_full(
    ctx: &Context<'_>,
    input: &Input<'_, '_>,
    target: &Path,
    mirror: Option<&RestorePlan>,
    about: &About,
) -> Result<CloneReport> {
    let fresh = RestorePlan::fresh(target);
    let plan = match mirror {
        Some(plan) => plan,
        None => {
            permit(ctx, input, target, false)?;
            if target.symlink_metadata().is_ok() {
                &plan_full(ctx, input, target, true)?
            } else {
                &fresh
            }
        }
    };
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let head = about.head(name, input.source, ctx.now());
    let (written, head) =
        apart(input, target, |filter| Ok(full(ctx, &of(input, filter), plan, head)?))?;
    Ok(CloneReport { path: target.to_owned(), written, head, older: None, rotation: None })
}

/// Refuses a target that holds something, unless it is mirrored, and one that holds the source.
fn permit(ctx: &Context<'_>, input: &Input<'_, '_>, target: &Path, mirror: bool) -> Result<()> {
    if !mirror && !is_free(target)? {
        return Err(Error::CloneExists { target: target.to_owned() });
    }
    let Some(path) = input.path.filter(|_| target.is_dir()) else { return Ok(()) };
    if is_within(path, target) || (path.is_dir() && contains(ctx, target, path)?) {
        let (source_path, dest) = (path.to_owned(), target.to_owned());
        return Err(
            holdall_tree::Error::from(CloneError::WithinTarget { source_path, dest }).into()
        );
    }
    Ok(())
}

/// Hands out the filter with a watch that the clone does not lie in what is read for it.
fn apart<T>(
    input: &Input<'_, '_>,
    dest: &Path,
    run: impl FnOnce(&dyn Filter) -> Result<T>,
) -> Result<T> {
    match input.path.filter(|path| path.is_dir() && input.source.is_directory()) {
        Some(path) => run(&Apart::new(input.filter, path, dest)?),
        None => run(input.filter),
    }
}

fn of<'o>(input: &'o Input<'_, '_>, filter: &'o dyn Filter) -> Of<'o> {
    let drive = &|ctx: &Context<'_>,
                  tree: &dyn holdall_tree::Tree,
                  filter: &dyn Filter,
                  sink: &dyn holdall_tree::Sink| capture(ctx, tree, filter, sink);
    Of { tree: input.source.tree(), filter, from: &input.source.name, drive }
}

/// A clone in a collection that was planned.
#[derive(Debug, Clone)]
pub struct PlannedBeside {
    /// What it would hold that the last one of the project has not.
    pub plan: RestorePlan,
    /// What that one is called.
    pub older: Option<String>,
    /// What would become of older clones, if rules were given.
    pub rotation: Option<Rotation>,
}

/// Plans a clone in the collection `dest`.
///
/// # Errors
/// If one lies in the other, or something cannot be read.
pub fn plan_incremental(
    ctx: &Context<'_>,
    input: &Input<'_, '_>,
    dest: &Path,
    about: &About,
    rules: Option<&Rules>,
) -> Result<PlannedBeside> {
    about.check()?;
    let (mut clones, now) = (Collection::look(ctx, dest)?, ctx.now());
    let older = last(ctx, &clones, &about.id, |name| record_of(&dest.join(name)));
    let head = about.head(free_name(dest, &clones, name(about, now)), input.source, now);
    let target = dest.join(&head.name);
    clones.push(Kept { head, pinned: about.pin });
    let rotation = rules.map(|rules| plan_rotation(clones, &about.id, rules));
    apart(input, dest, |filter| {
        let tree = input.source.tree();
        let Some(older) = older else {
            let policy = Policy::default();
            let plan = plan(ctx, tree, filter, &target, policy)?;
            return Ok(PlannedBeside { plan, older: None, rotation });
        };
        let place = dest.join(&older.head.name);
        let plan = plan_beside(ctx, tree, filter, &target, &place, &older)?;
        Ok(PlannedBeside { plan, older: Some(older.head.name), rotation })
    })
}

/// The name that a clone would get which is to be called `wanted`.
fn free_name(dest: &Path, clones: &[Kept], wanted: String) -> String {
    let is_free = |name: &String| {
        dest.join(name).symlink_metadata().is_err()
            && clones.iter().all(|kept| kept.head.name != *name)
    };
    let numbered = (2..).map(|number: u32| format!("{wanted}-{number}"));
    std::iter::once(wanted.clone()).chain(numbered).find(is_free).unwrap_or(wanted)
}

/// The record of the last clone of a project that has one which can be understood.
fn last(
    ctx: &Context<'_>,
    clones: &[Kept],
    id: &str,
    read: impl Fn(&str) -> holdall_tree::Result<Option<Record>>,
) -> Option<Record> {
    let own = clones.iter().rev().filter(|kept| kept.head.id == id);
    own.map(|kept| &kept.head.name).find_map(|name| match read(name) {
        Ok(record) => record.map(|mut record| {
            record.head.name.clone_from(name);
            record
        }),
        Err(error) => {
            let what = format!("nothing is shared with the clone {name}: {error}");
            ctx.observer.note(&Note::Other(what));
            None
        }
    })
}

/// Makes a clone in the collection `dest`, which shares with the last one of the project all that did not change. Then,
/// if rules are given, those older ones of the project go that no rule keeps.
///
/// # Errors
/// If somebody else works on the collection, one lies in the other, or it cannot be written: then nothing is there. Also if
/// the new clone is not as it should be, or an older one cannot be removed: then the new one is there.
pub fn make_incremental(
    ctx: &Context<'_>,
    input: &Input<'_, '_>,
    dest: &Path,
    about: &About,
    rules: Option<&Rules>,
) -> Result<CloneReport> {
    about.check()?;
    apart(input, dest, |filter| {
        let mut collection = Collection::open(ctx, dest)?;
        let made = add(ctx, &mut collection, &of(input, filter), input, about, rules);
        if made.is_err() {
            collection.close();
        }
        made
    })
}

fn add(
    ctx: &Context<'_>,
    collection: &mut Collection,
    of: &Of<'_>,
    input: &Input<'_, '_>,
    about: &About,
    rules: Option<&Rules>,
) -> Result<CloneReport> {
    let clones = collection.clones(ctx)?;
    let record = last(ctx, &clones, &about.id, |name| collection.record(name).map(Some));
    let now = ctx.now();
    let head = about.head(name(about, now), input.source, now);
    let (written, head) = collection.add(ctx, of, record.as_ref(), head, about.pin)?;
    let rotation = match rules {
        Some(rules) => rotate::rotate(ctx, collection, &head, record.as_ref(), rules)?,
        None => None,
    };
    let (path, older) = (collection.place(&head.name), record.map(|record| record.head.name));
    Ok(CloneReport { path, written, head: Some(head), older, rotation })
}

/// What a clone of that time is called.
fn name(about: &About, time: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(time.secs).unwrap_or_default();
    format!("{}-{}", about.project, at.strftime("%Y-%m-%dT%H-%M-%SZ"))
}
