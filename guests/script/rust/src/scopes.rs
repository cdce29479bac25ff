//! The steps with scopes.

use crate::{Performer, options};
use cogen_guest::scope::{self, Scope};
use cogen_guest::{Error, Result};
use script_steps::{Opts, Step};

impl Performer {
    /// Perform a step with a scope that was kept, and answer what to log of it.
    pub(crate) fn operate_scope(&mut self, step: &Step) -> Result<String> {
        Ok(match step {
            Step::Scope(name) => {
                self.scopes.insert(name.clone(), Scope::new());
                format!("scope {name}")
            }
            Step::ScopeDrop(name) => {
                self.scopes.remove(name);
                format!("scope-drop {name}")
            }
            Step::InScope { scope, steps, opts } => self.in_scope(scope, steps, *opts),
            Step::ScopeSpawn { scope: name, .. } | Step::ScopeJoin { scope: name, .. } | Step::ScopeCancel(name) => {
                // Taken out meanwhile, so that the step may keep other things.
                let scope = self.scopes.remove(name).ok_or_else(|| unknown(name))?;
                let result = self.operate_on(&scope, step);
                self.scopes.insert(name.clone(), scope);
                result?
            }
            other => unreachable!("performed elsewhere: {other:?}"),
        })
    }

    pub(crate) fn scope(&self, name: &str) -> Result<&Scope> {
        self.scopes.get(name).ok_or_else(|| unknown(name))
    }

    fn operate_on(&mut self, scope: &Scope, step: &Step) -> Result<String> {
        Ok(match step {
            Step::ScopeSpawn { program, args, save_as, opts, .. } => {
                let handle = scope.spawn_with(program, args.to_bytes(), [], options(*opts))?;
                self.kept.insert(save_as.clone(), handle.into());
                format!("scope-spawn {save_as}")
            }
            Step::ScopeJoin { scope: name, opts } => match scope.join_with(options(*opts)) {
                Ok(()) => format!("scope-join {name} ok"),
                Err(error) => format!("scope-join {name} {error}"),
            },
            Step::ScopeCancel(name) => {
                scope.cancel();
                format!("scope-cancel {name}")
            }
            other => self.operate(other)?,
        })
    }

    /// Perform steps in a scope as the SDK has it.
    fn in_scope(&mut self, name: &str, steps: &[Step], opts: Opts) -> String {
        let done = scope::scope_with(options(opts), |scope| {
            steps.iter().try_for_each(|step| {
                let text = self.operate_on(scope, step)?;
                self.log(&text);
                Ok(())
            })
        });
        match done {
            Ok(()) => format!("in-scope {name} ok"),
            Err(error) => format!("in-scope {name} {error}"),
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::Other(format!("the script keeps no scope `{name}`"))
}
