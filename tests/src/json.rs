//! How test documents become bytes: as different writers write them, and in the canonical form that
//! is signed.

use serde_json::Value;

/// How a writer sets down a document. What it means is the same in every style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// In which order the members of each object inside `signed` stand.
    pub order: Order,
    /// One member a line, indented by one space a level; otherwise no white space at all.
    pub indented: bool,
    /// `signed` before `signatures`.
    pub signed_first: bool,
    /// All but ASCII as `\u` escapes.
    pub ascii: bool,
}

/// The order of an object's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By code point, as the canonical form has them.
    Sorted,
    /// As the test put them in: the order of a struct's fields.
    Inserted,
    /// Backwards by code point: every pair is out of order.
    Backwards,
}

impl Style {
    /// As python-tuf writes by default: sorted, compact, `signatures` first, ASCII.
    pub const PYTHON: Style =
        Style { order: Order::Sorted, indented: false, signed_first: false, ascii: true };
    /// As RSTUF writes: sorted, indented by one space, `signatures` first.
    pub const RSTUF: Style = Style { indented: true, ..Style::PYTHON };
    /// As Go and Rust writers that marshal structs do: the fields' order, `signed` first, raw
    /// UTF-8.
    pub const STRUCTS: Style =
        Style { order: Order::Inserted, indented: true, signed_first: true, ascii: false };
    /// Sorted, but `signed` first: the keys stand before the signatures.
    pub const SIGNED_FIRST: Style = Style { signed_first: true, ..Style::PYTHON };
    /// Every object's members backwards.
    pub const BACKWARDS: Style = Style { order: Order::Backwards, ..Style::PYTHON };

    /// All styles, for tests that the style must not matter to.
    pub const ALL: [Style; 5] =
        [Style::PYTHON, Style::RSTUF, Style::STRUCTS, Style::SIGNED_FIRST, Style::BACKWARDS];

    /// Returns the text of `value` in this style.
    pub fn write(self, value: &Value) -> String {
        let mut text = String::new();
        self.value(value, 0, &mut text);
        text
    }

    /// Returns the text of a whole metadata file: the text of `signed`, and the signatures.
    pub fn envelope(self, signed: &str, signatures: &Value) -> String {
        let signatures = format!("\"signatures\":{}", self.write(signatures));
        let signed = format!("\"signed\":{signed}");
        let line = if self.indented { "\n" } else { "" };
        match self.signed_first {
            true => format!("{{{line}{signed},{line}{signatures}{line}}}"),
            false => format!("{{{line}{signatures},{line}{signed}{line}}}"),
        }
    }

    fn value(self, value: &Value, level: usize, text: &mut String) {
        match value {
            Value::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.between(index > 0, level + 1, text);
                    self.value(item, level + 1, text);
                }
                self.close(items.is_empty(), level, ']', text);
            }
            Value::Object(members) => {
                text.push('{');
                let mut members: Vec<_> = members.iter().collect();
                match self.order {
                    Order::Inserted => {}
                    Order::Sorted => members.sort_by_key(|(name, _)| name.as_bytes()),
                    Order::Backwards => {
                        members.sort_by_key(|(name, _)| std::cmp::Reverse(name.as_bytes()))
                    }
                }
                let empty = members.is_empty();
                for (index, (name, member)) in members.into_iter().enumerate() {
                    self.between(index > 0, level + 1, text);
                    self.string(name, text);
                    text.push_str(if self.indented { ": " } else { ":" });
                    self.value(member, level + 1, text);
                }
                self.close(empty, level, '}', text);
            }
            Value::String(string) => self.string(string, text),
            Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        }
    }

    fn between(self, comma: bool, level: usize, text: &mut String) {
        if comma {
            text.push(',');
        }
        if self.indented {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', level));
        }
    }

    fn close(self, empty: bool, level: usize, bracket: char, text: &mut String) {
        if self.indented && !empty {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', level));
        }
        text.push(bracket);
    }

    fn string(self, string: &str, text: &mut String) {
        for character in Value::from(string).to_string().chars() {
            match character.is_ascii() || !self.ascii {
                true => text.push(character),
                false => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
    }
}

/// Returns the canonical form (OLPC canonical JSON): what a signature signs.
///
/// # Panics
/// On a number that is no integer: it has no canonical form.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_canonical(value, &mut bytes);
    bytes
}

fn write_canonical(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Bool(_) => bytes.extend(value.to_string().as_bytes()),
        Value::Number(number) => {
            assert!(!number.is_f64(), "{number} has no canonical form");
            bytes.extend(number.to_string().as_bytes());
        }
        Value::String(string) => write_canonical_string(string, bytes),
        Value::Array(items) => {
            bytes.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    bytes.push(b',');
                }
                write_canonical(item, bytes);
            }
            bytes.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            bytes.push(b'{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    bytes.push(b',');
                }
                write_canonical_string(name, bytes);
                bytes.push(b':');
                write_canonical(member, bytes);
            }
            bytes.push(b'}');
        }
    }
}

fn write_canonical_string(string: &str, bytes: &mut Vec<u8>) {
    bytes.push(b'"');
    for byte in string.bytes() {
        if matches!(byte, b'"' | b'\\') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
    bytes.push(b'"');
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_form_sorts_and_escapes_two_characters_only() {
        let document =
            json!({"b": [1, -2, true, null], "a": "\"\\\n\u{1}é", "\u{1f40d}": {}, "\u{e000}": []});
        let expected =
            "{\"a\":\"\\\"\\\\\n\u{1}é\",\"b\":[1,-2,true,null],\"\u{e000}\":[],\"\u{1f40d}\":{}}";
        assert_eq!(String::from_utf8(canonical(&document)).as_deref(), Ok(expected));
    }

    #[test]
    fn every_style_means_the_same() {
        let document = json!({"z": {"b": "é\u{1f40d}\n", "a": []}, "m": [{},
            18446744073709551615u64], "a": "x"});
        for style in Style::ALL {
            let read: Value =
                serde_json::from_str(&style.write(&document)).expect("a writer writes JSON");
            assert_eq!(canonical(&read), canonical(&document), "{style:?}");
        }
        assert_eq!(
            Style::PYTHON.write(&json!({"b": "é\u{1f40d}", "a": []})),
            r#"{"a":[],"b":"\u00e9\ud83d\udc0d"}"#
        );
        assert_eq!(Style::RSTUF.write(&json!({"b": 1, "a": {}})), "{\n \"a\": {},\n \"b\": 1\n}");
    }
}
