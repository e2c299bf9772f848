//! `holdall delta`

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use holdall::delta::{Travelled, Unchanged, apply, make, sign};
use holdall::fs::{DirectoryTree, ReadOptions};

use crate::args::DeltaCommand;
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
            let tree = DirectoryTree::open(&place(&args.dir), ReadOptions::default())?;
            let mut signature = open(session, &args.signature)?;
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
            if session.dry_run {
                let why = "a delta is applied as a whole or not at all, and tells nothing before";
                return Err(Failure::Usage(why.into()));
            }
            let report = apply(&ctx, &dir, &mut delta)?;
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
                    sandbox: wire::Confined::default(),
                    peak_memory_bytes: holdall::disk::peak_memory(),
                })?;
            } else {
                session.print(&format!("{} is what the delta was made of", dir.display()))?;
            }
        }
    }
    Ok(session.code())
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
