//! Replication of a repository into a folder.
//!
//! What is fetched is verified first and written then: target files before the role that lists
//! them, roles before the snapshot that lists them, and last, in one go, the roots in their order
//! and the timestamp. With consistent snapshots nothing that a client may be reading is touched
//! before that. Without, or where a root takes a key from another role, no order of single files
//! keeps every client content all the time: there, all that changes waits under temporary names and
//! takes its place in one burst. A run that was killed leaves files that are whole, which the next
//! one finds.
//!
//! A signer to whom some paths are delegated cannot stop the mirror for the others. A listing
//! counts only where a client would look for it. A role that does not verify, for whatever reason,
//! is named at the end, and so is a target whose file cannot be had or can have no place here;
//! everything else is published. Such a role may also mean that the repository changed during the
//! run: if there is a newer timestamp by then, the run begins again.

mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use picotuf::{TargetsFile, Workspace};

use targets::Listed;

use super::folder::{Folder, all_names, file_name, folds_case, name};
use super::inventory::Inventory;
use super::places::{Names, Places};
use super::prune::Pruned;
use super::selection::{Selection, Unmet};
use super::{note_not_delegated, note_unlisted, prune, roots};
use crate::all_roles::{
    Edge, Failed, File, Listing, Sorted, Verdict, VerifiedRepository, Walk, Ways, in_parallel,
};
use crate::client::{Client, must_be_initialized};
use crate::code::{Blame, Code};
use crate::config::Config;
use crate::error::Error;
use crate::fetch::{Fetch, Found, fetch_all, fetch_one};
use crate::location::{Base, Location};
use crate::log::Log;
use crate::mirrors::Mirrors;
use crate::role::TrustedRole;
use crate::store;

/// The result of a replication.
#[derive(Debug)]
pub struct Replicated {
    /// The version of the first root in the folder.
    pub first_root: u64,
    /// The counts of roles and targets.
    pub counts: Counts,
    /// The removed files, or `None` without pruning.
    pub pruned: Option<Pruned>,
    /// The errors of roles and targets that could not be mirrored. The rest is published.
    pub failures: Vec<Error>,
}

struct Replication<'r> {
    client: &'r Client<'r>,
    repository: &'r VerifiedRepository,
    folder: &'r mut Folder,
    selection: &'r Selection,
    target_mirrors: Option<&'r Mirrors>,
    counts: Counts,
    unmet: Unmet<'r>,
    /// Whether target file names start with hashes.
    hashed: bool,
    /// The places of wanted targets.
    places: Places,
    /// The names of the files of roles, without versions.
    role_names: Names,
    /// Targets to mirror after the walk: those that no client is known to find yet, and with plain
    /// names all.
    later: Vec<Listing>,
    /// The roles that failed.
    failed: Failed,
    /// The targets that could not be mirrored.
    faulty: Vec<(Listing, Error)>,
    /// The other errors.
    failures: Vec<Error>,
    /// The files in the targets folder before this run, if unlisted ones are to be removed.
    inventory: Option<Inventory>,
    ways: Ways,
    /// The roles that verified.
    verified: BTreeSet<String>,
}

/// A role that verified.
struct Verified {
    file: TargetsFile<File>,
    /// Whether it was downloaded.
    is_new: bool,
}

/// The counts of a replication.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Counts {
    /// Delegated roles that verified.
    pub roles: u64,
    /// Those of them that were downloaded.
    pub roles_fetched: u64,
    /// Delegated roles that did not verify.
    pub roles_failed: u64,
    /// Selected target files.
    pub targets: u64,
    /// Those of them that were downloaded.
    pub targets_fetched: u64,
    /// The total length of the downloaded target files, in bytes.
    pub bytes_fetched: u64,
    /// Delegated roles that the snapshot does not list.
    pub roles_not_listed: u64,
    /// Listed targets for which no search comes to that role.
    pub targets_not_delegated: u64,
}

