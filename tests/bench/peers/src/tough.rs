//! tough, with its own transport for files; it stores metadata in a temporary folder.

use std::fs;

use peer::{Question, Result};
use tough::{FilesystemTransport, Limits, RepositoryLoader, TargetName};
use url::Url;

fn main() -> Result<()> {
    let question = Question::from_arguments()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    peer::serve(|| runtime.block_on(verify(&question)))
}

async fn verify(question: &Question) -> Result<Vec<u8>> {
    let root = fs::read(question.folder.join("root.json"))?;
    let url =
        |name| Url::from_directory_path(question.folder.join(name)).map_err(|()| "no file URL");
    // The largest layouts exceed the defaults.
    let limits =
        Limits { max_snapshot_size: 1 << 30, max_targets_size: 1 << 30, ..Limits::default() };
    let repository = RepositoryLoader::new(&root, url("metadata")?, url("targets")?)
        .transport(FilesystemTransport)
        .limits(limits)
        .load()
        .await?;
    let target =
        repository.targets().signed.find_target(&TargetName::new(&question.target)?, false)?;
    Ok(target.hashes.sha256.to_vec())
}
