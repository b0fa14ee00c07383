//! Documents made at random, and what becomes of them when they are damaged.

use super::generator::{Order, Random, Value, any_character, printable_character};
use super::*;

#[test]
fn random_documents_have_their_canonical_form_through_every_window() {
    let mut random = Random(1);
    for round in 0..1500 {
        let value = Value::random(&mut random, 1 + round % 6, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        assert_eq!(
            canonical(document.as_bytes()),
            Ok(value.canonical().into_bytes()),
            "{document}"
        );
    }
}

#[test]
fn a_canonical_form_is_its_own_where_it_is_json() {
    let mut random = Random(2);
    for round in 0..500 {
        // Control characters stand for themselves in the canonical form, which JSON does not allow.
        let value = Value::random(&mut random, 1 + round % 6, printable_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        let form = canonical(document.as_bytes()).unwrap();
        assert_eq!(canonical(&form), Ok(form));
    }
}

#[test]
fn unsorted_random_documents_are_seen_to_be() {
    let mut random = Random(3);
    let mut seen = 0;
    for round in 0..1000 {
        let value = Value::random(&mut random, 1 + round % 6, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Shuffled, &BLANKS, &mut document);
        let (_, unsorted) = through_slice(document.as_bytes(), &Whole).unwrap();
        assert_eq!(unsorted, value.has_order(), "{document}");
        if unsorted {
            seen += 1;
            let streamed = through_window(document.as_bytes(), 1, &Whole);
            assert!(matches!(streamed, Err(Error::StreamUnsorted { .. })), "{streamed:?}");
            for size in WINDOWS {
                assert_eq!(through_window(document.as_bytes(), size, &Whole), streamed);
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

/// Whatever is done to a document, its verdict does not depend on where the windows end.
#[test]
fn changed_documents_have_one_verdict() {
    let mut random = Random(4);
    let mut refusals = 0;
    for round in 0..3000 {
        let value = Value::random(&mut random, 1 + round % 5, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        let mut document = document.into_bytes();
        for _ in 0..=random.below(3) {
            let place = random.below(document.len());
            match random.below(4) {
                0 => document[place] = random.below(256) as u8,
                1 => document[place] = random.choose(b"\"\\{}[]:,-0129eEu.tfn \n\x00\xe9\xed\xf0"),
                2 => document
                    .insert(place, random.choose(b"\"\\{}[]:,-0129eEu.tfn \n\x00\xe9\xed\xf0")),
                _ => {
                    if document.len() > 1 {
                        document.remove(place);
                    }
                }
            }
        }
        let whole = through_slice(&document, &Whole);
        refusals += usize::from(whole.is_err());
        let streamed = through_window(&document, 1, &Whole);
        for size in WINDOWS {
            assert_eq!(
                through_window(&document, size, &Whole),
                streamed,
                "{:?}",
                String::from_utf8_lossy(&document)
            );
        }
        match streamed {
            // A slice reads on.
            Err(Error::StreamUnsorted { .. }) => assert!(!matches!(whole, Ok((_, false)))),
            streamed => assert_eq!(whole, streamed, "{:?}", String::from_utf8_lossy(&document)),
        }
    }
    assert!((1000..2990).contains(&refusals), "{refusals}");
}
