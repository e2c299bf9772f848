//! What somebody may have meant.

/// The candidate that is most like `word`, if any is like it at all.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Comparing takes time in proportion to both lengths, and no key is long.
    if word.len() > 64 {
        return None;
    }
    // Case and the sort of dash are the most likely slips, and a variable differs from its key in just these.
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let near =
        candidates.into_iter().map(|one| (strsim::damerau_levenshtein(&word, &plain(one)), one));
    near.filter(|(distance, one)| *distance <= (one.len() / 3).max(1)).min().map(|(_, one)| one)
}
