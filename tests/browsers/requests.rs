use std::sync::{Arc, Mutex};

use axum::{Router, extract::Request};
use tower::util::MapRequestLayer;

/// Records the requests to a server, with those that do not reach a handler.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    /// Records the requests to these routes.
    pub(crate) fn note(&self, app: Router) -> Router {
        let requests = Arc::clone(&self.0);
        app.layer(MapRequestLayer::new(move |request: Request| {
            requests.lock().unwrap().push(request.uri().to_string());
            request
        }))
    }

    /// Returns the number of requests whose URI ends with this text.
    pub(crate) fn to(&self, end: &str) -> usize {
        let requests = self.0.lock().unwrap();
        requests.iter().filter(|uri| uri.ends_with(end)).count()
    }
}
