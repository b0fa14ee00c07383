//! TOML, asked for what a lock file must have: every answer knows its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::text::Text;
use super::{Place, invalid};
use crate::error::CliError;

/// Parses a whole file. Duplicate keys and deep nesting are refused by the parser.
pub(super) fn parse(text: &Text) -> Result<Spanned<DeTable<'_>>, CliError> {
    DeTable::parse(text.as_str()).map_err(|error| {
        let place = text.place(error.span().map_or(0, |span| span.start));
        invalid(format!("it is not valid TOML: {}", error.message())).file(place)
    })
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'d> {
    text: &'d Text,
    table: &'d DeTable<'d>,
    at: usize,
}

impl<'d> Table<'d> {
    /// The outermost table.
    pub(super) fn root(text: &'d Text, document: &'d Spanned<DeTable<'d>>) -> Table<'d> {
        Table { text, table: document.get_ref(), at: 0 }
    }

    /// Where it starts.
    pub(super) fn place(&self) -> Place {
        self.text.place(self.at)
    }

    /// What is wrong with it.
    pub(super) fn error(&self, message: impl Into<String>) -> CliError {
        invalid(message).file(self.place())
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// All keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }

    /// Where the value of a key stands; the table itself where there is none.
    pub(super) fn place_of(&self, key: &str) -> Place {
        self.table.get(key).map_or_else(|| self.place(), |value| self.text.place(value.span().start))
    }

    /// A string, if the key is there.
    pub(super) fn string(&self, key: &str) -> Result<Option<&'d str>, CliError> {
        self.value(key, "a string", DeValue::as_str)
    }

    /// A string that must be there.
    pub(super) fn need_string(&self, key: &str) -> Result<&'d str, CliError> {
        self.string(key)?.ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    /// True or false; false if the key is not there.
    pub(super) fn flag(&self, key: &str) -> Result<bool, CliError> {
        Ok(self.value(key, "true or false", DeValue::as_bool)?.unwrap_or(false))
    }

    /// A whole number from 0, if the key is there.
    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, CliError> {
        self.value(key, "a whole number", |value| {
            let integer = value.as_integer()?;
            u64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    /// A table, if the key is there.
    pub(super) fn table(&self, key: &str) -> Result<Option<Table<'d>>, CliError> {
        let table = self.value(key, "a table", DeValue::as_table)?;
        Ok(table.map(|table| Table { text: self.text, table, at: self.start_of(key) }))
    }

    /// A list of tables; empty if the key is not there.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Table<'d>>, CliError> {
        self.items(key, "a list of tables", |value| value.as_table())
            .map(|items| items.into_iter().map(|(at, table)| Table { text: self.text, table, at }).collect())
    }

    /// A list of strings; empty if the key is not there.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<&'d str>, CliError> {
        let items = self.items(key, "a list of strings", |value| value.as_str())?;
        Ok(items.into_iter().map(|(_, string)| string).collect())
    }

    fn items<T>(
        &self,
        key: &str,
        wanted: &str,
        take: impl Fn(&'d DeValue<'d>) -> Option<T>,
    ) -> Result<Vec<(usize, T)>, CliError> {
        let Some(items) = self.value(key, wanted, DeValue::as_array)? else { return Ok(Vec::new()) };
        (items.iter())
            .map(|item| {
                let at = item.span().start;
                let taken = take(item.get_ref()).ok_or_else(|| self.wrong(key, wanted, at))?;
                Ok((at, taken))
            })
            .collect()
    }

    fn value<T>(
        &self,
        key: &str,
        wanted: &str,
        take: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Result<Option<T>, CliError> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        match take(value.get_ref()) {
            Some(taken) => Ok(Some(taken)),
            None => Err(self.wrong(key, wanted, value.span().start)),
        }
    }

    fn wrong(&self, key: &str, wanted: &str, at: usize) -> CliError {
        invalid(format!("`{key}` is not {wanted}")).file(self.text.place(at))
    }

    fn start_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }
}
