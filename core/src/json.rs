//! The Reader: strict JSON, pulled value by value from a [`Source`], handed on in canonical form as
//! it is read.
//!
//! Nothing is built up: a caller enters objects and arrays, asks for the values it wants and skips
//! the rest, and every byte is checked either way. While the Reader is armed, what it reads goes to
//! its [`Sink`] in OLPC canonical JSON.

mod input;
mod plain;
mod shape;
mod skim;
mod stop;
mod string;
mod token;
mod walk;

use core::num::NonZeroU64;

use heapless::Vec;

use crate::SMALL;
use crate::error::{Error, JsonType};
pub(crate) use crate::failure::{Failed, FailureSlot};
use crate::limits::{
    DEPTH_MAX, KEY_LENGTH_MAX, Limit, NAME_LENGTH_MAX, OPEN_NAMES_MAX, STRING_LENGTH_MAX,
};
pub(crate) use crate::sink::Sink;
use crate::source::Source;
use crate::threshold::Verifier;
use crate::work::{Counter, count};

use input::Input;
pub(crate) use plain::plain_length;
use shape::Shape;
pub(crate) use shape::{Entry, Field};
use string::Keep;
pub(crate) use string::{canonical_form, surrogate_pair};
pub use walk::{JsonPart, JsonText, read_json};

/// The memory that a Reader needs, so that it can be used again: some 6 KB.
pub(crate) struct Scratch {
    /// The last member name of every open object, end to end.
    names: OpenNames,
    /// A string that does not lie in the window in one piece.
    text: Text,
    shape: Shape,
    /// Why reading stopped.
    pub(crate) failure: FailureSlot,
}

impl Scratch {
    pub(crate) const fn new() -> Self {
        Scratch {
            names: Vec::new(),
            text: Vec::new(),
            shape: Shape::new(),
            failure: FailureSlot::new(),
        }
    }
}

/// The names of open objects, with room for one that is being read behind the last.
pub(crate) type OpenNames = Vec<u8, { OPEN_NAMES_MAX + NAME_LENGTH_MAX }>;

/// A string that does not lie in the window in one piece.
pub(crate) type Text = Vec<u8, KEY_LENGTH_MAX>;

/// An object or an array that is being read.
#[derive(Clone, Copy)]
struct Open {
    /// Where the object's last member name begins in [`Scratch::names`]; unused for an array.
    name: usize,
    object: bool,
    progress: Progress,
}

/// How far a container has been read.
#[derive(Clone, Copy, PartialEq)]
enum Progress {
    Empty,
    First,
    Further,
}

pub(crate) struct Reader<'r, S, K> {
    input: Input<'r, S, K>,
    names: &'r mut OpenNames,
    open: Vec<Open, DEPTH_MAX>,
    /// Whether an object was out of order.
    unsorted: bool,
    /// Whether the outermost object had `signed` before `signatures`.
    swapped: bool,
    /// What the entries of the list at hand have in common.
    shape: Option<&'r mut Shape>,
    /// Where the entry begins that the shape is learnt from.
    learning: Option<u64>,
    /// What the next scalar of that entry is.
    marked: Option<Field>,
}

impl<'r, S: Source, K: Sink> Reader<'r, S, K> {
    /// Returns a Reader at the first byte of `source`.
    pub(crate) fn new(source: &'r mut S, sink: &'r mut K, scratch: &'r mut Scratch) -> Self {
        let Scratch { names, text, shape, failure } = scratch;
        Self::with(source, Some(sink), names, text, Some(shape), failure)
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn with(
        source: &'r mut S,
        sink: Option<&'r mut K>,
        names: &'r mut OpenNames,
        text: &'r mut Text,
        shape: Option<&'r mut Shape>,
        failure: &'r mut FailureSlot,
    ) -> Self {
        names.clear();
        let input = Input::new(source, sink, text, failure);
        Reader {
            input,
            names,
            open: Vec::new(),
            unsorted: false,
            swapped: false,
            shape,
            learning: None,
            marked: None,
        }
    }

    /// Counts positions on from there, as `source` begins in the middle of a file.
    pub(crate) fn beginning_at(mut self, position: u64) -> Self {
        self.input.begin_at(position);
        self
    }

    /// Enters an object in its middle, before a comma: names are compared with those that come from
    /// there on.
    pub(crate) fn reenter_object(&mut self) -> Result<(), Failed> {
        self.push_open(true, Progress::First)
    }

    /// Returns how many bytes have been read.
    pub(crate) fn position(&self) -> u64 {
        self.input.position()
    }

    /// Returns whether an object was met, since this was asked last, whose members are not in
    /// order: what the sink was given is then worth nothing, and duplicates may have gone unseen.
    pub(crate) fn take_unsorted(&mut self) -> bool {
        core::mem::take(&mut self.unsorted)
    }

    /// Returns whether all objects so far were in order.
    pub(crate) fn is_sorted(&self) -> bool {
        !self.unsorted
    }

    /// Returns what takes the canonical form, if anything does.
    pub(crate) fn sink(&mut self) -> Option<&mut K> {
        self.input.sink()
    }

    /// Where the next value begins.
    pub(crate) fn value_position(&mut self) -> Result<u64, Failed> {
        self.space()?;
        Ok(self.position())
    }

    /// From here on, what is read goes to the sink.
    pub(crate) fn arm(&mut self) -> Result<(), Failed> {
        self.space()?;
        self.input.arm();
        Ok(())
    }

    /// From here on, nothing goes to the sink.
    pub(crate) fn disarm(&mut self) {
        self.input.disarm();
    }

    /// Expects an object and opens it; [`Reader::next_member`] then goes through it.
    pub(crate) fn enter_object(&mut self) -> Result<(), Failed> {
        self.expect(JsonType::Object)?;
        self.open_container(true)
    }

    /// Expects an array and opens it; [`Reader::next_element`] then goes through it.
    pub(crate) fn enter_array(&mut self) -> Result<(), Failed> {
        self.expect(JsonType::Array)?;
        self.open_container(false)
    }

    /// Goes to the next member of the object entered last: its name is then [`Reader::name`] and
    /// its value comes next. At the end, leaves the object and says no.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub(crate) fn next_member(&mut self) -> Result<bool, Failed> {
        match self.next_entry(b'}')? {
            None => return Ok(false),
            Some(b'"') => self.read_name()?,
            Some(_) => return Err(self.input.fail_as_json()),
        }
        count(Counter::Tokens, 1);
        if self.peek()? != b':' {
            return Err(self.input.fail_as_json());
        }
        self.input.take(1);
        Ok(true)
    }

