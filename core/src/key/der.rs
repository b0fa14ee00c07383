//! The few forms of DER (X.690) that keys and signatures have.
//!
//! DER has one encoding for each value: what is not of the shortest form is refused.

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const SEQUENCE: u8 = 0x30;

/// Takes the value of that tag from the front of `rest`, which has less than 64 KB.
pub(super) fn take<'d>(rest: &mut &'d [u8], tag: u8) -> Option<&'d [u8]> {
    let (length, tail) = match *rest {
        [found, length @ 0..=0x7f, tail @ ..] if *found == tag => (usize::from(*length), tail),
        [found, 0x81, length @ 0x80..=0xff, tail @ ..] if *found == tag => {
            (usize::from(*length), tail)
        }
        [found, 0x82, high @ 1..=0xff, low, tail @ ..] if *found == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), tail)
        }
        _ => return None,
    };
    let (value, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(value)
}

/// Returns the inside of a value of that tag which is all that `document` has.
pub(super) fn only(mut document: &[u8], tag: u8) -> Option<&[u8]> {
    take(&mut document, tag).filter(|_| document.is_empty())
}

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
/// Returns the two integers from 0, as big-endian bytes without leading zeros, that are all that a
/// SEQUENCE has.
pub(super) fn two_integers(document: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = only(document, SEQUENCE)?;
    let integers = (integer(&mut rest)?, integer(&mut rest)?);
    rest.is_empty().then_some(integers)
}

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
fn integer<'d>(rest: &mut &'d [u8]) -> Option<&'d [u8]> {
    match take(rest, INTEGER)? {
        [0, bytes @ ..] if matches!(bytes, [0x80..=0xff, ..]) => Some(bytes),
        bytes @ ([0] | [1..=0x7f, ..]) => Some(bytes),
        _ => None,
    }
}

#[cfg(all(test, any(feature = "ecdsa", feature = "rsa")))]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn integers(r: &[u8], s: &[u8]) -> Vec<u8> {
        let body = [&[INTEGER, r.len() as u8], r, &[INTEGER, s.len() as u8], s].concat();
        [&[SEQUENCE, body.len() as u8], &body[..]].concat()
    }

    #[test]
    fn integers_have_one_form_each() {
        for (one, expected) in [
            (&[0_u8][..], Some(&[0_u8][..])),
            (&[1], Some(&[1])),
            (&[0x7f, 0xff], Some(&[0x7f, 0xff])),
            (&[0, 0x80], Some(&[0x80])),
            (&[0, 0xff, 0], Some(&[0xff, 0])),
            (&[], None),
            (&[0x80], None),
            (&[0xff, 1], None),
            (&[0, 0], None),
            (&[0, 0x7f], None),
        ] {
            let document = integers(one, &[5]);
            assert_eq!(two_integers(&document), expected.map(|one| (one, &[5_u8][..])), "{one:?}");
            let document = integers(&[5], one);
            assert_eq!(two_integers(&document), expected.map(|one| (&[5_u8][..], one)), "{one:?}");
        }
        let right = integers(&[1], &[2]);
        for length in 0..right.len() {
            assert_eq!(two_integers(&right[..length]), None);
        }
        assert_eq!(two_integers(&[&right[..], &[0]].concat()), None);
        assert_eq!(two_integers(&[SEQUENCE, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3]), None);
    }

    #[test]
    fn lengths_have_one_form_each() {
        for (length, expected) in [
            (&[0_u8][..], Some(0)),
            (&[127], Some(127)),
            (&[0x81, 128], Some(128)),
            (&[0x81, 255], Some(255)),
            (&[0x82, 1, 0], Some(256)),
            (&[0x82, 4, 10], Some(1034)),
            (&[0x80], None),
            (&[0x81, 127], None),
            (&[0x82, 0, 255], None),
            (&[0x83, 0, 1, 0], None),
            (&[0xff], None),
        ] {
            let document = [&[SEQUENCE], length, &[7; 1034][..expected.unwrap_or(1000)]].concat();
            assert_eq!(only(&document, SEQUENCE).map(<[u8]>::len), expected, "{length:?}");
            assert_eq!(only(&document, BIT_STRING), None);
        }
    }
}
