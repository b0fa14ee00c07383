//! `picotuf provenance`

use std::collections::BTreeMap;

use picotuf::{OneLine, Time};
use picotuf_attest::{Checked, Claims, Distribution, Identity, Predicate, Report as Attested};
use picotuf_attest::{Publisher, Verified};
use picotuf_client::attestations::{self, Index, read_provenance, sha256_of};
use picotuf_client::sigstore::{Sigstore, SigstoreRoot, Source};
use picotuf_client::{Base, Error, Fetch};
use serde_json::{Map, Value, json};

use crate::args::{IndexOptions, ProvenanceOptions, SigstoreOptions};
use crate::clock;
use crate::report::{BOLD, DIM, GOOD, Log, Report};
use crate::settings::Settings;
use crate::transport::Transport;

pub(super) fn run(
    options: &ProvenanceOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    report.begin_at(settings.config.now);
    let path = &options.file;
    // What is wrong on this side should be told before the network is asked.
    let sha256 = sha256_of(path)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    Distribution::new(name, sha256).map_err(|error| Error::from(error).file(path.display()))?;
    let given = options.provenance.as_deref().map(read_provenance).transpose()?;
    if options.offline && given.is_none() {
        return Err(Error::usage(
            "--offline asks no index: give the document as --provenance FILE",
        ));
    }
    let index = index(&options.index)?;
    let repository = repository(&options.sigstore, settings)?;
    let transport = transport(&index, repository.as_ref(), settings, log)?;
    let root = trusted_root(
        &options.sigstore,
        repository.as_ref(),
        options.offline.then_some(Stored { max_age: options.max_age }),
        &transport,
        report,
        log,
    )?;
    let provenance = match given {
        Some(provenance) => provenance,
        None => index.provenance(name, &transport).map_err(|error| error.target(name))?,
    };

    let asked = options.publisher.as_ref();
    let now = settings.config.now;
    let of = options.provenance.as_deref();
    let named = |error: Error| match of {
        Some(document) => error.target(name).file(document.display()),
        None => error.target(name),
    };
    let attested = attestations::verify(name, sha256, &provenance, &root.trusted, asked, now)
        .map_err(named)?;
    attestations::tell_failures(name, &attested, log.events());
    report.detail("file", path.display().to_string());
    report.detail("sha256", hex(&sha256));
    report.detail("asked", asked.map(ToString::to_string));
    report
        .detail("attestations", attested.attestations.iter().map(attestation).collect::<Vec<_>>());
    let identity = attested.outcome.clone().map_err(|error| named(error.into()))?;
    report.detail("publisher", publisher(&identity.publisher));
    report.detail("pinned", asked.is_some());
    say(name, &identity, &attested, asked.is_some(), now, report);
    say_line("trusted root", &root.source.to_string(), report);
    Ok(())
}

/// Makes ready to ask an index.
pub(super) fn index(options: &IndexOptions) -> Result<Index, Error> {
    let mut index = Index::new(Base::parse(&options.index_url)?)?;
    for url in &options.provenance_from {
        index = index.allow(Base::parse(url)?);
    }
    Ok(index)
}

/// Sigstore's TUF repository; nothing where the user gives a trusted root.
pub(super) fn repository(
    options: &SigstoreOptions,
    settings: &Settings,
) -> Result<Option<Sigstore>, Error> {
    use picotuf_client::anchor::Anchor;
    if options.trusted_root.is_some() {
        return Ok(None);
    }
    let config = &settings.config;
    let maximum = picotuf::Limits::default().root_length.max(config.limits.root_length);
    let read = |root: &std::path::PathBuf| Anchor::read(root, maximum);
    let anchor = options.sigstore_root.as_ref().map(read).transpose()?;
    let url = Base::parse(&options.sigstore_url)?;
    let mut repository = Sigstore::new(&settings.data_dir, Some(url), anchor, config.now)?;
    repository.raise_limits(&config.limits);
    Ok(Some(repository))
}

/// Makes ready to fetch from both. What the user gives for the server of a TUF repository goes to
/// neither: credentials come from the URLs or from netrc.
fn transport(
    index: &Index,
    repository: Option<&Sigstore>,
    settings: &Settings,
    log: &Log,
) -> Result<Transport, Error> {
    let mut named = vec![index.base().clone()];
    named.extend(repository.iter().flat_map(|one| one.config().metadata.clone()));
    Transport::new(&settings.network, &[], &named, log.events().clone(), log.is_quiet())
}