/// Replicates the repository of `config` into the folder `to`: the metadata into `to/metadata`, and
/// the selected target files into `to/targets`. `prunes` removes files that are no longer listed.
/// Calls `roles` each time the trusted roles change.
///
/// # Errors
/// Returns an error that ends the run. [`Replicated::failures`] has the errors of single roles and
/// targets.
pub fn replicate(
    to: &Path,
    selection: &Selection,
    prunes: bool,
    config: &Config,
    fetch: &dyn Fetch,
    log: &Log,
    roles: &mut dyn FnMut(&[TrustedRole]),
) -> Result<Replicated, Error> {
    refuse_own_folder(to, config)?;
    let target_mirrors = match selection.is_empty() {
        true => None,
        false => Some(Mirrors::new(config.target_base_urls()?, log)),
    };
    must_be_initialized(&config.metadata_dir)?;
    config.metadata_urls()?;
    // Lock the mirror first: the lock of the metadata folder may have to wait.
    let mut folder = Folder::open(to, log)?;
    let client = Client::open(config, fetch, log)?;
    client.in_session(|session| {
        let result = session.run();
        roles(session.roles());
        result
    })?;
    let mut round = 1;
    loop {
        let repository = VerifiedRepository::stored(config)?;
        folder.forget_staged();
        let hashed = repository.consistent && config.hash_prefix;
        let folds_case = folds_case(to);
        let inventory = match prunes && !selection.is_empty() {
            true => Some(Inventory::of(&folder.targets, false)?),
            false => None,
        };
        let mut replication = Replication {
            client: &client,
            repository: &repository,
            folder: &mut folder,
            selection,
            target_mirrors: target_mirrors.as_ref(),
            counts: Counts::default(),
            unmet: Unmet::new(selection),
            hashed,
            places: Places::new(hashed, folds_case),
            role_names: Names::with(folds_case, TOP_LEVEL.map(|role| name(role, None))),
            later: Vec::new(),
            failed: Failed::new(),
            faulty: Vec::new(),
            failures: Vec::new(),
            inventory,
            ways: Ways::default(),
            verified: BTreeSet::new(),
        };
        replication.refuse_to_go_back(to)?;
        replication.roles(log)?;
        if replication.failed.is_empty() || round == ROUNDS || !replication.is_overtaken(roles)? {
            return replication.finish(prunes, log);
        }
        log.notice("the repository changed during the run; starting again");
        round += 1;
    }
}

impl Replicated {
    /// Returns the verdict: a single failure as it is, or the number of failures.
    ///
    /// # Errors
    /// The single failure, or [`Code::MirrorIncomplete`].
    pub fn verdict(mut self) -> Result<(), Error> {
        let count = self.failures.len();
        match (self.failures.pop(), count) {
            (None, _) => Ok(()),
            (Some(failure), 1) => Err(failure),
            (Some(_), _) => {
                let text = format!(
                    "{count} roles or targets could not be mirrored; the rest is published"
                );
                Err(Error::new(Code::MirrorIncomplete, text)
                    .hint("try again after the repository has fixed them"))
            }
        }
    }
}

/// Fails if the metadata folder is inside the mirror: it may trust metadata that is not published
/// yet, and its lock would conflict.
fn refuse_own_folder(to: &Path, config: &Config) -> Result<(), Error> {
    let own = &config.metadata_dir;
    let real = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
    match [to.to_owned(), to.join("metadata"), to.join("targets")]
        .iter()
        .any(|path| real(path) == real(own))
    {
        true => Err(Error::usage(
            "--metadata-dir is inside the folder of --to: the trusted metadata needs its own \
                 folder",
        )
        .file(own.display())),
        false => Ok(()),
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { roles, roles_fetched, targets, targets_fetched, bytes_fetched, .. } = self;
        write!(
            formatter,
            "{roles} delegated roles ({roles_fetched} new), {targets} files ({targets_fetched} \
             new, {bytes_fetched} bytes)"
        )
    }
}

