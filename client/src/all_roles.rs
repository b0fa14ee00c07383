//! Verifies all targets roles of a repository, level by level and on all cores, for mirrors and
//! audits.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use picotuf::{
    Delegation, FileRequest, Kept, Offline, Roles, Session, Store as _, Target, TargetsFile,
    Update, Verified, Workspace,
};

use crate::config::Config;
use crate::error::Error;
use crate::fetch::{Found, read_folder};
use crate::identities::{self, Identities};
use crate::role::TrustedRole;
use crate::session::whole;
use crate::store::Store;

/// The bytes of a metadata file.
pub(crate) type File = Arc<[u8]>;

/// The verified top-level roles of a repository.
pub(crate) struct VerifiedRepository {
    /// The delegated roles that the snapshot lists.
    pub(crate) roles: Roles<File>,
    /// The targets role.
    pub(crate) targets: TargetsFile<File>,
    /// The version of each listed role.
    pub(crate) listed: BTreeMap<String, u64>,
    /// The files of the top-level roles.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Who signed each top-level role.
    pub(crate) reports: Vec<TrustedRole>,
    /// Whether the repository has consistent snapshots.
    pub(crate) consistent: bool,
    /// Who verifies keys that are identities.
    pub(crate) identities: Option<Identities>,
}

/// A delegation to a role whose file has not verified yet.
pub(crate) struct Edge {
    pub(crate) delegation: Arc<Delegation<File>>,
    pub(crate) role: String,
}

/// The result of a walk through all delegated roles.
pub(crate) struct Walk {
    pub(crate) ways: Ways,
    /// The roles that verified, `targets` among them.
    pub(crate) verified: BTreeSet<String>,
    /// The roles that do not verify by any delegation, and those whose delegations cannot be read.
    pub(crate) failed: Failed,
    /// The number of delegated roles that the snapshot does not list.
    pub(crate) unlisted: u64,
}

/// The file of a verified role, if it delegates, or why the role does not verify.
pub(crate) type Verdict = Result<Option<TargetsFile<File>>, Error>;

/// The errors of roles, by role name.
pub(crate) type Failed = BTreeMap<String, Error>;

/// The delegations that lead to each role.
#[derive(Default)]
pub(crate) struct Ways {
    /// The delegations to each role.
    to: BTreeMap<String, Vec<Way>>,
    /// The delegations of each delegator, in its order.
    from: BTreeMap<String, Vec<Way>>,
    /// The terminating delegations.
    terminating: Vec<Arc<Delegation<File>>>,
}

/// A delegation, with the role at its other end.
struct Way {
    other: Arc<str>,
    delegation: Arc<Delegation<File>>,
}

/// The delegations that lead to one role.
pub(crate) struct Leading<'w> {
    ways: &'w Ways,
    role: &'w str,
    /// The delegations to the role itself.
    last: &'w [Way],
}

/// A target in the list of a role.
#[derive(Clone)]
pub(crate) struct Listing {
    pub(crate) role: Arc<str>,
    pub(crate) path: String,
    pub(crate) target: Target,
}

/// Listed targets, divided by whether a client would find them in that role.
#[derive(Default)]
pub(crate) struct Sorted {
    /// The targets that a client searches for in that role, by the known delegations.
    pub(crate) reached: Vec<Listing>,
    /// The other targets.
    pub(crate) others: Vec<Listing>,
    /// The errors of roles whose targets or delegations could not be read.
    pub(crate) failed: Failed,
}

impl Ways {
    /// Divides targets that were not reached by the delegations known before.
    pub(crate) fn sort(&self, workspace: &mut Workspace, listings: Vec<Listing>) -> Sorted {
        let mut sorted = Sorted::default();
        for listing in listings {
            match self.leading(&listing.role).reaches(workspace, &listing.path) {
                Ok(true) => sorted.reached.push(listing),
                Ok(false) => sorted.others.push(listing),
                Err((delegator, error)) => {
                    sorted
                        .failed
                        .entry(delegator.to_string())
                        .or_insert_with(|| error.role(&delegator));
                }
            }
        }
        sorted
    }

    /// Returns whether the search for the path may reach this role. A delegation that cannot be
    /// read counts as a match.
    pub(crate) fn may_lead(&self, workspace: &mut Workspace, role: &str, path: &str) -> bool {
        self.leading(role).reaches(workspace, path).unwrap_or(true)
    }

