//! Who published: what a certificate says of it, and what PyPI calls a Trusted Publisher.

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::claims::Claims;
use crate::error::{Document, Error, Problem, Unsupported};
use crate::json::Object;

/// A publisher of a kind that PyPI supports, as the certificate names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Publisher {
    /// A workflow of GitHub Actions.
    GitHub {
        /// `OWNER/REPO`.
        repository: String,
        /// The file's name, below `.github/workflows`.
        workflow: String,
    },
    /// A pipeline of GitLab CI/CD, on gitlab.com.
    GitLab {
        /// `GROUP/PROJECT`, with subgroups in between.
        repository: String,
        /// The file's path in the repository.
        workflow: String,
    },
    /// A service account of Google Cloud.
    Google {
        /// Its address.
        email: String,
    },
    /// A pipeline of CircleCI.
    CircleCi {
        /// The project's UUID.
        project_id: String,
        /// The UUID of the pipeline's definition.
        pipeline_definition_id: String,
    },
}

/// The signer: the publisher, and all claims of the certificate.
///
/// It comes from the certificate alone. What a provenance document says of its publisher is
/// compared with it, and never believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The publisher.
    pub publisher: Publisher,
    /// What the certificate says.
    pub claims: Claims,
}

const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
const GITLAB_ISSUER: &str = "https://gitlab.com";
const GOOGLE_ISSUER: &str = "https://accounts.google.com";
const CIRCLECI_ISSUER: &str = "https://oidc.circleci.com";

impl Identity {
    /// Creates an identity from its parts, for hosts that keep what a report said of a publisher.
    /// Only the identities of a [`Report`](crate::Report) are verified.
    pub fn unverified(publisher: Publisher, claims: Claims) -> Self {
        Identity { publisher, claims }
    }

    /// Returns the identity that a certificate's claims make.
    pub(crate) fn of(claims: Claims) -> Result<Self, Error> {
        let missing = |claim| Error::PublisherClaims { claim };
        let issuer = claims.issuer.as_deref().ok_or(missing("the issuer"))?;
        let publisher = match issuer {
            GITHUB_ISSUER => {
                let (repository, workflow) =
                    repository_and_workflow(&claims, "https://github.com/", "/.github/workflows/")?;
                if repository.split('/').count() != 2 || workflow.contains('/') {
                    return Err(missing("the workflow"));
                }
                Publisher::GitHub { repository, workflow }
            }
            GITLAB_ISSUER => {
                let (repository, workflow) =
                    repository_and_workflow(&claims, "https://gitlab.com/", "//")?;
                Publisher::GitLab { repository, workflow }
            }
            GOOGLE_ISSUER => {
                // A workload that is no service account has a URL here.
                let email = claims.subject.as_str();
                if !email.contains('@') || email.contains('/') {
                    return Err(missing("the email address"));
                }
                Publisher::Google { email: email.into() }
            }
            CIRCLECI_ISSUER => {
                let uri = claims.build_signer_uri.as_deref();
                let ids = uri
                    .and_then(|uri| uri.strip_prefix("https://circleci.com/api/v2/projects/"))
                    .and_then(|rest| rest.split_once('/'))
                    .and_then(|(id, rest)| Some((id, rest.strip_prefix("pipeline-definitions/")?)))
                    .filter(|(project, definition)| is_id(project) && is_id(definition));
                let (project, definition) = ids.ok_or(missing("the pipeline"))?;
                Publisher::CircleCi {
                    project_id: project.into(),
                    pipeline_definition_id: definition.into(),
                }
            }
            _ => return Err(Error::unsupported(Unsupported::Issuer, issuer)),
        };
        Ok(Identity { publisher, claims })
    }

