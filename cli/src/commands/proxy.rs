//! `picotuf proxy`: serves an index that hands out only what verifies.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use picotuf::OneLine;
use picotuf::pypi::{Layout, TargetKind};
use picotuf_attest::Rules;
use picotuf_client::attestations::PYPI;
use picotuf_client::proxy::{Authority, Refusal, TOKEN_LENGTH_MIN};
use picotuf_client::publishers::{Asking, FILE_NAME, Publishers};
use picotuf_client::pypi::{self, Requirement};
use picotuf_client::sigstore::{Sigstore, SigstoreRoot};
use picotuf_client::{Base, Code, Error};

use super::attest::{index_base, read_pins};
use super::check::{has_repository, needs_no_repository};
use super::provenance::{repository, trusted_root};
use crate::args::{GuardOptions, ProxyOptions};
use crate::proxy::{
    Attesting, Cache, Front, Listening, Repository, Root, Say, Service, Tls, Upstream, Watched,
    allow_open_files, policy, told_to_stop,
};
use crate::report::{BAD, DIM, Log, Report};
use crate::settings::Settings;
use crate::transport::Transport;

pub(super) fn run(
    options: &ProxyOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let token = options.token_file.as_deref().map(read_token).transpose()?;
    let is_local = options.listen.ip().is_loopback();
    if !is_local && token.is_none() && options.tls_cert.is_none() {
        let message = "an address that is not a loopback one needs TLS or a token";
        return Err(Error::usage(message).file(options.listen).hint(
            "give --tls-cert FILE and --tls-key FILE; or give --token-file FILE, and put a server \
             that speaks TLS in front, because without TLS the token can be read on the network",
        ));
    }
    let is_everywhere = options.listen.ip().is_unspecified();
    if is_everywhere && options.host_name.is_empty() {
        let message = "this is every address of this machine, and clients ask for none by it";
        return Err(Error::usage(message)
            .file(options.listen)
            .hint("name the server as clients ask for it with --host-name NAME"));
    }
    let say = say(report);
    let pair = options.tls_cert.as_deref().zip(options.tls_key.as_deref());
    let tls = pair.map(|(certificate, key)| Tls::new(certificate, key, &say, log.events()));
    let tls = tls.transpose()?;
    let with_credentials = is_local || options.forward_credentials;
    let guard = &options.guard;
    let pins = guard.attest.publishers.clone().unwrap_or_else(|| FILE_NAME.into());
    let by = By::new(guard, &pins, || Ok(PYPI.to_owned()), settings)?;
    let uses = Uses { with_credentials, is_renewed: true, say: &say };
    let upstream = upstream(guard, &by, &pins, &uses, settings, report, log)?;
    allow_open_files();
    let listening = Listening::on(options.listen)?;
    let address = listening.address();
    let service = Service::new(upstream, options.guard.keep_urls, say);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let prefix = match &token {
        Some(_) => "TOKEN/",
        None => "",
    };
    // An address that stands for all others is of no use to clients.
    let name = options.host_name.first().filter(|_| is_everywhere);
    let server = name.map_or(address.to_string(), |name| format!("{name}:{}", address.port()));
    report.say(format_args!("listening on {scheme}://{server}/{prefix}simple/"));
    for text in modes(&options.guard) {
        report.say(format_args!("{BAD}{text}{BAD:#}"));
    }
    let authority = Authority::new(address, &options.host_name);
    let front = Front { service, authority, token, tls, is_renewed: true, forwarding: None };
    listening.serve(front, told_to_stop());
    report.say("stopped");
    Ok(())
}

/// Says which files are handed out though nothing verified them.
pub(super) fn modes(options: &GuardOptions) -> impl Iterator<Item = &'static str> {
    let observe = "--observe: files are handed out whatever they are";
    let keep_urls = "--keep-urls: clients get files from the index itself, and picotuf does not \
                     verify them";
    [(options.observe, observe), (options.keep_urls, keep_urls)]
        .into_iter()
        .filter_map(|(is_on, text)| is_on.then_some(text))
}

/// Returns what tells of refused files and of failures on standard error.
pub(super) fn say(report: &Report) -> Arc<Say> {
    let command = report.command();
    Arc::new(move |refusal: &Refusal, is_observed| {
        let what = match (is_observed, refusal.is_failure) {
            (true, _) => "would be refused",
            (false, true) => "failed",
            (false, false) => "refused",
        };
        let text = OneLine(&refusal.text);
        let _ = writeln!(anstream::stderr(), "{BAD}picotuf: {command}: {what}:{BAD:#} {text}");
    })
}

