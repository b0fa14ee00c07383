//! The index that an installer would ask.

use std::io;
use std::path::{Path, PathBuf};

use super::options::grammar;
use super::tool;
use crate::attestations::PYPI;
use crate::error::Error;

/// Installers, as far as their settings differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Installer {
    Pip,
    Pdm,
    Pipenv,
    Uv,
}

/// Returns the installers whose settings a command may follow: all of them for a command that is
/// not known, because it may start any.
fn installers(command: &[String]) -> &'static [Installer] {
    match tool(command).0.as_str() {
        "pip" | "pip3" | "pip-compile" | "pip-sync" => &[Installer::Pip],
        "uv" | "uvx" => &[Installer::Uv],
        "pdm" => &[Installer::Pdm],
        "pipenv" => &[Installer::Pipenv, Installer::Pip],
        "poetry" => &[],
        _ => &[Installer::Pip, Installer::Pdm, Installer::Pipenv, Installer::Uv],
    }
}

impl Installer {
    /// The variables that name the one index, the first of which counts.
    fn variables(self) -> &'static [&'static str] {
        match self {
            Installer::Pip => &["PIP_INDEX_URL"],
            Installer::Pdm => &["PDM_PYPI_URL"],
            Installer::Pipenv => &["PIPENV_PYPI_MIRROR"],
            Installer::Uv => &["UV_DEFAULT_INDEX", "UV_INDEX_URL"],
        }
    }

    /// The variables that keep names of projects from the index, because they forbid indexes or
    /// name one that counts before it. Further indexes of pip do not: pip asks all of them for
    /// every name.
    fn further(self) -> &'static [&'static str] {
        match self {
            Installer::Pip => &["PIP_NO_INDEX"],
            Installer::Pdm | Installer::Pipenv => &[],
            Installer::Uv => &["UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_NO_INDEX"],
        }
    }

    /// Whether the text of a file of settings names another index than PyPI, or forbids indexes.
    fn leaves_pypi(self, settings: &str) -> bool {
        match self {
            Installer::Pip => pip_leaves_pypi(settings),
            Installer::Pdm => toml_table(settings, |all| {
                let url = all.get("pypi").and_then(|pypi| pypi.get("url"));
                url.is_some_and(|url| !is_pypi(url))
            }),
            Installer::Pipenv => false,
            Installer::Uv => toml_table(settings, |all| {
                let own = all.get("tool").and_then(|tool| tool.get("uv"));
                uv_leaves_pypi(all)
                    || own.and_then(toml::Value::as_table).is_some_and(uv_leaves_pypi)
            }),
        }
    }
}

/// Returns the index that the installer of a command would ask: the one that its variable names,
/// else PyPI. `folder` is that of the project; `read` reads a file.
///
/// # Errors
/// Wrong usage if a variable or a file of settings names another place, because the names of
/// projects that are only there must not go to an index that the installer would not ask.
pub fn own_index(
    command: &[String],
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
    read: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<String, Error> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let mut named: Option<(&str, String)> = None;
    for installer in installers(command) {
        let is_set = |name: &&&str| variable(name).is_some_and(|value| !is_no(&value));
        if let Some(name) = installer.further().iter().find(is_set) {
            return Err(asks_elsewhere(format!(
                "the variable {name} keeps names of projects from the index that the command asks"
            )));
        }
        let set = installer.variables().iter().find_map(|name| Some((*name, variable(name)?)));
        match (&named, set) {
            (Some((one, index)), Some((other, another))) if *index != another => {
                return Err(asks_elsewhere(format!(
                    "the variables {one} and {other} name two indexes, and it is not known which \
                     one the command asks"
                )));
            }
            (None, set) => named = set,
            _ => {}
        }
    }
    for installer in installers(command) {
        for path in files(*installer, command, folder, &variable) {
            let leaves = match read(&path) {
                Ok(text) => installer.leaves_pypi(&text),
                // What cannot be read may say anything.
                Err(error) => !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::IsADirectory
                ),
            };
            // A variable counts before the one index of a file, but a file may name further ones.
            if leaves && (named.is_none() || *installer == Installer::Uv) {
                return Err(asks_elsewhere(
                    "this file of settings names an index, forbids indexes or cannot be read, and \
                     no --index-url says which index to ask",
                )
                .file(path.display()));
            }
        }
    }
    Ok(named.map_or_else(|| PYPI.to_owned(), |(_, index)| index))
}

