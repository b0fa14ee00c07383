//! Sigstore's trusted root: the keys of logs and the certificates of authorities, and from when to
//! when each counts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use picotuf::Time;

use crate::certificate::{Certificate, Extended, Names, Validity};
use crate::error::{Document, Error, LogKind, Problem, Unsupported};
use crate::json::{Json, Object};
use crate::key::{Key, KeyError};
use crate::limits::{CERTIFICATE_LENGTH_MAX, CHAIN_LENGTH_MAX, INSTANCES_MAX, Limit, Limits};

/// A Sigstore trusted root (`trusted_root.json`), which Sigstore's TUF repository distributes.
///
/// It is believed as it is: whoever gives it here has verified it as a target of that repository.
///
/// A log or an authority that has a member which is not known here is passed over, as that member
/// may take from it what the others give; so is one with a key that is not supported. A signature
/// that needs just that one is [`Error::Unsupported`]. Other kinds of members beside the lists of
/// logs and authorities are ignored.
///
/// ```
/// use picotuf_attest::{Limits, TrustedRoot};
///
/// let bytes = br#"{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;
/// let root = TrustedRoot::parse(bytes, &Limits::default())?;
/// assert_eq!(root.passed_over().count(), 0);
/// # Ok::<(), picotuf_attest::Error>(())
/// ```
#[derive(Debug)]
pub struct TrustedRoot {
    signature_logs: Vec<Log>,
    certificate_logs: Vec<Log>,
    authorities: Vec<Authority>,
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "only timestamps ask"))]
    pub(crate) timestamp_authorities: Vec<Authority>,
    passed_over: Vec<PassedOver>,
}

/// A log or an authority of a trusted root that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its URL, or nothing where it has none.
    pub uri: String,
    /// Why it does not count.
    pub error: Error,
    list: List,
    /// What a check looks it up by: the identifier of a log, the names of an authority. Empty where
    /// that could not be read.
    key: Vec<u8>,
}

/// A list of logs or authorities of a trusted root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Logs(LogKind),
    Authorities,
    TimestampAuthorities,
}

impl List {
    const fn member(self) -> &'static str {
        match self {
            List::Logs(LogKind::Signatures) => "tlogs",
            List::Logs(LogKind::Certificates) => "ctlogs",
            List::Authorities => "certificateAuthorities",
            List::TimestampAuthorities => "timestampAuthorities",
        }
    }

    const fn uri(self) -> &'static str {
        if let List::Logs(_) = self { "baseUrl" } else { "uri" }
    }

    /// Reads what a check looks one of the list up by, even of one that is not understood.
    fn key(self, object: Object<'_>) -> Option<Vec<u8>> {
        if let List::Logs(_) = self {
            return key_id(object.object("logId").ok()?).ok();
        }
        let chain = object.object("certChain").ok()?;
        let chain = chain.array("certificates", Limit::ChainLength, CHAIN_LENGTH_MAX).ok()?;
        let first = Object::of(Document::TrustedRoot, "certificates", chain.first()?).ok()?;
        let first = certificate(first).ok()?;
        let names = Names::parse(&first)?;
        Some(match self {
            List::TimestampAuthorities => timestamp_key(names.issuer, names.serial),
            _ => names.subject.into(),
        })
    }
}

/// What a timestamp names its authority by: the issuer and the number of the certificate.
pub(crate) fn timestamp_key(issuer: &[u8], serial: &[u8]) -> Vec<u8> {
    [issuer, serial].concat()
}

/// When something counts: both ends included, each of which may be open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) start: Option<Time>,
    pub(crate) end: Option<Time>,
}

impl Period {
    pub(crate) fn holds(&self, at: Time) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at <= end)
    }

    fn of(owner: Object<'_>) -> Result<Self, Error> {
        let Some(object) = owner.optional_object("validFor")? else {
            return Ok(Period { start: None, end: None });
        };
        only_known(object, &["start", "end"])?;
        Ok(Period { start: object.time("start")?, end: object.time("end")? })
    }
}

/// A log.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) url: String,
    id: Vec<u8>,
    /// What stands before the log's signatures of checkpoints; nothing can where the identifier is
    /// too short.
    pub(crate) checkpoint_key: Option<[u8; 4]>,
    key: Key,
    period: Period,
}

impl Log {
    pub(crate) fn verifies(&self, pieces: &[&[u8]], signature: &[u8]) -> bool {
        self.key.verifies(pieces, signature)
    }
}

/// An authority: a chain of certificates, the one that issues first.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) chain: Vec<Issuer>,
    pub(crate) period: Period,
    /// The first certificate of the chain.
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "only timestamps ask"))]
    pub(crate) first: Vec<u8>,
}

/// What is kept of a certificate of an authority.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) subject: Vec<u8>,
    pub(crate) key: Key,
    pub(crate) key_sha256: [u8; 32],
    pub(crate) validity: Validity,
}

const MEDIA_TYPES: &[&str] = &[
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
];

