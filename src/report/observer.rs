use std::{fmt, sync::Arc};

use super::summary::Progress;
use crate::{Labels, RejectedStream, RequestHead, StreamInfo, StreamSummary};

type Callback<T> = Arc<dyn Fn(&T) + Send + Sync>;
type LabelFn = Arc<dyn Fn(RequestHead<'_>) -> Option<String> + Send + Sync>;

/// Watches one stream from its request to its end: the span of `layer/trace.rs`.
pub(crate) trait StreamWatcher: fmt::Debug + Send + Sync {
    fn opened(&mut self, info: &StreamInfo);

    /// The handler has answered after the stream was opened.
    fn updated(&mut self, info: &StreamInfo);

    fn closed(&mut self, summary: &StreamSummary);

    /// The stream was never open.
    fn rejected(&mut self, rejected: &RejectedStream);
}

/// Begins to watch streams: the feature `tracing` (`layer/trace.rs`).
pub(crate) trait Watcher: fmt::Debug + Send + Sync {
    fn watch(&self, head: RequestHead<'_>) -> Box<dyn StreamWatcher>;
}

/// Records numbers over all streams: the feature `metrics` (`layer/metrics.rs`).
pub(crate) trait Recorder: fmt::Debug + Send + Sync {
    fn opened(&self, labels: &Labels);

    /// An open stream has other labels than before.
    fn relabelled(&self, before: &Labels, labels: &Labels);

    fn progressed(&self, labels: &Labels, progress: Progress);

    fn closed(&self, summary: &StreamSummary);

    fn rejected(&self, rejected: &RejectedStream);
}

/// The callbacks of a layer, and the labels and tags that they get.
#[derive(Clone, Default)]
pub(crate) struct Observer {
    labels: Vec<(&'static str, LabelFn)>,
    tags: Vec<(&'static str, LabelFn)>,
    on_open: Vec<Callback<StreamInfo>>,
    on_close: Vec<Callback<StreamSummary>>,
    on_reject: Vec<Callback<RejectedStream>>,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    pub(crate) watcher: Option<Arc<dyn Watcher>>,
}

impl Observer {
    /// Adds a label, or replaces the one of that name.
    pub(crate) fn label(&mut self, name: &'static str, value: LabelFn) {
        set(&mut self.labels, name, value);
    }

    /// Adds a tag, or replaces the one of that name.
    pub(crate) fn tag(&mut self, name: &'static str, value: LabelFn) {
        set(&mut self.tags, name, value);
    }

    pub(crate) fn on_open(&mut self, callback: Callback<StreamInfo>) {
        self.on_open.push(callback);
    }

    pub(crate) fn on_close(&mut self, callback: Callback<StreamSummary>) {
        self.on_close.push(callback);
    }

    pub(crate) fn on_reject(&mut self, callback: Callback<RejectedStream>) {
        self.on_reject.push(callback);
    }

    /// Returns the labels and tags that the layer gives a request.
    pub(crate) fn info_of(&self, head: RequestHead<'_>) -> StreamInfo {
        StreamInfo {
            labels: values(&self.labels, head),
            tags: values(&self.tags, head),
            ..StreamInfo::default()
        }
    }

    pub(crate) fn opened(&self, info: &StreamInfo) {
        self.on_open.iter().for_each(|callback| callback(info));
    }

    pub(crate) fn closed(&self, summary: &StreamSummary) {
        self.on_close.iter().for_each(|callback| callback(summary));
    }

    pub(crate) fn rejected(&self, rejected: &RejectedStream) {
        self.on_reject
            .iter()
            .for_each(|callback| callback(rejected));
    }

    /// Returns `true` if a callback wants to know of open streams.
    pub(crate) fn wants_streams(&self) -> bool {
        !self.on_open.is_empty()
            || !self.on_close.is_empty()
            || self.recorder.is_some()
            || self.watcher.is_some()
    }

    /// Returns `true` if requests have labels or tags.
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty() || !self.tags.is_empty()
    }
}

fn set(all: &mut Vec<(&'static str, LabelFn)>, name: &'static str, value: LabelFn) {
    all.retain(|(other, _)| *other != name);
    all.push((name, value));
}

fn values(all: &[(&'static str, LabelFn)], head: RequestHead<'_>) -> Labels {
    let mut values = Labels::default();
    for (name, value) in all {
        if let Some(value) = value(head) {
            values.set(name, value);
        }
    }
    values
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
