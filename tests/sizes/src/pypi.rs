//! A call of all that the core knows of PyPI.

use core::hint::black_box;

use picotuf::pypi::{
    CustomFields, FileName, IndexPage, LAYOUTS, Layout, PageSpace, ProjectName, Subject, Template,
    compare_versions, is_prerelease, is_same_version,
};
use picotuf::{Digest, HashAlgorithm, Hashes};

/// Whether all of it holds of a text.
pub(crate) fn check(text: &str, page: &[u8]) -> Option<bool> {
    let mut space = PageSpace::new();
    let project = black_box(ProjectName::new(text).ok()?);
    let file = black_box(FileName::of(&project, text).or_else(|_| FileName::parse(text)).ok()?);
    let mut hashes = Hashes::new();
    let digest = Digest::from_hex(HashAlgorithm::Sha256, page)?;
    hashes.insert(digest);
    let subject = Subject {
        project: &project,
        file_name: Some(text),
        version: Some(file.version),
        hashes: &hashes,
    };
    black_box(Template::new(text).ok()?.path(&subject).ok()?);
    for Layout { paths, roles, .. } in LAYOUTS {
        black_box(paths.first()?.path(&subject).ok()?);
        let layout = Layout { name: text, paths, roles };
        black_box((layout.owner(&project, &[text]), layout.signed_by(&project, &[text])));
    }
    let page = IndexPage::new(page, &project).ok()?;
    black_box(page.file(text, &mut space).ok()?);
    black_box(page.file_with(&digest, &mut space).ok()?);
    black_box(page.states(HashAlgorithm::Sha256, &mut space).ok()?);
    page.each_file(&mut space, |file, link| _ = black_box((file, link))).ok()?;
    black_box((compare_versions(text, file.version), is_prerelease(text)));
    black_box(CustomFields::read(text, &mut space).ok()?);
    Some(is_same_version(text, file.version))
}
