# Reads a stream by httpx and httpx-sse.
import json
import sys
import time

import httpx
import httpx_sse


def say(**line):
    print(json.dumps(line), flush=True)


def read(source):
    global headers, wait
    try:
        for event in source.iter_sse():
            if event.retry is not None:
                say(retry=event.retry)
                wait = event.retry / 1000
            say(event=event.event, data=event.data, id=event.id)
            headers = {"Last-Event-ID": event.id}
        say(end="clean")
    except httpx.RemoteProtocolError:
        say(end="cut")


headers, wait, status = {}, None, 200
while status == 200:
    with httpx.Client(timeout=30) as client:
        with httpx_sse.connect_sse(client, "GET", sys.argv[1], headers=headers) as source:
            status = source.response.status_code
            say(open=status)
            if status == 200:
                read(source)
                time.sleep(wait)