/// That nobody is asked for a trusted root: the stored one is taken.
pub(super) struct Stored {
    /// How many days ago its metadata may have expired; nothing where it may not have.
    pub(super) max_age: Option<u32>,
}

/// The trusted root, and what the report says of it.
pub(super) fn trusted_root(
    options: &SigstoreOptions,
    repository: Option<&Sigstore>,
    stored: Option<Stored>,
    fetch: &dyn Fetch,
    report: &mut Report,
    log: &Log,
) -> Result<SigstoreRoot, Error> {
    let root = match (&options.trusted_root, repository, stored) {
        (Some(path), ..) => SigstoreRoot::given(path)?,
        (None, Some(repository), Some(Stored { max_age })) => {
            repository.stored(max_age, log.events())?
        }
        (None, Some(repository), None) => repository.refresh(fetch, log.events())?,
        (None, None, _) => return Err(picotuf::Error::UnexpectedCall.into()),
    };
    let mut json = Map::new();
    json.insert("sha256".to_owned(), hex(&root.sha256).into());
    match &root.source {
        Source::Given(path) => {
            json.insert("given".to_owned(), path.display().to_string().into());
        }
        Source::Repository { url, roles, offline, expired } => {
            json.insert("url".to_owned(), url.as_str().into());
            json.insert("offline".to_owned(), (*offline).into());
            if let Some(expired) = expired {
                json.insert("expired".to_owned(), expired.to_string().into());
            }
            report.keep_roles(roles.clone());
        }
    }
    report.detail("trusted_root", json);
    Ok(root)
}

/// The verdict, as a person reads it.
fn say(
    name: &str,
    identity: &Identity,
    attested: &Attested,
    is_asked: bool,
    now: Time,
    report: &Report,
) {
    let pinned = if is_asked { ", as asked for" } else { " (not pinned)" };
    report.say(format_args!(
        "{BOLD}{}{BOLD:#}: {GOOD}attested{GOOD:#} by {BOLD}{}{BOLD:#}{pinned}",
        OneLine(name),
        OneLine(&identity.publisher.to_string())
    ));
    let line = |what: &str, text: String| say_line(what, &text, report);
    for (what, text) in certified(&identity.publisher, &identity.claims) {
        line(what, text);
    }
    for checked in &attested.attestations {
        let Ok(verified) = &checked.outcome else { continue };
        let what = match verified.statement.predicate {
            Predicate::Publish => "published",
            _ => "built",
        };
        for logged in &verified.log_entries {
            let time = logged.integrated_time.or(verified.times.first().copied());
            let when = time.map_or_else(String::new, |time| {
                format!("{time} ({}), ", clock::relative(time, now))
            });
            let by = match verified.identity() {
                Ok(other) if other.publisher != identity.publisher => {
                    format!(", by {}", other.publisher)
                }
                _ => String::new(),
            };
            line(what, format!("{when}{}, entry {}{by}", logged.log, logged.index));
        }
        if let Some(other) = &checked.other_name {
            line("as", format!("{other}, which is another spelling of the file's name"));
        }
    }
    for error in attested.attestations.iter().filter_map(|checked| checked.outcome.as_ref().err()) {
        line("not counted", format!("{error} [{}]", error.code()));
    }
}

fn say_line(what: &str, text: &str, report: &Report) {
    report.say(format_args!("  {DIM}{what:<13}{DIM:#} {}", OneLine(text)));
}

