//! JSON that is hard to read.

use picotuf::take_work;
use picotuf_tests::host::{MemoryHost, Reading};
use picotuf_tests::json::Style;
use picotuf_tests::repository::Repository;
use serde_json::{Map, Value, json};

use crate::{SIZE, is_linear, with_text};

/// A targets role with these members in `x`, in this order.
fn with_members(names: impl Iterator<Item = String>, style: Style) -> Repository {
    let mut repository = Repository::new();
    repository.style = style;
    repository.edit("targets", |targets| {
        targets["x"] = Value::Object(names.map(|name| (name, 1.into())).collect::<Map<_, _>>())
    });
    repository
}

#[test]
fn nested_without_end() {
    for text in ["[", "{\"a\":"] {
        is_linear(
            "nested without end",
            |size| with_text(&text.repeat(size / text.len())),
            SIZE,
            None,
            Some("limit-reached"),
            0,
        );
    }
}

#[test]
fn nested_as_deep_as_may_be() {
    // The file and `signed` are two levels, and the list that holds these towers is a third.
    let tower = format!("{}{}", "[".repeat(61), "]".repeat(61));
    let make = |size: usize| {
        let mut repository = Repository::new();
        let towers = vec![serde_json::from_str::<Value>(&tower).unwrap(); size / tower.len()];
        repository.edit("targets", |targets| targets["x"] = towers.into());
        repository
    };
    is_linear("towers", make, SIZE, None, None, 0);
}

/// Each level would be scanned for each level above it.
#[test]
fn nested_and_unsorted_at_each_level() {
    let tower = |depth: usize, filler: usize| {
        let inner = format!("\"{}\"", "z".repeat(filler));
        (0..depth).fold(inner, |inner, _| format!("{{\"b\": {inner}, \"a\": 1}}"))
    };
    is_linear(
        "unsorted tower",
        |size| with_text(&tower(60, size)),
        SIZE,
        None,
        Some("unsorted-too-large"),
        0,
    );
}

#[test]
fn many_members_out_of_order() {
    let make = |size: usize| {
        with_members((0..size / 16).rev().map(|number| format!("{number:06}")), Style::STRUCTS)
    };
    is_linear("members in reverse", make, SIZE, None, None, 0);
    // Neither rising nor falling.
    let make = |size: usize| {
        let count = size / 16;
        with_members(
            (0..count).map(|number| format!("{:06}", number * 7919 % count)),
            Style::STRUCTS,
        )
    };
    is_linear("members in disorder", make, SIZE, None, None, 0);
}

/// What the trusted snapshot lists is looked up in the new one: both are read a fixed number of
/// times, however many roles there are.
#[test]
fn snapshots_out_of_order() {
    let read = |count: usize| {
        let mut repository = Repository::new();
        repository.style = Style::BACKWARDS;
        repository.edit("snapshot", |snapshot| {
            let meta = snapshot["meta"].as_object_mut().unwrap();
            meta.extend(
                (0..count).map(|number| (format!("role-{number:05}.json"), json!({"version": 5}))),
            );
        });
        let mut host = MemoryHost::new(Reading::Whole, repository.anchor());
        host.repository = repository.files.clone();
        host.run(&[]).unwrap();
        repository.publish("snapshot", |_| {});
        host.repository = repository.files.clone();
        take_work();
        host.run(&[]).unwrap();
        take_work().read / repository.bytes("snapshot").len() as u64
    };
    // To be verified, to be compared in step, and to be looked up in each other: nine readings in
    // all, be there many roles or few.
    assert_eq!([read(10_000), read(40_000)], [9, 9]);
}

#[test]
fn names_that_differ_in_their_last_bytes() {
    let name = |number: usize| format!("{}{number:05}", "n".repeat(1000));
    is_linear(
        "long names",
        |size| with_members((0..size / 1020).map(name), Style::PYTHON),
        SIZE,
        None,
        None,
        0,
    );
    let make = |size: usize| with_members((0..size / 1020).rev().map(name), Style::STRUCTS);
    is_linear("long names in reverse", make, SIZE, None, None, 0);
}

#[test]
fn escapes() {
    let make = |size: usize| {
        let mut repository = Repository::new();
        repository.edit("targets", |targets| targets["x"] = "a".repeat(size / 6).into());
        let plain = format!("\"{}\"", "a".repeat(size / 6));
        repository.replace_text("targets", &plain, &format!("\"{}\"", "\\u0061".repeat(size / 6)));
        repository
    };
    is_linear("escapes", make, SIZE, None, None, 0);
}

#[test]
fn a_number_of_a_million_digits() {
    is_linear("digits", |size| with_text(&"1".repeat(size)), SIZE, None, Some("invalid-number"), 0);
}

#[test]
fn white_space() {
    is_linear(
        "white space",
        |size| with_text(&format!("{}\"place\"", " \n".repeat(size / 2))),
        SIZE,
        None,
        None,
        0,
    );
}
