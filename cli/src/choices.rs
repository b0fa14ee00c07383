//! The settings that a user may choose: on the command line, in the environment, or in the folder,
//! which remembers what `init` was given.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use picotuf::{Digest, HashAlgorithm};
use picotuf_client::anchor::{Remembered, SETTINGS_NAME, write_settings};
use picotuf_client::{Base, Error, pypi};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;

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

    /// How many files are fetched at the same time, at most 64 [default: 16]
    #[arg(long, value_name = "COUNT", global = true, help_heading = NETWORK)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jobs: Option<u16>,

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

impl Choices {
    /// The trust anchor that the folder began with, if it is known.
    pub(crate) fn anchor(&self) -> Option<Digest> {
        Digest::from_hex(HashAlgorithm::Sha256, self.trust_anchor.as_ref()?.as_bytes())
    }

    /// What the folder remembers; nothing when it has no settings.
    pub(crate) fn remembered(metadata_dir: &Path) -> Result<Self, Error> {
        let path = metadata_dir.join(SETTINGS_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Error::usage(format!("cannot be understood: {}", error.message()))
                    .file(path.display())
                    .hint("correct it, or delete it and give the options again")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Choices::default()),
            Err(error) => Err(Error::io("read the settings", &path, &error)),
        }
    }

    /// As text for the folder: paths made absolute, because a later command may run elsewhere, and
    /// URLs without credentials, because the folder need not be secret.
    pub(crate) fn to_remember(&self) -> Result<String, Error> {
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
                .map_err(|error| Error::io("make the path absolute", path, &error))?;
        }
        let text = toml::to_string(&choices)
            .map_err(|error| Error::usage(format!("cannot be remembered: {error}")))?;
        Ok(format!(
            "# Written by `picotuf init`. Options and PICOTUF_* environment variables come before \
             these.\n{text}"
        ))
    }
}

/// What a folder remembers: its own choices, under those of this run.
pub(crate) struct Memory<'m> {
    /// The folder.
    pub(crate) folder: &'m Path,
    /// The choices of this run that the folder is to remember.
    pub(crate) new: Choices,
}

impl Remembered for Memory<'_> {
    fn load(&mut self) -> Result<Option<Digest>, Error> {
        Ok(Choices::remembered(self.folder)?.anchor())
    }

    fn forget(&mut self) -> Result<(), Error> {
        let others = Choices { trust_anchor: None, ..Choices::remembered(self.folder)? };
        write_settings(self.folder, &others.to_remember()?)
    }

    fn remember(&mut self, sha256: &Digest) -> Result<(), Error> {
        let new = Choices { trust_anchor: Some(sha256.to_string()), ..self.new.clone() };
        let all = new.or(Choices::remembered(self.folder)?);
        write_settings(self.folder, &all.to_remember()?)
    }
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
            pub(crate) fn from_environment(environment: &Environment) -> Result<Choices, Error> {
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
    target_dir no_hash_prefix layout ca_file user timeout connect_timeout min_rate jobs
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
