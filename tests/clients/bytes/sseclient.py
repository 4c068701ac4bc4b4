sseclient = import_sseclient()


def follow(url, say):
    try:
        for event in sseclient.SSEClient(url, retry=100):
            say(**{"text": event.data} if event.data else {"extra": event.event})
    except Exception as error:
        say(error=repr(error))


follow_each(follow)
