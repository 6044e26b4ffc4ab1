//! How a `dynamic` is represented: JSON text, and the one place that knows so.
