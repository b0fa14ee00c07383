//! `picotuf mirror --check DIR`
//!
//! The folder is looked at as a new client finds it, from the trusted root on. Every part of an audit verifies all metadata, since a
//! list that is not verified says nothing; the target files are what the parts share, by the hash of their paths.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use picotuf::{Target, TargetsFile, sha256};
use serde::Serialize;

use super::folder::{name, paths};
use super::selection::{Selection, Stated, Unmet};
use super::{Shard, note_not_delegated, note_unlisted, prune, roots, show_failures};
use crate::all_roles::{Edge, Ground, Listing, Walk, Ways, in_parallel};
use crate::commands::{must_be_initialized, workspace};
use crate::error::{Brief, CliError};
use crate::progress::Progress;
use crate::report::{Log, Report};
use crate::settings::Settings;
use crate::target_file::{Wanted, check};
use crate::target_path;

/// What an audit has looked at; sums where reports were merged.
#[derive(Clone, Debug, Default, Serialize, serde::Deserialize, PartialEq, Eq)]
pub(super) struct Counts {
    /// Delegated roles that verified.
    pub(super) roles: u64,
    /// Target files of this part that are listed.
    pub(super) targets: u64,
    /// Those that were hashed.
    pub(super) files: u64,
    /// Their length in all.
    pub(super) bytes: u64,
    /// Those that are not there, and need not be.
    pub(super) absent: u64,
}

/// What the parts of one audit have in common.
#[derive(Clone, Debug, Serialize, serde::Deserialize, PartialEq, Eq)]
pub(super) struct State {
    /// The time of the audit.
    pub(super) time: String,
    /// How many parts there are.
    pub(super) of: u64,
    /// Whose files must be there.
    pub(super) selection: Stated,
    /// Whether they have their hashes in their names.
    pub(super) hash_prefix: bool,
    pub(super) root: u64,
    pub(super) first_root: u64,
    pub(super) timestamp: u64,
    pub(super) snapshot: u64,
    /// Of the snapshot's file.
    pub(super) snapshot_sha256: String,
}

pub(super) fn run(
    folder: &Path,
    selection: &Selection,
    shard: Shard,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    must_be_initialized(settings)?;
    let metadata = folder.join("metadata");
    let ground = Ground::offered(settings, &metadata)?;
    report.roles(&ground.reports);
    let version =
        |role: &str| ground.reports.iter().find(|report| report.role == role).map_or(0, |report| report.version);
    let mut audit = Audit {
        ground: &ground,
        folder,
        selection,
        shard,
        consistent: ground.consistent && settings.hash_prefix,
        failures: Vec::new(),
        counts: Counts::default(),
        unmet: Unmet::new(selection),
        found: BTreeSet::new(),
        listed_files: Vec::new(),
        later: Vec::new(),
    };
    let first_root = audit.roots(version("root"), settings)?;
    let mut progress = Progress::counting(log.is_quiet(), "roles", ground.listed.len());
    audit.files(vec![("targets".to_owned(), ground.targets.clone())], &Ways::default())?;
    let Walk { ways, failed, unlisted } = ground.walk(|edges, ways| {
        progress.advance(edges.len());
        audit.look(edges, ways)
    })?;
    drop(progress);
    audit.failures.extend(failed);
    let (reached, others) = ways.sort(&mut workspace(), std::mem::take(&mut audit.later))?;
    audit.listings(reached);
    audit.note_strays(report, log)?;
    note_unlisted(unlisted, log);
    note_not_delegated(&others, log);
    audit.failures.extend(audit.unmet.errors());
    let snapshot = ground.files.get("snapshot").map(Vec::as_slice).unwrap_or_default();
    let state = State {
        time: settings.now.to_string(),
        of: shard.of,
        selection: selection.into(),
        hash_prefix: audit.consistent,
        root: version("root"),
        first_root,
        timestamp: version("timestamp"),
        snapshot: version("snapshot"),
        snapshot_sha256: sha256(snapshot).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let details: Vec<_> = audit.failures.iter().map(CliError::detail).collect();
    let details: Vec<_> = details.into_iter().map(|detail| serde_json::to_value(detail).unwrap_or_default()).collect();
    let lines: Vec<String> = audit.failures.iter().map(|failure| Brief(failure).to_string()).collect();
    conclude(report, &state, vec![shard.part], &audit.counts, details, &lines)
}

/// Says what came out, also of merged parts.
pub(super) fn conclude(
    report: &mut Report,
    state: &State,
    parts: Vec<u64>,
    counts: &Counts,
    failures: Vec<serde_json::Value>,
    lines: &[String],
) -> Result<(), CliError> {
    show_failures(report, lines);
    report.say(format_args!(
        "{} delegated roles, {} listed files: {} hashed ({} bytes), {} not there; roots from version {} to {}",
        counts.roles, counts.targets, counts.files, counts.bytes, counts.absent, state.first_root, state.root
    ));
    let wrong = failures.len();
    report
        .detail("audit", serde_json::json!({ "state": state, "parts": parts, "counts": counts, "failures": failures }));
    match wrong {
        0 => Ok(()),
        _ => Err(CliError::new("mirror-not-whole", "repository", format!("{wrong} things are not as they must be"))
            .hint("run `picotuf mirror --to` on the folder again; it mends what it can")),
    }
}

struct Audit<'a> {
    ground: &'a Ground,
    folder: &'a Path,
    selection: &'a Selection,
    shard: Shard,
    consistent: bool,
    failures: Vec<CliError>,
    counts: Counts,
    unmet: Unmet<'a>,
    /// The paths that were found, where a file's name has room for one.
    found: BTreeSet<String>,
    /// The names of all files that are listed.
    listed_files: Vec<String>,
    /// Targets that roles list to which no way is known yet by which a client would look for them there.
    later: Vec<Listing>,
}

