//! One session with a repository, which a host drives step by step.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use picotuf::{
    Custom, Error, Kept, Limits, Offline, Target, TargetVerifier, Time, Update, Workspace,
    role_name,
};

use crate::json::Json;
use crate::verdict::{Refusal, Role, TargetFound, Verdict, shown};

/// What a session works with.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The present time, for all checks of expiry.
    pub now: Time,
    /// Whether the session uses stored metadata only.
    pub offline: bool,
    /// The limits of the core.
    pub limits: Limits,
}

/// What a session needs from its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the session is done.
    Done,
    /// The stored file of the role, or that there is none.
    Load,
    /// The file from the repository, or that there is none (HTTP status 403 or 404 only).
    Fetch,
    /// [`Session::to_store`] is to be stored as the file of the role, then [`Answer::Done`].
    Store,
    /// The stored file of the role is to be deleted, then [`Answer::Done`].
    Delete,
}

impl Step {
    /// Returns the name of the step.
    pub fn name(self) -> &'static str {
        match self {
            Step::Done => "done",
            Step::Load => "load",
            Step::Fetch => "fetch",
            Step::Store => "store",
            Step::Delete => "delete",
        }
    }
}

/// The file that a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the role.
    pub role: String,
    /// The name of the stored file: a plain file name on every system.
    pub file: String,
    /// The name of the file in the repository, percent-encoded.
    pub name: String,
    /// The maximum length. A host need not supply more than one byte beyond it.
    pub max_length: u64,
}

/// The answer to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The file, for [`Step::Load`] and [`Step::Fetch`].
    File(Vec<u8>),
    /// There is no such file, for [`Step::Load`] and [`Step::Fetch`].
    Absent,
    /// It is done and durable, for [`Step::Store`] and [`Step::Delete`].
    Done,
}

/// Something was refused: the session's [`Verdict`] has the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// A session: a refresh, then searches for targets and checks of their files.
pub struct Session {
    update: Update<Box<Workspace>, Kept<Vec<u8>>>,
    verdict: Verdict,
    /// The target that is searched for after the refresh.
    next: Option<String>,
    /// The target that is searched for now.
    search: Option<String>,
    /// The found target, whose `custom` is to be read from the file of the role that lists it.
    custom: Option<(Custom, Target)>,
    /// The target that was found last.
    target: Option<Target>,
    verifier: Option<TargetVerifier>,
    /// Whether bytes of the file were refused, so that its end is, too.
    is_file_refused: bool,
}

impl Session {
    /// Creates a session, which starts with the stored root.
    pub fn new(options: &Options) -> Self {
        let Options { now, offline, limits } = *options;
        let workspace = Workspace::boxed();
        let update = match offline {
            true => Offline::new(workspace, now, limits).keep_files().into(),
            false => Update::new(workspace, now, limits).keep_files(),
        };
        Session {
            update,
            verdict: Verdict::default(),
            next: None,
            search: None,
            custom: None,
            target: None,
            verifier: None,
            is_file_refused: false,
        }
    }

    /// Searches for a target: after the session is done, or before, and then once it is. Forgets
    /// the error of an earlier search.
    ///
    /// # Errors
    /// [`Refused`] while another target is searched for, and if the path is too long.
    pub fn find(&mut self, path: &str) -> Result<(), Refused> {
        if self.search.is_some() && self.verdict.error.is_some() {
            self.update.abandon_search().map_err(|error| self.refuse(error))?;
            self.custom = None;
            self.search = None;
        }
        if self.next.is_some() || self.search.is_some() {
            return Err(self.refuse(Error::UnexpectedCall));
        }
        (self.target, self.verifier, self.is_file_refused) = (None, None, false);
        if self.update.step() != picotuf::Step::Done {
            self.next = Some(path.into());
            return Ok(());
        }
        self.verdict.error = None;
        self.begin(path.into())
    }

    fn begin(&mut self, path: String) -> Result<(), Refused> {
        if let Err(error) = self.update.find(&path) {
            self.verdict.error = Some(Refusal { target: Some(path), ..Refusal::from(error) });
            return Err(Refused);
        }
        self.search = Some(path);
        self.proceed()
    }

    /// Returns what the session needs next.
    pub fn step(&mut self) -> Step {
        if self.custom.is_some() {
            return Step::Load;
        }
        match self.update.step() {
            picotuf::Step::Load => Step::Load,
            picotuf::Step::Fetch => Step::Fetch,
            picotuf::Step::Store => Step::Store,
            picotuf::Step::Delete => Step::Delete,
            _ => Step::Done,
        }
    }

    /// Returns the file that the step is about.
    pub fn request(&self) -> Request {
        let mut request = self.update.request();
        let lister = self.update.delegation_path().last();
        if let (Some(_), Some(lister)) = (&self.custom, lister) {
            request.role = lister;
            request.version = None;
        }
        let mut file = String::new();
        role_name::file_name(request.role, &mut |part| file.push_str(part));
        Request {
            role: request.role.into(),
            file,
            name: shown(&request),
            max_length: request.max_length,
        }
    }

    /// Returns the step and its request as JSON: `step`, `role`, `file`, `name`, `max_length`.
    pub fn step_json(&mut self) -> String {
        let step = self.step();
        let mut json = Json::object();
        json.text("step", &step.name());
        if step != Step::Done {
            let request = self.request();
            json.text("role", &request.role.as_str());
            json.text("file", &request.file.as_str());
            json.text("name", &request.name.as_str());
            json.bare("max_length", &request.max_length);
        }
        json.end()
    }

