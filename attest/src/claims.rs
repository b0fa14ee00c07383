//! What a certificate of Fulcio says of who signed.

use alloc::string::String;

/// The claims of a certificate: what the identity provider stated about the build, as Fulcio
/// checked it. Each is the text that the certificate has. Most exist for some providers only.
///
/// The numbers are those of Fulcio's extensions, 1.3.6.1.4.1.57264.1.N (its `docs/oid-info.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The subject alternative name: a URL of the workflow that signed, or an email address.
    pub subject: String,
    /// The identity provider's URL (8).
    pub issuer: Option<String>,
    /// What holds the build's instructions: of GitHub, the reusable workflow if there is one (9).
    pub build_signer_uri: Option<String>,
    /// Of which commit these are (10).
    pub build_signer_digest: Option<String>,
    /// Whose machine it was: `github-hosted`, `self-hosted` (11).
    pub runner_environment: Option<String>,
    /// The repository's URL (12).
    pub source_repository: Option<String>,
    /// The commit that was built (13).
    pub commit: Option<String>,
    /// The branch or tag that was built: `refs/heads/…`, `refs/tags/…` (14).
    pub source_ref: Option<String>,
    /// The repository's number, which no other repository will have (15).
    pub repository_id: Option<String>,
    /// The URL of the repository's owner (16).
    pub owner: Option<String>,
    /// The owner's number, which no other owner will have (17).
    pub owner_id: Option<String>,
    /// The workflow that was started: a URL, `@`, and a ref or commit (18).
    pub build_config: Option<String>,
    /// Of which commit that workflow is (19).
    pub build_config_digest: Option<String>,
    /// What started it: `release`, `push` (20).
    pub trigger: Option<String>,
    /// The URL of the run (21).
    pub run: Option<String>,
    /// Whether the repository was public when it signed: `public`, `private` (22).
    pub visibility: Option<String>,
    /// The deployment environment (23). Certificates have it since 2026; without it, nothing that
    /// is signed says which environment it was.
    pub environment: Option<String>,
    /// The subject of the identity token (24).
    pub token_subject: Option<String>,
}

impl Claims {
    /// Yields the claims that the certificate has, each with its name in JSON, `subject` first.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [
            ("issuer", &self.issuer),
            ("build_signer_uri", &self.build_signer_uri),
            ("build_signer_digest", &self.build_signer_digest),
            ("runner_environment", &self.runner_environment),
            ("source_repository", &self.source_repository),
            ("commit", &self.commit),
            ("source_ref", &self.source_ref),
            ("repository_id", &self.repository_id),
            ("owner", &self.owner),
            ("owner_id", &self.owner_id),
            ("build_config", &self.build_config),
            ("build_config_digest", &self.build_config_digest),
            ("trigger", &self.trigger),
            ("run", &self.run),
            ("visibility", &self.visibility),
            ("environment", &self.environment),
            ("token_subject", &self.token_subject),
        ];
        let present =
            optional.into_iter().filter_map(|(name, claim)| Some((name, claim.as_deref()?)));
        core::iter::once(("subject", self.subject.as_str())).chain(present)
    }

    /// Returns the claim of an extension's number.
    pub(crate) fn of_number(&mut self, number: u8) -> Option<&mut Option<String>> {
        Some(match number {
            8 => &mut self.issuer,
            9 => &mut self.build_signer_uri,
            10 => &mut self.build_signer_digest,
            11 => &mut self.runner_environment,
            12 => &mut self.source_repository,
            13 => &mut self.commit,
            14 => &mut self.source_ref,
            15 => &mut self.repository_id,
            16 => &mut self.owner,
            17 => &mut self.owner_id,
            18 => &mut self.build_config,
            19 => &mut self.build_config_digest,
            20 => &mut self.trigger,
            21 => &mut self.run,
            22 => &mut self.visibility,
            23 => &mut self.environment,
            24 => &mut self.token_subject,
            _ => return None,
        })
    }
}
