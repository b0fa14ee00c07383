//! Checks a lock file against a repository: `cargo run --example check -- ROOT METADATA LOCKFILE`.

use std::ops::ControlFlow;

use picotuf::Workspace;
use picotuf_client::anchor::{Anchor, ensure_adopted};
use picotuf_client::check::{Check, Policy, Progress};
use picotuf_client::{
    Base, Client, Code, Config, Error, Fetch, Found, Log, Request, fetch_folder, now, pypi,
};

/// Fetches over HTTP, one file at a time.
struct Web;

impl Fetch for Web {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        for (place, request) in requests.into_iter().enumerate() {
            if finished(place, get(request)).is_break() {
                return;
            }
        }
    }
}

fn get(request: Request<'_>) -> Result<Found, Error> {
    let Some(url) = request.file.url() else { return fetch_folder(request) };
    let failed = |error: ureq::Error| Error::new(Code::Connection, error.to_string());
    match ureq::get(url.as_str()).call() {
        Ok(response) => {
            let body = response.into_body().into_with_config().limit(request.max_length);
            (request.sink)(&body.read_to_vec().map_err(failed)?)?;
            Ok(Found::Yes)
        }
        Err(ureq::Error::StatusCode(403 | 404)) => Ok(Found::No),
        Err(error) => Err(failed(error).file(request.file)),
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, metadata, lock_file] = &arguments[..] else {
        return Err(Error::usage("give ROOT, METADATA and LOCKFILE"));
    };
    let folder = std::env::temp_dir().join("picotuf-example");
    let mut config = Config::new(&folder, now()?);
    config.metadata = vec![Base::parse(metadata)?];

    // The folder takes the root the first time, and then goes on from what it trusts.
    let anchor = Anchor::read(root.as_ref(), config.limits.root_length)?;
    let log = Log::silent();
    ensure_adopted(&config, &anchor, &log)?;

    let client = Client::open(&config, &Web, &log)?;
    let mut workspace = Workspace::boxed();
    let mut checker = client.checker(&mut workspace, pypi::resolve(Some("pep458"))?);
    checker.refresh()?;
    let policy = Policy::default();
    let mut check = Check::new(checker, &policy);
    check.lock_file(lock_file.as_ref(), true, &|name| std::env::var(name).ok(), &mut |told| {
        if let Progress::Entry(entry) = told {
            println!("{}", serde_json::Value::from(entry.json()));
        }
    });
    let (_, _, summary) = check.finish();
    println!("{}", summary.line(0).unwrap_or_default());
    summary.verdict(None)
}
