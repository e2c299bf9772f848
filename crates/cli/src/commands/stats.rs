//! `holdall stats`

use std::collections::BTreeMap;

use holdall::dump::{Counts, Item, Looks, count, inspect};
use holdall::select::Selection;
use holdall::source::Access;
use holdall::tree::{Kind, RelPath};

use crate::args::StatsArgs;
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_source};
use crate::commands::{dump, selection};
use crate::failure::Result;
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire::{CountLine, Counted};

pub(super) fn run(session: &Session, args: &StatsArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let needs = Needs { reads: selection::reads(session, &args.select), ..Needs::default() };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        let root = source.origin.clone().unwrap_or_else(|| session.places.current.clone());
        let ctx = session.context();
        let settings = &session.config.config;
        let select = (&args.select, &settings.select);
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let selection = Selection::new(select)?;
        let encoding = dump::encoding(args.tokens, &settings.dump);
        let looks = Looks { tokens: encoding, ..Looks::default() };
        let items = inspect(&ctx, source.tree(), &selection, &looks)?;
        session.progress.finish();
        let tokens = encoding.is_some();
        let line = |(name, counts): &(String, Counts)| CountLine::new(name, counts, tokens);
        let (all, languages) = count(&items);
        let counted = Counted {
            total: CountLine::new("total", &all, tokens),
            languages: languages.iter().map(line).collect(),
            directories: args
                .by_dir
                .map(|depth| directories(&items, depth).iter().map(line).collect()),
            files: args.by_file.then(|| files(&items).iter().map(line).collect()),
            encoding: encoding.map(|encoding| encoding.name().to_owned()),
        };
        if session.json {
            session.print_json(counted)?;
            return Ok(session.code());
        }
        table(session, "Language", &counted.languages, Some(&counted.total))?;
        for (title, lines) in [("Directory", &counted.directories), ("File", &counted.files)] {
            if let Some(lines) = lines {
                session.print("")?;
                table(session, title, lines, None)?;
            }
        }
        Ok(session.code())
    })
}

/// Counts of everything beneath each directory that is at most `depth` deep.
fn directories(items: &[Item], depth: usize) -> Vec<(String, Counts)> {
    let mut dirs: BTreeMap<RelPath, Vec<&Item>> = BTreeMap::new();
    for item in items {
        let mut at = item.record.path.parent();
        while let Some(dir) = at {
            at = dir.parent();
            if dir.depth() <= depth {
                dirs.entry(dir).or_default().push(item);
            }
        }
    }
    let counted = |(dir, held): (RelPath, Vec<&Item>)| (dir.to_string(), count(held).0);
    dirs.into_iter().map(counted).collect()
}

fn files(items: &[Item]) -> Vec<(String, Counts)> {
    let is_file = |item: &&Item| matches!(item.record.kind, Kind::File { .. });
    let counted = |item: &Item| (item.record.path.to_string(), count([item]).0);
    let mut files: Vec<_> = items.iter().filter(is_file).map(counted).collect();
    files.sort_by_key(|(_, counts)| std::cmp::Reverse((counts.tokens, counts.bytes)));
    files
}

fn table(
    session: &Session,
    title: &str,
    lines: &[CountLine],
    total: Option<&CountLine>,
) -> Result<()> {
    let mut header = vec![
        (title, Align::Left),
        ("Files", Align::Right),
        ("Lines", Align::Right),
        ("Code", Align::Right),
        ("Comments", Align::Right),
        ("Blanks", Align::Right),
        ("Size", Align::Right),
    ];
    let tokens = lines.iter().chain(total).any(|line| line.tokens.is_some());
    if tokens {
        header.push(("Tokens", Align::Right));
    }
    let mut table = Table::new(&header);
    for line in lines.iter().chain(total) {
        let numbers = [line.files, line.lines, line.code, line.comments, line.blanks];
        let mut row = vec![line.name.clone()];
        row.extend(numbers.map(render::grouped));
        row.push(render::bytes(line.bytes));
        row.extend(line.tokens.map(render::grouped));
        table.row(row);
    }
    for line in table.lines(session.color) {
        session.print(&line)?;
    }
    Ok(())
}
