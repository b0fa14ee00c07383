//! Verdicts, with the members and names that the command line prints with `--json`.

use alloc::string::String;
use alloc::vec::Vec;

use picotuf::{Error, ErrorValue, KeyScheme, Show, Target, Verified};

use crate::json::Json;

/// What is known so far: the trusted roles, the targets that were found, and the error.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Whether the work is not finished. An unfinished verdict is not `ok`.
    pub unfinished: bool,
    /// The trusted roles, in the order of their last verification.
    pub roles: Vec<Role>,
    /// The targets that were found.
    pub targets: Vec<TargetFound>,
    /// What was found about attestations.
    #[cfg(feature = "attest")]
    pub attested: Option<picotuf_attest::Report>,
    /// Why something was refused.
    pub error: Option<Refusal>,
}

/// A trusted role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub role: String,
    /// Its version.
    pub version: u64,
    /// When it expires, in RFC 3339.
    pub expires: String,
    /// How many keys must sign.
    pub threshold: u32,
    /// How many may.
    pub keys: u32,
    /// How many distinct keys did.
    pub signing_keys: u32,
    /// The keyids of those that did.
    pub signers: Vec<String>,
    /// In bytes.
    pub length: u64,
}

impl From<&Verified<'_>> for Role {
    fn from(verified: &Verified<'_>) -> Self {
        Role {
            role: verified.name.into(),
            version: verified.version,
            expires: shown(&verified.expires),
            threshold: verified.threshold,
            keys: verified.keys,
            signing_keys: verified.signing_keys(),
            signers: verified.signers().map(|signer| shown(signer)).collect(),
            length: verified.length,
        }
    }
}

/// A target that a trusted role lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFound {
    /// Its path.
    pub path: String,
    /// In bytes.
    pub length: u64,
    /// The hashes in hexadecimal, by algorithm.
    pub hashes: Vec<(&'static str, String)>,
    /// The JSON of the signed member `custom`.
    pub custom: Option<String>,
    /// The roles on the path to it. The last one lists it.
    pub delegation_path: Vec<String>,
    /// The path of the local file.
    pub file: Option<String>,
}

impl TargetFound {
    /// Returns what is signed of a target.
    pub fn new(
        path: &str,
        target: &Target,
        custom: Option<String>,
        delegation_path: Vec<String>,
    ) -> Self {
        let hash = |digest: &picotuf::Digest| (digest.algorithm().name(), shown(digest));
        TargetFound {
            path: path.into(),
            length: target.length,
            hashes: target.hashes.iter().map(hash).collect(),
            custom,
            delegation_path,
            file: None,
        }
    }
}

/// Why something was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// One line of text.
    pub message: String,
    /// Who has to act.
    pub blame: &'static str,
    /// The role of the metadata file.
    pub role: Option<String>,
    /// The file or URL.
    pub file: Option<String>,
    /// The target path.
    pub target: Option<String>,
    /// The roles on the path to the role.
    pub delegation_path: Vec<String>,
    /// The expected value.
    pub expected: Option<Value>,
    /// The found value.
    pub found: Option<Value>,
    /// The unsupported key schemes that the role needs.
    pub schemes: Vec<String>,
}

/// A compared value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl Refusal {
    /// Returns a refusal with a code, a message and who is to blame.
    pub fn new(code: &'static str, message: impl Into<String>, blame: &'static str) -> Self {
        Refusal { code, message: message.into(), blame, ..Refusal::default() }
    }

    /// Returns the refusal of wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Refusal::new("usage", message, "caller")
    }

    /// Returns the refusal of a call at the wrong time.
    pub fn unexpected() -> Self {
        Refusal::from(Error::UnexpectedCall)
    }

    /// Sets the unsupported key schemes.
    pub(crate) fn schemes<'s>(
        mut self,
        error: &Error,
        schemes: impl Iterator<Item = &'s KeyScheme>,
    ) -> Self {
        if let Error::UnsupportedKeyScheme { .. } = error {
            self.schemes = schemes.map(|scheme| shown(scheme)).collect();
            self.message.push_str("; not supported: `");
            self.message.push_str(&self.schemes.join("`, `"));
            self.message.push('`');
        }
        self
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let mut refusal = Refusal::new(error.code(), shown(&error), error.blame().name());
        refusal.expected = error.expected().map(Value::from);
        refusal.found = error.found().map(Value::from);
        refusal
    }
}

