//! Figures for Prometheus. None is finer than what the board and the log of events tell anyway: no route, no voter,
//! no cast, no code that was delivered is counted here, as a figure read every few seconds would say when each came.
//! Codes are in the events, by the hour; what fails to be delivered is counted as it fails, for whoever has to know.

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::clock::ClockHealth;
use crate::delivery::ChannelStatus;
use crate::desk::state::{self, Light};
use crate::server::Server;

const METADATA: Metadata<'static> = Metadata::new("escrutinio", Level::INFO, None);

/// Figures of one moment. They are all read when they are asked for: nothing is recorded while requests are answered.
struct Figures {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Figures {
    fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        Self { handle: recorder.handle(), recorder }
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>, value: f64) {
        self.recorder.register_gauge(&Key::from_parts(name, labels), &METADATA).set(value);
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>, value: u64) {
        self.recorder.register_counter(&Key::from_parts(name, labels), &METADATA).absolute(value);
    }
}

/// Exact up to 2^32, which is more than any of these figures.
fn figure(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

/// All figures, as Prometheus reads them.
pub async fn render(server: &Server) -> String {
    let figures = Figures::new();
    let state = state::look(server).await;
    for part in &state.components {
        let up = match part.light {
            Light::Good => 1.0,
            Light::Red => 0.0,
            Light::Off => continue,
        };
        figures.gauge("escrutinio_component_up", vec![Label::new("component", part.name.clone())], up);
    }
    let phase = vec![Label::from_static_parts("phase", state.phase)];
    figures.gauge("escrutinio_phase", phase, 1.0);
    figures.gauge("escrutinio_sequencer", vec![], if state.sequencer { 1.0 } else { 0.0 });
    figures.gauge("escrutinio_checkpoint", vec![], figure(state.checkpoint));
    figures.gauge("escrutinio_checkpoint_ballots", vec![], figure(state.ballots));
    figures.gauge("escrutinio_acts", vec![], figure(state.acts));
    let offset = match server.clock.health() {
        ClockHealth::Good => 0,
        ClockHealth::Red { offset } | ClockHealth::Unusable { offset } => offset,
    };
    let seconds = i32::try_from(offset).map_or(f64::INFINITY, f64::from);
    figures.gauge("escrutinio_clock_offset_seconds", vec![], seconds);
    let delivery = server.access.delivery().status();
    for (channel, status) in [("mail", &delivery.mail), ("sms", &delivery.sms)] {
        figures.channel(channel, status);
    }
    figures.handle.render()
}

impl Figures {
    fn channel(&self, channel: &'static str, status: &ChannelStatus) {
        let label = || vec![Label::from_static_parts("channel", channel)];
        for (outcome, count) in [("repeated", status.repeated), ("failed", status.failed), ("refused", status.refused)]
        {
            let mut labels = label();
            labels.push(Label::from_static_parts("outcome", outcome));
            self.counter("escrutinio_messages_total", labels, count);
        }
    }
}
