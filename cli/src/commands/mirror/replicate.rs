//! `picotuf mirror --to DIR`
//!
//! What is fetched is verified first and written then: target files before the role that lists them, roles before the
//! snapshot that lists them, and last, in one go, the roots in their order and the timestamp. With consistent snapshots nothing
//! that a client may be reading is touched before that. Without, or where a root takes a key from another role, no order of single
//! files keeps every client content all the time: there, all that changes waits under temporary names and takes its place in one
//! burst. A run that was killed leaves files that are whole, which the next one finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use picotuf::{Target, TargetsFile, Workspace};

use super::folder::{Folder, name};
use super::selection::Selection;
use super::{prune, roots};
use crate::all_roles::{Edge, File, Ground, in_parallel, on_threads, read};
use crate::commands::{Online, refresh_and_report, workspace};
use crate::error::CliError;
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
    /// The paths that were found, of those that are asked for by name.
    found: BTreeSet<String>,
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
}

pub(super) fn run(
    to: &Path,
    selection: &Selection,
    prunes: bool,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let target_mirrors = match selection.is_empty() {
        true => None,
        false => Some(Mirrors::new(settings.target_base_urls()?, log)),
    };
    let online = Online::open(settings, log)?;
    let folder = Folder::open(to, log)?;
    online.in_session(log, |session| refresh_and_report(session, report))?;
    let ground = Ground::stored(settings)?;
    let counts = Counts::default();
    let (found, listed_files) = (BTreeSet::new(), Vec::new());
    let mut replication = Replication {
        online: &online,
        ground: &ground,
        folder,
        selection,
        target_mirrors,
        counts,
        found,
        listed_files,
    };
    replication.refuse_to_go_back(to)?;
    replication.roles(log)?;
    let first_root = replication.top_level(settings)?;
    if let Some(name) = selection.names.iter().find(|name| !replication.found.contains(*name)) {
        return Err(CliError::from(picotuf::Error::TargetNotFound).target(name));
    }
    replication.folder.publish()?;
    let pruned = if prunes {
        let with_targets = !replication.selection.is_empty();
        prune::run(&replication.folder, &ground, &replication.listed_files, with_targets)?
    } else {
        Vec::new()
    };
    let Counts { roles, roles_fetched, targets, targets_fetched, bytes_fetched, roles_not_listed } = replication.counts;
    if roles_not_listed > 0 {
        log.notice(&format!("{roles_not_listed} roles are delegated to, but the snapshot does not list them"));
    }
    report.say(format_args!(
        "{}: {roles} delegated roles ({roles_fetched} new), {targets} files ({targets_fetched} new, {bytes_fetched} bytes), roots from version {first_root} on",
        to.display()
    ));
    if prunes {
        report.say(format_args!("{} files removed that are no longer listed", pruned.len()));
    }
    report.detail(
        "mirror",
        serde_json::json!({
            "folder": to.display().to_string(), "first_root": first_root, "counts": replication.counts, "pruned": pruned,
        }),
    );
    Ok(())
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
        self.targets_of("targets", &ground.targets, &mut workspace())?;
        self.counts.roles_not_listed = ground.walk(|edges| {
            let files = self.look(edges)?;
            progress.advance(edges.len());
            Ok(files.into_iter().map(Some).collect())
        })?;
        Ok(())
    }

    /// Roles that are in the folder as they are listed stay; the others are fetched.
    fn look(&mut self, edges: &[Edge<'_>]) -> Result<Vec<TargetsFile<File>>, CliError> {
        let (ground, folder) = (self.ground, &self.folder);
        let there = in_parallel(edges, |workspace, edge| {
            let version = ground.listed.get(&edge.role).copied().filter(|_| ground.consistent);
            let file = folder.read(&name(&edge.role, version))?;
            ground.roles.verify(workspace, &edge.delegation, &edge.role, file.into()).ok().map(|(_, file)| file)
        });
        let missing: Vec<&Edge<'_>> =
            edges.iter().zip(&there).filter(|(_, file)| file.is_none()).map(|(edge, _)| edge).collect();
        let mut fetched = self.fetch_roles(&missing).into_iter();
        let mut workspace = workspace();
        let mut verified = Vec::new();
        for (edge, file) in edges.iter().zip(there) {
            self.counts.roles += 1;
            let file = match file {
                Some(file) => file,
                None => {
                    self.counts.roles_fetched += 1;
                    match fetched.next().flatten() {
                        Some(file) => file,
                        None => self.fetch_role(edge, &mut workspace)?,
                    }
                }
            };
            self.targets_of(&edge.role, &file, &mut workspace)?;
            let version = self.ground.listed.get(&edge.role).copied().filter(|_| self.ground.consistent);
            self.folder.put(&name(&edge.role, version), file.file(), self.ground.consistent)?;
            verified.push(file);
        }
        Ok(verified)
    }

    /// Asks the present mirror for several roles at a time. Where it fails, it is asked for nothing more here: [`Self::fetch_role`] says
    /// what is wrong with it, and asks another.
    fn fetch_roles(&self, edges: &[&Edge<'_>]) -> Vec<Option<TargetsFile<File>>> {
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

    fn fetch_role(&self, edge: &Edge<'_>, workspace: &mut Workspace) -> Result<TargetsFile<File>, CliError> {
        let Online { transport, mirrors, .. } = self.online;
        mirrors.ask(|base| {
            fetch_from(base, self.ground, edge, workspace, |file, length, sink| transport.fetch(file, length, sink))
        })
    }

    /// The files of a role's targets, as far as they are wanted.
    fn targets_of(&mut self, role: &str, file: &TargetsFile<File>, workspace: &mut Workspace) -> Result<(), CliError> {
        let mut targets: Vec<(String, Target)> = Vec::new();
        file.each_target(workspace, |path, target| targets.push((path.to_owned(), *target)))?;
        for (path, target) in &targets {
            let delegation_path = [role.to_owned()];
            let consistent = self.ground.consistent && self.online.settings.hash_prefix;
            let wanted = Wanted { path, target, delegation_path: &delegation_path, consistent };
            self.listed_files.extend(wanted.names());
            if self.selection.wants(path) {
                // Under a plain name there is room for one: that of the role nearest to the top.
                if self.found.insert(path.clone()) || consistent {
                    self.target(&wanted)?;
                }
            }
        }
        Ok(())
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

/// Fetches a role from a mirror, and verifies it.
fn fetch_from(
    base: &Base,
    ground: &Ground,
    edge: &Edge<'_>,
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