    /// Returns the delegations that lead to this role, for questions about many paths.
    pub(crate) fn leading<'w>(&'w self, role: &'w str) -> Leading<'w> {
        let last = self.to.get(role).map(Vec::as_slice).unwrap_or_default();
        Leading { ways: self, role, last }
    }

    /// Keeps the listing that a client finds for each path: that of the first role that it visits.
    pub(crate) fn found(&self, workspace: &mut Workspace, listings: Vec<Listing>) -> Vec<Listing> {
        let mut listers: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
        for listing in &listings {
            listers.entry(listing.path.clone()).or_default().push(Arc::clone(&listing.role));
        }
        listers.retain(|path, roles| {
            let several = roles.len() > 1;
            if several {
                let first = self.first(workspace, path, roles);
                roles.retain(|role| first.as_deref().is_none_or(|first| **role == *first));
            }
            several
        });
        let is_found = |listing: &Listing| {
            listers.get(&listing.path).is_none_or(|roles| roles.contains(&listing.role))
        };
        listings.into_iter().filter(is_found).collect()
    }

    /// Returns whether a search for the path comes to this role, to which delegations lead. A
    /// terminating delegation can end it before.
    pub(crate) fn comes_to(&self, workspace: &mut Workspace, role: &Arc<str>, path: &str) -> bool {
        let mut covers = |one: &Delegation<File>| {
            one.bit_length().is_some() || one.covers(workspace, one.name(), path).unwrap_or(true)
        };
        let can_end = self.terminating.iter().any(|one| !one.leads_to(role) && covers(one));
        !can_end || self.first(workspace, path, std::slice::from_ref(role)).is_some()
    }

    /// Returns the first of these roles in the search for the path. The search is depth-first, in
    /// the order of the delegations, and ends with a terminating delegation (spec §5.6.7).
    fn first(&self, workspace: &mut Workspace, path: &str, roles: &[Arc<str>]) -> Option<Arc<str>> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<Arc<str>> = vec![TARGETS.into()];
        while let Some(role) = left.pop() {
            if roles.contains(&role) {
                return Some(role);
            }
            if !seen.insert(Arc::clone(&role)) {
                continue;
            }
            let mut next = Vec::new();
            for way in self.from.get(&*role).into_iter().flatten() {
                if way.delegation.covers(workspace, &way.other, path).unwrap_or(false) {
                    next.push(Arc::clone(&way.other));
                    if way.delegation.is_terminating() {
                        left.clear();
                        break;
                    }
                }
            }
            left.extend(next.into_iter().rev());
        }
        None
    }
}

impl Leading<'_> {
    /// Returns whether the search for the path reaches this role from the targets role. An error
    /// names the delegator whose delegation cannot be read.
    pub(crate) fn reaches(
        &self,
        workspace: &mut Workspace,
        path: &str,
    ) -> Result<bool, (Arc<str>, Error)> {
        if self.role == TARGETS {
            return Ok(true);
        }
        for way in self.last.iter().filter(|way| *way.other == *TARGETS) {
            let covers = way.delegation.covers(workspace, self.role, path);
            if covers.map_err(|error| (Arc::clone(&way.other), error.into()))? {
                return Ok(true);
            }
        }
        let mut seen = vec![self.role];
        let mut left = vec![(self.role, self.last)];
        while let Some((role, ways)) = left.pop() {
            for way in ways {
                if seen.contains(&&*way.other) {
                    continue;
                }
                let covers = way.delegation.covers(workspace, role, path);
                if covers.map_err(|error| (Arc::clone(&way.other), error.into()))? {
                    if *way.other == *TARGETS {
                        return Ok(true);
                    }
                    seen.push(&way.other);
                    let ways = self.ways.to.get(&*way.other).map(Vec::as_slice);
                    left.push((&way.other, ways.unwrap_or_default()));
                }
            }
        }
        Ok(false)
    }
}

impl VerifiedRepository {
    /// Verifies the stored top-level roles of a metadata folder.
    pub(crate) fn stored(config: &Config) -> Result<VerifiedRepository, Error> {
        let mut host = Files::new(Store::new(&config.metadata_dir), None);
        let workspace = config.workspace();
        let mut session = Offline::new(workspace, config.now, config.limits).keep_files();
        let result = session.run(&mut host);
        Self::of(result, &mut session, host, config)
    }