    /// Goes to the next element of the array entered last. At the end, leaves the array and says
    /// no.
    #[inline]
    pub(crate) fn next_element(&mut self) -> Result<bool, Failed> {
        Ok(self.next_entry(b']')?.is_some())
    }

    /// Returns the name of the member reached last, as long as nothing in its value was entered. It
    /// is UTF-8.
    #[inline]
    pub(crate) fn name(&self) -> &[u8] {
        let start = self.open.last().map_or(0, |open| open.name);
        self.names.get(start..).unwrap_or_default()
    }

    /// Returns whether the member reached last has that name.
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub(crate) fn at(&self, name: &str) -> bool {
        self.name() == name.as_bytes()
    }

    /// Returns the name of the member reached last, as text.
    pub(crate) fn name_text(&self) -> &str {
        core::str::from_utf8(self.name()).unwrap_or_default()
    }

    /// Expects a string and shows it to `look`.
    #[inline]
    pub(crate) fn string<R>(&mut self, look: impl FnOnce(&str) -> R) -> Result<R, Failed> {
        self.string_bytes(|text| look(core::str::from_utf8(text).unwrap_or_default()))
    }

    /// Expects a string and shows it, which is UTF-8, to `look`.
    #[inline]
    pub(crate) fn string_bytes<R>(&mut self, look: impl FnOnce(&[u8]) -> R) -> Result<R, Failed> {
        if SMALL {
            self.gather_whole_string()?;
            return Ok(look(self.input.text));
        }
        match self.short_string(look)? {
            Some(answer) => Ok(answer),
            None => Err(self.limit(Limit::StringLength, STRING_LENGTH_MAX)),
        }
    }

