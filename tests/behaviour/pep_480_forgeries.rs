//! PEP 480 against somebody who has every key that lies on PyPI's servers: a claimed project is out
//! of reach.

use crate::pep_480_repository::*;
use crate::prelude::*;
use picotuf::pypi::{FileName, ProjectName, SignedBy};
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

/// Names under which a file might pass for Django's.
const NAMES: &[&str] = &[
    DJANGO,
    "django-5.2.9-py3-none-any.whl",
    "django-5.2.9.tar.gz",
    "Django-5.2.9-py3-none-any.whl",
    "DJANGO-5.2.9.zip",
    "dJaNgO-5.2.8-py3-none-any.whl",
];

/// Spellings of one name, which a pattern that knows only one of them would not match.
const SPELLINGS: &[&str] = &[
    "zope.interface-9.0.tar.gz",
    "zope_interface-9.0.tar.gz",
    "Zope-Interface-9.0.tar.gz",
    "ZOPE.-_interface-9.0.zip",
];

/// A way to sign for a path without the keys of the project or of `claimed`.
type Forgery = (&'static str, fn(&mut Repository, &str));

const FORGERIES: &[Forgery] = &[
    ("its bin lists it", |repository, path| {
        publish_target(repository, &bin_of(path), path, b"forged")
    }),
    ("all bins list it", |repository, path| {
        for digit in "0123456789abcdef".chars() {
            publish_target(repository, &format!("bin-{digit}"), path, b"forged");
        }
    }),
    ("bins lists it", |repository, path| publish_target(repository, "bins", path, b"forged")),
    ("unclaimed lists it", |repository, path| {
        publish_target(repository, "unclaimed", path, b"forged")
    }),
    ("recently-claimed lists it", |repository, path| {
        publish_target(repository, "recently-claimed", path, b"forged")
    }),
    ("recently-claimed has a role for it", |repository, path| {
        let delegation = Delegation::paths("evil", &["*/*"]).keys(&[thief()]).terminating();
        delegate_first(repository, "recently-claimed", &delegation);
        publish_target(repository, "evil", path, b"forged");
    }),
    ("unclaimed has a role called claimed", |repository, path| {
        delegate_first(
            repository,
            "unclaimed",
            &Delegation::paths("claimed/django", &["*/*"]).keys(&[thief()]),
        );
        publish_target(repository, "claimed/django", path, b"forged");
    }),
    ("the path in another case", |repository, path| {
        let (project, file) = path.split_once('/').unwrap();
        for path in [format!("{}/{file}", project.to_uppercase()), path.to_uppercase()] {
            publish_target(repository, &bin_of(&path), &path, b"forged");
        }
    }),
    ("the path in another folder", |repository, path| {
        for path in
            [format!("packages/{path}"), format!("simple/{path}"), path.replacen('/', "//", 1)]
        {
            publish_target(repository, &bin_of(&path), &path, b"forged");
            publish_target(repository, "recently-claimed", &path, b"forged");
        }
    }),
];

/// Both a client that knows the repository and one that has only its root.
fn clients(repository: &Repository) -> [Client; 2] {
    let mut known = Client::new(repository);
    known.find(repository, &[&path(DJANGO), &path(ZOPE), &path(NUMPY), &path(SIX)]).unwrap();
    [known, Client::new(repository)]
}

#[test]
fn no_file_can_be_forged_for_a_claimed_project() {
    let genuine = repository();
    for (what, forge) in FORGERIES {
        for name in NAMES.iter().chain(SPELLINGS) {
            let mut attack = stolen(&genuine, ONLINE);
            forge(&mut attack, &path(name));
            attack.publish("snapshot", |_| {});
            let expected = if *name == DJANGO { Differs } else { Absent };
            for mut client in clients(&genuine) {
                assert_eq!(
                    check(&mut client, &attack, name, b"forged"),
                    expected,
                    "{what}: {name}"
                );
                assert_eq!(
                    check(&mut client, &attack, DJANGO, b"django"),
                    Holds(SignedBy::Developer),
                    "{what}"
                );
                assert_eq!(
                    check(&mut client, &attack, ZOPE, b"zope"),
                    Holds(SignedBy::Developer),
                    "{what}"
                );
            }
        }
    }
    // The same ways do work for a project that PyPI signs for, or they would show nothing here.
    for (what, forge) in &FORGERIES[..6] {
        let mut attack = stolen(&genuine, ONLINE);
        forge(&mut attack, &path("six-2.0.tar.gz"));
        for mut client in clients(&genuine) {
            let said = check(&mut client, &attack, "six-2.0.tar.gz", b"forged");
            assert!(
                matches!(said, Holds(SignedBy::Index | SignedBy::DeveloperOnline)),
                "{what}: {said:?}"
            );
        }
    }
}

#[test]
fn roles_of_a_claimed_project_cannot_be_changed_hidden_or_turned_back() {
    let mut genuine = repository();
    // A second version of what the first one is kept of.
    genuine.publish("django", |_| {});
    genuine.publish("claimed", |_| {});
    type Attack = fn(&mut Repository);
    // What a client that knows the repository says, and what a new one does.
    type Codes = [(&'static str, &'static str); 2];
    let attacks: &[(&str, Attack, Codes)] = &[
        (
            "claimed is dropped from the snapshot",
            |attack| {
                attack.publish("snapshot", |snapshot| {
                    drop(snapshot["meta"].as_object_mut().unwrap().remove("claimed.json"))
                })
            },
            [("removed-from-snapshot", "snapshot"), ("role-not-in-snapshot", "claimed")],
        ),
        (
            "the project is dropped from the snapshot",
            |attack| {
                attack.publish("snapshot", |snapshot| {
                    drop(snapshot["meta"].as_object_mut().unwrap().remove("django.json"))
                })
            },
            [("removed-from-snapshot", "snapshot"), ("role-not-in-snapshot", "django")],
        ),
        (
            "claimed delegates to a thief, with a thief's signature",
            |attack| delegate_first(attack, "claimed", &project("evil", &[thief()], 1)),
            [("threshold-not-met", "claimed"); 2],
        ),
        (
            "claimed is empty, with a signature of an online key",
            |attack| {
                let online = attack.signers("recently-claimed").to_vec();
                attack.sign_with("claimed", &online);
                attack.publish("claimed", |claimed| {
                    drop(claimed.as_object_mut().unwrap().remove("delegations"))
                });
            },
            [("threshold-not-met", "claimed"); 2],
        ),
        (
            "the project's role is another's",
            |attack| attack.publish("django", |django| django["targets"] = json!({})),
            [("threshold-not-met", "django"); 2],
        ),
        (
            "recently-claimed has the project's name and another key for it",
            |attack| {
                attack.delegate("recently-claimed", &project("django", &[thief()], 1));
                publish_target(attack, "django", &path(DJANGO), b"forged");
            },
            [("threshold-not-met", "django"); 2],
        ),
        (
            "one developer's key, and PyPI's",
            |attack| {
                let [one, _, _] = developers("django");
                attack.sign_with("django", &[one, thief()]);
                publish_target(attack, "django", &path(DJANGO), b"forged");
            },
            [("threshold-not-met", "django"); 2],
        ),
        (
            "claimed is not served",
            |attack| attack.remove("claimed"),
            [("", ""), ("missing-file", "claimed")],
        ),
        (
            "the project's role is not served",
            |attack| attack.remove("django"),
            [("", ""), ("missing-file", "django")],
        ),
        (
            "the version of targets before there were claims, of which there is none",
            |attack| {
                attack.publish("snapshot", |snapshot| {
                    snapshot["meta"]["targets.json"]["version"] = 2.into()
                })
            },
            [("missing-file", "targets"); 2],
        ),
    ];
    for (what, change, expected) in attacks {
        let mut attack = stolen(&genuine, ONLINE);
        for path in [path(DJANGO), path("django-5.2.9.tar.gz")] {
            FORGERIES.iter().take(5).for_each(|(_, forge)| forge(&mut attack, &path));
        }
        change(&mut attack);
        for (mut client, (code, role)) in clients(&genuine).into_iter().zip(*expected) {
            // What a client has, nobody can take from it.
            let wanted = |otherwise| if code.is_empty() { otherwise } else { refused(code, role) };
            assert_eq!(check(&mut client, &attack, DJANGO, b"forged"), wanted(Differs), "{what}");
            assert_eq!(
                check(&mut client, &attack, "django-5.2.9.tar.gz", b"forged"),
                wanted(Absent),
                "{what}"
            );
        }
    }
    // Old versions, rightly signed: refused by who has seen newer ones.
    for role in ["claimed", "django"] {
        let mut attack = stolen(&genuine, ONLINE);
        attack.publish("snapshot", |snapshot| {
            snapshot["meta"][format!("{role}.json")] = json!({"version": 1})
        });
        let [mut known, mut fresh] = clients(&genuine);
        assert_eq!(
            check(&mut known, &attack, DJANGO, b"django"),
            refused("rollback", "snapshot"),
            "{role}"
        );
        assert_eq!(
            check(&mut fresh, &attack, DJANGO, b"django"),
            Holds(SignedBy::Developer),
            "{role}"
        );
    }
}

#[test]
fn a_claim_binds_who_has_seen_it_and_the_others_once_what_was_before_it_has_expired() {
    let before = {
        let mut repository = repository();
        repository.edit("claimed", |claimed| claimed["expires"] = "2026-02-01T00:00:00Z".into());
        repository
    };
    let mut genuine = before.clone();
    genuine.publish("claimed", |_| {});
    genuine.delegate("claimed", &project("six", &[Key::ed25519("six")], 1));
    genuine.add_target("six", &path(SIX), b"six");
    let [mut known, mut fresh] = clients(&genuine);
    let mut attack = stolen(&genuine, ONLINE);
    attack.publish("snapshot", |snapshot| {
        snapshot["expires"] = "2027-01-01T00:00:00Z".into();
        snapshot["meta"]["claimed.json"] = json!({"version": 1});
    });
    let newer = path("six-2.0.tar.gz");
    attack.edit(&bin_of(&newer), |bin| bin["expires"] = "2027-01-01T00:00:00Z".into());
    attack.add_target(&bin_of(&newer), &newer, b"forged");
    attack.publish("timestamp", |timestamp| timestamp["expires"] = "2027-01-01T00:00:00Z".into());
    assert_eq!(
        check(&mut known, &attack, "six-2.0.tar.gz", b"forged"),
        refused("rollback", "snapshot")
    );
    // A client that starts now cannot know; but what it is told is no developer's, so
    // `--require developer` refuses it.
    assert_eq!(check(&mut fresh, &attack, "six-2.0.tar.gz", b"forged"), Holds(SignedBy::Index));
    let mut later = Client::new(&genuine).at("2026-02-01T00:00:00Z");
    assert_eq!(
        check(&mut later, &attack, "six-2.0.tar.gz", b"forged"),
        refused("expired", "claimed")
    );
}

#[test]
fn a_recently_claimed_project_is_within_reach_and_never_taken_for_a_claimed_one() {
    let genuine = repository();
    // A role of another name is not even taken for recent developers'.
    for (name, by) in [("numpy", SignedBy::DeveloperOnline), ("claimed-numpy", SignedBy::Index)] {
        let mut attack = stolen(&genuine, ONLINE);
        attack.publish("recently-claimed", |recently| {
            recently["delegations"] = json!({"keys": {}, "roles": []})
        });
        attack.delegate("recently-claimed", &project(name, &[thief()], 1));
        attack.edit("recently-claimed", |recently| {
            recently["delegations"]["roles"][0]["paths"] = json!(["numpy/*"])
        });
        attack.add_target(name, &path(NUMPY), b"forged");
        for mut client in clients(&genuine) {
            assert_eq!(check(&mut client, &attack, NUMPY, b"forged"), Holds(by), "{name}");
        }
    }
    // Nor by the names of roles: whose a role is, is told by its place below `targets`.
    for name in
        ["claimed", "claimed > numpy", "targets > claimed > numpy", "claimed/numpy", "Claimed"]
    {
        let mut attack = stolen(&genuine, ONLINE);
        for parent in ["recently-claimed", "unclaimed"] {
            delegate_first(
                &mut attack,
                parent,
                &Delegation::paths(name, &["numpy/*", "six/*"]).keys(&[thief()]),
            );
        }
        if name != "claimed" {
            attack.add_target(name, &path(NUMPY), b"forged");
            attack.add_target(name, &path(SIX), b"forged");
        }
        for mut client in clients(&genuine) {
            for (file, content) in [(NUMPY, &b"numpy"[..]), (SIX, b"six")] {
                let said = [
                    check(&mut client, &attack, file, b"forged"),
                    check(&mut client, &attack, file, content),
                ];
                assert!(!said.contains(&Holds(SignedBy::Developer)), "{name}: {said:?}");
            }
        }
    }
}

#[test]
fn a_name_that_looks_like_a_claimed_project_s_is_another_project() {
    let genuine = repository();
    for (file, of) in [("django0-5.2.8.tar.gz", "django0"), ("django-a-1.tar.gz", "django-a")] {
        assert_eq!(FileName::parse(file).unwrap().project.as_str(), of);
        let mut attack = stolen(&genuine, ONLINE);
        publish_target(&mut attack, &bin_of(&path(file)), &path(file), b"forged");
        for mut client in clients(&genuine) {
            assert_eq!(
                check(&mut client, &attack, file, b"forged"),
                Holds(SignedBy::Index),
                "{file}"
            );
            // Who knows whose it should be, says so.
            let django = ProjectName::new("Django").unwrap();
            if FileName::of(&django, file).is_ok() {
                let path = path_of(&django, file);
                publish_target(&mut attack, &bin_of(&path), &path, b"forged");
                assert_eq!(
                    verdict(client.find(&attack, &[&path]), &path, b"forged"),
                    Absent,
                    "{file}"
                );
            }
        }
    }
    for no_name in
        // The first is version 5.2.8.post1 of django for pip.
        [
            "django-5.2.8-1.tar.gz",
            "django",
            "django-.tar.gz",
            "djаngo-5.2.9.tar.gz",
            "django/x-1.tar.gz",
            "..-1.tar.gz",
            "django-5.2.9.tar.gz/",
        ]
    {
        assert!(FileName::parse(no_name).is_err(), "{no_name}");
    }
}

#[test]
fn the_command_line_refuses_what_all_online_keys_sign_for_a_claimed_project() {
    let genuine = repository();
    let honest = Server::start(&genuine);
    let mut cli = Cli::initialized(&genuine, &honest);
    cli.options.extend(["--layout", "pep480"].map(str::to_owned));
    let django = cli.write(DJANGO, b"django").display().to_string();
    cli.json_ok(&["check", &django, "--require", "developer"]);
    let mut attack = stolen(&genuine, ONLINE);
    for name in NAMES {
        FORGERIES.iter().take(5).for_each(|(_, forge)| forge(&mut attack, &path(name)));
    }
    attack.publish("snapshot", |_| {});
    let server = Server::start(&attack);
    let check = |name: &str, code: &str| {
        let file = cli.write(name, b"forged").display().to_string();
        cli.refuses(&["--metadata-url", &server.metadata_url(), "check", &file], code, None);
    };
    for name in NAMES {
        check(name, if *name == DJANGO { "hash-mismatch" } else { "target-not-found" });
    }
    // What these keys can do: sign for a project that nobody has claimed, though not as its
    // developers.
    let six = cli.write("six-9.0.tar.gz", b"forged").display().to_string();
    publish_target(
        &mut attack,
        &bin_of(&path("six-9.0.tar.gz")),
        &path("six-9.0.tar.gz"),
        b"forged",
    );
    let server = Server::start(&attack);
    let said = cli.json_ok(&["--metadata-url", &server.metadata_url(), "check", &six]);
    assert_eq!(said["files"][0]["signed_by"], "pypi", "{said}");
    cli.refuses(
        &["--metadata-url", &server.metadata_url(), "check", &six, "--require", "developer"],
        "other-signer",
        None,
    );
}
