# What the readers share. Each URL that comes by standard input is read at once, beside the others, and what is
# said of it bears its name.
import json
import os
import sys
import threading

HTTP2 = "HTTP2" in os.environ


def follow_each(follow):
    """Follows clients that come back."""
    for line in sys.stdin:
        url = line.strip()

        def say(url=url, **line):
            print(json.dumps({"url": url} | line) + "\n", end="", flush=True)

        threading.Thread(target=follow, args=(url, say), daemon=True).start()


def read_each(read):
    """Reads answers, and says how each has ended."""

    def follow(url, say):
        try:
            read(url, say)
            say(end="complete")
        except Exception as error:
            say(end="error", message=str(error) or repr(error))

    follow_each(follow)
