//! The model is driven as the loop drives it, with every wish granted at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdall::config::SecretsPolicy;
use holdall::explore::contents::{self, Needle};
use holdall::explore::{Node, Outline, Page, What, names, tokens};
use holdall::insight::tokens::Encoding;
use holdall::tree::{CancelToken, Everything};
use holdall_testkit::{MemoryTree, at_ease};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{Look, draw};
use super::layout::Layout;
use super::model::{Event, Focus, Job, JobEnd, Key, Leave, Model, Task, Wish};

/// A model, and a tree that it shows.
struct Played {
    tree: MemoryTree,
    model: Model,
    left: Option<Leave>,
    jobs: Vec<Job>,
}

impl Played {
    fn new(tree: MemoryTree) -> Self {
        let model = Model::new("a source", true, SecretsPolicy::Fail);
        let mut played = Self { tree, model, left: None, jobs: Vec::new() };
        let outline = at_ease(|ctx| Outline::read(ctx, &played.tree, &Everything)).unwrap();
        played.on(Event::Read(Arc::new(outline)));
        played
    }

    fn outline(&self) -> Arc<Outline> {
        Arc::clone(&self.model.loaded.as_ref().unwrap().outline)
    }

    fn count_tokens(&mut self) {
        let outline = self.outline();
        let mut counted = Vec::new();
        at_ease(|ctx| {
            tokens::count(ctx, &self.tree, &outline, Encoding::O200k, &mut |files| {
                counted.extend(files);
            })
        })
        .unwrap();
        self.on(Event::Counted(counted));
        self.on(Event::CountedAll);
    }

    fn on(&mut self, event: Event) {
        self.model.on(event);
        while !self.model.wishes.is_empty() {
            for wish in std::mem::take(&mut self.model.wishes) {
                for answer in self.granted(wish) {
                    self.model.on(answer);
                }
            }
        }
    }

    fn granted(&mut self, wish: Wish) -> Vec<Event> {
        let (tree, outline) = (&self.tree, self.outline());
        let told = |error: holdall::Error| error.to_string();
        match wish {
            Wish::Leave(leave) => self.left = Some(leave),
            Wish::Start(job) => self.jobs.push(*job),
            Wish::StopJob | Wish::StopSearch => {}
            Wish::Names(ask, query) => {
                let found = names::search(&outline, &query, 100, &CancelToken::default());
                return vec![Event::Named(ask, found.unwrap())];
            }
            Wish::Contents(ask, text, notation) => {
                let needle = match Needle::new(&text, notation) {
                    Ok(needle) => needle,
                    Err(error) => return vec![Event::Searched(ask, Err(told(error)))],
                };
                let mut events = Vec::new();
                at_ease(|ctx| {
                    contents::search(ctx, tree, &outline, &needle, &mut |hits, searched| {
                        events.push(Event::Hits(ask, hits, searched));
                    })
                })
                .unwrap();
                events.push(Event::Searched(ask, Ok(())));
                return events;
            }
            Wish::Page(ask, node, spot) => {
                let page = at_ease(|ctx| Page::read(ctx, tree, &outline.entry(node), spot));
                return vec![Event::Page(ask, page.map_err(told))];
            }
        }
        Vec::new()
    }

    fn keys(&mut self, keys: &[Key]) {
        keys.iter().for_each(|key| self.on(Event::Key(*key)));
    }

    fn type_in(&mut self, text: &str) {
        text.chars().for_each(|c| self.on(Event::Key(Key::Char(c))));
    }

    /// The screen, row by row.
    fn screen(&self, color: bool) -> Vec<String> {
        let Layout { width, height } = self.model.layout;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame.buffer_mut(), &self.model, Look::new(color))).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned()).collect()
    }

    /// True if something is drawn that a terminal obeys.
    fn draws_controls(&self) -> bool {
        let Layout { width, height } = self.model.layout;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(&mut buffer, &self.model, Look::new(true));
        buffer.content().iter().any(|cell| cell.symbol().chars().any(char::is_control))
    }

    /// The path of what is marked.
    fn current(&self) -> String {
        let (node, _) = self.model.current().unwrap();
        self.outline().path(node).to_string()
    }

    fn picked(&self) -> u64 {
        let loaded = self.model.loaded.as_ref().unwrap();
        loaded.picks.picked(&loaded.outline, Node::ROOT).entries
    }
}

