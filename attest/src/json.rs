//! Documents as trees: a bounded number of values, and no object with two members of one name.

use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use picotuf::{JsonPart, JsonText, Time, read_json};

use crate::error::{Document, Error, Problem};
use crate::limits::{JSON_VALUES_MAX, Limit};

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json {
    Null,
    Boolean,
    Integer(u64),
    Negative,
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// An object or an array that has not ended.
struct Open {
    value: Json,
    /// The name of the member whose value is read.
    name: Option<String>,
}

impl Json {
    /// Reads a whole document.
    pub(crate) fn parse(document: Document, bytes: &[u8]) -> Result<Self, Error> {
        let mut builder = Builder { open: Vec::new(), root: None, values: 0 };
        let mut too_many = false;
        let read = read_json(bytes, &mut |part, position| {
            if builder.values >= JSON_VALUES_MAX {
                too_many = true;
                return Err(picotuf::Error::UnexpectedEnd { position });
            }
            builder.take(part, position)
        });
        if too_many {
            return Err(Error::limit(Limit::JsonValues, JSON_VALUES_MAX));
        }
        match (read, builder.root) {
            (Ok(()), Some(root)) => Ok(root),
            (Ok(()), None) => {
                Err(Error::Json { document, error: picotuf::Error::UnexpectedEnd { position: 0 } })
            }
            (Err(error), _) => Err(Error::Json { document, error }),
        }
    }
}

struct Builder {
    open: Vec<Open>,
    root: Option<Json>,
    values: usize,
}

impl Builder {
    fn take(&mut self, part: JsonPart<'_>, position: u64) -> Result<(), picotuf::Error> {
        self.values = self.values.saturating_add(1);
        let value = match part {
            JsonPart::Object => return self.begin(Json::Object(Vec::new())),
            JsonPart::Array => return self.begin(Json::Array(Vec::new())),
            JsonPart::Name(name) => {
                if let Some(open) = self.open.last_mut() {
                    open.name = Some(name.into());
                }
                return Ok(());
            }
            JsonPart::End => match self.open.pop() {
                Some(open) => {
                    if has_duplicate(&open.value) {
                        return Err(picotuf::Error::DuplicateMember { position });
                    }
                    open.value
                }
                None => return Ok(()),
            },
            JsonPart::Text(text) => Json::Text(text_of(text)),
            JsonPart::Integer { negative: false, magnitude } => Json::Integer(magnitude),
            JsonPart::Integer { negative: true, .. } => Json::Negative,
            JsonPart::Boolean(_) => Json::Boolean,
            JsonPart::Null => Json::Null,
        };
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open { value: Json::Object(members), name }) => {
                members.push((name.take().unwrap_or_default(), value));
            }
            Some(Open { value: Json::Array(elements), .. }) => elements.push(value),
            Some(_) => {}
        }
        Ok(())
    }

    fn begin(&mut self, value: Json) -> Result<(), picotuf::Error> {
        self.open.push(Open { value, name: None });
        Ok(())
    }
}

fn text_of(text: JsonText<'_>) -> String {
    match text.plain() {
        Some(plain) => plain.into(),
        None => {
            let mut whole = String::with_capacity(text.length());
            whole.extend(text.chars());
            whole
        }
    }
}

fn has_duplicate(value: &Json) -> bool {
    let Json::Object(members) = value else { return false };
    // A heap takes less code than the sorts of slices.
    let names: BinaryHeap<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.into_sorted_vec();
    names.windows(2).any(|two| matches!(two, [one, other] if one == other))
}

/// An object of a document.
#[derive(Clone, Copy)]
pub(crate) struct Object<'j> {
    pub(crate) document: Document,
    members: &'j [(String, Json)],
}

impl<'j> Object<'j> {
    /// Returns the outermost value, which must be an object.
    pub(crate) fn outermost(document: Document, value: &'j Json) -> Result<Self, Error> {
        Self::of(document, "document", value)
    }

    /// Returns a value that must be an object.
    pub(crate) fn of(
        document: Document,
        member: &'static str,
        value: &'j Json,
    ) -> Result<Self, Error> {
        match value {
            Json::Object(members) => Ok(Object { document, members }),
            _ => Err(Error::member(document, member, Problem::Type)),
        }
    }

