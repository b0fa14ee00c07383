//! X.509 certificates (RFC 5280), in the profile that Fulcio, its roots and timestamp authorities
//! have. What is not in that profile is refused.

use alloc::string::String;
use alloc::vec::Vec;

use picotuf::Time;

use crate::claims::Claims;
use crate::der::{
    self, BIT_STRING, Der, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, UTC_TIME,
    UTF8_STRING, context, only, primitive,
};
use crate::error::{Error, Unsupported};
use crate::hash::sha256;
use crate::key::{Key, KeyError, SignatureAlgorithm};
use crate::limits::{CERTIFICATE_LENGTH_MAX, CLAIM_LENGTH_MAX, EXTENSIONS_MAX, Limit};

/// A certificate, taken apart. Nothing in it has been verified.
#[derive(Debug)]
pub(crate) struct Certificate<'c> {
    pub(crate) der: &'c [u8],
    /// What is signed.
    tbs: &'c [u8],
    /// What stands in it before the extensions.
    before_extensions: &'c [u8],
    algorithm: SignatureAlgorithm,
    signature: &'c [u8],
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "timestamps name it"))]
    pub(crate) serial: &'c [u8],
    pub(crate) issuer: &'c [u8],
    pub(crate) subject: &'c [u8],
    pub(crate) validity: Validity,
    pub(crate) key: Key,
    pub(crate) spki_sha256: [u8; 32],
    extensions: Vec<Extension<'c>>,
    pub(crate) uses: Uses,
}

/// What a certificate is looked up by: all that is read of one whose rest is not supported.
#[derive(Debug)]
pub(crate) struct Names<'c> {
    pub(crate) serial: &'c [u8],
    pub(crate) issuer: &'c [u8],
    pub(crate) subject: &'c [u8],
}

impl<'c> Names<'c> {
    pub(crate) fn parse(der: &'c [u8]) -> Option<Self> {
        let mut inner = only(der, SEQUENCE)?.inside(SEQUENCE)?;
        inner.content(context(0))?;
        let serial = inner.integer()?;
        inner.content(SEQUENCE)?;
        let issuer = inner.element(SEQUENCE)?.whole;
        inner.content(SEQUENCE)?;
        Some(Names { serial, issuer, subject: inner.element(SEQUENCE)?.whole })
    }
}

/// From when to when something counts, both included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    pub(crate) start: Time,
    pub(crate) end: Time,
}

impl Validity {
    pub(crate) fn check(&self, at: Time) -> Result<(), Error> {
        let Validity { start, end } = *self;
        if start <= at && at <= end {
            Ok(())
        } else {
            Err(Error::CertificateTime { at, start, end })
        }
    }
}

/// What a certificate's key may be used for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    /// It signs what is not a certificate.
    pub(crate) digital_signature: bool,
    pub(crate) certificates: bool,
    pub(crate) is_authority: bool,
    /// How many authorities may stand between it and a certificate at the end.
    pub(crate) path_length: Option<u8>,
    pub(crate) extended: Option<Extended>,
}

/// The extended uses of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extended {
    pub(crate) code_signing: bool,
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "only timestamps ask"))]
    pub(crate) time_stamping: bool,
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "only timestamps ask"))]
    pub(crate) others: bool,
}

#[derive(Clone, Copy, Debug)]
struct Extension<'c> {
    oid: &'c [u8],
    critical: bool,
    value: &'c [u8],
    whole: &'c [u8],
}

const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// The list of embedded certificate timestamps (RFC 6962, section 3.3).
const SCT_LIST: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];
/// What Fulcio says of who signed: 1.3.6.1.4.1.57264.1, and one more number.
const FULCIO: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];
/// `id-kp`, of which codeSigning is 3 and timeStamping 8.
const KEY_PURPOSE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03];

fn form(what: &'static str) -> Error {
    Error::CertificateForm { what }
}

