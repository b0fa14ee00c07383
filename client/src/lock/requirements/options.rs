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
    /// Addresses of indexes and of folders of links.
    pub(super) indexes: Vec<String>,
    /// Whether there is one that lets pip install what has no hash: `--no-require-hashes`.
    pub(super) hashes_not_required: bool,
    /// Whether there is one that has packages built, or changes how: `--no-binary`,
    /// `--config-settings`.
    pub(super) changes_builds: bool,
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
    /// A message for an option that pip does not know in such a file, one that lacks its value or
    /// comes twice where once counts, and words that belong to no option.
    pub(super) fn parse(written: &str) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words(written)?.into_iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ if word.starts_with("--") => (word, None),
                _ => match word.char_indices().nth(2) {
                    Some((at, _)) if word.starts_with('-') => {
                        let (name, value) = word.split_at_checked(at).unwrap_or((&word, ""));
                        (name.to_owned(), Some(value.to_owned()))
                    }
                    _ => (word, None),
                },
            };
            // The value of `-e` may have a marker behind it: so does uv write it.
            if options.editable.is_some() && !name.starts_with('-') {
                continue;
            }
            let Some((known, kind)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
                return Err(
                    match name.strip_prefix("--").filter(|name| name.bytes().all(is_plain)) {
                        Some(_) => format!("the option {name} is unknown"),
                        // What it is may be a secret in the wrong place.
                        None if name.starts_with('-') => {
                            "the requirement has an unknown option".to_owned()
                        }
                        None => "the requirement has text after its options".to_owned(),
                    },
                );
            };
            let value = match (kind, attached) {
                (Kind::Flag | Kind::HashesNotRequired, None) => String::new(),
                (Kind::Flag | Kind::HashesNotRequired, Some(_)) => {
                    return Err(format!("the option {known} takes no value"));
                }
                (_, attached) => attached
                    .or_else(|| words.next())
                    .ok_or_else(|| format!("the option {known} needs a value"))?,
            };
            if !matches!(kind, Kind::Hash | Kind::BuildOfRequirement) {
                options.not_of_a_requirement.get_or_insert(known);
            }
            let once = match kind {
                Kind::Hash => {
                    options.hashes.push(value);
                    continue;
                }
                Kind::HashesNotRequired => {
                    options.hashes_not_required = true;
                    continue;
                }
                Kind::Index => {
                    options.indexes.push(value);
                    continue;
                }
                Kind::NoBinary => {
                    options.changes_builds |= value.trim() != ":none:";
                    continue;
                }
                Kind::BuildOfRequirement => {
                    options.changes_builds = true;
                    continue;
                }
                Kind::Flag | Kind::Value => continue,
                Kind::Editable => &mut options.editable,
                Kind::Requirements => &mut options.requirements,
                Kind::Constraints => &mut options.constraints,
            };
            if once.replace(value).is_some() {
                return Err(format!("the line has the option {known} twice"));
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
                let escaped = characters.next().ok_or("the line ends with a backslash")?;
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
    BuildOfRequirement,
    Constraints,
    Editable,
    Flag,
    Hash,
    HashesNotRequired,
    Index,
    NoBinary,
    Requirements,
    Value,
}

/// What pip knows in such a file. Which index a file comes from does not matter: its hash decides.
const KNOWN: [(&str, Kind); 28] = [
    ("--all-releases", Kind::Value),
    ("--config-setting", Kind::BuildOfRequirement),
    ("--config-settings", Kind::BuildOfRequirement),
    ("--constraint", Kind::Constraints),
    ("--editable", Kind::Editable),
    ("--extra-index-url", Kind::Index),
    ("--find-links", Kind::Index),
    ("--global-option", Kind::BuildOfRequirement),
    ("--hash", Kind::Hash),
    ("--index-url", Kind::Index),
    ("--no-binary", Kind::NoBinary),
    ("--no-index", Kind::Flag),
    ("--no-require-hashes", Kind::HashesNotRequired),
    ("--only-binary", Kind::Value),
    ("--only-final", Kind::Value),
    ("--pre", Kind::Flag),
    ("--prefer-binary", Kind::Flag),
    ("--pypi-url", Kind::Index),
    ("--require-hashes", Kind::Flag),
    ("--requirement", Kind::Requirements),
    ("--trusted-host", Kind::Value),
    ("--use-feature", Kind::Value),
    ("-C", Kind::BuildOfRequirement),
    ("-c", Kind::Constraints),
    ("-e", Kind::Editable),
    ("-f", Kind::Index),
    ("-i", Kind::Index),
    ("-r", Kind::Requirements),
];
