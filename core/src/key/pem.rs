//! PEM, the form of ECDSA and RSA keys in metadata.

use pem_rfc7468::Decoder;

/// Decodes one PEM document into the front of `buffer` and returns its label and its content.
///
/// RFC 7468's strict grammar: equal labels, lines of equal length, nothing but base64 in between.
/// Text before the document, blank lines behind it and any line length are taken, as by the other
/// TUF clients. `None` for anything else, and when the content is longer than `buffer`.
pub(super) fn decode<'t, 'b>(text: &'t str, buffer: &'b mut [u8]) -> Option<(&'t str, &'b [u8])> {
    let mut decoder = Decoder::new_detect_wrap(text.trim_ascii_end().as_bytes()).ok()?;
    let content = decoder.decode(buffer.get_mut(..decoder.remaining_len())?).ok()?;
    decoder.is_finished().then_some((decoder.type_label(), content))
}
