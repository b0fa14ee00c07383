//! Files are fetched at the same time (`--jobs`), and the verdict does not depend on that.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::{Behaviour, Server};

const FILES: usize = 40;

fn name(number: usize) -> String {
    format!("p{number}-1.0-py3-none-any.whl")
}

fn path(number: usize) -> String {
    format!("p{number}/{}", name(number))
}

/// Files in 16 bins below `bins`: the content of each is its name.
fn by_file() -> Repository {
    let mut repository = Repository::new();
    super::cli_check::with_bins(&mut repository, "targets");
    for number in 0..FILES {
        let content = name(number);
        super::cli_check::add_to_bin(&mut repository, &path(number), content.as_bytes());
    }
    repository
}

/// A lock file that pins each file to the hash of this content.
fn lock(contents: impl Fn(usize) -> String) -> String {
    let mut text = "lock-version = '1.0'\ncreated-by = 'x'\n".to_owned();
    for number in 0..FILES {
        let (file, digits) = (name(number), hash("sha256", contents(number).as_bytes()));
        write!(
            text,
            "[[packages]]\nname = 'p{number}'\nversion = '1.0'\n\
             wheels = [{{ name = '{file}', url = 'https://example.org/{file}', \
             hashes = {{ sha256 = '{digits}' }} }}]\n"
        )
        .unwrap();
    }
    text
}

/// The paths on the server of all bins that list a file.
fn bins() -> BTreeSet<String> {
    let bin =
        |number| format!("/metadata/1.bin-{}.json", &hash("sha256", path(number).as_bytes())[..1]);
    (0..FILES).map(bin).collect()
}

fn started(repository: &Repository, layout: &str) -> (Server, Cli) {
    let server = Server::start(repository);
    let cli = initialized(repository, &server, layout);
    (server, cli)
}

fn initialized(repository: &Repository, server: &Server, layout: &str) -> Cli {
    let cli = Cli::initialized(repository, server);
    cli.save(&["--layout", layout]);
    cli
}

/// What the command says with one, two and 16 jobs, each from a new folder: all the same, after the
/// same requests.
fn with_any_jobs(
    repository: &Repository,
    server: &Server,
    layout: &str,
    command: impl Fn(&Cli) -> Vec<String>,
) -> (i32, Value) {
    let mut first: Option<(i32, String, Vec<String>)> = None;
    for jobs in ["1", "2", "16"] {
        let cli = initialized(repository, server, layout);
        let mut arguments = command(&cli);
        arguments.extend(["--jobs".to_owned(), jobs.to_owned()]);
        server.take_paths();
        let (exit, verdict) = cli.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let mut asked = server.take_paths();
        asked.sort();
        let folder = cli.folder().display().to_string();
        let said = verdict.to_string().replace(&folder, "FOLDER");
        let this = (exit, said, asked);
        match &first {
            None => first = Some(this),
            Some(first) => {
                assert!(first.0 == this.0 && first.1 == this.1, "{}\n{}", first.1, this.1);
                assert_eq!(first.2, this.2, "--jobs {jobs}");
            }
        }
    }
    let (exit, said, _) = first.unwrap();
    (exit, serde_json::from_str(&said).unwrap())
}

#[test]
fn the_roles_that_a_lock_file_needs_are_fetched_at_the_same_time() {
    let (server, cli) = started(&by_file(), "pep480");
    // None is answered before all have been asked for.
    let bins = bins();
    for bin in &bins {
        server.misbehave(bin, Behaviour::Together(bins.len()));
    }
    let file = cli.write("pylock.toml", lock(name).as_bytes()).display().to_string();
    let (exit, verdict) = cli.json(&["check", &file]);
    assert_eq!((exit, &verdict["summary"]["pypi"]), (0, &json!(FILES)), "{verdict}");
    let paths = server.take_paths();
    let asked = paths.iter().filter(|path| path.contains("bin-")).count();
    assert_eq!(asked, bins.len(), "{paths:?}");
}

