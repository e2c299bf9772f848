//! The model on the screen. Only rows that are seen are looked at.

use holdall::config::SecretsPolicy;
use holdall::explore::contents::{Hit, Notation};
use holdall::explore::{Node, PageRow, Picked, Spot, What, harmless};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::fit::{behind, cut, cut_front};
use super::keys::HELP;
use super::model::{Focus, Found, FoundWhat, Loaded, Model, Prompt, PromptKind};
use crate::render;

/// Columns of the size and of the tokens of an entry.
const SIZE: usize = 10;
const TOKENS: usize = 7;
/// An entry has at least so many columns for its name before the numbers go.
const NAME_MIN: usize = 10;
/// Columns that are left for what is typed.
const TYPED_MIN: usize = 16;
/// Columns that one level of the tree is moved to the right, and of a row how much all levels may take.
const INDENT: usize = 2;
const INDENT_SHARE: usize = 3;

/// Colours, or none: then bold, dim and reversed letters say the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    color: bool,
}

impl Look {
    pub(super) fn new(color: bool) -> Self {
        Self { color }
    }

    fn of(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn dir(self) -> Style {
        self.of(Color::Blue).add_modifier(Modifier::BOLD)
    }

    fn picked(self) -> Style {
        self.of(Color::Green).add_modifier(Modifier::BOLD)
    }

    fn marked(self) -> Style {
        self.of(Color::Yellow).add_modifier(Modifier::BOLD)
    }
}

/// A sheet that is written on row by row.
struct Sheet<'b> {
    buffer: &'b mut Buffer,
    look: Look,
}

impl Sheet<'_> {
    /// Writes a text into so many columns and gives the column behind it. The screen may be smaller than the model
    /// knows by now; what does not fit is not seen.
    fn put(&mut self, x: u16, y: u16, text: &str, width: usize, style: Style) -> u16 {
        if !self.buffer.area().contains(Position { x, y }) {
            return x;
        }
        self.buffer.set_stringn(x, y, text, width, style).0
    }

    /// Reverses a part of a row.
    fn reverse(&mut self, x: u16, y: u16, width: u16) {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        self.buffer.set_style(Rect::new(x, y, width, 1).intersection(*self.buffer.area()), style);
    }
}

/// Draws all of it.
pub(super) fn draw(buffer: &mut Buffer, model: &Model, look: Look) {
    let mut sheet = Sheet { buffer, look };
    let layout = model.layout;
    let width = usize::from(layout.width);
    if layout.too_small() {
        sheet.put(0, 0, "the terminal is too small", width, Style::new());
        return;
    }
    head(&mut sheet, model);
    if model.help {
        help(&mut sheet, model);
    } else {
        if layout.is_wide() || model.focus == Focus::List {
            list(&mut sheet, model);
        }
        if layout.is_wide() || model.focus == Focus::Page {
            page(&mut sheet, model);
        }
        if layout.is_wide() {
            for y in 1..layout.height.saturating_sub(2) {
                sheet.put(layout.list_width(), y, "│", 1, look.dim());
            }
        }
    }
    status(&mut sheet, model);
    let keys = match (&model.prompt, &model.question) {
        (Some(prompt), _) => match prompt.kind {
            PromptKind::Names => "Enter take  ↑↓ choose  Esc back",
            PromptKind::Contents => "Enter take  ↑↓ choose  Tab text or expression  Esc back",
            PromptKind::Export => "Enter write  Tab secrets  Esc back",
            PromptKind::Restore => "Enter restore  Esc back",
        },
        (None, Some(_)) => "y yes  any other key no",
        (None, None) if model.help => "any key goes back",
        _ => "↑↓→← move  Space pick  / names  f find  e export  r restore  ? keys  q leave",
    };
    sheet.put(0, layout.height - 1, keys, width, look.dim());
}

