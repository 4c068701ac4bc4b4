//! The channels of a subscription.

use std::{mem, slice, sync::Arc};

use super::member::Member;
use crate::channel::shared::ChannelShared;

/// The channels of a subscription. Most often there is one, which takes no memory of its own.
pub(super) enum Members {
    One(Member),
    Many(Vec<Member>),
}

impl Members {
    pub(super) fn as_slice(&self) -> &[Member] {
        match self {
            Self::One(member) => slice::from_ref(member),
            Self::Many(members) => members,
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Member] {
        match self {
            Self::One(member) => slice::from_mut(member),
            Self::Many(members) => members,
        }
    }

    pub(super) fn push(&mut self, member: Member) {
        let mut members = mem::take(self).into_vec();
        members.push(member);
        *self = members.into_iter().collect();
    }

    /// Removes the first channel of which this is true.
    pub(super) fn remove(&mut self, is_it: impl Fn(&Arc<ChannelShared>) -> bool) -> Option<Member> {
        let mut members = mem::take(self).into_vec();
        let at = members.iter().position(|one| is_it(&one.channel));
        let removed = at.map(|at| members.remove(at));
        *self = members.into_iter().collect();
        removed
    }

    pub(super) fn into_vec(self) -> Vec<Member> {
        match self {
            Self::One(member) => vec![member],
            Self::Many(members) => members,
        }
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        match members.pop() {
            Some(only) if members.is_empty() => Self::One(only),
            last => {
                members.extend(last);
                Self::Many(members)
            }
        }
    }
}
