//! `picotuf run`: runs an installer so that it gets only what verifies.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use picotuf::OneLine;
use picotuf_client::proxy::{
    Authority, LOCK_FILES, LockUse, NamesIndex, PROJECT_FILES, Purpose, differ_in_addresses_only,
    is_lock_file, lock_file_above, lock_use, names_proxy, own_index, uv_settings,
};
use picotuf_client::publishers::FILE_NAME;
use picotuf_client::{Code, Error};

use super::check;
use super::proxy::{By, Uses, modes, say, upstream};
use crate::args::{CheckOptions, RunOptions};
use crate::proxy::{Forwarding, Front, Listening, Service};
use crate::report::{BAD, Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    options: &RunOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let words: Vec<String> =
        options.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let variable = |name: &str| std::env::var(name).ok();
    let used = lock_use(&words, &variable);
    if let (Some(option), []) = (&used.unknown, &options.lock[..]) {
        let message = format!(
            "picotuf does not know the option {option} of the command, which may lead to a lock \
             file that it would not check"
        );
        return Err(Error::usage(message).hint(
            "write options in full; or name the lock file that the command uses: --lock FILE, \
             before --",
        ));
    }
    let folder = std::path::absolute(&used.folder)
        .map_err(|error| Error::io("find the folder", &used.folder, &error))?;
    for path in uv_settings(&words, &folder, &variable) {
        if fs::read_to_string(&path).is_ok_and(|text| names_proxy(&text)) {
            let message = "these settings of uv name a proxy, and uv asks that one past picotuf";
            return Err(Error::usage(message).file(path.display()).hint(
                "set the variable HTTPS_PROXY instead, which picotuf uses for its own requests",
            ));
        }
    }
    if options.guard.keep_urls && used.purpose != Purpose::Resolve {
        let message = "--keep-urls leaves files unverified, so it is for commands that only write \
                       a lock file";
        return Err(Error::usage(message).hint(
            "such commands are `pip lock`, `pip-compile`, `uv pip compile`, `poetry lock`, `pdm \
             lock` and `pipenv lock`",
        ));
    }
    writes_no_index(&used, &folder)?;
    let locks = lock_files(options, &used, &folder)?;
    let pins = pins(options, &locks, &used);
    let read = |path: &Path| fs::read_to_string(path);
    let own_index = || own_index(&words, &folder, &variable, &read);
    let by = By::new(&options.guard, &pins, own_index, settings)?;
    if !locks.is_empty() {
        check_locks(options, &by, &locks, &pins, settings, report, log)?;
    }
    let say = say(report);
    let uses = Uses { with_credentials: true, is_renewed: false, say: &say };
    let upstream = upstream(&options.guard, &by, &pins, &uses, settings, report, log)?;
    let index = upstream.index.clone();
    if let Some(repository) = &upstream.repository {
        // Otherwise each request of the installer fails, and it says less of why.
        match repository.refresh() {
            Err(error) if options.guard.observe => report.failure("would be refused", &error),
            refreshed => refreshed?,
        }
    }
    let listening = Listening::on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listening.address();
    let token = token()?;
    let watched = Watched::read(&used, &locks);
    let mut command = Command::new(&options.command[0]);
    command.args(&options.command[1..]);
    set_variables(&mut command, address, &token);
    let child = command.spawn().map_err(|error| {
        let name = words.first().cloned().unwrap_or_default();
        Error::io("start the command", Path::new(&name), &error)
    })?;
    for text in modes(&options.guard) {
        report.note(text);
    }
    let command_word = report.command();
    let forwarding = Forwarding {
        authorization: authorization(&token),
        allow_hosts: options.allow_host.clone(),
        index,
        say: Box::new(move |text| {
            let text = OneLine(text);
            let _ = writeln!(
                anstream::stderr(),
                "{BAD}picotuf: {command_word}: refused:{BAD:#} {text}"
            );
        }),
    };
    let front = Front {
        service: Service::new(upstream, options.guard.keep_urls, say),
        authority: Authority::new(address, &[]),
        token: Some(token.clone()),
        tls: None,
        is_renewed: false,
        forwarding: Some(forwarding),
    };
    let status = listening.serve(front, ended(child));
    let status =
        status.map_err(|error| Error::io("wait for the command", Path::new(&words[0]), &error))?;
    report.exit_with(code(status));
    watched.put_back(&address.to_string(), report)
}

