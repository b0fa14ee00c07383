//! Timestamps (RFC 3161): when a signature was made, on the word of an authority.

use alloc::vec::Vec;

use picotuf::Time;

use crate::certificate::{Certificate, Extended, generalized};
use crate::der::{
    self, Der, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context, only,
};
use crate::error::{Error, Unsupported};
use crate::hash::{Hash, sha256};
use crate::key::SignatureAlgorithm;
use crate::limits::{Limit, TIMESTAMP_LENGTH_MAX};
use crate::trusted_root::{Authority, List, TrustedRoot, timestamp_key};

/// `id-signedData` (RFC 5652).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `id-ct-TSTInfo` (RFC 3161).
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// `id-aa-signingCertificateV2` (RFC 5035).
const SIGNING_CERTIFICATE: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];

/// A timestamp, taken apart.
struct Timestamp<'t> {
    /// The whole token, which is what is signed in the end.
    info: &'t [u8],
    imprint: (Hash, &'t [u8]),
    time: Time,
    /// Of the authority's certificate.
    issuer: &'t [u8],
    serial: &'t [u8],
    digest: Hash,
    /// What is signed, less its tag.
    attributes: &'t [u8],
    algorithm: SignatureAlgorithm,
    signature: &'t [u8],
}

impl TrustedRoot {
    /// Verifies an RFC 3161 timestamp over `message`, which is a `TimeStampResp` in DER, and
    /// returns its time. The trusted root must have the authority's certificate as the first of its
    /// chain, and the authority must be valid at that time.
    ///
    /// # Errors
    /// [`Error::TimestampForm`], [`Error::TimestampMismatch`], [`Error::TimestampSignature`],
    /// [`Error::TimestampUnknown`], [`Error::AuthorityEnded`], [`Error::CertificateTime`],
    /// [`Error::LimitReached`], [`Error::Unsupported`].
    pub fn verify_timestamp(&self, timestamp: &[u8], message: &[u8]) -> Result<Time, Error> {
        if timestamp.len() > TIMESTAMP_LENGTH_MAX {
            return Err(Error::limit(Limit::TimestampLength, TIMESTAMP_LENGTH_MAX));
        }
        let parsed = read(timestamp)?;
        let (hash, imprint) = parsed.imprint;
        if hash.of(&[message]) != imprint {
            return Err(Error::TimestampMismatch);
        }
        let mut error = Error::TimestampUnknown;
        for authority in &self.timestamp_authorities {
            match check(authority, &parsed) {
                Ok(()) => return Ok(parsed.time),
                Err(Error::TimestampUnknown) => {}
                Err(reason) => error = reason,
            }
        }
        let key = timestamp_key(parsed.issuer, parsed.serial);
        Err(self.unsupported(List::TimestampAuthorities, &key).unwrap_or(error))
    }
}

/// Whether the authority made the timestamp.
fn check(authority: &Authority, timestamp: &Timestamp<'_>) -> Result<(), Error> {
    let certificate = Certificate::parse(&authority.first)?;
    if (certificate.issuer, certificate.serial) != (timestamp.issuer, timestamp.serial) {
        return Err(Error::TimestampUnknown);
    }
    // RFC 3161, section 2.3: for timestamps and nothing else.
    let alone = |uses: Extended| uses.time_stamping && !uses.code_signing && !uses.others;
    if !certificate.uses.digital_signature || !certificate.uses.extended.is_some_and(alone) {
        return Err(Error::CertificateForm { what: "a timestamp authority's uses" });
    }
    check_attributes(timestamp, &certificate)?;
    let mut signed = Vec::new();
    // RFC 5652, section 5.4: they are signed as a SET, and stand as [0].
    der::write(SET, timestamp.attributes, &mut signed);
    if !certificate.key.verifies_with(timestamp.algorithm, &[&signed], timestamp.signature) {
        return Err(Error::TimestampSignature);
    }
    authority.counts(timestamp.time)
}

