//! `picotuf check` on what real tools write besides: two spellings, other indexes, constraints,
//! folders of lock files.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const NORMALIZED: &str = "ruamel_yaml-0.18.6-py3-none-any.whl";
const SIGNED: &str = "ruamel.YAML-0.18.6-py3-none-any.whl";

/// A repository that signs these files, whose content is their name, by themselves and by index
/// pages.
fn started(layout: &str) -> (Server, Cli) {
    let mut repository = Repository::new();
    for (project, name) in [("ruamel-yaml", SIGNED), ("six", "six-1.17.0-py3-none-any.whl")] {
        match layout {
            "rstuf" => {
                let file =
                    json!({"filename": name, "hashes": {"sha256": sha256(name)}, "url": "u"});
                let page =
                    json!({"meta": {"api-version": "1.1"}, "name": project, "files": [file]})
                        .to_string();
                repository.add_target("targets", project, page.as_bytes());
            }
            _ => repository.add_target("targets", &format!("{project}/{name}"), name.as_bytes()),
        }
    }
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.options.extend(["--layout".to_owned(), layout.to_owned()]);
    (server, cli)
}

fn sha256(content: &str) -> String {
    hash("sha256", content.as_bytes())
}

fn write(cli: &Cli, name: &str, text: &str) -> String {
    cli.write(name, text.as_bytes()).display().to_string()
}

fn outcomes(verdict: &Value) -> Vec<&str> {
    let entries = verdict["files"][0]["entries"].as_array().unwrap_or_else(|| panic!("{verdict}"));
    let outcome = |entry: &'_ Value| {
        let said = [&entry["error"]["code"], &entry["unchecked"]];
        said.iter().find_map(|code| code.as_str().map(str::to_owned)).unwrap_or("ok".to_owned())
    };
    entries.iter().map(outcome).map(|code| &*code.leak()).collect()
}

/// uv normalizes `name` and leaves the URL as the index has it; which one is signed depends on the
/// index.
#[test]
fn a_file_in_two_spellings_holds_by_its_hash() {
    let text = |name: &str, url: &str, content: &str| {
        format!(
            "lock-version = '1'\ncreated-by = 'uv'\n[[packages]]\nname = 'ruamel-yaml'\nversion = \
             '0.18.6'\n\
             index = 'https://pypi.org/simple'\nwheels = [{{ name = '{name}', \
             url = 'https://example.org/{url}', \
             hashes = {{ sha256 = '{}' }} }}]\n",
            sha256(content)
        )
    };
    for layout in ["pep480", "rstuf"] {
        let (_server, cli) = started(layout);
        let unlisted = if layout == "rstuf" { "not-in-page" } else { "target-not-found" };
        for (name, url, content, expected) in [
            (NORMALIZED, SIGNED, SIGNED, "ok"),
            (SIGNED, NORMALIZED, SIGNED, "ok"),
            (SIGNED, SIGNED, SIGNED, "ok"),
            (NORMALIZED, NORMALIZED, SIGNED, unlisted),
            (NORMALIZED, SIGNED, "another", unlisted),
            (SIGNED, NORMALIZED, "another", "hash-mismatch"),
        ] {
            let (exit, verdict) =
                cli.json(&["check", &write(&cli, "pylock.toml", &text(name, url, content))]);
            assert_eq!(outcomes(&verdict), [expected], "{layout} {name} {url}: {verdict}");
            assert_eq!(exit, i32::from(expected != "ok"));
        }
    }
}

