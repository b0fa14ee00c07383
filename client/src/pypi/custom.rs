//! The known members of a target's `custom`.

use picotuf::OneLine;
use picotuf::pypi::{CoreMetadata, CustomFields, Field, PageSpace};
use serde::Serialize;
use serde_json::{Map, Value};

/// The known members of a `custom`. A member is set if the repository signed it.
#[derive(Debug, Serialize)]
pub struct KnownFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_python: Option<String>,
    /// `false`, or the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    yanked: Option<Value>,
    /// `false`, `true`, or hashes by algorithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    core_metadata: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backsigned: Option<bool>,
    /// Why a known member is malformed, by its name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    wrong: Map<String, Value>,
}

impl KnownFields {
    /// Reads the known members of a JSON object. Returns `None` if it has none.
    pub fn of(custom: &str) -> Option<KnownFields> {
        let fields = read(custom).filter(|fields| !fields.is_empty())?;
        let mut wrong = Map::new();
        Some(KnownFields {
            requires_python: value("requires-python", fields.requires_python, &mut wrong)
                .map(|text| text.as_str().into()),
            yanked: value("yanked", fields.yanked, &mut wrong)
                .map(|why| why.map_or(Value::from(false), |why| why.as_str().into())),
            core_metadata: value("core-metadata", fields.core_metadata, &mut wrong).map(
                |metadata| match metadata {
                    CoreMetadata::Absent => false.into(),
                    CoreMetadata::Present => true.into(),
                    CoreMetadata::Hashed(hashes) => {
                        let hash = |digest: &picotuf::Digest| {
                            (digest.algorithm().name().to_owned(), digest.to_string().into())
                        };
                        Value::Object(hashes.iter().map(hash).collect())
                    }
                },
            ),
            backsigned: value("backsigned", fields.backsigned, &mut wrong),
            wrong,
        })
    }

    /// Returns why the file was yanked, if it was.
    pub fn yanked(&self) -> Option<&str> {
        self.yanked.as_ref().and_then(Value::as_str)
    }

    /// Returns a label and a text for each member, safe for a terminal.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(python) = &self.requires_python {
            lines.push(("Python", OneLine(&shorten(python)).to_string()));
        }
        if let Some(why) = self.yanked() {
            lines.push(("yanked", OneLine(&shorten(why)).to_string()));
        }
        match &self.core_metadata {
            Some(Value::Object(hashes)) => {
                let kinds: Vec<_> = hashes.keys().map(String::as_str).collect();
                lines.push(("metadata", format!("signed by its {}", kinds.join(", "))));
            }
            Some(Value::Bool(true)) => lines.push(("metadata", "there, but not signed".to_owned())),
            _ => {}
        }
        if self.backsigned == Some(true) {
            lines.push(("backsigned", "long after it came".to_owned()));
        }
        for (name, why) in &self.wrong {
            lines.push(("wrong", format!("{name} is {}", why.as_str().unwrap_or_default())));
        }
        lines
    }
}

/// Reads the members with the core.
pub(super) fn read(custom: &str) -> Option<CustomFields> {
    CustomFields::read(custom, &mut Box::<PageSpace>::default()).ok()
}

fn value<T>(name: &str, field: Field<T>, wrong: &mut Map<String, Value>) -> Option<T> {
    match field? {
        Ok(value) => Some(value),
        Err(why) => {
            wrong.insert(name.to_owned(), why.to_string().into());
            None
        }
    }
}

/// Returns a text, shortened to at most 200 characters.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(LINE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The maximum length, in characters.
const LINE_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = "é".repeat(LINE_MAX + 1);
        assert_eq!(shorten(&text), format!("{}…", "é".repeat(LINE_MAX)));
        assert_eq!(shorten("short"), "short");
    }
}
