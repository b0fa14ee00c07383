//! Index pages of projects, which some repositories sign in the place of files.

use alloc::vec::Vec;

use picotuf::Show;
use picotuf::pypi::{CoreMetadata, IndexPage, PageError, PageFile, PageSpace, ProjectName};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::object::Object;
use crate::text;

/// What a page states of the files of a project, whose name stands in the first `length` bytes: `{ files: [{ name, hashes, size, yanked,
/// requiresPython, coreMetadata }], status, reason }`, without what it does not state; `status` is the project's. A file that stands twice is
/// there twice.
#[wasm_bindgen(js_name = readIndexPage)]
pub fn read_index_page(bytes: Vec<u8>, length: usize) -> Vec<u8> {
    let (name, page) = bytes.split_at_checked(length).unwrap_or((&bytes, b""));
    let Ok(project) = ProjectName::new(text(name)) else {
        return refusal(&"page-project", &"this is not the name of a project", &"caller");
    };
    let mut object = Object::new();
    object.open("files", b"[");
    let read = IndexPage::new(page, &project)
        .and_then(|page| page.each_file(&mut PageSpace::new(), |entry, _| file(&mut object, entry)));
    match read {
        Ok(status) => {
            object.close(b"]");
            object.text("status", &status.marker.as_str());
            if let Some(reason) = &status.reason {
                object.text("reason", &reason.as_str());
            }
            object.end()
        }
        Err(error) => refusal(&error.code(), &error.in_page(page), blame(&error)),
    }
}

fn file(object: &mut Object, file: &PageFile) {
    object.begin();
    object.text("name", &file.name.as_str());
    object.hashes("hashes", &file.hashes);
    if let Some(size) = &file.size {
        object.bare("size", size);
    }
    if let Some(why) = &file.yanked {
        object.text("yanked", &why.as_str());
    }
    if let Some(python) = &file.requires_python {
        object.text("requiresPython", &python.as_str());
    }
    match &file.core_metadata {
        CoreMetadata::Absent => {}
        CoreMetadata::Present => object.boolean("coreMetadata", true),
        CoreMetadata::Hashed(hashes) => object.hashes("coreMetadata", hashes),
    }
    object.close(b"}");
}

fn blame(error: &PageError) -> &'static &'static str {
    match error {
        PageError::Length => &"limit",
        _ => &"repository",
    }
}

fn refusal(code: &dyn Show, message: &dyn Show, blame: &dyn Show) -> Vec<u8> {
    let mut object = Object::new();
    object.text("code", code);
    object.text("text", message);
    object.text("blame", blame);
    object.end()
}
