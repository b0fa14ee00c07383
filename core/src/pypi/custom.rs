//! What is signed of a distribution in its target's `custom`, as far as its members are known here.

use core::fmt;

use heapless::String;

use super::simple::{CoreMetadata, PAGE_TEXT_LENGTH_MAX, PageSpace, keep};
use crate::error::{Error, JsonType};
use crate::hash::{Digest, HashAlgorithm, Hashes};
use crate::json::{Failed, Reader, Sink};
use crate::show::{Show, display};
use crate::source::{Slice, Source};

/// The known members of a target's `custom` object. Unknown members are ignored, so that a
/// repository can start to use one at any time.
///
/// | member | value |
/// |---|---|
/// | `requires-python` | a text (PEP 345) |
/// | `yanked` | `true`, `false`, or a text that says why (PEP 592) |
/// | `core-metadata` | `true`, `false`, or the hashes of the wheel's `METADATA` by their algorithms (PEP 658); where it is missing, `dist-info-metadata` and `data-dist-info-metadata` (PEP 714) |
/// | `backsigned` | `true` or `false`: whether the file was signed long after it came (Warehouse's prototype) |
///
/// A member whose value is of another kind is an error of that member and of nothing else: the
/// target is signed as it is, and a client that does not know the member would take it. `null` is
/// another kind too.
///
/// ```
/// use picotuf::pypi::{CustomFields, PageSpace};
///
/// # fn main() -> Result<(), picotuf::Error> {
/// // As `Custom::json` gives it.
/// let custom = r#"{"backsigned": 1, "requires-python": ">=3.9", "something-new": {}}"#;
/// let fields = CustomFields::read(custom, &mut PageSpace::new())?;
/// assert!(matches!(&fields.requires_python, Some(Ok(python)) if python == ">=3.9"));
/// assert!(matches!(fields.backsigned, Some(Err(_))));
/// assert!(fields.yanked.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomFields {
    /// The versions of Python that the file is for.
    pub requires_python: Field<String<PAGE_TEXT_LENGTH_MAX>>,
    /// Why the file was yanked, with an empty text where that is not said; nothing where it was
    /// not.
    pub yanked: Field<Option<String<PAGE_TEXT_LENGTH_MAX>>>,
    /// The wheel's `METADATA`, beside the wheel.
    pub core_metadata: Field<CoreMetadata>,
    /// Whether the file was signed long after it came.
    pub backsigned: Field<bool>,
}

/// The value of one known member: absent, valid, or not a value that the member can have.
pub type Field<T> = Option<Result<T, FieldError>>;

/// The reason why a known member of `custom` has no valid value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// Its value is not of a type that it may have.
    Type,
    /// A hash in it is not of its algorithm's form.
    Hash,
    /// Its text is longer than [`PAGE_TEXT_LENGTH_MAX`].
    Length,
}

impl CustomFields {
    /// Reads the known members of a `custom` object.
    ///
    /// # Errors
    /// What is wrong with it as JSON, which nothing is in a target that was verified.
    pub fn read(json: &str, space: &mut PageSpace) -> Result<Self, Error> {
        let mut source = Slice::new(json.as_bytes());
        let mut reader = Reader::asking(&mut source, space.scratch());
        read(&mut reader).map_err(|Failed| reader.error())
    }

    /// Returns whether the object has no known member.
    pub fn is_empty(&self) -> bool {
        *self == CustomFields::default()
    }
}

fn read<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<CustomFields, Failed> {
    let mut fields = CustomFields::default();
    let mut older = None;
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"requires-python" => fields.requires_python = Some(read_text(reader)?),
            b"yanked" => {
                fields.yanked = Some(match reader.is_of_type(JsonType::Boolean)? {
                    true => Ok(reader.boolean()?.then(String::new)),
                    // Yanked it is, even if the reason is too long.
                    false => match read_text(reader)? {
                        Err(FieldError::Length) => Ok(Some(String::new())),
                        text => text.map(Some),
                    },
                });
            }
            b"core-metadata" => fields.core_metadata = Some(read_core_metadata(reader)?),
            b"dist-info-metadata" | b"data-dist-info-metadata" => {
                older = Some(read_core_metadata(reader)?)
            }
            b"backsigned" => fields.backsigned = Some(read_boolean(reader)?),
            _ => reader.skip()?,
        }
    }
    reader.end()?;
    fields.core_metadata = fields.core_metadata.or(older);
    Ok(fields)
}

fn read_text<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<Result<String<PAGE_TEXT_LENGTH_MAX>, FieldError>, Failed> {
    if !reader.is_of_type(JsonType::String)? {
        return reader.skip().map(|()| Err(FieldError::Type));
    }
    let mut text = String::new();
    let fits = reader.short_string(|read| {
        keep(&mut text, core::str::from_utf8(read).unwrap_or_default().chars())
    })?;
    Ok(if fits == Some(true) { Ok(text) } else { Err(FieldError::Length) })
}

fn read_boolean<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<Result<bool, FieldError>, Failed> {
    match reader.is_of_type(JsonType::Boolean)? {
        true => reader.boolean().map(Ok),
        false => reader.skip().map(|()| Err(FieldError::Type)),
    }
}

