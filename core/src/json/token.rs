//! The tokens of JSON: white space, the type of the next value, separators, and member names.

use core::cmp::Ordering;

use super::input::Code;
use super::string::Keep;
use super::{Open, Progress, Reader, bytes};
use crate::SMALL;
use crate::error::{Error, JsonType};
use crate::failure::Failed;
use crate::limits::{DEPTH_MAX, Limit, NAME_LENGTH_MAX, OPEN_NAMES_MAX};
use crate::sink::Sink;
use crate::source::Source;
use crate::work::{Counter, count};

impl<S: Source, K: Sink> Reader<'_, S, K> {
    pub(super) fn space(&mut self) -> Result<(), Failed> {
        self.input.space()
    }

    /// Returns the next byte that is not white space.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> Result<u8, Failed> {
        if SMALL {
            return self.peek_as_code().next().and_then(|next| next.ok_or(Failed));
        }
        self.peek_behind_space()
    }

    #[inline(never)]
    pub(super) fn peek_as_code(&mut self) -> Code {
        Code::of(self.peek_behind_space().map(Some))
    }

    #[inline(always)]
    pub(super) fn peek_behind_space(&mut self) -> Result<u8, Failed> {
        self.input.space()?;
        match self.input.peek()? {
            Some(byte) => Ok(byte),
            None => Err(self.input.fail_at_end()),
        }
    }

    /// Returns the type of the value that comes next.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub(super) fn value_type(&mut self) -> Result<JsonType, Failed> {
        count(Counter::Tokens, 1);
        match self.peek()? {
            b'"' => Ok(JsonType::String),
            b'{' => Ok(JsonType::Object),
            b'[' => Ok(JsonType::Array),
            b'-' | b'0'..=b'9' => Ok(JsonType::Number),
            b't' | b'f' => Ok(JsonType::Boolean),
            b'n' => Ok(JsonType::Null),
            _ => Err(self.input.fail_as_json()),
        }
    }

    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub(super) fn expect(&mut self, expected: JsonType) -> Result<(), Failed> {
        let found = self.value_type()?;
        if found == expected { Ok(()) } else { Err(self.wrong_type(expected, found)) }
    }

    pub(super) fn open_container(&mut self, object: bool) -> Result<(), Failed> {
        self.input.take(1);
        self.push_open(object, Progress::Empty)
    }

    pub(super) fn push_open(&mut self, object: bool, progress: Progress) -> Result<(), Failed> {
        match self.open.push(Open { name: self.names.len(), object, progress }) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.limit(Limit::Depth, DEPTH_MAX)),
        }
    }

    /// Goes over a comma and says which byte comes next, or over `close` and out of the container.
    #[inline(always)]
    pub(super) fn next_entry(&mut self, close: u8) -> Result<Option<u8>, Failed> {
        if SMALL { self.next_entry_as_code(close).next() } else { self.go_to_entry(close) }
    }

    #[inline(never)]
    pub(super) fn next_entry_as_code(&mut self, close: u8) -> Code {
        Code::of(self.go_to_entry(close))
    }

    #[inline]
    pub(super) fn go_to_entry(&mut self, close: u8) -> Result<Option<u8>, Failed> {
        let next = self.peek()?;
        let Some(open) = self.open.last_mut() else {
            return Err(self.input.fail_as_json());
        };
        if next == close {
            self.names.truncate(open.name);
            self.open.pop();
            self.input.take(1);
            return Ok(None);
        }
        if open.progress == Progress::Empty {
            open.progress = Progress::First;
            return Ok(Some(next));
        }
        open.progress = Progress::Further;
        if next != b',' {
            return Err(self.input.fail_as_json());
        }
        self.input.take(1);
        let next = self.peek()?;
        // A comma must not be the last thing in a container.
        if next == close { Err(self.input.fail_as_json()) } else { Ok(Some(next)) }
    }

    /// Reads a member name, compares it with the last one of its object, and keeps it.
    #[inline]
    pub(super) fn read_name(&mut self) -> Result<(), Failed> {
        let Some(Open { name: start, progress, .. }) = self.open.last().copied() else {
            return Err(self.input.fail_as_json());
        };
        // The usual name: in order, in one piece.
        let plain = if SMALL { None } else { self.input.plain_string() };
        if let Some(name) = plain.filter(|name| name.len() <= NAME_LENGTH_MAX) {
            let last = self.names.get(start..).unwrap_or_default();
            let in_step = self.open.len() > 1 || !self.swapped;
            count(Counter::Compared, last.len().min(name.len()));
            if in_step && (progress == Progress::First || last < name) {
                let length = name.len();
                self.names.truncate(start);
                // There is room, and to spare.
                let _ = self.names.extend_from_slice(name);
                self.take_plain_string(length);
                return self.check_open_names();
            }
        }
        self.give_up_field();
        self.read_any_name(start, progress)
    }

    /// Takes the string that [`Input::plain_string`] showed, of that length.
    #[inline]
    pub(super) fn take_plain_string(&mut self, length: usize) {
        self.input.take_plain_string(length);
        if !SMALL && self.learning.is_some() {
            let end = self.position().saturating_sub(1);
            self.note_field(end.saturating_sub(bytes(length)), end);
        }
    }

    pub(super) fn read_any_name(&mut self, start: usize, progress: Progress) -> Result<(), Failed> {
        let position = self.position();
        let end = self.names.len();
        let mut length = 0;
        self.input.string(&mut Keep::Name(self.names, &mut length))?;
        if length > NAME_LENGTH_MAX {
            return Err(self.limit(Limit::NameLength, NAME_LENGTH_MAX));
        }
        let Some((last, name)) = self
            .names
            .get(start..)
            .and_then(|names| names.split_at_checked(end.saturating_sub(start)))
        else {
            return Err(self.input.fail_as_json());
        };
        if progress == Progress::Further {
            count(Counter::Compared, last.len().min(name.len()));
            // Of the two that may be swapped, the greater one is what the next name has to be
            // beyond.
            let is_outermost = self.open.len() == 1;
            let last =
                if self.swapped && is_outermost { last.max(b"signed".as_slice()) } else { last };
            let order = last.cmp(name);
            let again = self.swapped && is_outermost && name == b"signatures";
            if order == Ordering::Equal || again {
                return Err(self
                    .input
                    .fail_at(position, |position| Error::DuplicateMember { position }));
            }
            if order == Ordering::Greater {
                // The one order besides the sorted one that a stream can be read in: `signed`
                // before `signatures`.
                if is_outermost && last == b"signed" && name == b"signatures" {
                    self.swapped = true;
                } else if self.input.is_stream() {
                    return Err(self
                        .input
                        .fail_at(position, |position| Error::StreamUnsorted { position }));
                } else {
                    self.unsorted = true;
                }
            }
        }
        let length = name.len();
        // It always is; said so, it cannot panic.
        if start <= end && end <= self.names.len() {
            self.names.copy_within(end.., start);
        }
        self.names.truncate(start.saturating_add(length));
        self.check_open_names()
    }

    pub(super) fn check_open_names(&mut self) -> Result<(), Failed> {
        if self.names.len() > OPEN_NAMES_MAX {
            return Err(self.limit(Limit::OpenNames, OPEN_NAMES_MAX));
        }
        Ok(())
    }
}
