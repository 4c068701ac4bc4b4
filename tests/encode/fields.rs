//! One event, with any fields.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*};
use tower_sse::{EncodedEvent, Event, EventData, EventId, EventName};

use crate::{
    call::{Call, retry},
    cases::cases,
    cut::{Cuts, cuts},
    meaning::{Client, normalized},
    parsers::assert_read,
    text::{id, name, text},
};

/// What an [`Event`] is made of.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    comments: Vec<String>,
    name: Option<String>,
    id: Option<String>,
    retry: Option<Duration>,
    data: Option<String>,
}

impl Fields {
    pub(crate) fn event(&self) -> Event {
        let mut event = Event::default();
        if let Some(data) = &self.data {
            event = event.data(data.clone());
        }
        if let Some(retry) = self.retry {
            event = event.retry(retry);
        }
        if let Some(id) = &self.id {
            event = event.id(EventId::try_from(id.as_str()).unwrap());
        }
        if let Some(name) = &self.name {
            event = event.name(EventName::try_from(name.as_str()).unwrap());
        }
        for comment in &self.comments {
            event = event.comment(comment.clone());
        }
        event
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        let fields = [
            self.name.clone().map(Call::Name),
            self.id.clone().map(Call::Id),
            self.retry.map(Call::Retry),
            self.data.clone().map(Call::Data),
        ];
        fields.into_iter().flatten().collect()
    }
}

pub(crate) fn fields() -> impl Strategy<Value = Fields> {
    let event = (
        vec(text(), 0..3),
        option::of(name()),
        option::of(id()),
        option::of(retry()),
        option::weighted(0.8, text()),
    );
    event.prop_map(|(comments, name, id, retry, data)| Fields {
        comments,
        name,
        id,
        retry,
        data,
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn an_event_is_read_as_it_was_meant(fields in fields(), cuts in cuts()) {
        let event = EncodedEvent::from(fields.event());
        assert_read(event.as_bytes(), &cuts, &Client::after([fields.calls()]));
    }

    #[test]
    fn data_is_the_same_in_whatever_it_comes(text in text()) {
        let event = EncodedEvent::from(Event::new(text.clone()));
        let kinds: [EventData; 3] = [
            Cow::<'static, str>::Owned(text.clone()).into(),
            Bytes::from(text.clone()).into(),
            text.clone().into(),
        ];
        for data in kinds {
            prop_assert_eq!(&EncodedEvent::from(Event::new(data)), &event);
        }
        for item in [EncodedEvent::new(&text), EncodedEvent::new(text.as_str())] {
            prop_assert_eq!(&item.unwrap(), &event);
        }
        prop_assert_eq!(&EncodedEvent::new(&Cow::Borrowed(&*text)).unwrap(), &event);
        prop_assert_eq!(&EncodedEvent::new(&Bytes::from(text)).unwrap(), &event);
    }

    // A line with an end of its own is more than one.
    #[test]
    fn lines_are_read_joined_by_lf(lines in vec("[a\r\n]{0,6}", 0..6)) {
        let read: Vec<_> = lines.iter().map(|line| normalized(line)).collect();
        let meant = if lines.is_empty() { vec![] } else { vec![Call::Data(read.join("\n"))] };
        let event = EncodedEvent::from(Event::lines(&lines));
        assert_read(event.as_bytes(), &Cuts::whole(), &Client::after([meant]));
    }
}
