//! What is written out in text for a terminal, beside Python's tables of Unicode, in all planes.

use picotuf::OneLine;
use serde_json::{Value, json};

use crate::python_tuf::PythonTuf;

#[test]
fn all_that_a_terminal_does_not_show_is_written_out() {
    let Some(python) = PythonTuf::find("characters beside Python's Unicode tables") else { return };
    let planes = (0..=0x10_u32).map(|plane| (plane << 16, (plane << 16) | 0xffff));
    let questions: Vec<Value> = planes
        .map(|(first, last)| {
            let characters = (first..=last).filter_map(char::from_u32);
            let written: Vec<u32> = characters
                .filter(|one| OneLine::writes_out(*one))
                .map(u32::from)
                .inspect(|point| is_hex(*point))
                .collect();
            json!([first, last, written])
        })
        .collect();
    let answers = python.answers("unicode.py", &questions);
    for ((question, answer), plane) in questions.iter().zip(&answers).zip(0..) {
        assert_eq!(answer, "same", "plane {plane}, of {}", question[2].as_array().unwrap().len());
    }
}

fn is_hex(point: u32) {
    let text = char::from_u32(point).unwrap().to_string();
    assert_eq!(OneLine(&text).to_string(), format!("\\u{{{point:x}}}"));
}