fn asks_elsewhere(message: impl Into<String>) -> Error {
    Error::usage(message).hint(
        "say which index picotuf asks for every project: --index-url URL, which is \
         https://pypi.org/simple/ for PyPI",
    )
}

fn files(
    installer: Installer,
    command: &[String],
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<PathBuf> {
    match installer {
        Installer::Pip => pip_settings(command, variable),
        Installer::Pdm => pdm_settings(folder, variable),
        Installer::Pipenv => Vec::new(),
        Installer::Uv => uv_settings(command, folder, variable),
    }
}

/// Returns where uv may have settings, if the command may start uv: its files of the project, the
/// user and the system.
pub fn uv_settings(
    command: &[String],
    folder: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<PathBuf> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    if !installers(command).contains(&Installer::Uv) {
        return Vec::new();
    }
    let (name, arguments) = tool(command);
    let words = grammar("uv").filter(|_| matches!(name.as_str(), "uv" | "uvx"));
    let words = words.map(|grammar| grammar.read(&arguments)).unwrap_or_default();
    let named = words.values(&["--config-file"]).last().map(str::to_owned);
    if let Some(file) = named.or_else(|| variable("UV_CONFIG_FILE")) {
        // Whether `--directory` counts for it depends on the option that names it.
        return vec![folder.join(&file), PathBuf::from(file)];
    }
    let mut files: Vec<PathBuf> = folder
        .ancestors()
        .flat_map(|folder| ["uv.toml", "pyproject.toml"].map(|name| folder.join(name)))
        .collect();
    let mut folders = vec![PathBuf::from("/etc")];
    folders.extend(variable("HOME").map(|home| Path::new(&home).join(".config")));
    let named = ["XDG_CONFIG_HOME", "APPDATA", "PROGRAMDATA"].into_iter().filter_map(variable);
    folders.extend(named.map(PathBuf::from));
    let system = variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    folders.extend(system.split(':').map(PathBuf::from));
    files.extend(folders.into_iter().map(|folder| folder.join("uv").join("uv.toml")));
    files
}

/// Returns whether settings of uv name a proxy: uv asks that one, whatever the variables say.
pub fn names_proxy(settings: &str) -> bool {
    let Ok(all) = settings.parse::<toml::Table>() else { return false };
    let own = all.get("tool").and_then(|tool| tool.get("uv")).and_then(toml::Value::as_table);
    let has = |table: &toml::Table| {
        ["http-proxy", "https-proxy"].into_iter().any(|name| table.contains_key(name))
    };
    has(&all) || own.is_some_and(has)
}

/// Where pip may have settings. Source: pip's documentation, "Configuration files".
fn pip_settings(command: &[String], variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = |below: &str| variable("HOME").map(|home| Path::new(&home).join(below));
    let in_folder = |name: &str, below: &str| variable(name).map(|at| Path::new(&at).join(below));
    let mut files =
        ["/etc/pip.conf", "/Library/Application Support/pip/pip.conf"].map(PathBuf::from).to_vec();
    files.extend(variable("PIP_CONFIG_FILE").map(PathBuf::from));
    let system = variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    files.extend(system.split(':').map(|folder| Path::new(folder).join("pip/pip.conf")));
    for below in
        [".pip/pip.conf", ".config/pip/pip.conf", "Library/Application Support/pip/pip.conf"]
    {
        files.extend(home(below));
    }
    files.extend(in_folder("XDG_CONFIG_HOME", "pip/pip.conf"));
    files.extend(in_folder("APPDATA", "pip/pip.ini"));
    files.extend(in_folder("PROGRAMDATA", "pip/pip.ini"));
    let environment = environment(command, variable);
    for name in ["pip.conf", "pip.ini"] {
        files.extend(in_folder("VIRTUAL_ENV", name));
        files.extend(environment.as_ref().map(|environment| environment.join(name)));
    }
    files
}

/// Returns the environment to which the program of a command belongs: its folder `bin` or `Scripts`
/// is in there.
fn environment(command: &[String], variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let program = Path::new(command.first()?);
    let path = match program.components().count() {
        1 => std::env::split_paths(&variable("PATH")?)
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())?,
        _ => program.to_owned(),
    };
    Some(path.parent()?.join(".."))
}

