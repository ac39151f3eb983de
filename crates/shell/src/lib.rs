//! What every service runs in: configuration, telemetry, lifecycle, health,
//! clock. It knows nothing of labour cooperation.

pub mod beijing;
pub mod clock;
pub mod config;
pub mod health;
pub mod http;
pub mod lifecycle;
pub mod progress;
pub mod telemetry;

pub use clock::{Clock, ManualClock};
pub use config::{Config, ConfigError};
pub use health::{Health, Status};
pub use lifecycle::{Lifecycle, Outcome};
pub use progress::Progress;
pub use telemetry::Metrics;
