//! What each key does.

use holdall::config::SecretsPolicy;
use holdall::explore::contents::{Notation, Searched};
use holdall::explore::names::Named;
use holdall::explore::{Node, What};

use super::model::{
    Focus, Found, FoundWhat, Job, Key, Leave, Model, Place, Prompt, PromptKind, TYPED_MAX, Task,
    Wish,
};

/// Columns that a page moves sideways at a time.
const SIDEWAYS: usize = 8;
/// The farthest that a page moves sideways; no row is longer.
const SIDEWAYS_MAX: usize = 4096;

/// Keys and what they do, as the help shows them.
pub(super) const HELP: [(&str, &str); 18] = [
    ("↑ ↓ PgUp PgDn Home End", "move (also k j g G)"),
    ("→ ←", "open and close a directory; into the file and back (also l h)"),
    ("Enter", "open; of a found name: show it in the tree"),
    ("Tab", "go from the list to the file and back"),
    ("Space", "pick; of a directory: all beneath"),
    ("u", "pick nothing"),
    ("/", "find names: words, or letters of them in their order"),
    ("f", "find in the contents of all files"),
    ("  Tab", "  while typing: a text, or a regular expression"),
    ("n N", "the next and the previous line that was found"),
    ("t", "show in the tree what was found"),
    ("e", "write what is picked, or marked, as a dump; its name says the format"),
    ("  Tab", "  while typing: what becomes of secrets"),
    ("r", "restore what is picked, or marked, to a directory"),
    ("Esc", "stop what runs; back; leave"),
    ("?", "these keys"),
    ("q", "leave"),
    ("Ctrl-C", "leave at once"),
];

impl Model {
    pub(super) fn key(&mut self, key: Key) {
        if key == Key::Ctrl('c') {
            self.wishes.push(Wish::Leave(Leave::Interrupted));
            return;
        }
        if self.help {
            self.help = false;
            return;
        }
        // A question that comes up while something is typed waits, so that nobody answers it by accident.
        if let Some(prompt) = self.prompt.take() {
            return self.typed(key, prompt);
        }
        if let Some((_, job)) = self.question.take() {
            return self.answered(key, job);
        }
        self.message = None;
        match key {
            Key::Char('q') => self.wishes.push(Wish::Leave(Leave::Done)),
            Key::Esc => self.back(),
            Key::Char('?') => self.help = true,
            Key::Char('/') => self.ask(PromptKind::Names, String::new()),
            Key::Char('f') => self.ask(PromptKind::Contents, String::new()),
            Key::Char('e') => self.ask_to_write(PromptKind::Export, "picked.md"),
            Key::Char('r') => self.ask_to_write(PromptKind::Restore, "restored"),
            Key::Char('u') => self.pick_nothing(),
            Key::Char('t') => self.show_in_tree(),
            Key::Char('n') if self.found.is_some() => self.move_cursor(1),
            Key::Char('N') if self.found.is_some() => self.move_cursor(-1),
            Key::Char(' ') => self.pick(),
            Key::Tab => self.turn(),
            key if self.focus == Focus::Page => self.page_key(key),
            key => self.list_key(key),
        }
    }

    /// What was pasted is typed; line ends in it are not.
    pub(super) fn pasted(&mut self, text: &str) {
        if self.prompt.is_some() {
            for c in text.chars().filter(|c| !c.is_control()).take(TYPED_MAX) {
                self.key(Key::Char(c));
            }
        }
    }

    fn back(&mut self) {
        if self.job.is_some() {
            self.wishes.push(Wish::StopJob);
        } else if self.focus == Focus::Page {
            self.focus = Focus::List;
        } else if self.found.is_some() {
            self.found = None;
            self.wishes.push(Wish::StopSearch);
        } else {
            self.wishes.push(Wish::Leave(Leave::Done));
        }
    }

    fn turn(&mut self) {
        self.focus = match self.focus {
            Focus::List if self.view.of.is_some() => Focus::Page,
            _ => Focus::List,
        };
    }

    fn move_cursor(&mut self, by: isize) {
        let last = self.list_len().saturating_sub(1);
        let place = self.place_mut();
        place.cursor = place.cursor.saturating_add_signed(by).min(last);
    }