/// Where pdm may have settings. Source: pdm's documentation, "Configure PDM".
fn pdm_settings(folder: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut files = vec![folder.join("pdm.toml"), folder.join(".pdm.toml")];
    files.extend(variable("PDM_CONFIG_FILE").map(PathBuf::from));
    for (name, below) in [
        ("HOME", ".config/pdm/config.toml"),
        ("HOME", "Library/Application Support/pdm/config.toml"),
        ("XDG_CONFIG_HOME", "pdm/config.toml"),
        ("LOCALAPPDATA", "pdm/pdm/config.toml"),
        ("APPDATA", "pdm/pdm/config.toml"),
        ("PROGRAMDATA", "pdm/pdm/config.toml"),
    ] {
        files.extend(variable(name).map(|at| Path::new(&at).join(below)));
    }
    let system = variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    files.extend(system.split(':').map(|folder| Path::new(folder).join("pdm/config.toml")));
    files
}

/// Whether settings of pip name another index than PyPI, or forbid indexes.
fn pip_leaves_pypi(settings: &str) -> bool {
    settings.lines().filter_map(|line| line.split_once(['=', ':'])).any(|(name, value)| {
        let name = name.trim().trim_start_matches('-').replace('_', "-").to_lowercase();
        match name.as_str() {
            "index-url" | "pypi-url" => !is_pypi_url(value.trim()),
            "no-index" => !is_no(value),
            _ => false,
        }
    })
}

/// Whether a table of settings of uv names another index than PyPI, or forbids indexes. An index
/// with `explicit` counts only for the projects that say so, and uv asks no other for those.
fn uv_leaves_pypi(table: &toml::Table) -> bool {
    let names_place = |table: &toml::Table| {
        let is_set = |name: &str| table.get(name).is_some_and(|value| !is_empty(value));
        table.get("index-url").is_some_and(|url| !is_pypi(url))
            || ["extra-index-url", "no-index"].into_iter().any(is_set)
    };
    let indexes = table.get("index").and_then(toml::Value::as_array);
    let mut indexes = indexes.into_iter().flatten();
    names_place(table)
        || table.get("pip").and_then(toml::Value::as_table).is_some_and(names_place)
        || indexes.any(|index| {
            let has = |name: &str| index.get(name).and_then(toml::Value::as_bool) == Some(true);
            let is_aside = has("explicit") && !has("default");
            !is_aside && !index.get("url").is_some_and(is_pypi)
        })
}

/// Whether the value of a switch says no, as pip reads it.
fn is_no(value: &str) -> bool {
    ["0", "f", "false", "n", "no", "off"].contains(&value.trim().to_lowercase().as_str())
}

