//! A metadata file: `signatures` and what they sign.

use crate::canonical;
use crate::error::Error;
use crate::json::{Failed, Reader, Sink};
use crate::key::KeyId;
use crate::limits::{Limit, SIGNATURES_MAX};
use crate::measured::{Listed, Measured};
use crate::names::Fingerprint;
use crate::pass_space::{PassSpace, ReadSpace};
use crate::role::Role;
use crate::root::Root;
use crate::signed::Signed;
use crate::snapshot::Snapshot;
use crate::source::{Slice, Source};
use crate::targets::Targets;
use crate::threshold::{Authority, Header, Verifier};
use crate::time::Time;
use crate::timestamp::Timestamp;

/// One role's question. It is no type parameter, so that the code around it is there once.
pub(crate) enum RoleReader<'a, 'q> {
    Root(&'a mut Root),
    Timestamp(&'a mut Timestamp),
    Snapshot(&'a mut Snapshot<'q>),
    Targets(&'a mut Targets<'q>),
}

impl RoleReader<'_, '_> {
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        match self {
            RoleReader::Root(root) => root.read(reader, space),
            RoleReader::Timestamp(timestamp) => timestamp.read(reader, space),
            RoleReader::Snapshot(snapshot) => snapshot.read(reader, space),
            RoleReader::Targets(targets) => targets.read(reader, space),
        }
    }

    fn stated(&self) -> (u64, Time) {
        match self {
            RoleReader::Root(root) => root.stated(),
            RoleReader::Timestamp(timestamp) => timestamp.stated(),
            RoleReader::Snapshot(snapshot) => snapshot.stated(),
            RoleReader::Targets(targets) => targets.stated(),
        }
    }
}

/// How a file has to be: whose, what is listed of it, how long at most, and whether its SHA-256 is
/// wanted.
///
/// Of a `floor`, a file that was trusted before and only says below what nothing may go, one
/// signature by any of the keys is enough, under whatever keyid: a root that asks for more
/// signatures, or gives a key another name, takes no protection away. What nobody signed who has a
/// key now is no floor, so that a damaged file does not stand in the way.
pub(crate) struct FileRules<'t> {
    pub(crate) role: Role,
    pub(crate) listed: &'t Listed,
    pub(crate) maximum: u64,
    pub(crate) bind: bool,
    pub(crate) floor: bool,
}

/// Reads a file from its first byte to its last, and gives what it states of itself. The verifier
/// then has the seal that `authority` has signed it. Where there is an error, what `question` has
/// answered is worth nothing.
///
/// The order of the specification holds: length and hashes first (§5.5.2, §5.6.2), so that bytes
/// which are not the listed ones are called so, whatever else is wrong with them; then form; then
/// signatures.
pub(crate) fn verify<'v, S: Source>(
    source: &mut S,
    rules: &FileRules<'_>,
    verifier: &'v mut Verifier,
    authority: &Authority,
    space: &mut PassSpace,
    question: &mut RoleReader<'_, '_>,
) -> Result<&'v Header, Failed> {
    verifier.take_any(rules.floor);
    loop {
        match read_and_count(source, rules, verifier, authority, space, question) {
            Err(Failed) if verifier.go_further(space.scratch.failure.error()) => {}
            counted => break counted?,
        }
    }
    verifier.header().ok_or_else(|| space.fail(Error::UnexpectedCall))
}

/// Reads a file until its signatures are known and it has gone by them in order, and counts them.
fn read_and_count<S: Source>(
    source: &mut S,
    rules: &FileRules<'_>,
    verifier: &mut Verifier,
    authority: &Authority,
    space: &mut PassSpace,
    question: &mut RoleReader<'_, '_>,
) -> Result<(), Failed> {
    let mut pass =
        Pass { verifier, authority, signatures: Signatures::Read, signed: AtSigned::Verify };
    let mut found = pass.run(source, rules, space, question)?;
    if found.deferred && !found.unsorted {
        pass.signatures = Signatures::Known;
        found = pass.run(source, rules, space, question)?;
    }
    if found.unsorted {
        if found.deferred {
            (pass.signatures, pass.signed) = (Signatures::Known, AtSigned::Ask);
            found = pass.run(source, rules, space, question)?;
        }
        // What the checks have absorbed is out of order: they begin again.
        (pass.signatures, pass.signed) = (Signatures::Read, AtSigned::Skip);
        pass.run(source, rules, space, question)?;
        put_in_order(source, found.signed_at, verifier).map_err(|error| space.fail(error))?;
    }
    let (version, expires) = question.stated();
    let header = Header { role: rules.role, version, expires, length: space.read.length };
    verifier.finish(authority, header, &space.identities).map_err(|error| space.fail(error))
}

