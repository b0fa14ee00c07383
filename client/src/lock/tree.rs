//! A lock file's values, from TOML or JSON: every value knows where it stands, and no member comes
//! twice.

mod json;
mod toml;

use std::borrow::Cow;

use super::text::Text;
use super::{Place, invalid};
use crate::error::Error;

pub(super) use self::json::parse as parse_json;
pub(super) use self::toml::parse as parse_toml;

/// A value, and the byte of the text at which it starts.
#[derive(Debug)]
pub(super) struct Node<'d> {
    at: usize,
    value: Value<'d>,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Value<'d> {
    /// A string.
    Text(Cow<'d, str>),
    /// A whole number from 0.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// A date or a time of TOML.
    Time,
    /// Any other value without parts: a negative number, a fraction, `null`.
    Other,
    /// A list.
    List(Vec<Node<'d>>),
    /// A table of TOML or an object of JSON, in the file's order where the parser keeps it.
    Table(Vec<(Cow<'d, str>, Node<'d>)>),
}

/// A value together with its name and its text, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'d> {
    text: &'d Text,
    name: &'d str,
    node: &'d Node<'d>,
}

impl<'d> Item<'d> {
    /// Returns the name of the member that it is; that of the list for an item of a list.
    pub(super) fn name(&self) -> &'d str {
        self.name
    }

    /// Where it starts.
    pub(super) fn place(&self) -> Place {
        self.text.place(self.node.at)
    }

    /// Returns the value.
    pub(super) fn value(&self) -> &'d Value<'d> {
        &self.node.value
    }

    /// Returns the error for a value of another type than `wanted`.
    pub(super) fn is_not(&self, wanted: &str) -> Error {
        invalid(format!("`{}` is not {wanted}", self.name)).file(self.place())
    }

    /// Returns the error for a value that is wrong in another way.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        invalid(message).file(self.place())
    }

    /// Returns the string.
    pub(super) fn text(&self) -> Result<&'d str, Error> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.is_not("a string")),
        }
    }

    /// Returns the whole number.
    pub(super) fn number(&self) -> Result<u64, Error> {
        match self.node.value {
            Value::Number(number) => Ok(number),
            _ => Err(self.is_not("a whole number")),
        }
    }

    /// True or false.
    pub(super) fn flag(&self) -> Result<bool, Error> {
        match self.node.value {
            Value::Flag(flag) => Ok(flag),
            _ => Err(self.is_not("true or false")),
        }
    }

    /// Returns the items of a list; `wanted` says of what, for the message.
    pub(super) fn items(
        &self,
        wanted: &str,
    ) -> Result<impl Iterator<Item = Item<'d>> + use<'d>, Error> {
        let Item { text, name, node } = *self;
        match &node.value {
            Value::List(items) => Ok(items.iter().map(move |node| Item { text, name, node })),
            _ => Err(self.is_not(wanted)),
        }
    }

    /// Returns a list of tables.
    pub(super) fn tables(&self) -> Result<Vec<Table<'d>>, Error> {
        const WANTED: &str = "a list of tables";
        (self.items(WANTED)?).map(|item| item.table().map_err(|_| item.is_not(WANTED))).collect()
    }

    /// Returns the table.
    pub(super) fn table(&self) -> Result<Table<'d>, Error> {
        match &self.node.value {
            Value::Table(members) => Ok(Table { text: self.text, at: self.node.at, members }),
            _ => Err(self.is_not("a table")),
        }
    }
}

/// A table of TOML, or an object of JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'d> {
    text: &'d Text,
    at: usize,
    members: &'d [(Cow<'d, str>, Node<'d>)],
}

impl<'d> Table<'d> {
    /// Returns the outermost table of a file.
    ///
    /// # Errors
    /// `invalid-lock-file` where the file is no table.
    pub(super) fn root(text: &'d Text, node: &'d Node<'d>) -> Result<Table<'d>, Error> {
        match &node.value {
            Value::Table(members) => Ok(Table { text, at: 0, members }),
            _ => Err(invalid("the file is not an object").file(text.place(node.at))),
        }
    }

    /// Where it starts.
    pub(super) fn place(&self) -> Place {
        self.text.place(self.at)
    }

    /// Returns the error for a table that is wrong.
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        invalid(message).file(self.place())
    }

    /// Returns all members.
    pub(super) fn members(&self) -> impl Iterator<Item = Item<'d>> + use<'d> {
        let text = self.text;
        self.members.iter().map(move |(name, node)| Item { text, name, node })
    }

    /// Returns a member, if it is there.
    pub(super) fn get(&self, name: &str) -> Option<Item<'d>> {
        self.members().find(|member| member.name == name)
    }

    /// Returns whether the member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Where the value of a member stands; the table itself where there is none.
    pub(super) fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or_else(|| self.place(), |member| member.place())
    }

    /// Returns a string, if the member is there.
    pub(super) fn string(&self, name: &str) -> Result<Option<&'d str>, Error> {
        self.get(name).map(|member| member.text()).transpose()
    }

    /// Returns a string that must be there.
    pub(super) fn need_string(&self, name: &str) -> Result<&'d str, Error> {
        self.string(name)?.ok_or_else(|| self.error(format!("`{name}` is missing")))
    }

    /// True or false; false if the member is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        self.get(name).map_or(Ok(false), |member| member.flag())
    }

    /// Returns a whole number from 0, if the member is there.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        self.get(name).map(|member| member.number()).transpose()
    }

    /// Returns a table, if the member is there.
    pub(super) fn table(&self, name: &str) -> Result<Option<Table<'d>>, Error> {
        self.get(name).map(|member| member.table()).transpose()
    }

    /// Returns a list of tables; empty if the member is not there.
    pub(super) fn tables(&self, name: &str) -> Result<Vec<Table<'d>>, Error> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |member| member.tables())
    }

    /// Returns a list of strings with their places; empty if the member is not there.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<Item<'d>>, Error> {
        const WANTED: &str = "a list of strings";
        let Some(member) = self.get(name) else { return Ok(Vec::new()) };
        let items: Vec<_> = member.items(WANTED)?.collect();
        match items.iter().find(|item| item.text().is_err()) {
            Some(wrong) => Err(wrong.is_not(WANTED)),
            None => Ok(items),
        }
    }
}
