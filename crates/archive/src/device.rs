//! The number of a device as Linux puts it together of two, wherever this runs.

/// One number of two.
pub(crate) fn number(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (major & 0xffff_f000) << 32
        | (major & 0x0000_0fff) << 8
        | (minor & 0xffff_ff00) << 12
        | (minor & 0x0000_00ff)
}

/// The major number.
pub(crate) fn major(number: u64) -> u64 {
    (number >> 32 & 0xffff_f000) | (number >> 8 & 0x0000_0fff)
}

/// The minor number.
pub(crate) fn minor(number: u64) -> u64 {
    (number >> 12 & 0xffff_ff00) | (number & 0x0000_00ff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_device_are_those_of_the_system() {
        let some = [0, 1, 8, 0xff, 0x100, 0xfff, 0x1000, 0x1_2345, u32::MAX];
        for (a, b) in some.iter().flat_map(|a| some.iter().map(move |b| (*a, *b))) {
            let number = number(a, b);
            assert_eq!(number, rustix::fs::makedev(a, b));
            assert_eq!((major(number), minor(number)), (a.into(), b.into()));
        }
    }
}
