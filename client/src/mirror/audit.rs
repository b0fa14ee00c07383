//! The audit of a mirror.
//!
//! The audit reads the folder as a new client does, from the trusted root on. Every part of an
//! audit verifies all metadata, because an unverified list proves nothing. The target files are
//! divided among the parts by the hash of their paths.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use picotuf::{Role, TargetsFile, Workspace, sha256};
use serde::Serialize;

use super::folder::{all_names, audited, file_name, folds_case, name};
use super::places::Places;
use super::prune::{Known, Undecided, by_role};
use super::selection::{Selection, Stated, Unmet};
use super::{Shard, note_not_delegated, note_unlisted, prune, roots};
use crate::all_roles::{
    Edge, Failed, Listing, Sorted, VerifiedRepository, Walk, Ways, in_parallel,
};
use crate::client::must_be_initialized;
use crate::code::{Blame, Code};
use crate::config::Config;
use crate::error::Error;
use crate::log::Log;
use crate::role::TrustedRole;
use crate::target_file::{CheckError, TargetFile, check};
use crate::target_path;

/// The counts of an audit, or the sums of merged reports. Each target is right, wrong or absent.
#[derive(Clone, Debug, Default, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Counts {
    /// Delegated roles that verified.
    pub roles: u64,
    /// Roles that failed.
    pub roles_failed: u64,
    /// Listed target files of this part.
    pub targets: u64,
    /// Target files that are right under each of their names.
    pub files: u64,
    /// Their total length, in bytes.
    pub bytes: u64,
    /// Target files that are wrong, or that no mirror can store.
    pub wrong: u64,
    /// Target files that are absent.
    pub absent: u64,
    /// Absent target files that are selected.
    pub missing: u64,
}

/// The common state of all parts of an audit.
#[derive(Clone, Debug, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct State {
    /// The time of the audit.
    pub time: String,
    /// The number of parts.
    pub of: u64,
    /// The selected files, which must exist.
    pub selection: Stated,
    /// Whether file names start with hashes.
    pub hash_prefix: bool,
    /// The version of the newest root.
    pub root: u64,
    /// The version of the first root in the folder.
    pub first_root: u64,
    /// The version of the timestamp.
    pub timestamp: u64,
    /// The version of the snapshot.
    pub snapshot: u64,
    /// The SHA-256 of the snapshot's file.
    pub snapshot_sha256: String,
}

/// The result of an audit.
#[derive(Debug)]
pub struct Audited {
    /// The top-level roles.
    pub roles: Vec<TrustedRole>,
    /// The common state of all parts of this audit.
    pub state: State,
    /// The part that was audited.
    pub part: u64,
    /// The counts of this part.
    pub counts: Counts,
    /// The faults.
    pub failures: Vec<Error>,
    /// The files in the folder that no role lists.
    pub unlisted: Vec<String>,
    /// The files in the folder that a failed role may list.
    pub undecided: Vec<Undecided>,
}