/// How a command uses the upstream.
pub(super) struct Uses<'u> {
    /// Whether requests have the credentials of this machine's user.
    pub(super) with_credentials: bool,
    /// Whether the publishers and the trusted root are read again while it runs. The command of
    /// `picotuf run` must not be able to change them.
    pub(super) is_renewed: bool,
    /// What is told of failures.
    pub(super) say: &'u Arc<Say>,
}

/// What files are verified by, and which index has their pages.
pub(super) struct By {
    /// The layout of the TUF repository, if there is one.
    layout: Option<Layout<'static>>,
    /// Whether attestations are held to the pinned publishers.
    pub(super) is_attested: bool,
    /// The index of unsigned pages.
    pub(super) index_url: Option<String>,
}

impl By {
    /// Returns what the options, the settings and a file of pins at this path come to. The default
    /// index counts with attestations only: a TUF repository may be of any index.
    ///
    /// # Errors
    /// Wrong usage where there is nothing to verify by, or nothing that could have pages.
    pub(super) fn new(
        options: &GuardOptions,
        pins: &Path,
        default_index: impl FnOnce() -> Result<String, Error>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let has_repository = has_repository(settings);
        let is_attested = options.attest.publishers.is_some()
            || options.require.contains(&Requirement::Attestation)
            || (!has_repository && pins.exists());
        if !has_repository && !is_attested {
            let message = "nothing says what to verify by: there is no TUF repository, and no \
                           file of publishers";
            return Err(Error::usage(message).hint(
                "for PyPI, write picotuf-publishers.toml with `picotuf publishers init LOCKFILE`; \
                 for a TUF repository, give --root and --metadata-url",
            ));
        }
        if !has_repository {
            needs_no_repository(&options.require)?;
        }
        let index_url = match &options.attest.index_url {
            None if is_attested && !has_repository => Some(default_index()?),
            given => given.clone(),
        };
        let layout = match has_repository {
            true => Some(pypi::resolve(settings.layout.as_deref())?),
            false => None,
        };
        let is_page = |layout: &Layout<'_>| {
            layout.paths.iter().any(|path| path.kind == TargetKind::IndexPage)
        };
        match (&layout, &index_url) {
            (Some(layout), None) if !is_page(layout) => {
                let message = format!(
                    "a repository with the layout {} signs files and no index pages, and no index \
                     is named: installers would find no project",
                    layout.name
                );
                Err(Error::usage_code(Code::MissingSetting, message).hint(NAME_THE_INDEX))
            }
            _ => Ok(By { layout, is_attested, index_url }),
        }
    }
}

/// Makes ready to ask for pages and files, and to verify them.
pub(super) fn upstream(
    options: &GuardOptions,
    by: &By,
    pins: &Path,
    uses: &Uses<'_>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<Upstream, Error> {
    let By { layout, is_attested, index_url } = by;
    let (layout, is_attested) = (*layout, *is_attested);
    let with_credentials = uses.with_credentials;
    let require_attestation = options.require.contains(&Requirement::Attestation);
    let parse = |text: &String| Base::parse(text);
    let mut index = index_url.as_deref().map(index_base).transpose()?;
    let mut files_from: Vec<Base> =
        options.files_from.iter().map(parse).collect::<Result<_, _>>()?;
    if index_url
        .as_deref()
        .is_some_and(|url| url.trim_end_matches('/') == PYPI.trim_end_matches('/'))
    {
        files_from.push(Base::parse(PYPI_FILES)?);
    }
    let provenance_from: Vec<Base> =
        options.attest.provenance_from.iter().map(parse).collect::<Result<_, _>>()?;
    if !with_credentials {
        for base in index.iter_mut().chain(&mut files_from) {
            *base = Base::parse(&base.without_credentials())?;
        }
    }
    let sigstore = match is_attested {
        true => repository(&options.attest.sigstore, settings)?,
        false => None,
    };
    let metadata = &settings.config.metadata;
    let mut named = settings.config.targets.clone();
    named.extend(index.iter().chain(&files_from).chain(&provenance_from).cloned());
    named.extend(sigstore.iter().flat_map(|one| one.config().metadata.clone()));
    let network = match with_credentials {
        true => settings.network.clone(),
        false => settings.network.without_credentials(),
    };
    let transport = Transport::new(&network, metadata, &named, log.events().clone(), true)?;
    let transport = Arc::new(transport);
    let attestations = match is_attested {
        false => None,
        true => {
            let asking = Asking {
                index: index.clone(),
                provenance_from,
                allow: options.allow.clone(),
                rules: Rules { require_attestation, ..Rules::default() },
                log: log.events().clone(),
            };
            Some(Attesting {
                publishers: publishers(options, pins, uses, report, log)?,
                root: root(options, sigstore, &transport, uses, settings, report, log)?,
                asking,
                clock: settings.clock,
                made: Mutex::default(),
            })
        }
    };
    let clock = settings.clock;
    let repository = match layout {
        None => None,
        Some(layout) => {
            picotuf_client::must_be_initialized(&settings.config.metadata_dir)?;
            settings.config.metadata_urls()?;
            let policy = policy(&options.require, &options.allow);
            let config = &settings.config;
            Some(Repository::start(config, layout, policy, clock, &transport, log))
        }
    };
    let folder = options.cache_dir.clone().unwrap_or_else(|| settings.data_dir.join("files"));
    let observed = match options.observe {
        // These files did not verify, so they are apart from the others.
        true => Some(Cache::open(&folder.join("observed"), options.cache_size)?),
        false => None,
    };
    let cache = Cache::open(&folder, options.cache_size)?;
    let require = options.require.clone();
    let mut servers: Vec<Base> = index.iter().chain(&files_from).cloned().collect();
    servers.extend(settings.config.targets.iter().cloned());
    Ok(Upstream {
        transport,
        servers,
        index,
        files_from,
        repository,
        attestations,
        require,
        clock,
        cache,
        observed,
    })
}

