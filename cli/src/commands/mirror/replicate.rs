//! `picotuf mirror --to DIR`
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

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use picotuf::{TargetsFile, Workspace};

use super::folder::{Folder, file_name, folds_case, name};
use super::places::{Names, Places};
use super::prune::{Known, Pruned};
use super::selection::{Selection, Unmet};
use super::{note_not_delegated, note_unlisted, prune, roots, show_failures};
use crate::all_roles::{
    Edge, Failed, File, Ground, Listing, Sorted, Walk, Ways, in_parallel, on_threads, read,
};
use crate::commands::{Online, must_be_initialized, refresh_and_report, workspace};
use crate::error::{Brief, CliError, OneLine};
use crate::mirrors::Mirrors;
use crate::progress::Progress;
use crate::report::{Log, Report};
use crate::settings::Settings;
use crate::store;
use crate::target_file::{Wanted, is_here};
use crate::target_path;
use crate::transport::{Base, Found, Location, Sink};

struct Replication<'r> {
    online: &'r Online<'r>,
    ground: &'r Ground,
    folder: &'r mut Folder,
    selection: &'r Selection,
    target_mirrors: Option<&'r Mirrors>,
    counts: Counts,
    unmet: Unmet<'r>,
    /// Whether target files have their hashes in their names.
    hashed: bool,
    /// The places of wanted targets.
    places: Places,
    /// The names of the files of roles, without versions.
    role_names: Names,
    /// Targets that are looked at after the walk: those that no client is known to look for yet,
    /// and under plain names all.
    later: Vec<Listing>,
    /// The roles that failed.
    failed: Failed,
    /// What else could not be had.
    failures: Vec<CliError>,
    /// The names of all files that are listed, for pruning.
    listed_files: Vec<String>,
    ways: Ways,
    /// The roles that verified.
    verified: BTreeSet<String>,
}

#[derive(Default, serde::Serialize)]
struct Counts {
    roles: u64,
    roles_fetched: u64,
    /// Delegated roles that did not verify.
    roles_failed: u64,
    targets: u64,
    targets_fetched: u64,
    bytes_fetched: u64,
    roles_not_listed: u64,
    /// Targets that roles list to which their paths are not delegated.
    targets_not_delegated: u64,
}

pub(super) fn run(
    to: &Path,
    selection: &Selection,
    prunes: bool,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    refuse_own_folder(to, settings)?;
    let target_mirrors = match selection.is_empty() {
        true => None,
        false => Some(Mirrors::new(settings.target_base_urls()?, log)),
    };
    must_be_initialized(settings)?;
    settings.metadata_urls()?;
    // Before the metadata folder's lock, for which it may have to wait.
    let mut folder = Folder::open(to, log)?;
    let online = Online::open(settings, log)?;
    online.in_session(log, |session| refresh_and_report(session, report))?;
    for round in 1.. {
        let ground = Ground::stored(settings)?;
        folder.forget_staged();
        let hashed = ground.consistent && settings.hash_prefix;
        let folds_case = folds_case(to);
        let mut replication = Replication {
            online: &online,
            ground: &ground,
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
            failures: Vec::new(),
            listed_files: Vec::new(),
            ways: Ways::default(),
            verified: BTreeSet::new(),
        };
        replication.refuse_to_go_back(to)?;
        replication.roles(log)?;
        if replication.failed.is_empty()
            || round == ROUNDS
            || !replication.is_overtaken(report, log)?
        {
            return replication.finish(to, prunes, report, log);
        }
        log.notice("the repository was changed during the run, which begins again");
    }
    Ok(())
}