/// PyTorch's index, a company's: what the repository does not list may be from there, and only from
/// there.
#[test]
fn another_index_is_named_and_can_be_allowed_by_its_url() {
    const OTHER: &str = "https://download.example.org/whl/cpu";
    let package = |name: &str, content: &str, index: &str| {
        format!(
            "[[package]]\nname = '{name}'\nversion = '1.17.0'\nsource = {{ registry = '{index}' \
             }}\n\
             wheels = [{{ url = 'https://example.org/{name}-1.17.0-py3-none-any.whl', \
             hash = 'sha256:{}' }}]\n",
            sha256(content)
        )
    };
    let head = "version = 1\nrequires-python = '>=3.9'\n";
    let (_server, cli) = started("pep480");
    let wheel = "six-1.17.0-py3-none-any.whl";
    let both = format!(
        "{head}{}{}",
        package("six", wheel, "https://pypi.org/simple"),
        package("torch", "x", OTHER)
    );
    let file = write(&cli, "uv.lock", &both);
    let verdict = cli.refuses(&["check", &file], "files-refused", None);
    assert_eq!(outcomes(&verdict), ["ok", "target-not-found"]);
    let error = &verdict["files"][0]["entries"][1]["error"];
    assert!(
        error["message"].as_str().unwrap().ends_with(&format!("; locked from {OTHER}")),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains(&format!("--allow other-index:{OTHER}")),
        "{error}"
    );
    let verdict = cli.json_ok(&["check", &file, "--allow", &format!("other-index:{OTHER}/")]);
    assert_eq!(outcomes(&verdict), ["ok", &format!("other-index:{OTHER}")]);
    assert_eq!(
        (&verdict["summary"]["pypi"], &verdict["summary"]["allowed"]),
        (&json!(1), &json!(1))
    );
    cli.refuses(
        &["check", &file, "--allow", "other-index:https://example.net/whl"],
        "files-refused",
        None,
    );
    assert_eq!(cli.run(&["check", &file, "--allow", "other-index"]).code, 2);
    // What the repository lists has to be what it lists, wherever it is from; and nobody else's
    // files are let through.
    for (name, content, index) in
        [("six", "another", OTHER), ("torch", "x", "https://pypi.org/simple")]
    {
        let file = write(&cli, "uv.lock", &format!("{head}{}", package(name, content, index)));
        cli.refuses(
            &["check", &file, "--allow", &format!("other-index:{OTHER}")],
            "files-refused",
            None,
        );
    }
    // A list of requirements may have several.
    let (_server, cli) = started("rstuf");
    let list = format!(
        "--index-url https://pypi.org/simple\n--extra-index-url \
         https://user:secret@download.example.org/whl/cpu\n\
         six==1.17.0 --hash=sha256:{}\ntorch==1 --hash=sha256:{}\n",
        sha256(wheel),
        sha256("x")
    );
    let file = write(&cli, "requirements.txt", &list);
    let verdict = cli.refuses(&["check", &file], "files-refused", None);
    assert!(!verdict.to_string().contains("secret"), "{verdict}");
    let verdict = cli.json_ok(&["check", &file, "--allow", &format!("other-index:{OTHER}")]);
    assert_eq!(outcomes(&verdict), ["ok", &format!("other-index:{OTHER}")]);
}

/// Where the layout asks for an index page that is not there, a list without file names is not
/// lost.
#[test]
fn another_index_can_be_allowed_for_hashes_without_names() {
    const OTHER: &str = "https://packages.example.org/simple";
    let (_server, cli) = started("pep458");
    let list = format!("--index-url {OTHER}\nprivate==1.0 --hash=sha256:{}\n", sha256("x"));
    let file = write(&cli, "requirements.txt", &list);
    assert_eq!(
        outcomes(&cli.refuses(&["check", &file], "files-unchecked", None)),
        ["not-checkable"]
    );
    let verdict = cli.json_ok(&["check", &file, "--allow", &format!("other-index:{OTHER}")]);
    assert_eq!(outcomes(&verdict), [format!("other-index:{OTHER}").as_str()]);
    // A page that is there, and states no hash of that kind, is not one that is missing.
    let (_server, cli) = started("rstuf");
    let list = format!("--index-url {OTHER}\nsix==1.17.0 --hash=sha512:{}\n", hash("sha512", b"x"));
    let file = write(&cli, "requirements.txt", &list);
    let verdict = cli.refuses(
        &["check", &file, "--allow", &format!("other-index:{OTHER}")],
        "files-unchecked",
        None,
    );
    assert_eq!(outcomes(&verdict), ["not-checkable"]);
}

#[test]
fn a_pin_in_a_constraint_holds_for_the_requirement() {
    let (_server, cli) = started("rstuf");
    let constraint =
        format!("six==1.17.0 --hash=sha256:{}\n", sha256("six-1.17.0-py3-none-any.whl"));
    write(&cli, "constraints.txt", &constraint);
    let file = write(&cli, "requirements.txt", "six\n-c constraints.txt\n");
    // pip goes by that hash, uv does not: it takes leave, and the hash is compared all the same.
    let verdict = cli.refuses(&["check", &file], "files-unchecked", None);
    assert_eq!(outcomes(&verdict), ["hashes-in-constraints", "ok"]);
    let allowed = ["check", &file, "--allow", "hashes-in-constraints"];
    assert_eq!(outcomes(&cli.json_ok(&allowed)), ["hashes-in-constraints", "ok"]);
    write(&cli, "constraints.txt", &format!("six==1.17.0 --hash=sha256:{}\n", sha256("unsigned")));
    let verdict = cli.refuses(&allowed, "files-refused", None);
    assert_eq!(outcomes(&verdict), ["hashes-in-constraints", "not-in-page"]);
}

