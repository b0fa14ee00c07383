use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::super::Entry;
use super::*;

const HASH: &str = "57ba7c07a8ec8b0c76de4ed93a0ddaa0b4ba1a5f1b8b2b5a08b2d3b8d4ba0b77";

/// A virtual environment, and a project `six` whose files match its RECORD.
struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn new() -> Made {
        let made = Made { folder: tempfile::tempdir().unwrap() };
        made.write("pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n");
        made.write("bin/six", "#!");
        made.project("six", "1.17.0");
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file of an installer, which lists it.
    fn record(&self, name: &str, text: &str) {
        self.write(&format!("{SIX}/{name}"), text);
        let path = self.path(&format!("{SIX}/RECORD"));
        let record = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{record}six-1.17.0.dist-info/{name},,\n")).unwrap();
    }

    fn project(&self, name: &str, version: &str) {
        let info = format!("{SITE}/{name}-{version}.dist-info");
        let metadata =
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nVersion: 9\n");
        self.write(&format!("{SITE}/{name}.py"), "code");
        self.write(&format!("{info}/METADATA"), &metadata);
        let line =
            |path: &str, text: &str| format!("{path},sha256={},{}\n", base64(text), text.len());
        let record = line(&format!("{name}.py"), "code")
            + &line(&format!("{name}-{version}.dist-info/METADATA"), &metadata)
            + &format!("{name}-{version}.dist-info/RECORD,,\n__pycache__/{name}.pyc,,\n");
        self.write(&format!("{info}/RECORD"), &record);
    }

    fn read(&self) -> Environment {
        read(self.folder.path()).unwrap()
    }

    /// Each entry in a line, and each refusal.
    fn lines(&self) -> Vec<String> {
        let Environment { installed, refused, .. } = self.read();
        let refused = refused.into_iter().map(|one| format!("{} {}", one.what, one.error.code()));
        let entries = installed.entries.into_iter().map(|entry| match entry {
            Entry::Unchecked(one) => format!("{} {}", one.what, one.why.code()),
            Entry::Pinned(pinned) => {
                let file = &pinned.files[0];
                format!(
                    "{} {} {} {}{}",
                    pinned.for_people(),
                    file.file_name.as_deref().unwrap(),
                    file.hashes[0].hex,
                    pinned.indexes.join(","),
                    pinned.direct.map_or(String::new(), |why| why.code())
                )
            }
        });
        refused.chain(entries).collect()
    }
}

fn base64(text: &str) -> String {
    Base64UrlUnpadded::encode_string(&picotuf::sha256(text.as_bytes()))
}

const SITE: &str = "lib/python3.11/site-packages";
const SIX: &str = "lib/python3.11/site-packages/six-1.17.0.dist-info";

#[test]
fn without_a_hash_of_the_distribution_a_project_says_so() {
    let made = Made::new();
    assert_eq!(made.lines(), ["six 1.17.0 hash-not-recorded"]);
    let counted = Records { projects: 1, matching: 2, without_hash: 2, outside: 0 };
    assert_eq!(made.read().records, counted);
    // The same by the folder of its packages alone, and no project is read twice.
    let read = read(&made.path(SITE)).unwrap();
    assert_eq!((read.records, read.installed.entries.len()), (counted, 1));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("lib", made.path("lib64")).unwrap();
        assert_eq!(made.lines(), ["six 1.17.0 hash-not-recorded"]);
    }
}