/// Reads the pinned publishers, and again when their file changes.
fn publishers(
    options: &GuardOptions,
    pins: &Path,
    uses: &Uses<'_>,
    report: &Report,
    log: &Log,
) -> Result<Watched<Publishers>, Error> {
    if read_pins(&options.attest, pins)?.is_none() {
        let pins = pins.display().to_string();
        report.say(format_args!(
            "no publisher is pinned, so no attested file verifies: there is no {}",
            OneLine(&pins)
        ));
    }
    let files = if uses.is_renewed { vec![pins.to_owned()] } else { Vec::new() };
    let (attest, pins, was_there) =
        (options.attest.clone(), pins.to_owned(), AtomicBool::new(false));
    Watched::new("the publishers", files, uses.say, log.events(), move || {
        let publishers = read_pins(&attest, &pins)?;
        if publishers.is_none() && was_there.load(Ordering::Relaxed) {
            let message = "the file of publishers is no longer there";
            return Err(Error::new(Code::NotPinned, message).file(pins.display()));
        }
        was_there.fetch_or(publishers.is_some(), Ordering::Relaxed);
        Ok(publishers.unwrap_or_default())
    })
}

/// Gets Sigstore's trusted root, and again when its file changes or after a time.
fn root(
    options: &GuardOptions,
    sigstore: Option<Sigstore>,
    transport: &Arc<Transport>,
    uses: &Uses<'_>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<Watched<Root>, Error> {
    let of = &options.attest.sigstore;
    let first = trusted_root(of, sigstore.as_ref(), None, &**transport, report, log)?;
    report.say(format_args!("{DIM}trusted root: {}{DIM:#}", first.source));
    let first = Mutex::new(Some(first));
    let given = of.trusted_root.clone();
    let files = given.clone().filter(|_| uses.is_renewed).into_iter().collect();
    let (transport, clock) = (Arc::clone(transport), settings.clock);
    let events = log.events().clone();
    Watched::new("the trusted root", files, uses.say, log.events(), move || {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let root = match (first, &given, &sigstore) {
            (Some(root), ..) => root,
            (None, Some(path), _) => SigstoreRoot::given(path)?,
            (None, None, Some(sigstore)) => {
                sigstore.at(clock.now()?).refresh(&*transport, &events)?
            }
            (None, None, None) => return Err(picotuf::Error::UnexpectedCall.into()),
        };
        Ok(Root::of(root))
    })
}

fn read_token(path: &Path) -> Result<String, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Error::io("read the token", path, &error))?;
    let token = text.trim();
    let is_plain =
        token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if token.len() < TOKEN_LENGTH_MIN || !is_plain {
        let message = format!(
            "the token needs at least {TOKEN_LENGTH_MIN} characters, of letters, digits, -, ., _ \
             and ~ only"
        );
        return Err(Error::usage(message)
            .file(PathBuf::from(path).display())
            .hint("write one with `openssl rand -hex 16`"));
    }
    Ok(token.to_owned())
}

/// What to do where no index is named that has pages.
pub(crate) const NAME_THE_INDEX: &str =
    "give --index-url URL, the index whose files the repository signs";
/// The server of PyPI's files.
const PYPI_FILES: &str = "https://files.pythonhosted.org/";
