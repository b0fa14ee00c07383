//! Small files of the formats that are TOML or JSON: each kind of entry.

use super::{hex, lines, read_text};

fn entries(name: &str, text: &str) -> Vec<String> {
    lines(&read_text(name, text).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn pylock() {
    let (a, b) = (hex('a', 64), hex('b', 128));
    let text = format!(
        r#"lock-version = "1.1"
created-by = "nobody"

[[packages]]
name = "Plain"
version = "1.0"
marker = "sys_platform == 'nowhere'"
index = "https://user:secret@example.org/simple"
sdist = {{ url = "https://example.org/plain-1.0.tar.gz?x=/y", size = 12, hashes = {{ sha256 = "{a}" }} }}
[[packages.wheels]]
name = "plain-1.0-py3-none-any.whl"
url = "https://example.org/other"
hashes = {{ sha256 = "{a}", sha512 = "{b}" }}
[[packages.wheels]]
path = "wheels/plain-1.0-cp311-none-any.whl"
hashes = {{ md5 = "{c}", sha256 = "{a}", sha1 = "{d}" }}

[[packages]]
name = "percent"
sdist = {{ url = "https://example.org/percent-1%2Blocal.tar.gz", hashes = {{ sha256 = "{a}" }} }}

[[packages]]
name = "git"
vcs = {{ type = "git", url = "https://example.org/x", commit-id = "abc" }}

[[packages]]
name = "own"
directory = {{ path = ".", editable = true }}

[[packages]]
name = "beside"
directory = {{ path = "../beside", editable = true }}

[[packages]]
name = "tree"
[packages.directory]
path = "./tree"

[[packages]]
name = "address"
archive = {{ url = "https://example.org/x.tar.gz", hashes = {{ sha256 = "{a}" }} }}

[[packages]]
name = "archive"
archive = {{ path = "x.tar.gz", hashes = {{ sha256 = "{a}" }} }}

[[packages]]
name = "nothing"
version = "2"

[[packages]]
name = "unhashed"
wheels = [{{ name = "unhashed-1-py3-none-any.whl", hashes = {{}} }}]
"#,
        c = hex('c', 32),
        d = hex('d', 40),
    );
    assert_eq!(
        entries("pylock.toml", &text),
        [
            "pylock.toml:4 Plain 1.0 from https://example.org/simple (plain-1.0.tar.gz \
             Sha256:aaaa 12) \
             (plain-1.0-py3-none-any.whl Sha256:aaaa Sha512:bbbb)",
            "pylock.toml:14 !weak-hash plain-1.0-cp311-none-any.whl",
            "pylock.toml:18 percent - (percent-1+local.tar.gz Sha256:aaaa)",
            "pylock.toml:22 !vcs git",
            "pylock.toml:26 !own-project own",
            "pylock.toml:30 !editable beside",
            "pylock.toml:34 !path tree",
            "pylock.toml:39 !url address",
            "pylock.toml:43 !path archive",
            "pylock.toml:47 !no-hash nothing 2",
            "pylock.toml:53 !no-hash unhashed-1-py3-none-any.whl",
        ]
    );
    assert_eq!(entries("pylock.toml", "lock-version = '1.0'\npackages = []"), [""; 0]);
}

#[test]
fn uv() {
    let (a, b) = (hex('a', 64), hex('b', 128));
    let text = format!(
        r#"version = 1
revision = 9
requires-python = ">=3.10"

[manifest]
members = ["app", "member"]

[[package]]
name = "app"
version = "0.1"
source = {{ virtual = "." }}

[[package]]
name = "member"
source = {{ editable = "packages/member" }}

[[package]]
name = "other"
source = {{ editable = "../other" }}

[[package]]
name = "six"
version = "1.17.0"
source = {{ registry = "https://user:secret@example.org/simple" }}
sdist = {{ url = "https://example.org/six-1.17.0.tar.gz", hash = "sha256:{a}", size = 34031 }}
wheels = [
    {{ url = "https://example.org/six-1.17.0-py2.py3-none-any.whl#x", hash = "sha512:{b}" }},
    {{ url = "https://example.org/six-1.17.0-py3-none-any.whl" }},
]

[[package]]
name = "flat"
version = "1"
source = {{ registry = "wheels" }}
wheels = [{{ path = "wheels\\flat-1-py3-none-any.whl", hash = "sha256:{a}" }}, {{ filename = "flat-1-cp311-none-any.whl", hash = "sha256:{a}" }}]

[[package]]
name = "git"
source = {{ git = "https://example.org/x?rev=main#abc" }}

[[package]]
name = "address"
source = {{ url = "https://example.org/x.whl", subdirectory = "x" }}
wheels = [{{ url = "https://example.org/x.whl", hash = "sha256:{a}" }}]

[[package]]
name = "wheel"
source = {{ path = "x.whl" }}

[[package]]
name = "tree"
source = {{ directory = "tree" }}

[[package]]
name = "empty"
version = "3"
source = {{ registry = "https://example.org/simple" }}
"#
    );
    assert_eq!(
        entries("uv.lock", &text),
        [
            "uv.lock:8 !own-project app 0.1",
            "uv.lock:13 !own-project member",
            "uv.lock:17 !editable other",
            "uv.lock:21 six 1.17.0 from https://example.org/simple (six-1.17.0.tar.gz Sha256:aaaa \
             34031) \
             (six-1.17.0-py2.py3-none-any.whl Sha512:bbbb)",
            "uv.lock:28 !no-hash six-1.17.0-py3-none-any.whl",
            "uv.lock:31 flat 1 from wheels (flat-1-py3-none-any.whl Sha256:aaaa) \
             (flat-1-cp311-none-any.whl Sha256:aaaa)",
            "uv.lock:37 !vcs git",
            "uv.lock:41 !url address",
            "uv.lock:46 !path wheel",
            "uv.lock:50 !path tree",
            "uv.lock:54 !no-hash empty 3",
        ]
    );
}

#[test]
fn poetry_2() {
    let a = hex('a', 64);
    let text = format!(
        r#"[[package]]
name = "six"
version = "1.17.0"
files = [
    {{ file = "six-1.17.0.tar.gz", hash = "sha256:{a}" }},
    {{ file = "six-1.17.0-py2-none-any.whl", hash = "md5:{c}" }},
    {{ file = "six-1.17.0-py3-none-any.whl" }},
]

[[package]]
name = "private"
version = "1"
files = [{{ file = "private-1.tar.gz", hash = "sha256:{a}" }}]
[package.source]
type = "legacy"
url = "https://user:secret@example.org/simple"
reference = "private"

[[package]]
name = "git"
version = "1"
files = []
source = {{ type = "git", url = "https://example.org/x", reference = "main", resolved_reference = "abc" }}

[[package]]
name = "address"
version = "1"
files = [{{ file = "x.whl", hash = "sha256:{a}" }}]
source = {{ type = "url", url = "https://example.org/x.whl" }}

[[package]]
name = "tree"
version = "1"
develop = false
source = {{ type = "directory", url = "tree" }}

[[package]]
name = "develop"
version = "1"
develop = true
source = {{ type = "directory", url = "develop" }}

[[package]]
name = "wheel"
version = "1"
source = {{ type = "file", url = "x.whl" }}

[[package]]
name = "empty"
version = "1"
files = []

[metadata]
lock-version = "2.1"
"#,
        c = hex('c', 32),
    );
    assert_eq!(
        entries("poetry.lock", &text),
        [
            "poetry.lock:1 six 1.17.0 (six-1.17.0.tar.gz Sha256:aaaa)",
            "poetry.lock:6 !weak-hash six-1.17.0-py2-none-any.whl",
            "poetry.lock:7 !no-hash six-1.17.0-py3-none-any.whl",
            "poetry.lock:10 private 1 from https://example.org/simple (private-1.tar.gz \
             Sha256:aaaa)",
            "poetry.lock:19 !vcs git 1",
            "poetry.lock:25 !url address 1",
            "poetry.lock:31 !path tree 1",
            "poetry.lock:37 !editable develop 1",
            "poetry.lock:43 !path wheel 1",
            "poetry.lock:48 !no-hash empty 1",
        ]
    );
}

#[test]
fn poetry_1() {
    let (a, b) = (hex('a', 64), hex('b', 64));
    let text = format!(
        r#"[[package]]
name = "Two.Versions"
version = "1.0"
category = "main"

[[package]]
name = "Two.Versions"
version = "1.0.1"
category = "main"

[[package]]
name = "one"
version = "3"

[[package]]
name = "none"
version = "4"

[metadata]
lock-version = "1.1"

[metadata.files]
none = []
one = [
    {{file = "one-3.tar.gz", hash = "sha256:{a}"}},
    {{file = "one-3.post1.tar.gz", hash = "sha256:{b}"}},
]
two-versions = [
    {{file = "two_versions-1.0-py3-none-any.whl", hash = "sha256:{a}"}},
    {{file = "two_versions-1.0.1.tar.gz", hash = "sha256:{b}"}},
    {{file = "two_versions-stray.tar.gz", hash = "sha256:{b}"}},
]
"#
    );
    assert_eq!(
        entries("poetry.lock", &text),
        [
            "poetry.lock:1 Two.Versions 1.0 (two_versions-1.0-py3-none-any.whl Sha256:aaaa) \
             (two_versions-stray.tar.gz Sha256:bbbb)",
            "poetry.lock:6 Two.Versions 1.0.1 (two_versions-1.0.1.tar.gz Sha256:bbbb)",
            "poetry.lock:11 one 3 (one-3.tar.gz Sha256:aaaa) (one-3.post1.tar.gz Sha256:bbbb)",
            "poetry.lock:15 !no-hash none 4",
        ]
    );
}

#[test]
fn pipfile() {
    let (a, b) = (hex('a', 64), hex('b', 64));
    let marked = r#""markers": "os_name == 'x'", "version": "==1.17.0""#;
    let text = format!(
        r#"{{
  "_meta": {{
    "hash": {{"sha256": "x"}},
    "pipfile-spec": 6,
    "sources": [{{"name": "pypi", "url": "https://user:secret@example.org/simple", "verify_ssl": true}}]
  }},
  "default": {{
    "six": {{"hashes": ["sha256:{a}", "sha256:{b}"], "index": "pypi", {marked}}},
    "elsewhere": {{"hashes": ["sha256:{a}"], "index": "other", "version": "===2"}},
    "git": {{"git": "https://example.org/x", "ref": "abc"}},
    "tree": {{"path": "./tree"}},
    "develop": {{"path": ".", "editable": true}},
    "address": {{"file": "https://example.org/x.whl", "hashes": ["sha256:{a}"]}},
    "local": {{"file": "file:///x.whl"}},
    "any": {{"version": "*", "hashes": ["sha256:{a}"]}},
    "bare": {{"version": "==1"}}
  }},
  "develop": {{}},
  "docs": {{
    "weak": {{
      "hashes": [
        "md5:{c}",
        "sha256:{a}"
      ],
      "version": "==3"
    }}
  }}
}}"#,
        c = hex('c', 32),
    );
    assert_eq!(
        entries("Pipfile.lock", &text),
        [
            "Pipfile.lock:8 six 1.17.0 from https://example.org/simple (* Sha256:aaaa) (* \
             Sha256:bbbb)",
            "Pipfile.lock:9 elsewhere 2 from other (* Sha256:aaaa)",
            "Pipfile.lock:10 !vcs git",
            "Pipfile.lock:11 !path tree",
            "Pipfile.lock:12 !editable develop",
            "Pipfile.lock:13 !url address",
            "Pipfile.lock:14 !path local",
            "Pipfile.lock:15 !unpinned any",
            "Pipfile.lock:16 !no-hash bare 1",
            "Pipfile.lock:20 weak 3 from https://example.org/simple (* Sha256:aaaa)",
            "Pipfile.lock:22 !weak-hash weak 3",
        ]
    );
}

