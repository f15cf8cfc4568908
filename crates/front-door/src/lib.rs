//! front-door
