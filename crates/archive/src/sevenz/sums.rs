//! What a header says of streams: where folders lie, how they are compressed, and which contents are in them.

use super::folder::Packed;
use super::id;
use super::method::Told;
use super::take::{Take, fault};
use crate::error::Fault;

/// Contents that are compressed as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) packed: Packed,
    /// How many bytes come of it.
    pub(super) size: u64,
    pub(super) contents: Vec<Sum>,
}

/// One content: its length, and its sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) size: u64,
    pub(crate) crc: u32,
}

/// Takes all that is told of streams, to its end.
pub(super) fn folders(take: &mut Take<'_>) -> Result<Vec<Folder>, Fault> {
    let mut next = take.byte()?;
    let (mut at, mut stored) = (0, Vec::new());
    if next == id::PACK_INFO {
        (at, stored) = packs(take)?;
        next = take.byte()?;
    }
    let (mut told, mut sizes, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    if next == id::UNPACK_INFO {
        (told, sizes, sums) = unpacks(take)?;
        next = take.byte()?;
    }
    if stored.len() != told.iter().map(Told::stored).sum::<usize>() {
        return Err(fault("there are other folders than what is stored"));
    }
    let totals: Vec<u64> = told
        .iter()
        .zip(&sizes)
        .map(|(told, sizes)| told.size(sizes))
        .collect::<Result<_, Fault>>()?;
    let contents = if next == id::SUB_STREAMS {
        let contents = contents(take, &totals, &sums)?;
        next = take.byte()?;
        contents
    } else {
        whole(&totals, &sums)?
    };
    if next != id::END {
        return Err(fault("something else stands where it should end"));
    }
    let (mut folders, mut stored) = (Vec::new(), stored.into_iter());
    for (((told, sizes), contents), size) in told.iter().zip(&sizes).zip(contents).zip(totals) {
        let (begin, mut streams) = (at, Vec::new());
        for length in stored.by_ref().take(told.stored()) {
            streams.push((at, length));
            at = at.checked_add(length).ok_or(fault("a size is beyond all files"))?;
        }
        let packed = Packed { at: begin, stored: at - begin, last: told.join(sizes, &streams)? };
        folders.push(Folder { packed, size, contents });
    }
    Ok(folders)
}

/// Where the first folder begins, and how long each is.
fn packs(take: &mut Take<'_>) -> Result<(u64, Vec<u64>), Fault> {
    let at = take.number()?;
    let count = take.count()?;
    take.expect(id::SIZE)?;
    let sizes = (0..count).map(|_| take.number()).collect::<Result<Vec<_>, _>>()?;
    match take.byte()? {
        id::END => return Ok((at, sizes)),
        // Sums of what is stored prove nothing that those of contents do not.
        id::SUM => drop(take.sums(count)?),
        _ => return Err(fault("something unknown is told of what is stored")),
    }
    take.expect(id::END)?;
    Ok((at, sizes))
}

type Unpacks = (Vec<Told>, Vec<Vec<u64>>, Vec<Option<u32>>);

/// How each folder is compressed, how much comes of each of its methods, and its sum.
fn unpacks(take: &mut Take<'_>) -> Result<Unpacks, Fault> {
    take.expect(id::FOLDER)?;
    let count = take.count()?;
    take.inside()?;
    let told = (0..count).map(|_| Told::parse(take)).collect::<Result<Vec<_>, _>>()?;
    take.expect(id::UNPACK_SIZE)?;
    let mut sizes = Vec::new();
    for told in &told {
        sizes.push((0..told.count()).map(|_| take.number()).collect::<Result<Vec<_>, _>>()?);
    }
    let mut sums = vec![None; count];
    match take.byte()? {
        id::END => return Ok((told, sizes, sums)),
        id::SUM => sums = take.sums(count)?,
        _ => return Err(fault("something unknown is told of folders")),
    }
    take.expect(id::END)?;
    Ok((told, sizes, sums))
}

/// Each folder is one content.
fn whole(totals: &[u64], sums: &[Option<u32>]) -> Result<Vec<Vec<Sum>>, Fault> {
    let each = totals.iter().zip(sums);
    each.map(|(size, crc)| Ok(vec![Sum { size: *size, crc: crc.ok_or(no_sum())? }])).collect()
}

fn no_sum() -> Fault {
    fault("a content has no sum")
}

/// The contents of each folder.
fn contents(
    take: &mut Take<'_>,
    totals: &[u64],
    sums: &[Option<u32>],
) -> Result<Vec<Vec<Sum>>, Fault> {
    let mut next = take.byte()?;
    let mut counts = vec![1; totals.len()];
    if next == id::COUNT {
        for count in &mut counts {
            *count = take.count()?;
            if *count == 0 {
                return Err(Fault::SevenHidden);
            }
        }
        next = take.byte()?;
    }
    // The last one has what is left of its folder.
    let told_sizes = counts.iter().any(|count| *count > 1);
    let has_sizes = next == id::SIZE;
    if told_sizes && !has_sizes {
        return Err(fault("contents have no sizes"));
    }
    let mut sizes = Vec::new();
    for (count, total) in counts.iter().zip(totals) {
        let (mut left, mut folder) = (*total, Vec::new());
        for _ in 1..*count {
            let size = take.number()?;
            left = left.checked_sub(size).ok_or(fault("contents are longer than their folder"))?;
            folder.push(size);
        }
        folder.push(left);
        sizes.push(folder);
    }
    if has_sizes {
        next = take.byte()?;
    }
    // A folder with one content has told its sum already.
    let known = |at: usize, count: usize| sums.get(at).copied().flatten().filter(|_| count == 1);
    let unknown: usize = counts
        .iter()
        .enumerate()
        .filter(|(at, n)| known(*at, **n).is_none())
        .map(|(_, n)| *n)
        .sum();
    let mut told = Vec::new();
    if next == id::SUM {
        told = take.sums(unknown)?;
        next = take.byte()?;
    }
    if next != id::END {
        return Err(fault("something unknown is told of contents"));
    }
    let mut told = told.into_iter();
    let folders = sizes.into_iter().enumerate().map(|(at, folder)| {
        let count = folder.len();
        let each = folder.into_iter().map(|size| {
            let crc = known(at, count).or_else(|| told.next().flatten());
            Ok(Sum { size, crc: crc.ok_or(no_sum())? })
        });
        each.collect()
    });
    folders.collect()
}