/// Checks that the command does not write picotuf's address into its lock file, which nobody could
/// use afterwards.
fn writes_no_index(used: &LockUse, folder: &Path) -> Result<(), Error> {
    let is_there = |path: &Path| path.exists();
    let has = |name: &str| folder.ancestors().any(|above| is_there(&above.join(name)));
    let message = match used.names_index {
        NamesIndex::Always => {
            "uv writes the index that it asks into uv.lock, and into pyproject.toml with `uv add`: \
             that would be picotuf's address"
        }
        NamesIndex::InNewFile if has("pyproject.toml") && !has("uv.lock") => {
            "there is no uv.lock yet, and uv would write picotuf's address into it as the index"
        }
        _ => return Ok(()),
    };
    Err(Error::usage(message).hint(
        "lock without `picotuf run` (`uv lock`, `uv add --no-sync NAME`), then install with it, \
         which checks the lock file first: picotuf run -- uv sync",
    ))
}

/// Returns the lock files that the command uses, and those that were named.
fn lock_files(options: &RunOptions, used: &LockUse, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = options.lock.clone();
    for path in &used.reads {
        let above = match path.exists() {
            true => None,
            false => lock_file_above(path, folder, &|path| path.exists()),
        };
        let path = above.as_ref().unwrap_or(path);
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("read the lock file", path, &error)),
        };
        if is_lock_file(path, &String::from_utf8_lossy(&bytes)) && !files.contains(path) {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Returns the file of pins: the named one, the one beside the lock file, or the one in the folder.
fn pins(options: &RunOptions, locks: &[PathBuf], used: &LockUse) -> PathBuf {
    if let Some(path) = &options.guard.attest.publishers {
        return path.clone();
    }
    let beside = locks.first().and_then(|path| path.parent());
    beside.unwrap_or(&used.folder).join(FILE_NAME)
}

/// Checks the lock files as `picotuf check` does.
fn check_locks(
    options: &RunOptions,
    by: &By,
    locks: &[PathBuf],
    pins: &Path,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let guard = &options.guard;
    let mut attest = guard.attest.clone();
    if by.is_attested {
        attest.publishers = pins.exists().then(|| pins.to_owned()).or(attest.publishers);
        attest.index_url.clone_from(&by.index_url);
    } else {
        // The index of unsigned pages is no option of a check without attestations.
        attest.index_url = None;
    }
    let options = CheckOptions {
        files: locks.to_vec(),
        installed: None,
        record_only: false,
        project: None,
        require: guard.require.clone(),
        allow: guard.allow.clone(),
        offline: false,
        max_age: None,
        attestations: by.is_attested,
        accept_first_use: false,
        attest,
    };
    match check::run(&options, settings, report, log) {
        Err(error) if guard.observe && !error.is_usage() => {
            report.failure("would be refused", &error);
            Ok(())
        }
        checked => checked,
    }
}

/// Sets what makes installers ask the proxy, and removes what makes them ask elsewhere.
fn set_variables(command: &mut Command, address: SocketAddr, token: &str) {
    let index = format!("http://{address}/{token}/simple/");
    let proxy = format!("http://{USER}:{token}@{address}");
    // pip and Python's `urllib` read some names in any case, and the one that is right would not
    // count then.
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        let mut known = INDEXES.iter().chain(&ELSEWHERE);
        if upper.ends_with("_PROXY") || known.any(|known| **known == *upper) {
            command.env_remove(name);
        }
    }
    for name in INDEXES {
        command.env(name, &index);
    }
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        command.env(name, &proxy).env(name.to_lowercase(), &proxy);
    }
    // Without it, `proxy` and `no-proxy-env` of pip.conf count before the variables above.
    command.env("PIP_PROXY", &proxy);
    // A file comes only after all of it was verified.
    for name in ["PIP_DEFAULT_TIMEOUT", "PIPENV_TIMEOUT", "UV_HTTP_TIMEOUT", "PDM_REQUEST_TIMEOUT"]
    {
        command.env(name, PATIENCE);
    }
    command.env("POETRY_REQUESTS_TIMEOUT", PATIENCE);
}