fn small() -> MemoryTree {
    MemoryTree::new()
        .with("README.md", "# Title\n\nSome words about it.\n")
        .with("src/main.rs", "fn main() {\n    println!(\"needle\");\n}\n")
        .with("src/deep/data.bin", [0u8, 1, 2, 3].as_slice())
        .with("evil\u{1b}[31m.txt", "one\n\u{1b}[2Jtwo needle\n")
}

#[test]
fn a_small_tree_is_drawn_with_sizes_tokens_picks_and_the_file_that_is_marked() {
    let mut played = Played::new(small());
    played.on(Event::Resized(84, 12));
    played.count_tokens();
    played.keys(&[Key::Down, Key::Down, Key::Right, Key::Down, Key::Down, Key::Char(' ')]);
    assert_eq!(
        played.screen(false),
        [
            "a source                                                  4 entries, 91 B, 37 tokens",
            "▌tree                                     │ src/main.rs",
            "[ ]   README.md               30 B      8 │   1 fn main() {",
            "[ ]   evil\\x1b[31m.txt        19 B     14 │   2     println!(\"needle\");",
            "[-] ▾ src/                    42 B     15 │   3 }",
            "[ ]   ▸ deep/                  4 B      5 │",
            "[x]     main.rs               38 B     10 │",
            "                                          │",
            "                                          │",
            "                                          │",
            "picked: 1 entry, 38 B, 10 tokens",
            "↑↓→← move  Space pick  / names  f find  e export  r restore  ? keys  q leave",
        ]
    );
}

#[test]
fn nothing_that_a_terminal_obeys_is_drawn() {
    let mut played = Played::new(small());
    played.on(Event::Resized(100, 20));
    for _ in 0..4 {
        assert!(!played.draws_controls());
        played.keys(&[Key::Down]);
    }
    played.keys(&[Key::Home, Key::Down]);
    let screen = played.screen(true).join("\n");
    assert!(screen.contains("evil\\x1b[31m.txt") && screen.contains("\\x1b[2Jtwo"), "{screen}");
}

#[test]
fn names_are_found_while_they_are_typed_and_shown_in_the_tree() {
    let mut played = Played::new(small());
    played.keys(&[Key::Char('/')]);
    played.type_in("data");
    assert_eq!(played.current(), "src/deep/data.bin");
    assert!(played.screen(false).iter().any(|row| row.contains("1 name")));
    played.keys(&[Key::Enter, Key::Enter]);
    assert_eq!(played.current(), "src/deep/data.bin");
    assert!(played.model.found.is_none());
    let loaded = played.model.loaded.as_ref().unwrap();
    assert_eq!(loaded.rows.len(&loaded.outline), 6, "the directories above are open");
    let screen = played.screen(false).join("\n");
    assert!(screen.contains("00 01 02 03"), "{screen}");
    played.keys(&[Key::Char('/'), Key::Esc]);
    assert!(played.model.found.is_none() && played.left.is_none());
}

#[test]
fn contents_are_found_and_the_line_is_marked_in_the_file() {
    let mut played = Played::new(small());
    played.keys(&[Key::Char('f')]);
    played.type_in("needle");
    played.keys(&[Key::Enter, Key::Char('n')]);
    assert_eq!(played.current(), "src/main.rs");
    assert_eq!(played.model.view.mark, Some(1));
    played.keys(&[Key::Char('N')]);
    assert_eq!(played.model.view.mark, Some(1));
    assert!(played.current().starts_with("evil"));
    played.keys(&[Key::Char('f')]);
    played.type_in("(");
    assert!(played.model.found.as_ref().unwrap().why.is_none(), "as a text it is sound");
    played.keys(&[Key::Tab]);
    let why = played.model.found.as_ref().unwrap().why.clone().unwrap();
    assert!(why.contains("unclosed"), "{why}");
    played.keys(&[Key::Backspace]);
    played.type_in("^fn");
    played.keys(&[Key::Enter, Key::Right]);
    assert_eq!((played.current().as_str(), played.model.focus), ("src/main.rs", Focus::Page));
    played.keys(&[Key::Esc, Key::Char('t')]);
    assert_eq!(played.current(), "src/main.rs");
    assert!(played.model.found.is_none());
}

