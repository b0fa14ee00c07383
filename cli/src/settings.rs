//! What a command works with: options, then environment variables, then what `init` remembered,
//! then defaults.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use picotuf::{Digest, HashAlgorithm, Limits, Time};
use serde::{Deserialize, Serialize};

use crate::anchor::Anchor;
use crate::args::General;
use crate::clock;
use crate::error::CliError;
use crate::pypi;
use crate::transport::Base;

/// Settings that may come from the command line, the environment or the folder; each may be left
/// open.
#[derive(Clone, Debug, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// Where the metadata is: an http, https or file URL, or a folder; mirrors may be given too,
    /// and are asked in their order
    #[arg(long, value_name = "URL", global = true)]
    #[serde(default, with = "one_or_several", skip_serializing_if = "Option::is_none")]
    pub(crate) metadata_url: Option<Vec<String>>,

    /// Where the targets are: an http, https or file URL, or a folder; mirrors may be given too,
    /// and are asked in their order
    #[arg(long, value_name = "URL", global = true)]
    #[serde(default, with = "one_or_several", skip_serializing_if = "Option::is_none")]
    pub(crate) target_base_url: Option<Vec<String>>,

    /// The folder that downloaded targets go to [default: the current one]
    #[arg(long, value_name = "DIR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_dir: Option<PathBuf>,

    /// Ask for targets by their plain name also where the repository has consistent snapshots
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_hash_prefix: Option<bool>,

    /// The shape of a repository of Python packages: pep458, warehouse, rstuf, pep480, pep691, or a
    /// FILE.toml that describes another [default: pep458]
    #[arg(long, value_name = "LAYOUT", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layout: Option<String>,

    /// Trust the certificates in this PEM file, and no others, for https
    #[arg(long, value_name = "FILE", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,

    /// The user name for the server of --metadata-url; the password comes from PICOTUF_PASSWORD
    #[arg(long, value_name = "NAME", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,

    /// How long one request may take in all, in seconds [default: 3600]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u64>,

    /// How long it may take until a connection stands, in seconds [default: 20]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connect_timeout: Option<u64>,

    /// Give up a transfer that is slower than this over ten seconds, in bytes per second; 0 is
    /// never [default: 1000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_rate: Option<u64>,

    /// The longest root metadata, in bytes [default: 512000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) root_max_length: Option<u64>,

    /// The longest timestamp metadata, in bytes [default: 16384]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp_max_length: Option<u64>,

    /// The longest snapshot metadata, in bytes, where the timestamp states no length [default:
    /// 2000000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot_max_length: Option<u64>,

    /// The longest targets metadata, in bytes, where the snapshot states no length [default:
    /// 5000000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets_max_length: Option<u64>,

    /// How many new roots one refresh follows [default: 256]
    #[arg(long, value_name = "COUNT", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_root_rotations: Option<u32>,

    /// How many delegated roles the search for one target visits, at most 32 [default: 32]
    #[arg(long, value_name = "COUNT", global = true, help_heading = LIMITS, value_parser = clap::value_parser!(u32).range(..=32))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_delegations: Option<u32>,

    /// The SHA-256 of the trust anchor that `init` was given.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust_anchor: Option<String>,
}

/// All of it, decided.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder of the trusted metadata.
    pub(crate) metadata_dir: PathBuf,
    /// The root that the folder has to begin with.
    pub(crate) anchor: Option<Anchor>,
    /// The present time, read once.
    pub(crate) now: Time,
    /// The core's limits.
    pub(crate) limits: Limits,
    /// Whether a consistent-snapshot repository is asked for `HASH.name`.
    pub(crate) hash_prefix: bool,
    /// Where targets are written.
    pub(crate) target_dir: PathBuf,
    /// The layout that `check` looks files up by.
    pub(crate) layout: Option<String>,
    /// What concerns HTTP.
    pub(crate) network: Network,
    /// The targets that are asked for.
    pub(crate) target_names: Vec<String>,
    metadata_urls: Vec<Base>,
    target_base_urls: Vec<Base>,
}

/// How HTTP is spoken.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// For a whole request.
    pub(crate) timeout: Duration,
    /// For name resolution and connection.
    pub(crate) connect_timeout: Duration,
    /// In bytes per second.
    pub(crate) min_rate: u64,
    /// Certificates to trust in place of Mozilla's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Basic credentials for the server of the metadata.
    pub(crate) user: Option<String>,
    /// Their second half.
    pub(crate) password: Option<String>,
    /// Bearer credentials for the server of the metadata.
    pub(crate) token: Option<String>,
}

