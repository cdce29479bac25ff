//! An operation that was begun without parking: it goes on when its pollable is waited on, and is asked for its result once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::Answer;
use super::bindings::Error;
use crate::coroutine::Core;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

type Work<T> = Pin<Box<dyn Future<Output = Answer<T>> + Send>>;

/// An operation under way. Dropping it undoes what it has registered.
pub(crate) struct Pending<T> {
    state: State<T>,
    core: Arc<Core>,
    _permit: Permit,
}

enum State<T> {
    Works(Work<T>),
    Done(Answer<T>),
    Told,
}

impl<T> Pending<T> {
    /// Begins: as far as it comes without waiting it goes at once.
    pub(crate) fn begin(core: &Arc<Core>, work: impl Future<Output = Answer<T>> + Send + 'static) -> Answer<Self> {
        let permit = core.permit(Limit::Pending)?;
        let mut pending = Pending { state: State::Works(Box::pin(work)), core: core.clone(), _permit: permit };
        pending.advance();
        Ok(pending)
    }

    fn advance(&mut self) {
        let waker = Waker::from(self.core.clone());
        let _ = self.poll(&mut Context::from_waker(&waker));
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let State::Works(work) = &mut self.state else { return Poll::Ready(()) };
        let Poll::Ready(answer) = work.as_mut().poll(context) else { return Poll::Pending };
        self.state = State::Done(answer);
        Poll::Ready(())
    }

    /// Parks until it is decided, or until the coroutine is cancelled.
    pub(crate) async fn ready(&mut self) {
        poll_fn(|context| if self.core.status.is_cancelled() { Poll::Ready(()) } else { self.poll(context) }).await;
    }

    /// The result, once.
    pub(crate) fn finish(&mut self) -> Answer<T> {
        self.advance();
        match std::mem::replace(&mut self.state, State::Told) {
            State::Done(answer) => answer,
            State::Told => Err(Error::InvalidArgument("it has been finished".to_owned()).into()),
            works => {
                self.state = works;
                let error = if self.core.status.is_cancelled() { Error::Cancelled } else { Error::NotReady };
                Err(error.into())
            }
        }
    }
}