impl Replication<'_> {
    /// Fails if the mirror has a newer timestamp than the trusted one.
    fn refuse_to_go_back(&self, to: &Path) -> Result<(), Error> {
        let there = store::version(&self.folder.metadata.join(name("timestamp", None)));
        match (there, self.version("timestamp")) {
            (Some(there), ours) if there > ours => Err(Error::from(picotuf::Error::Rollback {
                role: picotuf::Role::Timestamp,
                trusted: there,
                found: ours,
            })
            .message(format!(
                "the mirror's timestamp has version {there}; the trusted timestamp has the older \
                     version {ours}"
            ))
            .blame(Blame::System)
            .role("timestamp")
            .file(to.display())
            .values(there, ours)
            .hint("use the --metadata-dir with which the mirror was made")),
            _ => Ok(()),
        }
    }

    fn roles(&mut self, log: &Log) -> Result<(), Error> {
        let repository = self.repository;
        let mut done = 0;
        let (top, none) = (&repository.targets, Ways::default());
        let listed = self.targets_of("targets", top, &none, &mut self.repository.workspaces());
        let wanted = self.add(listed)?;
        self.targets(wanted)?;
        let Walk { ways, verified, failed, unlisted } = repository.walk(|edges, ways| {
            done += edges.len();
            log.progress("roles", done, repository.listed.len());
            self.look(edges, ways)
        })?;
        self.counts.roles_not_listed = unlisted;
        let Sorted { mut reached, mut others, failed: unread } =
            ways.sort(&mut Workspace::boxed(), std::mem::take(&mut self.later));
        if !self.hashed {
            reached = ways.found(&mut Workspace::boxed(), reached);
        }
        let mut listed = Listed::default();
        for Listing { role, path, target } in reached {
            let listing = || Listing { role: Arc::clone(&role), path: path.clone(), target };
            self.list(&path, &target, listing, &mut listed);
        }
        let wanted = self.add(listed)?;
        self.targets(wanted)?;
        let mut workspace = Workspace::boxed();
        for (listing, error) in std::mem::take(&mut self.faulty) {
            if ways.comes_to(&mut workspace, &listing.role, &listing.path) {
                self.counts.targets += 1;
                self.failures.push(error.role(&listing.role).target(&listing.path));
            } else {
                others.push(listing);
            }
        }
        self.counts.targets_not_delegated = others.len() as u64;
        self.later = others;
        self.failed.extend(unread);
        self.failed.extend(failed);
        self.counts.roles_failed = self.failed.len() as u64;
        self.failures.extend(self.unmet.errors());
        (self.ways, self.verified) = (ways, verified);
        Ok(())
    }

    /// Returns whether the repository has a newer timestamp than this run.
    fn is_overtaken(&self, roles: &mut dyn FnMut(&[TrustedRole])) -> Result<bool, Error> {
        let before = self.version("timestamp");
        self.client.in_session(|session| {
            session.run()?;
            let is_newer = session
                .roles()
                .iter()
                .any(|role| role.role == "timestamp" && role.version != before);
            if is_newer {
                roles(session.roles());
            }
            Ok(is_newer)
        })
    }

    /// Publishes the replicated files.
    fn finish(mut self, prunes: bool, log: &Log) -> Result<Replicated, Error> {
        let first_root = self.top_level(self.client.config())?;
        self.folder.publish()?;
        let pruned = match prunes {
            true => {
                let inventory = self.inventory.take();
                Some(prune::run(self.folder, &self.known(), inventory)?)
            }
            false => None,
        };
        self.notes(log);
        let kept = pruned.iter().flat_map(|pruned| &pruned.kept);
        for (role, count) in prune::by_role(kept) {
            log.notice(&format!(
                "{count} unlisted files are kept: they may belong to role {role}, which failed"
            ));
        }
        let mut failures: Vec<Error> = self.failed.into_values().collect();
        failures.append(&mut self.failures);
        Ok(Replicated { first_root, counts: self.counts, pruned, failures })
    }

    fn known(&self) -> prune::Known<'_> {
        prune::Known {
            repository: self.repository,
            ways: &self.ways,
            verified: &self.verified,
            failed: self.failed.keys().map(String::as_str).collect(),
        }
    }

    /// Returns the version of a top-level role.
    fn version(&self, role: &str) -> u64 {
        self.repository
            .reports
            .iter()
            .find(|report| report.role == role)
            .map_or(0, |role| role.version)
    }

    /// Logs notices that do not end the run.
    fn notes(&self, log: &Log) {
        note_unlisted(self.counts.roles_not_listed, log);
        note_not_delegated(&self.later, log);
    }

    /// Mirrors a batch of roles and their targets.
    fn look(&mut self, edges: &[Edge], ways: &Ways) -> Result<Vec<Verdict>, Error> {
        let (verified, end) = self.verify(edges);
        let consistent = self.repository.consistent;
        let named: Vec<_> = edges
            .iter()
            .zip(verified)
            .map(|(edge, verified)| verified.and_then(|file| Ok((self.name(&edge.role)?, file))))
            .collect();
        let done: Vec<_> = edges.iter().zip(&named).collect();
        let this = &*self;
        let begin = || this.repository.workspaces();
        let mut done = in_parallel(None, &done, begin, |workspaces, (edge, named)| {
            let (name, verified) = named.as_ref().ok()?;
            let written = match verified {
                // It was read from there.
                Verified { is_new: false, .. } if all_names(name).len() == 1 => Ok(Vec::new()),
                Verified { file, .. } => this.folder.write(name, file.file(), consistent),
            };
            Some(written.map(|staged| {
                (staged, this.targets_of(&edge.role, &verified.file, ways, workspaces))
            }))
        })
        .into_iter();
        let mut verdicts = Vec::new();
        let mut wanted = Vec::new();
        for (named, done) in named.into_iter().zip(&mut done) {
            let result = named.and_then(|(_, verified)| match done {
                Some(done) => Ok((verified, done?)),
                None => Err(picotuf::Error::UnexpectedCall.into()),
            });
            verdicts.push(match result {
                Ok((Verified { file, is_new }, (staged, listed))) => {
                    self.folder.stage(staged);
                    self.counts.roles += 1;
                    self.counts.roles_fetched += u64::from(is_new);
                    wanted.append(&mut self.add(listed)?);
                    Ok(file.delegates().then_some(file))
                }
                Err(error) if is_of_one_file(&error) => Err(error),
                Err(error) => return Err(error),
            });
        }
        self.targets(wanted)?;
        match end {
            Some(error) => Err(error),
            None => Ok(verdicts),
        }
    }

    /// Verifies the files of these roles: those already in the folder as listed, and downloads of
    /// the others. An error that ends the run comes after the files of the roles before it.
    fn verify(&self, edges: &[Edge]) -> (Vec<Result<Verified, Error>>, Option<Error>) {
        let (repository, folder) = (self.repository, &*self.folder);
        let there = in_parallel(
            None,
            edges,
            || repository.workspace(),
            |workspace, edge| {
                let file = folder
                    .read(&file_name(&edge.role, repository.version_in_name(&edge.role)).ok()?)?;
                repository
                    .roles
                    .verify(workspace, &edge.delegation, &edge.role, file.into())
                    .ok()
                    .map(|(_, file)| file)
            },
        );
        let missing: Vec<&Edge> = edges
            .iter()
            .zip(&there)
            .filter(|(_, file)| file.is_none())
            .map(|(edge, _)| edge)
            .collect();
        let mut fetched = self.fetch_roles(&missing).into_iter();
        let mut workspace = repository.workspace();
        let mut verified = Vec::new();
        for (edge, file) in edges.iter().zip(there) {
            let is_new = file.is_none();
            let file = match file.or_else(|| fetched.next().flatten()) {
                Some(file) => Ok(file),
                None => self.fetch_role(edge, &mut workspace),
            };
            verified.push(match file {
                Err(error) if !is_of_one_file(&error) => return (verified, Some(error)),
                file => file.map(|file| Verified { file, is_new }),
            });
        }
        (verified, None)
    }

    /// Returns the file name of a role, which no other role has.
    fn name(&mut self, role: &str) -> Result<String, Error> {
        let unversioned = name(role, None);
        let name = file_name(role, self.repository.version_in_name(role))?;
        self.role_names.take(&unversioned).map_err(|reason| {
            let text = format!("the mirror cannot store the file of the role: {reason}");
            Error::new(Code::UnsafeRoleName, text).role(role)
        })?;
        Ok(name)
    }

    /// Downloads several roles at a time from the current mirror, until one fails.
    /// [`Self::fetch_role`] then reports the error or asks another mirror.
    fn fetch_roles(&self, edges: &[&Edge]) -> Vec<Option<TargetsFile<File>>> {
        let (repository, base) = (self.repository, self.client.mirrors().current());
        let mut workspace = Workspace::boxed();
        let mut wanted = Vec::new();
        for edge in edges {
            // The download of this role alone reports the error.
            let Ok(file) = locate(base, repository, edge, &mut workspace) else { break };
            wanted.push(file);
        }
        let mut files: Vec<Option<File>> = vec![None; wanted.len()];
        fetch_all(self.client.fetch(), &wanted, &mut |place, bytes| match bytes {
            Ok(bytes) => {
                files[place] = bytes.map(File::from);
                ControlFlow::Continue(())
            }
            Err(_) => ControlFlow::Break(()),
        });
        let fetched: Vec<_> = edges.iter().zip(files).collect();
        let mut verified = in_parallel(
            None,
            &fetched,
            || repository.workspace(),
            |workspace, (edge, file)| {
                let file = file.clone()?;
                let verified =
                    repository.roles.verify(workspace, &edge.delegation, &edge.role, file);
                verified.ok().map(|(_, file)| file)
            },
        );
        verified.resize_with(edges.len(), || None);
        verified
    }

    fn fetch_role(
        &self,
        edge: &Edge,
        workspace: &mut Workspace,
    ) -> Result<TargetsFile<File>, Error> {
        self.client.mirrors().ask(|base| {
            let about = |error: Error| error.role(&edge.role);
            let (location, max_length) = locate(base, self.repository, edge, workspace)?;
            let bytes = read(self.client.fetch(), &location, max_length).map_err(about)?;
            let missing = picotuf::Error::MissingFile { role: picotuf::Role::Delegated };
            let bytes = bytes.ok_or_else(|| about(missing.into()).file(&location))?;
            let verified =
                self.repository.roles.verify(workspace, &edge.delegation, &edge.role, bytes.into());
            verified.map(|(_, file)| file).map_err(|error| about(error.into()).file(&location))
        })
    }

    /// Stages targets, snapshot, all roots and the timestamp. Returns the version of the first
    /// root.
    fn top_level(&mut self, config: &Config) -> Result<u64, Error> {
        let repository = self.repository;
        let file = |role: &str| repository.files.get(role).map(Vec::as_slice).unwrap_or_default();
        for role in ["targets", "snapshot"] {
            let report = repository.reports.iter().find(|report| report.role == role);
            let version = report.map(|role| role.version).filter(|_| repository.consistent);
            self.folder.put(&name(role, version), file(role), repository.consistent)?;
        }
        let newest = repository
            .reports
            .iter()
            .find(|report| report.role == "root")
            .map_or(1, |root| root.version);
        let find =
            |version: u64| -> Result<Option<Vec<u8>>, Error> { self.fetch_root(version, config) };
        let there = |version: u64| match self.folder.read(&name("root", Some(version))) {
            Some(root) => Ok(Some(root)),
            None => find(version),
        };
        // Roots in the folder that do not fit the chain are ignored.
        let roots = roots::gather(newest, file("root"), config, there)
            .or_else(|_| roots::gather(newest, file("root"), config, find))?;
        for (version, root) in &roots {
            self.folder.put(&name("root", Some(*version)), root, false)?;
        }
        self.folder.put(&name("timestamp", None), file("timestamp"), false)?;
        Ok(roots.keys().next().copied().unwrap_or(newest))
    }

    fn fetch_root(&self, version: u64, config: &Config) -> Result<Option<Vec<u8>>, Error> {
        let fetched = self.client.mirrors().ask(|base| {
            let location = base.file(name("root", Some(version)));
            let root = read(self.client.fetch(), &location, config.limits.root_length)?;
            let missing = picotuf::Error::MissingFile { role: picotuf::Role::Root };
            root.ok_or_else(|| Error::from(missing).role("root").file(&location))
        });
        match fetched {
            Err(error) if error.is_missing_file() => Ok(None),
            fetched => fetched.map(Some),
        }
    }
}

