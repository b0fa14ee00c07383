//! Content negotiation (RFC 9110, PEP 691): which form of a page a client accepts.

/// The form of an index page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// JSON (PEP 691).
    Json,
    /// HTML (PEP 503) under the name that PEP 691 gives it.
    Html,
    /// HTML (PEP 503) as `text/html`.
    PlainHtml,
}

impl Form {
    /// All forms.
    pub const ALL: [Form; 3] = [Form::Json, Form::Html, Form::PlainHtml];

    /// Returns the media type of the answer.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Json => "application/vnd.pypi.simple.v1+json",
            Form::Html => "application/vnd.pypi.simple.v1+html",
            Form::PlainHtml => "text/html",
        }
    }

    fn is_named(self, range: &str) -> bool {
        let latest = match self {
            Form::Json => "application/vnd.pypi.simple.latest+json",
            Form::Html => "application/vnd.pypi.simple.latest+html",
            Form::PlainHtml => "text/html",
        };
        range.eq_ignore_ascii_case(self.media_type()) || range.eq_ignore_ascii_case(latest)
    }
}

/// Returns the form that the header `Accept` prefers, or `None` if it accepts no form. Without the
/// header, and where the client takes anything, the answer is `text/html`, as PEP 691 advises.
pub fn form_for(accept: Option<&str>) -> Option<Form> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Some(Form::PlainHtml);
    };
    let ranges: Vec<(&str, u16)> = accept.split(',').filter_map(range).collect();
    let rank = |form: Form| {
        // The most specific range decides about a form (RFC 9110, 12.5.1).
        let named = ranges.iter().filter(|(range, _)| form.is_named(range));
        let by_name = named.map(|(_, quality)| (*quality, 2)).max();
        let family = match form {
            Form::PlainHtml => "text/*",
            Form::Json | Form::Html => "application/*",
        };
        let of = |wanted: &str, specific: u8| {
            let all = ranges.iter().filter(|(range, _)| range.eq_ignore_ascii_case(wanted));
            all.map(|(_, quality)| (*quality, specific)).max()
        };
        by_name.or_else(|| of(family, 1)).or_else(|| of("*/*", 0))
    };
    let ranked = Form::ALL.into_iter().filter_map(|form| Some((rank(form)?, form)));
    let accepted = ranked.filter(|((quality, _), _)| *quality > 0);
    let best = accepted.max_by_key(|((quality, specific), form)| {
        let preference = match (form, specific) {
            (Form::PlainHtml, 0) => 3,
            (Form::Json, _) => 2,
            (Form::Html, _) => 1,
            (Form::PlainHtml, _) => 0,
        };
        (*quality, *specific, preference)
    });
    best.map(|(_, form)| form)
}

/// Returns a media range and its quality in thousandths. A malformed one counts for nothing.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut quality = 1000;
    for part in parts {
        let Some((key, value)) = part.split_once('=') else { continue };
        if key.trim().eq_ignore_ascii_case("q") {
            quality = thousandths(value.trim())?;
        }
    }
    Some((name, quality))
}

/// Reads `0`, `1`, or up to three digits behind a point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{rest:0<3}").parse().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_installer_gets_the_form_that_it_prefers() {
        let pip = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; \
                   q=0.1, text/html; q=0.01";
        let uv = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, \
                  text/html;q=0.01";
        for (accept, form) in [
            (Some(pip), Some(Form::Json)),
            (Some(uv), Some(Form::Json)),
            (None, Some(Form::PlainHtml)),
            (Some(""), Some(Form::PlainHtml)),
            (Some("*/*"), Some(Form::PlainHtml)),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), Some(Form::PlainHtml)),
            (Some("application/*"), Some(Form::Json)),
            (Some("application/vnd.pypi.simple.latest+json"), Some(Form::Json)),
            (Some("TEXT/HTML; charset=utf-8"), Some(Form::PlainHtml)),
            (Some("application/vnd.pypi.simple.v1+html, text/html"), Some(Form::Html)),
        ] {
            assert_eq!(form_for(accept), form, "{accept:?}");
        }
    }

    #[test]
    fn quality_values_decide_and_zero_refuses() {
        let json = Form::Json.media_type();
        for (accept, form) in [
            (format!("{json};q=0.1, text/html"), Some(Form::PlainHtml)),
            (format!("{json};q=0.901, text/html;q=0.9"), Some(Form::Json)),
            (format!("{json};q=0, */*"), Some(Form::PlainHtml)),
            (format!("text/html;q=0, {json};q=0.001"), Some(Form::Json)),
            (format!("{json};q=0"), None),
            // What is malformed is not accepted.
            (format!("{json};q=2"), None),
            (format!("{json};q=0.1234"), None),
            (format!("{json};q=x"), None),
            ("application/vnd.pypi.simple.v2+json".to_owned(), None),
            ("text/plain".to_owned(), None),
        ] {
            assert_eq!(form_for(Some(&accept)), form, "{accept}");
        }
    }
}
