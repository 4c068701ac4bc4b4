import openai

client = openai.OpenAI(api_key="none", http_client=openai.DefaultHttpxClient(http2=HTTP2))


def read(url, say):
    completions = client.with_options(base_url=url).chat.completions
    for chunk in completions.create(model="any", messages=[], stream=True):
        if text := chunk.choices[0].delta.content:
            say(text=text)


read_each(read)
