//! The output of a command: text as it runs, or one JSON object at its end.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstyle::{AnsiColor, Style};
use picotuf::{OneLine, Time};
use picotuf_client::pypi::{KnownFields, shorten};
use picotuf_client::{Detail, Error, Events, TrustedRole};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::progress::Progress;

/// The log on standard error: notices, and with `-v` requests.
#[derive(Clone)]
pub(crate) struct Log {
    terminal: Arc<Terminal>,
    events: picotuf_client::Log,
}

/// The receiver of the client's events.
struct Terminal {
    verbose: bool,
    quiet: bool,
    notices: Mutex<Vec<String>>,
    progress: Mutex<Option<Progress>>,
}

impl Log {
    /// Creates a log of everything (`verbose`), of nothing (`quiet`), or of notices.
    pub(crate) fn new(verbose: bool, quiet: bool) -> Self {
        let (notices, progress) = (Mutex::default(), Mutex::default());
        let terminal = Arc::new(Terminal { verbose, quiet, notices, progress });
        let events = picotuf_client::Log::new(Shared(Arc::clone(&terminal)));
        Log { terminal, events }
    }

    /// Returns the log for the client.
    pub(crate) fn events(&self) -> &picotuf_client::Log {
        &self.events
    }

    /// Removes the progress line.
    pub(crate) fn end_progress(&self) {
        *lock(&self.terminal.progress) = None;
    }

    fn kept(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.terminal.notices)
    }

    /// Returns whether only errors are shown.
    pub(crate) fn is_quiet(&self) -> bool {
        self.terminal.quiet
    }
}

struct Shared(Arc<Terminal>);

impl Events for Shared {
    fn wants_details(&self) -> bool {
        self.0.verbose
    }

    fn detail(&self, text: &str) {
        let _ = writeln!(anstream::stderr(), "{DIM}{}{DIM:#}", OneLine(text));
    }

    fn notice(&self, text: &str) {
        if !self.0.quiet {
            let _ = writeln!(anstream::stderr(), "picotuf: note: {}", OneLine(text));
        }
        let mut notices = lock(&self.0.notices);
        // A server runs for long.
        if notices.len() < NOTICES_MAX {
            notices.push(text.to_owned());
        }
    }

    fn progress(&self, what: &str, done: usize, total: usize) {
        let mut progress = lock(&self.0.progress);
        progress.get_or_insert_with(|| Progress::counting(self.0.quiet, what, total)).set(done);
    }
}

/// Locks a mutex whose content is consistent after every change, even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A target in the report.
#[derive(Debug, Serialize)]
pub(crate) struct TargetReport {
    /// The target path.
    pub(crate) path: String,
    /// The length, in bytes.
    pub(crate) length: u64,
    /// The hashes in hexadecimal, by algorithm.
    pub(crate) hashes: serde_json::Map<String, serde_json::Value>,
    /// The known members of `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<KnownFields>,
    /// The signed member `custom`, as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom: Option<Box<RawValue>>,
    /// The roles on the path to the target. The last one lists it.
    pub(crate) delegation_path: Vec<String>,
    /// The path of the local file.
    pub(crate) file: String,
    /// The URL of the download, or `None` if the local file was already up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

/// The report of one command.
pub(crate) struct Report {
    command: &'static str,
    json: bool,
    quiet: bool,
    log: Log,
    now: Option<Time>,
    metadata_dir: Option<String>,
    roles: Vec<TrustedRole>,
    targets: Vec<TargetReport>,
    details: serde_json::Map<String, serde_json::Value>,
    exit_code: u8,
}

impl Report {
    /// Creates an empty report.
    pub(crate) fn new(command: &'static str, json: bool, log: Log) -> Self {
        Report {
            command,
            json,
            quiet: log.is_quiet(),
            log,
            now: None,
            metadata_dir: None,
            roles: Vec::new(),
            targets: Vec::new(),
            details: serde_json::Map::new(),
            exit_code: 0,
        }
    }