/// One failure is told as it is; more are listed, and counted in the error.
fn conclude(mut failures: Vec<CliError>, report: &mut Report) -> Result<(), CliError> {
    let count = failures.len();
    match (failures.pop(), count) {
        (None, _) => Ok(()),
        (Some(failure), 1) => {
            report.say("everything else is published");
            Err(failure)
        }
        (Some(last), _) => {
            failures.push(last);
            show_failures(
                report,
                &failures.iter().map(|failure| Brief(failure).to_string()).collect::<Vec<_>>(),
            );
            let text = format!(
                "{count} roles or targets could not be mirrored; everything else is published"
            );
            Err(CliError::new("mirror-incomplete", "repository", text)
                .hint("run it again once the repository has them right"))
        }
    }
}

/// In its own folder, a client trusts what a mirror's readers must not see yet; and it would wait
/// for its own lock.
fn refuse_own_folder(to: &Path, settings: &Settings) -> Result<(), CliError> {
    let own = &settings.metadata_dir;
    let real = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
    match [to.to_owned(), to.join("metadata"), to.join("targets")]
        .iter()
        .any(|path| real(path) == real(own))
    {
        true => Err(CliError::usage(
            "--metadata-dir is a folder of the mirror that --to names: what is trusted here needs \
             a folder of its own",
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
    /// A mirror that went on by another way must not be turned back.
    fn refuse_to_go_back(&self, to: &Path) -> Result<(), CliError> {
        let there = store::version(&self.folder.metadata.join(name("timestamp", None)));
        match (there, self.version("timestamp")) {
            (Some(there), ours) if there > ours => Err(CliError::new(
                "rollback",
                "system",
                format!(
                    "the mirror's timestamp has version {there}, and what is trusted here is \
                    at version {ours}"
                ),
            )
            .role("timestamp")
            .file(to.display())
            .values(there, ours)
            .hint("run it with the --metadata-dir that the mirror was made with")),
            _ => Ok(()),
        }
    }

    fn roles(&mut self, log: &Log) -> Result<(), CliError> {
        let ground = self.ground;
        let mut progress = Progress::counting(log.is_quiet(), "roles", ground.listed.len());
        self.targets_of("targets", &ground.targets, &Ways::default(), &mut workspace())?;
        let Walk { ways, verified, failed, unlisted } = ground.walk(|edges, ways| {
            progress.advance(edges.len());
            self.look(edges, ways)
        })?;
        self.counts.roles_not_listed = unlisted;
        let Sorted { mut reached, others, failed: unread } =
            ways.sort(&mut workspace(), std::mem::take(&mut self.later));
        if !self.hashed {
            reached = ways.found(&mut workspace(), reached);
        }
        reached.iter().try_for_each(|listing| self.listing(listing))?;
        self.counts.targets_not_delegated = others.len() as u64;
        self.later = others;
        self.failed.extend(unread);
        self.failed.extend(failed);
        self.counts.roles_failed = self.failed.len() as u64;
        self.failures.extend(self.unmet.errors());
        (self.ways, self.verified) = (ways, verified);
        Ok(())
    }

    /// Whether the repository has a newer timestamp than the one that this run goes by.
    fn is_overtaken(&self, report: &mut Report, log: &Log) -> Result<bool, CliError> {
        let before = self.version("timestamp");
        self.online.in_session(log, |session| {
            session.run()?;
            let is_newer = session
                .roles()
                .iter()
                .any(|role| role.role == "timestamp" && role.version != before);
            if is_newer {
                report.roles(session.roles());
            }
            Ok(is_newer)
        })
    }

    /// Publishes what was had, and says what was not.
    fn finish(
        mut self,
        to: &Path,
        prunes: bool,
        report: &mut Report,
        log: &Log,
    ) -> Result<(), CliError> {
        let first_root = self.top_level(self.online.settings)?;
        self.folder.publish()?;
        let pruned = match prunes {
            true => prune::run(self.folder, &self.known(), !self.selection.is_empty())?,
            false => Pruned::default(),
        };
        self.notes(log);
        report.say(format_args!(
            "{}: {}, roots from version {first_root} on",
            OneLine(&to.display().to_string()),
            self.counts
        ));
        if prunes {
            report.say(format_args!(
                "{} files removed that are no longer listed",
                pruned.removed.len()
            ));
        }
        for (role, count) in prune::by_role(&pruned.kept) {
            log.notice(&format!(
                "{count} files that nothing lists now are kept: they may belong to role {role}, \
                 which failed"
            ));
        }
        let mut failures: Vec<CliError> = self.failed.into_values().collect();
        failures.append(&mut self.failures);
        let details: Vec<_> = failures.iter().map(CliError::detail).collect();
        report.detail(
            "mirror",
            serde_json::json!({
                "folder": to.display().to_string(), "first_root": first_root, "counts": self.counts,
                "pruned": pruned.removed, "kept": pruned.kept, "failures": details,
            }),
        );
        conclude(failures, report)
    }

    fn known(&self) -> Known<'_> {
        Known {
            ground: self.ground,
            ways: &self.ways,
            verified: &self.verified,
            failed: self.failed.keys().map(String::as_str).collect(),
            listed_files: &self.listed_files,
        }
    }

    /// The version of a top-level role.
    fn version(&self, role: &str) -> u64 {
        self.ground.reports.iter().find(|report| report.role == role).map_or(0, |role| role.version)
    }

    /// What stops nothing, but should be known.
    fn notes(&self, log: &Log) {
        note_unlisted(self.counts.roles_not_listed, log);
        note_not_delegated(&self.later, log);
    }

    /// Roles that are in the folder as they are listed stay; the others are fetched.
    fn look(
        &mut self,
        edges: &[Edge],
        ways: &Ways,
    ) -> Result<Vec<Result<TargetsFile<File>, CliError>>, CliError> {
        let (ground, folder) = (self.ground, &*self.folder);
        let there = in_parallel(edges, |workspace, edge| {
            let file =
                folder.read(&file_name(&edge.role, ground.version_in_name(&edge.role)).ok()?)?;
            ground
                .roles
                .verify(workspace, &edge.delegation, &edge.role, file.into())
                .ok()
                .map(|(_, file)| file)
        });
        let missing: Vec<&Edge> = edges
            .iter()
            .zip(&there)
            .filter(|(_, file)| file.is_none())
            .map(|(edge, _)| edge)
            .collect();
        let mut fetched = self.fetch_roles(&missing).into_iter();
        let mut workspace = workspace();
        let mut verified = Vec::new();
        for (edge, file) in edges.iter().zip(there) {
            let is_new = file.is_none();
            let file = match file.or_else(|| fetched.next().flatten()) {
                Some(file) => Ok(file),
                None => self.fetch_role(edge, &mut workspace),
            };
            verified.push(match file.and_then(|file| self.put(&edge.role, file, is_new)) {
                Ok(file) => {
                    self.targets_of(&edge.role, &file, ways, &mut workspace)?;
                    Ok(file)
                }
                Err(error) if is_of_one_file(&error) => Err(error),
                Err(error) => return Err(error),
            });
        }
        Ok(verified)
    }

    /// Puts the file of a role that verified into the folder.
    fn put(
        &mut self,
        role: &str,
        file: TargetsFile<File>,
        is_new: bool,
    ) -> Result<TargetsFile<File>, CliError> {
        let unversioned = name(role, None);
        let name = file_name(role, self.ground.version_in_name(role))?;
        if let Err(reason) = self.role_names.take(&unversioned) {
            let text = format!("the file of the role has no place in the mirror: {reason}");
            return Err(CliError::new("unsafe-role-name", "repository", text).role(role));
        }
        self.folder.put(&name, file.file(), self.ground.consistent)?;
        self.counts.roles += 1;
        self.counts.roles_fetched += u64::from(is_new);
        Ok(file)
    }

    /// Asks the present mirror for several roles at a time. Where it fails, it is asked for nothing
    /// more here: [`Self::fetch_role`] says what is wrong with it, and asks another.
    fn fetch_roles(&self, edges: &[&Edge]) -> Vec<Option<TargetsFile<File>>> {
        let (ground, base, transport) =
            (self.ground, self.online.mirrors.current(), &self.online.transport);
        let failed = AtomicBool::new(false);
        on_threads(CONNECTIONS, edges, |workspace, edge| {
            if failed.load(Ordering::Relaxed) {
                return None;
            }
            let fetch = |file: &Location<'_>, length, sink: &mut Sink<'_>| {
                transport.fetch_unseen(file, length, sink)
            };
            let file = fetch_from(base, ground, edge, workspace, fetch);
            failed.fetch_or(file.is_err(), Ordering::Relaxed);
            file.ok()
        })
    }

    fn fetch_role(
        &self,
        edge: &Edge,
        workspace: &mut Workspace,
    ) -> Result<TargetsFile<File>, CliError> {
        let Online { transport, mirrors, .. } = self.online;
        mirrors.ask(|base| {
            fetch_from(base, self.ground, edge, workspace, |file, length, sink| {
                transport.fetch(file, length, sink)
            })
        })
    }

    /// The files of a role's targets, as far as they are wanted.
    fn targets_of(
        &mut self,
        role: &str,
        file: &TargetsFile<File>,
        ways: &Ways,
        workspace: &mut Workspace,
    ) -> Result<(), CliError> {
        let Sorted { reached, others, failed } = ways.listings(workspace, role, file);
        self.failed.extend(failed);
        self.later.extend(others);
        if !self.hashed {
            // A plain name has room for one file. Whose it is, only the whole walk tells.
            self.later.extend(reached);
            return Ok(());
        }
        reached.iter().try_for_each(|listing| self.listing(listing))
    }

    fn listing(&mut self, listing: &Listing) -> Result<(), CliError> {
        let Listing { role, path, target } = listing;
        let delegation_path = [role.to_string()];
        let wanted =
            Wanted { path, target, delegation_path: &delegation_path, consistent: self.hashed };
        self.listed_files.extend(wanted.names());
        self.unmet.meet(path);
        if !self.selection.wants(path) {
            return Ok(());
        }
        match self.places.give(path).and_then(|()| self.target(&wanted)) {
            Err(error) if is_of_one_file(&error) => {
                self.failures.push(error.role(role).target(path));
                Ok(())
            }
            result => result,
        }
    }

    fn target(&mut self, wanted: &Wanted<'_>) -> Result<(), CliError> {
        let Some(mirrors) = self.target_mirrors else { return Ok(()) };
        self.counts.targets += 1;
        let mut first = None;
        // Clients may ask for it by any of its hashes.
        for name in wanted.names() {
            let local = target_path::make_folders(&self.folder.targets, &name)?;
            // Removes an empty folder that is left from a target that was removed.
            let _ = fs::remove_dir(&local);
            if is_here(wanted.target, &local)? {
                first.get_or_insert(local);
            } else if let Some(first) = &first {
                let _ = fs::remove_file(&local);
                let linked =
                    fs::hard_link(first, &local).or_else(|_| fs::copy(first, &local).map(drop));
                linked.map_err(|error| CliError::io("write the file", &local, &error))?;
            } else {
                let parent = local.parent().unwrap_or(&self.folder.targets);
                let (incoming, _) = wanted.receive(mirrors, &self.online.transport, parent)?;
                self.counts.targets_fetched += 1;
                self.counts.bytes_fetched += wanted.target.length;
                self.folder.place(incoming, local.clone(), wanted.consistent)?;
                first = Some(local);
            }
        }
        Ok(())
    }

    /// Stages targets, snapshot, all roots and the timestamp; gives the first root's version.
    fn top_level(&mut self, settings: &Settings) -> Result<u64, CliError> {
        let ground = self.ground;
        let file = |role: &str| ground.files.get(role).map(Vec::as_slice).unwrap_or_default();
        for role in ["targets", "snapshot"] {
            let report = ground.reports.iter().find(|report| report.role == role);
            let version = report.map(|role| role.version).filter(|_| ground.consistent);
            self.folder.put(&name(role, version), file(role), ground.consistent)?;
        }
        let newest = ground
            .reports
            .iter()
            .find(|report| report.role == "root")
            .map_or(1, |root| root.version);
        let find = |version: u64| -> Result<Option<Vec<u8>>, CliError> {
            self.fetch_root(version, settings)
        };
        let there = |version: u64| match self.folder.read(&name("root", Some(version))) {
            Some(root) => Ok(Some(root)),
            None => find(version),
        };
        // Of what is in the folder nothing is taken that does not fit.
        let roots = roots::gather(newest, file("root"), settings, there)
            .or_else(|_| roots::gather(newest, file("root"), settings, find))?;
        for (version, root) in &roots {
            self.folder.put(&name("root", Some(*version)), root, false)?;
        }
        self.folder.put(&name("timestamp", None), file("timestamp"), false)?;
        Ok(roots.keys().next().copied().unwrap_or(newest))
    }

    fn fetch_root(&self, version: u64, settings: &Settings) -> Result<Option<Vec<u8>>, CliError> {
        let Online { transport, mirrors, .. } = self.online;
        let fetched = mirrors.ask(|base| {
            let location = base.file(name("root", Some(version)));
            let root = read(
                |length, sink| transport.fetch(&location, length, sink),
                settings.limits.root_length,
            )?;
            let missing = picotuf::Error::MissingFile { role: picotuf::Role::Root };
            root.ok_or_else(|| CliError::from(missing).role("root").file(&location))
        });
        match fetched {
            Err(error) if error.detail().code == "missing-file" => Ok(None),
            fetched => fetched.map(Some),
        }
    }
}

/// Whether the error is about this one file, of a role or of a target: the file is missing, wrong,
/// beyond a limit, or has a name that no file may have here. A server or a system that fails would
/// fail for all other files too.
fn is_of_one_file(error: &CliError) -> bool {
    let detail = error.detail();
    let status = detail
        .found
        .as_ref()
        .and_then(serde_json::Value::as_u64)
        .filter(|_| detail.code == "http-status");
    let is_refused = status.is_some_and(|status| {
        (400..500).contains(&status) && ![401, 407, 408, 429].contains(&status)
    });
    matches!(detail.blame, "repository" | "limit" | "unsupported") || is_refused
}

/// Fetches a role from a mirror, and verifies it.
fn fetch_from(
    base: &Base,
    ground: &Ground,
    edge: &Edge,
    workspace: &mut Workspace,
    fetch: impl FnOnce(&Location<'_>, u64, &mut Sink<'_>) -> Result<Found, CliError>,
) -> Result<TargetsFile<File>, CliError> {
    let about = |error: CliError| error.role(&edge.role);
    let request =
        ground.roles.request(workspace, &edge.role)?.ok_or(picotuf::Error::UnexpectedCall)?;
    let (version, max_length) = (request.version, request.max_length);
    let location = base.file(file_name(&edge.role, version)?);
    let bytes = read(|length, sink| fetch(&location, length, sink), max_length).map_err(about)?;
    let missing = picotuf::Error::MissingFile { role: picotuf::Role::Delegated };
    let bytes = bytes.ok_or_else(|| about(missing.into()).file(&location))?;
    match ground.roles.verify(workspace, &edge.delegation, &edge.role, bytes.into()) {
        Ok((_, file)) => Ok(file),
        Err(error) => Err(about(error.into()).file(&location)),
    }
}

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
/// How often a run begins at most, so that it ends even if the repository changes all the time.
const ROUNDS: u32 = 3;
/// So many roles are asked for at a time, as browsers do: a file of a bin is small, and most of its
/// time is a round trip.
const CONNECTIONS: usize = 6;