impl Settings {
    /// Decides every setting from the four sources.
    pub(crate) fn resolve(
        general: &General,
        choices: &Choices,
        environment: &Environment,
    ) -> Result<Self, CliError> {
        let choices = choices.clone().or(Choices::from_environment(environment)?);
        let root_length = choices.root_max_length.unwrap_or(Limits::default().root_length);
        let root = general.anchor.clone().or(environment.parse("root")?);
        let anchor = root.map(|root| Anchor::read(&root, root_length)).transpose()?;
        let metadata_dir = metadata_dir(general, anchor.as_ref(), environment)?;
        let choices = choices.or(Choices::remembered(&metadata_dir)?);
        Settings::decide(general, metadata_dir, anchor, choices, environment)
    }

    fn decide(
        general: &General,
        metadata_dir: PathBuf,
        anchor: Option<Anchor>,
        choices: Choices,
        environment: &Environment,
    ) -> Result<Self, CliError> {
        let default = Limits::default();
        let mut limits = default;
        limits.root_length = choices.root_max_length.unwrap_or(default.root_length);
        limits.timestamp_length = choices.timestamp_max_length.unwrap_or(default.timestamp_length);
        limits.snapshot_length = choices.snapshot_max_length.unwrap_or(default.snapshot_length);
        limits.targets_length = choices.targets_max_length.unwrap_or(default.targets_length);
        limits.root_rotations = choices.max_root_rotations.unwrap_or(default.root_rotations);
        limits.delegations = choices.max_delegations.unwrap_or(default.delegations);
        let network = Network {
            timeout: Duration::from_secs(choices.timeout.unwrap_or(TIMEOUT)),
            connect_timeout: Duration::from_secs(
                choices.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
            ),
            min_rate: choices.min_rate.unwrap_or(MIN_RATE),
            ca_file: choices.ca_file,
            user: choices.user,
            password: environment.get("PICOTUF_PASSWORD"),
            token: environment.get("PICOTUF_TOKEN"),
        };
        Ok(Settings {
            metadata_dir,
            anchor,
            now: clock::now(general.at.as_deref())?,
            limits,
            hash_prefix: !choices.no_hash_prefix.unwrap_or(false),
            target_dir: choices.target_dir.unwrap_or_else(|| PathBuf::from(".")),
            layout: choices.layout,
            network,
            target_names: general.target_name.clone(),
            metadata_urls: bases(choices.metadata_url)?,
            target_base_urls: bases(choices.target_base_url)?,
        })
    }

    /// Where the metadata is, mirrors in their order; wrong usage when nothing says so.
    pub(crate) fn metadata_urls(&self) -> Result<&[Base], CliError> {
        match &self.metadata_urls[..] {
            [] => Err(missing("--metadata-url URL", "PICOTUF_METADATA_URL")),
            bases => Ok(bases),
        }
    }

    /// Where the targets are, mirrors in their order; wrong usage when nothing says so.
    pub(crate) fn target_base_urls(&self) -> Result<&[Base], CliError> {
        match &self.target_base_urls[..] {
            [] => Err(missing("--target-base-url URL", "PICOTUF_TARGET_BASE_URL")),
            bases => Ok(bases),
        }
    }
}

fn bases(texts: Option<Vec<String>>) -> Result<Vec<Base>, CliError> {
    texts.into_iter().flatten().map(|text| Base::parse(&text)).collect()
}

impl Choices {
    /// The trust anchor that the folder began with, if it is known.
    pub(crate) fn anchor(&self) -> Option<Digest> {
        Digest::from_hex(HashAlgorithm::Sha256, self.trust_anchor.as_ref()?.as_bytes())
    }

