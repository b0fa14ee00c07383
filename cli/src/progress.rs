//! A progress line for transfers that take more than half a second.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use picotuf::OneLine;

/// The progress line of one transfer. It shows on terminals only, and disappears when dropped.
pub(crate) struct Progress {
    start: Instant,
    bytes: u64,
    /// The bar. It counts from the start but is hidden at first, so that its rate is that of the
    /// whole transfer.
    bar: ProgressBar,
    /// Whether the line is still to be shown.
    waits: bool,
}

impl Progress {
    /// Creates a hidden progress line.
    pub(crate) fn new(quiet: bool, name: &str) -> Self {
        Progress::with(quiet, name, None, "{spinner} {bytes} at {bytes_per_sec}  {wide_msg}")
    }

    /// Creates a progress line that counts `total` `things`.
    pub(crate) fn counting(quiet: bool, things: &str, total: usize) -> Self {
        Progress::with(
            quiet,
            things,
            total.try_into().ok(),
            "{spinner} {pos} of {len} {msg}  {wide_bar}",
        )
    }

    fn with(quiet: bool, name: &str, total: Option<u64>, template: &str) -> Self {
        // The templates are constant and valid.
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let bar = bar.with_style(style).with_message(OneLine(name).to_string());
        Progress {
            start: Instant::now(),
            bytes: 0,
            bar,
            waits: !quiet && std::io::stderr().is_terminal(),
        }
    }

    /// Adds received bytes.
    pub(crate) fn advance(&mut self, count: usize) {
        self.show(self.bytes.saturating_add(count.try_into().unwrap_or(u64::MAX)));
    }

    /// Sets the number of finished things.
    pub(crate) fn set(&mut self, done: usize) {
        self.show(done.try_into().unwrap_or(u64::MAX));
    }

    fn show(&mut self, position: u64) {
        self.bytes = position;
        if self.waits && self.start.elapsed() >= DELAY {
            self.waits = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(self.bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The progress line of a list of things. It shows on terminals only, and disappears when dropped.
pub(crate) struct Count(Option<ProgressBar>);

impl Count {
    /// Creates a progress line with nothing done of `total`.
    pub(crate) fn new(visible: bool, total: usize) -> Self {
        let visible = visible && std::io::stderr().is_terminal();
        Count(visible.then(|| {
            // As in `Progress`.
            let style = ProgressStyle::with_template("{pos} of {len}  {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total.try_into().unwrap_or(u64::MAX)).with_style(style)
        }))
    }

    /// Increases the total.
    pub(crate) fn more(&self, count: usize) {
        if let Some(bar) = &self.0 {
            bar.inc_length(count.try_into().unwrap_or(u64::MAX));
        }
    }

    /// Shows the name of the next thing.
    pub(crate) fn next(&self, done: usize, name: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(OneLine(name).to_string());
            bar.set_position(done.try_into().unwrap_or(u64::MAX));
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

const DELAY: Duration = Duration::from_millis(500);
