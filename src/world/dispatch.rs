//! One event at a time: to whom it goes, and what is done with the answer.

use super::{Event, World, node};
use crate::agent::{Action, Context, Input};
use crate::trace::HostId;

impl World {
    /// Lets the next event of the world's own list happen, and everything that it leads to: when this returns, nobody has
    /// anything left to say at this instant that is not scheduled.
    pub(super) fn dispatch(&mut self) {
        match self.engine.step() {
            Some(Event::Wake(host)) => self.wake(host),
            Some(Event::Fault(place)) => self.timetable(place),
            Some(Event::ConditionEnds(number)) => self.condition_ends(number),
            None => {}
        }
        self.settle();
    }

    /// Hears the network out.
    pub(super) fn settle(&mut self) {
        let now = self.engine.now();
        while let Some(output) = self.network.poll_output(now) {
            self.hear(output);
        }
    }

    fn wake(&mut self, host: HostId) {
        let now = self.engine.now();
        let here = &mut self.hosts[host.0 as usize];
        if here.wake_at.is_some_and(|at| at > now) {
            return; // an earlier wake-up has replaced this one
        }
        here.wake_at = None;
        if !here.up {
            return;
        }
        if here.agent.poll_timeout().is_some_and(|at| at <= now) {
            self.active_at = now;
            self.tracer.because(None);
            self.agent_input(host, Input::Timer);
        } else {
            self.arm_agent(host);
        }
    }

    /// Hands an input to an agent and does what it asks for.
    pub(super) fn agent_input(&mut self, host: HostId, input: Input) {
        let here = &mut self.hosts[host.0 as usize];
        if !here.up {
            return;
        }
        let mut actions = std::mem::take(&mut self.spare_actions);
        let mut ctx = Context {
            now: self.engine.now(),
            host,
            calendar: here.calendar,
            tracer: &mut self.tracer,
            ledger: &mut self.ledger,
            ids: &mut self.ids,
            sockets: &mut self.network,
            directory: &self.directory,
            watch: &mut self.watch,
            filed: self.filed.as_mut(),
            held: self.held.as_mut(),
            actions: &mut actions,
            given: 0,
        };
        here.agent.handle_input(&mut ctx, input);
        for action in actions.drain(..) {
            self.act(host, action);
        }
        self.spare_actions = actions;
        self.arm_agent(host);
    }

    /// Schedules the agent's wake-up. One that moved to a later time is left where it is and looked at when it comes.
    fn arm_agent(&mut self, host: HostId) {
        let here = &mut self.hosts[host.0 as usize];
        let Some(wanted) = here.agent.poll_timeout() else { return };
        if here.wake_at.is_none_or(|at| wanted < at) {
            let wanted = wanted.max(self.engine.now());
            here.wake_at = Some(wanted);
            self.engine.schedule_at(wanted, Event::Wake(host));
        }
    }

    fn act(&mut self, host: HostId, action: Action) {
        let now = self.engine.now();
        match action {
            Action::Connect { socket, token, from, to, port, about } => {
                self.connect(host, socket, token, super::pipes::Service { from, to, port }, about);
            }
            Action::Adopt { socket, token } => self.pipes.adopt(socket, token),
            Action::Send { socket, data, about, says } => self.send(host, socket, data, about, says),
            Action::WantRoom { socket } => self.network.want_room(socket.into()),
            Action::StartTls { socket, role, discarded_bytes } => self.start_tls(socket, role, discarded_bytes),
            Action::Pause { socket, paused } => self.network.pause(socket.into(), paused),
            Action::Close { socket } => {
                self.pipes.dismiss(socket);
                self.network.close(now, socket.into());
            }
            Action::Abort { socket } => {
                self.pipes.dismiss(socket);
                self.network.abort(now, socket.into());
            }
            Action::SendDatagram { from, to, port, from_port, payload } => {
                let tag = self.tracer.sent().map_or(0, |record| record.0);
                self.network.send_datagram(now, node(host), (from, from_port), (to, port), payload, tag);
            }
        }
    }
}
