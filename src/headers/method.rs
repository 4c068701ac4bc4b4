use http::Method;

/// Returns `true` for methods that can be repeated to resume a stream: GET, QUERY, and HEAD.
pub(crate) fn is_repeatable(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "QUERY")
}
