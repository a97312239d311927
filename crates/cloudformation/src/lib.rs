//! The `cloudformation` layer.
