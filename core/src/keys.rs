//! Key objects and lists of keyids, as root and delegations have them.

use core::num::NonZeroU32;

use heapless::{String, Vec};

use crate::envelope::Lent;
use crate::error::{Error, JsonType};
use crate::json::{Reader, Sink, Text};
use crate::key::{KeyId, PublicKey};
use crate::limits::{Limit, ROLE_KEYS_MAX};
use crate::source::Source;
use crate::threshold::AuthorizedKey;

/// Reads the object of all keys, and keeps in the grant those that may be the asked role's; none if there is no such role.
pub(crate) fn read_keys<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    space: &mut Lent<'_>,
    asked: bool,
) -> Result<(), Error> {
    reader.enter_object()?;
    while reader.next_member()? {
        let id = KeyId::new(reader.name_text());
        let key = read_key(reader, space.text, asked)?;
        let grant = &mut *space.granted;
        if !asked || (grant.chosen && !grant.keyids.contains(&id)) {
            continue;
        }
        if grant.authority.keys.push(AuthorizedKey { id, key }).is_err() {
            grant.overflowed = true;
        }
    }
    Ok(())
}

/// Reads a key object (spec §4.2). Of a key that cannot be used, `keyval` may have any form: it matters only where a
/// threshold needs it.
///
/// The Reader does this itself, and not serde-json-core on bytes that it found: the type of a key is known only behind
/// its value, and what is wrong is to be said of the member that is wrong.
fn read_key<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    public: &mut Text,
    asked: bool,
) -> Result<PublicKey, Error> {
    let (mut keytype, mut scheme) = (None, None);
    public.clear();
    let mut value: Option<Result<(), Error>> = None;
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"keytype" => keytype = Some(reader.string(short)?),
            b"scheme" => scheme = Some(reader.string(short)?),
            b"keyval" => value = Some(read_key_value(reader, public)?),
            _ => reader.skip()?,
        }
    }
    let missing = |member| Error::MissingMember { position: reader.position(), member };
    let keytype = keytype.ok_or(missing("keytype"))?;
    let scheme = scheme.ok_or(missing("scheme"))?;
    let value = value.ok_or(missing("keyval"))?;
    if !PublicKey::is_known(&keytype, &scheme) {
        return Ok(PublicKey::Unsupported);
    }
    value?;
    // To tell whether it is a point on its curve takes time, and matters only where it may sign.
    if !asked {
        return Ok(PublicKey::Unsupported);
    }
    Ok(PublicKey::new(&keytype, &scheme, core::str::from_utf8(public).unwrap_or_default()))
}

/// Reads the value of a key into `public`. What is wrong with it comes back apart from what is wrong with the document.
fn read_key_value<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    public: &mut Text,
) -> Result<Result<(), Error>, Error> {
    if let Err(error) = reader.check_type(JsonType::Object)? {
        return reader.skip().map(|()| Err(error));
    }
    let mut found = None;
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.name() != b"public" {
            reader.skip()?;
        } else if let Err(error) = reader.check_type(JsonType::String)? {
            found = Some(Err(error));
            reader.skip()?;
        } else {
            // What is too long for any key that is supported is none: it is left empty.
            reader.short_string(|text| {
                let _ = public.extend_from_slice(text);
            })?;
            found = Some(Ok(()));
        }
    }
    Ok(found.unwrap_or(Err(Error::MissingMember { position: reader.position(), member: "public" })))
}

/// A name of a type or a scheme; empty if it is longer than any that is supported.
fn short(name: &str) -> String<32> {
    String::try_from(name).unwrap_or_default()
}

/// Reads a role's keyids. One that is listed twice is one.
pub(crate) fn read_keyids<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    keyids: &mut Vec<KeyId, ROLE_KEYS_MAX>,
) -> Result<(), Error> {
    keyids.clear();
    reader.enter_array()?;
    while reader.next_element()? {
        let id = reader.string(KeyId::new)?;
        if !keyids.contains(&id) && keyids.push(id).is_err() {
            return Err(Error::LimitReached {
                limit: Limit::RoleKeys,
                maximum: u64::try_from(ROLE_KEYS_MAX).unwrap_or(u64::MAX),
            });
        }
    }
    Ok(())
}

/// Reads a threshold. One that no number of keys can meet is valid.
pub(crate) fn read_threshold<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<NonZeroU32, Error> {
    let threshold = u32::try_from(reader.positive("threshold")?).unwrap_or(u32::MAX);
    Ok(NonZeroU32::new(threshold).unwrap_or(NonZeroU32::MAX))
}
