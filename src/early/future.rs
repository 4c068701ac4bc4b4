use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use http::Response;
use pin_project::pin_project;

use super::{body::EarlyBody, config::Config, respond::early_response};
use crate::{IntoSseResponse, time::ResettableSleep};

/// The response future of [`EarlyHead`](crate::EarlyHead).
#[pin_project]
pub struct EarlyHeadFuture<F> {
    #[pin]
    kind: Kind<F>,
}

#[pin_project(project = KindProj)]
enum Kind<F> {
    /// The answer is waited for, however long it takes.
    Direct(#[pin] F),
    Early(Box<Waiting<F>>),
}

/// Waits for an answer, and not for longer than the delay.
struct Waiting<F> {
    /// Pinned by itself, so that it can move into the body. `None` when the head is out.
    answer: Option<Pin<Box<F>>>,
    sleep: ResettableSleep,
    due: Option<Instant>,
    config: Arc<Config>,
}

impl<F> EarlyHeadFuture<F> {
    pub(super) fn direct(answer: F) -> Self {
        Self {
            kind: Kind::Direct(answer),
        }
    }

    pub(super) fn early(answer: F, config: Arc<Config>) -> Self {
        let waiting = Waiting {
            answer: Some(Box::pin(answer)),
            sleep: ResettableSleep::new(config.timer.clone()),
            due: None,
            config,
        };
        Self {
            kind: Kind::Early(Box::new(waiting)),
        }
    }
}

impl<F, R, E> Future for EarlyHeadFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: IntoSseResponse,
{
    type Output = Result<Response<EarlyBody<F, R::Body>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Direct(answer) => answer.poll(cx).map_ok(quick),
            KindProj::Early(waiting) => match ready!(waiting.poll_answer(cx)) {
                Some(answer) => Poll::Ready(answer.map(quick)),
                None => {
                    let config = &waiting.config;
                    let (on_late, max) = (config.on_late.clone(), config.max_late_body);
                    let answer = waiting.answer.take();
                    let response = answer.map(|answer| early_response(answer, on_late, max));
                    response.map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
                }
            },
        }
    }
}

impl<F: Future> Waiting<F> {
    /// Polls for the answer. Returns `None` when the delay is over.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let Some(answer) = &mut self.answer else {
            return Poll::Pending;
        };
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            self.answer = None;
            return Poll::Ready(Some(answer));
        }
        self.poll_delay(cx).map(|()| None)
    }

    fn poll_delay(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let delay = self.config.delay;
        if delay.is_zero() {
            return Poll::Ready(());
        }
        if self.due.is_none() {
            self.due = self.sleep.now().checked_add(delay);
        }
        // A delay that no clock can hold is never over.
        match self.due {
            Some(due) => self.sleep.poll(due, cx).map(drop),
            None => Poll::Pending,
        }
    }
}

fn quick<F, R: IntoSseResponse>(answer: R) -> Response<EarlyBody<F, R::Body>> {
    answer.into_sse_response().map(EarlyBody::quick)
}

impl<F> fmt::Debug for EarlyHeadFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyHeadFuture").finish_non_exhaustive()
    }
}
