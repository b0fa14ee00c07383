//! Several values in one call.

/// Returns the parts of `bytes`: the length of each as a number of JavaScript, NaN for one that is
/// not there, and the parts behind all lengths.
pub(crate) fn parts(bytes: &[u8], count: usize) -> impl Iterator<Item = Option<&[u8]>> {
    let lengths = count.saturating_mul(8);
    let (lengths, mut rest) = bytes.split_at_checked(lengths).unwrap_or_default();
    let (lengths, _) = lengths.as_chunks::<8>();
    lengths.iter().map(move |length| {
        let length = usize::try_from(whole(f64::from_le_bytes(*length))?).ok()?;
        let (part, others) = rest.split_at_checked(length)?;
        rest = others;
        Some(part)
    })
}

/// Returns a count that JavaScript states; nothing where it is no number, and 0 below 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
pub(crate) fn whole(value: f64) -> Option<u64> {
    (!value.is_nan()).then_some(value as u64)
}
