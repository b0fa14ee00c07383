//! Index pages in HTML (PEP 503, PEP 592, PEP 629, PEP 658, PEP 714, PEP 792), of a strict kind
//! that every parser reads alike.
//!
//! A page is elements of a known list, comments and text. Attributes are quoted, none stands twice
//! in a tag; a `&` begins a reference. An `<a>` holds text alone, which is the file's name and the
//! last part of its `href`. What a browser would mend is refused.

use heapless::String;

use super::status::StatusMarker;
use super::{
    CoreMetadata, LINK_LENGTH_MAX, ListedFile, PageError, PageFile, PageSpan, Reading, algorithm,
    is_known_version, keep,
};
use crate::hash::{Digest, Hashes};
use crate::work::{Counter, count};

/// The most attributes of a tag.
const ATTRIBUTES_MAX: usize = 24;

/// Elements whose content is read as any other. Those with a grammar of their own, such as
/// `script`, are none of them.
const ELEMENTS: &[&str] = &[
    "a", "b", "body", "br", "code", "dd", "div", "dl", "dt", "em", "footer", "h1", "h2", "h3",
    "h4", "h5", "h6", "head", "header", "hr", "html", "i", "li", "link", "main", "meta", "nav",
    "ol", "p", "pre", "section", "small", "span", "strong", "table", "tbody", "td", "th", "thead",
    "title", "tr", "tt", "ul",
];

/// Goes over the whole page.
pub(super) fn read(bytes: &[u8], reading: &mut Reading<'_>) -> Result<(), PageError> {
    count(Counter::Read, bytes.len());
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let position = u64::try_from(error.valid_up_to()).unwrap_or(u64::MAX);
            return Err(PageError::Html { position, why: "what is not UTF-8", about: None });
        }
    };
    let mut scanner = Scanner { text, at: 0, about: None };
    scanner.doctype()?;
    let (mut elements, mut stated) = (false, Stated::default());
    loop {
        scanner.about = None;
        scanner.plain_text("<")?;
        if scanner.rest().is_empty() {
            // A page that was cut to nothing says nothing.
            return if elements { Ok(()) } else { Err(scanner.wrong("no element")) };
        }
        if scanner.skip("<!--") {
            scanner.comment()?;
            continue;
        }
        elements = true;
        let start = scanner.position();
        let tag = scanner.tag()?;
        match tag.name {
            "title" if !tag.is_end => {
                scanner.plain_text("<")?;
                scanner.end_of("title")?;
            }
            "a" if tag.is_end => return Err(scanner.wrong("the end of a link that was not begun")),
            "a" => {
                let begin = scanner.at;
                let name = scanner.plain_text("<")?;
                scanner.end_of("a")?;
                scanner.about = Some((begin, name.len()));
                read_link(&scanner, &tag, name, start, reading)?;
            }
            "meta" => read_meta(&scanner, &tag, &mut stated, reading)?,
            _ => {}
        }
    }
}

/// What the page said of its project so far.
#[derive(Default)]
struct Stated {
    status: bool,
    reason: bool,
}

/// A `<meta>` may state the version of the API (PEP 629), or the project's status (PEP 792).
fn read_meta(
    scanner: &Scanner<'_>,
    tag: &Tag<'_>,
    stated: &mut Stated,
    reading: &mut Reading<'_>,
) -> Result<(), PageError> {
    let (Some(name), Some(content)) = (tag.value("name"), tag.value("content")) else {
        return Ok(());
    };
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let mut text = String::new();
    if is("pypi:repository-version") && !is_known_version(content) {
        reading.refuse(PageError::Version);
    }
    // Two readers may take different ones.
    let twice = |seen: &mut bool| match core::mem::replace(seen, true) {
        true => Err(scanner.wrong("a project status that stands twice")),
        false => Ok(()),
    };
    if is("pypi:project-status") {
        twice(&mut stated.status)?;
        decode::<{ super::PAGE_TEXT_LENGTH_MAX }>(content, &mut text)
            .map_err(|why| scanner.wrong(why))?;
        reading.status.marker = StatusMarker::of(&text);
    } else if is("pypi:project-status-reason") {
        twice(&mut stated.reason)?;
        decode(content, &mut text).map_err(|why| scanner.wrong(why))?;
        reading.status.reason = Some(text);
    }
    Ok(())
}

