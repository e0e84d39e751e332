//! All services, put together.