/// Checks what is signed: that it is of this token, and names this certificate.
fn check_attributes(timestamp: &Timestamp<'_>, certificate: &Certificate<'_>) -> Result<(), Error> {
    let form = |what| Error::TimestampForm { what };
    let (mut content_type, mut digest, mut signer) = (None, None, None);
    let mut attributes = Der(timestamp.attributes);
    while !attributes.is_empty() {
        let (oid, values) = attribute(&mut attributes).ok_or(form("signed attributes"))?;
        let place = match oid {
            CONTENT_TYPE => &mut content_type,
            MESSAGE_DIGEST => &mut digest,
            SIGNING_CERTIFICATE => &mut signer,
            _ => continue,
        };
        if place.replace(values).is_some() {
            return Err(form("an attribute stands twice"));
        }
    }
    let value = |values: Option<&'_ [u8]>, tag| {
        values.and_then(|values| only(values, tag)).map(|inside| inside.0.to_vec())
    };
    if value(content_type, OID).as_deref() != Some(TST_INFO) {
        return Err(form("content type"));
    }
    if value(digest, OCTET_STRING) != Some(timestamp.digest.of(&[timestamp.info])) {
        return Err(Error::TimestampSignature);
    }
    let (hash, named) = signer.and_then(named_certificate).ok_or(form("signing certificate"))?;
    if hash.of(&[certificate.der]) != named {
        return Err(Error::TimestampSignature);
    }
    Ok(())
}

/// Returns an attribute's name and values.
fn attribute<'d>(der: &mut Der<'d>) -> Option<(&'d [u8], &'d [u8])> {
    let mut inside = der.inside(SEQUENCE)?;
    let (oid, values) = (inside.content(OID)?, inside.content(SET)?);
    inside.end()?;
    Some((oid, values))
}

/// Returns the hash of the certificate that a `SigningCertificateV2` names first: the signer's.
fn named_certificate(value: &[u8]) -> Option<(Hash, &[u8])> {
    let mut list = only(value, SEQUENCE)?.inside(SEQUENCE)?;
    let mut first = list.inside(SEQUENCE)?;
    let hash = match first.optional(SEQUENCE)? {
        // The default.
        None => Hash::Sha256,
        Some(algorithm) => algorithm_of(algorithm)?,
    };
    Some((hash, first.content(OCTET_STRING)?))
}

/// Returns the hash function of an `AlgorithmIdentifier`'s content: its parameters are NULL or left
/// out.
fn algorithm_of(content: &[u8]) -> Option<Hash> {
    let mut der = Der(content);
    let hash = Hash::of_oid(der.content(OID)?)?;
    matches!(der.0, [] | [5, 0]).then_some(hash)
}

fn read(bytes: &[u8]) -> Result<Timestamp<'_>, Error> {
    let form = |what| Error::TimestampForm { what };
    let not_der = || form("it is not DER");
    let mut response = only(bytes, SEQUENCE).ok_or_else(not_der)?;
    let mut status = response.inside(SEQUENCE).ok_or_else(not_der)?;
    // Granted, or granted with modifications.
    if !matches!(status.small_integer(), Some(0 | 1)) {
        return Err(form("it was not granted"));
    }
    let mut token = response.inside(SEQUENCE).ok_or_else(not_der)?;
    response.end().ok_or_else(not_der)?;
    if token.content(OID) != Some(SIGNED_DATA) {
        return Err(form("it is no signed data"));
    }
    let signed = token.inside(context(0)).filter(|_| token.is_empty());
    let mut signed = signed.and_then(|signed| only(signed.0, SEQUENCE)).ok_or_else(not_der)?;
    let version = signed.small_integer();
    let algorithms = signed.content(SET);
    if version != Some(3) || algorithms.is_none() {
        return Err(form("version"));
    }
    let mut content = signed.inside(SEQUENCE).ok_or_else(not_der)?;
    if content.content(OID) != Some(TST_INFO) {
        return Err(form("content type"));
    }
    let info = content.inside(context(0)).filter(|_| content.is_empty());
    let info = info.and_then(|info| only(info.0, OCTET_STRING)).ok_or_else(not_der)?.0;
    // Certificates and lists of revoked ones: those of the trusted root are used, which ends a key
    // by a date.
    signed.optional(context(0)).and(signed.optional(context(1))).ok_or_else(not_der)?;
    let mut signers = signed.inside(SET).filter(|_| signed.is_empty()).ok_or_else(not_der)?;
    let signer = signers.inside(SEQUENCE).filter(|_| signers.is_empty());
    let (imprint, time) = read_info(info)?;
    read_signer(signer.ok_or(form("number of signers"))?, info, imprint, time)
}

