//! What a client says while it works.

use std::fmt;
use std::sync::Arc;

/// A receiver of a client's messages. Their texts may contain anything that a repository wrote, and
/// are not safe for a terminal.
pub trait Events: Send + Sync {
    /// Returns whether [`Events::detail`] does anything, so that its texts are worth making.
    fn wants_details(&self) -> bool {
        false
    }

    /// Receives a detail: a request, or a file that became trusted.
    fn detail(&self, text: &str) {
        let _ = text;
    }

    /// Reports a notice.
    fn notice(&self, text: &str) {
        let _ = text;
    }

    /// Reports the progress of a long operation.
    fn progress(&self, what: &str, done: usize, total: usize) {
        let _ = (what, done, total);
    }
}

/// A handle to the receiver of a client's events.
#[derive(Clone)]
pub struct Log(Arc<dyn Events>);

impl Log {
    /// Creates a log that passes all events to `events`.
    pub fn new(events: impl Events + 'static) -> Self {
        Log(Arc::new(events))
    }

    /// Creates a log that discards all events.
    pub fn silent() -> Self {
        struct Nobody;
        impl Events for Nobody {}
        Log::new(Nobody)
    }

    /// Reports a detail.
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

/// A log that discards all events.
impl Default for Log {
    fn default() -> Self {
        Log::silent()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}
