//! What `check --attestations` and `publishers` begin with: who is asked, by which trusted root,
//! and the file of pins.

use std::path::{Path, PathBuf};

use picotuf::OneLine;
use picotuf_attest::Rules;
use picotuf_client::attestations::{Answers, Index};
use picotuf_client::check::is_distribution;
use picotuf_client::lock::{self, Entry};
use picotuf_client::publishers::{Asking, Attester, FILE_NAME, Known, Publishers};
use picotuf_client::pypi::Allowed;
use picotuf_client::sigstore::SigstoreRoot;
use picotuf_client::{Base, Code, Error};

use serde_json::{Value, json};

use super::provenance::{Stored, repository, trusted_root};
use crate::args::AttestOptions;
use crate::clock;
use crate::report::{BAD, DIM, GOOD, Log, Report};
use crate::settings::Settings;
use crate::transport::Transport;

/// Who is asked, and by which trusted root.
pub(super) struct Sources {
    answers: Answers<Transport>,
    root: SigstoreRoot,
    asking: Asking,
    now: picotuf::Time,
}

impl Sources {
    /// Makes ready to ask about these files. With `stored`, nobody is asked.
    pub(super) fn new(
        options: &AttestOptions,
        files: &[PathBuf],
        allow: &[Allowed],
        stored: Option<Stored>,
        settings: &Settings,
        report: &mut Report,
        log: &Log,
    ) -> Result<Self, Error> {
        lock_files_exist(files)?;
        let parse = |text: &String| Base::parse(text);
        let asking = Asking {
            index: options.index_url.as_deref().map(index_base).transpose()?,
            provenance_from: options.provenance_from.iter().map(parse).collect::<Result<_, _>>()?,
            allow: allow.to_vec(),
            rules: Rules::default(),
            log: log.events().clone(),
        };
        let repository = repository(&options.sigstore, settings)?;
        let mut named: Vec<Base> =
            asking.index.iter().chain(&asking.provenance_from).cloned().collect();
        named.extend(repository.iter().flat_map(|one| one.config().metadata.clone()));
        named.extend(files.iter().flat_map(|path| indexes(path)));
        let transport =
            Transport::new(&settings.network, &[], &named, log.events().clone(), log.is_quiet())?;
        let sigstore = &options.sigstore;
        let is_offline = stored.is_some();
        let root = trusted_root(sigstore, repository.as_ref(), stored, &transport, report, log)?;
        let now = settings.config.now;
        let answers = Answers::kept(transport, settings.data_dir.join("attestations"), now);
        let answers = if is_offline { answers.offline() } else { answers };
        Ok(Sources { answers, root, asking, now })
    }

    /// Holds files to these pins and rules.
    pub(super) fn attester(&self, publishers: Publishers, rules: Rules) -> Attester<'_> {
        let asking = Asking { rules, ..self.asking.clone() };
        Attester::new(&self.answers, &self.root.trusted, self.now, asking, publishers)
    }

    /// Says how old the oldest answer of an index is that was stored.
    pub(super) fn say_age(&self, report: &mut Report) {
        let Some(oldest) = self.answers.oldest() else { return };
        report.say(format_args!(
            "no index was asked: the oldest stored answer is of {oldest} ({})",
            clock::relative(oldest, self.now)
        ));
        report.detail("oldest_answer", oldest.to_string());
    }

    /// For people: where the trusted root comes from.
    pub(super) fn say(&self, report: &Report) {
        report.say(format_args!("trusted root: {}", self.root.source));
    }
}

/// Parses the URL of an index.
pub(super) fn index_base(url: &str) -> Result<Base, Error> {
    Ok(Index::new(Base::parse(url)?)?.base().clone())
}

/// Checks that the lock files exist, before anybody is asked for anything.
///
/// # Errors
/// [`Code::Io`] for the first that does not.
pub(super) fn lock_files_exist(files: &[PathBuf]) -> Result<(), Error> {
    let mut lock_files = files.iter().filter(|path| !is_distribution(path));
    let failed = |path: &PathBuf| {
        let error = std::fs::metadata(path).err()?;
        Some(Error::io("open the lock file", path, &error))
    };
    lock_files.find_map(failed).map_or(Ok(()), Err)
}

