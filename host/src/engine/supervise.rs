//! Supervisors that an embedder starts.

use std::sync::Arc;

use bytes::Bytes;

use super::programs::LoadedProgram;
use super::shared::Shared;
use super::{Engine, Handle};
use crate::coroutine::service::{Member, Service, Supervisor};
use crate::coroutine::{Beginning, Context, Coroutine, Seed};
use crate::error::{Error, ErrorKind};
use crate::scheduler::Place;
use crate::supervision::{Group, GroupMember};

impl Engine {
    /// Starts the members of a group, in order, and starts them again as the group says. What is answered is the supervisor: a
    /// coroutine of the host, which ends when all members have and none is to be started again. To cancel it is to cancel
    /// the members and to start none again; to kill it is to kill them.
    ///
    /// Each failure is told as [`Event::Failed`], each restart as [`Event::Restarted`]. When too many would be needed, it
    /// tells [`Event::GaveUp`], cancels the other members, and ends as failed.
    ///
    /// [`Event::Failed`]: crate::Event::Failed
    /// [`Event::Restarted`]: crate::Event::Restarted
    /// [`Event::GaveUp`]: crate::Event::GaveUp
    ///
    /// # Errors
    /// When the group has no members, or more of something than is allowed; or as for [`Engine::spawn`].
    pub fn supervise(&self, group: Group) -> Result<Coroutine, Error> {
        self.shared.supervise(group)
    }
}

impl Handle {
    /// As [`Engine::supervise`].
    ///
    /// # Errors
    /// As [`Engine::supervise`].
    pub fn supervise(&self, group: Group) -> Result<Coroutine, Error> {
        self.shared.supervise(group)
    }
}

impl Shared {
    fn supervise(self: &Arc<Self>, group: Group) -> Result<Coroutine, Error> {
        group.check()?;
        let Group { name, strategy, restarts, members } = group;
        let refused = |why: &str| Error::new(ErrorKind::Limit, format!("cannot supervise `{name}`: {why}"));
        let members = members.into_iter().map(|member| self.member(member)).collect::<Result<_, _>>()?;
        let supervisor = Supervisor { name: name.clone(), strategy, restarts, members };
        let program = LoadedProgram::service(Service::Supervise(supervisor), self.payloads());
        let beginning =
            Beginning::new(self.payloads(), Bytes::new(), Context::default()).map_err(|why| refused(&why))?;
        // Its failure is told as what it is: that it gave up.
        let seed = Seed { is_heard: true, ..Seed::new(Arc::new(program), beginning, self.least_loaded_worker(0)) };
        self.start(seed, Place::Back).map(Coroutine).ok_or_else(|| refused("the engine is gone"))
    }

    fn member(&self, member: GroupMember) -> Result<Member, Error> {
        let GroupMember { program, args, when } = member;
        let attempted = format!("supervise `{program}`");
        let program = self.startable(&attempted, &program, &args)?.clone();
        let refused = |why| Error::new(ErrorKind::Limit, format!("cannot {attempted}: {why}"));
        let args = program.payloads.keep(args).map_err(refused)?;
        Ok(Member { program, args, when })
    }
}
