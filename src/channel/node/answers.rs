//! Answers of a store whose positions a hub cannot hold.

use crate::store::{Appended, Page, Position, StoreError, StoreErrorKind, Tailed};

pub(super) fn check_appended(appended: Appended) -> Result<Appended, StoreError> {
    // It has stored the batch.
    check(StoreErrorKind::Unknown, &appended.positions)?;
    Ok(appended)
}

pub(super) fn check_page(page: Page) -> Result<Page, StoreError> {
    let head = [&page.head.last, &page.head.lost, &page.upto];
    check(StoreErrorKind::Refused, head)?;
    let entries = page.entries.iter().map(|entry| &entry.position);
    check(StoreErrorKind::Refused, entries)?;
    let starts = page.starts.iter().map(|(_, start)| start);
    check(StoreErrorKind::Refused, starts)?;
    Ok(page)
}

pub(super) fn check_tailed(tailed: Tailed) -> Result<Tailed, StoreError> {
    let positions = [&tailed.before, &tailed.record.position()];
    check(StoreErrorKind::Refused, positions)?;
    Ok(tailed)
}

fn check<'a>(
    kind: StoreErrorKind,
    positions: impl IntoIterator<Item = &'a Position>,
) -> Result<(), StoreError> {
    let mut positions = positions.into_iter();
    let checked = positions.try_for_each(|position| position.check().map(drop));
    checked.map_err(|error| StoreError::with_source(kind, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Epoch, Head, PageBuilder, Record};

    const HIGH: Position = Position::MAX.next();

    fn epoch() -> Epoch {
        "e".parse().unwrap()
    }

    fn page(last: Position) -> Page {
        PageBuilder::new(Head::new(epoch(), last, Position::ZERO), 1).finish()
    }

    fn tailed(position: Position) -> Tailed {
        Tailed::new(epoch(), Position::ZERO, Record::Lost(position))
    }

    #[test]
    fn the_highest_position_is_accepted() {
        let appended = Appended::new(epoch(), vec![Position::MAX]);
        assert!(check_appended(appended).is_ok());
        assert!(check_page(page(Position::MAX)).is_ok());
        assert!(check_tailed(tailed(Position::MAX)).is_ok());
    }

    #[test]
    fn a_higher_one_is_not() {
        let appended = check_appended(Appended::new(epoch(), vec![HIGH]));
        assert_eq!(appended.unwrap_err().kind(), StoreErrorKind::Unknown);
        let page = check_page(page(HIGH));
        assert_eq!(page.unwrap_err().kind(), StoreErrorKind::Refused);
        let tailed = check_tailed(tailed(HIGH));
        assert_eq!(tailed.unwrap_err().kind(), StoreErrorKind::Refused);
    }
}
