//! The text behind an [`EventId`](super::EventId) and an [`EventName`](super::EventName).

use std::sync::Arc;

/// The maximum length of a text that is kept without an allocation. With it, a `Text` has 24 bytes, as a
/// `String` has.
const MAX_INLINE_LEN: usize = 22;

/// A short, immutable string in 24 bytes: most ids and names allocate nothing.
#[derive(Clone)]
pub(super) enum Text {
    Static(&'static str),
    Inline(u8, [u8; MAX_INLINE_LEN]),
    Shared(Arc<str>),
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let mut inline = [0; MAX_INLINE_LEN];
        match inline.get_mut(..text.len()) {
            Some(slice) => {
                slice.copy_from_slice(text.as_bytes());
                // Not over 22: the slice above exists.
                Self::Inline(text.len() as u8, inline)
            }
            None => Self::Shared(text.into()),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Static(text) => text.as_bytes(),
            Self::Inline(len, bytes) => &bytes[..usize::from(*len)],
            Self::Shared(text) => text.as_bytes(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            // Always UTF-8, because it was copied from a `str`.
            Self::Inline(..) => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Self::Shared(text) => text,
        }
    }
}

/// Implements the traits of string-like values for a type over [`Text`].
///
/// `Eq`, `Ord` and `Hash` are those of `str`, as `Borrow<str>` demands.
macro_rules! string_like {
    ($type:ident, $error:ident) => {
        impl $type {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// Returns the bytes of the text.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl TryFrom<&str> for $type {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                Self::check(text)?;
                Ok(Self(Text::new(text)))
            }
        }

        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::try_from(text.as_str())
            }
        }

        impl TryFrom<&String> for $type {
            type Error = $error;

            fn try_from(text: &String) -> Result<Self, $error> {
                Self::try_from(text.as_str())
            }
        }

        impl From<&$type> for $type {
            fn from(text: &$type) -> Self {
                text.clone()
            }
        }

        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::try_from(text)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl Eq for $type {}

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl PartialEq<String> for $type {
            fn eq(&self, other: &String) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl PartialEq<$type> for str {
            fn eq(&self, other: &$type) -> bool {
                other == self
            }
        }

        impl PartialEq<$type> for &str {
            fn eq(&self, other: &$type) -> bool {
                other == self
            }
        }

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $type {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl std::hash::Hash for $type {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }
    };
}

pub(super) use string_like;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_24_bytes() {
        assert_eq!(size_of::<Text>(), 24);
        assert_eq!(size_of::<Option<Text>>(), 24);
    }

    #[test]
    fn keeps_22_bytes_inline_and_shares_more() {
        let short = "a".repeat(MAX_INLINE_LEN);
        let long = "é".repeat(MAX_INLINE_LEN);
        assert!(matches!(Text::new(&short), Text::Inline(22, _)));
        assert!(matches!(Text::new(&long), Text::Shared(_)));
        assert_eq!(Text::new(&short).as_str(), short);
        assert_eq!(Text::new(&long).as_str(), long);
        assert_eq!(Text::new("").as_str(), "");
    }
}
