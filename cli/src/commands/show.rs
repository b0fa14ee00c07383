//! `picotuf show`

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use picotuf::{KeyUse, OneLine};
use serde_json::{Map, Value, json};

use picotuf_client::memory::Memory;
use picotuf_client::pypi::{KnownFields, shorten};
use picotuf_client::session::Session;
use picotuf_client::store::{self, Store};
use picotuf_client::{Code, Error, TrustedRole, must_be_initialized};

use super::shared::timeless;
use crate::report::{BAD, BOLD, Expiry, Log, Report};
use crate::settings::Settings;
use crate::tree::Tree;

pub(super) fn run(
    role: Option<&str>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    must_be_initialized(&settings.config.metadata_dir)?;
    let store = Store::new(&settings.config.metadata_dir);
    let delegated = delegated_roles(&store)?;
    let mut workspace = settings.config.workspace();
    let mut session = Session::new(
        timeless(&mut workspace, settings.config.limits),
        Memory::of_folder(Store::new(&settings.config.metadata_dir)),
        log.events().clone(),
    );
    let failure = session.run().err();
    let complete = failure.is_none();
    // After `init` there is only a root, which is not a failure.
    let failure = failure.filter(|error| {
        let role = error.detail().role.as_deref().unwrap_or_default();
        !error.is_missing_file() || role == "root"
    });
    if complete {
        // The requested role comes first. A role that only delegates is verified in the search
        // through it.
        let is_asked = |name: &&String| role.is_some_and(|role| role == **name);
        let (first, others) =
            (delegated.iter().filter(is_asked), delegated.iter().filter(|name| !is_asked(name)));
        for name in first.chain(others).take(VERIFIED_MAX) {
            if role.is_some_and(|role| session.roles().iter().any(|verdict| verdict.role == role)) {
                break;
            }
            verify_delegated(&mut session, &store, name);
        }
    }
    let roles = session.roles().to_vec();
    let host = session.into_host();
    let view =
        View { roles: &roles, host: &host, settings, unverified: unverified(&delegated, &roles) };
    match role {
        None => {
            report.say(format_args!("{}", view.tree()));
            report.detail("trusted", view.all());
        }
        Some(name) => {
            let Some(verdict) = roles.iter().find(|verdict| verdict.role == name) else {
                return Err(failure.unwrap_or_else(|| view.not_shown(name)));
            };
            report.say(format_args!("{}", view.role_tree(verdict, usize::MAX)));
            report.detail("trusted", json!({ name: view.summary(verdict, true) }));
        }
    }
    report.keep_roles(roles);
    match failure {
        Some(error) => Err(error.hint(
            "the stored metadata does not verify: run `picotuf refresh`, or `picotuf init \
                 --force` with a root that you trust",
        )),
        None => Ok(()),
    }
}

/// Returns the delegated roles with a stored file, by its name.
fn delegated_roles(store: &Store) -> Result<Vec<String>, Error> {
    let names = store.file_names()?;
    let roles = names.iter().filter_map(|name| {
        let role = percent_decode_str(name.strip_suffix(".json")?).decode_utf8().ok()?.into_owned();
        (!TOP_LEVEL.contains(&role.as_str()) && store::file_name(&role) == *name).then_some(role)
    });
    Ok(roles.collect())
}

/// Verifies a delegated role by a search for a target that its file lists, because only a search
/// finds the keys. If that fails, the role is shown as not verified.
fn verify_delegated(session: &mut Session<'_, Memory<'_>>, store: &Store, role: &str) {
    if session.roles().iter().any(|verdict| verdict.role == role) {
        return;
    }
    let Ok(Some(file)) = store.read(role) else {
        return;
    };
    let Ok(metadata) = serde_json::from_reader::<_, Value>(std::io::BufReader::new(file)) else {
        return;
    };
    let targets = metadata["signed"]["targets"].as_object();
    for target in targets.into_iter().flat_map(Map::keys).take(TRIES) {
        // Whatever the result, the visited roles are verified or not.
        let _ = session.find(target);
        if session.roles().iter().any(|verdict| verdict.role == role) {
            return;
        }
    }
}

