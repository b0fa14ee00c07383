//! The file of pinned publishers, which `check --attestations` reads.

use std::path::Path;

use picotuf_client::publishers::Publishers;

/// A file of pinned publishers. What is written can be read, and is the same.
pub fn publishers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("publishers.toml");
    let publishers = match Publishers::parse(text, path) {
        Ok(publishers) => publishers,
        Err(error) => {
            assert_eq!(error.code(), "invalid-publishers");
            return;
        }
    };
    let written = publishers.to_string();
    let read = Publishers::parse(&written, path).expect("what is written can be read");
    assert_eq!(read, publishers, "{written}");
    assert_eq!(read.to_string(), written);
}