/// Returns whether the error is about one file of a role or a target: it is missing, wrong, beyond
/// a limit, or has an unusable name. The failure of a server or the system would affect all files.
fn is_of_one_file(error: &Error) -> bool {
    let detail = error.detail();
    let status = detail
        .found
        .as_ref()
        .and_then(serde_json::Value::as_u64)
        .filter(|_| error.is(Code::HttpStatus));
    let is_refused = status.is_some_and(|status| {
        (400..500).contains(&status) && ![401, 407, 408, 429].contains(&status)
    });
    matches!(detail.blame, Blame::Repository | Blame::Limit | Blame::Unsupported) || is_refused
}

/// Returns the location of a role's file on a mirror, and its maximum length.
fn locate<'b>(
    base: &'b Base,
    repository: &VerifiedRepository,
    edge: &Edge,
    workspace: &mut Workspace,
) -> Result<(Location<'b>, u64), Error> {
    let request =
        repository.roles.request(workspace, &edge.role)?.ok_or(picotuf::Error::UnexpectedCall)?;
    Ok((base.file(file_name(&edge.role, request.version)?), request.max_length))
}

/// Downloads a file, at most `max_length` + 1 bytes.
fn read(fetch: &dyn Fetch, file: &Location<'_>, max_length: u64) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    let found = fetch_one(fetch, file, max_length.saturating_add(1), &mut |more: &[u8]| {
        bytes.extend_from_slice(more);
        Ok(())
    })?;
    Ok((found == Found::Yes).then_some(bytes))
}

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
/// The maximum number of starts of a run, so that it ends even if the repository keeps changing.
const ROUNDS: u32 = 3;
