//! Options that are set without a layer.

use std::time::Duration;

use socket2::SockRef;
use tower_sse::TcpOptions;

use crate::{
    scripted::pair,
    settings::{Settings, every_option, every_setting},
};

#[tokio::test]
async fn every_option_is_set_on_the_sockets_of_tokio_and_std() {
    let (tcp, _peer) = pair().await;
    every_option().apply(&tcp).unwrap();
    assert_eq!(Settings::of(&SockRef::from(&tcp)), every_setting());

    let (tcp, _peer) = pair().await;
    let tcp = tcp.into_std().unwrap();
    every_option().apply(&tcp).unwrap();
    assert_eq!(Settings::of(&SockRef::from(&tcp)), every_setting());
}

#[tokio::test]
async fn no_option_changes_nothing() {
    let (tcp, _peer) = pair().await;
    let before = Settings::of(&SockRef::from(&tcp));
    TcpOptions::empty().apply(&tcp).unwrap();
    assert_eq!(Settings::of(&SockRef::from(&tcp)), before);
}

/// Sets one option, and expects what it makes of the settings there were.
async fn assert_one(options: TcpOptions, change: impl FnOnce(&mut Settings)) {
    let (tcp, _peer) = pair().await;
    let mut expected = Settings::of(&SockRef::from(&tcp));
    change(&mut expected);
    options.apply(&tcp).unwrap();
    assert_eq!(Settings::of(&SockRef::from(&tcp)), expected);
}

#[tokio::test]
async fn each_option_changes_nothing_but_itself() {
    const SECONDS: Duration = Duration::from_secs(9);

    let none = TcpOptions::empty();
    let every = every_setting();
    assert_one(none.nodelay(true), |it| it.nodelay = true).await;
    assert_one(none.nodelay(false), |it| it.nodelay = false).await;
    assert_one(none.send_buffer_size(60_000), |it| {
        it.send_buffer_size = every.send_buffer_size;
    })
    .await;
    // Without keep-alive these are of no use, and left out.
    assert_one(none.keep_alive_interval(SECONDS), |_| {}).await;
    assert_one(none.keep_alive_count(9), |_| {}).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn so_does_each_that_linux_has() {
    const SECONDS: Duration = Duration::from_secs(9);

    let none = TcpOptions::empty();
    assert_one(none.keep_alive(SECONDS), |it| {
        it.keep_alive = true;
        it.linux.keep_alive_idle = SECONDS;
    })
    .await;
    assert_one(none.user_timeout(SECONDS), |it| {
        it.linux.user_timeout = Some(SECONDS);
    })
    .await;
    assert_one(none.notsent_lowat(9), |it| it.linux.notsent_lowat = 9).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_default_notices_within_a_minute_and_holds_little() {
    let (tcp, _peer) = pair().await;
    let send_buffer_size = Settings::of(&SockRef::from(&tcp)).send_buffer_size;
    TcpOptions::new().apply(&tcp).unwrap();
    let expected = Settings {
        nodelay: true,
        keep_alive: true,
        send_buffer_size,
        linux: crate::settings::Linux {
            keep_alive_idle: Duration::from_secs(30),
            keep_alive_interval: Duration::from_secs(10),
            keep_alive_count: 3,
            user_timeout: Some(Duration::from_secs(60)),
            notsent_lowat: 128 * 1024,
        },
    };
    assert_eq!(Settings::of(&SockRef::from(&tcp)), expected);
    assert_eq!(TcpOptions::default(), TcpOptions::new());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn seconds_are_rounded_up() {
    let options = TcpOptions::empty()
        .keep_alive(Duration::ZERO)
        .keep_alive_interval(Duration::from_millis(1001));
    assert_one(options, |it| {
        it.keep_alive = true;
        it.linux.keep_alive_idle = Duration::from_secs(1);
        it.linux.keep_alive_interval = Duration::from_secs(2);
    })
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_beyond_the_system_becomes_its_bound() {
    let none = TcpOptions::empty();
    for long in [Duration::from_secs(32_768), Duration::MAX] {
        let options = none.keep_alive(long).keep_alive_interval(long);
        assert_one(options, |it| {
            it.keep_alive = true;
            it.linux.keep_alive_idle = Duration::from_secs(32_767);
            it.linux.keep_alive_interval = Duration::from_secs(32_767);
        })
        .await;
    }
    for (count, set) in [(0, 1), (128, 127), (u32::MAX, 127)] {
        let options = none
            .keep_alive(Duration::from_secs(9))
            .keep_alive_count(count);
        assert_one(options, |it| {
            it.keep_alive = true;
            it.linux.keep_alive_idle = Duration::from_secs(9);
            it.linux.keep_alive_count = set;
        })
        .await;
    }
    for millis in [1 << 31, u64::from(u32::MAX), u64::MAX] {
        assert_one(none.user_timeout(Duration::from_millis(millis)), |it| {
            it.linux.user_timeout = Some(Duration::from_millis(2_147_483_647));
        })
        .await;
    }
    for (bytes, set) in [(0, 1), (u32::MAX, u32::MAX)] {
        assert_one(none.notsent_lowat(bytes), |it| {
            it.linux.notsent_lowat = set;
        })
        .await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_send_buffer_beyond_the_system_is_the_largest_there_is() {
    let most = std::fs::read_to_string("/proc/sys/net/core/wmem_max").unwrap();
    let most: usize = most.trim().parse().unwrap();
    for bytes in [1 << 31, 1 << 32, usize::MAX] {
        assert_one(TcpOptions::empty().send_buffer_size(bytes), |it| {
            it.send_buffer_size = 2 * most;
        })
        .await;
    }
}
