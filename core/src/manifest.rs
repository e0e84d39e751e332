//! The election manifest (`spec/manifest.md`).

/// The shape of a contest's ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContestShape {
    /// Number of options, N.
    pub options: usize,
    /// Number of text points, m; 0 where no text is captured.
    pub texts: usize,
    /// Place of the write-in option, omega.
    pub write_in: Option<u32>,
}

impl ContestShape {
    /// Bits of an option's number: `ceil(log2 N)`.
    #[must_use]
    pub fn bits(&self) -> usize {
        let last = self.options.saturating_sub(1);
        usize::try_from(usize::BITS.saturating_sub(last.leading_zeros())).unwrap_or(0)
    }
}
