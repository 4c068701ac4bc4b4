use std::{any::Any, fmt, sync::Arc};

/// The labels, or the tags, of a stream: values by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// Adds a value, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        match self.0.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds the values of another, which replace those of the same names.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            self.set(name, value.clone());
        }
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of a name, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns all names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Writes the values as `name=value`, with commas between them: `path=/b,user=ada`. Nothing is
/// escaped.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

/// The values that a handler has attached to its stream with
/// [`SseOptions::data`](crate::SseOptions::data), found by their type.
#[derive(Clone, Default)]
pub struct StreamData(Vec<Arc<dyn Datum>>);

/// A value that can be found by its type and logged.
trait Datum: fmt::Debug + Send + Sync {
    /// Coerces by hand: Rust 1.85 has no trait upcasting.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + fmt::Debug + Send + Sync> Datum for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl StreamData {
    pub(crate) fn push<T: fmt::Debug + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.0.push(value);
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of a type, if the handler has attached one. If it has attached several,
    /// returns the last.
    pub fn get<T: fmt::Debug + Send + Sync + 'static>(&self) -> Option<&T> {
        let mut values = self.0.iter().rev();
        values.find_map(|value| value.as_ref().as_any().downcast_ref())
    }
}

/// Lists the values by their own `Debug`.
impl fmt::Debug for StreamData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

/// The labels, tags and data of an open stream, by which callbacks identify it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The labels of the layer ([`SseLayer::label`](crate::SseLayer::label)) and of the handler
    /// ([`SseOptions::label`](crate::SseOptions::label)). Metrics have them too.
    pub labels: Labels,
    /// The tags of the layer ([`SseLayer::tag`](crate::SseLayer::tag)) and of the handler
    /// ([`SseOptions::tag`](crate::SseOptions::tag)). Metrics do not have them.
    pub tags: Labels,
    /// The values that the handler has attached.
    pub data: StreamData,
}

impl StreamInfo {
    /// Adds the labels, tags and data of the handler.
    pub(crate) fn extend(&mut self, handler: &Self) {
        self.labels.extend(&handler.labels);
        self.tags.extend(&handler.tags);
        self.data.0.extend_from_slice(&handler.data.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_data_by_its_type() {
        let mut data = StreamData::default();
        data.push(Arc::new(1_u64));
        data.push(Arc::new("text"));
        data.push(Arc::new(2_u64));
        assert_eq!(data.get::<u64>(), Some(&2));
        assert_eq!(data.get::<&str>(), Some(&"text"));
        assert_eq!(data.get::<u32>(), None);
        assert_eq!(format!("{data:?}"), "[1, \"text\", 2]");
    }

    #[test]
    fn replaces_a_label_of_the_same_name() {
        let mut labels = Labels::default();
        labels.set("path", "/a".to_owned());
        labels.set("user", "ada".to_owned());
        let mut own = Labels::default();
        own.set("path", "/b".to_owned());
        labels.extend(&own);
        assert_eq!(labels.to_string(), "path=/b,user=ada");
    }
}