    /// Returns the names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'j str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the member of that name, unless it is absent or `null`: to Protocol Buffers these
    /// are one.
    pub(crate) fn get(&self, name: &str) -> Option<&'j Json> {
        let (_, value) = self.members.iter().find(|(member, _)| member == name)?;
        if let Json::Null = value { None } else { Some(value) }
    }

    fn need(&self, name: &'static str) -> Result<&'j Json, Error> {
        self.get(name).ok_or(Error::member(self.document, name, Problem::Missing))
    }

    pub(crate) fn wrong(&self, member: &'static str, problem: Problem) -> Error {
        Error::member(self.document, member, problem)
    }

    pub(crate) fn object(&self, name: &'static str) -> Result<Object<'j>, Error> {
        Self::of(self.document, name, self.need(name)?)
    }

    pub(crate) fn optional_object(&self, name: &'static str) -> Result<Option<Object<'j>>, Error> {
        self.get(name).map(|value| Self::of(self.document, name, value)).transpose()
    }

    /// Returns the elements of an array, of which there may be a number; none where it is absent.
    pub(crate) fn array(
        &self,
        name: &'static str,
        limit: Limit,
        maximum: usize,
    ) -> Result<&'j [Json], Error> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Json::Array(elements)) if elements.len() <= maximum => Ok(elements),
            Some(Json::Array(_)) => Err(Error::limit(limit, maximum)),
            Some(_) => Err(self.wrong(name, Problem::Type)),
        }
    }

    /// Returns the elements of an array that must be there.
    pub(crate) fn required_array(
        &self,
        name: &'static str,
        limit: Limit,
        maximum: usize,
    ) -> Result<&'j [Json], Error> {
        self.need(name)?;
        self.array(name, limit, maximum)
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&'j str, Error> {
        match self.need(name)? {
            Json::Text(text) => Ok(text),
            _ => Err(self.wrong(name, Problem::Type)),
        }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<&'j str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, Problem::Type)),
        }
    }

    /// Bytes in base64.
    pub(crate) fn bytes(
        &self,
        name: &'static str,
        limit: Limit,
        maximum: usize,
    ) -> Result<Vec<u8>, Error> {
        let text = self.text(name)?;
        // Four characters stand for three bytes, and a line break may stand behind each 76.
        if text.len() / 2 > maximum {
            return Err(Error::limit(limit, maximum));
        }
        let bytes = base64(text).ok_or(self.wrong(name, Problem::Base64))?;
        if bytes.len() > maximum { Err(Error::limit(limit, maximum)) } else { Ok(bytes) }
    }

    /// Exactly 32 bytes in base64.
    pub(crate) fn sha256(&self, name: &'static str) -> Result<[u8; 32], Error> {
        let bytes = base64(self.text(name)?).ok_or(self.wrong(name, Problem::Base64))?;
        bytes.try_into().map_err(|_| self.wrong(name, Problem::Value))
    }

    /// Returns a 64-bit integer as Protocol Buffers write it: a string of digits, or a number.
    /// Absent, it is 0.
    pub(crate) fn integer(&self, name: &'static str) -> Result<u64, Error> {
        match self.get(name) {
            None => Ok(0),
            Some(Json::Integer(number)) => Ok(*number),
            Some(Json::Text(text)) => {
                decimal(text.as_bytes()).ok_or(self.wrong(name, Problem::Value))
            }
            Some(Json::Negative) => Err(self.wrong(name, Problem::Value)),
            Some(_) => Err(self.wrong(name, Problem::Type)),
        }
    }

    /// Returns an integer that is written as a number; `None` if it is absent.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<u64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Integer(number)) => Ok(Some(*number)),
            Some(Json::Negative) => Err(self.wrong(name, Problem::Value)),
            Some(_) => Err(self.wrong(name, Problem::Type)),
        }
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Option<Time>, Error> {
        match self.optional_text(name)? {
            None => Ok(None),
            Some(text) => Time::parse(text).map(Some).ok_or(self.wrong(name, Problem::Value)),
        }
    }
}

/// Bytes in standard base64 with padding. Older versions of PyPI's software broke the lines: line
/// feeds are passed over, and nothing else is.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    if !text.contains('\n') {
        return Base64::decode_vec(text).ok();
    }
    let whole: String = text.chars().filter(|character| *character != '\n').collect();
    Base64::decode_vec(&whole).ok()
}

/// Returns the base64 form of bytes.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Returns an integer in decimal digits, without zeros in front.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.first() == Some(&b'0')) {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then_some(byte & 0x0f)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn parse(text: &str) -> Result<Json, Error> {
        Json::parse(Document::Provenance, text.as_bytes())
    }

    #[test]
    fn two_members_of_one_name_are_refused_wherever_they_stand() {
        for text in [
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"[{"x":{"b":1,"a":1,"c":1,"b":2}}]"#,
        ] {
            assert!(
                matches!(
                    parse(text),
                    Err(Error::Json { error: picotuf::Error::DuplicateMember { .. }, .. })
                ),
                "{text}"
            );
        }
        assert!(parse(r#"{"a":{"b":1},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn a_document_of_too_many_values_is_refused() {
        let just = format!("[{}0]", "0,".repeat(JSON_VALUES_MAX - 3));
        assert!(parse(&just).is_ok());
        let over = format!("[{}0]", "0,".repeat(JSON_VALUES_MAX));
        assert_eq!(
            parse(&over).unwrap_err(),
            Error::LimitReached { limit: Limit::JsonValues, maximum: JSON_VALUES_MAX }
        );
    }

    #[test]
    fn base64_is_strict_but_for_line_feeds() {
        assert_eq!(base64("YWJj\nZA==\n"), Some(b"abcd".into()));
        for text in ["YWJj ZA==", "YWJjZA", "YWJjZA=", "YWJjZB==", "YW-_", "YWJj\r\nZA=="] {
            assert_eq!(base64(text), None, "{text}");
        }
    }

    #[test]
    fn integers_are_digits_alone() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for text in ["", "01", "+1", "-1", "1 ", "1_0", "18446744073709551616"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }
}
