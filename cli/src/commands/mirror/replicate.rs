//! `picotuf mirror --to DIR`
//!
//! What is fetched is verified first and written then: target files before the role that lists them, roles before the
//! snapshot that lists them, and last, in one go, the roots in their order and the timestamp. With consistent snapshots nothing
//! that a client may be reading is touched before that. Without, or where a root takes a key from another role, no order of single
//! files keeps every client content all the time: there, all that changes waits under temporary names and takes its place in one
//! burst. A run that was killed leaves files that are whole, which the next one finds.
//!
//! A signer to whom some paths are delegated must not be able to stop the mirror for all others. A listing counts only where a client would
//! look for it, and a target whose file cannot be had, or can have no place here, is named at the end; all else is published.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use picotuf::{TargetsFile, Workspace};

use super::folder::{Folder, name};
use super::selection::{Selection, Unmet};
use super::{note_not_delegated, note_unlisted, prune, roots, show_failures};
use crate::all_roles::{Edge, File, Ground, Listing, Walk, Ways, in_parallel, on_threads, read};
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
    folder: Folder,
    selection: &'r Selection,
    target_mirrors: Option<Mirrors>,
    counts: Counts,
    unmet: Unmet<'r>,
    /// The paths of wanted targets that were found.
    found: BTreeSet<String>,
    /// Targets that roles list to which no way is known yet by which a client would look for them there.
    later: Vec<Listing>,
    /// What could not be had.
    failures: Vec<CliError>,
    /// The names of all files that are listed, for pruning.
    listed_files: Vec<String>,
}

#[derive(Default, serde::Serialize)]
struct Counts {
    roles: u64,
    roles_fetched: u64,
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
    let folder = Folder::open(to, log)?;
    let online = Online::open(settings, log)?;
    online.in_session(log, |session| refresh_and_report(session, report))?;
    let ground = Ground::stored(settings)?;
    let mut replication = Replication {
        online: &online,
        ground: &ground,
        folder,
        selection,
        target_mirrors,
        counts: Counts::default(),
        unmet: Unmet::new(selection),
        found: BTreeSet::new(),
        later: Vec::new(),
        failures: Vec::new(),
        listed_files: Vec::new(),
    };
    replication.refuse_to_go_back(to)?;
    replication.roles(log)?;
    let first_root = replication.top_level(settings)?;
    replication.folder.publish()?;
    let pruned = match prunes {
        true => prune::run(&replication.folder, &ground, &replication.listed_files, !selection.is_empty())?,
        false => Vec::new(),
    };
    replication.notes(log);
    let folder = to.display().to_string();
    report.say(format_args!("{}: {}, roots from version {first_root} on", OneLine(&folder), replication.counts));
    if prunes {
        report.say(format_args!("{} files removed that are no longer listed", pruned.len()));
    }
    let failures: Vec<_> = replication.failures.iter().map(CliError::detail).collect();
    report.detail(
        "mirror",
        serde_json::json!({
            "folder": to.display().to_string(), "first_root": first_root, "counts": replication.counts, "pruned": pruned,
            "failures": failures,
        }),
    );
    conclude(replication.failures, report)
}

/// One failure is told as it is; more are listed, and counted in the error.
fn conclude(mut failures: Vec<CliError>, report: &mut Report) -> Result<(), CliError> {
    let count = failures.len();
    match (failures.pop(), count) {
        (None, _) => Ok(()),
        (Some(failure), 1) => Err(failure),
        (Some(last), _) => {
            failures.push(last);
            show_failures(report, &failures.iter().map(|failure| Brief(failure).to_string()).collect::<Vec<_>>());
            let text = format!("{count} things that are asked for could not be had; all else is published");
            Err(CliError::new("mirror-incomplete", "repository", text)
                .hint("run it again once the repository has them"))
        }
    }
}

