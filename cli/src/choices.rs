//! The settings that `init` can save in the metadata folder. Options and environment variables
//! override them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use picotuf::{Digest, HashAlgorithm};
use picotuf_client::anchor::{Remembered, SETTINGS_NAME, write_settings};
use picotuf_client::{Base, Error, pypi};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;

/// Settings from options, environment variables or the metadata folder. Each is optional.
#[derive(Clone, Debug, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// URL of the metadata (http, https or file), or a folder; repeat the option for mirrors, in
    /// the order in which to try them
    #[arg(long, value_name = "URL", global = true, help_heading = REPOSITORY)]
    #[serde(default, with = "one_or_several", skip_serializing_if = "Option::is_none")]
    pub(crate) metadata_url: Option<Vec<String>>,

    /// URL of the targets (http, https or file), or a folder; repeat the option for mirrors, in the
    /// order in which to try them
    #[arg(long, value_name = "URL", global = true, help_heading = REPOSITORY)]
    #[serde(default, with = "one_or_several", skip_serializing_if = "Option::is_none")]
    pub(crate) target_base_url: Option<Vec<String>>,

    /// Folder for downloaded targets [default: the current folder]
    #[arg(long, value_name = "DIR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_dir: Option<PathBuf>,

    /// Request targets without a hash in the file name, even if the repository has consistent
    /// snapshots
    #[arg(long, global = true, value_name = "BOOL", help_heading = REPOSITORY)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) no_hash_prefix: Option<bool>,

    /// Layout of a repository of Python packages: pep458, warehouse, rstuf, pep480, pep691, or a
    /// FILE.toml (see `picotuf help check`) [default: pep458]
    #[arg(long, value_name = "LAYOUT", global = true, help_heading = REPOSITORY)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) layout: Option<String>,

    /// Sigstore's trusted_root.json, which you trust, to verify roles that identities sign (keys of
    /// type sigstore-oidc)
    #[arg(long, value_name = "FILE", global = true, help_heading = REPOSITORY)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_root: Option<PathBuf>,

    /// PEM file with the only certificates to trust for https
    #[arg(long, value_name = "FILE", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,

    /// User name for the server of the first --metadata-url; PICOTUF_PASSWORD has the password
    #[arg(long, value_name = "NAME", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,

    /// Timeout of one request, in seconds [default: 3600]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u64>,

    /// Connection timeout, in seconds [default: 20]
    #[arg(long, value_name = "SECONDS", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connect_timeout: Option<u64>,

    /// Minimum transfer rate over ten seconds, in bytes per second; 0 is no minimum [default: 1000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_rate: Option<u64>,

    /// Number of files to download at the same time, at most 64 [default: 16]; for `mirror
    /// --check`, the number of threads [default: one per processor]
    #[arg(long, value_name = "COUNT", global = true, help_heading = NETWORK)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jobs: Option<u16>,

    /// Maximum length of root metadata, in bytes [default: 512000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) root_max_length: Option<u64>,

    /// Maximum length of timestamp metadata, in bytes [default: 16384]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp_max_length: Option<u64>,

    /// Maximum length of snapshot metadata, in bytes, if timestamp does not state a length
    /// [default: 2000000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot_max_length: Option<u64>,

    /// Maximum length of targets metadata, in bytes, if snapshot does not state a length [default:
    /// 5000000]
    #[arg(long, value_name = "BYTES", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets_max_length: Option<u64>,

    /// Maximum number of new root versions in one refresh [default: 256]
    #[arg(long, value_name = "COUNT", global = true, help_heading = LIMITS)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_root_rotations: Option<u32>,

    /// Maximum number of delegated roles to visit in the search for a target, at most 32 [default:
    /// 32]
    #[arg(long, value_name = "COUNT", global = true, help_heading = LIMITS)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=32))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_delegations: Option<u32>,

    /// The SHA-256 of the root that the folder first trusted.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust_anchor: Option<String>,
}

impl Choices {
    /// Returns the SHA-256 of the root that the folder first trusted, if it is known.
    pub(crate) fn anchor(&self) -> Option<Digest> {
        Digest::from_hex(HashAlgorithm::Sha256, self.trust_anchor.as_ref()?.as_bytes())
    }

    /// Returns the settings saved in the folder. Without a settings file, all are empty.
    pub(crate) fn remembered(metadata_dir: &Path) -> Result<Self, Error> {
        let path = metadata_dir.join(SETTINGS_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Error::usage(format!("cannot parse the settings: {}", error.message()))
                    .file(path.display())
                    .hint(
                        "fix the file, or delete it and run `picotuf init` again with the options",
                    )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Choices::default()),
            Err(error) => Err(Error::io("read the settings", &path, &error)),
        }
    }

    /// Returns the options of the settings that are given, as they are written.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let table = toml::Table::try_from(self)
            .map_err(|error| Error::usage(format!("cannot save the settings: {error}")))?;
        Ok(table.keys().map(|name| format!("--{}", name.replace('_', "-"))).collect())
    }

    /// Returns the text of the settings file. Paths are absolute, because a later command may run
    /// in another folder. URLs have no credentials, because the file is not secret.
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
        let Choices { target_dir, ca_file, identity_root, .. } = &mut choices;
        for path in [target_dir, ca_file, identity_root].into_iter().flatten() {
            *path = std::path::absolute(&*path)
                .map_err(|error| Error::io("make the path absolute", path, &error))?;
        }
        let text = toml::to_string(&choices)
            .map_err(|error| Error::usage(format!("cannot save the settings: {error}")))?;
        Ok(format!(
            "# Written by `picotuf init`. Options and PICOTUF_* environment variables override \
             these settings.\n{text}"
        ))
    }
}

/// The settings file of a metadata folder, with the settings of this run to save in it.
pub(crate) struct Memory<'m> {
    /// The metadata folder.
    pub(crate) folder: &'m Path,
    /// The settings of this run to save.
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
            /// Returns these settings, with the missing ones from `other`.
            pub(crate) fn or(self, other: Choices) -> Choices {
                Choices {
                    $($field: self.$field.or(other.$field),)*
                    $($list: self.$list.or(other.$list),)*
                    $($other: self.$other.or(other.$other),)*
                }
            }

            /// Reads the settings from environment variables.
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
    target_dir no_hash_prefix layout identity_root ca_file user timeout connect_timeout min_rate
    jobs root_max_length timestamp_max_length snapshot_max_length targets_max_length
    max_root_rotations max_delegations;
    several: metadata_url target_base_url;
    not from the environment: trust_anchor
}

/// The form of a list in the settings file: a string for one entry, an array for several.
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

/// The heading of the options that say where a repository is, and how it is laid out.
pub(crate) const REPOSITORY: &str = "TUF repository";
const NETWORK: &str = "Network";
const LIMITS: &str = "Limits";