    /// Returns the bytes to store at [`Step::Store`].
    pub fn to_store(&self) -> Option<&[u8]> {
        self.update.kept_file()
    }

    /// Answers the step.
    ///
    /// # Errors
    /// [`Refused`] if the file does not verify, or the answer does not fit the step. The step stays
    /// as it was, and another answer can be given: the file of another mirror.
    pub fn answer(&mut self, answer: Answer) -> Result<(), Refused> {
        if let Some((custom, target)) = self.custom {
            return self.answer_custom(&custom, &target, answer);
        }
        let answered = match answer {
            Answer::File(file) => match self.update.keep(file) {
                Ok(verified) => {
                    if let Some(role) = verified.as_ref().map(Role::from) {
                        self.verdict.trust(role);
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            },
            Answer::Absent => self.update.absent(),
            Answer::Done => self.update.done(),
        };
        answered.map_err(|error| self.refuse(error))?;
        self.verdict.error = None;
        self.proceed()
    }

    /// Goes on where a refresh or a search has ended.
    fn proceed(&mut self) -> Result<(), Refused> {
        if self.update.step() != picotuf::Step::Done {
            return Ok(());
        }
        if let Some(next) = self.next.take() {
            return self.begin(next);
        }
        let (Some(path), target) = (&self.search, self.update.target().copied()) else {
            return Ok(());
        };
        match target {
            Some(target) => match target.custom {
                Some(custom) => self.custom = Some((custom, target)),
                None => self.found(target, None),
            },
            None => {
                let refusal =
                    Refusal { target: Some(path.clone()), ..Refusal::from(Error::TargetNotFound) };
                self.search = None;
                self.verdict.error = Some(refusal);
                return Err(Refused);
            }
        }
        Ok(())
    }

    fn answer_custom(
        &mut self,
        custom: &Custom,
        target: &Target,
        answer: Answer,
    ) -> Result<(), Refused> {
        let text = match &answer {
            Answer::Done => return Err(self.refuse(Error::UnexpectedCall)),
            Answer::Absent => None,
            Answer::File(file) => custom.json(file).map(String::from),
        };
        if text.is_some() {
            self.verdict.error = None;
            self.found(*target, text);
            return Ok(());
        }
        let message = "the stored file changed while it was in use";
        let role = self.update.delegation_path().last().map(Into::into);
        let target = self.search.clone();
        let refusal = Refusal::new("changed-meanwhile", message, "system");
        self.verdict.error = Some(Refusal { role, target, ..refusal });
        Err(Refused)
    }

    fn found(&mut self, target: Target, custom: Option<String>) {
        let path = self.search.take().unwrap_or_default();
        let delegation_path = self.update.delegation_path().map(Into::into).collect();
        self.verdict.targets.push(TargetFound::new(&path, &target, custom, delegation_path));
        (self.custom, self.target) = (None, Some(target));
    }

    /// Reads the next bytes of the file of the target that was found last.
    ///
    /// # Errors
    /// [`Refused`] if no target was found, and as soon as there are too many bytes: from then on
    /// until [`Session::finish`], which is refused, too.
    pub fn check(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let Some(target) = self.target else {
            return Err(self.refuse(Error::UnexpectedCall));
        };
        if self.is_file_refused {
            return Err(Refused);
        }
        let verifier = self.verifier.get_or_insert_with(|| TargetVerifier::new(&target));
        match verifier.update(bytes) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.is_file_refused = true;
                Err(self.refuse_file(error))
            }
        }
    }

    /// Ends the file of the target: its length and hashes must be the signed ones.
    ///
    /// # Errors
    /// [`Refused`] if they are not, or no target was found.
    pub fn finish(&mut self) -> Result<(), Refused> {
        let Some(target) = self.target else {
            return Err(self.refuse(Error::UnexpectedCall));
        };
        if core::mem::take(&mut self.is_file_refused) {
            return Err(Refused);
        }
        let verifier = self.verifier.take().unwrap_or_else(|| TargetVerifier::new(&target));
        match verifier.finish() {
            Ok(()) => {
                self.verdict.error = None;
                Ok(())
            }
            Err(error) => Err(self.refuse_file(error)),
        }
    }

    /// Returns the verdict. It is not `ok` before the session is done.
    pub fn verdict(&mut self) -> Verdict {
        let unfinished = self.step() != Step::Done || self.verifier.is_some();
        Verdict { unfinished, ..self.verdict.clone() }
    }

    /// Records that the host used the session wrongly.
    pub fn reject(&mut self, refusal: Refusal) -> Refused {
        self.verdict.error = Some(refusal);
        Refused
    }

    fn refuse(&mut self, error: Error) -> Refused {
        let role = self.update.role();
        let mut refusal = Refusal::from(error).schemes(&error, self.update.unsupported_schemes());
        refusal.role = (!role.is_empty()).then(|| role.into());
        refusal.delegation_path = self.update.delegation_path().map(Into::into).collect();
        refusal.target.clone_from(&self.search);
        self.verdict.error = Some(refusal);
        Refused
    }

    fn refuse_file(&mut self, error: Error) -> Refused {
        let mut refusal = Refusal::from(error);
        if let Some(target) = self.verdict.targets.last() {
            refusal.target = Some(target.path.clone());
            refusal.delegation_path.clone_from(&target.delegation_path);
        }
        self.verifier = None;
        self.verdict.error = Some(refusal);
        Refused
    }
}
