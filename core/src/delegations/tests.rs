//! Lists of delegations, and that their verdict does not depend on what is asked.

use super::*;
use crate::json::Scratch;
use crate::pass_space::PassSpace;
use crate::source::Slice;
use crate::workspace::Workspace;
use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec as List;
use std::{format, vec};

const NAME_TOO_LONG: Error = Error::LimitReached { limit: Limit::RoleNameLength, maximum: 224 };

/// What is found for the path, and the role whose keys are kept.
type Found = (List<u32>, bool, Option<String>);

fn read(delegations: &str, lookup: Lookup<'_>) -> Result<Found, Error> {
    let mut workspace = Box::new(Workspace::new());
    let PassSpace { names, role_keys, delegation, text, identities, .. } = &mut workspace.pass;
    let (mut source, mut scratch) = (Slice::new(delegations.as_bytes()), Box::new(Scratch::new()));
    let mut reader = Reader::asking(&mut source, &mut scratch);
    let mut delegations = DelegationReader::new(lookup, &mut workspace.matches);
    let read = delegations
        .read(&mut reader, &mut ReadSpace { names, role_keys, delegation, text, identities })
        .and_then(|()| reader.end());
    read.map_err(|Failed| reader.error())?;
    let matches = &workspace.matches;
    let places = matches.found.iter().map(|found| found.place).collect();
    Ok((places, matches.terminated, matches.first_role.as_ref().map(|name| name.as_str().into())))
}

/// Asks for a path, and checks that the other questions have the same verdict.
fn ask(delegations: &str, path: &str) -> Result<Found, Error> {
    let hash = PathHash::new(path);
    let matches = read(delegations, Lookup::Path { path, hash: &hash, visited: &[] });
    for other in [Lookup::Nothing, Lookup::Place { place: 0, path, hash: &hash }] {
        assert_eq!(read(delegations, other).map(drop), matches.clone().map(drop), "{delegations}");
    }
    matches
}

