//! Edits: what a person does to a program between two runs.

use crate::dice::{Dice, at};
use crate::kinds::Needs;
use crate::program::{Declared, Program};

/// One edit. Resources are named by a choice among those that are there, so that an edit makes sense in a shrunk history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// A change in place.
    Label(u32),
    /// A change that forces a replacement.
    Core(u32),
    Secret(u32),
    /// Refers to others than before.
    Rewire(u32),
    Add(u32),
    Remove(u32),
    /// The same resource under another address.
    Rename(u32),
}

impl Edit {
    pub(crate) fn draw(dice: &Dice) -> Self {
        let choice = dice.bits();
        let edit =
            [Self::Label, Self::Label, Self::Core, Self::Secret, Self::Rewire, Self::Add, Self::Remove, Self::Rename];
        dice.pick(&edit)(choice)
    }

    /// Does it to `program`. A resource that is protected is left as it is, as a person who is told so would.
    pub(crate) fn carry_out(self, program: &mut Program) {
        match self {
            Self::Add(seed) => program.add(&Dice::new(u64::from(seed), 7)),
            Self::Label(choice) => change(program, choice, |resource| resource.label += 1),
            Self::Core(choice) => change(program, choice, |resource| resource.core += 1),
            Self::Secret(choice) => change(program, choice, |resource| resource.secret += 1),
            Self::Rewire(choice) => rewire(program, choice),
            Self::Remove(choice) => {
                if let Some(position) = unprotected(program, choice) {
                    program.remove(position);
                }
            }
            Self::Rename(choice) => rename(program, choice),
        }
    }
}

fn unprotected(program: &Program, choice: u32) -> Option<usize> {
    let candidates: Vec<usize> =
        (0..program.resources.len()).filter(|position| !program.resources[*position].protect).collect();
    candidates.get(at(choice, candidates.len())).copied()
}

fn change(program: &mut Program, choice: u32, change: impl Fn(&mut Declared)) {
    if let Some(position) = unprotected(program, choice) {
        change(&mut program.resources[position]);
    }
}

fn rewire(program: &mut Program, choice: u32) {
    let Some(position) = unprotected(program, choice) else {
        return;
    };
    let dice = Dice::new(u64::from(choice), 8);
    let Some(target) = program.target(program.resources[position].kind(), position, dice.bits()) else {
        return;
    };
    let resource = &mut program.resources[position];
    match resource.kind().needs {
        Needs::Nothing => {}
        Needs::Parent => resource.needs = vec![target],
        Needs::Others if resource.needs.contains(&target) => resource.needs.retain(|needed| *needed != target),
        Needs::Others => resource.needs.push(target),
    }
}

fn rename(program: &mut Program, choice: u32) {
    let Some(position) = unprotected(program, choice) else {
        return;
    };
    let (before, after) = (program.resources[position].number, program.fresh_number());
    program.resources[position].number = after;
    for needed in program.resources.iter_mut().flat_map(|resource| &mut resource.needs) {
        if *needed == before {
            *needed = after;
        }
    }
}