    fn list_key(&mut self, key: Key) {
        let page = isize::try_from(self.layout.list_height().max(2) - 1).unwrap_or(1);
        match key {
            Key::Up | Key::Char('k') => self.move_cursor(-1),
            Key::Down | Key::Char('j') => self.move_cursor(1),
            Key::PageUp | Key::Ctrl('b') => self.move_cursor(-page),
            Key::PageDown | Key::Ctrl('f') => self.move_cursor(page),
            Key::Home | Key::Char('g') => self.place_mut().cursor = 0,
            Key::End | Key::Char('G') => self.place_mut().cursor = usize::MAX,
            Key::Right | Key::Char('l') => self.inwards(false),
            Key::Enter => self.inwards(true),
            Key::Left | Key::Char('h') => self.outwards(),
            _ => {}
        }
    }

    /// Opens a directory, enters one that is open, or goes to the file. Enter closes what is open instead, and shows
    /// a found name in the tree.
    fn inwards(&mut self, enter: bool) {
        let names = |found: &&mut Found| matches!(found.what, FoundWhat::Names(_));
        if let Some(found) = self.found.as_mut().filter(names).filter(|_| enter) {
            // Whoever types fast means what is typed, not what was found for a part of it.
            found.jump = found.running;
            if !found.jump {
                self.show_in_tree();
            }
            return;
        }
        let Some((node, _)) = self.current() else { return };
        let searching = self.found.is_some();
        let Some(loaded) = self.loaded.as_mut() else { return };
        if loaded.outline.what(node) != What::Dir {
            self.focus = Focus::Page;
        } else if searching {
            self.show_in_tree();
        } else if !loaded.rows.is_open(node) || enter {
            let open = !loaded.rows.is_open(node);
            loaded.rows.set_open(&loaded.outline, node, open);
        } else if loaded.outline.children(node).len() > 0 {
            self.move_cursor(1);
        }
    }

    /// Closes a directory, or goes to the one above.
    fn outwards(&mut self) {
        if self.found.is_some() {
            return;
        }
        let Some((node, _)) = self.current() else { return };
        let Some(loaded) = self.loaded.as_mut() else { return };
        if loaded.rows.is_open(node) {
            loaded.rows.set_open(&loaded.outline, node, false);
            return;
        }
        let above = loaded.outline.parent(node).filter(|above| *above != Node::ROOT);
        if let Some(row) = above.and_then(|above| loaded.rows.row(&loaded.outline, above)) {
            self.tree.cursor = row;
        }
    }

    pub(super) fn show_in_tree(&mut self) {
        let Some((node, _)) = self.current() else { return };
        let Some(loaded) = self.loaded.as_mut() else { return };
        loaded.rows.reveal(&loaded.outline, node);
        if let Some(row) = loaded.rows.row(&loaded.outline, node) {
            let height = self.layout.list_height();
            self.tree = Place { cursor: row, top: row.saturating_sub(height / 2) };
        }
        if self.found.take().is_some() {
            self.wishes.push(Wish::StopSearch);
        }
        self.focus = Focus::List;
    }

    fn pick(&mut self) {
        let Some((node, _)) = self.current() else { return };
        if let Some(loaded) = &mut self.loaded {
            loaded.picks.toggle(&loaded.outline, node);
        }
        if self.focus == Focus::List {
            self.move_cursor(1);
        }
    }

    fn pick_nothing(&mut self) {
        if let Some(loaded) = &mut self.loaded {
            loaded.picks.set(&loaded.outline, Node::ROOT, false);
        }
    }

    fn page_key(&mut self, key: Key) {
        let (rows, height) = (self.page_len(), self.layout.page_height());
        let step = height.max(2) - 1;
        let view = &mut self.view;
        match key {
            Key::Up | Key::Char('k') => view.top = view.top.saturating_sub(1),
            Key::Down | Key::Char('j') => view.top = view.top.saturating_add(1),
            Key::PageUp | Key::Ctrl('b') => view.top = view.top.saturating_sub(step),
            Key::PageDown | Key::Ctrl('f') => view.top = view.top.saturating_add(step),
            Key::Home | Key::Char('g') => view.top = 0,
            Key::End | Key::Char('G') => view.top = rows,
            Key::Right | Key::Char('l') => view.left = (view.left + SIDEWAYS).min(SIDEWAYS_MAX),
            Key::Left | Key::Char('h') if view.left > 0 => {
                view.left = view.left.saturating_sub(SIDEWAYS);
            }
            Key::Left | Key::Char('h') => self.focus = Focus::List,
            _ => {}
        }
    }

    fn ask(&mut self, kind: PromptKind, text: String) {
        if self.loaded.is_none() {
            return;
        }
        self.focus = Focus::List;
        self.prompt = Some(Prompt { kind, text });
        match kind {
            PromptKind::Names | PromptKind::Contents => self.search(kind, ""),
            PromptKind::Export | PromptKind::Restore => {}
        }
    }

