# Reads a stream by requests and sseclient-py.
import json
import sys
import time

import requests
import sseclient


def say(**line):
    print(json.dumps(line), flush=True)


def read(response):
    global headers, wait
    try:
        for event in sseclient.SSEClient(response).events():
            if event.retry is not None:
                say(retry=int(event.retry))
                wait = int(event.retry) / 1000
            say(event=event.event, data=event.data, id=event.id)
            headers = {"Last-Event-ID": event.id}
        say(end="clean")
    except requests.exceptions.ChunkedEncodingError:
        say(end="cut")


headers, wait, status = {}, None, 200
while status == 200:
    with requests.get(sys.argv[1], headers=headers, stream=True, timeout=30) as response:
        status = response.status_code
        say(open=status)
        if status == 200:
            read(response)
            time.sleep(wait)
