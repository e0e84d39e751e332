//! Files that the page handed over, by their paths.

use core::convert::Infallible;
use std::collections::BTreeMap;

use escrutinio_core::record::Source;

use crate::error::{Error, Result};

/// Files in memory.
#[derive(Debug, Default)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// A file that must be there.
    ///
    /// # Errors
    /// Code `files`.
    pub fn get(&self, path: &str) -> Result<&[u8]> {
        self.find(path).ok_or_else(|| Error::new("files", format_args!("{path} is absent")))
    }

    /// A file, if it is there.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// The files `<prefix>0`, `<prefix>1`, .. in their order.
    #[must_use]
    pub fn numbered(&self, prefix: &str) -> Vec<&[u8]> {
        (0u32..).map_while(|n| self.find(&format!("{prefix}{n}"))).collect()
    }
}

impl Source for Files {
    type Error = Infallible;

    fn files(&self) -> core::result::Result<Vec<(String, u64)>, Self::Error> {
        let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.0.iter().map(|(path, bytes)| (path.clone(), length(bytes))).collect())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> core::result::Result<(), Self::Error> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.find(path).and_then(|bytes| bytes.get(start..)).unwrap_or_default();
        buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}
