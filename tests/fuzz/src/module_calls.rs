//! The exports of the plain WebAssembly module, in any order and with any arguments.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use picotuf_module::{BUFFER_MAX, BUFFERS_MAX, HANDLES_MAX, Module, OK, REFUSED, USAGE};
use serde_json::Value;

use crate::boundary::{
    Answer, CONTENT, Data, NOW, PATH, PUBLISHER, Step, Stored, assert_signed, assert_verdict,
    attested, serve,
};

/// A call of an export, or some calls that belong together.
#[derive(Arbitrary, Clone, Debug)]
#[allow(private_interfaces, reason = "only this file looks into it")]
pub enum ModuleCall {
    /// `picotuf_allocate`, and the host writes.
    Allocate(Length, u8),
    /// `picotuf_free`.
    Free(Address),
    /// `picotuf_open`: the kind, and a time other than the right one.
    Open(u8, Option<i64>),
    /// `picotuf_answer` with any address and length.
    Answer(Number, u8, Address, Length),
    /// `picotuf_answer` as a host does it: with new memory that has these bytes.
    Give(Number, u8, Data),
    /// A search for the right target.
    Find(Number),
    /// So many steps of a host that does all right.
    Serve(Number, u8),
    /// All bytes of the target's file, and its end.
    Verify(Number),
    /// All that is attested about a file.
    Attest(Number),
    /// `picotuf_step`.
    Step(Number),
    /// `picotuf_data`.
    Data(Number),
    /// `picotuf_verdict`.
    Verdict(Number),
    /// `picotuf_close`.
    Close(Number),
}

/// A handle.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Number {
    Opened(u8),
    Any(u32),
}

/// An address.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Address {
    Null,
    Of(u8),
    Beside(u8, u8),
    Any(u32),
}

/// A length. The longest that can be had would take the fuzzer's memory.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Length {
    Short(u16),
    TooLong(u8),
    Last,
}

impl Length {
    fn number(self) -> usize {
        match self {
            Length::Short(length) => length.into(),
            Length::TooLong(more) => BUFFER_MAX + 1 + usize::from(more),
            Length::Last => usize::MAX,
        }
    }
}

/// What the host knows of a handle.
#[derive(Default)]
struct Known {
    is_attestation: bool,
    stored: Stored,
    /// The bytes of the target's file that were taken.
    checked: Vec<u8>,
}

#[derive(Default)]
struct Host {
    module: Module,
    buffers: Vec<(usize, usize)>,
    open: BTreeMap<u32, Known>,
    last: u32,
}

/// Nothing panics; every call out of order is refused, and harms no other; what is not allocated is
/// not taken; nothing is to be stored that was not signed; and only the signed file is verified.
pub fn module_calls(calls: &[ModuleCall]) {
    let mut host = Host::default();
    for call in calls.iter().take(64) {
        host.run(call);
    }
    // Whatever has been, a host that does all right comes to an end.
    for number in host.open.keys().copied().collect::<Vec<_>>() {
        host.serve(number, None);
        host.verdict(number);
        host.close(number);
    }
}

impl Host {
    fn run(&mut self, call: &ModuleCall) {
        match call {
            ModuleCall::Allocate(length, byte) => self.allocate(*length, *byte),
            ModuleCall::Free(address) => {
                let address = self.address(*address);
                let was_there = self.forget(address).is_some();
                assert_eq!(self.module.free(address) == OK, was_there);
            }
            ModuleCall::Open(kind, now) => self.open(u32::from(*kind) % 4, now.unwrap_or(NOW)),
            ModuleCall::Answer(handle, answer, address, length) => {
                let (number, address) = (self.number(*handle), self.address(*address));
                self.answer(number, (*answer).into(), address, length.number());
            }
            ModuleCall::Give(handle, answer, data) => {
                let (number, answer) = (self.number(*handle), u32::from(*answer));
                let document = || DOCUMENTS.iter().find(|(given, _)| *given == answer);
                let asked = match self.step(number) {
                    Some(step) => self.open[&number].stored.asked(&step).map(<[u8]>::to_vec),
                    None => document().map(|(_, bytes)| bytes().to_vec()),
                };
                self.give(number, answer, &data.bytes(asked.as_deref()));
            }
            ModuleCall::Find(handle) => {
                self.give(self.number(*handle), FIND, PATH.as_bytes());
            }
            ModuleCall::Serve(handle, most) => self.serve(self.number(*handle), Some(*most)),
            ModuleCall::Verify(handle) => {
                let number = self.number(*handle);
                self.give(number, CHECK, CONTENT);
                self.give(number, FINISH, b"");
            }
            ModuleCall::Attest(handle) => {
                for (answer, bytes) in &DOCUMENTS {
                    self.give(self.number(*handle), *answer, bytes());
                }
            }
            ModuleCall::Step(handle) => drop(self.step(self.number(*handle))),
            ModuleCall::Data(handle) => {
                let number = self.number(*handle);
                if let Some(data) = self.module.data(number) {
                    assert_signed(data);
                }
            }
            ModuleCall::Verdict(handle) => self.verdict(self.number(*handle)),
            ModuleCall::Close(handle) => self.close(self.number(*handle)),
        }
    }

    fn number(&self, number: Number) -> u32 {
        match number {
            Number::Opened(index) => u32::from(index) % (self.last + 2),
            Number::Any(number) => number,
        }
    }

    fn address(&self, address: Address) -> usize {
        let of = |index: u8| {
            let place = usize::from(index) % self.buffers.len().max(1);
            self.buffers.get(place).map_or(0, |(address, _)| *address)
        };
        match address {
            Address::Null => 0,
            Address::Of(index) => of(index),
            Address::Beside(index, more) => of(index) + usize::from(more),
            Address::Any(address) => usize::try_from(address).expect("32 bits"),
        }
    }

