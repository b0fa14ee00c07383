//! Index pages in JSON, as the client asks them for provenance documents.

use picotuf::HashAlgorithm;
use picotuf::pypi::{IndexPage, PageSpace, ProjectName};
use picotuf_client::attestations::Page;

/// A project's name on a line of its own, and its page in the rest.
pub fn index_page(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let mut part = || lines.next().unwrap_or_default();
    let (name, bytes) = (part(), part());
    let Ok(project) = ProjectName::new(std::str::from_utf8(name).unwrap_or_default()) else {
        return;
    };
    let url = || "https://index.invalid/simple/x/".to_owned();
    let page = match Page::parse(&project, url(), bytes) {
        Ok(page) => page,
        Err(error) => {
            assert_eq!(error.code(), "index-page");
            return;
        }
    };
    for listed in page.files.iter().take(FILES_MAX) {
        // The first file of a name is the one that is found.
        let found = page.file(&listed.name).expect("a listed file is found");
        assert_eq!(found.name, listed.name);
    }
    agrees_with_the_core(&page, &project, bytes);
}

/// Wherever the core's strict reader finds a file, both say the same of it.
fn agrees_with_the_core(page: &Page, project: &ProjectName, bytes: &[u8]) {
    let Ok(strict) = IndexPage::new(bytes, project) else { return };
    let mut space = PageSpace::new();
    for listed in page.files.iter().take(FILES_MAX) {
        let Ok(Some(file)) = strict.file(&listed.name, &mut space) else { continue };
        let mut hashes = file.hashes.iter();
        let sha256 = hashes.find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
        assert_eq!(
            listed.sha256.as_ref().map(|hash| &hash[..]),
            sha256.map(|digest| digest.as_bytes()),
            "{}",
            listed.name
        );
    }
}

const FILES_MAX: usize = 32;
