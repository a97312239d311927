//! The `testing` layer.
