//! The audit of a mirror.
//!
//! The audit reads the folder as a new client does, from the trusted root on. Every part of an
//! audit verifies all metadata, because an unverified list proves nothing. The target files are
//! divided among the parts by the hash of their paths.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use picotuf::{Role, Target, TargetsFile, Workspace, sha256};
use serde::Serialize;

use super::folder::{all_names, audited, file_name, folds_case, name};
use super::inventory::Inventory;
use super::places::{Places, give_hashed};
use super::prune::{Known, Undecided, by_role};
use super::selection::{Selection, Stated, Unmet};
use super::{Shard, note_not_delegated, note_unlisted, prune, roots};
use crate::all_roles::{
    Edge, Failed, Listing, Sorted, Verdict, VerifiedRepository, Walk, Ways, Workspaces, in_parallel,
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
    let mirror = Mirror {
        repository: &repository,
        folder,
        selection,
        shard,
        hashed,
        inventory: Inventory::of(&folder.join("targets"), true)?,
    };
    let mut audit = Audit {
        mirror: &mirror,
        threads: config.threads,
        findings: Findings::default(),
        unmet: Unmet::new(selection),
        places: Places::new(hashed, folds_case(folder)),
    };
    audit.top_level();
    let first_root = audit.roots(version("root"), config)?;
    audit.targets()?;
    let mut done = 0;
    let Walk { ways, verified, failed, unlisted } = repository.walk(|edges, ways| {
        done += edges.len();
        log.progress("roles", done, repository.listed.len());
        audit.look(edges, ways)
    })?;
    let others = audit.later(&ways)?;
    let Audit { findings, unmet, .. } = audit;
    let unmet = unmet.errors();
    let Findings { mut counts, failures, failed: mut all_failed, .. } = findings;
    all_failed.extend(failed);
    counts.roles_failed = all_failed.len() as u64;
    let strays = strays(mirror, &ways, &verified, &all_failed, log)?;
    note_unlisted(unlisted, log);
    note_not_delegated(&others, log);
    let failures: Vec<Error> = all_failed.into_values().chain(failures).chain(unmet).collect();
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
        counts,
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

/// A mirror and what is asked of it, for all threads.
struct Mirror<'a> {
    repository: &'a VerifiedRepository,
    folder: &'a Path,
    selection: &'a Selection,
    shard: Shard,
    /// Whether target files have their hashes in their names.
    hashed: bool,
    /// The files in the targets folder.
    inventory: Inventory,
}

struct Audit<'a> {
    mirror: &'a Mirror<'a>,
    threads: Option<NonZeroUsize>,
    /// What was found so far.
    findings: Findings,
    unmet: Unmet<'a>,
    /// The places of wanted targets.
    places: Places,
}

/// What a part of the audit has found. The parts are put together in the order of the roles,
/// whichever thread was the first.
#[derive(Default)]
struct Findings {
    /// The roles that failed.
    failed: Failed,
    /// The other faults.
    failures: Vec<Error>,
    /// The listed targets whose files are missing or wrong.
    faulty: Vec<Faulty>,
    counts: Counts,
    /// The listed targets that the selection names.
    met: Vec<String>,
    /// Targets to check after the walk: those that no client is known to find yet, and with plain
    /// names all.
    later: Vec<Listing>,
    /// The file names of the listed targets, which go to the inventory.
    names: Vec<String>,
}

/// A target whose file is missing or wrong, and the error.
struct Faulty {
    listing: Listing,
    is_missing: bool,
    error: Error,
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

    /// Adds the counts of other roles or targets in this part.
    fn gain(&mut self, other: &Counts) {
        self.roles += other.roles;
        self.targets += other.targets;
        self.files += other.files;
        self.bytes += other.bytes;
        self.wrong += other.wrong;
        self.absent += other.absent;
        self.missing += other.missing;
    }
}

