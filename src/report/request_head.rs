use http::{Extensions, HeaderMap, Method, Request, Uri, Version};

use crate::headers::{Accept, is_repeatable};

/// The head of a request, as the closures of a layer get it.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// Returns the method.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// Returns the URI.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// Returns the HTTP version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the headers.
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// Returns the extensions, in which outer layers and servers leave what they know: the client's
    /// address, the user, the route.
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// Returns `true` if the request expects an event stream: if it is a GET or QUERY whose
    /// `Accept` names `text/event-stream`, or a request of any method whose `Accept` names nothing
    /// else.
    ///
    /// Clients of language models and of MCP name JSON beside event streams, or nothing, and may
    /// get either.
    pub fn expects_stream(&self) -> bool {
        let accept = Accept::of(self.headers);
        accept.alone || accept.named && is_repeatable(self.method)
    }
}
