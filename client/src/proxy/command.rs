//! Commands of installers: which lock file a command uses, and whether it installs.

mod index;
mod options;

use std::path::{Path, PathBuf};

pub use index::{names_proxy, own_index, uv_settings};
use options::{Words, grammar};

/// What a command does with a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockUse {
    /// The lock files that the command installs from. Some may not exist.
    pub reads: Vec<PathBuf>,
    /// The folder in which it may write lock files.
    pub folder: PathBuf,
    /// Other files that it may write: those of `-o`.
    pub writes: Vec<PathBuf>,
    /// What the command is for.
    pub purpose: Purpose,
    /// When the tool writes the index that it asks into its lock file.
    pub names_index: NamesIndex,
    /// An option of the tool that is not known. It may name a lock file, or take a value that was
    /// read as something else.
    pub unknown: Option<String>,
}

/// When a command writes the index that it asks into a lock file, where another index would be of
/// no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamesIndex {
    /// Never, as far as is known.
    Never,
    /// If there is no lock file yet.
    InNewFile,
    /// Always, because it changes what is locked.
    Always,
}

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It writes a lock file and installs nothing.
    Resolve,
    /// It may install, as far as is known.
    Install,
}

/// The names of lock files that tools write beside a project.
pub const LOCK_FILES: [&str; 5] =
    ["Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"];

/// The names of other files of a project into which tools write the index that they ask.
pub const PROJECT_FILES: [&str; 3] = ["Pipfile", "pyproject.toml", "uv.toml"];

/// Returns what a command does with a lock file. A command that is not known may install, and reads
/// no lock file.
///
/// `variable` returns the value of an environment variable: some name the project or its files.
pub fn lock_use(command: &[String], variable: &dyn Fn(&str) -> Option<String>) -> LockUse {
    let (tool, mut arguments) = tool(command);
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let tool = match tool.as_str() {
        "uvx" => {
            arguments.splice(..0, ["tool", "run"]);
            "uv"
        }
        other => other,
    };
    let Some(grammar) = grammar(tool) else {
        let (reads, writes) = (Vec::new(), Vec::new());
        let (folder, purpose) = (PathBuf::from("."), Purpose::Install);
        let names_index = NamesIndex::Never;
        return LockUse { reads, folder, writes, purpose, names_index, unknown: None };
    };
    let words = grammar.read(&arguments);
    let folder = folder(tool, &words, &variable);
    let own = |name: &str| vec![folder.join(name)];
    let files = |names: &[&str]| -> Vec<PathBuf> {
        words.values(names).map(|name| folder.join(name)).collect()
    };
    let subcommand = words.subcommand(grammar);
    let behind = subcommand.split_whitespace().count();
    let rest = words.plain.get(behind..).unwrap_or_default();
    let (reads, purpose) = match (tool, subcommand.as_str()) {
        ("uv", "lock" | "export" | "pip compile") => (Vec::new(), Purpose::Resolve),
        ("uv", "sync" | "run" | "add" | "remove") => {
            let mut reads = own("uv.lock");
            reads.extend(files(&REQUIREMENTS));
            // A script may have a lock file of its own.
            let is_script = |name: &&String| {
                let options = ["--script", "--gui-script", "-s"];
                name.ends_with(".py") || words.alone.iter().any(|one| options.contains(&&**one))
            };
            let named = rest.first().filter(|_| subcommand == "run").filter(is_script);
            for script in words.values(&["--script"]).chain(named.map(String::as_str)) {
                reads.push(folder.join(format!("{script}.lock")));
            }
            (reads, Purpose::Install)
        }
        ("uv", "pip sync") => {
            let mut reads = files(&REQUIREMENTS);
            reads.extend(rest.iter().map(|name| folder.join(name)));
            (reads, Purpose::Install)
        }
        ("uv", _) => (files(&REQUIREMENTS), Purpose::Install),
        ("pip" | "pip3", "lock") | ("pip-compile", _) => (Vec::new(), Purpose::Resolve),
        ("pip" | "pip3", _) => {
            let mut reads = files(&REQUIREMENTS);
            let named = variable("PIP_REQUIREMENT").unwrap_or_default();
            reads.extend(named.split_whitespace().map(PathBuf::from));
            (reads, Purpose::Install)
        }
        ("pip-sync", _) => {
            let named: Vec<PathBuf> = words.plain.iter().map(|name| folder.join(name)).collect();
            (if named.is_empty() { own("requirements.txt") } else { named }, Purpose::Install)
        }
        (_, "lock") => (Vec::new(), Purpose::Resolve),
        ("poetry", _) => (own("poetry.lock"), Purpose::Install),
        ("pdm", _) => {
            let named = words.values(&["-L", "--lockfile"]).last().map(str::to_owned);
            let named = named.or_else(|| variable("PDM_LOCKFILE"));
            (own(named.as_deref().unwrap_or("pdm.lock")), Purpose::Install)
        }
        _ => (own("Pipfile.lock"), Purpose::Install),
    };
    let mut writes = files(&["-o", "--output-file", "--output"]);
    writes.extend(files(&["-L", "--lockfile"]));
    let keeps_lock = ["--frozen", "--locked", "--script", "--no-project"];
    let is_kept = words.alone.iter().any(|one| keeps_lock.contains(&&**one))
        || words.values(&keeps_lock).next().is_some();
    let names_index = match (tool, subcommand.as_str()) {
        ("uv", _) if is_kept => NamesIndex::Never,
        ("uv", "sync" | "lock" | "export") => NamesIndex::InNewFile,
        ("uv", "add" | "remove") => NamesIndex::Always,
        _ => NamesIndex::Never,
    };
    LockUse { reads, folder, writes, purpose, names_index, unknown: words.unknown }
}

