//! JSON, asked for what a lock file must have: every answer knows its line, and no member comes twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text::Text;
use super::{Place, invalid};
use crate::error::CliError;

/// One object: its members in their order.
#[derive(Clone, Debug)]
pub(super) struct Object<'d> {
    text: &'d Text,
    place: Place,
    members: Vec<(String, &'d RawValue)>,
}

impl<'d> Object<'d> {
    /// The object that is the whole file, of which all is valid JSON, without a member that comes twice.
    pub(super) fn root(text: &'d Text) -> Result<Object<'d>, CliError> {
        serde_json::from_str::<NothingTwice>(text.as_str()).map_err(|error| {
            invalid(format!("it is not valid JSON: {}", without_position(&error))).file(text.line(error.line().max(1)))
        })?;
        let raw: &RawValue = serde_json::from_str(text.as_str())
            .map_err(|error| invalid(without_position(&error)).file(text.line(1)))?;
        Object::of(text, "the file", raw)
    }

    fn of(text: &'d Text, name: &str, raw: &'d RawValue) -> Result<Object<'d>, CliError> {
        let place = text.place_of(raw.get());
        match serde_json::from_str::<Members<'d>>(raw.get()) {
            Ok(Members(members)) => Ok(Object { text, place, members }),
            Err(_) => Err(invalid(format!("{name} is not an object")).file(place)),
        }
    }

    /// Where it starts.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// What is wrong with it.
    pub(super) fn error(&self, message: impl Into<String>) -> CliError {
        invalid(message).file(self.place())
    }

    /// Whether the member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// All members, each of which must be an object.
    pub(super) fn objects(&self) -> impl Iterator<Item = Result<(&str, Object<'d>), CliError>> {
        self.members.iter().map(|(name, raw)| Ok((name.as_str(), Object::of(self.text, &format!("`{name}`"), raw)?)))
    }

    /// An object, if the member is there.
    pub(super) fn object(&self, name: &str) -> Result<Option<Object<'d>>, CliError> {
        self.member(name).map(|raw| Object::of(self.text, &format!("`{name}`"), raw)).transpose()
    }

    /// A list of objects; empty if the member is not there.
    pub(super) fn object_list(&self, name: &str) -> Result<Vec<Object<'d>>, CliError> {
        let items: Option<Vec<&'d RawValue>> = self.value(name, "a list")?;
        items
            .unwrap_or_default()
            .into_iter()
            .map(|raw| Object::of(self.text, &format!("an item of `{name}`"), raw))
            .collect()
    }

    /// A list of strings with their places; empty if the member is not there.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<(String, Place)>, CliError> {
        let items: Option<Vec<&'d RawValue>> = self.value(name, "a list of strings")?;
        (items.unwrap_or_default().into_iter())
            .map(|raw| {
                let place = self.text.place_of(raw.get());
                match serde_json::from_str(raw.get()) {
                    Ok(string) => Ok((string, place)),
                    Err(_) => Err(invalid(format!("`{name}` is not a list of strings")).file(place)),
                }
            })
            .collect()
    }

    /// A string, if the member is there.
    pub(super) fn string(&self, name: &str) -> Result<Option<String>, CliError> {
        self.value(name, "a string")
    }

    /// A whole number from 0, if the member is there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, CliError> {
        self.value(name, "a whole number")
    }

    /// True or false; false if the member is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, CliError> {
        Ok(self.value(name, "true or false")?.unwrap_or(false))
    }

    fn member(&self, name: &str) -> Option<&'d RawValue> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, raw)| *raw)
    }

    fn value<T: Deserialize<'d>>(&self, name: &str, wanted: &str) -> Result<Option<T>, CliError> {
        let Some(raw) = self.member(name) else { return Ok(None) };
        match serde_json::from_str(raw.get()) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(invalid(format!("`{name}` is not {wanted}")).file(self.text.place_of(raw.get()))),
        }
    }
}

/// The message alone: the position is shown apart from it.
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
