//! The environment variables of this program.

use std::str::FromStr;

use picotuf_client::Error;

/// The environment variables, or what a test puts in their place.
pub(crate) struct Environment(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String>;

impl Environment {
    /// What this function says.
    #[cfg(test)]
    pub(crate) fn of(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Environment(Box::new(lookup))
    }

    /// The process's own. One of this program's that cannot be read is wrong usage: without it,
    /// another folder might be taken.
    pub(crate) fn of_process() -> Result<Self, Error> {
        let ours =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut ours = ours.filter(|(name, _)| name.starts_with("PICOTUF_"));
        if let Some((name, _)) = ours.find(|(_, value)| value.to_str().is_none()) {
            return Err(Error::usage(format!("the environment variable {name} is not UTF-8")));
        }
        Ok(Environment(Box::new(|name| std::env::var(name).ok())))
    }

    /// A variable's value; one that is empty counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A list of URLs: white space stands between them. Text that has another word is one folder's
    /// path, blanks and all.
    pub(crate) fn parse_several(&self, field: &str) -> Option<Vec<String>> {
        let text = self.get(&format!("PICOTUF_{}", field.to_uppercase()))?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let are_urls = !words.is_empty() && words.iter().all(|word| word.contains("://"));
        Some(if are_urls { words.into_iter().map(str::to_owned).collect() } else { vec![text] })
    }

    /// A variable's value, read; wrong usage for a text that is none.
    pub(crate) fn parse<T: FromStr>(&self, field: &str) -> Result<Option<T>, Error> {
        let name = format!("PICOTUF_{}", field.to_uppercase());
        match self.get(&name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(Error::usage(format!(
                    "the environment variable {name} has the invalid value {text:?}"
                ))),
            },
        }
    }
}
