# Reads by each way that a program of Python has, and says what JSON it finds.
import asyncio

import httpx
import httpx_sse
import requests
import sseclient as sseclient_py
from aiohttp_sse_client.client import EventSource

sseclient = import_sseclient()


def data(lines):
    for line in lines:
        if line.startswith("data:"):
            return line.removeprefix("data:")


def by_requests(url):
    with requests.get(url, stream=True) as response:
        return data(response.iter_lines(decode_unicode=True))


def by_bytes_of_requests(url):
    with requests.get(url, stream=True) as response:
        return data(line.decode() for line in response.iter_lines())


def by_text_of_requests(url):
    return data(requests.get(url).text.split("\n"))


def by_httpx(url):
    with httpx.stream("GET", url) as response:
        return data(response.iter_lines())


def by_httpx_sse(url):
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url) as source:
        return next(source.iter_sse()).data


def by_sseclient(url):
    return next(sseclient.SSEClient(url)).data


def by_sseclient_py(url):
    with requests.get(url, stream=True) as response:
        return next(sseclient_py.SSEClient(response).events()).data


async def by_aiohttp(url):
    async with EventSource(url) as source:
        return (await anext(source)).data


WAYS = {
    "requests, iter_lines(decode_unicode=True)": by_requests,
    "requests, iter_lines()": by_bytes_of_requests,
    "requests, text": by_text_of_requests,
    "httpx, iter_lines()": by_httpx,
    "httpx-sse": by_httpx_sse,
    "sseclient": by_sseclient,
    "sseclient-py": by_sseclient_py,
    "aiohttp-sse-client": lambda url: asyncio.run(by_aiohttp(url)),
}


def read(url, say):
    for way, read_data in WAYS.items():
        try:
            say(way=way, value=json.loads(read_data(url))["a"])
        except json.JSONDecodeError as error:
            say(way=way, error=str(error))
    say(encoding=requests.get(url).encoding)


read_each(read)
