//! Review: suggestions that people check.

mod order;
mod plot;
mod simulate;

pub use simulate::{Ask, AskedCurve, AskedPoint, Simulation, SimulationParams};
