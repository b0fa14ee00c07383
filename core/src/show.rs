//! Text that is made piece by piece. What the standard library formats with takes some KB, so that `Display` is one line over this.

use core::fmt;

/// What can be shown as text, without `core::fmt`: it is the text that `Display` gives.
pub trait Show {
    /// Gives the text to `out`, piece by piece.
    fn show(&self, out: &mut dyn FnMut(&str));
}

impl Show for &str {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        out(self);
    }
}

/// In decimal digits.
impl Show for u64 {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        crate::digits::show_decimal(*self, 1, out);
    }
}

/// Does as `Display` has to.
pub(crate) fn display(value: &dyn Show, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut result = Ok(());
    value.show(&mut |piece| {
        if result.is_ok() {
            result = formatter.write_str(piece);
        }
    });
    result
}
