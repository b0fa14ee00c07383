//! PEP 480 as it works for developers: their own keys speak for their projects, and who vouches for
//! those keys shows.

use crate::pep_480_repository::*;
use crate::prelude::*;
use picotuf::pypi::SignedBy;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

#[test]
fn each_file_is_signed_by_whom_the_layout_says() {
    let repository = repository();
    let mut client = Client::new(&repository);
    for (file, content, by) in [
        (DJANGO, &b"django"[..], SignedBy::Developer),
        (ZOPE, b"zope", SignedBy::Developer),
        (NUMPY, b"numpy", SignedBy::DeveloperOnline),
        (SIX, b"six", SignedBy::Index),
    ] {
        assert_eq!(check(&mut client, &repository, file, content), Holds(by), "{file}");
        assert_eq!(check(&mut client, &repository, file, b"another"), Differs, "{file}");
    }
    let chain = |client: &mut Client, file| client.finds(&repository, &path(file)).delegation_path;
    assert_eq!(chain(&mut client, ZOPE), ["targets", "claimed", "zope-interface"]);
    assert_eq!(chain(&mut client, NUMPY), ["targets", "recently-claimed", "numpy"]);
    assert_eq!(chain(&mut client, SIX), ["targets", "unclaimed", "bins", &bin_of(&path(SIX))]);
}

#[test]
fn two_of_three_developers_are_needed_and_any_two_do() {
    let [one, two, three] = developers("django");
    for (signers, expected) in [
        (vec![&one, &two], Holds(SignedBy::Developer)),
        (vec![&three, &one], Holds(SignedBy::Developer)),
        (vec![&two, &three], Holds(SignedBy::Developer)),
        (vec![&one, &two, &three], Holds(SignedBy::Developer)),
        (vec![&one], refused("threshold-not-met", "django")),
        (vec![&one, &thief()], refused("threshold-not-met", "django")),
        (vec![], refused("threshold-not-met", "django")),
    ] {
        let mut repository = repository();
        repository.sign_with("django", &signers.into_iter().cloned().collect::<Vec<_>>());
        repository.publish("django", |_| {});
        assert_eq!(check(&mut Client::new(&repository), &repository, DJANGO, b"django"), expected);
    }
    // A key that signs under two names is one key.
    let mut repository = repository();
    let again = one.clone().with_id("again");
    repository.publish("claimed", |claimed| {
        let delegations = &mut claimed["delegations"];
        delegations["keys"]["again"] = again.json();
        delegations["roles"][0]["keyids"].as_array_mut().unwrap().push("again".into());
    });
    repository.sign_with("django", &[one, again]);
    repository.publish("django", |_| {});
    let expected = refused("threshold-not-met", "django");
    assert_eq!(check(&mut Client::new(&repository), &repository, DJANGO, b"django"), expected);
}

#[test]
fn a_project_s_developers_release_without_pypi_s_offline_keys() {
    let genuine = repository();
    let mut client = Client::new(&genuine);
    assert_eq!(check(&mut client, &genuine, DJANGO, b"django"), Holds(SignedBy::Developer));
    let mut repository = stolen(&genuine, &["django", "timestamp", "snapshot"]);
    publish_target(&mut repository, "django", &path("django-5.2.9.tar.gz"), b"newer");
    assert_eq!(
        check(&mut client, &repository, "django-5.2.9.tar.gz", b"newer"),
        Holds(SignedBy::Developer)
    );
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), Holds(SignedBy::Developer));
}

#[test]
fn developers_may_delegate_within_their_project_and_no_further() {
    let mut repository = repository();
    repository.delegate("django", &Delegation::paths("django-releases", &["*/*"]));
    repository.add_target("django-releases", &path("django-6.0.tar.gz"), b"newer");
    repository.add_target("django-releases", &path("six-2.0.tar.gz"), b"not six");
    let mut client = Client::new(&repository);
    assert_eq!(
        check(&mut client, &repository, "django-6.0.tar.gz", b"newer"),
        Holds(SignedBy::Developer)
    );
    assert_eq!(check(&mut client, &repository, "six-2.0.tar.gz", b"not six"), Absent);
}

