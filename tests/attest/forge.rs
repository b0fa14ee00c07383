//! An instance of Sigstore of its own: an authority, a log of certificates and a log of signatures,
//! whose keys are known, so that a test can change one thing and sign all the rest.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use picotuf::{Time, sha256};
use serde_json::{Value, json};

use crate::b64;

/// What is forged. Each field changes one thing; the default changes nothing.
#[derive(Clone, Debug)]
pub struct Forge {
    pub statement: Value,
    /// Extensions of the signer's certificate, without the log's timestamp.
    pub extensions: Vec<Vec<u8>>,
    /// Extensions of the authority's certificate.
    pub authority_extensions: Vec<Vec<u8>>,
    /// From when to when the signer's certificate is valid.
    pub validity: (i64, i64),
    /// When it was logged.
    pub logged: i64,
    pub issuer: &'static str,
    /// Who signs what.
    pub signer: Who,
    pub authority: Who,
    pub certificate_log: Who,
    pub promise: Who,
    pub checkpoint: Who,
    /// What stands before the signature of the checkpoint.
    pub checkpoint_key: [u8; 4],
    /// How many other signatures of the log stand before that one, each over something else.
    pub other_signatures: usize,
    /// Timestamps of the certificate log: how many.
    pub scts: usize,
    /// The certificate log's key in a timestamp's name.
    pub sct_log: Who,
    /// What stands in a timestamp of the certificate log.
    pub sct_time: i64,
    pub tree_size: u64,
    /// What the log entry is said to be about, in place of the truth.
    pub body: fn(&mut Value),
    /// Changes the attestation in the end.
    pub attestation: fn(&mut Value),
    /// Changes the trusted root in the end.
    pub root: fn(&mut Value),
}

/// Keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    Signer = 1,
    Authority,
    CertificateLog,
    SignatureLog,
    TimestampAuthority,
    /// Nobody that the trusted root knows.
    Stranger,
}

impl Who {
    fn key(self) -> SigningKey {
        SigningKey::from_slice(&[self as u8; 32]).expect("a key")
    }

    fn spki(self) -> Vec<u8> {
        let point = self.key().verifying_key().to_sec1_point(false);
        let algorithm = [oid(&EC_PUBLIC_KEY), oid(&P256)].concat();
        seq(&[&seq(&[&algorithm]), &bits(point.as_bytes())])
    }

    /// The identifier that logs have.
    pub fn id(self) -> [u8; 32] {
        sha256(&self.spki())
    }

    /// The identifier's first bytes, which stand before signatures of checkpoints.
    pub fn checkpoint_key(self) -> [u8; 4] {
        *self.id().first_chunk().expect("32 bytes")
    }

    fn sign(self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key().sign_prehash(&sha256(message)).expect("signs");
        let bytes = signature.to_bytes();
        let (r, s) = bytes.split_at(32);
        seq(&[&integer(r), &integer(s)])
    }
}

pub const FILE: &str = "forged-1.0.tar.gz";
pub const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// 2025-01-01T00:00:00Z.
pub const NOW: i64 = 1_735_689_600;

const EC_PUBLIC_KEY: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_WITH_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SCT_LIST: [u8; 10] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..0x80 => out.push(length as u8),
        0x80..0x100 => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(6, bytes)
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros.min(bytes.len() - 1)..];
    if bytes[0] >= 0x80 { tlv(2, &[&[0], bytes].concat()) } else { tlv(2, bytes) }
}

fn time(seconds: i64) -> Vec<u8> {
    let text = Time::from_unix(seconds).to_string();
    let digits: String = text.chars().filter(|character| !"-:T".contains(*character)).collect();
    tlv(0x18, digits.as_bytes())
}

/// A time of a certificate, which has two digits of the year until 2049 (RFC 5280, 4.1.2.5).
fn certificate_time(seconds: i64) -> Vec<u8> {
    let generalized = time(seconds);
    tlv(0x17, &generalized[4..])
}

fn name(common_name: &str) -> Vec<u8> {
    let value = seq(&[&oid(&[0x55, 0x04, 0x03]), &tlv(0x0c, common_name.as_bytes())]);
    seq(&[&tlv(0x31, &value)])
}

/// An extension.
pub fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { vec![1, 1, 0xff] } else { vec![] };
    seq(&[&oid(id), &flag, &tlv(4, value)])
}

/// Key usage, of which the bits are given: 0x80 signs, 0x04 issues.
pub fn key_usage(bits: u8) -> Vec<u8> {
    let unused = bits.trailing_zeros().min(7) as u8;
    extension(&[0x55, 0x1d, 0x0f], true, &tlv(3, &[unused, bits]))
}

