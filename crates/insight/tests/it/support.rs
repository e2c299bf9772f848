//! Secrets that are made up when a test runs, so that none stands in the source.

use holdall_insight::secrets::{Finding, Rules};
use holdall_tree::RelPath;

/// Numbers that are always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn pick(&mut self, letters: &[u8]) -> char {
        char::from(letters[self.next() % letters.len()])
    }
}

/// Text in which `{hex:40}` stands for 40 hexadecimal digits, and so on.
pub(crate) fn made_up(template: &str, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (what, after) = after.split_once('}').unwrap();
        let (class, count) = what.split_once(':').unwrap();
        let letters: &[u8] = match class {
            "hex" => b"0123456789abcdef",
            "digit" => b"0123456789",
            "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            "lower" => b"abcdefghijklmnopqrstuvwxyz0123456789",
            "alnum" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "base" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            other => panic!("an unknown class {other}"),
        };
        text.push_str(before);
        text.extend((0..count.parse::<usize>().unwrap()).map(|_| dice.pick(letters)));
        rest = after;
    }
    text + rest
}

pub(crate) fn scan(path: &str, text: &str) -> Vec<Finding> {
    Rules::builtin().scan(&RelPath::parse(path).unwrap(), text.as_bytes())
}
