//! Several requests under way at once.

use std::pin::Pin;

use futures_util::StreamExt as _;

/// One of several requests.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The answers in the order of the tasks, at most `most` of which are under way at any time.
pub(crate) async fn at_once<T>(most: usize, tasks: Vec<Task<'_, T>>) -> Vec<T> {
    futures_util::stream::iter(tasks).buffered(most).collect().await
}
