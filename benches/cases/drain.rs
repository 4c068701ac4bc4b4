use std::{
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::Body;

/// Polls a body to its end as a server would, and drops each frame before it asks for the next.
pub(crate) fn drain<B: Body<Data = Bytes>>(body: B) {
    each(body, |data| {
        black_box(data);
    });
}

/// Hands out the data of a body, which is always ready, frame by frame.
pub(crate) fn each<B: Body<Data = Bytes>>(body: B, mut frame: impl FnMut(Bytes)) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(data))) => data.into_data().into_iter().for_each(&mut frame),
            Poll::Ready(Some(Err(_))) => unreachable!("a body failed"),
            Poll::Ready(None) => return,
            Poll::Pending => {}
        }
    }
}
