use bytes::Bytes;
use http::Response;

use crate::{BoxError, Error};

/// An answer that is no event stream, and comes when the head of one has been sent.
///
/// Its status, headers and cookies cannot reach the client. An event can:
/// [`EarlyHeadLayer::on_late`](crate::EarlyHeadLayer::on_late).
#[derive(Debug)]
#[non_exhaustive]
pub enum LateAnswer {
    /// A response that is no event stream, or a compressed one, with the beginning of its body: by default
    /// 64 KiB, and what is longer is cut off.
    Response(Response<Bytes>),
    /// The error of the service, or that of the body of a response.
    Error(BoxError),
}

impl LateAnswer {
    /// Returns the error of a stream that gets no event of it.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Response(response) => Error::late(response.status()),
            Self::Error(error) => Error::service(error),
        }
    }
}
