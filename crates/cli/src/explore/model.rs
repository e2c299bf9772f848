//! What the explorer shows, as a value: events go in, wishes come out, and nothing else is touched.
//!
//! No event costs time that grows with the tree, but for its arrival and for a job that goes through all of it anyway.

use std::sync::Arc;

use holdall::config::SecretsPolicy;
use holdall::explore::contents::{Hit, Notation, Searched};
use holdall::explore::names::Named;
use holdall::explore::{Chosen, Node, Outline, Page, Picks, Rows, Spot, What, harmless};

use super::layout::Layout;
use crate::render;

/// The longest text that can be typed, in characters.
pub(super) const TYPED_MAX: usize = 4096;

/// A key, whatever the terminal calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What happens. Answers carry the number of the wish that they answer, so that late ones are known.
#[derive(Debug)]
pub(super) enum Event {
    Key(Key),
    Pasted(String),
    Resized(u16, u16),
    /// So many entries were read by now.
    Reading(u64),
    Read(Arc<Outline>),
    /// Something at the start should be known.
    Told(String),
    /// Tokens of so many files were counted; of none, that there are some to be had.
    Counted(Vec<(Node, u64)>),
    CountedAll,
    Named(u64, Named),
    Hits(u64, Vec<Hit>, Searched),
    /// The search for contents is over; the text says why if it could not be done.
    Searched(u64, Result<(), String>),
    Page(u64, Result<Page, String>),
    JobProgress(String),
    JobDone(JobEnd),
    /// It cannot go on.
    Broken(String),
}

/// What is to be done outside.
#[derive(Debug)]
pub(super) enum Wish {
    Names(u64, String),
    Contents(u64, String, Notation),
    /// Nobody wants to know any more what was searched for.
    StopSearch,
    Page(u64, Node, Option<Spot>),
    Start(Box<Job>),
    StopJob,
    Leave(Leave),
}

/// Why the explorer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leave {
    Done,
    Interrupted,
    Broken(String),
}

/// Something that writes.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) chosen: Chosen,
    /// True once somebody agreed to what it replaces.
    pub(super) sure: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    Export { file: String, secrets: SecretsPolicy },
    Restore { dir: String },
}

/// How a job ended.
#[derive(Debug)]
pub(super) enum JobEnd {
    Done(String),
    /// It replaces something: this is asked before it goes on.
    Asks(String, Box<Job>),
    Failed(String),
}

/// Where keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    List,
    Page,
}

/// What is typed, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) kind: PromptKind,
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PromptKind {
    Names,
    Contents,
    Export,
    Restore,
}

/// The tree, once it is read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) outline: Arc<Outline>,
    pub(super) rows: Rows,
    pub(super) picks: Picks,
}

/// A place in a list: the row that is marked, and the first one that is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) cursor: usize,
    pub(super) top: usize,
}

impl Place {
    /// Keeps the marked row in a list of so many, and in sight.
    pub(super) fn settle(&mut self, len: usize, height: usize) {
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.top = self.top.min(len.saturating_sub(height)).min(self.cursor);
        if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
    }
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) what: FoundWhat,
    pub(super) place: Place,
    pub(super) ask: u64,
    pub(super) running: bool,
    /// True if the best name is to be shown in the tree as soon as it is known.
    pub(super) jump: bool,
    pub(super) why: Option<String>,
}

#[derive(Debug)]
pub(super) enum FoundWhat {
    Names(Named),
    Hits(Vec<Hit>, Searched),
}

impl Found {
    pub(super) fn len(&self) -> usize {
        match &self.what {
            FoundWhat::Names(named) => named.best.len(),
            FoundWhat::Hits(hits, _) => hits.len(),
        }
    }

    pub(super) fn entry(&self, row: usize) -> Option<(Node, Option<Spot>)> {
        match &self.what {
            FoundWhat::Names(named) => named.best.get(row).map(|node| (*node, None)),
            FoundWhat::Hits(hits, _) => hits.get(row).map(|hit| (hit.node, Some(hit.spot))),
        }
    }
}

