//! The difference of two texts by lines.

use std::collections::HashMap;
use std::io::{self, Write};
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// Lines that stand around a change.
const CONTEXT_LINES: usize = 3;

/// Writes the hunks that turn one text into the other.
pub(super) fn write(out: &mut dyn Write, old: &[u8], new: &[u8]) -> io::Result<()> {
    let (old, new) = (lines(old), lines(new));
    for group in group_diff_ops(differences(&old, &new), CONTEXT_LINES) {
        hunk(out, &old, &new, &group)?;
    }
    Ok(())
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Lines are compared as numbers: each is hashed once, however often it is looked at. There is no deadline, which would
/// make the patch depend on the machine; the algorithm bounds its work by itself.
fn differences(old: &[&[u8]], new: &[&[u8]]) -> Vec<DiffOp> {
    let mut numbers = HashMap::new();
    let (old, new) = (numbered(&mut numbers, old), numbered(&mut numbers, new));
    capture_diff_slices(Algorithm::Myers, &old, &new)
}

fn numbered<'l>(numbers: &mut HashMap<&'l [u8], usize>, lines: &[&'l [u8]]) -> Vec<usize> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        let next = numbers.len();
        all.push(*numbers.entry(line).or_insert(next));
    }
    all
}

fn hunk(out: &mut dyn Write, old: &[&[u8]], new: &[&[u8]], ops: &[DiffOp]) -> io::Result<()> {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return Ok(()) };
    let whole = |of: fn(&DiffOp) -> Range<usize>| of(first).start..of(last).end;
    writeln!(
        out,
        "@@ -{} +{} @@",
        span(&whole(DiffOp::old_range)),
        span(&whole(DiffOp::new_range))
    )?;
    for op in ops {
        if op.tag() == DiffTag::Equal {
            marked(out, b' ', old, op.old_range())?;
        } else {
            marked(out, b'-', old, op.old_range())?;
            marked(out, b'+', new, op.new_range())?;
        }
    }
    Ok(())
}

/// The first line, counted from 1, and how many. Of none it is the line before.
fn span(lines: &Range<usize>) -> String {
    let first = if lines.is_empty() { lines.start } else { lines.start + 1 };
    format!("{first},{}", lines.len())
}

fn marked(out: &mut dyn Write, mark: u8, lines: &[&[u8]], range: Range<usize>) -> io::Result<()> {
    for line in lines.get(range).unwrap_or_default() {
        out.write_all(&[mark])?;
        out.write_all(line)?;
        if !line.ends_with(b"\n") {
            out.write_all(b"\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}
