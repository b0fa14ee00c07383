//! Files that are not wholly understood are refused, with the place.

use std::fs;
use std::path::Path;

use super::{hex, read_text, refusal, variables};
use crate::lock::text::{Budget, Text};
use crate::lock::{Format, entries_of, read};

#[test]
fn versions_that_are_not_known() {
    for (name, text, said) in [
        (
            "pylock.toml",
            "lock-version = '2.0'\npackages = []",
            "pylock.toml:1 the lock version \"2.0\" is not supported: expected 1 or 1.x",
        ),
        (
            "pylock.toml",
            "lock-version = '1.x'\npackages = []",
            "pylock.toml:1 the lock version \"1.x\" is not supported: expected 1 or 1.x",
        ),
        (
            "pdm.lock",
            "[metadata]\nlock_version = '5.0'",
            "pdm.lock:2 the lock version \"5.0\" is not supported: expected 4.x",
        ),
        ("uv.lock", "\nversion = 2", "uv.lock:2 the lock version 2 is not supported: expected 1"),
        (
            "uv.lock",
            "version = 1\n\n[[distribution]]\nname = 'a'",
            "uv.lock:3 the file has an early form of the format, with `distribution` instead of \
                 `package`",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '3.0'",
            "poetry.lock:2 the lock version \"3.0\" is not supported: expected 1.x or 2.x",
        ),
        (
            "Pipfile.lock",
            "{\n\"_meta\": {\"pipfile-spec\": 7}}",
            "Pipfile.lock:2 `pipfile-spec` 7 is not supported: expected 6",
        ),
    ] {
        assert_eq!(refusal(read_text(name, text)), format!("unsupported-lock-file {said}"));
    }
}

#[test]
fn toml_that_is_not_as_it_must_be() {
    let sha256 = |digits: usize| format!("sha256 = \"{}\"", hex('a', digits));
    let file = |hashes: &str| {
        format!(
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\n[[packages.wheels]]\nname = \
             'a.whl'\nhashes = {{ {hashes} }}"
        )
    };
    for (name, text, said) in [
        ("pylock.toml", "lock-version = '1.0'".into(), "1 `packages` is missing"),
        ("pylock.toml", "packages = []".into(), "1 `lock-version` is missing"),
        (
            "pylock.toml",
            "lock-version = 1.0\npackages = []".into(),
            "1 `lock-version` is not a \
            string",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\npackages = [1]".into(),
            "2 `packages` is not a \
            list of tables",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[packages]".into(),
            "2 `packages` is not a list of \
            tables",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nversion = '1'".into(),
            "2 `name` is \
            missing",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = '../a'".into(),
            "2 \"../a\" is not a valid project name",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nversion = \
            '1\\t'"
                .into(),
            "2 \"1\\\\t\" is not a valid version of a",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nvcs = {}\nwheels = \
            []"
            .into(),
            "2 a has both `vcs` and `sdist`",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\ndirectory = \
            {}"
            .into(),
            "4 `path` is missing",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {hashes = \
            {}}"
            .into(),
            "4 a file has neither `name` nor `path` nor `url`",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {name = 'a/b', \
            hashes = {}}"
                .into(),
            "4 \"a/b\" is not a valid file name",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {url = \
            'https://h/..', hashes = {}}"
                .into(),
            "4 \"..\" is not a valid file name",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {name = 'a', size = -1}"
                .into(),
            "4 `size` is not a whole number",
        ),
        ("pylock.toml", file(&sha256(63)), "6 the sha256 hash has the wrong length: 63 digits"),
        ("pylock.toml", file(&sha256(66)), "6 the sha256 hash has the wrong length: 66 digits"),
        (
            "pylock.toml",
            file("sha256 = 'é'"),
            "6 the sha256 hash contains 'é', which is not a hex digit",
        ),
        ("pylock.toml", file("sha256 = ''"), "6 a hash without an algorithm or without a value"),
        ("uv.lock", "".into(), "1 `version` is missing"),
        ("uv.lock", "version = 1\n[[package]]\nname = 'a'".into(), "2 a has no `source`"),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {ftp = 'x'}".into(),
            "4 the source of a has an unknown kind",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {git = 'x', path = \
            'y'}"
                .into(),
            "4 the source of a has two kinds",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = 'registry+x'".into(),
            "4 \
            `source` is not a table",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {registry = 'x'}\nsdist = \
            {url = 'x', hash = 'abc'}"
                .into(),
            "5 the hash \"abc\" is malformed: expected ALGORITHM:HEX",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {registry = 'x'}\nsdist = \
            {hash = 'a:bc'}"
                .into(),
            "5 a file has neither `url` nor `path` nor `filename`",
        ),
        ("poetry.lock", "".into(), "1 `metadata` is missing"),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '2.0'\n[[package]]\nname = 'a'".into(),
            "3 \
            `version` is missing",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '2.0'\n[[package]]\nname = 'a'\nversion = \
            '1'\nsource = {type = 'x'}"
                .into(),
            "6 the source of a has the unknown kind \"x\"",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '1.1'\n[metadata.files]\na = []".into(),
            "4 `files` names \"a\", which is not a package",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '1.1'\n[metadata.files]\na_b = []\nA-b = \
            []\n[[package]]\nname = 'a.b'\nversion = '1'"
                .into(),
            "5 `files` names \"A-b\" twice",
        ),
    ] {
        assert_eq!(
            refusal(read_text(name, &text)),
            format!(
                "invalid-lock-file \
            {name}:{said}"
            ),
            "{text}"
        );
    }
    let twice = format!(
        "[metadata]\nlock-version = '2.0'\n[[package]]\nname = 'a'\nversion = '1'\nfiles = \
         [\n{{file = 'a', hash = 'sha256:{}'}},\n{{file = 'a', hash = 'sha256:{}'}}]",
        hex('a', 64),
        hex('b', 64)
    );
    assert_eq!(
        refusal(read_text("poetry.lock", &twice)),
        "invalid-lock-file poetry.lock:8 a 1 has two different values of a"
    );
    assert!(read_text("poetry.lock", &twice.replace('b', "a")).is_ok(), "said twice, and alike");
    for (text, line) in [
        ("version = 1\nversion = 1", 2),
        ("version = 1\n[manifest]\n[[package]\n", 3),
        ("\n= 1", 2),
    ] {
        let said = refusal(read_text("uv.lock", text));
        assert!(
            said.starts_with(&format!(
                "invalid-lock-file uv.lock:{line} the file is not valid TOML: "
            )),
            "{said}"
        );
    }
}