#[test]
fn what_is_picked_is_written_and_a_question_needs_a_yes() {
    let mut played = Played::new(small());
    played.keys(&[Key::End, Key::Char(' '), Key::Char('e'), Key::Tab, Key::Ctrl('u')]);
    played.type_in("out.json");
    let screen = played.screen(false).join("\n");
    assert!(screen.contains("dump 2 entries picked (secrets taken out) to: out.json"), "{screen}");
    played.keys(&[Key::Enter]);
    let job = Box::new(played.jobs.pop().unwrap());
    let file = "out.json".to_owned();
    assert_eq!(job.task, Task::Export { file, secrets: SecretsPolicy::Redact });
    assert!(!job.sure && played.model.job.is_some());

    // While it runs no other begins, and nobody answers what is asked while something else is typed.
    played.keys(&[Key::Char('r')]);
    assert!(played.model.prompt.is_none());
    played.keys(&[Key::Char('/')]);
    played.on(Event::JobDone(JobEnd::Asks("replace it?".to_owned(), job)));
    played.type_in("y");
    assert!(played.jobs.is_empty());
    played.keys(&[Key::Esc, Key::Char('n')]);
    assert!(played.jobs.is_empty() && played.model.question.is_none());

    played.keys(&[Key::Char('r'), Key::Enter]);
    let job = Box::new(played.jobs.pop().unwrap());
    played.on(Event::JobDone(JobEnd::Asks("write into it?".to_owned(), job)));
    assert!(played.screen(false).iter().any(|row| row.contains("write into it?")));
    played.keys(&[Key::Char('y')]);
    assert!(played.jobs.pop().unwrap().sure);
    played.on(Event::JobDone(JobEnd::Done("restored".to_owned())));
    assert_eq!(played.model.message.as_deref(), Some("restored"));
}

#[test]
fn there_are_ways_out() {
    for (keys, leave) in [
        (&[Key::Char('q')][..], Leave::Done),
        (&[Key::Esc], Leave::Done),
        (&[Key::Char('/'), Key::Char('q'), Key::Esc, Key::Esc], Leave::Done),
        (&[Key::Char('/'), Key::Ctrl('c')], Leave::Interrupted),
        (&[Key::Char('?'), Key::Ctrl('c')], Leave::Interrupted),
    ] {
        let mut played = Played::new(small());
        played.keys(keys);
        assert_eq!(played.left, Some(leave), "{keys:?}");
    }
    let mut played = Played::new(small());
    played.keys(&[Key::Char('?')]);
    assert!(played.screen(false).iter().any(|row| row.contains("leave at once")));
    played.keys(&[Key::Char('q'), Key::Tab, Key::Esc]);
    assert_eq!(played.left, None, "a key ends the help, and Esc goes back to the list first");
}

