//! A point of the matrix: which call of which run meets which fault, and what must come of it.

use std::fmt;

use ironwright_tests::proxy::call::Call;
use ironwright_tests::proxy::fault::{Fault, Rule, When};

use crate::place::{APPLY, DESTROY, Place, Run, told};

/// Which run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Apply,
    Destroy,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    KilledBeforeChange,
    KilledAfterChange,
    KilledAtRead,
    Lost,
    Reset,
    Throttled,
    Failed,
}

/// One call, and what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) phase: Phase,
    pub(crate) sort: Sort,
    /// Its number among the changes, or among the reads.
    pub(crate) number: usize,
}

/// How a point was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The run that met the fault came to its end.
    ByItself,
    /// The run after it did.
    ByTheNextRun,
    /// The run made fewer reads than the one that was counted, and never met the fault.
    NotMet,
}

impl Phase {
    pub(crate) const ALL: [Self; 2] = [Self::Apply, Self::Destroy];

    pub(crate) fn arguments(self) -> &'static str {
        match self {
            Self::Apply => APPLY,
            Self::Destroy => DESTROY,
        }
    }

    /// All points of a run that makes `calls`.
    pub(crate) fn points(self, calls: &[Call]) -> Vec<Point> {
        let changes = calls.iter().filter(|call| call.is_change).count();
        let of = |sort: Sort| {
            let count = if sort == Sort::KilledAtRead { calls.len() - changes } else { changes };
            (1..=count).map(move |number| Point { phase: self, sort, number })
        };
        Sort::ALL.into_iter().flat_map(of).collect()
    }
}

impl Sort {
    pub(crate) const ALL: [Self; 7] = [
        Self::KilledBeforeChange,
        Self::KilledAfterChange,
        Self::KilledAtRead,
        Self::Lost,
        Self::Reset,
        Self::Throttled,
        Self::Failed,
    ];

    fn is_kill(self) -> bool {
        matches!(self, Self::KilledBeforeChange | Self::KilledAfterChange | Self::KilledAtRead)
    }
}

impl Point {
    fn rule(self) -> Rule {
        match self.sort {
            Sort::KilledBeforeChange => Rule::at_change(self.number, Fault::Kill(When::Before)),
            Sort::KilledAfterChange => Rule::at_change(self.number, Fault::Kill(When::After)),
            // What changes nothing leaves the same, carried out or not.
            Sort::KilledAtRead => Rule::at_read(self.number, Fault::Kill(When::Before)),
            Sort::Lost => Rule::at_change(self.number, Fault::Lose),
            Sort::Reset => Rule::at_change(self.number, Fault::Reset),
            Sort::Throttled => Rule::at_change(self.number, Fault::Throttle),
            Sort::Failed => Rule::at_change(self.number, Fault::Fail),
        }
    }

    /// Meets the fault, runs again if need be, and checks that `expected` is there and nothing is left to do.
    pub(crate) fn pass(self, place: &mut Place, expected: &[String]) -> Result<Passed, String> {
        let first = place.run(self.phase.arguments(), Some(self.rule()));
        let struck = first.calls.iter().find(|call| call.fault.is_some());
        let name = struck.map_or("no call", |call| &call.action).to_owned();
        let passed = self.finish(place, &first, struck.is_some()).and_then(|passed| {
            place.check(expected)?;
            // Of what is destroyed, the program would plan all anew.
            if self.phase == Phase::Apply { place.check_plan().map(|()| passed) } else { Ok(passed) }
        });
        passed.map_err(|problem| format!("{self} ({name}):\n    {problem}\n    the first run: {}", told(&first.ran)))
    }

    fn finish(self, place: &Place, first: &Run, is_struck: bool) -> Result<Passed, String> {
        if !is_struck {
            let is_excused = self.sort == Sort::KilledAtRead && first.ran.code == 0;
            return if is_excused { Ok(Passed::NotMet) } else { Err("the fault was not met".to_owned()) };
        }
        if !self.sort.is_kill() && first.ran.code == 0 {
            return Ok(Passed::ByItself);
        }
        if self.sort.is_kill() && first.ran.code != -1 {
            return Err(format!("it was not killed, and ended with {}", first.ran.code));
        }
        let next = place.run(self.phase.arguments(), None);
        if next.ran.code == 0 {
            return Ok(Passed::ByTheNextRun);
        }
        Err(format!("the next run ends with {}: {}", next.ran.code, told(&next.ran)))
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
        })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KilledBeforeChange => "killed before a change is forwarded",
            Self::KilledAfterChange => "killed after a change was carried out, before its answer",
            Self::KilledAtRead => "killed at a read",
            Self::Lost => "answer lost",
            Self::Reset => "connection reset",
            Self::Throttled => "throttled",
            Self::Failed => "carried out, and answered by HTTP 500",
        })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, number {}", self.phase, self.sort, self.number)
    }
}
