//! mangle: makes hostile inputs out of honest ones, the same ones in every run.
//! Guarantees: each seed is tried as it is; an input that fails is printed, and comes again.
//! Does not: run in the product, or look at coverage; that is what `fuzz/` is for, with the same probes.
//! Called by: tests of parsers. Calls: nothing.
//! If this is wrong: a parser that breaks on strange bytes looks tried. docs/security/threats.md#xtask
#![forbid(unsafe_code)]

/// The longest input that is made.
const BYTES_MAX: usize = 8_192;
/// Bytes that parsers give a meaning to, and the edges of numbers.
const TELLING: &[u8] = b"\x00\x01\x7f\x80\xff\r\n\t :;,.=-_/\\%#?&@[]{}()\"'<>0129aAzZ\xc3\xe2";

/// A seeded generator (xorshift64): a failure can be repeated.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Two dice of one seed fall alike.
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `sides`; 0 when there are none.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % sides.max(1)
    }

    fn byte(&mut self) -> u8 {
        match self.roll(2) {
            0 => TELLING.get(self.roll(TELLING.len())).copied().unwrap_or(0),
            _ => u8::try_from(self.roll(256)).unwrap_or(0),
        }
    }
}

/// Prints the input when the probe panics.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was: {}", self.0.escape_ascii());
        }
    }
}

/// Tries `probe` on every seed, then on `rounds` inputs made from them.
pub fn run(seeds: &[&[u8]], rounds: usize, probe: impl Fn(&[u8])) {
    let try_one = |input: &[u8]| {
        let _shown = Shown(input);
        probe(input);
    };
    seeds.iter().for_each(|seed| try_one(seed));
    let mut dice = Dice::new(0x5eed_5eed_5eed_5eed);
    for _ in 0..rounds {
        try_one(&mutant(seeds, &mut dice));
    }
}

/// One seed with up to eight changes; now and then nothing but chance.
fn mutant(seeds: &[&[u8]], dice: &mut Dice) -> Vec<u8> {
    if dice.roll(16) == 0 {
        return (0..dice.roll(400)).map(|_| dice.byte()).collect();
    }
    let mut bytes = seeds.get(dice.roll(seeds.len())).map_or_else(Vec::new, |seed| seed.to_vec());
    for _ in 0..=dice.roll(8) {
        change(&mut bytes, seeds, dice);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[&[u8]], dice: &mut Dice) {
    let at = dice.roll(bytes.len() + 1);
    let end = (at + dice.roll(40)).min(bytes.len());
    match dice.roll(7) {
        0 => drop(bytes.drain(at..end)),
        1 => bytes.insert(at, dice.byte()),
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = dice.byte();
            }
        }
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.roll(8);
            }
        }
        4 => {
            let piece = bytes.get(at..end).unwrap_or_default().repeat(1 + dice.roll(4));
            let to = dice.roll(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        5 => {
            let other = seeds.get(dice.roll(seeds.len())).copied().unwrap_or_default();
            let from = dice.roll(other.len() + 1);
            bytes.splice(at..end, other.iter().skip(from).take(40).copied());
        }
        _ => bytes.truncate(at),
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::HashSet};

    use super::*;

    // Long enough that two mutations seldom meet.
    const ONE: &[u8] = b"one text of some length: a, b, c = 1, 2, 3";
    const SECOND: &[u8] = b"a second text, which is longer still: {\"x\": [4, 5, 6], \"y\": \"z\"}";

    #[test]
    fn seeds_come_first_and_mutants_differ_and_come_again() {
        let seen = |rounds| {
            let seen = RefCell::new(Vec::new());
            run(&[ONE, SECOND], rounds, |input| seen.borrow_mut().push(input.to_vec()));
            seen.into_inner()
        };
        let all = seen(2_000);
        assert_eq!(all.len(), 2_002);
        assert_eq!((all[0].as_slice(), all[1].as_slice()), (ONE, SECOND));
        assert!(all.iter().collect::<HashSet<_>>().len() > 1_500);
        assert!(all.iter().all(|input| input.len() <= BYTES_MAX));
        assert_eq!(all, seen(2_000));
    }
}
