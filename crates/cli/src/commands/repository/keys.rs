//! `holdall repo key …`

use holdall::repo::{Id, LockMode, Repository, keys};
use holdall::{Ask, access};

use crate::args::{KeyCommand, NewPasswordArgs};
use crate::failure::Result;
use crate::render::{Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, command: &KeyCommand) -> Result<u8> {
    let ctx = session.context();
    let mut repository = session.open()?;
    if session.dry_run && !matches!(command, KeyCommand::List) {
        return would_change(session, command, &repository);
    }
    match command {
        KeyCommand::List => {
            let _lock = session.lock_to_read(&repository, LockMode::Shared)?;
            let mut table = Table::new(&[
                ("", Align::Left),
                ("ID", Align::Left),
                ("User", Align::Left),
                ("Host", Align::Left),
                ("Made", Align::Left),
            ]);
            let all = keys::list(&repository)?;
            if session.json {
                let one = |key: &keys::KeyEntry| wire::KeyEntry {
                    id: key.id.hex(),
                    user: key.user.clone(),
                    host: key.host.clone(),
                    created: key.created.clone(),
                    current: key.current,
                    n: key.kdf.n,
                    r: key.kdf.r.into(),
                    p: key.kdf.p.into(),
                };
                session.print_json(wire::Keys { keys: all.iter().map(one).collect() })?;
                return Ok(0);
            }
            for key in all {
                let mark = if key.current { "*" } else { "" };
                table.row(vec![mark.into(), key.id.short(), key.user, key.host, key.created]);
            }
            for line in table.lines(session.color) {
                session.print(&line)?;
            }
        }
        KeyCommand::Add(args) => {
            let _lock = session.lock(&repository, LockMode::Shared)?;
            let secret = new_password(session, args, &repository)?;
            let id = keys::add(&ctx, &repository, &secret, &session.identity)?;
            changed(session, "added", id, &format!("key {} added", id.short()))?;
        }
        KeyCommand::Remove(args) => {
            let _lock = session.lock(&repository, LockMode::Exclusive)?;
            let id = keys::remove(&repository, &args.id)?;
            changed(session, "removed", id, &format!("key {} removed", id.short()))?;
        }
        KeyCommand::Passwd(args) => {
            let _lock = session.lock(&repository, LockMode::Exclusive)?;
            let secret = new_password(session, args, &repository)?;
            let id = keys::change_password(&ctx, &mut repository, &secret, &session.identity)?;
            changed(
                session,
                "replaced",
                id,
                &format!("password changed; the key is now {}", id.short()),
            )?;
        }
    }
    Ok(0)
}

/// Says what a command would do; a new password is not asked for.
fn would_change(session: &Session, command: &KeyCommand, repository: &Repository) -> Result<u8> {
    let current = keys::list(repository)?.into_iter().find(|key| key.current);
    let (change, id) = match command {
        KeyCommand::Remove(args) => ("remove", Some(keys::removable(repository, &args.id)?)),
        KeyCommand::Passwd(_) => ("replace", current.map(|key| key.id)),
        KeyCommand::Add(_) | KeyCommand::List => ("add", None),
    };
    if session.json {
        session.print_json(wire::KeyWouldChange {
            change: change.to_owned(),
            id: id.map(|id| id.hex()),
        })?;
        return Ok(0);
    }
    let which = id.map_or("a key".to_owned(), |id| format!("key {}", id.short()));
    session.print(&format!("would {change} {which}"))?;
    Ok(0)
}

fn new_password(
    session: &Session,
    args: &NewPasswordArgs,
    repository: &Repository,
) -> Result<holdall::repo::Secret> {
    Ok(match &args.new_password_file {
        Some(file) => access::password_file(&session.places.current.join(file))?,
        None => session.new_password(&repository.location())?,
    })
}

fn changed(session: &Session, change: &str, id: Id, text: &str) -> Result<()> {
    if session.json {
        session.print_json(wire::KeyChanged { change: change.to_owned(), id: id.hex() })
    } else {
        session.print(text)
    }
}
