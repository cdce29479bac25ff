//! What a coroutine needs before it has a store: room among those of its program, if they have a bound, and in the engine.

use std::sync::Arc;

use super::{Core, CoroutineId};
use crate::engine::{LoadedProgram, Shared};
use crate::scheduler::{Place, rooms, worker};

/// Whose room it is.
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Program,
    Engine,
}

impl Whose {
    /// In the order in which a coroutine has one.
    pub(super) const ALL: [Whose; 2] = [Whose::Program, Whose::Engine];

    /// All rooms of these, if there is a bound.
    pub(super) fn rooms<'a>(
        self,
        shared: &'a Shared,
        program: &'a LoadedProgram,
    ) -> Option<&'a rooms::Rooms<CoroutineId, Arc<Core>>> {
        match self {
            Whose::Program => program.rooms.as_ref(),
            Whose::Engine => Some(&shared.rooms),
        }
    }
}

/// Room for one coroutine, given back by drop to whoever has waited longest for it.
pub(crate) struct Room {
    shared: Arc<Shared>,
    program: Arc<LoadedProgram>,
    whose: Whose,
}

impl Room {
    /// One that was taken.
    pub(super) fn new(shared: &Arc<Shared>, program: &Arc<LoadedProgram>, whose: Whose) -> Self {
        Room { shared: shared.clone(), program: program.clone(), whose }
    }

    pub(super) fn whose(&self) -> Whose {
        self.whose
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let rooms = self.whose.rooms(&self.shared, &self.program);
        if let Some(next) = rooms.and_then(rooms::Rooms::leave) {
            next.give_room(Room::new(&self.shared, &self.program, self.whose));
            worker::queue(next, Place::Back);
        }
    }
}

/// The rooms that one coroutine has.
#[derive(Default)]
pub(crate) struct Rooms {
    program: Option<Room>,
    engine: Option<Room>,
}

impl Rooms {
    /// Those for one of this program, if there are any now; else whose there are not.
    pub(crate) fn take(shared: &Arc<Shared>, program: &Arc<LoadedProgram>) -> Result<Self, Whose> {
        let mut taken = Rooms::default();
        for whose in Whose::ALL {
            let Some(rooms) = whose.rooms(shared, program) else { continue };
            if !rooms.take() {
                return Err(whose);
            }
            *taken.of(whose) = Some(Room::new(shared, program, whose));
        }
        Ok(taken)
    }

    pub(super) fn of(&mut self, whose: Whose) -> &mut Option<Room> {
        match whose {
            Whose::Program => &mut self.program,
            Whose::Engine => &mut self.engine,
        }
    }
}