impl TrustedRoot {
    /// Parses a trusted root. Checks in the chain of each authority that each certificate is signed
    /// by the next.
    ///
    /// # Errors
    /// [`Error::Json`] and [`Error::Member`] if it is not of its form, [`Error::LimitReached`],
    /// [`Error::Unsupported`] if it is of another version than 0.1.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        if bytes.len() > limits.trusted_root_length {
            return Err(Error::limit(Limit::TrustedRootLength, limits.trusted_root_length));
        }
        let json = Json::parse(Document::TrustedRoot, bytes)?;
        let document = Object::outermost(Document::TrustedRoot, &json)?;
        let media_type = document.text("mediaType")?;
        if !MEDIA_TYPES.contains(&media_type) {
            return Err(Error::unsupported(Unsupported::TrustedRootVersion, media_type));
        }
        let mut passed_over = Vec::new();
        let logs = List::Logs;
        Ok(TrustedRoot {
            signature_logs: instances(document, logs(LogKind::Signatures), log, &mut passed_over)?,
            certificate_logs: instances(
                document,
                logs(LogKind::Certificates),
                log,
                &mut passed_over,
            )?,
            authorities: instances(
                document,
                List::Authorities,
                |object| authority(object, false),
                &mut passed_over,
            )?,
            timestamp_authorities: instances(
                document,
                List::TimestampAuthorities,
                |object| authority(object, true),
                &mut passed_over,
            )?,
            passed_over,
        })
    }

    /// Returns the logs and authorities that do not count, with the reasons. Nothing that they sign
    /// is accepted.
    pub fn passed_over(&self) -> impl Iterator<Item = &PassedOver> {
        self.passed_over.iter()
    }

    /// Returns the error that names a log or an authority which was passed over because it is not
    /// supported, where a check needs just that one.
    pub(crate) fn unsupported(&self, list: List, key: &[u8]) -> Option<Error> {
        self.passed_over.iter().find_map(|passed| {
            let Error::Unsupported { found, .. } = &passed.error else { return None };
            if passed.list != list || passed.key != key || key.is_empty() {
                return None;
            }
            let what = match list {
                List::Logs(_) => Unsupported::Log,
                _ => Unsupported::Authority,
            };
            let text = match passed.uri.as_str() {
                "" => found.clone(),
                uri => format!("{uri} ({found})"),
            };
            Some(Error::unsupported(what, &text))
        })
    }

    /// Returns the log with that identifier whose key counted at that time.
    pub(crate) fn log(&self, kind: LogKind, id: &[u8], at: Time) -> Result<&Log, Error> {
        let logs = match kind {
            LogKind::Certificates => &self.certificate_logs,
            LogKind::Signatures => &self.signature_logs,
        };
        let mut error = None;
        for log in logs.iter().filter(|log| log.id == id) {
            if log.period.holds(at) {
                return Ok(log);
            }
            let Period { start, end } = log.period;
            error = Some(Error::LogEnded { log: kind, at, start, end });
        }
        let unsupported = self.unsupported(List::Logs(kind), id);
        Err(unsupported.or(error).unwrap_or_else(|| {
            let mut start = [0; 32];
            start.iter_mut().zip(id).for_each(|(to, byte)| *to = *byte);
            Error::UnknownLog { log: kind, id: start }
        }))
    }

    /// Returns the authority that issued the certificate and that, with all its certificates and
    /// the one in question, counted at each of the times.
    pub(crate) fn issuer_of(
        &self,
        certificate: &Certificate<'_>,
        times: &[Time],
    ) -> Result<&Issuer, Error> {
        let mut error = Error::NoAuthority;
        for authority in &self.authorities {
            let Some(issuer) = authority.chain.first() else { continue };
            if issuer.subject != certificate.issuer {
                continue;
            }
            if !certificate.is_signed_by(&issuer.key) {
                // What another authority of that name says goes before it.
                if let Error::NoAuthority = error {
                    error = Error::CertificateChain;
                }
                continue;
            }
            let counts = times.iter().try_for_each(|at| {
                certificate.validity.check(*at)?;
                authority.counts(*at)
            });
            match counts {
                Ok(()) => return Ok(issuer),
                Err(reason) => error = reason,
            }
        }
        // The certificate's own time is not the authority's.
        if let Error::CertificateTime { .. } = error {
            return Err(error);
        }
        Err(self.unsupported(List::Authorities, certificate.issuer).unwrap_or(error))
    }
}

impl Authority {
    /// Whether the authority and all its certificates count at that time.
    pub(crate) fn counts(&self, at: Time) -> Result<(), Error> {
        if !self.period.holds(at) {
            let Period { start, end } = self.period;
            return Err(Error::AuthorityEnded { at, start, end });
        }
        self.chain.iter().try_for_each(|issuer| issuer.validity.check(at))
    }
}

