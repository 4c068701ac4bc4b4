import time

import httpx
import httpx_sse

client = httpx.Client(http2=HTTP2)


def follow(url, say):
    headers, wait = {}, 3
    while True:
        try:
            with httpx_sse.connect_sse(client, "GET", url, headers=headers) as source:
                for event in source.iter_sse():
                    if event.retry is not None:
                        wait = event.retry / 1000
                    if event.event == "message":
                        say(text=event.data)
                    if event.event == "last":
                        say(last=event.data)
                    headers = {"Last-Event-ID": event.id}
        except Exception:  # h2 has its own, for a connection that shuts down
            pass
        time.sleep(wait)


follow_each(follow)
