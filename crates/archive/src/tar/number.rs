//! Numbers in headers: octal digits, or for what is too large for them the bytes of a number.

/// The number in a field; an empty field is 0. `None` if it is malformed or does not fit.
pub(super) fn parse(field: &[u8]) -> Option<i64> {
    match field.first()? {
        first @ (0x80 | 0xff) => {
            let sign: i64 = if *first == 0xff { -1 } else { 0 };
            field.iter().skip(1).try_fold(sign, |number, byte| {
                number.checked_mul(256)?.checked_add(i64::from(*byte))
            })
        }
        _ => octal(field),
    }
}

/// Spaces or NULs may stand before and behind the digits; nothing else may.
fn octal(field: &[u8]) -> Option<i64> {
    let blank = |byte: &&u8| matches!(**byte, b' ' | 0);
    let begin = field.iter().take_while(|byte| **byte == b' ').count();
    let rest = field.get(begin..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at_checked(digits)?;
    if !behind.iter().all(|byte| blank(&byte)) {
        return None;
    }
    digits.iter().try_fold(0_i64, |number, digit| {
        let value = digit.checked_sub(b'0').filter(|value| *value < 8)?;
        number.checked_mul(8)?.checked_add(i64::from(value))
    })
}

/// Writes octal digits and a NUL; false if the number does not fit.
pub(super) fn put(field: &mut [u8], number: u64) -> bool {
    let digits = field.len().saturating_sub(1);
    let text = format!("{number:0digits$o}");
    let fits = text.len() <= digits;
    if fits && let Some(place) = field.get_mut(..digits) {
        place.copy_from_slice(text.as_bytes());
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_both_notations_and_nothing_else_is_one() {
        for (field, number) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"77777777", Some(0o77_777_777)),
            (b"\0\0\0\0", Some(0)),
            (b"    ", Some(0)),
            (b"\x80\0\0\0\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2)),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"9999999999x\0", None),
            (b"0000648\0", None),
            (b"-000001\0", None),
            (b"0644\x000644", None),
            (b"", None),
        ] {
            assert_eq!(parse(field), number, "{field:?}");
        }
        let mut field = [0; 8];
        assert!(put(&mut field, 0o7_777_777) && !put(&mut field, 0o10_000_000));
        assert_eq!(&field, b"7777777\0");
    }
}
