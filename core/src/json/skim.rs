//! How the Reader goes over long lists: it learns the shape of one entry, and skims those that look
//! alike.

use super::shape::{Entry, Field, NAMES_MAX};
use super::{Failed, Progress, Reader, Sink};
use crate::SMALL;
use crate::limits::OPEN_NAMES_MAX;
use crate::source::Source;

/// Where code is dear, every entry is read in full.
const SKIMS: bool = !SMALL;

impl<S: Source, K: Sink> Reader<'_, S, K> {
    /// [`Reader::next_member`], in a list of members that may be long: goes over those that have
    /// the shape of one before and that `skim` takes.
    ///
    /// Whoever takes an entry has to check all that the full reading would; one that is wrong, or
    /// of interest, is to be left.
    #[inline]
    pub(crate) fn skim_to_member(
        &mut self,
        skim: impl FnMut(&Entry<'_, '_>) -> bool,
    ) -> Result<bool, Failed> {
        if !SKIMS {
            return self.next_member();
        }
        self.skim(skim, true);
        self.marked = self.learning.map(|_| Field::Name);
        let more = self.next_member()?;
        self.marked = None;
        Ok(more)
    }

    /// [`Reader::next_element`], in the same way.
    #[inline]
    pub(crate) fn skim_to_element(
        &mut self,
        skim: impl FnMut(&Entry<'_, '_>) -> bool,
    ) -> Result<bool, Failed> {
        if SKIMS {
            self.skim(skim, false);
        }
        self.next_element()
    }

    /// Says what the scalar is that comes next, in which the entries of a list differ.
    #[inline]
    pub(crate) fn mark(&mut self, field: Field) {
        if SKIMS && self.learning.is_some() {
            self.marked = Some(field);
        }
    }

    /// Notes the field that was marked, which reaches from one position to another.
    #[inline]
    pub(super) fn note_field(&mut self, start: u64, end: u64) {
        if SKIMS {
            self.note_marked(start, end);
        }
    }

    fn note_marked(&mut self, start: u64, end: u64) {
        let (Some(entry), Some(field), Some(shape)) =
            (self.learning, self.marked.take(), &mut self.shape)
        else {
            return;
        };
        if !shape.note(start.saturating_sub(entry), end.saturating_sub(entry), field) {
            self.learning = None;
        }
    }

    /// The field that was marked has a form in which no shape can have it.
    #[inline]
    pub(super) fn give_up_field(&mut self) {
        if SKIMS && self.marked.take().is_some() {
            self.learning = None;
        }
    }

    /// Learns from the entry that was read last, and goes over those behind it that look like one
    /// before.
    #[inline]
    fn skim(&mut self, skim: impl FnMut(&Entry<'_, '_>) -> bool, named: bool) {
        let (Some(shape), Some(open)) = (&mut self.shape, self.open.last()) else {
            return;
        };
        let learnt = self.learning.take();
        if open.progress == Progress::Empty {
            shape.forget();
            return;
        }
        if let Some(entry) = learnt.and_then(|start| self.input.since(start)) {
            shape.learn(entry);
        }
        if open.name.saturating_add(NAMES_MAX) <= OPEN_NAMES_MAX {
            let last = if named { Some((&mut *self.names, open.name)) } else { None };
            self.input.skim(shape, last, skim);
        }
        if shape.begin() {
            self.learning = Some(self.input.position());
        }
    }
}