/// Audits one part of a mirror's folder, as a new client with the trusted root of `config` reads
/// it: verifies every role, and the target files of this part. Calls `roles` with the verified
/// top-level roles.
///
/// # Errors
/// Returns an error that ends the audit. [`Audited::failures`] has the faults of the mirror.
pub fn audit(
    folder: &Path,
    selection: &Selection,
    shard: Shard,
    config: &Config,
    log: &Log,
    roles: &mut dyn FnMut(&[TrustedRole]),
) -> Result<Audited, Error> {
    must_be_initialized(&config.metadata_dir)?;
    let metadata = folder.join("metadata");
    let repository = VerifiedRepository::offered(config, &metadata)?;
    roles(&repository.reports);
    let version = |role: &str| {
        repository
            .reports
            .iter()
            .find(|report| report.role == role)
            .map_or(0, |report| report.version)
    };
    let hashed = repository.consistent && config.hash_prefix;
    let mut audit = Audit {
        repository: &repository,
        folder,
        selection,
        shard,
        hashed,
        failed: Failed::new(),
        failures: Vec::new(),
        counts: Counts::default(),
        unmet: Unmet::new(selection),
        places: Places::new(hashed, folds_case(folder)),
        listed_files: Vec::new(),
        later: Vec::new(),
    };
    audit.top_level();
    let first_root = audit.roots(version("root"), config)?;
    audit.targets_of(&[("targets".to_owned(), repository.targets.clone())], &Ways::default());
    let mut done = 0;
    let Walk { ways, verified, failed, unlisted } = repository.walk(|edges, ways| {
        done += edges.len();
        log.progress("roles", done, repository.listed.len());
        Ok(audit.look(edges, ways))
    })?;
    let mut workspace = Box::new(Workspace::new());
    let Sorted { mut reached, others, failed: unread } =
        ways.sort(&mut workspace, std::mem::take(&mut audit.later));
    if !hashed {
        reached = ways.found(&mut workspace, reached);
    }
    audit.listings(reached);
    audit.failed.extend(unread);
    audit.failed.extend(failed);
    audit.counts.roles_failed = audit.failed.len() as u64;
    let strays = audit.strays(&ways, &verified, log)?;
    note_unlisted(unlisted, log);
    note_not_delegated(&others, log);
    let mut failures: Vec<Error> = std::mem::take(&mut audit.failed).into_values().collect();
    failures.append(&mut audit.failures);
    failures.extend(audit.unmet.errors());
    let snapshot = repository.files.get("snapshot").map(Vec::as_slice).unwrap_or_default();
    let state = State {
        time: config.now.to_string(),
        of: shard.of,
        selection: selection.into(),
        hash_prefix: hashed,
        root: version("root"),
        first_root,
        timestamp: version("timestamp"),
        snapshot: version("snapshot"),
        snapshot_sha256: sha256(snapshot).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Ok(Audited {
        roles: repository.reports.clone(),
        state,
        part: shard.part,
        counts: audit.counts,
        failures,
        unlisted: strays.files,
        undecided: strays.undecided,
    })
}

/// Returns the verdict on an audit with this number of faults.
///
/// # Errors
/// [`Code::MirrorNotWhole`].
pub(crate) fn verdict(faults: usize) -> Result<(), Error> {
    if faults == 0 {
        return Ok(());
    }
    let text = format!("the mirror has {faults} {}", if faults == 1 { "fault" } else { "faults" });
    Err(Error::new(Code::MirrorNotWhole, text)
        .hint("run `picotuf mirror --to` on the folder again to repair it"))
}

impl Audited {
    /// Returns the verdict.
    ///
    /// # Errors
    /// [`Code::MirrorNotWhole`].
    pub fn verdict(&self) -> Result<(), Error> {
        verdict(self.failures.len())
    }
}

struct Audit<'a> {
    repository: &'a VerifiedRepository,
    folder: &'a Path,
    selection: &'a Selection,
    shard: Shard,
    /// Whether target files have their hashes in their names.
    hashed: bool,
    /// The roles that failed.
    failed: Failed,
    /// The other faults.
    failures: Vec<Error>,
    counts: Counts,
    unmet: Unmet<'a>,
    /// The places of wanted targets.
    places: Places,
    /// The names of all files that are listed.
    listed_files: Vec<String>,
    /// Targets to check after the walk: those that no client is known to find yet, and with plain
    /// names all.
    later: Vec<Listing>,
}

/// The result of the check of a target file.
enum Checked {
    Right(u64),
    /// The file is absent and not selected.
    Absent,
    /// The file is absent and selected.
    Missing(Error),
    Wrong(Error),
}

impl Counts {
    /// Adds the counts of another part. Returns `None` on overflow.
    pub(crate) fn add(&mut self, other: &Counts) -> Option<()> {
        // All parts verify the same roles.
        self.roles = self.roles.max(other.roles);
        self.roles_failed = self.roles_failed.max(other.roles_failed);
        self.targets = self.targets.checked_add(other.targets)?;
        self.files = self.files.checked_add(other.files)?;
        self.bytes = self.bytes.checked_add(other.bytes)?;
        self.wrong = self.wrong.checked_add(other.wrong)?;
        self.absent = self.absent.checked_add(other.absent)?;
        self.missing = self.missing.checked_add(other.missing)?;
        Some(())
    }
}

