//! Contents that are refused when they are opened.

use std::io::{self, Read};

use holdall_tree::{Content, ErrorKind, Result as TreeResult};

/// What was opened, or a content whose reader says that it is refused. Who restores an archive restores all of it or nothing, and
/// goes by its readers: what cannot even be opened may be the fault of one file.
pub(crate) fn on_reading(opened: TreeResult<Content<'_>>) -> TreeResult<Content<'_>> {
    match opened {
        Err(error) if error.kind() == ErrorKind::Refused => {
            let error = io::Error::new(io::ErrorKind::InvalidData, error);
            Ok(Content::Stream(Box::new(Refusal(Some(error)))))
        }
        opened => opened,
    }
}

struct Refusal(Option<io::Error>);

impl Read for Refusal {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::ErrorKind::InvalidData.into()))
    }
}
