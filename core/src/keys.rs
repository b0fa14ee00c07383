//! Key objects and lists of keyids, as root and delegations have them.

use serde::Deserialize;

use crate::error::Error;
use crate::json::{Reader, Sink};
use crate::key::{KeyId, PublicKey};
use crate::limits::{Limit, ROLE_KEYS_MAX, STRING_LENGTH_MAX};
use crate::source::Source;
use crate::threshold::AuthorizedKey;
use crate::workspace::Grant;

/// A key object (spec §4.2).
#[derive(Deserialize)]
struct KeyObject<'k> {
    #[serde(borrow)]
    keytype: Option<&'k str>,
    scheme: Option<&'k str>,
    keyval: Option<KeyValue<'k>>,
}

#[derive(Deserialize)]
struct KeyValue<'k> {
    public: Option<&'k str>,
}

/// Reads the object of all keys, and keeps in `grant` those that may be the asked role's; without a grant, none.
pub(crate) fn read_keys<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>, mut grant: Option<&mut Grant>) -> Result<(), Error> {
    reader.enter_object()?;
    while reader.next_member()? {
        let id = KeyId::new(reader.name_text());
        let key = reader.capture(Limit::KeyLength, decode)?;
        let key = key.map_err(|member| Error::MissingMember { position: reader.position(), member })?;
        let Some(grant) = &mut grant else {
            continue;
        };
        if grant.chosen && !grant.keyids.contains(&id) {
            continue;
        }
        if grant.authority.keys.push(AuthorizedKey { id, key }).is_err() {
            grant.overflowed = true;
        }
    }
    Ok(())
}

/// Decodes a key from the canonical form of its object, which the Reader has checked; or says which member is missing
/// or no string.
fn decode(object: &[u8]) -> Result<PublicKey, &'static str> {
    let mut unescaped = [0; STRING_LENGTH_MAX];
    let (object, _) = serde_json_core::from_slice_escaped::<KeyObject<'_>>(object, &mut unescaped).map_err(|_| "keyval")?;
    let keytype = object.keytype.ok_or("keytype")?;
    let scheme = object.scheme.ok_or("scheme")?;
    let public = object.keyval.and_then(|value| value.public).ok_or("public")?;
    Ok(PublicKey::new(keytype, scheme, public))
}

/// Reads a role's keyids. One that is listed twice is one.
pub(crate) fn read_keyids<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    keyids: &mut heapless::Vec<KeyId, ROLE_KEYS_MAX>,
) -> Result<(), Error> {
    keyids.clear();
    reader.enter_array()?;
    while reader.next_element()? {
        let id = reader.string(KeyId::new)?;
        if !keyids.contains(&id) && keyids.push(id).is_err() {
            return Err(Error::LimitReached { limit: Limit::RoleKeys, maximum: u64::try_from(ROLE_KEYS_MAX).unwrap_or(u64::MAX) });
        }
    }
    Ok(())
}

/// Reads a threshold. One that no number of keys can meet is valid.
pub(crate) fn read_threshold<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<u32, Error> {
    Ok(u32::try_from(reader.positive("threshold")?).unwrap_or(u32::MAX))
}
