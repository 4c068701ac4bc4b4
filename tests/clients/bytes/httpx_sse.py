import httpx
import httpx_sse

client = httpx.Client()


def read(url, say):
    with httpx_sse.connect_sse(client, "GET", url) as source:
        for event in source.iter_sse():
            say(**{"text": event.data} if event.data else {"extra": event.event})


read_each(read)
