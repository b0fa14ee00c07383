//! Lock files: every file that they pin, and every entry that cannot be checked.

use std::fmt;
use std::path::Path;

use picotuf::pypi::SignedBy;
use serde_json::{Map, Value, json};

use super::Job;
use crate::error::OneLine;
use crate::lock::{self, Entry, Pinned, PinnedFile, Place, Reason};
use crate::pypi::{
    Builds, Finding, KnownFields, UNSUPPORTED_LOCK_FILE, Unsigned, allows, check_pin, never_counts,
};
use crate::report::{BAD, DIM, GOOD};

/// Checks all of a lock file.
pub(super) fn check(path: &Path, name: &str, job: &mut Job<'_, '_>) -> Map<String, Value> {
    let mut told = Map::from_iter([("file".to_owned(), Value::from(name))]);
    let lock_file = match lock::read(path, &|name| std::env::var(name).ok()) {
        Ok(lock_file) => lock_file,
        Err(error) if error.detail().code == UNSUPPORTED_LOCK_FILE && !job.alone => {
            job.begin(name);
            let place = Place { file: path.into(), line: 1 };
            let allowed = job.leave(name, &place, UNSUPPORTED_LOCK_FILE, &error.detail().message);
            told.extend([
                ("ok".to_owned(), allowed.into()),
                ("unchecked".to_owned(), UNSUPPORTED_LOCK_FILE.into()),
                ("why".to_owned(), error.detail().message.as_str().into()),
            ]);
            return told;
        }
        Err(error) => {
            job.begin(name);
            told.insert("ok".to_owned(), false.into());
            job.refused(name, error, job.alone, &mut told);
            return told;
        }
    };
    job.summary.has_lock_files = true;
    told.insert("format".to_owned(), lock_file.format.name().into());
    let files =
        |entry: &Entry| if let Entry::Pinned(pinned) = entry { pinned.files.len() } else { 0 };
    job.count.more(lock_file.entries.iter().map(files).sum());
    job.begin(name);
    job.report.say(format_args!("{}  {}", OneLine(name), lock_file.format.name()));
    let (mut ok, mut entries) = (true, Vec::new());
    let no_build = lock_file.format.no_build();
    for entry in lock_file.entries {
        match entry {
            Entry::Pinned(pinned) => ok &= pin(&pinned, no_build, job, &mut entries),
            Entry::Unchecked(unchecked) if never_counts(&unchecked.why) => {
                let (what, code) = (OneLine(&unchecked.what), unchecked.why.code());
                job.report.say(format_args!("  {DIM}{what}  {} [{code}]{DIM:#}", unchecked.why));
                let entry = json!({"what": unchecked.what, "ok": true, "unchecked": code});
                job.tell(&mut entries, &unchecked.place, entry);
            }
            Entry::Unchecked(unchecked) => {
                let (code, why) = (unchecked.why.code(), unchecked.why.to_string());
                let allowed = job.leave(&unchecked.what, &unchecked.place, &code, &why);
                let entry =
                    json!({"what": unchecked.what, "ok": allowed, "unchecked": code, "why": why});
                job.tell(&mut entries, &unchecked.place, entry);
                ok &= allowed;
            }
        }
    }
    told.insert("ok".to_owned(), ok.into());
    told.insert("entries".to_owned(), entries.into());
    told
}

/// Checks all files of a pin, and says how many of them who signed.
fn pin(
    pinned: &Pinned,
    no_build: &'static [&'static str],
    job: &mut Job<'_, '_>,
    entries: &mut Vec<Value>,
) -> bool {
    let mut ok = true;
    let (mut names, mut refused) = (Vec::new(), false);
    let mut signed: Vec<(SignedBy, usize)> = Vec::new();
    let (mut yanked, mut status) = (None, None);
    for file in &pinned.files {
        let what = What(pinned, file).to_string();
        job.begin(&what);
        let checked =
            check_pin(pinned, file, &job.options.require, &job.options.allow, &mut job.checker);
        names.extend(file.file_name.clone().or_else(|| checked.as_ref().ok()?.file_name.clone()));
        let mut entry = described(pinned, file, job.report.is_json());
        match checked {
            Ok(finding) => {
                job.summary.count(finding.signed_by);
                match signed.iter_mut().find(|(by, _)| *by == finding.signed_by) {
                    Some((_, count)) => *count = count.saturating_add(1),
                    None => signed.push((finding.signed_by, 1)),
                }
                if job.report.is_json() {
                    entry.extend(found(&finding));
                }
                entry.insert("ok".to_owned(), true.into());
                let signed =
                    finding.fields.as_ref().and_then(KnownFields::yanked).map(str::to_owned);
                yanked = yanked.or(signed).or_else(|| finding.page.and_then(|page| page.yanked));
                status = status.or(finding.project_status);
            }
            Err(Unsigned::Unchecked { code, why, allowed }) => {
                job.leave_as(&what, &pinned.place, &code, &why, allowed);
                entry.extend([
                    ("ok".to_owned(), allowed.into()),
                    ("unchecked".to_owned(), code.into()),
                    ("why".to_owned(), why.into()),
                ]);
                ok &= allowed;
            }
            Err(Unsigned::Refused(error)) => {
                entry.insert("ok".to_owned(), false.into());
                let error =
                    if error.detail().file.is_some() { error } else { error.file(&pinned.place) };
                job.refused(&what, error, false, &mut entry);
                (ok, refused) = (false, true);
            }
        }
        job.tell(entries, &pinned.place, Value::Object(entry));
    }
    // What is refused is not installed in any way.
    if !refused {
        ok &= builds(pinned, &names, no_build, job, entries);
    }
    if !signed.is_empty() {
        let said: Vec<_> =
            signed.iter().map(|(by, count)| format!("{count} signed by {by}")).collect();
        let yanked =
            yanked.map(|why| format!(", {BAD}yanked{BAD:#} {}", OneLine(&why))).unwrap_or_default();
        let status = status
            .map(|status| format!(", project {BAD}{}{BAD:#}", status.line()))
            .unwrap_or_default();
        let version = pinned.version.as_deref().unwrap_or_default();
        job.report.say(format_args!(
            "  {GOOD}{} {}{GOOD:#}  {}{yanked}{status}",
            OneLine(&pinned.project),
            OneLine(version),
            said.join(", ")
        ));
    }
    ok
}

