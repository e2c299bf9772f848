//! How many cases a test tries.

/// What a property tries where one case is expensive, a directory or a run of another program: `usual`, or the number
/// in `HOLDALL_TEST_CASES` if that is more. Properties over values in memory follow `PROPTEST_CASES`.
#[must_use]
pub fn cases(usual: u32) -> u32 {
    let wanted = std::env::var("HOLDALL_TEST_CASES").ok().and_then(|count| count.parse().ok());
    wanted.unwrap_or(usual).max(usual)
}
