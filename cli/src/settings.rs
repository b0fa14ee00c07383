//! The settings of a command, from options, environment variables, settings saved by `init`, and
//! defaults, in this order.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use picotuf::Limits;
use picotuf_client::anchor::Anchor;
use picotuf_client::sigstore::SigstoreRoot;
use picotuf_client::{Base, Config, Error, Identities, missing_setting};

use crate::choices::Choices;
use crate::clock::{self, Clock};
use crate::environment::Environment;
use crate::general::General;
use crate::transport::Network;

/// The resolved settings of a command.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The configuration of the client.
    pub(crate) config: Config,
    /// The folder for other data: the trusted metadata of Sigstore's repository.
    pub(crate) data_dir: PathBuf,
    /// The root of `--root`, which the folder must trust.
    pub(crate) anchor: Option<Anchor>,
    /// The time, for a command that runs for long.
    pub(crate) clock: Clock,
    /// The folder for downloaded targets.
    pub(crate) target_dir: PathBuf,
    /// The layout for `check` and `metadata`.
    pub(crate) layout: Option<String>,
    /// The settings of HTTP.
    pub(crate) network: Network,
    /// The targets of `--target-name`.
    pub(crate) target_names: Vec<String>,
    /// The file of a saved `--identity-root` that is gone. Few repositories need it.
    pub(crate) missing_identity_root: Option<PathBuf>,
}

impl Settings {
    /// Resolves every setting from the four sources.
    pub(crate) fn resolve(
        general: &General,
        choices: &Choices,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let choices = choices.clone().or(Choices::from_environment(environment)?);
        let root_length = choices.root_max_length.unwrap_or(Limits::default().root_length);
        let root = general.anchor.clone().or(environment.parse("root")?);
        let anchor = root.map(|root| Anchor::read(&root, root_length)).transpose()?;
        let (metadata_dir, data_dir) = folders(general, anchor.as_ref(), environment)?;
        let is_given = choices.identity_root.is_some();
        let mut choices = choices.or(Choices::remembered(&metadata_dir)?);
        // What was saved long ago fails only where it is needed.
        let is_gone = |path: &mut PathBuf| !is_given && !path.exists();
        let missing = choices.identity_root.take_if(is_gone);
        let folders = (metadata_dir, data_dir);
        let settings = Settings::decide(general, folders, anchor, choices, environment)?;
        Ok(Settings { missing_identity_root: missing, ..settings })
    }

    fn decide(
        general: &General,
        (metadata_dir, data_dir): (PathBuf, PathBuf),
        anchor: Option<Anchor>,
        choices: Choices,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let default = Limits::default();
        let mut limits = default;
        limits.root_length = choices.root_max_length.unwrap_or(default.root_length);
        limits.timestamp_length = choices.timestamp_max_length.unwrap_or(default.timestamp_length);
        limits.snapshot_length = choices.snapshot_max_length.unwrap_or(default.snapshot_length);
        limits.targets_length = choices.targets_max_length.unwrap_or(default.targets_length);
        limits.root_rotations = choices.max_root_rotations.unwrap_or(default.root_rotations);
        limits.delegations = choices.max_delegations.unwrap_or(default.delegations);
        let usual = Network::default();
        let seconds = |choice: Option<u64>| choice.map(Duration::from_secs);
        let network = Network {
            timeout: seconds(choices.timeout).unwrap_or(usual.timeout),
            connect_timeout: seconds(choices.connect_timeout).unwrap_or(usual.connect_timeout),
            min_rate: choices.min_rate.unwrap_or(usual.min_rate),
            jobs: choices.jobs.map_or(usual.jobs, usize::from),
            ca_file: choices.ca_file,
            user: choices.user,
            password: environment.get("PICOTUF_PASSWORD"),
            token: environment.get("PICOTUF_TOKEN"),
            netrc: true,
            user_agent: None,
        };
        let now = clock::now(general.at.as_deref())?;
        let identity_root =
            choices.identity_root.as_deref().map(SigstoreRoot::given).transpose()?;
        let config = Config {
            metadata_dir,
            now,
            limits,
            identities: identity_root.map(|root| Identities::new(root, now)),
            hash_prefix: !choices.no_hash_prefix.unwrap_or(false),
            metadata: bases(choices.metadata_url)?,
            targets: bases(choices.target_base_url)?,
            threads: choices.jobs.and_then(|jobs| NonZeroUsize::new(jobs.into())),
        };
        Ok(Settings {
            config,
            data_dir,
            anchor,
            clock: Clock::new(general.at.as_ref().map(|_| now)),
            target_dir: choices.target_dir.unwrap_or_else(|| PathBuf::from(".")),
            layout: choices.layout,
            network,
            target_names: general.target_name.clone(),
            missing_identity_root: None,
        })
    }
}

fn bases(texts: Option<Vec<String>>) -> Result<Vec<Base>, Error> {
    texts.into_iter().flatten().map(|text| Base::parse(&text)).collect()
}

/// Returns the metadata folder and the folder for other data. The metadata folder is the named one,
/// which then holds other data too; or one per user; or with `--root` one per user and root, so
/// that two repositories do not share a folder.
fn folders(
    general: &General,
    anchor: Option<&Anchor>,
    environment: &Environment,
) -> Result<(PathBuf, PathBuf), Error> {
    if let Some(folder) = general.metadata_dir.clone().or(environment.parse("metadata_dir")?) {
        return Ok((folder.clone(), folder));
    }
    let project = directories::ProjectDirs::from("", "", "picotuf")
        .ok_or_else(|| missing_setting("--metadata-dir DIR", "PICOTUF_METADATA_DIR"))?;
    let data_dir = project.data_dir().to_owned();
    let metadata_dir = match anchor {
        Some(anchor) => data_dir.join("by-root").join(anchor.sha256.to_string()),
        None => data_dir.join("metadata"),
    };
    Ok((metadata_dir, data_dir))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use picotuf_client::anchor::SETTINGS_NAME;

    use super::*;

    fn environment(values: &'static [(&'static str, &'static str)]) -> Environment {
        Environment::of(|name| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn texts(bases: &[Base]) -> Vec<String> {
        bases.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_option_wins_over_the_environment_and_that_over_what_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join(SETTINGS_NAME),
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
        assert_eq!(texts(settings.config.metadata_urls().unwrap()), ["http://option/"]);
        assert_eq!(texts(settings.config.target_base_urls().unwrap()), ["http://remembered/t"]);
        assert_eq!(settings.network.timeout, Duration::from_secs(9));
        assert_eq!(settings.network.min_rate, 1);
        assert_eq!(settings.network.connect_timeout, Duration::from_secs(20));
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
        assert!(settings.config.metadata_urls().unwrap_err().is_usage());
        let error = Settings::resolve(
            &general,
            &Choices::default(),
            &environment(&[("PICOTUF_TIMEOUT", "soon")]),
        );
        assert!(error.unwrap_err().is_usage());
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