    /// Forgets the buffer at an address that is no longer the host's, and returns its length.
    fn forget(&mut self, address: usize) -> Option<usize> {
        let place = self.buffers.iter().position(|buffer| buffer.0 == address)?;
        Some(self.buffers.swap_remove(place).1)
    }

    fn allocate(&mut self, length: Length, byte: u8) {
        let length = length.number();
        let address = self.module.allocate(length);
        let possible = length != 0 && length <= BUFFER_MAX && self.buffers.len() < BUFFERS_MAX;
        assert_eq!(address != 0, possible);
        if possible {
            assert!(self.buffers.iter().all(|(other, _)| *other != address));
            let memory = self.module.memory(address).expect("it was allocated");
            assert_eq!(memory, vec![0; length]);
            memory.fill(byte);
            self.buffers.push((address, length));
        }
    }

    fn open(&mut self, kind: u32, now: i64) {
        let number = self.module.open(kind, now);
        let possible = kind <= ATTESTATION && now != 0 && self.open.len() < HANDLES_MAX;
        assert_eq!(number != 0, possible);
        if possible {
            self.last += 1;
            assert_eq!(number, self.last, "no number is used twice");
            let known = Known { is_attestation: kind == ATTESTATION, ..Known::default() };
            self.open.insert(number, known);
        }
    }

    fn answer(&mut self, number: u32, answer: u32, address: usize, length: usize) -> u32 {
        let memory = self.module.memory(address).map(|memory| memory.to_vec());
        let taken = self.forget(address);
        let given = match (address, length) {
            (0, 0) => Some(Vec::new()),
            _ => {
                memory.filter(|memory| length <= memory.len()).map(|memory| memory[..length].into())
            }
        };
        let status = self.module.answer(number, answer, address, length);
        assert!(taken.is_none() || self.module.memory(address).is_none(), "it was taken over");
        assert!([OK, REFUSED, USAGE].contains(&status));
        let (Some(known), Some(given)) = (self.open.get_mut(&number), given) else {
            assert_eq!(status, USAGE);
            return status;
        };
        match (answer, status) {
            (FIND, OK) => known.checked.clear(),
            (CHECK, OK) => known.checked.extend(given),
            (FINISH, OK) => assert_eq!(std::mem::take(&mut known.checked), CONTENT),
            (FINISH, REFUSED) => known.checked.clear(),
            _ => {}
        }
        status
    }

    /// Gives bytes as a host does it.
    fn give(&mut self, number: u32, answer: u32, bytes: &[u8]) -> u32 {
        let mut address = 0;
        if !bytes.is_empty() {
            address = self.module.allocate(bytes.len());
            if address == 0 {
                return USAGE;
            }
            self.module.memory(address).expect("it was allocated").copy_from_slice(bytes);
            self.buffers.push((address, bytes.len()));
        }
        self.answer(number, answer, address, bytes.len())
    }

    /// Returns the step of a session, as its host reads it.
    fn step(&mut self, number: u32) -> Option<Step> {
        let is_session = self.open.get(&number).is_some_and(|known| !known.is_attestation);
        let Some(step) = self.module.step(number) else {
            assert!(!is_session, "a session has a step");
            return None;
        };
        assert!(is_session);
        let step: Value = serde_json::from_slice(step).expect("a step is JSON");
        let text = |name: &str| step[name].as_str().expect("a text").to_owned();
        Some(match &*text("step") {
            "done" => Step::Done,
            "load" => Step::Load(text("file")),
            "fetch" => Step::Fetch(text("name")),
            "store" => {
                let data = self.module.data(number).expect("there is something to store");
                Step::Store(text("file"), data.to_vec())
            }
            "delete" => Step::Delete(text("file")),
            other => panic!("there is no step {other}"),
        })
    }

    fn serve(&mut self, number: u32, most: Option<u8>) {
        serve(most, || {
            let Some(step) = self.step(number) else { return false };
            let known = self.open.get_mut(&number).expect("it has a step");
            let status = match known.stored.answer(&step) {
                None => return false,
                Some(Answer::File(file)) => self.give(number, FILE, &file),
                Some(Answer::Absent) => self.give(number, ABSENT, b""),
                Some(Answer::Done) => self.give(number, DONE, b""),
            };
            status == OK
        });
    }

    fn verdict(&mut self, number: u32) {
        let is_open = self.open.contains_key(&number);
        let Some(verdict) = self.module.verdict(number) else {
            assert!(!is_open, "what is open has a verdict");
            return;
        };
        assert!(is_open);
        assert_verdict(str::from_utf8(verdict).expect("a verdict is UTF-8"));
    }

    fn close(&mut self, number: u32) {
        let was_open = self.open.remove(&number).is_some();
        assert_eq!(self.module.close(number) == OK, was_open);
        assert!(self.module.step(number).is_none() && self.module.verdict(number).is_none());
    }
}

// The numbers of docs/wasm-protocol.md.
const ATTESTATION: u32 = 2;
const FILE: u32 = 0;
const ABSENT: u32 = 1;
const DONE: u32 = 2;
const FIND: u32 = 3;
const CHECK: u32 = 4;
const FINISH: u32 = 5;

type Document = fn() -> &'static [u8];

/// What a host gives about an attested file, by the number of the answer.
static DOCUMENTS: [(u32, Document); 5] = [
    (16, || attested().name.as_bytes()),
    (17, || &attested().sha256),
    (18, || &attested().provenance),
    (19, || &attested().trusted_root),
    (20, || PUBLISHER.as_bytes()),
];
