//! What `check --attestations` and `publishers` begin with: who is asked, by which trusted root,
//! and the file of pins.

use std::path::{Path, PathBuf};

use picotuf_attest::Rules;
use picotuf_client::check::is_distribution;
use picotuf_client::lock::{self, Entry};
use picotuf_client::publishers::{Asking, Attester, FILE_NAME, Publishers};
use picotuf_client::pypi::Allowed;
use picotuf_client::sigstore::SigstoreRoot;
use picotuf_client::{Base, Code, Error};

use super::provenance::{repository, trusted_root};
use crate::args::AttestOptions;
use crate::report::{Log, Report};
use crate::settings::Settings;
use crate::transport::Transport;

/// Who is asked, and by which trusted root.
pub(super) struct Sources {
    transport: Transport,
    root: SigstoreRoot,
    asking: Asking,
    now: picotuf::Time,
}

impl Sources {
    /// Makes ready to ask about these files.
    pub(super) fn new(
        options: &AttestOptions,
        files: &[PathBuf],
        allow: &[Allowed],
        settings: &Settings,
        report: &mut Report,
        log: &Log,
    ) -> Result<Self, Error> {
        let parse = |text: &String| Base::parse(text);
        let asking = Asking {
            index: options.index_url.as_ref().map(parse).transpose()?,
            provenance_from: options.provenance_from.iter().map(parse).collect::<Result<_, _>>()?,
            allow: allow.to_vec(),
            rules: Rules::default(),
        };
        let repository = repository(&options.sigstore, settings)?;
        let mut named: Vec<Base> =
            asking.index.iter().chain(&asking.provenance_from).cloned().collect();
        named.extend(repository.iter().flat_map(|one| one.config().metadata.clone()));
        named.extend(files.iter().flat_map(|path| indexes(path)));
        let transport =
            Transport::new(&settings.network, &[], &named, log.clone(), log.is_quiet())?;
        let sigstore = &options.sigstore;
        let root = trusted_root(sigstore, repository.as_ref(), None, &transport, report, log)?;
        Ok(Sources { transport, root, asking, now: settings.config.now })
    }

    /// Holds files to these pins and rules.
    pub(super) fn attester(&self, publishers: Publishers, rules: Rules) -> Attester<'_> {
        let asking = Asking { rules, ..self.asking.clone() };
        Attester::new(&self.transport, &self.root.trusted, self.now, asking, publishers)
    }

    /// For people: where the trusted root comes from.
    pub(super) fn say(&self, report: &Report) {
        report.say(format_args!("trusted root: {}", self.root.source));
    }
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
    match folders[..] {
        [] => Ok(FILE_NAME.into()),
        [folder] => Ok(folder.join(FILE_NAME)),
        [first, second, ..] => {
            let message = format!(
                "the lock files lie in several folders, such as {} and {}, and each may have \
                 publishers of its own",
                first.display(),
                second.display()
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
