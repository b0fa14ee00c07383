//! Times.

use picotuf::Time;

/// What is read is written and read again as the same moment; a bare number of seconds always has a
/// text; and the text is the one that was read where that was in the specification's form.
pub fn time(data: &[u8]) {
    if let Some(seconds) = data.first_chunk() {
        let time = Time::from_unix(i64::from_le_bytes(*seconds));
        let text = time.to_string();
        assert!(text.starts_with('@') || Time::parse(&text) == Some(time), "{text}");
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(time) = Time::parse(text) else { return };
    let written = time.to_string();
    assert_eq!(Time::parse(&written), Some(time), "{text}");
    assert!(text.len() >= 20 && text.is_ascii(), "{text}");
    if text.len() == 20 {
        assert_eq!(written, text);
    }
}