fn read_signer<'t>(
    mut signer: Der<'t>,
    info: &'t [u8],
    imprint: (Hash, &'t [u8]),
    time: Time,
) -> Result<Timestamp<'t>, Error> {
    let form = Error::TimestampForm { what: "signer" };
    // Version 1 names the certificate by issuer and number, 3 by a hash of its key.
    if signer.small_integer() != Some(1) {
        return Err(Error::unsupported(Unsupported::Timestamp, "signer's name"));
    }
    let mut parts = || {
        let mut name = signer.inside(SEQUENCE)?;
        let (issuer, serial) = (name.element(SEQUENCE)?.whole, name.integer()?);
        name.end()?;
        let digest = signer.content(SEQUENCE)?;
        let attributes = signer.content(context(0))?;
        let algorithm = signer.content(SEQUENCE)?;
        let signature = signer.content(OCTET_STRING)?;
        signer.optional(context(1))?;
        signer.end()?;
        Some((issuer, serial, digest, attributes, algorithm, signature))
    };
    let (issuer, serial, digest, attributes, algorithm, signature) = parts().ok_or(form)?;
    let unsupported = Error::unsupported(Unsupported::Timestamp, "algorithm");
    Ok(Timestamp {
        info,
        imprint,
        time,
        issuer,
        serial,
        digest: algorithm_of(digest).ok_or(unsupported.clone())?,
        attributes,
        algorithm: SignatureAlgorithm::of(algorithm).ok_or(unsupported)?,
        signature,
    })
}

/// Reads a `TSTInfo`: the hash that was timestamped, and when.
fn read_info(info: &[u8]) -> Result<((Hash, &[u8]), Time), Error> {
    let parts = || {
        let mut der = only(info, SEQUENCE)?;
        (der.small_integer()? == 1).then_some(())?;
        der.content(OID)?;
        let mut imprint = der.inside(SEQUENCE)?;
        let (algorithm, hash) = (imprint.content(SEQUENCE)?, imprint.content(OCTET_STRING)?);
        imprint.end()?;
        der.integer()?;
        let time = core::str::from_utf8(der.content(GENERALIZED_TIME)?).ok()?;
        let time = generalized(time)?;
        // How exact it is; whether order is kept, which is left out if not; a nonce.
        der.optional(SEQUENCE)?;
        if der.tag() == Some(der::BOOLEAN) && !der.boolean()? {
            return None;
        }
        der.optional(INTEGER)?;
        der.optional(context(0))?;
        Some((algorithm, hash, time, der.is_empty()))
    };
    let form = Error::TimestampForm { what: "token" };
    let (algorithm, hash, time, ended) = parts().ok_or(form)?;
    if !ended {
        return Err(Error::unsupported(Unsupported::Timestamp, "extension"));
    }
    let algorithm = algorithm_of(algorithm)
        .ok_or(Error::unsupported(Unsupported::Timestamp, "hash function"))?;
    Ok(((algorithm, hash), time))
}

/// Checks the timestamps of a signature: those that hold, and why others do not.
pub(crate) fn times(
    root: &TrustedRoot,
    timestamps: &[Vec<u8>],
    signature: &[u8],
) -> (Vec<Time>, Option<Error>) {
    let (mut times, mut error) = (Vec::new(), None);
    let mut seen: Vec<[u8; 32]> = Vec::new();
    for timestamp in timestamps {
        let hash = sha256(&[timestamp]);
        if seen.contains(&hash) {
            continue;
        }
        seen.push(hash);
        match root.verify_timestamp(timestamp, signature) {
            Ok(time) => times.push(time),
            Err(reason) => error = Some(reason),
        }
    }
    (times, error)
}