/// Extended key usage: 3 signs code, 1 is a server, 8 timestamps.
pub fn extended_key_usage(purposes: &[u8]) -> Vec<u8> {
    let purpose = |last: &u8| oid(&[0x2b, 6, 1, 5, 5, 7, 3, *last]);
    let list: Vec<u8> = purposes.iter().flat_map(purpose).collect();
    extension(&[0x55, 0x1d, 0x25], false, &seq(&[&list]))
}

/// Basic constraints.
pub fn constraints(authority: bool) -> Vec<u8> {
    let flag = if authority { vec![1, 1, 0xff] } else { vec![] };
    extension(&[0x55, 0x1d, 0x13], true, &seq(&[&flag]))
}

/// A claim of Fulcio's.
pub fn claim(number: u8, text: &str) -> Vec<u8> {
    let id = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, number];
    extension(&id, false, &tlv(0x0c, text.as_bytes()))
}

/// A subject alternative name that is a URL.
pub fn url(text: &str) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x11], true, &seq(&[&tlv(0x86, text.as_bytes())]))
}

/// A subject alternative name that is an email address.
pub fn email(text: &str) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x11], true, &seq(&[&tlv(0x81, text.as_bytes())]))
}

fn pem(certificate: &[u8]) -> String {
    let text = b64(certificate);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let lines = lines.join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

impl Default for Forge {
    fn default() -> Self {
        let workflow = "https://github.com/o/r/.github/workflows/w.yml@refs/tags/v1";
        Forge {
            statement: json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": FILE, "digest": {"sha256": DIGEST}}],
                "predicateType": "https://docs.pypi.org/attestations/publish/v1",
                "predicate": null,
            }),
            extensions: vec![
                key_usage(0x80),
                extended_key_usage(&[3]),
                url(workflow),
                claim(8, "https://token.actions.githubusercontent.com"),
                claim(12, "https://github.com/o/r"),
                claim(14, "refs/tags/v1"),
                claim(15, "7"),
                claim(17, "8"),
                claim(18, workflow),
            ],
            authority_extensions: vec![key_usage(0x04), constraints(true)],
            validity: (NOW - 300, NOW + 300),
            logged: NOW,
            issuer: "authority",
            signer: Who::Signer,
            authority: Who::Authority,
            certificate_log: Who::CertificateLog,
            promise: Who::SignatureLog,
            checkpoint: Who::SignatureLog,
            checkpoint_key: Who::SignatureLog.checkpoint_key(),
            other_signatures: 0,
            scts: 1,
            sct_log: Who::CertificateLog,
            sct_time: NOW,
            tree_size: 1,
            body: |_| {},
            attestation: |_| {},
            root: |_| {},
        }
    }
}

