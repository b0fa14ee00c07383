//! Documents made at random from a seed, each written in many spellings, and a model of their
//! canonical form.
//!
//! It stands on nothing but `std`: the comparison with the reference implementation, outside of
//! this crate, uses it too.

use std::format;
use std::string::String;
use std::vec::Vec;

/// SplitMix64: the same numbers for the same seed, everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % bound as u64) as usize
    }

    /// One of `choices`.
    pub(crate) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A JSON value, as far as TUF has them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i128),
    String(String),
    Array(Vec<Value>),
    /// The names differ from each other.
    Object(Vec<(String, Value)>),
}

/// In which order members are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    Sorted,
    /// At random, and not sorted where that can be.
    Shuffled,
}

impl Value {
    /// Returns a value of at most `depth` levels, with characters that `character` makes.
    pub(crate) fn random(
        random: &mut Random,
        depth: usize,
        character: fn(&mut Random) -> char,
    ) -> Value {
        let kinds = if depth == 0 { 4 } else { 8 };
        match random.below(kinds) {
            0 => {
                random.choose(&[None, Some(true), Some(false)]).map_or(Value::Null, Value::Boolean)
            }
            1 => Value::Integer(random.choose(&INTEGERS)),
            2 => Value::Integer(random.below(100_000) as i128 - 1000),
            3 => Value::String(text(random, 40, character)),
            4 => Value::Array(
                (0..random.below(5)).map(|_| Value::random(random, depth - 1, character)).collect(),
            ),
            _ => {
                let mut members = Vec::<(String, Value)>::new();
                for _ in 0..random.below(9) {
                    let name = text(random, 4, character);
                    if members.iter().all(|(other, _)| *other != name) {
                        members.push((name, Value::random(random, depth - 1, character)));
                    }
                }
                Value::Object(members)
            }
        }
    }

    /// Returns the canonical form, by its definition.
    pub(crate) fn canonical(&self) -> String {
        let list = |items: Vec<String>| items.join(",");
        match self {
            Value::Null => "null".into(),
            Value::Boolean(boolean) => format!("{boolean}"),
            Value::Integer(integer) => format!("{integer}"),
            Value::String(string) => quote(string),
            Value::Array(elements) => {
                format!("[{}]", list(elements.iter().map(Value::canonical).collect()))
            }
            Value::Object(members) => {
                let members = sorted(members);
                format!(
                    "{{{}}}",
                    list(
                        members
                            .iter()
                            .map(|(name, value)| format!("{}:{}", quote(name), value.canonical()))
                            .collect()
                    )
                )
            }
        }
    }

    /// The value as JSON, spelled at random: white space made of `blanks` (some of which may be
    /// empty), and characters as themselves or as one of the escapes that they have.
    pub(crate) fn write(
        &self,
        random: &mut Random,
        order: Order,
        blanks: &[&str],
        out: &mut String,
    ) {
        out.push_str(random.choose(blanks));
        match self {
            Value::String(string) => spell(string, random, out),
            Value::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    element.write(random, order, blanks, out);
                }
                out.push_str(random.choose(blanks));
                out.push(']');
            }
            Value::Object(members) => {
                let mut members = sorted(members);
                if order == Order::Shuffled && members.len() > 1 {
                    let before: Vec<String> =
                        members.iter().map(|(name, _)| name.clone()).collect();
                    random.shuffle(&mut members);
                    if members.iter().map(|(name, _)| name).eq(&before) {
                        members.swap(0, 1);
                    }
                }
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    out.push_str(random.choose(blanks));
                    spell(name, random, out);
                    out.push_str(random.choose(blanks));
                    out.push(':');
                    value.write(random, order, blanks, out);
                }
                out.push_str(random.choose(blanks));
                out.push('}');
            }
            scalar => out.push_str(&scalar.canonical()),
        }
        out.push_str(random.choose(blanks));
    }

    /// Returns whether an object in it has more than one member, so that it can be out of order.
    pub(crate) fn has_order(&self) -> bool {
        match self {
            Value::Array(elements) => elements.iter().any(Value::has_order),
            Value::Object(members) => {
                members.len() > 1 || members.iter().any(|(_, value)| value.has_order())
            }
            _ => false,
        }
    }
}

/// Any character, the ones that matter to escapes and to order more often than others.
pub(crate) fn any_character(random: &mut Random) -> char {
    if random.below(4) == 0 { random.choose(&SPECIAL) } else { printable_character(random) }
}

/// Returns a character that may stand for itself in JSON, of one to four bytes.
pub(crate) fn printable_character(random: &mut Random) -> char {
    loop {
        let bounds = random.choose(&[
            (0x20, 0x80),
            (0x20, 0x80),
            (0x80, 0x800),
            (0x800, 0x1_0000),
            (0x1_0000, 0x11_0000),
        ]);
        let code_point = bounds.0 + random.below(bounds.1 - bounds.0);
        if let Some(character) = char::from_u32(code_point as u32) {
            return character;
        }
    }
}

fn text(random: &mut Random, length: usize, character: fn(&mut Random) -> char) -> String {
    (0..random.below(length + 1)).map(|_| character(random)).collect()
}

fn sorted(members: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut members = members.to_vec();
    members.sort_by(|(one, _), (other, _)| one.chars().cmp(other.chars()));
    members
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes `text` as a JSON string. What JSON wants escaped is; of the rest, some is.
fn spell(text: &str, random: &mut Random, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        let short = match character {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            _ => None,
        };
        let must = matches!(character, '"' | '\\' | '\0'..' ');
        match (random.below(6), short) {
            (0..4, _) if !must => out.push(character),
            (0..5, Some(short)) => out.push_str(short),
            (choice, _) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&if choice % 2 == 0 {
                        format!("\\u{unit:04x}")
                    } else {
                        format!("\\u{unit:04X}")
                    });
                }
            }
        }
    }
    out.push('"');
}

/// At the edges of what there is.
const INTEGERS: [i128; 12] = [
    0,
    1,
    -1,
    9,
    10,
    u32::MAX as i128,
    i32::MIN as i128,
    i64::MAX as i128,
    i64::MAX as i128 + 1,
    i64::MIN as i128,
    u64::MAX as i128 - 1,
    u64::MAX as i128,
];

/// What is escaped or must be, the last of each length in UTF-8 and the first of the next, and what
/// normalization, JavaScript or a line-wise reader would treat in its own way.
const SPECIAL: [char; 30] = [
    '\0',
    '\u{1}',
    '\u{8}',
    '\t',
    '\n',
    '\u{b}',
    '\u{c}',
    '\r',
    '\u{1f}',
    ' ',
    '"',
    '/',
    '\\',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{e9}',
    '\u{301}',
    '\u{7ff}',
    '\u{800}',
    '\u{2028}',
    '\u{2029}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{feff}',
    '\u{fffd}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f40d}',
    '\u{10ffff}',
];
