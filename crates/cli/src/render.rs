//! Text for people: sizes, times, tables.

use holdall::repo::WireTime;
use holdall::tree::{Kind, Timestamp};
use unicode_width::UnicodeWidthStr;

/// Bytes as people read them: `1.2 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (count as f64, 0);
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 { format!("{count} {name}") } else { format!("{value:.1} {name}") }
}

/// A count with its noun: `1 file`, `2 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) if number != 1 => format!("{stem}ies"),
        None if number != 1 => format!("{noun}s"),
        _ => noun.to_owned(),
    };
    format!("{} {plural}", grouped(number))
}

/// A number with thin groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Seconds as people read them: `0.4 s`, `2:03 min`, `1:02:03 h`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

/// A time in the local time zone, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    match jiff::Timestamp::from_second(at.secs) {
        Ok(time) => time.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => WireTime { at, offset: 0 }.to_string(),
    }
}

/// A path of this machine, safe to print.
pub(crate) fn path(path: &std::path::Path) -> String {
    holdall::tree::path::printable(path.as_os_str().as_encoded_bytes()).into_owned()
}

/// Kind and mode as `ls -l` shows them.
pub(crate) fn mode(kind: &Kind, mode: u32) -> String {
    let letter = match kind {
        Kind::File { .. } => '-',
        Kind::Directory => 'd',
        Kind::Symlink { .. } => 'l',
        Kind::CharDevice { .. } => 'c',
        Kind::BlockDevice { .. } => 'b',
        Kind::Fifo => 'p',
        Kind::Socket => 's',
    };
    let mut out = String::from(letter);
    for (shift, special, set, unset) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let bits = mode >> shift;
        out.push(if bits & 4 != 0 { 'r' } else { '-' });
        out.push(if bits & 2 != 0 { 'w' } else { '-' });
        out.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => set,
            (false, true) => unset,
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    out
}

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table: a header, and rows of as many cells.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(header: &[(&str, Align)]) -> Self {
        Self {
            header: header.iter().map(|(text, align)| ((*text).to_owned(), *align)).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as lines; the header in bold if colours are wanted.
    pub(crate) fn lines(&self, color: bool) -> Vec<String> {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let cells =
                    self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
                let title = self.header.get(column).map_or(0, |(title, _)| title.width());
                cells.max().unwrap_or(0).max(title)
            })
            .collect();
        let line = |cells: &[String]| {
            let mut out = String::new();
            for ((cell, width), (_, align)) in cells.iter().zip(&widths).zip(&self.header) {
                if !out.is_empty() {
                    out.push_str("  ");
                }
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => out.extend([cell.as_str(), &pad]),
                    Align::Right => out.extend([pad.as_str(), cell]),
                }
            }
            out.trim_end().to_owned()
        };
        let titles: Vec<String> = self.header.iter().map(|(title, _)| title.clone()).collect();
        let mut lines = vec![paint(color, BOLD, &line(&titles))];
        lines.extend(self.rows.iter().map(|row| line(row)));
        lines
    }
}

pub(crate) const BOLD: &str = "1";
pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const YELLOW: &str = "33";
pub(crate) const BLUE: &str = "34";
pub(crate) const DIM: &str = "2";

/// Text in a colour, if colours are wanted.
pub(crate) fn paint(color: bool, code: &str, text: &str) -> String {
    if color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(1 << 30), "1.0 GiB");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(2, "directory"), "2 directories");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(125.0), "2:05 min");
    }

    #[test]
    fn modes_read_as_in_ls() {
        assert_eq!(mode(&Kind::Directory, 0o755), "drwxr-xr-x");
        assert_eq!(mode(&Kind::File { size: 0 }, 0o4755), "-rwsr-xr-x");
        assert_eq!(mode(&Kind::File { size: 0 }, 0o1644), "-rw-r--r-T");
    }

    #[test]
    fn a_table_aligns_its_columns() {
        let mut table = Table::new(&[("ID", Align::Left), ("Size", Align::Right)]);
        table.row(vec!["a".into(), "10".into()]);
        table.row(vec!["日本".into(), "5".into()]);
        assert_eq!(table.lines(false), ["ID    Size", "a       10", "日本     5"]);
    }
}
