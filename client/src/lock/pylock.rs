//! `pylock.toml`, [PEP 751](https://packaging.python.org/en/latest/specifications/pylock-toml/).

use picotuf::pypi::{FileName, ProjectName};
use picotuf_attest::{Publisher, StatedPublisher};

use super::hash::{Algorithm, Hashes};
use super::package::Package;
use super::schema::{Member, Oddity, Schema, Shape, compared, harmless, uncheckable};
use super::text::{Text, last_of_url};
use super::tree::{Table, parse_toml};
use super::{Entries, Identities, Reason, unsupported};
use crate::error::Error;

/// Reads all packages, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), Error> {
    let document = parse_toml(text)?;
    let root = Table::root(text, &document)?;
    let version = root.need_string("lock-version")?;
    if !is_supported(version) {
        let error = unsupported(format!(
            "the lock version {version:?} is not supported: expected 1 or 1.x"
        ));
        return Err(error.file(root.place_of("lock-version")));
    }
    if !root.has("packages") {
        return Err(root.error("`packages` is missing"));
    }
    entries.odd(ROOT.judge(&root, "")?)?;
    root.tables("packages")?.iter().try_for_each(|package| read_package(package, entries))
}

/// PEP 751: another major version means something else, another minor one only more. The version is
/// one of PEP 440, so that `1` is `1.0`.
fn is_supported(version: &str) -> bool {
    let minor = match version.strip_prefix('1') {
        Some("") => return true,
        Some(rest) => rest.strip_prefix('.').unwrap_or_default(),
        None => return false,
    };
    minor.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn read_package(table: &Table<'_>, entries: &mut Entries) -> Result<(), Error> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, table.string("version")?, table.place())?;
    package.odd(PACKAGE.judge(table, "packages")?);
    let source = ["vcs", "directory", "archive"].into_iter().filter(|source| table.has(source));
    let mut sources = source.chain((table.has("sdist") || table.has("wheels")).then_some("sdist"));
    let source = sources.next();
    if let Some(other) = sources.next() {
        return Err(table
            .error(format!("{project} has both `{}` and `{other}`", source.unwrap_or_default())));
    }
    let why = match source {
        Some("vcs") => {
            let vcs = table.table("vcs")?.unwrap_or(*table);
            // pip 26.3 fetches whatever the type and the URL together are the address of.
            match vcs.need_string("type")? {
                "git" | "hg" | "svn" | "bzr" => Some(Reason::Vcs),
                _ => return Err(vcs.error("`type` is not git, hg, svn or bzr")),
            }
        }
        Some("directory") => {
            let directory = table.table("directory")?.unwrap_or(*table);
            let is_part = directory.has("subdirectory");
            Some(match (directory.need_string("path")?, directory.flag("editable")?) {
                ("." | "./", _) if !is_part => Reason::OwnProject,
                (_, true) => Reason::Editable,
                (_, false) => Reason::Path,
            })
        }
        Some("archive") => {
            let archive = table.table("archive")?.unwrap_or(*table);
            // pipenv writes the path of a local file as `url`.
            Some(match archive.string("url")? {
                Some(url) if url.contains(':') && !url.starts_with("file:") => Reason::Url,
                _ => Reason::Path,
            })
        }
        _ => None,
    };
    if let Some(why) = why {
        return package.unchecked(why, entries);
    }
    if let Some(index) = table.string("index")? {
        package.index(index);
    }
    package.identities(read_identities(table)?);
    for file in table.table("sdist")?.into_iter().chain(table.tables("wheels")?) {
        read_file(&file, &mut package)?;
    }
    if !table.has("sdist") && table.tables("wheels")?.is_empty() {
        // PDM 2.29.4 then installs whatever the index has, whatever hashes pipenv noted.
        return package.unchecked(Reason::NoHash, entries);
    }
    if let Some(pipenv) =
        table.table("tool")?.map(|tool| tool.table("pipenv")).transpose()?.flatten()
    {
        for written in pipenv.strings("hashes")? {
            let hashes = Hashes::one(written.text()?).map_err(|wrong| written.error(wrong))?;
            // Of a file that may be anywhere.
            package.fetched_from(None);
            package.hash_alone(hashes, written.place())?;
        }
    }
    package.finish(entries)
}

/// Who must have attested the files; nothing where nobody is named, or anything of it is not known.
fn read_identities(table: &Table<'_>) -> Result<Option<Identities>, Error> {
    const NAME: &str = "attestation-identities";
    let mut any_of = Vec::new();
    for identity in table.tables(NAME)? {
        match read_identity(&identity)? {
            Some(identity) => any_of.push(identity),
            None => return Ok(None),
        }
    }
    let place = table.place_of(NAME);
    Ok((!any_of.is_empty()).then_some(Identities { any_of, place }))
}

/// A publisher object of PEP 740, as PyPI has them; nothing where it has other members.
fn read_identity(table: &Table<'_>) -> Result<Option<StatedPublisher>, Error> {
    let kind = table.need_string("kind")?;
    let members: &[&str] = match kind {
        "GitHub" => &["repository", "workflow"],
        "GitLab" => &["repository", "workflow_filepath"],
        "Google" => &["email"],
        "CircleCI" => &["project_id", "pipeline_definition_id"],
        _ => return Ok(None),
    };
    let optional: &[&str] = match kind {
        "CircleCI" => &["environment", "vcs_origin", "vcs_ref"],
        _ => &["environment"],
    };
    let known = |name| name == "kind" || members.contains(&name) || optional.contains(&name);
    if !table.members().all(|member| known(member.name())) {
        return Ok(None);
    }
    let text = |place: usize| -> Result<Option<String>, Error> {
        let name = members.get(place).copied().unwrap_or_default();
        Ok(table.string(name)?.map(str::to_owned))
    };
    let publisher = match (kind, text(0)?, text(1)?) {
        ("GitHub", Some(repository), Some(workflow)) => Publisher::GitHub { repository, workflow },
        ("GitLab", Some(repository), Some(workflow)) => Publisher::GitLab { repository, workflow },
        ("Google", Some(email), _) => Publisher::Google { email },
        ("CircleCI", Some(project_id), Some(pipeline_definition_id)) => {
            Publisher::CircleCi { project_id, pipeline_definition_id }
        }
        _ => return Ok(None),
    };
    let mut stated = StatedPublisher::new(publisher, table.string("environment")?);
    if optional.contains(&"vcs_origin") {
        stated.vcs_origin = table.string("vcs_origin")?.map(str::to_owned);
        stated.vcs_ref = table.string("vcs_ref")?.map(str::to_owned);
    }
    Ok(Some(stated))
}

/// An sdist or a wheel. Its name is `name`, else the last component of `path`, else that of `url`:
/// so do pip 26.3 and packaging 26.4.
fn read_file(table: &Table<'_>, package: &mut Package) -> Result<(), Error> {
    package.fetched_from(table.string("url")?);
    let of_url = table.string("url")?.map(|url| last_of_url(url).unwrap_or_default());
    let of_path =
        table.string("path")?.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned());
    let own = table.string("name")?.map(str::to_owned);
    let name = own.or(of_path).or_else(|| of_url.clone());
    let name = name.ok_or_else(|| table.error("a file has neither `name` nor `path` nor `url`"))?;
    // uv normalizes `name` and leaves the URL as the index has it.
    let other =
        of_url.filter(|other| *other != name && are_spellings(package.project(), &name, other));
    let mut hashes = Hashes::default();
    if let Some(written) = table.table("hashes")? {
        for hash in written.members() {
            hashes.add(hash.name(), hash.text()?).map_err(|wrong| hash.error(wrong))?;
        }
    }
    if !hashes.is_bound_by(Algorithm::Sha256) {
        package.odd(vec![Oddity { why: Reason::NoSha256, place: table.place() }]);
    }
    package.file_of_two_names(
        Some(&name),
        other.as_deref(),
        hashes,
        table.number("size")?,
        table.place(),
    )
}