/// Feeds the checks the value at that place, in order. It is not inlined: its stack is given back
/// before signatures are checked.
#[inline(never)]
fn put_in_order<S: Source>(
    source: &S,
    position: u64,
    verifier: &mut Verifier,
) -> Result<(), Error> {
    let document = source.whole().ok_or(Error::StreamUnsorted { position })?;
    canonical::emit(document, usize::try_from(position).unwrap_or(usize::MAX), verifier)
}

/// Reads a file without asking who signed it: one that was verified before, or one whose own keys
/// are wanted.
pub(crate) fn ask<S: Source>(
    source: &mut S,
    rules: &FileRules<'_>,
    space: &mut PassSpace,
    question: &mut RoleReader<'_, '_>,
) -> Result<(), Failed> {
    let mut measured = Measured::new(source, rules.role, rules.listed, rules.maximum, rules.bind);
    measured.begin().map_err(|error| space.fail(error))?;
    // What has been measured in one piece is read as that.
    let read = match measured.whole() {
        Some(whole) => read_signed(&mut Slice::new(whole), space, question),
        None => read_signed(&mut measured, space, question),
    };
    measured.finish(&mut space.read).map_err(|error| space.fail(error))?;
    read
}

fn read_signed<S: Source>(
    source: &mut S,
    space: &mut PassSpace,
    question: &mut RoleReader<'_, '_>,
) -> Result<(), Failed> {
    let PassSpace { scratch, text, names, role_keys, delegation, identities, .. } = space;
    let mut reader = Reader::asking(source, scratch);
    ask_signed(
        &mut reader,
        &mut ReadSpace { names, role_keys, delegation, text, identities },
        question,
    )
}

fn ask_signed<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    space: &mut ReadSpace<'_>,
    question: &mut RoleReader<'_, '_>,
) -> Result<(), Failed> {
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("signed") {
            question.read(reader, space)?;
        } else {
            reader.skip()?;
        }
    }
    reader.end()
}

/// What one reading met.
#[derive(Default)]
struct PassResult {
    /// `signed` came before `signatures`, so that it has to be read again.
    deferred: bool,
    unsorted: bool,
    /// Where the value of `signed` begins.
    signed_at: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Signatures {
    Read,
    Known,
}

#[derive(Clone, Copy, PartialEq)]
enum AtSigned {
    /// Feed the signature checks and ask.
    Verify,
    Ask,
    Skip,
}

struct Pass<'p> {
    verifier: &'p mut Verifier,
    authority: &'p Authority,
    signatures: Signatures,
    signed: AtSigned,
}

impl Pass<'_> {
    /// One reading of the whole file.
    fn run<S: Source>(
        &mut self,
        source: &mut S,
        rules: &FileRules<'_>,
        space: &mut PassSpace,
        question: &mut RoleReader<'_, '_>,
    ) -> Result<PassResult, Failed> {
        let mut measured =
            Measured::new(source, rules.role, rules.listed, rules.maximum, rules.bind);
        measured.begin().map_err(|error| space.fail(error))?;
        let found = match measured.whole() {
            Some(whole) => self.read(&mut Slice::new(whole), space, question),
            None => self.read(&mut measured, space, question),
        };
        // A file that is not the listed one is called so first.
        measured.finish(&mut space.read).map_err(|error| space.fail(error))?;
        found
    }

    fn read<S: Source>(
        &mut self,
        source: &mut S,
        space: &mut PassSpace,
        question: &mut RoleReader<'_, '_>,
    ) -> Result<PassResult, Failed> {
        let PassSpace { scratch, text, names, role_keys, delegation, identities, .. } = space;
        let mut reader = Reader::new(source, self.verifier, scratch);
        if let (Signatures::Read, Some(verifier)) = (self.signatures, reader.sink()) {
            verifier.begin();
        }
        let mut file = EnvelopeReader {
            authority: self.authority,
            signatures: self.signatures,
            signed: self.signed,
        };
        file.read(
            &mut reader,
            &mut ReadSpace { names, role_keys, delegation, text, identities },
            question,
        )
    }
}