    /// Returns the URL of the identity provider.
    pub fn issuer(&self) -> &str {
        self.claims.issuer.as_deref().unwrap_or_default()
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns the repository, and the workflow in it: the Build Config URI is the repository's, what
/// is `between`, the workflow, `@`, and the ref or the commit that was built.
fn repository_and_workflow(
    claims: &Claims,
    host: &str,
    between: &str,
) -> Result<(String, String), Error> {
    let missing = |claim| Error::PublisherClaims { claim };
    let uri = claims.source_repository.as_deref();
    let repository = uri.and_then(|uri| uri.strip_prefix(host)).filter(|name| is_repository(name));
    let repository = repository.ok_or(missing("the source repository"))?;
    let config = claims.build_config.as_deref();
    let workflow = config
        .and_then(|config| config.strip_prefix(host)?.strip_prefix(repository))
        .and_then(|rest| rest.strip_prefix(between))
        .and_then(|rest| {
            let built = [claims.commit.as_deref(), claims.source_ref.as_deref()];
            let mut built = built.into_iter().flatten().filter(|built| !built.is_empty());
            built.find_map(|built| rest.strip_suffix(built)?.strip_suffix('@'))
        })
        .filter(|workflow| !workflow.is_empty())
        .ok_or(missing("the workflow"))?;
    Ok((repository.into(), workflow.into()))
}

/// Returns whether a text is `A/B`, or more parts: none of them empty, and without what ends a
/// path.
fn is_repository(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(|other: char| {
                other.is_whitespace() || other.is_control() || "@?#:\\".contains(other)
            })
    };
    name.contains('/') && name.split('/').all(part)
}

impl Publisher {
    /// Returns the name of the kind in PyPI's documents.
    pub const fn kind(&self) -> &'static str {
        match self {
            Publisher::GitHub { .. } => "GitHub",
            Publisher::GitLab { .. } => "GitLab",
            Publisher::Google { .. } => "Google",
            Publisher::CircleCi { .. } => "CircleCI",
        }
    }
}

/// As a [`Spec`] is written: `github:OWNER/REPO:WORKFLOW`.
impl fmt::Display for Publisher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Publisher::GitHub { repository, workflow } => {
                write!(out, "github:{repository}:{workflow}")
            }
            Publisher::GitLab { repository, workflow } => {
                write!(out, "gitlab:{repository}:{workflow}")
            }
            Publisher::Google { email } => write!(out, "google:{email}"),
            Publisher::CircleCi { project_id, pipeline_definition_id } => {
                write!(out, "circleci:{project_id}:{pipeline_definition_id}")
            }
        }
    }
}

/// A required publisher, as a user writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spec {
    /// `github:OWNER/REPO:WORKFLOW`; `*` stands for any workflow.
    GitHub {
        /// `OWNER/REPO`.
        repository: String,
        /// The file's name; nothing where any will do.
        workflow: Option<String>,
    },
    /// `gitlab:GROUP/PROJECT:FILE`; `*` stands for any file.
    GitLab {
        /// `GROUP/PROJECT`, with subgroups in between.
        repository: String,
        /// The file's path; nothing where any will do.
        workflow: Option<String>,
    },
    /// `google:EMAIL`.
    Google {
        /// The service account's address.
        email: String,
    },
    /// `circleci:PROJECT_ID:PIPELINE_DEFINITION_ID`.
    CircleCi {
        /// The project's UUID.
        project_id: String,
        /// The UUID of the pipeline's definition.
        pipeline_definition_id: String,
    },
}

/// The reason why a text is not a [`Spec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecError(&'static str);

impl fmt::Display for SpecError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a publisher is written {}", self.0)
    }
}

impl core::error::Error for SpecError {}

