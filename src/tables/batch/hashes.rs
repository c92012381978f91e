//! A set of hashes that takes little more memory than their bytes.

/// A set of 64-bit hashes, 8 to 10 bytes for each.
///
/// The first byte of a hash chooses one of 256 tables, which holds the other seven. Tables
/// grow by a quarter and one after another, so that memory never doubles at once.
pub(super) struct Hashes {
    tables: Vec<Table>,
}

/// Bytes of a hash in a table.
const WIDTH: usize = 7;

/// Bits of a hash in a table.
const BITS: u32 = 8 * WIDTH as u32;

/// A free place. The hash that looks like one is stored as the next.
const FREE: [u8; WIDTH] = [0; WIDTH];

/// Places of a table that has no hash yet.
const FIRST_PLACES: usize = 16;

#[derive(Default, Clone)]
struct Table {
    places: Vec<[u8; WIDTH]>,
    filled: usize,
}

impl Default for Hashes {
    fn default() -> Self {
        Self { tables: vec![Table::default(); 256] }
    }
}

impl Hashes {
    /// Adds a hash; returns whether it was not there.
    pub(super) fn insert(&mut self, hash: u64) -> bool {
        let (table, rest) = split(hash);
        self.tables[table].insert(rest)
    }

    /// Returns whether a hash was added.
    pub(super) fn contains(&self, hash: u64) -> bool {
        let (table, rest) = split(hash);
        self.tables[table].find(rest).is_ok()
    }
}

/// Returns the number of the table of a hash, and what the table holds of it.
fn split(hash: u64) -> (usize, u64) {
    ((hash >> BITS) as usize, (hash & ((1 << BITS) - 1)).max(1))
}

fn bytes(rest: u64) -> [u8; WIDTH] {
    let [bytes @ .., _] = rest.to_le_bytes();
    bytes
}

impl Table {
    fn insert(&mut self, rest: u64) -> bool {
        if self.filled * 8 >= self.places.len() * 7 {
            self.grow();
        }
        let Err(place) = self.find(rest) else { return false };
        self.places[place] = bytes(rest);
        self.filled += 1;
        true
    }

    /// Returns the place of a hash, or else the free place where it belongs; only a table
    /// that never had a hash has none.
    fn find(&self, rest: u64) -> Result<usize, usize> {
        if self.places.is_empty() {
            return Err(0);
        }
        let wanted = bytes(rest);
        let mut place = ((u128::from(rest) * self.places.len() as u128) >> BITS) as usize;
        loop {
            match self.places[place] {
                FREE => return Err(place),
                found if found == wanted => return Ok(place),
                _ => place = if place + 1 == self.places.len() { 0 } else { place + 1 },
            }
        }
    }

    fn grow(&mut self) {
        let places = (self.places.len() + self.places.len() / 4).max(FIRST_PLACES);
        let earlier = std::mem::replace(&mut self.places, vec![FREE; places]);
        for bytes in earlier.into_iter().filter(|bytes| *bytes != FREE) {
            let mut rest = [0; 8];
            rest[..WIDTH].copy_from_slice(&bytes);
            if let Err(place) = self.find(u64::from_le_bytes(rest)) {
                self.places[place] = bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::{RngCore, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_hash_is_new_exactly_once() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut hashes, mut plain) = (Hashes::default(), HashSet::new());
        for _ in 0..200_000 {
            // Half of them come twice; some share all but their first or last bits.
            let hash = random.next_u64();
            let hash = match hash % 4 {
                0 => hash & 0xff00_0000_0000_ffff,
                1 => hash & 0x0000_0000_0000_3fff,
                2 => hash & 0xffff_fe00_0000_0000,
                _ => hash,
            };
            // Zero and one are the same after the first byte.
            if hash << 8 == 0 {
                continue;
            }
            assert_eq!(hashes.contains(hash), plain.contains(&hash));
            assert_eq!(hashes.insert(hash), plain.insert(hash), "{hash:x}");
            assert!(hashes.contains(hash));
        }
    }

    #[test]
    fn many_hashes_take_few_bytes_each() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut hashes = Hashes::default();
        for count in 1..=400_000_usize {
            hashes.insert(random.next_u64());
            if count >= 50_000 && count % 1_000 == 0 {
                let bytes: usize =
                    hashes.tables.iter().map(|table| WIDTH * table.places.capacity()).sum();
                assert!(bytes <= 11 * count, "{bytes} bytes for {count}");
            }
        }
    }
}
