//! What attestations are judged by, as it is at present.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use picotuf::{Role, Time};
use picotuf_attest::TrustedRoot;
use picotuf_client::proxy::Attestations;
use picotuf_client::publishers::{Asking, Publishers};
use picotuf_client::sigstore::{SigstoreRoot, Source};
use picotuf_client::{Blame, Error};

use super::watched::Watched;
use crate::clock::Clock;

/// What attestations are judged by. It is read again while the server runs.
pub(crate) struct Attesting {
    pub(crate) publishers: Watched<Publishers>,
    pub(crate) root: Watched<Root>,
    pub(crate) asking: Asking,
    pub(crate) clock: Clock,
    /// What was made of the present values.
    pub(crate) made: Mutex<Option<Arc<Attestations>>>,
}

/// Sigstore's trusted root.
pub(crate) struct Root {
    trusted: Arc<TrustedRoot>,
    /// The first role by which it is trusted to expire.
    expiry: Option<(Role, Time)>,
}

impl Root {
    /// Takes a root that was just refreshed, or given.
    pub(crate) fn of(root: SigstoreRoot) -> Self {
        let expiry = match &root.source {
            Source::Given(_) => None,
            Source::Repository { roles, .. } => {
                let known = roles.iter().map(|role| (Role::from_name(&role.role), role.expiry));
                known.min_by_key(|(_, expiry)| *expiry)
            }
        };
        Root { trusted: Arc::new(root.trusted), expiry }
    }
}

impl Attesting {
    /// Returns what attestations are judged by now.
    ///
    /// # Errors
    /// The trusted root has expired, and could not be refreshed since.
    pub(super) fn current(&self) -> Result<Arc<Attestations>, Error> {
        let root = self.root.current();
        not_expired(root.expiry, self.clock.now()?)?;
        let publishers = self.publishers.current();
        // It is consistent after every change, even if a thread panicked.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.as_ref().filter(|known| {
            Arc::ptr_eq(&known.root, &root.trusted) && Arc::ptr_eq(&known.publishers, &publishers)
        }) {
            return Ok(Arc::clone(known));
        }
        let root = Arc::clone(&root.trusted);
        let now = Arc::new(Attestations { root, asking: self.asking.clone(), publishers });
        *made = Some(Arc::clone(&now));
        Ok(now)
    }

    /// Reads again what changed, and refreshes the trusted root now and then.
    pub(super) fn renew(&self) {
        self.publishers.renew(ROOT_AGE_MAX);
        self.root.renew(ROOT_AGE_MAX);
    }

    /// Reads everything again.
    pub(super) fn read_again(&self) {
        self.publishers.read_again();
        self.root.read_again();
    }

    /// Returns what could not be read again.
    pub(super) fn outdated(&self) -> impl Iterator<Item = &'static str> {
        [self.publishers.outdated(), self.root.outdated()].into_iter().flatten()
    }
}

/// Checks that the metadata by which a trusted root is trusted has not expired. That is no verdict
/// on a file.
fn not_expired(expiry: Option<(Role, Time)>, now: Time) -> Result<(), Error> {
    let Some((role, expires)) = expiry.filter(|(_, expires)| now >= *expires) else {
        return Ok(());
    };
    Err(Error::from(picotuf::Error::Expired { role, expires, now })
        .also("this is about Sigstore's TUF repository, which could not be refreshed since")
        .blame(Blame::Transport)
        .hint("see on standard error what failed"))
}

/// How long a trusted root is used before its repository is asked for a newer one.
const ROOT_AGE_MAX: Duration = Duration::from_secs(6 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_trusted_root_verifies_nothing_and_is_no_verdict_on_a_file() {
        let expires = Time::parse("2026-11-22T00:00:00Z").unwrap();
        let at = |seconds: i64| Time::from_unix(expires.unix() + seconds);
        let expiry = Some((Role::Timestamp, expires));
        assert!(not_expired(expiry, at(-1)).is_ok());
        assert!(not_expired(None, at(1)).is_ok());
        let error = not_expired(expiry, at(0)).unwrap_err();
        assert_eq!((error.code(), error.detail().blame), ("expired", Blame::Transport));
        assert!(error.to_string().contains("Sigstore's TUF repository"), "{error}");
    }
}
