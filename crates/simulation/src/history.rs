//! Histories as data: a program, and what happens to it, drawn from a seed.

use std::fmt;

use crate::dice::Dice;
use crate::edit::Edit;
use crate::program::Program;

/// A program and what happens to it, step by step. The same seed gives the same history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub(crate) seed: u64,
    pub(crate) program: Program,
    pub(crate) steps: Vec<Step>,
    /// How many operations go on at once.
    pub(crate) parallelism: usize,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The program is edited.
    Edit(Edit),
    /// Somebody changes or deletes a resource behind the program's back.
    Drift { choice: u32, deletes: bool },
    /// A command, with what goes wrong meanwhile.
    Run(Run),
    /// An apply in fair weather, after which all must be as the program says.
    Settle,
    /// A resource gets another address, and then comes a run. Nothing is made anew.
    Move { choice: u32, how: Telling, run: Run },
    /// Somebody makes a resource elsewhere, the program takes it over, and then comes a run. It is the same one after it.
    Import { seed: u32, run: Run },
}

/// How the engine hears of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// The program says so.
    Said,
    /// Nobody says so: the content is the same.
    Unsaid,
    /// The state is edited by hand.
    ByHand,
}

/// A command, with what goes wrong meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) aim: Aim,
    pub(crate) weather: Weather,
    pub(crate) blow: Option<Blow>,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    Apply,
    /// An apply with `--replace` of one resource.
    Replace(u32),
    Plan,
    Destroy,
    /// Asks for drift.
    Refresh,
    /// Takes drift over into the state.
    Accept,
    /// Applies a plan that was made before another apply.
    Stale,
    /// Two applies at once.
    Twice,
    /// An apply of a part: of one resource or stack, or of all but that.
    Part {
        only: bool,
        choice: u32,
    },
    /// A destroy of a part.
    DestroyPart {
        only: bool,
        choice: u32,
    },
    /// Saves a plan, and applies it from the file. By an odd choice something moves in between, and it is refused.
    Saved(u32),
    /// Takes back the last run.
    Rollback,
}

/// What the cloud is like, in percent of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weather {
    pub(crate) throttled: u32,
    pub(crate) server_errors: u32,
    pub(crate) lost_responses: u32,
    /// How many reads do not find a new resource.
    pub(crate) unseen: u32,
    /// For how many observations a new resource is pending.
    pub(crate) slow: u32,
    /// Refusals whose message repeats what was sent.
    pub(crate) refused: u32,
    /// Creates that fail after the cloud has said an id.
    pub(crate) half_made: u32,
    /// Changes that meet something that is not visible yet.
    pub(crate) not_ready: u32,
}

/// The one thing that hits a run: at the moment of this number, counting every write and every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blow {
    pub(crate) moment: u32,
    pub(crate) kind: BlowKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlowKind {
    /// SIGKILL before the write or call has any effect.
    KillBefore,
    /// SIGKILL after its effect, before anybody hears of it.
    KillAfter,
    /// Ctrl-C.
    Stop,
    /// From now on there is no room to write.
    Full,
    /// The provider panics.
    Panic,
}

impl History {
    /// The history of `seed`.
    pub fn draw(seed: u64) -> Self {
        let mut history = Self::first_edition(seed);
        let dice = Dice::new(seed, 2);
        let steps = std::mem::take(&mut history.steps);
        for mut step in steps {
            if let Step::Run(Run { aim: aim @ (Aim::Apply | Aim::Destroy), .. }) = &mut step {
                *aim = later_aim(&dice, *aim);
            }
            history.steps.push(step);
            if dice.percent(3) {
                let how = dice.pick(&[Telling::Said, Telling::Said, Telling::Unsaid, Telling::ByHand]);
                history.steps.push(Step::Move { choice: dice.bits(), how, run: Run::draw_apply(&dice) });
            }
            if dice.percent(3) {
                history.steps.push(Step::Import { seed: dice.bits(), run: Run::draw_apply(&dice) });
            }
        }
        history
    }

