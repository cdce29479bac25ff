//! The ring itself: hands operations to the system, keeps what they are about until it is done, and tells what came of
//! them.
//!
//! Everything unsafe is here, and rests on one rule: what the system may touch is in [`Ring::operations`] from before
//! its entry is pushed until after its completion was taken in. That goes for the memory, which its owners (`Vec`,
//! `Bytes`, `Box`) do not move when they are moved themselves, and which nobody else can reach; and for the descriptor,
//! which the operation holds open, so that its number cannot come to stand for another socket while an entry names it.
//! An operation that nobody wants any more is cancelled, and is kept until the system says that this has taken hold.

#![allow(unsafe_code, reason = "the system reads and writes memory on its own, which only this module can vouch for")]

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use io_uring::squeue::Entry;
use io_uring::types::{CancelBuilder, Fd, SubmitArgs, Timespec};
use io_uring::{EnterFlags, IoUring, opcode};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::SendFlags;
use slab::Slab;
use socket2::SockAddr;

use super::super::{Direction, Token};

/// How many operations one call hands over at most; for more, there is more than one call.
const SUBMISSIONS: u32 = 256;

/// How many completions have room before the system must keep them elsewhere, which is slower.
const COMPLETIONS: u32 = 4096;

/// How long those are waited for that are cancelled. The system lets go of them at once: this only bounds how long a
/// worker stands still if it does not.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to leave the system alone that refuses to take more: until then memory may have come free.
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// As long as the system can be told to wait; a wait may end early.
const LONGEST_WAIT: Duration = Duration::from_secs(1 << 30);

/// Where the notice stands among the operations: it is begun before all others, and for good.
const NOTICE: usize = 0;

/// What the completion of a cancellation is about: nothing that anybody waits for.
const CANCELLATION: u64 = u64::MAX;

/// What is to be done.
pub(super) enum Work {
    /// Receives as much as there is, and as the buffer, which is empty, has room for.
    Receive(Vec<u8>),
    /// Sends as much as there is room for.
    Send(Bytes),
    Connect(Box<SockAddr>),
    /// Waits until the socket is ready in the operation's direction.
    Poll,
    /// Takes what the notifier has counted, as soon as that is something.
    Notice(Vec<u8>),
}

/// What came of an operation.
pub(super) enum Came {
    Received(io::Result<Vec<u8>>),
    Sent(io::Result<usize>),
    Connected(io::Result<()>),
    /// There is nothing to know but that it is over.
    Nothing,
}

/// Whom an operation concerns.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Side(Token, Direction),
    /// The worker, which is notified.
    Worker,
    /// One who has gone before the system let go of the operation.
    Nobody,
}

/// An operation that is over.
pub(super) struct Ended {
    pub(super) key: usize,
    pub(super) owner: Owner,
    pub(super) came: Came,
}

/// Whether to block until an operation ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    No,
    For(Duration),
    ForEver,
}

struct Operation {
    work: Work,
    /// Open for as long as the operation is here.
    file: Arc<dyn AsFd + Send + Sync>,
    owner: Owner,
    /// Whether the system may have it in hand.
    is_submitted: bool,
}

/// What is to be handed over with the next call.
#[derive(PartialEq, Eq)]
enum Submission {
    Operation(usize),
    Cancel(usize),
    CancelAll,
}

pub(super) struct Ring {
    ring: IoUring,
    /// Whether a thread has made the ring its own, which is the one that uses it first.
    is_enabled: bool,
    /// Whether the notice is not to be begun again.
    is_closing: bool,
    operations: Slab<Operation>,
    submissions: VecDeque<Submission>,
}

impl Ring {
    /// A ring that tells when something was written to `event`.
    pub(super) fn open(event: Arc<dyn AsFd + Send + Sync>) -> io::Result<Self> {
        Ring::with_queues(event, SUBMISSIONS, COMPLETIONS)
    }

    /// As [`Ring::open`], with queues of these lengths.
    pub(super) fn with_queues(
        event: Arc<dyn AsFd + Send + Sync>,
        submissions: u32,
        completions: u32,
    ) -> io::Result<Self> {
        let ring = IoUring::builder()
            // It is made on another thread than the one that will use it.
            .setup_r_disabled()
            .setup_single_issuer()
            // What a completion takes is done when the worker asks for it, not in the midst of a guest's work.
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_submit_all()
            .setup_cqsize(completions)
            .build(submissions)?;
        let mut operations = Slab::new();
        let notice = Work::Notice(Vec::with_capacity(size_of::<u64>()));
        operations.insert(Operation { work: notice, file: event, owner: Owner::Worker, is_submitted: false });
        let submissions = VecDeque::from([Submission::Operation(NOTICE)]);
        Ok(Ring { ring, is_enabled: false, is_closing: false, operations, submissions })
    }

