//! Whole updates in one call, with the metadata in a folder.

use std::ffi::{c_char, c_void};
use std::path::{Path, PathBuf};

use picotuf::{HashAlgorithm, Hasher, Time, Workspace};
use picotuf_bindings::{Refusal, Role, TargetFound, Value, Verdict};
use picotuf_client::anchor::{Anchor, ensure_adopted};
use picotuf_client::disk::Disk;
use picotuf_client::session::{FoundTarget, Session};
use picotuf_client::{Base, Client, Config, Error, Log, Mirrors, TrustedRole, offline_session};

use crate::arguments::{bytes, limits, optional_text, sized, text, time};
use crate::fetch::{Callback, FetchFunction};
use crate::outcome::{Wrong, with_verdict};
use crate::verdict::VerdictHandle;

/// What a client works with. Members that are 0 have their default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ClientOptions {
    /// sizeof(struct picotuf_client_options).
    pub size: usize,
    /// The folder of the trusted metadata, which is made if it does not exist.
    pub metadata_dir: *const c_char,
    /// The URL or the folder of the repository's metadata. Null is enough where `offline` is set.
    pub metadata_url: *const c_char,
    /// The URL or the folder of the repository's targets, which picotuf_download needs.
    pub target_url: *const c_char,
    /// The root metadata that comes with the program and is trusted. Null where the folder has one.
    pub root: *const u8,
    /// The length of `root`, in bytes.
    pub root_size: usize,
    /// Fetches URLs. Null where the repository is in folders.
    pub fetch: FetchFunction,
    /// What `fetch` gets.
    pub context: *mut c_void,
    /// The present time in seconds since 1970, for all checks of expiry; 0 for the system's clock.
    pub now: i64,
    /// Not 0: only stored metadata is used.
    pub offline: i32,
    /// How many new roots one update follows.
    pub root_rotations: u32,
    /// How many delegated roles one search visits.
    pub delegations: u32,
    /// The longest root, in bytes.
    pub root_length: u64,
    /// The longest timestamp, in bytes.
    pub timestamp_length: u64,
    /// The longest snapshot, in bytes, where the timestamp states no length.
    pub snapshot_length: u64,
    /// The longest targets file, in bytes, where the snapshot states no length.
    pub targets_length: u64,
}

/// What the options say, read.
struct Settings {
    config: Config,
    root: Option<Anchor>,
    fetch: Callback,
    offline: bool,
}

impl Settings {
    /// Reads the options.
    ///
    /// # Safety
    /// `options` is null, or points to a struct as long as its size says, whose texts end with a
    /// NUL byte and whose root is as long as it says.
    unsafe fn read(options: *const ClientOptions) -> Result<Self, Wrong> {
        // SAFETY: the caller's.
        let options = unsafe { sized("the options of the client", options) }?;
        // SAFETY: the caller's.
        let folder = unsafe { text("metadata_dir", options.metadata_dir) }?;
        if folder.is_empty() {
            return Err(Wrong::new("metadata_dir is empty: set it to a folder"));
        }
        let now: Time = time(options.now)?;
        let mut config = Config::new(folder, now);
        let base = |text: Option<&str>| match text.map(Base::parse).transpose() {
            Ok(base) => Ok(base.into_iter().collect()),
            Err(error) => Err(Wrong::new(error.to_string())),
        };
        // SAFETY: the caller's.
        config.metadata = base(unsafe { optional_text("metadata_url", options.metadata_url) }?)?;
        // SAFETY: the caller's.
        config.targets = base(unsafe { optional_text("target_url", options.target_url) }?)?;
        config.limits = limits(
            [
                options.root_length,
                options.timestamp_length,
                options.snapshot_length,
                options.targets_length,
            ],
            [options.root_rotations, options.delegations],
        );
        // SAFETY: the caller's.
        let root = unsafe { bytes("the root", options.root, options.root_size) }?;
        let root = (!options.root.is_null()).then(|| {
            let mut hasher = Hasher::new(HashAlgorithm::Sha256);
            hasher.update(root);
            let path = PathBuf::from("the root that was given");
            Anchor { path, bytes: root.into(), sha256: hasher.finish() }
        });
        let fetch = Callback::new(options.fetch, options.context);
        Ok(Settings { config, root, fetch, offline: options.offline != 0 })
    }

    /// Runs `work` in a session that has refreshed, and makes the verdict of it.
    fn verdict(
        &self,
        work: impl Fn(
            &mut Session<'_, Disk<'_>>,
            Option<&Client<'_>>,
            &mut Vec<TargetFound>,
        ) -> Result<(), Error>,
    ) -> Result<Verdict, Wrong> {
        let mut verdict = Verdict::default();
        let log = Log::silent();
        let mut run = |session: &mut Session<'_, Disk<'_>>, client: Option<&Client<'_>>| {
            let mut targets = Vec::new();
            let result = session.run().and_then(|()| work(session, client, &mut targets));
            verdict.roles = session.roles().iter().map(role).collect();
            verdict.targets = targets;
            result
        };
        let result = self.adopt_root(&log).and_then(|()| {
            if self.offline {
                let mut workspace = Workspace::boxed();
                let mut session = offline_session(&self.config, &mut workspace, &log)?;
                return run(&mut session, None);
            }
            let client = Client::open(&self.config, &self.fetch, &log)?;
            client.in_session(|session| run(session, Some(&client)))
        });
        match result {
            Ok(()) => Ok(verdict),
            Err(error) if error.is_usage() => Err(Wrong(Box::new(refusal(&error)))),
            Err(error) => Ok(Verdict { error: Some(refusal(&error)), ..verdict }),
        }
    }

    fn adopt_root(&self, log: &Log) -> Result<(), Error> {
        match &self.root {
            Some(root) => ensure_adopted(&self.config, root, log),
            None => Ok(()),
        }
    }
}