/// A link is an entry.
fn read_link(
    scanner: &Scanner<'_>,
    tag: &Tag<'_>,
    name: &str,
    start: u64,
    reading: &mut Reading<'_>,
) -> Result<(), PageError> {
    let mut file = PageFile::new();
    let fits = decode(name.trim_ascii(), &mut file.name).map_err(|why| scanner.wrong(why))?;
    let mut url = String::<LINK_LENGTH_MAX>::new();
    let raw = tag.value("href").ok_or_else(|| scanner.wrong("a link without `href`"))?;
    if !decode(raw, &mut url).map_err(|why| scanner.wrong(why))? {
        return Err(scanner.wrong("a link that is too long"));
    }
    // Readers of URLs leave some of it out, or take it for a slash.
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(scanner.wrong("a link with what stands in no URL"));
    }
    let (link, fragment) = url.split_once('#').unwrap_or((&url, ""));
    let path = link.split_once('?').map_or(link, |(path, _)| path);
    // What follows `//` is a server's name and no path.
    let path = match path.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            rest.split_once('/').map_or("", |(_, path)| path)
        }
        _ => path,
    };
    let last = path.rsplit_once('/').map_or(path, |(_, last)| last);
    // A name that is too long is no file's that can be asked for.
    if fits && !percent_decoded(last).eq(file.name.bytes().map(Some)) || file.name.is_empty() {
        return Err(scanner.wrong("a link to a file that is called otherwise"));
    }
    file.hashes = read_hashes(fragment).map_err(|why| scanner.wrong(why))?;
    if let Some(raw) = tag.value("data-requires-python") {
        decode(raw, file.requires_python.insert(String::new()))
            .map_err(|why| scanner.wrong(why))?;
    }
    if let Some(raw) = tag.value("data-yanked") {
        decode(raw, file.yanked.insert(String::new())).map_err(|why| scanner.wrong(why))?;
    }
    let metadata = tag.value("data-core-metadata").or_else(|| tag.value("data-dist-info-metadata"));
    file.core_metadata = match metadata {
        None | Some("false") => CoreMetadata::Absent,
        Some("true" | "") => CoreMetadata::Present,
        Some(hashes) => {
            CoreMetadata::Hashed(read_hashes(hashes).map_err(|why| scanner.wrong(why))?)
        }
    };
    (reading.visit)(&ListedFile { file: &file, link, fits, start, end: scanner.position() });
    Ok(())
}

/// `sha256=…`, and other `name=value` between `&`.
fn read_hashes(text: &str) -> Result<Hashes, &'static str> {
    let mut hashes = Hashes::new();
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        let Some(algorithm) = algorithm(name) else { continue };
        let digest = Digest::from_hex(algorithm, value.as_bytes()).ok_or("a malformed hash")?;
        if hashes.insert(digest).is_some() {
            return Err("two hashes of one kind in a link");
        }
    }
    Ok(hashes)
}

struct Tag<'t> {
    /// As in [`ELEMENTS`].
    name: &'static str,
    is_end: bool,
    attributes: heapless::Vec<(&'t str, &'t str), ATTRIBUTES_MAX>,
}

impl<'t> Tag<'t> {
    /// Returns the raw value of an attribute; empty where it has none.
    fn value(&self, name: &str) -> Option<&'t str> {
        self.attributes
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// Where what is being read is named, and the length of the name.
    about: Option<(usize, usize)>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn position(&self) -> u64 {
        u64::try_from(self.at).unwrap_or(u64::MAX)
    }

