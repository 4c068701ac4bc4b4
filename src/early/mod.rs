//! A head that is sent before the answer is known: [`EarlyHeadLayer`] and [`respond_early`].
//!
//! The `service` makes a `future` that waits for the answer for some time. Then the answer's future moves into
//! a `body`, which waits for it there. What a late stream has in its extensions reaches the body of
//! [`SseLayer`](crate::SseLayer) through a `late_head`.

mod body;
mod config;
mod future;
mod late_answer;
mod late_head;
mod layer;
mod respond;
mod service;

pub(crate) use self::late_head::LateHead;
pub use self::{
    body::EarlyBody, future::EarlyHeadFuture, late_answer::LateAnswer, layer::EarlyHeadLayer,
    respond::respond_early, service::EarlyHead,
};
