//! The canonical form against its reference, securesystemslib's `encode_canonical`: the signed
//! bytes must be the same.

#[path = "../../core/src/json/tests/generator.rs"]
mod generator;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, thread};

use generator::{Order, Random, Value, any_character, printable_character};

#[test]
fn every_generated_document_has_the_reference_s_canonical_form() {
    let Some(python) = python() else {
        eprintln!(
            "\n*** LEFT OUT: the canonical form is not compared with securesystemslib's \
             (PICOTUF_WITHOUT_PYTHON=1) ***\n"
        );
        return;
    };
    let documents = documents();
    assert!(documents.len() >= 2000, "{}", documents.len());
    let answers = reference(&python, &documents);
    assert_eq!(answers.len(), documents.len());
    for ((document, model), answer) in documents.iter().zip(answers) {
        let mut form = Vec::new();
        let verdict = picotuf::canonical_form(document.as_bytes(), &mut |piece| {
            form.extend_from_slice(piece)
        });
        assert_eq!(verdict, Ok(()), "{document}");
        assert_eq!(hex(&form), answer, "{document}");
        // The model that the core's own tests trust is held to the reference too.
        assert_eq!(hex(model.as_bytes()), answer, "{document}");
    }
}

/// Documents, each on one line, and what the generator takes for their canonical form.
fn documents() -> Vec<(String, String)> {
    let mut random = Random(2026);
    let mut values = Vec::new();
    // Every code point there is, in names and in values, a thousand or so to a document.
    let characters: Vec<char> = ('\0'..=char::MAX).collect();
    assert_eq!(characters.len(), 0x11_0000 - 0x800);
    for chunk in characters.chunks(1024) {
        let names = chunk.chunks(16).map(String::from_iter);
        let members = names
            .zip(chunk.rchunks(16))
            .map(|(name, value)| (name, Value::String(value.iter().collect())));
        values.push(Value::Array(vec![
            Value::Object(members.collect()),
            Value::String(chunk.iter().collect()),
        ]));
    }
    // Objects of any size; one name of which is the beginning of another, or differs in its last
    // character.
    for size in [0, 1, 2, 3, 255, 256, 257, 300, 2000] {
        let names = (0..size).map(|index| format!("{}{}", "a".repeat(index % 7), index / 3));
        let mut members: Vec<(String, Value)> =
            names.map(|name| (name, Value::Object(Vec::new()))).collect();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        members.dedup_by(|(one, _), (other, _)| one == other);
        values.push(Value::Object(members));
    }
    for empty in [
        Value::Null,
        Value::String(String::new()),
        Value::Array(Vec::new()),
        Value::Object(Vec::new()),
    ] {
        values.push(Value::Object(vec![(String::new(), empty.clone())]));
        values.push(Value::Array(vec![empty.clone(), empty.clone()]));
        values.push(empty);
    }
    for integer in
        [0, 1, -1, i64::MIN.into(), i64::MAX.into(), i128::from(i64::MAX) + 1, u64::MAX.into()]
    {
        values.push(Value::Integer(integer));
        values.push(Value::Object(vec![("version".into(), Value::Integer(integer))]));
    }
    for round in 0..1500 {
        let character = if round % 3 == 0 { printable_character } else { any_character };
        values.push(Value::random(&mut random, 1 + round % 6, character));
    }
    assert!(
        values.iter().filter(|value| value.has_order()).count() > 1000,
        "too few documents have anything to put in order"
    );
    let write = |(index, value): (usize, Value)| {
        let order = if index % 4 == 3 { Order::Sorted } else { Order::Shuffled };
        let mut document = String::new();
        value.write(&mut random, order, &["", "", " ", "\t", "  "], &mut document);
        (document, value.canonical())
    };
    values.into_iter().enumerate().map(write).collect()
}

/// What the reference says of each document.
fn reference(python: &Path, documents: &[(String, String)]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join("canonical.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let mut input = child.stdin.take().expect("it is piped");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let answers = thread::scope(|scope| {
        // Beside the reading, or both sides would wait for each other once a pipe is full.
        scope.spawn(move || {
            for (document, _) in documents {
                // A reference that has ended says so by its exit code.
                if input
                    .write_all(document.as_bytes())
                    .and_then(|()| input.write_all(b"\n"))
                    .is_err()
                {
                    break;
                }
            }
        });
        output.lines().collect::<Result<Vec<String>, _>>().expect("lines of text")
    });
    let status = child.wait().expect("it was started");
    assert!(status.success(), "canonical.py: {status}");
    answers
}

/// The interpreter that has the reference, unless it is to be left out.
fn python() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv");
    let installed =
        [environment.join("bin").join("python"), environment.join("Scripts").join("python.exe")];
    let found = env::var_os("PICOTUF_PYTHON")
        .map(PathBuf::from)
        .or_else(|| installed.into_iter().find(|python| python.exists()));
    if found.is_none() {
        let without = env::var_os("PICOTUF_WITHOUT_PYTHON").is_some_and(|value| value == "1");
        assert!(
            without,
            "there is no Python with securesystemslib: `tests/run` makes one \
             (PICOTUF_WITHOUT_PYTHON=1 leaves it out)"
        );
    }
    found
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
