//! What is particular to PyPI: index pages of projects, which some repositories sign in the place
//! of files, and the known members of a target's `custom`.

use alloc::vec::Vec;

use picotuf::Hashes;
use picotuf::pypi::{
    CoreMetadata, CustomFields, Field, FieldError, FileName, IndexPage, LAYOUTS, PageError,
    PageFile, PageSpace, ProjectName, Subject, TargetKind, TargetPath,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::object::Object;
use crate::text;

/// Returns what a page states of the files of a project, whose name stands in the first `length`
/// bytes: `{ files: [{ name, hashes, size, yanked, requiresPython, coreMetadata }], status, reason
/// }`, without what it does not state; `status` is the project's. A file that stands twice is there
/// twice.
#[wasm_bindgen(js_name = readIndexPage)]
pub fn read_index_page(bytes: Vec<u8>, length: usize) -> Vec<u8> {
    let (name, page) = bytes.split_at_checked(length).unwrap_or((&bytes, b""));
    let Ok(project) = ProjectName::new(text(name)) else {
        return Object::refusal(&"page-project", &"this is not the name of a project", "caller")
            .end();
    };
    let mut object = Object::new();
    object.open("files", b"[");
    let read = IndexPage::new(page, &project).and_then(|page| {
        page.each_file(&mut PageSpace::new(), |entry, _| file(&mut object, entry))
    });
    match read {
        Ok(status) => {
            object.close(b"]");
            object.text("status", &status.marker.as_str());
            if let Some(reason) = &status.reason {
                object.text("reason", &reason.as_str());
            }
            object.end()
        }
        Err(error) => Object::refusal(&error.code(), &error.in_page(page), blame(&error)).end(),
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

/// Returns the known members of a target's `custom`, whose JSON this is: `{ requiresPython, yanked,
/// coreMetadata, backsigned, wrong }`, without those that are not there; nothing where none is.
/// `wrong` has by their names those that have no value, and why.
#[wasm_bindgen(js_name = readCustomFields)]
pub fn read_custom_fields(json: Vec<u8>) -> Vec<u8> {
    let read = CustomFields::read(text(&json), &mut PageSpace::new());
    let Some(fields) = read.ok().filter(|fields| !fields.is_empty()) else { return Vec::new() };
    let CustomFields { requires_python, yanked, core_metadata, backsigned } = &fields;
    let mut object = Object::new();
    if let Some(Ok(python)) = requires_python {
        object.text("requiresPython", &python.as_str());
    }
    match yanked {
        Some(Ok(Some(why))) => object.text("yanked", &why.as_str()),
        Some(Ok(None)) => object.boolean("yanked", false),
        Some(Err(_)) | None => {}
    }
    match core_metadata {
        Some(Ok(CoreMetadata::Hashed(hashes))) => object.hashes("coreMetadata", hashes),
        Some(Ok(CoreMetadata::Present)) => object.boolean("coreMetadata", true),
        Some(Ok(CoreMetadata::Absent)) => object.boolean("coreMetadata", false),
        Some(Err(_)) | None => {}
    }
    if let Some(Ok(backsigned)) = backsigned {
        object.boolean("backsigned", *backsigned);
    }
    let wrong = [wrong(requires_python), wrong(yanked), wrong(core_metadata), wrong(backsigned)];
    let names = ["requires-python", "yanked", "core-metadata", "backsigned"];
    if wrong.iter().any(Option::is_some) {
        object.open("wrong", b"{");
        for (name, why) in names.into_iter().zip(wrong) {
            if let Some(why) = why {
                object.text(name, &why);
            }
        }
        object.close(b"}");
    }
    object.end()
}

fn wrong<T>(field: &Field<T>) -> Option<FieldError> {
    field.as_ref()?.as_ref().err().copied()
}

fn blame(error: &PageError) -> &'static str {
    match error {
        PageError::Length => "limit",
        _ => "repository",
    }
}

/// Where the layouts that have a name list what a text names: of a distribution file, the file and
/// the index pages of its project, and of a project its index pages:
/// `{ project, files: [path], pages: [path] }`, each path once, in the order of the layouts. Paths
/// that need a hash of the file are left out. Nothing of a text that names neither.
#[wasm_bindgen(js_name = targetPaths)]
pub fn target_paths(name: Vec<u8>) -> Vec<u8> {
    let name = text(&name);
    let file = FileName::parse(name).ok();
    let project = file.as_ref().map(|file| file.project.clone());
    let Some(project) = project.or_else(|| ProjectName::new(name).ok()) else { return Vec::new() };
    let subject = Subject {
        project: &project,
        file_name: file.as_ref().map(|file| file.text),
        version: file.as_ref().map(|file| file.version),
        hashes: &Hashes::new(),
    };
    let mut object = Object::new();
    object.text("project", &project.as_str());
    for (member, kind) in [("files", TargetKind::File), ("pages", TargetKind::IndexPage)] {
        let mut written: Vec<TargetPath> = Vec::new();
        object.open(member, b"[");
        for rule in LAYOUTS.iter().flat_map(|layout| layout.paths) {
            let Ok(path) = rule.path(&subject) else { continue };
            if rule.kind == kind && !written.contains(&path) {
                object.element(&path.as_str());
                written.push(path);
            }
        }
        object.close(b"]");
    }
    object.end()
}
