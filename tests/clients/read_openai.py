# Reads a stream by the package openai, and asks for it again when it breaks.
import json
import sys

import openai


def say(**line):
    print(json.dumps(line), flush=True)


client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)


def read():
    stream = client.chat.completions.create(model="any", messages=[], stream=True)
    say(open=stream.response.status_code)
    try:
        for chunk in stream:
            say(text=chunk.choices[0].delta.content)
        return "clean"
    except openai.APIConnectionError:
        return "cut"


end = "cut"
while end == "cut":
    end = read()
    say(end=end)