    /// Sets the exit code of a run without an error: that of a command that it ran.
    pub(crate) fn exit_with(&mut self, code: u8) {
        self.exit_code = code;
    }

    /// Returns the exit code of a run without an error.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// Sets the time and the metadata folder.
    pub(crate) fn begin(&mut self, now: Time, metadata_dir: &std::path::Path) {
        self.now = Some(now);
        self.metadata_dir = Some(metadata_dir.display().to_string());
    }

    /// Sets the time, for a command without a metadata folder.
    pub(crate) fn begin_at(&mut self, now: Time) {
        self.now = Some(now);
    }

    /// Prints a line, unless the output is JSON.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        if !self.json && !self.quiet {
            // The reader may go away; the exit code is the verdict.
            let _ = writeln!(anstream::stdout(), "{line}");
        }
    }

    /// Adds a member to the JSON that is specific to the command.
    pub(crate) fn detail(&mut self, name: &str, value: impl Serialize) {
        self.details.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
    }

    /// Sets the trusted roles, and prints a line for each new or changed one.
    pub(crate) fn roles(&mut self, roles: &[TrustedRole]) {
        let new: Vec<_> =
            roles.iter().filter(|role| !self.roles.iter().any(|said| said.is_same(role))).collect();
        let width = new.iter().map(|role| role.role.chars().count()).max().unwrap_or(0).max(9);
        let now = self.now.unwrap_or(Time::from_unix(0));
        for role in new {
            self.say(format_args!(
                "{BOLD}{:<width$}{BOLD:#}  version {:<4} {:<5} {}, signed by {} of {} keys ({} \
                 needed)",
                OneLine(&role.role).to_string(),
                role.version,
                if role.fetched { "new" } else { "kept" },
                Expiry(role.expiry, now),
                role.signing_keys,
                role.keys,
                role.threshold,
            ));
        }
        self.roles = roles.to_vec();
    }

    /// Sets the trusted roles without printing them.
    pub(crate) fn keep_roles(&mut self, roles: Vec<TrustedRole>) {
        self.roles = roles;
    }

    /// Adds a verified target, and prints it.
    pub(crate) fn target(&mut self, target: TargetReport, what_happened: &str) {
        self.say(format_args!("{GOOD}{}{GOOD:#}", OneLine(&target.path)));
        let path: Vec<_> =
            target.delegation_path.iter().map(|role| OneLine(role).to_string()).collect();
        self.say(format_args!("  listed by   {}", path.join(" > ")));
        self.say(format_args!("  length      {} bytes", target.length));
        for (algorithm, hash) in &target.hashes {
            self.say(format_args!("  {algorithm:<11} {}", hash.as_str().unwrap_or_default()));
        }
        self.fields(target.fields.as_ref());
        if let Some(custom) = &target.custom {
            let custom = serde_json::from_str::<serde_json::Value>(custom.get())
                .unwrap_or_default()
                .to_string();
            self.say(format_args!("  custom      {}", OneLine(&shorten(&custom))));
        }
        self.say(format_args!("  {what_happened:<11} {}", OneLine(&target.file)));
        self.targets.push(target);
    }

    /// Prints the known members of a target's `custom`, one a line.
    pub(crate) fn fields(&self, fields: Option<&KnownFields>) {
        for (label, text) in fields.into_iter().flat_map(KnownFields::lines) {
            let style = if matches!(label, "yanked" | "wrong") { BAD } else { Style::new() };
            self.say(format_args!("  {style}{label:<11}{style:#} {text}"));
        }
    }

    /// Prints errors only from now on: standard output belongs to a command that is run.
    pub(crate) fn hush(&mut self) {
        self.quiet = true;
    }

    /// Prints a note on standard error.
    pub(crate) fn note(&self, text: &str) {
        self.log.events().notice(text);
    }

    /// Prints an error that does not end the command on standard error.
    pub(crate) fn failure(&self, about: &str, error: &Error) {
        self.failures(about, &[error]);
    }

    /// Prints all errors about one file in one line, as [`Report::failure`].
    pub(crate) fn failures(&self, about: &str, errors: &[&Error]) {
        let named = errors.iter().all(|error| error.detail().file.as_deref() == Some(about));
        let about = if named { String::new() } else { format!("{}: ", OneLine(about)) };
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            anstream::stderr(),
            "{BAD}picotuf: {}:{BAD:#} {about}{}",
            self.command,
            errors.join("; and ")
        );
    }

    /// Returns the command word.
    pub(crate) fn command(&self) -> &'static str {
        self.command
    }

    /// Returns whether the output is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Returns whether lines of text are printed.
    pub(crate) fn speaks(&self) -> bool {
        !self.json && !self.quiet
    }

    /// Prints the error on standard error, if there is one, and the JSON.
    pub(crate) fn finish(self, error: Option<&Error>) {
        if let Some(error) = error {
            let _ = writeln!(anstream::stderr(), "{BAD}picotuf: {}:{BAD:#} {error}", self.command);
        }
        if !self.json {
            return;
        }
        let notices = self.log.kept();
        let verdict = Verdict {
            ok: error.is_none(),
            command: self.command,
            time: self.now.map(|now| now.to_string()),
            metadata_dir: self.metadata_dir,
            roles: self.roles,
            targets: self.targets,
            details: self.details,
            notices: &notices,
            error: error.map(Error::detail),
        };
        let mut out = std::io::stdout().lock();
        // As in `say`.
        let _ = verdict.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Plain));
        let _ = out.write_all(b"\n");
    }
}

