//! `picotuf demo`: runs a client on a small repository built into the program, then five attacks on
//! it, and shows what an attacker with all of PyPI's online keys can do. Last, it verifies who
//! published a real release.

mod attested;

use std::fmt;
use std::time::{Duration, Instant};

use picotuf::pypi::{Owner, PEP_480, ProjectName};
use picotuf::{Slice, Time, Update, check_root};
use serde_json::{Value, json};

use super::shared::workspace;
use picotuf_client::memory::Memory;
use picotuf_client::pypi::Requirement;
use picotuf_client::session::{FoundTarget, Session};
use picotuf_client::target_file::{CheckError, check};
use picotuf_client::{Code, Error, TrustedRole};

use crate::clock;
use crate::report::{BAD, BOLD, DIM, GOOD, Log, Report};

pub(super) fn run(report: &mut Report, log: &Log) -> Result<(), Error> {
    let start = Instant::now();
    let now =
        Time::parse(TIME.trim()).ok_or_else(|| unexpected("the demo's time", "cannot be read"))?;
    report.begin_at(now);
    let mut demo = Demo { now, log, steps: Vec::new(), report };
    demo.report.say(INTRODUCTION);
    demo.report.say(format_args!("Present time, for the demo: {now}.\n"));

    demo.trust_anchor()?;
    let trusted = demo.refresh()?;
    let found = demo.find_and_verify(&trusted)?;
    demo.report.say(format_args!("{BOLD}Five attacks{BOLD:#} on this client"));
    demo.changed_byte(&found)?;
    demo.rollback(&trusted)?;
    demo.stale_timestamp(&trusted)?;
    demo.stolen_threshold(&trusted)?;
    demo.outside_paths(&trusted)?;
    demo.online_keys(&trusted)?;

    demo.report.say("  --require developer refuses those two, and no file of a claimed project.");
    demo.attested()?;
    let (steps, report) = (demo.steps, demo.report);
    report.detail("steps", steps);
    report.say(format_args!(
        "\nEverything verified or was refused as expected, in {}.",
        Took(start.elapsed())
    ));
    report.say(
        "To use your own repository: picotuf init ROOT --metadata-url URL, then picotuf refresh.",
    );
    Ok(())
}

/// Returns the project of a target path.
fn project_of(path: &str) -> Result<ProjectName, Error> {
    let name = path.split('/').next().unwrap_or_default();
    ProjectName::new(name).map_err(|_| unexpected(path, "not signed for a project"))
}

struct Demo<'r> {
    now: Time,
    log: &'r Log,
    steps: Vec<Value>,
    report: &'r mut Report,
}

