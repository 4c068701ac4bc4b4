import requests
import sseclient


def read(url, say):
    with requests.get(url, stream=True) as response:
        for event in sseclient.SSEClient(response).events():
            say(**{"text": event.data} if event.data else {"extra": event.event})


read_each(read)
