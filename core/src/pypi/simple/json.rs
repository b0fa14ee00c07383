//! Index pages in JSON (PEP 691, PEP 700, PEP 714, PEP 792), by the Reader that reads metadata too.

use heapless::String;

use super::status::{ProjectStatus, StatusMarker};
use super::{
    CoreMetadata, LINK_LENGTH_MAX, ListedFile, PAGE_TEXT_LENGTH_MAX, PageError, PageFile, Reading,
    algorithm, is_known_version, keep,
};
use crate::canonical::emit;
use crate::error::JsonType;
use crate::hash::{Digest, Hashes};
use crate::json::{Failed, Reader, Scratch, Sink};
use crate::pypi::ProjectName;
use crate::source::{Slice, Source};

/// Goes over the whole page.
pub(super) fn read(
    bytes: &[u8],
    project: &ProjectName,
    scratch: &mut Scratch,
    reading: &mut Reading<'_>,
) -> Result<(), PageError> {
    let mut source = Slice::new(bytes);
    let mut reader = Reader::asking(&mut source, scratch);
    let read = read_page(&mut reader, project, reading);
    let unsorted = reader.take_unsorted();
    read.map_err(|Failed| PageError::Json(reader.error()))?;
    if unsorted {
        // Where members are out of order, duplicates come to light only here.
        let start = bytes.iter().position(|byte| *byte == b'{').unwrap_or(0);
        emit(bytes, start, &mut Nowhere).map_err(PageError::Json)?;
    }
    Ok(())
}

/// Reads an entry by itself, which [`read`] has read before.
#[cfg(feature = "alloc")]
pub(super) fn read_entry(
    bytes: &[u8],
    scratch: &mut Scratch,
    reading: &mut Reading<'_>,
) -> Result<(), PageError> {
    let mut source = Slice::new(bytes);
    let mut reader = Reader::asking(&mut source, scratch);
    read_file(&mut reader, reading).map_err(|Failed| PageError::Json(reader.error()))
}

fn read_page<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    project: &ProjectName,
    reading: &mut Reading<'_>,
) -> Result<(), Failed> {
    let (mut meta, mut name, mut files) = (None, None, None);
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"meta" => meta = Some(read_meta(reader, reading)?),
            b"name" => {
                if !reader.string(|text| project.names(text))? {
                    reading.refuse(PageError::Project);
                }
                name = Some(());
            }
            b"project-status" => {
                reading.status = optional(reader, read_status)?.unwrap_or_default()
            }
            b"files" => {
                reader.enter_array()?;
                while reader.next_element()? {
                    read_file(reader, reading)?;
                }
                files = Some(());
            }
            _ => reader.skip()?,
        }
    }
    reader.require(meta, "meta")?;
    reader.require(name, "name")?;
    reader.require(files, "files")?;
    reader.end()
}

fn read_meta<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    reading: &mut Reading<'_>,
) -> Result<(), Failed> {
    let mut version = None;
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("api-version") {
            if !reader.string(is_known_version)? {
                reading.refuse(PageError::Version);
            }
            version = Some(());
        } else {
            reader.skip()?;
        }
    }
    reader.require(version, "api-version")
}

fn read_file<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    reading: &mut Reading<'_>,
) -> Result<(), Failed> {
    let start = reader.value_position()?;
    let mut file = PageFile::new();
    let (mut name, mut hashes) = (None, None);
    let (mut metadata, mut older) = (None, None);
    let mut link = String::<LINK_LENGTH_MAX>::new();
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"filename" => {
                file.name.clear();
                name = Some(reader.string(|text| keep(&mut file.name, text.chars()))?);
            }
            b"hashes" => {
                file.hashes = read_hashes(reader)?;
                hashes = Some(());
            }
            b"url" if reading.links => read_link(reader, &mut link)?,
            b"size" => {
                file.size = if reader.is_of_type(JsonType::Number)? {
                    Some(reader.integer()?)
                } else {
                    skip(reader)?
                }
            }
            b"requires-python" => {
                file.requires_python = if reader.is_of_type(JsonType::String)? {
                    read_text(reader)?
                } else {
                    skip(reader)?
                };
            }
            b"yanked" => file.yanked = optional(reader, read_yanked)?.flatten(),
            b"core-metadata" => metadata = optional(reader, read_core_metadata)?,
            b"data-dist-info-metadata" | b"dist-info-metadata" => {
                older = optional(reader, read_core_metadata)?
            }
            _ => reader.skip()?,
        }
    }
    let fits = reader.require(name, "filename")?;
    reader.require(hashes, "hashes")?;
    // PEP 714: the older key counts only where the newer one says nothing.
    file.core_metadata = metadata.or(older).unwrap_or_default();
    (reading.visit)(&ListedFile { file: &file, link: &link, fits, start, end: reader.position() });
    Ok(())
}