fn role(name: &str, members: &str) -> String {
    format!(r#"{{"keyids":["k"],"name":"{name}","terminating":false,"threshold":1,{members}}}"#)
}

fn roles(roles: &[String]) -> String {
    format!(r#"{{"keys":{{}},"roles":[{}]}}"#, roles.join(","))
}

#[test]
fn delegations_that_match_are_found_in_the_order_of_the_list() {
    let list = roles(&[
        role("c", r#""paths":["x/*"]"#),
        role("a", r#""paths":["a/*","b/?"]"#),
        // Neither paths nor prefixes match nothing, and so does an empty list.
        role("none", r#""x":1"#),
        role("empty", r#""paths":[]"#),
        role("b", r#""paths":["a/1"]"#),
    ]);
    assert_eq!(ask(&list, "a/1"), Ok((vec![1, 4], false, Some("a".into()))));
    assert_eq!(ask(&list, "x/1"), Ok((vec![0], false, Some("c".into()))));
    assert_eq!(ask(&list, "x/1/2"), Ok((vec![], false, None)));
    let terminating = list.replacen(
        "\"name\":\"a\",\"terminating\":false",
        "\"name\":\"a\",\"terminating\":true",
        1,
    );
    assert_eq!(ask(&terminating, "a/1"), Ok((vec![1], true, Some("a".into()))));
    assert_eq!(ask(&terminating, "x/1"), Ok((vec![0], false, Some("c".into()))));
}

#[test]
fn a_role_that_was_visited_is_not_found_but_terminates() {
    let list = roles(&[
        role("a", r#""paths":["*"]"#).replace("false", "true"),
        role("b", r#""paths":["*"]"#),
    ]);
    let (hash, visited) = (PathHash::new("x"), [Fingerprint::new(b"a")]);
    assert_eq!(
        read(&list, Lookup::Path { path: "x", hash: &hash, visited: &visited }),
        Ok((vec![], true, None))
    );
}

#[test]
fn names_that_are_refused() {
    for name in ["", "root", "timestamp", "snapshot", "targets", "\\u0072oot"] {
        assert!(
            matches!(
                ask(&roles(&[role(name, r#""paths":[]"#)]), "x"),
                Err(Error::InvalidRoleName { .. })
            ),
            "{name}"
        );
    }
    for name in ["Root", "roots", "root.json", "../root", "t\\u00e4rgets", " "] {
        assert!(ask(&roles(&[role(name, r#""paths":[]"#)]), "x").is_ok(), "{name}");
    }
    let longest = "n".repeat(ROLE_NAME_LENGTH_MAX);
    assert!(ask(&roles(&[role(&longest, r#""paths":[]"#)]), "x").is_ok());
    assert_eq!(
        ask(&roles(&[role(&format!("{longest}n"), r#""paths":[]"#)]), "x"),
        Err(NAME_TOO_LONG)
    );
}

#[test]
fn what_matches_is_said_in_one_way() {
    let both = roles(&[role("a", r#""paths":[],"path_hash_prefixes":[]"#)]);
    assert!(matches!(ask(&both, "x"), Err(Error::InvalidDelegation { .. })));
    let succinct =
        r#""succinct_roles":{"keyids":["k"],"threshold":1,"bit_length":4,"name_prefix":"bins"}"#;
    let both = format!(r#"{{"keys":{{}},"roles":[],{succinct}}}"#);
    assert_eq!(ask(&both, "x"), Err(Error::InvalidDelegation { position: both.len() as u64 }));
    assert_eq!(
        ask(&format!(r#"{{"keys":{{}},{succinct}}}"#), "x"),
        Ok((vec![0], true, Some("bins-2".into())))
    );
}

#[test]
fn members_that_are_missing() {
    for member in ["keyids", "name", "terminating", "threshold"] {
        let list =
            roles(&[role("a", r#""paths":[]"#)]).replacen(&format!("\"{member}\""), "\"other\"", 1);
        let position = (list.len() - "]}".len()) as u64;
        assert_eq!(ask(&list, "x"), Err(Error::MissingMember { position, member }));
    }
    assert_eq!(ask("{}", "x"), Err(Error::MissingMember { position: 2, member: "keys" }));
    assert_eq!(
        ask(r#"{"keys":{}}"#, "x"),
        Err(Error::MissingMember { position: 11, member: "roles" })
    );
}

#[test]
fn a_name_that_appears_twice_is_refused_wherever_it_can_be_seen() {
    let other = r#""paths":["other"]"#;
    let twice = |list: &[String], path: &str| {
        matches!(ask(&roles(list), path), Err(Error::DuplicateRole { .. }))
    };
    assert!(twice(&[role("a", other), role("a", other)], "x"));
    assert!(twice(&[role("a", other), role("\\u0061", other)], "x"));
    assert!(twice(&[role("b", other), role("a", other), role("c", other), role("b", other)], "x"));
    // In order, in any number.
    let ordered: List<String> = (0..1000).map(|name| role(&format!("{name:04}"), other)).collect();
    assert!(ask(&roles(&ordered), "x").is_ok());
    for again in ["0000", "0127"] {
        assert!(twice(&[ordered.clone(), vec![role(again, other)]].concat(), "x"), "{again}");
    }
    // Backwards, the first of them are compared with all others.
    let backwards: List<String> = ordered.iter().rev().cloned().collect();
    for again in ["0999", "0950"] {
        assert!(twice(&[backwards.clone(), vec![role(again, other)]].concat(), "x"), "{again}");
    }
    // A role that matches is compared with the others that do.
    let matching =
        [backwards, vec![role("zz", r#""paths":["x"]"#), role("zz", r#""paths":["x"]"#)]].concat();
    assert!(matches!(read_path(&roles(&matching), "x"), Err(Error::DuplicateRole { .. })));
}

/// In a list that is in order this is the only place where a name can appear twice, and it costs
/// nothing to see.
#[test]
fn the_greatest_name_may_not_appear_again() {
    let list = |last: u32| {
        roles(
            &(0..1000)
                .chain([last])
                .map(|name| role(&format!("{name:04}"), r#""paths":[]"#))
                .collect::<List<_>>(),
        )
    };
    assert!(ask(&list(1000), "x").is_ok());
    assert!(matches!(ask(&list(999), "x"), Err(Error::DuplicateRole { .. })));
}

/// Asks for a path only: of names that cannot be compared with all others, those that match are.
fn read_path(delegations: &str, path: &str) -> Result<Found, Error> {
    read(delegations, Lookup::Path { path, hash: &PathHash::new(path), visited: &[] })
}

/// The verdict on a bin's name that is too long must not wait until a path is asked for.
#[test]
fn a_succinct_name_that_is_too_long_is_refused_whatever_is_asked() {
    let succinct = |length: usize| {
        let prefix = "p".repeat(length);
        format!(
            r#"{{"keys":{{}},"succinct_roles":{{"keyids":["k"],"threshold":1,"bit_length":16,"name_prefix":"{prefix}"}}}}"#
        )
    };
    let longest = ROLE_NAME_LENGTH_MAX - "-0000".len();
    assert!(ask(&succinct(longest), "x").is_ok());
    assert_eq!(ask(&succinct(longest + 1), "x"), Err(NAME_TOO_LONG));
}

#[test]
fn bit_lengths_are_from_1_to_32() {
    let succinct = |bits: &str| {
        format!(
            r#"{{"keys":{{}},"succinct_roles":{{"bit_length":{bits},"keyids":[],"name_prefix":"b","threshold":1}}}}"#
        )
    };
    for bits in 1..=32 {
        assert!(ask(&succinct(&bits.to_string()), "x").is_ok(), "{bits}");
    }
    let start = succinct("").find(",\"keyids\"").unwrap() as u64;
    assert_eq!(
        ask(&succinct("0"), "x"),
        Err(Error::Zero { position: start, member: "bit_length" })
    );
    for bits in ["33", "256", "4294967297", "18446744073709551615"] {
        let position = start + bits.len() as u64;
        assert_eq!(
            ask(&succinct(bits), "x"),
            Err(Error::InvalidForm { position, member: "bit_length" }),
            "{bits}"
        );
    }
}