    /// What the folder remembers; nothing when it has no settings.
    pub(crate) fn remembered(metadata_dir: &Path) -> Result<Self, CliError> {
        let path = metadata_dir.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                CliError::usage(format!("cannot be understood: {}", error.message()))
                    .file(path.display())
                    .hint("correct it, or delete it and give the options again")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Choices::default()),
            Err(error) => Err(CliError::io("read the settings", &path, &error)),
        }
    }

    /// As text for the folder: paths made absolute, because a later command may run elsewhere, and
    /// URLs without credentials, because the folder need not be secret.
    pub(crate) fn to_remember(&self) -> Result<String, CliError> {
        let mut choices = self.clone();
        for url in [&mut choices.metadata_url, &mut choices.target_base_url]
            .into_iter()
            .flatten()
            .flatten()
        {
            *url = Base::parse(url)?.without_credentials();
        }
        if let Some(layout) = &mut choices.layout {
            *layout = pypi::absolute(layout)?;
        }
        for path in [&mut choices.target_dir, &mut choices.ca_file].into_iter().flatten() {
            *path = std::path::absolute(&*path)
                .map_err(|error| CliError::io("make the path absolute", path, &error))?;
        }
        let text = toml::to_string(&choices)
            .map_err(|error| CliError::usage(format!("cannot be remembered: {error}")))?;
        Ok(format!(
            "# Written by `picotuf init`. Options and PICOTUF_* environment variables come before \
             these.\n{text}"
        ))
    }
}

/// The environment variables, or what a test puts in their place.
pub(crate) struct Environment(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String>;

impl Environment {
    /// The process's own. One of this program's that cannot be read is wrong usage: without it,
    /// another folder might be taken.
    pub(crate) fn of_process() -> Result<Self, CliError> {
        let ours =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let mut ours = ours.filter(|(name, _)| name.starts_with("PICOTUF_"));
        if let Some((name, _)) = ours.find(|(_, value)| value.to_str().is_none()) {
            return Err(CliError::usage(format!("the environment variable {name} is not UTF-8")));
        }
        Ok(Environment(Box::new(|name| std::env::var(name).ok())))
    }

    /// A variable's value; one that is empty counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A list of URLs: white space stands between them. Text that has another word is one folder's
    /// path, blanks and all.
    fn parse_several(&self, field: &str) -> Option<Vec<String>> {
        let text = self.get(&format!("PICOTUF_{}", field.to_uppercase()))?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let are_urls = !words.is_empty() && words.iter().all(|word| word.contains("://"));
        Some(if are_urls { words.into_iter().map(str::to_owned).collect() } else { vec![text] })
    }

    fn parse<T: FromStr>(&self, field: &str) -> Result<Option<T>, CliError> {
        let name = format!("PICOTUF_{}", field.to_uppercase());
        match self.get(&name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(CliError::usage(format!(
                    "the environment variable {name} is {text:?}, which it may not be"
                ))),
            },
        }
    }
}

/// The file in the metadata folder that holds what `init` remembered. It does not end in `.json`,
/// as metadata does.
pub(crate) const FILE_NAME: &str = "settings.toml";

/// The one that is named; or one per user; or, with `--root`, one per user and root, so that two
/// repositories do not meet in one.
fn metadata_dir(
    general: &General,
    anchor: Option<&Anchor>,
    environment: &Environment,
) -> Result<PathBuf, CliError> {
    if let Some(folder) = general.metadata_dir.clone().or(environment.parse("metadata_dir")?) {
        return Ok(folder);
    }
    let project = directories::ProjectDirs::from("", "", "picotuf")
        .ok_or_else(|| missing("--metadata-dir DIR", "PICOTUF_METADATA_DIR"))?;
    Ok(match anchor {
        Some(anchor) => project.data_dir().join("by-root").join(anchor.sha256.to_string()),
        None => project.data_dir().join("metadata"),
    })
}

fn missing(option: &str, variable: &str) -> CliError {
    // What `init` remembers belongs to its own folder, which is not that of --root.
    CliError::usage_code("missing-setting", format!("this needs {option}"))
        .hint(format!("give it here or as {variable}; without --root, `picotuf init` remembers it"))
}

macro_rules! each_choice {
    ($($field:ident)*; several: $($list:ident)*; not from the environment: $($other:ident)*) => {
        impl Choices {
            /// Fills what is open here from `other`.
            pub(crate) fn or(self, other: Choices) -> Choices {
                Choices {
                    $($field: self.$field.or(other.$field),)*
                    $($list: self.$list.or(other.$list),)*
                    $($other: self.$other.or(other.$other),)*
                }
            }

            /// What the environment says.
            pub(crate) fn from_environment(environment: &Environment) -> Result<Choices, CliError> {
                Ok(Choices {
                    $($field: environment.parse(stringify!($field))?,)*
                    $($list: environment.parse_several(stringify!($list)),)*
                    $($other: None,)*
                })
            }
        }
    };
}

