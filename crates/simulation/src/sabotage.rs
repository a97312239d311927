//! Deliberate defects, one for each kind of promise: a simulation that does not find them proves nothing.

/// A defect that is built into the surroundings of the engine, so that a promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The store acknowledges appends that are lost.
    LosesAppends,
    /// The store acknowledges appends before they are durable: entries come after the calls they are about.
    NeverSyncs,
    /// Reading the state writes something.
    PlanWrites,
    /// The provider promises to know tokens and forgets them.
    ForgetsTokens,
    /// A delete is acknowledged and not done.
    KeepsDeleted,
    /// Secrets are given to the program as plain text.
    PlainSecrets,
    /// The lock is given to whoever asks.
    SharedLock,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::LosesAppends,
        Self::NeverSyncs,
        Self::PlanWrites,
        Self::ForgetsTokens,
        Self::KeepsDeleted,
        Self::PlainSecrets,
        Self::SharedLock,
    ];
}