/// A JSON formatter whose output is safe for a terminal: the characters that [`OneLine`] escapes
/// are escaped as JSON escapes, with the same meaning.
struct Plain;

impl serde_json::ser::Formatter for Plain {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let mut units = [0; 2];
        for character in fragment.chars() {
            // The only ASCII control character that JSON does not escape is DEL.
            if (character >= '\u{7f}') && OneLine::writes_out(character) {
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    /// Such characters occur in strings only.
    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        self.write_string_fragment(writer, fragment)
    }
}

/// Prints an expiry time, in red if it has passed.
pub(crate) struct Expiry(pub(crate) Time, pub(crate) Time);

impl fmt::Display for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expiry(expires, now) = *self;
        if expires <= now {
            write!(formatter, "{BAD}expired {} ({expires}){BAD:#}", clock::relative(expires, now))
        } else {
            write!(formatter, "expires {} ({expires})", clock::relative(expires, now))
        }
    }
}

/// Prints who signed: the numbers of keys, and the start of each keyid.
pub(crate) struct Signers<'r>(pub(crate) &'r TrustedRole);

impl fmt::Display for Signers<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TrustedRole { signers, signing_keys, keys, threshold, .. } = self.0;
        let mut text = format!("{signing_keys} of {keys} signed, {threshold} needed:");
        for keyid in signers.iter().take(SIGNERS_SHOWN) {
            let start: String = keyid.chars().take(KEYID_SHOWN).collect();
            text.push_str(&format!(" {}", OneLine(&start)));
        }
        if signers.len() > SIGNERS_SHOWN {
            text.push_str(" …");
        }
        formatter.pad(&text)
    }
}

#[derive(Serialize)]
struct Verdict<'r> {
    ok: bool,
    command: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_dir: Option<String>,
    roles: Vec<TrustedRole>,
    targets: Vec<TargetReport>,
    #[serde(flatten)]
    details: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "is_empty")]
    notices: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'r Detail>,
}

fn is_empty(list: &&[String]) -> bool {
    list.is_empty()
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// The maximum number of notices in the JSON.
const NOTICES_MAX: usize = 1000;
const SIGNERS_SHOWN: usize = 3;
const KEYID_SHOWN: usize = 8;