impl Audit<'_> {
    /// Reads a metadata file by its name.
    fn metadata(&self, role: Role, name: &str) -> Result<Vec<u8>, Error> {
        let file = audited(&self.folder.join("metadata"), name)?.map(|mut file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        });
        let path = self.folder.join("metadata").join(name);
        match file {
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(error)) => Err(Error::io("read the file", &path, &error)),
            None => Err(Error::from(picotuf::Error::MissingFile { role }).file(path.display())),
        }
    }

    /// Checks that the files of the top-level roles are no links. [`Self::roots`] checks the roots.
    fn top_level(&mut self) {
        let roles = [
            ("timestamp", Role::Timestamp),
            ("snapshot", Role::Snapshot),
            ("targets", Role::Targets),
        ];
        for (role, kind) in roles {
            let version = self
                .repository
                .reports
                .iter()
                .find(|report| report.role == role)
                .map(|report| report.version);
            let version = version.filter(|_| self.repository.consistent && role != "timestamp");
            if let Err(error) = self.metadata(kind, &name(role, version)) {
                self.failures.push(error.role(role));
            }
        }
    }

    /// Checks that the chain of roots leads from the first one in the folder to the latest.
    fn roots(&mut self, newest: u64, config: &Config) -> Result<u64, Error> {
        let file_of = |version: u64| name("root", Some(version));
        let path = |version: u64| self.folder.join("metadata").join(file_of(version));
        let trusted = self.repository.files.get("root").cloned().unwrap_or_default();
        let mut failures = Vec::new();
        match self.metadata(Role::Root, &file_of(newest)) {
            Err(error) => failures.push(error.role("root")),
            Ok(file) if file != trusted => {
                let text = "the file differs from the trusted root";
                let error = Error::new(Code::WrongRoot, text).role("root");
                failures.push(error.file(path(newest).display()));
            }
            Ok(_) => {}
        }
        let gathered = roots::gather(newest, &trusted, config, |version| {
            match self.metadata(Role::Root, &file_of(version)) {
                Ok(file) => Ok(Some(file)),
                Err(error) if error.is_missing_file() => Ok(None),
                Err(error) => {
                    failures.push(error.role("root"));
                    Ok(None)
                }
            }
        });
        let first = match gathered {
            Ok(roots) => roots.keys().next().copied().unwrap_or(newest),
            Err(error)
                if matches!(error.detail().blame, Blame::Repository | Blame::Unsupported) =>
            {
                failures.push(error);
                newest
            }
            Err(error) => return Err(error),
        };
        if failures.is_empty() && (1..first).any(|version| path(version).exists()) {
            let text = format!("version {} is missing from the chain of roots", first - 1);
            let missing = picotuf::Error::MissingFile { role: Role::Root };
            failures.push(Error::from(missing).message(text).role("root"));
        }
        self.failures.append(&mut failures);
        Ok(first)
    }

    fn look(&mut self, edges: &[Edge], ways: &Ways) -> Vec<Result<Listed, Error>> {
        let looked = in_parallel(edges, self.repository.identities.as_ref(), |workspace, edge| {
            let name = match file_name(&edge.role, self.repository.version_in_name(&edge.role)) {
                Ok(name) => name,
                Err(error) => return vec![Err(error)],
            };
            let verified = all_names(&name).into_iter().map(|name| {
                let file = self
                    .metadata(Role::Delegated, &name)
                    .map_err(|error| error.role(&edge.role))?;
                let verified = self.repository.roles.verify(
                    workspace,
                    &edge.delegation,
                    &edge.role,
                    file.into(),
                );
                let path = self.folder.join("metadata").join(name);
                verified
                    .map(|(_, file)| file)
                    .map_err(|error| Error::from(error).role(&edge.role).file(path.display()))
            });
            verified.collect::<Vec<_>>()
        });
        let mut verified = Vec::new();
        for names in looked {
            let (files, mut errors): (Vec<_>, Vec<_>) = names.into_iter().partition(Result::is_ok);
            verified.push(match files.into_iter().next() {
                Some(file) => {
                    // One right file determines which others must exist.
                    self.failures.extend(errors.into_iter().filter_map(Result::err));
                    file
                }
                None => errors.swap_remove(0),
            });
        }
        let whole = edges.iter().zip(&verified);
        let whole: Vec<_> = whole
            .filter_map(|(edge, file)| Some((edge.role.clone(), file.as_ref().ok()?.clone())))
            .collect();
        self.counts.roles += u64::try_from(whole.len()).unwrap_or(u64::MAX);
        self.targets_of(&whole, ways);
        verified
    }

    /// Checks the files of the targets that these roles list.
    fn targets_of(&mut self, roles: &[(String, Listed)], ways: &Ways) {
        let mut workspace = Box::new(Workspace::new());
        let mut listings = Vec::new();
        for (role, file) in roles {
            let Sorted { reached, others, failed } = ways.listings(&mut workspace, role, file);
            self.failed.extend(failed);
            self.later.extend(others);
            // Only one file can have a plain name. Whose file it is, is known after the walk only.
            let known = if self.hashed { &mut listings } else { &mut self.later };
            known.extend(reached);
        }
        self.listings(listings);
    }

    /// Checks the targets of this part.
    fn listings(&mut self, listings: Vec<Listing>) {
        let mut ours = Vec::new();
        for listing in listings {
            let Listing { path, target, .. } = &listing;
            self.unmet.meet(path);
            let wanted = TargetFile { path, target, delegation_path: &[], consistent: self.hashed };
            self.listed_files.extend(wanted.names());
            // A target that is not selected takes no place.
            let place = if self.selection.wants(path) { self.places.give(path) } else { Ok(()) };
            if self.is_ours(path) {
                ours.push((listing, place.err()));
            }
        }
        let checked = in_parallel(&ours, None, |_, (listing, no_place)| match no_place {
            Some(_) => None,
            None => Some(self.file(listing)),
        });
        for (checked, (listing, no_place)) in checked.into_iter().zip(ours) {
            let about = |error: Error| error.role(&listing.role).target(&listing.path);
            self.counts.targets += 1;
            match checked.or_else(|| no_place.map(Checked::Wrong)) {
                Some(Checked::Right(length)) => {
                    self.counts.files += 1;
                    self.counts.bytes += length;
                }
                Some(Checked::Absent) | None => self.counts.absent += 1,
                Some(Checked::Missing(error)) => {
                    self.counts.absent += 1;
                    self.counts.missing += 1;
                    self.failures.push(about(error));
                }
                Some(Checked::Wrong(error)) => {
                    self.counts.wrong += 1;
                    self.failures.push(about(error));
                }
            }
        }
    }

    /// Finds the files in the folder that no role lists. They harm no client: an update left them
    /// until `--prune`, or somebody put them there.
    fn strays(
        &self,
        ways: &Ways,
        verified: &BTreeSet<String>,
        log: &Log,
    ) -> Result<prune::Unlisted, Error> {
        let failed = self.failed.keys().map(String::as_str).collect();
        let known = Known {
            repository: self.repository,
            ways,
            verified,
            failed,
            listed_files: &self.listed_files,
        };
        let strays = prune::unlisted(self.folder, &known)?;
        if let Some(first) = strays.files.first() {
            log.notice(&format!(
                "no role lists {} of the files in the folder, such as {first}",
                strays.files.len()
            ));
        }
        for (role, count) in by_role(&strays.undecided) {
            log.notice(&format!("{count} unlisted files may belong to role {role}, which failed"));
        }
        Ok(strays)
    }

    fn is_ours(&self, path: &str) -> bool {
        let [a, b, c, d, ..] = sha256(path.as_bytes());
        u64::from(u32::from_be_bytes([a, b, c, d])) % self.shard.of == self.shard.part - 1
    }

    /// Checks a target file. A selected file must exist under each name that a client may request;
    /// every file that exists must be right.
    fn file(&self, listing: &Listing) -> Checked {
        let Listing { path, target, .. } = listing;
        let wanted = TargetFile { path, target, delegation_path: &[], consistent: self.hashed };
        let (is_wanted, folder) = (self.selection.wants(path), self.folder.join("targets"));
        let (mut found, mut missing) = (false, None);
        for name in wanted.names() {
            if !target_path::is_safe(&name) {
                // No mirror can store such a file.
                match target_path::local_path(&folder, &name) {
                    Err(error) if is_wanted => return Checked::Wrong(error),
                    _ => continue,
                }
            }
            let local = folder.join(&name);
            match audited(&folder, &name) {
                Ok(Some(mut file)) => match check(target, &mut file) {
                    Ok(()) => found = true,
                    Err(CheckError::Verdict(error)) => {
                        return Checked::Wrong(Error::from(error).file(local.display()));
                    }
                    Err(CheckError::Read(error)) => {
                        return Checked::Wrong(Error::io("read the file", &local, &error));
                    }
                },
                Ok(None) if is_wanted && missing.is_none() => {
                    let text = "the target is listed, but its file is missing";
                    missing = Some(Error::new(Code::MissingTarget, text).file(local.display()));
                }
                Ok(None) => {}
                Err(error) => return Checked::Wrong(error),
            }
        }
        match missing {
            Some(error) => Checked::Missing(error),
            None if found => Checked::Right(target.length),
            None => Checked::Absent,
        }
    }
}

/// The file of a listed role.
type Listed = TargetsFile<crate::all_roles::File>;