/// What is seen of one file.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) of: Option<(Node, Option<Spot>)>,
    pub(super) ask: u64,
    pub(super) page: Option<Result<Page, String>>,
    pub(super) top: usize,
    pub(super) left: usize,
    /// The row of what was found.
    pub(super) mark: Option<usize>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) source: String,
    pub(super) layout: Layout,
    pub(super) reading: u64,
    pub(super) loaded: Option<Loaded>,
    pub(super) tree: Place,
    pub(super) found: Option<Found>,
    pub(super) focus: Focus,
    pub(super) prompt: Option<Prompt>,
    pub(super) question: Option<(String, Box<Job>)>,
    pub(super) view: View,
    pub(super) help: bool,
    /// What the job that runs does.
    pub(super) job: Option<String>,
    pub(super) message: Option<String>,
    pub(super) notation: Notation,
    pub(super) secrets: SecretsPolicy,
    /// True if tokens are counted.
    pub(super) counts: bool,
    pub(super) counted_all: bool,
    pub(super) asked: u64,
    pub(super) wishes: Vec<Wish>,
}

impl Model {
    pub(super) fn new(source: &str, counts: bool, secrets: SecretsPolicy) -> Self {
        Self {
            source: harmless(source.as_bytes()),
            layout: Layout::new(80, 24),
            reading: 0,
            loaded: None,
            tree: Place::default(),
            found: None,
            focus: Focus::List,
            prompt: None,
            question: None,
            view: View::default(),
            help: false,
            job: None,
            message: None,
            notation: Notation::Text,
            secrets,
            counts,
            counted_all: false,
            asked: 0,
            wishes: Vec::new(),
        }
    }

    /// Takes in what happened.
    pub(super) fn on(&mut self, event: Event) {
        match event {
            Event::Key(key) => self.key(key),
            Event::Pasted(text) => self.pasted(&text),
            Event::Resized(width, height) => self.layout = Layout::new(width, height),
            Event::Reading(entries) => self.reading = entries,
            Event::Read(outline) => {
                let (rows, picks) = (Rows::new(&outline), Picks::new(&outline));
                self.loaded = Some(Loaded { outline, rows, picks });
            }
            Event::Told(text) => self.message = Some(text),
            Event::Counted(files) => self.counted(&files),
            Event::CountedAll => self.counted_all = true,
            Event::Named(ask, named) => self.named(ask, named),
            Event::Hits(ask, mut hits, searched) => {
                if let Some(found) = self.found.as_mut().filter(|found| found.ask == ask)
                    && let FoundWhat::Hits(all, state) = &mut found.what
                {
                    all.append(&mut hits);
                    *state = searched;
                }
            }
            Event::Searched(ask, result) => {
                if let Some(found) = self.found.as_mut().filter(|found| found.ask == ask) {
                    found.running = false;
                    found.why = result.err();
                }
            }
            Event::Page(ask, page) if ask == self.view.ask => self.turned(page),
            Event::Page(..) => {}
            Event::JobProgress(text) => {
                if let Some(job) = &mut self.job {
                    *job = text;
                }
            }
            Event::JobDone(end) => self.job_done(end),
            Event::Broken(why) => self.wishes.push(Wish::Leave(Leave::Broken(why))),
        }
        self.settle();
    }

    fn counted(&mut self, files: &[(Node, u64)]) {
        let Some(loaded) = &mut self.loaded else { return };
        for (node, tokens) in files {
            loaded.picks.add_tokens(&loaded.outline, *node, *tokens);
        }
    }

    fn named(&mut self, ask: u64, named: Named) {
        if let Some(found) = self.found.as_mut().filter(|found| found.ask == ask) {
            found.what = FoundWhat::Names(named);
            found.running = false;
            found.place = Place::default();
            if found.jump {
                self.show_in_tree();
            }
        }
    }

