//! Counters, in Prometheus's text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The counters of a server.
#[derive(Default)]
pub(super) struct Metrics {
    answers: Mutex<BTreeMap<u16, u64>>,
    refused: Mutex<BTreeMap<(String, &'static str), u64>>,
    pub(super) in_flight: AtomicU64,
    pub(super) files: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) pages: AtomicU64,
    pub(super) upstream_failures: AtomicU64,
    pub(super) left_out: AtomicU64,
    pub(super) observed: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn answered(&self, status: u16) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = answers.entry(status).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts a refused file.
    pub(super) fn refused(&self, project: &str, code: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (project.to_owned(), code);
        if refused.len() >= PROJECTS_MAX && !refused.contains_key(&key) {
            key.0 = String::new();
        }
        let count = refused.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// Writes all counters.
    pub(super) fn text(&self, cache_bytes: u64, outdated: usize) -> String {
        let mut text = String::new();
        let head = |text: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(text, "# HELP picotuf_{name} {help}\n# TYPE picotuf_{name} {kind}");
        };
        head(&mut text, "answers_total", "counter", "Answers to clients, by HTTP status.");
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        for (status, count) in answers.iter() {
            let _ = writeln!(text, "picotuf_answers_total{{status=\"{status}\"}} {count}");
        }
        let help = "Files that were refused, by project and reason.";
        head(&mut text, "refused_total", "counter", help);
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for ((project, code), count) in refused.iter() {
            let labels = format!("project=\"{project}\",code=\"{code}\"");
            let _ = writeln!(text, "picotuf_refused_total{{{labels}}} {count}");
        }
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        for (name, kind, help, value) in [
            ("files_total", "counter", "Verified files that were sent.", load(&self.files)),
            ("file_bytes_total", "counter", "Bytes of files that were sent.", load(&self.bytes)),
            ("pages_total", "counter", "Index pages that were sent.", load(&self.pages)),
            (
                "upstream_failures_total",
                "counter",
                "Requests that failed because of the upstream.",
                load(&self.upstream_failures),
            ),
            (
                "left_out_total",
                "counter",
                "Entries of upstream pages that are not distributions.",
                load(&self.left_out),
            ),
            (
                "observed_total",
                "counter",
                "Files that would have been refused without --observe.",
                load(&self.observed),
            ),
            ("in_flight", "gauge", "Requests that are being answered.", load(&self.in_flight)),
            ("cache_bytes", "gauge", "Bytes of files in the cache.", cache_bytes),
            (
                "outdated",
                "gauge",
                "Publishers, trusted roots and certificates that could not be read again.",
                u64::try_from(outdated).unwrap_or(u64::MAX),
            ),
        ] {
            head(&mut text, name, kind, help);
            let _ = writeln!(text, "picotuf_{name} {value}");
        }
        text
    }
}

/// The maximum number of projects and reasons with a counter of their own.
const PROJECTS_MAX: usize = 1000;