impl<'c> Certificate<'c> {
    pub(crate) fn parse(der: &'c [u8]) -> Result<Self, Error> {
        if der.len() > CERTIFICATE_LENGTH_MAX {
            return Err(Error::limit(Limit::CertificateLength, CERTIFICATE_LENGTH_MAX));
        }
        let mut outer = only(der, SEQUENCE).ok_or(form("it is not DER"))?;
        let tbs = outer.element(SEQUENCE).ok_or(form("it is not DER"))?;
        let algorithm = outer.content(SEQUENCE).ok_or(form("signature algorithm"))?;
        let signature = outer.bytes_of_bits().ok_or(form("signature"))?;
        outer.end().ok_or(form("signature"))?;

        let mut inner = Der(tbs.content);
        let mut version = inner.inside(context(0)).ok_or(form("version"))?;
        // X.509 version 3.
        if version.small_integer() != Some(2) || !version.is_empty() {
            return Err(form("version"));
        }
        let serial = inner.integer().ok_or(form("serial number"))?;
        if inner.content(SEQUENCE) != Some(algorithm) {
            return Err(form("signature algorithm"));
        }
        let issuer = inner.element(SEQUENCE).ok_or(form("issuer"))?.whole;
        let validity = inner.inside(SEQUENCE).and_then(validity).ok_or(form("validity"))?;
        let subject = inner.element(SEQUENCE).ok_or(form("subject"))?.whole;
        let spki = inner.element(SEQUENCE).ok_or(form("public key"))?.whole;
        let read = tbs.content.len().saturating_sub(inner.0.len());
        let before_extensions = tbs.content.get(..read).unwrap_or_default();
        let extensions = inner.inside(context(3)).filter(|_| inner.is_empty());
        let extensions = extensions.and_then(|list| only(list.0, SEQUENCE));
        let extensions = read_extensions(extensions.ok_or(form("extensions"))?)?;
        let uses = Uses::of(&extensions)?;

        let key = Key::of_spki(spki).map_err(|error| match error {
            KeyError::Form => form("public key"),
            KeyError::Unsupported => Error::unsupported(Unsupported::Key, "of a certificate"),
        })?;
        let algorithm = SignatureAlgorithm::of(algorithm)
            .ok_or(Error::unsupported(Unsupported::Certificate, "signature algorithm"))?;
        Ok(Certificate {
            der,
            tbs: tbs.whole,
            before_extensions,
            algorithm,
            signature,
            serial,
            issuer,
            subject,
            validity,
            key,
            spki_sha256: sha256(&[spki]),
            extensions,
            uses,
        })
    }

    /// Returns whether it is signed by that key.
    pub(crate) fn is_signed_by(&self, key: &Key) -> bool {
        key.verifies_with(self.algorithm, &[self.tbs], self.signature)
    }

