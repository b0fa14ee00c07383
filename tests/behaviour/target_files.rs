//! A target's bytes are checked as they come.

use crate::prelude::*;
use picotuf::{Target, TargetVerifier};

fn target(hashes: &[&'static str], content: &[u8]) -> Target {
    let mut repository = Repository::new();
    repository.target_hashes = hashes.to_vec();
    repository.add_target("targets", "a", content);
    Client::new(&repository).finds(&repository, "a").target
}

fn verify(target: &Target, pieces: &[&[u8]]) -> Result<(), Error> {
    let mut verifier = TargetVerifier::new(target);
    for piece in pieces {
        verifier.update(piece)?;
    }
    verifier.finish()
}

#[test]
fn the_right_bytes_in_any_pieces() {
    let content: Vec<u8> = (0..=255).cycle().take(1000).collect();
    for hashes in
        [&["sha256"][..], &["sha512"], &["blake2b-256"], &["sha256", "sha512", "blake2b-256"]]
    {
        let target = target(hashes, &content);
        for size in [1, 7, 64, 999, 1000, 5000] {
            let pieces: Vec<&[u8]> = content.chunks(size).collect();
            assert_eq!(verify(&target, &pieces), Ok(()), "{hashes:?} in pieces of {size}");
        }
    }
}

#[test]
fn an_empty_target() {
    let target = target(&["sha256"], b"");
    assert_eq!(verify(&target, &[]), Ok(()));
    assert_eq!(verify(&target, &[b""]), Ok(()));
    assert_eq!(
        verify(&target, &[b"x"]),
        Err(Error::LengthMismatch { role: None, expected: 0, found: 1 })
    );
}

#[test]
fn a_changed_byte() {
    let target = target(&["sha256", "sha512"], b"content");
    let error = verify(&target, &[b"cuntent"]).unwrap_err();
    assert!(matches!(error, Error::HashMismatch { role: None, .. }), "{error:?}");
}

#[test]
fn one_hash_of_several_that_is_wrong() {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha256", "sha512", "blake2b-256"];
    repository.add_target("targets", "a", b"content");
    for wrong in ["sha256", "sha512", "blake2b-256"] {
        let mut repository = repository.clone();
        repository.edit("targets", |targets| {
            targets["targets"]["a"]["hashes"][wrong] = hash(wrong, b"another").into()
        });
        let target = Client::new(&repository).finds(&repository, "a").target;
        let error = verify(&target, &[b"content"]).unwrap_err();
        let Error::HashMismatch { role: None, algorithm, .. } = error else { panic!("{error:?}") };
        assert_eq!(algorithm.name(), wrong);
    }
}

#[test]
fn too_short() {
    let target = target(&["sha256"], b"content");
    assert_eq!(
        verify(&target, &[b"conten"]),
        Err(Error::LengthMismatch { role: None, expected: 7, found: 6 })
    );
    assert_eq!(
        verify(&target, &[]),
        Err(Error::LengthMismatch { role: None, expected: 7, found: 0 })
    );
}

#[test]
fn too_long_is_seen_at_once() {
    let target = target(&["sha256"], b"content");
    let mut verifier = TargetVerifier::new(&target);
    assert_eq!(verifier.update(b"content"), Ok(()));
    // However many there are: no more of them is looked at.
    assert_eq!(
        verifier.update(b"!!!"),
        Err(Error::LengthMismatch { role: None, expected: 7, found: 8 })
    );
}

#[test]
fn the_hashes_are_handed_out_as_they_are_listed() {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha256", "sha512", "blake2b-256"];
    repository.add_target("targets", "a", b"content");
    let mut found = Client::new(&repository).finds(&repository, "a").hashes;
    found.sort();
    let expected =
        ["blake2b-256", "sha256", "sha512"].map(|name| (name.to_owned(), hash(name, b"content")));
    assert_eq!(found, expected);
}