/// The indexes that a lock file names; what is wrong with it is told when it is checked.
fn indexes(path: &Path) -> Vec<Base> {
    if is_distribution(path) {
        return Vec::new();
    }
    let Ok(lock_file) = lock::read(path, &variable) else { return Vec::new() };
    let mut indexes: Vec<String> = Vec::new();
    for entry in lock_file.entries {
        let Entry::Pinned(pinned) = entry else { continue };
        for index in pinned.indexes {
            if !indexes.contains(&index) {
                indexes.push(index);
            }
        }
    }
    // Who writes a lock file must not be able to send credentials of ~/.netrc unencrypted.
    let is_https = |base: &Base| matches!(base, Base::Http(url) if url.scheme() == "https");
    indexes.iter().filter_map(|index| Base::parse(index).ok()).filter(is_https).collect()
}

/// An environment variable that a list of requirements names.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the path of the file of pins: the named one, or the one beside the lock files.
///
/// # Errors
/// Wrong usage if lock files lie in several folders, since pins of one would be missed.
pub(super) fn pins_path(options: &AttestOptions, files: &[PathBuf]) -> Result<PathBuf, Error> {
    if let Some(path) = &options.publishers {
        return Ok(path.clone());
    }
    let mut folders: Vec<&Path> = files
        .iter()
        .filter(|path| !is_distribution(path))
        .map(|path| path.parent().unwrap_or(Path::new("")))
        .collect();
    folders.sort();
    folders.dedup();
    let shown = |folder: &Path| match folder.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => folder.display().to_string(),
    };
    match folders[..] {
        [] => Ok(FILE_NAME.into()),
        [folder] => Ok(folder.join(FILE_NAME)),
        [first, second, ..] => {
            let message = format!(
                "the lock files lie in several folders, such as {} and {}, and each may have \
                 publishers of its own",
                shown(first),
                shown(second)
            );
            Err(Error::usage(message)
                .hint("check one folder at a time, or name one file with --publishers"))
        }
    }
}

/// Reads the file of pins, if there is one.
///
/// # Errors
/// [`Code::NotPinned`] if a file that was named with `--publishers` is not there.
pub(super) fn read_pins(options: &AttestOptions, path: &Path) -> Result<Option<Publishers>, Error> {
    let publishers = Publishers::read(path)?;
    if publishers.is_none() && options.publishers.is_some() {
        return Err(Error::new(Code::NotPinned, "the file of --publishers does not exist")
            .file(path.display())
            .hint("check the path; write the file with `picotuf publishers init LOCKFILE`"));
    }
    Ok(publishers)
}

/// Writes the file of pins if that changes anything, and says what.
pub(super) fn write(
    before: &Publishers,
    attester: &Attester<'_>,
    path: &Path,
    report: &mut Report,
) -> Result<(), Error> {
    write_all(before, &attester.learned(), path, report)
}

pub(super) fn write_all(
    before: &Publishers,
    after: &Publishers,
    path: &Path,
    report: &mut Report,
) -> Result<(), Error> {
    let changes = |one: &Publishers, other: &Publishers| -> Vec<Value> {
        let new = one.all().iter().filter(|known| !other.all().contains(known));
        new.map(known_json).collect()
    };
    let (removed, added) = (changes(before, after), changes(after, before));
    for (sign, style, all) in [("-", BAD, &removed), ("+", GOOD, &added)] {
        for known in all {
            let text = |name: &str| OneLine(known[name].as_str().unwrap_or_default()).to_string();
            let ids = match (text("repository_id"), text("owner_id")) {
                (repository, owner) if repository.is_empty() && owner.is_empty() => String::new(),
                (repository, owner) => format!(", repository {repository}, owner {owner}"),
            };
            report.say(format_args!(
                "  {style}{sign} {}{style:#}  {}{ids}  {DIM}{}{DIM:#}",
                text("project"),
                text("publisher"),
                text("index")
            ));
        }
    }
    if after != before {
        after.write(path)?;
        let name = path.display().to_string();
        report.say(format_args!("wrote {}: commit it beside the lock file", OneLine(&name)));
    }
    report.detail("written", (after != before).then(|| path.display().to_string()));
    report.detail("removed", removed);
    report.detail("added", added);
    Ok(())
}

pub(super) fn known_json(known: &Known) -> Value {
    json!({
        "index": known.index,
        "project": known.project,
        "publisher": known.pin.publisher.to_string(),
        "issuer": known.pin.issuer,
        "repository_id": known.pin.repository_id,
        "owner_id": known.pin.owner_id,
        "ref_kind": known.pin.ref_kind.map(picotuf_attest::RefKind::name),
        "first_version": known.first.as_ref().map(|first| first.version.as_str()),
        "first_upload_time":
            known.first.as_ref().and_then(|first| first.upload_time).map(|time| time.to_string()),
        "unattested": known.unattested,
    })
}