/// The options that name lists of requirements, or other files of what is to be installed.
const REQUIREMENTS: [&str; 4] = ["-r", "--requirement", "--requirements", "--with-requirements"];

/// Returns whether a file is a lock file: its name says so, or it pins hashes. A list of
/// requirements without hashes locks nothing, and every file that it leads to is verified on its
/// way.
pub fn is_lock_file(path: &Path, text: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    LOCK_FILES.contains(&name)
        || (name.starts_with("pylock.") && name.ends_with(".toml"))
        || name.ends_with(".py.lock")
        || text.contains("--hash")
}

/// Returns whether two texts of a lock file differ in addresses alone, so that the older one says
/// the same.
pub fn differ_in_addresses_only(before: &str, after: &str) -> bool {
    without_addresses(before) == without_addresses(after)
}

/// Keeps of each URL only what stands behind its last slash, and nothing of an index's.
fn without_addresses(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(start) = rest.find("http://").or_else(|| rest.find("https://")) {
            let start = rest.find("https://").map_or(start, |other| start.min(other));
            out.push_str(rest.get(..start).unwrap_or_default());
            let url = rest.get(start..).unwrap_or_default();
            let end = url.find(['"', '\'', ' ', ',']).unwrap_or(url.len());
            let (url, behind) = url.split_at(end);
            let is_index = out.trim_end().ends_with("registry = \"");
            let name = url.rsplit('/').next().unwrap_or_default();
            out.push_str(if is_index { "" } else { name });
            rest = behind;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

/// Returns the name of the tool that a command runs, and its arguments.
fn tool(command: &[String]) -> (String, Vec<&str>) {
    let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
    let mut tool = words.first().map(|word| stem(word)).unwrap_or_default();
    if tool.starts_with("python") && words.get(1) == Some(&"-m") {
        words.drain(..2);
        tool = words.first().copied().unwrap_or_default().to_owned();
    }
    words.drain(..words.len().min(1));
    (tool, words)
}

fn stem(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
    name.strip_suffix(".exe").unwrap_or(name).to_owned()
}

/// Returns the folder of the project: options count before variables.
fn folder(tool: &str, words: &Words, variable: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let named = |options: &[&str], variables: &[&str]| {
        let option = words.values(options).last().map(str::to_owned);
        option.or_else(|| variables.iter().find_map(|name| variable(name))).map(PathBuf::from)
    };
    let found = match tool {
        "uv" => below(
            named(&["--directory"], &["UV_WORKING_DIR", "UV_WORKING_DIRECTORY"]),
            named(&["--project"], &["UV_PROJECT"]),
        ),
        "poetry" => below(named(&["-C", "--directory"], &[]), named(&["-P", "--project"], &[])),
        "pdm" => named(&["-p", "--project"], &["PDM_PROJECT"]),
        "pipenv" => named(&[], &["PIPENV_PIPFILE"])
            .and_then(|file| file.parent().map(Path::to_owned))
            .filter(|folder| !folder.as_os_str().is_empty()),
        _ => None,
    };
    found.unwrap_or_else(|| PathBuf::from("."))
}

/// Returns the folder of a project, which is relative to the working folder.
fn below(working: Option<PathBuf>, project: Option<PathBuf>) -> Option<PathBuf> {
    match (working, project) {
        (Some(working), Some(project)) => Some(working.join(project)),
        (working, project) => working.or(project),
    }
}

/// Returns where a tool looks for a lock file that is not in the folder where it was called:
/// `folder` and the folders above, the nearest first. uv goes on to the root of a workspace, the
/// others end at the first project. `is_there` says whether there is a file at a path.
///
/// Returns `None` for a lock file that is looked for nowhere else, and where there is none.
pub fn lock_file_above(
    lock: &Path,
    folder: &Path,
    is_there: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let name = lock.file_name()?.to_str()?;
    let project = match name {
        "uv.lock" => None,
        "pdm.lock" | "poetry.lock" => Some("pyproject.toml"),
        "Pipfile.lock" => Some("Pipfile"),
        _ => return None,
    };
    for folder in folder.ancestors() {
        let path = folder.join(name);
        if is_there(&path) {
            return Some(path);
        }
        if project.is_some_and(|project| is_there(&folder.join(project))) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(line: &str) -> (Vec<String>, Purpose) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let of = lock_use(&words, &|_| None);
        let reads = of.reads.iter().map(|path| path.display().to_string().replace("./", ""));
        (reads.collect(), of.purpose)
    }

    #[test]
    fn the_lock_file_of_a_command_is_the_one_that_it_installs_from() {
        use Purpose::{Install, Resolve};
        for (line, reads, purpose) in [
            ("uv sync", &["uv.lock"][..], Install),
            ("/usr/bin/uv --project sub sync --frozen", &["sub/uv.lock"], Install),
            ("uv --directory a --project b sync", &["a/b/uv.lock"], Install),
            ("uv run -- pytest -r x", &["uv.lock"], Install),
            ("uv run pytest --project x -r y", &["uv.lock"], Install),
            ("uv run a.py --project x", &["uv.lock", "a.py.lock"], Install),
            ("uv run --script a.py", &["uv.lock", "a.py.lock"], Install),
            ("uv run -p 3.12 --with-requirements a.txt -m x", &["uv.lock", "a.txt"], Install),
            ("uv sync --script a.py", &["uv.lock", "a.py.lock"], Install),
            ("uv --color always sync", &["uv.lock"], Install),
            ("uv --cache-dir lock sync", &["uv.lock"], Install),
            ("uv pip --quiet install -qra.txt -t lock", &["a.txt"], Install),
            ("uv pip sync -b x.txt --target lock a.txt b.txt", &["a.txt", "b.txt"], Install),
            ("uvx --with-requirements a.txt ruff -r b.txt", &["a.txt"], Install),
            ("uv lock", &[], Resolve),
            ("uv pip compile requirements.in -o requirements.txt", &[], Resolve),
            ("uv pip sync requirements.txt", &["requirements.txt"], Install),
            ("uv pip install -r a.txt --requirement=b.txt", &["a.txt", "b.txt"], Install),
            ("pip install six", &[], Install),
            ("python3.11 -m pip install -ra.txt", &["a.txt"], Install),
            ("pip lock six", &[], Resolve),
            ("pip --timeout 5 install -r a.txt", &["a.txt"], Install),
            ("pip --log lock install -qUra.txt", &["a.txt"], Install),
            ("pip install --root lock -r a.txt", &["a.txt"], Install),
            ("pip-compile", &[], Resolve),
            ("pip-sync", &["requirements.txt"], Install),
            ("pip-sync dev.txt", &["dev.txt"], Install),
            ("poetry install", &["poetry.lock"], Install),
            ("poetry -C sub lock", &[], Resolve),
            ("pdm sync", &["pdm.lock"], Install),
            ("pdm lock", &[], Resolve),
            ("pdm -c x.toml install -L win.lock", &["win.lock"], Install),
            ("pdm run -p sub pytest", &["sub/pdm.lock"], Install),
            ("poetry --project=sub -n install --only main", &["sub/poetry.lock"], Install),
            ("pipenv install", &["Pipfile.lock"], Install),
            ("pipenv lock", &[], Resolve),
            ("make install", &[], Install),
        ] {
            let (found, of) = used(line);
            assert_eq!(
                (found.iter().map(String::as_str).collect(), of),
                (reads.to_vec(), purpose),
                "{line}"
            );
        }
        let words = ["uv", "pip", "compile", "a.in", "-o", "out.txt"].map(str::to_owned);
        assert_eq!(lock_use(&words, &|_| None).writes, [PathBuf::from("./out.txt")]);
    }

    /// Otherwise a lock file that such an option names would be installed without a check.
    #[test]
    fn an_option_that_is_not_known_is_named() {
        for (line, expected) in [
            ("pip install --requ a.txt", Some("--requ")),
            ("pip install --frob six", Some("--frob")),
            ("pip install -Zr a.txt", Some("-Z")),
            ("pip --frob x install six", Some("--frob")),
            ("uv sync --frozen=x", Some("--frozen")),
            ("uv --frob sync", Some("--frob")),
            ("uv run --frob x", Some("--frob")),
            ("pdm install --lockf x.lock", Some("--lockf")),
            ("pipenv --frob install", Some("--frob")),
            ("uv run pytest --frob", None),
            ("uv run -- pytest --frob", None),
            ("uv tree --frob", None),
            ("pip list --outdated", None),
            ("make --frob", None),
            ("pip install --no-binary=:all: -e . -vvv six", None),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(lock_use(&words, &|_| None).unknown.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn variables_name_the_project_too_and_options_count_before_them() {
        for (line, variable, value, expected) in [
            ("uv sync", "UV_PROJECT", "sub", "sub/uv.lock"),
            ("uv sync --project other", "UV_PROJECT", "sub", "other/uv.lock"),
            ("uv sync --project other", "UV_WORKING_DIR", "sub", "sub/other/uv.lock"),
            ("uv sync", "UV_PROJECT", "", "./uv.lock"),
            ("pdm sync", "PDM_PROJECT", "sub", "sub/pdm.lock"),
            ("pipenv sync", "PIPENV_PIPFILE", "/sub/Pipfile", "/sub/Pipfile.lock"),
            ("pipenv sync", "PIPENV_PIPFILE", "Pipfile", "./Pipfile.lock"),
            ("pip install", "PIP_REQUIREMENT", "a.txt", "a.txt"),
            ("poetry install", "UV_PROJECT", "sub", "./poetry.lock"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let of = |name: &str| (name == variable).then(|| value.to_owned());
            assert_eq!(lock_use(&words, &of).reads, [PathBuf::from(expected)], "{line} {variable}");
        }
    }

    #[test]
    fn settings_of_uv_that_name_a_proxy_are_found() {
        for (text, expected) in [
            ("http-proxy = 'http://a'", true),
            ("[tool.uv]\nhttps-proxy = 'http://a'", true),
            ("no-proxy = ['a']\n# http-proxy", false),
            ("[other]\nhttp-proxy = 'http://a'", false),
        ] {
            assert_eq!(names_proxy(text), expected, "{text}");
        }
        let of = |line: &str, named: Option<&str>| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let named = named.map(str::to_owned);
            uv_settings(&words, Path::new("/w"), &|name| match name {
                "UV_CONFIG_FILE" => named.clone(),
                "HOME" => Some("/h".to_owned()),
                _ => None,
            })
        };
        let all = of("uv sync", None);
        for path in ["/w/uv.toml", "/pyproject.toml", "/h/.config/uv/uv.toml", "/etc/uv/uv.toml"] {
            assert!(all.iter().any(|found| found == Path::new(path)), "{path} {all:?}");
        }
        assert_eq!(of("uv sync", Some("/u.toml")), ["/u.toml", "/u.toml"].map(PathBuf::from));
        let named = ["/w/v", "v"].map(PathBuf::from);
        assert_eq!(of("uv --config-file=v sync", Some("/u")), named);
        assert!(of("pip install six", Some("/u.toml")).is_empty());
    }

    #[test]
    fn a_lock_file_above_is_the_one_that_the_tool_takes() {
        let files = ["/w/uv.lock", "/w/poetry.lock", "/w/a/pyproject.toml", "/w/Pipfile.lock"];
        let is_there = |path: &Path| files.iter().any(|file| Path::new(file) == path);
        for (lock, folder, expected) in [
            ("uv.lock", "/w/a/b", Some("/w/uv.lock")),
            ("uv.lock", "/other", None),
            ("poetry.lock", "/w/b", Some("/w/poetry.lock")),
            // A project of its own, without a lock file yet.
            ("poetry.lock", "/w/a/b", None),
            ("Pipfile.lock", "/w/a/b", Some("/w/Pipfile.lock")),
            ("requirements.txt", "/w/a", None),
        ] {
            let found = lock_file_above(Path::new(lock), Path::new(folder), &is_there);
            assert_eq!(found.as_deref(), expected.map(Path::new), "{lock} {folder}");
        }
    }

    #[test]
    fn a_list_of_requirements_is_a_lock_file_only_with_hashes() {
        for (name, text, is) in [
            ("uv.lock", "", true),
            ("pylock.dev.toml", "", true),
            ("requirements.txt", "six==1.17.0 --hash=sha256:00", true),
            ("requirements.txt", "six", false),
        ] {
            assert_eq!(is_lock_file(Path::new(name), text), is, "{name}");
        }
    }

    #[test]
    fn a_lock_file_with_other_addresses_only_says_the_same() {
        let before = "source = { registry = \"https://pypi.org/simple\" }\nsdist = { url = \
                      \"https://files.pythonhosted.org/packages/aa/six-1.tar.gz\", hash = \"sha256:0\" }\n";
        let after = "source = { registry = \"http://127.0.0.1:1/t/simple/\" }\nsdist = { url = \
                     \"http://127.0.0.1:1/t/files/six/six-1.tar.gz\", hash = \"sha256:0\" }\n";
        assert!(differ_in_addresses_only(before, after));
        for (old, new) in [("six-1.tar.gz", "six-2.tar.gz"), ("sha256:0", "sha256:1")] {
            assert!(!differ_in_addresses_only(before, &after.replace(old, new)), "{new}");
        }
    }
}