impl Audit<'_> {
    /// Checks that the files of the top-level roles are no links. [`Self::roots`] checks the roots.
    fn top_level(&mut self) {
        let roles = [
            ("timestamp", Role::Timestamp),
            ("snapshot", Role::Snapshot),
            ("targets", Role::Targets),
        ];
        for (role, kind) in roles {
            let version = self
                .mirror
                .repository
                .reports
                .iter()
                .find(|report| report.role == role)
                .map(|report| report.version);
            let version =
                version.filter(|_| self.mirror.repository.consistent && role != "timestamp");
            if let Err(error) = self.mirror.metadata(kind, &name(role, version)) {
                self.findings.failures.push(error.role(role));
            }
        }
    }

    /// Checks that the chain of roots leads from the first one in the folder to the latest.
    fn roots(&mut self, newest: u64, config: &Config) -> Result<u64, Error> {
        let file_of = |version: u64| name("root", Some(version));
        let path = |version: u64| self.mirror.folder.join("metadata").join(file_of(version));
        let trusted = self.mirror.repository.files.get("root").cloned().unwrap_or_default();
        let mut failures = Vec::new();
        match self.mirror.metadata(Role::Root, &file_of(newest)) {
            Err(error) => failures.push(error.role("root")),
            Ok(file) if file != trusted => {
                let text = "the file differs from the trusted root";
                let error = Error::new(Code::WrongRoot, text).role("root");
                failures.push(error.file(path(newest).display()));
            }
            Ok(_) => {}
        }
        let gathered = roots::gather(newest, &trusted, config, |version| {
            match self.mirror.metadata(Role::Root, &file_of(version)) {
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
        self.findings.failures.append(&mut failures);
        Ok(first)
    }

    /// Looks at the targets role.
    fn targets(&mut self) -> Result<(), Error> {
        let mut findings = Findings::default();
        let (file, ways) = (&self.mirror.repository.targets, Ways::default());
        let mut workspaces = self.mirror.repository.workspaces();
        self.mirror.targets_of("targets", file, &ways, &mut workspaces, &mut findings);
        self.add(findings)
    }

    /// Looks at a batch of roles and their targets.
    fn look(&mut self, edges: &[Edge], ways: &Ways) -> Result<Vec<Verdict>, Error> {
        let mirror = self.mirror;
        let begin = || mirror.repository.workspaces();
        let looked = in_parallel(self.threads, edges, begin, |workspaces, edge| {
            let mut findings = Findings::default();
            (mirror.role(edge, ways, workspaces, &mut findings), findings)
        });
        let mut verdicts = Vec::new();
        for (verdict, findings) in looked {
            self.add(findings)?;
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    fn add(&mut self, part: Findings) -> Result<(), Error> {
        let Findings { failed, failures, faulty, counts, met, later, names } = part;
        self.mirror.inventory.list(names.iter().map(String::as_str))?;
        self.findings.failed.extend(failed);
        self.findings.failures.extend(failures);
        self.findings.faulty.extend(faulty);
        self.findings.counts.gain(&counts);
        self.findings.later.extend(later);
        met.iter().for_each(|path| self.unmet.meet(path));
        Ok(())
    }

    /// Checks the targets that were put off until all delegations are known. Returns those that no
    /// client finds.
    fn later(&mut self, ways: &Ways) -> Result<Vec<Listing>, Error> {
        let mirror = self.mirror;
        let mut workspace = mirror.repository.workspace();
        let later = std::mem::take(&mut self.findings.later);
        let Sorted { mut reached, mut others, failed } = ways.sort(&mut workspace, later);
        if !mirror.hashed {
            // Only one file can have a plain name.
            reached = ways.found(&mut workspace, reached);
        }
        let given = |places: &mut Places, path: &str| match mirror.selection.wants(path) {
            true => places.give(path),
            // A target that is not selected takes no place.
            false => Ok(()),
        };
        let placed: Vec<_> = reached
            .into_iter()
            .map(|listing| {
                let place = given(&mut self.places, &listing.path);
                (listing, Mutex::new(Some(place)))
            })
            .collect();
        let batches: Vec<_> = placed.chunks(BATCH).collect();
        let checked = in_parallel(
            self.threads,
            &batches,
            || (),
            |(), batch| {
                let mut findings = Findings::default();
                for (Listing { role, path, target }, place) in *batch {
                    let place = place.lock().unwrap_or_else(PoisonError::into_inner).take();
                    mirror.listing(role, path, target, place.unwrap_or(Ok(())), &mut findings);
                }
                findings
            },
        );
        checked.into_iter().try_for_each(|findings| self.add(findings))?;
        self.findings.failed.extend(failed);
        others.extend(self.judge_faulty(ways, &mut workspace));
        Ok(others)
    }

    /// Counts the missing and wrong files for which clients ask. Returns the other targets.
    fn judge_faulty(&mut self, ways: &Ways, workspace: &mut Workspace) -> Vec<Listing> {
        let mut others = Vec::new();
        let Findings { faulty, failures, counts, .. } = &mut self.findings;
        for Faulty { listing, is_missing, error } in std::mem::take(faulty) {
            let Listing { role, path, .. } = &listing;
            if !ways.comes_to(workspace, role, path) {
                others.push(listing);
                continue;
            }
            counts.targets += 1;
            if is_missing {
                counts.absent += 1;
                counts.missing += 1;
            } else {
                counts.wrong += 1;
            }
            failures.push(error.role(role).target(path));
        }
        others
    }
}

impl Mirror<'_> {
    /// Reads a metadata file by its name.
    fn metadata(&self, role: Role, name: &str) -> Result<Vec<u8>, Error> {
        let file = audited(&self.folder.join("metadata"), name)?.map(|(file, length)| {
            let length = usize::try_from(length).unwrap_or(usize::MAX).min(READ_AT_ONCE);
            let mut bytes = Vec::with_capacity(length);
            // By way of `take`, which does not ask the system for the length once more.
            file.take(u64::MAX).read_to_end(&mut bytes).map(|_| bytes)
        });
        let path = self.folder.join("metadata").join(name);
        match file {
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(error)) => Err(Error::io("read the file", &path, &error)),
            None => Err(Error::from(picotuf::Error::MissingFile { role }).file(path.display())),
        }
    }

    /// Verifies the file of a role, and checks the targets that it lists. The file must be right
    /// under each of its names.
    fn role(
        &self,
        edge: &Edge,
        ways: &Ways,
        workspaces: &mut Workspaces,
        findings: &mut Findings,
    ) -> Verdict {
        let name = file_name(&edge.role, self.repository.version_in_name(&edge.role))?;
        let mut verified = all_names(&name).into_iter().map(|name| {
            let file =
                self.metadata(Role::Delegated, &name).map_err(|error| error.role(&edge.role))?;
            let verified = self.repository.roles.verify(
                &mut workspaces[0],
                &edge.delegation,
                &edge.role,
                file.into(),
            );
            let path = self.folder.join("metadata").join(name);
            verified
                .map(|(_, file)| file)
                .map_err(|error| Error::from(error).role(&edge.role).file(path.display()))
        });
        let (files, mut errors): (Vec<_>, Vec<_>) = verified.by_ref().partition(Result::is_ok);
        let Some(Ok(file)) = files.into_iter().next() else {
            return errors.swap_remove(0).map(|_| None);
        };
        // One right file determines which others must exist.
        findings.failures.extend(errors.into_iter().filter_map(Result::err));
        findings.counts.roles += 1;
        self.targets_of(&edge.role, &file, ways, workspaces, findings);
        Ok(file.delegates().then_some(file))
    }

    /// Checks the files of the targets that a role lists.
    fn targets_of(
        &self,
        role: &str,
        file: &TargetsFile<crate::all_roles::File>,
        ways: &Ways,
        [reading, asking]: &mut Workspaces,
        findings: &mut Findings,
    ) {
        let name: Arc<str> = role.into();
        let leading = ways.leading(role);
        let read = file.each_target(reading, |path, target| {
            match leading.reaches(asking, path) {
                Ok(true) if self.hashed => {
                    let place = match self.selection.wants(path) {
                        true => give_hashed(path),
                        false => Ok(()),
                    };
                    self.listing(&name, path, target, place, findings);
                }
                // Only one file can have a plain name. Whose file it is, is known after the walk
                // only.
                Ok(_) => findings.later.push(Listing {
                    role: Arc::clone(&name),
                    path: path.to_owned(),
                    target: *target,
                }),
                Err((delegator, error)) => {
                    let error = error.role(&delegator);
                    findings.failed.entry(delegator.to_string()).or_insert(error);
                }
            }
        });
        if let Err(error) = read {
            findings.failed.insert(role.to_owned(), Error::from(error).role(role));
        }
    }

    /// Checks a listed target, which has a place or not.
    fn listing(
        &self,
        role: &Arc<str>,
        path: &str,
        target: &Target,
        place: Result<(), Error>,
        findings: &mut Findings,
    ) {
        if self.selection.names_one(path) {
            findings.met.push(path.to_owned());
        }
        if !self.inventory.is_empty() {
            let wanted = TargetFile { path, target, delegation_path: &[], consistent: self.hashed };
            findings.names.extend(wanted.names());
        }
        if !self.is_ours(path) {
            return;
        }
        let counts = &mut findings.counts;
        let mut faulty = |error, is_missing| {
            let listing =
                Listing { role: Arc::clone(role), path: path.to_owned(), target: *target };
            findings.faulty.push(Faulty { listing, is_missing, error });
        };
        match place.map_or_else(Checked::Wrong, |()| self.file(path, target)) {
            Checked::Right(length) => {
                counts.targets += 1;
                counts.files += 1;
                counts.bytes += length;
            }
            Checked::Absent => {
                counts.targets += 1;
                counts.absent += 1;
            }
            Checked::Missing(error) => faulty(error, true),
            Checked::Wrong(error) => faulty(error, false),
        }
    }

    fn is_ours(&self, path: &str) -> bool {
        if self.shard == Shard::WHOLE {
            return true;
        }
        let [a, b, c, d, ..] = sha256(path.as_bytes());
        u64::from(u32::from_be_bytes([a, b, c, d])) % self.shard.of == self.shard.part - 1
    }

    /// Checks a target file. A selected file must exist under each name that a client may request;
    /// every file that exists must be right.
    fn file(&self, path: &str, target: &Target) -> Checked {
        let is_wanted = self.selection.wants(path);
        if !is_wanted && self.inventory.is_empty() {
            return Checked::Absent;
        }
        let wanted = TargetFile { path, target, delegation_path: &[], consistent: self.hashed };
        let folder = self.folder.join("targets");
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
                Ok(Some((mut file, _))) => match check(target, &mut file) {
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

/// Finds the files in the folder that no role lists. They harm no client: an update left them until
/// `--prune`, or somebody put them there.
fn strays(
    mirror: Mirror<'_>,
    ways: &Ways,
    verified: &BTreeSet<String>,
    failed: &Failed,
    log: &Log,
) -> Result<prune::Unlisted, Error> {
    let failed = failed.keys().map(String::as_str).collect();
    let known = Known { repository: mirror.repository, ways, verified, failed };
    let strays = prune::unlisted(mirror.folder, &known, mirror.inventory)?;
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

/// The memory that is reserved for a file before it is read, in bytes.
const READ_AT_ONCE: usize = 1024 * 1024;
/// The number of targets that a thread checks at a time.
const BATCH: usize = 256;
