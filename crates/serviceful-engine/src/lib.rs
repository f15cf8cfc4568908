//! serviceful-engine
