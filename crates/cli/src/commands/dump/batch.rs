//! `--batch`: each project of a monorepo, with its own configuration, to its own file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use holdall::config::{self, Config, Inputs, OutputName};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::projects::{self, Project};
use holdall::select::{Hidden, IgnoreFiles, Selection};
use holdall::source::{self, Homes, Locator, Reading};
use holdall::tree::{Context, Counter, Note, Observer, Phase, RelPath};

use super::options::{Wanted, ending};
use super::{REDUCED, Written, once};
use crate::args::DumpArgs;
use crate::commands::place::Place;
use crate::commands::{sealing, selection};
use crate::failure::{Failure, Result, explained, report_of};
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire;

/// What became of one project.
struct Done {
    path: RelPath,
    place: Option<PathBuf>,
    outcome: Result<Written>,
    problems: u64,
}

impl Done {
    /// The first file that was written, and how many more there are.
    fn files<'d>(&'d self, written: &'d Written) -> (Option<&'d Path>, usize) {
        match written {
            Written::Dump { files, .. } => {
                (files.first().map(PathBuf::as_path), files.len().saturating_sub(1))
            }
            Written::Patch { .. } | Written::Unchanged => (self.place.as_deref(), 0),
        }
    }
}

pub(super) fn run(session: &Session, args: &DumpArgs) -> Result<u8> {
    refuse(args)?;
    let ctx = session.context();
    // Without what a `.` leaves in it.
    let root: PathBuf = session.places.current.join(&args.source).components().collect();
    let tree = DirectoryTree::open(&root, ReadOptions::default())?;
    let inputs = session.inputs_in(&root);
    let whole = config::resolve(&inputs)?.config;
    let mut select =
        selection::options_for(session, &ctx, (&args.select, &whole.select), &root, &tree)?;
    // A project that git does not track yet is one all the same; what is ignored or hidden is none.
    select.git_tracked = None;
    if !args.select.no_ignore {
        select.ignore_files = IgnoreFiles::All;
    }
    if !args.select.hidden {
        select.hidden = Hidden::Leave;
    }
    let found = projects::find(&ctx, &tree, &Selection::new(select)?)?;
    if found.is_empty() {
        let why = format!("there is no project beneath {}", root.display());
        return Err(Failure::Usage(format!("{why}: none has a holdall.toml or a manifest")));
    }
    let output = args.output.as_deref().map(|output| pattern(session, output)).transpose()?;
    let configs: Vec<Result<Config>> = found
        .iter()
        .map(|project| Ok(config::resolve(&inputs_of(&inputs, &root, project))?.config))
        .collect();
    let places: Vec<Result<PathBuf>> = found
        .iter()
        .zip(&configs)
        .map(|(project, config)| place(args, &root, project, config.as_ref().ok(), &output))
        .collect();
    distinct(&found, &places)?;
    if let (Some(_), false) = (&output, session.dry_run) {
        make_directories(places.iter().flatten())?;
    }
    let jobs: Vec<Job<'_>> = found
        .iter()
        .zip(configs)
        .zip(places)
        .map(|((project, config), place)| Job { project, config, place })
        .collect();
    let seal = sealing::wanted(session, &args.seal, &Place::File(root.clone()), None)?;
    let done = all(session, args, &root, &seal, jobs);
    session.progress.finish();
    // What was published before is whole, and of the rest there is nothing to say.
    ctx.check()?;
    show(session, &done)
}

/// What the configuration of a project is made of: its own file, if it has one, over that of the whole.
fn inputs_of(whole: &Inputs, root: &Path, project: &Project) -> Inputs {
    let own = || root.join(project.path.as_path()).join(config::PROJECT_FILE);
    Inputs { part_file: project.configured.then(own), ..whole.clone() }
}

/// What is of one directory cannot be of many.
fn refuse(args: &DumpArgs) -> Result<()> {
    let flag = match args {
        DumpArgs { vault: Some(_), .. } => "--vault",
        _ if args.select.list().is_some() => "--files-from",
        _ if args.output.as_deref() == Some(Path::new("-")) => "-o -",
        _ => return Ok(()),
    };
    let why = "each project of a batch is dumped to a file of its own, which does not go with";
    Err(Failure::Usage(format!("{why} {flag}")))
}

