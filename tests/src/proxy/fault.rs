//! What may happen to a call, and to which.

use std::fmt;
use std::time::Duration;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out, and the connection ends without an answer.
    Lose,
    /// It is not carried out: the connection is reset.
    Reset,
    /// It is not carried out: it is refused as one too many.
    Throttle,
    /// It is carried out, and answered by an HTTP 500.
    Fail,
    /// It takes this much longer.
    Delay(When, Duration),
    /// The client is killed before it is carried out, or after that and before it is answered.
    Kill(When),
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the call is forwarded.
    Before,
    /// After it was forwarded and carried out, before the answer.
    After,
}

/// Which calls meet a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which calls count.
    pub counted: Counted,
    /// Which of them it is.
    pub chosen: Chosen,
    /// What happens to it.
    pub fault: Fault,
}

/// Which calls count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Every call.
    All,
    /// Calls that change something.
    Changes,
    /// Calls that change nothing.
    Reads,
}

/// The place of a call among those of its sort; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Change(usize),
    Read(usize),
}

/// Which of the calls that count meet the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The one of this number; the first is 1.
    Number(usize),
    /// So many of a hundred, by their number and this seed.
    Percent(u8, u64),
}

impl Rule {
    /// The call of this number, of all calls.
    pub fn at_call(number: usize, fault: Fault) -> Self {
        Self { counted: Counted::All, chosen: Chosen::Number(number), fault }
    }

    /// The change of this number.
    pub fn at_change(number: usize, fault: Fault) -> Self {
        Self { counted: Counted::Changes, chosen: Chosen::Number(number), fault }
    }

    /// The read of this number.
    pub fn at_read(number: usize, fault: Fault) -> Self {
        Self { counted: Counted::Reads, chosen: Chosen::Number(number), fault }
    }

    /// What happens to the call of this number, of all calls, and of this place among those of its sort.
    pub(super) fn fault_of(&self, number: usize, place: Place) -> Option<Fault> {
        let number = match (self.counted, place) {
            (Counted::All, _) => number,
            (Counted::Changes, Place::Change(number)) | (Counted::Reads, Place::Read(number)) => number,
            _ => return None,
        };
        let is_chosen = match self.chosen {
            Chosen::Number(chosen) => chosen == number,
            Chosen::Percent(percent, seed) => scattered(seed, number as u64) % 100 < u64::from(percent),
        };
        is_chosen.then_some(self.fault)
    }
}

/// A number that looks random: the finalizer of `SplitMix64`.
fn scattered(seed: u64, number: u64) -> u64 {
    let mut bits = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lose => f.write_str("answer lost"),
            Self::Reset => f.write_str("connection reset"),
            Self::Throttle => f.write_str("throttled"),
            Self::Fail => f.write_str("HTTP 500 after it was carried out"),
            Self::Delay(when, duration) => write!(f, "{duration:?} late {when}"),
            Self::Kill(when) => write!(f, "SIGKILL {when}"),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before it is forwarded",
            Self::After => "after it was carried out",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_chooses_by_number_among_what_counts() {
        let struck = |rule: Rule, place| rule.fault_of(3, place).is_some();
        assert!(
            struck(Rule::at_call(3, Fault::Lose), Place::Read(1))
                && struck(Rule::at_call(3, Fault::Lose), Place::Change(1))
        );
        assert!(!struck(Rule::at_call(2, Fault::Lose), Place::Read(2)));
        assert!(struck(Rule::at_change(2, Fault::Lose), Place::Change(2)));
        assert!(!struck(Rule::at_change(2, Fault::Lose), Place::Read(2)));
        assert!(struck(Rule::at_read(2, Fault::Lose), Place::Read(2)));
        assert!(!struck(Rule::at_read(2, Fault::Lose), Place::Change(2)));
    }

    #[test]
    fn a_seed_scatters_faults_and_repeats() {
        let struck = |percent, seed| {
            let rule = Rule { counted: Counted::All, chosen: Chosen::Percent(percent, seed), fault: Fault::Throttle };
            (1..=10_000).filter(|number| rule.fault_of(*number, Place::Read(*number)).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(struck(10, 7), struck(10, 7));
        assert_ne!(struck(10, 7), struck(10, 8));
        assert!((900..1100).contains(&struck(10, 7).len()), "{}", struck(10, 7).len());
        assert_eq!((struck(0, 7).len(), struck(100, 7).len()), (0, 10_000));
    }
}