/// What is looked at, and how much it is.
fn head(sheet: &mut Sheet<'_>, model: &Model) {
    let width = usize::from(model.layout.width);
    let counts = match &model.loaded {
        None => format!("reading, {} so far", render::count(model.reading, "entry")),
        Some(loaded) => {
            let total = loaded.picks.total(Node::ROOT);
            let mut text = format!(
                "{}, {}",
                render::count(total.entries, "entry"),
                render::bytes(total.bytes)
            );
            if model.counts {
                text += &format!(", {}", render::count(total.tokens, "token"));
                if !model.counted_all {
                    text += " so far";
                }
            }
            text
        }
    };
    let bold = sheet.look.bold();
    let room = width.saturating_sub(counts.width() + 2);
    sheet.put(0, 0, &cut(&model.source, room), room, bold);
    let at = width.saturating_sub(counts.width());
    sheet.put(u16::try_from(at).unwrap_or(0), 0, &counts, width, Style::new());
    sheet.reverse(0, 0, model.layout.width);
}

/// The tree, or what was found.
fn list(sheet: &mut Sheet<'_>, model: &Model) {
    let layout = model.layout;
    let width = layout.list_width();
    let focused = model.focus == Focus::List;
    title(sheet, 0, width, &list_title(model), focused);
    let place = model.place();
    for line in 0..layout.list_height() {
        let row = place.top + line;
        let Some((node, _)) = model.entry(row) else { break };
        let Some(loaded) = &model.loaded else { break };
        let y = 2 + u16::try_from(line).unwrap_or(u16::MAX);
        match &model.found {
            Some(Found { what: FoundWhat::Hits(hits, _), .. }) => {
                if let Some(hit) = hits.get(row) {
                    hit_row(sheet, loaded, hit, y, usize::from(width));
                }
            }
            Some(_) => {
                let name = harmless(loaded.outline.path(node).as_bytes());
                entry_row(sheet, model, loaded, node, y, (0, &name));
            }
            None => {
                let name = harmless(loaded.outline.name(node));
                entry_row(sheet, model, loaded, node, y, (loaded.outline.depth(node), &name));
            }
        }
        if row == place.cursor {
            sheet.reverse(0, y, width);
        }
    }
}

fn list_title(model: &Model) -> String {
    let Some(found) = &model.found else { return "tree".to_owned() };
    let running = if found.running { " …" } else { "" };
    if let Some(why) = &found.why {
        return harmless(why.as_bytes());
    }
    match &found.what {
        FoundWhat::Names(named) if named.total > named.best.len() => format!(
            "{}, the best {} of them{running}",
            render::count(named.total as u64, "name"),
            render::grouped(named.best.len() as u64)
        ),
        FoundWhat::Names(named) => {
            format!("{}{running}", render::count(named.total as u64, "name"))
        }
        FoundWhat::Hits(hits, searched) => format!(
            "{}{}{running}",
            render::count(hits.len() as u64, "line"),
            if searched.more { " and more" } else { "" }
        ),
    }
}

fn title(sheet: &mut Sheet<'_>, x: u16, width: u16, text: &str, focused: bool) {
    let style = if focused { sheet.look.bold() } else { sheet.look.dim() };
    let mark = if focused { "▌" } else { " " };
    let room = usize::from(width);
    let at = sheet.put(x, 1, mark, room, style);
    let room = room.saturating_sub(1);
    sheet.put(at, 1, &cut(text, room), room, style);
}

/// A row of the tree, or a name that was found.
fn entry_row(
    sheet: &mut Sheet<'_>,
    model: &Model,
    loaded: &Loaded,
    node: Node,
    y: u16,
    (depth, name): (usize, &str),
) {
    let look = sheet.look;
    let width = usize::from(model.layout.list_width());
    let (outline, total) = (&loaded.outline, loaded.picks.total(node));
    let mut at = sign(sheet, loaded, node, y);
    let indent = (depth * INDENT).min(width / INDENT_SHARE);
    at = at.saturating_add(u16::try_from(indent).unwrap_or(0));
    let (fold, end, style) = match outline.what(node) {
        What::Dir if model.found.is_some() => ("", "/", look.dir()),
        What::Dir if loaded.rows.is_open(node) => ("▾ ", "/", look.dir()),
        What::Dir => ("▸ ", "/", look.dir()),
        What::Link => ("  ", " ->", Style::new()),
        What::File | What::Other => ("  ", "", Style::new()),
    };
    let fold = if model.found.is_some() { "" } else { fold };
    let mut numbers = String::new();
    let tokens = if model.counts { TOKENS } else { 0 };
    let left = width.saturating_sub(usize::from(at) + fold.width());
    if left >= NAME_MIN + SIZE + tokens {
        numbers = format!("{:>SIZE$}", render::bytes(total.bytes));
        if tokens > 0 {
            let shown = if total.tokens == 0 { String::new() } else { short(total.tokens) };
            numbers += &format!("{shown:>TOKENS$}");
        }
        numbers.push(' ');
    }
    let room = left.saturating_sub(numbers.width() + usize::from(!numbers.is_empty()));
    at = sheet.put(at, y, fold, width, look.dim());
    sheet.put(at, y, &cut(&format!("{name}{end}"), room), room, style);
    let at = u16::try_from(width.saturating_sub(numbers.width())).unwrap_or(0);
    sheet.put(at, y, &numbers, numbers.width(), look.dim());
}

