//! The supervisor of the host: it starts the members of a group, and starts them again when they end.
//!
//! A member that is to be started has a moment at which it is due: at first, the present. One that ends and is to be started
//! again makes others due with it, as the strategy says, and those of them who have not ended are cancelled. While anybody is
//! being stopped nobody is started, so that a group comes up in its order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

use crate::clock::nanoseconds;
use crate::coroutine::{Beginning, Context, Core, CoroutineId, Outcome, Seed, Wait};
use crate::engine::LoadedProgram;
use crate::event::Event;
use crate::scheduler::Place;
use crate::scheduler::alarm::Alarm;
use crate::supervision::{RestartWhen, Restarts, Strategy};

/// What a supervisor is made of.
pub(crate) struct Supervisor {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) restarts: Restarts,
    pub(crate) members: Vec<Member>,
}

/// A program to start, and after which of its ends to start it again.
pub(crate) struct Member {
    pub(crate) program: Arc<LoadedProgram>,
    pub(crate) args: Bytes,
    pub(crate) when: RestartWhen,
}

/// Supervises until all members have ended and none is to be started again, until there were too many restarts, or until the
/// coroutine is cancelled; in the last two cases once the members have ended, too.
pub(super) async fn run(core: &Arc<Core>, plan: &Supervisor) -> Outcome {
    let mut group = Supervised::new(core, plan);
    poll_fn(|_| group.advance()).await
}

/// A group at work.
struct Supervised<'a> {
    core: &'a Arc<Core>,
    plan: &'a Supervisor,
    posts: Vec<Post<'a>>,
    /// The moments of the restarts that count, eldest first.
    restarts: VecDeque<u64>,
    /// How it ends when the members have, once that is decided: from then on nobody is started.
    end: Option<Outcome>,
    /// Wakes it when the next member is due.
    alarm: Option<Alarm>,
}

/// The place of a member, and who holds it.
struct Post<'a> {
    member: &'a Member,
    holder: Option<Holder>,
    /// Who held it before.
    former: Option<CoroutineId>,
    /// When the member is to be started.
    due: Option<Due>,
    /// How many have failed here since one ended well.
    failures: u64,
}

#[derive(Clone, Copy)]
struct Due {
    at: u64,
    /// How long it has waited then.
    delay: u64,
}

impl<'a> Supervised<'a> {
    fn new(core: &'a Arc<Core>, plan: &'a Supervisor) -> Self {
        let now = Due { at: core.shared.clock.now(), delay: 0 };
        let post = |member| Post { member, holder: None, former: None, due: Some(now), failures: 0 };
        let posts = plan.members.iter().map(post).collect();
        Supervised { core, plan, posts, restarts: VecDeque::new(), end: None, alarm: None }
    }

    /// Does what there is to do, and parks the supervisor until there is more.
    fn advance(&mut self) -> Poll<Outcome> {
        if self.core.status.is_cancelled() {
            self.end_with(Outcome::Cancelled);
        }
        for index in 0..self.posts.len() {
            self.look_at(index);
        }
        self.start_due();
        self.wait()
    }

    /// Waits for the next end, or until somebody is due; for nothing any more when there is neither.
    fn wait(&mut self) -> Poll<Outcome> {
        let holders = || self.posts.iter().filter_map(|post| post.holder.as_ref());
        let next = self.posts.iter().filter_map(|post| Some(post.due?.at)).min();
        self.core.note_wait(match (holders().next(), holders().count(), next) {
            (Some(holder), 1, _) => Wait::Join(holder.core.id, holder.core.program.clone()),
            (Some(_), count, _) => Wait::AnyEnd(count),
            (None, _, Some(moment)) => Wait::Until(moment),
            (None, _, None) => return Poll::Ready(self.end.take().unwrap_or(Outcome::Returned(Vec::new()))),
        });
        // Whoever is due while others are being stopped waits for the end of those.
        let next = next.filter(|_| !self.is_stopping());
        self.alarm = next.map(|moment| Alarm::arm(moment, self.core));
        Poll::Pending
    }

    fn is_stopping(&self) -> bool {
        self.posts.iter().any(|post| post.holder.as_ref().is_some_and(|holder| holder.is_stopping))
    }

    /// Draws the consequences if the holder of this post has ended.
    fn look_at(&mut self, index: usize) {
        let post = &mut self.posts[index];
        let Some(ending) = post.holder.as_ref().and_then(Holder::ending) else { return };
        let Some(holder) = post.holder.take() else { return };
        match ending {
            Ending::Well => self.core.shared.mend(std::mem::take(&mut post.failures)),
            Ending::Failed => post.failures += 1,
            Ending::AskedFor => {}
        }
        let is_wanted = match post.member.when {
            RestartWhen::Never => false,
            RestartWhen::OnFailure => matches!(ending, Ending::Failed),
            RestartWhen::Always => true,
        };
        if is_wanted && !holder.is_stopping && self.end.is_none() {
            self.restart(index);
        }
    }