fn unverified<'n>(delegated: &'n [String], roles: &[TrustedRole]) -> Vec<&'n str> {
    delegated
        .iter()
        .filter(|name| !roles.iter().any(|verdict| verdict.role == **name))
        .map(String::as_str)
        .collect()
}

/// The verified roles with their bytes.
struct View<'v> {
    roles: &'v [TrustedRole],
    host: &'v Memory<'static>,
    settings: &'v Settings,
    unverified: Vec<&'v str>,
}

impl View<'_> {
    fn tree(&self) -> Tree {
        let mut tree = Tree::new(format!(
            "{} at {}",
            OneLine(&self.settings.config.metadata_dir.display().to_string()),
            self.settings.config.now
        ));
        for role in TOP_LEVEL {
            match self.roles.iter().find(|verdict| verdict.role == role) {
                Some(verdict) => tree.push(self.role_tree(verdict, LISTED_MAX)),
                None => tree.push(Tree::new(format!(
                    "{BOLD}{role}{BOLD:#}  missing: run `picotuf refresh`"
                ))),
            }
        }
        for verdict in
            self.roles.iter().filter(|verdict| !TOP_LEVEL.contains(&verdict.role.as_str()))
        {
            tree.push(self.role_tree(verdict, LISTED_MAX));
        }
        let unverified = self.unverified.iter().map(|role| {
            Tree::new(format!(
                "{BOLD}{}{BOLD:#}  {BAD}stored, but not verified{BAD:#}",
                OneLine(role)
            ))
        });
        tree.extend_up_to(unverified, LISTED_MAX, "stored roles, not verified");
        tree
    }

    fn role_tree(&self, verdict: &TrustedRole, listed_max: usize) -> Tree {
        let signed = self.signed(&verdict.role);
        let mut tree = Tree::new(format!(
            "{BOLD}{}{BOLD:#}  version {}, {}, signed by {} of {} keys ({} needed)",
            OneLine(&verdict.role),
            verdict.version,
            Expiry(verdict.expiry, self.settings.config.now),
            verdict.signing_keys,
            verdict.keys,
            verdict.threshold,
        ));
        match verdict.role.as_str() {
            "root" => {
                let consistent = signed["consistent_snapshot"].as_bool().unwrap_or(false);
                tree.push(Tree::new(format!(
                    "consistent snapshots: {}",
                    if consistent { "yes" } else { "no" }
                )));
                for (name, role) in TOP_LEVEL.iter().map(|name| (name, &signed["roles"][name])) {
                    let mut branch =
                        Tree::new(format!("keys of {name}: {}", needed(role, &signed["keys"])));
                    branch.extend(keys(role, &signed["keys"]));
                    tree.push(branch);
                }
            }
            "timestamp" | "snapshot" => {
                let meta = signed["meta"].as_object();
                let files = meta.into_iter().flatten().map(|(name, file)| {
                    Tree::new(format!(
                        "{} version {}{}",
                        OneLine(name),
                        file["version"],
                        listed_with(file)
                    ))
                });
                tree.extend_up_to(files, listed_max, &all_of("files", &verdict.role));
            }
            _ => {
                let all = all_of("delegations", &verdict.role);
                self.delegations(&signed["delegations"], &mut tree, listed_max, &all);
                let targets = signed["targets"].as_object();
                let files = targets.into_iter().flatten().map(|(path, target)| {
                    let mut line = format!("{}, {} bytes", OneLine(path), target["length"]);
                    for (algorithm, hash) in target["hashes"].as_object().into_iter().flatten() {
                        line.push_str(&format!(
                            ", {} {}",
                            OneLine(algorithm),
                            OneLine(hash.as_str().unwrap_or_default())
                        ));
                    }
                    for (label, text) in fields(target).iter().flat_map(KnownFields::lines) {
                        line.push_str(&format!(", {label}: {text}"));
                    }
                    Tree::new(line)
                });
                tree.extend_up_to(files, listed_max, &all_of("targets", &verdict.role));
            }
        }
        tree
    }

    fn delegations(&self, delegations: &Value, tree: &mut Tree, listed_max: usize, all: &str) {
        let keys_of = &delegations["keys"];
        let roles = delegations["roles"].as_array();
        let branches = roles.into_iter().flatten().map(|role| {
            let terminating = if role["terminating"] == true { ", terminating" } else { "" };
            let mut branch = Tree::new(format!(
                "delegates {} to {BOLD}{}{BOLD:#}: {}{terminating}",
                matches(role),
                OneLine(role["name"].as_str().unwrap_or_default()),
                needed(role, keys_of),
            ));
            branch.extend(keys(role, keys_of));
            branch
        });
        tree.extend_up_to(branches, listed_max, all);
        let succinct = &delegations["succinct_roles"];
        if let (Some(bits), Some(prefix)) =
            (succinct["bit_length"].as_u64(), succinct["name_prefix"].as_str())
        {
            let bins = u32::try_from(bits)
                .ok()
                .and_then(|bits| 1_u64.checked_shl(bits))
                .unwrap_or_default();
            let mut branch = Tree::new(format!(
                "delegates by hash to {bins} bins {BOLD}{}-…{BOLD:#}: {}",
                OneLine(prefix),
                needed(succinct, keys_of)
            ));
            branch.extend(keys(succinct, keys_of));
            tree.push(branch);
        }
    }

    /// Parses the verified bytes of a role.
    fn signed(&self, role: &str) -> Value {
        let mut metadata: Value = self
            .host
            .stored(role)
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or_default();
        metadata["signed"].take()
    }

    fn all(&self) -> Value {
        let mut all: Map<String, Value> = self
            .roles
            .iter()
            .map(|verdict| (verdict.role.clone(), self.summary(verdict, false)))
            .collect();
        for role in &self.unverified {
            all.insert((*role).to_owned(), json!({ "verified": false }));
        }
        Value::Object(all)
    }

    /// Returns a role as JSON. A list of targets can be long: `show ROLE` has all of it, `show` its
    /// length.
    fn summary(&self, verdict: &TrustedRole, whole: bool) -> Value {
        let mut signed = self.signed(&verdict.role);
        let known =
            signed["targets"].as_object().filter(|_| whole).into_iter().flatten().filter_map(
                |(path, target)| Some((path.clone(), serde_json::to_value(fields(target)?).ok()?)),
            );
        let known: Map<String, Value> = known.collect();
        if let (Some(signed), false) = (signed.as_object_mut(), whole) {
            for list in ["targets", "meta"] {
                if let Some(entries) = signed.remove(list) {
                    signed.insert(
                        format!("{list}_count"),
                        entries.as_object().map_or(0, Map::len).into(),
                    );
                }
            }
        }
        let mut summary = json!({
            "verified": true,
            "version": verdict.version,
            "expires": verdict.expires,
            "expired": verdict.expiry <= self.settings.config.now,
            "threshold": verdict.threshold,
            "keys": verdict.keys,
            "signing_keys": verdict.signing_keys,
            "signers": verdict.signers,
            "length": verdict.length,
            "signed": signed,
        });
        if !known.is_empty() {
            summary["fields"] = known.into();
        }
        summary
    }

    fn not_shown(&self, role: &str) -> Error {
        if self.unverified.contains(&role) {
            Error::new(
                Code::NotVerified,
                "the role has a stored file, but no search for its \
                 targets reached it",
            )
            .role(role)
            .hint("run `picotuf verify` or `picotuf download` for a target of this role")
        } else {
            Error::new(Code::NotStored, "the role has no stored file").role(role).hint(
                "picotuf downloads a delegated role when a target needs it; `picotuf show` lists \
                     the stored roles",
            )
        }
    }
}

