//! Whose the keys of a role are, as the local layout says; the repository has no say in it.

use core::fmt;

use super::name::ProjectName;

/// The party that holds the keys of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The index (PyPI), away from its servers.
    IndexOffline,
    /// The index, on its servers: who breaks into these can sign.
    IndexOnline,
    /// A project's developers.
    Developer,
}

/// The owner of the roles that match a pattern.
///
/// A pattern is a chain of names as a verdict shows it, below the role `targets`, which it leaves
/// out unless it stands for that alone: `claimed`, `claimed > *`, `unclaimed > bins > bin-*`. A `*`
/// at the end of a name is any text, even none. A chain has to have as many names as the pattern: a
/// role of that name further down is another one. The name `{project}` is the project's that is
/// asked for, in whatever spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRule<'l> {
    /// The pattern.
    pub pattern: &'l str,
    /// Whose they are.
    pub owner: Owner,
}

/// The party that signed a file, according to the delegation path that leads to it. The variants
/// are ordered from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignedBy {
    /// The index alone.
    Index,
    /// Developers, whose keys a role of the index vouches for that is signed online.
    DeveloperOnline,
    /// Developers, whose keys are vouched for offline all the way.
    Developer,
}

impl Owner {
    /// Returns the name for programs: `pypi-offline`, `pypi-online` or `developer`.
    pub const fn name(self) -> &'static str {
        match self {
            Owner::IndexOffline => "pypi-offline",
            Owner::IndexOnline => "pypi-online",
            Owner::Developer => "developer",
        }
    }
}

impl SignedBy {
    /// Returns the name for programs: `pypi`, `developer-online` or `developer`.
    pub const fn name(self) -> &'static str {
        match self {
            SignedBy::Index => "pypi",
            SignedBy::DeveloperOnline => "developer-online",
            SignedBy::Developer => "developer",
        }
    }
}

/// For people, behind "signed by".
impl fmt::Display for SignedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SignedBy::Index => "PyPI",
            SignedBy::DeveloperOnline => "the project's developers, whose keys PyPI signs online",
            SignedBy::Developer => "the project's developers",
        })
    }
}

impl RoleRule<'_> {
    /// Returns whether the pattern matches the last role of a delegation path that a search for the
    /// project followed. The path starts at `targets`.
    pub fn matches<S: AsRef<str>>(&self, project: &ProjectName, chain: &[S]) -> bool {
        let Some((first, below)) = chain.split_first() else {
            return false;
        };
        if first.as_ref() != TARGETS {
            return false;
        }
        if below.is_empty() {
            return self.pattern == TARGETS;
        }
        let mut names = below.iter();
        let all = self.pattern.split(SEPARATOR).all(|part| {
            names.next().is_some_and(|name| match part.strip_suffix('*') {
                Some(start) => name.as_ref().starts_with(start),
                None if part == PROJECT => project.names(name.as_ref()),
                None => name.as_ref() == part,
            })
        });
        all && names.next().is_none()
    }
}

