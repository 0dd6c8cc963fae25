//! Circles among things that hear each other: how they are found and named.

/// A circle, in the direction the signal flows, its first member repeated at the end; `None` where
/// there is none. `hears[k]` are the indices of what `k` hears.
///
/// It starts at the member with the smallest index, so that the answer depends on nothing but the
/// question.
pub(crate) fn find_circle(hears: &[Vec<usize>]) -> Option<Vec<usize>> {
    let placed = placeable(hears);
    let stuck = |index: &usize| !placed[*index];
    let mut at = (0..placed.len()).find(stuck)?;
    // Everything stuck hears something stuck: walking upstream must come back to where it was.
    let mut walked = Vec::new();
    let mut seen = vec![false; hears.len()];
    while !seen[at] {
        seen[at] = true;
        walked.push(at);
        at = hears[at].iter().copied().find(stuck)?;
    }
    let first = walked.iter().position(|index| *index == at)?;
    let mut circle = walked.split_off(first);
    circle.reverse();
    let smallest = circle.iter().enumerate().min_by_key(|(_, index)| **index).map_or(0, |(n, _)| n);
    circle.rotate_left(smallest);
    circle.push(circle[0]);
    Some(circle)
}

/// Which can be placed after all they hear; what cannot lies on a circle or behind one.
fn placeable(hears: &[Vec<usize>]) -> Vec<bool> {
    let mut heard_by = vec![Vec::new(); hears.len()];
    for (index, sources) in hears.iter().enumerate() {
        for source in sources {
            heard_by[*source].push(index);
        }
    }
    let mut waiting: Vec<usize> = hears.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..hears.len()).filter(|index| waiting[*index] == 0).collect();
    let mut placed = vec![false; hears.len()];
    while let Some(index) = ready.pop() {
        placed[index] = true;
        for listener in &heard_by[index] {
            waiting[*listener] -= 1;
            if waiting[*listener] == 0 {
                ready.push(*listener);
            }
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::find_circle;

    #[test]
    fn chains_and_diamonds_are_no_circles() {
        assert_eq!(find_circle(&[]), None);
        assert_eq!(find_circle(&[vec![1], vec![2], vec![]]), None);
        assert_eq!(find_circle(&[vec![1, 2, 1], vec![3], vec![3], vec![]]), None);
    }

    #[test]
    fn a_circle_is_named_along_the_signal_from_its_smallest_index() {
        assert_eq!(find_circle(&[vec![0]]), Some(vec![0, 0]));
        // 0 hears 3, 3 hears 2, 2 hears 1, 1 hears 3.
        let hears = [vec![3], vec![3], vec![1], vec![2]];
        assert_eq!(find_circle(&hears), Some(vec![1, 2, 3, 1]));
    }
}