/// Returns the text about further things, with the command that lists all.
fn all_of(things: &str, role: &str) -> String {
    format!("{things}: `picotuf show {}` lists all", OneLine(role))
}

/// Returns the known members of a target's `custom`.
fn fields(target: &Value) -> Option<KnownFields> {
    KnownFields::of(&target.get("custom")?.to_string())
}

/// Returns the text "2 of 3 keys needed", with the number of unusable keys.
fn needed(role: &Value, keys: &Value) -> String {
    let (count, unusable) = count_keys(role, keys);
    let plural = if count == 1 { "key" } else { "keys" };
    let more =
        if unusable > 0 { format!(", {unusable} that cannot be used") } else { String::new() };
    format!("{} of {count} {plural} needed{more}", role["threshold"])
}

/// Returns the number of distinct usable keys of a role, and the number of keyids without one.
fn count_keys(role: &Value, keys: &Value) -> (usize, usize) {
    let ids: BTreeSet<&str> = keyids(role).collect();
    let uses: Vec<_> = ids.iter().map(|id| key_use(&keys[id])).collect();
    let usable = uses
        .iter()
        .filter_map(|key| if let KeyUse::Usable(print) = key { Some(print) } else { None });
    let distinct: BTreeSet<_> = usable.clone().collect();
    (distinct.len(), uses.len() - usable.count())
}

