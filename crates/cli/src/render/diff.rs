//! Differences by line: what was removed, what was added, and how many unchanged lines are left out.

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Difference<T> {
    /// In both.
    Kept(T),
    /// In the old one only.
    Removed(T),
    /// In the new one only.
    Added(T),
    /// This many lines, in both, that are not shown.
    Hidden(usize),
}

/// Unchanged lines shown on either side of a change.
const CONTEXT: usize = 2;
/// Comparisons beyond which a middle part is shown as wholly replaced.
const MOST_COMPARISONS: usize = 4_000_000;

/// The difference of two lists of lines. The first and the last line are shown always, since they open and close a block.
pub(crate) fn difference<T: Clone + PartialEq>(before: &[T], after: &[T]) -> Vec<Difference<T>> {
    hide_unchanged(&align(before, after))
}

fn align<T: Clone + PartialEq>(before: &[T], after: &[T]) -> Vec<Difference<T>> {
    let prefix = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let (old, new) = (&before[prefix..], &after[prefix..]);
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - suffix], &new[..new.len() - suffix]);
    let kept = |lines: &[T]| lines.iter().cloned().map(Difference::Kept).collect::<Vec<_>>();
    let mut lines = kept(&before[..prefix]);
    lines.extend(align_middle(old, new));
    lines.extend(kept(&before[before.len() - suffix..]));
    lines
}

/// The alignment with the most lines kept, by the longest common subsequence.
fn align_middle<T: Clone + PartialEq>(old: &[T], new: &[T]) -> Vec<Difference<T>> {
    let removed = |lines: &[T]| lines.iter().cloned().map(Difference::Removed).collect::<Vec<_>>();
    let added = |lines: &[T]| lines.iter().cloned().map(Difference::Added).collect::<Vec<_>>();
    if old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        return [removed(old), added(new)].concat();
    }
    let longest = longest_common(old, new);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            lines.push(Difference::Kept(old[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            lines.push(Difference::Removed(old[i].clone()));
            i += 1;
        } else {
            lines.push(Difference::Added(new[j].clone()));
            j += 1;
        }
    }
    lines.extend(removed(&old[i..]));
    lines.extend(added(&new[j..]));
    lines
}

/// `table[i][j]` is the length of the longest common subsequence of `old[i..]` and `new[j..]`.
fn longest_common<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Vec<u32>> {
    let mut table = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    table
}

fn hide_unchanged<T: Clone>(lines: &[Difference<T>]) -> Vec<Difference<T>> {
    let is_kept = |line: &Difference<T>| matches!(line, Difference::Kept(_));
    let last = lines.len().saturating_sub(1);
    let near_change = |at: usize| {
        let window = at.saturating_sub(CONTEXT)..=(at + CONTEXT).min(last);
        at == 0 || at == last || lines[window].iter().any(|line| !is_kept(line))
    };
    let near: Vec<bool> = (0..lines.len()).map(near_change).collect();
    let mut shown = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let far = near[at..].iter().take_while(|near| !**near).count();
        if far > 1 {
            shown.push(Difference::Hidden(far));
            at += far;
        } else {
            shown.push(lines[at].clone());
            at += 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expect: &str) {
        let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let shown = difference(&split(before), &split(after));
        let words: Vec<_> = shown
            .iter()
            .map(|line| match line {
                Difference::Kept(word) => word.clone(),
                Difference::Removed(word) => format!("-{word}"),
                Difference::Added(word) => format!("+{word}"),
                Difference::Hidden(count) => format!("({count})"),
            })
            .collect();
        assert_eq!(words.join(" "), expect);
    }

    #[test]
    fn lines_are_aligned_with_the_fewest_changes() {
        check("a b c", "a b c", "a b c");
        check("a b", "a b", "a b");
        check("a b c", "a x c", "a -b +x c");
        check("a b c", "a c", "a -b c");
        check("a c", "a b c", "a +b c");
        check("a b c d", "b c e d", "-a b c +e d");
    }

    #[test]
    fn unchanged_lines_far_from_a_change_are_counted() {
        check("[ 1 2 3 4 5 6 7 x 8 9 10 11 12 ]", "[ 1 2 3 4 5 6 7 y 8 9 10 11 12 ]", "[ (5) 6 7 -x +y 8 9 (3) ]");
    }

    #[test]
    fn very_different_blocks_are_replaced_whole() {
        let (old, new): (Vec<usize>, Vec<usize>) = ((0..3000).collect(), (5000..8000).collect());
        let shown = difference(&old, &new);
        assert_eq!(shown[0], Difference::Removed(0));
        assert_eq!(shown[3000], Difference::Added(5000));
    }
}
