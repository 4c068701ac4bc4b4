import time

import requests
import sseclient


def follow(url, say):
    headers, wait = {"Accept": "text/event-stream"}, 3
    while True:
        try:
            with requests.get(url, headers=headers, stream=True) as response:
                for event in sseclient.SSEClient(response).events():
                    if event.retry is not None:
                        wait = int(event.retry) / 1000
                    if event.event == "message":
                        say(text=event.data)
                    if event.event == "last":
                        say(last=event.data)
                    if event.id is not None:
                        headers["Last-Event-ID"] = event.id
        except requests.exceptions.RequestException:
            pass
        time.sleep(wait)


follow_each(follow)
