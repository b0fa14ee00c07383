//! The options of a line of `requirements.txt`.

/// What the options of one line say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `--hash`, each as it is written.
    pub(super) hashes: Vec<String>,
    /// `-e`.
    pub(super) editable: Option<String>,
    /// `-r`.
    pub(super) requirements: Option<String>,
    /// `-c`.
    pub(super) constraints: Option<String>,
    /// The first one that may not stand beside a requirement.
    pub(super) not_of_a_requirement: Option<&'static str>,
}

/// Cuts a line where its options begin: at the first word with a hyphen in front.
pub(super) fn split(line: &str) -> (&str, &str) {
    let mut at = 0;
    for word in line.split_inclusive([' ', '\t']) {
        if word.starts_with('-') {
            break;
        }
        at += word.len();
    }
    let (requirement, options) = line.split_at_checked(at).unwrap_or((line, ""));
    (requirement.trim(), options.trim())
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// A message for an option that pip does not know in such a file, one that lacks its value or comes twice where once counts, and words that
    /// belong to no option.
    pub(super) fn parse(written: &str) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words(written)?.into_iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ if word.starts_with("--") => (word, None),
                _ => match word.char_indices().nth(2) {
                    Some((at, _)) if word.starts_with('-') => {
                        let (name, value) = word.split_at_checked(at).unwrap_or((&word, ""));
                        (name.to_owned(), Some(value.to_owned()))
                    }
                    _ => (word, None),
                },
            };
            let Some((known, kind)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                let what = if name.starts_with('-') { "the option" } else { "after the options, the word" };
                return Err(format!("{what} {name:?} is not known here"));
            };
            let value = match (kind, attached) {
                (Kind::Flag, None) => String::new(),
                (Kind::Flag, Some(_)) => return Err(format!("the option {known} takes no value")),
                (_, attached) => {
                    attached.or_else(|| words.next()).ok_or_else(|| format!("the option {known} lacks its value"))?
                }
            };
            if !matches!(kind, Kind::Hash | Kind::OfRequirement) {
                options.not_of_a_requirement.get_or_insert(known);
            }
            let once = match kind {
                Kind::Hash => {
                    options.hashes.push(value);
                    continue;
                }
                Kind::Flag | Kind::Value | Kind::OfRequirement => continue,
                Kind::Editable => &mut options.editable,
                Kind::Requirements => &mut options.requirements,
                Kind::Constraints => &mut options.constraints,
            };
            if once.replace(value).is_some() {
                return Err(format!("the option {known} stands twice in one line"));
            }
        }
        Ok(options)
    }
}

/// Splits like a POSIX shell: quotes and backslashes.
fn words(written: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), _) if character == open => quote = None,
            (None | Some('"'), '\\') => {
                let escaped = characters.next().ok_or("a backslash with nothing behind it")?;
                let word = word.get_or_insert_default();
                if quote.is_some() && !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err("a quotation mark without its second half".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Constraints,
    Editable,
    Flag,
    Hash,
    OfRequirement,
    Requirements,
    Value,
}

/// What pip knows in such a file. Which index a file comes from does not matter: its hash decides.
const KNOWN: [(&str, Kind); 28] = [
    ("--all-releases", Kind::Value),
    ("--config-setting", Kind::OfRequirement),
    ("--config-settings", Kind::OfRequirement),
    ("--constraint", Kind::Constraints),
    ("--editable", Kind::Editable),
    ("--extra-index-url", Kind::Value),
    ("--find-links", Kind::Value),
    ("--global-option", Kind::OfRequirement),
    ("--hash", Kind::Hash),
    ("--index-url", Kind::Value),
    ("--no-binary", Kind::Value),
    ("--no-index", Kind::Flag),
    ("--no-require-hashes", Kind::Flag),
    ("--only-binary", Kind::Value),
    ("--only-final", Kind::Value),
    ("--pre", Kind::Flag),
    ("--prefer-binary", Kind::Flag),
    ("--pypi-url", Kind::Value),
    ("--require-hashes", Kind::Flag),
    ("--requirement", Kind::Requirements),
    ("--trusted-host", Kind::Value),
    ("--use-feature", Kind::Value),
    ("-C", Kind::OfRequirement),
    ("-c", Kind::Constraints),
    ("-e", Kind::Editable),
    ("-f", Kind::Value),
    ("-i", Kind::Value),
    ("-r", Kind::Requirements),
];