    /// Returns what is wrong here, with what it is about.
    fn wrong(&self, why: &'static str) -> PageError {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let about = self.about.and_then(|(start, length)| {
            let text = self.text.get(start..start.saturating_add(length))?;
            let spaces = text.len().saturating_sub(text.trim_ascii_start().len());
            let length = text.trim_ascii().len();
            let span =
                PageSpan { start: number(start.saturating_add(spaces)), length: number(length) };
            (length > 0).then_some(span)
        });
        PageError::Html { position: self.position(), why, about }
    }

    /// Takes so many bytes, which end behind a character.
    fn take(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at = self.at.saturating_add(taken.len());
        taken
    }

    /// Takes what is `expected`, if it is there.
    fn skip(&mut self, expected: &str) -> bool {
        let there = self.rest().starts_with(expected);
        if there {
            self.at = self.at.saturating_add(expected.len());
        }
        there
    }

    /// Takes white space, and says whether there was some.
    fn space(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.len().saturating_sub(rest.trim_ascii_start().len());
        self.take(length);
        length > 0
    }

    /// `<!DOCTYPE html>`, if it is there.
    fn doctype(&mut self) -> Result<(), PageError> {
        self.space();
        if let Some(front) = self.rest().get(..DOCTYPE.len())
            && front.eq_ignore_ascii_case(DOCTYPE)
        {
            self.take(DOCTYPE.len());
            let end =
                self.rest().find('>').ok_or_else(|| self.wrong("a doctype that does not end"))?;
            if self.take(end).contains('<') {
                return Err(self.wrong("a doctype that does not end"));
            }
            self.skip(">");
        }
        Ok(())
    }

    /// Text up to `end`, which is not taken, or to the end of the page.
    fn plain_text(&mut self, end: &str) -> Result<&'t str, PageError> {
        let rest = self.rest();
        let text = self.take(rest.find(end).unwrap_or(rest.len()));
        match text.bytes().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()) {
            true => Err(self.wrong("a control character")),
            false => Ok(text),
        }
    }

    /// The rest of a comment. Parsers differ in where some end: what may end one stands only there.
    fn comment(&mut self) -> Result<(), PageError> {
        let text = self.plain_text(">")?;
        let inside =
            text.strip_suffix("--").ok_or_else(|| self.wrong("a comment that does not end"))?;
        if inside.contains("--")
            || inside.contains('<')
            || inside.starts_with('-')
            || inside.ends_with('-')
            || !self.skip(">")
        {
            return Err(self.wrong("a comment that does not end"));
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<Tag<'t>, PageError> {
        self.skip("<");
        let is_end = self.skip("/");
        let begin = self.at;
        // What begins no element of a name, such as `<?xml`, is named by what stands there.
        let first = |rest: &str| {
            rest.find(|next: char| next.is_ascii_whitespace() || matches!(next, '<' | '>'))
        };
        self.about = Some((begin, first(self.rest()).unwrap_or(self.rest().len())));
        let name = self.name();
        if !name.is_empty() {
            self.about = Some((begin, name.len()));
        }
        let known = ELEMENTS.iter().find(|element| name.eq_ignore_ascii_case(element));
        let name = known.ok_or_else(|| self.wrong("an element that is not known"))?;
        let mut tag = Tag { name, is_end, attributes: heapless::Vec::new() };
        let element = self.about;
        loop {
            let spaced = self.space();
            if self.skip(">") {
                self.about = element;
                return Ok(tag);
            }
            if !is_end && self.skip("/>") {
                self.about = element;
                // A parser that ignores the slash would take what follows for the text of the link.
                return if *name == "a" {
                    Err(self.wrong("a link without a text"))
                } else {
                    Ok(tag)
                };
            }
            if !spaced || is_end {
                return Err(self.wrong("a malformed tag"));
            }
            let begin = self.at;
            let name = self.name();
            if !name.is_empty() {
                self.about = Some((begin, name.len()));
            }
            if name.is_empty() || tag.value(name).is_some() {
                return Err(self.wrong("an attribute that stands twice or has no name"));
            }
            let value = self.value()?;
            tag.attributes
                .push((name, value))
                .map_err(|_| self.wrong("too many attributes in a tag"))?;
        }
    }

    /// Returns the name of an element or an attribute.
    fn name(&mut self) -> &'t str {
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
        let length = self.rest().bytes().take_while(|byte| is_part(byte)).count();
        self.take(length)
    }

    /// Returns the value of an attribute in its quotes; an attribute may have none.
    fn value(&mut self) -> Result<&'t str, PageError> {
        let before = self.at;
        self.space();
        if !self.skip("=") {
            self.at = before;
            return Ok("");
        }
        self.space();
        let quote = match self.rest().as_bytes().first() {
            Some(b'"') => "\"",
            Some(b'\'') => "'",
            _ => return Err(self.wrong("an attribute without quotes")),
        };
        self.skip(quote);
        let value = self.plain_text(quote)?;
        if self.skip(quote) { Ok(value) } else { Err(self.wrong("an attribute that does not end")) }
    }

    fn end_of(&mut self, element: &'static str) -> Result<(), PageError> {
        if !self.rest().starts_with('<') || self.rest().starts_with("<!") {
            return Err(self.wrong("a link or a title that does not end"));
        }
        match self.tag()? {
            Tag { name, is_end: true, .. } if name == element => Ok(()),
            _ => Err(self.wrong("an element within a link or a title")),
        }
    }
}

/// Keeps what a raw text stands for; says whether there was room for all of it.
fn decode<const N: usize>(raw: &str, text: &mut String<N>) -> Result<bool, &'static str> {
    let mut parts = raw.split('&');
    let mut fits = keep(text, parts.next().unwrap_or_default().chars());
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or(REFERENCE)?;
        let character = match name {
            "amp" => '&',
            "apos" => '\'',
            "gt" => '>',
            "lt" => '<',
            "quot" => '"',
            _ => numbered(name).ok_or(REFERENCE)?,
        };
        fits = fits && keep(text, core::iter::once(character).chain(rest.chars()));
    }
    Ok(fits)
}

/// `#60` or `#x3c`. Those that HTML would replace by others are refused.
fn numbered(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
        .filter(|character| !character.is_control())
}

/// Returns the bytes that a part of a URL stands for; one that is badly encoded gives a nothing.
fn percent_decoded(text: &str) -> impl Iterator<Item = Option<u8>> + '_ {
    let mut bytes = text.bytes();
    core::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(Some(byte));
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(), digit());
        let value = high.zip(low).map(|(high, low)| high.wrapping_shl(4) | low);
        Some(value.and_then(|value| u8::try_from(value).ok()))
    })
}

const DOCTYPE: &str = "<!doctype html";
const REFERENCE: &str = "a character reference that is not known";
