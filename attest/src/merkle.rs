//! Proofs that an entry is in a log (RFC 9162, section 2.1.3.2).

use crate::hash::sha256;

/// Whether `hashes` lead from the entry at `index` to the root of a tree of `size` entries.
pub(crate) fn is_included(
    entry: &[u8],
    index: u64,
    size: u64,
    hashes: &[[u8; 32]],
    root: &[u8; 32],
) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size.wrapping_sub(1));
    let mut hash = sha256(&[&[0], entry]);
    for other in hashes {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = sha256(&[&[1], other, &hash]);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node.wrapping_shr(1), last.wrapping_shr(1));
            }
        } else {
            hash = sha256(&[&[1], &hash, other]);
        }
        (node, last) = (node.wrapping_shr(1), last.wrapping_shr(1));
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    /// Returns the root of a tree, and the proof for one of its entries, by the definitions of RFC
    /// 9162, sections 2.1.1 and 2.1.3.1.
    fn tree(entries: &[Vec<u8>], index: usize) -> ([u8; 32], Vec<[u8; 32]>) {
        match entries {
            [] => (sha256(&[]), vec![]),
            [entry] => (sha256(&[&[0], entry]), vec![]),
            _ => {
                let half = entries.len().next_power_of_two() / 2;
                let (left, right) = entries.split_at(half);
                let (in_left, at) = (index < half, if index < half { index } else { index - half });
                let ((left, left_proof), (right, right_proof)) = (tree(left, at), tree(right, at));
                let (mut proof, other) =
                    if in_left { (left_proof, right) } else { (right_proof, left) };
                proof.push(other);
                (sha256(&[&[1], &left, &right]), proof)
            }
        }
    }

    #[test]
    fn each_entry_of_each_small_tree_is_proved_and_no_other_is() {
        let entries: Vec<Vec<u8>> = (0..40_u8).map(|number| vec![number]).collect();
        for size in 1..=entries.len() {
            for index in 0..size {
                let (root, proof) = tree(&entries[..size], index);
                let proves = |entry: usize, at: usize, size: usize, proof: &[[u8; 32]]| {
                    is_included(&entries[entry], at as u64, size as u64, proof, &root)
                };
                assert!(proves(index, index, size, &proof), "{index} of {size}");
                assert!(!proves((index + 1) % 40, index, size, &proof), "another entry");
                for at in (0..size).filter(|at| *at != index) {
                    assert!(!proves(index, at, size, &proof), "{index} of {size} at {at}");
                }
                let longer: Vec<[u8; 32]> = proof.iter().copied().chain([[0; 32]]).collect();
                assert!(!proves(index, index, size, &longer), "a hash too many");
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!proves(index, index, size, shorter), "a hash too few");
                }
            }
        }
        assert!(!is_included(&[0], 0, 0, &[], &sha256(&[])));
        assert!(!is_included(&[0], u64::MAX, u64::MAX, &[[0; 32]; 64], &[0; 32]));
    }
}
