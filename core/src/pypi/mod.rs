//! PyPI: names of projects and files, where a repository lists what it signs of them, and index
//! pages.
//!
//! Nothing here verifies a signature. A [`Layout`] says which target paths to ask an
//! [`Update`](crate::Update) for, and whose the roles are that list them; an [`IndexPage`] that has
//! been verified as a target says what it states of a file.

mod custom;
mod filename;
mod layout;
mod name;
mod owner;
mod simple;
mod template;
mod version;

pub use custom::{CustomFields, Field, FieldError};
pub use filename::{FILE_NAME_LENGTH_MAX, FileKind, FileName, FileNameError};
pub use layout::{
    LAYOUTS, Layout, PEP_458, PEP_480, PEP_691, PathRule, RSTUF, TargetKind, WAREHOUSE,
};
pub use name::{
    NameError, PROJECT_NAME_LENGTH_MAX, ProjectName, is_valid as is_valid_name, normalized,
};
pub use owner::{Owner, RoleRule, SignedBy};
#[cfg(feature = "alloc")]
pub use simple::PageIndex;
pub use simple::{
    CoreMetadata, IndexPage, PAGE_ABOUT_LENGTH_MAX, PAGE_LENGTH_MAX, PAGE_TEXT_LENGTH_MAX,
    PROJECT_STATUS_LENGTH_MAX, PageError, PageErrorText, PageFile, PageSpace, PageSpan,
    ProjectStatus, StatusMarker,
};
pub use template::{PathError, Subject, TargetPath, Template, TemplateError};
pub use version::{compare_versions, is_prerelease, is_same_version, is_version, matches_pin};