fn authorization(token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{USER}:{token}")))
}

fn token() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(Code::Io, format!("cannot get random bytes from the system: {error}"))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Resolves when the command ends. Passes on that the process is told to stop.
async fn ended(mut child: Child) -> std::io::Result<ExitStatus> {
    let id = child.id();
    let waiting = tokio::task::spawn_blocking(move || child.wait());
    let mut waiting = std::pin::pin!(waiting);
    loop {
        tokio::select! {
            status = &mut waiting => return status.unwrap_or_else(|error| Err(error.into())),
            // The terminal tells the command too, so only the other signal is passed on.
            interrupted = crate::proxy::told_to_stop() => if !interrupted { terminate(id) },
        }
    }
}

#[cfg(unix)]
fn terminate(id: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // The command may have ended.
        let _ = kill_process(pid, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_: u32) {}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            // As shells have it.
            return u8::try_from(signal.saturating_add(128)).unwrap_or(u8::MAX);
        }
    }
    // Windows has larger codes too, which must not become 0.
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The lock files and other files of a project that a command may write, as they were.
struct Watched(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Watched {
    fn read(used: &LockUse, locks: &[PathBuf]) -> Self {
        let names = LOCK_FILES.iter().chain(&PROJECT_FILES);
        let mut paths: Vec<PathBuf> = names.map(|name| used.folder.join(name)).collect();
        for path in used.writes.iter().chain(&used.reads).chain(locks) {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
        Watched(paths.into_iter().map(|path| (path.clone(), fs::read(&path).ok())).collect())
    }

    /// Puts files back that name the proxy.
    fn put_back(&self, address: &str, report: &Report) -> Result<(), Error> {
        let mut failure: Option<Error> = None;
        for (path, before) in &self.0 {
            let Ok(after) = fs::read(path) else { continue };
            let text = String::from_utf8_lossy(&after);
            if before.as_ref() == Some(&after) || !text.contains(address) {
                continue;
            }
            let put = match before {
                Some(before) => fs::write(path, before),
                None => fs::remove_file(path),
            };
            put.map_err(|error| Error::io("put the file back", path, &error))?;
            let says_the_same = before.as_ref().is_some_and(|before| {
                differ_in_addresses_only(&String::from_utf8_lossy(before), &text)
            });
            if says_the_same {
                report.note(&format!(
                    "{}: the command wrote the proxy's addresses into it, and nothing else: put \
                     back",
                    path.display()
                ));
                continue;
            }
            let became = match before {
                Some(_) => "the former one was put back",
                None => "it was removed",
            };
            failure = Some(match failure {
                Some(error) => error.also(format!("and into {}: {became}", path.display())),
                None => {
                    let what =
                        format!("the command wrote the proxy's address into the file: {became}");
                    Error::new(Code::LockNamesProxy, what).file(path.display()).hint(
                        "lock without `picotuf run`, and install with it: it checks the lock file \
                         first",
                    )
                }
            });
        }
        failure.map_or(Ok(()), Err)
    }
}

/// The user name with which the command asks the proxy; the password is the token.
const USER: &str = "picotuf";
/// The variables that name the index.
const INDEXES: [&str; 5] =
    ["PDM_PYPI_URL", "PIPENV_PYPI_MIRROR", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"];
/// The variables that name further indexes, or none.
const ELSEWHERE: [&str; 7] = [
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_NO_PROXY_ENV",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
];
/// How long installers wait for an answer, in seconds.
const PATIENCE: &str = "600";

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_command_that_failed_does_not_count_as_a_success() {
        use std::os::unix::process::ExitStatusExt as _;
        for (raw, expected) in [(0, 0), (7 << 8, 7), (0xff00, 255), (15, 143)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected, "{raw:#x}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn a_command_that_failed_does_not_count_as_a_success() {
        use std::os::windows::process::ExitStatusExt as _;
        for (raw, expected) in [(0, 0), (7, 7), (255, 255), (256, 1), (0xc000_0100, 1)] {
            assert_eq!(code(ExitStatus::from_raw(raw)), expected, "{raw:#x}");
        }
    }
}