impl Spec {
    /// Parses a publisher in the notation that the variants describe.
    ///
    /// ```
    /// use picotuf_attest::Spec;
    ///
    /// let spec = Spec::parse("github:pypa/sampleproject:release.yml")?;
    /// assert_eq!(spec.to_string(), "github:pypa/sampleproject:release.yml");
    /// assert!(Spec::parse("github:pypa/sampleproject").is_err());
    /// # Ok::<(), picotuf_attest::SpecError>(())
    /// ```
    ///
    /// # Errors
    /// [`SpecError`] says how that kind of publisher is written.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        const ALL: &str = "`github:OWNER/REPO:WORKFLOW`, `gitlab:GROUP/PROJECT:FILE`, \
            `google:EMAIL` or `circleci:PROJECT_ID:PIPELINE_DEFINITION_ID`";
        let (kind, rest) = text.split_once(':').ok_or(SpecError(ALL))?;
        let two = rest.split_once(':').filter(|(_, behind)| !behind.is_empty());
        let any = |workflow: &str| (workflow != "*").then(|| workflow.into());
        match kind {
            "github" => {
                let form = SpecError("`github:OWNER/REPO:WORKFLOW` or `github:OWNER/REPO:*`");
                let (repository, workflow) = two.ok_or(form)?;
                let is_one = repository.split('/').count() == 2 && is_repository(repository);
                if !is_one || workflow.contains('/') {
                    return Err(form);
                }
                Ok(Spec::GitHub { repository: repository.into(), workflow: any(workflow) })
            }
            "gitlab" => {
                let form = SpecError("`gitlab:GROUP/PROJECT:FILE` or `gitlab:GROUP/PROJECT:*`");
                let (repository, workflow) =
                    two.filter(|(name, _)| is_repository(name)).ok_or(form)?;
                Ok(Spec::GitLab { repository: repository.into(), workflow: any(workflow) })
            }
            "google" if rest.contains('@') => Ok(Spec::Google { email: rest.into() }),
            "google" => Err(SpecError("`google:EMAIL`")),
            "circleci" => {
                let form = SpecError("`circleci:PROJECT_ID:PIPELINE_DEFINITION_ID`");
                let ids = two.filter(|(project, definition)| is_id(project) && is_id(definition));
                let (project, definition) = ids.ok_or(form)?;
                Ok(Spec::CircleCi {
                    project_id: project.into(),
                    pipeline_definition_id: definition.into(),
                })
            }
            _ => Err(SpecError(ALL)),
        }
    }

    /// Returns the publisher, unless any workflow of its repository is meant.
    pub fn into_publisher(self) -> Option<Publisher> {
        Some(match self {
            Spec::GitHub { repository, workflow } => {
                Publisher::GitHub { repository, workflow: workflow? }
            }
            Spec::GitLab { repository, workflow } => {
                Publisher::GitLab { repository, workflow: workflow? }
            }
            Spec::Google { email } => Publisher::Google { email },
            Spec::CircleCi { project_id, pipeline_definition_id } => {
                Publisher::CircleCi { project_id, pipeline_definition_id }
            }
        })
    }

    /// Returns whether a publisher matches. Repository names and UUIDs are compared without case,
    /// everything else exactly.
    pub fn is(&self, publisher: &Publisher) -> bool {
        let any = |asked: &Option<String>, found: &String| {
            asked.as_ref().is_none_or(|asked| asked == found)
        };
        match (self, publisher) {
            (
                Spec::GitHub { repository, workflow },
                Publisher::GitHub { repository: found, workflow: found_workflow },
            )
            | (
                Spec::GitLab { repository, workflow },
                Publisher::GitLab { repository: found, workflow: found_workflow },
            ) => is_same_name(repository, found) && any(workflow, found_workflow),
            (Spec::Google { email }, Publisher::Google { email: found }) => email == found,
            (
                Spec::CircleCi { project_id, pipeline_definition_id },
                Publisher::CircleCi { project_id: project, pipeline_definition_id: definition },
            ) => {
                is_same_name(project_id, project)
                    && is_same_name(pipeline_definition_id, definition)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any = |workflow: &Option<String>| workflow.clone().unwrap_or_else(|| "*".into());
        match self {
            Spec::GitHub { repository, workflow } => {
                write!(out, "github:{repository}:{}", any(workflow))
            }
            Spec::GitLab { repository, workflow } => {
                write!(out, "gitlab:{repository}:{}", any(workflow))
            }
            Spec::Google { email } => write!(out, "google:{email}"),
            Spec::CircleCi { project_id, pipeline_definition_id } => {
                write!(out, "circleci:{project_id}:{pipeline_definition_id}")
            }
        }
    }
}

/// Returns whether two names are one to GitHub and GitLab, which keep the case and do not tell by
/// it.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The publisher that a provenance document states without a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stated {
    /// One of a kind that is known.
    Known(StatedPublisher),
    /// One of another kind.
    Unknown {
        /// The name of the kind.
        kind: String,
    },
}