#[test]
fn the_origin_says_what_can_be_compared() {
    let wheel = "six-1.17.0-py2.py3-none-any.whl";
    let of_pypi = format!("https://files.pythonhosted.org/packages/b7/ce/x/{wheel}");
    let elsewhere = format!("https://index.invalid/{wheel}");
    let hashes = format!(r#""archive_info": {{"hashes": {{"sha256": "{HASH}"}}}}"#);
    let old = format!(r#""archive_info": {{"hash": "sha256={HASH}"}}"#);
    let path = format!("file:///w/{wheel}");
    for (name, document, expected) in [
        (
            "provenance_url.json",
            format!(r#"{{"url": "{of_pypi}", {hashes}}}"#),
            format!("six 1.17.0 {wheel} {HASH} https://pypi.org/simple"),
        ),
        (
            "provenance_url.json",
            format!(r#"{{"url": "{elsewhere}", {hashes}}}"#),
            format!("six 1.17.0 {wheel} {HASH} "),
        ),
        (
            "direct_url.json",
            format!(r#"{{"url": "{path}", {hashes}}}"#),
            format!("six 1.17.0 {wheel} {HASH} path"),
        ),
        (
            "direct_url.json",
            format!(r#"{{"url": "{of_pypi}", {old}}}"#),
            format!("six 1.17.0 {wheel} {HASH} https://pypi.org/simpleurl"),
        ),
        // uv 0.13.9, for a wheel of this machine.
        (
            "direct_url.json",
            format!(r#"{{"url": "{path}", "archive_info": {{}}}}"#),
            "six 1.17.0 path".to_owned(),
        ),
        (
            "direct_url.json",
            format!(r#"{{"url": "https://github.invalid/main.zip", {hashes}}}"#),
            "six 1.17.0 url".to_owned(),
        ),
        (
            "direct_url.json",
            r#"{"url": "file:///six", "dir_info": {"editable": true}}"#.to_owned(),
            "six 1.17.0 editable".to_owned(),
        ),
        (
            "direct_url.json",
            r#"{"url": "file:///six", "dir_info": {}}"#.to_owned(),
            "six 1.17.0 path".to_owned(),
        ),
        (
            "direct_url.json",
            r#"{"url": "https://g/six", "vcs_info": {"vcs": "git", "commit_id": "0"}}"#.to_owned(),
            "six 1.17.0 vcs".to_owned(),
        ),
        (
            "provenance_url.json",
            format!(
                r#"{{"url": "{of_pypi}", "archive_info": {{"hashes": {{"md5": "{}"}}}}}}"#,
                "0".repeat(32)
            ),
            format!("{wheel} weak-hash"),
        ),
    ] {
        let made = Made::new();
        made.record(name, &document);
        assert_eq!(made.lines(), [expected.as_str()], "{document}");
    }
}

#[test]
fn a_malformed_origin_is_no_missing_one() {
    let url = "https://files.pythonhosted.org/six-1.17.0.tar.gz";
    for (name, document) in [
        ("provenance_url.json", "{".to_owned()),
        ("provenance_url.json", format!(r#"{{"url": "{url}"}}"#)),
        ("provenance_url.json", format!(r#"{{"url": "{url}", "archive_info": {{}}}}"#)),
        ("provenance_url.json", format!(r#"{{"url": "{url}", "dir_info": {{}}}}"#)),
        ("provenance_url.json", r#"{"archive_info": {"hashes": {"sha256": "0"}}}"#.to_owned()),
        (
            "provenance_url.json",
            format!(r#"{{"url": "{url}", "archive_info": {{"hashes": {{"sha256": "0"}}}}}}"#),
        ),
        ("direct_url.json", format!(r#"{{"url": "{url}"}}"#)),
        ("direct_url.json", format!(r#"{{"url": "{url}", "archive_info": {{"hash": "x"}}}}"#)),
        ("direct_url.json", format!(r#"{{"url": "{url}", "dir_info": {{}}, "vcs_info": {{}}}}"#)),
        (
            "direct_url.json",
            format!(
                r#"{{"url": "{url}", "archive_info": {{"hash": "sha256=00",
                    "hashes": {{"sha256": "{HASH}"}}}}}}"#
            ),
        ),
    ] {
        let made = Made::new();
        made.record(name, &document);
        assert_eq!(made.lines(), ["six 1.17.0 invalid-environment"], "{document}");
    }
    let made = Made::new();
    made.record("direct_url.json", r#"{"url": "x", "dir_info": {}}"#);
    made.record("provenance_url.json", "{}");
    assert_eq!(made.lines(), ["six 1.17.0 invalid-environment"]);
}

#[test]
fn a_changed_or_missing_file_is_refused_and_none_outside_is_read() {
    let all = |first: &str| vec![first.to_owned(), "six 1.17.0 hash-not-recorded".to_owned()];
    let changed = all("six 1.17.0 record-mismatch");
    for text in ["CODE", "longer code"] {
        let made = Made::new();
        made.write(&format!("{SITE}/six.py"), text);
        assert_eq!(made.lines(), changed, "{text}");
        assert_eq!(made.read().records, Records::default());
    }
    let made = Made::new();
    fs::remove_file(made.path(&format!("{SITE}/six.py"))).unwrap();
    assert_eq!(made.lines(), changed);
    let made = Made::new();
    let record = fs::read_to_string(made.path(&format!("{SIX}/RECORD"))).unwrap();
    let script = format!("../../../bin/six,sha256={},2\n", base64("#!"));
    for (line, expected) in [
        (script.as_str(), all("")),
        ("../../../bin/six,sha256=AAAA,2\n", changed.clone()),
        ("../../../../outside,sha256=AAAA,2\n", all("")),
        ("/dev/zero,sha256=AAAA,\n", all("")),
        (
            "six.py,md5=AAAA,4\n",
            vec!["six 1.17.0 hash-not-recorded".to_owned(), "six 1.17.0 weak-hash".to_owned()],
        ),
        (
            "six.py,rot13=AAAA,4\n",
            vec!["six 1.17.0 hash-not-recorded".to_owned(), "six 1.17.0 unknown-hash".to_owned()],
        ),
        ("six.py,sha256=A+A,4\n", all("six 1.17.0 invalid-environment")),
        ("six.py,sha256,4\n", all("six 1.17.0 invalid-environment")),
        ("six.py,sha256=AAAA,four\n", all("six 1.17.0 invalid-environment")),
        ("six.py\n", all("six 1.17.0 invalid-environment")),
    ] {
        made.write(&format!("{SIX}/RECORD"), &format!("{record}{line}"));
        let expected: Vec<_> = expected.into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(made.lines(), expected, "{line}");
    }
    made.write(
        &format!("{SIX}/RECORD"),
        &format!("{record}../../../../outside,sha256=AAAA,2\n{script}"),
    );
    let counted = Records { projects: 1, matching: 3, without_hash: 2, outside: 1 };
    assert_eq!(made.read().records, counted);
}

#[test]
fn what_has_no_list_of_files_says_so() {
    let made = Made::new();
    fs::remove_file(made.path(&format!("{SIX}/RECORD"))).unwrap();
    made.write(&format!("{SITE}/old_thing-2.0-py3.11.egg-info/PKG-INFO"), "");
    made.write(&format!("{SITE}/linked.egg-link"), "/somewhere\n.");
    made.write("pyvenv.cfg", "include-system-site-packages = True\n");
    assert_eq!(
        made.lines(),
        [
            "the packages of the system system-packages",
            "linked editable",
            "old_thing 2.0 no-record",
            "six 1.17.0 hash-not-recorded",
            "six 1.17.0 no-record",
            "six.py not-in-record",
        ]
    );
}

#[test]
fn a_project_is_the_one_that_its_folder_names_and_there_once() {
    for (metadata, expected) in [
        ("Name: six\nVersion: 1.17\n", "six 1.17 hash-not-recorded"),
        ("Name: SIX\nVersion: 1.17.0\n", "SIX 1.17.0 hash-not-recorded"),
        ("Name: seven\nVersion: 1.17.0\n", "six 1.17.0 invalid-environment"),
        ("Name: six\nVersion: 1.18.0\n", "six 1.17.0 invalid-environment"),
        ("Name: six\nName: six\nVersion: 1.17.0\n", "six 1.17.0 invalid-environment"),
        ("Name: six\n\nVersion: 1.17.0\n", "six 1.17.0 invalid-environment"),
        ("", "six 1.17.0 invalid-environment"),
    ] {
        let made = Made::new();
        made.write(&format!("{SIX}/METADATA"), metadata);
        let info = "six-1.17.0.dist-info";
        let record = format!("six.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n");
        made.write(&format!("{SIX}/RECORD"), &record);
        assert_eq!(made.lines(), [expected], "{metadata}");
    }
    let made = Made::new();
    made.project("six", "1.16.0");
    let all = ["six 1.17.0 invalid-environment", "six 1.16.0 hash-not-recorded"];
    assert_eq!(made.lines(), all);
}

#[test]
fn another_folder_is_no_environment() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &Path| is_environment(path).unwrap_err().code();
    assert_eq!(code(folder.path()), "no-environment");
    assert_eq!(code(&folder.path().join("none")), "no-environment");
    fs::write(folder.path().join("pyvenv.cfg"), "").unwrap();
    assert_eq!(code(folder.path()), "no-environment");
}

#[test]
fn files_that_nobody_installed_are_named() {
    let made = Made::new();
    made.write(&format!("{SITE}/__pycache__/six.cpython-311.pyc"), "");
    assert_eq!(made.lines(), ["six 1.17.0 hash-not-recorded"]);
    made.write(&format!("{SITE}/evil.pth"), "import evil");
    made.write(&format!("{SITE}/evil.pyc"), "");
    made.write(&format!("{SITE}/package/a.py"), "");
    made.write(&format!("{SITE}/package/b/c.py"), "");
    assert_eq!(
        made.lines(),
        [
            "six 1.17.0 hash-not-recorded",
            "evil.pth not-in-record",
            "evil.pyc not-in-record",
            "package/a.py and 1 more not-in-record",
        ]
    );
    for number in 10..40 {
        made.write(&format!("{SITE}/m{number}.py"), "");
    }
    let lines = made.lines();
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (22, "14 more files not-in-record"));
}
