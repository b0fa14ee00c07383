//! What a terminal is given of text that others wrote: nothing that steers it, hides or turns
//! round.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, Outcome};
use picotuf_tests::server::Server;

/// One of each kind: the arrangement of Arabic letters, no width, a line, a paragraph, right to
/// left, isolated, a word joiner, a tag, a soft hyphen, a filler, and the controls of the terminal
/// itself.
const ODD: &str =
    "\u{61c}\u{200b}\u{2028}\u{2029}\u{202e}\u{2067}\u{2060}\u{e0041}\u{ad}\u{3164}\u{9b}\u{7f}";

fn is_plain(outcome: &Outcome) {
    for (name, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let odd: Vec<String> = ODD
            .chars()
            .filter(|odd| text.contains(*odd))
            .map(|odd| odd.escape_unicode().to_string())
            .collect();
        assert!(odd.is_empty(), "{odd:?} in {name}: {text}");
    }
}

/// Each name that a repository can choose has them: roles, keys, paths, patterns, and what it says
/// of a target.
fn odd() -> (Repository, String) {
    let role = format!("role{ODD}");
    let path = format!("six/{ODD}/six-1.0-py3-none-any.whl");
    let key = Key::ed25519("odd").with_id(&format!("k{ODD}"));
    let mut repository = Repository::new();
    repository
        .delegate("targets", &Delegation::paths(&role, &[&format!("six/{ODD}/*")]).keys(&[key]));
    repository.add_target(&role, &path, b"a wheel");
    repository.add_target("targets", "six/six-1.0-py3-none-any.whl", b"a wheel");
    let custom = json!({"requires-python": ODD, "yanked": ODD, "x": {ODD: ODD}});
    repository.edit(&role, |signed| signed["targets"][&path]["custom"] = custom.clone());
    repository.edit("targets", |signed| {
        signed["targets"]["six/six-1.0-py3-none-any.whl"]["custom"] = custom.clone()
    });
    (repository, path)
}

#[test]
fn no_command_says_what_steers_a_terminal() {
    let (repository, path) = odd();
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.options.retain(|option| option != "--quiet");
    cli.save(&["--layout", "pep480"]);
    let wheel = cli.write("six-1.0-py3-none-any.whl", b"a wheel").display().to_string();
    let odd_file = cli.write(&format!("six-1.0{ODD}.whl"), b"a wheel").display().to_string();
    let hash = hash("sha256", b"another");
    let requirements =
        format!("six==1.0{ODD} --hash=sha256:{hash}\nfoo{ODD}\nsix==1.0 --hash=sha256:{hash}\n");
    let lock =
        cli.write(&format!("{ODD}requirements.txt"), requirements.as_bytes()).display().to_string();
    let target = ["--target-name", &path];
    let commands: [&[&str]; 10] = [
        &["refresh"],
        &["download", target[0], target[1]],
        &["download", target[0], &format!("{path}{ODD}")],
        // Wrong usage: a file may be called as it likes, and a shell puts its name there.
        &["refresh", &path],
        &["verify", &wheel, target[0], target[1]],
        &["show"],
        &["show", &format!("role{ODD}")],
        &["show", ODD],
        &["check", &wheel, &odd_file, &lock],
        &["check", &lock],
    ];
    for command in commands {
        for form in [&[][..], &["-v"], &["--json"]] {
            let arguments: Vec<&str> = command.iter().chain(form).copied().collect();
            let outcome = cli.run(&arguments);
            assert!(
                !outcome.stdout.is_empty() || !outcome.stderr.is_empty(),
                "{arguments:?}: {outcome:?}"
            );
            is_plain(&outcome);
        }
    }
    // What is written out is there, and in JSON it means what the repository says.
    let outcome = cli.run(&["verify", &wheel, target[0], target[1]]);
    assert!(outcome.stdout.contains(r"six/\u{61c}\u{200b}\u{2028}"), "{outcome:?}");
    let shown = cli.json_ok(&["verify", &wheel, target[0], target[1]]);
    assert_eq!(shown["targets"][0]["path"], path);
    assert_eq!(shown["targets"][0]["custom"]["x"][ODD], ODD);
    // The folders of a user are named by whom they are given.
    let anchor = cli.write(&format!("{ODD}root.json"), repository.anchor()).display().to_string();
    let folder = format!("{}{ODD}", cli.metadata_dir().display());
    let url = server.metadata_url();
    for form in [&[][..], &["--json"]] {
        let arguments = ["--metadata-url", &url, "--metadata-dir", &folder, "init", &anchor];
        let mut other = Cli::new();
        other.options = ["--at", NOW].map(str::to_owned).to_vec();
        let outcome = other.run(&[&arguments[..], form].concat());
        assert_eq!(outcome.code, 0, "{outcome:?}");
        is_plain(&outcome);
    }
}