/// A stated publisher of a known kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatedPublisher {
    /// The publisher.
    pub publisher: Publisher,
    /// The deployment environment. Only certificates since 2026 name it: with an older one, nothing
    /// that is signed says whether it is right.
    pub environment: Option<String>,
    /// The repository's URL without its scheme, of a pipeline of CircleCI.
    pub vcs_origin: Option<String>,
    /// The branch or tag, of a pipeline of CircleCI.
    pub vcs_ref: Option<String>,
}

impl Stated {
    pub(crate) fn of(object: Object<'_>) -> Result<Self, Error> {
        let text = |name| object.text(name).map(String::from);
        let optional = |name| {
            // The index writes what is not set as null or as an empty text.
            let text = object.optional_text(name)?.filter(|text| !text.is_empty());
            Ok::<_, Error>(text.map(String::from))
        };
        let publisher = match object.text("kind")? {
            "GitHub" => {
                Publisher::GitHub { repository: text("repository")?, workflow: text("workflow")? }
            }
            "GitLab" => Publisher::GitLab {
                repository: text("repository")?,
                workflow: text("workflow_filepath")?,
            },
            "Google" => Publisher::Google { email: text("email")? },
            "CircleCI" => Publisher::CircleCi {
                project_id: text("project_id")?,
                pipeline_definition_id: text("pipeline_definition_id")?,
            },
            "" => return Err(Error::member(Document::Provenance, "kind", Problem::Value)),
            kind => return Ok(Stated::Unknown { kind: kind.into() }),
        };
        Ok(Stated::Known(StatedPublisher {
            publisher,
            environment: optional("environment")?,
            vcs_origin: optional("vcs_origin")?,
            vcs_ref: optional("vcs_ref")?,
        }))
    }

    /// Whether the certificate says so too.
    pub(crate) fn check(&self, identity: &Identity) -> Result<(), Error> {
        match self {
            Stated::Unknown { kind } => Err(Error::unsupported(Unsupported::Publisher, kind)),
            Stated::Known(stated) => stated.check(identity),
        }
    }
}

impl StatedPublisher {
    /// Creates a publisher that an unsigned source states, such as a lock file (PEP 751).
    pub fn new(publisher: Publisher, environment: Option<&str>) -> Self {
        let environment = environment.map(Into::into);
        StatedPublisher { publisher, environment, vcs_origin: None, vcs_ref: None }
    }

    /// Checks that the certificate names the stated publisher.
    ///
    /// # Errors
    /// [`Error::PublisherMismatch`] with what it says otherwise.
    pub fn check(&self, identity: &Identity) -> Result<(), Error> {
        let mismatch = |what, stated: &str, certified: &str| {
            Err(Error::PublisherMismatch {
                what,
                stated: stated.into(),
                certified: certified.into(),
            })
        };
        if !Spec::from(&self.publisher).is(&identity.publisher) {
            let certified = format!("{}", identity.publisher);
            return mismatch("publisher", &format!("{}", self.publisher), &certified);
        }
        let claims = &identity.claims;
        if let (Some(stated), Some(certified)) = (&self.environment, &claims.environment)
            && !is_same_name(stated, certified)
        {
            return mismatch("environment", stated, certified);
        }
        if let Some(stated) = &self.vcs_origin {
            let certified = claims.source_repository.as_deref().unwrap_or_default();
            if stated != certified {
                return mismatch("repository", stated, certified);
            }
        }
        if let Some(stated) = &self.vcs_ref {
            let certified = claims.source_ref.as_deref().unwrap_or_default();
            if stated != certified {
                return mismatch("branch or tag", stated, certified);
            }
        }
        Ok(())
    }
}