fn is_empty(value: &toml::Value) -> bool {
    match value {
        toml::Value::Boolean(is_set) => !is_set,
        toml::Value::Array(all) => all.is_empty(),
        toml::Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Applies a test to a file of TOML. A file that is none may say anything.
fn toml_table(text: &str, test: impl Fn(&toml::Table) -> bool) -> bool {
    text.parse::<toml::Table>().map_or(true, |table| test(&table))
}

fn is_pypi(url: &toml::Value) -> bool {
    url.as_str().is_some_and(is_pypi_url)
}

fn is_pypi_url(url: &str) -> bool {
    url.trim_end_matches('/') == PYPI.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The index of a command with these variables and files, or what the error says.
    fn index(
        command: &str,
        variables: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Result<String, String> {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let variables: HashMap<&str, &str> = variables.iter().copied().collect();
        let files: HashMap<PathBuf, &str> =
            files.iter().map(|(path, text)| (PathBuf::from(path), *text)).collect();
        let variable = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let read = |path: &Path| match files.get(path) {
            Some(&"unreadable") => Err(io::ErrorKind::PermissionDenied.into()),
            Some(text) => Ok((*text).to_owned()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        own_index(&words, Path::new("/project"), &variable, &read)
            .map_err(|error| error.to_string())
    }

    const CORP: &str = "https://corp.example/simple";

    #[test]
    fn a_command_asks_the_index_of_its_variable_or_pypi() {
        for command in ["pip install six", "uv sync", "pdm install", "pipenv sync", "make install"]
        {
            assert_eq!(index(command, &[], &[]), Ok(PYPI.to_owned()), "{command}");
        }
        for (command, name) in [
            ("pip install six", "PIP_INDEX_URL"),
            ("uv sync", "UV_INDEX_URL"),
            ("uv sync", "UV_DEFAULT_INDEX"),
            ("pdm install", "PDM_PYPI_URL"),
            ("pipenv sync", "PIPENV_PYPI_MIRROR"),
            ("make install", "PIP_INDEX_URL"),
            ("python -I -m pip install six", "PIP_INDEX_URL"),
            ("bash -c x", "UV_INDEX_URL"),
        ] {
            assert_eq!(index(command, &[(name, CORP)], &[]), Ok(CORP.to_owned()), "{command}");
        }
        let both = [("UV_DEFAULT_INDEX", ""), ("UV_INDEX_URL", CORP)];
        assert_eq!(index("uv sync", &both, &[]), Ok(CORP.to_owned()));
        let pypi = [
            ("/etc/pip.conf", "[global]\nindex-url = https://pypi.org/simple\n"),
            ("/project/pyproject.toml", "[[tool.uv.index]]\nurl = 'https://pypi.org/simple/'"),
        ];
        assert_eq!(index("make install", &[], &pypi), Ok(PYPI.to_owned()));
        let aside = format!("[[tool.uv.index]]\nurl = '{CORP}'\nexplicit = true\n");
        let aside = [("/project/pyproject.toml", aside.as_str())];
        assert_eq!(index("uv sync", &[], &aside), Ok(PYPI.to_owned()));
    }

    /// Otherwise names that are secret would be asked of PyPI.
    #[test]
    fn names_of_projects_that_are_elsewhere_do_not_go_to_pypi() {
        for (command, name) in [
            ("pip install six", "PIP_NO_INDEX"),
            ("uv sync", "UV_INDEX"),
            ("uv sync", "UV_EXTRA_INDEX_URL"),
            ("make install", "UV_INDEX"),
        ] {
            let error = index(command, &[(name, "1")], &[]).unwrap_err();
            assert!(error.contains(&format!("the variable {name} keeps")), "{command}: {error}");
        }
        let asks_all =
            [("PIP_FIND_LINKS", CORP), ("PIP_EXTRA_INDEX_URL", CORP), ("PIP_NO_INDEX", "no")];
        assert_eq!(index("pip install six", &asks_all, &[]), Ok(PYPI.to_owned()));
        let two = [("PIP_INDEX_URL", CORP), ("UV_INDEX_URL", "https://pypi.org/simple")];
        assert!(index("make install", &two, &[]).is_err());
        let settings = format!("[global]\nindex-url = {CORP}\n");
        let alias = format!("[global]\n--pypi_url: {CORP}\n");
        let uv = format!("index-url = '{CORP}'\n");
        let own = format!("[[tool.uv.index]]\nurl = '{CORP}'\ndefault = true\n");
        let below = format!("[tool.uv.pip]\nextra-index-url = ['{CORP}']\n");
        let pdm = format!("[pypi]\nurl = '{CORP}'\n");
        for (command, path, text) in [
            ("pip install six", "/etc/pip.conf", settings.as_str()),
            ("pip install six", "/etc/pip.conf", &alias),
            ("pip install six", "/etc/pip.conf", "[install]\nno-index = true\n"),
            ("pip install six", "/etc/pip.conf", "unreadable"),
            ("/venv/bin/pip install six", "/venv/bin/../pip.conf", &settings),
            ("pipenv sync", "/home/pip.conf", &settings),
            ("uv sync", "/project/uv.toml", &uv),
            ("uv sync", "/uv.toml", &uv),
            ("uv sync", "/project/pyproject.toml", &own),
            ("uv pip sync a.txt", "/project/pyproject.toml", &below),
            ("uv sync", "/project/uv.toml", "no TOML"),
            ("pdm install", "/project/pdm.toml", &pdm),
            ("make install", "/project/pdm.toml", &pdm),
            ("make install", "/etc/uv/uv.toml", &uv),
        ] {
            let found = index(command, &[("PIP_CONFIG_FILE", "/home/pip.conf")], &[(path, text)]);
            assert!(found.unwrap_err().contains(path), "{command}");
        }
        // uv would ask this one before the one of the variable.
        let first = format!("[[index]]\nurl = '{CORP}'\n");
        let named = [("UV_DEFAULT_INDEX", "https://pypi.org/simple")];
        assert!(index("uv sync", &named, &[("/project/uv.toml", &first)]).is_err());
    }

    /// uv asks a proxy of its settings, past picotuf.
    #[test]
    fn settings_of_uv_are_read_for_every_command_that_may_start_it() {
        let read = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let files = uv_settings(&words, Path::new("/project"), &|_| None);
            files.contains(&PathBuf::from("/project/uv.toml"))
        };
        for command in ["uv sync", "uvx ruff", "python3 -m uv sync", "make install"] {
            assert!(read(command), "{command}");
        }
        assert!(!read("pip install six"));
    }
}