/// How far an entry is picked; gives the column behind it.
fn sign(sheet: &mut Sheet<'_>, loaded: &Loaded, node: Node, y: u16) -> u16 {
    let (sign, style) = match loaded.picks.state(&loaded.outline, node) {
        Picked::Not => ("[ ] ", sheet.look.dim()),
        Picked::Part => ("[-] ", sheet.look.picked()),
        Picked::All => ("[x] ", sheet.look.picked()),
    };
    sheet.put(0, y, sign, sign.len(), style)
}

/// A number of tokens in few columns.
fn short(tokens: u64) -> String {
    match tokens {
        0..10_000 => render::grouped(tokens),
        10_000..10_000_000 => format!("{}k", render::grouped(tokens / 1000)),
        _ => format!("{}M", render::grouped(tokens / 1_000_000)),
    }
}

fn hit_row(sheet: &mut Sheet<'_>, loaded: &Loaded, hit: &Hit, y: u16, width: usize) {
    let path = harmless(loaded.outline.path(hit.node).as_bytes());
    let place = match hit.spot {
        Spot::Line(line) => format!("{line}"),
        Spot::Offset(offset) => format!("{offset:#x}"),
    };
    let at = sign(sheet, loaded, hit.node, y);
    // The end of a path says more than its beginning.
    let path = cut_front(&path, (width / 2).saturating_sub(place.width() + 2));
    let dir = sheet.look.dir();
    let at = sheet.put(at, y, &format!("{path}:{place} "), width, dir);
    let room = width.saturating_sub(usize::from(at));
    let text = cut(harmless(&hit.text).trim_start(), room);
    sheet.put(at, y, &text, room, Style::new());
}

/// What is in the file.
fn page(sheet: &mut Sheet<'_>, model: &Model) {
    let look = sheet.look;
    let (x, width) = model.layout.page();
    let focused = model.focus == Focus::Page;
    let Some(loaded) = &model.loaded else { return title(sheet, x, width, "", focused) };
    let Some((node, _)) = model.view.of else { return title(sheet, x, width, "", focused) };
    let mut name = harmless(loaded.outline.path(node).as_bytes());
    let width_all = usize::from(width);
    let page = match &model.view.page {
        Some(Ok(page)) => page,
        Some(Err(why)) => {
            title(sheet, x, width, &name, focused);
            sheet.put(
                x + 1,
                2,
                &cut(&harmless(why.as_bytes()), width_all),
                width_all,
                look.marked(),
            );
            return;
        }
        None => {
            title(sheet, x, width, &name, focused);
            if loaded.outline.what(node) == What::Dir {
                about_dir(sheet, model, loaded, node);
            }
            return;
        }
    };
    if page.is_partial() {
        name += " (a part of it)";
    }
    title(sheet, x, width, &name, focused);
    let rows = |range: std::ops::Range<usize>| range.map_while(|row| page.row(row));
    let last = rows(model.view.top..model.view.top + model.layout.page_height())
        .filter_map(|row| row.spot.map(number))
        .last();
    let margin = last.map_or(4, |number| number.width().max(4));
    for line in 0..model.layout.page_height() {
        let row = model.view.top + line;
        let Some(PageRow { spot, text }) = page.row(row) else { break };
        let y = 2 + u16::try_from(line).unwrap_or(u16::MAX);
        let head = spot.map(number).unwrap_or_default();
        let at = sheet.put(x, y, &format!("{head:>margin$} "), width_all, look.dim());
        let room = width_all.saturating_sub(margin + 1);
        let marked = model.view.mark == Some(row);
        let style = if marked { look.marked() } else { Style::new() };
        sheet.put(at, y, behind(&text, model.view.left), room, style);
        if marked {
            sheet.reverse(x, y, width);
        }
    }
}

