//! JSON.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Node, Value};
use crate::error::Error;
use crate::lock::invalid;
use crate::lock::text::Text;

/// Parses a whole file, without a member that comes twice. The parser limits the depth.
pub(in crate::lock) fn parse(text: &Text) -> Result<Node<'_>, Error> {
    let refuse = |error: serde_json::Error| {
        let place = text.line(error.line().max(1));
        invalid(format!("the file is not valid JSON: {}", without_position(&error))).file(place)
    };
    serde_json::from_str::<NothingTwice>(text.as_str()).map_err(refuse)?;
    let raw: &RawValue = serde_json::from_str(text.as_str()).map_err(refuse)?;
    node(text, raw).map_err(refuse)
}

/// The depth is known to be limited here.
fn node<'d>(text: &'d Text, raw: &'d RawValue) -> Result<Node<'d>, serde_json::Error> {
    let written = raw.get();
    let value = match written.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(written)?;
            let member =
                |(name, raw): (String, &'d RawValue)| Ok((Cow::Owned(name), node(text, raw)?));
            Value::Table(members.into_iter().map(member).collect::<Result<_, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let items: Vec<&'d RawValue> = serde_json::from_str(written)?;
            Value::List(items.into_iter().map(|raw| node(text, raw)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(Cow::Owned(serde_json::from_str(written)?)),
        _ => match written {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            _ => written.parse().map_or(Value::Other, Value::Number),
        },
    };
    Ok(Node { at: text.offset_of(written), value })
}

/// Returns the message alone: the position is shown apart from it.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[derive(Debug)]
struct Members<'d>(Vec<(String, &'d RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;
        impl<'de> Visitor<'de> for OfObject {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(OfObject)
    }
}

/// Any value in which no object has a member twice.
#[derive(Debug)]
struct NothingTwice;

impl<'de> Deserialize<'de> for NothingTwice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NothingTwice)
    }
}

impl<'de> Visitor<'de> for NothingTwice {
    type Value = NothingTwice;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<NothingTwice>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<NothingTwice>()?;
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("the member {name:?} comes twice")));
            }
            seen.insert(name);
        }
        Ok(self)
    }
}
