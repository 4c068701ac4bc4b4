//! The decoders themselves, so that what they agree on is right.

use crate::decode::{Client, Learned, read};

fn event(name: &str, data: &str, id: &str) -> Learned {
    Learned::Event {
        name: name.to_owned(),
        data: data.to_owned(),
        id: id.to_owned(),
    }
}

#[test]
fn read_an_example_as_the_standard_says() {
    let client = read(
        b"\xef\xbb\xbf: welcome\r\nretry: 20\rid: 1\ndata: one\ndata\ndata:  two\n\n\
          event: end\rdata:\r\rid\n\nevent: nothing\n\ndata: x\r\n\r\nid: 2\n\ndata: unfinished\n",
    );
    let learned = vec![
        Learned::Retry(20),
        event("message", "one\n\n two", "1"),
        event("end", "", "1"),
        event("message", "x", ""),
    ];
    let id = "2".to_owned();
    assert_eq!(client, Client { learned, id });
}

#[test]
fn ignore_what_is_no_field() {
    let client = read(
        b"Data: a\n data: b\ndata : c\nretry: 1 \nretry: +1\nid: a\0\n\xef\xbb\xbfdata: d\n\n",
    );
    assert_eq!(client, Client::default());
}