impl Demo<'_> {
    /// Verifies the root: its form and its own signatures.
    fn trust_anchor(&mut self) -> Result<(), Error> {
        let mut workspace = workspace();
        let start = Instant::now();
        let root = check_root(&mut workspace, &picotuf::Limits::default(), &mut Slice::new(ROOT))
            .map_err(|error| Error::from(error).role("root").file("root.json"))?;
        let took = start.elapsed();
        let root = TrustedRole::new(&root, "root.json".to_owned(), false);
        self.report.say(format_args!(
            "{BOLD}Trust anchor{BOLD:#}: the only file that does not come from the repository"
        ));
        self.role(&root, "format, own signatures", Owner::IndexOffline, took);
        Ok(())
    }

    /// Refreshes from files in memory.
    fn refresh(&mut self) -> Result<Memory<'static>, Error> {
        let mut workspace = workspace();
        let mut session = self.session(&mut workspace, self.now, Memory::new(ROOT, &genuine));
        session.run()?;
        self.report.say(format_args!(
            "{BOLD}Refresh{BOLD:#}: verify each file with the keys of the previous one"
        ));
        let roles = session.roles().to_vec();
        for role in &roles {
            let (checked, owner) = match role.role.as_str() {
                "root" => ("still the latest", Owner::IndexOffline),
                "timestamp" => ("signatures, no rollback", Owner::IndexOnline),
                "snapshot" => ("as the timestamp lists it", Owner::IndexOnline),
                _ => ("as the snapshot lists it", Owner::IndexOffline),
            };
            self.role(role, checked, owner, role.elapsed);
        }
        self.report.keep_roles(roles);
        Ok(session.into_host())
    }

    fn find_and_verify(&mut self, trusted: &Memory<'_>) -> Result<FoundTarget, Error> {
        let mut workspace = workspace();
        let mut session = self.session(&mut workspace, self.now, trusted.with_repository(&genuine));
        session.run()?;
        self.find(&mut session, DJANGO_PATH)?;
        let found = self.find(&mut session, WHEEL_PATH)?;

        let start = Instant::now();
        check(&found.target, &mut &WHEEL[..])
            .map_err(|_| unexpected("the wheel", "the wheel is not the signed file"))?;
        let took = start.elapsed();
        let algorithms: Vec<_> =
            found.target.hashes.iter().map(|digest| digest.algorithm().name()).collect();
        self.report.say(format_args!("{BOLD}Verify{BOLD:#} the wheel itself"));
        self.report.say(format_args!(
            "  {:<18}  length, {}, in {}",
            format!("{} bytes", WHEEL.len()),
            algorithms.join(", "),
            Took(took)
        ));
        if let Some(custom) = &found.custom {
            let custom: Value = serde_json::from_slice(custom).unwrap_or_default();
            self.report.say(format_args!("  {:<18}  {custom}", "also signed"));
        }
        self.steps.push(json!({
            "step": "verify", "target": WHEEL_PATH, "length": WHEEL.len(),
            "delegation_path": found.delegation_path, "ok": true,
        }));
        self.report.say("");
        Ok(found)
    }

    /// Shows the roles that the search for a target visits, and who signed the target.
    fn find(
        &mut self,
        session: &mut Session<'_, Memory<'_>>,
        path: &str,
    ) -> Result<FoundTarget, Error> {
        let known = session.roles().len();
        let found = session.find(path)?;
        self.report.say(format_args!("{BOLD}Find{BOLD:#} {path}"));
        let roles = session.roles().iter().skip(known).cloned().collect::<Vec<_>>();
        let (chain, project) = (&found.delegation_path, project_of(path)?);
        for role in roles {
            let named = chain
                .iter()
                .position(|name| *name == role.role)
                .and_then(|place| chain.get(..=place));
            // Visited roles that do not list the target are direct delegations of targets here.
            let owner = match named {
                Some(chain) => PEP_480.owner(&project, chain),
                None => PEP_480.owner(&project, &["targets", &role.role]),
            };
            self.role(&role, "its delegator's keys", owner, role.elapsed);
        }
        let by = PEP_480.signed_by(&project, chain);
        self.report.say(format_args!("  {}: {GOOD}signed by {by}{GOOD:#}", chain.join(" > ")));
        self.steps.push(json!({
            "step": "find", "target": path, "delegation_path": chain, "signed_by": by.name(),
        }));
        Ok(found)
    }

    fn changed_byte(&mut self, found: &FoundTarget) -> Result<(), Error> {
        let mut wheel = WHEEL.to_vec();
        if let Some(byte) = wheel.last_mut() {
            *byte ^= 1;
        }
        let start = Instant::now();
        let verdict = match check(&found.target, &mut &wheel[..]) {
            Ok(()) => Ok(()),
            Err(CheckError::Verdict(error)) => Err(Error::from(error)),
            Err(CheckError::Read(error)) => Err(Error::new(Code::Io, error.to_string())),
        };
        self.refused(
            "a changed byte",
            "in the wheel, in transit",
            verdict,
            "hash-mismatch",
            None,
            start,
        )
    }

    fn rollback(&mut self, trusted: &Memory<'_>) -> Result<(), Error> {
        let attack = |name: &str| {
            if name == "timestamp.json" { Some(OLD_TIMESTAMP) } else { genuine(name) }
        };
        self.attack(
            "a rollback",
            "an older timestamp, correctly signed",
            trusted,
            &attack,
            self.now,
            "rollback",
            "timestamp",
        )
    }

    fn stale_timestamp(&mut self, trusted: &Memory<'_>) -> Result<(), Error> {
        let later = Time::from_unix(self.now.unix().saturating_add(2 * 86_400));
        self.attack(
            "a stale timestamp",
            "updates withheld for two days",
            trusted,
            &genuine,
            later,
            "expired",
            "timestamp",
        )
    }

    fn stolen_threshold(&mut self, trusted: &Memory<'_>) -> Result<(), Error> {
        let attack = |name: &str| {
            if name == "2.root.json" { Some(STOLEN_ROOT) } else { genuine(name) }
        };
        let what = "a new root, signed by one of the old keys";
        self.attack(
            "a stolen threshold",
            what,
            trusted,
            &attack,
            self.now,
            "threshold-not-met",
            "root",
        )
    }

    /// The update is correctly signed, but the role is not trusted for this path, so the search
    /// does not visit it.
    fn outside_paths(&mut self, trusted: &Memory<'_>) -> Result<(), Error> {
        let attack = |name: &str| match name {
            "timestamp.json" => Some(OUTSIDE_TIMESTAMP),
            "3.snapshot.json" => Some(OUTSIDE_SNAPSHOT),
            "2.bin-0.json" => Some(OUTSIDE_BIN),
            _ => genuine(name),
        };
        let mut workspace = workspace();
        let start = Instant::now();
        let mut session = self.session(&mut workspace, self.now, trusted.with_repository(&attack));
        session.run()?;
        let verdict = session.find(OUTSIDE_PATH).map(|_| ());
        let what = format!("bin-0 lists {}", OUTSIDE_PATH.rsplit('/').next().unwrap_or_default());
        self.refused("a role outside its paths", &what, verdict, "target-not-found", None, start)
    }

    /// All files of the attacker are correctly signed, by keys on PyPI's servers.
    fn online_keys(&mut self, trusted: &Memory<'_>) -> Result<(), Error> {
        self.report.say(format_args!(
            "\n{BOLD}An attacker with all of PyPI's online keys{BOLD:#}: \
            timestamp, snapshot, recently-claimed, unclaimed, bins"
        ));
        let attack = |name: &str| {
            ONLINE_KEYS
                .iter()
                .find(|(file, _)| *file == name)
                .map_or_else(|| genuine(name), |(_, bytes)| Some(*bytes))
        };
        let mut workspace = workspace();
        let start = Instant::now();
        let mut session = self.session(&mut workspace, self.now, trusted.with_repository(&attack));
        session.run()?;
        let verdict = session.find("django/django-99.0-py3-none-any.whl").map(|_| ());
        let what = "django-99.0, listed in every role of these keys";
        self.refused("cannot forge Django", what, verdict, "target-not-found", None, start)?;
        let dropped = |name: &str| match name {
            "timestamp.json" => Some(DROPPED_TIMESTAMP),
            "3.snapshot.json" => Some(DROPPED_SNAPSHOT),
            _ => genuine(name),
        };
        self.without_claimed(trusted, &dropped)?;
        for (name, what, path) in [
            (
                "can forge six",
                "six-99.0: no developer has claimed six",
                "six/six-99.0-py3-none-any.whl",
            ),
            (
                "can forge tuf",
                "tuf-99.0: online keys still sign its claim",
                "tuf/tuf-99.0-py3-none-any.whl",
            ),
        ] {
            let start = Instant::now();
            let by = PEP_480.signed_by(&project_of(path)?, &session.find(path)?.delegation_path);
            if Requirement::Developer.is_met(by) {
                return Err(unexpected(name, "the forged file passes for a claimed project"));
            }
            let took = start.elapsed();
            self.report.say(format_args!("  {name:<24} {what}"));
            self.report.say(format_args!("    {BAD}accepted{BAD:#}, as signed by {by}"));
            self.steps.push(json!({
                "step": "attack", "name": name, "refused": false, "target": path,
                "signed_by": by.name(), "microseconds": micros(took),
            }));
        }
        Ok(())
    }

    /// The new timestamp verifies and is kept; the snapshot does not.
    fn without_claimed(
        &mut self,
        trusted: &Memory<'_>,
        repository: &dyn Fn(&str) -> Option<&'static [u8]>,
    ) -> Result<(), Error> {
        let mut workspace = workspace();
        let start = Instant::now();
        let verdict =
            self.session(&mut workspace, self.now, trusted.with_repository(repository)).run();
        let what = "a snapshot without the role claimed";
        self.refused(
            "cannot hide the claim",
            what,
            verdict,
            "removed-from-snapshot",
            Some("snapshot"),
            start,
        )
    }

    #[allow(clippy::too_many_arguments, reason = "the demo's attacks and their verdicts")]
    fn attack(
        &mut self,
        name: &str,
        what: &str,
        trusted: &Memory<'_>,
        repository: &dyn Fn(&str) -> Option<&'static [u8]>,
        now: Time,
        code: &str,
        role: &str,
    ) -> Result<(), Error> {
        let mut workspace = workspace();
        let start = Instant::now();
        let mut session = self.session(&mut workspace, now, trusted.with_repository(repository));
        let verdict = session.run();
        let kept = session.into_host();
        if ROLES.iter().any(|role| kept.stored(role) != trusted.stored(role)) {
            return Err(unexpected(name, "the attack changed the stored metadata"));
        }
        self.refused(name, what, verdict, code, Some(role), start)
    }

    /// Checks that the attack failed, with this code and for this role.
    fn refused(
        &mut self,
        name: &str,
        what: &str,
        verdict: Result<(), Error>,
        code: &str,
        role: Option<&str>,
        start: Instant,
    ) -> Result<(), Error> {
        let took = start.elapsed();
        let Err(error) = verdict else {
            return Err(unexpected(name, "the attack was not refused"));
        };
        let detail = error.detail();
        if detail.code != code || role.is_some_and(|role| detail.role.as_deref() != Some(role)) {
            return Err(unexpected(
                name,
                &format!("the attack was refused for another reason: {error}"),
            ));
        }
        self.report
            .say(format_args!("  {name:<24} {what:<46} {DIM}{:>9}{DIM:#}", Took(took).to_string()));
        self.report
            .say(format_args!("    {GOOD}refused{GOOD:#} {BAD}{code}{BAD:#}: {}", detail.message));
        self.steps.push(json!({
            "step": "attack", "name": name, "refused": true, "code": code,
            "message": detail.message, "microseconds": micros(took),
        }));
        Ok(())
    }

    fn role(&mut self, role: &TrustedRole, checked: &str, owner: Owner, took: Duration) {
        let name = format!("{} {}", role.role, role.version);
        let expires = format!("expires {}", clock::relative(role.expiry, self.now));
        let whose = match owner {
            Owner::Developer => "developers",
            Owner::IndexOffline => "PyPI offline",
            Owner::IndexOnline => "PyPI online",
        };
        self.report.say(format_args!(
            "  {name:<18}  {checked:<25}  {expires:<19}  {} of {} keys, {whose}",
            role.signing_keys, role.keys
        ));
        self.steps.push(json!({
            "step": "role", "role": role.role, "version": role.version, "expires": role.expires,
            "threshold": role.threshold, "keys": role.keys, "signing_keys": role.signing_keys,
            "signers": role.signers, "owner": owner.name(), "checked": checked,
            "microseconds": micros(took),
        }));
    }

    fn session<'w, 'r>(
        &self,
        workspace: &'w mut picotuf::Workspace,
        now: Time,
        host: Memory<'r>,
    ) -> Session<'w, Memory<'r>> {
        Session::new(
            Update::new(workspace, now, picotuf::Limits::default()),
            host,
            self.log.events().clone(),
        )
    }
}

