//! Certificate timestamps (RFC 6962): that a log of certificates has seen a certificate.

use picotuf::Time;

use crate::certificate::Certificate;
use crate::error::{Error, LogKind};
use crate::limits::{Limit, SCTS_MAX};
use crate::trusted_root::TrustedRoot;

/// A timestamp, as it stands in the list.
struct Sct<'s> {
    log: &'s [u8],
    milliseconds: u64,
    extensions: &'s [u8],
    /// Of the signature: hash function and kind of key (RFC 5246, section 7.4.1.4.1).
    algorithm: &'s [u8],
    signature: &'s [u8],
}

/// How far a timestamp may be from the signature by the certificate, in seconds, and decide by
/// itself whether the log's key counted: as long as a certificate of Fulcio's is valid.
const APART_MAX: u64 = 600;

/// Checks that a log of the trusted root has seen the certificate, whose issuer has a key of that
/// SHA-256. A timestamp of a known log must hold; those of other logs count for nothing, and one at
/// least must count. `times` are those of the signature by the certificate.
pub(crate) fn check(
    root: &TrustedRoot,
    certificate: &Certificate<'_>,
    issuer_key: &[u8; 32],
    times: &[Time],
) -> Result<(), Error> {
    let precertificate = certificate.precertificate();
    let mut list = Tls(certificate.sct_list()?);
    let mut list = Tls(list.list().filter(|_| list.0.is_empty()).ok_or(Error::SctForm)?);
    let (mut held, mut count) = (false, 0_usize);
    let mut reason = Error::SctMissing;
    while !list.0.is_empty() {
        count = count.saturating_add(1);
        if count > SCTS_MAX {
            return Err(Error::limit(Limit::Scts, SCTS_MAX));
        }
        let sct = list.list().and_then(read).ok_or(Error::SctForm)?;
        match check_one(root, &sct, &precertificate, issuer_key, times) {
            Ok(()) => held = true,
            Err(
                error @ (Error::UnknownLog { .. }
                | Error::LogEnded { .. }
                | Error::Unsupported { .. }),
            ) => {
                // What a newer version may know goes before what is not known at all.
                if !reason.is_unsupported() {
                    reason = error;
                }
            }
            Err(error) => return Err(error),
        }
    }
    if held { Ok(()) } else { Err(reason) }
}

fn check_one(
    root: &TrustedRoot,
    sct: &Sct<'_>,
    precertificate: &[u8],
    issuer_key: &[u8; 32],
    times: &[Time],
) -> Result<(), Error> {
    let seconds = i64::try_from(sct.milliseconds / 1000).map_err(|_| Error::SctForm)?;
    let log = root.log(LogKind::Certificates, sct.log, Time::from_unix(seconds))?;
    // Whoever has an old key can write any time into a timestamp, and not when the certificate was
    // used: other logs and authorities say that.
    for at in times {
        if at.unix().abs_diff(seconds) > APART_MAX {
            root.log(LogKind::Certificates, sct.log, *at)?;
        }
    }
    // ECDSA with SHA-256: RFC 6962 has no other but RSA, which no log here has.
    if sct.algorithm != [4, 3] {
        return Err(Error::SctForm);
    }
    let length = u32::try_from(precertificate.len()).map_err(|_| Error::SctForm)?.to_be_bytes();
    let [0, length @ ..] = length else { return Err(Error::SctForm) };
    let extensions = u16::try_from(sct.extensions.len()).map_err(|_| Error::SctForm)?;
    // RFC 6962, section 3.2: version 1, a certificate timestamp, of a precertificate.
    let signed: [&[u8]; 8] = [
        &[0, 0],
        &sct.milliseconds.to_be_bytes(),
        &[0, 1],
        issuer_key,
        &length,
        precertificate,
        &extensions.to_be_bytes(),
        sct.extensions,
    ];
    if log.verifies(&signed, sct.signature) { Ok(()) } else { Err(Error::SctSignature) }
}

fn read(bytes: &[u8]) -> Option<Sct<'_>> {
    let mut tls = Tls(bytes);
    // Version 1.
    (tls.take(1)? == [0]).then_some(())?;
    let log = tls.take(32)?;
    let milliseconds = u64::from_be_bytes(tls.take(8)?.try_into().ok()?);
    let extensions = tls.list()?;
    let algorithm = tls.take(2)?;
    let signature = tls.list()?;
    tls.0.is_empty().then_some(Sct { log, milliseconds, extensions, algorithm, signature })
}

/// Values in the encoding of TLS (RFC 5246, section 4).
struct Tls<'t>(&'t [u8]);

impl<'t> Tls<'t> {
    fn take(&mut self, length: usize) -> Option<&'t [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    /// Bytes with their length in two bytes before them.
    fn list(&mut self) -> Option<&'t [u8]> {
        let length = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        self.take(usize::from(length))
    }
}