fn keyids(role: &Value) -> impl Iterator<Item = &str> {
    role["keyids"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn key_use(key: &Value) -> KeyUse {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    KeyUse::of(&text(&key["keytype"]), &text(&key["scheme"]), &text(&key["keyval"]["public"]))
}

/// Returns the text about the paths that a delegation matches.
fn matches(role: &Value) -> String {
    let (member, kind) = match role.get("path_hash_prefixes") {
        Some(_) => ("path_hash_prefixes", "hashes "),
        None => ("paths", ""),
    };
    let patterns: Vec<&str> =
        role[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match &patterns[..] {
        [] => "nothing".to_owned(),
        [one] => format!("{kind}{}", OneLine(&shorten(one))),
        [first, .., last] => {
            format!(
                "{kind}{} … {} ({})",
                OneLine(&shorten(first)),
                OneLine(&shorten(last)),
                patterns.len()
            )
        }
    }
}

/// Returns the keys of a role with their types, and why a key does not count.
fn keys(role: &Value, keys: &Value) -> Vec<Tree> {
    let mut seen = BTreeMap::new();
    let lines = keyids(role).map(|keyid| {
        let key = &keys[keyid];
        let short = OneLine(&keyid.chars().take(KEYID_SHOWN).collect::<String>()).to_string();
        let Some(scheme) = key["scheme"].as_str() else {
            return Tree::new(format!("{short} {BAD}no such key{BAD:#}"));
        };
        let why = match key_use(key) {
            KeyUse::Usable(print) => match seen.insert(print, short.clone()) {
                Some(other) => format!(", the same key as {other}"),
                None => String::new(),
            },
            KeyUse::Unsupported(_) => format!(", {BAD}not supported{BAD:#}"),
            KeyUse::Invalid => format!(", {BAD}no valid key{BAD:#}"),
        };
        Tree::new(format!("{short} {}{why}", OneLine(scheme)))
    });
    lines.collect()
}

fn listed_with(file: &Value) -> String {
    let mut extras = BTreeMap::new();
    if let Some(length) = file["length"].as_u64() {
        extras.insert(0, format!("{length} bytes"));
    }
    if let Some(hashes) = file["hashes"].as_object() {
        let names: Vec<_> = hashes.keys().map(|name| OneLine(name).to_string()).collect();
        extras.insert(1, names.join(" and "));
    }
    extras.values().fold(String::new(), |text, extra| format!("{text}, {extra}"))
}

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
/// The maximum number of entries of a list in `show`; `show ROLE` lists all.
const LISTED_MAX: usize = 8;
/// The maximum number of delegated roles that `show` verifies, each by its own search. `show ROLE`
/// verifies any role.
const VERIFIED_MAX: usize = 32;
/// The maximum number of targets to search for until a search reaches the role.
const TRIES: usize = 4;
/// The number of shown digits of a keyid: enough to distinguish keys.
const KEYID_SHOWN: usize = 12;
