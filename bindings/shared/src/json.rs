//! A writer of JSON.

use alloc::string::String;

use picotuf::Show;

/// JSON that is being written.
pub(crate) struct Json(String);

impl Json {
    /// Starts an object.
    pub(crate) fn object() -> Self {
        Json(String::from("{"))
    }

    /// Ends the outermost object.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn comma(&mut self) {
        if !matches!(self.0.as_bytes().last(), Some(b'{' | b'[') | None) {
            self.0.push(',');
        }
    }

    fn quote(&mut self, text: &dyn Show) {
        self.0.push('"');
        text.show(&mut |piece| {
            for character in piece.chars() {
                match character {
                    '"' | '\\' => self.0.extend(['\\', character]),
                    '\0'..=' ' | '\u{7f}' if character != ' ' => {
                        let digit = |of: u32| char::from_digit(of & 0xf, 16).unwrap_or('0');
                        let code = u32::from(character);
                        self.0.push_str("\\u00");
                        self.0.extend([digit(code >> 4), digit(code)]);
                    }
                    _ => self.0.push(character),
                }
            }
        });
        self.0.push('"');
    }

    fn name(&mut self, name: &str) {
        self.comma();
        self.quote(&name);
        self.0.push(':');
    }

    /// Writes a member that is a text.
    pub(crate) fn text(&mut self, name: &str, value: &dyn Show) {
        self.name(name);
        self.quote(value);
    }

    /// Writes a member that is a text, if there is one.
    pub(crate) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, &value);
        }
    }

    /// Writes a member without quotes, such as a number.
    pub(crate) fn bare(&mut self, name: &str, value: &dyn Show) {
        self.name(name);
        value.show(&mut |piece| self.0.push_str(piece));
    }

    /// Writes a member whose value is JSON already, in the line that all else is in: JSON has line
    /// breaks between its tokens only.
    pub(crate) fn json(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend(value.split(['\n', '\r']));
    }

    /// Writes a member that is true or false.
    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.bare(name, &if value { "true" } else { "false" });
    }

    /// Starts a member that is an object or an array.
    pub(crate) fn open(&mut self, name: &str, bracket: char) {
        self.name(name);
        self.0.push(bracket);
    }

    /// Starts an element that is an object.
    pub(crate) fn element_object(&mut self) {
        self.comma();
        self.0.push('{');
    }

    /// Ends an object or an array.
    pub(crate) fn close(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// Writes a member that is an array of texts.
    pub(crate) fn texts<S: AsRef<str>>(&mut self, name: &str, texts: &[S]) {
        self.open(name, '[');
        for text in texts {
            self.comma();
            self.quote(&text.as_ref());
        }
        self.close(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_itself_whatever_is_in_it() {
        let mut json = Json::object();
        json.text("a\"b", &"\\ \u{0}\n\u{1f}\u{7f} é\u{2028}");
        json.texts("none", &[] as &[&str]);
        json.texts("two", &["x", "y"]);
        json.boolean("yes", true);
        json.json("lines", "{\r\n  \"a\": [1,\n2]\n}");
        let expected = "{\"a\\\"b\":\"\\\\ \\u0000\\u000a\\u001f\\u007f é\u{2028}\",\"none\":[],\
                        \"two\":[\"x\",\"y\"],\"yes\":true,\"lines\":{  \"a\": [1,2]}}";
        assert_eq!(json.end(), expected);
    }
}