/// How the two parts of a file are read.
struct EnvelopeReader<'p> {
    authority: &'p Authority,
    signatures: Signatures,
    signed: AtSigned,
}

impl EnvelopeReader<'_> {
    fn read<S: Source>(
        &mut self,
        reader: &mut Reader<'_, S, Verifier>,
        space: &mut ReadSpace<'_>,
        question: &mut RoleReader<'_, '_>,
    ) -> Result<PassResult, Failed> {
        let mut found = PassResult::default();
        let (mut has_signatures, mut has_signed) = (false, false);
        reader.enter_object()?;
        while reader.next_member()? {
            if (has_signatures && reader.at("signatures")) || (has_signed && reader.at("signed")) {
                return Err(reader.duplicate());
            } else if reader.at("signatures") {
                has_signatures = true;
                if self.signatures == Signatures::Read {
                    read_signatures(reader, self.authority, space)?;
                } else {
                    reader.skip()?;
                }
            } else if reader.at("signed") {
                has_signed = true;
                found.signed_at = reader.value_position()?;
                let known = has_signatures || self.signatures == Signatures::Known;
                match self.signed {
                    AtSigned::Verify if known => {
                        reader.arm()?;
                        question.read(reader, space)?;
                        reader.disarm();
                    }
                    AtSigned::Ask => question.read(reader, space)?,
                    AtSigned::Verify => {
                        found.deferred = true;
                        reader.skip()?;
                    }
                    AtSigned::Skip => reader.skip()?,
                }
            } else {
                reader.skip()?;
            }
        }
        if !has_signatures {
            return Err(reader.missing("signatures"));
        }
        if !has_signed {
            return Err(reader.missing("signed"));
        }
        reader.end()?;
        found.unsorted = reader.take_unsorted();
        Ok(found)
    }
}

/// Reads the list of signatures, and begins the checks of those that were made with a key of
/// `authority`.
///
/// A signature of another key, or one that cannot be a signature, counts for nothing. Two of one
/// keyid are refused (CVE-2026-6966), and so is a longer list than [`SIGNATURES_MAX`]
/// (CVE-2020-6173).
fn read_signatures<S: Source>(
    reader: &mut Reader<'_, S, Verifier>,
    authority: &Authority,
    space: &mut ReadSpace<'_>,
) -> Result<(), Failed> {
    let ReadSpace { text: signature, names, identities, .. } = space;
    names.clear();
    reader.enter_array()?;
    while reader.next_element()? {
        let mut keyid: Option<(KeyId, Fingerprint)> = None;
        let mut has_signature = false;
        identities.begin_signature();
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("keyid") {
                keyid =
                    Some(reader.string_bytes(|text| (KeyId::of(text), Fingerprint::new(text)))?);
            } else if reader.at("sig") {
                has_signature = true;
                signature.clear();
                // A signature that is too long for any key that is supported is none of such a key.
                reader.key_string(|text| {
                    let _ = signature.extend_from_slice(text);
                })?;
            } else if !identities.read_bundle(reader)? {
                reader.skip()?;
            }
        }
        let (id, fingerprint) = reader.require(keyid, "keyid")?;
        if !has_signature {
            return Err(reader.missing("sig"));
        }
        if names.contains(fingerprint) {
            return Err(reader.fail_here(|position| Error::DuplicateSignature { position }));
        }
        if !names.insert(fingerprint) {
            return Err(reader.limit(Limit::Signatures, SIGNATURES_MAX));
        }
        for (place, authorized) in authority.keys.iter().enumerate() {
            let Some(verifier) = reader.sink() else { continue };
            if authorized.id == id || verifier.takes_any() {
                let added =
                    verifier.add_signature(place, &authorized.key, signature, identities.bundle());
                added.map_err(|error| reader.fail(error))?;
            }
        }
    }
    Ok(())
}
