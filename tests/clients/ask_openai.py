# Talks to a model by the package openai.
import json
import sys

import openai


def say(line):
    print(json.dumps(line), flush=True)


client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)


def ask(**options):
    messages = [{"role": "user", "content": "when the client leaves"}]
    options = {"max_completion_tokens": 5, **options}
    return client.chat.completions.create(model="toy", messages=messages, **options)


for chunk in ask(stream=True, stream_options={"include_usage": True}):
    for choice in chunk.choices:
        say({"delta": choice.delta.to_dict(), "finish_reason": choice.finish_reason})
    if chunk.usage:
        say({"usage": chunk.usage.to_dict()})
say("end of stream")

answer = ask()
[choice] = answer.choices
say(
    {
        "text": choice.message.content,
        "finish_reason": choice.finish_reason,
        "usage": answer.usage.to_dict(),
    }
)

with ask(stream=True, max_completion_tokens=1000) as stream:
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
say("broken off")
sys.stdin.read()
