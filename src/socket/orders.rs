use super::{Pace, TcpOptions};
use crate::time::SharedTimer;

/// How many orders wait at most, each by itself. Earlier ones are merged.
const MOST: usize = 16;

/// What the streams want of their connection, until its socket carries it out.
#[derive(Default)]
pub(super) struct Orders {
    waiting: Vec<(u64, Order)>,
    next: u64,
}

/// What one stream wants of its connection.
pub(super) struct Order {
    pub(super) options: TcpOptions,
    /// With the clock that the time is measured by.
    pub(super) pace: Option<(Pace, SharedTimer)>,
}

impl Orders {
    /// Adds an order. Returns what it can be retracted by.
    pub(super) fn leave(&mut self, order: Order) -> u64 {
        if self.waiting.len() >= MOST {
            // Streams open faster than the connection writes. Only an order just left is retracted.
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
    pub(super) fn retract(&mut self, id: u64) {
        self.waiting.retain(|(other, _)| *other != id);
    }

    /// Takes all orders as one.
    pub(super) fn take(&mut self) -> Option<Order> {
        let orders = self.waiting.drain(..).map(|(_, order)| order);
        orders.reduce(|earlier, mut later| {
            later.fill(earlier);
            later
        })
    }
}

impl Order {
    /// Fills in what this order leaves open.
    fn fill(&mut self, earlier: Self) {
        self.options = self.options.or(earlier.options);
        self.pace = self.pace.take().or(earlier.pace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(options: TcpOptions) -> Order {
        Order {
            options,
            pace: None,
        }
    }

    const NONE: TcpOptions = TcpOptions::empty();

    #[test]
    fn a_later_order_wins_and_leaves_the_rest() {
        let mut orders = Orders::default();
        orders.leave(order(NONE.nodelay(true).send_buffer_size(1)));
        orders.leave(order(NONE.send_buffer_size(2)));
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.nodelay(true).send_buffer_size(2)));
        assert!(orders.take().is_none());
    }

    #[test]
    fn a_retracted_order_takes_no_other_with_it() {
        let mut orders = Orders::default();
        let first = orders.leave(order(NONE.send_buffer_size(1)));
        let second = orders.leave(order(NONE.send_buffer_size(2)));
        orders.retract(second);
        orders.retract(second);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.send_buffer_size(1)));

        orders.leave(order(NONE.send_buffer_size(3)));
        orders.retract(first);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.send_buffer_size(3)));
    }

    #[test]
    fn as_many_wait_as_are_said_and_none_is_lost() {
        let mut orders = Orders::default();
        orders.leave(order(NONE.nodelay(true)));
        for size in 0..100 {
            orders.leave(order(NONE.send_buffer_size(size)));
        }
        assert_eq!(orders.waiting.len(), MOST);
        let taken = orders.take().map(|order| order.options);
        assert_eq!(taken, Some(NONE.nodelay(true).send_buffer_size(99)));
    }
}
