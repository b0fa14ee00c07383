//! Checkpoints: a log's signed word on its size and root hash, in the form of a signed note.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;
use crate::json::{base64, decimal};
use crate::limits::{CHECKPOINT_LENGTH_MAX, CHECKPOINT_SIGNATURES_MAX, LOG_SIGNATURES_MAX, Limit};

/// The parsed checkpoint of a log: the size of its tree, the root hash, and signatures over both.
/// Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The hash over all of them.
    pub root: [u8; 32],
    /// What is signed.
    note: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NoteSignature {
    /// The first bytes of the key's identifier.
    key: [u8; 4],
    signature: Vec<u8>,
}

impl Checkpoint {
    /// Parses a checkpoint: the lines of the note (origin, size, root hash, and further signed
    /// lines), an empty line, and one line for each signature.
    ///
    /// # Errors
    /// [`Error::CheckpointForm`], [`Error::LimitReached`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > CHECKPOINT_LENGTH_MAX {
            return Err(Error::limit(Limit::CheckpointLength, CHECKPOINT_LENGTH_MAX));
        }
        // The note ends with a line feed, which is signed.
        // A search for text would bring more code to the web than one for bytes.
        let place = text.as_bytes().windows(2).position(|two| two == b"\n\n");
        let place = place.ok_or(Error::CheckpointForm)?;
        let (note, rest) = text.split_at_checked(place.saturating_add(1)).unwrap_or_default();
        let rest = rest.strip_prefix('\n').unwrap_or_default();
        let lines = rest.strip_suffix('\n').ok_or(Error::CheckpointForm)?.split('\n');
        let mut signatures = Vec::new();
        for line in lines {
            if signatures.len() >= CHECKPOINT_SIGNATURES_MAX {
                return Err(Error::limit(Limit::CheckpointSignatures, CHECKPOINT_SIGNATURES_MAX));
            }
            signatures.push(NoteSignature::parse(line).ok_or(Error::CheckpointForm)?);
        }
        Self::of_note(note, signatures).ok_or(Error::CheckpointForm)
    }

    fn of_note(note: &str, signatures: Vec<NoteSignature>) -> Option<Self> {
        let mut lines = note.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty())?;
        let size = decimal(lines.next()?.as_bytes())?;
        let root = base64(lines.next()?)?.try_into().ok()?;
        Some(Checkpoint { origin: origin.into(), size, root, note: note.into(), signatures })
    }

    /// Returns whether a signature by the key with that identifier holds, as `verifies` says. Equal
    /// ones are asked about once.
    ///
    /// # Errors
    /// [`Error::LimitReached`] if there are too many different ones.
    pub(crate) fn is_signed(
        &self,
        key: Option<[u8; 4]>,
        verifies: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<bool, Error> {
        let mut own: Vec<&[u8]> = Vec::new();
        for by in self.signatures.iter().filter(|by| Some(by.key) == key) {
            if !own.contains(&by.signature.as_slice()) {
                own.push(&by.signature);
            }
        }
        if own.len() > LOG_SIGNATURES_MAX {
            return Err(Error::limit(Limit::LogSignatures, LOG_SIGNATURES_MAX));
        }
        Ok(own.into_iter().any(|signature| verifies(self.note.as_bytes(), signature)))
    }
}

impl NoteSignature {
    /// Reads `— NAME BASE64`, of which the bytes are four of the key's identifier and the
    /// signature.
    fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        if name.is_empty() {
            return None;
        }
        let bytes = base64(bytes)?;
        let (key, signature) = bytes.split_first_chunk()?;
        Some(NoteSignature { key: *key, signature: signature.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::to_base64;
    use core::cell::Cell;
    use std::format;

    const ROOT: &str = "lMmsE8xSERAgev2Giq1b50My88qPNBHSkgmczJxrc6o=";

    #[test]
    fn a_checkpoint_is_read_with_what_else_is_signed() {
        let text = format!("log - 1\n12\n{ROOT}\nTimestamp: 7\n\n\u{2014} log wNI9ajA=\n");
        let checkpoint = Checkpoint::parse(&text).expect("a checkpoint");
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("log - 1", 12));
        let by = |key| {
            checkpoint.is_signed(key, |note, signature| {
                note == format!("log - 1\n12\n{ROOT}\nTimestamp: 7\n").as_bytes()
                    && signature == [0x30]
            })
        };
        assert_eq!(by(Some([0xc0, 0xd2, 0x3d, 0x6a])), Ok(true));
        assert_eq!(by(Some([0xc0, 0xd2, 0x3d, 0x6b])), Ok(false));
        assert_eq!(by(None), Ok(false));
    }

    #[test]
    fn few_signatures_of_one_checkpoint_are_work() {
        let asked = |bytes: &[u8]| {
            let line = |byte: &u8| {
                let bytes = [1, 2, 3, 4, *byte];
                format!("\u{2014} log {}\n", to_base64(&bytes))
            };
            let lines: String = bytes.iter().map(line).collect();
            let text = format!("log\n12\n{ROOT}\n\n{lines}\u{2014} witness wNI9ajA=\n");
            let count = Cell::new(0);
            let checkpoint = Checkpoint::parse(&text).expect("a checkpoint");
            let held = checkpoint.is_signed(Some([1, 2, 3, 4]), |_, _| {
                count.set(count.get() + 1);
                false
            });
            (held, count.get())
        };
        assert_eq!(asked(&[7; 63]), (Ok(false), 1));
        assert_eq!(asked(&[7, 8, 9, 10, 7, 8]), (Ok(false), 4));
        let over = Err(Error::LimitReached { limit: Limit::LogSignatures, maximum: 4 });
        assert_eq!(asked(&[7, 8, 9, 10, 11]), (over, 0));
    }

    #[test]
    fn what_is_no_signed_note_is_refused() {
        let by = "\u{2014} log wNI9ajA=\n";
        for text in [
            format!("log\n12\n{ROOT}\n{by}"),
            format!("log\n12\n{ROOT}\n\n"),
            format!("log\n12\n{ROOT}\n\n{}", by.trim_end()),
            format!("\n12\n{ROOT}\n\n{by}"),
            format!("log\n012\n{ROOT}\n\n{by}"),
            format!("log\n-1\n{ROOT}\n\n{by}"),
            format!("log\n12\nAAAA\n\n{by}"),
            format!("log\n12\n\n{by}"),
            format!("log\n12\n{ROOT}\n\n- log wNI9ajA=\n"),
            format!("log\n12\n{ROOT}\n\n{by}\n{by}"),
            format!("log\n12\n{ROOT}\n\n\u{2014} log wNI9\n"),
        ] {
            assert_eq!(Checkpoint::parse(&text), Err(Error::CheckpointForm), "{text:?}");
        }
    }
}
