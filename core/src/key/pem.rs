//! PEM, the form of all keys in metadata but those of Ed25519.

use pem_rfc7468::Decoder;

/// Decodes one PEM document into the front of `buffer` and returns its label and its content.
///
/// RFC 7468's strict grammar (section 3): equal labels, lines of equal length, nothing but base64
/// in between, so neither headers nor empty lines. What it asks for besides is not asked for here,
/// as by the other TUF clients: text before the document and blank lines behind it are taken, and
/// so is any line length. `None` for anything else, and when the content is longer than `buffer`.
pub(super) fn decode<'t, 'b>(text: &'t str, buffer: &'b mut [u8]) -> Option<(&'t str, &'b [u8])> {
    let text = text.trim_ascii_end();
    // The decoder passes over empty lines at this one place.
    let (before, _) = text.rsplit_once("-----END ")?;
    let before = before.strip_suffix('\n').unwrap_or(before);
    let before = before.strip_suffix('\r').unwrap_or(before);
    if before.ends_with(|last: char| last.is_ascii_whitespace()) {
        return None;
    }
    let mut decoder = Decoder::new_detect_wrap(text.as_bytes()).ok()?;
    let content = decoder.decode(buffer.get_mut(..decoder.remaining_len())?).ok()?;
    decoder.is_finished().then_some((decoder.type_label(), content))
}