    fn ask_to_write(&mut self, kind: PromptKind, usual: &str) {
        if self.job.is_some() {
            self.message = Some("something is written already; Esc stops it".to_owned());
        } else if self.current().is_some() {
            self.ask(kind, usual.to_owned());
        }
    }

    /// A key while something is typed.
    fn typed(&mut self, key: Key, mut prompt: Prompt) {
        let searches = matches!(prompt.kind, PromptKind::Names | PromptKind::Contents);
        match key {
            Key::Esc => {
                if searches {
                    self.found = None;
                    self.wishes.push(Wish::StopSearch);
                }
                return;
            }
            Key::Enter => return self.entered(&prompt),
            Key::Up if searches => self.move_cursor(-1),
            Key::Down if searches => self.move_cursor(1),
            Key::PageUp | Key::PageDown if searches => self.list_key(key),
            Key::Tab if prompt.kind == PromptKind::Contents => {
                self.notation = match self.notation {
                    Notation::Text => Notation::Regex,
                    Notation::Regex => Notation::Text,
                };
                self.search(prompt.kind, &prompt.text);
            }
            Key::Tab if prompt.kind == PromptKind::Export => self.secrets = next(self.secrets),
            key => {
                if edit(&mut prompt.text, key) && searches {
                    self.search(prompt.kind, &prompt.text);
                }
            }
        }
        self.prompt = Some(prompt);
    }

    fn search(&mut self, kind: PromptKind, text: &str) {
        self.asked += 1;
        let what = match kind {
            PromptKind::Contents => FoundWhat::Hits(Vec::new(), Searched::default()),
            // What was found before stays until it is known what is found now.
            _ => match self.found.take() {
                Some(Found { what: FoundWhat::Names(named), .. }) if !text.is_empty() => {
                    FoundWhat::Names(named)
                }
                _ => FoundWhat::Names(Named::default()),
            },
        };
        let running = !text.is_empty();
        self.found = Some(Found {
            what,
            place: Place::default(),
            ask: self.asked,
            running,
            jump: false,
            why: None,
        });
        self.wishes.push(match kind {
            _ if !running => Wish::StopSearch,
            PromptKind::Contents => Wish::Contents(self.asked, text.to_owned(), self.notation),
            _ => Wish::Names(self.asked, text.to_owned()),
        });
    }

    fn entered(&mut self, prompt: &Prompt) {
        let text = prompt.text.as_str();
        let task = match prompt.kind {
            PromptKind::Names | PromptKind::Contents => {
                if text.is_empty() {
                    self.found = None;
                }
                return;
            }
            _ if text.is_empty() => return,
            PromptKind::Export => Task::Export { file: text.to_owned(), secrets: self.secrets },
            PromptKind::Restore => Task::Restore { dir: text.to_owned() },
        };
        let Some(chosen) = self.chosen() else { return };
        self.start(Box::new(Job { task, chosen, sure: false }));
    }

    fn answered(&mut self, key: Key, mut job: Box<Job>) {
        if matches!(key, Key::Char('y' | 'Y')) {
            job.sure = true;
            self.start(job);
        } else {
            self.message = Some("nothing was written".to_owned());
        }
    }

    fn start(&mut self, job: Box<Job>) {
        self.job = Some(match &job.task {
            Task::Export { .. } => "writing the dump".to_owned(),
            Task::Restore { .. } => "restoring".to_owned(),
        });
        self.wishes.push(Wish::Start(job));
    }
}

/// What becomes of secrets after this.
fn next(secrets: SecretsPolicy) -> SecretsPolicy {
    match secrets {
        SecretsPolicy::Fail => SecretsPolicy::Redact,
        SecretsPolicy::Redact => SecretsPolicy::Report,
        SecretsPolicy::Report => SecretsPolicy::Off,
        SecretsPolicy::Off => SecretsPolicy::Fail,
    }
}

/// True if the key changed the text.
fn edit(text: &mut String, key: Key) -> bool {
    match key {
        Key::Char(c) if text.chars().count() < TYPED_MAX => {
            text.push(c);
            true
        }
        Key::Backspace => text.pop().is_some(),
        Key::Ctrl('u') => {
            let had = !text.is_empty();
            text.clear();
            had
        }
        Key::Ctrl('w') => {
            let kept = text.trim_end().rfind([' ', '/']).map_or(0, |at| at + 1);
            let shorter = kept < text.len();
            text.truncate(kept);
            shorter
        }
        _ => false,
    }
}