fn read_core_metadata<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<Result<CoreMetadata, FieldError>, Failed> {
    if !reader.is_of_type(JsonType::Object)? {
        let is_there = read_boolean(reader)?;
        return Ok(
            is_there.map(|there| if there { CoreMetadata::Present } else { CoreMetadata::Absent })
        );
    }
    let (mut hashes, mut wrong) = (Hashes::new(), None);
    reader.enter_object()?;
    while reader.next_member()? {
        let Some(algorithm) = HashAlgorithm::from_name(reader.name_text()) else {
            reader.skip()?;
            continue;
        };
        if !reader.is_of_type(JsonType::String)? {
            reader.skip()?;
            wrong = Some(FieldError::Type);
            continue;
        }
        match reader.short_string(|text| Digest::from_hex(algorithm, text))?.flatten() {
            Some(digest) => _ = hashes.insert(digest),
            None => wrong = Some(FieldError::Hash),
        }
    }
    Ok(wrong.map_or(Ok(CoreMetadata::Hashed(hashes)), Err))
}

impl Show for FieldError {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        match self {
            FieldError::Type => out("not of a type that it may have"),
            FieldError::Hash => out("with a malformed hash"),
            FieldError::Length => {
                out("longer than ");
                u64::try_from(PAGE_TEXT_LENGTH_MAX).unwrap_or(u64::MAX).show(out);
                out(" bytes");
            }
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl core::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn fields(json: &str) -> CustomFields {
        CustomFields::read(json, &mut PageSpace::new())
            .unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn text(text: &str) -> String<PAGE_TEXT_LENGTH_MAX> {
        String::try_from(text).unwrap()
    }

    #[test]
    fn known_members_are_read_and_others_left_alone() {
        let json = format!(
            r#"{{"new":[null,{{"yanked":1}}],"requires-python":">=3.\u0039","yanked":"b\"ad","core-metadata":{{"sha256":"{A}","md5":0}},"backsigned":true}}"#
        );
        let found = fields(&json);
        assert_eq!(found.requires_python, Some(Ok(text(">=3.9"))));
        assert_eq!(found.yanked, Some(Ok(Some(text("b\"ad")))));
        let mut hashes = Hashes::new();
        hashes.insert(Digest::from_hex(HashAlgorithm::Sha256, A.as_bytes()).unwrap());
        assert_eq!(found.core_metadata, Some(Ok(CoreMetadata::Hashed(hashes))));
        assert_eq!(found.backsigned, Some(Ok(true)));
        assert!(
            fields("{}").is_empty()
                && fields(r#"{"Yanked":true,"requires_python":"x"}"#).is_empty()
        );
        assert_eq!(fields(r#"{"yanked":true}"#).yanked, Some(Ok(Some(String::new()))));
        assert_eq!(fields(r#"{"yanked":false}"#).yanked, Some(Ok(None)));
        for (value, expected) in [("true", CoreMetadata::Present), ("false", CoreMetadata::Absent)]
        {
            assert_eq!(
                fields(&format!(r#"{{"core-metadata":{value}}}"#)).core_metadata,
                Some(Ok(expected))
            );
            assert_eq!(
                fields(&format!(r#"{{"dist-info-metadata":{value}}}"#)).core_metadata,
                Some(Ok(expected))
            );
        }
        let both = fields(r#"{"core-metadata":false,"data-dist-info-metadata":true}"#);
        assert_eq!(both.core_metadata, Some(Ok(CoreMetadata::Absent)));
    }

    #[test]
    fn a_wrong_value_is_an_error_of_its_member_alone() {
        for value in ["null", "1", "[]", "{}", "-1"] {
            let found = fields(&format!(
                r#"{{"backsigned":{value},"core-metadata":[{value}],"requires-python":{value},"yanked":{value},"z":0}}"#
            ));
            assert_eq!(found.backsigned, Some(Err(FieldError::Type)), "{value}");
            assert_eq!(found.core_metadata, Some(Err(FieldError::Type)), "{value}");
            assert_eq!(found.requires_python, Some(Err(FieldError::Type)), "{value}");
            assert_eq!(found.yanked, Some(Err(FieldError::Type)), "{value}");
        }
        for (hashes, error) in [
            (r#"{"sha256":"00"}"#, FieldError::Hash),
            (r#"{"sha256":1}"#, FieldError::Type),
            (r#""sha256=00""#, FieldError::Type),
        ] {
            let found = fields(&format!(r#"{{"core-metadata":{hashes},"backsigned":false}}"#));
            assert_eq!(
                (found.core_metadata, found.backsigned),
                (Some(Err(error)), Some(Ok(false))),
                "{hashes}"
            );
        }
        for length in [PAGE_TEXT_LENGTH_MAX, PAGE_TEXT_LENGTH_MAX + 1, 100_000] {
            let long = "x".repeat(length);
            let found = fields(&format!(r#"{{"requires-python":"{long}","yanked":"{long}"}}"#));
            let fits = length <= PAGE_TEXT_LENGTH_MAX;
            assert_eq!(
                found.requires_python,
                Some(if fits { Ok(text(&long)) } else { Err(FieldError::Length) })
            );
            assert!(matches!(found.yanked, Some(Ok(Some(_)))));
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["", "[]", "{", "{}x", r#"{"yanked":tru}"#, r#"{"a":1.5}"#] {
            assert!(CustomFields::read(json, &mut PageSpace::new()).is_err(), "{json}");
        }
    }
}