    /// Verifies the top-level roles of a repository as a new client does, which trusts the stored
    /// root only.
    pub(crate) fn offered(config: &Config, repository: &Path) -> Result<VerifiedRepository, Error> {
        let mut host = Files::new(Store::new(&config.metadata_dir), Some(repository));
        let workspace = config.workspace();
        let mut update = Update::new(workspace, config.now, config.limits).keep_files();
        let result = host.refresh(&mut update);
        Self::of(result, &mut update, host, config)
    }

    /// Returns the roles that a finished session has verified.
    fn of(
        result: Result<(), Error>,
        session: &mut Session<Box<Workspace>, Kept<File>>,
        host: Files<'_>,
        config: &Config,
    ) -> Result<VerifiedRepository, Error> {
        result.map_err(|error| {
            let role = session.role().to_owned();
            let error = error.schemes(session.unsupported_schemes());
            let error = if error.detail().role.is_none() { error.role(&role) } else { error };
            if error.detail().file.is_none() { error.file(host.last.clone()) } else { error }
        })?;
        let consistent = session.consistent_snapshot();
        let (roles, targets) = session.roles()?;
        let mut workspace = Workspace::boxed();
        let mut listed = BTreeMap::new();
        roles.each(&mut workspace, |name, version| {
            listed.insert(name.to_owned(), version);
        })?;
        Ok(VerifiedRepository {
            roles,
            targets,
            listed,
            files: host.files,
            reports: host.reports,
            consistent,
            identities: config.identities.clone(),
        })
    }

    /// Visits all delegated roles, delegators first. `look` gets a batch of roles, with the
    /// delegations known so far, and returns the verified files that delegate. Their delegations
    /// are visited next. A role that fails is tried again for each other delegation to it, because
    /// any role can delegate to any name with its own keys.
    ///
    /// A role that fails ends the walk below that role only. An error of `look` itself ends the
    /// walk.
    pub(crate) fn walk(
        &self,
        mut look: impl FnMut(&[Edge], &Ways) -> Result<Vec<Verdict>, Error>,
    ) -> Result<Walk, Error> {
        let mut workspace = Workspace::boxed();
        let mut met: BTreeSet<String> = BTreeSet::from([TARGETS.to_owned()]);
        let (mut ways, mut failed, mut unlisted) = (Ways::default(), Failed::new(), 0_u64);
        let mut level: Vec<(Arc<str>, TargetsFile<File>)> =
            vec![(TARGETS.into(), self.targets.clone())];
        while !level.is_empty() {
            let mut next = Vec::new();
            for (name, delegator) in &level {
                let mut delegations = Vec::new();
                let read = delegator
                    .each_delegation(&mut workspace, |one| delegations.push(Arc::new(one)));
                if let Err(error) = read {
                    failed.insert(name.to_string(), Error::from(error).role(name));
                }
                let mut edges = Vec::new();
                for delegation in delegations {
                    if delegation.is_terminating() {
                        ways.terminating.push(Arc::clone(&delegation));
                    }
                    let roles = self.led_to(&delegation);
                    unlisted += match delegation.bit_length() {
                        Some(bits) => (1_u64 << bits) - roles.len() as u64,
                        None => u64::from(roles.is_empty()),
                    };
                    for role in roles {
                        let way =
                            |other: Arc<str>| Way { other, delegation: Arc::clone(&delegation) };
                        ways.to.entry(role.to_owned()).or_default().push(way(Arc::clone(name)));
                        ways.from.entry(name.to_string()).or_default().push(way(role.into()));
                        if !met.contains(role) {
                            edges.push(Edge {
                                delegation: Arc::clone(&delegation),
                                role: role.to_owned(),
                            });
                        }
                    }
                }
                for some in edges.chunks(CHUNK) {
                    for (edge, file) in some.iter().zip(look(some, &ways)?) {
                        match file {
                            Ok(file) => {
                                failed.remove(&edge.role);
                                met.insert(edge.role.clone());
                                next.extend(file.map(|file| (Arc::from(&*edge.role), file)));
                            }
                            Err(error) => {
                                failed.entry(edge.role.clone()).or_insert(error);
                            }
                        }
                    }
                }
            }
            level = next;
        }
        Ok(Walk { ways, verified: met, failed, unlisted })
    }