impl From<ErrorValue<'_>> for Value {
    fn from(value: ErrorValue<'_>) -> Self {
        match value {
            ErrorValue::Number(number) => Value::Number(number),
            other => Value::Text(shown(&other)),
        }
    }
}

/// Returns a value as text.
pub(crate) fn shown(value: &dyn Show) -> String {
    let mut text = String::new();
    value.show(&mut |piece| text.push_str(piece));
    text
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Verdict { error: Some(refusal), ..Verdict::default() }
    }
}

impl Verdict {
    /// Returns whether all that was asked for is done and verified.
    pub fn is_ok(&self) -> bool {
        !self.unfinished && self.error.is_none()
    }

    /// Records that a role is trusted.
    pub fn trust(&mut self, role: Role) {
        self.roles.retain(|other| other.role != role.role);
        self.roles.push(role);
    }

    /// Returns the error. An unfinished verdict has one.
    pub fn error(&self) -> Option<Refusal> {
        match &self.error {
            None if self.unfinished => Some(Refusal::unexpected()),
            error => error.clone(),
        }
    }

    /// Returns the verdict as JSON, an object in one line: `ok`, `roles`, `targets`, `error`, and
    /// for attestations `attestations` and `publisher`.
    pub fn json(&self) -> String {
        let mut json = Json::object();
        json.boolean("ok", self.is_ok());
        json.open("roles", '[');
        for role in &self.roles {
            json.element_object();
            json.text("role", &role.role.as_str());
            json.bare("version", &role.version);
            json.text("expires", &role.expires.as_str());
            json.bare("threshold", &u64::from(role.threshold));
            json.bare("keys", &u64::from(role.keys));
            json.bare("signing_keys", &u64::from(role.signing_keys));
            json.texts("signers", &role.signers);
            json.bare("length", &role.length);
            json.close('}');
        }
        json.close(']');
        json.open("targets", '[');
        for target in &self.targets {
            json.element_object();
            json.text("path", &target.path.as_str());
            json.bare("length", &target.length);
            json.open("hashes", '{');
            for (algorithm, hash) in &target.hashes {
                json.text(algorithm, &hash.as_str());
            }
            json.close('}');
            if let Some(custom) = &target.custom {
                json.json("custom", custom);
            }
            json.texts("delegation_path", &target.delegation_path);
            json.optional("file", target.file.as_deref());
            json.close('}');
        }
        json.close(']');
        #[cfg(feature = "attest")]
        if let Some(report) = &self.attested {
            crate::attestation::write(report, &mut json);
        }
        if let Some(error) = &self.error() {
            json.open("error", '{');
            error.write(&mut json);
            json.close('}');
        }
        json.end()
    }
}

impl Refusal {
    fn write(&self, json: &mut Json) {
        json.text("code", &self.code);
        json.text("message", &self.message.as_str());
        json.text("blame", &self.blame);
        json.optional("role", self.role.as_deref());
        json.optional("file", self.file.as_deref());
        json.optional("target", self.target.as_deref());
        if !self.delegation_path.is_empty() {
            json.texts("delegation_path", &self.delegation_path);
        }
        for (name, value) in [("expected", &self.expected), ("found", &self.found)] {
            match value {
                Some(Value::Number(number)) => json.bare(name, number),
                Some(Value::Text(text)) => json.text(name, &text.as_str()),
                None => {}
            }
        }
        if !self.schemes.is_empty() {
            json.texts("schemes", &self.schemes);
        }
    }
}