each_choice! {
    target_dir no_hash_prefix layout ca_file user timeout connect_timeout min_rate
    root_max_length timestamp_max_length snapshot_max_length targets_max_length max_root_rotations max_delegations;
    several: metadata_url target_base_url;
    not from the environment: trust_anchor
}

/// A list as the folder remembers it: one entry as a string, several as an array.
mod one_or_several {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum List {
        One(String),
        Several(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(
        list: &Option<Vec<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match list.as_deref() {
            Some([one]) => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<Option<Vec<String>>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(|list| match list {
            List::One(one) => vec![one],
            List::Several(several) => several,
        }))
    }
}

const NETWORK: &str = "Network";
const LIMITS: &str = "Limits";

/// An hour: the largest files on PyPI take that long on a slow line, while `MIN_RATE` ends an
/// attack much earlier.
const TIMEOUT: u64 = 3600;
const CONNECT_TIMEOUT: u64 = 20;
/// A modem's speed: below it, somebody withholds an update by serving it slowly.
const MIN_RATE: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(values: &'static [(&'static str, &'static str)]) -> Environment {
        Environment(Box::new(|name| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    fn texts(bases: &[Base]) -> Vec<String> {
        bases.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_option_wins_over_the_environment_and_that_over_what_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join(FILE_NAME),
            "metadata_url = 'http://remembered/'\ntarget_base_url = \
             'http://remembered/t'\ntimeout = 7\nmin_rate = 1\n",
        )
        .unwrap();
        let general = General { metadata_dir: Some(folder.path().into()), ..General::default() };
        let options =
            Choices { metadata_url: Some(vec!["http://option/".into()]), ..Choices::default() };
        let environment = environment(&[
            ("PICOTUF_METADATA_URL", "http://environment/"),
            ("PICOTUF_TIMEOUT", "9"),
            ("PICOTUF_USER", ""),
        ]);
        let settings = Settings::resolve(&general, &options, &environment).unwrap();
        assert_eq!(texts(settings.metadata_urls().unwrap()), ["http://option/"]);
        assert_eq!(texts(settings.target_base_urls().unwrap()), ["http://remembered/t"]);
        assert_eq!(settings.network.timeout, Duration::from_secs(9));
        assert_eq!(settings.network.min_rate, 1);
        assert_eq!(settings.network.connect_timeout, Duration::from_secs(CONNECT_TIMEOUT));
        assert_eq!(settings.network.user, None);
    }

    #[test]
    fn a_variable_may_hold_several_urls_or_one_folder() {
        let environment = environment(&[
            ("PICOTUF_METADATA_URL", "http://a/m  https://b/m\nfile:///c"),
            ("PICOTUF_TARGET_BASE_URL", "/my files/targets"),
        ]);
        let choices = Choices::from_environment(&environment).unwrap();
        assert_eq!(choices.metadata_url.unwrap(), ["http://a/m", "https://b/m", "file:///c"]);
        assert_eq!(choices.target_base_url.unwrap(), ["/my files/targets"]);
    }

    #[test]
    fn a_setting_that_nothing_gives_is_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        let general = General { metadata_dir: Some(folder.path().into()), ..General::default() };
        let settings = Settings::resolve(&general, &Choices::default(), &environment(&[])).unwrap();
        assert_eq!(settings.metadata_urls().unwrap_err().exit_code(), 2);
        let error = Settings::resolve(
            &general,
            &Choices::default(),
            &environment(&[("PICOTUF_TIMEOUT", "soon")]),
        );
        assert_eq!(error.unwrap_err().exit_code(), 2);
    }

    #[test]
    fn what_is_remembered_reads_back_without_secrets() {
        let choices = Choices {
            metadata_url: Some(vec!["https://me:secret@host/m/".into()]),
            target_base_url: Some(vec!["http://a/".into(), "http://me:secret@b/".into()]),
            no_hash_prefix: Some(true),
            max_root_rotations: Some(3),
            trust_anchor: Some("ab".into()),
            ..Choices::default()
        };
        let text = choices.to_remember().unwrap();
        assert!(!text.contains("secret"), "{text}");
        let back: Choices = toml::from_str(&text).unwrap();
        let metadata_url = Some(vec!["https://host/m/".to_owned()]);
        let target_base_url = Some(vec!["http://a/".to_owned(), "http://b/".to_owned()]);
        assert_eq!(back, Choices { metadata_url, target_base_url, ..choices });
        assert!(text.contains("metadata_url = \"https://host/m/\"\n"), "{text}");
    }
}
