//! Index pages of which many files are asked.

use picotuf::pypi::{IndexPage, PageIndex, PageSpace, ProjectName};
use picotuf::{Digest, HashAlgorithm, sha256, take_work};

/// As many hashes as a requirement of a large project has, of a page of more files.
const ASKED: usize = 79;
const FILES: usize = 2000;

fn name(number: usize) -> String {
    format!("six-1.{number}.zip")
}

fn digest(number: usize) -> Digest {
    let digits: String =
        sha256(name(number).as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Digest::from_hex(HashAlgorithm::Sha256, digits.as_bytes()).unwrap()
}

/// A page, and the length of each of its entries.
fn page(
    of_entry: impl Fn(usize) -> String,
    between: &str,
    front: &str,
    end: &str,
) -> (String, Vec<usize>) {
    let entries: Vec<String> = (0..FILES).map(of_entry).collect();
    (format!("{front}{}{end}", entries.join(between)), entries.iter().map(String::len).collect())
}

/// Each of many lock file hashes used to take two readings of the whole page.
#[test]
fn are_read_once_whatever_is_asked() {
    let html = |number| {
        let (name, digest) = (name(number), digest(number));
        format!("<a href=\"{name}#sha256={digest}\">{name}</a>")
    };
    let json = |number| {
        format!(
            r#"{{"filename":"{}","hashes":{{"sha256":"{}"}},"url":"u"}}"#,
            name(number),
            digest(number)
        )
    };
    let project = ProjectName::new("six").unwrap();
    for (page, lengths) in [
        page(html, "<br/>\n", "<!DOCTYPE html><html><body>", "</body></html>"),
        page(json, ", ", r#"{"files":["#, r#"],"meta":{"api-version":"1.1"},"name":"six"}"#),
    ] {
        let mut space = PageSpace::new();
        let numbers = || (0..FILES).step_by(FILES / ASKED).take(ASKED);
        let digests: Vec<Digest> = numbers().map(digest).collect();
        take_work();
        let index = PageIndex::new(page.as_bytes(), &project, &mut space).unwrap();
        let work = take_work();
        assert_eq!((work.read, work.scanned), (u64::try_from(page.len()).unwrap(), 0));
        for (number, digest) in numbers().zip(&digests) {
            let file = index.file_with(digest, &mut space).unwrap().unwrap();
            assert_eq!(file.name.as_str(), name(number));
        }
        assert_eq!(
            index.file_with(
                &Digest::from_hex(HashAlgorithm::Sha256, &[b'0'; 64]).unwrap(),
                &mut space
            ),
            Ok(None)
        );
        // Each entry by its hash, and once more as the only one of its name.
        let entries: usize = numbers().map(|number| lengths[number]).sum();
        assert_eq!(take_work().read, 2 * u64::try_from(entries).unwrap());
        // What it says is what the page says, which takes it all in for each question.
        let all = IndexPage::new(page.as_bytes(), &project).unwrap();
        assert_eq!(all.file(&name(7), &mut space), index.file(&name(7), &mut space));
        assert_eq!(take_work().read, u64::try_from(page.len() + lengths[7]).unwrap());
    }
}