/// Reads a list of logs or authorities. One that is not understood is passed over.
fn instances<'j, T>(
    document: Object<'j>,
    list: List,
    read: impl Fn(Object<'j>) -> Result<T, Error>,
    passed_over: &mut Vec<PassedOver>,
) -> Result<Vec<T>, Error> {
    let mut instances = Vec::new();
    let name = list.member();
    for element in document.array(name, Limit::Instances, INSTANCES_MAX)? {
        let object = Object::of(Document::TrustedRoot, name, element)?;
        match read(object) {
            Ok(instance) => instances.push(instance),
            Err(error @ (Error::Unsupported { .. } | Error::CertificateForm { .. })) => {
                let uri = object.optional_text(list.uri())?.unwrap_or_default().into();
                let key = list.key(object).unwrap_or_default();
                passed_over.push(PassedOver { uri, error, list, key });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(instances)
}

/// A member that is not known may decide.
fn only_known(object: Object<'_>, known: &[&str]) -> Result<(), Error> {
    match object.names().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::unsupported(Unsupported::TrustedRootVersion, name)),
    }
}

fn log(object: Object<'_>) -> Result<Log, Error> {
    const KNOWN: &[&str] =
        &["baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator"];
    only_known(object, KNOWN)?;
    if object.text("hashAlgorithm")? != "SHA2_256" {
        return Err(Error::unsupported(Unsupported::TrustedRootVersion, "hashAlgorithm"));
    }
    let public_key = object.object("publicKey")?;
    only_known(public_key, &["rawBytes", "keyDetails", "validFor"])?;
    let id = object.object("logId")?;
    only_known(id, &["keyId"])?;
    let id = key_id(id)?;
    let checkpoint_key = match object.optional_object("checkpointKeyId")? {
        // The first bytes of the log's identifier: for ECDSA, both are the hash of the key.
        None => id.first_chunk().copied(),
        Some(own) => {
            only_known(own, &["keyId"])?;
            // As a rule it is these bytes and no more (C2SP's signed notes).
            let own = key_id(own)?.first_chunk().copied();
            Some(own.ok_or(object.wrong("checkpointKeyId", Problem::Value))?)
        }
    };
    let details = public_key.text("keyDetails")?;
    let unsupported = Error::unsupported(Unsupported::Key, details);
    let bytes = public_key.bytes("rawBytes", Limit::CertificateLength, CERTIFICATE_LENGTH_MAX)?;
    let key = Key::of_spki(&bytes).map_err(|error| match error {
        // RSA keys may stand there in a form of their own.
        KeyError::Form if details.starts_with("PKIX_E") => {
            public_key.wrong("rawBytes", Problem::Value)
        }
        _ => unsupported.clone(),
    })?;
    if details != key.details() {
        return Err(unsupported);
    }
    Ok(Log {
        url: object.optional_text("baseUrl")?.unwrap_or_default().into(),
        id,
        checkpoint_key,
        key,
        period: Period::of(public_key)?,
    })
}

/// Reads the identifier of a log or of a key.
fn key_id(object: Object<'_>) -> Result<Vec<u8>, Error> {
    object.bytes("keyId", Limit::CertificateLength, CERTIFICATE_LENGTH_MAX)
}

fn certificate(object: Object<'_>) -> Result<Vec<u8>, Error> {
    object.bytes("rawBytes", Limit::CertificateLength, CERTIFICATE_LENGTH_MAX)
}

/// Reads an authority for signers or for timestamps.
fn authority(object: Object<'_>, timestamps: bool) -> Result<Authority, Error> {
    only_known(object, &["subject", "uri", "certChain", "validFor", "operator"])?;
    let period = Period::of(object)?;
    let chain = object.object("certChain")?;
    only_known(chain, &["certificates"])?;
    let mut certificates = Vec::new();
    for element in chain.array("certificates", Limit::ChainLength, CHAIN_LENGTH_MAX)? {
        let element = Object::of(Document::TrustedRoot, "certificates", element)?;
        only_known(element, &["rawBytes"])?;
        certificates.push(certificate(element)?);
    }
    let parsed: Vec<Certificate<'_>> =
        certificates.iter().map(|der| Certificate::parse(der)).collect::<Result<_, _>>()?;
    if parsed.is_empty() {
        return Err(chain.wrong("certificates", Problem::Missing));
    }
    for (place, certificate) in parsed.iter().enumerate() {
        // The first in a chain for timestamps makes them itself, and issues nothing.
        let steps = if timestamps { place.checked_sub(1) } else { Some(place) };
        let may = steps.is_none_or(|steps| certificate.uses.may_issue(steps));
        let purpose = |extended: Extended| {
            if timestamps { extended.time_stamping } else { extended.code_signing }
        };
        if !may || !certificate.uses.extended.is_none_or(purpose) {
            return Err(Error::CertificateForm { what: "an authority's uses" });
        }
        // The last one is believed for standing here.
        if let Some(next) = parsed.get(place.saturating_add(1))
            && (certificate.issuer != next.subject || !certificate.is_signed_by(&next.key))
        {
            return Err(Error::CertificateForm { what: "an authority's chain" });
        }
    }
    let first = parsed.first().map(|certificate| certificate.der.into()).unwrap_or_default();
    let chain = parsed
        .into_iter()
        .map(|certificate| Issuer {
            subject: certificate.subject.into(),
            key: certificate.key,
            key_sha256: certificate.spki_sha256,
            validity: certificate.validity,
        })
        .collect();
    Ok(Authority { chain, period, first })
}
