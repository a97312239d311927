//! Lists by pages. A token is the key of the last item of the page before, so that what comes and goes meanwhile moves
//! nothing else.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::problem::Problem;

/// The items of a page where nothing is said, and at most.
const USUAL: usize = 20;
const MOST: usize = 100;

/// Which page is wanted.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// A page.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The token of the next one.
    pub(super) next: Option<String>,
}

/// The wanted page of `items`, which have unlike keys and keep their order.
pub(super) fn page<T>(mut items: Vec<T>, wanted: &Wanted, key: impl Fn(&T) -> String) -> Result<Page<T>, Problem> {
    let size = wanted.max_results.unwrap_or(USUAL);
    if !(1..=MOST).contains(&size) {
        return Err(Problem::invalid(format!("MaxResults must be from 1 to {MOST}")));
    }
    let first = match &wanted.next_token {
        None => 0,
        Some(token) => match items.iter().position(|item| key(item) == *token) {
            Some(last) => last + 1,
            None => return Err(Problem::invalid("NextToken is not one that was given, or its item is gone")),
        },
    };
    let rest = items.split_off(first);
    let is_last = rest.len() <= size;
    let items: Vec<T> = rest.into_iter().take(size).collect();
    let next = items.last().filter(|_| !is_last).map(key);
    Ok(Page { items, next })
}

/// `answer`, with the token of the next page where there is one.
pub(super) fn with_next(mut answer: Json, next: Option<String>) -> Json {
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(max_results: usize, next_token: Option<&str>) -> Wanted {
        Wanted { max_results: Some(max_results), next_token: next_token.map(str::to_owned) }
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = || ["a", "b", "c", "d"].to_vec();
        let page = |size, token| page(all(), &wanted(size, token), |item| (*item).to_owned());
        let check = |size, token, items: &[&str], next: Option<&str>| {
            let page = page(size, token).expect("a page");
            assert_eq!((page.items.as_slice(), page.next.as_deref()), (items, next));
        };
        check(2, None, &["a", "b"], Some("b"));
        check(2, Some("b"), &["c", "d"], None);
        check(3, Some("c"), &["d"], None);
        assert!(page(2, Some("x")).is_err());
        assert!(page(0, None).is_err() && page(101, None).is_err());
    }
}
