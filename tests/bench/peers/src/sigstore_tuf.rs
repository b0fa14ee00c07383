//! sigstore-tuf, without a store.

use std::fs;
use std::future::ready;
use std::io::ErrorKind;
use std::path::PathBuf;

use jiff::Timestamp;
use peer::{Question, Result};
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, Repository, Updater, UpdaterConfig};

fn main() -> Result<()> {
    let question = Question::from_arguments()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    peer::serve(|| runtime.block_on(verify(&question)))
}

async fn verify(question: &Question) -> Result<Vec<u8>> {
    let now = Timestamp::now();
    let mut config = UpdaterConfig::default();
    // The largest layouts exceed the defaults.
    config.snapshot_max_length = 1 << 30;
    config.targets_max_length = 1 << 30;
    let root = fs::read(question.folder.join("root.json"))?;
    let mut updater =
        Updater::new(Folder(question.folder.join("metadata")), &root)?.with_config(config);
    updater.refresh(now).await?;
    let target =
        updater.get_target_info(&question.target, now).await?.ok_or("no role lists the target")?;
    let sha256 = target.hashes.get("sha256").ok_or("the target has no SHA-256")?;
    (0..sha256.len())
        .step_by(2)
        .map(|at| Ok(u8::from_str_radix(&sha256[at..at + 2], 16)?))
        .collect()
}

/// The metadata folder.
struct Folder(PathBuf);

impl Folder {
    fn read(&self, name: &str, max_length: u64) -> sigstore_tuf::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(file) if file.len() as u64 > max_length => {
                Err(Error::Malformed(format!("{name} is too long")))
            }
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("reading {name}"), error)),
        }
    }
}

impl Repository for Folder {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(ready(self.read(name, max_length)))
    }

    fn fetch_target<'a>(&'a self, _: &'a str, _: u64) -> FetchFuture<'a> {
        unreachable!("no target is downloaded")
    }
}
