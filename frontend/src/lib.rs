//! The Gatehouse login component.