impl Forge {
    /// Signatures by an identity: a URL, or an email address.
    pub fn of_identity(identity: &str, issuer: &str) -> Self {
        let name = if identity.contains("://") { url(identity) } else { email(identity) };
        // sigstore-python asks for identifiers of keys (RFC 5280, 4.2.1.1 and 4.2.1.2).
        let id = tlv(4, &[7; 20]);
        let authority = extension(&[0x55, 0x1d, 0x23], false, &seq(&[&tlv(0x80, &[7; 20])]));
        let mut forge = Forge {
            extensions: vec![key_usage(0x80), extended_key_usage(&[3]), name, claim(8, issuer)],
            ..Forge::default()
        };
        forge.extensions.insert(0, authority);
        // And for the older extension with the issuer (1), which has the bare text.
        let older = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 1];
        forge.extensions.insert(1, extension(&older, false, issuer.as_bytes()));
        forge.authority_extensions.push(extension(&[0x55, 0x1d, 0x0e], false, &id));
        forge
    }

    /// The trusted root and the attestation.
    pub fn make(&self) -> (Value, Value) {
        let statement = self.statement.to_string();
        let certificate = self.certificate();
        let envelope =
            format!("DSSEv1 28 application/vnd.in-toto+json {} {statement}", statement.len());
        let signature = self.signer.sign(envelope.as_bytes());
        let hash = |bytes: &[u8]| hex(&sha256(bytes));
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": hash(b"")},
                "payloadHash": {"algorithm": "sha256", "value": hash(statement.as_bytes())},
                "signatures": [{"signature": b64(&signature), "verifier": b64(pem(&certificate))}],
            },
        });
        let mut attestation = json!({
            "version": 1,
            "verification_material": {
                "certificate": b64(&certificate),
                "transparency_entries": [self.entry(body)],
            },
            "envelope": {"statement": b64(statement), "signature": b64(signature)},
        });
        (self.attestation)(&mut attestation);
        (self.trusted_root(), attestation)
    }

    /// A Sigstore bundle with the signature over a message.
    pub fn bundle(&self, message: &[u8]) -> Value {
        let certificate = self.certificate();
        let signature = self.signer.sign(message);
        let digest = sha256(message);
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": hex(&digest)}},
                "signature": {
                    "content": b64(&signature),
                    "publicKey": {"content": b64(pem(&certificate))},
                },
            },
        });
        let mut bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(&certificate)},
                "tlogEntries": [self.entry(body)],
            },
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": b64(digest)},
                "signature": b64(&signature),
            },
        });
        (self.attestation)(&mut bundle);
        bundle
    }

    /// The entry of the log with that body, which is the only one.
    fn entry(&self, mut body: Value) -> Value {
        let kind = json!({"kind": body["kind"], "version": body["apiVersion"]});
        (self.body)(&mut body);
        let body = body.to_string();
        let log = hex(&Who::SignatureLog.id());
        let promise = format!(
            r#"{{"body":"{}","integratedTime":{},"logID":"{log}","logIndex":9}}"#,
            b64(&body),
            self.logged
        );
        // A tree of this entry alone.
        let root_hash = b64(sha256(&[&[0], body.as_bytes()].concat()));
        let note = format!("log\n{}\n{root_hash}\n", self.tree_size);
        let line = |signature: Vec<u8>| {
            let by = [&self.checkpoint_key[..], &signature].concat();
            format!("\u{2014} log {}\n", b64(by))
        };
        let other = |number: usize| line(self.checkpoint.sign(format!("{number}").as_bytes()));
        let mut lines: String = (0..self.other_signatures).map(other).collect();
        lines.push_str(&line(self.checkpoint.sign(note.as_bytes())));
        json!({
            "logIndex": "9",
            "logId": {"keyId": b64(Who::SignatureLog.id())},
            "kindVersion": kind,
            "integratedTime": self.logged.to_string(),
            "inclusionPromise": {
                "signedEntryTimestamp": b64(self.promise.sign(promise.as_bytes())),
            },
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": root_hash,
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": format!("{note}\n{lines}")},
            },
            "canonicalizedBody": b64(body),
        })
    }

    /// The trusted root.
    pub fn trusted_root(&self) -> Value {
        let authority = certificate(&Parts {
            issuer: "authority",
            subject: name("authority"),
            validity: (NOW - 100_000_000, NOW + 100_000_000),
            key: Who::Authority,
            extensions: &self.authority_extensions,
        });
        let authority = signed(&authority, Who::Authority);
        let log = |who: Who| {
            json!({
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(who.spki()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": "2020-01-01T00:00:00Z"},
                },
                "logId": {"keyId": b64(who.id())},
            })
        };
        let mut root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(Who::SignatureLog)],
            "certificateAuthorities": [{
                "subject": {"organization": "o", "commonName": "authority"},
                "uri": "https://authority.example",
                "certChain": {"certificates": [{"rawBytes": b64(authority)}]},
                "validFor": {"start": "2020-01-01T00:00:00Z"},
            }],
            "ctlogs": [log(Who::CertificateLog)],
        });
        (self.root)(&mut root);
        root
    }

    /// The signer's certificate, with the certificate log's timestamps last.
    fn certificate(&self) -> Vec<u8> {
        let mut extensions = self.extensions.clone();
        let parts = |extensions: &[Vec<u8>]| {
            certificate(&Parts {
                issuer: self.issuer,
                subject: seq(&[]),
                validity: self.validity,
                key: Who::Signer,
                extensions,
            })
        };
        let precertificate = parts(&extensions);
        let mut list = Vec::new();
        for number in 0..self.scts {
            let milliseconds = (self.sct_time * 1000 + number as i64).to_be_bytes();
            let length = (precertificate.len() as u32).to_be_bytes();
            let entry: [&[u8]; 7] = [
                &[0, 0],
                &milliseconds,
                &[0, 1],
                &Who::Authority.id(),
                &length[1..],
                &precertificate,
                &[0, 0],
            ];
            let signature = self.certificate_log.sign(&entry.concat());
            let length = (signature.len() as u16).to_be_bytes();
            let sct: [&[u8]; 6] =
                [&[0], &self.sct_log.id(), &milliseconds, &[0, 0, 4, 3], &length, &signature];
            let sct = sct.concat();
            list.extend((sct.len() as u16).to_be_bytes());
            list.extend(sct);
        }
        if self.scts > 0 {
            let length = (list.len() as u16).to_be_bytes();
            let list = tlv(4, &[&length[..], &list].concat());
            extensions.push(extension(&SCT_LIST, false, &list));
        }
        signed(&parts(&extensions), self.authority)
    }
}

