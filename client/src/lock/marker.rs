//! Environment markers, as far as to tell them from other text.
//!
//! The grammar is that of the dependency specifiers (PEP 508), with the variables `extras` and
//! `dependency_groups` that PEP 751 adds. Markers are not evaluated.

/// Returns whether a text is one marker, on one line, without variables of the environment: pip, to
/// which pipenv hands markers in a list of requirements, would put their values in.
pub(super) fn is_marker(text: &str) -> bool {
    let mut parser = Parser { rest: text, depth: 0 };
    !text.chars().any(char::is_control)
        && !text.contains("${")
        && parser.any_of().is_some()
        && parser.rest.trim().is_empty()
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn any_of(&mut self) -> Option<()> {
        self.all_of()?;
        while self.word("or") {
            self.all_of()?;
        }
        Some(())
    }

    fn all_of(&mut self) -> Option<()> {
        self.term()?;
        while self.word("and") {
            self.term()?;
        }
        Some(())
    }

    fn term(&mut self) -> Option<()> {
        if self.sign("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return None;
            }
            self.any_of()?;
            self.depth -= 1;
            return self.sign(")").then_some(());
        }
        self.value()?;
        let compares = OPERATORS.iter().any(|operator| self.sign(operator))
            || self.word("in")
            || (self.word("not") && self.word("in"));
        if compares { self.value() } else { None }
    }

    /// A string in quotes, or a variable.
    fn value(&mut self) -> Option<()> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next()?;
        if quote == '"' || quote == '\'' {
            let (_, after) = rest.get(1..)?.split_once(quote)?;
            self.rest = after;
            return Some(());
        }
        VARIABLES.iter().any(|variable| self.word(variable)).then_some(())
    }

    fn sign(&mut self, sign: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(sign);
        self.take(after)
    }

    /// Returns a word that no other letter, digit, dot or underscore continues.
    fn word(&mut self, word: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(word);
        let continues = |first: char| first.is_alphanumeric() || first == '_' || first == '.';
        self.take(after.filter(|after| !after.starts_with(continues)))
    }

    fn take(&mut self, after: Option<&'t str>) -> bool {
        if let Some(after) = after {
            self.rest = after;
        }
        after.is_some()
    }
}

/// The longer ones first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
/// Those of the specification, and the older spellings that installers take.
const VARIABLES: [&str; 20] = [
    "python_version",
    "python_full_version",
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "implementation_name",
    "implementation_version",
    "extras",
    "extra",
    "dependency_groups",
];
/// In parentheses; far from the end of the stack.
const MAX_DEPTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_told_from_other_text() {
        let deep =
            |depth: usize| format!("{}os_name == 'x'{}", "(".repeat(depth), ")".repeat(depth));
        for marker in [
            "python_version < '3.11'",
            "python_version<\"3.11\"and os_name=='nt'",
            "(sys_platform == 'win32' or sys.platform != 'x') and extra == 'a'",
            "'x' in extras or 'dev' not  in dependency_groups",
            "python_version >= '3.10' and (python_version < '4' and (os_name in 'a b'))",
            "platform_release === 'a;b # c'",
            &deep(100),
        ] {
            assert!(is_marker(marker), "{marker}");
        }
        for text in [
            "",
            "x",
            "os_name",
            "os_name ==",
            "os_name == 'x",
            "os_name == 'x' or",
            "os_name == 'x' 'y'",
            "os_name == 'x' --hash=sha256:00",
            "os_name == 'x'\n--no-index",
            "os_name == 'x' # comment",
            "os_name notin 'x'",
            "os_names == 'x'",
            "(os_name == 'x'",
            "os_name == 'a\nb'",
            "os_name == x",
            "os_name == '${X}'",
            &deep(101),
        ] {
            assert!(!is_marker(text), "{text}");
        }
    }
}
