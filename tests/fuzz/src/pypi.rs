//! What PyPI adds: names, paths of layouts, index pages, custom metadata.

use std::cmp::Ordering;

use picotuf::pypi::{
    CustomFields, FileName, IndexPage, LAYOUTS, PageError, PageFile, PageIndex, PageSpace,
    ProjectName, Subject, Template, compare_versions, is_prerelease, is_same_version, is_version,
};
use picotuf::{HashAlgorithm, Hashes};

/// A project, a file's name and a template, each on a line of its own, and a page in the rest.
pub fn pypi(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut text = || std::str::from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let (project, name, template) = (text(), text(), text());
    let page = lines.next().unwrap_or_default();
    versions(project, name);
    let Ok(project) = ProjectName::new(project) else { return };
    assert_eq!(
        ProjectName::new(project.as_str()).as_ref(),
        Ok(&project),
        "a normalized name is its own"
    );
    names(&project, name);
    paths(&project, name, template);
    pages(page, &project, name);
    if let Ok(json) = std::str::from_utf8(page) {
        let read = || CustomFields::read(json, &mut PageSpace::new());
        assert_eq!(read(), read());
    }
}

/// A version is the same as itself, and as another only if that one is the same as it; of two
/// others, one comes before the other.
fn versions(one: &str, other: &str) {
    assert!(is_same_version(one, one));
    assert_eq!(is_same_version(one, other), is_same_version(other, one));
    if is_same_version(one, other) {
        assert_eq!(is_version(one), is_version(other));
    }
    let order = compare_versions(one, other);
    assert_eq!(compare_versions(other, one).map(Ordering::reverse), order);
    assert_eq!(order.is_some(), is_version(one) && is_version(other));
    if order.is_some() {
        assert_eq!(order == Some(Ordering::Equal), is_same_version(one, other), "{one} {other}");
    }
    assert!(is_version(one) || !is_prerelease(one));
}

/// A name is taken apart in the same way whether or not its project is known.
fn names(project: &ProjectName, text: &str) {
    if let Ok(parsed) = FileName::parse(text) {
        assert!(is_version(parsed.version));
        assert_eq!(FileName::of(&parsed.project, text).as_ref(), Ok(&parsed), "{text}");
        if parsed.project != *project
            && let Ok(other) = FileName::of(project, text)
        {
            // `a-1-2.tar.gz` may be of `a` and of `a-1`, but never of a project whose name it does
            // not begin with.
            assert!(parsed.project.as_str().starts_with(project.as_str()), "{text}: {other:?}");
        }
    }
}

/// No name and no hash leads a path to another folder.
fn paths(project: &ProjectName, name: &str, template: &str) {
    let hashes = Hashes::new();
    let subject = Subject { project, file_name: Some(name), version: Some(name), hashes: &hashes };
    let layouts = LAYOUTS.iter().flat_map(|layout| layout.paths).map(|rule| rule.template);
    for template in layouts.chain(Template::new(template)) {
        let Ok(path) = template.path(&subject) else { continue };
        assert!(!path.split('/').any(|part| matches!(part, "." | "..")), "{path}");
        assert_eq!(path.matches('/').count(), template.as_str().matches('/').count(), "{path}");
    }
}

/// A page gets the same verdict whatever is asked of it, and the answers fit each other.
fn pages(bytes: &[u8], project: &ProjectName, name: &str) {
    let Ok(page) = IndexPage::new(bytes, project) else { return };
    let mut space = PageSpace::new();
    let found = page.file(name, &mut space);
    assert_eq!(page.file(name, &mut space), found, "asked again");
    let nobodys = page.file("", &mut space);
    let mut count = 0;
    match (page.each_file(&mut space, |file, _| count += usize::from(file.name == name)), &found) {
        (Ok(_), Err(error)) => {
            assert!(matches!(error, PageError::FileTwice { .. }) && count > 1, "{error:?}")
        }
        (Ok(_), Ok(found)) => assert_eq!(count, usize::from(found.is_some())),
        (Err(error), found) => assert_eq!(found.as_ref(), Err(&error), "every file"),
    }
    match &found {
        Err(PageError::FileTwice { .. }) => assert!(!matches!(nobodys, Ok(Some(_)))),
        Err(error) => assert_eq!(nobodys.as_ref(), Err(error), "of another name"),
        Ok(_) if name.is_empty() => {}
        Ok(_) => {
            assert!(matches!(nobodys, Ok(_) | Err(PageError::FileTwice { .. })), "{nobodys:?}")
        }
    }
    match PageIndex::new(bytes, project, &mut space) {
        Ok(index) => assert_eq!(index.file(name, &mut space), found, "by the index"),
        Err(error) => assert_eq!(found.as_ref(), Err(&error), "by the index"),
    }
    let Ok(Some(file)) = found else { return };
    assert_eq!(file.name, name);
    for hash in file.hashes.iter() {
        assert_eq!(page.states(hash.algorithm(), &mut space), Ok(true));
        let has_it = |file: PageFile| file.hashes.iter().any(|other| other == hash);
        // Of several files with one content it is the first, whose name may stand there twice.
        match page.file_with(hash, &mut space) {
            Ok(first) => assert!(first.is_some_and(has_it)),
            Err(error) => assert!(matches!(error, PageError::FileTwice { .. }), "{error:?}"),
        }
    }
    if file.hashes.iter().next().is_none() {
        let any = [HashAlgorithm::Sha256, HashAlgorithm::Sha512]
            .map(|kind| page.states(kind, &mut space));
        assert!(any.iter().all(Result::is_ok), "{any:?}");
    }
}