    /// Expects a string and shows it, which is UTF-8, to `look`, unless it is longer than
    /// [`STRING_LENGTH_MAX`].
    #[inline]
    pub(crate) fn short_string<R>(
        &mut self,
        look: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, Failed> {
        self.string_up_to(STRING_LENGTH_MAX, look)
    }

    /// Expects a string that may be a key or a signature and shows it, which is UTF-8, to `look`,
    /// unless it is longer than [`KEY_LENGTH_MAX`].
    #[inline]
    pub(crate) fn key_string<R>(
        &mut self,
        look: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, Failed> {
        self.string_up_to(KEY_LENGTH_MAX, look)
    }

    /// `maximum` is at most [`KEY_LENGTH_MAX`].
    #[inline]
    fn string_up_to<R>(
        &mut self,
        maximum: usize,
        look: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, Failed> {
        if SMALL {
            return Ok(if self.gather_string(maximum)? {
                Some(look(self.input.text))
            } else {
                None
            });
        }
        self.expect(JsonType::String)?;
        if let Some(text) = self.input.plain_string() {
            let length = text.len();
            let answer = (length <= maximum).then(|| look(text));
            self.take_plain_string(length);
            return Ok(answer);
        }
        self.give_up_field();
        Ok(self.input.gathered_string()?.filter(|text| text.len() <= maximum).map(look))
    }

    /// Expects a string and leaves it in [`Input::text`], all of it.
    #[inline(never)]
    fn gather_whole_string(&mut self) -> Result<(), Failed> {
        if self.gather_string(STRING_LENGTH_MAX)? {
            Ok(())
        } else {
            Err(self.limit(Limit::StringLength, STRING_LENGTH_MAX))
        }
    }

    /// Expects a string and leaves it in [`Input::text`]; says no where it is longer than
    /// `maximum`.
    #[inline(never)]
    fn gather_string(&mut self, maximum: usize) -> Result<bool, Failed> {
        self.expect(JsonType::String)?;
        Ok(self.input.gather_string()? && self.input.text.len() <= maximum)
    }

    /// Expects an integer from 0 to `u64::MAX`.
    pub(crate) fn integer(&mut self) -> Result<u64, Failed> {
        self.expect(JsonType::Number)?;
        let position = self.position();
        let (negative, magnitude) = self.input.number()?;
        if negative {
            return Err(self.input.fail_at(position, |position| Error::InvalidNumber { position }));
        }
        self.note_field(position, self.position());
        Ok(magnitude)
    }

    /// Expects an integer of at least 1, such as a version; `member` names it in the error.
    pub(crate) fn positive(&mut self, member: &'static str) -> Result<NonZeroU64, Failed> {
        self.space()?;
        let position = self.position();
        let integer = self.integer()?;
        NonZeroU64::new(integer).ok_or_else(|| self.fail(Error::Zero { position, member }))
    }

    /// Expects `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool, Failed> {
        self.expect(JsonType::Boolean)?;
        let answer = self.input.peek()? == Some(b't');
        self.input.literal()?;
        Ok(answer)
    }

    /// Reads a value of any type, with all that is in it, and checks it like any other.
    pub(crate) fn skip(&mut self) -> Result<(), Failed> {
        let depth = self.open.len();
        loop {
            match self.value_type()? {
                JsonType::Object => self.open_container(true)?,
                JsonType::Array => self.open_container(false)?,
                JsonType::String => {
                    self.mark(Field::Text);
                    match if SMALL { None } else { self.input.plain_string().map(<[u8]>::len) } {
                        Some(length) => self.take_plain_string(length),
                        None => {
                            self.give_up_field();
                            self.input.string(&mut Keep::Nothing)?;
                        }
                    }
                }
                JsonType::Number => {
                    self.mark(Field::Integer);
                    let position = self.position();
                    // One that is negative is no field.
                    if let (false, _) = self.input.number()? {
                        self.note_field(position, self.position());
                    }
                    self.marked = None;
                }
                JsonType::Boolean | JsonType::Null => self.input.literal()?,
            }
            loop {
                if self.open.len() <= depth {
                    return Ok(());
                }
                let object = self.open.last().is_some_and(|open| open.object);
                if if object { self.next_member()? } else { self.next_element()? } {
                    break;
                }
            }
        }
    }

    /// Expects an object and skips it.
    pub(crate) fn skip_object(&mut self) -> Result<(), Failed> {
        self.expect(JsonType::Object)?;
        self.skip()
    }

    /// Expects an object, skips it, and says from where to where its bytes reach and what their
    /// SHA-256 is.
    pub(crate) fn object_span(&mut self) -> Result<(u64, u64, [u8; 32]), Failed> {
        self.expect(JsonType::Object)?;
        let start = self.position();
        self.input.start_tap();
        self.skip()?;
        let sha256 = self.input.stop_tap(start);
        Ok((start, self.position(), sha256))
    }

    /// Skips a value of any type, and puts its bytes as they stand into `bytes`; nothing if it is
    /// longer than [`BUNDLE_LENGTH_MAX`](crate::limits::BUNDLE_LENGTH_MAX).
    #[cfg(feature = "identities")]
    pub(crate) fn copy_value(&mut self, bytes: &mut alloc::vec::Vec<u8>) -> Result<(), Failed> {
        const MAXIMUM: usize = crate::limits::BUNDLE_LENGTH_MAX;
        self.space()?;
        let start = self.position();
        self.input.start_copy(MAXIMUM);
        self.skip()?;
        self.input.stop_copy(start, MAXIMUM, bytes);
        Ok(())
    }

    /// Returns whether the next value has that type. If not, an error waits that says so, and
    /// reading may go on.
    pub(crate) fn is_of_type(&mut self, expected: JsonType) -> Result<bool, Failed> {
        let found = self.value_type()?;
        if found != expected {
            let _ = self.wrong_type(expected, found);
        }
        Ok(found == expected)
    }

    /// Expects the end: nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Failed> {
        self.input.space()?;
        match self.input.peek()? {
            None => Ok(()),
            Some(_) => Err(self.fail_here(|position| Error::TrailingData { position })),
        }
    }
}

/// Passes that only ask have no sink. Its type is that of the others all the same: then all code is
/// there once.
impl<'r, S: Source> Reader<'r, S, Verifier> {
    /// [`Reader::new`] without a sink.
    pub(crate) fn asking(source: &'r mut S, scratch: &'r mut Scratch) -> Self {
        let Scratch { names, text, shape, failure } = scratch;
        Self::with(source, None, names, text, Some(shape), failure)
    }

    /// [`Reader::asking`] with the parts of a scratch that lie apart; it learns no shapes.
    pub(crate) fn asking_with(
        source: &'r mut S,
        names: &'r mut OpenNames,
        text: &'r mut Text,
        failure: &'r mut FailureSlot,
    ) -> Self {
        Self::with(source, None, names, text, None, failure)
    }
}

/// Returns a length as errors state it.
fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
