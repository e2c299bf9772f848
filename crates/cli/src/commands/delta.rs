//! `holdall delta`

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use holdall::config;
use holdall::delta::{Travelled, Unchanged, apply, make, receive, send, sign};
use holdall::disk::Patient;
use holdall::disk::sandbox::Confined;
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::source::Spools;

use crate::aide::{Aide, Word};
use crate::args::{DeltaCommand, DeltaSendArgs, SandboxArgs};
use crate::commands::confine::{self, Needs};
use crate::commands::restore;
use crate::failure::{Failure, Result, output};
use crate::render;
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, command: &DeltaCommand) -> Result<u8> {
    let ctx = session.context();
    let place = |dir: &Path| restore::straight(session.places.current.join(dir));
    match command {
        DeltaCommand::Signature(args) => {
            let tree = DirectoryTree::open(&place(&args.dir), ReadOptions::default())?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            let signed = sign(&ctx, &tree, &mut out)?;
            out.flush().map_err(output)?;
            session.progress.finish();
            tell(session, "signature of", &signed);
        }
        DeltaCommand::Make(args) => {
            let dir = place(&args.dir);
            let tree = DirectoryTree::open(&dir, ReadOptions::default())?;
            let mut signature = open(session, &args.signature)?;
            give_up(session, &args.confine, Needs { reads: vec![dir], ..Needs::default() })?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            let unchanged = if args.checksum { Unchanged::Checked } else { Unchanged::Quick };
            let made = make(&ctx, &tree, &mut signature, &mut out, unchanged)?;
            out.flush().map_err(output)?;
            session.progress.finish();
            tell(session, "delta to", &made);
        }
        DeltaCommand::Apply(args) => {
            let dir = place(&args.dir);
            let mut delta = open(session, &args.delta)?;
            not_tried(session)?;
            let spools = Spools::new().map_err(holdall::Error::Output)?;
            let confined = give_up(session, &args.confine, writing(&dir))?;
            let report = apply(&ctx, &dir, &spools, &mut delta)?;
            session.progress.finish();
            if session.json {
                session.print_json(wire::Restored {
                    source: "a delta".to_owned(),
                    target: render::path(&dir),
                    files: report.files,
                    bytes: report.bytes,
                    unchanged: report.unchanged,
                    problems: report.problems,
                    point: report.point,
                    sandbox: wire::Confined::new(confined, false),
                    peak_memory_bytes: holdall::disk::peak_memory(),
                })?;
            } else {
                session.print(&format!("{} is what the delta was made of", dir.display()))?;
            }
        }
        DeltaCommand::Send(args) => send_to(session, args, &place(&args.dir))?,
        DeltaCommand::Receive(args) => {
            not_tried(session)?;
            let dir = place(&args.dir);
            let spools = Spools::new().map_err(holdall::Error::Output)?;
            give_up(session, &args.confine, writing(&dir))?;
            let (mut read, mut write) = (std::io::stdin().lock(), std::io::stdout().lock());
            receive(&ctx, &dir, &spools, (&mut read, &mut write))?;
            session.progress.finish();
        }
    }
    Ok(session.code())
}

/// Confines the process before it reads what the other side made. No parser for that is inside WebAssembly.
fn give_up(session: &Session, args: &SandboxArgs, needs: Needs) -> Result<Confined> {
    let wanted = confine::wanted(session, args.sandbox);
    if wanted == config::Sandbox::Off {
        return Ok(Confined::default());
    }
    let confined = confine::within(session, wanted, &[], &needs)?;
    if !needs.writes.is_empty() {
        confine::lacking(session, confined);
    }
    Ok(confined)
}

/// As a restore to `dir` does.
fn writing(dir: &Path) -> Needs {
    Needs { writes: vec![dir.to_owned()], nodes: true, ..Needs::default() }
}

fn not_tried(session: &Session) -> Result<()> {
    let why = "a delta is applied as a whole or not at all, and tells nothing before";
    if session.dry_run { Err(Failure::Usage(why.into())) } else { Ok(()) }
}

/// Runs the other side and sends it what `dir` is.
fn send_to(session: &Session, args: &DeltaSendArgs, dir: &Path) -> Result<()> {
    not_tried(session)?;
    let ctx = session.context();
    let tree = DirectoryTree::open(dir, ReadOptions::default())?;
    let unchanged = if args.checksum { Unchanged::Checked } else { Unchanged::Quick };
    let (program, words) =
        args.command.split_first().ok_or_else(|| Failure::Usage("a command is needed".into()))?;
    let shown = program.to_string_lossy().into_owned();
    let failed = |why: String| holdall::Error::NotReceived { why };
    let mut command = Command::new(program);
    let child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| failed(format!("cannot run {shown}: {error}")))?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    // Neither can be done by a process that is confined, and the other side tells what others may have made.
    let aide = Aide::to_end(&child);
    let aide = aide.map_err(|error| failed(format!("cannot watch over {shown}: {error}")))?;
    give_up(session, &args.confine, Needs { reads: vec![dir.to_owned()], ..Needs::default() })?;
    let sent = match pipes {
        Some((write, read)) => {
            let mut read = Patient::new(read, ctx.cancel);
            let mut write = Patient::new(write, ctx.cancel);
            send(&ctx, &tree, &mut read, &mut write, unchanged)
        }
        None => Err(failed(format!("{shown} has no standard input and output"))),
    };
    // It may wait for something else than us, and is no further use to whoever wants to stop.
    let stopped = sent.is_err() && ctx.cancel.is_cancelled();
    // That process ends by itself if it cannot be told.
    let _ = aide.say(if stopped { Word::Do } else { Word::Leave });
    // Its pipes are shut by now, so it ends.
    let ended =
        child.wait().map_err(|error| failed(format!("cannot wait for {shown}: {error}")))?;
    session.progress.finish();
    if sent.is_err() {
        // That it was stopped is why nothing more could be read or written.
        ctx.check()?;
    }
    let sent = match sent {
        // That it ended early is why nothing more could be read or written.
        Err(holdall::Error::Delta(_) | holdall::Error::Output(_)) if !ended.success() => {
            return Err(failed(format!("{shown} ended with {ended}")).into());
        }
        sent => sent?,
    };
    if !ended.success() {
        return Err(failed(format!("{shown} ended with {ended}")).into());
    }
    let entries = render::count(sent.entries, "entry");
    let files = render::count(sent.files, "file");
    session.tell(&format!("the other side is {entries} now; {files} went in whole or in part"));
    Ok(())
}

fn tell(session: &Session, what: &str, travelled: &Travelled) {
    let entries = render::count(travelled.entries, "entry");
    session.tell(&format!("{what} {entries}, tree {}", travelled.tree));
}

fn open<'s>(session: &Session, path: &Path) -> Result<Box<dyn Read + 's>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let path = session.places.current.join(path);
    let file = File::open(&path)
        .map_err(|source| holdall::Error::Target { target: path.clone(), source })?;
    Ok(Box::new(BufReader::new(file)))
}