    /// Returns the version that prefixes the file name of a delegated role.
    pub(crate) fn version_in_name(&self, role: &str) -> Option<u64> {
        self.listed.get(role).copied().filter(|_| self.consistent)
    }

    /// Returns the listed roles to which a delegation leads.
    fn led_to(&self, delegation: &Delegation<File>) -> Vec<&str> {
        let name = delegation.name();
        if delegation.bit_length().is_none() {
            return self
                .listed
                .get_key_value(name)
                .map(|(name, _)| name.as_str())
                .into_iter()
                .collect();
        }
        let below = self.listed.range(format!("{name}-")..).map(|(role, _)| role.as_str());
        below
            .take_while(|role| role.starts_with(name))
            .filter(|role| delegation.leads_to(role))
            .collect()
    }

    /// Returns an empty workspace that verifies the identities of this repository, as the state of
    /// a thread.
    pub(crate) fn workspace(&self) -> Box<Workspace> {
        identities::workspace(self.identities.as_ref())
    }

    /// Returns the workspaces of a thread.
    pub(crate) fn workspaces(&self) -> Workspaces {
        [self.workspace(), self.workspace()]
    }
}

/// Runs `work` for each item on this number of threads, or on all cores. Each thread has its own
/// state from `begin`. Returns the results in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send, S>(
    threads: Option<NonZeroUsize>,
    items: &[T],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZeroUsize::get).min(items.len()).max(1);
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let worker = || {
            let mut state = begin();
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(place) else { return done };
                done.push((place, work(&mut state, item)));
            }
        };
        let threads: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for thread in threads {
            match thread.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The workspaces of a thread: for a file that is read, and for questions about its entries.
pub(crate) type Workspaces = [Box<Workspace>; 2];

/// A host that stores nothing and keeps all files in memory.
struct Files<'b> {
    store: Store,
    repository: Option<&'b Path>,
    files: BTreeMap<String, Vec<u8>>,
    reports: Vec<TrustedRole>,
    last: String,
}

impl<'b> Files<'b> {
    fn new(store: Store, repository: Option<&'b Path>) -> Self {
        Files {
            store,
            repository,
            files: BTreeMap::new(),
            reports: Vec::new(),
            last: String::new(),
        }
    }
}

impl Files<'_> {
    fn refresh(&mut self, update: &mut Update<Box<Workspace>, Kept<File>>) -> Result<(), Error> {
        while let Some(request) = update.next_fetch(self)? {
            match self.fetch(request)? {
                Some(file) => drop(update.keep(file.into())?.inspect(|it| self.verified(it))),
                None => update.absent()?,
            }
        }
        Ok(())
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Option<Vec<u8>>, Error> {
        let Some(folder) = self.repository else { return Ok(None) };
        let name = request.to_string();
        self.last = folder.join(&name).display().to_string();
        let mut bytes = Vec::new();
        let found =
            read_folder(folder, &name, request.max_length.saturating_add(1), &mut |more| {
                bytes.extend_from_slice(more);
                Ok(())
            })?;
        let bytes = (found == Found::Yes).then_some(bytes);
        if let Some(bytes) = &bytes {
            self.files.insert(request.role.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }
}

impl picotuf::Store for Files<'_> {
    type Error = Error;

    fn load(&mut self, role: &str) -> Result<Option<Vec<u8>>, Error> {
        // A new client trusts a root only.
        if self.repository.is_some() && role != "root" {
            return Ok(None);
        }
        self.last = self.store.path(role).display().to_string();
        let Some(mut file) = self.store.read(role)? else { return Ok(None) };
        let bytes = whole(&mut file, u64::MAX - 1)?;
        self.files.insert(role.to_owned(), bytes.clone());
        Ok(Some(bytes))
    }

    fn store(&mut self, _: &str, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn delete(&mut self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn verified(&mut self, verified: &Verified<'_>) {
        self.reports.retain(|report| report.role != verified.name);
        self.reports.push(TrustedRole::new(verified, self.last.clone(), self.repository.is_some()));
    }
}

const TARGETS: &str = "targets";
/// The maximum number of roles, and of lists of targets, in memory at a time.
const CHUNK: usize = 256;
