//! A tree of lines, printed like the output of `tree`.

use std::fmt;

/// A line with its branches.
#[derive(Debug)]
pub(crate) struct Tree {
    line: String,
    branches: Vec<Tree>,
}

impl Tree {
    /// Creates a line without branches.
    pub(crate) fn new(line: String) -> Self {
        Tree { line, branches: Vec::new() }
    }

    /// Adds a branch.
    pub(crate) fn push(&mut self, branch: Tree) {
        self.branches.push(branch);
    }

    /// Adds branches.
    pub(crate) fn extend(&mut self, branches: impl IntoIterator<Item = Tree>) {
        self.branches.extend(branches);
    }

    /// Adds the first `maximum` branches, and a line with the number of further `things`.
    pub(crate) fn extend_up_to(
        &mut self,
        mut branches: impl Iterator<Item = Tree>,
        maximum: usize,
        things: &str,
    ) {
        self.branches.extend(branches.by_ref().take(maximum));
        match branches.count() {
            0 => {}
            more => self.push(Tree::new(format!("… {more} more {things}"))),
        }
    }

    fn draw(&self, formatter: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        formatter.write_str(&self.line)?;
        for (index, branch) in self.branches.iter().enumerate() {
            let is_last = index + 1 == self.branches.len();
            let (elbow, bar) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            write!(formatter, "\n{indent}{elbow}")?;
            branch.draw(formatter, &format!("{indent}{bar}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.draw(formatter, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_drawn_under_their_line() {
        let mut first = Tree::new("first".into());
        first.extend_up_to((0..4).map(|number| Tree::new(number.to_string())), 2, "numbers");
        let mut tree = Tree::new("all".into());
        tree.push(first);
        tree.push(Tree::new("last".into()));
        assert_eq!(
            tree.to_string(),
            "all\n├─ first\n│  ├─ 0\n│  ├─ 1\n│  └─ … 2 more numbers\n└─ last"
        );
    }
}
