//! Putting a list in order, in place.

use core::cmp::Ordering;

use crate::SMALL;

/// Takes a time that grows with n log n at the most, in whatever order the list was.
pub(crate) fn sort_unstable_by<T: Copy>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if SMALL {
        heap_sort(items, compare);
    } else {
        items.sort_unstable_by(compare);
    }
}

/// The one of the standard library is faster, and ten times as large.
fn heap_sort<T: Copy>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let sift = |items: &mut [T], mut parent: usize| {
        loop {
            let left = parent.wrapping_mul(2).wrapping_add(1);
            let Some(children) = items.get(left..) else { return };
            let child = match children {
                [one, other, ..] if compare(one, other) == Ordering::Less => left.wrapping_add(1),
                [_, ..] => left,
                [] => return,
            };
            let (Some(above), Some(below)) = (items.get(parent), items.get(child)) else {
                return;
            };
            if compare(above, below) != Ordering::Less {
                return;
            }
            items.swap(parent, child);
            parent = child;
        }
    };
    for parent in (0..items.len() / 2).rev() {
        sift(items, parent);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift(items.get_mut(..end).unwrap_or_default(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn both_ways_give_the_same_order() {
        // Every residue is there: a multiplier that is prime to the length.
        for length in [0_u32, 1, 2, 3, 7, 64, 1001] {
            let mixed: Vec<u32> = (0..length).map(|place| place * 7919 % length.max(1)).collect();
            let backwards: Vec<u32> = (0..length).rev().collect();
            let equal: Vec<u32> = (0..length).map(|place| place % 3).collect();
            for items in [mixed, backwards, equal] {
                let mut expected = items.clone();
                expected.sort_unstable();
                let (mut heap, mut either) = (items.clone(), items);
                heap_sort(&mut heap, u32::cmp);
                sort_unstable_by(&mut either, u32::cmp);
                assert_eq!((&heap, &either), (&expected, &expected));
            }
        }
    }
}