/// Returns a value that need not be there; `null` is none.
fn optional<S: Source, K: Sink, T>(
    reader: &mut Reader<'_, S, K>,
    read: impl FnOnce(&mut Reader<'_, S, K>) -> Result<T, Failed>,
) -> Result<Option<T>, Failed> {
    if reader.is_of_type(JsonType::Null)? { skip(reader) } else { read(reader).map(Some) }
}

/// Returns the state of the project, which PEP 792 calls `status` in its example and `state` in its
/// text.
fn read_status<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<ProjectStatus, Failed> {
    let (mut status, mut state, mut reason) = (None, None, None);
    let marker = |reader: &mut Reader<'_, S, K>| reader.string(StatusMarker::of);
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"status" => status = optional(reader, marker)?,
            b"state" => state = optional(reader, marker)?,
            b"reason" => {
                reason = if reader.is_of_type(JsonType::String)? {
                    read_text(reader)?
                } else {
                    skip(reader)?
                }
            }
            _ => reader.skip()?,
        }
    }
    Ok(ProjectStatus { marker: status.or(state).unwrap_or_default(), reason })
}

/// Why the file was yanked, if it was.
fn read_yanked<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<Option<String<PAGE_TEXT_LENGTH_MAX>>, Failed> {
    match reader.is_of_type(JsonType::String)? {
        // Yanked it is, even if the reason is too long.
        true => Ok(Some(read_text(reader)?.unwrap_or_default())),
        false => Ok(reader.boolean()?.then(String::new)),
    }
}

/// The link, without what stands behind `#`; nothing where it is too long: a link that was cut
/// would lead elsewhere.
fn read_link<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    link: &mut String<LINK_LENGTH_MAX>,
) -> Result<(), Failed> {
    link.clear();
    if !reader.is_of_type(JsonType::String)? {
        return reader.skip();
    }
    let kept = reader.short_string(|text| {
        let text = core::str::from_utf8(text).unwrap_or_default();
        keep(link, text.split('#').next().unwrap_or_default().chars())
    })?;
    if kept != Some(true) {
        link.clear();
    }
    Ok(())
}

/// Returns a text, of which the front is kept; there is none where it is too long to be looked at.
fn read_text<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<Option<String<PAGE_TEXT_LENGTH_MAX>>, Failed> {
    let mut text = String::new();
    let read = reader.short_string(|read| {
        keep(&mut text, core::str::from_utf8(read).unwrap_or_default().chars())
    })?;
    Ok(Some(text).filter(|_| read.is_some()))
}

/// Goes over a value that says nothing, such as `null`.
fn skip<S: Source, K: Sink, T>(reader: &mut Reader<'_, S, K>) -> Result<Option<T>, Failed> {
    reader.skip().map(|()| None)
}

/// `true`, `false`, or the hashes.
fn read_core_metadata<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
) -> Result<CoreMetadata, Failed> {
    if reader.is_of_type(JsonType::Object)? {
        return read_hashes(reader).map(CoreMetadata::Hashed);
    }
    Ok(if reader.boolean()? { CoreMetadata::Present } else { CoreMetadata::Absent })
}

fn read_hashes<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<Hashes, Failed> {
    let mut hashes = Hashes::new();
    reader.enter_object()?;
    while reader.next_member()? {
        let algorithm = algorithm(reader.name_text());
        if reader.is_of_type(JsonType::Null)? {
            reader.skip()?;
            continue;
        }
        let Some(algorithm) = algorithm else {
            reader.string(|_| ())?;
            continue;
        };
        match reader.string_bytes(|text| Digest::from_hex(algorithm, text))? {
            Some(digest) => _ = hashes.insert(digest),
            None => return Err(reader.invalid_form("hashes")),
        }
    }
    Ok(hashes)
}

/// Takes what is of no interest.
struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _: &[u8]) {}
}