/// Prints a duration in a unit that is easy to compare.
struct Took(Duration);

impl fmt::Display for Took {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2} ms", self.0.as_secs_f64() * 1000.0)
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn unexpected(what: &str, why: &str) -> Error {
    Error::new(Code::DemoFailed, format!("{what}: {why}"))
        .hint("this is a bug in picotuf: please report it")
}

/// Returns a file of the genuine repository.
fn genuine(name: &str) -> Option<&'static [u8]> {
    METADATA.iter().find(|(file, _)| *file == name).map(|(_, bytes)| *bytes)
}

macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../../demo/", $folder, "/", $name)))),*]
    };
}

const METADATA: &[(&str, &[u8])] = files! { "metadata":
    "1.root.json" "timestamp.json" "2.snapshot.json" "1.targets.json" "1.claimed.json"
    "1.recently-claimed.json" "1.unclaimed.json"
    "1.django.json" "1.numpy.json" "1.zope.json" "1.tuf.json"
    "1.bin-0.json" "1.bin-1.json" "1.bin-2.json" "1.bin-3.json"
    "1.bin-4.json" "1.bin-5.json" "1.bin-6.json" "1.bin-7.json"
    "1.bin-8.json" "1.bin-9.json" "1.bin-a.json" "1.bin-b.json"
    "1.bin-c.json" "1.bin-d.json" "1.bin-e.json" "1.bin-f.json"
};
/// The files of an attacker with all online keys.
const ONLINE_KEYS: &[(&str, &[u8])] = files! { "attacks/online-keys":
    "timestamp.json" "3.snapshot.json" "2.recently-claimed.json" "1.django-too.json"
    "2.tuf.json" "2.bin-2.json" "2.bin-5.json"
};
const ROOT: &[u8] = include_bytes!("../../demo/root.json");
const TIME: &str = include_str!("../../demo/time.txt");
const OLD_TIMESTAMP: &[u8] = include_bytes!("../../demo/attacks/rollback/timestamp.json");
const STOLEN_ROOT: &[u8] = include_bytes!("../../demo/attacks/stolen-threshold/2.root.json");
const OUTSIDE_TIMESTAMP: &[u8] = include_bytes!("../../demo/attacks/outside-paths/timestamp.json");
const OUTSIDE_SNAPSHOT: &[u8] = include_bytes!("../../demo/attacks/outside-paths/3.snapshot.json");
const OUTSIDE_BIN: &[u8] = include_bytes!("../../demo/attacks/outside-paths/2.bin-0.json");
const DROPPED_TIMESTAMP: &[u8] =
    include_bytes!("../../demo/attacks/claimed-dropped/timestamp.json");
const DROPPED_SNAPSHOT: &[u8] =
    include_bytes!("../../demo/attacks/claimed-dropped/3.snapshot.json");
const WHEEL: &[u8] = include_bytes!(
    "../../demo/targets/iniconfig/56434ca9e49d27a1fcf6bece6f6aec0ea46bb9112489b93d4b688fb415457bdb.iniconfig-2.3.1-py3-none-any.whl"
);
const WHEEL_PATH: &str = "iniconfig/iniconfig-2.3.1-py3-none-any.whl";
const DJANGO_PATH: &str = "django/django-6.1.3-py3-none-any.whl";
const OUTSIDE_PATH: &str = "iniconfig/iniconfig-99.0-py3-none-any.whl";
const ROLES: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
const INTRODUCTION: &str = "\
A repository as in PEP 480, with real files of 21 projects on PyPI. Developers sign for the claimed
projects Django, NumPy and Zope, and for the recently claimed tuf; PyPI signs the rest. python-tuf
made it with test keys: neither PyPI nor these projects publish TUF metadata yet.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_comes_out_as_it_says() {
        let log = Log::new(false, true);
        let mut report = Report::new("demo", true, log.clone());
        run(&mut report, &log).unwrap();
    }
}