struct Parts<'p> {
    issuer: &'p str,
    subject: Vec<u8>,
    validity: (i64, i64),
    key: Who,
    extensions: &'p [Vec<u8>],
}

/// What is signed of a certificate.
fn certificate(parts: &Parts<'_>) -> Vec<u8> {
    seq(&[
        &tlv(0xa0, &[2, 1, 2]),
        &[2, 1, 5],
        &seq(&[&oid(&ECDSA_WITH_SHA256)]),
        &name(parts.issuer),
        &seq(&[&certificate_time(parts.validity.0), &certificate_time(parts.validity.1)]),
        &parts.subject,
        &parts.key.spki(),
        &tlv(0xa3, &seq(&[&parts.extensions.concat()])),
    ])
}

fn signed(certificate: &[u8], by: Who) -> Vec<u8> {
    seq(&[certificate, &seq(&[&oid(&ECDSA_WITH_SHA256)]), &bits(&by.sign(certificate))])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A timestamp authority of its own, and what of its timestamps is changed.
#[derive(Clone)]
pub struct ForgeTimestamp {
    /// What was timestamped.
    pub message: Vec<u8>,
    pub time: i64,
    /// Who signs it.
    pub signer: Who,
    /// Extensions of the authority's certificate.
    pub extensions: Vec<Vec<u8>>,
    /// The certificate that the timestamp names by its hash, in place of the authority's.
    pub named: Option<Vec<u8>>,
    /// The content type that is signed.
    pub content_type: &'static [u8],
    /// What is signed as the hash of the content, in place of the truth.
    pub digest: Option<[u8; 32]>,
    /// What stands behind the time.
    pub behind: Vec<u8>,
    /// The status: 0 and 1 are granted.
    pub status: u8,
}

/// `id-ct-TSTInfo`.
pub const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

impl Default for ForgeTimestamp {
    fn default() -> Self {
        ForgeTimestamp {
            message: Vec::new(),
            time: NOW,
            signer: Who::TimestampAuthority,
            extensions: vec![key_usage(0x80), extended_key_usage(&[8])],
            named: None,
            content_type: TST_INFO,
            digest: None,
            behind: Vec::new(),
            status: 0,
        }
    }
}

impl ForgeTimestamp {
    /// The trusted root and the timestamp.
    pub fn make(&self) -> (Value, Vec<u8>) {
        let authority = signed(
            &certificate(&Parts {
                issuer: "timestamps",
                subject: name("timestamps"),
                validity: (NOW - 1000, NOW + 1000),
                key: Who::TimestampAuthority,
                extensions: &self.extensions,
            }),
            Who::TimestampAuthority,
        );
        let hash = seq(&[&oid(SHA_256)]);
        let imprint = seq(&[&hash, &tlv(4, &sha256(&self.message))]);
        let info = [&[2, 1, 1][..], &oid(&[0x2a, 3]), &imprint, &[2, 1, 7], &time(self.time)];
        let info = seq(&[&info.concat(), &self.behind]);
        let attribute = |last: &[u8], value: &[u8]| {
            let id = [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09][..], last].concat();
            seq(&[&oid(&id), &tlv(0x31, value)])
        };
        let digest = self.digest.unwrap_or(sha256(&info));
        let named = sha256(self.named.as_ref().unwrap_or(&authority));
        let attributes = [
            attribute(&[0x03], &oid(self.content_type)),
            attribute(&[0x04], &tlv(4, &digest)),
            attribute(&[0x10, 0x02, 0x2f], &seq(&[&seq(&[&seq(&[&tlv(4, &named)])])])),
        ]
        .concat();
        let signer = seq(&[
            &[2, 1, 1],
            &seq(&[&name("timestamps"), &[2, 1, 5]]),
            &hash,
            &tlv(0xa0, &attributes),
            &seq(&[&oid(&ECDSA_WITH_SHA256)]),
            &tlv(4, &self.signer.sign(&tlv(0x31, &attributes))),
        ]);
        let content = seq(&[&oid(TST_INFO), &tlv(0xa0, &tlv(4, &info))]);
        let data = seq(&[&[2, 1, 3], &tlv(0x31, &hash), &content, &tlv(0x31, &signer)]);
        let token = seq(&[&oid(SIGNED_DATA), &tlv(0xa0, &data)]);
        let root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "timestampAuthorities": [{
                "uri": "https://timestamps.example",
                "certChain": {"certificates": [{"rawBytes": b64(authority)}]},
                "validFor": {"start": "2020-01-01T00:00:00Z"},
            }],
        });
        (root, seq(&[&seq(&[&[2, 1, self.status]]), &token]))
    }
}