/// Returns whether two file names are one in two spellings.
fn are_spellings(project: &str, one: &str, other: &str) -> bool {
    let Ok(project) = ProjectName::new(project) else { return false };
    let (Ok(one), Ok(other)) = (FileName::of(&project, one), FileName::of(&project, other)) else {
        return false;
    };
    one.is_spelling_of(&other)
}

const ROOT: Schema = Schema(&[
    compared("lock-version", Shape::Line),
    compared("packages", Shape::Entries),
    harmless("environments", Shape::Markers),
    harmless("requires-python", Shape::Line),
    harmless("extras", Shape::Extras),
    harmless("dependency-groups", Shape::Extras),
    harmless("default-groups", Shape::Extras),
    harmless("created-by", Shape::Text),
    // Hashes of the project file.
    harmless(
        "tool",
        Shape::Tools(&[("pdm", "hashes", &Shape::Any), ("pdm", "lock_inputs", &Shape::Any)]),
    ),
    // PEP 751 has them in a package; uv reads them here.
    IDENTITIES,
]);

const PACKAGE: Schema = Schema(&[
    compared("name", Shape::Line),
    compared("version", Shape::Version),
    harmless("marker", Shape::Marker),
    harmless("requires-python", Shape::Line),
    // Which of the packages need which others.
    harmless("dependencies", Shape::List(&Shape::Any)),
    compared("vcs", Shape::Table(&VCS)),
    compared("directory", Shape::Table(&DIRECTORY)),
    compared("archive", Shape::Table(&ARCHIVE)),
    // Errors name it. Where a file is fetched from does not matter: its hash decides.
    compared("index", Shape::Line),
    compared("sdist", Shape::Table(&FILE)),
    compared("wheels", Shape::Tables(&FILE)),
    IDENTITIES,
    // pipenv 2026.10.3 installs files by its hashes too, and PDM 2.29.4 resolves by its
    // dependencies.
    compared(
        "tool",
        Shape::Tools(&[
            ("pipenv", "hashes", &Shape::Texts),
            ("pdm", "dependencies", &Shape::Requirements),
        ]),
    ),
]);

const IDENTITIES: Member = uncheckable(
    "attestation-identities",
    Shape::List(&Shape::Named(&Shape::Any)),
    &Reason::AttestationIdentities,
);

const VCS: Schema = Schema(&[
    compared("type", Shape::Line),
    compared("url", Shape::Line),
    compared("path", Shape::Line),
    compared("requested-revision", Shape::Line),
    compared("commit-id", Shape::Line),
    compared("subdirectory", Shape::Line),
]);

const DIRECTORY: Schema = Schema(&[
    compared("path", Shape::Line),
    compared("editable", Shape::Flag),
    compared("subdirectory", Shape::Line),
]);

const ARCHIVE: Schema = Schema(&[
    compared("url", Shape::Line),
    compared("path", Shape::Line),
    compared("size", Shape::Number),
    harmless("upload-time", Shape::Time),
    compared("hashes", Shape::Named(&Shape::Line)),
    compared("subdirectory", Shape::Line),
]);

const FILE: Schema = Schema(&[
    compared("name", Shape::Line),
    harmless("upload-time", Shape::Time),
    // The hash decides, wherever the file is fetched from.
    compared("url", Shape::Line),
    compared("path", Shape::Line),
    compared("size", Shape::Number),
    compared("hashes", Shape::Named(&Shape::Line)),
]);
