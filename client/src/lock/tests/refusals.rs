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
            "pylock.toml:1 the lock version \"2.0\" is not known, only 1 and 1.x are",
        ),
        (
            "pylock.toml",
            "lock-version = '1.x'\npackages = []",
            "pylock.toml:1 the lock version \"1.x\" is not known, only 1 and 1.x are",
        ),
        (
            "pdm.lock",
            "[metadata]\nlock_version = '5.0'",
            "pdm.lock:2 the lock version \"5.0\" is not known, only 4.x is",
        ),
        ("uv.lock", "\nversion = 2", "uv.lock:2 the lock version 2 is not known, only 1 is"),
        (
            "uv.lock",
            "version = 1\n\n[[distribution]]\nname = 'a'",
            "uv.lock:3 the file has an early form of the format, with `distribution` instead of \
                 `package`",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '3.0'",
            "poetry.lock:2 the lock version \"3.0\" is not known, only 1.x and 2.x are",
        ),
        (
            "Pipfile.lock",
            "{\n\"_meta\": {\"pipfile-spec\": 7}}",
            "Pipfile.lock:2 the pipfile-spec 7 is not known, only 6 is",
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
            "2 \"../a\" \
            cannot be the name of a project",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nversion = \
            '1\\t'"
                .into(),
            "2 \"1\\\\t\" cannot be the version of a",
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
            "4 \"a/b\" cannot be the name of a file",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {url = \
            'https://h/..', hashes = {}}"
                .into(),
            "4 \"..\" cannot be the name of a file",
        ),
        (
            "pylock.toml",
            "lock-version = '1.0'\n[[packages]]\nname = 'a'\nsdist = {name = 'a', size = -1}"
                .into(),
            "4 `size` is not a whole number",
        ),
        (
            "pylock.toml",
            file(&sha256(63)),
            "6 the sha256 hash has 63 digits, which no such hash \
            has",
        ),
        (
            "pylock.toml",
            file(&sha256(66)),
            "6 the sha256 hash has 66 digits, which no such hash \
            has",
        ),
        (
            "pylock.toml",
            file("sha256 = 'é'"),
            "6 the sha256 hash has 'é' in it, which is no hex \
            digit",
        ),
        ("pylock.toml", file("sha256 = ''"), "6 a hash without an algorithm or without a value"),
        ("uv.lock", "".into(), "1 `version` is missing"),
        ("uv.lock", "version = 1\n[[package]]\nname = 'a'".into(), "2 a has no `source`"),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {ftp = 'x'}".into(),
            "4 the \
            source of a is of a kind that is not known",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'a'\nsource = {git = 'x', path = \
            'y'}"
                .into(),
            "4 the source of a is of two kinds",
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
            "5 the hash \"abc\" is not of the form \
            ALGORITHM:HEX",
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
            "6 the source of a is of the kind \"x\", which is \
            not known",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '1.1'\n[metadata.files]\na = []".into(),
            "4 \
            files of \"a\", which is no package",
        ),
        (
            "poetry.lock",
            "[metadata]\nlock-version = '1.1'\n[metadata.files]\na_b = []\nA-b = \
            []\n[[package]]\nname = 'a.b'\nversion = '1'"
                .into(),
            "5 files of \"A-b\" a second \
            time",
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
        "invalid-lock-file poetry.lock:8 a 1 has a twice, and not alike"
    );
    assert!(read_text("poetry.lock", &twice.replace('b', "a")).is_ok(), "said twice, and alike");
    for (text, line) in [
        ("version = 1\nversion = 1", 2),
        ("version = 1\n[manifest]\n[[package]\n", 3),
        ("\n= 1", 2),
    ] {
        let said = refusal(read_text("uv.lock", text));
        assert!(
            said.starts_with(&format!("invalid-lock-file uv.lock:{line} it is not valid TOML: ")),
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
            "4 the sha256 hash has 2 digits, which no such hash has",
        ),
        (with("{\"version\": \"==1 \"}"), "3 \"1 \" cannot be the version of a"),
        (with("{\"editable\": \"yes\"}"), "3 `editable` is not true or false"),
        (
            with("{\"x\": [{\"b\": 1,\n\"\\u0062\": 2}]}"),
            "4 it is not valid JSON: the member \"b\" comes twice",
        ),
        (with("{}, \"a\": {}"), "3 it is not valid JSON: the member \"a\" comes twice"),
        ("{\n".into(), "2 it is not valid JSON: EOF while parsing an object"),
        ("{} x".into(), "1 it is not valid JSON: trailing characters"),
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
    let said = "lock-file-limit requirements.txt it is longer than 33554432 bytes, with all that \
        it includes";
    assert_eq!(refusal(read_text("requirements.txt", &long)), said);
}

#[test]
fn what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uv.lock");
    assert_eq!(read(&path, &variables).unwrap_err().code(), "io");
    fs::write(&path, b"version = 1\n# \xff").unwrap();
    assert_eq!(refusal(read(&path, &variables)), "invalid-lock-file uv.lock:2 it is not UTF-8");
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