#[test]
fn pdm() {
    let a = hex('a', 64);
    let text = format!(
        r#"[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.1"
content_hash = "sha256:{a}"

[[metadata.targets]]
requires_python = ">=3.10"

[[package]]
name = "six"
version = "1.17.0"
requires_python = ">=3"
summary = ""
groups = ["default"]
marker = "python_version >= '3'"
dependencies = ["other>=1; extra == 'x'"]
files = [
    {{file = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:{a}"}},
    {{url = "https://example.org/six-1.17.0.tar.gz", hash = "sha256:{a}"}},
]

[[package]]
name = "six"
version = "1.17.0"
extras = ["more"]
dependencies = ["git @ git+https://example.org/x"]
files = [{{file = "six-1.17.0-py2.py3-none-any.whl", hash = "sha256:{a}"}}]

[[package]]
name = "git"
version = "1"
git = "https://example.org/x"
ref = "main"
revision = "abc"

[[package]]
name = "tree"
version = "1"
path = "./tree"
editable = true

[[package]]
name = "wheel"
version = "1"
path = "./x.whl"

[[package]]
name = "address"
version = "1"
url = "https://example.org/x.whl"
files = [{{url = "https://example.org/x.whl", hash = "sha256:{a}"}}]

[[package]]
name = "bare"
version = "1"
"#
    );
    assert_eq!(
        entries("pdm.lock", &text),
        [
            "pdm.lock:10 six 1.17.0 (six-1.17.0-py2.py3-none-any.whl Sha256:aaaa) \
             (six-1.17.0.tar.gz Sha256:aaaa)",
            "pdm.lock:23 six 1.17.0 (six-1.17.0-py2.py3-none-any.whl Sha256:aaaa)",
            "pdm.lock:27 !url six 1.17.0",
            "pdm.lock:30 !vcs git 1",
            "pdm.lock:37 !editable tree 1",
            "pdm.lock:43 !path wheel 1",
            "pdm.lock:48 !url address 1",
            "pdm.lock:54 !no-hash bare 1",
        ]
    );
}

/// uv writes a normalized `name` beside the URL of the index.
#[test]
fn a_file_may_be_signed_under_either_of_two_spellings() {
    let a = hex('a', 64);
    let text = |name: &str, path: &str, url: &str| {
        format!(
            "lock-version = '1'\n[[packages]]\nname = 'pyyaml'\nversion = '6.0.2'\n\
             [[packages.wheels]]\n{name}{path}url = 'https://example.org/{url}'\n\
             hashes = {{sha256 = '{a}'}}\n"
        )
    };
    let names = |text: &str| {
        let lock_file = read_text("pylock.toml", text).unwrap_or_else(|error| panic!("{error}"));
        let [super::Entry::Pinned(pinned)] = &lock_file.entries[..] else {
            panic!("{lock_file:?}")
        };
        let [file] = &pinned.files[..] else { panic!("{lock_file:?}") };
        (file.file_name.clone().unwrap(), file.other_name.clone())
    };
    let (small, large) =
        ("pyyaml-6.0.2-cp313-cp313-win32.whl", "PyYAML-6.0.2-cp313-cp313-win32.whl");
    let own = |name: &str| format!("name = '{name}'\n");
    assert_eq!(names(&text(&own(small), "", large)), (small.into(), Some(large.into())));
    assert_eq!(names(&text(&own(large), "", large)), (large.into(), None));
    assert_eq!(names(&text("", "", large)), (large.into(), None));
    // `path` names the file before `url` does.
    assert_eq!(
        names(&text("", &format!("path = 'wheels/{small}'\n"), large)),
        (small.into(), Some(large.into()))
    );
    // Other files than the one that is named: another build, another version, another place.
    for other in
        ["PyYAML-6.0.2-1-cp313-cp313-win32.whl", "PyYAML-6.0.3-cp313-cp313-win32.whl", "download"]
    {
        assert_eq!(names(&text(&own(small), "", other)), (small.into(), None), "{other}");
    }
}

/// pipenv writes the path of a local file as `archive.url`.
#[test]
fn an_archive_s_url_without_a_scheme_is_a_path() {
    let of = |url: &str| {
        let text = format!(
            "lock-version = '1.0'\npackages = [{{name = 'x', archive = {{url = '{url}', hashes = \
             {{sha256 = '{}'}}}}}}]",
            hex('a', 64)
        );
        entries("pylock.toml", &text).concat()
    };
    for (url, why) in [
        ("./x-1.0.tar.gz", "path"),
        ("wheels/x.whl", "path"),
        ("file:///x.whl", "path"),
        ("https://example.org/x.whl", "url"),
        ("git+https://example.org/x", "url"),
    ] {
        assert_eq!(of(url), format!("pylock.toml:2 !{why} x"), "{url}");
    }
}

/// It took cubic time.
#[test]
fn files_of_many_versions_in_one_table_are_shared_out_in_few_comparisons() {
    use crate::lock::poetry::COMPARISONS;
    let count = |versions: usize| {
        let mut text = String::new();
        let mut files = String::new();
        for version in 0..versions {
            text += &format!("[[package]]\nname = 'x'\nversion = '1.{version}'\n");
            files += &format!(
                "{{file = 'x-1.{version}.0.tar.gz', hash = 'sha256:{}'}},\n",
                hex('a', 64)
            );
        }
        text += &format!("[metadata]\nlock-version = '1.1'\n[metadata.files]\nx = [{files}]\n");
        COMPARISONS.with(|count| count.set(0));
        assert_eq!(entries("poetry.lock", &text).len(), versions);
        COMPARISONS.with(|count| count.get())
    };
    let (few, many) = (count(100), count(800));
    // Each version is sorted and each file looked up, in the logarithm of the number of versions.
    assert!(few > 100 && many < 13 * few, "{few} for 100 versions, {many} for 800");
}

/// Whatever else an entry is, what lies elsewhere in the web is not called a path or an editable
/// tree.
#[test]
fn a_remote_address_is_named_as_one() {
    let pipfile = |members: &str| {
        let text = format!(
            "{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\"x\": {{{members}}}}}}}"
        );
        entries("Pipfile.lock", &text).concat()
    };
    for members in [
        r#""path": "https://example.org/x.whl""#,
        r#""path": "https://example.org/x.whl", "editable": true"#,
        r#""path": "./x", "file": "https://example.org/x.whl""#,
    ] {
        assert_eq!(pipfile(members), "Pipfile.lock:1 !url x", "{members}");
    }
    for members in ["path = './x'\n", "editable = true\n", "editable = true\npath = './x'\n"] {
        let text = format!(
            "[metadata]\nlock_version = '4.5.0'\n[[package]]\nname = 'x'\n{members}url = \
             'https://example.org/x.whl'\n"
        );
        assert_eq!(entries("pdm.lock", &text), ["pdm.lock:3 !url x"], "{members}");
    }
    let vcs = "lock-version = '1.0'\n[[packages]]\nname = 'x'\nvcs = { type = \
        'https://example.org/x.whl#', url = 'y', commit-id = 'z' }";
    assert_eq!(
        super::refusal(read_text("pylock.toml", vcs)),
        "invalid-lock-file pylock.toml:4 `type` is not git, hg, svn or bzr"
    );
}

/// PDM 2.29.4 installs such a package without a hash, whatever pipenv noted.
#[test]
fn a_package_of_a_pylock_without_files_has_no_hash() {
    for files in ["", "wheels = []\n"] {
        let text = format!(
            "lock-version = '1.0'\n[[packages]]\nname = 'x'\nversion = \
             '1'\n{files}[packages.tool.pipenv]\nhashes = ['sha256:{}']\n",
            hex('a', 64)
        );
        assert_eq!(entries("pylock.toml", &text), ["pylock.toml:2 !no-hash x 1"], "{files}");
    }
}

/// By the server of an entry's files, its name goes to PyPI: that of a private project must not.
#[test]
fn files_on_the_server_of_pypi_and_nowhere_else_are_of_pypi() {
    let on_pypi = "https://files.pythonhosted.org/packages/aa/x-1.tar.gz";
    let other = [
        "https://example.org/x-1.tar.gz",
        "http://files.pythonhosted.org/packages/aa/x-1.tar.gz",
        "https://files.pythonhosted.org:8443/x-1.tar.gz",
        "https://files.pythonhosted.org.example.org/x-1.tar.gz",
        "https://me@files.pythonhosted.org/x-1.tar.gz",
        "https://files.pythonhosted.org@example.org/x-1.tar.gz",
        "https://test-files.pythonhosted.org/x-1.tar.gz",
        "https:files.pythonhosted.org/x-1.tar.gz",
        "https:\\\\files.pythonhosted.org/x-1.tar.gz",
        "//files.pythonhosted.org/x-1.tar.gz",
    ];
    let pypi = Some("https://pypi.org/simple");
    let hash = hex('a', 64);
    let pylock = |sdist: &str, more: &str| {
        let text = format!(
            "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'x'\nversion = \
             '1'\n{more}[packages.sdist]\n{sdist}\nhashes = {{sha256 = '{hash}'}}\n"
        );
        hosted_by("pylock.toml", &text)
    };
    let url = |url: &str| format!("url = '{url}'");
    assert_eq!(pylock(&url(on_pypi), ""), pypi);
    for other in other {
        assert_eq!(pylock(&url(other), ""), None, "{other}");
    }
    assert_eq!(pylock("path = 'x-1.tar.gz'", ""), None);
    // One file elsewhere is enough.
    let wheel = |url: &str| {
        format!(
            "[[packages.wheels]]\nname = 'x-1-py3-none-any.whl'\nurl = '{url}'\nhashes = \
             {{sha256 = '{hash}'}}\n"
        )
    };
    assert_eq!(pylock(&url(on_pypi), &wheel(&on_pypi.replace("x-1.", "y."))), pypi);
    assert_eq!(pylock(&url(on_pypi), &wheel(other[0])), None);
    let pipenv = format!("[packages.tool.pipenv]\nhashes = ['sha256:{}']\n", hex('b', 64));
    assert_eq!(pylock(&url(on_pypi), &pipenv), None);

    let pdm = |file: &str| {
        let text = format!(
            "[metadata]\nlock_version = '4.5.0'\n[[package]]\nname = 'x'\nversion = '1'\nfiles \
             = [{{{file}, hash = 'sha256:{hash}'}}]\n"
        );
        hosted_by("pdm.lock", &text)
    };
    assert_eq!(pdm(&url(on_pypi)), pypi);
    assert_eq!(pdm(&url(other[0])), None);
    assert_eq!(pdm("file = 'x-1.tar.gz'"), None);
}

/// Returns the index of the only entry by where its files are.
fn hosted_by(name: &str, text: &str) -> Option<&'static str> {
    let lock_file = super::read_text(name, text).unwrap();
    match &lock_file.entries[..] {
        [super::Entry::Pinned(pinned)] => pinned.hosted_by,
        entries => panic!("{entries:?}"),
    }
}