/// Whose the last role of a chain is, which begins at `targets`. Where rules disagree, the one that
/// trusts least has it; what no rule matches is its delegator's if that is a developer's, and
/// otherwise the index's, online.
pub(super) fn owner<S: AsRef<str>>(
    rules: &[RoleRule<'_>],
    project: &ProjectName,
    chain: &[S],
) -> Owner {
    let named =
        |owner: Owner| rules.iter().any(|rule| rule.owner == owner && rule.matches(project, chain));
    let known = [Owner::IndexOnline, Owner::IndexOffline, Owner::Developer]
        .into_iter()
        .find(|owner| named(*owner));
    if let Some(owner) = known {
        return owner;
    }
    // A developer's role delegates to nobody but developers: who else signs there, signs for them.
    // Found from the top, as the chain may be long.
    let above = (1..chain.len()).filter_map(|length| chain.get(..length));
    let mut developers = false;
    for chain in above {
        let is = |owner: Owner| {
            rules.iter().any(|rule| rule.owner == owner && rule.matches(project, chain))
        };
        developers = match () {
            () if is(Owner::IndexOnline) || is(Owner::IndexOffline) => false,
            () => developers || is(Owner::Developer),
        };
    }
    if developers { Owner::Developer } else { Owner::IndexOnline }
}

/// Who speaks for what the last role of a chain lists.
pub(super) fn signed_by<S: AsRef<str>>(
    rules: &[RoleRule<'_>],
    project: &ProjectName,
    chain: &[S],
) -> SignedBy {
    let owners = || {
        (1..=chain.len())
            .filter_map(|length| chain.get(..length))
            .map(|chain| owner(rules, project, chain))
    };
    match owners().last() {
        Some(Owner::Developer) if owners().any(|owner| owner == Owner::IndexOnline) => {
            SignedBy::DeveloperOnline
        }
        Some(Owner::Developer) => SignedBy::Developer,
        _ => SignedBy::Index,
    }
}

/// Between the names of a pattern.
const SEPARATOR: &str = " > ";
const TARGETS: &str = "targets";
/// In the place of a name.
const PROJECT: &str = "{project}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pypi::{PEP_458, PEP_480, RSTUF};

    fn django() -> ProjectName {
        ProjectName::new("django").unwrap()
    }

    #[test]
    fn the_chains_of_pep_480_are_told_apart() {
        for (chain, expected) in [
            (&["targets", "claimed", "django"][..], SignedBy::Developer),
            (&["targets", "claimed", "django", "releases"], SignedBy::Developer),
            (&["targets", "recently-claimed", "django"], SignedBy::DeveloperOnline),
            (&["targets", "recently-claimed", "django", "releases"], SignedBy::DeveloperOnline),
            (&["targets", "unclaimed", "bins", "bin-0"], SignedBy::Index),
            (&["targets", "unclaimed"], SignedBy::Index),
            (&["targets", "claimed"], SignedBy::Index),
            (&["targets"], SignedBy::Index),
            (&["targets", "claimed", "Django"], SignedBy::Developer),
            // A role that leads to many projects is the index's, and so is what it leads to.
            (&["targets", "claimed", "bins-0"], SignedBy::Index),
            (&["targets", "claimed", "bins-0", "django"], SignedBy::Index),
            (&["targets", "recently-claimed", "bins-0"], SignedBy::Index),
            (&["targets", "recently-claimed", "bins-0", "django"], SignedBy::Index),
            // Another project's developers do not speak for this one.
            (&["targets", "claimed", "django-extensions"], SignedBy::Index),
            // A name alone makes nobody a developer.
            (&["targets", "unclaimed", "claimed", "django"], SignedBy::Index),
            (&["targets", "claimed2", "django"], SignedBy::Index),
            (&["claimed", "django"], SignedBy::Index),
            (&[], SignedBy::Index),
        ] {
            assert_eq!(PEP_480.signed_by(&django(), chain), expected, "{chain:?}");
        }
        assert_eq!(PEP_480.owner(&django(), &["targets"]), Owner::IndexOffline);
        assert_eq!(PEP_480.owner(&django(), &["targets", "claimed"]), Owner::IndexOffline);
        assert_eq!(PEP_480.owner(&django(), &["targets", "recently-claimed"]), Owner::IndexOnline);
        // No other layout has developers, whatever the roles are called.
        for layout in [PEP_458, RSTUF] {
            assert_eq!(
                layout.signed_by(&django(), &["targets", "claimed", "django"]),
                SignedBy::Index
            );
        }
    }

    #[test]
    fn where_rules_disagree_the_least_trust_wins() {
        let rule = |pattern, owner| RoleRule { pattern, owner };
        let rules = [
            rule("targets", Owner::IndexOffline),
            rule("a > *", Owner::Developer),
            rule("a", Owner::IndexOffline),
            rule("a", Owner::IndexOnline),
            rule("a > x > y", Owner::IndexOffline),
            rule("b-*", Owner::Developer),
        ];
        assert_eq!(owner(&rules, &django(), &["targets", "a"]), Owner::IndexOnline);
        assert_eq!(signed_by(&rules, &django(), &["targets", "a", "x"]), SignedBy::DeveloperOnline);
        assert_eq!(signed_by(&rules, &django(), &["targets", "b-1"]), SignedBy::Developer);
        assert_eq!(signed_by(&rules, &django(), &["targets", "b-"]), SignedBy::Developer);
        assert_eq!(signed_by(&rules, &django(), &["targets", "b"]), SignedBy::Index);
        // Below a developer's role, the index may have one of its own again: nobody inherits from
        // beyond that.
        assert_eq!(owner(&rules, &django(), &["targets", "a", "x", "y"]), Owner::IndexOffline);
        assert_eq!(owner(&rules, &django(), &["targets", "a", "x", "y", "z"]), Owner::IndexOnline);
        assert_eq!(owner(&rules, &django(), &["targets", "a", "x", "z"]), Owner::Developer);
    }

    #[test]
    fn the_order_is_that_of_strength() {
        assert!(
            SignedBy::Index < SignedBy::DeveloperOnline
                && SignedBy::DeveloperOnline < SignedBy::Developer
        );
    }
}