/// The names of the dumps, by what `-o` says: a directory, or a name with `{name}` or `{path}` in it.
fn pattern(session: &Session, output: &Path) -> Result<OutputName> {
    let full = session.places.current.join(output);
    let text = full.to_str().ok_or_else(|| Failure::Usage("-o is no text".into()))?;
    let varies = text.contains("{name}") || text.contains("{path}");
    let is_dir = full.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let name = match (varies, is_dir) {
        (true, _) => text.to_owned(),
        (false, true) => format!("{}/{{path}}.{{ext}}", text.trim_end_matches('/')),
        (false, false) => {
            let why = "would be the file of every project of the batch: say -o DIR/, or put {name} \
                       or {path} into the name";
            return Err(Failure::Usage(format!("{} {why}", output.display())));
        }
    };
    OutputName::try_from(name).map_err(|why| Failure::Usage(format!("-o: {why}")))
}

/// The file of one project.
fn place(
    args: &DumpArgs,
    root: &Path,
    project: &Project,
    config: Option<&Config>,
    output: &Option<OutputName>,
) -> Result<PathBuf> {
    // Without a configuration nothing is written, and the configuration says why.
    let Some(config) = config else { return Ok(PathBuf::new()) };
    let Some(name) = output.as_ref().or(config.dump.output.as_ref()) else {
        let why = "say where the dumps go with -o DIR/, or set dump.output in the project";
        return Err(Failure::Usage(why.into()));
    };
    if name.as_str() == "-" {
        return Err(Failure::Usage("a batch does not go to standard output".into()));
    }
    let dir = root.join(project.path.as_path());
    Place::named(name, &dir, root, ending(args, &config.dump, name)?)
}

/// Refuses a batch in which two projects would have one file.
fn distinct(found: &[Project], places: &[Result<PathBuf>]) -> Result<()> {
    let mut taken: BTreeMap<&Path, &RelPath> = BTreeMap::new();
    for (project, place) in found.iter().zip(places) {
        let Ok(place) = place else { continue };
        if place.as_os_str().is_empty() {
            continue;
        }
        if let Some(other) = taken.insert(place, &project.path) {
            let file = place.display();
            let why = format!("{other} and {} would both be written to {file}", project.path);
            return Err(Failure::Usage(format!("{why}: name them by {{path}}")));
        }
    }
    Ok(())
}

fn make_directories<'p>(places: impl Iterator<Item = &'p PathBuf>) -> Result<()> {
    for above in places.filter_map(|place| place.parent()) {
        std::fs::create_dir_all(above).map_err(|error| {
            Failure::Usage(format!("cannot make the directory {}: {error}", above.display()))
        })?;
    }
    Ok(())
}

/// What is to be done for one project.
struct Job<'p> {
    project: &'p Project,
    config: Result<Config>,
    place: Result<PathBuf>,
}

/// Runs all jobs by so many workers that each has a thread, and shares threads and memory among them.
fn all(
    session: &Session,
    args: &DumpArgs,
    root: &Path,
    seal: &sealing::Wanted,
    jobs: Vec<Job<'_>>,
) -> Vec<Done> {
    let ctx = session.context();
    let workers = ctx.threads.min(jobs.len()).max(1);
    let share = Context {
        threads: (ctx.threads / workers).max(1),
        memory_bytes: ctx.memory_bytes / workers as u64,
        ..ctx
    };
    let places: Vec<PathBuf> =
        jobs.iter().filter_map(|job| job.place.as_ref().ok()).cloned().collect();
    let jobs: Vec<Mutex<Option<Job<'_>>>> =
        jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let job = job.lock().unwrap_or_else(PoisonError::into_inner).take();
                    let Some(job) = job else { continue };
                    let one = one(session, &share, args, (root, seal), job, &places);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by(|a, b| a.path.cmp(&b.path));
    done
}

/// Dumps one project.
fn one(
    session: &Session,
    ctx: &Context<'_>,
    args: &DumpArgs,
    (root, seal): (&Path, &sealing::Wanted),
    job: Job<'_>,
    places: &[PathBuf],
) -> Done {
    let path = &job.project.path;
    let observer = Part { above: path, all: &session.progress, problems: AtomicU64::new(0) };
    let ctx = Context { observer: &observer, ..*ctx };
    let place = job.place.as_ref().ok().filter(|place| !place.as_os_str().is_empty()).cloned();
    let run = || -> Result<Written> {
        ctx.check()?;
        let (config, file) = (job.config?, job.place?);
        let mut wanted = Wanted::of(&config, args, Place::File(file), seal)?;
        wanted.part = Some(path);
        wanted.others = places;
        let dir = Locator::Path(root.join(path.as_path()));
        let source = source::open(&ctx, &dir, Homes::default(), Reading::default())?;
        once(session, &ctx, &source, &wanted, None)
    };
    let outcome = run();
    Done { path: path.clone(), place, outcome, problems: observer.problems.into_inner() }
}