fn role(role: &TrustedRole) -> Role {
    Role {
        role: role.role.clone(),
        version: role.version,
        expires: role.expires.clone(),
        threshold: role.threshold,
        keys: role.keys,
        signing_keys: role.signing_keys,
        signers: role.signers.clone(),
        length: role.length,
    }
}

fn target(path: &str, found: &FoundTarget, file: Option<&Path>) -> TargetFound {
    let custom = found.custom.clone().and_then(|custom| String::from_utf8(custom).ok());
    let file = file.map(|file| file.display().to_string());
    let delegation_path = found.delegation_path.clone();
    TargetFound { file, ..TargetFound::new(path, &found.target, custom, delegation_path) }
}

/// Returns an error of the client as a refusal.
pub(crate) fn refusal(error: &Error) -> Refusal {
    let detail = error.detail();
    let value = |value: &Option<serde_json::Value>| {
        value.as_ref().map(|value| match value {
            serde_json::Value::String(text) => Value::Text(text.clone()),
            other => other.as_u64().map_or_else(|| Value::Text(other.to_string()), Value::Number),
        })
    };
    let mut refusal = Refusal::new(detail.code, detail.message.clone(), detail.blame.name());
    refusal.role.clone_from(&detail.role);
    refusal.file.clone_from(&detail.file);
    refusal.target.clone_from(&detail.target);
    refusal.delegation_path.clone_from(&detail.delegation_path);
    (refusal.expected, refusal.found) = (value(&detail.expected), value(&detail.found));
    refusal.schemes.clone_from(&detail.schemes);
    refusal
}

/// Updates the trusted metadata.
///
/// # Safety
/// `options` is null, or points to a struct as long as its size says, whose texts end with a NUL
/// byte and whose root is as long as it says; `verdict` is null or points to a variable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_refresh(
    options: *const ClientOptions,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    // SAFETY: the caller's.
    let work = || unsafe { Settings::read(options) }?.verdict(|_, _, _| Ok(()));
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}

/// Updates the trusted metadata, and finds a target: its length, hashes and custom metadata are in
/// the verdict.
///
/// # Safety
/// As picotuf_refresh; `target_path` is null or a text that ends with a NUL byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_find(
    options: *const ClientOptions,
    target_path: *const c_char,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = || {
        // SAFETY: the caller's.
        let settings = unsafe { Settings::read(options) }?;
        // SAFETY: the caller's.
        let path = unsafe { text("the target path", target_path) }?;
        settings.verdict(|session, _, targets| {
            targets.push(target(path, &session.find(path)?, None));
            Ok(())
        })
    };
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}

/// Updates the trusted metadata, and verifies a local file as a target. PICOTUF_OK: it is the
/// signed one.
///
/// # Safety
/// As picotuf_find; `file` is null or a text that ends with a NUL byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verify_file(
    options: *const ClientOptions,
    target_path: *const c_char,
    file: *const c_char,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = || {
        // SAFETY: the caller's.
        let settings = unsafe { Settings::read(options) }?;
        // SAFETY: the caller's.
        let path = unsafe { text("the target path", target_path) }?;
        // SAFETY: the caller's.
        let file = unsafe { text("the path of the file", file) }?;
        settings.verdict(|session, _, targets| {
            let found = session.find(path)?;
            targets.push(target(path, &found, Some(file.as_ref())));
            picotuf_client::verify_file(&found, path, file.as_ref())
        })
    };
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}

/// Updates the trusted metadata, and downloads a target to its path below a folder. The file is
/// there only after it was verified.
///
/// # Safety
/// As picotuf_find; `folder` is null or a text that ends with a NUL byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_download(
    options: *const ClientOptions,
    target_path: *const c_char,
    folder: *const c_char,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = || {
        // SAFETY: the caller's.
        let settings = unsafe { Settings::read(options) }?;
        // SAFETY: the caller's.
        let path = unsafe { text("the target path", target_path) }?;
        // SAFETY: the caller's.
        let folder = Path::new(unsafe { text("the folder", folder) }?);
        settings.verdict(|session, client, targets| {
            let Some(client) = client else {
                return Err(Error::usage("a download is not possible offline"));
            };
            let mirrors = Mirrors::new(client.config().target_base_urls()?, &Log::silent());
            client.download_in(session, &[path], folder, &mirrors, &mut |path, done| {
                targets.push(target(path, &done.found, Some(&done.file)));
            })
        })
    };
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}