    /// Makes this member due again, and whoever goes down with it, unless that was too often.
    fn restart(&mut self, index: usize) {
        let Restarts { delay, max_delay, max_restarts, period } = self.plan.restarts;
        let now = self.core.shared.clock.now();
        let counts_from = now.saturating_sub(nanoseconds(period));
        while self.restarts.front().is_some_and(|&moment| moment < counts_from) {
            self.restarts.pop_front();
        }
        let before = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        if before >= max_restarts {
            return self.give_up(index);
        }
        self.restarts.push_back(now);
        let delay = nanoseconds(delay).saturating_mul(2_u64.saturating_pow(before)).min(nanoseconds(max_delay));
        let due = Due { at: now.saturating_add(delay), delay };
        let affected = match self.plan.strategy {
            Strategy::OneForOne => index..index + 1,
            Strategy::OneForAll => 0..self.posts.len(),
            Strategy::RestForOne => index..self.posts.len(),
        };
        for post in self.posts[affected].iter_mut().rev() {
            post.due = Some(due);
            post.stop();
        }
    }

    /// Ends as failed because this member would have to be started again once too often.
    fn give_up(&mut self, index: usize) {
        let member = self.posts[index].member;
        let Restarts { max_restarts, period, .. } = self.plan.restarts;
        self.core.shared.gave_up(&Event::GaveUp {
            id: self.core.id,
            program: &self.core.program.name,
            ended: &member.program.name,
            max_restarts,
            period,
        });
        let message = format!(
            "gave up: `{}` has ended again, and {max_restarts} restarts are allowed within {period:?}",
            member.program.name
        );
        self.end_with(Outcome::Failed { message });
    }

    /// Ends so when the members have ended, who are cancelled; unless it ends already.
    fn end_with(&mut self, outcome: Outcome) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(outcome);
        for post in self.posts.iter_mut().rev() {
            post.due = None;
            post.stop();
        }
    }

    /// Starts whoever is due, in order.
    fn start_due(&mut self) {
        if self.is_stopping() {
            return;
        }
        let now = self.core.shared.clock.now();
        for index in 0..self.posts.len() {
            let post = &mut self.posts[index];
            let Some(due) = post.due.take_if(|due| due.at <= now) else { continue };
            let Some(holder) = Holder::start(self.core, post.member) else {
                // The engine takes in nobody any more.
                return self.end_with(Outcome::Cancelled);
            };
            let id = holder.core.id;
            post.holder = Some(holder);
            let Some(former) = post.former.replace(id) else { continue };
            self.core.shared.restarted(&Event::Restarted {
                supervisor: self.core.id,
                id,
                program: &post.member.program.name,
                former,
                delay: Duration::from_nanos(due.delay),
            });
        }
    }
}

impl Post<'_> {
    /// Asks the holder to end, if there is one.
    fn stop(&mut self) {
        if let Some(holder) = &mut self.holder {
            holder.is_stopping = true;
            holder.core.cancel();
        }
    }
}

/// The coroutine that holds a post. Dropping this kills it.
struct Holder {
    core: Arc<Core>,
    /// Its place in the row of those who are told of the end.
    watch: u64,
    /// Whether it was asked to end.
    is_stopping: bool,
}

/// An end as a supervisor sees it.
enum Ending {
    Well,
    /// It is reported as a failure.
    Failed,
    /// It was cancelled, or killed.
    AskedFor,
}

impl Holder {
    /// Starts a member on the worker that has the fewest coroutines, unless the engine stops.
    fn start(supervisor: &Arc<Core>, member: &Member) -> Option<Self> {
        let shared = &supervisor.shared;
        let beginning = Beginning::new(&member.program.payloads, member.args.clone(), Context::default()).ok()?;
        let worker = shared.least_loaded_worker(supervisor.worker);
        let seed = Seed { worker, ..Seed::of(supervisor, member.program.clone(), beginning) };
        let core = shared.start(seed, Place::Back)?;
        let (watch, has_ended) = {
            let mut end = core.end.lock();
            (end.watch(Place::Back, supervisor.clone()), end.outcome.is_some())
        };
        if has_ended {
            // On another worker that takes no time: nobody tells of it any more.
            supervisor.wake(Place::Back);
        }
        Some(Holder { core, watch, is_stopping: false })
    }

    /// How it has ended, if it has.
    fn ending(&self) -> Option<Ending> {
        self.core.end.lock().outcome.as_ref().map(|outcome| match outcome {
            Outcome::Returned(_) => Ending::Well,
            Outcome::Exited(_) | Outcome::Failed { .. } | Outcome::Trapped { .. } | Outcome::Exceeded { .. } => {
                Ending::Failed
            }
            Outcome::Cancelled | Outcome::Killed => Ending::AskedFor,
        })
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Of one that has ended it does nothing.
        self.core.kill();
        self.core.end.lock().forget(self.watch);
    }
}
