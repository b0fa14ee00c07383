//! TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Node, Value};
use crate::error::Error;
use crate::lock::invalid;
use crate::lock::text::Text;

/// Parses a whole file. The parser refuses members that come twice, and deep nesting.
pub(in crate::lock) fn parse(text: &Text) -> Result<Node<'_>, Error> {
    match DeTable::parse(text.as_str()) {
        Ok(table) => Ok(Node { at: 0, value: of_table(table.into_inner()) }),
        Err(error) => {
            let place = text.place(error.span().map_or(0, |span| span.start));
            Err(invalid(format!("the file is not valid TOML: {}", error.message())).file(place))
        }
    }
}

fn of_table(table: DeTable<'_>) -> Value<'_> {
    let mut members: Vec<_> =
        table.into_iter().map(|(name, value)| (name.into_inner(), node(value))).collect();
    members.sort_by_key(|(_, node)| node.at);
    Value::Table(members)
}

fn node(value: Spanned<DeValue<'_>>) -> Node<'_> {
    let at = value.span().start;
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix())
            .map_or(Value::Other, Value::Number),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Time,
        DeValue::Float(_) => Value::Other,
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => of_table(table),
    };
    Node { at, value }
}
