//! Key objects and lists of keyids, as root and delegations have them.

use core::num::NonZeroU32;

use heapless::Vec;

use crate::error::JsonType;
use crate::json::{Failed, Reader, Sink};
use crate::key::{KeyId, KeyScheme, Kind, PublicKey};
use crate::limits::{Limit, ROLE_KEYS_MAX};
use crate::pass_space::ReadSpace;
use crate::source::Source;
use crate::threshold::AuthorizedKey;

/// Reads the object of all keys, and keeps those that may be the asked role's; none if
/// there is no such role.
pub(crate) fn read_keys<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    space: &mut ReadSpace<'_>,
    asked: bool,
) -> Result<(), Failed> {
    reader.enter_object()?;
    while reader.next_member()? {
        let id = KeyId::of(reader.name());
        let (kind, unusable) = read_key(reader, space)?;
        let role_keys = &mut *space.role_keys;
        role_keys.lacks_ml_dsa |= kind.is_some_and(Kind::lacks_ml_dsa);
        if !asked || (role_keys.chosen && !role_keys.keyids.contains(&id)) {
            continue;
        }
        // To tell whether a key is a point on its curve takes time: it is asked of as many as there
        // is room for, and no more.
        if role_keys.authority.keys.is_full() {
            role_keys.overflowed = true;
            continue;
        }
        let key = match kind {
            Some(Kind::Identity) => space.identities.key(),
            kind => kind.and_then(|kind| PublicKey::decode(kind, space.text)),
        };
        let key = key.unwrap_or(unusable);
        // There is room.
        let _ = role_keys.authority.keys.push(AuthorizedKey { id, key });
    }
    Ok(())
}

/// Reads a key object (spec §4.2), and its value into `space`. A key of no kind cannot be used,
/// and its `keyval` may have any form: it matters only where a threshold needs it. Says too what
/// the key is where it cannot be used.
///
/// The Reader does this itself, and not serde-json-core on bytes that it found: the type of a key
/// is known only behind its value, and what is wrong is to be said of the member that is wrong.
fn read_key<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    space: &mut ReadSpace<'_>,
) -> Result<(Option<Kind>, PublicKey), Failed> {
    let (mut keytype, mut scheme) = (None, None);
    space.text.clear();
    space.identities.begin_key();
    let mut value = None;
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("keytype") {
            keytype = Some(reader.string_bytes(KeyScheme::of)?);
        } else if reader.at("scheme") {
            scheme = Some(reader.string_bytes(KeyScheme::of)?);
        } else if reader.at("keyval") {
            value = Some(read_key_value(reader, space)?);
        } else {
            reader.skip()?;
        }
    }
    let keytype = reader.require(keytype, "keytype")?;
    let scheme = reader.require(scheme, "scheme")?;
    let value = reader.require(value, "keyval")?;
    let (kind, unusable) = Kind::of(keytype, scheme);
    if kind.is_some_and(|kind| kind != Kind::Identity) && !value {
        Err(Failed)
    } else {
        Ok((kind, unusable))
    }
}

/// Reads the value of a key into `space`. Where it is not of its form, says no: an error waits
/// that says why, and the reading goes on.
fn read_key_value<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    space: &mut ReadSpace<'_>,
) -> Result<bool, Failed> {
    if !reader.is_of_type(JsonType::Object)? {
        return reader.skip().map(|()| false);
    }
    let mut found = None;
    reader.enter_object()?;
    while reader.next_member()? {
        if !reader.at("public") {
            if !space.identities.read_member(reader)? {
                reader.skip()?;
            }
        } else if !reader.is_of_type(JsonType::String)? {
            found = Some(false);
            reader.skip()?;
        } else {
            // What is too long for any key that is supported is none: it is left empty.
            reader.key_string(|text| {
                let _ = space.text.extend_from_slice(text);
            })?;
            found = Some(true);
        }
    }
    if found.is_none() {
        let _ = reader.missing("public");
    }
    Ok(found.unwrap_or(false))
}

/// Reads a role's keyids. One that is listed twice is one.
pub(crate) fn read_keyids<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    keyids: &mut Vec<KeyId, ROLE_KEYS_MAX>,
) -> Result<(), Failed> {
    keyids.clear();
    reader.enter_array()?;
    while reader.next_element()? {
        let id = reader.string_bytes(KeyId::of)?;
        if !keyids.contains(&id) && keyids.push(id).is_err() {
            return Err(reader.limit(Limit::RoleKeys, ROLE_KEYS_MAX));
        }
    }
    Ok(())
}

/// Reads a threshold. One that no number of keys can meet is valid.
pub(crate) fn read_threshold<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<NonZeroU32, Failed> {
    Ok(reader.positive("threshold")?.try_into().unwrap_or(NonZeroU32::MAX))
}