    fn turned(&mut self, page: Result<Page, String>) {
        let spot = self.view.of.and_then(|(_, spot)| spot);
        if let (Ok(page), Some(spot)) = (&page, spot) {
            let row = page.row_of(spot);
            self.view.mark = Some(row);
            self.view.top = row.saturating_sub(self.layout.page_height() / 3);
        }
        self.view.page = Some(page);
    }

    fn job_done(&mut self, end: JobEnd) {
        self.job = None;
        match end {
            JobEnd::Done(text) | JobEnd::Failed(text) => self.message = Some(text),
            JobEnd::Asks(question, job) => self.question = Some((question, job)),
        }
    }

    /// How many rows the list has.
    pub(super) fn list_len(&self) -> usize {
        match (&self.found, &self.loaded) {
            (Some(found), _) => found.len(),
            (None, Some(loaded)) => loaded.rows.len(&loaded.outline),
            (None, None) => 0,
        }
    }

    pub(super) fn place(&self) -> Place {
        self.found.as_ref().map_or(self.tree, |found| found.place)
    }

    pub(super) fn place_mut(&mut self) -> &mut Place {
        self.found.as_mut().map_or(&mut self.tree, |found| &mut found.place)
    }

    /// The entry in a row of the list, and where in it.
    pub(super) fn entry(&self, row: usize) -> Option<(Node, Option<Spot>)> {
        match (&self.found, &self.loaded) {
            (Some(found), _) => found.entry(row),
            (None, Some(loaded)) => loaded.rows.node(&loaded.outline, row).map(|node| (node, None)),
            (None, None) => None,
        }
    }

    /// The entry that is marked.
    pub(super) fn current(&self) -> Option<(Node, Option<Spot>)> {
        self.entry(self.place().cursor)
    }

    /// Keeps everything in its bounds, and asks for the page of what is marked.
    fn settle(&mut self) {
        let (len, height) = (self.list_len(), self.layout.list_height());
        self.place_mut().settle(len, height);
        let current = self.current();
        if current != self.view.of {
            let same_file = current.map(|(node, _)| node) == self.view.of.map(|(node, _)| node);
            self.asked += 1;
            let page = match &self.view.page {
                // Another line of a file that is shown as a whole needs no second reading.
                Some(Ok(page)) if same_file && !page.is_partial() => self.view.page.take(),
                _ => None,
            };
            self.view = View { of: current, ask: self.asked, ..View::default() };
            let dir = |node| {
                self.loaded.as_ref().is_none_or(|loaded| loaded.outline.what(node) == What::Dir)
            };
            match (page, current) {
                (Some(page), _) => self.turned(page),
                (None, Some((node, spot))) if !dir(node) => {
                    self.wishes.push(Wish::Page(self.asked, node, spot));
                }
                _ => {}
            }
        }
        let rows = self.page_len();
        self.view.top = self.view.top.min(rows.saturating_sub(self.layout.page_height()));
        if self.view.of.is_none() {
            self.focus = Focus::List;
        }
    }

    /// How many rows the page has.
    pub(super) fn page_len(&self) -> usize {
        match &self.view.page {
            Some(Ok(page)) => page.len(),
            _ => 0,
        }
    }

    /// How what a job takes is called: what is picked, or else what is marked.
    pub(super) fn called(&self) -> Option<String> {
        let loaded = self.loaded.as_ref()?;
        match loaded.picks.picked(&loaded.outline, Node::ROOT).entries {
            0 => {
                let (node, _) = self.current()?;
                Some(harmless(loaded.outline.name(node)))
            }
            picked => Some(format!("{} picked", render::count(picked, "entry"))),
        }
    }

    /// What a job takes.
    pub(super) fn chosen(&self) -> Option<Chosen> {
        let loaded = self.loaded.as_ref()?;
        if loaded.picks.picked(&loaded.outline, Node::ROOT).entries > 0 {
            return Some(Chosen::of(&loaded.outline, &loaded.picks));
        }
        let (node, _) = self.current()?;
        Some(Chosen::only(&loaded.outline, node))
    }
}