#[test]
fn json_that_is_not_as_it_must_be() {
    let with = |package: &str| {
        format!("{{\"_meta\": {{\"pipfile-spec\": 6}},\n\"default\": {{\n\"a\": {package}}}}}")
    };
    for (text, said) in [
        ("{}".into(), "1 `_meta` is missing"),
        ("[]".into(), "1 the file is not an object"),
        ("{\"_meta\": {}}".into(), "1 `pipfile-spec` is missing"),
        ("{\"_meta\": {\"pipfile-spec\": \"6\"}}".into(), "1 `pipfile-spec` is not a whole number"),
        (
            "{\"_meta\": {\"pipfile-spec\": 6},\n\"default\": []}".into(),
            "2 `default` is not a table",
        ),
        (with("1"), "3 `a` is not a table"),
        (with("{\"version\": 1}"), "3 `version` is not a string"),
        (with("{\"version\": \"==1\",\n\"hashes\": \"x\"}"), "4 `hashes` is not a list of strings"),
        (with("{\"version\": \"==1\", \"hashes\": [\n1]}"), "4 `hashes` is not a list of strings"),
        (
            with("{\"version\": \"==1\", \"hashes\": [\n\"sha256:ab\"]}"),
            "4 the sha256 hash has the wrong length: 2 digits",
        ),
        (with("{\"version\": \"==1 \"}"), "3 \"1 \" is not a valid version of a"),
        (with("{\"editable\": \"yes\"}"), "3 `editable` is not true or false"),
        (
            with("{\"x\": [{\"b\": 1,\n\"\\u0062\": 2}]}"),
            "4 the file is not valid JSON: the member \"b\" comes twice",
        ),
        (with("{}, \"a\": {}"), "3 the file is not valid JSON: the member \"a\" comes twice"),
        ("{\n".into(), "2 the file is not valid JSON: EOF while parsing an object"),
        ("{} x".into(), "1 the file is not valid JSON: trailing characters"),
    ] {
        assert_eq!(
            refusal(read_text("Pipfile.lock", &text)),
            format!("invalid-lock-file Pipfile.lock:{said}"),
            "{text}"
        );
    }
}

