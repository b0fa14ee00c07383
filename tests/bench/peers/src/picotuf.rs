//! picotuf, with files read whole, which the session keeps, or with `--windows` through windows of
//! 64 KB.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use peer::{Question, Result};
use picotuf::{HashAlgorithm, IoStream, Kept, Limits, Step, Time, Update, Window, Workspace};

fn main() -> Result<()> {
    let question = Question::from_arguments()?;
    let reading = match question.options.as_slice() {
        [] => Reading::Kept,
        [option] if option == "--windows" => Reading::Windows,
        options => return Err(format!("no such options: {options:?}").into()),
    };
    peer::serve(|| verify(&question, reading))
}

#[derive(Clone, Copy)]
enum Reading {
    Kept,
    Windows,
}

/// The repository's folder serves as the store too: what is to be stored is in it already.
fn verify(question: &Question, reading: Reading) -> Result<Vec<u8>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let workspace = Box::new(Workspace::new());
    let mut update = Update::new(workspace, Time::from_unix(now.try_into()?), LIMITS).keep_files();
    let mut buffer = match reading {
        Reading::Kept => Vec::new(),
        Reading::Windows => vec![0; WINDOW],
    };
    let mut stored = BTreeMap::from([("root".to_owned(), question.folder.join("root.json"))]);
    let mut fetched = PathBuf::new();
    update.find(&question.target)?;
    loop {
        let step = update.step();
        let request = update.request();
        let file = match step {
            Step::Load => stored.get(request.role).cloned(),
            Step::Fetch => {
                fetched = question.folder.join("metadata").join(request.to_string());
                fetched.exists().then(|| fetched.clone())
            }
            Step::Store => {
                stored.insert(request.role.to_owned(), fetched.clone());
                update.done()?;
                continue;
            }
            Step::Delete => {
                stored.remove(request.role);
                update.done()?;
                continue;
            }
            Step::Compare => return Err("no snapshot was stored before".into()),
            _ => break,
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
    update: &mut Update<Box<Workspace>, Kept<Vec<u8>>>,
    file: &Path,
    reading: Reading,
    buffer: &mut [u8],
) -> Result<()> {
    match reading {
        Reading::Kept => update.keep(fs::read(file)?)?,
        Reading::Windows => update.supply(&mut Window::new(IoStream(File::open(file)?), buffer))?,
    };
    Ok(())
}

const WINDOW: usize = 64 * 1024;

/// The defaults, but for the lengths that the largest layouts exceed.
const LIMITS: Limits = {
    let mut limits = Limits::new();
    (limits.snapshot_length, limits.targets_length) = (MAX_LENGTH, MAX_LENGTH);
    limits
};

const MAX_LENGTH: u64 = 1 << 30;