/// What the certificate says, in lines.
fn certified(publisher: &Publisher, claims: &Claims) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let with = |text: &str, id: &Option<String>| match id {
        Some(id) => format!("{text} (id {id})"),
        None => text.to_owned(),
    };
    if let Some(repository) = &claims.source_repository {
        lines.push(("repository", with(repository, &claims.repository_id)));
    }
    if let Some(owner) = &claims.owner {
        lines.push(("owner", with(owner, &claims.owner_id)));
    }
    if let Some(workflow) = &claims.build_config {
        lines.push(("workflow", workflow.clone()));
    }
    // A reusable workflow is another than the one that was started.
    if let Some(signer) = &claims.build_signer_uri
        && claims.build_config.as_ref() != Some(signer)
    {
        lines.push(("built by", signer.clone()));
    }
    match (&claims.commit, &claims.source_ref) {
        (Some(commit), Some(of)) => lines.push(("commit", format!("{commit} of {of}"))),
        (Some(commit), None) => lines.push(("commit", commit.clone())),
        (None, _) => {}
    }
    let run = [&claims.trigger, &claims.runner_environment, &claims.run];
    // Fulcio writes a text that CircleCI leaves empty as two quotation marks.
    let said = |text: &&str| !text.is_empty() && *text != "\"\"";
    let run: Vec<&str> = run.into_iter().flatten().map(String::as_str).filter(said).collect();
    if !run.is_empty() {
        lines.push(("run", run.join(", ")));
    }
    if let Publisher::GitHub { .. } | Publisher::GitLab { .. } = publisher {
        let environment = claims.environment.as_deref();
        let environment = environment.unwrap_or("not in the certificate, so not verified");
        lines.push(("environment", environment.to_owned()));
    }
    let issuer = claims.issuer.as_deref().unwrap_or_default();
    lines.push(("certificate", format!("for {}, identity from {issuer}", claims.subject)));
    lines
}

/// Returns an attestation, with its verdict, as JSON.
pub fn attestation(checked: &Checked) -> Value {
    match &checked.outcome {
        Ok(verified) => {
            let mut json = verified_json(verified);
            if let Some(other) = &checked.other_name {
                json["other_name"] = other.as_str().into();
            }
            json
        }
        Err(error) => json!({
            "ok": false,
            "code": error.code(),
            "message": error.to_string(),
            "unsupported": error.is_unsupported(),
        }),
    }
}

fn verified_json(verified: &Verified) -> Value {
    let logged = verified.log_entries.iter().map(|logged| {
        json!({
            "log": logged.log,
            "log_id": hex(&logged.log_id),
            "index": logged.index,
            "kind": logged.kind,
            "time": logged.integrated_time.map(|time| time.to_string()),
        })
    });
    json!({
        "ok": true,
        "predicate": verified.statement.predicate.uri(),
        "publisher": verified.identity().ok().map(|identity| publisher(&identity.publisher)),
        "times": verified.times.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "logged": logged.collect::<Vec<_>>(),
        "certificate": verified.claims.named().collect::<BTreeMap<_, _>>(),
    })
}

/// Returns a publisher as JSON: its kind, and as it is written.
pub fn publisher(publisher: &Publisher) -> Value {
    json!({"kind": publisher.kind(), "spec": publisher.to_string()})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(publisher: &Publisher, claims: &Claims) -> Vec<String> {
        certified(publisher, claims)
            .into_iter()
            .map(|(what, text)| format!("{what}: {text}"))
            .collect()
    }

    #[test]
    fn a_certificate_of_circleci_is_shown_without_what_it_leaves_empty() {
        let mut claims = Claims::default();
        claims.subject = "https://circleci.com/pipeline-definitions/d".into();
        claims.issuer = Some("https://oidc.circleci.com".into());
        claims.build_signer_uri = Some("https://circleci.com/pipeline-definitions/d".into());
        claims.build_config = Some("https://circleci.com/pipeline/p/config".into());
        claims.trigger = Some("\"\"".into());
        claims.run = Some("https://app.circleci.com/job".into());
        let publisher =
            Publisher::CircleCi { project_id: "p".into(), pipeline_definition_id: "d".into() };
        let expected = [
            "workflow: https://circleci.com/pipeline/p/config",
            "built by: https://circleci.com/pipeline-definitions/d",
            "run: https://app.circleci.com/job",
            "certificate: for https://circleci.com/pipeline-definitions/d, identity from \
             https://oidc.circleci.com",
        ];
        assert_eq!(lines(&publisher, &claims), expected);
    }

    #[test]
    fn an_environment_is_shown_as_verified_only_where_the_certificate_has_it() {
        let publisher = Publisher::GitLab { repository: "a/b".into(), workflow: "c.yml".into() };
        let mut claims = Claims::default();
        let of = |claims: &Claims| lines(&publisher, claims).remove(0);
        assert_eq!(of(&claims), "environment: not in the certificate, so not verified");
        claims.environment = Some("release".into());
        assert_eq!(of(&claims), "environment: release");
        let publisher = Publisher::Google { email: "a@example.org".into() };
        assert_eq!(lines(&publisher, &Claims::default()).len(), 1);
    }
}
