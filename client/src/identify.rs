//! Identifies files that users mistake for a root.

use serde_json::Value;

/// Returns what the file is, to follow "the file is"; `None` if it may be a root.
pub(crate) fn identify(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    if text.is_empty() {
        return Some("empty");
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return Some("compressed");
    }
    if text.starts_with(b"<") {
        let start = text.get(..64).unwrap_or(text).to_ascii_lowercase();
        let is_html = [&b"<!doctype html"[..], b"<html", b"<!--", b"<head"]
            .iter()
            .any(|tag| start.starts_with(tag));
        return Some(if is_html { "HTML" } else { "XML" });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Some("text that begins with a byte order mark");
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Some("not JSON");
    };
    let Some(kind) = value["signed"]["_type"].as_str() else {
        return Some("JSON, but not TUF metadata");
    };
    match kind {
        kind if kind.eq_ignore_ascii_case("root") => None,
        kind if kind.eq_ignore_ascii_case("timestamp") => Some("a timestamp"),
        kind if kind.eq_ignore_ascii_case("snapshot") => Some("a snapshot"),
        kind if kind.eq_ignore_ascii_case("targets") => Some("a targets file"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_root_is_called_what_it_is() {
        for (bytes, what) in [
            (&br#"{"signed": {"_type": "root"}}"#[..], None),
            (br#"{"signed": {"_type": "Root"}}"#, None),
            (br#"{"signed": {"_type": "timestamp"}}"#, Some("a timestamp")),
            (br#"{"signed": {"_type": "Snapshot"}}"#, Some("a snapshot")),
            (br#"{"signed": {"_type": "targets"}}"#, Some("a targets file")),
            (br#"{"signed": {"_type": "mirrors"}}"#, None),
            (br#"{"signed": {}}"#, Some("JSON, but not TUF metadata")),
            (br#"{"a": 1}"#, Some("JSON, but not TUF metadata")),
            (b"[1]", Some("JSON, but not TUF metadata")),
            (b"\n <!DOCTYPE html><title>404</title>", Some("HTML")),
            (b"<HTML>", Some("HTML")),
            (b"<?xml version='1.0'?>", Some("XML")),
            (b"", Some("empty")),
            (b" \n", Some("empty")),
            (b"404: Not Found", Some("not JSON")),
            (b"{", Some("not JSON")),
            (b"\x1f\x8b\x08\0", Some("compressed")),
            (b"\xef\xbb\xbf{}", Some("text that begins with a byte order mark")),
        ] {
            assert_eq!(identify(bytes), what, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