#[test]
fn what_is_too_deep_or_too_large_ends() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for (name, text) in [
        ("uv.lock", format!("version = 1\nx = {}", deep("[", "]"))),
        ("uv.lock", format!("version = 1\nx = {}1{}", "{a=".repeat(100_000), "}".repeat(100_000))),
        ("Pipfile.lock", deep("[", "]")),
        ("Pipfile.lock", "{\"a\":".repeat(100_000)),
    ] {
        assert!(refusal(read_text(name, &text)).starts_with("invalid-lock-file "), "{name}");
    }
    let many = "a\n".repeat(50_001);
    assert_eq!(
        refusal(read_text("requirements.txt", &many)),
        "lock-file-limit requirements.txt:50001 it has more than 50000 entries"
    );
    let long = "#".repeat((32 << 20) + 1);
    let said =
        "lock-file-limit requirements.txt the file and its includes are longer than 33554432 bytes";
    assert_eq!(refusal(read_text("requirements.txt", &long)), said);
}

#[test]
fn what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uv.lock");
    assert_eq!(read(&path, &variables).unwrap_err().code(), "io");
    fs::write(&path, b"version = 1\n# \xff").unwrap();
    assert_eq!(
        refusal(read(&path, &variables)),
        "invalid-lock-file uv.lock:2 the file is not UTF-8"
    );
    fs::write(&path, "\u{feff}version = 1\n").unwrap();
    assert_eq!(
        refusal(read(&path, &variables)),
        "invalid-lock-file uv.lock:1 the file begins with a byte order mark, which some \
             installers do not read: save it without one"
    );
    assert_eq!(read(folder.path(), &variables).unwrap_err().code(), "io");
}

/// Whatever is cut off or changed, there is an answer.
#[test]
fn no_text_makes_it_panic() {
    let samples = [
        (
            "requirements.txt",
            "a[b]==1 ; x \\\n --hash=x:ab # ${X}\n-e 'q \"' # c\n--pre\nb @ git+é://u@h/é\n./c\n",
        ),
        (
            "pylock.toml",
            "lock-version='1.0'\n[[packages]]\nname='a'\nsdist={url='x/é%ff',hashes={md5='a'}}\n",
        ),
        (
            "uv.lock",
            "version=1\n[[package]]\nname='a'\nsource={registry='é://u:p@h'}\nsdist={url='%',hash='é:a'}\n",
        ),
        (
            "poetry.lock",
            "[[package]]\nname='a'\nversion='1'\n[metadata]\nlock-version='1.1'\n[metadata.files]\na=[{file='é',hash='x:'}]\n",
        ),
        (
            "Pipfile.lock",
            "{\"_meta\":{\"pipfile-spec\":6},\"é\":{\"a\":{\"version\":\"==é\",\"hashes\":[\"\\u00e9:\"]}}}",
        ),
    ];
    for (name, text) in samples {
        let path = Path::new("nowhere").join(name);
        let format = Format::of_name(&path).unwrap();
        let answers = |bytes: Vec<u8>| {
            let Ok(text) = String::from_utf8(bytes) else { return 0 };
            let text = Text::new(&path, text);
            usize::from(entries_of(format, &text, &variables, &mut Budget::default()).is_ok())
        };
        let mut understood = answers(text.into());
        for at in 0..text.len() {
            answers(text.as_bytes()[..at].to_vec());
            for change in ["", "\"", "'", "\\", "\n", "[", "=", ":", "é", "$", "#", "-"] {
                let mut bytes = text.as_bytes().to_vec();
                bytes.splice(at..=at, change.bytes());
                understood += answers(bytes);
            }
        }
        assert!(understood > 0, "{name}: no change of it is read to its end");
    }
}
