//! One event at a time: to whom it goes, and what is done with the answer.

use super::sockets::Dialling;
use super::{Event, World};
use crate::agent::{Action, Context, Input, SocketId};
use crate::net::tcp;
use crate::trace::HostId;

impl World {
    /// Handles one event to silence: when this returns, nobody has anything left to say at this instant that is not
    /// scheduled.
    pub(super) fn dispatch(&mut self, event: Event) {
        match event {
            Event::Packet(slot) => self.packet_arrives(slot),
            Event::Tcp(place, generation) => self.tcp_timer(place, generation),
            Event::Wake(host) => self.wake(host),
            Event::Fault(place) => self.timetable(place),
        }
        // What a fault sets in motion (a host starts again) can set off further triggers.
        while !self.watch.fired.is_empty() {
            self.fire_triggers();
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
            self.agent_input(host, Input::Timer);
            self.settle();
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
        // An action can lead to a nested input, so each input has a list of its own, from those used before.
        let mut actions = self.spare_actions.pop().unwrap_or_default();
        let mut ctx = Context {
            now: self.engine.now(),
            host,
            calendar: here.calendar,
            tracer: &mut self.tracer,
            ledger: &mut self.ledger,
            ids: &mut self.ids,
            directory: &self.directory,
            watch: &mut self.watch,
            actions: &mut actions,
        };
        here.agent.handle_input(&mut ctx, input);
        for action in actions.drain(..) {
            self.act(host, action);
        }
        self.spare_actions.push(actions);
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
                self.connect(host, socket, Dialling { token, from, to, port, about });
            }
            Action::Adopt { socket, token } => {
                if let Some(pipe) = self.pipe(socket) {
                    pipe.token = token;
                }
            }
            Action::Send { socket, data } => self.with_tcp(socket, |tcp| tcp.send(now, data)),
            Action::About { socket, mail } => {
                if let Some(pipe) = self.pipe(socket) {
                    pipe.about = mail;
                }
            }
            Action::Close { socket } => {
                self.dismiss(socket);
                self.with_tcp(socket, |tcp| tcp.close(now));
            }
            Action::Abort { socket } => {
                self.dismiss(socket);
                self.with_tcp(socket, |tcp| tcp.abort(now));
            }
            Action::SendDatagram { to, port, from_port, payload } => {
                self.send_datagram(host, to, port, from_port, payload);
            }
        }
    }

    fn pipe(&mut self, socket: SocketId) -> Option<&mut super::sockets::Pipe> {
        self.sockets.get_mut(socket.0 as usize)?.pipe.as_mut()
    }

    fn with_tcp(&mut self, socket: SocketId, act: impl FnOnce(&mut tcp::Connection)) {
        if let Some(pipe) = self.pipe(socket) {
            act(&mut pipe.tcp);
            self.touch(socket.0);
        }
    }

    fn dismiss(&mut self, socket: SocketId) {
        if let Some(pipe) = self.pipe(socket) {
            pipe.attended = false;
        }
    }
}