#[test]
fn a_project_changes_its_keys() {
    let mut repository = repository();
    let mut client = Client::new(&repository);
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), Holds(SignedBy::Developer));
    let old = repository.signers("django").to_vec();
    let new = [Key::p256("django new"), Key::ed25519("django new")];
    let keyids: Vec<_> = new.iter().map(|key| key.id.clone()).collect();
    repository.publish("claimed", |claimed| {
        let delegations = &mut claimed["delegations"];
        for key in &new {
            delegations["keys"][&key.id] = key.json();
        }
        delegations["roles"][0]["keyids"] = json!(keyids);
    });
    // From then on the old keys count for nothing, not even for what was stored.
    let expected = refused("threshold-not-met", "django");
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), expected);
    repository.sign_with("django", &new);
    repository.publish("django", |_| {});
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), Holds(SignedBy::Developer));
    assert_eq!(
        check(&mut Client::new(&repository), &repository, DJANGO, b"django"),
        Holds(SignedBy::Developer)
    );
    // Who has the old keys, and all of PyPI's online ones, comes too late.
    let mut attack = stolen(&repository, ONLINE);
    attack.sign_with("django", &old);
    publish_target(&mut attack, "django", &path("django-5.2.9.tar.gz"), b"forged");
    let expected = refused("threshold-not-met", "django");
    assert_eq!(check(&mut client, &attack, "django-5.2.9.tar.gz", b"forged"), expected);
}

/// What PyPI's administrators do with their offline key every few weeks.
fn claim_numpy(repository: &mut Repository) {
    repository.publish("claimed", |_| {});
    repository.delegate("claimed", &project("numpy", &[Key::ed25519("numpy")], 1));
    repository.publish("recently-claimed", |recently| {
        recently["delegations"] = json!({"keys": {}, "roles": []})
    });
}

#[test]
fn a_project_moves_from_recently_claimed_to_claimed() {
    let mut repository = repository();
    let mut client = Client::new(&repository);
    assert_eq!(check(&mut client, &repository, NUMPY, b"numpy"), Holds(SignedBy::DeveloperOnline));
    // Half-way, where both list it, the stronger one speaks.
    let mut halfway = repository.clone();
    halfway.publish("claimed", |_| {});
    halfway.delegate("claimed", &project("numpy", &[Key::ed25519("numpy")], 1));
    assert_eq!(
        check(&mut Client::new(&halfway), &halfway, NUMPY, b"numpy"),
        Holds(SignedBy::Developer)
    );
    claim_numpy(&mut repository);
    assert_eq!(check(&mut client, &repository, NUMPY, b"numpy"), Holds(SignedBy::Developer));
    // The others are as they were.
    assert_eq!(check(&mut client, &repository, SIX, b"six"), Holds(SignedBy::Index));
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), Holds(SignedBy::Developer));
}

#[test]
fn an_unclaimed_project_works_as_before_beside_one_that_is_claimed() {
    let mut repository = repository();
    let mut client = Client::new(&repository);
    assert_eq!(check(&mut client, &repository, SIX, b"six"), Holds(SignedBy::Index));
    claim_numpy(&mut repository);
    let newer = "six-1.18.0.tar.gz";
    publish_target(&mut repository, &bin_of(&path(newer)), &path(newer), b"newer");
    assert_eq!(check(&mut client, &repository, newer, b"newer"), Holds(SignedBy::Index));
    // Trouble of a claimed project is its own.
    repository.sign_with("django", &[thief()]);
    repository.publish("django", |_| {});
    assert_eq!(check(&mut client, &repository, newer, b"newer"), Holds(SignedBy::Index));
    assert_eq!(check(&mut client, &repository, NUMPY, b"numpy"), Holds(SignedBy::Developer));
    let expected = refused("threshold-not-met", "django");
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), expected);
}

#[test]
fn the_command_line_says_that_online_keys_vouch_for_a_recently_claimed_project() {
    let mut repository = repository();
    for (claimed, words) in [
        (false, "signed by the project's developers, whose keys PyPI signs online\n"),
        (true, "signed by the project's developers\n"),
    ] {
        if claimed {
            claim_numpy(&mut repository);
        }
        let server = Server::start(&repository);
        let mut cli = Cli::initialized(&repository, &server);
        cli.options.extend(["--layout", "pep480"].map(str::to_owned));
        let file = cli.write(NUMPY, b"numpy").display().to_string();
        cli.json_ok(&["check", &file, "--require", "developer-online"]);
        let (code, said) = cli.json(&["check", &file, "--require", "developer"]);
        assert_eq!(code, i32::from(!claimed), "{said}");
        assert_eq!(said["error"]["code"].as_str(), (!claimed).then_some("other-signer"), "{said}");
        let owners: Vec<_> = said["files"][0]["chain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| &link["owner"])
            .collect();
        let middle = if claimed { "pypi-offline" } else { "pypi-online" };
        assert_eq!(json!(owners), json!(["pypi-offline", middle, "developer"]));
        cli.options.retain(|option| option != "--quiet");
        let text = cli.ok(&["check", &file]).stdout;
        assert!(text.contains(words), "{text}");
    }
}
