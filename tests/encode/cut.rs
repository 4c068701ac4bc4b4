//! The chunks in which bytes reach a client.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};

/// The lengths of the chunks, over and over until the bytes are used up.
#[derive(Clone, Debug)]
pub(crate) struct Cuts(Vec<usize>);

impl Cuts {
    pub(crate) fn whole() -> Self {
        Self(vec![usize::MAX])
    }

    pub(crate) fn single_bytes() -> Self {
        Self(vec![1])
    }

    pub(crate) fn of(&self, bytes: &[u8]) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(bytes);
        let lengths = self.0.iter().cycle();
        let mut chunks = Vec::new();
        for &length in lengths {
            if rest.is_empty() {
                break;
            }
            chunks.push(rest.split_to(length.min(rest.len())));
        }
        chunks
    }
}

/// Lengths from nothing to a dozen bytes, of which one at least is something.
pub(crate) fn cuts() -> impl Strategy<Value = Cuts> {
    let some = (vec(0..12usize, 0..8), 1..12usize);
    prop_oneof![
        1 => Just(Cuts::whole()),
        1 => Just(Cuts::single_bytes()),
        6 => some.prop_map(|(mut lengths, last)| {
            lengths.push(last);
            Cuts(lengths)
        }),
    ]
}