/// What came of one target file.
enum Checked {
    Whole(u64),
    Absent,
}

impl Counts {
    /// Adds those of another part; nothing where a sum is beyond all measure.
    pub(super) fn add(&mut self, other: &Counts) -> Option<()> {
        // All parts verify the same roles.
        self.roles = self.roles.max(other.roles);
        self.targets = self.targets.checked_add(other.targets)?;
        self.files = self.files.checked_add(other.files)?;
        self.bytes = self.bytes.checked_add(other.bytes)?;
        self.absent = self.absent.checked_add(other.absent)?;
        Some(())
    }
}

impl Audit<'_> {
    /// The chain of roots must lead from the first there is to the newest.
    fn roots(&mut self, newest: u64, settings: &Settings) -> Result<u64, CliError> {
        let path = |version: u64| self.folder.join("metadata").join(name("root", Some(version)));
        let newest_file = fs::read(path(newest));
        if newest_file.is_err() {
            let missing = picotuf::Error::MissingFile { role: picotuf::Role::Root };
            self.failures.push(CliError::from(missing).role("root").file(path(newest).display()));
        }
        let trusted = self.ground.files.get("root").cloned().unwrap_or_default();
        if newest_file.is_ok_and(|file| file != trusted) {
            let text = "the file is another than the root that is trusted";
            self.failures
                .push(CliError::new("wrong-root", "repository", text).role("root").file(path(newest).display()));
        }
        match roots::gather(newest, &trusted, settings, |version| Ok(fs::read(path(version)).ok())) {
            Ok(roots) => {
                let first = roots.keys().next().copied().unwrap_or(newest);
                if first > 1 && (1..first).any(|version| path(version).exists()) {
                    let text = format!("version {} is missing from the chain of roots", first - 1);
                    self.failures.push(CliError::new("missing-file", "repository", text).role("root"));
                }
                Ok(first)
            }
            Err(error) if error.detail().blame == "repository" => {
                self.failures.push(error);
                Ok(newest)
            }
            Err(error) => Err(error),
        }
    }

    fn look(&mut self, edges: &[Edge], ways: &Ways) -> Result<Vec<Result<Listed, CliError>>, CliError> {
        let (ground, folder) = (self.ground, self.folder);
        let looked = in_parallel(edges, |workspace, edge| {
            let version = ground.listed.get(&edge.role).copied().filter(|_| ground.consistent);
            let paths = paths(&folder.join("metadata"), &name(&edge.role, version));
            let verified = paths.iter().map(|path| {
                let about = |error: picotuf::Error| CliError::from(error).role(&edge.role).file(path.display());
                let missing = picotuf::Error::MissingFile { role: picotuf::Role::Delegated };
                let file = fs::read(path).map_err(|_| about(missing))?;
                let verified = ground.roles.verify(workspace, &edge.delegation, &edge.role, file.into());
                verified.map(|(_, file)| file).map_err(about)
            });
            verified.collect::<Vec<_>>()
        });
        let mut verified = Vec::new();
        for names in looked {
            let (files, mut errors): (Vec<_>, Vec<_>) = names.into_iter().partition(Result::is_ok);
            verified.push(match files.into_iter().next() {
                Some(file) => {
                    // One file that is right tells which others there must be.
                    self.failures.extend(errors.into_iter().filter_map(Result::err));
                    file
                }
                None => errors.swap_remove(0),
            });
        }
        let whole = edges.iter().zip(&verified);
        let whole: Vec<_> =
            whole.filter_map(|(edge, file)| Some((edge.role.clone(), file.as_ref().ok()?.clone()))).collect();
        self.counts.roles += u64::try_from(whole.len()).unwrap_or(u64::MAX);
        self.files(whole, ways)?;
        Ok(verified)
    }

    /// Checks the files of the targets that these roles list.
    fn files(&mut self, roles: Vec<(String, Listed)>, ways: &Ways) -> Result<(), CliError> {
        let mut workspace = workspace();
        let mut listings = Vec::new();
        for (role, file) in roles {
            let (reached, others) = ways.listings(&mut workspace, &role, &file)?;
            listings.extend(reached);
            self.later.extend(others);
        }
        self.listings(listings);
        Ok(())
    }

    /// Checks them as far as they are of this part.
    fn listings(&mut self, mut listings: Vec<Listing>) {
        for Listing { path, target, .. } in &listings {
            self.unmet.meet(path);
            let wanted = Wanted { path, target, delegation_path: &[], consistent: self.consistent };
            self.listed_files.extend(wanted.names());
        }
        listings.retain(|listing| self.is_ours(&listing.path));
        if !self.consistent {
            // Under a plain name there is room for one: that of the role nearest to the top.
            listings.retain(|listing| self.found.insert(listing.path.clone()));
        }
        let checked = in_parallel(&listings, |_, Listing { role, path, target }| self.file(role, path, target));
        for result in checked {
            self.counts.targets += 1;
            match result {
                Ok(Checked::Whole(length)) => {
                    self.counts.files += 1;
                    self.counts.bytes += length;
                }
                Ok(Checked::Absent) => self.counts.absent += 1,
                Err(error) => self.failures.push(error),
            }
        }
    }

    /// What lies in the folder and nothing lists harms no client: what an update left, until `--prune`, or what somebody put there.
    fn note_strays(&self, report: &mut Report, log: &Log) -> Result<(), CliError> {
        let strays = prune::unlisted(self.folder, self.ground, &self.listed_files)?;
        if let Some(first) = strays.first() {
            log.notice(&format!("{} files in the folder are listed nowhere, such as {first}", strays.len()));
        }
        report.detail("unlisted", serde_json::json!(strays));
        Ok(())
    }

    fn is_ours(&self, path: &str) -> bool {
        let [a, b, c, d, ..] = sha256(path.as_bytes());
        u64::from(u32::from_be_bytes([a, b, c, d])) % self.shard.of == self.shard.part - 1
    }

    /// A file that is wanted must be there, under each name that a client may ask for; any that is there must be right.
    fn file(&self, role: &str, path: &str, target: &Target) -> Result<Checked, CliError> {
        let wanted = Wanted { path, target, delegation_path: &[], consistent: self.consistent };
        let folder = self.folder.join("targets");
        let mut result = Checked::Absent;
        for name in wanted.names() {
            let local = match target_path::local_path(&folder, &name) {
                Ok(local) => local,
                Err(error) if self.selection.wants(path) => return Err(error.role(role).target(path)),
                Err(_) => continue,
            };
            let about = |error: CliError| error.role(role).target(path).file(local.display());
            match File::open(&local) {
                Ok(mut file) => match check(target, &mut file) {
                    Ok(()) => result = Checked::Whole(target.length),
                    Err(Err(error)) => return Err(about(error.into())),
                    Err(Ok(error)) => return Err(CliError::io("read the file", &local, &error)),
                },
                Err(_) if self.selection.wants(path) => {
                    let text = "the target is listed, but its file is not there";
                    return Err(about(CliError::new("missing-target", "repository", text)));
                }
                Err(_) => {}
            }
        }
        Ok(result)
    }
}

/// The file of a role that is listed.
type Listed = TargetsFile<crate::all_roles::File>;
