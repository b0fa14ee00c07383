//! Lists whose entries look alike are read as if each were read in full: one verdict, one canonical
//! form.

use super::generator::Random;
use super::*;
use crate::common::read_listed;
use crate::measured::Listed;

/// Returns a snapshot's `meta`, each entry read in full or not.
fn read(document: &str, skim: bool) -> Result<(Vec<u8>, bool, u64), Error> {
    let (mut sink, mut scratch) = (Kept::default(), Scratch::new());
    let mut source = Slice::new(document.as_bytes());
    let mut reader = Reader::new(&mut source, &mut sink, &mut scratch);
    let read = read_all(&mut reader, skim).map_err(|Failed| reader.error());
    read.map(|(unsorted, skimmed)| (sink.0, unsorted, skimmed))
}

fn read_all<S: Source>(
    reader: &mut Reader<'_, S, Kept>,
    skim: bool,
) -> Result<(bool, u64), Failed> {
    let mut skimmed = 0;
    reader.arm()?;
    reader.enter_object()?;
    while if skim {
        reader.skim_to_member(|entry| {
            let skim = entry.is_well_formed();
            skimmed += u64::from(skim);
            skim
        })?
    } else {
        reader.next_member()?
    } {
        read_listed(reader, &mut Listed::default())?;
    }
    reader.disarm();
    reader.end()?;
    Ok((reader.take_unsorted(), skimmed))
}

/// Lists in the styles of writers, with the members that entries have.
fn lists() -> Vec<String> {
    let hash = "0123456789abcdef".repeat(4);
    let entries: [&dyn Fn(u32) -> String; 4] = [
        &|number| format!(r#""bin-{number:02}.json": {{"version": {}}}"#, number * 10 + 1),
        &|number| format!(r#""bin-{number:02}.json":{{"version":{}}}"#, number * 10 + 1),
        &|number| {
            format!(
                "\n  \"{number:02}.json\": {{\n   \"hashes\": {{\n    \"sha256\": \"{hash}\"\n   \
                 }},\n   \"length\": {number},\n   \"version\": 7\n  }}"
            )
        },
        &|number| {
            format!(
                r#""{number:02}": {{"custom": [{{"n": -{}, "t": "{number}"}}, null], "version": 3}}"#,
                number + 1
            )
        },
    ];
    let list = |entry: &dyn Fn(u32) -> String| (0..12).map(entry).collect::<Vec<_>>().join(",");
    entries.into_iter().map(|entry| format!("{{{}}}", list(entry))).collect()
}

/// Small builds read them all.
#[cfg(not(feature = "small"))]
#[test]
fn most_entries_are_skimmed() {
    for list in lists() {
        let (canonical, unsorted, skimmed) = read(&list, true).unwrap();
        assert_eq!(read(&list, false), Ok((canonical, unsorted, 0)));
        assert!(skimmed >= 8 || list.contains("custom"), "{skimmed} of {list}");
    }
}

#[test]
fn an_entry_that_is_unlike_the_others_is_read_in_full() {
    for list in lists() {
        // The sixth one has something more, something less, something in another form.
        for (from, to) in [
            ("05", "\\u0030\\u0035"),
            ("05", "05é"),
            ("05", "04"),
            ("05", "03"),
            ("\"version\": 51", "\"version\": 0"),
            ("\"version\":51", "\"version\":0"),
            ("\"version\": 51", "\"version\": 051"),
            ("\"version\": 51", "\"version\": 51.0"),
            ("\"version\": 51", "\"version\": 18446744073709551616"),
            ("\"version\": 51", "\"version\": 51, \"z\": {\"a\": 1, \"a\": 2}"),
            ("\"length\": 5", "\"length\": -5"),
            ("\"length\": 5", "\"length\": \"5\""),
            ("\"n\": -5", "\"n\": 5"),
            ("\"t\": \"5\"", "\"t\": \"\\/\""),
        ] {
            let changed = list.replacen(from, to, 1);
            let in_full = read(&changed, false);
            assert_eq!(
                read(&changed, true).map(|(canonical, unsorted, _)| (canonical, unsorted, 0)),
                in_full,
                "{changed}"
            );
        }
    }
}

#[test]
fn no_change_of_bytes_makes_a_difference() {
    let mut random = Random(7);
    for list in lists() {
        for _ in 0..4_000 {
            let mut bytes = list.clone().into_bytes();
            for _ in 0..1 + random.below(2) {
                let place = random.below(bytes.len());
                let byte = b"\"\\{}[]:,0159 .-ae\n\x1f\x80"[random.below(20)];
                match random.below(3) {
                    0 => bytes[place] = byte,
                    1 => bytes.insert(place, byte),
                    _ => drop(bytes.remove(place)),
                }
            }
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let in_full = read(&changed, false);
            assert_eq!(
                read(&changed, true).map(|(canonical, unsorted, _)| (canonical, unsorted, 0)),
                in_full,
                "{changed}"
            );
        }
    }
}
