//! picotuf, with files read whole, which the session holds, or with `--windows` through windows of
//! 64 KB.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use peer::{Question, Result};
use picotuf::{HashAlgorithm, Held, IoStream, Limits, Step, Time, Update, Window, Workspace};

fn main() -> Result<()> {
    let question = Question::from_arguments()?;
    let reading = match question.options.as_slice() {
        [] => Reading::Held,
        [option] if option == "--windows" => Reading::Windows,
        options => return Err(format!("no such options: {options:?}").into()),
    };
    peer::serve(|| verify(&question, reading))
}

#[derive(Clone, Copy)]
enum Reading {
    Held,
    Windows,
}

/// The repository's folder serves as the store too: what is to be stored is in it already.
fn verify(question: &Question, reading: Reading) -> Result<Vec<u8>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let mut workspace = Box::new(Workspace::new());
    let mut update =
        Update::new(&mut workspace, Time::from_unix(now.try_into()?), LIMITS).holding::<Vec<u8>>();
    let mut buffer = match reading {
        Reading::Held => Vec::new(),
        Reading::Windows => vec![0; WINDOW],
    };
    let mut stored = BTreeMap::from([("root".to_owned(), question.folder.join("root.json"))]);
    let mut fetched = PathBuf::new();
    update.find(&question.target)?;
    loop {
        let file = match update.step() {
            Step::Load(request) => stored.get(request.role).cloned(),
            Step::Fetch(request) => {
                let version =
                    request.version.map(|version| format!("{version}.")).unwrap_or_default();
                fetched = question
                    .folder
                    .join("metadata")
                    .join(format!("{version}{}.json", request.role));
                fetched.exists().then(|| fetched.clone())
            }
            Step::Store { role, .. } => {
                stored.insert(role.to_owned(), fetched.clone());
                update.done()?;
                continue;
            }
            Step::Delete { role } => {
                stored.remove(role);
                update.done()?;
                continue;
            }
            Step::Compare { .. } => return Err("no snapshot was stored before".into()),
            Step::Done => break,
        };
        match file {
            Some(file) => supply(&mut update, &file, reading, &mut buffer)?,
            None => update.absent()?,
        }
    }
    let target = update.target().ok_or("no role lists the target")?;
    let sha256 = target.hashes.iter().find(|digest| digest.algorithm() == HashAlgorithm::Sha256);
    Ok(sha256.ok_or("the target has no SHA-256")?.as_bytes().to_vec())
}

fn supply(
    update: &mut Update<'_, Held<Vec<u8>>>,
    file: &Path,
    reading: Reading,
    buffer: &mut [u8],
) -> Result<()> {
    match reading {
        Reading::Held => update.supply_held(fs::read(file)?)?,
        Reading::Windows => update.supply(&mut Window::new(IoStream(File::open(file)?), buffer))?,
    };
    Ok(())
}

const WINDOW: usize = 64 * 1024;

/// The defaults, but for the lengths that the largest layouts exceed.
const LIMITS: Limits = Limits {
    root_length: 512_000,
    timestamp_length: 16_384,
    snapshot_length: MAX_LENGTH,
    targets_length: MAX_LENGTH,
    root_rotations: 256,
    delegations: 32,
};

const MAX_LENGTH: u64 = 1 << 30;
