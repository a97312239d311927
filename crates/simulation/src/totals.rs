//! How much was simulated: counted, to be added up and printed.

use std::fmt;
use std::ops::AddAssign;

/// Counts of what happened in one or more histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Histories.
    pub histories: u64,
    /// Runs of the engine.
    pub runs: u64,
    /// Runs that were killed.
    pub kills: u64,
    /// Runs that were asked to stop.
    pub stops: u64,
    /// Runs that met a full disk.
    pub full_disks: u64,
    /// Runs in which the provider panicked.
    pub panics: u64,
    /// Runs that met another at the same time.
    pub meetings: u64,
    /// Runs that covered a part of the resources.
    pub partial: u64,
    /// Resources that got another address.
    pub moves: u64,
    /// Resources that were made elsewhere and taken over.
    pub imports: u64,
    /// Saved plans that were applied or refused.
    pub saved: u64,
    /// Runs that took another back.
    pub rollbacks: u64,
    /// Calls that failed: throttled, refused, lost and others.
    pub faults: u64,
    /// Changes made behind the program's back.
    pub drifts: u64,
    /// Operations of interrupted runs that were settled.
    pub recoveries: u64,
    /// Calls of the cloud.
    pub calls: u64,
    /// Writes to the disk.
    pub writes: u64,
    /// Times that program, state and cloud were compared whole.
    pub settled: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.runs += other.runs;
        self.kills += other.kills;
        self.stops += other.stops;
        self.full_disks += other.full_disks;
        self.panics += other.panics;
        self.meetings += other.meetings;
        self.partial += other.partial;
        self.moves += other.moves;
        self.imports += other.imports;
        self.saved += other.saved;
        self.rollbacks += other.rollbacks;
        self.faults += other.faults;
        self.drifts += other.drifts;
        self.recoveries += other.recoveries;
        self.calls += other.calls;
        self.writes += other.writes;
        self.settled += other.settled;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} histories: {} runs, {} kills, {} stops, {} full disks, {} panics, {} meetings, {} partial runs, {} moves, \
             {} imports, {} saved plans, {} rollbacks, {} faults, {} drifts, {} recoveries, {} calls, {} writes, {} times settled",
            self.histories,
            self.runs,
            self.kills,
            self.stops,
            self.full_disks,
            self.panics,
            self.meetings,
            self.partial,
            self.moves,
            self.imports,
            self.saved,
            self.rollbacks,
            self.faults,
            self.drifts,
            self.recoveries,
            self.calls,
            self.writes,
            self.settled,
        )
    }
}