#[test]
fn a_key_costs_the_same_in_a_large_tree() {
    let mut tree = MemoryTree::new();
    for dir in 0..100 {
        for file in 0..1000 {
            tree.add(format!("dir{dir:03}/sub/file{file:04}.txt"), Some(b"text\n".to_vec()));
        }
    }
    let mut played = Played::new(tree);
    played.on(Event::Resized(120, 50));
    assert_eq!(played.outline().len(), 100_200);
    let steps = |played: &Played| played.model.loaded.as_ref().unwrap().rows.steps();
    for key in [
        Key::Right,
        Key::Down,
        Key::Right,
        Key::Down,
        Key::Char(' '),
        Key::PageDown,
        Key::End,
        Key::Char(' '),
        Key::Home,
        Key::Char(' '),
        Key::Left,
        Key::Down,
        Key::PageUp,
        Key::Enter,
        Key::Char('u'),
        Key::Tab,
        Key::Down,
        Key::Char(' '),
        Key::Esc,
    ] {
        let before = steps(&played);
        played.keys(&[key]);
        played.screen(false);
        let took = steps(&played) - before;
        // Fifty rows, each found in three directories of at most a thousand entries: ten steps for each.
        assert!(took <= 2500, "{key:?} took {took} steps");
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    let keys = [
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::Backspace,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Ctrl('u'),
        Key::Ctrl('w'),
        Key::Char(' '),
        Key::Char('/'),
        Key::Char('f'),
        Key::Char('t'),
        Key::Char('n'),
        Key::Char('u'),
        Key::Char('y'),
    ];
    prop_oneof![
        6 => prop::sample::select(keys.to_vec()),
        2 => any::<char>().prop_map(Key::Char),
        2 => "[a-c(\\[qer?gGN]".prop_map(|text| Key::Char(text.chars().next().unwrap_or('a'))),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => any_key().prop_map(Event::Key),
        1 => (0..120u16, 0..30u16).prop_map(|(width, height)| Event::Resized(width, height)),
        1 => ".{0,20}".prop_map(Event::Pasted),
    ]
}

fn any_tree() -> impl Strategy<Value = MemoryTree> {
    let name = "[abc]{1,2}|[\\u{1}-\\u{1f}]|[\\u{202a}-\\u{202e}]é";
    let path = prop::collection::vec(name, 1..5).prop_map(|names| names.join("/"));
    let content = prop::option::weighted(0.8, prop::collection::vec(any::<u8>(), 0..200));
    prop::collection::vec((path, content), 0..25).prop_map(|entries| {
        let mut tree = MemoryTree::new();
        entries.into_iter().for_each(|(path, content)| tree.add(path, content));
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is pressed in whatever tree: the marked row is one of the list and in sight, what is picked is the set
    /// that Space made, and the screen holds nothing that a terminal obeys.
    #[test]
    fn any_keys_in_any_tree(tree in any_tree(), events in prop::collection::vec(any_event(), 0..60)) {
        let mut played = Played::new(tree);
        let outline = played.outline();
        let leaves = |above: Node| -> BTreeSet<Node> {
            let leaf = |node: &Node| *node != Node::ROOT
                && (outline.what(*node) != What::Dir || outline.children(*node).len() == 0);
            let all = outline.in_order().iter().copied().filter(leaf);
            all.filter(|node| outline.upwards(*node).any(|at| at == above)).collect()
        };
        let mut picked: BTreeSet<Node> = BTreeSet::new();
        for event in events {
            let model = &played.model;
            let free = model.prompt.is_none() && model.question.is_none() && !model.help;
            match (&event, model.current()) {
                (Event::Key(Key::Char(' ')), Some((node, _))) if free => {
                    let all = leaves(node);
                    if all.is_subset(&picked) {
                        picked.retain(|leaf| !all.contains(leaf));
                    } else {
                        picked.extend(all);
                    }
                }
                (Event::Key(Key::Char('u')), _) if free => picked.clear(),
                _ => {}
            }
            played.on(event);
            let model = &played.model;
            let (place, len) = (model.place(), model.list_len());
            prop_assert!(place.cursor < len.max(1));
            prop_assert!(place.top <= place.cursor);
            let height = model.layout.list_height();
            prop_assert!(height == 0 || place.cursor < place.top + height);
            prop_assert!(model.view.top <= model.page_len());
            prop_assert_eq!(played.picked(), picked.len() as u64);
            let loaded = model.loaded.as_ref().unwrap();
            for leaf in leaves(Node::ROOT) {
                let is = loaded.picks.picked(&outline, leaf).entries == 1;
                prop_assert_eq!(is, picked.contains(&leaf));
            }
            prop_assert!(!played.draws_controls());
        }
    }
}
