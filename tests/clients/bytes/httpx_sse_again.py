# Comes back as httpx-sse's own documentation has it.
import httpx
import httpx_sse

client = httpx.Client()


def read(url, say):
    headers = {}
    while True:
        with httpx_sse.connect_sse(client, "GET", url, headers=headers) as source:
            for event in source.iter_sse():
                say(text=event.data)
                headers = {"Last-Event-ID": event.id}


read_each(read)