/// As PowerShell writes them.
#[test]
fn lists_in_utf_16_are_read() {
    let (_server, cli) = started("rstuf");
    let text = format!("six==1.17.0 --hash=sha256:{}\r\n", sha256("six-1.17.0-py3-none-any.whl"));
    let bytes: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let file = cli.write("requirements.txt", &bytes).display().to_string();
    assert_eq!(outcomes(&cli.json_ok(&["check", &file])), ["ok"]);
}

/// A folder passes over no lock file: what can be read is checked, what cannot is named.
#[test]
fn a_folder_s_lock_files_are_all_found() {
    let (_server, cli) = started("rstuf");
    let wheel = "six-1.17.0-py3-none-any.whl";
    let uv = format!(
        "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'six'\nversion = '1.17.0'\n\
         source = {{ registry = 'https://pypi.org/simple' }}\n\
         wheels = [{{ url = 'https://example.org/{wheel}', hash = 'sha256:{}' }}]\n",
        sha256(wheel)
    );
    let pylock = format!(
        "lock-version = '1.0'\n[[packages]]\nname = 'six'\nversion = '1.17.0'\n\
         wheels = [{{ name = '{wheel}', hashes = {{ sha256 = '{}' }} }}]\n",
        sha256(wheel)
    );
    let pdm = format!(
        "[metadata]\nlock_version = '4.5.0'\n[[package]]\nname = 'six'\nversion = '1.17.0'\n\
         files = [{{ file = '{wheel}', hash = 'sha256:{}' }}]\n",
        sha256(wheel)
    );
    let list = format!("six==1.17.0 --hash=sha256:{}\n", sha256(wheel));
    let folder = cli.target_dir();
    for (name, text) in [
        ("tool.py.lock", &uv),
        ("renamed.lock", &uv),
        ("pylock.dev.toml", &pylock),
        ("pylock.a.b.toml", &pylock),
        ("pdm.lock", &pdm),
        ("dev.txt", &list),
        ("Cargo.lock", &"version = 4\n[[package]]\nname = 'a'\n".to_owned()),
        ("notes.txt", &"six==1.17.0\n".to_owned()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let folder_name = folder.display().to_string();
    let verdict = cli.json_ok(&["check", &folder_name]);
    assert_eq!(
        (&verdict["summary"]["pypi"], &verdict["summary"]["not_distributions"]),
        (&json!(6), &json!(2))
    );
    // One that cannot be read is no success, until somebody says so.
    std::fs::write(folder.join("pixi.lock"), "version: 6\n").unwrap();
    let verdict = cli.refuses(&["check", &folder_name], "files-unchecked", None);
    let files = verdict["files"].as_array().unwrap();
    let pixi =
        files.iter().find(|file| file["file"].as_str().unwrap().ends_with("pixi.lock")).unwrap();
    assert_eq!((&pixi["unchecked"], &pixi["ok"]), (&json!("unsupported-lock-file"), &json!(false)));
    cli.json_ok(&["check", &folder_name, "--allow", "unsupported-lock-file"]);
    // Alone, it is what is wrong.
    let verdict = cli.refuses(
        &["check", &folder.join("pixi.lock").display().to_string()],
        "unsupported-lock-file",
        None,
    );
    assert!(
        verdict["error"]["message"].as_str().unwrap().contains("pixi.lock is not supported"),
        "{verdict}"
    );
    let empty = folder.join("empty");
    std::fs::create_dir(&empty).unwrap();
    cli.refuses(&["check", &empty.display().to_string()], "nothing-to-check", None);
}

/// A layout whose path says neither file nor project cannot tell what a hash alone is of.
#[test]
fn a_hash_alone_is_not_checkable_where_the_path_names_nothing() {
    let sdist = "other-1.0.tar.gz";
    let mut repository = Repository::new();
    repository.add_target("targets", &sha256(sdist), sdist.as_bytes());
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    let layout = write(&cli, "layout.toml", "name = 'by hash'\n[[path]]\nfile = '{sha256}'\n");
    cli.options.extend(["--layout".to_owned(), layout]);
    let file =
        write(&cli, "requirements.txt", &format!("six==1.0 --hash=sha256:{}\n", sha256(sdist)));
    let verdict = cli.refuses(&["check", &file], "files-unchecked", None);
    assert_eq!(outcomes(&verdict), ["not-checkable"], "{verdict}");
    // What helps is said before what only accepts.
    assert_eq!(
        verdict["error"]["hint"],
        "check a lock file that has the names of files, such as uv.lock or a pylock.toml (`uv \
         export --format pylock.toml`, `pip lock`), or name the repository's layout with --layout; \
         use --allow not-checkable to accept them"
    );
}