/// Passes on what happens in one project under its path in the whole.
struct Part<'a> {
    above: &'a RelPath,
    all: &'a dyn Observer,
    problems: AtomicU64,
}

impl Observer for Part<'_> {
    fn phase(&self, phase: Phase, _: Option<u64>) {
        // Many projects are in many phases; what is worth showing is that they are read.
        if phase == Phase::Capturing {
            self.all.phase(phase, None);
        }
    }

    fn count(&self, counter: Counter, by: u64) {
        self.all.count(counter, by);
    }

    fn expect(&self, counter: Counter, more: u64) {
        self.all.expect(counter, more);
    }

    fn problem(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        let path = path.map_or_else(|| self.above.clone(), |path| self.above.join_path(path));
        self.all.problem(Some(&path), error);
    }

    fn note(&self, note: &Note) {
        self.all.note(note);
    }
}

/// The code that a run for this project alone would have ended with.
fn code(done: &Done) -> u8 {
    match &done.outcome {
        Err(failure) => explained(failure).kind.exit_code(),
        Ok(written) if written.is_reduced() => REDUCED,
        Ok(_) => u8::from(done.problems > 0) * 3,
    }
}

/// Of many codes the worst: what went wrong beats what was refused, and that what is incomplete.
fn worst(codes: impl Iterator<Item = u8>) -> u8 {
    const RISING: [u8; 7] = [0, 3, 5, 4, 2, 1, 130];
    codes.max_by_key(|code| RISING.iter().position(|one| one == code)).unwrap_or(0)
}

fn show(session: &Session, done: &[Done]) -> Result<u8> {
    let code_of_all = worst(done.iter().map(code));
    for one in done {
        if let Err(failure) = &one.outcome {
            report_of(&format!("cannot dump {}", one.path), failure, session.error_form());
        }
    }
    if session.json {
        let projects = done.iter().map(wire_of).collect();
        session.print_json(wire::Batched { projects, exit_code: code_of_all })?;
        return Ok(code_of_all);
    }
    let mut table = Table::new(&[
        ("Project", Align::Left),
        ("Files", Align::Right),
        ("Size", Align::Right),
        ("Tokens", Align::Right),
        ("Result", Align::Left),
    ]);
    for one in done {
        let (files, size, tokens) = match &one.outcome {
            Ok(Written::Dump { report, .. }) => (
                render::grouped(report.files),
                render::bytes(report.bytes),
                report.tokens.map_or(String::new(), render::grouped),
            ),
            Ok(Written::Patch { files, .. }) => {
                (render::grouped(*files), String::new(), String::new())
            }
            Ok(Written::Unchanged) | Err(_) => Default::default(),
        };
        let result = match &one.outcome {
            Err(failure) => explained(failure).code.word().to_owned(),
            Ok(written) => {
                let (first, more) = one.files(written);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let incomplete = if code(one) == 0 { "" } else { " (incomplete)" };
                first.map_or(String::new(), render::path) + &more + incomplete
            }
        };
        table.row(vec![one.path.to_string(), files, size, tokens, result]);
    }
    for line in table.lines(session.color) {
        session.print(&line)?;
    }
    let failed = done.iter().filter(|one| one.outcome.is_err()).count() as u64;
    let all = render::count(done.len() as u64, "project");
    session.tell(&match failed {
        0 => format!("{all} dumped"),
        failed => format!("{all}, {} failed", render::grouped(failed)),
    });
    Ok(code_of_all)
}

fn wire_of(one: &Done) -> wire::BatchedProject {
    let report = match &one.outcome {
        Ok(Written::Dump { report, files }) => Some((report, files)),
        _ => None,
    };
    let error = one.outcome.as_ref().err().map(|failure| explained(failure).because());
    wire::BatchedProject {
        project: one.path.to_string(),
        exit_code: code(one),
        error,
        dump: report.map(|(report, files)| wire::DumpWritten::new(files, report, one.problems)),
        file: one
            .outcome
            .as_ref()
            .ok()
            .and_then(|written| one.files(written).0)
            .map(|file| file.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_many_codes_is_that_of_all() {
        for (codes, all) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[0, 3, 0], 3),
            (&[3, 4], 4),
            (&[4, 1, 3], 1),
            (&[2, 4], 2),
            (&[1, 130, 2], 130),
        ] {
            assert_eq!(worst(codes.iter().copied()), all, "{codes:?}");
        }
    }
}
