//! The TUF repository of the packages: one thread checks pages and files in a session.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use picotuf::Workspace;
use picotuf::pypi::{Layout, ProjectName, TargetKind};
use picotuf_client::check::Policy;
use picotuf_client::pypi::{Allowed, Checker, Claim, QUARANTINED, SignedPage, allows};
use picotuf_client::{Blame, Client, Config, Error};

use crate::clock::Clock;
use crate::report::Log;
use crate::transport::Transport;

/// The thread that checks against a TUF repository.
pub(crate) struct Repository {
    jobs: SyncSender<Job>,
    pub(super) config: Config,
    /// Whether the layout has paths of files too, so that a project may have no signed page.
    pub(super) signs_files: bool,
}

enum Job {
    Refresh(SyncSender<Result<(), Error>>),
    Page(Box<ProjectName>, SyncSender<Result<Option<SignedPage>, Error>>),
    File(Box<Claim>, SyncSender<Result<(), Error>>),
}

/// What a session needs.
struct Session {
    config: Config,
    layout: Layout<'static>,
    policy: Policy,
    clock: Clock,
    transport: Arc<Transport>,
    log: Log,
}

impl Repository {
    /// Starts the thread. It ends when this is dropped.
    pub(crate) fn start(
        config: &Config,
        layout: Layout<'static>,
        policy: Policy,
        clock: Clock,
        transport: &Arc<Transport>,
        log: &Log,
    ) -> Self {
        let (jobs, queue) = mpsc::sync_channel(QUEUE);
        let signs_files = layout.paths.iter().any(|path| path.kind == TargetKind::File);
        let session = Session {
            config: config.clone(),
            layout,
            policy,
            clock,
            transport: Arc::clone(transport),
            log: log.clone(),
        };
        std::thread::spawn(move || session.run(&queue));
        Repository { jobs, config: config.clone(), signs_files }
    }

    /// Refreshes the top-level metadata.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.ask(Job::Refresh(sender), &receiver)
    }

    /// Returns the signed page of a project, if there is one.
    pub(super) fn page(&self, project: &ProjectName) -> Result<Option<SignedPage>, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.ask(Job::Page(Box::new(project.clone()), sender), &receiver)
    }

    /// Checks a file.
    pub(super) fn check(&self, claim: &Claim) -> Result<(), Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.ask(Job::File(Box::new(claim.clone()), sender), &receiver)
    }

    fn ask<T>(&self, job: Job, answer: &Receiver<Result<T, Error>>) -> Result<T, Error> {
        // The thread is gone only after an error of this program.
        let gone = || Error::from(picotuf::Error::UnexpectedCall).blame(Blame::System);
        self.jobs.send(job).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Session {
    fn run(mut self, queue: &Receiver<Job>) {
        // The folder is locked only while there is something to do, so that other processes can use
        // it too.
        while let Ok(job) = queue.recv() {
            match self.clock.now() {
                Ok(now) => self.config.now = now,
                Err(error) => {
                    job.fail(error);
                    continue;
                }
            }
            self.session(job, queue);
        }
    }

    /// Opens a session for a job and for those that follow soon.
    fn session(&self, first: Job, queue: &Receiver<Job>) {
        let client = match Client::open(&self.config, &*self.transport, self.log.events()) {
            Ok(client) => client,
            Err(error) => return first.fail(error),
        };
        let mut workspace = Workspace::boxed();
        let quarantined = allows(&self.policy.allow, QUARANTINED);
        let mut checker = client.checker(&mut workspace, self.layout).take_quarantined(quarantined);
        if let Err(error) = checker.refresh() {
            return first.fail(error);
        }
        let start = Instant::now();
        self.answer(&mut checker, first);
        loop {
            let left = AGE_MAX.saturating_sub(start.elapsed());
            if left.is_zero() {
                return;
            }
            match queue.recv_timeout(left.min(IDLE)) {
                Ok(job) => self.answer(&mut checker, job),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn answer(&self, checker: &mut Checker<'_>, job: Job) {
        // Who asked may have gone away.
        match job {
            // A session begins with one, and is not old.
            Job::Refresh(sender) => drop(sender.send(Ok(()))),
            Job::Page(project, sender) => drop(sender.send(checker.page_of(&project))),
            Job::File(claim, sender) => {
                let checked = checker.check(&claim);
                let met = checked.and_then(|finding| finding.require(&self.policy.require));
                drop(sender.send(met));
            }
        }
    }
}

impl Job {
    fn fail(self, error: Error) {
        match self {
            Job::Refresh(sender) => drop(sender.send(Err(error))),
            Job::Page(_, sender) => drop(sender.send(Err(error))),
            Job::File(_, sender) => drop(sender.send(Err(error))),
        }
    }
}

/// Returns the policy of these options.
pub(crate) fn policy(require: &[picotuf_client::pypi::Requirement], allow: &[Allowed]) -> Policy {
    Policy { require: require.to_vec(), allow: allow.to_vec(), project: None }
}

/// The maximum number of jobs that wait in the channel. Further ones wait before it.
const QUEUE: usize = 64;
/// The maximum age of a session. A new one refreshes the metadata.
const AGE_MAX: Duration = Duration::from_secs(60);
/// How long a session waits for another job.
const IDLE: Duration = Duration::from_secs(1);
