//! What a client says while it works.

use std::fmt;
use std::sync::Arc;

/// Receives what a client says. Texts may hold anything that a repository wrote: they are not safe
/// for a terminal as they are.
pub trait Events: Send + Sync {
    /// Returns whether [`Events::detail`] does anything, so that its texts are worth making.
    fn wants_details(&self) -> bool {
        false
    }

    /// Receives a detail: a request, or a file that became trusted.
    fn detail(&self, text: &str) {
        let _ = text;
    }

    /// Receives something that a user should see though it ends nothing, such as a mirror that is
    /// behind.
    fn notice(&self, text: &str) {
        let _ = text;
    }

    /// Receives how far long work is: `done` of `total` things that are called `what`.
    fn progress(&self, what: &str, done: usize, total: usize) {
        let _ = (what, done, total);
    }
}

/// A handle to the receiver of a client's events.
#[derive(Clone)]
pub struct Log(Arc<dyn Events>);

impl Log {
    /// Gives all events to `events`.
    pub fn new(events: impl Events + 'static) -> Self {
        Log(Arc::new(events))
    }

    /// Gives events to nobody.
    pub fn silent() -> Self {
        struct Nobody;
        impl Events for Nobody {}
        Log::new(Nobody)
    }

    /// Tells a detail, if anybody wants details.
    pub fn line(&self, text: impl FnOnce() -> String) {
        if self.0.wants_details() {
            self.0.detail(&text());
        }
    }

    /// Tells a notice.
    pub fn notice(&self, text: &str) {
        self.0.notice(text);
    }

    /// Tells how far long work is.
    pub fn progress(&self, what: &str, done: usize, total: usize) {
        self.0.progress(what, done, total);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}
