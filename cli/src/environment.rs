//! The environment variables of this program.

use std::str::FromStr;

use picotuf_client::Error;

/// The environment variables, which a test can replace.
pub(crate) struct Environment(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String>;

impl Environment {
    /// Returns an environment with the values that `lookup` returns.
    #[cfg(test)]
    pub(crate) fn of(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Environment(Box::new(lookup))
    }

    /// Returns the environment of the process. A PICOTUF_ variable that is not UTF-8 is wrong
    /// usage: ignoring it could select another metadata folder.
    pub(crate) fn of_process() -> Result<Self, Error> {
        let ours =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut ours = ours.filter(|(name, _)| name.starts_with("PICOTUF_"));
        if let Some((name, _)) = ours.find(|(_, value)| value.to_str().is_none()) {
            return Err(Error::usage(format!("the environment variable {name} is not UTF-8")));
        }
        Ok(Environment(Box::new(|name| std::env::var(name).ok())))
    }

    /// Returns the value of a variable. An empty one counts as unset.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// Returns the URLs of a variable, separated by white space. If a word is not a URL, the whole
    /// value is the path of one folder, which may contain blanks.
    pub(crate) fn parse_several(&self, field: &str) -> Option<Vec<String>> {
        let text = self.get(&format!("PICOTUF_{}", field.to_uppercase()))?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let are_urls = !words.is_empty() && words.iter().all(|word| word.contains("://"));
        Some(if are_urls { words.into_iter().map(str::to_owned).collect() } else { vec![text] })
    }

    /// Parses the value of a variable. An invalid value is wrong usage.
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
