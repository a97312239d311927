//! What must not compile is in `cases`; the test of it needs a package around it.