    /// Begins an operation, which the next [`Ring::exchange`] hands over.
    pub(super) fn begin(&mut self, work: Work, file: Arc<dyn AsFd + Send + Sync>, owner: Owner) -> usize {
        let key = self.operations.insert(Operation { work, file, owner, is_submitted: false });
        self.submissions.push_back(Submission::Operation(key));
        key
    }

    /// Forgets an operation if it was not handed over yet.
    pub(super) fn withdraw(&mut self, key: usize) -> bool {
        let is_withdrawn = !self.operations[key].is_submitted;
        if is_withdrawn {
            self.submissions.retain(|submission| *submission != Submission::Operation(key));
            self.operations.remove(key);
        }
        is_withdrawn
    }

    #[cfg(test)]
    pub(super) fn begun(&self) -> usize {
        self.operations.len()
    }

    pub(super) fn is_connect(&self, key: usize) -> bool {
        matches!(self.operations[key].work, Work::Connect(_))
    }

    /// Takes operations back from the system, and waits until it has let go of them. What came of those that were over
    /// before is told like everything else.
    pub(super) fn cancel(&mut self, keys: &[usize], ended: &mut Vec<Ended>) -> io::Result<()> {
        self.submissions.extend(keys.iter().map(|&key| Submission::Cancel(key)));
        let is_left = |operations: &Slab<Operation>| keys.iter().any(|&key| operations.contains(key));
        let result = self.wait_while(is_left, ended);
        for &key in keys {
            if let Some(operation) = self.operations.get_mut(key) {
                operation.owner = Owner::Nobody;
            }
        }
        result
    }

    /// Hands over what was begun, and takes in what has ended. If nothing has, it blocks as told. May come back early.
    pub(super) fn exchange(&mut self, wait: Wait, ended: &mut Vec<Ended>) -> io::Result<()> {
        if !mem::replace(&mut self.is_enabled, true) {
            self.ring.submitter().register_enable_rings()?;
        }
        while !self.push() {
            let entered = self.enter(Wait::No);
            self.reap(ended);
            entered?;
        }
        let entered = self.enter(if ended.is_empty() { wait } else { Wait::No });
        self.reap(ended);
        entered
    }

    /// Pushes what is to be handed over; whether there was room for all.
    fn push(&mut self) -> bool {
        let mut queue = self.ring.submission();
        while let Some(submission) = self.submissions.front() {
            if queue.is_full() {
                return false;
            }
            let entry = match *submission {
                Submission::Operation(key) => {
                    let operation = &mut self.operations[key];
                    operation.is_submitted = true;
                    operation.entry().user_data(key as u64)
                }
                // The queue is a line: the operation is before this, and none that takes its key is.
                Submission::Cancel(key) => opcode::AsyncCancel::new(key as u64).build().user_data(CANCELLATION),
                Submission::CancelAll => {
                    opcode::AsyncCancel2::new(CancelBuilder::any().all()).build().user_data(CANCELLATION)
                }
            };
            // SAFETY: memory and descriptor of an operation are its own; it is in `operations`, where nothing touches
            // them and from where one that was submitted is removed by its completion alone (`reap`). If that never
            // comes, the drop of the ring leaks the memory. A cancellation has neither.
            let pushed = unsafe { queue.push(&entry) };
            debug_assert!(pushed.is_ok(), "there was room");
            self.submissions.pop_front();
        }
        true
    }