fn number(spot: Spot) -> String {
    match spot {
        Spot::Line(line) => line.to_string(),
        Spot::Offset(offset) => format!("{offset:08x}"),
    }
}

/// What is known of a directory.
fn about_dir(sheet: &mut Sheet<'_>, model: &Model, loaded: &Loaded, node: Node) {
    let (x, width) = model.layout.page();
    let width = usize::from(width).saturating_sub(1);
    let (total, picked) = (loaded.picks.total(node), loaded.picks.picked(&loaded.outline, node));
    let mut lines = vec![render::count(total.entries, "entry"), render::bytes(total.bytes)];
    if model.counts {
        lines.push(render::count(total.tokens, "token"));
    }
    if picked.entries > 0 {
        lines.push(format!("{} picked", render::grouped(picked.entries)));
    }
    for (y, line) in (2..).zip(lines.iter().take(model.layout.page_height())) {
        sheet.put(x + 1, y, &cut(line, width), width, Style::new());
    }
}

/// The row above the keys: what is typed or asked, what runs, what was said, or what is picked.
fn status(sheet: &mut Sheet<'_>, model: &Model) {
    let y = model.layout.height - 2;
    let width = usize::from(model.layout.width);
    if let Some(prompt) = &model.prompt {
        let label = label(model, prompt);
        let bold = sheet.look.bold();
        let most = width.saturating_sub(TYPED_MIN);
        let at = sheet.put(0, y, &cut(&label, most), most, bold);
        let room = width.saturating_sub(usize::from(at) + 1);
        let typed = cut_front(&harmless(prompt.text.as_bytes()), room);
        let at = sheet.put(at, y, &typed, room, Style::new());
        sheet.reverse(at, y, 1);
        return;
    }
    let (text, style) = if let Some((question, _)) = &model.question {
        (question.clone(), sheet.look.marked())
    } else if let Some(job) = &model.job {
        (format!("{job} … Esc stops it"), sheet.look.bold())
    } else if let Some(message) = &model.message {
        (message.clone(), sheet.look.bold())
    } else {
        (picked(model), Style::new())
    };
    sheet.put(0, y, &cut(&harmless(text.as_bytes()), width), width, style);
}

fn picked(model: &Model) -> String {
    let Some(loaded) = &model.loaded else { return String::new() };
    let picked = loaded.picks.picked(&loaded.outline, Node::ROOT);
    if picked.entries == 0 {
        return "nothing is picked".to_owned();
    }
    let mut text = format!(
        "picked: {}, {}",
        render::count(picked.entries, "entry"),
        render::bytes(picked.bytes)
    );
    if model.counts {
        text += &format!(", {}", render::count(picked.tokens, "token"));
    }
    text
}

fn label(model: &Model, prompt: &Prompt) -> String {
    let what = || model.called().unwrap_or_default();
    match (prompt.kind, model.notation) {
        (PromptKind::Names, _) => "name: ".to_owned(),
        (PromptKind::Contents, Notation::Text) => "text: ".to_owned(),
        (PromptKind::Contents, Notation::Regex) => "expression: ".to_owned(),
        (PromptKind::Export, _) => {
            let secrets = match model.secrets {
                SecretsPolicy::Fail => "secrets stop it",
                SecretsPolicy::Redact => "secrets taken out",
                SecretsPolicy::Report => "secrets listed",
                SecretsPolicy::Off => "secrets not looked for",
            };
            format!("dump {} ({secrets}) to: ", what())
        }
        (PromptKind::Restore, _) => format!("restore {} to directory: ", what()),
    }
}

fn help(sheet: &mut Sheet<'_>, model: &Model) {
    let width = usize::from(model.layout.width);
    let column = HELP.iter().map(|(keys, _)| keys.width()).max().unwrap_or_default() + 2;
    for (y, (keys, what)) in (1..model.layout.height.saturating_sub(2)).zip(HELP) {
        let bold = sheet.look.bold();
        sheet.put(1, y, keys, width, bold);
        let at = u16::try_from(column + 1).unwrap_or(u16::MAX);
        let room = width.saturating_sub(column + 1);
        if room > 0 {
            sheet.put(at, y, &cut(what, room), room, Style::new());
        }
    }
}
