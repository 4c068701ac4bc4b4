import asyncio
from datetime import timedelta

from aiohttp_sse_client.client import EventSource


async def read(url, say):
    wait = timedelta(milliseconds=50)
    try:
        async with EventSource(url, reconnection_time=wait) as source:
            async for event in source:
                say(**{"text": event.data} if event.data else {"extra": event.type})
    except Exception as error:
        say(error=repr(error))


follow_each(lambda url, say: asyncio.run(read(url, say)))