/// The publisher, and no other workflow.
impl From<&Publisher> for Spec {
    fn from(publisher: &Publisher) -> Self {
        match publisher.clone() {
            Publisher::GitHub { repository, workflow } => {
                Spec::GitHub { repository, workflow: Some(workflow) }
            }
            Publisher::GitLab { repository, workflow } => {
                Spec::GitLab { repository, workflow: Some(workflow) }
            }
            Publisher::Google { email } => Spec::Google { email },
            Publisher::CircleCi { project_id, pipeline_definition_id } => {
                Spec::CircleCi { project_id, pipeline_definition_id }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn claims(issuer: &str) -> Claims {
        Claims { issuer: Some(issuer.into()), ..Claims::default() }
    }

    fn github(repository: &str, config: &str) -> Claims {
        Claims {
            source_repository: Some(repository.into()),
            build_config: Some(config.into()),
            commit: Some("c0ffee".into()),
            source_ref: Some("refs/tags/v1".into()),
            ..claims(GITHUB_ISSUER)
        }
    }

    #[test]
    fn the_workflow_is_that_of_the_repository_and_of_what_was_built() {
        let repository = "https://github.com/o/r";
        for (config, expected) in [
            ("https://github.com/o/r/.github/workflows/w.yml@refs/tags/v1", Some("w.yml")),
            ("https://github.com/o/r/.github/workflows/w.yml@c0ffee", Some("w.yml")),
            ("https://github.com/o/r/.github/workflows/w@x.yml@c0ffee", Some("w@x.yml")),
            ("https://github.com/o/r/.github/workflows/w.yml@refs/tags/v2", None),
            ("https://github.com/o/r/.github/workflows/w.yml", None),
            ("https://github.com/o/r/.github/workflows/@c0ffee", None),
            ("https://github.com/o/r/.github/workflows/a/w.yml@c0ffee", None),
            ("https://github.com/o/r2/.github/workflows/w.yml@c0ffee", None),
            ("https://github.com/o/r/w.yml@c0ffee", None),
        ] {
            let identity = Identity::of(github(repository, config));
            match expected {
                Some(workflow) => assert_eq!(
                    identity.map(|identity| identity.publisher),
                    Ok(Publisher::GitHub { repository: "o/r".into(), workflow: workflow.into() }),
                    "{config}"
                ),
                None => assert_eq!(
                    identity,
                    Err(Error::PublisherClaims { claim: "the workflow" }),
                    "{config}"
                ),
            }
        }
        for repository in ["https://github.com/o", "https://github.com/o/", "http://github.com/o/r"]
        {
            let claims = github(repository, "https://github.com/o/r/.github/workflows/w@c0ffee");
            let expected = Err(Error::PublisherClaims { claim: "the source repository" });
            assert_eq!(Identity::of(claims), expected, "{repository}");
        }
    }

    #[test]
    fn another_identity_provider_is_named() {
        let error = Identity::of(claims("https://oauth2.example/auth")).unwrap_err();
        assert_eq!(error.code(), "unsupported-issuer");
        assert!(error.is_unsupported());
    }

    #[test]
    fn what_is_asked_for_is_read_and_written_alike() {
        for text in [
            "github:o/r:w.yml",
            "github:o/r:*",
            "gitlab:g/s/p:ci/release.yml",
            "gitlab:g/p:*",
            "google:a@b.example",
            "circleci:0b-1:2c-3",
        ] {
            assert_eq!(Spec::parse(text).map(|spec| spec.to_string()), Ok(text.into()));
        }
        for text in [
            "",
            "github",
            "github:o/r",
            "github:o/r:",
            "github:o:w.yml",
            "github:o/r/x:w.yml",
            "github:/r:w.yml",
            "github:o/..:w.yml",
            "gitlab:g:w.yml",
            "google:a",
            "circleci:a",
            "circleci:a:b/c",
            "bitbucket:o/r:w",
            "GitHub:o/r:w",
            "github:o /r:w",
        ] {
            assert!(Spec::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_compared_without_case_and_workflows_with_it() {
        let publisher =
            Publisher::GitHub { repository: "Owner/Repo".into(), workflow: "w.yml".into() };
        for (text, expected) in [
            ("github:owner/repo:w.yml", true),
            ("github:owner/repo:*", true),
            ("github:owner/repo:W.yml", false),
            ("github:owner/other:*", false),
            ("gitlab:owner/repo:w.yml", false),
        ] {
            assert_eq!(Spec::parse(text).map(|spec| spec.is(&publisher)), Ok(expected), "{text}");
        }
    }
}
