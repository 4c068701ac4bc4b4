//! The topics of entries.

use std::{fmt, sync::Arc};

/// The name of a channel, as the store knows it.
///
/// Clones share the text.
///
/// ```
/// use tower_sse::store::Topic;
///
/// let topic = Topic::from("room/7");
/// assert_eq!(topic.as_str(), "room/7");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Arc<str>> for Topic {
    fn from(name: Arc<str>) -> Self {
        Self(name)
    }
}

impl From<&str> for Topic {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Topic {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The topics of an [`Entry`](super::Entry): one or more, without duplicates, in the order in which they were
/// added.
///
/// ```
/// use tower_sse::store::Topics;
///
/// let mut topics = Topics::from("team/3");
/// topics.extend(["global", "team/3"]);
/// assert_eq!(topics.as_slice(), ["team/3".into(), "global".into()]);
///
/// // A store has saved the names in one column.
/// let saved = "team/3\nglobal";
/// assert_eq!(Topics::try_from_iter(saved.lines()), Some(topics));
/// assert_eq!(Topics::try_from_iter("".lines()), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics(Vec<Topic>);

impl Topics {
    /// Creates the topics of an iterator; `None` if it has none.
    ///
    /// Names of topics have no control characters, so that a store can join them with one.
    pub fn try_from_iter<T: Into<Topic>>(topics: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut topics = topics.into_iter();
        let mut all = Self::from(topics.next()?);
        all.extend(topics);
        Some(all)
    }

    /// Returns the topics.
    pub fn as_slice(&self) -> &[Topic] {
        &self.0
    }

    pub(super) fn keep_first(&mut self) {
        self.0.truncate(1);
    }

    pub(super) fn add(&mut self, topic: Topic) {
        if !self.0.contains(&topic) {
            self.0.push(topic);
        }
    }
}

impl<T: Into<Topic>> From<T> for Topics {
    fn from(topic: T) -> Self {
        Self(vec![topic.into()])
    }
}

impl<T: Into<Topic>> Extend<T> for Topics {
    fn extend<I: IntoIterator<Item = T>>(&mut self, topics: I) {
        topics.into_iter().for_each(|topic| self.add(topic.into()));
    }
}
