//! What a page says of the state of its project (PEP 792).

use heapless::String;

use super::{PAGE_TEXT_LENGTH_MAX, keep};

/// The maximum length of an unknown project status that is kept, in bytes. A longer one is cut.
pub const PROJECT_STATUS_LENGTH_MAX: usize = 64;

/// The status of a project according to its index page (PEP 792). A project without a status is
/// active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectStatus {
    /// The state.
    pub marker: StatusMarker,
    /// Why the project is in it.
    pub reason: Option<String<PAGE_TEXT_LENGTH_MAX>>,
}

/// The status marker of a project. Case and surrounding white space are ignored.
///
/// PEP 792 leaves room for more states than it names and says nothing of what a reader does with
/// one that it does not know. Here it is kept as it stands, for people to read, and means nothing
/// else: a new state can be as harmless as `archived`, and a page that has one must stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusMarker {
    /// Nothing is known against it.
    #[default]
    Active,
    /// It does not expect to be updated.
    Archived,
    /// It is obsolete, and something else may have taken its place.
    Deprecated,
    /// It is unsafe to use, such as for malware in it; an index offers no files of it.
    Quarantined,
    /// A state that is not known here, as the page has it.
    Other(String<PROJECT_STATUS_LENGTH_MAX>),
}

impl StatusMarker {
    /// Reads the text that a page has for it.
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim_ascii();
        let known = [Self::Active, Self::Archived, Self::Deprecated, Self::Quarantined];
        let found = known.into_iter().find(|marker| text.eq_ignore_ascii_case(marker.as_str()));
        found.unwrap_or_else(|| {
            let mut other = String::new();
            keep(&mut other, text.chars());
            Self::Other(other)
        })
    }

    /// Returns the marker as PEP 792 spells it, or as the page has it if it is unknown.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Deprecated => "deprecated",
            Self::Quarantined => "quarantined",
            Self::Other(text) => text,
        }
    }
}
