use super::{Pace, TcpOptions};
use crate::time::SharedTimer;

/// The maximum number of orders that wait separately. Earlier ones are merged.
const MAX_WAITING: usize = 16;

/// The orders of the streams on a connection, until its socket carries them out.
#[derive(Default)]
pub(super) struct SocketOrders {
    waiting: Vec<(u64, SocketOrder)>,
    next: u64,
}

/// The settings that one stream wants for its connection.
pub(super) struct SocketOrder {
    pub(super) options: TcpOptions,
    /// With the clock that the time is measured by.
    pub(super) pace: Option<(Pace, SharedTimer)>,
}

impl SocketOrders {
    /// Adds an order, and returns its id.
    pub(super) fn push(&mut self, order: SocketOrder) -> u64 {
        if self.waiting.len() >= MAX_WAITING {
            // Streams open faster than the connection writes. Only the newest order is ever cancelled.
            let (_, first) = self.waiting.remove(0);
            if let Some((_, second)) = self.waiting.first_mut() {
                second.fill(first);
            }
        }
        let id = self.next;
        self.next += 1;
        self.waiting.push((id, order));
        id
    }

    /// Removes an order, unless it has been taken.
    pub(super) fn cancel(&mut self, id: u64) {
        self.waiting.retain(|(other, _)| *other != id);
    }

    /// Takes all orders as one.
    pub(super) fn take(&mut self) -> Option<SocketOrder> {
        let orders = self.waiting.drain(..).map(|(_, order)| order);
        orders.reduce(|earlier, mut later| {
            later.fill(earlier);
            later
        })
    }
}

impl SocketOrder {
    /// Fills in what this order leaves open.
    fn fill(&mut self, earlier: Self) {
        self.options = self.options.or(earlier.options);
        self.pace = self.pace.take().or(earlier.pace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(options: TcpOptions) -> SocketOrder {
        SocketOrder {
            options,
            pace: None,
        }
    }

    const NONE: TcpOptions = TcpOptions::empty();

    #[test]
    fn a_later_order_wins_and_leaves_the_rest() {
        let mut orders = SocketOrders::default();
        orders.push(order(NONE.nodelay(true).send_buffer_size(1)));
        orders.push(order(NONE.send_buffer_size(2)));
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.nodelay(true).send_buffer_size(2)));
        assert!(orders.take().is_none());
    }

    #[test]
    fn a_cancelled_order_takes_no_other_with_it() {
        let mut orders = SocketOrders::default();
        let first = orders.push(order(NONE.send_buffer_size(1)));
        let second = orders.push(order(NONE.send_buffer_size(2)));
        orders.cancel(second);
        orders.cancel(second);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.send_buffer_size(1)));

        orders.push(order(NONE.send_buffer_size(3)));
        orders.cancel(first);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.send_buffer_size(3)));
    }

    #[test]
    fn at_most_so_many_wait_and_none_is_lost() {
        let mut orders = SocketOrders::default();
        orders.push(order(NONE.nodelay(true)));
        for size in 0..100 {
            orders.push(order(NONE.send_buffer_size(size)));
        }
        assert_eq!(orders.waiting.len(), MAX_WAITING);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.nodelay(true).send_buffer_size(99)));
    }
}
