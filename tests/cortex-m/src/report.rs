//! What the device says: a line of JSON for each role that became trusted, one for the verdict, and
//! one for the memory. The members are those of `picotuf --json`.

use core::fmt::{self, Display, Write};

use cortex_m_semihosting::hio::{HostStream, hstdout};
use picotuf::{Error, Target, Verified};

use crate::device::Client;
use crate::memory::Use;

/// Why it stopped.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// A verdict of the core, on metadata.
    Role(Error),
    /// There is no such target, or its file is not it.
    Target(Error),
    /// The target is listed, but its file is not there.
    MissingTarget,
    /// More roles than the device has room to remember.
    StoreFull,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Role(error)
    }
}

/// The host's standard output.
pub(crate) struct Report(HostStream);

impl Report {
    /// Opens it.
    pub(crate) fn new() -> Option<Self> {
        hstdout().ok().map(Report)
    }

    /// A role is trusted.
    pub(crate) fn role(&mut self, verified: &Verified<'_>, fetched: bool) -> fmt::Result {
        let out = &mut self.0;
        write!(out, r#"{{"role":{},"version":{},"#, Text(verified.name), verified.version)?;
        write!(out, r#""expires":"{}","threshold":{},"#, verified.expires, verified.threshold)?;
        write!(
            out,
            r#""keys":{},"signing_keys":{},"signers":"#,
            verified.keys,
            verified.signing_keys()
        )?;
        list(out, verified.signers())?;
        writeln!(out, r#","length":{},"fetched":{fetched}}}"#, verified.length)
    }

    /// The target holds.
    pub(crate) fn verified(&mut self, path: &str, target: &Target, client: &Client) -> fmt::Result {
        let out = &mut self.0;
        write!(
            out,
            r#"{{"ok":true,"targets":[{{"path":{},"length":{},"hashes":{{"#,
            Text(path),
            target.length
        )?;
        for (place, digest) in target.hashes.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(out, r#"{comma}"{}":"{digest}""#, digest.algorithm().name())?;
        }
        out.write_str(r#"},"delegation_path":"#)?;
        list(out, client.delegation_path())?;
        out.write_str("}]}\n")
    }

    /// It does not, or is not reached.
    pub(crate) fn refused(
        &mut self,
        failure: Failure,
        path: Option<&str>,
        client: &Client,
    ) -> fmt::Result {
        let out = &mut self.0;
        let (code, blame) = match failure {
            Failure::Role(error) | Failure::Target(error) => (error.code(), error.blame().name()),
            Failure::MissingTarget => ("missing-target", "repository"),
            Failure::StoreFull => ("store-full", "system"),
        };
        write!(out, r#"{{"ok":false,"targets":[],"error":{{"code":"{code}","message":"#)?;
        match failure {
            Failure::Role(error) | Failure::Target(error) => write!(out, "{}", Text(error))?,
            Failure::MissingTarget => {
                write!(out, "{}", Text("the target is listed, but its file is missing"))?
            }
            Failure::StoreFull => {
                write!(out, "{}", Text("no room to remember another role's file"))?
            }
        }
        write!(out, r#","blame":"{blame}""#)?;
        if let Failure::Role(_) = failure {
            write!(out, r#","role":{}"#, Text(client.role()))?;
        }
        if let Some(path) = path {
            write!(out, r#","target":{}"#, Text(path))?;
        }
        // What no role lists has no path; everything else has the one at hand, if there is any yet.
        let has_path =
            !matches!(failure, Failure::Target(Error::TargetNotFound) | Failure::MissingTarget);
        if has_path && client.delegation_path().next().is_some() {
            out.write_str(r#","delegation_path":"#)?;
            list(out, client.delegation_path())?;
        }
        out.write_str("}}\n")
    }

    /// What it took. All in bytes.
    pub(crate) fn memory(&mut self, used: &Use, sizes: &[(&str, usize)]) -> fmt::Result {
        let out = &mut self.0;
        write!(
            out,
            r#"{{"memory":{{"statics":{},"stack":{},"free":{}"#,
            used.statics, used.stack, used.free
        )?;
        for (name, size) in sizes {
            write!(out, r#","{name}":{size}"#)?;
        }
        out.write_str("}}\n")
    }

    /// A line for people, where something went wrong that is no verdict.
    pub(crate) fn fault(&mut self, what: impl Display) -> fmt::Result {
        writeln!(self.0, "{what}")
    }
}

fn list(out: &mut HostStream, texts: impl Iterator<Item = impl Display>) -> fmt::Result {
    out.write_str("[")?;
    for (place, text) in texts.enumerate() {
        write!(out, "{}{}", if place > 0 { "," } else { "" }, Text(text))?;
    }
    out.write_str("]")
}

/// Shown as a JSON string: role names and keyids are whatever a repository says.
struct Text<T>(T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("\"")?;
        write!(Escape(formatter), "{}", self.0)?;
        formatter.write_str("\"")
    }
}

struct Escape<'f, 'a>(&'f mut fmt::Formatter<'a>);

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in
            text.split_inclusive(|character: char| matches!(character, '"' | '\\' | '\0'..='\x1f'))
        {
            let mut plain = part.chars();
            match plain.next_back() {
                Some(last @ ('"' | '\\' | '\0'..='\x1f')) => {
                    write!(self.0, "{}\\u{:04x}", plain.as_str(), u32::from(last))?;
                }
                _ => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}
