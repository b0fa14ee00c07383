//! One requirement of `requirements.txt`: a project with a version, or something that lies
//! elsewhere.

use picotuf::pypi::is_valid_name;

use crate::lock::Reason;
use crate::lock::marker::is_marker;
use crate::lock::text::is_version;

/// What a requirement asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requirement {
    /// Something of an index.
    Named {
        /// As it is written.
        project: String,
        /// The one version that it is pinned to.
        version: Option<String>,
    },
    /// Something that no index is asked for.
    Elsewhere(Reason),
}

impl Requirement {
    /// Reads a requirement, which may have extras and a marker; the options are cut off already.
    ///
    /// # Errors
    /// A message for what is no requirement.
    pub(super) fn parse(written: &str) -> Result<Requirement, String> {
        if let Some(why) = elsewhere(written) {
            return Ok(Requirement::Elsewhere(why));
        }
        // What it is may be a secret in the wrong place, so that it is not shown.
        let wrong =
            || "the line is malformed: expected NAME==VERSION, a URL or an option".to_owned();
        let (head, marker) = match written.split_once(';') {
            Some((head, marker)) => (head, Some(marker)),
            None => (written, None),
        };
        if marker.is_some_and(|marker| !is_marker(marker)) {
            return Err("the environment marker is malformed (PEP 508)".to_owned());
        }
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let end = head.find(|character| !is_part(character)).unwrap_or(head.len());
        let (project, rest) = head.split_at_checked(end).ok_or_else(wrong)?;
        if project.is_empty() {
            return Err(wrong());
        }
        let rest = match rest.trim().strip_prefix('[') {
            None => rest.trim(),
            Some(after) => {
                let (extras, after) = after.split_once(']').ok_or_else(wrong)?;
                let is_extra = |extra: &str| is_valid_name(extra.trim());
                if !extras.trim().is_empty() && !extras.split(',').all(is_extra) {
                    return Err(wrong());
                }
                after.trim()
            }
        };
        if let Some(address) = rest.strip_prefix('@') {
            return elsewhere(address.trim()).map(Requirement::Elsewhere).ok_or_else(wrong);
        }
        let rest = match rest.strip_prefix('(') {
            Some(inner) => inner.strip_suffix(')').ok_or_else(wrong)?,
            None => rest,
        };
        let mut version = None;
        let specifiers: Vec<_> = rest.split(',').map(str::trim).collect();
        for specifier in specifiers.iter().filter(|_| !rest.trim().is_empty()) {
            let (operator, wanted) = OPERATORS
                .iter()
                .find_map(|operator| Some((*operator, specifier.strip_prefix(operator)?.trim())))
                .ok_or_else(wrong)?;
            // uv 0.8 to 0.12 drop the hashes of `===`.
            let is_pin = operator == "==" && !wanted.contains('*');
            if !is_version(wanted.trim_end_matches(".*")) {
                return Err(wrong());
            }
            version = (is_pin && specifiers.len() == 1).then(|| wanted.to_owned());
        }
        Ok(Requirement::Named { project: project.to_owned(), version })
    }
}

/// Why this is no project of an index, by its form alone: the disk is not asked.
pub(super) fn elsewhere(written: &str) -> Option<Reason> {
    if let Some(scheme) = scheme(written) {
        return Some(match scheme.as_str() {
            "file" => Reason::Path,
            // A drive of Windows.
            _ if scheme.len() == 1 => Reason::Path,
            "git" | "hg" | "svn" | "bzr" => Reason::Vcs,
            _ if VCS.iter().any(|vcs| scheme.starts_with(vcs)) => Reason::Vcs,
            _ => Reason::Url,
        });
    }
    let path = written.split(['@', ';']).next().unwrap_or(written).trim();
    let path_without_extras = path.split('[').next().unwrap_or(path).trim().to_ascii_lowercase();
    let is_archive = ARCHIVES.iter().any(|extension| path_without_extras.ends_with(extension));
    (written.starts_with(['.', '~']) || path.contains(['/', '\\']) || is_archive)
        .then_some(Reason::Path)
}

/// Returns what stands before the first colon, in lower case, if it can be a scheme.
pub(super) fn scheme(written: &str) -> Option<String> {
    let (scheme, _) = written.split_once(':')?;
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+.-".contains(character);
    (scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.chars().all(is_part))
        .then(|| scheme.to_ascii_lowercase())
}

/// The longer ones first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
const VCS: [&str; 4] = ["git+", "hg+", "svn+", "bzr+"];
const ARCHIVES: [&str; 12] = [
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
];
