//! The `simulated` layer.