    fn extension(&self, oid: &[u8]) -> Option<&Extension<'c>> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// Returns the list of certificate timestamps, as RFC 6962 encodes it.
    pub(crate) fn sct_list(&self) -> Result<&'c [u8], Error> {
        let extension = self.extension(SCT_LIST).ok_or(Error::SctMissing)?;
        only(extension.value, OCTET_STRING).map(|list| list.0).ok_or(Error::SctForm)
    }

    /// Returns what a log of certificates signed: what is signed of this one, less the list of
    /// timestamps (RFC 6962, section 3.2).
    pub(crate) fn precertificate(&self) -> Vec<u8> {
        let others = self.extensions.iter().filter(|extension| extension.oid != SCT_LIST);
        let others: Vec<u8> = others.flat_map(|extension| extension.whole).copied().collect();
        let (mut list, mut inner, mut out) =
            (Vec::new(), self.before_extensions.to_vec(), Vec::new());
        der::write(SEQUENCE, &others, &mut list);
        der::write(context(3), &list, &mut inner);
        der::write(SEQUENCE, &inner, &mut out);
        out
    }

    /// Returns what it says of who signed.
    pub(crate) fn claims(&self) -> Result<Claims, Error> {
        let mut claims = Claims { subject: self.alternative_name()?, ..Claims::default() };
        for extension in &self.extensions {
            let Some([number]) = extension.oid.strip_prefix(FULCIO) else { continue };
            // Those below are older forms of the others, and not in DER.
            if *number < 8 {
                continue;
            }
            if let Some(claim) = claims.of_number(*number) {
                let mut der = Der(extension.value);
                let text = der.content(UTF8_STRING).filter(|_| der.is_empty());
                *claim = Some(text_of(text.ok_or(form("claims"))?)?);
            }
        }
        Ok(claims)
    }

    /// Returns the one alternative name of the subject.
    fn alternative_name(&self) -> Result<String, Error> {
        let missing = form("subject alternative name");
        let Some(extension) = self.extension(ALTERNATIVE_NAME) else { return Err(missing) };
        let mut names = only(extension.value, SEQUENCE).ok_or(missing.clone())?;
        let name = names.next().ok_or(missing.clone())?;
        names.end().ok_or(missing)?;
        match name.tag {
            // rfc822Name, uniformResourceIdentifier.
            tag if tag == primitive(1) || tag == primitive(6) => text_of(name.content),
            _ => Err(Error::unsupported(Unsupported::Certificate, "kind of alternative name")),
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<String, Error> {
    if bytes.len() > CLAIM_LENGTH_MAX {
        return Err(Error::limit(Limit::ClaimLength, CLAIM_LENGTH_MAX));
    }
    core::str::from_utf8(bytes).map(Into::into).map_err(|_| form("text that is not UTF-8"))
}

fn read_extensions(mut list: Der<'_>) -> Result<Vec<Extension<'_>>, Error> {
    let mut extensions: Vec<Extension<'_>> = Vec::new();
    while !list.is_empty() {
        if extensions.len() >= EXTENSIONS_MAX {
            return Err(Error::limit(Limit::Extensions, EXTENSIONS_MAX));
        }
        let extension = read_extension(&mut list).ok_or(form("extensions"))?;
        if extensions.iter().any(|other| other.oid == extension.oid) {
            return Err(form("an extension stands twice"));
        }
        let known = [KEY_USAGE, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE];
        if extension.critical && !known.contains(&extension.oid) {
            return Err(Error::unsupported(Unsupported::Certificate, "critical extension"));
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

fn read_extension<'c>(list: &mut Der<'c>) -> Option<Extension<'c>> {
    let element = list.element(SEQUENCE)?;
    let mut der = Der(element.content);
    let oid = der.content(OID)?;
    // DER leaves out what is the default: false.
    let critical = der.tag() == Some(der::BOOLEAN);
    if critical && !der.boolean()? {
        return None;
    }
    let value = der.content(OCTET_STRING)?;
    der.end()?;
    Some(Extension { oid, critical, value, whole: element.whole })
}

impl Uses {
    fn of(extensions: &[Extension<'_>]) -> Result<Self, Error> {
        let mut uses = Uses::default();
        for extension in extensions {
            match extension.oid {
                KEY_USAGE => uses.read_key_usage(extension.value).ok_or(form("key usage"))?,
                BASIC_CONSTRAINTS => {
                    uses.read_constraints(extension.value).ok_or(form("basic constraints"))?;
                }
                EXTENDED_KEY_USAGE => {
                    let extended = Extended::of(extension.value);
                    uses.extended = Some(extended.ok_or(form("extended key usage"))?);
                }
                _ => {}
            }
        }
        Ok(uses)
    }

    fn read_key_usage(&mut self, value: &[u8]) -> Option<()> {
        let mut der = Der(value);
        let bits = der.content(BIT_STRING)?;
        der.end()?;
        let (unused, bytes) = bits.split_first()?;
        let first = *bytes.first()?;
        // Bit 0 is the highest; unused ones must be zero, and are if none is set below them.
        if *unused > 7 || bytes.last()?.trailing_zeros() < u32::from(*unused) {
            return None;
        }
        self.digital_signature = first & 0x80 != 0;
        self.certificates = first & 0x04 != 0;
        Some(())
    }

    fn read_constraints(&mut self, value: &[u8]) -> Option<()> {
        let mut der = only(value, SEQUENCE)?;
        self.is_authority = der.tag() == Some(der::BOOLEAN);
        if self.is_authority && !der.boolean()? {
            return None;
        }
        if der.tag() == Some(INTEGER) {
            self.path_length = Some(der.small_integer()?);
            // Only an authority has a path behind it.
            self.is_authority.then_some(())?;
        }
        der.end()
    }

    /// Returns whether it may issue certificates that are so many steps away from the end.
    pub(crate) fn may_issue(&self, steps: usize) -> bool {
        self.is_authority
            && self.certificates
            && self.path_length.is_none_or(|length| usize::from(length) >= steps)
    }
}

impl Extended {
    fn of(value: &[u8]) -> Option<Self> {
        let mut list = only(value, SEQUENCE)?;
        let mut extended = Extended::default();
        while !list.is_empty() {
            match list.content(OID)?.strip_prefix(KEY_PURPOSE) {
                Some([3]) => extended.code_signing = true,
                Some([8]) => extended.time_stamping = true,
                _ => extended.others = true,
            }
        }
        Some(extended)
    }
}

fn validity(mut der: Der<'_>) -> Option<Validity> {
    let (start, end) = (time(&mut der)?, time(&mut der)?);
    der.end()?;
    Some(Validity { start, end })
}

/// Returns a UTCTime or a GeneralizedTime, as RFC 5280 has them: with seconds and in UTC.
pub(crate) fn time(der: &mut Der<'_>) -> Option<Time> {
    let element = der.next()?;
    let digits = core::str::from_utf8(element.content).ok()?;
    let mut text = String::with_capacity(20);
    let rest = match element.tag {
        UTC_TIME => {
            let century = if *element.content.first()? >= b'5' { "19" } else { "20" };
            text.push_str(century);
            digits
        }
        GENERALIZED_TIME => digits,
        _ => return None,
    };
    text.push_str(rest);
    generalized(&text)
}

/// `YYYYMMDDHHMMSSZ`, with a fraction of a second in front of the `Z` or without.
pub(crate) fn generalized(digits: &str) -> Option<Time> {
    let mut text = String::with_capacity(32);
    for (part, behind) in
        [(0..4, "-"), (4..6, "-"), (6..8, "T"), (8..10, ":"), (10..12, ":"), (12..14, "")]
    {
        text.push_str(digits.get(part)?);
        text.push_str(behind);
    }
    let rest = digits.get(14..)?;
    // An offset is not DER.
    rest.ends_with('Z').then_some(())?;
    text.push_str(rest);
    Time::parse(&text)
}

impl Claims {
    /// Reads the claims of an unverified certificate in DER, to show what it says.
    /// [`Verified`](crate::Verified) holds the claims of a verified one.
    ///
    /// # Errors
    /// [`Error::CertificateForm`], [`Error::LimitReached`], [`Error::Unsupported`].
    pub fn of_unverified(certificate: &[u8]) -> Result<Self, Error> {
        Certificate::parse(certificate)?.claims()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_forms_are_read() {
        for (tag, text, expected) in [
            (UTC_TIME, "250421150227Z", Some("2025-04-21T15:02:27Z")),
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z")),
            (UTC_TIME, "2504211502Z", None),
            (UTC_TIME, "250421150227+0000", None),
            (UTC_TIME, "250231150227Z", None),
            (GENERALIZED_TIME, "20500101000000", None),
            (OCTET_STRING, "20500101000000Z", None),
        ] {
            let mut bytes = Vec::new();
            der::write(tag, text.as_bytes(), &mut bytes);
            let expected = expected.and_then(Time::parse);
            assert_eq!(time(&mut Der(&bytes)), expected, "{text}");
        }
    }
}