#[test]
fn index_pages_are_fetched_at_the_same_time() {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    repository.delegate("targets", &Delegation::succinct("bins", 1));
    for number in 0..FILES {
        let (project, file) = (format!("p{number}"), name(number));
        let hashes = json!({"sha256": hash("sha256", file.as_bytes())});
        let page = json!({
            "meta": {"api-version": "1.1"}, "name": project,
            "files": [{"filename": file, "hashes": hashes, "url": "u"}],
        });
        let digit = u8::from_str_radix(&hash("sha256", project.as_bytes())[..1], 16).unwrap();
        let bin = format!("bins-{}", digit >> 3);
        repository.add_target(&bin, &project, page.to_string().as_bytes());
    }
    let (server, cli) = started(&repository, "rstuf");
    let pages: Vec<String> = repository
        .files
        .iter()
        .filter(|(name, _)| name.starts_with("targets/"))
        .map(|(name, _)| format!("/{name}"))
        .collect();
    assert_eq!(pages.len(), FILES);
    for page in &pages[..16] {
        server.misbehave(page, Behaviour::Together(16));
    }
    let file = cli.write("pylock.toml", lock(name).as_bytes()).display().to_string();
    let (exit, verdict) = cli.json(&["check", &file, "--jobs", "40"]);
    assert_eq!((exit, &verdict["summary"]["pypi"]), (0, &json!(FILES)), "{verdict}");
    let asked = server.take_paths();
    assert_eq!(asked.iter().filter(|path| pages.contains(path)).count(), FILES, "{asked:?}");
}

#[test]
fn the_verdict_on_a_lock_file_is_the_same_for_any_number_of_jobs() {
    let mut repository = by_file();
    // One bin has expired, and one is not there.
    repository.publish("bin-8", |signed| signed["expires"] = json!("2020-01-01T00:00:00Z"));
    repository.files.remove("1.bin-5.json");
    let server = Server::start(&repository);
    let contents = |number: usize| match number % 7 {
        3 => "another content".to_owned(),
        _ => name(number),
    };
    let (exit, verdict) = with_any_jobs(&repository, &server, "pep480", |cli| {
        let file = cli.write("pylock.toml", lock(contents).as_bytes());
        vec!["check".to_owned(), file.display().to_string()]
    });
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("files-refused")), "{verdict}");
    let entries = verdict["files"][0]["entries"].as_array().unwrap();
    let codes: Vec<&str> =
        entries.iter().filter_map(|entry| entry["error"]["code"].as_str()).collect();
    for code in ["expired", "missing-file", "hash-mismatch"] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
    assert!(codes.len() < FILES / 2, "{codes:?}");
    // Who signed is said of each, whatever was fetched ahead.
    let chains = entries.iter().filter(|entry| entry["ok"] == json!(true));
    assert!(chains.clone().all(|entry| entry["chain"].as_array().unwrap().len() == 3), "{verdict}");
    assert_eq!(chains.count(), FILES - codes.len());
}

#[test]
fn targets_are_downloaded_at_the_same_time_and_none_behind_one_that_is_wrong() {
    let repository = by_file();
    let server = Server::start(&repository);
    let wanted = |cli: &Cli| {
        let mut arguments = vec!["download".to_owned()];
        for number in 0..12 {
            arguments.extend(["--target-name".to_owned(), path(number)]);
        }
        arguments.extend(["--target-dir".to_owned(), cli.folder().join("t").display().to_string()]);
        arguments
    };
    let digest = |number: usize| hash("sha256", name(number).as_bytes());
    let url = |number: usize| format!("/targets/p{number}/{}.{}", digest(number), name(number));
    for number in 0..12 {
        server.misbehave(&url(number), Behaviour::Together(12));
    }
    let cli = initialized(&repository, &server, "pep480");
    let arguments = wanted(&cli);
    let (exit, verdict) = cli.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((exit, verdict["targets"].as_array().unwrap().len()), (0, 12), "{verdict}");
    server.behave();
    server.serve_file(&url(4), b"p4-1.0-py3-none-any.WHL");
    let (exit, verdict) = with_any_jobs(&repository, &server, "pep480", wanted);
    let paths: Vec<&str> = verdict["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["path"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..4).map(path).collect();
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("hash-mismatch")), "{verdict}");
    assert_eq!(paths, expected);
}

/// Reading them again for each target took longer than the downloads.
#[test]
fn a_download_of_many_targets_verifies_the_roles_above_them_once() {
    if picotuf_tests::cli::is_npm_driver() {
        return;
    }
    let (_server, cli) = started(&by_file(), "pep480");
    let paths: Vec<String> = (0..FILES).map(path).collect();
    let mut arguments = vec!["-v", "download"];
    paths.iter().for_each(|path| arguments.extend(["--target-name", path.as_str()]));
    let outcome = cli.ok(&arguments);
    assert_eq!(cli.downloads().len(), FILES);
    for role in ["targets", "bins"] {
        let line = format!("trusted: {role} version ");
        let found = outcome.stderr.lines().filter(|found| found.starts_with(&line)).count();
        assert_eq!(found, 1, "{role}: {outcome:?}");
    }
}