/// In its own folder, a client trusts what a mirror's readers must not see yet; and it would wait for its own lock.
fn refuse_own_folder(to: &Path, settings: &Settings) -> Result<(), CliError> {
    let own = &settings.metadata_dir;
    let real = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
    match [to.to_owned(), to.join("metadata"), to.join("targets")].iter().any(|path| real(path) == real(own)) {
        true => Err(CliError::usage(
            "--metadata-dir is a folder of the mirror that --to names: what is trusted here needs a folder of its own",
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
            "{roles} delegated roles ({roles_fetched} new), {targets} files ({targets_fetched} new, {bytes_fetched} bytes)"
        )
    }
}

impl Replication<'_> {
    /// A mirror that went on by another way must not be turned back.
    fn refuse_to_go_back(&self, to: &Path) -> Result<(), CliError> {
        let version =
            |role: &str| self.ground.reports.iter().find(|report| report.role == role).map(|role| role.version);
        let there = store::version(&self.folder.metadata.join(name("timestamp", None)));
        match (there, version("timestamp")) {
            (Some(there), Some(ours)) if there > ours => Err(CliError::new(
                "rollback",
                "system",
                format!("the mirror's timestamp has version {there}, and what is trusted here is at version {ours}"),
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
        let Walk { ways, failed, unlisted } = ground.walk(|edges, ways| {
            progress.advance(edges.len());
            self.look(edges, ways)
        })?;
        self.counts.roles_not_listed = unlisted;
        for error in failed {
            // Who signs a role may let it expire, and harms nobody else; any other role that is not as it is listed is an update's fault.
            if error.detail().code != "expired" {
                return Err(error);
            }
            self.failures.push(error);
        }
        let later = std::mem::take(&mut self.later);
        let (reached, others) = ways.sort(&mut workspace(), later)?;
        self.counts.targets_not_delegated = others.len() as u64;
        self.later = others;
        reached.iter().try_for_each(|listing| self.listing(listing))?;
        self.failures.extend(self.unmet.errors());
        Ok(())
    }

    /// What stops nothing, but should be known.
    fn notes(&self, log: &Log) {
        note_unlisted(self.counts.roles_not_listed, log);
        note_not_delegated(&self.later, log);
    }

    /// Roles that are in the folder as they are listed stay; the others are fetched.
    fn look(&mut self, edges: &[Edge], ways: &Ways) -> Result<Vec<Result<TargetsFile<File>, CliError>>, CliError> {
        let (ground, folder) = (self.ground, &self.folder);
        let there = in_parallel(edges, |workspace, edge| {
            let version = ground.listed.get(&edge.role).copied().filter(|_| ground.consistent);
            let file = folder.read(&name(&edge.role, version))?;
            ground.roles.verify(workspace, &edge.delegation, &edge.role, file.into()).ok().map(|(_, file)| file)
        });
        let missing: Vec<&Edge> =
            edges.iter().zip(&there).filter(|(_, file)| file.is_none()).map(|(edge, _)| edge).collect();
        let mut fetched = self.fetch_roles(&missing).into_iter();
        let mut workspace = workspace();
        let mut verified = Vec::new();
        for (edge, file) in edges.iter().zip(there) {
            let is_new = file.is_none();
            let file = match file.or_else(|| fetched.next().flatten()) {
                Some(file) => file,
                None => match self.fetch_role(edge, &mut workspace) {
                    Ok(file) => file,
                    Err(error) if error.detail().blame == "repository" => {
                        verified.push(Err(error));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            self.counts.roles += 1;
            self.counts.roles_fetched += u64::from(is_new);
            self.targets_of(&edge.role, &file, ways, &mut workspace)?;
            let version = self.ground.listed.get(&edge.role).copied().filter(|_| self.ground.consistent);
            self.folder.put(&name(&edge.role, version), file.file(), self.ground.consistent)?;
            verified.push(Ok(file));
        }
        Ok(verified)
    }

    /// Asks the present mirror for several roles at a time. Where it fails, it is asked for nothing more here: [`Self::fetch_role`] says
    /// what is wrong with it, and asks another.
    fn fetch_roles(&self, edges: &[&Edge]) -> Vec<Option<TargetsFile<File>>> {
        let (ground, base, transport) = (self.ground, self.online.mirrors.current(), &self.online.transport);
        let failed = AtomicBool::new(false);
        on_threads(CONNECTIONS, edges, |workspace, edge| {
            if failed.load(Ordering::Relaxed) {
                return None;
            }
            let fetch = |file: &Location<'_>, length, sink: &mut Sink<'_>| transport.fetch_unseen(file, length, sink);
            let file = fetch_from(base, ground, edge, workspace, fetch);
            failed.fetch_or(file.is_err(), Ordering::Relaxed);
            file.ok()
        })
    }

    fn fetch_role(&self, edge: &Edge, workspace: &mut Workspace) -> Result<TargetsFile<File>, CliError> {
        let Online { transport, mirrors, .. } = self.online;
        mirrors.ask(|base| {
            fetch_from(base, self.ground, edge, workspace, |file, length, sink| transport.fetch(file, length, sink))
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
        let (reached, others) = ways.listings(workspace, role, file)?;
        self.later.extend(others);
        reached.iter().try_for_each(|listing| self.listing(listing))
    }

    fn listing(&mut self, listing: &Listing) -> Result<(), CliError> {
        let Listing { role, path, target } = listing;
        let delegation_path = [role.to_string()];
        let consistent = self.ground.consistent && self.online.settings.hash_prefix;
        let wanted = Wanted { path, target, delegation_path: &delegation_path, consistent };
        self.listed_files.extend(wanted.names());
        self.unmet.meet(path);
        // Under a plain name there is room for one: that of the role nearest to the top.
        if !self.selection.wants(path) || (!self.found.insert(path.clone()) && !consistent) {
            return Ok(());
        }
        match self.target(&wanted) {
            Err(error) if is_of_the_target(&error) => {
                self.failures.push(error.role(role).target(path));
                Ok(())
            }
            result => result,
        }
    }

    fn target(&mut self, wanted: &Wanted<'_>) -> Result<(), CliError> {
        let Some(mirrors) = &self.target_mirrors else { return Ok(()) };
        self.counts.targets += 1;
        let mut first = None;
        // Clients may ask for it by any of its hashes.
        for name in wanted.names() {
            let local = target_path::make_folders(&self.folder.targets, &name)?;
            if is_here(wanted.target, &local)? {
                first.get_or_insert(local);
            } else if let Some(first) = &first {
                let _ = fs::remove_file(&local);
                let linked = fs::hard_link(first, &local).or_else(|_| fs::copy(first, &local).map(drop));
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
        let newest = ground.reports.iter().find(|report| report.role == "root").map_or(1, |root| root.version);
        let find = |version: u64| -> Result<Option<Vec<u8>>, CliError> { self.fetch_root(version, settings) };
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
            let root = read(|length, sink| transport.fetch(&location, length, sink), settings.limits.root_length)?;
            let missing = picotuf::Error::MissingFile { role: picotuf::Role::Root };
            root.ok_or_else(|| CliError::from(missing).role("root").file(&location))
        });
        match fetched {
            Err(error) if error.detail().code == "missing-file" => Ok(None),
            fetched => fetched.map(Some),
        }
    }
}

/// Whether it is this target that cannot be had: it is not there, is another, or has a path that no file here may have. Where a server or
/// this system fails, all the others would too.
fn is_of_the_target(error: &CliError) -> bool {
    let detail = error.detail();
    let status = detail.found.as_ref().and_then(serde_json::Value::as_u64).filter(|_| detail.code == "http-status");
    let is_refused =
        status.is_some_and(|status| (400..500).contains(&status) && ![401, 407, 408, 429].contains(&status));
    detail.blame == "repository" || is_refused
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
    let request = ground.roles.request(workspace, &edge.role)?.ok_or(picotuf::Error::UnexpectedCall)?;
    let (version, max_length) = (request.version, request.max_length);
    let location = base.file(name(&edge.role, version));
    let bytes = read(|length, sink| fetch(&location, length, sink), max_length).map_err(about)?;
    let missing = picotuf::Error::MissingFile { role: picotuf::Role::Delegated };
    let bytes = bytes.ok_or_else(|| about(missing.into()).file(&location))?;
    match ground.roles.verify(workspace, &edge.delegation, &edge.role, bytes.into()) {
        Ok((_, file)) => Ok(file),
        Err(error) => Err(about(error.into()).file(&location)),
    }
}

/// So many roles are asked for at a time, as browsers do: a file of a bin is small, and most of its time is a round trip.
const CONNECTIONS: usize = 6;