    fn enter(&mut self, wait: Wait) -> io::Result<()> {
        let (submitter, queue, _) = self.ring.split();
        let entered = match wait {
            // Nothing to hand over, and nothing that only a call would bring out: then there is no need of one.
            Wait::No if queue.is_empty() && !queue.taskrun() && !queue.cq_overflow() => return Ok(()),
            // Not `submit`, which would leave what comes of the operations now to the next call.
            // SAFETY: it hands over what was pushed, and has no argument.
            Wait::No => unsafe { submitter.enter::<()>(length(queue.len()), 0, EnterFlags::GETEVENTS.bits(), None) },
            Wait::ForEver => submitter.submit_and_wait(1),
            Wait::For(time) => {
                let time = Timespec::from(time.min(LONGEST_WAIT));
                submitter.submit_with_args(1, &SubmitArgs::new().timespec(&time))
            }
        };
        match entered {
            // The time is over, or a signal came to the process: that is an early return.
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::TIME | Errno::INTR)) => Ok(()),
            entered => entered.map(drop),
        }
    }

    fn reap(&mut self, ended: &mut Vec<Ended>) {
        for completion in self.ring.completion() {
            let key = completion.user_data() as usize;
            if completion.user_data() == CANCELLATION || !self.operations.contains(key) {
                continue;
            }
            if key == NOTICE && !self.is_closing {
                let notice = &mut self.operations[NOTICE];
                notice.is_submitted = false;
                ended.push(Ended { key, owner: notice.owner, came: Came::Nothing });
                self.submissions.push_back(Submission::Operation(NOTICE));
                continue;
            }
            let Operation { work, owner, .. } = self.operations.remove(key);
            ended.push(Ended { key, owner, came: work.finish(completion.result()) });
        }
    }

    /// Hands over and takes in until `is_left` is false of the operations, with patience.
    fn wait_while(&mut self, is_left: impl Fn(&Slab<Operation>) -> bool, ended: &mut Vec<Ended>) -> io::Result<()> {
        let began = Instant::now();
        while is_left(&self.operations) && began.elapsed() < PATIENCE {
            // What ended before must not keep it from waiting.
            let mut now = Vec::new();
            let exchanged = self.exchange(Wait::For(PATIENCE), &mut now);
            ended.append(&mut now);
            match exchanged {
                Err(error) if is_strained(&error) => std::thread::sleep(PAUSE),
                exchanged => exchanged?,
            }
        }
        Ok(())
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.is_closing = true;
        self.submissions.clear();
        self.operations.retain(|_, operation| operation.is_submitted);
        if !self.operations.is_empty() {
            self.submissions.push_back(Submission::CancelAll);
        }
        // On another thread than its own it cannot be used; then nothing is waited for.
        let _ = self.wait_while(|operations| !operations.is_empty(), &mut Vec::new());
        // What the system will not let go of, it may still write to.
        self.operations.drain().for_each(|operation| mem::forget(operation.work));
    }
}

impl Operation {
    fn entry(&mut self) -> Entry {
        let file = Fd(self.file.as_fd().as_raw_fd());
        match &mut self.work {
            Work::Receive(buffer) => opcode::Recv::new(file, buffer.as_mut_ptr(), length(buffer.capacity())).build(),
            Work::Send(bytes) => {
                let flags = SendFlags::NOSIGNAL.bits() as i32;
                opcode::Send::new(file, bytes.as_ptr(), length(bytes.len())).flags(flags).build()
            }
            Work::Connect(address) => opcode::Connect::new(file, address.as_ptr().cast(), address.len()).build(),
            Work::Poll => opcode::PollAdd::new(file, self.interest().bits().into()).build(),
            Work::Notice(buffer) => opcode::Read::new(file, buffer.as_mut_ptr(), length(buffer.capacity())).build(),
        }
    }

    /// What it is to be ready for; that it has been hung up is always told.
    fn interest(&self) -> PollFlags {
        match self.owner {
            Owner::Side(_, Direction::Write) => PollFlags::OUT,
            _ => PollFlags::IN,
        }
    }
}

impl Work {
    /// What came of it, by the completion's result.
    fn finish(self, result: i32) -> Came {
        let result = match u32::try_from(result) {
            Ok(count) => Ok(count as usize),
            Err(_) => Err(Errno::from_raw_os_error(-result)),
        };
        if matches!(result, Err(Errno::CANCELED | Errno::INTR)) {
            return Came::Nothing;
        }
        let result = result.map_err(io::Error::from);
        match self {
            Work::Receive(mut buffer) => Came::Received(result.map(|count| {
                // SAFETY: the system has written that many bytes from the beginning of the buffer on, whose capacity it
                // was told, and is done with it.
                unsafe { buffer.set_len(count.min(buffer.capacity())) };
                buffer
            })),
            Work::Send(_) => Came::Sent(result),
            Work::Connect(_) => Came::Connected(result.map(drop)),
            Work::Poll | Work::Notice(_) => Came::Nothing,
        }
    }
}

/// Whether the system refuses to take more for now: completions have to be taken in, or memory has to come free, first.
pub(super) fn is_strained(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::AGAIN | Errno::BUSY | Errno::NOMEM))
}

/// A length as an entry has it: what is longer is cut, which reads and writes may always be.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