/// Says what an installer may build of a pin, and whether that is accepted.
fn builds(
    pinned: &Pinned,
    names: &[String],
    no_build: &'static [&'static str],
    job: &mut Job<'_, '_>,
    entries: &mut Vec<Value>,
) -> bool {
    let builds = Builds::of(names.iter().map(String::as_str));
    let what = Project(pinned).to_string();
    if let Err(error) = builds.require(&job.options.require) {
        let mut entry = Map::from_iter([
            ("what".to_owned(), what.as_str().into()),
            ("ok".to_owned(), false.into()),
        ]);
        job.refused(&what, error.file(&pinned.place), false, &mut entry);
        job.tell(entries, &pinned.place, Value::Object(entry));
        return false;
    }
    match builds {
        Builds::Nothing => true,
        Builds::Perhaps => {
            job.summary.beside_wheels(no_build);
            true
        }
        Builds::Always => {
            let (code, why) =
                (Reason::BuildsFromSource.code(), Reason::BuildsFromSource.to_string());
            let allowed = job.leave(&what, &pinned.place, &code, &why);
            let entry = json!({"what": what, "ok": allowed, "unchecked": code, "why": why});
            job.tell(entries, &pinned.place, entry);
            allowed
        }
    }
}

impl Job<'_, '_> {
    /// Says that an entry cannot be checked, and whether that is allowed.
    fn leave(&mut self, what: &str, place: &Place, code: &str, why: &str) -> bool {
        let allowed = allows(&self.options.allow, code);
        self.leave_as(what, place, code, why, allowed);
        allowed
    }

    fn leave_as(&mut self, what: &str, place: &Place, code: &str, why: &str, allowed: bool) {
        let style = if allowed { DIM } else { BAD };
        let (what, place) = (OneLine(what), place.to_string());
        self.report.say(format_args!(
            "  {style}{what}  not checked: {} [{}]{style:#} {DIM}{}{DIM:#}",
            OneLine(why),
            OneLine(code),
            OneLine(&place)
        ));
        self.summary.leave(code, allowed);
    }

    /// Keeps an entry for the JSON, if there is to be one.
    fn tell(&self, entries: &mut Vec<Value>, place: &Place, mut entry: Value) {
        if self.report.is_json() {
            entry["place"] = place.to_string().into();
            entries.push(entry);
        }
    }
}

/// What is known of a pinned file before the verdict.
fn described(pinned: &Pinned, file: &PinnedFile, wanted: bool) -> Map<String, Value> {
    let mut entry = Map::new();
    if wanted {
        entry.insert("project".to_owned(), pinned.project.as_str().into());
        for (name, value) in [("version", &pinned.version), ("file_name", &file.file_name)] {
            entry.extend(value.as_deref().map(|value| (name.to_owned(), Value::from(value))));
        }
        match &pinned.indexes[..] {
            [] => {}
            [index] => drop(entry.insert("index".to_owned(), index.as_str().into())),
            several => drop(entry.insert("indexes".to_owned(), several.into())),
        }
        let hashes = file
            .hashes
            .iter()
            .map(|hash| (hash.algorithm.name().to_owned(), Value::from(hash.hex.as_str())));
        entry.insert("hashes".to_owned(), Value::Object(hashes.collect()));
    }
    entry
}

/// The finding for programs. Roles are named only: `roles` has them in full, once for all files.
fn found(finding: &Finding) -> Map<String, Value> {
    let Ok(Value::Object(mut found)) = serde_json::to_value(finding) else {
        return Map::new();
    };
    let chain =
        finding.chain.iter().map(|link| json!({"role": link.role.role, "owner": link.owner}));
    found.insert("chain".to_owned(), chain.collect::<Vec<_>>().into());
    found
}

/// A pin for people.
struct Project<'p>(&'p Pinned);

impl fmt::Display for Project<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.project)?;
        self.0.version.as_ref().map_or(Ok(()), |version| write!(formatter, " {version}"))
    }
}

/// A pinned file for people.
struct What<'p>(&'p Pinned, &'p PinnedFile);

impl fmt::Display for What<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let What(pinned, file) = self;
        match (&file.file_name, file.hashes.first()) {
            (Some(name), _) => formatter.write_str(name),
            (None, hash) => {
                let digits = hash
                    .map(|hash| hash.hex.chars().take(12).collect::<String>())
                    .unwrap_or_default();
                write!(
                    formatter,
                    "{} {} {digits}…",
                    pinned.project,
                    pinned.version.as_deref().unwrap_or_default()
                )
            }
        }
    }
}