    /// The same as it was drawn before there were partial runs, moves, imports and saved plans, and two runs at once: for
    /// seeds that were found then.
    pub fn first_edition(seed: u64) -> Self {
        let dice = Dice::new(seed, 0);
        let program = Program::draw(&dice, 9);
        let mut steps = vec![Step::Run(Run { aim: Aim::Apply, ..Run::draw(&dice) })];
        for _ in 0..2 + dice.below(5) {
            for _ in 0..dice.below(4) {
                steps.push(Step::Edit(Edit::draw(&dice)));
            }
            if dice.percent(20) {
                steps.push(Step::Drift { choice: dice.bits(), deletes: dice.percent(40) });
            }
            steps.push(Step::Run(Run::draw(&dice)));
            if dice.percent(15) {
                steps.push(Step::Settle);
            }
        }
        steps.push(Step::Settle);
        if dice.percent(30) {
            let calm = Run { aim: Aim::Destroy, weather: Weather::default(), blow: None };
            steps.extend([Step::Run(Run { aim: Aim::Destroy, ..Run::draw(&dice) }), Step::Run(calm)]);
        }
        Self { seed, program, steps, parallelism: 1 + dice.below(6) as usize }
    }
}

/// What a run is for, where it may be more than to apply or destroy all.
fn later_aim(dice: &Dice, aim: Aim) -> Aim {
    let (only, choice) = (dice.percent(50), dice.bits());
    match aim {
        Aim::Apply if dice.percent(40) => {
            let part = Aim::Part { only, choice };
            dice.pick(&[Aim::Twice, part, part, Aim::Saved(choice), Aim::Rollback])
        }
        Aim::Destroy if dice.percent(30) => Aim::DestroyPart { only, choice },
        other => other,
    }
}

impl Run {
    fn draw_apply(dice: &Dice) -> Self {
        Self { aim: Aim::Apply, ..Self::draw(dice) }
    }

    fn draw(dice: &Dice) -> Self {
        let aims = [Aim::Apply, Aim::Apply, Aim::Apply, Aim::Apply, Aim::Apply, Aim::Apply, Aim::Replace(dice.bits())];
        let rare = [Aim::Plan, Aim::Destroy, Aim::Refresh, Aim::Accept, Aim::Stale];
        let aim = if dice.percent(20) { dice.pick(&rare) } else { dice.pick(&aims) };
        let blows = [
            BlowKind::KillBefore,
            BlowKind::KillAfter,
            BlowKind::KillBefore,
            BlowKind::KillAfter,
            BlowKind::Stop,
            BlowKind::Full,
            BlowKind::Panic,
        ];
        let blow = Blow { moment: 1 + dice.below(dice.pick(&[8, 30, 60])), kind: dice.pick(&blows) };
        Self { aim, weather: Weather::draw(dice), blow: dice.percent(65).then_some(blow) }
    }
}

impl Weather {
    fn draw(dice: &Dice) -> Self {
        let sometimes = |percent: u32| if dice.percent(30) { dice.below(percent) } else { 0 };
        Self {
            throttled: sometimes(30),
            server_errors: sometimes(30),
            lost_responses: sometimes(40),
            unseen: sometimes(4),
            slow: sometimes(3),
            refused: sometimes(20),
            half_made: sometimes(15),
            not_ready: sometimes(20),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {} at once", self.seed, self.parallelism)?;
        for resource in &self.program.resources {
            writeln!(f, "  {resource}")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {number}. {step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edit(edit) => write!(f, "edit: {edit:?}"),
            Self::Drift { choice, deletes: true } => write!(f, "drift: resource {choice} is deleted"),
            Self::Drift { choice, deletes: false } => write!(f, "drift: resource {choice} is changed"),
            Self::Run(run) => write!(f, "{run}"),
            Self::Settle => f.write_str("settle"),
            Self::Move { choice, how, run } => write!(f, "move of resource {choice}, {how:?}; {run}"),
            Self::Import { seed, run } => write!(f, "import of one drawn from {seed}; {run}"),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run: {:?}", self.aim)?;
        if self.weather != Weather::default() {
            write!(f, ", {:?}", self.weather)?;
        }
        match self.blow {
            Some(Blow { moment, kind }) => write!(f, ", {kind:?} at moment {moment}"),
            None => Ok(()),
        }
    }
}
